//! Where the values of a template's variables come from, and what the message then looks like.

use campaigns::template;
use reader::Sheet;
use wire::{ParameterSource, Template, TemplateContent};

/// The part of the template that a variable stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Above the text.
    Header,
    /// The text.
    Body,
}

impl Part {
    /// Its name in the API.
    pub fn key(self) -> &'static str {
        match self {
            Part::Header => "header",
            Part::Body => "body",
        }
    }
}

/// What a variable is filled with.
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

/// One variable and what fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// Where it stands.
    pub part: Part,
    /// Its place among the variables of its part.
    pub place: usize,
    /// Its name: `1`, `first_name`.
    pub variable: String,
    /// What fills it.
    pub choice: Choice,
    /// Instead of an empty cell; the text itself where everybody gets the same.
    pub text: String,
}

impl Filling {
    /// The name of the field in the API's errors, and its id in the page.
    pub fn field(&self) -> String {
        format!("template.{}.{}", self.part.key(), self.place)
    }

    /// What is wrong with it, if something is.
    pub fn fault(&self) -> Option<&'static str> {
        match self.choice {
            Choice::Unset => Some("Choose what fills this variable."),
            Choice::Text if self.text.trim().is_empty() => Some("Give the text: WhatsApp refuses empty values."),
            Choice::Text | Choice::Column(_) => None,
        }
    }

    fn source(&self) -> ParameterSource {
        let text = self.text.trim();
        match &self.choice {
            Choice::Column(column) => ParameterSource::Column {
                column: column.clone(),
                fallback: (!text.is_empty()).then(|| text.to_owned()),
            },
            Choice::Text | Choice::Unset => ParameterSource::Text { text: text.to_owned() },
        }
    }

    /// The value for the first person; nothing where there is none to show.
    fn value(&self, sheet: Option<&Sheet>) -> Option<String> {
        let own = (!self.text.trim().is_empty()).then(|| self.text.trim().to_owned());
        match &self.choice {
            Choice::Unset => None,
            Choice::Text => own,
            Choice::Column(column) => {
                let cell = sheet.and_then(|sheet| sheet.first_cell(column));
                cell.map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).or(own)
            }
        }
    }
}

/// The variables of a template, each filled with the column that fits best. What was chosen before for the same
/// variable is kept while its column still exists.
pub fn fillings(template: &Template, sheet: Option<&Sheet>, before: &[Filling]) -> Vec<Filling> {
    let header = template.header.as_deref().map(template::variables).unwrap_or_default();
    let body = template::variables(&template.body);
    let parts = [(Part::Header, header), (Part::Body, body)];
    let all = parts
        .into_iter()
        .flat_map(|(part, names)| names.into_iter().enumerate().map(move |(place, variable)| (part, place, variable)));
    all.map(|(part, place, variable)| {
        let kept = before.iter().find(|old| old.part == part && old.variable == variable && still_there(old, sheet));
        let choice = kept.map_or_else(|| guess(&variable, sheet), |old| old.choice.clone());
        let text = before.iter().find(|old| old.part == part && old.variable == variable).map(|old| old.text.clone());
        Filling { part, place, variable, choice, text: text.unwrap_or_default() }
    })
    .collect()
}

fn still_there(filling: &Filling, sheet: Option<&Sheet>) -> bool {
    match &filling.choice {
        Choice::Unset => false,
        Choice::Text => true,
        Choice::Column(column) => sheet.is_some_and(|sheet| sheet.position(column).is_some()),
    }
}

/// A column of the same name; for `{{1}}`, where templates greet, the column of names.
fn guess(variable: &str, sheet: Option<&Sheet>) -> Choice {
    let Some(sheet) = sheet else { return Choice::Unset };
    let same = sheet.columns.iter().find(|column| plain(column) == plain(variable));
    let greeting =
        (variable == "1" || plain(variable).ends_with("name")).then_some(sheet.name_column.as_ref()).flatten();
    same.or(greeting).map_or(Choice::Unset, |column| Choice::Column(column.clone()))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The content of a campaign as the API takes it.
pub fn content(template: &Template, fillings: &[Filling]) -> TemplateContent {
    let of = |part| fillings.iter().filter(|filling| filling.part == part).map(Filling::source).collect();
    TemplateContent {
        name: template.name.clone(),
        language: template.language.clone(),
        header: of(Part::Header),
        body: of(Part::Body),
        ..TemplateContent::default()
    }
}

/// A message as the phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bubble {
    /// Above the text.
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// Below the text.
    pub footer: Option<String>,
    /// Labels of the buttons.
    pub buttons: Vec<String>,
}

/// The message to the first person of the file; variables without a value stay as they are.
pub fn bubble(template: &Template, fillings: &[Filling], sheet: Option<&Sheet>) -> Bubble {
    let filled = |part, text: &str| {
        let own = fillings.iter().filter(|filling| filling.part == part);
        let values: Vec<(&str, String)> =
            own.filter_map(|filling| Some((filling.variable.as_str(), filling.value(sheet)?))).collect();
        let pairs: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        template::render(text, &pairs)
    };
    Bubble {
        header: template.header.as_deref().map(|text| filled(Part::Header, text)),
        body: filled(Part::Body, &template.body),
        footer: template.footer.clone(),
        buttons: template.buttons.iter().map(|button| button.text.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use reader::SampleRow;

    use super::*;

    fn greeting() -> Template {
        Template {
            id: "1".into(),
            name: "greeting".into(),
            language: "en".into(),
            category: "MARKETING".into(),
            status: "APPROVED".into(),
            parameter_format: wire::ParameterFormat::Positional,
            header: Some("For {{1}}".into()),
            body: "Hi {{1}}, your {{2}} is ready".into(),
            ..Template::default()
        }
    }

    fn sheet() -> Sheet {
        Sheet {
            columns: vec!["Phone".into(), "Full name".into(), "City".into()],
            name_column: Some("Full name".into()),
            sample: vec![SampleRow { cells: vec!["+1".into(), "Ana".into(), " ".into()], ..SampleRow::default() }],
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
    fn a_named_variable_finds_the_column_of_its_name() {
        assert_eq!(guess("full_name", Some(&sheet())), Choice::Column("Full name".into()));
        assert_eq!(guess("city", Some(&sheet())), Choice::Column("City".into()));
        assert_eq!(guess("city", None), Choice::Unset);
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
        assert_eq!(bubble(&greeting(), &chosen, Some(&sheet())).body, "Hi Ana, your {{2}} is ready");
        chosen[2].choice = Choice::Column("City".into());
        chosen[2].text = "order".into();
        assert_eq!(bubble(&greeting(), &chosen, Some(&sheet())).body, "Hi Ana, your order is ready");
    }

    #[test]
    fn sources_go_to_their_part_in_order() {
        let mut chosen = fillings(&greeting(), Some(&sheet()), &[]);
        chosen[2] = Filling { choice: Choice::Text, text: " gift ".into(), ..chosen[2].clone() };
        let content = content(&greeting(), &chosen);
        assert_eq!(content.header, [ParameterSource::Column { column: "Full name".into(), fallback: None }]);
        assert_eq!(content.body[1], ParameterSource::Text { text: "gift".into() });
    }

    #[test]
    fn choices_keep_their_names() {
        for choice in [Choice::Unset, Choice::Text, Choice::Column("text".into())] {
            assert_eq!(Choice::from_key(&choice.key()), choice);
        }
    }
}
