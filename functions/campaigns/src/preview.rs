//! A message as its recipient sees it: the wording with his values, and WhatsApp's own marks as looks.

use wire::{
    Bubble, BubbleButton, BubbleCard, BubbleMedia, ButtonContent, HeaderFormat, Look, MediaSource, Span, Template,
    TemplateButton, TemplateContent,
};

use crate::content::Wording;
use crate::template::{Parameters, render, variables};

/// Marks and what they do, as WhatsApp reads them (WhatsApp, help on formatting messages, 2025).
const MARKS: [(&str, Look); 5] =
    [(BLOCK, Look::Mono), ("`", Look::Mono), ("*", Look::Bold), ("_", Look::Italic), ("~", Look::Strike)];

/// The mark of what may have several lines.
const BLOCK: &str = "```";

/// What WhatsApp shows for the mark of a list's item.
const BULLET: &str = "• ";

/// What a line is that begins with a mark of its own (same page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// `* ` or `- `: an item of a list.
    Item,
    /// `> `
    Quote,
}

/// The message with these values.
pub fn bubble(wording: Wording<'_>, values: &Parameters) -> Bubble {
    match wording {
        Wording::Template { template, content } => of_template(template, content, values),
        Wording::Free { content, .. } => Bubble {
            media: content.media.as_ref().map(|media| BubbleMedia { kind: content.media_kind, ..file(media) }),
            body: spans(values.text.as_deref().unwrap_or_default()),
            ..Bubble::default()
        },
    }
}

fn of_template(template: &Template, content: &TemplateContent, values: &Parameters) -> Bubble {
    let place = content.header_location.clone().filter(|_| template.header_format == Some(HeaderFormat::Location));
    let media = match place {
        Some(place) => {
            Some(BubbleMedia { format: template.header_format, place: Some(place), ..BubbleMedia::default() })
        }
        None => header(template.header_format, content.header_media.as_ref()),
    };
    let cards = template.cards.iter().enumerate().map(|(at, card)| {
        let (given, filled) = (content.cards.get(at), values.cards.get(at));
        let body = filled.map(|filled| filled.body.as_slice()).unwrap_or_default();
        let carried = filled.map(|filled| Carried::of(&filled.buttons, &filled.flow_data)).unwrap_or_default();
        BubbleCard {
            media: header(card.header_format, given.and_then(|given| given.header_media.as_ref())),
            body: spans(&filled_in(&card.body, body)),
            buttons: buttons(&card.buttons, given.map_or(&[], |given| &given.buttons), carried),
        }
    });
    Bubble {
        header: template.header.as_deref().map(|text| filled_in(text, &values.header)),
        media,
        offer: template.offer.as_ref().map(|offer| offer.text.clone()),
        body: spans(&filled_in(&template.body, &values.body)),
        footer: template.footer.clone(),
        buttons: buttons(&template.buttons, &content.buttons, Carried::of(&values.buttons, &values.flow_data)),
        cards: cards.collect(),
    }
}

fn header(format: Option<HeaderFormat>, media: Option<&MediaSource>) -> Option<BubbleMedia> {
    let format = format?;
    Some(BubbleMedia { format: Some(format), ..media.map(file).unwrap_or_default() })
}

fn file(media: &MediaSource) -> BubbleMedia {
    BubbleMedia {
        asset_id: media.asset_id.clone(),
        link: media.link.clone(),
        filename: media.filename.clone(),
        ..BubbleMedia::default()
    }
}

fn filled_in(text: &str, values: &[String]) -> String {
    let names = variables(text);
    let pairs: Vec<(&str, &str)> =
        names.iter().zip(values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    render(text, &pairs)
}

/// What buttons carry, in the order of the content.
#[derive(Debug, Clone, Copy, Default)]
struct Carried<'a> {
    values: &'a [String],
    /// The data of their flows as JSON; empty where everybody gets the content's.
    flow_data: &'a [String],
}

impl<'a> Carried<'a> {
    fn of(values: &'a [String], flow_data: &'a [String]) -> Self {
        Self { values, flow_data }
    }

    /// The value of the button that is given at this place; with a flow's token stands what the flow begins with.
    fn value(self, at: usize, given: &ButtonContent) -> Option<String> {
        let value = self.values.get(at)?;
        if given.flow_data.is_empty() {
            return Some(value.clone());
        }
        let own = self.flow_data.get(at).cloned();
        let data = own.unwrap_or_else(|| serde_json::to_string(&given.flow_data).unwrap_or_default());
        Some(format!("{value} {data}"))
    }
}

