//! Names of things. Opaque to clients; a type each, so that one cannot stand where another belongs.

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as it stands in URLs and keys.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A campaign: 26 characters, sortable by the time of creation (ULID).
    CampaignId
}
text_id! {
    /// An audience, and the upload that it was made from: 26 characters (ULID).
    AudienceId
}
text_id! {
    /// A channel: a WhatsApp number that sends.
    ChannelId
}

text_id! {
    /// A list, a saved filter over contacts: 26 characters, sortable by the time of creation (ULID).
    ListId
}
text_id! {
    /// Saved business hours: 26 characters, sortable by the time of creation (ULID).
    HoursId
}
text_id! {
    /// A file of contacts that was asked for: 26 characters (ULID).
    ExportId
}

text_id! {
    /// Somebody who works in a workspace: 26 characters (ULID), or `owner` for the first one.
    MemberId
}
text_id! {
    /// A token for another system, not the token itself: 26 characters (ULID).
    TokenId
}

text_id! {
    /// A webhook that gets events: 26 characters (ULID).
    WebhookId
}
text_id! {
    /// An event on its way to a webhook: 26 characters, sortable by the time of what happened (ULID).
    DeliveryId
}

text_id! {
    /// A notice to the people of a workspace: 26 characters, sortable by the time of what happened (ULID).
    NoticeId
}

/// One customer's walls. A number, as the v3 API has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct WorkspaceId(pub u64);

impl std::fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
