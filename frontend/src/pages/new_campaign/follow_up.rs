//! Of the message step, folded until it is asked for: tracked links, and what is done with answers.

use campaigns::contact::LONGEST_LABEL;
use campaigns::links::{LONGEST_NAME, MOST_LINKS};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{Role, TrackedLink, Webhook};

use super::value_form::lead_to;
use super::wizard::Wizard;
use crate::components::field::{FieldError, Kind, Pick, PickField, TextField};
use crate::components::fold::unfolds;
use crate::components::text_area::TextArea;
use crate::infra::shell::Shell;
use crate::infra::telling;
use crate::model::follow_up::{FollowUp, is_of_follow_up, links_in_words, rules_in_words, way_in, webhook_choices};
use crate::model::wording::{Asked, WordingText};
use crate::t;

/// Links and replies; unfolded where something was typed or is wrong.
#[component]
pub fn FollowUpFields(wizard: Wizard) -> impl IntoView {
    let is_open = unfolds(move || {
        wizard.follow_up.with(|typed| *typed != FollowUp::default())
            || wizard.errors.with(|errors| errors.iter().any(|error| is_of_follow_up(&error.field)))
    });
    view! {
        <details class="more" prop:open=move || is_open.get()>
            <summary data-testid="follow-up">{t::links_and_replies()}</summary>
            <div class="stack">
                <Links wizard=wizard/>
                <Replies wizard=wizard/>
            </div>
        </details>
    }
}

#[component]
fn Links(wizard: Wizard) -> impl IntoView {
    let count = Memo::new(move |_| wizard.follow_up.with(|typed| typed.links.len()));
    let is_full = move || count.get() >= MOST_LINKS;
    let add = move |_| {
        let at = count.get_untracked();
        wizard.follow_up.update(|typed| typed.links.push(TrackedLink::default()));
        lead_to(format!("links.{at}.name"));
    };
    let row = move |at: usize| view! { <LinkFields wizard=wizard at=at/> };
    view! {
        <fieldset class="card-fields" id="links" tabindex="-1" aria-describedby="links-error">
            <legend>{t::tracked_links()}</legend>
            <p class="soft small">{t::each_person_gets_an_own_address()}</p>
            {move || (0..count.get()).map(row).collect_view()}
            <FieldError id="links-error" error=wizard.error("links")/>
            <div class="actions">
                <button type="button" class="button quiet" data-testid="add-link" disabled=is_full on:click=add>
                    {t::add_a_link()}
                </button>
            </div>
        </fieldset>
    }
}

/// One of them.
#[component]
fn LinkFields(wizard: Wizard, at: usize) -> impl IntoView {
    let read = move |read: fn(&TrackedLink) -> &String| {
        Signal::derive(move || {
            wizard.follow_up.with(|typed| typed.links.get(at).map(|link| read(link).clone()).unwrap_or_default())
        })
    };
    let write = move |part: &'static str, write: fn(&mut TrackedLink) -> &mut String| {
        Callback::new(move |text: String| {
            wizard.follow_up.update(|typed| {
                if let Some(link) = typed.links.get_mut(at) {
                    *write(link) = text;
                }
            });
            wizard.clear_error("links");
            wizard.clear_error(&format!("links.{at}.{part}"));
        })
    };
    let remove = move |_| {
        wizard.clear_error("links");
        // Those behind it have other places now.
        for place in at..MOST_LINKS {
            wizard.clear_error(&format!("links.{place}.name"));
            wizard.clear_error(&format!("links.{place}.url"));
        }
        wizard.follow_up.update(|typed| {
            if at < typed.links.len() {
                typed.links.remove(at);
            }
        });
        lead_to("links".to_owned());
    };
    let way = Memo::new(move |_| {
        let is_typed = wizard.wordings.with(|all| all.iter().any(WordingText::takes_typed_text));
        wizard.follow_up.with(|typed| typed.links.get(at).and_then(|link| way_in(link, is_typed)))
    });
    let (name_id, url_id) = (format!("links.{at}.name"), format!("links.{at}.url"));
    let (name_error, url_error) = (wizard.error(name_id.clone()), wizard.error(url_id.clone()));
    view! {
        <div role="group" aria-label=t::link_number(&(at + 1))>
            <div class="row-of-fields hinted">
                <TextField
                    id=name_id label=t::name() kind=Kind::Text value=read(|link| &link.name)
                    on_input=write("name", |link| &mut link.name) error=name_error
                    test_id=format!("link-name-{at}") hint=t::link_name_rules() max_length=LONGEST_NAME
                />
                <TextField
                    id=url_id label=t::link_leads_to() kind=Kind::Text value=read(|link| &link.url)
                    on_input=write("url", |link| &mut link.url) error=url_error test_id=format!("link-url-{at}")
                    hint="https://…"
                />
                <button
                    type="button" class="button" aria-label=t::remove_link_number(&(at + 1))
                    data-testid=format!("remove-link-{at}") on:click=remove
                >
                    {t::remove()}
                </button>
            </div>
            {move || way.get().map(|words| view! { <p class="soft small">{words}</p> })}
        </div>
    }
}

