//! WhatsApp's own marks in a text: `*bold*`, `_italic_`, `~struck~`.

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The words, without the marks.
    pub text: String,
    /// How they look.
    pub style: Style,
}

/// How a piece looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// `*…*`
    Bold,
    /// `_…_`
    Italic,
    /// `~…~`
    Struck,
}

/// Cuts a text at its marks. A mark that nothing closes on its line stays as it is.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    let mut before = None;
    while let Some(first) = rest.chars().next() {
        let marked =
            style_of(first).filter(|_| opens_after(before)).and_then(|style| Some((style, closed(rest, first)?)));
        if let Some((style, inner)) = marked {
            if !plain.is_empty() {
                pieces.push(Piece { text: std::mem::take(&mut plain), style: Style::Plain });
            }
            pieces.push(Piece { text: inner.to_owned(), style });
            rest = &rest[inner.len() + 2..];
            before = Some(first);
        } else {
            plain.push(first);
            rest = &rest[first.len_utf8()..];
            before = Some(first);
        }
    }
    if !plain.is_empty() {
        pieces.push(Piece { text: plain, style: Style::Plain });
    }
    pieces
}

fn style_of(mark: char) -> Option<Style> {
    match mark {
        '*' => Some(Style::Bold),
        '_' => Some(Style::Italic),
        '~' => Some(Style::Struck),
        _ => None,
    }
}

/// A mark inside a word (`first_name`) marks nothing.
fn opens_after(before: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric())
}

/// What stands between the mark that `text` begins with and the next one on the line.
fn closed(text: &str, mark: char) -> Option<&str> {
    let body = &text[1..];
    let line = &body[..body.find('\n').unwrap_or(body.len())];
    let inner = &line[..line.find(mark)?];
    let follows = line[inner.len() + 1..].chars().next();
    let good = !inner.is_empty() && inner.trim() == inner && follows.is_none_or(|c| !c.is_alphanumeric());
    good.then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styled(text: &str) -> Vec<(String, Style)> {
        pieces(text).into_iter().map(|piece| (piece.text, piece.style)).collect()
    }

    #[test]
    fn marks_make_styles() {
        let expected =
            [("Hi ".to_owned(), Style::Plain), ("Ana".to_owned(), Style::Bold), ("!".to_owned(), Style::Plain)];
        assert_eq!(styled("Hi *Ana*!"), expected);
        assert_eq!(styled("_é_"), [("é".to_owned(), Style::Italic)]);
        assert_eq!(styled("~12~"), [("12".to_owned(), Style::Struck)]);
    }

    #[test]
    fn marks_that_close_nothing_stay() {
        for text in ["2 * 3 * 4", "first_name and last_name", "*open", "* a *", "*one\ntwo*", "**"] {
            assert_eq!(styled(text), [(text.to_owned(), Style::Plain)], "{text}");
        }
    }
}
