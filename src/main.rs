//! The command line, and serving: logging, runtime, exit code.

use headwater::chat::gate::WAITING_PER_RUNNING;
use headwater::cli;
use headwater::config::{BadSetting, Config};
use headwater::server::{self, Server, Stop, Stopped};
use headwater::supervise::{self, notify};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// Threads for blocking work other than questions: four ingestions, eight changes and three readers at their limits, and the rest for
/// walks, probes and files. Few enough for a small machine's task limit. Idle ones go away after ten seconds.
const BLOCKING_THREADS: usize = 44;
/// Threads for each of CHAT_MAX_CONCURRENCY: the question at the model, and those that wait for it. A slow model holds all of them, and
/// nothing else may wait for that.
const THREADS_PER_QUESTION: usize = 1 + WAITING_PER_RUNNING;
/// Stack of those threads: deeply nested SQL is parsed by recursion, under a nesting limit that was measured to fit. Untouched
/// pages cost nothing.
const WORKER_STACK_BYTES: usize = 8 << 20;
/// How long blocking work that nobody waits for any more may hold up the end of the process.
const ABANDON_WORK_AFTER: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    cli::run(lexopt::Parser::from_env(), serve)
}

fn serve(config: Config, reread: cli::Reread, sample: bool) -> ExitCode {
    headwater::logging::start(&config);
    log::info!("starting version={} {}", env!("CARGO_PKG_VERSION"), settings(&config));
    let descriptors = supervise::raise_descriptor_limit();
    let stopped = match listen_and_run(config, reread, sample, descriptors) {
        Ok(stopped) => stopped,
        Err(line) => {
            log::error!("{line}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(listener) = stopped.listener.filter(|_| stopped.why == Stop::Restart && !supervise::is_supervised()) {
        log::info!("restarting in place");
        let error = supervise::restart_in_place(&listener);
        log::error!("cannot restart in place: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What differs from the defaults, secrets left out.
fn settings(config: &Config) -> String {
    let unusual = config.unusual();
    if unusual.is_empty() { "settings as they come".to_owned() } else { unusual.join(" ") }
}

fn listen_and_run(config: Config, reread: cli::Reread, sample: bool, descriptors: u64) -> Result<Stopped, String> {
    let listener = match supervise::passed_listener() {
        Some(listener) => listener,
        None => {
            let address = SocketAddr::new(config.host, config.port);
            server::bind(address)
                .map_err(|e| format!("cannot listen on {address}: {e}; choose another address or port (API_HOST, API_PORT)"))?
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS + THREADS_PER_QUESTION * config.chat_concurrency)
        .thread_stack_size(WORKER_STACK_BYTES)
        .thread_name("worker")
        .build()
        .map_err(|e| format!("cannot start the runtime: {e}"))?;
    let storage = config.storage_path.clone();
    let server =
        Server::new(config, listener, descriptors).map_err(|e| format!("cannot start with {} (STORAGE_PATH): {e}", storage.display()))?;
    let stopped = runtime.block_on(run(server.with_sample(sample), reread)).map_err(|e| e.to_string());
    runtime.shutdown_timeout(ABANDON_WORK_AFTER);
    stopped
}

async fn run(server: Server, reread: cli::Reread) -> Result<Stopped, server::Error> {
    let app = server.app().clone();
    tokio::spawn({
        let app = app.clone();
        let reload = {
            let app = app.clone();
            move || -> Result<(), BadSetting> { server::reload(&app, &reread()?) }
        };
        let heard = supervise::reloads(app.lifecycle.clone(), reload);
        async move {
            if let Err(e) = heard.await {
                log::error!("SIGHUP is not heard: {e}");
            }
        }
    });
    tokio::spawn({
        let heard = supervise::stops(app.lifecycle.clone());
        async move {
            if let Err(e) = heard.await {
                log::error!("SIGTERM and SIGINT are not heard: {e}");
            }
        }
    });
    tokio::spawn({
        let lifecycle = app.lifecycle.clone();
        async move {
            let why = lifecycle.stopping().await;
            notify::send(&format!("STOPPING=1\nSTATUS=Draining before a {}", why.as_str()));
        }
    });
    if let Some(every) = notify::watchdog_interval() {
        tokio::spawn(notify::watchdog(every));
    }
    let address = server.address();
    server.run(move || notify::send(&format!("READY=1\nSTATUS=Serving on {address}"))).await
}