fn buttons(of_template: &[TemplateButton], given: &[ButtonContent], carried_by: Carried<'_>) -> Vec<BubbleButton> {
    let carried = |place: usize| {
        let is_it = |one: &&ButtonContent| usize::try_from(one.index).is_ok_and(|index| index == place);
        let (at, one) = given.iter().enumerate().find(|(_, one)| is_it(one))?;
        carried_by.value(at, one)
    };
    let button = |(place, button): (usize, &TemplateButton)| {
        let carried = carried(place);
        let value = match (&button.url, carried) {
            (Some(url), Some(value)) => Some(filled_in(url, &[value])),
            (Some(url), None) => Some(url.clone()),
            (None, carried) => carried,
        };
        BubbleButton { kind: button.kind, text: button.text.clone(), value }
    };
    of_template.iter().enumerate().map(button).collect()
}

/// The text in pieces of one look each. A mark counts when it opens at a word's beginning and closes at a word's end in
/// the same line, or begins a line that is an item or a quote; anything else is text.
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    cut(text, &[], &mut spans);
    spans
}

fn cut(text: &str, looks: &[Look], spans: &mut Vec<Span>) {
    let mut plain_from = 0;
    let mut at = 0;
    while at < text.len() {
        if let Some((mark, line)) = line_at(text, at).filter(|_| looks.is_empty()) {
            push(&text[plain_from..at], looks, spans);
            at += mark.len();
            match line {
                Line::Item => push(BULLET, looks, spans),
                Line::Quote => {
                    let quoted = text[at..].split('\n').next().unwrap_or_default();
                    cut(quoted, &[Look::Quote], spans);
                    at += quoted.len();
                }
            }
            plain_from = at;
            continue;
        }
        let Some((mark, look, close)) = marked(text, at, looks) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        push(&text[plain_from..at], looks, spans);
        let inside = &text[at + mark.len()..close];
        let inner = [looks, &[look]].concat();
        if look == Look::Mono {
            push(inside, &inner, spans)
        } else {
            cut(inside, &inner, spans)
        }
        at = close + mark.len();
        plain_from = at;
    }
    push(&text[plain_from..], looks, spans);
}

fn push(text: &str, looks: &[Look], spans: &mut Vec<Span>) {
    if !text.is_empty() {
        spans.push(Span { text: text.to_owned(), looks: looks.to_vec() });
    }
}

/// The mark of the line that begins at `at`, and what it makes of the line; nothing where no line begins or nothing
/// follows the mark.
fn line_at(text: &str, at: usize) -> Option<(&str, Line)> {
    if at > 0 && !text[..at].ends_with('\n') {
        return None;
    }
    let (mark, rest) = text[at..].split_at_checked(2)?;
    let line = match mark {
        "* " | "- " => Line::Item,
        "> " => Line::Quote,
        _ => return None,
    };
    let says_something = !rest.split('\n').next().unwrap_or_default().trim().is_empty();
    says_something.then_some((mark, line))
}

