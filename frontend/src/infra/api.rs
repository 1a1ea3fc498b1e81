//! The endpoints that the dashboard uses, one function each.

use campaigns::lifecycle::Action;
use serde::Serialize;
use wire::{
    Audience, AudienceConsents, AudienceId, AuditList, Campaign, CampaignEstimate, CampaignExport, CampaignId,
    CampaignList, CampaignReport, ChannelId, ChannelList, CreateCampaign, CreateCampaignExport, CreateUpload,
    DecideUnknowns, EditCampaign, ExportContent, ExportFormat, ExportId, IntoContacts, MessageList, PeriodReport,
    SavedHoursList, Session, Settings, SignIn, SignInWays, StandingRateCard, StartCampaign, TemplateList,
    UnknownsDecision, Upload,
};

use super::http::{ApiError, ask, ask_as_seen, delete, encoded, get, get_with_tag, patch, post, post_once};
use crate::model::campaigns_query::CampaignsQuery;
use crate::model::people::{PAGE_SIZE, PAGES_FOLLOWED, PeopleQuery};
use crate::model::report::Period;

/// Campaigns on one page of the list.
const CAMPAIGNS_ON_A_PAGE: usize = 20;

/// Lines of a campaign's audit that are asked for at once.
const AUDIT_ON_A_PAGE: usize = 10;

/// Who is signed in.
pub async fn session() -> Result<Session, ApiError> {
    get("/v3/session").await
}

/// Exchanges the code of a sign-in link for a session cookie.
pub async fn sign_in(code: String) -> Result<Session, ApiError> {
    post("/v3/sign-in", &SignIn { code }).await
}

/// How people sign in here.
pub async fn sign_in_ways() -> Result<SignInWays, ApiError> {
    get("/v3/sign-in/ways").await
}

/// Ends the session.
pub async fn sign_out() -> Result<(), ApiError> {
    delete("/v3/session").await
}

/// What the workspace decides for all its campaigns.
pub async fn settings() -> Result<Settings, ApiError> {
    get("/v3/settings").await
}

/// The numbers that can send.
pub async fn channels() -> Result<ChannelList, ApiError> {
    get("/v3/channels").await
}

/// What messages cost, as the workspace has it.
pub async fn rate_card() -> Result<StandingRateCard, ApiError> {
    get("/v3/rate-card").await
}

/// Business hours that were saved under a name.
pub async fn saved_hours() -> Result<SavedHoursList, ApiError> {
    get("/v3/business-hours").await
}

/// The templates of a channel.
pub async fn templates(channel: &ChannelId) -> Result<TemplateList, ApiError> {
    get(&format!("/v3/channels/{}/templates", encoded(channel.as_str()))).await
}

#[derive(Serialize)]
struct Announced<'a> {
    #[serde(flatten)]
    file: &'a CreateUpload,
    #[serde(flatten)]
    into_contacts: &'a IntoContacts,
}

/// Announces a contacts file, and whether its people go into the book.
pub async fn create_upload(file: &CreateUpload, into_contacts: &IntoContacts) -> Result<Upload, ApiError> {
    post("/v3/uploads", &Announced { file, into_contacts }).await
}

/// How far an audience got.
pub async fn audience(id: &AudienceId) -> Result<Audience, ApiError> {
    get(&format!("/v3/audiences/{}", encoded(id.as_str()))).await
}

/// How many of an audience's people have a recorded consent.
pub async fn audience_consents(id: &AudienceId) -> Result<AudienceConsents, ApiError> {
    get(&format!("/v3/audiences/{}/consents", encoded(id.as_str()))).await
}

/// Where the rows that were left out can be downloaded: as a workbook, which opens right in every country.
pub fn rejects_url(id: &AudienceId) -> String {
    format!("/v3/audiences/{}/rejects?format=xlsx", id.as_str())
}

/// Makes a campaign.
pub async fn create_campaign(campaign: &CreateCampaign) -> Result<Campaign, ApiError> {
    post_once("/v3/campaigns", campaign).await
}

/// One page of the campaigns that are looked for, newest first. Where a filter finds nothing on a page, the next ones
/// are asked for, some of them.
pub async fn campaigns(query: &CampaignsQuery) -> Result<CampaignList, ApiError> {
    let mut query = query.clone();
    for _ in 0..PAGES_FOLLOWED {
        let parts: String = query.parts().iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
        let list: CampaignList = get(&format!("/v3/campaigns?limit={CAMPAIGNS_ON_A_PAGE}{parts}")).await?;
        match &list.next {
            Some(next) if list.items.is_empty() => query.after = Some(next.clone()),
            _ => return Ok(list),
        }
    }
    Ok(CampaignList { items: Vec::new(), next: query.after })
}

/// One campaign.
pub async fn campaign(id: &CampaignId) -> Result<Campaign, ApiError> {
    get(&format!("/v3/campaigns/{}", encoded(id.as_str()))).await
}

/// Who would get nothing if it started now, and what it would cost.
pub async fn estimate(id: &CampaignId) -> Result<CampaignEstimate, ApiError> {
    get(&format!("/v3/campaigns/{}/estimate", encoded(id.as_str()))).await
}

