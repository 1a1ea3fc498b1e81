//! Why messages failed, and what was asked for.

use leptos::prelude::*;
use web_sys::MouseEvent;
use wire::{
    Audience, Campaign, CampaignReport, ChannelList, FailureReport, PriceEstimate, Role, SkippedReport, TemplateContent,
};

use super::people::lead_to_people;
use crate::components::allowed::Allowed;
use crate::infra::shell::Shell;
use crate::infra::{api, clock, format};
use crate::model::actor;
use crate::model::follow_up::{links_in_words, rules_in_words};
use crate::model::moment::last_message;
use crate::model::money;
use crate::model::review::closed;
use crate::model::status::is_ahead;
use crate::model::timing::retries;
use crate::t;

/// Failures by code, most frequent first; each leads to its people.
#[component]
pub fn Failures(
    campaign: Signal<Campaign>,
    report: RwSignal<Option<CampaignReport>>,
    /// Where the people with one code are shown.
    people: Callback<u32, String>,
) -> impl IntoView {
    let failures = Memo::new(move |_| campaign.with(|campaign| campaign.failures.clone()));
    let advice = move |code: u32| {
        let found = |report: &CampaignReport| report.failures.iter().find(|failure| failure.code == code).map(advice);
        report.with(|report| report.as_ref().and_then(found))
    };
    // With one of these keys the people come in another tab or window, and this one stays as it is.
    let lead = |event: MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            lead_to_people();
        }
    };
    let row = move |failure: wire::FailureCount| {
        let title = t::said(&failure.title);
        let label = t::show_who_failed(&title);
        view! {
            <tr data-testid="failure-row">
                <td class="number"><strong>{format::count(failure.count)}</strong></td>
                <td>
                    <a href=people.run(failure.code) data-noscroll="" aria-label=label on:click=lead data-testid="failure-people">
                        {title}
                    </a>
                    {advice(failure.code).map(|advice| view! { <p class="soft small" data-testid="advice">{advice}</p> })}
                </td>
                <td class="number soft">{failure.code}</td>
            </tr>
        }
    };
    view! {
        <section class="card" aria-labelledby="failures">
            <h2 id="failures">{t::why_messages_failed()}</h2>
            <Show when=move || !failures.with(Vec::is_empty) fallback=|| view! { <p class="soft">{t::no_message_has_failed()}</p> }>
                <div class="scroll" tabindex="0" role="region" aria-labelledby="failures">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col" class="number">{t::people()}</th>
                                <th scope="col">{t::reason()}</th>
                                <th scope="col" class="number">{t::code()}</th>
                            </tr>
                        </thead>
                        <tbody>{move || failures.get().into_iter().map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
            <LeftOut report=report/>
        </section>
    }
}

/// What to do about people with one failure.
fn advice(failure: &FailureReport) -> String {
    let again = if failure.can_be_retried { format!(" {}", t::can_be_retried()) } else { String::new() };
    format!("{}{again}", t::said(&failure.advice))
}

/// Why people were left out, where some were.
#[component]
fn LeftOut(report: RwSignal<Option<CampaignReport>>) -> impl IntoView {
    let skipped = Memo::new(move |_| {
        report.with(|report| report.as_ref().map(|report| report.skipped.clone()).unwrap_or_default())
    });
    let line = |one: SkippedReport| {
        view! { <li data-testid="skipped-row"><strong>{format::count(one.count)}</strong> " " {t::said(&one.reason)}</li> }
    };
    view! {
        <Show when=move || !skipped.with(Vec::is_empty)>
            <h3>{t::why_left_out()}</h3>
            <ul class="plain">{move || skipped.get().into_iter().map(line).collect_view()}</ul>
        </Show>
    }
}

