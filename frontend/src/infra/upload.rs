//! A file's bytes to where the API said, with progress: `fetch` cannot tell how far an upload is.

use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::http::FROM_US;
use crate::t;

/// Puts the file; tells `progress` the per cent that are sent. The error is for people.
pub async fn put(url: &str, file: &File, progress: impl Fn(u8) + 'static) -> Result<(), String> {
    let request = XmlHttpRequest::new().map_err(|_| failed(t::the_browser_refused_it()))?;
    request.open("PUT", url).map_err(|_| failed(t::its_address_is_not_valid()))?;
    if is_ours(url) {
        request.set_request_header(FROM_US.0, FROM_US.1).map_err(|_| failed(t::the_browser_refused_it()))?;
    }
    let on_progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.total() > 0.0 {
            progress((event.loaded() / event.total() * 100.0).clamp(0.0, 100.0) as u8);
        }
    });
    if let Ok(upload) = request.upload() {
        upload.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    }
    // Without a type of its own: a type would become a header that the address was not signed for.
    let body = file.slice().map_err(|_| failed(t::the_file_cannot_be_read()))?;
    let ended = ended(&request);
    request.send_with_opt_blob(Some(&body)).map_err(|_| failed(t::the_file_cannot_be_read()))?;
    JsFuture::from(ended).await.map_err(|_| failed(t::the_browser_refused_it()))?;
    drop(on_progress);
    match request.status().unwrap_or_default() {
        200..=299 => Ok(()),
        0 => Err(failed(t::the_connection_was_lost())),
        status => Err(failed(&t::storage_answered(&status))),
    }
}

/// Settles when the request is over, well or not; its status tells which.
fn ended(request: &XmlHttpRequest) -> js_sys::Promise {
    js_sys::Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)))
}

fn is_ours(url: &str) -> bool {
    let origin = window().location().origin().unwrap_or_default();
    (url.starts_with('/') && !url.starts_with("//"))
        || url.strip_prefix(&origin).is_some_and(|rest| rest.starts_with('/'))
}

fn failed(why: &str) -> String {
    t::upload_failed(&why)
}
