//! The Web Worker: takes a file from the page, looks into it and posts what is found. Started by the dashboard's
//! `infra::contacts_file`; where the parser gives up in the middle (a trap), only this worker ends.

mod blocks;

use blocks::Blocks;
use js_sys::Array;
use reader::{Reading, Told, look};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

fn main() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let asked = {
        let scope = scope.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| answer(&scope, &event.data()))
    };
    scope.set_onmessage(Some(asked.as_ref().unchecked_ref()));
    // It is asked as long as the worker lives.
    asked.forget();
    post(&scope, &Told::Ready);
}

/// A question is the file and how to read it, in JSON.
fn answer(scope: &DedicatedWorkerGlobalScope, question: &JsValue) {
    let question = Array::from(question);
    let reading = question.get(1).as_string().and_then(|text| serde_json::from_str::<Reading>(&text).ok());
    let (Ok(file), Some(reading)) = (question.get(0).dyn_into::<File>(), reading) else { return };
    let size_bytes = file.size() as u64;
    match Blocks::of(file) {
        Ok(blocks) => look(blocks, size_bytes, &reading, |told| post(scope, &told)),
        Err(_) => post(scope, &Told::Unusable("The browser cannot read this file.".to_owned())),
    }
}

/// A page that is gone hears nothing.
fn post(scope: &DedicatedWorkerGlobalScope, told: &Told) {
    if let Ok(text) = serde_json::to_string(told) {
        scope.post_message(&JsValue::from_str(&text)).unwrap_or_default();
    }
}