/// What came of it.
pub async fn campaign_report(id: &CampaignId) -> Result<CampaignReport, ApiError> {
    get(&format!("/v3/campaigns/{}/report", encoded(id.as_str()))).await
}

/// What came of all campaigns of a period.
pub async fn period_report(period: &Period) -> Result<PeriodReport, ApiError> {
    get(&format!("/v3/reports?from={}&to={}", encoded(&period.from), encoded(&period.to))).await
}

/// Where the same can be downloaded as a file.
pub fn period_report_url(period: &Period, format: ExportFormat) -> String {
    let (from, to) = (encoded(&period.from), encoded(&period.to));
    format!("/v3/reports/export?from={from}&to={to}&format={}", format.as_str())
}

/// One page of what was done with it, newest first.
pub async fn campaign_audit(id: &CampaignId, after: Option<&str>) -> Result<AuditList, ApiError> {
    let after = after.map(|after| format!("&after={}", encoded(after))).unwrap_or_default();
    get(&format!("/v3/campaigns/{}/audit?limit={AUDIT_ON_A_PAGE}{after}", encoded(id.as_str()))).await
}

/// Starts a campaign with what was agreed to.
pub async fn start(id: &CampaignId, agreed: &StartCampaign) -> Result<Campaign, ApiError> {
    post(&format!("/v3/campaigns/{}/start", encoded(id.as_str())), agreed).await
}

/// Goes on with a paused campaign with what was agreed to.
pub async fn resume(id: &CampaignId, agreed: &StartCampaign) -> Result<Campaign, ApiError> {
    post(&format!("/v3/campaigns/{}/resume", encoded(id.as_str())), agreed).await
}

/// Asks for a campaign's people, or its report, as a file.
pub async fn create_campaign_export(
    id: &CampaignId,
    content: ExportContent,
    format: ExportFormat,
) -> Result<CampaignExport, ApiError> {
    let asked = CreateCampaignExport { format, content };
    post(&format!("/v3/campaigns/{}/exports", encoded(id.as_str())), &asked).await
}

/// How far such a file got.
pub async fn campaign_export(id: &CampaignId, export: &ExportId) -> Result<CampaignExport, ApiError> {
    get(&format!("/v3/campaigns/{}/exports/{}", encoded(id.as_str()), encoded(export.as_str()))).await
}

/// Changes a campaign.
pub async fn edit_campaign(id: &CampaignId, edit: &EditCampaign) -> Result<Campaign, ApiError> {
    patch(&format!("/v3/campaigns/{}", encoded(id.as_str())), edit).await
}

/// Tries those again who failed for a reason that may have passed.
pub async fn retry_failed(id: &CampaignId) -> Result<Campaign, ApiError> {
    ask(&format!("/v3/campaigns/{}/retry", encoded(id.as_str()))).await
}

/// Decides about messages of unknown outcome.
pub async fn decide_unknowns(id: &CampaignId, decision: UnknownsDecision) -> Result<Campaign, ApiError> {
    post(&format!("/v3/campaigns/{}/unknowns", encoded(id.as_str())), &DecideUnknowns { decision }).await
}

/// Makes a draft like it.
pub async fn clone_campaign(id: &CampaignId) -> Result<Campaign, ApiError> {
    ask(&format!("/v3/campaigns/{}/clone", encoded(id.as_str()))).await
}

/// Stops a campaign and takes it away.
pub async fn delete_campaign(id: &CampaignId) -> Result<(), ApiError> {
    delete(&format!("/v3/campaigns/{}", encoded(id.as_str()))).await
}

/// Asks something of a campaign.
pub async fn act(id: &CampaignId, action: Action) -> Result<Campaign, ApiError> {
    ask(&format!("/v3/campaigns/{}/{}", encoded(id.as_str()), action.name())).await
}

/// Says yes to somebody else's campaign as it is shown; one that has changed since is answered without a yes.
pub async fn approve(shown: &Campaign) -> Result<Campaign, ApiError> {
    let path = format!("/v3/campaigns/{}", encoded(shown.id.as_str()));
    let (standing, tag): (Campaign, String) = get_with_tag(&path).await?;
    if standing != *shown {
        return Ok(standing);
    }
    ask_as_seen(&format!("{path}/approve"), &tag).await
}

/// One page of the people of a campaign. A filtered page may come back thin, so the next ones are asked for until
/// one is full, at most `PAGES_FOLLOWED` of them.
pub async fn people(id: &CampaignId, query: &PeopleQuery) -> Result<MessageList, ApiError> {
    let mut page = people_once(id, query, PAGE_SIZE).await?;
    for _ in 1..PAGES_FOLLOWED {
        let missing = PAGE_SIZE.saturating_sub(page.items.len());
        if missing == 0 || page.next.is_none() {
            break;
        }
        let more = people_once(id, &query.at(page.next.take()), missing).await?;
        page.items.extend(more.items);
        page.next = more.next;
    }
    Ok(page)
}

async fn people_once(id: &CampaignId, query: &PeopleQuery, limit: usize) -> Result<MessageList, ApiError> {
    let parts = query.parts().into_iter().map(|(name, value)| format!("&{name}={}", encoded(&value)));
    get(&format!("/v3/campaigns/{}/messages?limit={limit}{}", encoded(id.as_str()), parts.collect::<String>())).await
}
