//! A file of a message: chosen, on its way, there, or why it did not arrive.

use leptos::prelude::*;
use web_sys::File;
use wire::HeaderFormat;

use super::drop_zone::DropZone;
use super::field::FieldError;
use crate::infra::format;
use crate::model::attachment::{Attachment, Upload, accepted, invitation, limits};
use crate::t;

/// A place for one file, with how far its upload is.
#[component]
pub fn AssetField(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    /// What must stand here; nothing for any file.
    header: Option<HeaderFormat>,
    #[prop(into)] attachment: Signal<Option<Attachment>>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(into)] test_id: String,
    on_file: Callback<File>,
    on_remove: Callback<()>,
) -> impl IntoView {
    let taken = Memo::new(move |_| attachment.with(Option::is_some));
    let title = Signal::derive(move || {
        attachment.with(|file| file.as_ref().map_or_else(|| invitation(header).to_owned(), described))
    });
    let percent = Memo::new(move |_| attachment.with(|file| file.as_ref().and_then(Attachment::percent)));
    // Why an upload failed stands at the field at once; the form says it when it is sent.
    let wrong = Signal::derive(move || error.get().or_else(|| attachment.with(|file| failure(file.as_ref()))));
    let error_id = format!("{id}-error");
    let group = label.clone();
    let state_id = format!("{test_id}-state");
    view! {
        <div class="field wide" role="group" aria-label=group>
            <span class="label" aria-hidden="true">{label}</span>
            <DropZone
                id=id title=title taken=taken accept=accepted(header) hint=limits(header) disabled=false
                on_file=on_file test_id=test_id
            />
            <Show when=move || taken.get()>
                <div class="file-line">
                    <span class="soft small" role="status" data-testid=state_id.clone()>
                        {move || attachment.with(|file| file.as_ref().map(state))}
                    </span>
                    <button type="button" class="button quiet" on:click=move |_| on_remove.run(())>{t::remove()}</button>
                </div>
            </Show>
            <Show when=move || percent.get().is_some()>
                <progress class="progress" max="100" value=move || percent.get().unwrap_or_default().to_string()>
                    {move || percent.get()}
                </progress>
            </Show>
            <FieldError id=error_id error=wrong/>
        </div>
    }
}

fn described(file: &Attachment) -> String {
    format!("{} · {}", file.file_name, format::bytes(file.size_bytes))
}

fn state(file: &Attachment) -> String {
    match &file.upload {
        Upload::Sending { percent } => t::percent_uploaded(percent),
        Upload::Here { .. } => t::uploaded().to_owned(),
        Upload::Failed(_) => t::not_uploaded().to_owned(),
    }
}

fn failure(file: Option<&Attachment>) -> Option<String> {
    match &file?.upload {
        Upload::Failed(why) => Some(why.clone()),
        Upload::Sending { .. } | Upload::Here { .. } => None,
    }
}
