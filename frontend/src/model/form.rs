//! The wizard's form: from what was typed to the request, by the API's own rules.

use campaigns::creation;
use chrono::{DateTime, Utc};
use wire::{AttestConsent, AudienceId, Campaign, CreateCampaign, CreateVariant, FieldError, StartCampaign};

use super::draft::time;
use super::follow_up::FollowUp;
use super::pace::{PaceText, may_part_thousands, seconds};
use super::spot::{is_told_twice, split};
use super::timing::TimingText;
use super::wording::Asked;
use crate::t;

/// What should become of the campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Be made and start at once.
    Start,
    /// Be made and start by itself.
    Schedule,
    /// Be made and wait.
    Draft,
}

/// Where the people come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A contacts file.
    File,
    /// A list over the contact book.
    List,
}

/// Whether the campaign starts now or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// When the button is pressed.
    Now,
    /// At a time.
    Later,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// The campaign's name.
    pub name: String,
    /// The chosen channel; empty for none.
    pub channel_id: String,
    /// What it says, in one wording or more.
    pub wordings: Vec<Asked>,
    /// Its tracked links and what is done with answers.
    pub follow_up: FollowUp,
    /// What is known of the people, and the links behind it; empty before anything is.
    pub columns: Vec<String>,
    /// Whether people who cannot be filled in are left out.
    pub skip_unfilled: bool,
    /// The pace.
    pub pace: PaceText,
    /// When it may send, beside its pace.
    pub timing: TimingText,
    /// The time to start at, if one was typed that exists.
    pub scheduled_to: Option<DateTime<Utc>>,
    /// The most that it may cost; empty for no bound.
    pub spend_cap: String,
    /// Whether somebody answers for it that the people agreed.
    pub attests: bool,
    /// How and where they agreed; empty for nothing.
    pub statement: String,
}

/// An amount as it was typed, a decimal comma as a point. Nothing where there is none, or where it may have a mark
/// between its thousands: a comma before three digits (`1,200`), or a point there where decimals follow a comma.
pub fn amount(text: &str) -> Option<String> {
    amount_with(text, t::decimal_mark())
}

fn amount_with(text: &str, decimal_mark: &str) -> Option<String> {
    let text = text.trim();
    let split = text.rsplit_once(',');
    let has_three_places = split.is_some_and(|(_, places)| places.len() == 3);
    if text.is_empty() || has_three_places || may_part_thousands(text, decimal_mark) {
        return None;
    }
    Some(split.map_or_else(|| text.to_owned(), |(whole, places)| format!("{whole}.{places}")))
}

/// What somebody says who answers for the people: his own words, or else those that he saw.
fn attestation(statement: &str) -> AttestConsent {
    let own = Some(statement.trim()).filter(|own| !own.is_empty());
    AttestConsent { statement: Some(own.unwrap_or(t::these_people_agreed()).to_owned()) }
}

/// The own words of what was said; empty where there are none, in whatever language the others were seen.
pub fn own_words(said: Option<&AttestConsent>) -> String {
    let seen = [
        t::these_people_agreed_in_english(),
        t::these_people_agreed_in_portuguese(),
        t::these_people_agreed_in_spanish(),
    ];
    let statement = said.and_then(|said| said.statement.clone()).unwrap_or_default();
    if seen.contains(&statement.as_str()) { String::new() } else { statement }
}

/// A start by somebody who was asked whether the people agreed, where nobody was before, and what he said of it.
pub fn attested_start(campaign: &Campaign, statement: &str) -> StartCampaign {
    let consent_attestation = campaign.consent_attestation.is_none().then(|| attestation(statement));
    StartCampaign { consent_attestation, ..StartCampaign::default() }
}

impl Form {
    /// The request, or every field that is wrong.
    pub fn request(
        &self,
        audience: &AudienceId,
        wish: Wish,
        now: DateTime<Utc>,
    ) -> Result<CreateCampaign, Vec<FieldError>> {
        let mut faults = self.own_faults(wish);
        let request = self.assembled(audience, wish);
        let mut others = self.at_elements(creation::parse(&request, now).err().unwrap_or_default());
        others.extend(self.of_wordings(|wording| {
            let faults = wording.checked(&self.columns).into_iter();
            faults.map(|fault| FieldError { field: wording.at_element(&fault.field), ..fault }).collect()
        }));
        for other in others {
            if !faults.iter().any(|fault| is_told_twice(fault, &other)) {
                faults.push(other);
            }
        }
        if faults.is_empty() { Ok(request) } else { Err(faults) }
    }

