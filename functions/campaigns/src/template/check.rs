//! What can be said about a content before any recipient is looked at.

use wire::{
    ButtonContent, ButtonKind, CardContent, HeaderFormat, MediaSource, ParameterSource, Place, Template,
    TemplateButton, TemplateCard, TemplateContent,
};

use super::text::{one_line, pair};
use super::{
    ContentProblem, MAX_BODY_CHARS, MAX_CARD_BODY_CHARS, MAX_CONSECUTIVE_SPACES, MAX_COUPON_CHARS, MAX_HEADER_CHARS,
    MAX_OFFER_BODY_CHARS, flow, is_coupon, is_of_codes, money, placeholders, render, variables,
};

/// The only status of a template that can be sent.
const APPROVED: &str = "APPROVED";

/// Letters of a currency's code (ISO 4217).
const CURRENCY_LETTERS: usize = 3;

/// Whether a button takes a value of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// It takes none.
    Nothing,
    /// It may be given one.
    Perhaps,
    /// WhatsApp refuses the message without it.
    Always,
}

/// Whether this button takes a value (Meta, template messages, September 2026).
pub fn carries(button: &TemplateButton) -> Carries {
    match button.kind {
        ButtonKind::CopyCode | ButtonKind::Otp => Carries::Always,
        ButtonKind::Url => match variables(button.url.as_deref().unwrap_or_default()).is_empty() {
            true => Carries::Nothing,
            false => Carries::Always,
        },
        ButtonKind::QuickReply | ButtonKind::Flow | ButtonKind::Catalog => Carries::Perhaps,
        ButtonKind::PhoneNumber | ButtonKind::Other => Carries::Nothing,
    }
}

/// Whether it is written as the codes of currencies are: `BRL`.
pub fn is_currency_code(code: &str) -> bool {
    code.len() == CURRENCY_LETTERS && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// What is wrong with a content for this template and a file with these columns. Empty: it can be sent, as far as
/// can be known without looking at the recipients.
pub fn check_content(template: &Template, content: &TemplateContent, columns: &[String]) -> Vec<ContentProblem> {
    let mut checked = Checked { columns, problems: Vec::new() };
    checked.template(template, content);
    let header = template.header.as_deref().unwrap_or_default();
    checked.part("template.header", "header", header, &content.header);
    checked.header(template.header_format, content);
    checked.part("template.body", "body", &template.body, &content.body);
    checked.buttons("template.buttons", &template.buttons, &content.buttons);
    checked.code(template, content);
    checked.offer(template, content);
    checked.cards(&template.cards, &content.cards);
    if checked.problems.is_empty() {
        let most = if template.offer.is_some() { MAX_OFFER_BODY_CHARS } else { MAX_BODY_CHARS };
        checked.fixed_length("template.header", header, &content.header, MAX_HEADER_CHARS);
        checked.fixed_length("template.body", &template.body, &content.body, most);
        for (place, (card, given)) in template.cards.iter().zip(&content.cards).enumerate() {
            checked.fixed_length(&format!("template.cards.{place}.body"), &card.body, &given.body, MAX_CARD_BODY_CHARS);
        }
    }
    checked.problems
}

struct Checked<'a> {
    columns: &'a [String],
    problems: Vec<ContentProblem>,
}

