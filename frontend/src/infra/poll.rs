//! Asking again and again while somebody looks.

use std::future::Future;

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::document;
use leptos::task::spawn_local_scoped_with_cancellation;

/// How often a waiting poll looks whether its time has come or the tab is seen again.
const SLICE_MS: u32 = 250;

/// Runs `tick` now and then whenever `period_ms` has passed since it ended, until the component goes. While the tab
/// is hidden nothing is asked; when it is seen again a tick that is due comes at once.
pub fn poll<F, Fut>(period_ms: impl Fn() -> u32 + 'static, tick: F)
where
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = ()> + 'static,
{
    spawn_local_scoped_with_cancellation(async move {
        loop {
            tick().await;
            let mut waited_ms = 0;
            while waited_ms < period_ms() || document().hidden() {
                TimeoutFuture::new(SLICE_MS).await;
                waited_ms = waited_ms.saturating_add(SLICE_MS);
            }
        }
    });
}
