//! `/contacts/import`: a file's people into the contact book.

mod consent;

use campaigns::contact::{LONGEST_FIELD_NAME, MOST_FIELDS};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::collections::BTreeSet;
use wire::{Audience, ContactValues, IntoContacts, LeftOutRow};

use super::file_intake::{FileFields, FileIntake};
use crate::components::intake::{IntakeProgress, Meter, Rejects};
use crate::components::sheet::{OtherSheets, SheetCounts};
use crate::components::suggested::SuggestedField;
use crate::components::tags::TagsField;
use crate::components::title::PageTitle;
use crate::infra::shell::Shell;
use crate::infra::{api, book, format};
use crate::model::contacts_query::BASE;
use crate::model::file_consent::{FileConsent, told};
use crate::model::intake::Intake;
use crate::model::progress::percent;
use crate::t;
use consent::ConsentColumns;

/// How often to look how many are in the book.
const PERIOD_MS: u32 = 1_000;

/// How far the people are on their way into the book.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// The file is chosen or uploaded.
    File,
    /// They are being written.
    Writing(Box<Audience>),
    /// All are in the book.
    Done(Box<Audience>),
}

/// The signals of the page.
#[derive(Clone, Copy)]
struct Import {
    intake: FileIntake,
    labels: RwSignal<BTreeSet<String>>,
    portfolio: RwSignal<String>,
    consent: RwSignal<FileConsent>,
    values: RwSignal<ContactValues>,
    stage: RwSignal<Stage>,
}

impl Import {
    async fn run(self, shell: Shell) {
        let faults = self.intake.faults();
        self.intake.errors.set(faults.clone());
        if !faults.is_empty() {
            return;
        }
        let portfolio = self.portfolio.get_untracked().trim().to_owned();
        let into = IntoContacts {
            into_contacts: true,
            labels: self.labels.get_untracked(),
            portfolio: Some(portfolio).filter(|portfolio| !portfolio.is_empty()),
            consent: None,
            consent_column: self.consent.with_untracked(FileConsent::asked),
        };
        if let Ok(audience) = self.intake.audience(shell, into).await {
            self.follow(shell, audience).await;
        }
    }

    /// Looks until everybody is in the book, or the page was left.
    async fn follow(self, shell: Shell, mut audience: Audience) {
        loop {
            let is_done = done(&audience) >= audience.recipients;
            let stage = if is_done { Stage::Done } else { Stage::Writing };
            if self.stage.try_set(stage(Box::new(audience.clone()))).is_some() || is_done {
                return;
            }
            TimeoutFuture::new(PERIOD_MS).await;
            match api::audience(&audience.id).await {
                Ok(fresh) => {
                    shell.connected();
                    audience = fresh;
                }
                Err(error) => shell.report(error),
            }
        }
    }
}

fn done(audience: &Audience) -> u64 {
    audience.into_contacts.as_ref().map_or(0, |into| into.done)
}

/// File, what is said of all its people, and how it goes.
#[component]
pub fn ImportContactsPage() -> impl IntoView {
    let shell = Shell::around();
    let import = Import {
        intake: FileIntake::new(RwSignal::default()),
        labels: RwSignal::default(),
        portfolio: RwSignal::default(),
        consent: RwSignal::default(),
        values: RwSignal::default(),
        stage: RwSignal::new(Stage::File),
    };
    leptos::task::spawn_local(async move {
        match book::values().await {
            Ok(values) => drop(import.values.try_set(values)),
            Err(error) => shell.report(error),
        }
    });
    let at_file = Memo::new(move |_| import.stage.with(|stage| *stage == Stage::File));
    view! {
        <div class="page-head">
            <div>
                <p class="crumb"><a href=BASE>{t::all_contacts()}</a></p>
                <PageTitle text=t::import_contacts()/>
            </div>
        </div>
        <section class="card narrow" aria-label=t::the_file()>
            <Show when=move || at_file.get() fallback=move || view! { <Writing import=import/> }>
                <p class="soft">
                    {t::columns_named_labels_portfolio_city()}
                </p>
                <FileFields intake=import.intake/>
                <ForAll import=import/>
                <ConsentColumns import=import/>
                <Begin import=import/>
            </Show>
        </section>
    }
}

