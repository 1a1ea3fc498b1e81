//! Who wants no more messages: before any campaign, and while one is on its way. WhatsApp does not read people's words;
//! here a whole message that means "stop", in Portuguese, English or Spanish, is taken at its word. A sentence that only
//! contains such a word is not.

/// Messages that mean "stop", without accents, in lower case.
const STOP: &[&str] = &[
    "baja",
    "cancelar",
    "cancelar inscricao",
    "cancelar suscripcion",
    "dar de baja",
    "darme de baja",
    "descadastrar",
    "me descadastre",
    "nao quero mais",
    "nao quero mais receber",
    "nao quero receber",
    "no quiero mas",
    "no quiero mas mensajes",
    "no quiero recibir",
    "opt out",
    "optout",
    "parar",
    "pare",
    "parar mensagens",
    "remover",
    "sair",
    "salir",
    "stop",
    "stop promotions",
    "unsubscribe",
];

/// Longest message that is looked at, in characters: none of the words above is longer, with room for decoration.
const LONGEST: usize = 60;

/// Whether a whole message, or the text of a button that was tapped, asks for no more messages.
pub fn asks_to_stop(text: &str) -> bool {
    if text.chars().count() > LONGEST {
        return false;
    }
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '-' | '_'))
        .map(|word| word.chars().filter_map(plain).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect();
    STOP.contains(&words.join(" ").as_str())
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
    fn the_list_is_in_the_form_that_it_is_compared_in() {
        for words in STOP {
            assert!(asks_to_stop(words), "{words}");
        }
    }

    #[test]
    fn whole_messages_are_heard_however_they_are_written() {
        for text in [
            "STOP",
            "Parar",
            " sair. ",
            "\"SAIR\"!",
            "não quero mais",
            "Nao  quero mais",
            "No quiero más",
            "opt-out",
            "Baja 🙏",
        ] {
            assert!(asks_to_stop(text), "{text}");
        }
    }

    #[test]
    fn sentences_that_only_contain_the_word_are_not() {
        for text in [
            "stop, o Zé não vem",
            "não quero mais esse, quero o azul",
            "quando vai parar de chover?",
            "",
            "!!",
            "nonstop",
        ] {
            assert!(!asks_to_stop(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            asks_to_stop(&text);
        }
    }
}
