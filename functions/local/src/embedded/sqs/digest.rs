//! The two MD5 digests a queue answers with, as AWS computes them, so a
//! client can check that its message arrived unchanged.

use md5::{Digest, Md5};
use serde_json::{Map, Value};

/// The digest of a message's body, in hexadecimal.
pub(super) fn of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// The digest over a message's attributes sorted by name: each length-prefixed
/// name and type, one byte for the kind of value, then the value; `None`
/// without attributes or when one is malformed.
pub(super) fn of_attributes(attributes: &Map<String, Value>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut names: Vec<&String> = attributes.keys().collect();
    names.sort_unstable();
    let mut hasher = Md5::new();
    for name in names {
        let attribute = attributes.get(name)?;
        let data_type = attribute.get("DataType")?.as_str()?;
        add(&mut hasher, name.as_bytes());
        add(&mut hasher, data_type.as_bytes());
        if data_type.starts_with("Binary") {
            let encoded = attribute.get("BinaryValue")?.as_str()?;
            hasher.update([2]);
            add(&mut hasher, &aws_smithy_types::base64::decode(encoded).ok()?);
        } else {
            hasher.update([1]);
            add(&mut hasher, attribute.get("StringValue")?.as_str()?.as_bytes());
        }
    }
    Some(hex::encode(hasher.finalize()))
}

fn add(hasher: &mut Md5, bytes: &[u8]) {
    // A message is at most 1 MiB, so its parts' lengths fit.
    hasher.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    hasher.update(bytes);
}
