//! What the template is called, and its texts with their limits and examples.

use leptos::prelude::*;
use web_sys::File;
use wire::{Channel, HeaderFormat};

use super::Desk;
use crate::components::asset_field::AssetField;
use crate::components::field::{Kind, Pick, PickField, TextField};
use crate::components::text_area::TextArea;
use crate::infra::assets;
use crate::infra::shell::Shell;
use crate::model::template_form::{HeaderKind, LONGEST_FOOTER, LONGEST_HEADER, LONGEST_OFFER, left};
use campaigns::template::variables;

/// Number, name, language and category.
#[component]
pub fn Facts(desk: Desk) -> impl IntoView {
    let pick = |channel: &Channel| {
        Pick::new(channel.id.to_string(), format!("{} · {}", channel.name, channel.display_phone_number))
    };
    let channels = Signal::derive(move || desk.channels.with(|all| all.iter().map(pick).collect::<Vec<_>>()));
    view! {
        <section class="card" aria-label="About the template">
            <div class="fields">
                <PickField
                    id="channelId" label="Number of the account" options=channels value=desk.text(|form| &form.channel_id)
                    on_pick=desk.typed("channelId", |form| &mut form.channel_id) error=desk.error("channelId")
                    test_id="template-channel" nothing="Choose a number"
                />
                <TextField
                    id="name" label="Name" kind=Kind::Text value=desk.text(|form| &form.name)
                    on_input=desk.typed("name", |form| &mut form.name) error=desk.error("name") test_id="template-name"
                    hint="Lower case letters, digits and _; people do not see it."
                />
                <TextField
                    id="language" label="Language" kind=Kind::Text value=desk.text(|form| &form.language)
                    on_input=desk.typed("language", |form| &mut form.language) error=desk.error("language")
                    test_id="template-language" hint="As WhatsApp writes it: en, pt_BR, es."
                />
                <PickField
                    id="category" label="Category" options=categories() value=desk.text(|form| &form.category)
                    on_pick=desk.typed("category", |form| &mut form.category) error=desk.error("category")
                    test_id="template-category" nothing="Choose a category"
                    hint="Offers and news are marketing; what answers an order or an appointment is utility."
                />
            </div>
        </section>
    }
}

fn categories() -> Vec<Pick> {
    vec![
        Pick::new("MARKETING", "Marketing"),
        Pick::new("UTILITY", "Utility"),
        Pick::new("AUTHENTICATION", "Authentication"),
    ]
}

fn header_kinds() -> Vec<Pick> {
    let kinds = [
        ("text", "A text"),
        ("image", "A picture"),
        ("video", "A film"),
        ("document", "A document"),
        ("location", "A place"),
    ];
    kinds.into_iter().map(|(value, label)| Pick::new(value, label)).collect()
}

/// Header, text, footer and offer.
#[component]
pub fn Texts(desk: Desk) -> impl IntoView {
    let kind = Memo::new(move |_| desk.form.with(|form| form.header_kind));
    let picked = Callback::new(move |key: String| {
        desk.change("headerAssetId", |form| {
            form.header_kind = HeaderKind::from_key(&key);
            form.sample = None;
        });
    });
    let counted = move |read: fn(&crate::model::template_form::TemplateForm) -> &String, most: usize| {
        Signal::derive(move || desk.form.with(|form| left(read(form), most)))
    };
    let body_hint = Signal::derive(move || {
        desk.form.with(|form| {
            format!(
                "{} {{{{1}}}}, {{{{2}}}} or {{{{first_name}}}} stand for what differs; *bold*, _italic_.",
                left(&form.body, form.longest_body())
            )
        })
    });
    view! {
        <section class="card" aria-label="What it says">
            <PickField
                id="headerFormat" label="Above the text" options=header_kinds()
                value=Signal::derive(move || kind.get().key().to_owned()) on_pick=picked error=desk.error("headerFormat")
                test_id="header-kind" nothing="Nothing"
            />
            {move || match kind.get() {
                HeaderKind::None | HeaderKind::Media(HeaderFormat::Location) => ().into_any(),
                HeaderKind::Text => view! {
                    <TextField
                        id="header" label="Header" kind=Kind::Text value=desk.text(|form| &form.header)
                        on_input=desk.typed("header", |form| &mut form.header) error=desk.error("header")
                        test_id="template-header" hint=counted(|form| &form.header, LONGEST_HEADER)
                    />
                    <HeaderExample desk=desk/>
                }.into_any(),
                HeaderKind::Media(format) => view! { <Sample desk=desk format=format/> }.into_any(),
            }}
            <TextArea
                id="body" label="Text" value=desk.text(|form| &form.body) on_input=desk.typed("body", |form| &mut form.body)
                error=desk.error("body") test_id="template-body" hint=body_hint
            />
            <Examples desk=desk/>
            <div class="fields">
                <TextField
                    id="footer" label="Footer (optional)" kind=Kind::Text value=desk.text(|form| &form.footer)
                    on_input=desk.typed("footer", |form| &mut form.footer) error=desk.error("footer")
                    test_id="template-footer" hint=counted(|form| &form.footer, LONGEST_FOOTER)
                />
                <TextField
                    id="offer.text" label="Limited-time offer (optional)" kind=Kind::Text value=desk.text(|form| &form.offer)
                    on_input=desk.typed("offer.text", |form| &mut form.offer) error=desk.error("offer.text")
                    test_id="template-offer" hint=counted(|form| &form.offer, LONGEST_OFFER)
                />
            </div>
        </section>
    }
}

#[component]
fn HeaderExample(desk: Desk) -> impl IntoView {
    let variable = Memo::new(move |_| desk.form.with(|form| form.header_variable()));
    let field = move |name: String| {
        let id = format!("headerExamples.{name}");
        view! {
            <TextField
                id=id.clone() label=format!("Example of {{{{{name}}}}} in the header") kind=Kind::Text
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
                id=id.clone() label=format!("Example of {{{{{name}}}}}") kind=Kind::Text value=value on_input=typed
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

#[component]
fn Sample(desk: Desk, format: HeaderFormat) -> impl IntoView {
    const FIELD: &str = "headerAssetId";
    let shell = Shell::around();
    let chosen = Callback::new(move |file: File| {
        desk.uploads.update_value(|count| *count += 1);
        let attachment = assets::chosen(&file, desk.uploads.get_value());
        let first = attachment.clone();
        desk.change(FIELD, |form| form.sample = Some(first));
        leptos::task::spawn_local(assets::send(file, attachment, Some(format), shell, move |told| desk.tell(told)));
    });
    view! {
        <AssetField
            id=FIELD label="A sample of it, for WhatsApp's review" header=Some(format)
            attachment=Signal::derive(move || desk.form.with(|form| form.sample.clone())) error=desk.error(FIELD)
            test_id="asset-sample" on_file=chosen
            on_remove=Callback::new(move |()| desk.change(FIELD, |form| form.sample = None))
        />
    }
}
