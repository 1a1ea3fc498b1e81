//! What was asked for before, back in the form: a campaign that has not begun, or what this browser kept. And what is
//! different once it was changed.

use std::collections::BTreeMap;

use campaigns::creation;
use chrono::{DateTime, Utc};
use reader::Sheet;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::{
    AttestConsent, AudienceId, ButtonContent, Campaign, CampaignId, CardContent, CreateCampaign, CreateVariant,
    EditCampaign, HeaderFormat, MediaKind, MediaSource, ParameterSource, PriceEstimate, Template, TemplateContent,
};

use super::attachment::{Attachment, Slot, Upload};
use super::filling::{Choice, Datum, Filling, Form, Part};
use super::form::own_words;
use super::wording::{Asked, Says, WordingText, format_of};
use crate::t;

/// What this browser keeps of a form that was left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Whose it is: a workspace and a member of it.
    pub whose: String,
    /// Whether its people were to be taken from a list.
    pub from_list: bool,
    /// What the form asked for, its audience as far as there was one.
    pub asked: CreateCampaign,
    /// The list that was chosen; empty for none.
    pub list_id: String,
    /// The time that was chosen for later.
    pub starts: String,
    /// How and where the people agreed, as it was typed; empty for nothing.
    #[serde(default)]
    pub statement: String,
}

/// A campaign that is changed in the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Which one.
    pub id: CampaignId,
    /// What was said of its people; nothing where nobody answered for them.
    pub attestation: Option<AttestConsent>,
    /// What the form asks for as long as nothing is changed.
    pub before: CreateCampaign,
    /// Whether the message holds what the form cannot show: it stays as long as the message is not changed.
    pub is_more: bool,
}

/// A time as a request has it.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// What a campaign was made with, as far as the form knows it.
pub fn asked_for(campaign: &Campaign) -> CreateCampaign {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let single = campaign.variants.is_empty();
    let template = Some(campaign.template.clone()).filter(|template| single && !template.name.is_empty());
    let variant = |variant: &wire::Variant| CreateVariant {
        name: given(&variant.name),
        template: variant.template.clone(),
        message: given(&variant.message),
        assets_urls: variant.assets_urls.clone(),
    };
    CreateCampaign {
        name: campaign.name.clone(),
        channel_id: campaign.channel_id.to_string(),
        audience_id: Some(campaign.audience_id.clone()),
        scheduled_to: campaign.scheduled_to.map(time),
        chunk_size: Some(campaign.chunk_size),
        seconds_between_chunks: Some(campaign.seconds_between_chunks),
        min_seconds_between_messages: Some(campaign.min_seconds_between_messages),
        max_seconds_between_messages: Some(campaign.max_seconds_between_messages),
        retry_rounds: Some(campaign.retry_rounds).filter(|rounds| *rounds > 0),
        business_hours: campaign.business_hours.clone(),
        quiet_hours: campaign.quiet_hours.clone(),
        duration_days: campaign.duration_days,
        time_zone: campaign.time_zone.clone(),
        // One in another currency than prices are by now is typed anew.
        spend_cap: campaign
            .spending
            .as_ref()
            .filter(|spent| !spent.has_foreign_cap())
            .and_then(|spent| spent.cap.clone()),
        message: given(&campaign.message).filter(|_| single),
        assets_urls: if single && (template.is_none() || !campaign.message.is_empty()) {
            campaign.assets_urls.clone()
        } else {
            Vec::new()
        },
        template,
        variants: campaign.variants.iter().map(variant).collect(),
        links: campaign.links.clone(),
        replies: campaign.replies.clone(),
        ..CreateCampaign::default()
    }
}

/// All wordings of a request: the one that it has, or its variants.
pub fn wordings_of(asked: &CreateCampaign) -> Vec<CreateVariant> {
    if !asked.variants.is_empty() {
        return asked.variants.clone();
    }
    let CreateCampaign { template, message, assets_urls, .. } = asked.clone();
    vec![CreateVariant { name: None, template, message, assets_urls }]
}

