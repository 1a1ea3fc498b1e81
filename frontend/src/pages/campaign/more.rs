//! What else can be done about a campaign: another pace, another attempt, a decision, a copy, an end.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wire::{Campaign, CampaignId, CampaignReport, Channel, DecisionKind, FieldError, Role, UnknownsDecision};

use super::cap::CapEdit;
use super::edit_form::{close, saving};
use super::header::ACTIONS;
use crate::components::allowed::Allowed;
use crate::components::confirm::Confirm;
use crate::components::field::{Kind, TextField};
use crate::components::risk::RiskHint;
use crate::infra::shell::{Shell, focus_if_lost, mark};
use crate::infra::{api, format, numbers};
use crate::model::pace::PaceText;
use crate::model::retry::{can_be_tried, deleting_means, may_change_cap, may_change_pace, may_try_again};
use crate::model::risk::{Rating, risk};
use crate::model::spot::error_at;
use crate::model::status::is_ahead;
use crate::t;

/// The ids of the buttons that open a form.
const PACE: &str = "change-pace";
pub(super) const CAP: &str = "change-cap";

/// The id of the form for the pace.
const PACE_FORM: &str = "pace-form";

/// The buttons, and what they open.
#[component]
pub fn More(
    campaign: Signal<Campaign>,
    report: RwSignal<Option<CampaignReport>>,
    fresh: Callback<Campaign>,
) -> impl IntoView {
    let shell = Shell::around();
    let (pacing, capping) = (RwSignal::new(false), RwSignal::new(false));
    let deleting = RwSignal::new(false);
    let id = StoredValue::new(campaign.with_untracked(|campaign| campaign.id.clone()));
    let navigate = use_navigate();
    let leave = navigate.clone();
    let retry = Action::new_local(move |(): &()| async move {
        match api::retry_failed(&id.get_value()).await {
            Ok(campaign) => fresh.try_run(campaign).unwrap_or_default(),
            Err(error) => shell.report(error),
        }
        // The button goes with those who are tried again.
        request_animation_frame(|| focus_if_lost(ACTIONS));
    });
    let copy = Action::new_local(move |(): &()| {
        let navigate = navigate.clone();
        async move {
            match api::clone_campaign(&id.get_value()).await {
                // Who went elsewhere meanwhile stays there.
                Ok(copy) if id.try_get_value().is_some() => {
                    navigate(&format!("/campaigns/{}", copy.id), Default::default())
                }
                Ok(_) => {}
                Err(error) => shell.report(error),
            }
        }
    });
    let delete = Action::new_local(move |(): &()| {
        let (leave, id) = (leave.clone(), id.get_value());
        async move {
            match api::delete_campaign(&id).await {
                // Who went elsewhere meanwhile stays there. The page may have heard of it first.
                Ok(()) if is_shown(&id) => leave("/campaigns", Default::default()),
                Ok(()) => {}
                Err(error) => shell.report(error),
            }
        }
    });
    let status = Memo::new(move |_| campaign.with(|campaign| campaign.status));
    // What has ended has no pace to change, also when it goes on once more.
    Effect::new(move || {
        if !may_change_pace(status.get()) {
            pacing.set(false);
            capping.set(false);
        }
    });
    // Whoever's message is kept no longer cannot be tried again.
    let kept = Memo::new(move |_| campaign.with(|campaign| campaign.messages_deleted_at.is_none()));
    let failed = Memo::new(move |_| {
        let of = |report: &CampaignReport| can_be_tried(status.get(), &report.failures);
        report.with(|report| report.as_ref().filter(|_| kept.get()).map_or(0, of))
    });
    let means = Signal::derive(move || {
        let left = campaign.with(|campaign| campaign.totals.untouched + campaign.totals.retry);
        deleting_means(status.get(), left, format::count)
    });
    let name = Signal::derive(move || t::delete_this_campaign(&campaign.with(|campaign| campaign.name.clone())));
    view! {
        <Allowed to=Role::Manager><Unknowns campaign=campaign fresh=fresh/></Allowed>
        <Allowed to=Role::Operator>
        <div class="actions more">
            <Show when=move || { failed.get() > 0 }>
                <button type="button" class="button" disabled=retry.pending() data-testid="retry-failed" on:click=move |_| drop(retry.dispatch(()))>
                    {move || t::try_failed_again(failed.get(), &format::count(failed.get()))}
                </button>
            </Show>
            <Show when=move || may_change_pace(status.get())>
                <button
                    type="button" class="button" id=PACE data-testid=PACE aria-expanded=move || pacing.get().to_string()
                    on:click=move |_| pacing.update(|open| *open = !*open)
                >
                    {t::change_the_pace()}
                </button>
            </Show>
            <Show when=move || may_change_cap(status.get())>
                <button
                    type="button" class="button" id=CAP data-testid=CAP aria-expanded=move || capping.get().to_string()
                    on:click=move |_| capping.update(|open| *open = !*open)
                >
                    {t::change_the_cap()}
                </button>
            </Show>
            <Show when=move || is_ahead(status.get())>
                <a class="button" href=id.with_value(|id| format!("/campaigns/new?draft={id}")) data-testid="edit-draft">{t::change_the_campaign()}</a>
            </Show>
            <button type="button" class="button" disabled=copy.pending() data-testid="clone" on:click=move |_| drop(copy.dispatch(()))>
                {t::make_a_copy()}
            </button>
            <Allowed to=Role::Manager>
                <button type="button" class="button danger" disabled=delete.pending() data-testid="delete" on:click=move |_| deleting.set(true)>
                    {t::delete_campaign()}
                </button>
            </Allowed>
        </div>
        </Allowed>
        <Show when=move || pacing.get() && may_change_pace(status.get())>
            <PaceEdit campaign=campaign fresh=fresh open=pacing/>
        </Show>
        <Show when=move || capping.get() && may_change_cap(status.get())>
            <CapEdit campaign=campaign fresh=fresh open=capping/>
        </Show>
        <Confirm
            open=deleting title=name text=means yes=t::delete_campaign() no=t::keep_it() test_id="delete"
            on_yes=Callback::new(move |()| drop(delete.dispatch(())))
        />
    }
}

