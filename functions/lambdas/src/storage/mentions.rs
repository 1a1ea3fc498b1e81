//! Where else a person may be named: answers that are kept under their keys, and what WhatsApp posted and nothing was made
//! of. Neither has an index by person: both are read through, which an erasure may take its time for.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use wire::WorkspaceId;

use super::table::{Item, text};
use crate::App;

/// What the sort keys of kept answers begin with.
const ANSWERS: &str = "once#";

/// Items of one partition, and the attributes that may name somebody.
struct Shelf<'a> {
    pk: String,
    begins_with: &'a str,
    attributes: &'a [&'a str],
}

/// Sort key of the answer under a key's hash.
pub fn answer_key(key_hash: &str) -> String {
    format!("{ANSWERS}{key_hash}")
}

/// Partition key of what an app was posted and nothing was made of.
pub fn kept_key(app_id: &str) -> String {
    format!("kept#{app_id}")
}

/// Deletes what has any of these names in it: digits of a number, a WhatsApp user id. Twice is once. Returns how many
/// items that were.
pub async fn forget(app: &App, workspace: WorkspaceId, names: &[String]) -> anyhow::Result<u64> {
    let answers = Shelf {
        pk: format!("workspace#{workspace}"),
        begins_with: ANSWERS,
        attributes: &["answer.body", "answer.location"],
    };
    let mut forgotten = clear(app, &answers, names).await?;
    for known in &app.config.apps {
        let kept = Shelf { pk: kept_key(&known.app_id), begins_with: "", attributes: &["raw"] };
        forgotten += clear(app, &kept, names).await?;
    }
    Ok(forgotten)
}

/// Deletes the items of a shelf that name somebody.
async fn clear(app: &App, shelf: &Shelf<'_>, names: &[String]) -> anyhow::Result<u64> {
    let Some((filter, words)) = filter(shelf.attributes, names) else { return Ok(0) };
    let parts = shelf.attributes.iter().flat_map(|path| path.split('.'));
    let parts: HashMap<String, String> = parts.map(|part| (format!("#{part}"), part.to_owned())).collect();
    let projection = shelf.attributes.iter().fold("pk, sk".to_owned(), |all, path| format!("{all}, {}", placed(path)));
    let (mut start, mut cleared) = (None::<Item>, 0);
    loop {
        let query = app.dynamodb.query().table_name(&app.config.control_table);
        let query = query.projection_expression(&projection).filter_expression(&filter).set_exclusive_start_key(start);
        let query = query.set_expression_attribute_names(Some(parts.clone()));
        let query = match shelf.begins_with {
            "" => query.key_condition_expression("pk = :pk"),
            prefix => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let query = query.expression_attribute_values(":pk", text(&shelf.pk));
        let query = words.iter().fold(query, |query, (at, word)| query.expression_attribute_values(at, word.clone()));
        let output = query.send().await.context("looking for what names a person")?;
        let is_named = |item: &Item| names.iter().any(|name| item.values().any(|value| says(value, name)));
        for mut item in output.items.unwrap_or_default().into_iter().filter(is_named) {
            item.retain(|attribute, _| matches!(attribute.as_str(), "pk" | "sk"));
            let delete = app.dynamodb.delete_item().table_name(&app.config.control_table).set_key(Some(item));
            delete.send().await.context("deleting what names a person")?;
            cleared += 1;
        }
        start = output.last_evaluated_key;
        if start.is_none() {
            return Ok(cleared);
        }
    }
}

/// A path with a placeholder for each of its names, some of which are reserved.
fn placed(path: &str) -> String {
    path.split('.').map(|part| format!("#{part}")).collect::<Vec<_>>().join(".")
}

/// Whether a value has this name in it as a word: not as a part of another number or id.
fn says(value: &AttributeValue, name: &str) -> bool {
    match value {
        AttributeValue::S(text) => text.match_indices(name).any(|(at, found)| {
            let is_part = |c: char| c.is_ascii_alphanumeric();
            !name.is_empty() && !text[..at].ends_with(is_part) && !text[at + found.len()..].starts_with(is_part)
        }),
        AttributeValue::M(parts) => parts.values().any(|part| says(part, name)),
        _ => false,
    }
}

/// Whether any of the attributes has any of the names in it; nothing where there is no name.
fn filter(attributes: &[&str], names: &[String]) -> Option<(String, HashMap<String, AttributeValue>)> {
    let known: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
    let words = known.iter().enumerate().map(|(at, name)| (format!(":name{at}"), text(*name))).collect();
    let paths = attributes.iter().map(|path| placed(path));
    let asked = paths.flat_map(|path| (0..known.len()).map(move |at| format!("contains({path}, :name{at})")));
    let filter = asked.collect::<Vec<_>>().join(" OR ");
    (!filter.is_empty()).then_some((filter, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_looked_for_in_every_attribute_and_no_name_in_none() {
        let names = ["5511987654321".to_owned(), String::new(), "US.7".to_owned()];
        let (filter, words) = filter(&["answer.body", "raw"], &names).unwrap();
        assert_eq!(
            filter,
            "contains(#answer.#body, :name0) OR contains(#answer.#body, :name1) OR \
             contains(#raw, :name0) OR contains(#raw, :name1)"
        );
        assert_eq!((words.len(), &words[":name1"]), (2, &text("US.7")));
        assert_eq!(super::filter(&["raw"], &[String::new()]), None);
    }

    #[test]
    fn a_name_is_a_word_and_no_part_of_another() {
        let body = text(r#"{"phone":"+5511987654321","userId":"US.77"}"#);
        let answer = AttributeValue::M(HashMap::from([("body".to_owned(), body.clone())]));
        assert!(says(&body, "5511987654321") && says(&answer, "US.77"));
        for other in ["551198765432", "11987654321", "US.7", ""] {
            assert!(!says(&answer, other), "{other}");
        }
    }
}
