//! Texts that a marketer wrote, with the recipient's cells in them: `{{city}}`, `{{name|friend}}`, `[FIRSTNAME]`.
//!
//! A name finds its column whatever its case, blanks and underscores; of columns that differ in these alone, the one that
//! is called exactly so, and a name that fits several of them equally is refused. `firstName` is the first word of the
//! column of names where no column is called so, and `lastName` what follows it. What a cell says is never read as a
//! placeholder itself.

use super::ParameterProblem;
use super::text::one_line;

/// What the first word of a name is asked for with, in `plain` form.
const FIRST_NAMES: [&str; 4] = ["firstname", "primeironome", "primernombre", "nombredepila"];

/// What the words after the first one of a name are asked for with, in `plain` form.
const LAST_NAMES: [&str; 5] = ["lastname", "surname", "sobrenome", "apellido", "apellidos"];

/// Names of a column of names, in `plain` form, in the order in which they are believed.
const NAMES: [&str; 6] = ["name", "nome", "nombre", "fullname", "nomecompleto", "nombrecompleto"];

/// The same, where no column is called so.
const CONTACTS: [&str; 3] = ["contact", "contato", "contacto"];

/// Where the value of a placeholder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Cell(usize),
    FirstWord(usize),
    OtherWords(usize),
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    Placeholder { name: &'a str, fallback: Option<&'a str>, written: &'a str },
}

/// The text for one recipient, whose cells `fields` stand in the order of `columns`.
pub fn expand(text: &str, columns: &[String], fields: &[String]) -> Result<String, ParameterProblem> {
    let mut expanded = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => expanded.push_str(text),
            Piece::Placeholder { name, fallback, written } => {
                let Some(source) = find(name, columns) else {
                    if is_plain_text(name, written) {
                        expanded.push_str(written);
                        continue;
                    }
                    return Err(ParameterProblem::NoColumn { column: name.to_owned() });
                };
                let value = value(source, fields);
                match (value.is_empty(), fallback) {
                    (false, _) => expanded.push_str(&value),
                    (true, Some(fallback)) => expanded.push_str(fallback),
                    (true, None) => return Err(ParameterProblem::EmptyValue { column: name.to_owned() }),
                }
            }
        }
    }
    Ok(expanded)
}

/// The cells that a text shows whole, each with the name that the text calls it by.
pub fn cells<'a>(
    text: &'a str,
    columns: &'a [String],
    fields: &'a [String],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Placeholder { name, .. } => match find(name, columns)? {
            Source::Cell(place) => Some((name, fields.get(place)?.as_str())),
            Source::FirstWord(_) | Source::OtherWords(_) => None,
        },
        Piece::Text(_) => None,
    })
}

/// What is wrong with the first placeholder that cannot be filled, in a sentence: no column has a value for it, or several
/// might.
pub fn fault(text: &str, columns: &[String]) -> Option<String> {
    if let Some(name) = unknown(text, columns).first() {
        return Some(no_column(name, columns));
    }
    pieces(text).find_map(|piece| match piece {
        Piece::Placeholder { name, .. } => several_columns(name, columns),
        Piece::Text(_) => None,
    })
}

/// That no column is called so.
pub(super) fn no_column(name: &str, columns: &[String]) -> String {
    format!("the contacts have no column \"{name}\"; they have: {}", columns.join(", "))
}

/// That several columns are called so but for case, blanks and underscores, where they are.
fn several_columns(name: &str, columns: &[String]) -> Option<String> {
    let places = called(name, columns);
    let titles: Vec<&str> = places.iter().filter_map(|place| columns.get(*place)).map(String::as_str).collect();
    if titles.len() < 2 {
        return None;
    }
    let titles = titles.join(", ");
    Some(format!("the contacts have several columns like \"{name}\"; write one of them exactly: {titles}"))
}

/// The placeholders of a text that no column has a value for.
fn unknown(text: &str, columns: &[String]) -> Vec<String> {
    let names = pieces(text).filter_map(|piece| match piece {
        Piece::Placeholder { name, written, .. } if !is_plain_text(name, written) => Some(name),
        Piece::Placeholder { .. } | Piece::Text(_) => None,
    });
    names.filter(|name| find(name, columns).is_none()).map(str::to_owned).collect()
}

/// `[VIP]` is a word in brackets where no column is called so: people write such things. `{{…}}` nobody writes by chance,
/// nor what other products put a name in with: nobody is to read `[LASTNAME]`.
fn is_plain_text(name: &str, written: &str) -> bool {
    let name = plain(name);
    let is_of_names = FIRST_NAMES.iter().chain(&LAST_NAMES).chain(&NAMES).any(|known| *known == name);
    written.starts_with('[') && !written.contains('|') && !is_of_names
}

