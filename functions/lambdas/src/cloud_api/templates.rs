//! Listing the templates of a WhatsApp Business Account, before a campaign is created.

use anyhow::{Context, bail};
use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use wire::{ButtonKind, HeaderFormat, ParameterFormat, Template, TemplateButton, TemplateCard, TemplateOffer};

use super::{ANSWER_TIMEOUT, CloudApi, ErrorBody, Failure, Unwilling, encoded, request};
use crate::config::WhatsAppApp;

/// Templates asked for at once.
const PAGE: u32 = 100;

/// Pages read at most: an account holds up to 6,000 templates (Meta, November 2025).
const MOST_PAGES: usize = 60;

/// Meta's code for a cursor of a list that changed since (version 24 and later).
const STALE_CURSOR: u32 = 131_059;

/// Times that a list is read from its beginning because it changed meanwhile.
const MOST_BEGINNINGS: u32 = 5;

/// Where in a list one is.
#[derive(Debug, Default)]
struct Walk {
    /// The next page begins after it.
    after: Option<String>,
    pages: usize,
    beginnings: u32,
    is_over: bool,
}

impl Walk {
    fn goes_on(&self) -> bool {
        !self.is_over && self.pages < MOST_PAGES
    }

    /// The list changed under our hands: from its beginning again, with all its pages, as often as is worth it.
    fn begin_again(&mut self) -> bool {
        let beginnings = self.beginnings + 1;
        *self = Walk { beginnings, ..Walk::default() };
        beginnings < MOST_BEGINNINGS
    }

    fn turn(&mut self, next: Option<String>) {
        self.pages += 1;
        self.is_over = next.is_none();
        self.after = next;
    }
}

/// What asking for a page came to.
enum Asked {
    Page(Page),
    StaleCursor,
}

#[derive(Deserialize)]
struct Page {
    /// Each is read by itself: an odd one does not lose the others.
    data: Vec<Value>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default)]
    cursors: Option<Cursors>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    #[serde(default)]
    after: Option<String>,
}

#[derive(Deserialize)]
struct MetaTemplate {
    id: String,
    name: String,
    status: String,
    category: String,
    language: String,
    /// What a template of a category is for, where Meta tells them apart.
    #[serde(default)]
    sub_category: Option<String>,
    #[serde(default)]
    parameter_format: Option<String>,
    #[serde(default)]
    quality_score: Option<MetaQuality>,
    #[serde(default)]
    rejected_reason: Option<String>,
    #[serde(default)]
    components: Vec<MetaComponent>,
}

#[derive(Deserialize)]
struct MetaComponent {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    buttons: Vec<MetaButton>,
    #[serde(default)]
    cards: Vec<MetaCard>,
    #[serde(default)]
    limited_time_offer: Option<MetaOffer>,
}

#[derive(Deserialize)]
struct MetaCard {
    #[serde(default)]
    components: Vec<MetaComponent>,
}

#[derive(Deserialize)]
struct MetaOffer {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    has_expiration: bool,
}

#[derive(Deserialize)]
struct MetaQuality {
    #[serde(default)]
    score: Option<String>,
}

#[derive(Deserialize)]
struct MetaButton {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    url: Option<String>,
}