impl Checked<'_> {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.problems.push(ContentProblem { field: field.into(), message: message.into() });
    }

    fn template(&mut self, template: &Template, content: &TemplateContent) {
        let name = &template.name;
        if let Some(reason) = &template.unusable_because {
            self.add("template.name", format!("\"{name}\" cannot be sent: {reason}"));
        } else if template.status != APPROVED {
            let message = format!("\"{name}\" is {}; only approved templates can be sent", template.status);
            self.add("template.name", message);
        }
        if content.name != *name {
            self.add("template.name", format!("there is no template \"{}\"", content.name));
        }
        if content.language != template.language {
            let message = format!("\"{name}\" exists in {}, not in {}", template.language, content.language);
            self.add("template.language", message);
        }
    }

    fn part(&mut self, field: &str, part: &str, text: &str, sources: &[ParameterSource]) {
        let names = variables(text);
        if names.len() != sources.len() {
            let wanted = match names.len() {
                0 => "no variables".to_owned(),
                1 => format!("one variable, {{{{{}}}}}", names[0]),
                count => format!("{count} variables, {{{{{}}}}}", names.join("}}, {{")),
            };
            self.add(field, format!("the template's {part} has {wanted}, but {} values are given", sources.len()));
        }
        for (position, source) in sources.iter().enumerate() {
            self.source(&format!("{field}.{position}"), source);
        }
    }

    fn source(&mut self, field: &str, source: &ParameterSource) {
        let Err(message) = check_source(source, self.columns) else { return };
        match source {
            ParameterSource::Currency { currency, .. } if !is_currency_code(currency) => {
                self.add(format!("{field}.currency"), message);
            }
            ParameterSource::Text { .. }
            | ParameterSource::Column { .. }
            | ParameterSource::Currency { .. }
            | ParameterSource::DateTime { .. } => self.add(field, message),
        }
    }

    /// A header that is no text.
    fn header(&mut self, format: Option<HeaderFormat>, content: &TemplateContent) {
        match format {
            None => self.no_header(content.header_media.is_some(), content.header_location.is_some()),
            Some(HeaderFormat::Location) => {
                self.no_header(content.header_media.is_some(), false);
                match &content.header_location {
                    Some(place) => self.place(place),
                    None => self.add("template.headerLocation", "the template's header is a place: say which"),
                }
            }
            Some(kind) => {
                self.no_header(false, content.header_location.is_some());
                self.media("template.headerMedia", kind, content.header_media.as_ref());
            }
        }
    }

    fn no_header(&mut self, has_media: bool, has_location: bool) {
        if has_media {
            self.add("template.headerMedia", "the template's header takes no picture, film or file");
        }
        if has_location {
            self.add("template.headerLocation", "the template's header is no place");
        }
    }

    fn place(&mut self, place: &Place) {
        for (field, text, most) in [("latitude", &place.latitude, 90.0), ("longitude", &place.longitude, 180.0)] {
            if !text.trim().parse::<f64>().is_ok_and(|degrees| degrees.abs() <= most) {
                let message = format!("must be degrees from -{most} to {most}, with a point: \"-23.5505\"");
                self.add(format!("template.headerLocation.{field}"), message);
            }
        }
    }

    fn media(&mut self, field: &str, kind: HeaderFormat, given: Option<&MediaSource>) {
        let what = match kind {
            HeaderFormat::Image => "a picture",
            HeaderFormat::Video => "a film",
            HeaderFormat::Gif => "a short film",
            HeaderFormat::Document => "a document",
            HeaderFormat::Location => "a place",
        };
        let Some(media) = given else {
            self.add(field, format!("the template's header shows {what}: give assetId, link or id"));
            return;
        };
        if let Err(message) = check_media(media) {
            self.add(field, message);
        }
    }

    fn buttons(&mut self, field: &str, buttons: &[TemplateButton], given: &[ButtonContent]) {
        for (place, one) in given.iter().enumerate() {
            let field = format!("{field}.{place}");
            let button = usize::try_from(one.index).ok().and_then(|index| buttons.get(index));
            let again = given[..place].iter().any(|before| before.index == one.index);
            if let Some(message) = flow::fault(&one.flow_data, self.columns) {
                self.add(format!("{field}.flowData"), message);
            }
            if !one.flow_data.is_empty() && button.is_some_and(|button| button.kind != ButtonKind::Flow) {
                self.add(format!("{field}.flowData"), "only a button that opens a flow takes data");
            }
            match button {
                None => {
                    let message =
                        format!("the template has {} buttons, counted from 0: none is {}", buttons.len(), one.index);
                    self.add(field, message);
                }
                Some(_) if again => self.add(field, format!("button {} is given twice", one.index)),
                Some(button) if carries(button) == Carries::Nothing => {
                    self.add(field, format!("the button \"{}\" takes no value", button.text));
                }
                Some(button) => self.button_value(&field, button, &one.value),
            }
        }
        for (index, button) in buttons.iter().enumerate() {
            let is_given = given.iter().any(|one| usize::try_from(one.index).is_ok_and(|given| given == index));
            if carries(button) == Carries::Always && !is_given {
                self.add(field, format!("the button \"{}\" needs a value: {{\"index\": {index}, …}}", button.text));
            }
        }
    }

    fn button_value(&mut self, field: &str, button: &TemplateButton, value: &ParameterSource) {
        match value {
            ParameterSource::Currency { .. } | ParameterSource::DateTime { .. } => {
                self.add(field, "a button takes a text");
                return;
            }
            ParameterSource::Text { text }
                if button.kind == ButtonKind::CopyCode && placeholders::is_fixed(text) && !is_coupon(text.trim()) =>
            {
                self.add(field, format!("a coupon code has 1 to {MAX_COUPON_CHARS} letters and digits"));
                return;
            }
            ParameterSource::Text { .. } | ParameterSource::Column { .. } => {}
        }
        self.source(field, value);
    }

    /// A code stands in the text and on the button (Meta, authentication templates, November 2025): the same one.
    fn code(&mut self, template: &Template, content: &TemplateContent) {
        let Some(said) = content.body.first().filter(|_| is_of_codes(template)) else { return };
        for (place, button) in content.buttons.iter().enumerate() {
            if written(&button.value) != written(said) {
                self.add(format!("template.buttons.{place}"), "the button must carry the code that the text says");
            }
        }
    }

    fn offer(&mut self, template: &Template, content: &TemplateContent) {
        let field = "template.offerExpiresAt";
        match (&template.offer, content.offer_expires_at) {
            (None, Some(_)) => self.add(field, "the template has no limited-time offer"),
            (Some(offer), None) if offer.has_expiration => self.add(field, "say when the template's offer ends"),
            (Some(_), _) | (None, None) => {}
        }
    }

    fn cards(&mut self, cards: &[TemplateCard], given: &[CardContent]) {
        if cards.len() != given.len() {
            let message = format!("the template has {} cards, but {} are given", cards.len(), given.len());
            self.add("template.cards", message);
            return;
        }
        for (place, (card, given)) in cards.iter().zip(given).enumerate() {
            let field = format!("template.cards.{place}");
            if let Some(kind) = card.header_format {
                self.media(&format!("{field}.headerMedia"), kind, given.header_media.as_ref());
            }
            self.part(&format!("{field}.body"), "card", &card.body, &given.body);
            self.buttons(&format!("{field}.buttons"), &card.buttons, &given.buttons);
        }
    }

    /// A text that is too long with the fixed values alone is too long for everybody.
    fn fixed_length(&mut self, field: &str, text: &str, sources: &[ParameterSource], most: usize) {
        let names = variables(text);
        let texts: Vec<String> = sources.iter().map(fixed).collect();
        let chars = render(text, &pair(&names, &texts)).chars().count();
        if chars > most {
            self.add(field, format!("with the fixed texts alone it has {chars} characters; WhatsApp takes {most}"));
        }
    }
}

