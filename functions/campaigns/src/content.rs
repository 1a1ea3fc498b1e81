//! What a campaign says, after the audience: whether each wording fits, which of several a recipient gets, and his values.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use wire::{FreeContent, HeaderFormat, MediaKind, MediaSource, PriceCategory, Template};

use crate::job::{JobContent, JobFree, JobTemplate};
use crate::template::placeholders;
use crate::template::{self, ContentProblem, ParameterProblem, Parameters};

/// The most characters of a free text (Meta, messages, September 2026).
pub const MAX_TEXT_CHARS: usize = 4096;

/// The most characters of a file's caption (same page).
pub const MAX_CAPTION_CHARS: usize = 1024;

/// Wordings of a campaign at most: more could not be told apart by their results.
pub const MOST_VARIANTS: usize = 10;

/// Why somebody gets no free words.
pub const WINDOW_CLOSED: &str =
    "The person has not written to this number within the last 24 hours: only a template would reach them";

/// A wording with the template that it fills, as WhatsApp had it when the campaign was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording<'a> {
    /// A template and what fills it.
    Template {
        /// As WhatsApp has it.
        template: &'a Template,
        /// What fills it.
        content: &'a wire::TemplateContent,
    },
    /// Free words.
    Free {
        /// What is said.
        content: &'a FreeContent,
        /// The template of those whom the words may not reach, as WhatsApp has it.
        template: Option<&'a Template>,
    },
}

impl Wording<'_> {
    /// Whether people must have agreed to get it: free words answer people who wrote.
    pub fn is_marketing(&self) -> bool {
        self.template().is_some_and(|(template, _)| template::is_marketing(template))
    }

    /// What it is charged as. Of free words with a template for those whom they may not reach: as that, which is dearer.
    pub fn price_category(&self) -> PriceCategory {
        self.template().map_or(PriceCategory::Service, |(template, _)| category_of(template))
    }

    /// The template and what fills it; that of free words is for those whom the words may not reach.
    pub fn template(&self) -> Option<(&Template, &wire::TemplateContent)> {
        match self {
            Wording::Template { template, content } => Some((template, content)),
            Wording::Free { content, template } => Some(((*template)?, content.fallback.as_deref()?)),
        }
    }
}

/// What messages of a template are charged as.
pub fn category_of(template: &Template) -> PriceCategory {
    match template.category.to_ascii_uppercase().as_str() {
        "UTILITY" => PriceCategory::Utility,
        "AUTHENTICATION" => PriceCategory::Authentication,
        // Meta has no other; what it adds is priced as the dearest.
        _ => PriceCategory::Marketing,
    }
}

/// What is wrong with a wording for contacts with these columns; fields are named from `template` or `message` on.
pub fn check(wording: Wording<'_>, columns: &[String]) -> Vec<ContentProblem> {
    match wording {
        Wording::Template { template, content } => template::check_content(template, content, columns),
        Wording::Free { content, .. } => {
            let mut problems = check_free(content, columns);
            let fallback = wording.template().map(|(template, of)| template::check_content(template, of, columns));
            problems.extend(fallback.unwrap_or_default());
            problems
        }
    }
}

fn check_free(content: &FreeContent, columns: &[String]) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    let mut add = |message: String| problems.push(ContentProblem { field: "message".to_owned(), message });
    let text = content.text.trim();
    if let Some(message) = placeholders::fault(text, columns) {
        add(message);
    }
    let takes_caption = content.media_kind.is_none_or(takes_caption);
    if !takes_caption && !text.is_empty() {
        add("sound and stickers have no caption: leave the message out".to_owned());
    }
    if content.media.is_none() && text.is_empty() {
        add("write something".to_owned());
    }
    let most = longest(content);
    let chars = placeholders::fixed_part(text).chars().count();
    if chars > most {
        add(if placeholders::is_fixed(text) {
            format!("has {chars} characters; WhatsApp takes {most}")
        } else {
            format!("with the fixed texts alone it has {chars} characters; WhatsApp takes {most}")
        });
    }
    problems
}

fn takes_caption(kind: MediaKind) -> bool {
    match kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => true,
        MediaKind::Audio | MediaKind::Sticker => false,
    }
}

