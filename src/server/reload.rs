//! New settings for a server that runs: what can change live changes at once, for whoever asks next.

use crate::config::{BadSetting, Config};
use crate::http::App;

/// Takes over what `asked` gives to settings that can change in a running server, and says in the log what changed. Requests under way end
/// by the settings they began with, and sockets that are open stay.
///
/// # Errors
/// When a value that was good a moment ago no longer is (a folder that went away); everything stays as it was.
pub fn reload(app: &App, asked: &Config) -> Result<(), BadSetting> {
    let reloaded = app.config().reloaded(asked)?;
    crate::logging::set_level(reloaded.config.log_level);
    app.hub.share(reloaded.config.websocket_per_ip);
    app.ingest.set_defaults(super::file_limits(&reloaded.config));
    app.set_config(reloaded.config);
    let changed = if reloaded.changed.is_empty() { "nothing changed".to_owned() } else { reloaded.changed.join(" ") };
    log::info!("reloaded: {changed}");
    if !reloaded.waiting.is_empty() {
        log::warn!("changed with a restart only: {}", reloaded.waiting.join(" "));
    }
    Ok(())
}
