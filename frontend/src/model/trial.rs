//! Trying a message on one's own phones: the numbers as they are typed, and what became of each.

use campaigns::phone::PhoneNumber;
use wire::TriedNumber;

use crate::t;

/// Numbers at most.
const MOST: usize = 5;

/// The numbers of a text that parts them by commas, semicolons or lines; or what is wrong.
pub fn numbers(text: &str) -> Result<Vec<String>, String> {
    let typed: Vec<&str> = text.split([',', ';', '\n']).map(str::trim).filter(|number| !number.is_empty()).collect();
    if !(1..=MOST).contains(&typed.len()) {
        return Err(t::give_one_to(&MOST));
    }
    let parsed = typed.into_iter().map(|number| {
        let phone = PhoneNumber::parse(number, None)
            .map_err(|problem| format!("{number}: {}", problem.explanation(t::language())))?;
        Ok(phone.e164().to_owned())
    });
    parsed.collect()
}

/// What became of one number.
pub fn result(tried: &TriedNumber) -> String {
    match (tried.accepted, &tried.reason, tried.code) {
        (true, _, _) => t::taken_by_whatsapp_look_at().to_owned(),
        (false, Some(reason), Some(code)) => format!("{} ({code})", t::said(reason)),
        (false, Some(reason), None) => t::said(reason),
        (false, None, code) => {
            let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
            format!("{}{code}", t::not_taken())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_typed() {
        let read = numbers("+55 11 98765-4321, +1 202 555 0170;\n").unwrap();
        assert_eq!(read, ["+5511987654321", "+12025550170"]);
        assert!(numbers(" ,").is_err());
        assert!(numbers("+12025550170,".repeat(6).as_str()).is_err());
        assert!(numbers("hello").unwrap_err().starts_with("hello: "));
    }

    #[test]
    fn each_number_has_its_result() {
        let tried = |accepted, code, reason: Option<&str>| TriedNumber {
            to: "+1".into(),
            accepted,
            wamid: None,
            code,
            reason: reason.map(str::to_owned),
        };
        assert!(result(&tried(true, None, None)).starts_with("Taken"));
        assert_eq!(result(&tried(false, Some(131026), Some("Not on WhatsApp"))), "Not on WhatsApp (131026)");
        assert_eq!(result(&tried(false, None, None)), "Not taken");
    }
}