/// What was asked for: pace, chunks, content, channel, audience and times.
#[component]
pub fn Facts(campaign: Signal<Campaign>) -> impl IntoView {
    let (channels, audience) = asked_once(campaign);
    let fact = move |read: fn(&Campaign) -> String| move || campaign.with(read);
    let channel = move || campaign.with(|campaign| channel_name(campaign, channels.get().as_ref()));
    let finish = move || campaign.with(|campaign| last_message(campaign, clock::now()));
    let rejected = move || audience.get().filter(|audience| audience.rejected > 0);
    view! {
        <section class="card" aria-labelledby="facts">
            <h2 id="facts">{t::plan()}</h2>
            <dl class="facts">
                <div><dt>{t::message()}</dt><dd>{fact(said)}</dd></div>
                {when(campaign, t::template_for_the_others(), fallback)}
                {when(campaign, t::tracked_links(), |c| links_in_words(&c.links))}
                {when(campaign, t::when_somebody_answers(), |c| c.replies.as_ref().map(rules_in_words))}
                <div><dt>{t::sent_from()}</dt><dd>{channel}</dd></div>
                <div><dt>{t::between_messages()}</dt><dd>{fact(between_messages)}</dd></div>
                <div><dt>{t::chunks()}</dt><dd>{fact(chunks)}</dd></div>
                <div><dt>{t::between_chunks()}</dt><dd>{fact(|c| format::seconds(c.seconds_between_chunks))}</dd></div>
                {when(campaign, t::business_hours(), |c| c.business_hours.as_ref().map(format::open_hours))}
                {when(campaign, t::nobody_at_night(), |c| c.quiet_hours.as_ref().map(|night| t::from_to(&night.from, &night.to)))}
                {when(campaign, t::spread_over_days(), |c| c.duration_days.map(|days| format::count(days.into())))}
                {when(campaign, t::try_failures_again(), |c| Some(c.retry_rounds).filter(|rounds| *rounds > 0).map(|rounds| retries(rounds).to_owned()))}
                <div><dt>{t::the_start()}</dt><dd>{fact(|c| time_or(c.scheduled_to, t::not_started()))}</dd></div>
                {move || finish().map(|(name, at)| view! { <div><dt>{name}</dt><dd data-testid="prediction">{time_or(at, t::not_planned_yet())}</dd></div> })}
                <Cost campaign=campaign/>
                <div><dt>{t::consent()}</dt><dd data-testid="attested">{fact(attested)}</dd></div>
                <div><dt>{t::contacts_file()}</dt><dd>{move || audience.get().map(|audience| audience.file_name)}</dd></div>
                {move || rejected().map(|audience| view! { <Rejects audience=audience/> })}
            </dl>
        </section>
    }
}

/// A fact that is shown where it was asked for.
fn when(campaign: Signal<Campaign>, name: &'static str, read: fn(&Campaign) -> Option<String>) -> impl IntoView {
    let asked = Memo::new(move |_| campaign.with(read));
    move || asked.get().map(|words| view! { <div><dt>{name}</dt><dd>{words}</dd></div> })
}

/// What it costs; before the start, what it would, and who would be skipped for a closed window.
#[component]
fn Cost(campaign: Signal<Campaign>) -> impl IntoView {
    let shell = Shell::around();
    let (foretold, skipped) = (RwSignal::new(None::<String>), RwSignal::new(None::<String>));
    let ahead = Memo::new(move |_| campaign.with(|campaign| is_ahead(campaign.status)));
    let id = campaign.with_untracked(|campaign| campaign.id.clone());
    if ahead.get_untracked() {
        leptos::task::spawn_local_scoped_with_cancellation(async move {
            match api::estimate(&id).await {
                Ok(estimate) => {
                    let told = |price: &PriceEstimate| money::foretold(price, format::money, format::count);
                    foretold.set(estimate.price.as_ref().map(told));
                    skipped.set((estimate.window_closed > 0).then(|| closed(&estimate, format::count)));
                }
                Err(error) => shell.report(error),
            }
        });
    }
    let lines = Memo::new(move |_| {
        let standing =
            campaign.with(|campaign| campaign.spending.as_ref().map(|spent| money::lines(spent, format::money)));
        let price = foretold.get().filter(|_| ahead.get()).map(|price| (t::price_if_everybody_gets_it(), price));
        price.into_iter().chain(standing.unwrap_or_default()).collect::<Vec<_>>()
    });
    let line = |(name, text): money::Line| view! { <div data-testid="cost"><dt>{name}</dt><dd>{text}</dd></div> };
    let windows = move || skipped.get().filter(|_| ahead.get());
    view! {
        {move || lines.get().into_iter().map(line).collect_view()}
        {move || windows().map(|words| view! { <div><dt>{t::window_of_24_hours()}</dt><dd data-testid="closed-windows">{words}</dd></div> })}
    }
}

