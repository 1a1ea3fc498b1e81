//! Which language is spoken: the chosen one, or the browser's, or English. It is kept in the browser; a change loads the
//! page again.

use gloo_net::http::Request;
use js_sys::Array;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlMetaElement, Storage};
use wire::Language;

use crate::t;

/// Where the choice lies.
const KEY: &str = "language";

/// Every language, with its tag (BCP 47) and its own name.
pub const ALL: [(Language, &str, &str); 3] = [
    (Language::English, "en", "English"),
    (Language::Portuguese, "pt-BR", "Português (Brasil)"),
    (Language::Spanish, "es", "Español"),
];

/// Speaks the reader's language. Where its texts do not come it is English: better than nothing.
pub async fn speak() {
    let language = chosen().unwrap_or_else(of_browser);
    if let Some(table) = fetched(tag(language)).await {
        t::speak(language, table);
    }
    if let Some(page) = document().document_element() {
        // An attribute with this name can always be set.
        page.set_attribute("lang", tag(t::language())).unwrap_or_default();
    }
}

/// Chooses a language and loads the page again.
pub fn choose(tag: &str) {
    if let Some(storage) = storage() {
        // Where nothing can be kept the browser's language stays.
        storage.set_item(KEY, tag).unwrap_or_default();
    }
    window().location().reload().unwrap_or_default();
}

/// The tag of a language.
pub fn tag(language: Language) -> &'static str {
    ALL.iter().find(|(known, _, _)| *known == language).map_or("en", |(_, tag, _)| tag)
}

/// What numbers and times are written by: the browser's own region where it is of the language that is spoken.
pub fn locales() -> Array {
    let spoken = t::language();
    let own = of_tags().find(|tag| Language::of_tag(tag) == Some(spoken));
    Array::of1(&JsValue::from_str(&own.unwrap_or_else(|| tag(spoken).to_owned())))
}

fn chosen() -> Option<Language> {
    Language::of_tag(&storage()?.get_item(KEY).ok()??)
}

fn of_browser() -> Language {
    of_tags().find_map(|tag| Language::of_tag(&tag)).unwrap_or_default()
}

/// What the browser's reader understands, best first.
fn of_tags() -> impl Iterator<Item = String> {
    window().navigator().languages().iter().filter_map(|tag| tag.as_string()).collect::<Vec<_>>().into_iter()
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// The texts of a language; of English nothing comes, the module has it.
async fn fetched(tag: &str) -> Option<t::Table> {
    let element = document().query_selector(&format!("meta[name=texts-{tag}]")).ok()??;
    let url = element.dyn_into::<HtmlMetaElement>().ok()?.content();
    Request::get(&url).send().await.ok().filter(gloo_net::http::Response::ok)?.json().await.ok()
}
