//! Headwater: a data-lineage server in one binary.
//!
//! SQL and what surrounds it goes in; a knowledge graph of tables, views, columns, procedures and files comes out; people and
//! programs ask it where data comes from and what breaks when something changes; dashboards watch it live.
//!
//! The map of the code, its invariants and the paths of an upload, a broadcast and an activity event are in
//! `docs/architecture/ARCHITECTURE.md`. In short, arrows point down and never back:
//!
//! ```text
//! main -> server -> http -> { ingest, chat } -> { store, realtime, activity } -> { lineage, graph, layout, search } -> id
//! ```
//!
//! * [`lineage`], [`graph`], [`layout`] and [`search`] are pure: functions over values, no I/O, no clock.
//! * [`store`] owns SQLite, which holds the truth. [`ingest::Knowledge`] owns what is derived from it.
//! * [`realtime`] knows bytes and topics, nothing of projects or chat.
//! * [`http`] is a thin skin: one table of routes, decode, one call, encode.

pub mod activity;
pub mod chat;
pub mod cli;
pub mod config;
pub mod each;
pub mod event;
pub mod graph;
pub mod http;
pub mod id;
pub mod ingest;
mod json;
pub mod layout;
pub mod lineage;
pub mod logging;
pub mod parallel;
#[cfg(test)]
mod properties;
pub mod realtime;
pub mod search;
pub mod server;
pub mod store;
pub mod supervise;
pub mod surrogate;
pub mod sync;
pub mod text;
