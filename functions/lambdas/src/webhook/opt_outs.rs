//! Who wants no more messages, or wants them again: out of inbound messages, tapped buttons and preferences. Taken care
//! of before the statuses of the same webhook, so that no crowd of them delays it.
//!
//! The wish is written, once, with the confirmation that it asks for; a sender is asked to send that. What comes twice
//! asks twice, and the sender's claim sends once.

use std::collections::BTreeMap;

use campaigns::consent::{Asked, Extent, Heard, heard, tapped};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use wire::{ConsentAct, ConsentCategory, Language, SuppressionReason, WebhookData, WebhookEventKind};

use super::notification::millis;
use super::people::{self, canonical};
use crate::App;
use crate::hooks::{self, Happening};
use crate::storage::audit::ENGINE;
use crate::storage::channels::ChannelRecord;
use crate::storage::consents::{self, Line};
use crate::storage::queues::{self, NoticeErrand};
use crate::storage::settings::{self, Switch};
use crate::storage::suppressions::{self, Entry, Notice, NoticeState, Person};
use crate::storage::{numbers, person_keys, user_ids};

/// People whose wishes are written at once for one webhook.
const PARALLEL_PEOPLE: usize = 16;

/// What a person wants from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// Meta's id of the number that was told.
    pub phone_number_id: String,
    /// The person's number as WhatsApp spells it, digits; empty when WhatsApp does not tell.
    pub phone: String,
    /// WhatsApp's id of the person; empty when it does not tell.
    pub user_id: String,
    /// What he wants.
    pub asked: Asked,
    /// Of which messages.
    pub extent: Extent,
    /// Whether he says so of his own accord, and not only to undo what he said before.
    pub accord: Accord,
    /// How he said so.
    pub reason: SuppressionReason,
    /// In which language, where he used words.
    pub language: Option<Language>,
    /// Names the message that says so.
    pub id: String,
    /// When he said so, in milliseconds since 1970, as far as is known.
    pub at: Option<i64>,
}

/// Whether somebody who was never on the list agrees to something by this wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accord {
    /// No: it is about an opt-out.
    Undoing,
    /// Yes: by a link to sign up (Meta's In-App Signup, July 2026).
    SigningUp,
}

/// The wishes in the value of one change. Odd entries are passed over, and lose nobody else's.
pub(super) fn wishes(field: &str, value: &Value) -> Vec<Wish> {
    let entries = |name: &str| value[name].as_array().into_iter().flatten();
    let wishes: Vec<Option<Wish>> = match field {
        "messages" => entries("messages").map(|message| said(message, value)).collect(),
        "user_preferences" => entries("user_preferences").map(|entry| preferred(entry, value)).collect(),
        _ => Vec::new(),
    };
    let phone_number_id = people::id(&value["metadata"]["phone_number_id"]);
    let is_somebodys = |wish: &Wish| !(wish.phone.is_empty() && wish.user_id.is_empty());
    let wishes = wishes.into_iter().flatten().filter(is_somebodys);
    wishes.map(|wish| Wish { phone_number_id: phone_number_id.clone(), ..wish }).collect()
}

/// What an inbound message of this value says, if it says anything of this: a whole text, or a button. Who is named by
/// the user id alone may have his number in the contact beside it.
fn said(message: &Value, value: &Value) -> Option<Wish> {
    // What is said in a group is said to the group.
    if message["group_id"].as_str().is_some_and(|group| !group.is_empty()) {
        return None;
    }
    let (Heard { asked, extent, language }, reason) = asked(message)?;
    let (id, at) = (people::id(&message["id"]), millis(&message["timestamp"]));
    let (phone, user_id) = people::writer(message, value);
    Some(Wish {
        phone_number_id: String::new(),
        phone,
        user_id,
        asked,
        extent,
        accord: Accord::Undoing,
        reason,
        language: Some(language),
        id: if id.is_empty() { format!("{asked:?}#{}", at.unwrap_or_default()) } else { id },
        at,
    })
}

