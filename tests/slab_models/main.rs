//! The slab under loom: every interleaving of small cases, on the true code and on every mutant of it.
//!
//! `cargo test --test slab_models -- --nocapture` shows which model catches which mutant, and
//! `SLAB_MUTANT=<line:column:Fault> cargo test --test slab_models` how.
//!
//! `src/realtime/slab.rs` is compiled here a second time, over the `sync` of this crate in place of `src/sync.rs`.

mod models;
mod mutants;
#[path = "../../src/realtime/slab.rs"]
mod slab;
mod sync;