impl CloudApi {
    /// All templates of an account, as campaigns see them.
    pub async fn templates(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Vec<Template>> {
        let nodes = self.template_nodes(app, waba_id).await?;
        let read: Vec<Template> = nodes.iter().filter_map(template_of).collect();
        if read.len() < nodes.len() {
            tracing::warn!(nameless = nodes.len() - read.len(), "templates in WhatsApp's list have no name");
        }
        Ok(read)
    }

    /// One template of an account in Meta's own form; nothing where the account has none with this id.
    pub async fn template_node(&self, app: &WhatsAppApp, waba_id: &str, id: &str) -> anyhow::Result<Option<Value>> {
        Ok(self.template_nodes(app, waba_id).await?.into_iter().find(|node| node["id"] == id))
    }

    /// The templates of an account with this name, one for each language, as they are now: one call.
    pub async fn templates_named(&self, app: &WhatsAppApp, waba_id: &str, name: &str) -> anyhow::Result<Vec<Template>> {
        match self.template_page(app, waba_id, &format!("name={}", encoded(name))).await? {
            Asked::Page(page) => Ok(page.data.iter().filter_map(template_of).filter(|one| one.name == name).collect()),
            Asked::StaleCursor => bail!("WhatsApp takes the name of a template for a stale cursor"),
        }
    }

    async fn template_nodes(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Vec<Value>> {
        let mut walk = Walk::default();
        let mut nodes = Vec::new();
        while walk.goes_on() {
            let after = walk.after.as_ref().map(|cursor| format!("after={}", encoded(cursor))).unwrap_or_default();
            let page = match self.template_page(app, waba_id, &after).await? {
                Asked::Page(page) => page,
                Asked::StaleCursor => {
                    if !walk.begin_again() {
                        bail!("WhatsApp's list of templates kept changing under {MOST_BEGINNINGS} tries to read it");
                    }
                    nodes.clear();
                    continue;
                }
            };
            nodes.extend(page.data);
            let next = page.paging.filter(|paging| paging.next.is_some()).and_then(|paging| paging.cursors?.after);
            walk.turn(next);
        }
        Ok(nodes)
    }

    /// One page of the list; `which`: a parameter that says of what, or nothing for the first page of all.
    async fn template_page(&self, app: &WhatsAppApp, waba_id: &str, which: &str) -> anyhow::Result<Asked> {
        let fields = "id,name,status,category,sub_category,language,components,parameter_format,quality_score,\
                      rejected_reason,message_send_ttl_seconds";
        let and = if which.is_empty() { "" } else { "&" };
        let path = format!("{waba_id}/message_templates?fields={fields}&limit={PAGE}{and}{which}");
        let request = request(app, Method::GET, &path, Bytes::new())?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.answer(request)).await;
        let answer = match answer.context("WhatsApp did not answer in time when asked for templates")? {
            Ok(answer) => answer,
            Err(Failure::NotSent(cause) | Failure::Indefinite(cause)) => {
                bail!("asking WhatsApp for templates: {cause}")
            }
        };
        if !answer.status.is_success() {
            let code = serde_json::from_slice::<ErrorBody>(&answer.body).ok().map(|body| body.error.code);
            if code == Some(STALE_CURSOR) && !which.is_empty() {
                return Ok(Asked::StaleCursor);
            }
            return Err(Unwilling { status: answer.status, what: "templates" }.into());
        }
        let page = serde_json::from_slice(&answer.body).context("WhatsApp's list of templates cannot be read")?;
        Ok(Asked::Page(page))
    }
}

/// A template as campaigns see it. One that cannot be read is shown by what can be, and never sent; nothing where not
/// even its name can.
fn template_of(node: &Value) -> Option<Template> {
    let error = match MetaTemplate::deserialize(node) {
        Ok(meta) => return Some(from_meta(meta)),
        Err(error) => error,
    };
    let text = |key: &str| node[key].as_str().map_or_else(|| number_as_text(&node[key]), str::to_owned);
    let name = text("name");
    tracing::warn!(%error, "a template in WhatsApp's list cannot be read");
    (!name.is_empty()).then(|| Template {
        id: text("id"),
        name,
        language: text("language"),
        category: text("category"),
        status: text("status"),
        unusable_because: Some(UNREADABLE.to_owned()),
        ..Template::default()
    })
}

/// A number as its digits, as Meta gives ids in both ways; empty where there is none.
fn number_as_text(value: &Value) -> String {
    value.as_u64().map(|id| id.to_string()).unwrap_or_default()
}

fn from_meta(meta: MetaTemplate) -> Template {
    let find = |kind: &str| meta.components.iter().find(|component| component.kind.eq_ignore_ascii_case(kind));
    let header = find("HEADER");
    let named = meta.parameter_format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("NAMED"));
    let buttons = find("BUTTONS").map(|component| component.buttons.iter().map(MetaButton::of_ours).collect());
    let offer = find("LIMITED_TIME_OFFER").and_then(|component| component.limited_time_offer.as_ref());
    let cards = find("CAROUSEL").map(|component| component.cards.iter().map(MetaCard::of_ours).collect());
    Template {
        header: header.filter(|header| header.media().is_none()).and_then(|header| header.text.clone()),
        header_format: header.and_then(MetaComponent::media),
        body: find("BODY").and_then(|component| component.text.clone()).unwrap_or_default(),
        footer: find("FOOTER").and_then(|component| component.text.clone()),
        buttons: buttons.unwrap_or_default(),
        cards: cards.unwrap_or_default(),
        offer: offer.map(|offer| TemplateOffer {
            text: offer.text.clone().unwrap_or_default(),
            has_expiration: offer.has_expiration,
        }),
        quality: meta.quality_score.as_ref().and_then(|quality| quality.score.clone()),
        rejected_reason: meta.rejected_reason.clone().filter(|reason| reason != "NONE"),
        unusable_because: unusable(&meta),
        parameter_format: if named { ParameterFormat::Named } else { ParameterFormat::Positional },
        id: meta.id,
        name: meta.name,
        language: meta.language,
        category: meta.category,
        status: meta.status,
    }
}