/// The mark that opens at `at`, what it does, and where it closes.
fn marked<'a>(text: &'a str, at: usize, looks: &[Look]) -> Option<(&'a str, Look, usize)> {
    let rest = &text[at..];
    let (mark, look) = MARKS.into_iter().find(|(mark, look)| rest.starts_with(mark) && !looks.contains(look))?;
    let begins_word = text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    let inside = &rest[mark.len()..];
    let is_block = mark == BLOCK;
    let opens = inside.chars().next().is_some_and(|first| !first.is_whitespace()) || is_block;
    if !begins_word || !opens {
        return None;
    }
    let from = at + mark.len();
    let mut closes = inside.match_indices(mark).map(|(place, _)| place);
    let close = closes.find(|place| {
        let (before, after) = (&inside[..*place], &inside[*place + mark.len()..]);
        let one_line = is_block || !before.contains('\n');
        let ends_word = before.chars().next_back().is_some_and(|last| !last.is_whitespace()) || is_block;
        one_line && !before.is_empty() && ends_word && after.chars().next().is_none_or(|next| !next.is_alphanumeric())
    })?;
    Some((&rest[..mark.len()], look, from + close))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire::{ButtonKind, ParameterSource};

    use super::*;

    fn shown(text: &str) -> Vec<(String, Vec<Look>)> {
        spans(text).into_iter().map(|span| (span.text, span.looks)).collect()
    }

    fn piece(text: &str, looks: &[Look]) -> (String, Vec<Look>) {
        (text.to_owned(), looks.to_vec())
    }

    #[test]
    fn marks_become_looks() {
        let pieces = [piece("Hi ", &[]), piece("Ana", &[Look::Bold]), piece(", ", &[]), piece("now", &[Look::Italic])];
        assert_eq!(shown("Hi *Ana*, _now_"), pieces);
        assert_eq!(shown("~old~"), [piece("old", &[Look::Strike])]);
        assert_eq!(shown("```a *b*\nc```"), [piece("a *b*\nc", &[Look::Mono])]);
        assert_eq!(shown("`a *b*`"), [piece("a *b*", &[Look::Mono])]);
        let nested = [piece("very ", &[Look::Bold]), piece("big", &[Look::Bold, Look::Italic])];
        assert_eq!(shown("*very _big_*"), nested);
    }

    #[test]
    fn what_marks_nothing_is_text() {
        for text in ["2 * 3 * 4", "snake_case_name", "*open", "**", "a*b*", "*two\nlines*", "~ ~", "```open", "> "] {
            assert_eq!(shown(text), [piece(text, &[])], "{text}");
        }
        assert_eq!(shown("`two\nlines`"), [piece("`two\nlines`", &[])]);
    }

    #[test]
    fn lines_that_begin_with_a_mark_are_items_and_quotes() {
        let list = [piece("• ", &[]), piece("one\n", &[]), piece("• ", &[]), piece("two", &[Look::Bold])];
        assert_eq!(shown("* one\n- *two*"), list);
        let quote =
            [piece("She said:\n", &[]), piece("so ", &[Look::Quote]), piece("what", &[Look::Quote, Look::Italic])];
        assert_eq!(shown("She said:\n> so _what_"), quote);
        assert_eq!(shown("> a\nb"), [piece("a", &[Look::Quote]), piece("\nb", &[])]);
        assert_eq!(shown("```\n* a\n```"), [piece("\n* a\n", &[Look::Mono])]);
        assert_eq!(shown("a - b > c"), [piece("a - b > c", &[])]);
    }

    #[test]
    fn a_filled_template_shows_values_and_whole_addresses() {
        let url = TemplateButton {
            kind: ButtonKind::Url,
            text: "Track".into(),
            url: Some("https://example.com/{{1}}".into()),
        };
        let template = Template {
            header: Some("For {{1}}".into()),
            body: "Hi *{{1}}*".into(),
            footer: Some("Reply STOP".into()),
            buttons: vec![url],
            ..Template::default()
        };
        let value = ParameterSource::Text { text: "A-42".into() };
        let content = TemplateContent {
            buttons: vec![ButtonContent { index: 0, value, flow_data: Default::default() }],
            ..TemplateContent::default()
        };
        let values = Parameters {
            header: vec!["you".into()],
            body: vec!["Ana".into()],
            buttons: vec!["A-42".into()],
            ..Parameters::default()
        };
        let bubble = bubble(Wording::Template { template: &template, content: &content }, &values);
        assert_eq!(bubble.header.as_deref(), Some("For you"));
        assert_eq!(bubble.body[1], Span { text: "Ana".into(), looks: vec![Look::Bold] });
        assert_eq!(bubble.buttons[0].value.as_deref(), Some("https://example.com/A-42"));
        assert_eq!(bubble.footer.as_deref(), Some("Reply STOP"));
    }

    #[test]
    fn a_flow_shows_its_token_and_what_it_begins_with() {
        let flow = TemplateButton { kind: ButtonKind::Flow, text: "Book".into(), url: None };
        let template = Template { body: "Hi".into(), buttons: vec![flow], ..Template::default() };
        let content: TemplateContent = serde_json::from_value(serde_json::json!({
            "buttons": [{ "index": 0, "text": "token", "flowData": { "city": "{{city}}" } }],
        }))
        .unwrap();
        let shown = |flow_data: Vec<String>| {
            let values = Parameters { buttons: vec!["token".into()], flow_data, ..Parameters::default() };
            bubble(Wording::Template { template: &template, content: &content }, &values).buttons[0].value.clone()
        };
        assert_eq!(shown(vec![r#"{"city":"Recife"}"#.into()]).as_deref(), Some(r#"token {"city":"Recife"}"#));
        assert_eq!(shown(Vec::new()).as_deref(), Some(r#"token {"city":"{{city}}"}"#));
    }

    proptest! {
        #[test]
        fn nothing_but_marks_is_lost(text in "[a*_~` \n]{0,60}") {
            let kept: String = spans(&text).into_iter().map(|span| span.text).collect();
            let bare = |text: &str| text.chars().filter(|c| !"*_~`• ".contains(*c)).collect::<String>();
            prop_assert_eq!(bare(&kept), bare(&text));
        }

        #[test]
        fn any_text_can_be_shown(text in any::<String>()) {
            spans(&text);
        }
    }
}
