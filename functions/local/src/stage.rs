//! Tasks of the process that stop together: the process is stopped stage by stage.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;

/// Tasks that are told to stop at the same time. Dropping it aborts them.
#[derive(Debug)]
pub struct Stage {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Stage {
    /// A stage without tasks.
    #[must_use]
    pub fn new() -> Stage {
        Stage { stop: watch::Sender::new(false), tasks: JoinSet::new() }
    }

    /// Starts a task; what it is given becomes true when it should stop.
    pub fn spawn<F>(&mut self, task: impl FnOnce(watch::Receiver<bool>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task(self.stop.subscribe()));
    }

    /// Tells the tasks to stop and waits for the last one.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the process ended badly");
            }
        }
    }

    /// The same, but aborts what has not ended after `limit`.
    pub async fn stop_within(self, limit: Duration) -> Result<(), Elapsed> {
        tokio::time::timeout(limit, self.stop()).await
    }
}

impl Default for Stage {
    fn default() -> Stage {
        Stage::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stage_waits_for_the_last_task() {
        let (done, seen) = watch::channel(0);
        let mut stage = Stage::new();
        for _ in 0..3 {
            let done = done.clone();
            stage.spawn(|mut stop| async move {
                stop.wait_for(|stop| *stop).await.unwrap();
                tokio::task::yield_now().await;
                done.send_modify(|count| *count += 1);
            });
        }
        stage.stop().await;
        assert_eq!(*seen.borrow(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_stop_is_given_up_after_the_limit() {
        let mut stage = Stage::new();
        stage.spawn(|_stop| std::future::pending());
        assert!(stage.stop_within(Duration::from_secs(5)).await.is_err());
    }
}
