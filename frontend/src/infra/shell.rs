//! What every page shares: who is signed in, and the line on top.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use wire::{CampaignId, FieldError, Role, Session};

use super::errors::{Notice, NoticeKind, Reaction, reaction, signed_out};
use super::http::ApiError;
use super::kept;
use super::unsaved::Unsaved;
use crate::model::price::PriceAsked;
use crate::model::unfilled::Unfilled;

/// Who looks at the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Visitor {
    /// Not asked yet.
    Unknown,
    /// Somebody of this workspace.
    SignedIn(Session),
    /// Nobody.
    SignedOut,
}

/// The signals that every page shares, from the context.
#[derive(Debug, Clone, Copy)]
pub struct Shell {
    /// Who looks at the page.
    pub visitor: RwSignal<Visitor>,
    /// The line on top.
    pub notice: RwSignal<Option<Notice>>,
    /// Who keeps a campaign from starting, for the campaign's page: the wizard leads there when a start was refused.
    pub unfilled: RwSignal<Option<(CampaignId, Unfilled)>>,
    /// What a campaign is estimated to cost whose start was refused until somebody agrees; for the campaign's page.
    pub price: RwSignal<Option<(CampaignId, PriceAsked)>>,
    /// Notices that whoever looks has not read.
    pub unread: RwSignal<u32>,
    /// How many pages are on their way whose code has not come yet.
    pub arriving: RwSignal<u32>,
    /// What is typed and saved nowhere.
    pub unsaved: Unsaved,
    /// What the next page says there: a line goes with its page.
    next_notice: RwSignal<Option<Notice>>,
}

impl Shell {
    /// A shell that knows nothing yet, put into the context.
    pub fn provide() -> Self {
        let shell = Self {
            visitor: RwSignal::new(Visitor::Unknown),
            notice: RwSignal::new(None),
            unfilled: RwSignal::new(None),
            price: RwSignal::new(None),
            unread: RwSignal::new(0),
            arriving: RwSignal::new(0),
            unsaved: Unsaved::nothing(),
            next_notice: RwSignal::new(None),
        };
        provide_context(shell);
        shell
    }

    /// The shell around the page that asks.
    pub fn around() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// Who looks: a workspace and a member of it; empty for nobody.
    pub fn who(self) -> String {
        match self.visitor.get() {
            Visitor::SignedIn(Session { workspace_id, member_id, .. }) => {
                format!("{workspace_id}/{}", member_id.map(|id| id.to_string()).unwrap_or_default())
            }
            Visitor::Unknown | Visitor::SignedOut => String::new(),
        }
    }

    /// Whether who looks has this role, or one that may more.
    pub fn may(self, role: Role) -> Signal<bool> {
        Memo::new(move |_| match self.visitor.get() {
            Visitor::SignedIn(session) => session.role >= role,
            Visitor::Unknown | Visitor::SignedOut => false,
        })
        .into()
    }

    /// Does what an error asks for; answers the fields that a form has to mark. The page stays, and what is typed there,
    /// also where nobody is signed in any more.
    pub fn settle(self, error: ApiError) -> Vec<FieldError> {
        match reaction(error) {
            Reaction::SignIn => {
                match self.visitor.with_untracked(|visitor| matches!(visitor, Visitor::SignedIn(_))) {
                    true => self.notice.set(Some(signed_out())),
                    false => self.leave_for_sign_in(),
                }
                Vec::new()
            }
            Reaction::MarkFields(fields) => fields,
            Reaction::Say(notice) => {
                self.notice.set(Some(notice));
                Vec::new()
            }
        }
    }

    /// The same where there is no form: what the fields would say goes to the line on top, and who is not signed in goes
    /// to the sign-in and back from there.
    pub fn report(self, error: ApiError) {
        match error.status() {
            Some(401) => self.leave_for_sign_in(),
            Some(_) | None => self.report_here(error),
        }
    }

    /// Says on top of the page what an error says, and stays there.
    pub fn report_here(self, error: ApiError) {
        let fields = self.settle(error);
        if !fields.is_empty() {
            let text = fields.into_iter().map(|field| field.message).collect::<Vec<_>>().join(" ");
            self.say(text);
        }
    }

    /// Says something on top of the page, until it is read.
    pub fn say(self, text: String) {
        self.notice.set(Some(Notice { kind: NoticeKind::Failure, text }));
    }

    /// This is no longer true: where it is said on top of the page, it goes.
    pub fn take_back(self, text: &str) {
        let is_it = |notice: &Option<Notice>| notice.as_ref().is_some_and(|notice| notice.text == text);
        if self.notice.try_with_untracked(is_it).unwrap_or_default() {
            self.notice.set(None);
        }
    }

    fn leave_for_sign_in(self) {
        kept::note_page();
        self.visitor.set(Visitor::SignedOut);
    }

    /// The same on the page that is gone to next.
    pub fn report_on_next_page(self, error: ApiError) {
        self.report(error);
        self.next_notice.set(self.notice.get_untracked());
    }

    /// Another page was gone to.
    pub fn turn_page(self) {
        self.notice.set(self.next_notice.get_untracked());
        self.next_notice.set(None);
    }

    /// The server answered: what was said about the connection and the session is no longer true.
    pub fn connected(self) {
        let is_over = |notice: &Option<Notice>| notice.as_ref().is_some_and(|notice| notice.kind.passes());
        if self.notice.try_with_untracked(is_over).unwrap_or_default() {
            self.notice.set(None);
        }
    }
}

/// Leads the keyboard to the element with this id, and unfolds what lies around it.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        unfold(&element);
        // An element that is gone cannot take the focus; then it stays where it is.
        element.focus().unwrap_or_default();
    }
}

/// The same where the keyboard has no place any more: what had it is gone, or takes it no longer.
pub fn focus_if_lost(id: &str) {
    let is_nowhere = |active: &Element| matches!(active.tag_name().as_str(), "BODY" | "MAIN");
    if document().active_element().is_none_or(|active| is_nowhere(&active)) {
        focus(id);
    }
}

/// Marks what is wrong in a form, and leads the keyboard to the first of it.
pub fn mark(errors: RwSignal<Vec<FieldError>>, form: &'static str, faults: Vec<FieldError>) {
    let is_wrong = !faults.is_empty();
    // Who left the page is told nothing.
    if errors.try_set(faults).is_none() && is_wrong {
        focus_fault(form);
    }
}

/// Leads the keyboard to the first field of the form with this id that is wrong, once it is drawn so; else it stays.
pub fn focus_fault(form: &'static str) {
    request_animation_frame(move || {
        let first = |what: &str| document().query_selector(&format!("#{form} {what}")).ok().flatten();
        let field = first(":is(input, select, textarea)[aria-invalid='true']");
        let several = || first(".error").and_then(|error| error.closest("fieldset[tabindex]").ok().flatten());
        if let Some(wrong) = field.or_else(several).and_then(|wrong| wrong.dyn_into::<HtmlElement>().ok()) {
            unfold(&wrong);
            // An element that is gone cannot take the focus; then it stays where it is.
            wrong.focus().unwrap_or_default();
        }
    });
}

/// Nothing that is folded takes the focus.
fn unfold(element: &HtmlElement) {
    while let Ok(Some(folded)) = element.closest("details:not([open])") {
        if folded.set_attribute("open", "").is_err() {
            return;
        }
    }
}
