//! Something that comes over the network and is refreshed while it is looked at.

use leptos::prelude::*;

/// How far a page's data is.
#[derive(Debug, Clone)]
pub enum Load<T: 'static> {
    /// Asked for.
    Waiting,
    /// Here; refreshed in place, so that what is drawn stays and only what changed is drawn again.
    Here(ArcRwSignal<T>),
    /// It did not come, and why.
    Missing(String),
}

impl<T: Send + Sync + 'static> Load<T> {
    /// Takes in a fresh value.
    pub fn receive(load: RwSignal<Load<T>>, value: T) {
        let here = load.try_with_untracked(|load| match load {
            Load::Here(signal) => Some(signal.clone()),
            Load::Waiting | Load::Missing(_) => None,
        });
        match here.flatten() {
            Some(signal) => signal.set(value),
            None => load.set(Load::Here(ArcRwSignal::new(value))),
        }
    }

    /// Takes in that nothing came; what is here already stays.
    pub fn give_up(load: RwSignal<Load<T>>, why: String) {
        let waits = load.try_with_untracked(|load| !matches!(load, Load::Here(_))).unwrap_or_default();
        if waits {
            load.set(Load::Missing(why));
        }
    }
}