/// Whether a text is the same for everybody.
pub fn is_fixed(text: &str) -> bool {
    pieces(text).all(|piece| matches!(piece, Piece::Text(_)))
}

/// What of a text is the same for everybody.
pub fn fixed_part(text: &str) -> String {
    let fixed = pieces(text).filter_map(|piece| match piece {
        Piece::Text(text) => Some(text),
        Piece::Placeholder { .. } => None,
    });
    fixed.collect()
}

fn find(name: &str, columns: &[String]) -> Option<Source> {
    if let Some(place) = called(name, columns).first() {
        return Some(Source::Cell(*place));
    }
    let asked = plain(name);
    let of_names = || column_of(&NAMES, columns).or_else(|| column_of(&CONTACTS, columns));
    if FIRST_NAMES.contains(&asked.as_str()) {
        column_of(&FIRST_NAMES, columns).map(Source::Cell).or_else(|| of_names().map(Source::FirstWord))
    } else if LAST_NAMES.contains(&asked.as_str()) {
        column_of(&LAST_NAMES, columns).map(Source::Cell).or_else(|| of_names().map(Source::OtherWords))
    } else {
        None
    }
}

/// The place of the column with one of these names, in `plain` form; the first name that there is counts.
fn column_of(names: &[&str], columns: &[String]) -> Option<usize> {
    names.iter().find_map(|name| columns.iter().position(|column| plain(column) == *name))
}