/// What a message asks for about further messages, and by what: by its whole text, or by a button's title or payload.
pub(super) fn asked(message: &Value) -> Option<(Heard, SuppressionReason)> {
    let (reply, row) = (&message["interactive"]["button_reply"], &message["interactive"]["list_reply"]);
    let button = [&message["button"]["text"], &message["button"]["payload"]];
    let mut buttons = button.into_iter().chain([&reply["title"], &reply["id"], &row["title"], &row["id"]]);
    // Whoever corrects his message means what it says now.
    let mut words = [&message["text"]["body"], &message["edit"]["message"]["text"]["body"]].into_iter();
    let by_word = words.find_map(|words| heard(&text(words))).map(|heard| (heard, SuppressionReason::Word));
    let by_button = || buttons.find_map(|button| tapped(&text(button))).map(|heard| (heard, SuppressionReason::Button));
    by_word.or_else(by_button)
}

/// What a person chose in WhatsApp itself: about marketing alone. An entry that names the user id alone may have the
/// number in the contact beside it.
fn preferred(entry: &Value, value: &Value) -> Option<Wish> {
    let (asked, accord) = match entry["value"].as_str()? {
        "stop" => (Asked::Stop, Accord::Undoing),
        "resume" => (Asked::Resume, Accord::Undoing),
        "signup" => (Asked::Resume, Accord::SigningUp),
        _ => return None,
    };
    let at = millis(&entry["timestamp"]);
    let (phone, user_id) = people::chooser(entry, value);
    Some(Wish {
        phone_number_id: String::new(),
        phone,
        user_id,
        asked,
        extent: Extent::Marketing,
        accord,
        reason: SuppressionReason::Preference,
        language: None,
        id: format!("preference#{asked:?}#{}", at.unwrap_or_default()),
        at,
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Writes the wishes of people into the list of the workspace whose number they told: people side by side, those of one
/// in their order. An error means: some may be missing, send the webhook again.
pub(super) async fn apply(app: &App, app_id: &str, wishes: Vec<Wish>) -> anyhow::Result<()> {
    let mut by_person: BTreeMap<(String, String), Vec<Wish>> = BTreeMap::new();
    for wish in wishes {
        by_person.entry((wish.phone.clone(), wish.user_id.clone())).or_default().push(wish);
    }
    let people: Vec<_> = by_person.into_values().map(|wishes| of_one(app, app_id, wishes)).collect();
    stream::iter(people).buffer_unordered(PARALLEL_PEOPLE).try_collect().await
}

async fn of_one(app: &App, app_id: &str, wishes: Vec<Wish>) -> anyhow::Result<()> {
    for wish in wishes {
        let channel = numbers::channel_now(app, &wish.phone_number_id).await?;
        let Some(channel) = channel.filter(|channel| channel.app_id == app_id) else { continue };
        take(app, &channel, &wish).await?;
        tracing::info!(workspace = %channel.workspace_id, asked = ?wish.asked, "a person said whether messages are wanted");
    }
    Ok(())
}

async fn take(app: &App, channel: &ChannelRecord, wish: &Wish) -> anyhow::Result<()> {
    let workspace = channel.workspace_id;
    let keys = person_keys::of(app, workspace).await?;
    let mut phone = Some(&wish.phone).filter(|phone| !phone.is_empty()).map(|phone| canonical(phone));
    if !wish.user_id.is_empty() && (phone.is_none() || wish.asked == Asked::Resume) {
        let name = keys.of_user_id(&wish.user_id)?;
        write(app, channel, wish, &name, None).await?;
        if phone.is_none() {
            // After the id's own item: who learns whose it is looks for that one after he has written it down.
            phone = user_ids::phone_of(app, workspace, &wish.user_id).await?;
        }
        if phone.is_some() {
            suppressions::forget(app, workspace, &name).await?;
        }
    }
    let Some(phone) = phone else { return Ok(()) };
    let name = keys.of_phone(&phone)?;
    let person = write(app, channel, wish, &name, Some(&phone)).await?;
    let signs_up = wish.accord == Accord::SigningUp && !person.is_listed() && person.erased_at.is_none();
    if person.spoke_in.as_ref() != Some(&wish.id) && !signs_up {
        return Ok(());
    }
    note_consent(app, channel, wish, &phone).await?;
    hooks::tell(app, workspace, &happening(channel, wish, &phone)).await?;
    let waits = |notice: &Notice| notice.id == wish.id && notice.state == NoticeState::Wanted;
    if person.notice.as_ref().is_some_and(waits) {
        let errand = NoticeErrand { workspace_id: workspace, person: name, id: wish.id.clone() };
        queues::send_notice(app, &errand, 0).await?;
    }
    Ok(())
}

/// What webhooks are told of it: that somebody wants no more.
fn happening(channel: &ChannelRecord, wish: &Wish, phone: &str) -> Vec<Happening> {
    let by = match (wish.asked, wish.reason) {
        (Asked::Resume, _) => return Vec::new(),
        (Asked::Stop, SuppressionReason::Word) => "By a word.",
        (Asked::Stop, SuppressionReason::Button) => "By a button.",
        (
            Asked::Stop,
            SuppressionReason::Preference
            | SuppressionReason::Code
            | SuppressionReason::Manual
            | SuppressionReason::Recorded,
        ) => "In WhatsApp's preferences.",
    };
    vec![Happening {
        kind: WebhookEventKind::ContactOptedOut,
        at: wish.at.unwrap_or_default(),
        named: format!("{phone}#{}", wish.id),
        person: Some(phone.to_owned()),
        data: WebhookData {
            phone: Some(format!("+{phone}")),
            reason: Some(by.to_owned()),
            channel_id: Some(channel.id.clone()),
            ..WebhookData::default()
        },
    }]
}

/// Writes the wish, unless it is older than what the person said last.
async fn write(
    app: &App,
    channel: &ChannelRecord,
    wish: &Wish,
    name: &str,
    phone: Option<&str>,
) -> anyhow::Result<Person> {
    let now = app.clock.now_millis();
    let at = wish.at.map_or(now, |at| at.min(now));
    let confirms = settings::known(app, channel.workspace_id).await?.confirm_opt_outs;
    let notice = match (confirms, wish.language, phone) {
        (Switch::On, Some(language), Some(phone)) => Some(Notice {
            id: wish.id.clone(),
            asked: wish.asked,
            extent: wish.extent,
            language,
            channel_id: channel.id.clone(),
            to: format!("+{}", if wish.phone.is_empty() { phone } else { wish.phone.trim_start_matches('+') }),
            at,
            claimed_at: None,
            state: NoticeState::Wanted,
        }),
        (Switch::On | Switch::Off, _, _) => None,
    };
    let next = |standing: &Person| with_wish(standing, channel, wish, at, phone, notice.as_ref());
    let changed = suppressions::change(app, channel.workspace_id, name, next).await?;
    Ok(changed.person().clone())
}

/// The person with the wish; the same when it says nothing new. Who was erased stays so.
fn with_wish(
    standing: &Person,
    channel: &ChannelRecord,
    wish: &Wish,
    at: i64,
    phone: Option<&str>,
    notice: Option<&Notice>,
) -> Person {
    let is_known = standing.spoke_in.as_ref() == Some(&wish.id);
    let is_old = standing.spoke_at.is_some_and(|last| last > at) && !reaches_further(standing, wish);
    let lifted = lifted(standing, channel, wish);
    let is_idle = wish.asked == Asked::Resume && lifted == *standing;
    if is_known || is_old || is_idle || standing.erased_at.is_some() {
        return standing.clone();
    }
    let mut next = Person {
        phone: phone.map(str::to_owned),
        user_id: Some(&wish.user_id).filter(|id| !id.is_empty()).cloned().or_else(|| standing.user_id.clone()),
        spoke_at: standing.spoke_at.max(Some(at)),
        spoke_in: Some(wish.id.clone()),
        ..if wish.asked == Asked::Resume { lifted } else { standing.clone() }
    };
    let entry = Entry { reason: wish.reason, code: None, added_by: None, since: at };
    let is_news = match (wish.asked, wish.extent) {
        (Asked::Resume, Extent::All | Extent::Marketing) => true,
        (Asked::Stop, Extent::All) => standing.workspace.is_none(),
        (Asked::Stop, Extent::Marketing) => standing.workspace.is_none() && standing.marketing.is_none(),
    };
    if !is_news {
        return next;
    }
    next.notice = notice.cloned();
    match (wish.asked, wish.extent) {
        (Asked::Resume, Extent::All | Extent::Marketing) => {}
        (Asked::Stop, Extent::All) => next.workspace = Some(entry),
        (Asked::Stop, Extent::Marketing) => next.marketing = Some(entry),
    }
    next
}

/// Whether somebody who stopped marketing asked before that for no messages at all: that stands, however late it comes.
fn reaches_further(standing: &Person, wish: &Wish) -> bool {
    let stopped_all = (wish.asked, wish.extent) == (Asked::Stop, Extent::All);
    stopped_all && standing.workspace.is_none() && standing.marketing.is_some()
}

/// The person without what a wish for messages takes off: what he said himself, of WhatsApp's preferences only what they
/// said; never what the workspace said.
fn lifted(standing: &Person, channel: &ChannelRecord, wish: &Wish) -> Person {
    let is_of_all = match (wish.accord, wish.extent) {
        (Accord::SigningUp, _) | (Accord::Undoing, Extent::All) => true,
        (Accord::Undoing, Extent::Marketing) => false,
    };
    let stays = |entry: &&Entry| entry.is_firm() || !(is_of_all || entry.is_of_preferences());
    let mut channels = standing.channels.clone();
    if channels.get(&channel.id).is_some_and(|entry| !stays(&entry)) {
        channels.remove(&channel.id);
    }
    Person {
        workspace: standing.workspace.as_ref().filter(stays).cloned(),
        marketing: standing.marketing.as_ref().filter(|entry| entry.is_firm()).cloned(),
        channels,
        ..standing.clone()
    }
}

/// Writes the wish into the person's ledger: words and most buttons are about all messages, some buttons and WhatsApp's
/// preferences about offers.
async fn note_consent(app: &App, channel: &ChannelRecord, wish: &Wish, phone: &str) -> anyhow::Result<()> {
    let categories = match wish.extent {
        Extent::All => &[ConsentCategory::Marketing, ConsentCategory::Utility][..],
        Extent::Marketing => &[ConsentCategory::Marketing][..],
    };
    let source = match (wish.reason, wish.accord) {
        (SuppressionReason::Word, _) => "word",
        (SuppressionReason::Button, _) => "button",
        (_, Accord::Undoing) => "preference",
        (_, Accord::SigningUp) => "signup",
    };
    let act = match wish.asked {
        Asked::Stop => ConsentAct::OptOut,
        Asked::Resume => ConsentAct::OptIn,
    };
    for category in categories {
        let line = Line {
            id: wish.id.clone(),
            category: *category,
            act,
            source: source.to_owned(),
            text_version: None,
            evidence: Some(wish.id.clone()),
            recorded_by: ENGINE.to_owned(),
            // As it was written: without a time of its own the same webhook again would make another line.
            at: wish.at.unwrap_or_default(),
        };
        consents::record(app, channel.workspace_id, phone, &line).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wire::{ChannelId, WorkspaceId};

    use super::*;

    fn said_in(message: Value) -> Vec<(Asked, SuppressionReason)> {
        let value = json!({ "metadata": { "phone_number_id": "1" }, "messages": [message] });
        wishes("messages", &value).into_iter().map(|wish| (wish.asked, wish.reason)).collect()
    }

    #[test]
    fn words_buttons_and_replies_are_heard() {
        let from = "5511987654321";
        let stop = |reason| [(Asked::Stop, reason)];
        assert_eq!(said_in(json!({ "from": from, "text": { "body": "PARAR" } })), stop(SuppressionReason::Word));
        let tapped = json!({ "from": from, "button": { "text": "Stop", "payload": "x" } });
        assert_eq!(said_in(tapped), stop(SuppressionReason::Button));
        let replied = json!({ "from": from, "interactive": { "button_reply": { "id": "STOP", "title": "Basta" } } });
        assert_eq!(said_in(replied), stop(SuppressionReason::Button));
        for menu in ["Cancelar", "Voltar", "Sair"] {
            let tapped = json!({ "from": from, "button": { "text": menu, "payload": menu } });
            assert_eq!(said_in(tapped), [], "{menu}");
            let row = json!({ "from": from, "interactive": { "list_reply": { "id": "7", "title": menu } } });
            assert_eq!(said_in(row), [], "{menu}");
        }
        assert_eq!(said_in(json!({ "from": from, "text": { "body": "stop, o Zé não vem" } })), []);
        assert_eq!(said_in(json!({ "text": { "body": "STOP" } })), [], "nobody is named");
        let edit = json!({ "message": { "type": "text", "text": { "body": "Parar" } } });
        assert_eq!(said_in(json!({ "from": from, "type": "edit", "edit": edit })), stop(SuppressionReason::Word));
        let to_all = json!({ "from": from, "group_id": "g", "text": { "body": "stop" } });
        assert_eq!(said_in(to_all), [], "in a group");
        let by_id = json!({ "from_user_id": "BR.1", "text": { "body": "voltar" } });
        assert_eq!(said_in(by_id), [(Asked::Resume, SuppressionReason::Word)]);
    }

    #[test]
    fn preferences_stop_and_resume() {
        let value = json!({
            "metadata": { "phone_number_id": "1" },
            "user_preferences": [
                { "wa_id": "1", "value": "stop" }, { "user_id": "BR.2", "value": "resume" }, { "wa_id": "3", "value": "signup" }, 7,
            ],
        });
        let found: Vec<_> =
            wishes("user_preferences", &value).into_iter().map(|wish| (wish.phone, wish.user_id, wish.asked)).collect();
        let (one, two) = (("1".into(), String::new(), Asked::Stop), (String::new(), "BR.2".into(), Asked::Resume));
        let three = ("3".into(), String::new(), Asked::Resume);
        assert_eq!(found, [one, two, three]);
    }

    #[test]
    fn the_only_contact_beside_the_only_preference_completes_the_person() {
        let of = |contacts: Value, entries: Value| -> Vec<(String, String)> {
            let value = json!({ "contacts": contacts, "user_preferences": entries });
            wishes("user_preferences", &value).into_iter().map(|wish| (wish.phone, wish.user_id)).collect()
        };
        let named = |phone: &str, user_id: &str| (phone.to_owned(), user_id.to_owned());
        let stop = |user_id: &str| json!({ "user_id": user_id, "value": "stop" });
        let ana = json!({ "wa_id": "551" });
        assert_eq!(of(json!([ana]), json!([stop("BR.1")])), [named("551", "BR.1")]);
        assert_eq!(of(json!([{ "wa_id": "551", "user_id": "BR.2" }]), json!([stop("BR.1")])), [named("", "BR.1")]);
        let two = [named("", "BR.1"), named("", "BR.2")];
        assert_eq!(of(json!([ana]), json!([stop("BR.1"), stop("BR.2")])), two, "nobody knows whose number it is");
        assert_eq!(of(json!([ana, ana]), json!([stop("BR.1")])), [named("", "BR.1")]);
        let by_phone = json!([{ "wa_id": "552", "value": "stop" }]);
        assert_eq!(of(json!([{ "wa_id": "551", "user_id": "BR.1" }]), by_phone), [named("552", "")], "somebody else");
    }

    #[test]
    fn whatever_a_change_holds_it_is_read() {
        for value in
            [json!(null), json!([]), json!({ "messages": "none" }), json!({ "messages": [null, 1, { "from": {} }] })]
        {
            assert_eq!(wishes("messages", &value), []);
        }
    }

    fn channel() -> ChannelRecord {
        ChannelRecord {
            id: ChannelId("n".to_owned()),
            workspace_id: WorkspaceId(1),
            name: String::new(),
            phone_number_id: "1".to_owned(),
            waba_id: "2".to_owned(),
            app_id: "3".to_owned(),
            display_phone_number: String::new(),
            portfolio_id: None,
            messaging_limit: None,
            messages_per_second: 80,
            simulated: true,
            marketing_messages: false,
            api_version: None,
            token_name: None,
            by_user_id: false,
            version: 0,
            heard: Default::default(),
        }
    }

    fn wish(id: &str, asked: Asked) -> Wish {
        Wish {
            phone_number_id: "1".into(),
            phone: "5511987654321".into(),
            user_id: String::new(),
            asked,
            extent: Extent::All,
            accord: Accord::Undoing,
            reason: SuppressionReason::Word,
            language: Some(Language::Portuguese),
            id: id.into(),
            at: None,
        }
    }

    fn after(standing: &Person, id: &str, asked: Asked, at: i64) -> Person {
        with_wish(standing, &channel(), &wish(id, asked), at, Some("5511987654321"), None)
    }

    #[test]
    fn the_latest_wish_stands_however_late_an_older_one_comes_again() {
        let stopped = after(&Person::default(), "a", Asked::Stop, 1_000);
        assert!(stopped.is_listed());
        let resumed = after(&stopped, "b", Asked::Resume, 2_000);
        assert!(!resumed.is_listed());
        assert_eq!(after(&resumed, "a", Asked::Stop, 1_000), resumed);
        assert_eq!(after(&resumed, "b", Asked::Resume, 2_000), resumed);
        assert!(after(&resumed, "c", Asked::Stop, 2_000).is_listed(), "in the same second");
    }

    #[test]
    fn who_was_never_on_the_list_asks_for_nothing_by_a_word_that_resumes() {
        assert_eq!(after(&Person::default(), "a", Asked::Resume, 1_000), Person::default());
    }

    fn preferred(id: &str, asked: Asked) -> Wish {
        Wish { extent: Extent::Marketing, reason: SuppressionReason::Preference, language: None, ..wish(id, asked) }
    }

    #[test]
    fn preferences_are_about_marketing_and_a_word_about_all() {
        let next = |standing: &Person, wish: &Wish, at| with_wish(standing, &channel(), wish, at, Some("1"), None);
        let barred = |person: &Person| (person.barred(None, Extent::Marketing), person.barred(None, Extent::All));
        let (none, suppressed) = (None, Some(suppressions::Barred::Suppressed));
        let preferring = next(&Person::default(), &preferred("p", Asked::Stop), 2_000);
        assert_eq!(barred(&preferring), (suppressed, none));
        let late = after(&preferring, "a", Asked::Stop, 1_000);
        assert_eq!(barred(&late), (suppressed, suppressed), "he said so before, and never took it back");
        assert_eq!(late.spoke_at, Some(2_000));
        let stopped = after(&preferring, "b", Asked::Stop, 3_000);
        let resumed = next(&stopped, &preferred("q", Asked::Resume), 4_000);
        assert_eq!(barred(&resumed), (suppressed, suppressed), "his word stands");
        assert_eq!(barred(&after(&stopped, "c", Asked::Resume, 4_000)), (none, none));
        let signing_up = Wish { accord: Accord::SigningUp, ..preferred("s", Asked::Resume) };
        assert_eq!(barred(&next(&stopped, &signing_up, 4_000)), (none, none));
        // As it was written before there was a difference.
        let of_before = Person { workspace: preferring.marketing.clone(), ..Person::default() };
        assert_eq!(barred(&next(&of_before, &preferred("q", Asked::Resume), 4_000)), (none, none));
    }

    #[test]
    fn whoever_resumes_lifts_nothing_that_the_workspace_said() {
        let entry = |reason, code| Entry { reason, code, added_by: None, since: 1 };
        let manual = entry(SuppressionReason::Manual, None);
        for firm in [manual.clone(), entry(SuppressionReason::Code, Some(130_403))] {
            let channels = BTreeMap::from([(ChannelId("n".into()), manual.clone())]);
            let standing = Person { workspace: Some(firm), channels, ..Person::default() };
            assert_eq!(after(&standing, "a", Asked::Resume, 2_000), standing);
        }
        let by_code = entry(SuppressionReason::Code, Some(131_050));
        let standing = Person { workspace: Some(manual), marketing: Some(by_code), ..Person::default() };
        let resumed = after(&standing, "a", Asked::Resume, 2_000);
        assert_eq!((resumed.workspace, resumed.marketing), (standing.workspace, None));
    }

    #[test]
    fn who_was_erased_stays_so() {
        let erased = Person { erased_at: Some(1), ..Person::default() };
        assert_eq!(after(&erased, "a", Asked::Stop, 1_000), erased);
    }
}
