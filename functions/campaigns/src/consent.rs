//! Who wants no more messages, or wants them again: before any campaign, and while one is on its way. WhatsApp does not
//! read people's words; here a whole message that means "stop" or "start", in Portuguese, English or Spanish, is taken
//! at its word, and answered in that language. A sentence that only contains such a word is not.

pub mod exported;
pub mod written;

use serde::{Deserialize, Serialize};
use wire::Language;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Asked {
    /// No more messages.
    Stop,
    /// Messages again.
    Resume,
}

/// Which messages a wish is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// All of them.
    #[default]
    All,
    /// Offers and news alone: what somebody ordered or asked for still reaches him.
    Marketing,
}

/// What was asked for, and in which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// What.
    pub asked: Asked,
    /// Of which messages.
    pub extent: Extent,
    /// In which language; of a word that several share, the one of most of our people.
    pub language: Language,
}

use Asked::{Resume, Stop};
use Extent::{All, Marketing};
use Language::{English, Portuguese, Spanish};

/// Whole messages that are heard, without accents, in lower case, sorted.
const WORDS: &[(&str, Asked, Language)] = &[
    ("alta", Resume, Spanish),
    ("baja", Stop, Spanish),
    ("cancel", Stop, English),
    ("cancelar", Stop, Portuguese),
    ("cancelar inscricao", Stop, Portuguese),
    ("cancelar suscripcion", Stop, Spanish),
    ("dar de alta", Resume, Spanish),
    ("dar de baja", Stop, Spanish),
    ("darme de alta", Resume, Spanish),
    ("darme de baja", Stop, Spanish),
    ("descadastrar", Stop, Portuguese),
    ("desinscrever", Stop, Portuguese),
    ("detener promociones", Stop, Spanish),
    ("end", Stop, English),
    ("me descadastre", Stop, Portuguese),
    ("nao quero mais", Stop, Portuguese),
    ("nao quero mais receber", Stop, Portuguese),
    ("nao quero mais receber mensagens", Stop, Portuguese),
    ("nao quero receber", Stop, Portuguese),
    ("nao quero receber mensagens", Stop, Portuguese),
    ("no quiero mas", Stop, Spanish),
    ("no quiero mas mensajes", Stop, Spanish),
    ("no quiero recibir", Stop, Spanish),
    ("opt in", Resume, English),
    ("opt out", Stop, English),
    ("optin", Resume, English),
    ("optout", Stop, English),
    ("parar", Stop, Portuguese),
    ("parar mensagens", Stop, Portuguese),
    ("parar promocoes", Stop, Portuguese),
    ("pare", Stop, Portuguese),
    ("parem", Stop, Portuguese),
    ("quero receber", Resume, Portuguese),
    ("quero receber mensagens", Resume, Portuguese),
    ("quero voltar a receber", Resume, Portuguese),
    ("quiero recibir", Resume, Spanish),
    ("quiero recibir mensajes", Resume, Spanish),
    ("quit", Stop, English),
    ("remover", Stop, Portuguese),
    ("resume", Resume, English),
    ("sair", Stop, Portuguese),
    ("salir", Stop, Spanish),
    ("start", Resume, English),
    ("stop", Stop, English),
    ("stop promotions", Stop, English),
    ("subscribe", Resume, English),
    ("unstop", Resume, English),
    ("unsubscribe", Stop, English),
    ("voltar", Resume, Portuguese),
    ("voltar a receber", Resume, Portuguese),
];

