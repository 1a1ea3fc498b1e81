//! What was done here with the templates of an account lately, in the control table: WhatsApp takes so many new ones an
//! hour and so many changes a month, and keeps the name of a deleted one for a while. One item a deed, which ends by
//! itself.

use anyhow::Context;
use wire::WorkspaceId;

use super::table::{Item, LONGEST_SORT_KEY, number, text};
use crate::App;

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Deeds of one kind that are read: more than WhatsApp lets anybody do.
const MOST: i32 = 200;

/// What a sort key has beside its beginning, in bytes: the time and an id.
const TIME_AND_ID: usize = 64;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed<'a> {
    /// A template was made.
    Made,
    /// The approved template with this id of Meta's was changed.
    Changed(&'a str),
    /// The approved template of this name was deleted in this language.
    Deleted {
        /// Its name.
        name: &'a str,
        /// The language.
        language: &'a str,
    },
}

impl Deed<'_> {
    /// How long WhatsApp counts it, in milliseconds (Meta, templates, November 2025).
    pub fn counts_for_ms(self) -> i64 {
        match self {
            Deed::Made => HOUR_MS,
            Deed::Changed(_) | Deed::Deleted { .. } => 30 * DAY_MS,
        }
    }

    fn beginning(self) -> String {
        match self {
            Deed::Made => "made#".to_owned(),
            Deed::Changed(id) => format!("changed#{id}#"),
            Deed::Deleted { name, language } => format!("deleted#{name}#{language}#"),
        }
    }
}

fn partition(workspace: WorkspaceId, waba_id: &str) -> String {
    format!("templateDeeds#{workspace}#{waba_id}")
}

/// Notes what was done just now with a template of this account.
pub async fn note(app: &App, workspace: WorkspaceId, waba_id: &str, deed: Deed<'_>) -> anyhow::Result<()> {
    let (now, id) = (app.clock.now_millis(), app.new_id()?);
    let put = app.dynamodb.put_item().table_name(&app.config.control_table);
    let put = put
        .item("pk", text(partition(workspace, waba_id)))
        .item("sk", text(format!("{}{now:015}#{id}", deed.beginning())))
        .item("expiresAt", number((now + deed.counts_for_ms()) / 1_000 + 1));
    put.send().await.context("noting what was done with a template")?;
    Ok(())
}

/// When the same was done as long as WhatsApp counts it, the first first, in milliseconds since 1970.
pub async fn lately(app: &App, workspace: WorkspaceId, waba_id: &str, deed: Deed<'_>) -> anyhow::Result<Vec<i64>> {
    let beginning = deed.beginning();
    if beginning.len() + TIME_AND_ID > LONGEST_SORT_KEY {
        return Ok(Vec::new());
    }
    let from = app.clock.now_millis() - deed.counts_for_ms();
    let query = app.dynamodb.query().table_name(&app.config.control_table).consistent_read(true).limit(MOST);
    let query = query
        .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
        .expression_attribute_values(":pk", text(partition(workspace, waba_id)))
        .expression_attribute_values(":from", text(format!("{beginning}{from:015}")))
        .expression_attribute_values(":to", text(format!("{beginning}~")));
    let output = query.send().await.context("asking what was done with templates")?;
    Ok(output.items.unwrap_or_default().iter().filter_map(|item| done_at(item, &beginning)).collect())
}

/// When a deed was done, by its sort key.
fn done_at(item: &Item, beginning: &str) -> Option<i64> {
    let (at, _) = item.get("sk")?.as_s().ok()?.strip_prefix(beginning)?.split_once('#')?;
    at.parse().ok()
}
