//! What is typed and saved nowhere: before it is left behind, the browser asks where the dashboard is left, and the
//! dashboard where another of its pages is gone to by a link.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, Event, EventTarget, MouseEvent};

use crate::model::leaving::{Click, Link, is_loss};

/// The attribute of a link by which somebody says that nothing is to be saved.
const GIVES_UP: &str = "data-gives-up";

/// The forms of the page, and whether somebody is asked about them.
#[derive(Debug, Clone, Copy)]
pub struct Unsaved {
    /// Whether the question is open.
    pub asks: RwSignal<bool>,
    /// Of each form, whether something of it would be lost.
    forms: StoredValue<Vec<Signal<bool>>>,
    /// The address that who is asked wanted to go to.
    going_to: StoredValue<String>,
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
        Self { asks: RwSignal::new(false), forms: StoredValue::default(), going_to: StoredValue::default() }
    }

    /// Begins to ask, for as long as the dashboard is there.
    pub fn listen(self) {
        listen(&window(), "beforeunload", move |event| {
            if self.is_any() {
                event.prevent_default();
            }
        });
        listen(&document(), "click", move |event| {
            if let Some(address) = other_page(&event).filter(|_| self.is_any()) {
                event.prevent_default();
                event.stop_propagation();
                self.going_to.set_value(address);
                self.asks.set(true);
            }
        });
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

    /// What is typed may go; gives the address to go to.
    pub fn let_go(self) -> String {
        self.forms.set_value(Vec::new());
        self.going_to.get_value()
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