/// Titles and payloads of buttons that are heard, in the same form: only those that can mean nothing else. "Cancelar",
/// "Voltar" and "Sair" stand on the buttons of every menu, and a menu is not about messages. Those about promotions
/// are the ones that WhatsApp puts under marketing templates ("Stop promotions", in the template's language).
const BUTTONS: &[(&str, Asked, Extent, Language)] = &[
    ("cancelar inscricao", Stop, All, Portuguese),
    ("cancelar suscripcion", Stop, All, Spanish),
    ("dar de alta", Resume, All, Spanish),
    ("dar de baja", Stop, All, Spanish),
    ("darme de alta", Resume, All, Spanish),
    ("darme de baja", Stop, All, Spanish),
    ("descadastrar", Stop, All, Portuguese),
    ("desinscrever", Stop, All, Portuguese),
    ("detener promociones", Stop, Marketing, Spanish),
    ("me descadastre", Stop, All, Portuguese),
    ("nao quero mais receber", Stop, All, Portuguese),
    ("nao quero mais receber mensagens", Stop, All, Portuguese),
    ("nao quero receber", Stop, All, Portuguese),
    ("nao quero receber mensagens", Stop, All, Portuguese),
    ("no quiero mas mensajes", Stop, All, Spanish),
    ("no quiero recibir", Stop, All, Spanish),
    ("opt in", Resume, All, English),
    ("opt out", Stop, All, English),
    ("optin", Resume, All, English),
    ("optout", Stop, All, English),
    ("parar", Stop, All, Portuguese),
    ("parar mensagens", Stop, All, Portuguese),
    ("parar promocoes", Stop, Marketing, Portuguese),
    ("quero receber mensagens", Resume, All, Portuguese),
    ("quero voltar a receber", Resume, All, Portuguese),
    ("quiero recibir mensajes", Resume, All, Spanish),
    ("reanudar promociones", Resume, Marketing, Spanish),
    ("resume promotions", Resume, Marketing, English),
    ("retomar promocoes", Resume, Marketing, Portuguese),
    ("stop", Stop, All, English),
    ("stop promotions", Stop, Marketing, English),
    ("subscribe", Resume, All, English),
    ("unstop", Resume, All, English),
    ("unsubscribe", Stop, All, English),
    ("voltar a receber", Resume, All, Portuguese),
];

/// Longest message that is looked at, in characters: none of the words above is longer, with room for decoration.
const LONGEST: usize = 60;

/// What a whole message that somebody wrote asks for: of all messages, whatever word it is.
pub fn heard(text: &str) -> Option<Heard> {
    let said = compared(text)?;
    let found = WORDS.binary_search_by_key(&said.as_str(), |(words, _, _)| words).ok()?;
    let (_, asked, language) = WORDS[found];
    Some(Heard { asked, extent: All, language })
}

/// What a button or a row of a list that was tapped asks for, by its title or its payload.
pub fn tapped(title_or_payload: &str) -> Option<Heard> {
    let said = compared(title_or_payload)?;
    let found = BUTTONS.binary_search_by_key(&said.as_str(), |(words, _, _, _)| words).ok()?;
    let (_, asked, extent, language) = BUTTONS[found];
    Some(Heard { asked, extent, language })
}

/// A text in the form that it is looked up in; nothing where it is too long to be there.
fn compared(text: &str) -> Option<String> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_'))
        .map(|word| word.chars().filter_map(plain).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    Some(words.join(" "))
}

/// What confirms a wish that is about offers alone, in its language.
pub fn offers_confirmation(asked: Asked, language: Language) -> &'static str {
    match (asked, language) {
        (Stop, Portuguese) => "Você não vai mais receber ofertas nossas. Para voltar a receber, responda VOLTAR.",
        (Stop, English) => "You will get no more offers from us. To get them again, reply START.",
        (Stop, Spanish) => "No recibirás más ofertas nuestras. Para volver a recibirlas, responde ALTA.",
        (Resume, Portuguese) => "Pronto, você vai voltar a receber nossas ofertas. Para parar, responda SAIR.",
        (Resume, English) => "You will get our offers again. To stop them, reply STOP.",
        (Resume, Spanish) => "Listo, volverás a recibir nuestras ofertas. Para dejar de recibirlas, responde BAJA.",
    }
}

/// What confirms a wish, in its language.
pub fn confirmation(asked: Asked, language: Language) -> &'static str {
    match (asked, language) {
        (Stop, Portuguese) => "Você não vai mais receber mensagens nossas. Para voltar a receber, responda VOLTAR.",
        (Stop, English) => "You will get no more messages from us. To get them again, reply START.",
        (Stop, Spanish) => "No recibirás más mensajes nuestros. Para volver a recibirlos, responde ALTA.",
        (Resume, Portuguese) => "Pronto, você vai voltar a receber nossas mensagens. Para parar, responda SAIR.",
        (Resume, English) => "You will get our messages again. To stop them, reply STOP.",
        (Resume, Spanish) => "Listo, volverás a recibir nuestros mensajes. Para dejar de recibirlos, responde BAJA.",
    }
}

/// For how long after a person wrote a free text may be sent, in milliseconds (Meta, customer service window: 24 h),
/// less what a message may take to leave.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000 - 10 * 60 * 1_000;

/// Why somebody on the suppression list is left out.
pub const SUPPRESSED: &str = "The person wants no more messages";

/// Why somebody who was erased is left out.
pub const ERASED: &str = "The person's data were erased";

/// Why somebody is left out whose consents say no to such messages.
pub const DECLINED: &str = "The person said no to such messages";

/// Why somebody is left out of a marketing campaign where consent is required.
pub const NO_CONSENT: &str = "The person has not agreed to marketing messages";