#[component]
fn Rejects(audience: Audience) -> impl IntoView {
    let reasons = audience
        .rejected_by_reason
        .iter()
        .map(|reason| format!("{}: {}", t::said(&reason.title), format::count(reason.count)));
    let reasons = reasons.collect::<Vec<_>>().join(" · ");
    let id = audience.id.clone();
    view! {
        <div>
            <dt>{t::rows_left_out()}</dt>
            <dd>
                {format::count(audience.rejected)} " "
                <Allowed to=Role::Operator>
                    <a href=api::rejects_url(&id) rel="external" data-testid="rejects">{t::download_them()}</a>
                </Allowed>
                <p class="soft small">{reasons}</p>
            </dd>
        </div>
    }
}

/// Channels and audience do not change while one looks; without them the facts are shorter.
fn asked_once(campaign: Signal<Campaign>) -> (RwSignal<Option<ChannelList>>, RwSignal<Option<Audience>>) {
    let shell = Shell::around();
    let channels = RwSignal::new(None);
    let audience = RwSignal::new(None);
    let id = campaign.with_untracked(|campaign| campaign.audience_id.clone());
    leptos::task::spawn_local_scoped_with_cancellation(async move {
        match api::channels().await {
            Ok(list) => channels.set(Some(list)),
            Err(error) => shell.report(error),
        }
        match api::audience(&id).await {
            Ok(found) => audience.set(Some(found)),
            Err(error) => shell.report(error),
        }
    });
    (channels, audience)
}

fn channel_name(campaign: &Campaign, channels: Option<&ChannelList>) -> String {
    let found = channels.and_then(|list| list.items.iter().find(|channel| channel.id == campaign.channel_id));
    match found {
        Some(channel) if channel.simulated => t::simulated_reaches_nobody(&channel.name),
        Some(channel) => format!("{} ({})", channel.name, channel.display_phone_number),
        None => campaign.channel_id.to_string(),
    }
}

fn said(campaign: &Campaign) -> String {
    match (campaign.variants.len(), &campaign.template) {
        (0, template) if template.name.is_empty() || !campaign.message.is_empty() => t::free_message().to_owned(),
        (0, template) => format!("{} ({})", template.name, template.language),
        (wordings, _) => t::wordings_count(wordings as u64, &wordings),
    }
}

/// The templates of those whom free words may not reach.
fn fallback(campaign: &Campaign) -> Option<String> {
    let single = (campaign.variants.is_empty() && !campaign.message.is_empty()).then_some(&campaign.template);
    let free = campaign.variants.iter().filter(|variant| !variant.message.is_empty());
    let all = single.into_iter().chain(free.filter_map(|variant| variant.template.as_ref()));
    let named = |template: &TemplateContent| format!("{} ({})", template.name, template.language);
    let names: Vec<String> = all.filter(|template| !template.name.is_empty()).map(named).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Who answers for it that the people agreed, and since when.
fn attested(campaign: &Campaign) -> String {
    match &campaign.consent_attestation {
        Some(said) => t::said_when_that_they_agreed(&actor::called(&said.attested_by), &format::near(said.at)),
        None => t::nobody_has_said_so_yet().to_owned(),
    }
}

fn between_messages(campaign: &Campaign) -> String {
    let (min, max) = (campaign.min_seconds_between_messages, campaign.max_seconds_between_messages);
    if max == 0.0 {
        t::as_fast_as_the_number().to_owned()
    } else if min == max {
        format::seconds(min)
    } else {
        t::from_until(&format::seconds(min), &format::seconds(max))
    }
}

fn chunks(campaign: &Campaign) -> String {
    t::chunks_of_up_to(&format::count(campaign.chunks_count), &format::count(campaign.chunk_size))
}

fn time_or(at: Option<chrono::DateTime<chrono::Utc>>, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.to_owned(), format::near)
}
