//! The live numbers of dashboards, and the history their trends are computed from.

use crate::event::{Event, Topic};
use crate::http::error::blocking;
use crate::http::{App, Error};
use crate::id::format_time;
use crate::lineage::Kind;
use crate::store::settings::{self, Counts};
use crate::store::{files, projects};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// What trends look back.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// How often counts are remembered, when they changed: how far off 24 hours a trend may be.
const REMEMBER_EVERY: Duration = Duration::from_secs(600);

/// Answer of `GET /api/v1/stats`, and data of `stats_update`.
#[derive(Debug, Serialize, JsonSchema)]
#[allow(non_snake_case)] // The frontend wants some of the numbers by a second name.
pub struct Stats {
    /// Projects.
    pub projects: i64,
    /// Repositories of all projects.
    pub repositories: i64,
    /// Files in the store.
    pub total_files: i64,
    /// Nodes of all graphs.
    pub total_nodes: usize,
    /// Edges of all graphs.
    pub total_edges: usize,
    /// Dashboards connected now.
    pub active_connections: usize,
    /// `total_nodes` again.
    pub totalNodes: usize,
    /// Files that were read.
    pub filesProcessed: i64,
    /// Tables that something defines.
    pub databaseTables: usize,
    /// Questions being answered now.
    pub activeQueries: usize,
    /// Change over 24 hours.
    pub trends: Trends,
}

/// Change over 24 hours.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Trends {
    /// Of `total_nodes`.
    pub nodes: Trend,
    /// Of `total_files`.
    pub files: Trend,
}

/// One change.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[allow(non_snake_case)] // The frontend's name.
pub struct Trend {
    /// Percent with one decimal, signed. From nothing to something is 100.
    pub value: f64,
    /// Not fewer than 24 hours ago.
    pub isPositive: bool,
}

impl Trend {
    fn of(then: i64, now: i64) -> Trend {
        let percent = match then {
            0 if now == 0 => 0.0,
            0 => 100.0,
            _ => (now - then) as f64 / then as f64 * 100.0,
        };
        Trend { value: (percent * 10.0).round() / 10.0, isPositive: now >= then }
    }
}

/// Counts everything now.
pub(super) async fn collect(app: &App) -> Result<Stats, Error> {
    let window_start = format_time(Timestamp::now() - WINDOW);
    let read = move |conn: &rusqlite::Connection| {
        Ok((projects::counts(conn)?, files::stats(conn, None)?, settings::counts_at(conn, &window_start)?))
    };
    let ((projects, repositories), files, then) = app.store.read(read).await?;
    let knowledge = app.knowledge.clone();
    let tables: usize = blocking(move || knowledge.all().iter().map(|s| tables(&s.graph)).sum()).await?;
    let (nodes, edges) = app.knowledge.totals();
    Ok(Stats {
        projects,
        repositories,
        total_files: files.total,
        total_nodes: nodes,
        total_edges: edges,
        active_connections: app.hub.count(),
        totalNodes: nodes,
        filesProcessed: files.processed,
        databaseTables: tables,
        activeQueries: app.chat.active(),
        trends: Trends { nodes: Trend::of(then.nodes, signed(nodes)), files: Trend::of(then.files, files.total) },
    })
}

fn tables(graph: &crate::graph::Graph) -> usize {
    graph.linked.nodes.iter().filter(|n| n.kind == Kind::Table && !n.defined.is_empty()).count()
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The same as an event for dashboards.
pub async fn stats_event(app: &App) -> Result<Event, Error> {
    Ok(Event::new(Topic::StatsUpdate, &collect(app).await?))
}

/// Remembers the counts whenever they changed, for ever. A store that refuses is logged; the next turn tries again.
pub async fn keep_history(app: Arc<App>) {
    let mut tick = tokio::time::interval(REMEMBER_EVERY);
    let mut known = None;
    loop {
        tick.tick().await;
        if !app.lifecycle.is_loaded() {
            // The first tick comes before the graphs are there; their counts would read as a loss.
            tick.reset_after(Duration::from_secs(1));
            continue;
        }
        match remember(&app, known).await {
            Ok(counts) => known = Some(counts),
            Err(e) => log::warn!("the counts for trends were not remembered: {e}"),
        }
    }
}

async fn remember(app: &App, known: Option<Counts>) -> crate::store::Result<Counts> {
    let files = app.store.read(|conn| files::stats(conn, None)).await?.total;
    let (nodes, edges) = app.knowledge.totals();
    let counts = Counts { nodes: signed(nodes), edges: signed(edges), files };
    if known != Some(counts) {
        let now = Timestamp::now();
        let (at, window_start) = (format_time(now), format_time(now - WINDOW));
        app.store.write(move |conn| settings::remember_counts(conn, &at, &window_start, counts)).await?;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_the_signed_percentage_of_what_there_was() {
        for (then, now, value, positive) in [
            (0, 0, 0.0, true),
            (0, 7, 100.0, true),
            (100, 100, 0.0, true),
            (100, 150, 50.0, true),
            (3, 4, 33.3, true),
            (200, 100, -50.0, false),
            (5, 0, -100.0, false),
        ] {
            assert_eq!(Trend::of(then, now), Trend { value, isPositive: positive }, "{then} -> {now}");
        }
    }
}
