//! From the request of a send to a draft: who gets it, what a person will read, and what it costs.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arrival::Pricing;
use crate::asked::TemplateRequest;
use crate::config::Number;
use crate::errors::{ErrorCode, GraphError};
use crate::filling::{Surroundings, fill, sendable};
use crate::free_form;
use crate::manners::Switch;
use crate::parts::{Header, MediaKind};
use crate::templates::{Category, Template};
use crate::terms::Draft;
use crate::user_ids::is_user_id;
use crate::world::World;

/// Longest `biz_opaque_callback_data`, characters.
const CALLBACK_DATA_LIMIT: usize = 512;
/// E.164 allows 15 digits; shorter than 7 is no subscriber anywhere.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Where a send came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Messages,
    MarketingMessages,
}

/// The body of a send.
#[derive(Debug, Deserialize)]
pub(crate) struct SendRequest {
    pub(crate) messaging_product: Option<String>,
    /// There when a message is marked as read.
    pub(crate) status: Option<String>,
    pub(crate) to: Option<String>,
    /// A business-scoped user id; `to` wins.
    pub(crate) recipient: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    pub(crate) biz_opaque_callback_data: Option<String>,
    product_policy: Option<String>,
    /// The object named like the type, and what else there is.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The recipient: digits, or a user id as it stands.
pub(crate) fn recipient(request: &SendRequest) -> String {
    match (&request.to, &request.recipient) {
        (Some(to), _) => digits(to),
        (None, Some(recipient)) => recipient.clone(),
        (None, None) => String::new(),
    }
}

/// Checks the request and fills in what a person will read.
pub(crate) fn understand(
    world: &World,
    number: &Number,
    endpoint: Endpoint,
    request: &SendRequest,
    draft: &mut Draft,
) -> Result<(), GraphError> {
    if request.messaging_product.as_deref() != Some("whatsapp") {
        return Err(GraphError::required("messaging_product"));
    }
    check_recipient(number, request, &draft.to)?;
    let callback_data = request.biz_opaque_callback_data.as_deref().unwrap_or_default();
    if callback_data.chars().count() > CALLBACK_DATA_LIMIT {
        let details = format!("biz_opaque_callback_data is longer than {CALLBACK_DATA_LIMIT} characters");
        return Err(GraphError::invalid(details));
    }
    check_policy(endpoint, request)?;
    let kind = request.kind.as_deref().unwrap_or("text");
    if endpoint == Endpoint::MarketingMessages && kind != "template" {
        return Err(GraphError::invalid("Message must be a template message"));
    }
    let content = request.rest.get(kind).ok_or_else(|| GraphError::required(kind));
    match kind {
        "template" => template(world, number, endpoint, content?, draft),
        other => {
            draft.pricing = Some(Pricing::Service);
            if other == "audio" && content.as_ref().is_ok_and(|content| content["voice"] == true) {
                draft.voice = Switch::On;
            }
            draft.text = free_form::text(other, content, &|id, kind| is_known(world, number, id, kind))?;
            Ok(())
        }
    }
}

fn check_recipient(number: &Number, request: &SendRequest, to: &str) -> Result<(), GraphError> {
    if request.to.is_none() {
        return match &request.recipient {
            Some(recipient) if is_user_id(recipient) => Ok(()),
            Some(_) => Err(wrong("recipient is not a valid business-scoped user id")),
            None => Err(GraphError::required("to")),
        };
    }
    if !PHONE_DIGITS.contains(&to.len()) || !to.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("to is not a valid phone number"));
    }
    if to == digits(&number.display_phone_number) {
        return Err(GraphError::of(ErrorCode::TO_ITSELF));
    }
    match &number.allow_list {
        Some(allowed) if !allowed.iter().any(|one| digits(one) == to) => {
            Err(GraphError::of(ErrorCode::NOT_ALLOW_LISTED))
        }
        Some(_) | None => Ok(()),
    }
}

