//! What a request says the campaign is to say: one wording, or several.

use chrono::{DateTime, Utc};
use wire::{
    ButtonContent, Content, CreateCampaign, CreateVariant, FieldError, FreeContent, MediaSource, ParameterSource,
    TemplateContent,
};

use super::Faults;
use crate::content::{MAX_TEXT_CHARS, MOST_VARIANTS};
use crate::template::MAX_BODY_CHARS;

/// Longest name of a template, in characters (WhatsApp, as MyOperator reports it, 2025-09).
pub const LONGEST_TEMPLATE_NAME: usize = 512;

/// Longest language of a template, in characters: Meta's have five at most, with room for what it adds.
pub const LONGEST_LANGUAGE: usize = 20;

/// Longest fixed text or fallback, in characters: it cannot be longer than the body that it fills.
pub const LONGEST_TEXT: usize = MAX_BODY_CHARS;

/// Most values of a template, all its parts together: more than a body of 1,024 characters has room for in practice,
/// and the longest texts are then 100 KB of Latin letters, where DynamoDB takes 400 KB for the whole campaign.
pub const MOST_PARAMETERS: usize = 100;

/// All wordings together at most, in bytes as they are kept, for the same reason: their templates come on top.
pub const LARGEST_WORDINGS: usize = 200 * 1_024;

/// Longest name of a wording, in characters.
pub const LONGEST_VARIANT_NAME: usize = 60;

/// A wording that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWording {
    /// For people; nothing where there is only one.
    pub name: Option<String>,
    /// What it says.
    pub content: Content,
}

/// The wordings that are asked for, at least one; nothing where there are faults.
pub(super) fn wordings(request: &CreateCampaign, faults: &mut Faults) -> Option<Vec<NewWording>> {
    let before = faults.0.len();
    let single = CreateVariant {
        name: None,
        template: request.template.clone(),
        message: filled(&request.message).or(filled(&request.text_raw)),
        assets_urls: request.assets_urls.clone(),
    };
    let wordings = match request.variants.len() {
        0 => vec![wording("", &single, faults)?],
        count => several(request, &single, count, faults)?,
    };
    if faults.0.len() == before && size(&wordings) > LARGEST_WORDINGS {
        let field = if wordings.len() > 1 { "variants" } else { "template" };
        let message = format!("is too long: what the campaign says must fit into {} KB", LARGEST_WORDINGS / 1_024);
        faults.add(field, message);
    }
    (faults.0.len() == before).then_some(wordings)
}

/// Limited-time offers of a request that are over at `now`, each at its field.
pub fn past_offers(request: &CreateCampaign, now: DateTime<Utc>) -> Vec<FieldError> {
    let single = std::iter::once((String::new(), &request.template));
    let variants = request.variants.iter().enumerate();
    let all = single.chain(variants.map(|(place, variant)| (format!("variants.{place}."), &variant.template)));
    let is_past = |template: &TemplateContent| template.offer_expires_at.is_some_and(|at| at <= now);
    let past = all.filter_map(|(at, template)| template.as_ref().is_some_and(is_past).then_some(at));
    let fault = |field: String| FieldError { field, message: "lies in the past".to_owned() };
    past.map(|at| fault(format!("{at}template.offerExpiresAt"))).collect()
}

fn several(
    request: &CreateCampaign,
    single: &CreateVariant,
    count: usize,
    faults: &mut Faults,
) -> Option<Vec<NewWording>> {
    if !(2..=MOST_VARIANTS).contains(&count) {
        faults.add("variants", format!("give 2 to {MOST_VARIANTS} wordings, or one as template or message"));
        return None;
    }
    if named(&single.template).is_some() || single.message.is_some() || !single.assets_urls.is_empty() {
        faults.add("variants", "with several wordings leave template, message and assetsUrls out".into());
        return None;
    }
    let mut wordings = Vec::with_capacity(count);
    for (place, variant) in request.variants.iter().enumerate() {
        let name = match variant.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => letter(place),
        };
        if name.chars().count() > LONGEST_VARIANT_NAME {
            let message = format!("must have at most {LONGEST_VARIANT_NAME} characters");
            faults.add(&format!("variants.{place}.name"), message);
        }
        let content = wording(&format!("variants.{place}."), variant, faults);
        wordings.extend(content.map(|wording| NewWording { name: Some(name), ..wording }));
    }
    Some(wordings)
}

/// `A`, `B`, …
fn letter(place: usize) -> String {
    u8::try_from(place).ok().and_then(|place| b'A'.checked_add(place)).map_or('Z', char::from).to_string()
}

