//! Names of people that say nothing of them: keyed hashes, under a key that each workspace has of its own. What must be
//! remembered of somebody who was erased is remembered under such a name.

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use wire::WorkspaceId;

use super::table::{self, Written};
use crate::App;

/// Bytes of a name: of a billion people no two have the same.
const NAME_BYTES: usize = 16;

/// A name as bytes, half as long as in a key of the table.
pub type NameBytes = [u8; NAME_BYTES];

/// The bytes of a name of 32 hexadecimal digits; nothing for any other text.
pub fn bytes_of(name: &str) -> Option<NameBytes> {
    hex::decode(name).ok()?.try_into().ok()
}

/// The key of a workspace, and what it makes of people.
#[derive(Clone)]
pub struct PersonKeys([u8; 32]);

#[derive(Serialize, Deserialize)]
struct Record {
    key: String,
}

impl PersonKeys {
    /// The name of the person with this canonical phone: 32 hexadecimal digits.
    pub fn of_phone(&self, canonical_phone: &str) -> anyhow::Result<String> {
        Ok(hex::encode(self.bytes("phone", canonical_phone)?))
    }

    /// The name of a person of whom only WhatsApp's user id is known.
    pub fn of_user_id(&self, user_id: &str) -> anyhow::Result<String> {
        Ok(hex::encode(self.bytes("user", user_id)?))
    }

    /// The name of the person with this canonical phone, as bytes.
    pub fn bytes_of_phone(&self, canonical_phone: &str) -> anyhow::Result<NameBytes> {
        self.bytes("phone", canonical_phone)
    }

    fn bytes(&self, kind: &str, text: &str) -> anyhow::Result<NameBytes> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok().context("a workspace's key cannot be used")?;
        mac.update(kind.as_bytes());
        mac.update(b"#");
        mac.update(text.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&digest[..NAME_BYTES]);
        Ok(name)
    }
}

impl std::fmt::Debug for PersonKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonKeys")
    }
}

/// The keys of a workspace; made when they are first asked for, and never changed.
pub async fn of(app: &App, workspace: WorkspaceId) -> anyhow::Result<PersonKeys> {
    if let Some(keys) = app.known.keys(workspace) {
        return Ok(keys);
    }
    let keys = match read(app, workspace).await? {
        Some(keys) => keys,
        None => make(app, workspace).await?,
    };
    app.known.learn_keys(workspace, &keys);
    Ok(keys)
}

fn key(workspace: WorkspaceId) -> (String, &'static str) {
    (format!("workspace#{workspace}"), "personKey")
}

async fn read(app: &App, workspace: WorkspaceId) -> anyhow::Result<Option<PersonKeys>> {
    let (pk, sk) = key(workspace);
    let Some(record) = table::get::<Record>(&app.dynamodb, &app.config.control_table, &pk, sk).await? else {
        return Ok(None);
    };
    let bytes = hex::decode(record.key).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(Some(PersonKeys(bytes.context("a workspace's key is not 32 bytes")?)))
}

/// Of several who make it at once, one does; the others read his.
async fn make(app: &App, workspace: WorkspaceId) -> anyhow::Result<PersonKeys> {
    let (pk, sk) = key(workspace);
    let bytes = app.chance.bytes::<32>()?;
    let item = table::to_item(&Record { key: hex::encode(bytes) }, &pk, sk)?;
    let put = app.dynamodb.put_item().table_name(&app.config.control_table).set_item(Some(item));
    let put = put.condition_expression("attribute_not_exists(pk)");
    match table::written(put.send().await, "making a workspace's key")? {
        Written::Done => Ok(PersonKeys(bytes)),
        Written::ConditionFailed => {
            read(app, workspace).await?.context("a workspace's key stands there and is not found")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_stable_and_of_its_workspace_and_kind() {
        let keys = PersonKeys([7; 32]);
        let name = keys.of_phone("5511987654321").unwrap();
        assert_eq!((name.len(), &name), (32, &keys.of_phone("5511987654321").unwrap()));
        assert_eq!(bytes_of(&name), Some(keys.bytes_of_phone("5511987654321").unwrap()));
        assert_eq!((bytes_of("5511987654321"), bytes_of("")), (None, None));
        assert_ne!(name, keys.of_user_id("5511987654321").unwrap());
        assert_ne!(name, PersonKeys([8; 32]).of_phone("5511987654321").unwrap());
        assert!(!format!("{keys:?}").contains('7'));
    }
}
