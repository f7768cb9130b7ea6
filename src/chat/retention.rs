//! Old conversations are forgotten.

use crate::store::{Store, chats};
use std::time::Duration;

/// How often old sessions are looked for: `CHAT_RETENTION_DAYS` counts in days.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// Forgets, now and then daily, sessions without a message for `days`. Never returns; 0 days keeps everything for ever.
pub async fn forget_old(store: Store, days: u32) {
    let mut tick = tokio::time::interval(EVERY);
    while days > 0 {
        tick.tick().await;
        match forget(&store, days).await {
            Ok(0) => {}
            Ok(n) => log::info!("forgot {n} chat sessions without a message for {days} days"),
            Err(e) => log::warn!("old chat sessions were not forgotten: {e}"),
        }
    }
    std::future::pending().await
}

async fn forget(store: &Store, days: u32) -> crate::store::Result<usize> {
    let age = jiff::SignedDuration::from_hours(24 * i64::from(days));
    // A retention that reaches before the first year keeps everything.
    let Ok(before) = jiff::Timestamp::now().checked_sub(age) else { return Ok(0) };
    let before = crate::id::format_time(before);
    let mut forgotten = 0;
    loop {
        let before = before.clone();
        let n = store.write(move |conn| chats::prune(conn, &before)).await?;
        forgotten += n;
        if n < chats::PRUNED_AT_ONCE as usize {
            return Ok(forgotten);
        }
    }
}
