//! What fills the variables of a template and what its buttons carry.

use campaigns::template::{self, Carries, placeholders};
use reader::Sheet;
use wire::{ButtonContent, ParameterSource, Template, TemplateButton};

use crate::t;

/// Meta's name of the category whose variable is a code, not a name.
const AUTHENTICATION: &str = "AUTHENTICATION";

/// The part of the template that a value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Above the text.
    Header,
    /// The text.
    Body,
    /// A button below it.
    Button,
    /// The text of a carousel's card, by its place.
    Card(usize),
    /// A button of a carousel's card.
    CardButton(usize),
}

impl Part {
    /// What stands before the place in the names of its fields.
    fn field(self) -> String {
        match self {
            Part::Header => "template.header".to_owned(),
            Part::Body => "template.body".to_owned(),
            Part::Button => "template.buttons".to_owned(),
            Part::Card(card) => format!("template.cards.{card}.body"),
            Part::CardButton(card) => format!("template.cards.{card}.buttons"),
        }
    }

    /// The same in the hooks of tests.
    pub fn key(self) -> String {
        match self {
            Part::Header => "header".to_owned(),
            Part::Body => "body".to_owned(),
            Part::Button => "button".to_owned(),
            Part::Card(card) => format!("card-{card}"),
            Part::CardButton(card) => format!("card-{card}-button"),
        }
    }
}

/// Whether WhatsApp refuses the message without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// It does.
    Always,
    /// It may be left out.
    Perhaps,
}

/// What a value is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// Nothing was chosen yet.
    #[default]
    Unset,
    /// A column of the contacts file.
    Column(String),
    /// The same text for everybody.
    Text,
}

impl Choice {
    /// The value of the option in the list.
    pub fn key(&self) -> String {
        match self {
            Choice::Unset => String::new(),
            Choice::Text => "text".to_owned(),
            Choice::Column(column) => format!("column:{column}"),
        }
    }

    /// The choice with this value.
    pub fn from_key(key: &str) -> Self {
        match key.strip_prefix("column:") {
            Some(column) => Choice::Column(column.to_owned()),
            None if key == "text" => Choice::Text,
            None => Choice::Unset,
        }
    }
}

/// One value and what fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// Where it stands.
    pub part: Part,
    /// Its place among the variables of its part; among the buttons for a button.
    pub place: usize,
    /// Its name: `1`, `first_name`; the label of its button.
    pub variable: String,
    /// The button that carries it.
    pub button: Option<TemplateButton>,
    /// Whether it may be left out.
    pub need: Need,
    /// What fills it.
    pub choice: Choice,
    /// Instead of an empty cell; the text itself where everybody gets the same.
    pub text: String,
}

impl Filling {
    /// The name of its field, and its id in the page.
    pub fn field(&self) -> String {
        format!("{}.{}", self.part.field(), self.place)
    }

    /// What is wrong with it, if something is.
    pub fn fault(&self) -> Option<&'static str> {
        match (&self.choice, self.need) {
            (Choice::Unset, Need::Always) => Some(t::choose_what_fills_this()),
            (Choice::Text, _) if self.text.trim().is_empty() => Some(t::give_the_text_whatsapp_refuses()),
            (Choice::Unset, Need::Perhaps) | (Choice::Text | Choice::Column(_), _) => None,
        }
    }

    /// Whether it is given to the API at all: an optional value without a choice is not.
    pub fn is_given(&self) -> bool {
        self.need == Need::Always || self.choice != Choice::Unset
    }

    /// Where its value comes from.
    pub fn source(&self) -> ParameterSource {
        let text = self.text.trim();
        match &self.choice {
            Choice::Column(column) => ParameterSource::Column {
                column: column.clone(),
                fallback: (!text.is_empty()).then(|| text.to_owned()),
            },
            Choice::Text | Choice::Unset => ParameterSource::Text { text: text.to_owned() },
        }
    }

    /// The value as a button carries it.
    pub fn of_button(&self) -> ButtonContent {
        let index = u32::try_from(self.place).unwrap_or(u32::MAX);
        ButtonContent { index, value: self.source(), flow_data: Default::default() }
    }

    /// The value for the first person; the variable itself where there is none to show.
    pub fn shown(&self, sheet: Option<&Sheet>) -> String {
        let unfilled = || match self.button {
            Some(_) => "{{1}}".to_owned(),
            None => format!("{{{{{}}}}}", self.variable),
        };
        let own = (!self.text.trim().is_empty()).then(|| filled_in(self.text.trim(), sheet));
        let value = match &self.choice {
            Choice::Unset => None,
            Choice::Text => own,
            Choice::Column(column) => {
                let cell = sheet.and_then(|sheet| sheet.first_cell(column));
                cell.map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).or(own)
            }
        };
        value.unwrap_or_else(unfilled)
    }
}