/// One of them as it is typed. `local`: a time as its input has it.
pub fn wording(
    asked: &CreateVariant,
    templates: &[Template],
    sheet: Option<&Sheet>,
    local: impl Fn(DateTime<Utc>) -> String,
) -> WordingText {
    let is_free = asked.message.is_some() || !asked.assets_urls.is_empty();
    let file = asked.assets_urls.first().map(|url| (Slot::Message, kept_file(url, url, None, None)));
    let mut text = WordingText {
        name: asked.name.clone().unwrap_or_default(),
        says: if is_free { Says::Free } else { Says::Template },
        falls_back: is_free && asked.template.is_some(),
        message: asked.message.clone().unwrap_or_default(),
        files: file.into_iter().collect(),
        ..WordingText::default()
    };
    let Some(content) = &asked.template else { return text };
    let key = format!("{}/{}", content.name, content.language);
    let template = templates.iter().find(|template| super::wording::template_key(template) == key);
    text.template = key;
    text.place = content.header_location.clone().unwrap_or_default();
    text.offer_ends = content.offer_expires_at.map(local).unwrap_or_default();
    text.files.extend(files(content, template));
    text.fit(template, sheet);
    for filling in &mut text.fillings {
        let source = source_of(content, filling);
        let (choice, words) = source.and_then(chosen).unwrap_or_default();
        filling.choice = choice;
        filling.text = words;
        let (form, currency) = source.map(form).unwrap_or_default();
        filling.form = form;
        filling.currency = currency.to_owned();
        if filling.is_of_flow() {
            filling.data = button_of(content, filling).map(|button| data(&button.flow_data)).unwrap_or_default();
        }
    }
    // As the page keeps it: what cannot stand there gives way to what it suggests.
    text.fit(template, sheet);
    text
}

fn source_of<'a>(content: &'a TemplateContent, filling: &Filling) -> Option<&'a ParameterSource> {
    match filling.part {
        Part::Header => content.header.get(filling.place),
        Part::Body => content.body.get(filling.place),
        Part::Card(card) => content.cards.get(card)?.body.get(filling.place),
        Part::Button | Part::CardButton(_) => button_of(content, filling).map(|button| &button.value),
    }
}

fn button_of<'a>(content: &'a TemplateContent, filling: &Filling) -> Option<&'a ButtonContent> {
    let given = match filling.part {
        Part::Button => &content.buttons,
        Part::CardButton(card) => &content.cards.get(card)?.buttons,
        Part::Header | Part::Body | Part::Card(_) => return None,
    };
    given.iter().find(|button| usize::try_from(button.index) == Ok(filling.place))
}

/// What a value is sent as, and the currency of an amount.
fn form(source: &ParameterSource) -> (Form, &str) {
    match source {
        ParameterSource::Column { .. } | ParameterSource::Text { .. } => (Form::Text, ""),
        ParameterSource::Currency { currency, .. } => (Form::Money, currency.as_str()),
        ParameterSource::DateTime { .. } => (Form::Date, ""),
    }
}

/// What a flow begins with, in the rows of the form; nothing where it is more than texts.
fn data(given: &BTreeMap<String, Value>) -> Vec<Datum> {
    let datum = |(name, value): (&String, &Value)| Some(Datum { name: name.clone(), text: value.as_str()?.to_owned() });
    given.iter().map(datum).collect::<Option<Vec<Datum>>>().unwrap_or_default()
}

/// What fills a value; nothing where the form has no way to say it.
fn chosen(source: &ParameterSource) -> Option<(Choice, String)> {
    match source {
        ParameterSource::Currency { amount: of, .. } | ParameterSource::DateTime { date_time: of } => match &**of {
            ParameterSource::Currency { .. } | ParameterSource::DateTime { .. } => None,
            plain @ (ParameterSource::Column { .. } | ParameterSource::Text { .. }) => chosen(plain),
        },
        ParameterSource::Column { column, fallback } => {
            Some((Choice::Column(column.clone()), fallback.clone().unwrap_or_default()))
        }
        ParameterSource::Text { text } => Some((Choice::Text, text.clone())),
    }
}

