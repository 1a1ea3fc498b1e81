//! `/channels`: the numbers that send: how each is, what WhatsApp said of it, adding, changing and taking one away.

mod add;
mod edit;
mod one;

use leptos::prelude::*;
use wire::{Channel, ChannelId, ChannelList, Role};

use crate::components::confirm::Confirm;
use crate::components::loaded::Loaded;
use crate::components::title::{PageTitle, TITLE};
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus_if_lost};
use crate::infra::{api, numbers};
use crate::t;
use add::AddNumber;
use one::Number;

/// The signals of the page.
#[derive(Clone, Copy)]
struct Desk {
    shell: Shell,
    load: RwSignal<Load<ChannelList>>,
    /// What was done, in words.
    said: RwSignal<String>,
    /// Which one is being changed.
    editing: RwSignal<Option<ChannelId>>,
    /// Which one is about to be taken away.
    leaving: RwSignal<Option<Channel>>,
    asks: RwSignal<bool>,
    /// Whether whoever looks may change something.
    is_owner: Signal<bool>,
}

impl Desk {
    async fn fetch(self) {
        match api::channels().await {
            Ok(list) => {
                self.shell.connected();
                Load::receive(self.load, list);
            }
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_numbers_did_not_come().into());
            }
        }
    }

    async fn remove(self) {
        let Some(channel) = self.leaving.get_untracked() else { return };
        match numbers::remove(&channel.id).await {
            Ok(()) => {
                self.said.set(t::number_was_removed(&channel.name));
                self.fetch().await;
                // Its card is gone, and the button with it.
                request_animation_frame(|| focus_if_lost(TITLE));
            }
            Err(error) => self.shell.report(error),
        }
    }
}

/// All numbers, and a form for another.
#[component]
pub fn ChannelsPage() -> impl IntoView {
    let shell = Shell::around();
    let is_owner = shell.may(Role::Owner);
    let desk = Desk {
        shell,
        load: RwSignal::new(Load::Waiting),
        said: RwSignal::default(),
        editing: RwSignal::new(None),
        leaving: RwSignal::new(None),
        asks: RwSignal::new(false),
        is_owner,
    };
    leptos::task::spawn_local(desk.fetch());
    view! {
        <div class="page-head">
            <div>
                <PageTitle text=t::numbers()/>
                <p class="soft">{t::numbers_explained()}</p>
            </div>
        </div>
        <p class="said" role="status" data-testid="channel-said">{desk.said}</p>
        <Loaded inline=true load=desk.load show=move |list| view! { <Numbers list=list desk=desk/> }/>
        <Show when=move || is_owner.get()>
            <AddNumber desk=desk/>
        </Show>
        <Leaving desk=desk/>
    }
}

#[component]
fn Numbers(list: Signal<ChannelList>, desk: Desk) -> impl IntoView {
    let empty = Memo::new(move |_| list.with(|list| list.items.is_empty()));
    view! {
        <Show when=move || !empty.get() fallback=Invitation>
            <ul class="rows" data-testid="channels">
                <For each=move || list.get().items key=|channel| format!("{channel:?}") let:channel>
                    <Number channel=channel desk=desk/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn Invitation() -> impl IntoView {
    view! {
        <section class="card empty" data-testid="empty">
            <h2>{t::no_number_yet()}</h2>
            <p>{t::no_number_yet_more()}</p>
        </section>
    }
}

/// Asks before a number is taken away, by name.
#[component]
fn Leaving(desk: Desk) -> impl IntoView {
    let text = Signal::derive(move || {
        let name =
            desk.leaving.with(|channel| channel.as_ref().map(|channel| channel.name.clone()).unwrap_or_default());
        t::number_goes(&name)
    });
    let remove = Action::new_local(move |(): &()| desk.remove());
    view! {
        <Confirm
            open=desk.asks title=t::delete_this_number() text=text yes=t::take_away() no=t::keep()
            on_yes=Callback::new(move |()| drop(remove.dispatch(())))
        />
    }
}