fn longest(content: &FreeContent) -> usize {
    if content.media.is_some() { MAX_CAPTION_CHARS } else { MAX_TEXT_CHARS }
}

/// The values of one recipient, whose cells stand in the order of the columns.
pub fn parameters(wording: Wording<'_>, columns: &[String], fields: &[String]) -> Result<Parameters, ParameterProblem> {
    match wording {
        Wording::Template { template, content } => template::parameters(template, content, columns, fields),
        Wording::Free { content, .. } => {
            let text = placeholders::expand(content.text.trim(), columns, fields)?;
            if content.media.is_none() && text.trim().is_empty() {
                return Err(ParameterProblem::EmptyValue { column: "message".to_owned() });
            }
            let (chars, most) = (text.chars().count(), longest(content));
            if chars > most {
                return Err(ParameterProblem::BodyTooLong { chars, most });
            }
            let fallback = wording.template().map(|(template, of)| template::parameters(template, of, columns, fields));
            let fallback = fallback.transpose()?.map(Box::new);
            Ok(Parameters { text: Some(text), fallback, ..Parameters::default() })
        }
    }
}

/// What a job carries of a wording. `media` says where WhatsApp has a file.
pub fn of_job(wording: Wording<'_>, media: &impl Fn(&MediaSource) -> MediaSource) -> JobContent {
    match wording {
        Wording::Template { template, content } => {
            JobContent::Template(Box::new(JobTemplate::of(template, content, media)))
        }
        Wording::Free { content, .. } => {
            let kind = content.media_kind.unwrap_or(MediaKind::Document);
            let fallback = wording.template().map(|(template, of)| JobTemplate::of(template, of, media));
            JobContent::Free(JobFree {
                media: content.media.as_ref().map(|source| (kind, media(source))),
                fallback: fallback.map(|template| Box::new(JobContent::Template(Box::new(template)))),
            })
        }
    }
}

/// How WhatsApp is told who gets a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address<'a> {
    /// E.164, with `+`: without it WhatsApp may put the sender's country in front.
    Phone(&'a str),
    /// WhatsApp's business-scoped user id (Meta, May 2026).
    UserId(&'a str),
}

/// The body of a send, as the Cloud API takes it. `to`: E.164 with `+`; without it WhatsApp may put the sender's country
/// in front.
pub fn message_body(content: &JobContent, parameters: &Parameters, address: Address<'_>, callback_data: &str) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "biz_opaque_callback_data": callback_data,
    });
    // With both, `to` would win.
    match address {
        Address::Phone(phone) => body["to"] = json!(phone),
        Address::UserId(user_id) => body["recipient"] = json!(user_id),
    }
    let text = parameters.text.as_deref().unwrap_or_default();
    let (kind, object) = match content {
        JobContent::Template(template) => ("template", template::template_object(template, parameters)),
        JobContent::Free(JobFree { media: None, .. }) => {
            ("text", json!({ "body": text, "preview_url": has_address(text) }))
        }
        JobContent::Free(JobFree { media: Some((kind, source)), .. }) => {
            let mut object = template::media_object(source, *kind == MediaKind::Document);
            if takes_caption(*kind) && !text.is_empty() {
                object["caption"] = json!(text);
            }
            (kind_name(*kind), object)
        }
    };
    body["type"] = json!(kind);
    body[kind] = object;
    body
}

/// Whether WhatsApp finds an address in a text, whose page it can show (Meta, text messages, September 2026).
fn has_address(text: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| text.contains(scheme))
}

/// Which of so many wordings the recipient with this index gets: by chance, yet each as often as the others within every
/// few recipients.
pub fn variant_of(seed: u64, wordings: usize, index: u64) -> usize {
    let count = u64::try_from(wordings).unwrap_or(1).max(1);
    if count == 1 {
        return 0;
    }
    let (block, place) = (index / count, index % count);
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    dice.set_stream(block);
    let mut order: Vec<usize> = (0..wordings).collect();
    // Draws of 64 bits only: the same on every machine.
    for last in (1..order.len()).rev() {
        let other = dice.next_u64() % (last as u64 + 1);
        order.swap(last, usize::try_from(other).unwrap_or_default());
    }
    order[usize::try_from(place).unwrap_or_default()]
}

/// What WhatsApp calls the kind of a file in a message.
pub fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

