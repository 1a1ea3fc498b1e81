//! What is there only for those who may use it: the API refuses the others in any case.

use leptos::prelude::*;
use wire::Role;

use crate::infra::shell::Shell;

/// Shows what is inside to this role, and to those that may more.
#[component]
pub fn Allowed(to: Role, children: ChildrenFn) -> impl IntoView {
    let may = Shell::around().may(to);
    view! { <Show when=move || may.get()>{children()}</Show> }
}
