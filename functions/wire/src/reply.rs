//! What a campaign does by itself when somebody answers it.

use serde::{Deserialize, Serialize};

use crate::WebhookId;

/// What is done when somebody answers a campaign's message; at least one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ReplyRules {
    /// Put on the contact, if the contact book has the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 40))]
    pub label: Option<String>,
    /// Sent as an answer, once to each person in each campaign, if it is written to within 24 hours; never to somebody who
    /// wants no messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 1000))]
    pub answer: Option<String>,
    /// A webhook that is told of every such reply (`reply.received`), whatever else it wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<WebhookId>,
}