/// A text with the first person's cells in it; as it is while something in it cannot be filled.
pub fn filled_in(text: &str, sheet: Option<&Sheet>) -> String {
    let Some(sheet) = sheet else { return text.to_owned() };
    let row = sheet.sample.iter().find(|row| row.problem.is_none());
    let expanded = row.and_then(|row| placeholders::expand(text, &sheet.columns, &row.cells).ok());
    expanded.unwrap_or_else(|| text.to_owned())
}

/// All values that a template takes, each filled with the column that fits best. What was chosen before for the same one
/// is kept while its column still exists.
pub fn fillings(template: &Template, sheet: Option<&Sheet>, before: &[Filling]) -> Vec<Filling> {
    let mut all = Vec::new();
    all.extend(of_text(Part::Header, template.header.as_deref().unwrap_or_default()));
    all.extend(of_text(Part::Body, &template.body));
    all.extend(of_buttons(Part::Button, &template.buttons));
    for (place, card) in template.cards.iter().enumerate() {
        all.extend(of_text(Part::Card(place), &card.body));
        all.extend(of_buttons(Part::CardButton(place), &card.buttons));
    }
    let greets = template.category != AUTHENTICATION;
    for filling in &mut all {
        let old = before.iter().find(|old| old.part == filling.part && old.variable == filling.variable);
        filling.text = old.map(|old| old.text.clone()).unwrap_or_default();
        filling.choice = match old.filter(|old| still_there(old, sheet)) {
            Some(old) => old.choice.clone(),
            None => guess(filling, greets, sheet),
        };
    }
    all
}

fn of_text(part: Part, text: &str) -> impl Iterator<Item = Filling> {
    template::variables(text).into_iter().enumerate().map(move |(place, variable)| Filling {
        part,
        place,
        variable,
        button: None,
        need: Need::Always,
        choice: Choice::Unset,
        text: String::new(),
    })
}

fn of_buttons(part: Part, buttons: &[TemplateButton]) -> impl Iterator<Item = Filling> {
    buttons.iter().enumerate().filter_map(move |(place, button)| {
        Some(Filling {
            part,
            place,
            variable: button.text.clone(),
            button: Some(button.clone()),
            need: need(button)?,
            choice: Choice::Unset,
            text: String::new(),
        })
    })
}

/// What a button must or may carry, if anything.
fn need(button: &TemplateButton) -> Option<Need> {
    match template::carries(button) {
        Carries::Always => Some(Need::Always),
        Carries::Perhaps => Some(Need::Perhaps),
        Carries::Nothing => None,
    }
}

fn still_there(filling: &Filling, sheet: Option<&Sheet>) -> bool {
    match &filling.choice {
        Choice::Unset => false,
        Choice::Text => true,
        // Before anything is known of the people nothing is known to be gone.
        Choice::Column(column) => sheet.is_none_or(|sheet| sheet.position(column).is_some()),
    }
}

