//! What the template manager asks of a new or edited template, with the subcodes with which it refuses. Limits as in
//! Meta's component pages of November 2025; subcodes as its error page of 2026 lists them.

use serde_json::Value;

use crate::errors::GraphError;
use crate::parts::{Button, Header, Parts};
use crate::templates::{Category, ParameterFormat, listed_variables, variables};

const NAME_LIMIT: usize = 512;
const HEADER_LIMIT: usize = 60;
const BODY_LIMIT: usize = 1_024;
const OFFER_BODY_LIMIT: usize = 600;
const CARD_BODY_LIMIT: usize = 160;
const FOOTER_LIMIT: usize = 60;
const OFFER_TEXT_LIMIT: usize = 16;
const BUTTON_TEXT_LIMIT: usize = 25;
const URL_LIMIT: usize = 2_000;
const PHONE_LIMIT: usize = 20;
const COUPON_LIMIT: usize = 15;
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;
const BUTTONS_LIMIT: usize = 10;
const CARD_BUTTONS_LIMIT: usize = 2;
/// A body has at least two words and one more for every variable.
const WORDS_BESIDE_VARIABLES: usize = 2;

const LONG: (u32, &str) = (2_388_040, "Character Limit Exceeded");
const EXAMPLE: (u32, &str) = (2_388_043, "Message template components parameter is missing expected field(s)");
const HEADER: (u32, &str) = (2_388_047, "Message Header Format Incorrect");
const BODY: (u32, &str) = (2_388_072, "Message Body Format Incorrect");
const FOOTER: (u32, &str) = (2_388_073, "Message Footer Format Incorrect");
const RATIO: (u32, &str) = (2_388_293, "Parameter Words Ratio Exceeds Limit");
const EDGE: (u32, &str) = (2_388_299, "Leading or Trailing Params Not Allowed");

type Checked = Result<(), GraphError>;

/// A name is lower case letters, digits and `_`.
pub(crate) fn check_name(name: &str) -> Checked {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > NAME_LIMIT || !name.bytes().all(fine) {
        return Err(GraphError::invalid("name: 1 to 512 lower case letters, digits and underscores"));
    }
    Ok(())
}

/// How long Meta tries to deliver, seconds.
pub(crate) fn check_life(category: Category, seconds: i64) -> Checked {
    let fits = match category {
        Category::Authentication => seconds == -1 || (30..=900).contains(&seconds),
        Category::Utility => seconds == -1 || (30..=43_200).contains(&seconds),
        Category::Marketing => (43_200..=2_592_000).contains(&seconds),
    };
    if fits { Ok(()) } else { Err(GraphError::invalid("message_send_ttl_seconds is out of its bounds")) }
}

/// The parts of a template, read from these components.
pub(crate) fn check(parts: &Parts, components: &[Value], format: ParameterFormat, category: Category) -> Checked {
    let limit = if parts.offer.is_some() { OFFER_BODY_LIMIT } else { BODY_LIMIT };
    if parts.body.is_empty() {
        return Err(refused(BODY, "A template needs a body."));
    }
    check_parts(parts, components, format, limit)?;
    check_buttons(&parts.buttons, BUTTONS_LIMIT)?;
    check_offer(parts, category)?;
    check_cards(parts, components, format)
}

fn check_parts(parts: &Parts, components: &[Value], format: ParameterFormat, body_limit: usize) -> Checked {
    let component = |kind: &str| {
        components.iter().find(|one| one["type"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(kind)))
    };
    match &parts.header {
        Some(Header::Text(text)) => {
            within("header", text, HEADER_LIMIT)?;
            check_variables("header", text, format, HEADER)?;
            if text.is_empty() || text.contains(['\n', '*']) || variables(text).len() > 1 {
                return Err(refused(HEADER, "A header is one line without asterisks and with at most one variable."));
            }
            check_example("HEADER", text, component("HEADER"))?;
        }
        Some(Header::Media(_)) => {
            let example = component("HEADER").map(|header| &header["example"]["header_handle"][0]);
            if example.and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err(refused(EXAMPLE, "component of type HEADER is missing expected field(s) (example)"));
            }
        }
        Some(Header::Location) | None => {}
    }
    within("body", &parts.body, body_limit)?;
    check_variables("body", &parts.body, format, BODY)?;
    check_edges(&parts.body)?;
    check_example("BODY", &parts.body, component("BODY"))?;
    if let Some(footer) = &parts.footer {
        within("footer", footer, FOOTER_LIMIT)?;
        if footer.is_empty() || footer.contains('\n') || !variables(footer).is_empty() {
            return Err(refused(FOOTER, "A footer is one line without variables."));
        }
    }
    Ok(())
}

/// Positional variables count from 1; named ones are lower case letters, digits and `_`.
fn check_variables(part: &str, text: &str, format: ParameterFormat, refusal: (u32, &'static str)) -> Checked {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let right = listed_variables(text, format).iter().enumerate().all(|(place, name)| match format {
        ParameterFormat::Positional => *name == (place + 1).to_string(),
        ParameterFormat::Named => name.bytes().all(fine) && !name.bytes().all(|byte| byte.is_ascii_digit()),
    });
    if right {
        Ok(())
    } else {
        Err(refused(refusal, format!("The variables of the {part} do not fit parameter_format.")))
    }
}