impl MetaComponent {
    /// What a header is that is no text.
    fn media(&self) -> Option<HeaderFormat> {
        match self.format.as_deref()? {
            "IMAGE" => Some(HeaderFormat::Image),
            "VIDEO" => Some(HeaderFormat::Video),
            "DOCUMENT" => Some(HeaderFormat::Document),
            "GIF" => Some(HeaderFormat::Gif),
            "LOCATION" => Some(HeaderFormat::Location),
            _ => None,
        }
    }
}

impl MetaCard {
    fn of_ours(&self) -> TemplateCard {
        let find = |kind: &str| self.components.iter().find(|component| component.kind.eq_ignore_ascii_case(kind));
        let buttons = find("BUTTONS").map(|component| component.buttons.iter().map(MetaButton::of_ours).collect());
        TemplateCard {
            header_format: find("HEADER").and_then(MetaComponent::media),
            body: find("BODY").and_then(|component| component.text.clone()).unwrap_or_default(),
            buttons: buttons.unwrap_or_default(),
        }
    }
}

impl MetaButton {
    fn of_ours(&self) -> TemplateButton {
        TemplateButton { kind: self.kind(), text: self.text.clone().unwrap_or_default(), url: self.url.clone() }
    }

    fn kind(&self) -> ButtonKind {
        match self.kind.to_ascii_uppercase().as_str() {
            "QUICK_REPLY" => ButtonKind::QuickReply,
            "URL" => ButtonKind::Url,
            "PHONE_NUMBER" => ButtonKind::PhoneNumber,
            "COPY_CODE" => ButtonKind::CopyCode,
            "OTP" => ButtonKind::Otp,
            "FLOW" => ButtonKind::Flow,
            "CATALOG" => ButtonKind::Catalog,
            _ => ButtonKind::Other,
        }
    }
}

/// Kinds of buttons that take no value of a campaign, and show nothing that has to be drawn otherwise.
const BARE_BUTTONS: [&str; 4] = ["PHONE_NUMBER", "VOICE_CALL", "CALL_PERMISSION_REQUEST", "REQUEST_CONTACT_INFO"];

/// Components that campaigns can fill.
const KNOWN: [&str; 6] = ["HEADER", "BODY", "FOOTER", "BUTTONS", "CAROUSEL", "LIMITED_TIME_OFFER"];

/// Formats of a header that campaigns can fill.
const HEADERS: [&str; 6] = ["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "GIF", "LOCATION"];

/// The same of a card (Meta, carousel templates, November 2025).
const CARD_COMPONENTS: [&str; 3] = ["HEADER", "BODY", "BUTTONS"];
const CARD_HEADERS: [&str; 2] = ["IMAGE", "VIDEO"];

/// Why a template cannot be used that is in no form that is known here.
const UNREADABLE: &str = "WhatsApp lists it in a form that cannot be read here: look at it in WhatsApp Manager";

/// What templates for orders are told apart by (Meta, order status template, May 2026): their components are those of
/// others, and a send without the order's own part is refused.
const ORDER_STATUS: &str = "ORDER_STATUS";

/// Why a campaign cannot use it, in words.
fn unusable(meta: &MetaTemplate) -> Option<String> {
    let (status, components) = (meta.status.as_str(), meta.components.as_slice());
    if status != "APPROVED" {
        return Some(format!("WhatsApp says it is {}: only approved templates can be sent", status.to_lowercase()));
    }
    if let Some(why) = of_another_system(meta) {
        return Some(why.to_owned());
    }
    if let Some(format) = other_format(components.iter(), &HEADERS) {
        return Some(format!("its header is {}, which is not known here", format.to_lowercase()));
    }
    if let Some(kind) = other_kind(components.iter(), &KNOWN) {
        return Some(format!("its {} is not known here", kind.to_lowercase()));
    }
    let is_gif = |component: &MetaComponent| component.media() == Some(HeaderFormat::Gif);
    if components.iter().any(is_gif) && !meta.category.eq_ignore_ascii_case("MARKETING") {
        return Some("its header is a GIF, which WhatsApp takes in marketing templates only".to_owned());
    }
    if let Some(format) = other_format(of_cards(components), &CARD_HEADERS) {
        return Some(format!("the header of a card is {}, which is not known here", format.to_lowercase()));
    }
    if let Some(kind) = other_kind(of_cards(components), &CARD_COMPONENTS) {
        return Some(format!("the {} of a card is not known here", kind.to_lowercase()));
    }
    let button = buttons(components).find(|button| {
        let is_bare = BARE_BUTTONS.contains(&button.kind.to_ascii_uppercase().as_str());
        button.kind() == ButtonKind::Other && !is_bare
    });
    button.map(|button| format!("it has a button of the kind {}, which is not known here", button.kind.to_lowercase()))
}

/// What is known and cannot be filled by a campaign (Meta, template components and order templates, May 2026): each
/// message of it names products of a catalog, an order or a call.
fn of_another_system(meta: &MetaTemplate) -> Option<&'static str> {
    let components = meta.components.as_slice();
    let has_button = |kind: &str| buttons(components).any(|button| button.kind.eq_ignore_ascii_case(kind));
    let is_product = |component: &MetaComponent| {
        component.format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("PRODUCT"))
    };
    let asks_to_call = |component: &MetaComponent| component.kind.eq_ignore_ascii_case("CALL_PERMISSION_REQUEST");
    if has_button("MPM") {
        Some(
            "its button shows several products: a campaign here cannot say which, so send it from the system that it \
             was made for",
        )
    } else if of_cards(components).any(is_product) {
        Some(
            "its cards show products: a campaign here cannot say which, so send it from the system that it was made \
             for",
        )
    } else if has_button("SPM") {
        Some(
            "its button shows a product: a campaign here cannot say which, so send it from the system that it was made \
             for",
        )
    } else if components.iter().any(is_product) {
        Some(
            "its header shows a product: a campaign here cannot say which, so send it from the system that it was made \
             for",
        )
    } else if has_button("ORDER_DETAILS") {
        Some("its button shows an order: a campaign here has none, so send it from the system that it was made for")
    } else if meta.sub_category.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(ORDER_STATUS)) {
        Some("it tells how an order stands: a campaign here has none, so send it from the system that it was made for")
    } else if components.iter().any(asks_to_call) {
        Some("it asks for permission to call people, and nobody is called from here")
    } else {
        None
    }
}