/// Whether a file of this kind can stand in such a header.
pub fn fits_header(kind: MediaKind, header: HeaderFormat) -> bool {
    match header {
        HeaderFormat::Image => kind == MediaKind::Image,
        HeaderFormat::Video | HeaderFormat::Gif => kind == MediaKind::Video,
        HeaderFormat::Document => kind == MediaKind::Document,
        HeaderFormat::Location => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn free(text: &str, media_kind: Option<MediaKind>) -> FreeContent {
        let media = media_kind.map(|_| MediaSource { id: Some("1".into()), ..MediaSource::default() });
        FreeContent { text: text.into(), media, media_kind, fallback: None }
    }

    fn faults(content: &FreeContent) -> usize {
        check(Wording::Free { content, template: None }, &["name".to_owned()]).len()
    }

    #[test]
    fn free_words_are_checked_before_anybody_gets_them() {
        assert_eq!(faults(&free("Hi {{name}}!\nSee you [FIRSTNAME]", None)), 0);
        assert_eq!(faults(&free(" ", None)), 1);
        assert_eq!(faults(&free("Hi {{nome}}", None)), 1);
        assert_eq!(faults(&free(&"é".repeat(4_097), None)), 1);
        assert_eq!(faults(&free(&"é".repeat(4_096), None)), 0);
        assert_eq!(faults(&free(&format!("{{{{name}}}}{}", "é".repeat(4_097)), None)), 1);
        assert_eq!(faults(&free(&format!("{{{{name}}}}{}", "é".repeat(4_096)), None)), 0);
        assert_eq!(faults(&free("", Some(MediaKind::Image))), 0);
        assert_eq!(faults(&free(&"é".repeat(1_025), Some(MediaKind::Video))), 1);
        assert_eq!(faults(&free("caption", Some(MediaKind::Audio))), 1);
    }

    #[test]
    fn a_text_that_grows_too_long_is_the_recipients_own_problem() {
        let content = free("{{name}}", None);
        let wording = Wording::Free { content: &content, template: None };
        let fill = |name: String| parameters(wording, &["name".to_owned()], &[name]);
        assert_eq!(fill("Ana".into()).unwrap().text.as_deref(), Some("Ana"));
        let problem = ParameterProblem::BodyTooLong { chars: 4_097, most: 4_096 };
        assert_eq!(fill("a".repeat(4_097)).unwrap_err(), problem);
    }

    #[test]
    fn a_text_of_which_nothing_is_left_is_sent_to_nobody_unless_it_is_a_caption() {
        let fill = |content: &FreeContent, name: &str| {
            let wording = Wording::Free { content, template: None };
            parameters(wording, &["name".to_owned()], &[name.to_owned()]).map(|filled| filled.text)
        };
        let (bare, caption) = (free("{{name|}} ", None), free("{{name|}}", Some(MediaKind::Image)));
        let nothing = ParameterProblem::EmptyValue { column: "message".into() };
        assert_eq!((fill(&bare, ""), fill(&bare, "Ana")), (Err(nothing), Ok(Some("Ana".to_owned()))));
        assert_eq!(fill(&caption, ""), Ok(Some(String::new())));
    }

    #[test]
    fn every_wording_is_given_equally_often_and_the_same_again() {
        for wordings in 1..=MOST_VARIANTS {
            let mut given: BTreeMap<usize, u64> = BTreeMap::new();
            let people = 100 * wordings as u64;
            for index in 0..people {
                let variant = variant_of(7, wordings, index);
                assert_eq!(variant, variant_of(7, wordings, index));
                *given.entry(variant).or_default() += 1;
            }
            assert_eq!(given.len(), wordings);
            assert!(given.values().all(|times| *times == 100), "{given:?}");
        }
    }

    #[test]
    fn neighbours_do_not_get_wordings_in_turns() {
        let firsts: Vec<usize> = (0..64).map(|block| variant_of(7, 2, block * 2)).collect();
        let ones = firsts.iter().filter(|variant| **variant == 1).count();
        assert!((16..=48).contains(&ones), "{ones}");
        assert_ne!(firsts, (0..64).map(|block| variant_of(8, 2, block * 2)).collect::<Vec<_>>());
    }
}