    /// Faults with the fields that the API names as the page names them.
    pub fn at_elements(&self, faults: Vec<FieldError>) -> Vec<FieldError> {
        let named = |fault: FieldError| {
            let (wording, rest) = split(&fault.field);
            let place = wording.unwrap_or_default();
            let own = self.follow_up.at_element(rest);
            let element = self.wordings.get(place).map_or_else(|| own.clone(), |asked| asked.at_element(&own));
            let prefix = wording.map(|place| format!("variants.{place}.")).unwrap_or_default();
            FieldError { field: format!("{prefix}{element}"), message: fault.message }
        };
        faults.into_iter().map(named).collect()
    }

    /// The faults of all wordings, each named after its wording where there are several.
    fn of_wordings(&self, faults: impl Fn(&Asked) -> Vec<FieldError>) -> Vec<FieldError> {
        let is_one = self.wordings.len() == 1;
        let named = |(place, asked): (usize, &Asked)| {
            let prefix = if is_one { String::new() } else { format!("variants.{place}.") };
            let at = move |fault: FieldError| FieldError { field: format!("{prefix}{}", fault.field), ..fault };
            faults(asked).into_iter().map(at).collect::<Vec<_>>()
        };
        self.wordings.iter().enumerate().flat_map(named).collect()
    }

    /// What the rules of the API cannot see, or say in a way that is meant for programs.
    fn own_faults(&self, wish: Wish) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut require = |good: bool, field: &str, message: &str| {
            if !good {
                faults.push(FieldError { field: field.to_owned(), message: message.to_owned() });
            }
        };
        require(!self.name.trim().is_empty(), "name", t::give_the_campaign_a_name());
        require(!self.channel_id.is_empty(), "channelId", t::choose_the_number_that_sends());
        require(wish == Wish::Draft || self.attests, "consentAttestation", t::say_that_they_agreed());
        require(wish != Wish::Schedule || self.scheduled_to.is_some(), "scheduledTo", t::give_the_day_and_the());
        let pace = &self.pace;
        require(pace.chunk_size.trim().parse::<u64>().is_ok(), "chunkSize", t::give_a_whole_number_at());
        for (text, field) in [
            (&pace.between_chunks, "secondsBetweenChunks"),
            (&pace.min_gap, "minSecondsBetweenMessages"),
            (&pace.max_gap, "maxSecondsBetweenMessages"),
        ] {
            require(seconds(text).is_some(), field, t::give_a_number_of_seconds());
        }
        require(self.timing.has_days(), "durationDays", t::give_a_whole_number_at());
        let is_plain = self.spend_cap.trim().is_empty() || amount(&self.spend_cap).is_some();
        require(is_plain, "spendCap", t::write_an_amount_plainly());
        faults.extend(self.of_wordings(Asked::faults));
        faults
    }

    /// The request as far as it is filled in.
    pub fn assembled(&self, audience: &AudienceId, wish: Wish) -> CreateCampaign {
        let scheduled_to = match wish {
            Wish::Schedule => self.scheduled_to.map(time),
            Wish::Start | Wish::Draft => None,
        };
        let mut wordings: Vec<CreateVariant> = self.wordings.iter().map(Asked::variant).collect();
        let single = if wordings.len() == 1 { wordings.pop() } else { None }.unwrap_or_default();
        let cap = Some(self.spend_cap.trim()).filter(|typed| !typed.is_empty());
        let request = CreateCampaign {
            name: self.name.trim().to_owned(),
            channel_id: self.channel_id.clone(),
            audience_id: Some(audience.clone()),
            scheduled_to,
            chunk_size: self.pace.chunk_size.trim().parse().ok(),
            seconds_between_chunks: seconds(&self.pace.between_chunks),
            min_seconds_between_messages: seconds(&self.pace.min_gap),
            max_seconds_between_messages: seconds(&self.pace.max_gap),
            template: single.template,
            message: single.message,
            assets_urls: single.assets_urls,
            variants: wordings,
            skip_unfilled: self.skip_unfilled.then_some(true),
            spend_cap: cap.map(|typed| amount(typed).unwrap_or_else(|| typed.to_owned())),
            consent_attestation: self.attests.then(|| attestation(&self.statement)),
            ..CreateCampaign::default()
        };
        self.follow_up.put(self.timing.put(request))
    }
}