/// Why somebody is left out who got enough.
pub fn capped(messages: u32, days: u32) -> String {
    format!("The person got {messages} messages within {days} days, as many as the workspace allows")
}

/// Why somebody is left out to whose country WhatsApp does not let the account write.
pub fn country_closed(country: &str) -> String {
    format!("WhatsApp does not let this account write to people in {country}")
}

/// A letter without its accent, in lower case; nothing for punctuation, symbols and what joins accents to letters. A
/// comma or a full stop inside a sentence leaves its words, so a sentence stays one.
fn plain(c: char) -> Option<char> {
    let lower = c.to_lowercase().next()?;
    Some(match lower {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'ê' | 'è' | 'ë' => 'e',
        'í' | 'ì' | 'ï' => 'i',
        'ó' | 'ô' | 'õ' | 'ò' | 'ö' => 'o',
        'ú' | 'ü' | 'ù' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        letter if letter.is_alphanumeric() => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_the_form_that_it_is_compared_in() {
        assert!(WORDS.is_sorted_by(|before, after| before.0 < after.0));
        for (words, asked, language) in WORDS {
            assert_eq!(heard(words), Some(Heard { asked: *asked, extent: All, language: *language }), "{words}");
        }
        assert!(BUTTONS.is_sorted_by(|before, after| before.0 < after.0));
        for (words, asked, extent, language) in BUTTONS {
            let expected = Heard { asked: *asked, extent: *extent, language: *language };
            assert_eq!(tapped(words), Some(expected), "{words}");
        }
    }

    #[test]
    fn buttons_of_every_menu_are_not_heard_and_those_about_messages_are() {
        for title in
            ["Cancelar", "Voltar", "Sair", "Cancel", "Salir", "Alta", "Start", "Pare", "End", "Parar pedido", ""]
        {
            assert_eq!(tapped(title), None, "{title}");
        }
        for (title, extent, language) in [
            ("Stop promotions", Marketing, English),
            ("Parar promoções", Marketing, Portuguese),
            ("Detener promociones", Marketing, Spanish),
            ("STOP", All, English),
            ("STOP_PROMOTIONS", Marketing, English),
            ("Unsubscribe", All, English),
            ("Não quero receber mensagens", All, Portuguese),
        ] {
            assert_eq!(tapped(title), Some(Heard { asked: Stop, extent, language }), "{title}");
        }
    }

    #[test]
    fn whole_messages_are_heard_however_they_are_written() {
        for (text, language) in [
            ("STOP", English),
            ("Parar", Portuguese),
            (" sair. ", Portuguese),
            ("\"SAIR\"!", Portuguese),
            ("não quero mais", Portuguese),
            ("Nao  quero mais", Portuguese),
            ("No quiero más", Spanish),
            ("opt-out", English),
            ("Baja 🙏", Spanish),
            ("Não quero mais receber mensagens", Portuguese),
            ("NAO QUERO RECEBER MENSAGENS", Portuguese),
            ("parar promoções", Portuguese),
            ("Detener promociones", Spanish),
            ("Cancel", English),
            ("END", English),
            ("quit", English),
            ("Parem!", Portuguese),
            ("desinscrever", Portuguese),
        ] {
            assert_eq!(heard(text), Some(Heard { asked: Stop, extent: All, language }), "{text}");
        }
        for (text, language) in
            [("start", English), ("VOLTAR!", Portuguese), ("Quero receber", Portuguese), ("alta", Spanish)]
        {
            assert_eq!(heard(text), Some(Heard { asked: Resume, extent: All, language }), "{text}");
        }
    }

    #[test]
    fn sentences_that_only_contain_the_word_are_not() {
        for text in [
            "stop, o Zé não vem",
            "não quero mais esse, quero o azul",
            "quando vai parar de chover?",
            "quero voltar amanhã",
            "when do you start?",
            "",
            "!!",
            "nonstop",
        ] {
            assert_eq!(heard(text), None, "{text}");
        }
    }

    #[test]
    fn a_confirmation_names_a_word_that_undoes_it() {
        for language in [Portuguese, English, Spanish] {
            for (asked, undone_by) in [(Stop, Resume), (Resume, Stop)] {
                for text in [confirmation(asked, language), offers_confirmation(asked, language)] {
                    let word = text.trim_end_matches('.').rsplit(' ').next().unwrap();
                    assert_eq!(heard(word), Some(Heard { asked: undone_by, extent: All, language }), "{text}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            heard(&text);
            tapped(&text);
        }
    }
}
