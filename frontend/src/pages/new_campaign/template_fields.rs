//! A template and everything that it takes: its file or place, variables, offer, buttons and cards.

use leptos::prelude::*;
use web_sys::File;
use wire::{HeaderFormat, Place, Role, Template};

use super::cards::Cards;
use super::variables::Variables;
use super::wizard::Wizard;
use crate::components::allowed::Allowed;
use crate::components::asset_field::AssetField;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::infra::shell::Shell;
use crate::infra::{clock, http};
use crate::model::attachment::Slot;
use crate::model::filling::Part;
use crate::model::offered::Lack;
use crate::model::wording::{slots, template_key};
use crate::t;

/// Which template, and what it takes.
#[component]
pub fn TemplateFields(wizard: Wizard) -> impl IntoView {
    let templates =
        Signal::derive(move || wizard.templates.with(|all| all.iter().map(template_pick).collect::<Vec<_>>()));
    let no_channel = Signal::derive(move || wizard.channel_id.with(String::is_empty));
    let template = Memo::new(move |_| wizard.open_template());
    let lack = Memo::new(move |_| wizard.lack());
    view! {
        <PickField
            id="template" label=t::template() options=templates value=wizard.text_of(|wording| &wording.template)
            on_pick=wizard.typed("template", |wording| &mut wording.template) error=wizard.error("template")
            test_id="template-select" nothing=t::choose_a_template_sentence() disabled=no_channel wide=true
        />
        {move || lack.get().map(|lack| view! { <Lacking wizard=wizard lack=lack/> })}
        {move || template.get().map(|template| view! { <Parts wizard=wizard template=template/> })}
    }
}

fn template_pick(template: &Template) -> Pick {
    let label = format!("{} · {}", template.name, template.language);
    Pick { refused: template.unusable_because.as_deref().map(t::said), ..Pick::new(template_key(template), label) }
}

/// Why there is none to choose, and the way on.
#[component]
fn Lacking(wizard: Wizard, lack: Lack) -> impl IntoView {
    let again = move |_| wizard.templates_asked.update(|asked| *asked += 1);
    let new = move || wizard.channel_id.with(|id| format!("/templates/new?channel={}", http::encoded(id)));
    match lack {
        Lack::Number => view! {
            <p class="soft small" data-testid="no-templates">{t::choose_a_number_first()}</p>
        }
        .into_any(),
        Lack::Time => view! { <p class="soft small" role="status">{t::loading_the_templates()}</p> }.into_any(),
        Lack::Answer => view! {
            <div class="actions" role="alert" data-testid="no-templates">
                <span>{t::the_templates_did_not_come()}</span>
                <button type="button" class="button quiet" data-testid="templates-again" on:click=again>{t::try_again()}</button>
            </div>
        }
        .into_any(),
        Lack::Templates => view! {
            <div class="actions" data-testid="no-templates">
                <span>{t::there_is_no_template_yet()}</span>
                <Allowed to=Role::Manager><a class="button quiet" href=new>{t::new_template()}</a></Allowed>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Parts(wizard: Wizard, template: Template) -> impl IntoView {
    let header = slots(&template).contains(&Slot::Header).then_some(template.header_format).flatten();
    let is_place = template.header_format == Some(HeaderFormat::Location);
    let ends = template.offer.as_ref().is_some_and(|offer| offer.has_expiration);
    let has_cards = !template.cards.is_empty();
    let takes_text = !takes_nothing(&template);
    view! {
        {header.map(|header| view! { <FileSlot wizard=wizard at=Slot::Header label=file_label(header) header=Some(header)/> })}
        {is_place.then(|| view! { <PlaceFields wizard=wizard/> })}
        <Variables wizard=wizard title=t::variables_of_the_template() parts=vec![Part::Header, Part::Body]/>
        {ends.then(|| view! { <OfferEnd wizard=wizard/> })}
        <Variables wizard=wizard title=t::what_the_buttons_carry() parts=vec![Part::Button]/>
        {has_cards.then(|| view! { <Cards wizard=wizard cards=template.cards.clone()/> })}
        {takes_text.then(|| view! {
            <p class="soft small">{t::in_texts()} " " {t::placeholders()} " " {t::links_are_set_up_below()}</p>
        })}
    }
}

fn takes_nothing(template: &Template) -> bool {
    crate::model::filling::fillings(template, None, &[]).is_empty()
}

/// What a file of this kind is called.
pub fn file_label(header: HeaderFormat) -> &'static str {
    match header {
        HeaderFormat::Image => t::picture(),
        HeaderFormat::Video => t::film(),
        HeaderFormat::Gif => t::short_film(),
        HeaderFormat::Document => t::document(),
        HeaderFormat::Location => t::place(),
    }
}

/// A place of the message for a file.
#[component]
pub fn FileSlot(wizard: Wizard, at: Slot, label: &'static str, header: Option<HeaderFormat>) -> impl IntoView {
    let shell = Shell::around();
    let attachment = Signal::derive(move || wizard.of_open(|wording| wording.files.get(&at).cloned()));
    view! {
        <AssetField
            id=at.field() label=label header=header attachment=attachment error=wizard.error(at.field())
            test_id=format!("asset-{}", at.key())
            on_file=Callback::new(move |file: File| wizard.attach(shell, at, file))
            on_remove=Callback::new(move |()| wizard.detach(at))
        />
    }
}

/// One part of a place, as it is typed.
type PlacePart = fn(&mut Place) -> &mut String;

fn place_parts() -> [(&'static str, &'static str, &'static str, PlacePart); 4] {
    [
        ("template.headerLocation.latitude", t::latitude(), "place-latitude", |place| &mut place.latitude),
        ("template.headerLocation.longitude", t::longitude(), "place-longitude", |place| &mut place.longitude),
        ("template.headerLocation.name", t::name_of_the_place(), "place-name", |place| &mut place.name),
        ("template.headerLocation.address", t::address(), "place-address", |place| &mut place.address),
    ]
}

#[component]
fn PlaceFields(wizard: Wizard) -> impl IntoView {
    let field = move |(id, label, test_id, part): (&'static str, &'static str, &'static str, PlacePart)| {
        let value = Signal::derive(move || wizard.of_open(|wording| part(&mut wording.place.clone()).clone()));
        let typed = Callback::new(move |text| wizard.change(id, |wording| *part(&mut wording.place) = text));
        view! {
            <TextField
                id=id label=label kind=Kind::Text value=value on_input=typed error=wizard.error(id) test_id=test_id
            />
        }
    };
    view! {
        <fieldset class="field wide">
            <legend>{t::place()}</legend>
            <div class="fields">{place_parts().map(field).into_iter().collect_view()}</div>
            <p class="hint">{t::degrees_with_a_point_as()}</p>
        </fieldset>
    }
}

#[component]
fn OfferEnd(wizard: Wizard) -> impl IntoView {
    const ID: &str = "template.offerExpiresAt";
    view! {
        <TextField
            id=ID label=t::the_offer_ends() kind=Kind::DateTime value=wizard.text_of(|wording| &wording.offer_ends)
            on_input=wizard.typed(ID, |wording| &mut wording.offer_ends) error=wizard.error(ID) test_id="offer-ends"
            hint=t::in_your_time_zone(&clock::zone())
        />
    }
}
