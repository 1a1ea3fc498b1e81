//! First step: from which number, and to whom: a file that is dropped, or a list over the contact book.

use leptos::prelude::*;
use wire::Channel;

use super::list_fields::ListFields;
use super::submit;
use super::wizard::Wizard;
use crate::components::field::{Pick, PickField};
use crate::components::intake::IntakeProgress;
use crate::components::sheet::SheetCounts;
use crate::components::step::Step;
use crate::infra::shell::{Shell, focus_if_lost};
use crate::model::form::Source;
use crate::model::intake::Intake;
use crate::pages::file_intake::FileFields;
use crate::t;

/// The id of what tells how far the audience got.
const PROGRESS: &str = "intake";

/// Number, where the people come from, and they.
#[component]
pub fn PeopleStep(wizard: Wizard) -> impl IntoView {
    let done = Signal::derive(move || wizard.intake().with(|intake| intake.audience().is_some()));
    let channels = Signal::derive(move || wizard.channels.with(|all| all.iter().map(channel_pick).collect::<Vec<_>>()));
    let simulated = Signal::derive(move || match wizard.channel() {
        _ if wizard.draft.with(Option::is_some) => t::the_number_stays().to_owned(),
        Some(channel) if channel.simulated => t::simulated_messages_reach_nobody().to_owned(),
        Some(_) | None => String::new(),
    });
    // While a list is collected, its people are those who wrote to this number, or did not.
    let stays = Signal::derive(move || wizard.draft.with(Option::is_some) || wizard.list.intake.with(Intake::is_busy));
    let from_file = Memo::new(move |_| wizard.source.get() == Source::File);
    view! {
        <Step number=1 title=t::people() done=done>
            <PickField
                id="channelId" label=t::number_that_sends() options=channels value=wizard.channel_id
                on_pick=wizard.setter("channelId", wizard.channel_id) error=wizard.error("channelId")
                test_id="channel-select" nothing=t::choose_a_number() hint=simulated
                disabled=stays
            />
            <Show when=move || wizard.has_no_number.get()>
                <p class="soft" data-testid="no-number">
                    {t::there_is_no_number_yet()} " " <a href="/channels">{t::go_to_the_numbers()}</a>
                </p>
            </Show>
            <Sources wizard=wizard/>
            <Show when=move || from_file.get() fallback=move || view! { <FromList wizard=wizard/> }>
                <FromFile wizard=wizard/>
            </Show>
        </Step>
    }
}

fn channel_pick(channel: &Channel) -> Pick {
    Pick::new(channel.id.to_string(), format!("{} · {}", channel.name, channel.display_phone_number))
}

#[component]
fn Sources(wizard: Wizard) -> impl IntoView {
    let is = move |source: Source| move || wizard.source.get() == source;
    let choose = move |source: Source| {
        move |_| {
            wizard.source.set(source);
            for field in ["file", "phoneColumn", "list", "spoke", "optInConfirmed"] {
                wizard.clear_error(field);
            }
        }
    };
    let busy = move || wizard.is_busy();
    view! {
        <fieldset class="field" disabled=busy>
            <legend>{t::where_the_people_come_from()}</legend>
            <div class="choices">
                <label class="choice">
                    <input
                        type="radio" name="source" prop:checked=is(Source::File) on:change=choose(Source::File)
                        data-testid="from-file"
                    />
                    <span>{t::a_file()}<small>{t::excel_csv_xml()}</small></span>
                </label>
                <label class="choice">
                    <input
                        type="radio" name="source" prop:checked=is(Source::List) on:change=choose(Source::List)
                        data-testid="from-list"
                    />
                    <span>{t::a_list()}<small>{t::people_of_the_contact_book()}</small></span>
                </label>
            </div>
        </fieldset>
    }
}

#[component]
fn FromFile(wizard: Wizard) -> impl IntoView {
    let file = wizard.file;
    let offers = Memo::new(move |_| {
        let waits = file.intake.with(|intake| matches!(intake, Intake::Local | Intake::Failed(_)));
        waits && file.sheet.with(Option::is_some)
    });
    // Whoever was collected from a list before is here without a file.
    let collected = Memo::new(move |_| {
        let made = file.intake.with(|intake| intake.audience().cloned())?;
        made.list_id.map(|_| made.file_name)
    });
    view! {
        {move || collected.get().map(|name| view! {
            <p class="soft" data-testid="collected-before">{t::collected_from_the_list(&name)}</p>
        })}
        <FileFields intake=file/>
        <div class="stack" id=PROGRESS tabindex="-1">
            <IntakeProgress intake=file.intake reading=t::reading_the_file_every_number()/>
        </div>
        <Show when=move || offers.get()>
            <div class="card-head">
                <SheetCounts sheet=file.sheet/>
                <MakeAudience wizard=wizard label=t::upload_and_check()/>
            </div>
        </Show>
    }
}

#[component]
fn FromList(wizard: Wizard) -> impl IntoView {
    let list = wizard.list;
    let offers = Memo::new(move |_| {
        let waits = list.intake.with(|intake| matches!(intake, Intake::Local | Intake::Failed(_)));
        waits && list.is_chosen()
    });
    view! {
        <ListFields wizard=wizard/>
        <div class="stack" id=PROGRESS tabindex="-1">
            <IntakeProgress intake=list.intake reading=t::collecting_the_people_of_the()/>
        </div>
        <Show when=move || offers.get()>
            <div class="card-head">
                <p class="soft">{t::whom_the_list_finds_now()}</p>
                <MakeAudience wizard=wizard label=t::collect_the_people()/>
            </div>
        </Show>
    }
}

/// The audience can be made before the rest is filled in; else the last button does.
#[component]
fn MakeAudience(wizard: Wizard, label: &'static str) -> impl IntoView {
    let shell = Shell::around();
    let make = move |_| {
        let faults = submit::people_faults(wizard);
        if !faults.is_empty() {
            wizard.errors.set(faults);
            return;
        }
        leptos::task::spawn_local(async move {
            // What went wrong stands in the step already; the audience is asked for again when the campaign is made.
            submit::audience(wizard, shell).await.map_or_else(|()| (), |_| ());
        });
        // The button goes while the audience is made.
        request_animation_frame(|| focus_if_lost(PROGRESS));
    };
    view! { <button type="button" class="button" data-testid="upload" on:click=make>{label}</button> }
}
