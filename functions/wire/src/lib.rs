//! The shapes that cross the network: what the API answers and what the dashboard and API clients send.
//!
//! Native and WASM. Knows serde, JSON and chrono, and no rule: rules live in `campaigns`.
//! JSON is camelCase; times are RFC 3339 UTC and end in `At` (the v3 names `scheduledTo`,
//! `nextScheduledTo` and `finishedAtPrediction` are kept as API clients know them).

mod asset;
mod audience;
mod campaign;
mod channel;
mod consent;
mod contact;
mod content;
mod counts;
mod export;
mod identity;
mod ids;
mod language;
mod lifecycle;
mod list;
mod manage;
mod message;
mod money;
mod notice;
mod preview;
mod problem;
mod reply;
mod report;
mod scope;
mod seconds;
mod settings;
mod template;
mod timing;
mod token;
mod webhook;

pub use asset::{Asset, AssetUpload, CreateAsset};
pub use audience::{Audience, AudienceStatus, CreateUpload, RejectReasonCount, Upload};
pub use campaign::{Approval, Campaign, CampaignList, CampaignStatus, CreateCampaign, TrackedLink};
pub use channel::{Channel, ChannelHealth, ChannelList, ChannelNotice, CreateChannel, EditChannel};
pub use consent::{
    AttestConsent, AudienceConsents, CampaignEstimate, Confirmation, ConsentAct, ConsentAttestation, ConsentCategory,
    ConsentColumn, ConsentEvent, ConsentList, ConsentStanding, Consents, CreateSuppressions, FileConsent,
    RecordConsent, StartCampaign, Suppression, SuppressionEntry, SuppressionList, SuppressionReason, SuppressionsAdded,
};
pub use contact::{
    ChangeLabels, Contact, ContactList, ContactValues, CreateContact, CreateExport, EditContact, Export, ExportStatus,
    IntoContacts, IntoContactsProgress, LabelsChanged, LeftOutRow, ValueCount,
};
pub use content::{Content, CreateVariant, FreeContent, MediaKind, Variant};
pub use counts::{CampaignTotals, ChunkCounts, FailureCount, HealthCheckData, ResultCounts};
pub use export::{CampaignExport, CampaignExportStatus, CreateCampaignExport, ExportContent, ExportFormat};
pub use identity::{
    ApiToken, CreateMember, CreateToken, CreatedToken, EditMember, Member, MemberList, Role, Session, SignIn,
    SignInLink, SignInWays, TheirTokens, TokenList,
};
pub use ids::{
    AudienceId, CampaignId, ChannelId, DeliveryId, ExportId, HoursId, ListId, MemberId, NoticeId, TokenId, WebhookId,
    WorkspaceId,
};
pub use language::Language;
pub use lifecycle::{
    Alert, AlertKind, AuditLine, AuditList, CampaignEvent, ChangedField, DeadLetter, DeadLetterList, DecideUnknowns,
    Decision, DecisionKind, EditCampaign, PauseAbove, Recount, RecountFrom, Redriven, UnknownsDecision,
};
pub use list::{
    ChannelFilter, CountList, CreateList, CreateListAudience, EditList, FieldFilter, FieldTest, LabelFilter, List,
    ListAudience, ListCount, ListFilter, ListsPage, Period, Spoke,
};
pub use manage::{CodeApp, CreateButton, CreateCard, CreateCode, CreateTemplate, FlowAction, OtpType, TemplateCreated};
pub use message::{Billing, Message, MessageList, MessageState};
pub use money::{
    BilledCount, CategoryPrice, CountryPrice, Market, NotPriced, PriceCategory, PriceEstimate, RateCard, Rates,
    Spending, StandingRateCard,
};
pub use notice::{Notice, NoticeKind, NoticeList, NoticesRead, ReadNotices};
pub use preview::{
    Bubble, BubbleButton, BubbleCard, BubbleMedia, Look, Preview, Span, Tried, TriedNumber, TryCampaign,
};
pub use problem::{FieldError, Problem};
pub use reply::ReplyRules;
pub use report::{
    CampaignReport, ChannelSum, ChunkReport, CountryReport, DaySum, FailureReport, Funnel, FunnelRates, PaceReport,
    PeriodReport, PeriodSum, SkippedReport, TimelinePoint, TimelineReport, VariantReport, WaitCount,
};
pub use scope::{Area, Scope};
pub use settings::{
    EditRetention, EditSettings, ErasePerson, Erasure, FrequencyCap, PersonExport, PersonMessage, Restoration,
    RestorePerson, Retention, Settings, SettingsAudit, SettingsChange, WorkspaceEvent,
};
pub use template::{
    ButtonContent, ButtonKind, CardContent, HeaderFormat, MediaSource, ParameterFormat, ParameterSource, Place,
    Template, TemplateButton, TemplateCard, TemplateContent, TemplateList, TemplateOffer,
};
pub use timing::{BusinessHours, CreateSavedHours, EditSavedHours, QuietHours, SavedHours, SavedHoursList, WaitReason};
pub use token::AccessToken;
pub use webhook::{
    CreateWebhook, CreatedWebhook, Delivery, DeliveryList, DeliveryStatus, EditWebhook, Webhook, WebhookData,
    WebhookEvent, WebhookEventKind, WebhookList,
};