#[component]
fn Replies(wizard: Wizard) -> impl IntoView {
    let read = move |read: fn(&FollowUp) -> &String| {
        Signal::derive(move || wizard.follow_up.with(|typed| read(typed).clone()))
    };
    let write = move |id: &'static str, write: fn(&mut FollowUp) -> &mut String| {
        Callback::new(move |text: String| {
            wizard.follow_up.update(|typed| *write(typed) = text);
            wizard.clear_error(id);
        })
    };
    view! {
        <fieldset class="card-fields">
            <legend>{t::when_somebody_answers()}</legend>
            <TextField
                id="replies.label" label=t::label_for_who_answers() kind=Kind::Text value=read(|typed| &typed.label)
                on_input=write("replies.label", |typed| &mut typed.label) error=wizard.error("replies.label")
                test_id="replies-label" hint=t::put_on_their_contact() max_length=LONGEST_LABEL
            />
            <TextArea
                id="replies.answer" label=t::automatic_answer() value=read(|typed| &typed.answer)
                on_input=write("replies.answer", |typed| &mut typed.answer) error=wizard.error("replies.answer")
                test_id="replies-answer" hint=t::sent_once_to_each_person() rows=3
            />
            <WebhookChoice
                wizard=wizard chosen=read(|typed| &typed.webhook_id)
                on_pick=write("replies.webhookId", |typed| &mut typed.webhook_id)
            />
        </fieldset>
    }
}

/// The webhooks of the workspace, for who may see them. The others see the chosen one where it is wrong, and can take
/// it off.
#[component]
fn WebhookChoice(wizard: Wizard, chosen: Signal<String>, on_pick: Callback<String>) -> impl IntoView {
    let shell = Shell::around();
    let may = shell.may(Role::Manager);
    let webhooks = RwSignal::new(None::<Vec<Webhook>>);
    let error = wizard.error("replies.webhookId");
    let is_shown = unfolds(move || may.get() || error.with(Option::is_some));
    let options = Signal::derive(move || {
        let choices = webhooks.with(|all| chosen.with(|chosen| webhook_choices(all.as_deref(), chosen)));
        choices.into_iter().map(|(id, name)| Pick::new(id, name)).collect::<Vec<_>>()
    });
    Effect::new(move || {
        if may.get() {
            spawn_local(async move {
                match telling::webhooks().await {
                    Ok(list) => drop(webhooks.try_set(Some(list.items))),
                    Err(error) => shell.report(error),
                }
            });
        }
    });
    view! {
        <Show when=move || is_shown.get()>
            <PickField
                id="replies.webhookId" label=t::webhook_that_is_told() options=options value=chosen on_pick=on_pick
                error=error test_id="replies-webhook" nothing=t::no_webhook() hint=t::told_of_every_answer()
            />
        </Show>
    }
}

/// Of the last step: what was set, a line each.
#[component]
pub fn FollowUpFacts(wizard: Wizard) -> impl IntoView {
    let others = Memo::new(move |_| {
        let asked = wizard.asked();
        let named = asked.iter().filter_map(Asked::fallback).map(|template| template.name.as_str());
        let names: Vec<&str> = named.collect();
        (!names.is_empty()).then(|| names.join(", "))
    });
    let links = Memo::new(move |_| wizard.follow_up.with(|typed| links_in_words(&typed.given())));
    let replies = Memo::new(move |_| wizard.follow_up.with(|typed| typed.rules().as_ref().map(rules_in_words)));
    let fact = move |name: &'static str, words: Memo<Option<String>>, hook: &'static str| {
        move || words.get().map(|words| view! { <div><dt>{name}</dt><dd data-testid=hook>{words}</dd></div> })
    };
    view! {
        {fact(t::template_for_the_others(), others, "review-others")}
        {fact(t::tracked_links(), links, "review-links")}
        {fact(t::when_somebody_answers(), replies, "review-replies")}
    }
}