/// A body neither begins nor ends with a variable, and has words enough around them.
fn check_edges(body: &str) -> Checked {
    let (text, count) = (body.trim(), variables(body).len());
    if text.starts_with("{{") || text.trim_end_matches(['.', '!', '?']).ends_with("}}") {
        return Err(refused(EDGE, "Variables can't be at the start or end of the template."));
    }
    let words = text.split_whitespace().filter(|word| !word.contains("{{")).count();
    if count > 0 && words < WORDS_BESIDE_VARIABLES + count {
        return Err(refused(RATIO, "This template has too many variables for its length."));
    }
    Ok(())
}

fn check_example(kind: &str, text: &str, component: Option<&Value>) -> Checked {
    let given = component.is_some_and(|component| component["example"].is_object());
    if variables(text).is_empty() || given {
        return Ok(());
    }
    Err(refused(EXAMPLE, format!("component of type {kind} is missing expected field(s) (example)")))
}

fn check_buttons(buttons: &[Button], limit: usize) -> Checked {
    if buttons.len() > limit {
        return Err(GraphError::invalid(format!("buttons: at most {limit}")));
    }
    let count = |wanted: fn(&Button) -> bool| buttons.iter().filter(|button| wanted(button)).count();
    let urls = count(|button| matches!(button, Button::Url { .. }));
    let phones = count(|button| matches!(button, Button::PhoneNumber { .. }));
    let codes = count(|button| matches!(button, Button::CopyCode { .. }));
    if urls > 2 || phones > 1 || codes > 1 {
        return Err(GraphError::invalid("buttons: at most two URL, one PHONE_NUMBER and one COPY_CODE"));
    }
    let replies: Vec<bool> = buttons.iter().map(|button| matches!(button, Button::QuickReply { .. })).collect();
    if replies.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1 {
        return Err(GraphError::invalid("buttons: quick replies must stand together"));
    }
    buttons.iter().try_for_each(check_button)
}

fn check_button(button: &Button) -> Checked {
    within("button", button.text(), BUTTON_TEXT_LIMIT)?;
    match button {
        Button::Url { url, .. } => {
            within("url", url, URL_LIMIT)?;
            let in_place = match variables(url).len() {
                0 => true,
                1 => url.ends_with("}}") && url.matches("{{").count() == 1,
                _ => false,
            };
            if in_place { Ok(()) } else { Err(GraphError::invalid("buttons: a URL has one variable, at its end")) }
        }
        Button::PhoneNumber { phone_number, .. } if phone_number.is_empty() || phone_number.len() > PHONE_LIMIT => {
            Err(GraphError::invalid("buttons: phone_number has 1 to 20 characters"))
        }
        Button::CopyCode { example } if example.is_empty() || example.chars().count() > COUPON_LIMIT => {
            Err(GraphError::invalid("buttons: the example of a COPY_CODE has 1 to 15 characters"))
        }
        _ if button.text().is_empty() => Err(GraphError::invalid("buttons: text is missing")),
        _ => Ok(()),
    }
}

fn check_offer(parts: &Parts, category: Category) -> Checked {
    let Some(offer) = &parts.offer else {
        return Ok(());
    };
    within("limited_time_offer", &offer.text, OFFER_TEXT_LIMIT)?;
    if category != Category::Marketing || parts.footer.is_some() {
        return Err(GraphError::invalid("limited_time_offer: marketing only, and without a footer"));
    }
    let code = parts.buttons.iter().position(|button| matches!(button, Button::CopyCode { .. }));
    if code.is_some_and(|place| place > 0) {
        return Err(GraphError::invalid("limited_time_offer: the COPY_CODE button comes first"));
    }
    Ok(())
}

/// Two to ten cards, all alike.
fn check_cards(parts: &Parts, components: &[Value], format: ParameterFormat) -> Checked {
    let Some(first) = parts.cards.first() else {
        return Ok(());
    };
    if !CARDS.contains(&parts.cards.len()) {
        return Err(GraphError::invalid("carousel: 2 to 10 cards"));
    }
    let carousel = components.iter().find(|component| component["cards"].is_array());
    for (index, card) in parts.cards.iter().enumerate() {
        let inner = carousel.and_then(|carousel| carousel["cards"][index]["components"].as_array());
        check_parts(card, inner.map(Vec::as_slice).unwrap_or_default(), format, CARD_BODY_LIMIT)?;
        check_buttons(&card.buttons, CARD_BUTTONS_LIMIT)?;
        let kinds = |card: &Parts| card.buttons.iter().map(|button| button.sub_type().to_owned()).collect::<Vec<_>>();
        let header = |card: &Parts| card.header.as_ref().map(std::mem::discriminant);
        if !matches!(card.header, Some(Header::Media(_)))
            || header(card) != header(first)
            || kinds(card) != kinds(first)
        {
            return Err(GraphError::invalid("carousel: every card has the same media header and the same buttons"));
        }
    }
    Ok(())
}

fn within(part: &str, text: &str, limit: usize) -> Checked {
    if text.chars().count() <= limit {
        return Ok(());
    }
    Err(refused(LONG, format!("The {part} can't be longer than {limit} characters.")))
}

fn refused((subcode, title): (u32, &'static str), message: impl Into<String>) -> GraphError {
    GraphError::for_author(subcode, title, message)
}
