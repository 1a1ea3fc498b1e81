//! What the template is called, and its texts with their limits and examples.

use leptos::prelude::*;
use web_sys::File;
use wire::{Channel, HeaderFormat};

use super::Desk;
use crate::components::asset_field::AssetField;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::components::switch::Switch;
use crate::components::text_area::TextArea;
use crate::infra::assets;
use crate::infra::shell::Shell;
use crate::infra::template_languages;
use crate::model::template_cards::SamplePlace;
use crate::model::template_form::{
    AUTHENTICATION, HeaderKind, LONGEST_FOOTER, LONGEST_HEADER, LONGEST_OFFER, TemplateForm, left,
};
use crate::t;
use campaigns::template::variables;

/// Number, name, language and category.
#[component]
pub fn Facts(desk: Desk) -> impl IntoView {
    let pick = |channel: &Channel| {
        Pick::new(channel.id.to_string(), format!("{} · {}", channel.name, channel.display_phone_number))
    };
    let language = Signal::derive(move || {
        let known = desk.form.with(|form| template_languages::name(form.language.trim()));
        known.unwrap_or_else(|| t::as_whatsapp_writes_it_en().to_owned())
    });
    let channels = Signal::derive(move || desk.channels.with(|all| all.iter().map(pick).collect::<Vec<_>>()));
    view! {
        <section class="card" aria-label=t::about_the_template()>
            <div class="fields">
                <PickField
                    id="channelId" label=t::number_of_the_account() options=channels value=desk.text(|form| &form.channel_id)
                    on_pick=desk.typed("channelId", |form| &mut form.channel_id) error=desk.error("channelId")
                    test_id="template-channel" nothing=t::choose_a_number()
                />
                <TextField
                    id="name" label=t::name() kind=Kind::Text value=desk.text(|form| &form.name)
                    on_input=desk.typed("name", |form| &mut form.name) error=desk.error("name") test_id="template-name"
                    hint=t::lower_case_letters_digits_and()
                />
                <TextField
                    id="language" label=t::language_word() kind=Kind::Text value=desk.text(|form| &form.language)
                    on_input=desk.typed("language", |form| &mut form.language) error=desk.error("language")
                    test_id="template-language" hint=language suggested=languages()
                />
                <PickField
                    id="category" label=t::category() options=categories() value=desk.text(|form| &form.category)
                    on_pick=desk.typed("category", |form| &mut form.category) error=desk.error("category")
                    test_id="template-category" nothing=t::choose_a_category()
                    hint=t::offers_and_news_are_marketing()
                />
            </div>
        </section>
    }
}

fn languages() -> Vec<Pick> {
    template_languages::all().into_iter().map(|language| Pick::new(language.code, language.label)).collect()
}

/// The categories that WhatsApp knows.
pub fn categories() -> Vec<Pick> {
    vec![
        Pick::new("MARKETING", t::marketing()),
        Pick::new("UTILITY", t::utility()),
        Pick::new(AUTHENTICATION, t::authentication()),
    ]
}

fn header_kinds() -> Vec<Pick> {
    let kinds = [
        ("text", t::a_text()),
        ("image", t::a_picture()),
        ("video", t::a_film()),
        ("gif", t::a_short_film_for_offers()),
        ("document", t::a_document()),
        ("location", t::a_place()),
    ];
    kinds.into_iter().map(|(value, label)| Pick::new(value, label)).collect()
}

/// Header, text, footer and offer; of a carousel the text alone.
#[component]
pub fn Texts(desk: Desk) -> impl IntoView {
    let is_carousel = desk.is_carousel();
    let body_hint = Signal::derive(move || {
        desk.form.with(|form| format!("{} {}", left(&form.body, form.longest_body()), t::variables_stand_for()))
    });
    view! {
        <section class="card" aria-label=t::what_it_says()>
            <Show when=move || !is_carousel.get()><Above desk=desk/></Show>
            <TextArea
                id="body" label=t::text_word() value=desk.text(|form| &form.body) on_input=desk.typed("body", |form| &mut form.body)
                error=desk.error("body") test_id="template-body" hint=body_hint
            />
            <Examples desk=desk/>
            <Show when=move || !is_carousel.get()><Beneath desk=desk/></Show>
        </section>
    }
}

fn counted(desk: Desk, read: fn(&TemplateForm) -> &String, most: usize) -> Signal<String> {
    Signal::derive(move || desk.form.with(|form| left(read(form), most)))
}