fn other_format<'a>(mut components: impl Iterator<Item = &'a MetaComponent>, known: &[&str]) -> Option<&'a str> {
    components.find_map(|component| component.format.as_deref().filter(|format| !known.contains(format)))
}

fn other_kind<'a>(components: impl Iterator<Item = &'a MetaComponent>, known: &[&str]) -> Option<&'a str> {
    let mut kinds = components.map(|component| component.kind.as_str());
    kinds.find(|kind| !known.contains(&kind.to_uppercase().as_str()))
}

/// The components of all cards.
fn of_cards(components: &[MetaComponent]) -> impl Iterator<Item = &MetaComponent> {
    components.iter().flat_map(|component| &component.cards).flat_map(|card| &card.components)
}

/// All buttons, those of cards too.
fn buttons(components: &[MetaComponent]) -> impl Iterator<Item = &MetaButton> {
    components.iter().chain(of_cards(components)).flat_map(|component| &component.buttons)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(components: Value) -> Template {
        let template = json!({
            "id": "1", "name": "promo", "status": "APPROVED", "category": "MARKETING", "language": "en",
            "components": components,
        });
        from_meta(serde_json::from_value(template).unwrap())
    }

    #[test]
    fn a_button_that_nobody_here_knows_makes_a_template_unusable_with_the_reason() {
        let of = |kind: &str| {
            let buttons = json!([{ "type": "QUICK_REPLY", "text": "Stop" }, { "type": kind, "text": "x" }]);
            read(json!([{ "type": "BODY", "text": "Hi" }, { "type": "BUTTONS", "buttons": buttons }]))
        };
        let unknown = of("HOLOGRAM");
        assert_eq!(
            unknown.unusable_because.as_deref(),
            Some("it has a button of the kind hologram, which is not known here")
        );
        assert_eq!(unknown.buttons.len(), 2);
        for (kind, shows) in
            [("MPM", "several products"), ("mpm", "several"), ("SPM", "a product"), ("ORDER_DETAILS", "an order")]
        {
            let why = of(kind).unusable_because.unwrap_or_default();
            assert!(why.contains(shows) && why.contains("send it from the system"), "{kind}: {why}");
        }
        for known in ["URL", "url", "VOICE_CALL", "REQUEST_CONTACT_INFO"] {
            assert_eq!(of(known).unusable_because, None, "{known}");
        }
        let card = json!({ "components": [{ "type": "BUTTONS", "buttons": [{ "type": "HUM", "text": "x" }] }] });
        let carousel = read(json!([{ "type": "BODY", "text": "Hi" }, { "type": "CAROUSEL", "cards": [card] }]));
        assert!(carousel.unusable_because.is_some_and(|why| why.contains("hum")));
    }

    #[test]
    fn a_template_of_orders_products_or_calls_says_why_no_campaign_sends_it() {
        let header = json!([{ "type": "HEADER", "format": "PRODUCT" }, { "type": "BODY", "text": "Hi" }]);
        assert!(read(header).unusable_because.is_some_and(|why| why.starts_with("its header shows a product")));
        let call = json!([{ "type": "BODY", "text": "Hi" }, { "type": "call_permission_request" }]);
        assert!(read(call).unusable_because.is_some_and(|why| why.contains("permission to call")));
        let order = json!({
            "id": "1", "name": "shipped", "status": "APPROVED", "category": "UTILITY", "language": "en",
            "sub_category": "ORDER_STATUS", "components": [{ "type": "BODY", "text": "On its way." }],
        });
        let order = template_of(&order).unwrap();
        assert!(order.unusable_because.is_some_and(|why| why.starts_with("it tells how an order stands")));
    }

    #[test]
    fn a_gif_is_sent_with_marketing_templates_only() {
        let of = |category: &str| {
            let components = json!([{ "type": "HEADER", "format": "GIF" }, { "type": "BODY", "text": "Hi" }]);
            let node = json!({
                "id": "1", "name": "gif", "status": "APPROVED", "category": category, "language": "en",
                "components": components,
            });
            template_of(&node).unwrap().unusable_because
        };
        assert_eq!(of("MARKETING"), None);
        assert!(of("UTILITY").is_some_and(|why| why.contains("marketing templates only")));
    }

    #[test]
    fn a_template_in_a_form_that_cannot_be_read_is_shown_and_not_sent() {
        let odd = json!({
            "id": 7, "name": "odd", "status": "APPROVED", "category": "MARKETING", "language": "en",
            "components": [{ "type": "BUTTONS", "buttons": { "type": "MPM" } }],
        });
        let shown = template_of(&odd).unwrap();
        assert_eq!((shown.id.as_str(), shown.name.as_str(), shown.status.as_str()), ("7", "odd", "APPROVED"));
        assert_eq!(shown.unusable_because.as_deref(), Some(UNREADABLE));
        assert_eq!((template_of(&json!({ "id": "8" })), template_of(&json!(null))), (None, None));
    }

    #[test]
    fn a_card_with_what_nobody_here_knows_makes_a_template_unusable_with_the_reason() {
        let with = |component: Value| {
            let card = json!({ "components": [{ "type": "BODY", "text": "Hi" }, component] });
            read(json!([{ "type": "BODY", "text": "Hi" }, { "type": "CAROUSEL", "cards": [card] }])).unusable_because
        };
        for format in ["IMAGE", "VIDEO"] {
            assert_eq!(with(json!({ "type": "HEADER", "format": format })), None, "{format}");
        }
        let place = with(json!({ "type": "HEADER", "format": "LOCATION" }));
        assert_eq!(place.as_deref(), Some("the header of a card is location, which is not known here"));
        let product = with(json!({ "type": "HEADER", "format": "PRODUCT" }));
        assert!(product.is_some_and(|why| why.starts_with("its cards show products")));
        let hologram = with(json!({ "type": "HOLOGRAM" }));
        assert_eq!(hologram.as_deref(), Some("the hologram of a card is not known here"));
    }

    #[test]
    fn a_button_without_a_label_leaves_its_template_in_the_list() {
        let template = read(json!([
            { "type": "BODY", "text": "Hi" },
            { "type": "BUTTONS", "buttons": [{ "type": "COPY_CODE", "text": null }, { "type": "URL", "text": "Go" }] },
        ]));
        let labels: Vec<&str> = template.buttons.iter().map(|button| button.text.as_str()).collect();
        assert_eq!((labels.as_slice(), template.unusable_because), (["", "Go"].as_slice(), None));
    }

    #[test]
    fn a_stale_cursor_costs_no_page_and_a_list_that_never_stands_still_is_given_up() {
        let mut walk = Walk::default();
        for page in 0..MOST_PAGES - 1 {
            walk.turn(Some(page.to_string()));
        }
        assert!(walk.goes_on() && walk.begin_again());
        assert_eq!((walk.after.as_deref(), walk.pages), (None, 0));
        for _ in 0..MOST_PAGES {
            assert!(walk.goes_on());
            walk.turn(Some("next".to_owned()));
        }
        assert!(!walk.goes_on(), "every page was read");
        let again = (0..MOST_BEGINNINGS).filter(|_| walk.begin_again()).count();
        assert_eq!(again, 3);
        let mut short = Walk::default();
        short.turn(None);
        assert!(!short.goes_on());
    }
}
