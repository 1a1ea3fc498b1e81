//! Members: the list, the invitation, and what an owner does with each.

use leptos::prelude::*;
use wire::{EditMember, FieldError, Member, MemberId, MemberList, Role};

use super::tokens::Ring;
use super::{Secret, role_names, role_picks};
use crate::components::confirm::Confirm;
use crate::components::field::{Kind, PickField, TextField, error_of};
use crate::components::loaded::Loaded;
use crate::components::switch::Switch;
use crate::infra::load::Load;
use crate::infra::shell::{Shell, focus_if_lost, mark};
use crate::infra::team as api;
use crate::infra::{clock, format};
use crate::model::team::{Leaving, MemberForm, role_of, words};
use crate::t;

/// The id of the heading, and of the form.
const HEADING: &str = "members";
const FORM: &str = "invite-form";

/// The signals of the list.
#[derive(Clone, Copy)]
struct Roll {
    shell: Shell,
    load: RwSignal<Load<MemberList>>,
    /// A link that was just made: whose, and the link.
    link: RwSignal<Option<(String, String)>>,
    /// The tokens: who leaves may have made some.
    ring: Ring,
    /// Who is about to be removed.
    leaving: RwSignal<Option<Leaving>>,
    /// Whether their tokens end, too.
    revokes: RwSignal<bool>,
    asks: RwSignal<bool>,
}

impl Roll {
    fn read(self) {
        leptos::task::spawn_local(self.fetch());
    }

    async fn fetch(self) {
        match api::members().await {
            Ok(list) => Load::receive(self.load, list),
            Err(error) => {
                self.shell.report(error);
                Load::give_up(self.load, t::the_members_did_not_come().into());
            }
        }
    }

    /// Gives a member the role that was picked; `picked` shows the standing one again where that was refused.
    fn change_role(self, id: MemberId, picked: RwSignal<String>, stands: Role) {
        let back = move || drop(picked.try_set(stands.as_str().to_owned()));
        let Some(role) = role_of(&picked.get_untracked()) else {
            return request_animation_frame(back);
        };
        leptos::task::spawn_local(async move {
            let edit = EditMember { role: Some(role), ..EditMember::default() };
            if let Err(error) = api::edit_member(&id, &edit).await {
                self.shell.report(error);
                back();
            }
            self.read();
        });
    }

    fn make_link(self, member: Member) {
        leptos::task::spawn_local(async move {
            match api::sign_in_link(&member.id).await {
                Ok(link) => {
                    let origin = window().location().origin().unwrap_or_default();
                    let until = format::date_time(link.expires_at);
                    let label = t::give_this_link_to(&member.name, &until);
                    self.link.set(Some((label, format!("{origin}/sign-in?code={}", link.code))));
                }
                Err(error) => self.shell.report(error),
            }
        });
    }

    /// Asks whether this member leaves, with their tokens as they stand now.
    fn ask(self, member: Member) {
        leptos::task::spawn_local(async move {
            let Some(tokens) = self.ring.fetch().await else { return };
            self.leaving.set(Some(Leaving::of(member, &tokens.items, clock::now())));
            self.revokes.set(true);
            self.asks.set(true);
        });
    }

    fn remove(self, leaving: Leaving) {
        let fate = leaving.fate(self.revokes.get_untracked());
        leptos::task::spawn_local(async move {
            if let Err(error) = api::delete_member(&leaving.member.id, fate).await {
                self.shell.report(error);
            }
            self.fetch().await;
            self.ring.fetch().await;
            // Its line is gone, and the button with it.
            request_animation_frame(|| focus_if_lost(HEADING));
        });
    }
}

/// The list and, for owners, the invitation.
#[component]
pub fn Members(is_owner: Signal<bool>, ring: Ring) -> impl IntoView {
    let roll = Roll {
        shell: Shell::around(),
        load: RwSignal::new(Load::Waiting),
        link: RwSignal::new(None),
        ring,
        leaving: RwSignal::new(None),
        revokes: RwSignal::new(true),
        asks: RwSignal::new(false),
    };
    roll.read();
    let question = move || roll.leaving.with(|leaving| leaving.as_ref().map(Leaving::question).unwrap_or_default());
    let remove = Callback::new(move |()| {
        if let Some(leaving) = roll.leaving.get_untracked() {
            roll.remove(leaving);
        }
    });
    view! {
        <section class="card" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{t::people()}</h2>
            <Loaded inline=true load=roll.load show=move |list| view! { <Rows roll=roll list=list is_owner=is_owner/> }/>
            {move || roll.link.get().map(|(label, link)| view! { <p class="soft">{label}</p><Secret label="" text=link test_id="sign-in-link"/> })}
            <Show when=move || is_owner.get()><Invite roll=roll/></Show>
        </section>
        <Show when=move || roll.asks.get()>
            <Confirm open=roll.asks title=t::remove_this_member() text=Signal::derive(question) yes=t::remove() no=t::keep() on_yes=remove>
                <TheirTokens roll=roll/>
            </Confirm>
        </Show>
    }
}

