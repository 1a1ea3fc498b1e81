//! A person as a row of a file: who, what became of the message and when, what it cost.

use campaigns::audience::Recipient;
use campaigns::message::MessageRecord;
use campaigns::phone::{Country, country_of};
use campaigns::rates::{Card, amount, billed_micros};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use wire::MessageState;

use crate::api::message_view;
use crate::storage::campaigns::CampaignRecord;

/// The first row. Names as in the API, where it has them.
pub(super) const COLUMNS: [&str; 21] = [
    "phone",
    "name",
    "country",
    "state",
    "code",
    "reason",
    "attempt",
    "claimedAt",
    "sentAt",
    "deliveredAt",
    "readAt",
    "failedAt",
    "repliedAt",
    "clickedAt",
    "optedOutAt",
    "variant",
    "chunk",
    "billedAs",
    "price",
    "currency",
    "replyText",
];

/// The cells of one person, in the order of [`COLUMNS`].
pub(super) type Row = [Cell; COLUMNS.len()];

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Words, or nothing.
    Text(String),
    /// A number, as it is written.
    Number(String),
}

impl Cell {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        let (Cell::Text(text) | Cell::Number(text)) = self;
        text
    }

    /// Words, where there are some.
    pub fn text(text: Option<String>) -> Cell {
        Cell::Text(text.unwrap_or_default())
    }

    /// A number, where there is one.
    pub fn number(number: Option<impl ToString>) -> Cell {
        number.map_or_else(|| Cell::Text(String::new()), |number| Cell::Number(number.to_string()))
    }

    /// A time, where there is one.
    pub fn time(at: Option<DateTime<Utc>>) -> Cell {
        Cell::text(at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)))
    }
}

/// What rows are made by.
pub(super) struct Rows<'a> {
    pub campaign: &'a CampaignRecord,
    pub card: &'a Card,
    /// The day whose rates hold.
    pub on: NaiveDate,
    /// Milliseconds since 1970.
    pub now: i64,
    /// For how long words of replies are shown, in milliseconds.
    pub replies_kept_ms: i64,
}

impl Rows<'_> {
    /// The row of a person; without a message the person was not tried yet.
    pub fn row(&self, index: u64, person: &Recipient, message: Option<&MessageRecord>) -> Row {
        let shown = message_view::message(index, person, message, (self.now, self.replies_kept_ms));
        let country = country_of(&person.phone).map_or("", Country::as_str);
        let is_on_phone = matches!(shown.state, MessageState::Delivered | MessageState::Read);
        let price = message.and_then(|message| message.price.as_ref()).filter(|_| is_on_phone);
        let micros = price.and_then(|price| billed_micros(self.card, country, &price.counted_as(), self.on));
        let opted_out_at = message.and_then(|message| message.opted_out_at);
        [
            Cell::Text(shown.phone),
            Cell::Text(shown.name),
            Cell::Text(country.to_owned()),
            Cell::Text(state_name(shown.state).to_owned()),
            Cell::number(shown.code),
            Cell::text(shown.reason),
            Cell::number(Some(shown.attempt)),
            Cell::time(shown.claimed_at),
            Cell::time(shown.sent_at),
            Cell::time(shown.delivered_at),
            Cell::time(shown.read_at),
            Cell::time(shown.failed_at),
            Cell::time(shown.replied_at),
            Cell::time(shown.clicked_at),
            Cell::time(opted_out_at.and_then(DateTime::from_timestamp_millis)),
            Cell::text(self.variant(index)),
            Cell::number(Some(self.campaign.plan().chunk_of(index))),
            Cell::text(price.map(campaigns::price::Price::counted_as)),
            Cell::number(micros.map(amount)),
            Cell::text(micros.map(|_| self.card.currency.clone())),
            Cell::text(shown.reply_text),
        ]
    }

    /// The name of the wording, where there are several.
    fn variant(&self, index: u64) -> Option<String> {
        let first = self.campaign.first_variant.as_ref()?;
        let place = usize::try_from(self.campaign.variant_of(index)?).ok()?;
        let others = self.campaign.variants.iter().map(|other| &other.name);
        std::iter::once(first).chain(others).nth(place).cloned()
    }
}

/// As the API writes it.
fn state_name(state: MessageState) -> &'static str {
    match state {
        MessageState::Untouched => "untouched",
        MessageState::Claimed => "claimed",
        MessageState::Retry => "retry",
        MessageState::Skipped => "skipped",
        MessageState::Unknown => "unknown",
        MessageState::Accepted => "accepted",
        MessageState::Held => "held",
        MessageState::Sent => "sent",
        MessageState::Failed => "failed",
        MessageState::Delivered => "delivered",
        MessageState::Read => "read",
    }
}
