//! The command line, and serving: logging, runtime, exit code.

use headwater::chat::gate::WAITING_PER_RUNNING;
use headwater::cli;
use headwater::config::{BadSetting, Config};
use headwater::server::{self, Server, Stop, Stopped};
use headwater::supervise::{self, notify};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::Signal;

/// Threads for blocking work other than questions: four ingestions, eight changes and three readers at their limits, and the rest for
/// walks, probes and files. Few enough for a small machine's task limit. Idle ones go away after ten seconds.
const BLOCKING_THREADS: usize = 44;
/// Threads for each of CHAT_MAX_CONCURRENCY: the question at the model, and those that wait for it. A slow model holds all of them, and
/// nothing else may wait for that.
const THREADS_PER_QUESTION: usize = 1 + WAITING_PER_RUNNING;
/// Stack of those threads: deeply nested SQL is parsed by recursion, under a nesting limit that was measured to fit. Untouched
/// pages cost nothing.
const WORKER_STACK_BYTES: usize = 8 << 20;
/// Beyond the grace for requests, what closing the store and saving graphs may take on a slow disk.
const CLOSING: Duration = Duration::from_secs(15);
/// How long blocking work that nobody waits for any more may hold up the end of the process.
const ABANDON_WORK_AFTER: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let _last = LastLines;
    cli::run(lexopt::Parser::from_env(), serve)
}

/// Writes the last lines of the log at the end, also when that is a panic.
struct LastLines;

impl Drop for LastLines {
    fn drop(&mut self) {
        log::logger().flush();
    }
}

fn serve(config: Config, reread: cli::Reread, sample: bool) -> ExitCode {
    headwater::logging::start(&config);
    let runtime = match runtime(&config) {
        Ok(runtime) => runtime,
        Err(e) => {
            log::error!("cannot start the runtime: {e}");
            return ExitCode::FAILURE;
        }
    };
    // From here on: the signal ends a process that does not hear it, and loading may take a while.
    let hangups = {
        let _in = runtime.enter();
        supervise::hangups()
    };
    log::info!("starting version={} {}", env!("CARGO_PKG_VERSION"), settings(&config));
    let descriptors = supervise::raise_descriptor_limit();
    let stopped = match listen_and_run(runtime, config, (reread, hangups), sample, descriptors) {
        Ok(stopped) => stopped,
        Err(line) => {
            log::error!("{line}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(listener) = stopped.listener.filter(|_| stopped.why == Stop::Restart && !supervise::is_supervised()) {
        log::info!("restarting in place");
        log::logger().flush();
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

fn runtime(config: &Config) -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS + THREADS_PER_QUESTION * config.chat_concurrency)
        .thread_stack_size(WORKER_STACK_BYTES)
        .thread_name("worker")
        .build()
}

/// How settings are read anew, and when.
type Reloads = (cli::Reread, std::io::Result<Signal>);

fn listen_and_run(runtime: Runtime, config: Config, reloads: Reloads, sample: bool, descriptors: u64) -> Result<Stopped, String> {
    let listener = match supervise::passed_listener() {
        Some(listener) => listener,
        None => {
            let address = SocketAddr::new(config.host, config.port);
            server::bind(address)
                .map_err(|e| format!("cannot listen on {address}: {e}; choose another address or port (API_HOST, API_PORT)"))?
        }
    };
    let storage = config.storage_path.clone();
    let server =
        Server::new(config, listener, descriptors).map_err(|e| format!("cannot start with {} (STORAGE_PATH): {e}", storage.display()))?;
    let stopped = runtime.block_on(run(server.with_sample(sample), reloads)).map_err(|e| e.to_string());
    runtime.shutdown_timeout(ABANDON_WORK_AFTER);
    stopped
}

async fn run(server: Server, (reread, hangups): Reloads) -> Result<Stopped, server::Error> {
    let app = server.app().clone();
    match hangups {
        Ok(hangups) => {
            let reload = {
                let app = app.clone();
                move || -> Result<(), BadSetting> { server::reload(&app, &reread()?) }
            };
            tokio::spawn(supervise::reloads(hangups, app.lifecycle.clone(), reload));
        }
        Err(e) => log::error!("SIGHUP is not heard: {e}"),
    }
    tokio::spawn({
        let heard = supervise::stops(app.lifecycle.clone());
        async move {
            if let Err(e) = heard.await {
                log::error!("SIGTERM and SIGINT are not heard: {e}");
            }
        }
    });
    tokio::spawn({
        let app = app.clone();
        async move {
            let why = app.lifecycle.stopping().await;
            let time = notify::more_time(app.config().shutdown_grace + CLOSING);
            notify::send(&format!("STOPPING=1\n{time}\nSTATUS=Draining before a {}", why.as_str()));
        }
    });
    if let Some(every) = notify::watchdog_interval() {
        tokio::spawn(notify::watchdog(every));
    }
    let loading = tokio::spawn(notify::loading());
    let address = server.address();
    server
        .run(move || {
            loading.abort();
            notify::send(&format!("READY=1\nSTATUS=Serving on {address}"));
        })
        .await
}
