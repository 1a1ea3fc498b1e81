//! Where the embedded services run. As a rule a call travels from the SDK's
//! connector over a channel to a dedicated OS thread and its answer comes back
//! by a oneshot, so SQLite never blocks a worker of the app's runtime. Under a
//! paused clock that wait would look like idleness, and time would run ahead:
//! there a call is answered on the caller's own thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use tokio::sync::oneshot;

pub(super) type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Who runs the calls. Clones share it.
pub(super) enum Workers<S> {
    /// A pool of named threads, each with its own state, fed by one channel. They end when the last clone is dropped.
    Threads(Sender<Job<S>>),
    /// The caller.
    Inline(Arc<Mutex<S>>),
}

impl<S> Clone for Workers<S> {
    fn clone(&self) -> Self {
        match self {
            Workers::Threads(jobs) => Workers::Threads(jobs.clone()),
            Workers::Inline(state) => Workers::Inline(Arc::clone(state)),
        }
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
        Ok(Self::Threads(jobs))
    }

    /// Runs every call on its caller's thread.
    pub(super) fn inline(state: S) -> Self {
        Self::Inline(Arc::new(Mutex::new(state)))
    }

    /// Runs `job` on one of the threads and waits for its answer; fails only
    /// when the job panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let jobs = match self {
            Workers::Threads(jobs) => jobs,
            Workers::Inline(state) => return Ok(job(&mut state.lock().unwrap_or_else(PoisonError::into_inner))),
        };
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |state: &mut S| {
            if reply.send(job(state)).is_err() {
                tracing::trace!("the caller of an embedded service went away");
            }
        });
        jobs.send(job).map_err(|_| anyhow!("the threads of this embedded service have ended"))?;
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
