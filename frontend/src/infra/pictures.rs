//! Small pictures of files. The page may show no `blob:` address (its content security policy), and a whole photograph as
//! a `data:` address would be megabytes, so a picture is drawn anew at the size of a phone.

use gloo_net::http::Request;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap};

/// The longer side at most, in pixels: twice what the bubble is wide, for sharp screens.
const LONGEST_SIDE: f64 = 640.0;

/// A small picture as a `data:` address; nothing for what the browser cannot draw.
pub async fn small(blob: &Blob) -> Option<String> {
    let promise = window().create_image_bitmap_with_blob(blob).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let scale = (LONGEST_SIDE / width.max(height)).min(1.0);
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    canvas.set_width((width * scale) as u32);
    canvas.set_height((height * scale) as u32);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width * scale, height * scale).ok()?;
    canvas.to_data_url_with_type_and_encoder_options("image/webp", &JsValue::from_f64(0.8)).ok()
}

/// The same of a picture that lies somewhere; nothing where it does not come.
pub async fn fetched(url: &str) -> Option<String> {
    let response = Request::get(url).send().await.ok().filter(gloo_net::http::Response::ok)?;
    let promise = web_sys::Response::from(response).blob().ok()?;
    let blob: Blob = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    small(&blob).await
}