/// The tokens that whoever leaves has made, and whether they end, too.
#[component]
fn TheirTokens(roll: Roll) -> impl IntoView {
    let told = Memo::new(move |_| roll.leaving.with(|leaving| leaving.as_ref().and_then(Leaving::still_works)));
    let decide = Callback::new(move |revoke| roll.revokes.set(revoke));
    view! {
        <Show when=move || told.with(Option::is_some)>
            <p data-testid="their-tokens">{move || told.get()}</p>
            <Switch
                label=t::revoke_these_tokens_too() meaning=t::or_they_go_on_working() checked=roll.revokes on_switch=decide
                test_id="revoke-tokens"
            />
        </Show>
    }
}

#[component]
fn Rows(roll: Roll, list: Signal<MemberList>, is_owner: Signal<bool>) -> impl IntoView {
    view! {
        <ul class="people" data-testid="members">
            <For each=move || list.get().items key=|member| (member.id.clone(), member.version, member.signed_in_at) let:member>
                <Row roll=roll member=member is_owner=is_owner/>
            </For>
        </ul>
    }
}

#[component]
fn Row(roll: Roll, member: Member, is_owner: Signal<bool>) -> impl IntoView {
    let seen = match member.signed_in_at {
        Some(at) => t::signed_in_at(&format::date_time(at)),
        None => t::has_not_signed_in_yet().to_owned(),
    };
    let email = if member.email.ends_with(".invalid") { String::new() } else { format!("{} · ", member.email) };
    let member = StoredValue::new(member);
    let role = member.with_value(|member| member.role);
    let id = member.with_value(|member| member.id.as_str().to_owned());
    let picked = RwSignal::new(role.as_str().to_owned());
    let pick = move |value: String| {
        picked.set(value);
        roll.change_role(member.with_value(|member| member.id.clone()), picked, role);
    };
    let never = Signal::derive(|| None::<String>);
    let leave = move |_| roll.ask(member.get_value());
    view! {
        <li data-testid="member">
            <div class="who">
                <strong>{member.with_value(|member| member.name.clone())}</strong>
                <span class="soft">{email}{seen}</span>
            </div>
            <Show when=move || is_owner.get() fallback=move || view! { <span class="badge">{words(role).0}</span> }>
                <div class="actions">
                    <PickField
                        id=format!("role-{id}")
                        label=t::role()
                        options=role_names()
                        value=picked
                        on_pick=Callback::new(pick)
                        error=never
                        test_id="member-role"
                        nothing=""
                    />
                    <button type="button" class="button quiet" data-testid="make-link" on:click=move |_| roll.make_link(member.get_value())>
                        {t::sign_in_link()}
                    </button>
                    <button type="button" class="button quiet" data-testid="remove-member" on:click=leave>{t::remove()}</button>
                </div>
            </Show>
        </li>
    }
}

#[component]
fn Invite(roll: Roll) -> impl IntoView {
    let form = RwSignal::new(MemberForm::default());
    let errors = RwSignal::new(Vec::<FieldError>::new());
    let typed = move |write: fn(&mut MemberForm) -> &mut String| {
        Callback::new(move |text| {
            form.update(|form| *write(form) = text);
            errors.set(Vec::new());
        })
    };
    let invite = Action::new_local(move |(): &()| async move {
        let request = match form.with_untracked(MemberForm::request) {
            Ok(request) => request,
            Err(faults) => return mark(errors, FORM, faults),
        };
        match api::create_member(&request).await {
            Ok(member) => {
                form.set(MemberForm::default());
                roll.make_link(member);
                roll.read();
            }
            Err(error) => mark(errors, FORM, roll.shell.settle(error)),
        }
    });
    view! {
        <form novalidate class="invite" id=FORM on:submit=move |event| {
            event.prevent_default();
            invite.dispatch(());
        }>
            <h3>{t::let_somebody_in()}</h3>
            <div class="fields">
                <TextField id="member-email" label=t::e_mail_address() kind=Kind::Text value=Signal::derive(move || form.get().email)
                    on_input=typed(|form| &mut form.email) error=error_of(errors, "email") test_id="member-email"/>
                <TextField id="member-name" label=t::name() kind=Kind::Text value=Signal::derive(move || form.get().name)
                    on_input=typed(|form| &mut form.name) error=error_of(errors, "name") test_id="member-name"/>
                <PickField id="member-role" label=t::may() options=role_picks() value=Signal::derive(move || form.get().role)
                    on_pick=typed(|form| &mut form.role) error=error_of(errors, "role") test_id="new-member-role" nothing=t::choose_a_role()/>
            </div>
            <div class="actions">
                <button type="submit" class="button primary" disabled=invite.pending() data-testid="invite">{t::let_in()}</button>
            </div>
        </form>
    }
}
