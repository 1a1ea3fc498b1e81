//! What is told of an attempt: by the sender that made it, and by WhatsApp.

use crate::price::Price;

/// The outcome of one attempt, as the sender saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// WhatsApp answered 200.
    Accepted {
        /// Meta's id of the message.
        wamid: String,
        /// Whether it is held back for a check of quality.
        held: bool,
    },
    /// WhatsApp said no, and trying again does not help.
    Failed {
        /// Meta's code.
        code: u32,
    },
    /// WhatsApp said no, or could not be reached, and the message was certainly not sent.
    Retry {
        /// Meta's code; nothing when the request never left.
        code: Option<u32>,
        /// Milliseconds since 1970.
        not_before: i64,
        /// What the wait uses up.
        step: Step,
    },
    /// Nobody knows: a timeout, a broken connection, a 5xx that does not say "not sent".
    Unknown,
}

/// What a wait for another attempt uses up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the request never left.
    Nothing,
    /// One of the tries in a row.
    Try,
    /// One of the campaign's rounds; the tries begin anew.
    Round,
}

/// One status of WhatsApp's webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The attempt it speaks of.
    pub attempt: u32,
    /// How far the message got.
    pub status: ReceiptStatus,
    /// Milliseconds since 1970, as WhatsApp dates it.
    pub at: i64,
    /// Meta's id of the message.
    pub wamid: String,
    /// What it is billed as, where the status says so.
    pub price: Option<Price>,
}

/// How far WhatsApp says that a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It left.
    Sent,
    /// It is on the phone.
    Delivered,
    /// It was read (or, for voice, played).
    Read,
    /// It will not arrive.
    Failed {
        /// Meta's code.
        code: u32,
    },
}
