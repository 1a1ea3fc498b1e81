//! One number: whether it sends, its limits, and what WhatsApp said of it.

use leptos::prelude::*;
use wire::{Channel, ChannelNotice};

use super::Desk;
use super::edit::{EditNumber, opener};
use crate::infra::{clock, format, numbers};
use crate::model::channel::{Checked, connection, silent_because, used_percent};
use crate::model::templates_query::quality;
use crate::t;

/// A card; WhatsApp is asked when it appears, and again when somebody wants it.
#[component]
pub fn Number(channel: Channel, desk: Desk) -> impl IntoView {
    let checked = RwSignal::new(Checked::Asking);
    let checked_at = RwSignal::new(None);
    let id = channel.id.clone();
    let check = Action::new_local(move |(): &()| {
        let id = id.clone();
        async move {
            let answer = match numbers::health(&id).await {
                Ok(health) => Checked::Told(Box::new(health)),
                Err(error) => {
                    desk.shell.report(error);
                    Checked::Silent
                }
            };
            // Who left the page is told nothing.
            drop(checked.try_set(answer));
            checked_at.try_set(Some(clock::now()));
        }
    });
    check.dispatch(());
    let own = channel.id.clone();
    let is_edited = Memo::new(move |_| desk.editing.with(|editing| editing.as_ref() == Some(&own)));
    let (channel, notices) = (StoredValue::new(channel.clone()), channel.notices);
    view! {
        <li class="card" data-testid="channel">
            <Head channel=channel checked=checked/>
            <Silence channel=channel checked=checked/>
            <Facts channel=channel checked=checked/>
            <Troubles checked=checked/>
            <Notices notices=notices/>
            <div class="actions">
                <button
                    type="button" class="button" disabled=check.pending() data-testid="check-channel"
                    on:click=move |_| drop(check.dispatch(()))
                >
                    {t::check_now()}
                </button>
                <Show when=move || desk.is_owner.get()>
                    <OwnersButtons channel=channel desk=desk/>
                </Show>
                <span class="soft small" role="status">
                    {move || checked_at.get().map(|at| t::checked_at(&format::date_time(at)))}
                </span>
            </div>
            <Show when=move || is_edited.get()>
                <EditNumber channel=channel.get_value() desk=desk/>
            </Show>
        </li>
    }
}

#[component]
fn OwnersButtons(channel: StoredValue<Channel>, desk: Desk) -> impl IntoView {
    let edit = move |_| desk.editing.set(Some(channel.with_value(|channel| channel.id.clone())));
    let id = channel.with_value(|channel| opener(&channel.id));
    let leave = move |_| {
        desk.leaving.set(Some(channel.get_value()));
        desk.asks.set(true);
    };
    view! {
        <button type="button" class="button" id=id data-testid="edit-channel" on:click=edit>{t::edit()}</button>
        <button type="button" class="button danger" data-testid="delete-channel" on:click=leave>{t::take_away()}</button>
    }
}

#[component]
fn Head(channel: StoredValue<Channel>, checked: RwSignal<Checked>) -> impl IntoView {
    let badge = move || checked.with(|checked| channel.with_value(|channel| checked.badge(channel)));
    let simulated = channel.with_value(|channel| channel.simulated);
    view! {
        <div class="title-line">
            <h2>{channel.with_value(|channel| channel.name.clone())}</h2>
            <span class="phone">{channel.with_value(|channel| channel.display_phone_number.clone())}</span>
            <span class=move || badge().1.class() data-testid="channel-state">{move || badge().0}</span>
            {simulated.then(|| view! { <span class="badge">{t::simulated()}</span> })}
        </div>
    }
}

/// Why nothing leaves it.
#[component]
fn Silence(channel: StoredValue<Channel>, checked: RwSignal<Checked>) -> impl IntoView {
    let why = move || checked.with(|checked| channel.with_value(|channel| silent_because(channel, checked)));
    move || {
        why().map(
            |why| view! { <p class="problems" data-testid="channel-silent">{t::nothing_leaves(&t::said(&why))}</p> },
        )
    }
}

