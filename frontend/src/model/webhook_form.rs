//! The form of a new webhook, and what each event is called.

use wire::{CreateWebhook, FieldError, WebhookEventKind};

use crate::t;

/// Events that can be asked for, in the order of a campaign's life; a try is told to every webhook.
pub const EVENTS: [WebhookEventKind; 14] = [
    WebhookEventKind::CampaignStarted,
    WebhookEventKind::CampaignPaused,
    WebhookEventKind::CampaignResumed,
    WebhookEventKind::CampaignCompleted,
    WebhookEventKind::CampaignFailed,
    WebhookEventKind::CampaignCancelled,
    WebhookEventKind::MessageAccepted,
    WebhookEventKind::MessageDelivered,
    WebhookEventKind::MessageRead,
    WebhookEventKind::MessageFailed,
    WebhookEventKind::ReplyReceived,
    WebhookEventKind::ContactOptedOut,
    WebhookEventKind::ChannelAlert,
    WebhookEventKind::TemplateAlert,
];

/// The event in words.
pub fn words(kind: WebhookEventKind) -> &'static str {
    match kind {
        WebhookEventKind::CampaignStarted => t::event_campaign_started(),
        WebhookEventKind::CampaignPaused => t::event_campaign_paused(),
        WebhookEventKind::CampaignResumed => t::event_campaign_resumed(),
        WebhookEventKind::CampaignCompleted => t::event_campaign_completed(),
        WebhookEventKind::CampaignFailed => t::event_campaign_failed(),
        WebhookEventKind::CampaignCancelled => t::event_campaign_cancelled(),
        WebhookEventKind::MessageAccepted => t::event_message_accepted(),
        WebhookEventKind::MessageDelivered => t::event_message_delivered(),
        WebhookEventKind::MessageRead => t::event_message_read(),
        WebhookEventKind::MessageFailed => t::event_message_failed(),
        WebhookEventKind::ReplyReceived => t::event_reply_received(),
        WebhookEventKind::ContactOptedOut => t::event_contact_opted_out(),
        WebhookEventKind::ChannelAlert => t::event_channel_alert(),
        WebhookEventKind::TemplateAlert => t::event_template_alert(),
        WebhookEventKind::WebhookTest => t::event_webhook_test(),
    }
}

/// What was typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookForm {
    /// Where events go.
    pub url: String,
    /// For people.
    pub description: String,
    /// Which events.
    pub events: Vec<WebhookEventKind>,
}

impl WebhookForm {
    /// Wants this event, or no longer.
    pub fn want(&mut self, kind: WebhookEventKind, wanted: bool) {
        self.events.retain(|known| *known != kind);
        if wanted {
            self.events.push(kind);
        }
    }

    /// What is asked of the API, or what is missing.
    pub fn request(&self) -> Result<CreateWebhook, Vec<FieldError>> {
        let mut faults = Vec::new();
        let url = self.url.trim();
        if !url.starts_with("https://") {
            faults.push(FieldError { field: "url".to_owned(), message: t::webhook_address_hint().to_owned() });
        }
        if self.events.is_empty() {
            faults.push(FieldError { field: "events".to_owned(), message: t::choose_at_least_one().to_owned() });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let events = EVENTS.into_iter().filter(|kind| self.events.contains(kind)).collect();
        Ok(CreateWebhook { url: url.to_owned(), events, description: self.description.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_an_event_are_needed() {
        let fields = |form: &WebhookForm| {
            let faults = form.request().err().unwrap_or_default();
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(&WebhookForm::default()), ["url", "events"]);
        let mut form = WebhookForm { url: " https://example.com/hook ".to_owned(), ..WebhookForm::default() };
        assert_eq!(fields(&form), ["events"]);
        form.want(WebhookEventKind::MessageRead, true);
        form.want(WebhookEventKind::CampaignStarted, true);
        form.want(WebhookEventKind::CampaignStarted, true);
        let request = form.request().unwrap();
        assert_eq!(request.url, "https://example.com/hook");
        assert_eq!(request.events, [WebhookEventKind::CampaignStarted, WebhookEventKind::MessageRead]);
        form.want(WebhookEventKind::CampaignStarted, false);
        assert_eq!(form.request().unwrap().events, [WebhookEventKind::MessageRead]);
    }

    #[test]
    fn each_event_has_words_of_its_own() {
        let mut all = EVENTS.map(words);
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