/// The places of the columns that are called so: exactly, or else but for case and doubled blanks, or else but for all
/// that is no letter or digit.
fn called(name: &str, columns: &[String]) -> Vec<usize> {
    if let Some(place) = columns.iter().position(|column| column == name) {
        return vec![place];
    }
    let ways: [fn(&str) -> String; 2] = [without_case, plain];
    for way in ways {
        let wanted = way(name);
        let alike = (0..columns.len()).filter(|place| way(&columns[*place]) == wanted);
        let found: Vec<usize> = if wanted.is_empty() { Vec::new() } else { alike.collect() };
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn without_case(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn value(source: Source, fields: &[String]) -> String {
    let cell = |place: usize| one_line(fields.get(place).map_or("", String::as_str));
    match source {
        Source::Cell(place) => cell(place),
        Source::FirstWord(place) => cell(place).split(' ').next().unwrap_or_default().to_owned(),
        Source::OtherWords(place) => cell(place).split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = first_piece(rest);
        rest = after;
        Some(piece)
    })
}

fn first_piece(text: &str) -> (Piece<'_>, &str) {
    let opens = text.char_indices().filter(|(_, character)| matches!(character, '{' | '['));
    for (at, _) in opens {
        let Some((inside, length)) = bracketed(&text[at..]) else { continue };
        if at > 0 {
            return (Piece::Text(&text[..at]), &text[at..]);
        }
        let (name, fallback) = match inside.split_once('|') {
            Some((name, fallback)) => (name.trim(), Some(fallback.trim())),
            None => (inside.trim(), None),
        };
        return (Piece::Placeholder { name, fallback, written: &text[..length] }, &text[length..]);
    }
    (Piece::Text(text), "")
}

/// What stands between the brackets that the text begins with, and the length of it all; nothing if it is no
/// placeholder. `{{…}}` takes any name, `[…]` one in capitals, as other products write it.
fn bracketed(text: &str) -> Option<(&str, usize)> {
    if let Some(rest) = text.strip_prefix("{{") {
        let inside = &rest[..rest.find("}}")?];
        let is_one = !inside.contains(['{', '\n']) && !inside.split('|').next()?.trim().is_empty();
        return is_one.then_some((inside, inside.len() + 4));
    }
    let rest = text.strip_prefix('[')?;
    let inside = &rest[..rest.find(']')?];
    let name = inside.split('|').next()?.trim();
    let mut characters = name.chars();
    let is_capital = characters.next().is_some_and(char::is_uppercase)
        && characters.all(|c| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '_' | ' '));
    is_capital.then_some((inside, inside.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<String> {
        ["Phone", "Nome completo", "City_name"].map(str::to_owned).to_vec()
    }

    fn expanded(text: &str) -> Result<String, ParameterProblem> {
        let fields = ["+5511987654321", " Ana\nMaria  Silva ", ""].map(str::to_owned);
        expand(text, &columns(), &fields)
    }

    #[test]
    fn every_way_of_writing_a_column_finds_it() {
        for text in ["{{Nome completo}}", "{{ nome_completo }}", "[NOME COMPLETO]", "[NOMECOMPLETO]"] {
            assert_eq!(expanded(text).unwrap(), "Ana Maria Silva", "{text}");
        }
        for text in ["[FIRSTNAME]", "{{first_name}}", "{{primeiro nome}}", "[FIRSTNAME|amiga]"] {
            assert_eq!(expanded(text).unwrap(), "Ana", "{text}");
        }
        for text in ["[LASTNAME]", "{{last name}}", "[SOBRENOME]"] {
            assert_eq!(expanded(text).unwrap(), "Maria Silva", "{text}");
        }
    }

    #[test]
    fn a_first_or_last_name_is_that_of_its_own_column_in_whatever_language() {
        let columns = ["nome", "Primeiro nome", "Sobrenome"].map(str::to_owned);
        let fields = ["Dona Ana", "Ana", "Silva"].map(str::to_owned);
        assert_eq!(expand("Hello, [FIRSTNAME] +[LASTNAME].", &columns, &fields).unwrap(), "Hello, Ana +Silva.");
        let of_one_word = expand("[LASTNAME]", &columns[..1], &["Ana".to_owned()]);
        assert_eq!(of_one_word, Err(ParameterProblem::EmptyValue { column: "LASTNAME".into() }));
        assert_eq!(expand("[LASTNAME|amiga]", &columns[..1], &["Ana".to_owned()]).unwrap(), "amiga");
    }

    #[test]
    fn a_name_that_nobody_has_is_told_and_never_sent_as_it_is_written() {
        let columns = ["phone".to_owned()];
        for text in ["[FIRSTNAME]", "[LASTNAME]", "[NAME]", "[NOME COMPLETO]"] {
            assert!(fault(text, &columns).is_some_and(|told| told.contains("no column")), "{text}");
            assert!(expand(text, &columns, &["+5511987654321".to_owned()]).is_err(), "{text}");
        }
        assert_eq!(fault("[VIP] [CONTATO]", &columns), None);
    }

    #[test]
    fn the_fixed_part_of_a_text_is_what_stands_beside_its_placeholders() {
        assert_eq!(fixed_part("Hi {{name|you}}, [FIRSTNAME]!"), "Hi , !");
        assert_eq!(fixed_part("[ok]"), "[ok]");
    }

    #[test]
    fn an_empty_cell_takes_the_fallback_or_says_so() {
        assert_eq!(expanded("Hi from {{city name|your town}}!").unwrap(), "Hi from your town!");
        assert_eq!(expanded("[CITY_NAME| ]").unwrap(), "");
        let problem = ParameterProblem::EmptyValue { column: "city name".into() };
        assert_eq!(expanded("{{city name}}").unwrap_err(), problem);
    }

    #[test]
    fn a_name_that_no_column_has_is_told_before_anything_is_sent() {
        assert_eq!(unknown("[STATE|there] {{zip}} {{city name}} [FIRSTNAME] [VIP]", &columns()), ["STATE", "zip"]);
        let problem = ParameterProblem::NoColumn { column: "zip".into() };
        assert_eq!(expanded("{{zip}}").unwrap_err(), problem);
        assert_eq!(expanded("[VIP] 10%").unwrap(), "[VIP] 10%");
    }

    #[test]
    fn columns_that_differ_in_case_and_blanks_alone_are_each_written_exactly_or_refused() {
        let columns = ["Cidade", "cidade", "City (2)", "City 2", "#"].map(str::to_owned);
        let fields = ["Belém", "Natal", "Faro", "Braga", "7"].map(str::to_owned);
        for (text, value) in [
            ("{{Cidade}}", "Belém"),
            ("{{cidade}}", "Natal"),
            ("{{City (2)}}", "Faro"),
            ("{{city 2}}", "Braga"),
            ("{{ # }}", "7"),
        ] {
            assert_eq!(expand(text, &columns, &fields).unwrap(), value, "{text}");
            assert_eq!(fault(text, &columns), None, "{text}");
        }
        for (text, several) in [("[CIDADE]", "Cidade, cidade"), ("{{city_2}}", "City (2), City 2")] {
            let told = fault(text, &columns).unwrap();
            assert!(told.starts_with("the contacts have several columns") && told.ends_with(several), "{told}");
        }
        assert_eq!(fault("{{zip}}", &columns[..1]).unwrap(), "the contacts have no column \"zip\"; they have: Cidade");
    }

    #[test]
    fn other_brackets_are_text() {
        for text in ["[ok]", "a [link](x)", "{}", "{{}}", "{{ }}", "{single}", "[", "{{", "[]", "😀[é]", "{{a\nb}}"]
        {
            assert_eq!(expanded(text).unwrap(), text);
            assert!(is_fixed(text), "{text}");
        }
        assert!(!is_fixed("{{name}}"));
    }

    #[test]
    fn a_cell_is_never_read_as_a_placeholder() {
        let fields = ["".to_owned(), "{{Phone}}".to_owned(), "[PHONE]".to_owned()];
        assert_eq!(expand("{{nome completo}} {{city name}}", &columns(), &fields).unwrap(), "{{Phone}} [PHONE]");
    }
}
