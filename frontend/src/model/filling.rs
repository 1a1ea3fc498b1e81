//! What fills the variables of a template and what its buttons carry.

use campaigns::links;
use campaigns::template::{self, Carries, placeholders};
use reader::Sheet;
use serde_json::{Map, Value};
use wire::{ButtonContent, ButtonKind, ParameterSource, Template, TemplateButton};

use super::template_form::AUTHENTICATION;
use crate::t;

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

/// What WhatsApp takes a value as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// A text.
    #[default]
    Text,
    /// An amount of money, which the person's phone writes in its own way.
    Money,
    /// A date.
    Date,
}

impl Form {
    /// The value of the option in the list.
    pub fn key(self) -> &'static str {
        match self {
            Form::Text => "",
            Form::Money => "money",
            Form::Date => "date",
        }
    }

    /// The form with this value.
    pub fn from_key(key: &str) -> Self {
        match key {
            "money" => Form::Money,
            "date" => Form::Date,
            _ => Form::Text,
        }
    }
}

/// Values that a flow begins with at most: more than a screen has fields.
pub const MOST_DATA: usize = 30;

/// A value that a flow begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Datum {
    /// What the flow calls it.
    pub name: String,
    /// Its text, in which columns may stand.
    pub text: String,
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
    /// What it is sent as.
    pub form: Form,
    /// The currency of an amount, as it was typed.
    pub currency: String,
    /// What the flow of its button begins with.
    pub data: Vec<Datum>,
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
            (Choice::Unset, Need::Perhaps) if !self.data.is_empty() => Some(t::choose_what_fills_this()),
            (Choice::Text, _) if self.text.trim().is_empty() => Some(t::give_the_text_whatsapp_refuses()),
            (Choice::Unset, Need::Perhaps) | (Choice::Text | Choice::Column(_), _) => None,
        }
    }

    /// Everything that is wrong with it, each at the element that it is changed in.
    pub fn faults(&self) -> Vec<(String, &'static str)> {
        let own = self.fault().map(|why| (self.field(), why));
        let is_coded = self.form != Form::Money || template::is_currency_code(&self.code());
        let currency = (!is_coded).then(|| (self.currency_field(), t::give_the_currency()));
        let is_named_well = |at: usize, name: &str| {
            !name.is_empty() && self.data.iter().take(at).all(|before| before.name.trim() != name)
        };
        let unnamed = self.data.iter().enumerate().filter(|(at, datum)| !is_named_well(*at, datum.name.trim()));
        let data = unnamed.map(|(at, _)| (self.datum_field(at), t::give_the_value_a_name()));
        own.into_iter().chain(currency).chain(data).collect()
    }

    /// The element of its currency.
    pub fn currency_field(&self) -> String {
        format!("{}.currency", self.field())
    }

    /// The element of a value that its flow begins with.
    pub fn datum_field(&self, at: usize) -> String {
        format!("{}.flowData.{at}", self.field())
    }

    /// Whether its button opens a flow.
    pub fn is_of_flow(&self) -> bool {
        self.button.as_ref().is_some_and(|button| button.kind == ButtonKind::Flow)
    }

    fn code(&self) -> String {
        self.currency.trim().to_ascii_uppercase()
    }

    /// Whether it is given to the API at all: an optional value without a choice is not.
    pub fn is_given(&self) -> bool {
        self.need == Need::Always || self.choice != Choice::Unset
    }

    /// Where its value comes from.
    pub fn source(&self) -> ParameterSource {
        let text = self.text.trim();
        let plain = match &self.choice {
            Choice::Column(column) => ParameterSource::Column {
                column: column.clone(),
                fallback: (!text.is_empty()).then(|| text.to_owned()),
            },
            Choice::Text | Choice::Unset => ParameterSource::Text { text: text.to_owned() },
        };
        match self.form {
            Form::Text => plain,
            Form::Money => ParameterSource::Currency { currency: self.code(), amount: Box::new(plain) },
            Form::Date => ParameterSource::DateTime { date_time: Box::new(plain) },
        }
    }

    /// The value as a button carries it.
    pub fn of_button(&self) -> ButtonContent {
        let index = u32::try_from(self.place).unwrap_or(u32::MAX);
        let datum = |datum: &Datum| (datum.name.trim().to_owned(), Value::String(datum.text.trim().to_owned()));
        ButtonContent { index, value: self.source(), flow_data: self.data.iter().map(datum).collect() }
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
        let shown = value.map(|value| match self.form {
            Form::Money => template::with_code(&self.code(), value),
            Form::Text | Form::Date => value,
        });
        shown.unwrap_or_else(unfilled)
    }

    /// What its flow begins with for the first person, as JSON.
    pub fn shown_data(&self, sheet: Option<&Sheet>) -> String {
        let datum = |datum: &Datum| (datum.name.trim().to_owned(), Value::String(filled_in(datum.text.trim(), sheet)));
        Value::Object(self.data.iter().map(datum).collect::<Map<String, Value>>()).to_string()
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
        if let Some(old) = old {
            filling.text = old.text.clone();
            filling.form = old.form;
            filling.currency = old.currency.clone();
            // Another template may have a button of the same label that opens no flow.
            filling.data = if filling.is_of_flow() { old.data.clone() } else { Vec::new() };
        }
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
        form: Form::Text,
        currency: String::new(),
        data: Vec::new(),
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
            form: Form::Text,
            currency: String::new(),
            data: Vec::new(),
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
        // A link that is gone is told where the campaign is made: while its name is typed it is gone at each letter.
        Choice::Column(column) => {
            column.starts_with(&links::column("")) || sheet.is_none_or(|sheet| sheet.position(column).is_some())
        }
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
    use wire::TemplateCard;

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
        chosen[2].choice = Choice::Column("link:shop".into());
        assert_eq!(fillings(&greeting(), Some(&other), &chosen)[2].choice, Choice::Column("link:shop".into()));
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
    fn an_amount_needs_its_currency_and_is_shown_with_it() {
        let mut amount = fillings(&greeting(), Some(&sheet()), &[]).remove(2);
        (amount.choice, amount.text, amount.form) = (Choice::Text, "12.50".into(), Form::Money);
        assert_eq!(amount.faults(), [("template.body.1.currency".to_owned(), t::give_the_currency())]);
        amount.currency = " brl".into();
        assert_eq!(amount.faults(), []);
        let text = Box::new(ParameterSource::Text { text: "12.50".into() });
        assert_eq!(amount.source(), ParameterSource::Currency { currency: "BRL".into(), amount: text.clone() });
        assert_eq!(amount.shown(None), "BRL 12.50");
        amount.form = Form::Date;
        assert_eq!((amount.source(), amount.faults()), (ParameterSource::DateTime { date_time: text }, vec![]));
    }

    #[test]
    fn what_a_flow_begins_with_becomes_an_object_with_the_persons_cells() {
        let template = Template { buttons: vec![button(ButtonKind::Flow, "Book", None)], ..Template::default() };
        let mut flow = fillings(&template, Some(&sheet()), &[]).remove(0);
        assert!(flow.is_of_flow() && !flow.is_given());
        let datum = |name: &str, text: &str| Datum { name: name.into(), text: text.into() };
        flow.data = vec![datum("who", "{{full name}}"), datum(" who ", "x"), datum("", "y")];
        let places: Vec<String> = flow.faults().into_iter().map(|(field, _)| field).collect();
        let expected = ["template.buttons.0", "template.buttons.0.flowData.1", "template.buttons.0.flowData.2"];
        assert_eq!(places, expected);
        flow.data.truncate(1);
        (flow.choice, flow.text) = (Choice::Text, "token".into());
        assert_eq!(flow.faults(), []);
        assert_eq!(flow.shown_data(Some(&sheet())), r#"{"who":"Ana Lima"}"#);
        assert_eq!(flow.of_button().flow_data["who"], Value::String("{{full name}}".into()));
        assert_eq!(fillings(&template, None, std::slice::from_ref(&flow)), std::slice::from_ref(&flow));
        let reply = Template { buttons: vec![button(ButtonKind::QuickReply, "Book", None)], ..Template::default() };
        assert_eq!(fillings(&reply, None, &[flow])[0].data, []);
    }

    #[test]
    fn choices_keep_their_names() {
        for form in [Form::Text, Form::Money, Form::Date] {
            assert_eq!(Form::from_key(form.key()), form);
        }
        for choice in [Choice::Unset, Choice::Text, Choice::Column("text".into())] {
            assert_eq!(Choice::from_key(&choice.key()), choice);
        }
    }
}
