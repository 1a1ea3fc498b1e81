//! The templates of the account: those that every account has, and those that were created here.

use std::collections::HashMap;
use std::sync::Arc;

use crate::built_in::built_in;
use crate::templates::Template;

/// The ids of templates that are created here are above it.
const LAST_BUILT_IN_ID: u64 = 1_924_084_211_400_000;

/// All templates, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Catalogue {
    templates: Vec<Arc<Template>>,
    /// When which id was created here.
    created: HashMap<String, i64>,
    /// When which name was last deleted.
    deleted: HashMap<String, i64>,
    last_id: u64,
}

impl Catalogue {
    /// The templates that every account has.
    pub(crate) fn built_in() -> anyhow::Result<Self> {
        let templates = built_in()?.into_iter().map(Arc::new).collect();
        Ok(Self { templates, created: HashMap::new(), deleted: HashMap::new(), last_id: 0 })
    }

    /// The template with this name in this language; both match exactly.
    pub(crate) fn named(&self, name: &str, language: &str) -> Option<Arc<Template>> {
        let same = |one: &&Arc<Template>| one.listing.name == name && one.listing.language == language;
        self.all().iter().find(same).map(Arc::clone)
    }

    /// The template with this id.
    pub(crate) fn with_id(&self, id: &str) -> Option<Arc<Template>> {
        self.all().iter().find(|one| one.listing.id == id).map(Arc::clone)
    }

    /// Every template that is not deleted.
    pub(crate) fn all(&self) -> &[Arc<Template>] {
        &self.templates
    }

    /// An id that no template has, had or will have otherwise.
    pub(crate) fn new_id(&mut self) -> String {
        self.last_id = self.last_id.max(LAST_BUILT_IN_ID) + 1;
        self.last_id.to_string()
    }

    /// How many were created after this time.
    pub(crate) fn created_after(&self, micros: i64) -> usize {
        self.created.values().filter(|at| **at > micros).count()
    }

    /// Whether a template with this name was deleted after this time.
    pub(crate) fn deleted_after(&self, name: &str, micros: i64) -> bool {
        self.deleted.get(name).is_some_and(|at| *at > micros)
    }

    /// Adds a template, or puts it in the place of the one with its id; a deleted one leaves only its name behind.
    pub(crate) fn put(&mut self, template: Template) {
        let listing = &template.listing;
        if let Some(at_micros) = listing.created_micros {
            self.created.insert(listing.id.clone(), at_micros);
            self.last_id = self.last_id.max(listing.id.parse().unwrap_or(0));
        }
        if let Some(at_micros) = listing.deleted_micros {
            self.deleted.insert(listing.name.clone(), at_micros);
            self.templates.retain(|one| one.listing.id != listing.id);
            return;
        }
        let place = self.templates.iter_mut().find(|one| one.listing.id == template.listing.id);
        match place {
            Some(place) => *place = Arc::new(template),
            None => self.templates.push(Arc::new(template)),
        }
    }
}