/// Whether the browser shows this campaign's page.
fn is_shown(id: &CampaignId) -> bool {
    window().location().pathname().is_ok_and(|path| path == format!("/campaigns/{id}"))
}

/// The pace as it stands, to be changed.
#[component]
fn PaceEdit(campaign: Signal<Campaign>, fresh: Callback<Campaign>, open: RwSignal<bool>) -> impl IntoView {
    let pace = RwSignal::new(campaign.with_untracked(PaceText::of));
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let save = saving(campaign, fresh, errors, PACE_FORM, move || close(open, PACE));
    let field = move |id: &'static str, label: &'static str, read: fn(&mut PaceText) -> &mut String| {
        let value = Signal::derive(move || pace.with(|pace| read(&mut pace.clone()).clone()));
        let set = Callback::new(move |typed: String| {
            pace.update(|pace| *read(pace) = typed);
            errors.update(|errors| errors.retain(|error| error.field != id));
        });
        let error = Signal::derive(move || errors.with(|errors| error_at(errors, 0, id)));
        view! {
            <TextField id=id label=label kind=Kind::Decimal value=value on_input=set error=error test_id=id unit=t::unit_seconds()/>
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        match pace.with_untracked(PaceText::edit) {
            Ok(edit) => drop(save.dispatch(edit)),
            Err(faults) => mark(errors, PACE_FORM, faults),
        }
    };
    view! {
        <form class="card" id=PACE_FORM on:submit=submit data-testid=PACE_FORM>
            <h2>{t::change_the_pace()}</h2>
            <p class="soft">{t::pace_bites_soon()}</p>
            <div class="fields">
                {field("minSecondsBetweenMessages", t::shortest_wait_between_messages(), |pace| &mut pace.min_gap)}
                {field("maxSecondsBetweenMessages", t::longest_wait_between_messages(), |pace| &mut pace.max_gap)}
                {field("secondsBetweenChunks", t::wait_between_chunks(), |pace| &mut pace.between_chunks)}
            </div>
            <PaceRisk campaign=campaign pace=pace/>
            <div class="actions">
                <button type="submit" class="button primary" disabled=save.pending() data-testid="save-pace">{t::save_pace()}</button>
                <button type="button" class="button" on:click=move |_| close(open, PACE)>{t::not_now()}</button>
            </div>
        </form>
    }
}

/// What the pace as it is typed may do to the number, once both are known and the number's rating was asked for.
#[component]
fn PaceRisk(campaign: Signal<Campaign>, pace: RwSignal<PaceText>) -> impl IntoView {
    let (number, rating) = (RwSignal::new(None::<Channel>), RwSignal::new(None::<Rating>));
    let id = campaign.with_untracked(|campaign| campaign.channel_id.clone());
    leptos::task::spawn_local_scoped_with_cancellation(async move {
        // Without the number there is no hint, without its health one that knows less.
        if let Ok(list) = api::channels().await {
            number.set(list.items.into_iter().find(|channel| channel.id == id));
        }
        let quality = numbers::health(&id).await.ok().and_then(|health| health.quality);
        rating.set(Some(Rating::of(quality.as_deref())));
    });
    let told = Memo::new(move |_| {
        let people = campaign.with(|campaign| campaign.totals.untouched + campaign.totals.retry);
        let (pace, rating) = (pace.with(PaceText::pace)?, rating.get()?);
        number.with(|number| Some(risk(pace, number.as_ref()?, rating, Some(people))))
    });
    view! { <RiskHint risk=told/> }
}

/// What a person has to decide about messages of unknown outcome.
#[component]
fn Unknowns(campaign: Signal<Campaign>, fresh: Callback<Campaign>) -> impl IntoView {
    let shell = Shell::around();
    let decide = Action::new_local(move |decision: &UnknownsDecision| {
        let (id, decision) = (campaign.with_untracked(|campaign| campaign.id.clone()), *decision);
        async move {
            match api::decide_unknowns(&id, decision).await {
                Ok(campaign) => fresh.try_run(campaign).unwrap_or_default(),
                Err(error) => shell.report(error),
            }
            // The question goes once it is answered.
            request_animation_frame(|| focus_if_lost(ACTIONS));
        }
    });
    let count = Memo::new(move |_| {
        let of = |campaign: &Campaign| {
            campaign.decisions.iter().find(|one| one.kind == DecisionKind::Unknown).map(|one| one.count)
        };
        campaign.with(of)
    });
    let press = move |decision: UnknownsDecision| move |_| drop(decide.dispatch(decision));
    view! {
        <Show when=move || count.get().is_some()>
            <section class="card" data-testid="unknowns">
                <p>{move || count.get().map(|count| t::unknowns_wait(count, &format::count(count)))}</p>
                <div class="actions">
                    <button type="button" class="button" disabled=decide.pending() data-testid="unknowns-leave" on:click=press(UnknownsDecision::Leave)>
                        {t::leave_them_so()}
                    </button>
                    <Show when=move || campaign.with(|campaign| may_try_again(campaign.status))>
                        <button type="button" class="button danger" disabled=decide.pending() data-testid="unknowns-again" on:click=press(UnknownsDecision::SendAgain)>
                            {t::send_them_again()}
                        </button>
                    </Show>
                </div>
            </section>
        </Show>
    }
}
