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
            Self::lose(load, why);
        }
    }

    /// Takes in that it is not there, and no longer if it was. What says so already is not drawn again: its title would
    /// take the focus each time that somebody asks in vain.
    pub fn lose(load: RwSignal<Load<T>>, why: String) {
        if load.try_with_untracked(|load| load.is_news(&why)).unwrap_or_default() {
            load.set(Load::Missing(why));
        }
    }

    fn is_news(&self, why: &str) -> bool {
        match self {
            Load::Waiting | Load::Here(_) => true,
            Load::Missing(told) => told != why,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_for_the_same_reason_already_is_no_news() {
        assert!(Load::<u32>::Waiting.is_news("gone"));
        let missing = Load::<u32>::Missing("gone".to_owned());
        assert!(!missing.is_news("gone"));
        assert!(missing.is_news("no answer"));
    }
}
