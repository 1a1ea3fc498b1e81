//! What is typed and saved nowhere: before it is left behind, the browser asks where the dashboard is left, and the
//! dashboard where another of its pages is gone to by a link or in the browser's history, and where somebody signs out.

use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, EventTarget, History, MouseEvent};

use crate::model::leaving::{Click, Link, Way, is_loss, is_other_page};

/// The attribute of a link by which somebody says that nothing is to be saved.
const GIVES_UP: &str = "data-gives-up";

/// The forms of the page, and whether somebody is asked about them.
#[derive(Debug, Clone, Copy)]
pub struct Unsaved {
    /// Whether the question is open.
    pub asks: RwSignal<bool>,
    /// Of each form, whether something of it would be lost.
    forms: StoredValue<Vec<Signal<bool>>>,
    /// Where who is asked wants to go.
    way: StoredValue<Option<Way>>,
    /// The address of the page that is shown, as the router knows it.
    shown: StoredValue<String>,
}

/// A form that is watched, and what of it is no loss.
pub struct Typed<T> {
    form: RwSignal<T>,
    saved: StoredValue<T>,
}

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<T> {}

impl Unsaved {
    /// No form yet.
    pub fn nothing() -> Self {
        Self {
            asks: RwSignal::new(false),
            forms: StoredValue::default(),
            way: StoredValue::default(),
            shown: StoredValue::default(),
        }
    }

    /// Begins to ask, for as long as the dashboard is there. To be called before the router listens.
    pub fn listen(self) {
        listen(&window(), "beforeunload", move |event| {
            if self.is_any() {
                event.prevent_default();
            }
        });
        listen(&document(), "click", move |event| {
            if other_page(&event).is_some_and(|address| self.holds(Way::To(address))) {
                event.prevent_default();
                event.stop_propagation();
            }
        });
        listen(&window(), "popstate", move |event| {
            let arrived_at = window().location().pathname().unwrap_or_default();
            let shown = self.shown.get_value();
            if self.is_any() && is_other_page(&arrived_at, &shown) && step_onto(&shown) {
                // The router, which hears of it next, would draw the page that was stepped to.
                event.stop_immediate_propagation();
                self.ask(Way::Back);
            }
        });
    }

    /// The page with this address is shown.
    pub fn note_shown(self, address: String) {
        self.shown.set_value(address);
    }

    /// Asks who goes this way, where something would be lost; whether it does.
    pub fn holds(self, way: Way) -> bool {
        let is_any = self.is_any();
        if is_any {
            self.ask(way);
        }
        is_any
    }

    /// Watches a form until its page goes, as long as who looks may save it. What is in it now is no loss.
    pub fn watch<T>(self, form: RwSignal<T>, may_save: Signal<bool>) -> Typed<T>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
    {
        let saved = StoredValue::new(form.get_untracked());
        let loses = Signal::derive(move || {
            let may_save = may_save.try_get_untracked().unwrap_or_default();
            let compare = |typed: &T| saved.try_with_value(|saved| is_loss(may_save, saved, typed));
            form.try_with_untracked(compare).flatten().unwrap_or_default()
        });
        self.forms.update_value(|forms| forms.push(loses));
        on_cleanup(move || self.forms.update_value(|forms| forms.retain(|known| *known != loses)));
        Typed { form, saved }
    }

    /// What is typed may go; gives where to. Who signs out keeps it until that is done, as the server may not answer.
    pub fn let_go(self) -> Option<Way> {
        let way = self.way.get_value();
        if way != Some(Way::SignOut) {
            self.forms.set_value(Vec::new());
        }
        way
    }

    fn ask(self, way: Way) {
        self.way.set_value(Some(way));
        self.asks.set(true);
    }

    fn is_any(self) -> bool {
        self.forms.with_value(|forms| forms.iter().any(|loses| loses.try_get_untracked().unwrap_or_default()))
    }
}

impl<T> Typed<T>
where
    T: Clone + Send + Sync + 'static,
{
    /// What is in the form now is saved, or was put there by nobody's hand.
    pub fn note_saved(self) {
        // Of a page that is gone nothing is kept.
        if let Some(form) = self.form.try_get_untracked() {
            self.saved.try_set_value(form);
        }
    }

    /// Changes the form as nobody typed it: that is no loss, whatever is typed beside it.
    pub fn fill(self, change: impl Fn(&mut T)) {
        self.form.try_update(&change);
        self.saved.try_update_value(&change);
    }
}

/// Goes one step back in the browser's history.
pub fn step_back() {
    // A browser without a history stays where it is.
    window().history().and_then(|history| history.back()).unwrap_or_default();
}

/// Puts this address on top of where the browser's history stands, so that it is shown and one step back leads to what
/// was. What lay ahead there is forgotten. Whether the browser does so.
fn step_onto(address: &str) -> bool {
    let step = |history: History| history.push_state_with_url(&JsValue::NULL, "", Some(address));
    window().history().and_then(step).is_ok()
}

/// The page of the dashboard that a click leads to.
fn other_page(event: &Event) -> Option<String> {
    let event = event.dyn_ref::<MouseEvent>()?;
    let with_key = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
    let click = Click { button: event.button(), with_key };
    let element = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let written = |name: &str| element.get_attribute(name).unwrap_or_default();
    let link = Link {
        href: written("href"),
        target: written("target"),
        rel: written("rel"),
        is_download: element.has_attribute("download"),
        gives_up: element.has_attribute(GIVES_UP),
    };
    let path = window().location().pathname().unwrap_or_default();
    link.other_page(click, &path).map(str::to_owned)
}

/// Listens before anything in the page does, and never stops.
fn listen(target: &EventTarget, name: &str, heard: impl Fn(Event) + 'static) {
    let heard = Closure::<dyn Fn(Event)>::new(heard);
    // A browser that does not listen asks nothing.
    target.add_event_listener_with_callback_and_bool(name, heard.as_ref().unchecked_ref(), true).unwrap_or_default();
    heard.forget();
}
