//! Each recipient's own address of a campaign's tracked link: a token that names recipient and link, signed with a key of
//! the campaign's. Following one costs one read: the campaign, which holds the key and where its links lead.

use std::str::FromStr;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use campaigns::links::PATH;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use ulid::Ulid;
use wire::{CampaignId, TrackedLink, WorkspaceId};

/// Bytes of a signature: of 2^80 guesses one is right.
const SIGNATURE_BYTES: usize = 10;

/// Bytes of what is signed: workspace, campaign, link, recipient.
const NAMED_BYTES: usize = 4 + 16 + 1 + 4;

/// Stands for no recipient: what was tried is not counted.
const NOBODY: u32 = u32::MAX;

/// The links of a campaign.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinksRecord {
    /// Where recipients reach us, such as `https://go.example`.
    pub origin: String,
    /// Signs the tokens; hexadecimal.
    key: String,
    /// Where they lead.
    pub links: Vec<TrackedLink>,
}

impl std::fmt::Debug for LinksRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinksRecord").field("origin", &self.origin).field("links", &self.links).finish_non_exhaustive()
    }
}

impl LinksRecord {
    /// `key`: nobody else's.
    pub fn new(origin: String, key: [u8; 16], links: Vec<TrackedLink>) -> LinksRecord {
        LinksRecord { origin, key: hex::encode(key), links }
    }

    /// The addresses of one recipient, in the order of the links; nothing instead of an index: taps are not counted.
    pub fn addresses(
        &self,
        workspace: WorkspaceId,
        campaign: &CampaignId,
        index: Option<u64>,
    ) -> anyhow::Result<Vec<String>> {
        let recipient = index.and_then(|index| u32::try_from(index).ok()).unwrap_or(NOBODY);
        let address = |place: usize| {
            let link = u8::try_from(place).context("too many links")?;
            let token = Token { workspace, campaign: campaign.clone(), link, recipient };
            Ok(format!("{}{PATH}{}", self.origin, token.signed(&self.key)?))
        };
        (0..self.links.len()).map(address).collect()
    }
}

/// What a recipient's address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Whose campaign.
    pub workspace: WorkspaceId,
    /// The campaign.
    pub campaign: CampaignId,
    link: u8,
    recipient: u32,
}

/// A token whose signature is still to be checked: with the key of the campaign that it names.
pub(crate) struct Unchecked {
    /// What it says.
    pub token: Token,
    signature: Vec<u8>,
}

impl Token {
    /// The recipient's index; nothing where taps are not counted.
    pub fn index(&self) -> Option<u64> {
        (self.recipient != NOBODY).then_some(u64::from(self.recipient))
    }

    fn signed(&self, key: &str) -> anyhow::Result<String> {
        let mut bytes = self.named()?.to_vec();
        let signature = mac(key, &bytes)?.finalize().into_bytes();
        bytes.extend_from_slice(&signature[..SIGNATURE_BYTES]);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn named(&self) -> anyhow::Result<[u8; NAMED_BYTES]> {
        let workspace = u32::try_from(self.workspace.0).context("a workspace's number that is too large for a link")?;
        let campaign = Ulid::from_str(&self.campaign.0).ok().context("a campaign's id that is no ULID")?;
        let mut bytes = [0; NAMED_BYTES];
        bytes[..4].copy_from_slice(&workspace.to_be_bytes());
        bytes[4..20].copy_from_slice(&campaign.to_bytes());
        bytes[20] = self.link;
        bytes[21..].copy_from_slice(&self.recipient.to_be_bytes());
        Ok(bytes)
    }
}

impl Unchecked {
    /// Reads the last part of an address; nothing where it is none of ours.
    pub fn read(text: &str) -> Option<Unchecked> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (named, signature) = bytes.split_at_checked(NAMED_BYTES)?;
        let workspace = u32::from_be_bytes(named[..4].try_into().ok()?);
        let campaign = Ulid::from_bytes(named[4..20].try_into().ok()?);
        let token = Token {
            workspace: WorkspaceId(workspace.into()),
            campaign: CampaignId(campaign.to_string()),
            link: named[20],
            recipient: u32::from_be_bytes(named[21..].try_into().ok()?),
        };
        (signature.len() == SIGNATURE_BYTES).then(|| Unchecked { token, signature: signature.to_vec() })
    }

    /// Where it leads, if the campaign with these links signed it.
    pub fn target<'a>(&self, links: &'a LinksRecord) -> anyhow::Result<Option<&'a str>> {
        let is_ours = mac(&links.key, &self.token.named()?)?.verify_truncated_left(&self.signature).is_ok();
        let link = links.links.get(usize::from(self.token.link)).filter(|_| is_ours);
        Ok(link.map(|link| link.url.as_str()))
    }
}

fn mac(key: &str, bytes: &[u8]) -> anyhow::Result<Hmac<Sha256>> {
    let key = hex::decode(key).context("a campaign's key is not hexadecimal")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok().context("a campaign's key cannot be used")?;
    mac.update(b"link#");
    mac.update(bytes);
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPAIGN: &str = "01JD8ZQ0000000000000000000";

    fn links(key: u8) -> LinksRecord {
        let link = |name: &str| TrackedLink { name: name.into(), url: format!("https://shop.example/{name}") };
        LinksRecord::new("https://go.example".into(), [key; 16], vec![link("a"), link("b")])
    }

    fn token(links: &LinksRecord, index: Option<u64>) -> String {
        let addresses = links.addresses(WorkspaceId(7), &CampaignId(CAMPAIGN.into()), index).unwrap();
        addresses[1].strip_prefix("https://go.example/r/").unwrap().to_owned()
    }

    #[test]
    fn a_token_leads_to_its_link_and_names_its_recipient() {
        let links = links(1);
        let text = token(&links, Some(1_234_567));
        assert_eq!(text.len(), 47);
        let read = Unchecked::read(&text).unwrap();
        assert_eq!(read.target(&links).unwrap(), Some("https://shop.example/b"));
        assert_eq!((read.token.workspace, read.token.index()), (WorkspaceId(7), Some(1_234_567)));
        assert_eq!(read.token.campaign.0, CAMPAIGN);
        assert_eq!(Unchecked::read(&token(&links, None)).unwrap().token.index(), None);
    }

    #[test]
    fn what_the_campaign_did_not_sign_leads_nowhere() {
        let text = token(&links(1), Some(5));
        assert_eq!(Unchecked::read(&text).unwrap().target(&links(2)).unwrap(), None);
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[place] ^= 1;
            let forged = Unchecked::read(&URL_SAFE_NO_PAD.encode(forged)).unwrap();
            assert_eq!(forged.target(&links(1)).unwrap(), None, "byte {place}");
        }
        let shorter = URL_SAFE_NO_PAD.encode(&bytes[..bytes.len() - 1]);
        let longer = URL_SAFE_NO_PAD.encode([bytes, vec![0]].concat());
        for text in ["", "x", "%", "….", &shorter, &longer] {
            assert!(Unchecked::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        assert!(!format!("{:?}", links(0xAB)).contains("abab"));
    }
}