fn files(content: &TemplateContent, template: Option<&Template>) -> BTreeMap<Slot, Attachment> {
    let header = content.header_media.as_ref().map(|media| (Slot::Header, media));
    let of_card = |(at, card): (usize, &'_ CardContent)| card.header_media.clone().map(|media| (Slot::Card(at), media));
    let cards = content.cards.iter().enumerate().filter_map(of_card);
    let all = header.map(|(slot, media)| (slot, media.clone())).into_iter().chain(cards);
    let kept = |(slot, media): (Slot, MediaSource)| {
        let id = media.asset_id.as_deref()?;
        Some((slot, kept_file(id, "", media.filename.as_deref(), kind_of(format_of(template, slot)))))
    };
    all.filter_map(kept).collect()
}

fn kind_of(format: Option<HeaderFormat>) -> Option<MediaKind> {
    match format? {
        HeaderFormat::Image => Some(MediaKind::Image),
        HeaderFormat::Video | HeaderFormat::Gif => Some(MediaKind::Video),
        HeaderFormat::Document => Some(MediaKind::Document),
        HeaderFormat::Location => None,
    }
}

/// A file that was uploaded before; the page has not seen it.
fn kept_file(id: &str, url: &str, name: Option<&str>, kind: Option<MediaKind>) -> Attachment {
    Attachment {
        number: 0,
        file_name: name.map_or_else(|| t::the_file_from_before().to_owned(), str::to_owned),
        size_bytes: 0,
        kind,
        picture: None,
        upload: Upload::Here { asset_id: id.to_owned(), asset_url: url.to_owned() },
    }
}

/// Whether the form says exactly this: what it cannot show is not in what it asks for.
pub fn says_all(asked: &CreateCampaign, typed: &[Asked]) -> bool {
    let said: Vec<CreateVariant> = typed.iter().map(|one| without_file_names(one.variant())).collect();
    let asked: Vec<CreateVariant> = wordings_of(asked).into_iter().map(without_file_names).collect();
    match (asked.as_slice(), said.as_slice()) {
        ([one], [same]) => CreateVariant { name: None, ..one.clone() } == CreateVariant { name: None, ..same.clone() },
        (all, same) => all == same,
    }
}

/// The API names every file, the form only those whose name people see.
fn without_file_names(mut one: CreateVariant) -> CreateVariant {
    if let Some(content) = &mut one.template {
        let cards = content.cards.iter_mut().filter_map(|card| card.header_media.as_mut());
        for media in content.header_media.iter_mut().chain(cards) {
            media.filename = None;
        }
    }
    one
}

impl Draft {
    /// Whether the message is as it was.
    pub fn says_the_same(&self, asked: &CreateCampaign) -> bool {
        wordings_of(&self.before) == wordings_of(asked)
    }

    /// Whether it says nothing but free words, and to just these people from this number: then its estimate counts
    /// those who may not get them.
    pub fn is_free_to(&self, audience: &AudienceId, channel_id: &str) -> bool {
        self.before.audience_id.as_ref() == Some(audience)
            && self.before.channel_id == channel_id
            && wordings_of(&self.before).iter().all(|wording| wording.template.is_none())
    }

    /// What was changed; nothing is sent of the rest, so that what the form does not know stays.
    pub fn edit(&self, asked: &CreateCampaign) -> EditCampaign {
        let before = &self.before;
        let is_said_anew = !self.says_the_same(asked);
        let said = |part: Vec<CreateVariant>| Some(part).filter(|part| is_said_anew && !part.is_empty());
        EditCampaign {
            name: changed(&before.name, &asked.name),
            scheduled_to: changed(&before.scheduled_to, &asked.scheduled_to).map(Option::unwrap_or_default),
            min_seconds_between_messages: changed(
                &before.min_seconds_between_messages,
                &asked.min_seconds_between_messages,
            )
            .flatten(),
            max_seconds_between_messages: changed(
                &before.max_seconds_between_messages,
                &asked.max_seconds_between_messages,
            )
            .flatten(),
            seconds_between_chunks: changed(&before.seconds_between_chunks, &asked.seconds_between_chunks).flatten(),
            chunk_size: changed(&before.chunk_size, &asked.chunk_size).flatten(),
            retry_rounds: changed(&before.retry_rounds, &asked.retry_rounds).map(Option::unwrap_or_default),
            business_hours: changed(&before.business_hours, &asked.business_hours),
            quiet_hours: changed(&before.quiet_hours, &asked.quiet_hours),
            duration_days: changed(&before.duration_days, &asked.duration_days),
            time_zone: changed(&before.time_zone, &asked.time_zone),
            template: asked.template.clone().filter(|_| is_said_anew),
            message: asked.message.clone().filter(|_| is_said_anew),
            assets_urls: Some(asked.assets_urls.clone()).filter(|urls| is_said_anew && !urls.is_empty()),
            variants: said(asked.variants.clone()),
            links: changed(&before.links, &asked.links),
            replies: changed(&before.replies, &asked.replies),
            skip_unfilled: asked.skip_unfilled,
            audience_id: changed(&before.audience_id, &asked.audience_id).flatten(),
            spend_cap: changed(&before.spend_cap, &asked.spend_cap),
            confirmed_price: asked.confirmed_price.clone(),
            consent_attestation: asked.consent_attestation.clone().filter(|_| !self.is_attested(asked)),
            ..EditCampaign::default()
        }
    }

    /// What was noted when somebody answered for these very people; nothing where nobody did. The API keeps it: whoever
    /// answers for them again is not heard.
    pub fn note_on(&self, audience: &AudienceId) -> Option<String> {
        let said = self.attestation.as_ref().filter(|_| self.before.audience_id.as_ref() == Some(audience));
        said.map(|said| own_words(Some(said)))
    }

    /// Whether somebody answered for these very people before.
    fn is_attested(&self, asked: &CreateCampaign) -> bool {
        self.attestation.is_some() && asked.audience_id == self.before.audience_id
    }
}

fn changed<T: PartialEq + Clone>(before: &T, after: &T) -> Option<T> {
    (before != after).then(|| after.clone())
}

/// The people of a campaign by country, as its price counts them.
pub fn countries(price: &PriceEstimate) -> BTreeMap<String, u64> {
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for line in &price.by_country {
        *all.entry(line.country.clone()).or_default() += line.messages;
    }
    for line in &price.not_priced {
        let country = line.country.clone().unwrap_or_else(|| campaigns::phone::NO_COUNTRY.to_owned());
        *all.entry(country).or_default() += line.messages;
    }
    all
}

impl Kept {
    /// Whether there is anything that is worth keeping.
    pub fn is_worth_it(&self) -> bool {
        let said = wordings_of(&self.asked);
        let is_said = said.iter().any(|one| {
            let named = one.template.as_ref().is_some_and(|template| !template.name.is_empty());
            named || one.message.is_some() || !one.assets_urls.is_empty()
        });
        let is_followed_up = !self.asked.links.is_empty() || self.asked.replies.is_some();
        is_said || is_followed_up || !self.asked.name.is_empty() || self.asked.audience_id.is_some()
    }

    /// Whether it is this person's, and a form that this build understands: one of another build may not be.
    pub fn is_of(&self, whose: &str) -> bool {
        self.whose == whose
            && self.asked.variants.len() <= campaigns::content::MOST_VARIANTS
            && self.asked.name.chars().count() <= creation::LONGEST_NAME
    }
}

#[cfg(test)]
mod tests {
    use wire::{ButtonKind, ReplyRules, TemplateButton, TrackedLink};

    use super::*;

    fn template() -> Template {
        let url = Some("https://shop.example/{{1}}".into());
        let button = TemplateButton { kind: ButtonKind::Url, text: "Shop".into(), url };
        Template {
            name: "promo".into(),
            language: "en".into(),
            status: "APPROVED".into(),
            header_format: Some(HeaderFormat::Document),
            body: "Hi {{1}}, {{2}} off".into(),
            buttons: vec![button],
            ..Template::default()
        }
    }

    fn sheet() -> Sheet {
        Sheet { columns: vec!["Phone".into(), "Name".into()], ..Sheet::default() }
    }

    fn asked() -> CreateCampaign {
        let content = TemplateContent {
            name: "promo".into(),
            language: "en".into(),
            header_media: Some(MediaSource {
                asset_id: Some("01JD8ZQ0000000000000000001".into()),
                filename: Some("menu.pdf".into()),
                ..MediaSource::default()
            }),
            body: vec![
                ParameterSource::Column { column: "Name".into(), fallback: Some("friend".into()) },
                ParameterSource::Text { text: "10 %".into() },
            ],
            buttons: vec![ButtonContent {
                index: 0,
                value: ParameterSource::Text { text: "spring".into() },
                flow_data: BTreeMap::default(),
            }],
            ..TemplateContent::default()
        };
        CreateCampaign {
            name: "Spring".into(),
            audience_id: Some(AudienceId("01JD8ZQ0000000000000000000".into())),
            template: Some(content),
            ..CreateCampaign::default()
        }
    }

    fn typed(asked: &CreateCampaign) -> Vec<Asked> {
        let lay = |one: &CreateVariant| {
            let text = wording(one, &[template()], Some(&sheet()), |_| String::new());
            let template = Some(template()).filter(|_| text.takes_template());
            Asked { text, template, offer_expires_at: None }
        };
        wordings_of(asked).iter().map(lay).collect()
    }

    #[test]
    fn an_estimate_tells_of_free_words_only_where_they_go_to_the_same_people_from_the_same_number() {
        let free = CreateCampaign { template: None, message: Some("Hi".into()), channel_id: "main".into(), ..asked() };
        let people = AudienceId("01JD8ZQ0000000000000000000".into());
        let of = |before: CreateCampaign| Draft { before, ..draft() };
        assert!(of(free.clone()).is_free_to(&people, "main"));
        assert!(!of(free.clone()).is_free_to(&people, "other"));
        assert!(!of(free.clone()).is_free_to(&AudienceId("01JD8ZQ0000000000000000009".into()), "main"));
        assert!(!of(CreateCampaign { template: asked().template, ..free }).is_free_to(&people, "main"));
    }

    fn draft() -> Draft {
        let id = CampaignId("01JD8ZQ0000000000000000009".into());
        let attestation = Some(AttestConsent { statement: Some("At the fair".into()) });
        Draft { id, attestation, before: asked(), is_more: false }
    }

    fn campaign() -> Campaign {
        let at = "2026-11-27T10:00:00Z";
        let id = draft().id;
        serde_json::from_value(serde_json::json!({
            "id": id, "_id": id, "name": "Spring", "channelId": "main", "operatorId": "", "operatorName": "Ana",
            "channelType": "1", "leadType": "lead", "scheduledTo": "2026-12-01T10:00:00Z", "leadsAssetUrl": "s3://x/y",
            "audienceId": "01JD8ZQ0000000000000000000", "message": "", "textRaw": "", "assetsUrls": ["s3://x/menu"],
            "active": false, "shouldCreateConversation": false, "status": "scheduled", "chunksCount": 2, "leadsCount": 900,
            "secondsBetweenMessages": 1, "minSecondsBetweenMessages": 0.5, "maxSecondsBetweenMessages": 1.5,
            "secondsBetweenChunks": 30, "trackAllChannels": false, "trackMaxHours": 24, "chunkSize": 500, "retryRounds": 0,
            "template": asked().template, "progress": 0, "totals": {}, "failures": [], "messagesProcessed": 0,
            "resultCounts": wire::ResultCounts::default(), "healthCheckData": wire::HealthCheckData::default(),
            "workspaceId": 1, "createdAt": at, "lastUpdateAt": at, "updatedAt": at,
        }))
        .unwrap()
    }

    #[test]
    fn a_message_comes_back_as_it_was_asked_for() {
        let back = typed(&asked());
        assert!(says_all(&asked(), &back), "{:?}", back[0].variant());
        assert_eq!(back[0].text.fillings[0].choice, Choice::Column("Name".into()));
        let free = CreateCampaign { template: None, message: Some("Hi [NAME]".into()), ..asked() };
        assert!(says_all(&free, &typed(&free)));
        let with_fallback = CreateCampaign { message: Some("Hi [NAME]".into()), ..asked() };
        let back = typed(&with_fallback);
        assert!(says_all(&with_fallback, &back), "{:?}", back[0].variant());
        assert!(back[0].fallback().is_some());
        let two = CreateCampaign {
            template: None,
            variants: vec![
                CreateVariant { name: Some("A".into()), template: asked().template, ..CreateVariant::default() },
                CreateVariant { name: Some("B".into()), message: Some("Hi".into()), ..CreateVariant::default() },
            ],
            ..asked()
        };
        assert!(says_all(&two, &typed(&two)));
    }

    #[test]
    fn a_name_that_nobody_sees_makes_no_difference() {
        let mut named = asked();
        let media = named.template.as_mut().and_then(|content| content.header_media.as_mut()).unwrap();
        media.filename = Some("other.pdf".into());
        assert!(says_all(&named, &typed(&asked())));
    }

    #[test]
    fn an_amount_and_a_date_come_back_as_they_were_asked_for() {
        let mut more = asked();
        if let Some(content) = &mut more.template {
            let amount = Box::new(ParameterSource::Text { text: "12.50".into() });
            let date_time = Box::new(ParameterSource::Column { column: "Name".into(), fallback: None });
            content.body[0] = ParameterSource::DateTime { date_time };
            content.body[1] = ParameterSource::Currency { currency: "BRL".into(), amount };
        }
        assert!(says_all(&more, &typed(&more)), "{:?}", typed(&more)[0].variant());
    }

    #[test]
    fn what_a_flow_begins_with_comes_back_as_far_as_it_is_texts() {
        let text = |name: &str, text: &str| (name.to_owned(), Value::from(text));
        let rows = data(&BTreeMap::from([text("city", "Recife"), text("who", "[NAME]")]));
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["city", "who"]);
        assert_eq!(rows[1].text, "[NAME]");
        assert_eq!(data(&BTreeMap::from([("seats".to_owned(), Value::from(2))])), []);
    }

    #[test]
    fn what_the_form_cannot_show_is_noticed() {
        let mut more = asked();
        if let Some(content) = &mut more.template {
            content.buttons[0].flow_data.insert("seats".into(), Value::from(2));
        }
        assert!(!says_all(&more, &typed(&more)));
    }

    #[test]
    fn only_what_was_changed_is_sent() {
        let draft = draft();
        assert_eq!(draft.edit(&asked()), EditCampaign::default());
        let other =
            CreateCampaign { name: "Summer".into(), scheduled_to: Some("2026-12-01T10:00:00Z".into()), ..asked() };
        let edit = draft.edit(&other);
        assert_eq!(
            (edit.name.as_deref(), edit.scheduled_to.as_deref()),
            (Some("Summer"), Some("2026-12-01T10:00:00Z"))
        );
        assert_eq!((edit.template, edit.audience_id), (None, None));
        let free = CreateCampaign { template: None, message: Some("Hi".into()), ..asked() };
        let edit = draft.edit(&free);
        assert_eq!((edit.template, edit.message.as_deref()), (None, Some("Hi")));
        let link = TrackedLink { name: "shop".into(), url: "https://shop.example".into() };
        let followed = CreateCampaign { links: vec![link.clone()], replies: Some(ReplyRules::default()), ..asked() };
        let edit = draft.edit(&followed);
        assert_eq!((edit.links, edit.replies), (Some(vec![link]), Some(Some(ReplyRules::default()))));
        assert_eq!((edit.template, edit.message), (None, None));
        let edit = Draft { before: followed, ..draft }.edit(&asked());
        assert_eq!((edit.links, edit.replies), (Some(Vec::new()), Some(None)));
    }

    #[test]
    fn other_people_are_answered_for_anew() {
        let said = |asked: CreateCampaign| CreateCampaign { consent_attestation: Some(Default::default()), ..asked };
        let draft = draft();
        assert_eq!(draft.edit(&said(asked())).consent_attestation, None);
        let others =
            said(CreateCampaign { audience_id: Some(AudienceId("01JD8ZQ0000000000000000002".into())), ..asked() });
        assert!(draft.edit(&others).consent_attestation.is_some());
    }

    #[test]
    fn a_note_stands_for_the_people_whom_it_was_made_of() {
        let people = AudienceId("01JD8ZQ0000000000000000000".into());
        assert_eq!(draft().note_on(&people).as_deref(), Some("At the fair"));
        assert_eq!(draft().note_on(&AudienceId("01JD8ZQ0000000000000000002".into())), None);
        let unnoted = Draft { attestation: Some(AttestConsent::default()), ..draft() };
        assert_eq!(unnoted.note_on(&people).as_deref(), Some(""));
        assert_eq!(Draft { attestation: None, ..draft() }.note_on(&people), None);
    }

    #[test]
    fn a_note_is_kept_though_nobody_answers_for_the_people_yet() {
        let kept = Kept { statement: "At the fair".into(), asked: asked(), ..Kept::default() };
        let back: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!((back.statement.as_str(), back.asked.consent_attestation.is_none()), ("At the fair", true));
        let mut older = serde_json::to_value(&kept).unwrap();
        older.as_object_mut().unwrap().remove("statement");
        assert_eq!(serde_json::from_value::<Kept>(older).unwrap().statement, "");
    }

    #[test]
    fn a_campaign_says_what_it_was_made_with() {
        let asked = asked_for(&campaign());
        assert_eq!((asked.name.as_str(), asked.channel_id.as_str(), asked.chunk_size), ("Spring", "main", Some(500)));
        assert_eq!(asked.template.map(|template| template.name).as_deref(), Some("promo"));
        assert_eq!((asked.message, asked.scheduled_to.as_deref()), (None, Some("2026-12-01T10:00:00Z")));
    }

    #[test]
    fn an_untouched_form_is_not_worth_keeping() {
        assert!(!Kept::default().is_worth_it());
        let kept = Kept { asked: asked(), whose: "1/ana".into(), ..Kept::default() };
        assert!(kept.is_worth_it() && kept.is_of("1/ana") && !kept.is_of("1/bia"));
    }

    #[test]
    fn the_people_of_a_price_are_counted_by_country() {
        let line = |country: &str, messages| wire::CountryPrice {
            country: country.into(),
            category: wire::PriceCategory::Marketing,
            messages,
            rate: "0.01".into(),
            total: "1.00".into(),
        };
        let price = PriceEstimate {
            by_country: vec![line("BR", 5), line("BR", 4), line("PT", 2)],
            not_priced: vec![wire::NotPriced { country: None, messages: 1 }],
            ..PriceEstimate::default()
        };
        assert_eq!(countries(&price).into_values().collect::<Vec<_>>(), [9, 2, 1]);
    }
}
