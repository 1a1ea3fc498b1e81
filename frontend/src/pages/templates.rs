//! `/templates`: what can be sent, and what cannot. Channel, search and status live in the URL.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use wire::{Channel, ChannelId, Role, Template, TemplateList};

use crate::components::allowed::Allowed;
use crate::components::field::{Pick, PickField};
use crate::components::loaded::Loaded;
use crate::components::search_field::SearchField;
use crate::components::title::PageTitle;
use crate::infra::load::Load;
use crate::infra::shell::Shell;
use crate::infra::{api, http, template_languages};
use crate::model::templates_query::{BASE, TemplatesQuery, quality, statuses, tone, word};
use crate::t;

/// All templates of a channel's account.
#[component]
pub fn TemplatesPage() -> impl IntoView {
    let map = use_query_map();
    let query = Memo::new(move |_| {
        map.with(|map| TemplatesQuery::parse(map.get_str("channel"), map.get_str("search"), map.get_str("status")))
    });
    let account = Account::new(Memo::new(move |_| query.with(|query| query.channel.clone())));
    let new = move || account.new_url();
    view! {
        <div class="page-head">
            <PageTitle text=t::templates()/>
            <Allowed to=Role::Manager><a class="button primary" href=new data-testid="new-template">{t::new_template()}</a></Allowed>
        </div>
        <Filters query=query account=account/>
        <Show when=move || !account.has_no_number.get() fallback=NoNumber>
            <Loaded
                load=account.load show=move |list| view! { <Rows list=list query=query account=account/> }
                again=Callback::new(move |()| account.ask_again()) inline=true
            />
        </Show>
    }
}

/// Without a number there is no account, and without an account no template.
#[component]
fn NoNumber() -> impl IntoView {
    view! {
        <section class="card empty" data-testid="no-number">
            <h2>{t::no_number_yet()}</h2>
            <p>{t::templates_need_a_number()}</p>
            <a class="button primary" href="/channels">{t::go_to_the_numbers()}</a>
        </section>
    }
}

/// The channels, the chosen one, and the templates of its account.
#[derive(Clone, Copy)]
pub struct Account {
    /// All channels; nothing until they came.
    pub channels: RwSignal<Vec<Channel>>,
    /// The chosen one: the asked one, or the first.
    pub channel: Memo<String>,
    /// Its templates.
    pub load: RwSignal<Load<TemplateList>>,
    /// Whether the workspace has no number at all.
    pub has_no_number: RwSignal<bool>,
    shell: Shell,
}

impl Account {
    /// Fetches the channels, and the templates of the one that is asked for; of the first where none is.
    pub fn new(asked: Memo<String>) -> Self {
        let shell = Shell::around();
        let channels = RwSignal::new(Vec::<Channel>::new());
        let channel = Memo::new(move |_| match asked.get() {
            none if none.is_empty() => {
                channels.with(|all| all.first().map(|first| first.id.to_string()).unwrap_or_default())
            }
            asked => asked,
        });
        let (load, has_no_number) = (RwSignal::new(Load::Waiting), RwSignal::new(false));
        let account = Self { channels, channel, load, has_no_number, shell };
        leptos::task::spawn_local(account.find());
        Effect::new(move || {
            let id = ChannelId(channel.get());
            account.load.set(Load::Waiting);
            if !id.as_str().is_empty() {
                leptos::task::spawn_local(account.fetch(id));
            }
        });
        account
    }

    /// Asks once more for what did not come.
    fn ask_again(self) {
        self.load.set(Load::Waiting);
        if self.channels.with_untracked(Vec::is_empty) {
            leptos::task::spawn_local(self.find());
        }
        let id = ChannelId(self.channel.get_untracked());
        if !id.as_str().is_empty() {
            leptos::task::spawn_local(self.fetch(id));
        }
    }

    /// Takes in what became of one of its templates.
    pub fn take_in(self, fresh: &Template) {
        let replace = |list: &mut TemplateList| {
            list.items.iter_mut().filter(|one| one.id == fresh.id).for_each(|one| one.clone_from(fresh));
        };
        // Who left the page is told nothing.
        let here = self.load.try_with_untracked(|load| match load {
            Load::Here(list) => Some(list.clone()),
            Load::Waiting | Load::Missing(_) => None,
        });
        if let Some(list) = here.flatten() {
            list.update(replace);
        }
    }

    /// Where a template of this account is written.
    fn new_url(self) -> String {
        let of = TemplatesQuery { channel: self.channel.get(), ..TemplatesQuery::default() };
        url(&format!("{BASE}/new"), &of)
    }

    async fn find(self) {
        match api::channels().await {
            Ok(list) if list.items.is_empty() => {
                self.has_no_number.try_set(true);
                Load::give_up(self.load, t::there_is_no_number_yet().into());
            }
            Ok(list) => drop(self.channels.try_set(list.items)),
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_numbers_did_not_come().into());
            }
        }
    }

    async fn fetch(self, id: ChannelId) {
        let answer = api::templates(&id).await;
        if self.channel.try_get_untracked().is_none_or(|chosen| chosen != id.as_str()) {
            return;
        }
        match answer {
            Ok(list) => Load::receive(self.load, list),
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_templates_did_not_come().into());
            }
        }
    }
}