#[cfg(test)]
mod tests {
    use wire::{Template, TrackedLink};

    use super::super::pace::Preset;
    use super::super::wording::WordingText;
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-22T10:00:00Z").unwrap().with_timezone(&Utc)
    }

    fn audience() -> AudienceId {
        AudienceId("01JD8ZQ0000000000000000000".into())
    }

    fn wording(name: &str) -> Asked {
        let template = Template {
            name: name.into(),
            language: "en".into(),
            status: "APPROVED".into(),
            body: "Hi".into(),
            ..Template::default()
        };
        Asked { text: WordingText::default(), template: Some(template), offer_expires_at: None }
    }

    fn unsaid() -> Asked {
        Asked { template: None, ..wording("") }
    }

    fn form() -> Form {
        Form {
            name: " Spring ".into(),
            channel_id: "main".into(),
            wordings: vec![wording("promo")],
            follow_up: FollowUp::default(),
            columns: vec!["Phone".into()],
            skip_unfilled: false,
            pace: Preset::Steady.text(),
            timing: TimingText::new("UTC".into()),
            scheduled_to: Some(now() + chrono::Duration::days(1)),
            spend_cap: " ".into(),
            attests: true,
            statement: String::new(),
        }
    }

    fn faults(form: &Form, wish: Wish) -> Vec<String> {
        form.request(&audience(), wish, now()).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn a_filled_form_becomes_a_request() {
        let request = form().request(&audience(), Wish::Start, now()).unwrap();
        assert_eq!((request.name.as_str(), request.chunk_size, request.scheduled_to), ("Spring", Some(500), None));
        assert_eq!(request.min_seconds_between_messages, Some(0.5));
    }

    #[test]
    fn nothing_is_sent_before_somebody_answers_for_its_people() {
        let unsaid = Form { attests: false, ..form() };
        for wish in [Wish::Start, Wish::Schedule] {
            assert_eq!(faults(&unsaid, wish), ["consentAttestation"]);
        }
        assert_eq!(unsaid.request(&audience(), Wish::Draft, now()).unwrap().consent_attestation, None);
        let said = form().request(&audience(), Wish::Start, now()).unwrap().consent_attestation.unwrap();
        assert_eq!(said.statement.as_deref(), Some("These people agreed to receive these messages from us"));
        assert_eq!(own_words(Some(&said)), "");
        let noted = Form { statement: " At the fair ".into(), ..form() };
        let said = noted.request(&audience(), Wish::Start, now()).unwrap().consent_attestation.unwrap();
        assert_eq!((said.statement.as_deref(), own_words(Some(&said)).as_str()), (Some("At the fair"), "At the fair"));
        assert_eq!(own_words(None), "");
    }

    #[test]
    fn only_a_schedule_carries_its_time() {
        let request = form().request(&audience(), Wish::Schedule, now()).unwrap();
        assert_eq!(request.scheduled_to.as_deref(), Some("2026-11-23T10:00:00Z"));
        assert_eq!(form().request(&audience(), Wish::Draft, now()).unwrap().scheduled_to, None);
        assert_eq!(faults(&Form { scheduled_to: None, ..form() }, Wish::Schedule), ["scheduledTo"]);
    }

    #[test]
    fn a_spend_cap_is_an_amount_or_none() {
        let request = |form: Form| form.request(&audience(), Wish::Draft, now()).unwrap();
        assert_eq!(request(form()).spend_cap, None);
        assert_eq!(request(Form { spend_cap: " 12.50".into(), ..form() }).spend_cap.as_deref(), Some("12.50"));
        assert_eq!(request(Form { spend_cap: "12,50 ".into(), ..form() }).spend_cap.as_deref(), Some("12.50"));
        for wrong in ["a lot", "1,200", "1.204,50"] {
            assert_eq!(faults(&Form { spend_cap: wrong.into(), ..form() }, Wish::Draft), ["spendCap"], "{wrong}");
        }
    }

    #[test]
    fn an_amount_that_may_have_a_mark_between_its_thousands_is_none() {
        assert_eq!(amount_with(" 1200.50 ", ",").as_deref(), Some("1200.50"));
        assert_eq!(amount_with("1200,50", ",").as_deref(), Some("1200.50"));
        assert_eq!(amount_with("1.200", ".").as_deref(), Some("1.200"));
        for (text, decimal_mark) in [("1.200", ","), ("1,200", ","), ("1,200", "."), (" ", ".")] {
            assert_eq!(amount_with(text, decimal_mark), None, "{text}");
        }
    }

    #[test]
    fn the_words_that_everybody_sees_are_nobodys_own_in_any_language() {
        for (seen, texts) in [
            (t::these_people_agreed_in_english(), include_str!("../../locales/en.json")),
            (t::these_people_agreed_in_portuguese(), include_str!("../../locales/pt-BR.json")),
            (t::these_people_agreed_in_spanish(), include_str!("../../locales/es.json")),
        ] {
            let texts: serde_json::Value = serde_json::from_str(texts).unwrap();
            assert_eq!(texts["these_people_agreed"], seen);
            assert_eq!(own_words(Some(&AttestConsent { statement: Some(seen.to_owned()) })), "");
        }
    }

    #[test]
    fn every_fault_is_named_once() {
        let pace = PaceText { chunk_size: "".into(), max_gap: "0.1".into(), ..Preset::Steady.text() };
        let empty = Form { name: " ".into(), channel_id: "".into(), wordings: vec![unsaid()], pace, ..form() };
        let expected = ["name", "channelId", "chunkSize", "template", "maxSecondsBetweenMessages"];
        assert_eq!(faults(&empty, Wish::Start), expected);
    }

    #[test]
    fn a_wrong_time_zone_is_told_once() {
        let mut timing = TimingText { in_hours: true, at_night: true, ..TimingText::new("Nowhere".into()) };
        assert_eq!(faults(&Form { timing: timing.clone(), ..form() }, Wish::Draft).len(), 1);
        timing.hours.time_zone = "UTC".into();
        assert!(Form { timing, ..form() }.request(&audience(), Wish::Draft, now()).is_ok());
    }

    #[test]
    fn several_wordings_are_variants_and_their_faults_say_which() {
        let two = Form { wordings: vec![wording("a"), wording("b")], ..form() };
        let request = two.request(&audience(), Wish::Draft, now()).unwrap();
        assert_eq!((request.template, request.variants.len()), (None, 2));
        let half = Form { wordings: vec![wording("a"), unsaid()], ..form() };
        assert_eq!(faults(&half, Wish::Draft), ["variants.1.template"]);
    }

    #[test]
    fn links_and_reply_rules_go_with_it_and_what_is_wrong_stands_at_its_field() {
        let link = |name: &str, url: &str| TrackedLink { name: name.into(), url: url.into() };
        let follow_up = FollowUp {
            links: vec![link("", ""), link("shop", "https://shop.example")],
            answer: "Thank you!".into(),
            ..FollowUp::default()
        };
        let request = Form { follow_up: follow_up.clone(), ..form() }.request(&audience(), Wish::Draft, now()).unwrap();
        assert_eq!(request.links, [link("shop", "https://shop.example")]);
        assert_eq!(request.replies.and_then(|rules| rules.answer).as_deref(), Some("Thank you!"));
        let links = vec![link("", ""), link("Shop", "shop.example")];
        let wrong = FollowUp { links, label: "a;b".into(), ..follow_up };
        let found = faults(&Form { follow_up: wrong, ..form() }, Wish::Draft);
        let expected = ["links.1.name", "links.1.url", "replies.label"];
        assert!(expected.iter().all(|field| found.iter().any(|found| found == field)), "{found:?}");
        assert_eq!(found.len(), expected.len(), "{found:?}");
    }

    #[test]
    fn people_are_left_out_only_when_that_is_wished() {
        let request = |form: Form| form.request(&audience(), Wish::Draft, now()).unwrap();
        assert_eq!(request(form()).skip_unfilled, None);
        assert_eq!(request(Form { skip_unfilled: true, ..form() }).skip_unfilled, Some(true));
    }
}
