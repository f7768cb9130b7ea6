//! A project that ends the process whenever it is made ready (there is too little memory for it, most likely) would keep all the others from
//! ever being served.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Starts in a row that ended while the same project was made ready, after which the next does without it. Many, as a process may be killed for
/// other reasons at that moment; the start after that tries again.
const MOST: u32 = 10;
/// The file in the store's folder that says which project is made ready, and how many starts before ended at that.
const FILE: &str = "making-ready";

/// What is known of how projects were made ready, in this process and in those before.
pub(super) struct Unready {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The project at which the process before this one ended, and how many did.
    ended_at: Option<(String, u32)>,
    /// The project that this process does without.
    left_out: Option<String>,
}

impl Unready {
    /// Reads what the process before left in the store's folder.
    pub(super) fn new(dir: &std::path::Path) -> Unready {
        let path = dir.join(FILE);
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let ended_at = text.split_once(' ').and_then(|(count, project)| Some((project.to_owned(), count.parse::<u32>().ok()? + 1)));
        Unready { path, state: Mutex::new(State { ended_at, ..State::default() }) }
    }

    /// Makes a project ready with `work`; `None` when this process does without it, which is said in the log.
    pub(super) fn make<T>(&self, project: &str, work: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.locked();
        if state.left_out.as_deref() == Some(project) {
            return None;
        }
        let ends = state.ended_at.as_ref().filter(|(at, _)| at == project).map_or(0, |(_, ends)| *ends);
        if ends >= MOST {
            log::error!(
                "ingest: project '{project}' is left out: {ends} starts in a row ended while it was made ready. Give the server more memory, or \
                 delete the project; the next start tries again"
            );
            (state.ended_at, state.left_out) = (None, Some(project.to_owned()));
            self.forget();
            return None;
        }
        // What cannot be written down is not counted: a full disk keeps nobody from starting.
        if let Err(e) = std::fs::write(&self.path, format!("{ends} {project}")) {
            log::debug!("ingest: that project '{project}' is made ready was not written down: {e}");
        }
        drop(state);
        let done = work();
        self.forget();
        Some(done)
    }

    /// The project that this process does without.
    pub(super) fn left_out(&self) -> Option<String> {
        self.locked().left_out.clone()
    }

    /// A project is served, or is gone.
    pub(super) fn settled(&self, project: &str) {
        self.locked().left_out.take_if(|left_out| left_out == project);
    }

    fn forget(&self) {
        drop(std::fs::remove_file(&self.path));
    }

    // What it guards is whole whatever panicked.
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// A start that ends while `project` is made ready, if it gets that far.
    fn ends_at(dir: &Path, before: &[&str], project: &str) -> bool {
        let unready = Unready::new(dir);
        before.iter().for_each(|other| assert!(unready.make(other, || ()).is_some()));
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unready.make(project, || std::panic::panic_any(()))));
        end.is_err()
    }

    #[test]
    fn a_project_at_which_ten_starts_in_a_row_ended_is_left_out_once() {
        let dir = std::env::temp_dir().join(format!("headwater-unready-{}", crate::id::random()));
        std::fs::create_dir_all(&dir).unwrap();
        for _ in 0..2 {
            for _ in 0..MOST {
                assert!(ends_at(&dir, &["a"], "heavy"));
            }
            let unready = Unready::new(&dir);
            assert_eq!((unready.make("a", || 1), unready.make("heavy", || 2), unready.make("z", || 3)), (Some(1), None, Some(3)));
            assert_eq!((unready.make("heavy", || 4), unready.left_out().as_deref()), (None, Some("heavy")));
            unready.settled("a");
            assert!(unready.left_out().is_some());
            unready.settled("heavy");
            assert_eq!((unready.left_out(), unready.make("heavy", || 5)), (None, Some(5)));
        }
        // Starts that ended elsewhere, or not at all, begin the count anew.
        for _ in 0..MOST {
            assert!(ends_at(&dir, &[], "heavy") && ends_at(&dir, &[], "other"));
        }
        for _ in 0..MOST - 1 {
            assert!(ends_at(&dir, &[], "heavy"));
        }
        assert_eq!(Unready::new(&dir).make("heavy", || 6), Some(6));
        assert!(ends_at(&dir, &[], "heavy") && !dir.join(FILE).metadata().unwrap().is_dir());
        std::fs::remove_dir_all(&dir).unwrap();
        // Where nothing can be written nothing is counted.
        assert!(ends_at(&dir, &[], "heavy") && !dir.exists());
    }
}