/// A column of the same name; for `{{1}}`, where templates greet, the column of names.
fn guess(filling: &Filling, greets: bool, sheet: Option<&Sheet>) -> Choice {
    let (Some(sheet), None) = (sheet, &filling.button) else { return Choice::Unset };
    let variable = &filling.variable;
    let same = sheet.columns.iter().find(|column| plain(column) == plain(variable));
    let is_first = variable == "1" && matches!(filling.part, Part::Header | Part::Body) && greets;
    let greeting = (is_first || plain(variable).ends_with("name")).then_some(sheet.name_column.as_ref()).flatten();
    same.or(greeting).map_or(Choice::Unset, |column| Choice::Column(column.clone()))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use reader::SampleRow;
    use wire::{ButtonKind, TemplateCard};

    use super::*;

    fn greeting() -> Template {
        Template {
            header: Some("For {{1}}".into()),
            body: "Hi {{1}}, your {{2}} is ready".into(),
            ..Template::default()
        }
    }

    fn button(kind: ButtonKind, text: &str, url: Option<&str>) -> TemplateButton {
        TemplateButton { kind, text: text.into(), url: url.map(str::to_owned) }
    }

    fn sheet() -> Sheet {
        Sheet {
            columns: vec!["Phone".into(), "Full name".into(), "City".into()],
            name_column: Some("Full name".into()),
            sample: vec![SampleRow { cells: vec!["+1".into(), "Ana Lima".into(), " ".into()], ..SampleRow::default() }],
            ..Sheet::default()
        }
    }

    #[test]
    fn the_first_variable_greets_with_the_name() {
        let fillings = fillings(&greeting(), Some(&sheet()), &[]);
        let choices: Vec<_> = fillings.iter().map(|filling| filling.choice.clone()).collect();
        let name = Choice::Column("Full name".into());
        assert_eq!(choices, [name.clone(), name, Choice::Unset]);
        assert_eq!(fillings[2].field(), "template.body.1");
    }

    #[test]
    fn a_code_is_no_name() {
        let code = Template { category: "AUTHENTICATION".into(), body: "{{1}} is your code".into(), ..greeting() };
        assert_eq!(fillings(&code, Some(&sheet()), &[])[1].choice, Choice::Unset);
    }

    #[test]
    fn a_named_variable_finds_the_column_of_its_name() {
        let named = Template { header: None, body: "{{full_name}} {{city}} {{zip}}".into(), ..greeting() };
        let choices: Vec<_> = fillings(&named, Some(&sheet()), &[]).into_iter().map(|one| one.choice).collect();
        assert_eq!(choices, [Choice::Column("Full name".into()), Choice::Column("City".into()), Choice::Unset]);
        assert!(fillings(&named, None, &[]).iter().all(|one| one.choice == Choice::Unset));
    }

    #[test]
    fn a_choice_survives_a_new_file_while_its_column_exists() {
        let mut chosen = fillings(&greeting(), Some(&sheet()), &[]);
        chosen[2].choice = Choice::Column("City".into());
        chosen[2].text = "order".into();
        let again = fillings(&greeting(), Some(&sheet()), &chosen);
        assert_eq!(again, chosen);
        let other = Sheet { columns: vec!["Phone".into()], name_column: None, ..sheet() };
        assert_eq!(fillings(&greeting(), Some(&other), &chosen)[2].choice, Choice::Unset);
    }

    #[test]
    fn an_empty_cell_falls_back_and_an_unset_variable_stays() {
        let mut chosen = fillings(&greeting(), Some(&sheet()), &[]);
        assert_eq!(chosen[2].shown(Some(&sheet())), "{{2}}");
        chosen[2].choice = Choice::Column("City".into());
        chosen[2].text = "order of [FIRSTNAME]".into();
        assert_eq!(chosen[2].shown(Some(&sheet())), "order of Ana");
        assert_eq!(filled_in("{{zip}}", Some(&sheet())), "{{zip}}");
    }

    #[test]
    fn buttons_and_cards_ask_for_what_they_take() {
        let template = Template {
            body: "Hi".into(),
            buttons: vec![
                button(ButtonKind::QuickReply, "Stop", None),
                button(ButtonKind::Url, "Shop", Some("https://example.com")),
                button(ButtonKind::CopyCode, "Copy", None),
            ],
            cards: vec![TemplateCard {
                header_format: None,
                body: "{{1}} off".into(),
                buttons: vec![button(ButtonKind::Url, "See", Some("https://example.com/{{1}}"))],
            }],
            ..Template::default()
        };
        let all = fillings(&template, Some(&sheet()), &[]);
        let fields: Vec<_> = all.iter().map(|one| (one.field(), one.need)).collect();
        let expected = [
            ("template.buttons.0", Need::Perhaps),
            ("template.buttons.2", Need::Always),
            ("template.cards.0.body.0", Need::Always),
            ("template.cards.0.buttons.0", Need::Always),
        ];
        assert_eq!(fields, expected.map(|(field, need)| (field.to_owned(), need)));
        assert_eq!(all.iter().filter(|one| one.fault().is_some()).count(), 3);
        assert_eq!(all.iter().filter(|one| one.is_given()).count(), 3);
    }

    #[test]
    fn choices_keep_their_names() {
        for choice in [Choice::Unset, Choice::Text, Choice::Column("text".into())] {
            assert_eq!(Choice::from_key(&choice.key()), choice);
        }
    }
}