#[component]
fn ForAll(import: Import) -> impl IntoView {
    let chosen = Memo::new(move |_| import.intake.file.with(Option::is_some));
    let labels = Signal::derive(move || {
        import.values.with(|values| values.labels.iter().map(|label| label.value.clone()).collect::<Vec<_>>())
    });
    let portfolios = Signal::derive(move || {
        import.values.with(|values| values.portfolios.iter().map(|one| one.value.clone()).collect::<Vec<_>>())
    });
    let relabel = Callback::new(move |labels| {
        import.labels.set(labels);
        import.intake.clear_error("labels");
    });
    let typed = Callback::new(move |text| {
        import.portfolio.set(text);
        import.intake.clear_error("portfolio");
    });
    view! {
        <Show when=move || chosen.get()>
            <div class="fields">
                <TagsField
                    id="labels" label=t::labels_for_all_of_them() values=import.labels on_change=relabel suggestions=labels
                    error=import.intake.error("labels") test_id="import-labels" hint=t::enter_or_a_comma_after()
                />
                <SuggestedField
                    id="portfolio" label=t::portfolio_of_those_without_one() value=import.portfolio on_input=typed
                    suggestions=portfolios error=import.intake.error("portfolio") test_id="import-portfolio"
                />
            </div>
        </Show>
    }
}

#[component]
fn Begin(import: Import) -> impl IntoView {
    let shell = Shell::around();
    let run = Action::new_local(move |(): &()| import.run(shell));
    let intake = import.intake;
    let offers = Memo::new(move |_| {
        let waits = intake.intake.with(|intake| matches!(intake, Intake::Local | Intake::Failed(_)));
        waits && intake.sheet.with(Option::is_some)
    });
    view! {
        <IntakeProgress intake=intake.intake reading=t::reading_the_file_every_number()/>
        <Show when=move || offers.get()>
            <div class="card-head">
                <SheetCounts sheet=intake.sheet/>
                <button
                    type="button" class="button primary" disabled=run.pending() data-testid="import"
                    on:click=move |_| {
                        run.dispatch(());
                    }
                >
                    {t::put_them_into_the_book()}
                </button>
            </div>
        </Show>
    }
}

#[component]
fn Writing(import: Import) -> impl IntoView {
    move || match import.stage.get() {
        Stage::File => ().into_any(),
        Stage::Writing(audience) => {
            let (done, all) = (done(&audience), audience.recipients);
            let text = t::writing_into_the_book(&format::count(done), &format::count(all));
            view! { <Meter text=text percent=percent(done, all) as u8/> }.into_any()
        }
        Stage::Done(audience) => view! { <Done audience=*audience/> }.into_any(),
    }
}

#[component]
fn Done(audience: Audience) -> impl IntoView {
    let into = audience.into_contacts.clone().unwrap_or_default();
    let same = into.done.saturating_sub(into.written + into.left_out);
    let the_same = (same > 0).then(|| view! { <li>{t::there_already_just_so(same, &format::count(same))}</li> });
    let too_large = (into.left_out > 0)
        .then(|| view! { <li>{t::too_large_for_a_contact(into.left_out, &format::count(into.left_out))}</li> });
    let problem = |row: LeftOutRow| {
        view! { <li>{t::row_not_kept(&format::count(row.row), &row.field, &t::said(&row.message))}</li> }
    };
    let problems = (!into.problems.is_empty()).then(|| {
        let problems = into.problems.clone().into_iter().map(problem).collect_view();
        view! { <li data-testid="import-problems"><ul>{problems}</ul></li> }
    });
    let columns = (!into.columns_left_out.is_empty()).then(|| {
        let names = into.columns_left_out.join(", ");
        let text = t::columns_not_kept(into.columns_left_out.len() as u64, &names, &MOST_FIELDS, &LONGEST_FIELD_NAME);
        view! { <li data-testid="import-columns">{text}</li> }
    });
    let other_sheets = audience.other_sheets.clone();
    let agreed = told(&into).map(|words| view! { <li data-testid="import-agreed">{words}</li> });
    view! {
        <div class="good-news" role="status" data-testid="import-done">
            <strong>{t::are_in_the_book(into.written + same, &format::count(into.written + same))}</strong>
            <Rejects audience=audience/>
        </div>
        <OtherSheets names=other_sheets is_past=true/>
        <ul class="plain">
            <li>{t::new_or_changed(into.written, &format::count(into.written))}</li>
            {the_same}
            {too_large}
            {problems}
            {columns}
            {agreed}
        </ul>
        <div class="actions">
            <a class="button primary" href=BASE data-testid="to-contacts">{t::see_the_contacts()}</a>
            <a class="button" href="/lists/new">{t::make_a_list()}</a>
        </div>
    }
}
