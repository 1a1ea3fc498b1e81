//! The threads the embedded services run on: a call travels from the SDK's
//! connector over a channel to a dedicated OS thread and its answer comes back
//! by a oneshot, so SQLite never blocks a worker of the app's runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// A pool of named threads, each with its own state, fed by one channel. The
/// threads end when the last clone is dropped.
pub(super) struct Workers<S> {
    jobs: Sender<Job<S>>,
}

impl<S> Clone for Workers<S> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone() }
    }
}

impl<S: Send + 'static> Workers<S> {
    /// Starts one thread per state.
    pub(super) fn start(name: &str, states: Vec<S>) -> anyhow::Result<Self> {
        let (jobs, receiver) = mpsc::channel::<Job<S>>();
        let receiver = Arc::new(Mutex::new(receiver));
        for (index, state) in states.into_iter().enumerate() {
            let receiver = Arc::clone(&receiver);
            std::thread::Builder::new()
                .name(format!("{name}-{index}"))
                .spawn(move || work(&receiver, state))
                .with_context(|| format!("starting thread {name}-{index}"))?;
        }
        Ok(Self { jobs })
    }

    /// Runs `job` on one of the threads and waits for its answer; fails only
    /// when the job panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |state: &mut S| {
            if reply.send(job(state)).is_err() {
                tracing::trace!("the caller of an embedded service went away");
            }
        });
        self.jobs.send(job).map_err(|_| anyhow!("the threads of this embedded service have ended"))?;
        answer.await.context("a call to an embedded service panicked")
    }
}

fn work<S>(receiver: &Mutex<Receiver<Job<S>>>, mut state: S) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else {
            return;
        };
        if catch_unwind(AssertUnwindSafe(|| job(&mut state))).is_err() {
            tracing::error!("a call to an embedded service panicked");
        }
    }
}
