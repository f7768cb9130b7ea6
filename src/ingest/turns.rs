//! Who works on projects when many ask over HTTP: each project's askers one after the other, and so many projects at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// The places there are, and who waits for each project. Waiting costs no thread, and of a project only the first waits for a place: those
/// who wait for a busy project would otherwise take all places from the others.
pub struct Turns {
    places: Arc<Semaphore>,
    queues: Mutex<HashMap<String, Weak<Queue>>>,
}

type Queue = tokio::sync::Mutex<()>;

/// Leave to work on a project, for as long as it is kept.
#[derive(Debug)]
pub struct Turn {
    _project: OwnedMutexGuard<()>,
    // Never closed, so it is there; and without it work could only be slower, not wrong.
    _place: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Turns for so many projects at once.
    pub fn new(places: usize) -> Turns {
        Turns { places: Arc::new(Semaphore::new(places)), queues: Mutex::default() }
    }

    /// Waits for a turn to work on a project.
    pub async fn take(&self, project: &str) -> Turn {
        let queue = {
            let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
            // A project's id may be a client's invention.
            queues.retain(|_, queue| queue.strong_count() > 0);
            let queue = queues.get(project).and_then(Weak::upgrade).unwrap_or_default();
            queues.insert(project.to_owned(), Arc::downgrade(&queue));
            queue
        };
        let _project = queue.lock_owned().await;
        Turn { _project, _place: self.places.clone().acquire_owned().await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;
    use futures_util::FutureExt;

    #[test]
    fn who_waits_for_a_busy_project_keeps_no_place_from_the_others_and_comes_in_order() {
        let turns = Turns::new(3);
        let busy = turns.take("busy").now_or_never().unwrap();
        let mut waiting: Vec<_> = (0..9).map(|_| Box::pin(turns.take("busy"))).collect();
        assert!(waiting.iter_mut().all(|turn| turn.now_or_never().is_none()));
        assert!(turns.take("quiet").now_or_never().is_some());
        drop(busy);
        assert!(waiting[1].as_mut().now_or_never().is_none(), "it is the other's turn");
        drop(waiting[0].as_mut().now_or_never().unwrap());
        drop(waiting[1].as_mut().now_or_never().unwrap());
        drop(waiting);

        let others = ["a", "b", "c"].map(|project| turns.take(project).now_or_never().unwrap());
        assert!(turns.take("d").now_or_never().is_none(), "each of those has a place");
        drop(others);
        assert!(turns.take("d").now_or_never().is_some());
        assert_eq!(turns.queues.lock().unwrap().len(), 1, "who is gone leaves no queue");
    }
}
