//! Why a text is no phone number: a stable name for programs and a sentence for the person who made the file.

use std::fmt;

use wire::Language;

use super::Country;

/// Why a text was refused as a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneError {
    /// Nothing is there.
    Empty,
    /// Letters or signs that no phone number has.
    NotANumber,
    /// A spreadsheet rounded it: `5.51199E+12`.
    DigitsLost,
    /// More than one number in one cell.
    TwoNumbers,
    /// A national number, and no default country was given.
    NoCountry,
    /// It is international, but no country has this calling code.
    UnknownCountryCode,
    /// Fewer digits than the country's numbers have, or than any number has.
    TooShort {
        /// Whose numbers it was measured against.
        country: Option<Country>,
        /// Digits after the country code, or all of them without a country.
        digits: usize,
    },
    /// More digits than the country's numbers have, or than any number has.
    TooLong {
        /// Whose numbers it was measured against.
        country: Option<Country>,
        /// Digits after the country code, or all of them without a country.
        digits: usize,
    },
    /// The length is right, but no number of the country begins or looks like this.
    NotPossible {
        /// Whose numbers it was measured against.
        country: Country,
    },
}

impl PhoneError {
    /// A stable name, the same for every text refused for this reason.
    pub fn name(&self) -> &'static str {
        match self {
            PhoneError::Empty => "empty",
            PhoneError::NotANumber => "notANumber",
            PhoneError::DigitsLost => "digitsLost",
            PhoneError::TwoNumbers => "twoNumbers",
            PhoneError::NoCountry => "noCountry",
            PhoneError::UnknownCountryCode => "unknownCountryCode",
            PhoneError::TooShort { .. } => "tooShort",
            PhoneError::TooLong { .. } => "tooLong",
            PhoneError::NotPossible { .. } => "notPossible",
        }
    }

    /// A few words, the same for every text refused for this reason.
    pub fn title(&self) -> &'static str {
        match self {
            PhoneError::Empty => "No phone number",
            PhoneError::NotANumber => "Not a phone number",
            PhoneError::DigitsLost => "Digits lost in a spreadsheet",
            PhoneError::TwoNumbers => "More than one number",
            PhoneError::NoCountry => "No country code",
            PhoneError::UnknownCountryCode => "Unknown country code",
            PhoneError::TooShort { .. } => "Too short",
            PhoneError::TooLong { .. } => "Too long",
            PhoneError::NotPossible { .. } => "Not possible in its country",
        }
    }
}

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PhoneError::Empty => f.write_str("There is no phone number."),
            PhoneError::NotANumber => f.write_str("It has letters or signs that a phone number cannot have."),
            PhoneError::DigitsLost => f.write_str(
                "A spreadsheet rounded the number and its last digits are gone. \
                 Format the column as text and export the file again.",
            ),
            PhoneError::TwoNumbers => f.write_str("There is more than one number. Keep one number per row."),
            PhoneError::NoCountry => f.write_str(
                "The number has no country code. Write it like +55 11 99876 5432, \
                 or choose the country of such numbers.",
            ),
            PhoneError::UnknownCountryCode => f.write_str("No country has the code that the number begins with."),
            PhoneError::TooShort { country, digits } => write_length(f, "too short", *country, *digits),
            PhoneError::TooLong { country, digits } => write_length(f, "too long", *country, *digits),
            PhoneError::NotPossible { country } => {
                write!(f, "No number of {country} (+{}) looks like this.", country.calling_code())
            }
        }
    }
}

impl PhoneError {
    /// The same as its text, in the language of whoever corrects the number.
    pub fn explanation(&self, language: Language) -> String {
        match language {
            Language::English => self.to_string(),
            Language::Portuguese => self.in_portuguese(),
            Language::Spanish => self.in_spanish(),
        }
    }

    fn in_portuguese(&self) -> String {
        match self {
            PhoneError::Empty => "Não há número de telefone.".into(),
            PhoneError::NotANumber => "Há letras ou sinais que um telefone não pode ter.".into(),
            PhoneError::DigitsLost => "Uma planilha arredondou o número e os últimos dígitos se perderam. \
                                       Formate a coluna como texto e exporte o arquivo de novo."
                .into(),
            PhoneError::TwoNumbers => "Há mais de um número. Deixe um número por linha.".into(),
            PhoneError::NoCountry => "O número não tem código do país. Escreva como +55 11 99876 5432, \
                                      ou escolha o país desses números."
                .into(),
            PhoneError::UnknownCountryCode => "Nenhum país tem o código com que o número começa.".into(),
            PhoneError::TooShort { country, digits } => length_in_portuguese("curto", *country, *digits),
            PhoneError::TooLong { country, digits } => length_in_portuguese("longo", *country, *digits),
            PhoneError::NotPossible { country } => {
                format!("Nenhum número de {country} (+{}) é assim.", country.calling_code())
            }
        }
    }

    fn in_spanish(&self) -> String {
        match self {
            PhoneError::Empty => "No hay número de teléfono.".into(),
            PhoneError::NotANumber => "Hay letras o signos que un teléfono no puede tener.".into(),
            PhoneError::DigitsLost => "Una hoja de cálculo redondeó el número y se perdieron los últimos dígitos. \
                                       Dé formato de texto a la columna y exporte el archivo otra vez."
                .into(),
            PhoneError::TwoNumbers => "Hay más de un número. Deje un número por fila.".into(),
            PhoneError::NoCountry => "El número no tiene código de país. Escríbalo como +55 11 99876 5432, \
                                      o elija el país de esos números."
                .into(),
            PhoneError::UnknownCountryCode => "Ningún país tiene el código con el que empieza el número.".into(),
            PhoneError::TooShort { country, digits } => length_in_spanish("corto", *country, *digits),
            PhoneError::TooLong { country, digits } => length_in_spanish("largo", *country, *digits),
            PhoneError::NotPossible { country } => {
                format!("Ningún número de {country} (+{}) es así.", country.calling_code())
            }
        }
    }
}

/// How many digits the country's numbers have after its code: `8`, or `8 a 9`, in both of the languages.
fn lengths(country: Country) -> String {
    let (min, max) = (country.plan().min, country.plan().max);
    if min == max { min.to_string() } else { format!("{min} a {max}") }
}

fn length_in_portuguese(verdict: &str, country: Option<Country>, digits: usize) -> String {
    match country {
        None => format!("O número é {verdict} demais: tem {digits} dígitos."),
        Some(country) => format!(
            "O número é {verdict} demais para {country} (+{}): tem {digits} dígitos depois do código do país em vez de {}.",
            country.calling_code(),
            lengths(country)
        ),
    }
}

fn length_in_spanish(verdict: &str, country: Option<Country>, digits: usize) -> String {
    match country {
        None => format!("El número es demasiado {verdict}: tiene {digits} dígitos."),
        Some(country) => format!(
            "El número es demasiado {verdict} para {country} (+{}): tiene {digits} dígitos después del código de país en lugar de {}.",
            country.calling_code(),
            lengths(country)
        ),
    }
}

fn write_length(f: &mut fmt::Formatter<'_>, verdict: &str, country: Option<Country>, digits: usize) -> fmt::Result {
    match country {
        None => write!(f, "The number is {verdict}: it has {digits} digits."),
        Some(country) => {
            let (min, max) = (country.plan().min, country.plan().max);
            write!(
                f,
                "The number is {verdict} for {country} (+{}): it has {digits} digits after the country code instead of {min}",
                country.calling_code()
            )?;
            if min == max { f.write_str(".") } else { write!(f, " to {max}.") }
        }
    }
}

impl std::error::Error for PhoneError {}