/// One wording; its fields are named after `at`.
fn wording(at: &str, asked: &CreateVariant, faults: &mut Faults) -> Option<NewWording> {
    let media = match asked.assets_urls.as_slice() {
        [] => None,
        [url] => Some(media_of(url)),
        _ => {
            faults.add(&format!("{at}assetsUrls"), "a WhatsApp message has one file: give one address".into());
            return None;
        }
    };
    let text = filled(&asked.message);
    let content = match (named(&asked.template), text) {
        (Some(template), None) => {
            check_template(at, template, faults);
            let header_media = template.header_media.clone().or(media);
            Content::Template(Box::new(TemplateContent { header_media, ..template.clone() }))
        }
        (None, None) if media.is_none() => {
            let message = "choose an approved template: {\"name\": …, \"language\": …}, or write a message";
            faults.add(&format!("{at}template"), message.into());
            return None;
        }
        (fallback, text) => {
            let text = text.unwrap_or_default();
            if let Some(template) = fallback {
                check_template(at, template, faults);
            }
            if text.chars().count() > MAX_TEXT_CHARS {
                faults.add(&format!("{at}message"), format!("must have at most {MAX_TEXT_CHARS} characters"));
            }
            let fallback = fallback.map(|template| Box::new(template.clone()));
            Content::Free(FreeContent { text, media, media_kind: None, fallback })
        }
    };
    Some(NewWording { name: None, content })
}

/// A template that says which it is; `{}` is none.
fn named(template: &Option<TemplateContent>) -> Option<&TemplateContent> {
    template.as_ref().filter(|template| **template != TemplateContent::default())
}

fn filled(text: &Option<String>) -> Option<String> {
    text.as_ref().filter(|text| !text.trim().is_empty()).cloned()
}

/// A file uploaded here, by the `assetUrl` that its upload answered, or one that lies elsewhere.
fn media_of(url: &str) -> MediaSource {
    let url = url.trim();
    let file = url.strip_prefix("s3://").and_then(|path| path.split_once("/assets/"));
    let id = file.and_then(|(_, path)| path.rsplit('/').next()).and_then(|name| name.split('.').next());
    match id {
        Some(id) => MediaSource { asset_id: Some(id.to_owned()), ..MediaSource::default() },
        None => MediaSource { link: Some(url.to_owned()), ..MediaSource::default() },
    }
}

/// Whether the content is small enough to be kept. Whether it fits its template is found out later.
fn check_template(at: &str, content: &TemplateContent, faults: &mut Faults) {
    for (field, text, most) in
        [("name", &content.name, LONGEST_TEMPLATE_NAME), ("language", &content.language, LONGEST_LANGUAGE)]
    {
        if text.chars().count() > most {
            faults.add(&format!("{at}template.{field}"), format!("must have at most {most} characters"));
        }
    }
    let sources = sources(content);
    if sources.len() > MOST_PARAMETERS {
        let message = format!("at most {MOST_PARAMETERS} values can be given, the header's and buttons' included");
        faults.add(&format!("{at}template.body"), message);
        return;
    }
    for (field, source) in sources {
        let (what, text) = written(source);
        if text.chars().count() > LONGEST_TEXT {
            let message = format!("{what} must have at most {LONGEST_TEXT} characters");
            faults.add(&format!("{at}template.{field}"), message);
        }
    }
}

/// All values of a content, with the names of their fields.
fn sources(content: &TemplateContent) -> Vec<(String, &ParameterSource)> {
    let buttons = |at: String, buttons: &'static str, given: &'_ [ButtonContent]| -> Vec<String> {
        (0..given.len()).map(|place| format!("{at}{buttons}.{place}")).collect()
    };
    let mut all: Vec<(String, &ParameterSource)> = Vec::new();
    let mut texts = |field: String, sources| {
        for (place, source) in Iterator::enumerate(<[ParameterSource]>::iter(sources)) {
            all.push((format!("{field}.{place}"), source));
        }
    };
    texts("header".to_owned(), &content.header);
    texts("body".to_owned(), &content.body);
    for (place, card) in content.cards.iter().enumerate() {
        texts(format!("cards.{place}.body"), &card.body);
    }
    let of_template = buttons(String::new(), "buttons", &content.buttons).into_iter().zip(&content.buttons);
    all.extend(of_template.map(|(field, button)| (field, &button.value)));
    for (place, card) in content.cards.iter().enumerate() {
        let of_card = buttons(format!("cards.{place}."), "buttons", &card.buttons).into_iter().zip(&card.buttons);
        all.extend(of_card.map(|(field, button)| (field, &button.value)));
    }
    all
}

/// What of a value was written down, and what to call it.
fn written(source: &ParameterSource) -> (&'static str, &str) {
    match source {
        ParameterSource::Text { text } => ("the text", text),
        ParameterSource::Column { fallback, .. } => ("the fallback", fallback.as_deref().unwrap_or_default()),
        ParameterSource::Currency { amount: of, .. } | ParameterSource::DateTime { date_time: of } => written(of),
    }
}

/// What the wordings take where they are kept.
fn size(wordings: &[NewWording]) -> usize {
    wordings.iter().map(|wording| serde_json::to_vec(&wording.content).map_or(usize::MAX, |json| json.len())).sum()
}
