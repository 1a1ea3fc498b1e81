//! Listing the templates of a WhatsApp Business Account, before a campaign is created.

use anyhow::{Context, bail};
use bytes::Bytes;
use campaigns::template::variables;
use http::Method;
use serde::Deserialize;
use wire::{ParameterFormat, Template};

use super::{ANSWER_TIMEOUT, CloudApi, Failure, request};
use crate::config::WhatsAppApp;

/// Templates asked for at once.
const PAGE: u32 = 100;

/// Pages read at most: an account holds up to 6,000 templates (Meta, November 2025).
const MOST_PAGES: usize = 60;

#[derive(Deserialize)]
struct Page {
    data: Vec<MetaTemplate>,
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
    #[serde(default)]
    parameter_format: Option<String>,
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
}

#[derive(Deserialize)]
struct MetaButton {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: Option<String>,
}

impl CloudApi {
    /// All templates of an account, as campaigns see them.
    pub async fn templates(&self, app: &WhatsAppApp, waba_id: &str) -> anyhow::Result<Vec<Template>> {
        let mut templates = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let page = self.template_page(app, waba_id, after.as_deref()).await?;
            templates.extend(page.data.into_iter().map(from_meta));
            let next = page.paging.filter(|paging| paging.next.is_some()).and_then(|paging| paging.cursors?.after);
            match next {
                Some(cursor) => after = Some(cursor),
                None => break,
            }
        }
        Ok(templates)
    }

    async fn template_page(&self, app: &WhatsAppApp, waba_id: &str, after: Option<&str>) -> anyhow::Result<Page> {
        let fields = "id,name,status,category,language,components,parameter_format";
        let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
        let path = format!("{waba_id}/message_templates?fields={fields}&limit={PAGE}{after}");
        let request = request(app, Method::GET, &path, Bytes::new())?;
        let answer = tokio::time::timeout(ANSWER_TIMEOUT, self.answer(request)).await;
        let answer = match answer.context("WhatsApp did not answer in time when asked for templates")? {
            Ok(answer) => answer,
            Err(Failure::NotSent(cause) | Failure::Indefinite(cause)) => {
                bail!("asking WhatsApp for templates: {cause}")
            }
        };
        if !answer.status.is_success() {
            bail!("WhatsApp answered {} when asked for templates", answer.status);
        }
        serde_json::from_slice(&answer.body).context("WhatsApp's list of templates cannot be read")
    }
}

fn from_meta(meta: MetaTemplate) -> Template {
    let find = |kind: &str| meta.components.iter().find(|component| component.kind.eq_ignore_ascii_case(kind));
    let header = find("HEADER");
    let buttons = find("BUTTONS").map(|component| component.buttons.as_slice()).unwrap_or_default();
    let unusable_because = unusable(&meta.status, header, buttons, &meta.components);
    let named = meta.parameter_format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("NAMED"));
    Template {
        header: header.and_then(|component| component.text.clone()),
        body: find("BODY").and_then(|component| component.text.clone()).unwrap_or_default(),
        footer: find("FOOTER").and_then(|component| component.text.clone()),
        buttons: buttons.iter().map(|button| button.text.clone()).collect(),
        unusable_because,
        parameter_format: if named { ParameterFormat::Named } else { ParameterFormat::Positional },
        id: meta.id,
        name: meta.name,
        language: meta.language,
        category: meta.category,
        status: meta.status,
    }
}

/// Why a campaign cannot use it yet, in words.
fn unusable(
    status: &str,
    header: Option<&MetaComponent>,
    buttons: &[MetaButton],
    components: &[MetaComponent],
) -> Option<String> {
    if status != "APPROVED" {
        return Some(format!("WhatsApp says it is {}: only approved templates can be sent", status.to_lowercase()));
    }
    let format = header.and_then(|component| component.format.as_deref()).unwrap_or("TEXT");
    if format != "TEXT" {
        return Some(format!("its header is {}: only text headers are supported yet", format.to_lowercase()));
    }
    let needs_value = |button: &MetaButton| {
        matches!(button.kind.as_str(), "COPY_CODE" | "OTP" | "FLOW" | "CATALOG")
            || button.url.as_deref().is_some_and(|url| !variables(url).is_empty())
    };
    if let Some(button) = buttons.iter().find(|button| needs_value(button)) {
        return Some(format!("its button \"{}\" needs a value of its own, which is not supported yet", button.text));
    }
    let known = ["HEADER", "BODY", "FOOTER", "BUTTONS"];
    let other = components.iter().find(|component| !known.contains(&component.kind.as_str()));
    other.map(|component| format!("its {} is not supported yet", component.kind.to_lowercase()))
}