/// An address with a query.
pub fn url(path: &str, query: &TemplatesQuery) -> String {
    let parts: Vec<String> =
        query.parts().into_iter().map(|(name, value)| format!("{name}={}", http::encoded(value))).collect();
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

#[component]
fn Filters(query: Memo<TemplatesQuery>, account: Account) -> impl IntoView {
    let navigate = use_navigate();
    let go = Callback::new(move |query: TemplatesQuery| {
        navigate(&url(BASE, &query), NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() });
    });
    let status_picks = Signal::derive(move || {
        let known = account.load.with(|load| match load {
            Load::Here(list) => list.with(|list| statuses(&list.items)),
            Load::Waiting | Load::Missing(_) => Vec::new(),
        });
        known.into_iter().map(|status| Pick::new(status.clone(), word(&status))).collect::<Vec<_>>()
    });
    let channel_picks = Signal::derive(move || {
        let pick = |channel: &Channel| {
            Pick::new(channel.id.to_string(), format!("{} · {}", channel.name, channel.display_phone_number))
        };
        account.channels.with(|all| all.iter().map(pick).collect::<Vec<_>>())
    });
    let several = Memo::new(move |_| account.channels.with(Vec::len) > 1);
    let searched = Callback::new(move |text: String| {
        go.run(TemplatesQuery { search: text.trim().to_owned(), ..query.get_untracked() });
    });
    let by_status = Callback::new(move |status| go.run(TemplatesQuery { status, ..query.get_untracked() }));
    let by_channel = Callback::new(move |channel| go.run(TemplatesQuery { channel, ..TemplatesQuery::default() }));
    view! {
        <div class="card">
            <div class="filters">
                <SearchField
                    sought=Signal::derive(move || query.get().search) on_search=searched test_id="template-search"
                    hint=t::name_or_text()
                />
                <PickField
                    id="status" label=t::status() options=status_picks value=Signal::derive(move || query.get().status)
                    on_pick=by_status error=None test_id="template-status" nothing=t::all()
                />
                <Show when=move || several.get()>
                    <PickField
                        id="channel" label=t::number() options=channel_picks value=account.channel
                        on_pick=by_channel error=None test_id="template-channel" nothing=t::the_first() wide=true
                    />
                </Show>
            </div>
        </div>
    }
}

#[component]
fn Rows(list: Signal<TemplateList>, query: Memo<TemplatesQuery>, account: Account) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let query = query.get();
        list.with(|list| list.items.iter().filter(|template| query.shows(template)).cloned().collect::<Vec<_>>())
    });
    let none_at_all = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    let row = move |template: Template| {
        let of = TemplatesQuery { channel: account.channel.get_untracked(), ..TemplatesQuery::default() };
        let href = url(&format!("{BASE}/{}", http::encoded(&template.id)), &of);
        view! { <Row template=template href=href/> }
    };
    view! {
        <Show when=move || none_at_all.get()>
            <section class="card empty" data-testid="empty">
                <h2>{t::there_is_no_template_yet()}</h2>
                <p>{t::a_template_is_a_message()}</p>
                <Allowed to=Role::Manager>
                    <a class="button primary" href=move || account.new_url() data-testid="first-template">{t::new_template()}</a>
                </Allowed>
            </section>
        </Show>
        <Show when=move || shown.with(Vec::is_empty) && !none_at_all.get()>
            <p class="soft" data-testid="nobody">{t::no_template_fits()}</p>
        </Show>
        <ul class="rows" data-testid="templates">{move || shown.get().into_iter().map(row).collect_view()}</ul>
    }
}

#[component]
fn Row(template: Template, href: String) -> impl IntoView {
    let language = template_languages::name(&template.language).unwrap_or_else(|| template.language.clone());
    let about = format!("{} · {language}", word(&template.category));
    let why = template.unusable_because.clone();
    view! {
        <li class="card row" data-testid="template-row">
            <div class="row-head">
                <a class="name" href=href data-testid="template-link">{template.name.clone()}</a>
                <StatusWord template=template.clone()/>
                <span class="when">{about}</span>
            </div>
            <p class="soft words excerpt">{template.body}</p>
            {why.map(|why| view! { <p class="small unusable">{t::cannot_be_used_because(&t::said(&why))}</p> })}
        </li>
    }
}

/// The status, and the quality where Meta knows it.
#[component]
pub fn StatusWord(template: Template) -> impl IntoView {
    let quality = quality(template.quality.as_deref());
    view! {
        <span class=tone(&template.status) data-testid="template-status-word">{word(&template.status)}</span>
        {quality.map(|quality| view! { <span class="chip">{t::quality_of(&quality)}</span> })}
    }
}