/// What stands above the text.
#[component]
fn Above(desk: Desk) -> impl IntoView {
    let kind = Memo::new(move |_| desk.form.with(|form| form.header_kind));
    let picked = Callback::new(move |key: String| {
        desk.change_where(is_of_header, |form| {
            form.header_kind = HeaderKind::from_key(&key);
            form.sample = None;
        });
    });
    view! {
        <PickField
            id="headerFormat" label=t::above_the_text() options=header_kinds()
            value=Signal::derive(move || kind.get().key().to_owned()) on_pick=picked error=desk.error("headerFormat")
            test_id="header-kind" nothing=t::nothing()
        />
        {move || match kind.get() {
            HeaderKind::None | HeaderKind::Media(HeaderFormat::Location) => ().into_any(),
            HeaderKind::Text => view! {
                <TextField
                    id="header" label=t::header() kind=Kind::Text value=desk.text(|form| &form.header)
                    on_input=desk.typed("header", |form| &mut form.header) error=desk.error("header")
                    test_id="template-header" hint=counted(desk, |form| &form.header, LONGEST_HEADER)
                />
                <HeaderExample desk=desk/>
            }.into_any(),
            HeaderKind::Media(format) => view! { <Sample desk=desk format=format place=SamplePlace::Header/> }.into_any(),
        }}
    }
}

/// What hangs on the kind of the header: it has other fields then.
fn is_of_header(field: &str) -> bool {
    field.starts_with("header")
}

/// Footer and offer.
#[component]
fn Beneath(desk: Desk) -> impl IntoView {
    let is_offer = Memo::new(move |_| desk.form.with(|form| !form.offer.trim().is_empty()));
    let ends = Signal::derive(move || desk.form.with(|form| !form.is_offer_endless));
    let switch = Callback::new(move |ends: bool| desk.change("offer", |form| form.is_offer_endless = !ends));
    view! {
        <div class="fields">
            <TextField
                id="footer" label=t::footer_optional() kind=Kind::Text value=desk.text(|form| &form.footer)
                on_input=desk.typed("footer", |form| &mut form.footer) error=desk.error("footer")
                test_id="template-footer" hint=counted(desk, |form| &form.footer, LONGEST_FOOTER)
            />
            <TextField
                id="offer.text" label=t::limited_time_offer_optional() kind=Kind::Text value=desk.text(|form| &form.offer)
                on_input=desk.typed("offer.text", |form| &mut form.offer) error=desk.error("offer.text")
                test_id="template-offer" hint=counted(desk, |form| &form.offer, LONGEST_OFFER)
            />
        </div>
        <Show when=move || is_offer.get()>
            <Switch
                label=t::shows_when_the_offer_ends() meaning=t::a_campaign_says_when_it_ends() checked=ends
                on_switch=switch test_id="offer-ends"
            />
        </Show>
    }
}

#[component]
fn HeaderExample(desk: Desk) -> impl IntoView {
    let variable = Memo::new(move |_| desk.form.with(|form| form.header_variable()));
    let field = move |name: String| {
        let id = format!("headerExamples.{name}");
        view! {
            <TextField
                id=id.clone() label=t::example_in_the_header(&format!("{{{{{name}}}}}")) kind=Kind::Text
                value=desk.text(|form| &form.header_example)
                on_input=Callback::new({
                    let id = id.clone();
                    move |text| desk.change(&id, |form| form.header_example = text)
                })
                error=desk.error(id) test_id="header-example"
            />
        }
    };
    move || variable.get().map(field)
}

/// An example of each variable: WhatsApp reviews them.
#[component]
fn Examples(desk: Desk) -> impl IntoView {
    let names = Memo::new(move |_| desk.form.with(|form| variables(&form.body)));
    let field = move |name: String| {
        let id = format!("examples.{name}");
        let key = StoredValue::new(name.clone());
        let value = Signal::derive(move || {
            key.with_value(|key| desk.form.with(|form| form.examples.get(key).cloned().unwrap_or_default()))
        });
        let changed = id.clone();
        let typed = Callback::new(move |text| {
            desk.change(&changed, |form| drop(form.examples.insert(key.get_value(), text)));
        });
        view! {
            <TextField
                id=id.clone() label=t::example_of(&format!("{{{{{name}}}}}")) kind=Kind::Text value=value on_input=typed
                error=desk.error(id) test_id=format!("example-{name}")
            />
        }
    };
    view! {
        <div class="fields">
            <For each=move || names.get() key=Clone::clone let:name>{field(name)}</For>
        </div>
    }
}

/// A sample of a file that the message shows.
#[component]
pub fn Sample(desk: Desk, format: HeaderFormat, place: SamplePlace) -> impl IntoView {
    let shell = Shell::around();
    let chosen = Callback::new(move |file: File| {
        desk.uploads.update_value(|count| *count += 1);
        let attachment = assets::chosen(&file, desk.uploads.get_value());
        let first = attachment.clone();
        desk.change(&place.field(), |form| place.put(form, Some(first)));
        leptos::task::spawn_local(assets::send(file, attachment, Some(format), shell, move |told| desk.tell(&told)));
    });
    view! {
        <AssetField
            id=place.field() label=t::a_sample_of_it_for() header=Some(format)
            attachment=Signal::derive(move || desk.form.with(|form| place.of(form).cloned())) error=desk.error(place.field())
            test_id=place.key() on_file=chosen
            on_remove=Callback::new(move |()| desk.change(&place.field(), |form| place.put(form, None)))
        />
    }
}