fn fixed(source: &ParameterSource) -> String {
    match source {
        ParameterSource::Text { text } => one_line(&placeholders::fixed_part(text)),
        ParameterSource::Currency { amount: of, .. } | ParameterSource::DateTime { date_time: of } => fixed(of),
        ParameterSource::Column { .. } => String::new(),
    }
}

/// A source as a text with placeholders: both ways of naming a column come out alike.
fn written(source: &ParameterSource) -> String {
    match source {
        ParameterSource::Text { text } => one_line(text),
        ParameterSource::Column { column, fallback: None } => format!("{{{{{column}}}}}"),
        ParameterSource::Column { column, fallback: Some(fallback) } => format!("{{{{{column}|{fallback}}}}}"),
        ParameterSource::Currency { amount: of, .. } | ParameterSource::DateTime { date_time: of } => written(of),
    }
}

/// Whether exactly one place is named, and whether it can be one.
pub(crate) fn check_media(media: &MediaSource) -> Result<(), String> {
    let given = [&media.asset_id, &media.link, &media.id];
    if given.iter().filter(|one| one.as_deref().is_some_and(|text| !text.trim().is_empty())).count() != 1 {
        return Err("give exactly one of assetId, link and id".to_owned());
    }
    match &media.link {
        Some(link) if !link.starts_with("https://") => Err("the link must begin with https://".to_owned()),
        Some(_) | None => Ok(()),
    }
}

fn check_source(source: &ParameterSource, columns: &[String]) -> Result<(), String> {
    match source {
        ParameterSource::Text { text } => match placeholders::fault(text, columns) {
            Some(message) => Err(message),
            None => check_text("the text", text),
        },
        ParameterSource::Column { column, fallback } => {
            if !columns.contains(column) {
                return Err(placeholders::no_column(column, columns));
            }
            fallback.as_deref().map_or(Ok(()), |text| check_text("the fallback", text))
        }
        ParameterSource::DateTime { date_time } => check_source(date_time, columns),
        ParameterSource::Currency { currency, amount } => {
            if !is_currency_code(currency) {
                return Err("the currency must be three capital letters: BRL".to_owned());
            }
            match &**amount {
                ParameterSource::Text { text }
                    if placeholders::is_fixed(text) && money::thousandths(text).is_none() =>
                {
                    Err(format!("\"{text}\" is no amount of money"))
                }
                other => check_source(other, columns),
            }
        }
    }
}

fn check_text(what: &str, text: &str) -> Result<(), String> {
    let too_many_spaces = " ".repeat(MAX_CONSECUTIVE_SPACES + 1);
    if one_line(text).is_empty() {
        Err(format!("{what} is empty, which WhatsApp refuses"))
    } else if text.contains(['\n', '\r', '\t']) {
        Err(format!("{what} has a line end or a tab, which WhatsApp refuses"))
    } else if text.contains(&too_many_spaces) {
        Err(format!("{what} has more than {MAX_CONSECUTIVE_SPACES} spaces in a row, which WhatsApp refuses"))
    } else {
        Ok(())
    }
}
