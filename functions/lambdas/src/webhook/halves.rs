//! Bodies with half of a character: WhatsApp escapes what is not ASCII as `\uXXXX`, an emoji as two of them, and a text
//! that was cut between the two is no JSON by the letter. Up to a thousand updates would be lost for it.

/// Bytes of an escaped code unit.
const UNIT: usize = 6;

/// The body with U+FFFD in the place of every half of a character, and of bytes that are no UTF-8.
pub(super) fn mended(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut rest = text.as_bytes();
    let mut whole = Vec::with_capacity(rest.len());
    while let Some(first) = rest.first() {
        let (length, is_half) = match (unit(rest), rest.get(UNIT..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (2 * UNIT, false),
            (Some(0xD800..=0xDFFF), _) => (UNIT, true),
            // Of `\\ud83d` the first two are a backslash, and the others letters.
            (None, _) if *first == b'\\' => (2, false),
            (Some(_) | None, _) => (1, false),
        };
        let (piece, after) = rest.split_at(length.min(rest.len()));
        whole.extend_from_slice(if is_half { br"\ufffd".as_slice() } else { piece });
        rest = after;
    }
    whole
}

/// The code unit that is escaped at the beginning of this; nothing where none is.
fn unit(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.get(..UNIT)?.strip_prefix(br"\u")?;
    let text = std::str::from_utf8(digits).ok()?;
    if text.bytes().all(|digit| digit.is_ascii_hexdigit()) { u32::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else_is() {
        for (body, expected) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""a \ude00 b \ud83d c""#, r#""a \ufffd b \ufffd c""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\uD83D\uDE00 caf\u00e9 \n \" \/""#, r#""\uD83D\uDE00 caf\u00e9 \n \" \/""#),
            (r#""\\ud83d \\\ud83d""#, r#""\\ud83d \\\ufffd""#),
            (r#""\u+123 \ud8""#, r#""\u+123 \ud8""#),
            (r#""não 😀""#, r#""não 😀""#),
            ("\\", "\\"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(mended(body.as_bytes())).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_mended_can_be_read() {
        for body in [br#"["\ud83d", 1]"#.as_slice(), b"[\"\xE2\x82\", 1]".as_slice()] {
            assert!(serde_json::from_slice::<serde_json::Value>(body).is_err());
            let read: serde_json::Value = serde_json::from_slice(&mended(body)).unwrap();
            assert_eq!(read, serde_json::json!(["\u{FFFD}", 1]));
        }
    }
}