/// `product_policy` and `message_activity_sharing` belong to `/marketing_messages`.
fn check_policy(endpoint: Endpoint, request: &SendRequest) -> Result<(), GraphError> {
    let sharing = request.rest.get("message_activity_sharing");
    match endpoint {
        Endpoint::Messages if request.product_policy.is_some() || sharing.is_some() => {
            Err(GraphError::invalid("product_policy and message_activity_sharing belong to /marketing_messages"))
        }
        Endpoint::Messages => Ok(()),
        Endpoint::MarketingMessages => {
            let policy = request.product_policy.as_deref().unwrap_or("CLOUD_API_FALLBACK");
            if !["CLOUD_API_FALLBACK", "STRICT"].contains(&policy) {
                return Err(GraphError::invalid("product_policy must be CLOUD_API_FALLBACK or STRICT"));
            }
            if sharing.is_some_and(|sharing| !sharing.is_boolean()) {
                return Err(GraphError::invalid("message_activity_sharing must be true or false"));
            }
            Ok(())
        }
    }
}

fn template(
    world: &World,
    number: &Number,
    endpoint: Endpoint,
    content: &Value,
    draft: &mut Draft,
) -> Result<(), GraphError> {
    let asked = TemplateRequest::deserialize(content)
        .map_err(|error| GraphError::with_details(ErrorCode::PARAMETER_MISSING, format!("template: {error}")))?;
    draft.template_name = Some(asked.name.clone());
    let template = world.catalogue().named(&asked.name, &asked.language.code);
    let now_micros = world.clock.now_micros();
    sendable(template.as_deref(), &asked, now_micros)?;
    let Some(template) = template else {
        return Err(GraphError::of(ErrorCode::NO_TEMPLATE));
    };
    check_endpoint(&template, endpoint, &draft.to)?;
    if endpoint == Endpoint::MarketingMessages && world.config.marketing_messages_onboarded == Switch::Off {
        return Err(GraphError::of(ErrorCode::NOT_ONBOARDED));
    }
    if endpoint == Endpoint::MarketingMessages && !is_synced(world, &template, now_micros) {
        return Err(GraphError::of(ErrorCode::TEMPLATE_SYNCING));
    }
    let known = |id: &str, kind: MediaKind| is_known(world, number, id, kind);
    draft.text = fill(&template, &asked, Surroundings { now_micros, known: &known })?;
    draft.pricing = Some(match endpoint {
        Endpoint::Messages => template.listing.category.pricing(),
        Endpoint::MarketingMessages => Pricing::MarketingLite,
    });
    Ok(())
}

/// Which template goes where, and to whom.
fn check_endpoint(template: &Template, endpoint: Endpoint, to: &str) -> Result<(), GraphError> {
    let category = template.listing.category;
    if endpoint == Endpoint::MarketingMessages && category != Category::Marketing {
        return Err(GraphError::of(ErrorCode::NOT_MARKETING));
    }
    if endpoint == Endpoint::Messages && template.parts.header == Some(Header::Media(MediaKind::Gif)) {
        let details = "A GIF header can only be sent with the Marketing Messages API";
        return Err(GraphError::with_details(ErrorCode::UNSUPPORTED_TYPE, details));
    }
    if category == Category::Authentication && is_user_id(to) {
        return Err(GraphError::of(ErrorCode::USER_ID_UNSUPPORTED));
    }
    Ok(())
}

/// Whether `/marketing_messages` knows the template yet.
fn is_synced(world: &World, template: &Template, now_micros: i64) -> bool {
    let wait = i64::try_from(world.config.marketing_sync_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let approved = template.listing.becomes.map(|becoming| becoming.at_micros).or(template.listing.created_micros);
    template.listing.created_micros.is_none() || approved.is_none_or(|at| now_micros >= at.saturating_add(wait))
}

/// Whether this number uploaded a file of this kind.
fn is_known(world: &World, number: &Number, id: &str, kind: MediaKind) -> bool {
    world.shelf().is_known(id, &number.phone_number_id, kind, world.clock.now_micros())
}

fn wrong(details: &str) -> GraphError {
    GraphError::with_details(ErrorCode::PARAMETER_INVALID, details)
}

/// Meta takes `+ - ( )` and blanks away; what else is there is judged later.
pub(crate) fn digits(to: &str) -> String {
    to.chars().filter(|character| !"+-()".contains(*character) && !character.is_whitespace()).collect()
}
