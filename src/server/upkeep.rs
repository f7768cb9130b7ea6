//! What the server does by itself, beside the requests.

use crate::http::{App, health, live, numbers};
use crate::store::chats;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How often old chat sessions are looked for: retention counts days.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// How far the clock and the time that passes may differ between two looks: more is a clock that was put.
const CLOCK_STRAYS: SignedDuration = SignedDuration::from_hours(1);

/// How long an embedding model that failed or is not there is left alone: a person who starts one waits that long.
const EMBED_AGAIN: Duration = Duration::from_secs(60);

/// How often graphs that changed are saved: a crash between costs the next start the linking, and a card as disk is spared.
const SAVE_EVERY: Duration = Duration::from_secs(300);

/// Starts the tasks; they end when the set is dropped.
pub(super) fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn({
        let hub = app.hub.clone();
        async move { hub.run().await }
    });
    tasks.spawn(live::stats_ticker(app.clone()));
    tasks.spawn(numbers::keep_history(app.clone()));
    tasks.spawn(health::watch(app.clone()));
    tasks.spawn(forget_old_chats(app.clone()));
    tasks.spawn(keep_embedded(app.clone()));
    tasks.spawn(keep_saved(app.clone()));
    tasks
}

/// Deletes chat sessions past `CHAT_RETENTION_DAYS`, for ever; 0 keeps them. A store that refuses is logged and asked again later. So is a
/// clock that may be wrong, as what is deleted does not come back when it is put right: one that was put since the last look, or by which
/// even the last message is too old at the start.
async fn forget_old_chats(app: Arc<App>) {
    let days = i64::from(app.config().chat_retention_days);
    if days == 0 {
        return;
    }
    let mut tick = tokio::time::interval(FORGET_EVERY);
    let mut last: Option<(Instant, Timestamp)> = None;
    loop {
        tick.tick().await;
        let (passed, now) = (Instant::now(), Timestamp::now());
        let before = crate::id::format_time(now - SignedDuration::from_hours(24 * days));
        let doubtful = match last.replace((passed, now)) {
            Some((then, said)) => was_put(now.duration_since(said), passed.duration_since(then)),
            None => matches!(app.store.read(chats::last_at).await, Ok(Some(at)) if at < before),
        };
        if doubtful {
            log::warn!("no chat session is forgotten now, as the clock may be wrong: in an hour they are looked at again");
            continue;
        }
        let mut forgotten = 0;
        // The store takes them in portions, so that other writes get their turn.
        let end = loop {
            let before = before.clone();
            match app.store.write(move |conn| chats::prune(conn, &before)).await {
                Ok(0) => break Ok(()),
                Ok(n) => forgotten += n,
                Err(e) => break Err(e),
            }
        };
        if forgotten > 0 {
            log::info!("forgot {forgotten} chat sessions older than {days} days");
        }
        if let Err(e) = end {
            log::warn!("old chat sessions were not forgotten: {e}");
        }
    }
}

/// Whether a clock that says so much between two looks was put, when so much time passed.
fn was_put(said: SignedDuration, passed: Duration) -> bool {
    let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
    said.saturating_sub(passed).unsigned_abs() > CLOCK_STRAYS.unsigned_abs()
}

/// Has the documents of projects that changed embedded, one pass after the other.
async fn keep_embedded(app: Arc<App>) {
    while app.embeddings.is_on() {
        let embeddings = app.embeddings.clone();
        let settled = tokio::task::spawn_blocking(move || embeddings.catch_up()).await.unwrap_or_else(|e| {
            log::error!("embedding failed: {e}");
            false
        });
        if settled {
            app.knowledge.swapped().await;
        } else {
            // Either is a reason to go on.
            let _ = tokio::time::timeout(EMBED_AGAIN, app.knowledge.swapped()).await;
        }
    }
}

/// Puts graphs that changed beside the store while nothing is ingested.
async fn keep_saved(app: Arc<App>) {
    // Not at once: what a start loads is there already.
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + SAVE_EVERY, SAVE_EVERY);
    loop {
        tick.tick().await;
        if app.ingest.active() == 0 {
            let ingest = app.ingest.clone();
            if let Err(e) = tokio::task::spawn_blocking(move || ingest.save()).await {
                log::error!("saving graphs failed: {e}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_was_put_when_it_says_more_or_less_than_passed() {
        let hour = Duration::from_secs(3600);
        for (said, put) in [(3600, false), (3590, false), (7100, false), (7300, true), (2 * 86_400, true), (-2 * 86_400, true), (10, false)]
        {
            assert_eq!(was_put(SignedDuration::from_secs(said), hour), put, "{said}");
        }
    }
}
