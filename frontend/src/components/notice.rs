//! The line on top of a page.

use leptos::prelude::*;

use crate::infra::errors::{Notice, NoticeKind};
use crate::model::way_back::SIGN_IN;
use crate::t;

/// Shows what has to be said, until it is closed or no longer true.
#[component]
pub fn NoticeLine(notice: RwSignal<Option<Notice>>) -> impl IntoView {
    let line = move |notice_now: Notice| {
        view! {
            <div class=class(notice_now.kind) role="alert" data-testid="notice">
                <span>
                    {t::said(&notice_now.text)}
                    {(notice_now.kind == NoticeKind::SignedOut).then(|| view! {
                        " " <a href=SIGN_IN target="_blank" rel="external noopener">{t::sign_in()}</a>
                    })}
                </span>
                <button type="button" class="button quiet" on:click=move |_| notice.set(None)>{t::close()}</button>
            </div>
        }
    };
    move || notice.get().map(line)
}

fn class(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Connection => "notice connection",
        NoticeKind::SignedOut | NoticeKind::Failure => "notice",
    }
}
