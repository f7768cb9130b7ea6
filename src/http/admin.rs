//! Admin over HTTP: decode, one call, encode.

use super::{Error, Response, respond};
use crate::server::{Lifecycle, Stop};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// Between the answer and the drain, so that the answer arrives.
const RESTART_DELAY: Duration = Duration::from_millis(500);

/// Answer of `POST /admin/restart`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restarting {
    /// `restarting`.
    status: &'static str,
}

/// `POST /admin/restart`: Drain and restart. Asking twice is asking once.
pub async fn restart(lifecycle: &Lifecycle) -> Result<Response, Error> {
    let lifecycle = lifecycle.clone();
    tokio::spawn(async move {
        tokio::time::sleep(RESTART_DELAY).await;
        lifecycle.stop(Stop::Restart);
    });
    Ok(respond::ok(&Restarting { status: "restarting" }))
}
