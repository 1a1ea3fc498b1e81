//! Titles of columns: reading them without case and accents, and giving one to every column.

use super::rejects::as_written;

/// Words in a title that say "phone", the surest first: a WhatsApp number before a mobile before any phone.
const PHONE_WORDS: [&str; 27] = [
    "whatsapp",
    "whats",
    "wpp",
    "zap",
    "celular",
    "mobile",
    "movil",
    "telemovel",
    "cellphone",
    "mobilephone",
    "mobilenumber",
    "cell",
    "cel",
    "phone",
    "phonenumber",
    "telefone",
    "telefono",
    "telephone",
    "fone",
    "tel",
    "msisdn",
    "handy",
    "tlf",
    "telf",
    "tfno",
    "fono",
    "telefonnummer",
];

/// Titles that say "phone" only when nothing else stands beside them.
const PHONE_TITLES: [&str; 4] = ["numero", "number", "numeros", "numbers"];

/// Whole titles that say "name", the surest first.
const NAME_TITLES: [&str; 19] = [
    "name",
    "nome",
    "nombre",
    "firstname",
    "primeironome",
    "primernombre",
    "fullname",
    "nomecompleto",
    "nombrecompleto",
    "contactname",
    "nomedocontato",
    "nomedocliente",
    "customername",
    "nombredelcliente",
    "cliente",
    "customer",
    "contato",
    "contacto",
    "contact",
];

/// How sure a title says "phone"; smaller is surer.
pub(super) fn phone_rank(title: &str) -> Option<usize> {
    let words = words(title);
    let whole = words.concat();
    let says = |known: &&str| words.iter().chain([&whole]).any(|word| is_one_or_several(word, known));
    PHONE_WORDS.iter().position(says).or_else(|| {
        let place = PHONE_TITLES.iter().position(|known| whole == *known)?;
        Some(PHONE_WORDS.len() + place)
    })
}

/// Whether a word is the known one, or its plural: `telefones`, `celulares`.
fn is_one_or_several(word: &str, known: &str) -> bool {
    word.strip_prefix(known).is_some_and(|ending| matches!(ending, "" | "s" | "es"))
}

/// How sure a title says "name"; smaller is surer.
pub(super) fn name_rank(title: &str) -> Option<usize> {
    let whole = words(title).concat();
    NAME_TITLES.iter().position(|known| whole == *known)
}

/// Whether two titles are the same but for case, accents, punctuation and spaces.
pub(super) fn same(left: &str, right: &str) -> bool {
    let spelled = |title: &str| title.chars().filter_map(plain).collect::<String>();
    let (left, right) = (spelled(left), spelled(right));
    !left.is_empty() && left == right
}

/// How many columns there are. Those without a title after the last filled one are left out.
pub(super) fn width(header: &[String], width_of_data: usize) -> usize {
    let titled = header.iter().rposition(|title| !title.trim().is_empty()).map_or(0, |last| last + 1);
    match header.len() {
        0 => width_of_data,
        // Data wider than the header stays too wide: such a row is rejected, the column is not made up.
        cells => titled.max(width_of_data.min(cells)),
    }
}

/// Titles for so many columns: those of the header, without apostrophes that keep formulas from running, `Column 3` where
/// it has none, a number behind repeated ones. Takes the square of their number.
pub(super) fn of_header(header: &[String], width: usize) -> Vec<String> {
    let mut titles: Vec<String> = Vec::with_capacity(width);
    for column in 0..width {
        let title = as_written(header.get(column).map_or("", String::as_str));
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let title = match title.is_empty() {
            true => format!("Column {}", column + 1),
            false => title,
        };
        titles.push(not_in(&titles, title));
    }
    titles
}

fn not_in(titles: &[String], title: String) -> String {
    if !titles.contains(&title) {
        return title;
    }
    (2..=titles.len() + 1)
        .map(|number| format!("{title} ({number})"))
        .find(|numbered| !titles.contains(numbered))
        .unwrap_or(title)
}

/// The words of a title without case and accents; digits behind a word (`telefone1`) are not part of it.
fn words(title: &str) -> Vec<String> {
    title
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| word.chars().filter_map(plain).collect::<String>())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The letter or digit without its accent, lower case; `None` for everything else.
fn plain(c: char) -> Option<char> {
    let lower = c.to_lowercase().next()?;
    let folded = match lower {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    };
    folded.is_alphanumeric().then_some(folded)
}
