//! Looking into a contacts file before it is uploaded: a Web Worker does it, so that the page never waits, and its parser
//! is loaded once there is a file.

use js_sys::Array;
use leptos::prelude::document;
use reader::{Reading, Sheet, Told};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, File, HtmlMetaElement, MessageEvent, Worker, WorkerOptions, WorkerType};

/// The element of the page that names the worker's script, whose name changes with every build.
const NAMED_BY: &str = "meta[name=contacts-reader]";

/// A look into a file by a worker of its own, which ends with it.
pub struct Look {
    worker: Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

impl Look {
    /// Begins to look into a file. `told` hears how it goes; where no worker can run or its parser gives up, that the
    /// file is unseen: the importer reads it all the same.
    pub fn begin(file: &File, reading: &Reading, told: impl Fn(Told) + Clone + 'static) -> Option<Look> {
        let look = Self::try_begin(file, reading, told.clone());
        if look.is_err() {
            told(Told::Sheet(Sheet::unseen()));
        }
        look.ok()
    }

    fn try_begin(file: &File, reading: &Reading, told: impl Fn(Told) + Clone + 'static) -> Result<Look, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&script().ok_or(JsValue::NULL)?, &options)?;
        let question = Array::of2(file, &JsValue::from_str(&serde_json::to_string(reading).unwrap_or_default()));
        let on_message = {
            let (worker, told) = (worker.clone(), told.clone());
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| match heard(&event) {
                // A worker that cannot be asked tells so by an error of its own.
                Some(Told::Ready) => worker.post_message(&question).unwrap_or_default(),
                Some(other) => told(other),
                None => {}
            })
        };
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |_| told(Told::Sheet(Sheet::unseen())));
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Look { worker, _on_message: on_message, _on_error: on_error })
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn script() -> Option<String> {
    let element = document().query_selector(NAMED_BY).ok().flatten()?;
    Some(element.dyn_into::<HtmlMetaElement>().ok()?.content())
}

fn heard(event: &MessageEvent) -> Option<Told> {
    serde_json::from_str(&event.data().as_string()?).ok()
}