#[component]
fn Facts(channel: StoredValue<Channel>, checked: RwSignal<Checked>) -> impl IntoView {
    let told = move |read: fn(&wire::ChannelHealth) -> Option<String>| {
        move || checked.with(|checked| checked.health().and_then(read).unwrap_or_else(|| "–".to_owned()))
    };
    let known_quality = move || {
        checked.with(|checked| match checked.health() {
            Some(health) => quality(health.quality.as_deref()).unwrap_or(t::quality_is_unknown()),
            None => "–",
        })
    };
    let coexists = move || checked.with(|checked| checked.health().is_some_and(|health| health.coexists == Some(true)));
    let standing = channel.get_value();
    let addressing = if standing.by_user_id { t::by_user_id_where_known() } else { t::by_their_number() };
    let token = if standing.own_token { t::token_of_its_own() } else { t::token_of_the_app() };
    let offers = if standing.marketing_messages { "Marketing Messages API" } else { "Cloud API" };
    view! {
        <dl class="facts sentences">
            <div><dt>{t::quality()}</dt><dd data-testid="channel-quality">{known_quality}</dd></div>
            <div><dt>{t::connection()}</dt><dd>{told(|health| health.status.as_deref().map(connection))}</dd></div>
            <div>
                <dt>{t::throughput()}</dt>
                <dd>
                    {format::count(u64::from(standing.messages_per_second))}
                    {move || coexists().then(|| format!(" ({})", t::throughput_coexists()))}
                </dd>
            </div>
            <div><dt>{t::people_in_a_day()}</dt><dd><Limit channel=channel/></dd></div>
            <div><dt>{t::addressing()}</dt><dd>{addressing}</dd></div>
            <div><dt>{t::offers_go_by()}</dt><dd>{offers}</dd></div>
            <div><dt>{t::whose_token()}</dt><dd data-testid="channel-token">{token}</dd></div>
            <div><dt>{t::ids_of_meta()}</dt><dd>{t::number_and_account(&standing.phone_number_id, &standing.waba_id)}</dd></div>
        </dl>
    }
}

/// How much of the day's limit is used.
#[component]
fn Limit(channel: StoredValue<Channel>) -> impl IntoView {
    channel.with_value(|channel| match (channel.messaging_limit, used_percent(channel)) {
        (Some(limit), Some(used)) => {
            let people = u64::from(channel.people_today.unwrap_or_default());
            view! {
                <span data-testid="channel-limit">{t::used_of_limit(&format::count(people), &format::count(u64::from(limit)))}</span>
                <div
                    class="meter" role="meter" aria-label=t::limit_used_today() aria-valuemin="0" aria-valuemax="100"
                    aria-valuenow=used.to_string()
                >
                    <span style:width=format!("{used}%")></span>
                </div>
            }
            .into_any()
        }
        (Some(limit), None) => format::count(u64::from(limit)).into_any(),
        (None, _) => t::no_limit().into_any(),
    })
}

/// What WhatsApp says is wrong, and what to do about it.
#[component]
fn Troubles(checked: RwSignal<Checked>) -> impl IntoView {
    let troubles =
        move || checked.with(|checked| checked.health().map(|health| health.troubles.clone()).unwrap_or_default());
    view! {
        <Show when=move || !troubles().is_empty()>
            <ul class="warning" data-testid="channel-troubles">
                {move || troubles().into_iter().map(|trouble| view! { <li>{t::said(&trouble)}</li> }).collect_view()}
            </ul>
        </Show>
    }
}

#[component]
fn Notices(notices: Vec<ChannelNotice>) -> impl IntoView {
    let line = |notice: ChannelNotice| {
        view! { <li><span>{t::said(&notice.text)}</span><small class="soft">{format::date_time(notice.at)}</small></li> }
    };
    (!notices.is_empty()).then(|| {
        view! {
            <h3>{t::what_whatsapp_said()}</h3>
            <ul class="changes" data-testid="channel-notices">{notices.into_iter().map(line).collect_view()}</ul>
        }
    })
}
