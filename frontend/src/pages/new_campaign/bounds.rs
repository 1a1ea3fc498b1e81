//! Of the last step: what bounds the campaign beside its pace: its cap, its hours, its number's limit, a second person.

use leptos::prelude::*;
use wire::{CreateCampaign, PriceEstimate};

use super::wizard::Wizard;
use crate::infra::format;
use crate::model::form::amount;
use crate::model::intake::Recipients;
use crate::model::review::{closed, exceeds, limited};
use crate::model::timing::retries;
use crate::model::wording::{Says, WordingText};
use crate::t;

/// The bounds that were asked for, as facts among others.
#[component]
pub fn Bounds(wizard: Wizard) -> impl IntoView {
    let asked = Memo::new(move |_| wizard.timing.with(|timing| timing.put(CreateCampaign::default())));
    let fact = move |name: &'static str, read: fn(&CreateCampaign) -> Option<String>| {
        let words = Memo::new(move |_| asked.with(read));
        move || words.get().map(|words| view! { <div><dt>{name}</dt><dd>{words}</dd></div> })
    };
    let cap = Memo::new(move |_| {
        let cap = wizard.spend_cap.with(|cap| amount(cap))?;
        let currency =
            wizard.card.with(|card| card.as_ref().map(|card| card.card.currency.clone()).unwrap_or_default());
        Some(format::money(&currency, &cap))
    });
    view! {
        {move || cap.get().map(|cap| view! { <div><dt>{t::spend_cap()}</dt><dd data-testid="review-cap">{cap}</dd></div> })}
        {fact(t::business_hours(), |asked| asked.business_hours.as_ref().map(format::open_hours))}
        {fact(t::nobody_at_night(), |asked| asked.quiet_hours.as_ref().map(|night| t::from_to(&night.from, &night.to)))}
        {fact(t::spread_over_days(), |asked| asked.duration_days.map(|days| format::count(days.into())))}
        {fact(t::try_failures_again(), |asked| asked.retry_rounds.map(|rounds| retries(rounds).to_owned()))}
    }
}

/// Who is skipped for not having written within 24 hours, where somebody would get free words and nothing else.
#[component]
pub fn ClosedWindows(wizard: Wizard) -> impl IntoView {
    let words = Memo::new(move |_| {
        let is_free = |text: &WordingText| text.says == Says::Free && !text.falls_back;
        let (some, all) = wizard.wordings.with(|texts| (texts.iter().any(is_free), texts.iter().all(is_free)));
        let told = || if all { counted(wizard) } else { None };
        let uncounted = || match wizard.draft.with(Option::is_some) {
            true => t::closed_windows_are_skipped().to_owned(),
            false => t::closed_windows_counted_later().to_owned(),
        };
        some.then(|| told().unwrap_or_else(uncounted))
    });
    let fact = |words: String| {
        view! { <div><dt>{t::window_of_24_hours()}</dt><dd data-testid="review-windows">{words}</dd></div> }
    };
    move || words.get().map(fact)
}

/// In words, where the draft was counted and goes to the same people.
fn counted(wizard: Wizard) -> Option<String> {
    let audience = wizard.intake().with(|intake| intake.audience().map(|audience| audience.id.clone()))?;
    let number = wizard.channel_id.get();
    let of_these = wizard.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.is_free_to(&audience, &number)));
    let estimate = wizard.estimate.get().filter(|_| of_these)?;
    Some(closed(&estimate, format::count))
}

/// What holds the campaign up, or pauses it, as far as that is known before.
#[component]
pub fn Warnings(
    wizard: Wizard,
    recipients: Memo<Option<Recipients>>,
    price: Memo<Option<PriceEstimate>>,
) -> impl IntoView {
    let limit = Memo::new(move |_| limited(&wizard.channel()?, recipients.get()?.count()));
    let is_too_dear = Memo::new(move |_| {
        price.with(|price| wizard.spend_cap.with(|cap| price.as_ref().is_some_and(|price| exceeds(price, cap))))
    });
    let approval = Memo::new(move |_| {
        let people = recipients.get().map(Recipients::count).unwrap_or_default();
        wizard.approval_above.get().filter(|above| people > *above)
    });
    view! {
        {move || limit.get().map(|limit| {
            let class = if limit.holds_up() { "warning" } else { "soft small" };
            view! { <p class=class data-testid="review-limit">{limit.sentence(format::count)}</p> }
        })}
        <Show when=move || is_too_dear.get()>
            <p class="warning" data-testid="review-cap-warning">{t::the_cap_will_pause_it()}</p>
        </Show>
        {move || approval.get().map(|above| view! {
            <p class="warning" data-testid="review-approval">{t::second_person_first(&format::count(above))}</p>
        })}
    }
}
