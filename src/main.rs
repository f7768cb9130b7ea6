//! Arguments, settings, logging, runtime, exit code.

use headwater::chat::gate::WAITING_PER_RUNNING;
use headwater::cli::{self, BAD_SETTINGS, USAGE};
use headwater::config::{BadSetting, Config, Environment, SETTINGS};
use headwater::server::{self, Server, Stop, Stopped};
use headwater::supervise::{self, notify};
use lexopt::{Arg, ValueExt};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// Threads for blocking work other than questions: four ingestions, eight changes and four readers at their limits, and the rest for
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

const HELP: &str = "\
Headwater: a data-lineage server in one binary.

Usage:
  headwater [serve] [--sample] [--host H] [--port P] [--data DIR]
  headwater healthcheck [--server URL]
  headwater lineage [OPTIONS] PATH…|-

Commands:
  serve          run the server (the default); `headwater serve --help` lists its settings
  healthcheck    ask a running server whether it is ready
  lineage        lineage of files, with no server

  -h, --help     this text
  -V, --version  the version
";

const SERVE_HELP: &str = "\
Runs the server until SIGTERM or Ctrl-C; both drain first.

Usage: headwater [serve] [--sample] [--host H] [--port P] [--data DIR]

  --sample       ingest the bundled sample warehouse first
  --host H       address to bind (API_HOST)
  --port P       port to bind, 0 picks a free one (API_PORT)
  --data DIR     folder of the store (STORAGE_PATH)
  -h, --help     this text

Settings, from the environment or a .env file in the working directory:
";

fn main() -> ExitCode {
    let mut args = lexopt::Parser::from_env();
    let command = args.try_raw_args().and_then(|raw| raw.peek().map(std::ffi::OsStr::to_os_string));
    match command.as_ref().and_then(|c| c.to_str()) {
        Some("healthcheck") => {
            let _ = args.next();
            cli::healthcheck::run(args)
        }
        Some("lineage") => {
            let _ = args.next();
            cli::lineage::run(args)
        }
        Some("serve") => {
            let _ = args.next();
            with_options(args, true)
        }
        _ => with_options(args, false),
    }
}

/// Parses what follows `serve` (`named`: it was written out) and serves.
fn with_options(mut args: lexopt::Parser, named: bool) -> ExitCode {
    let mut options = HashMap::new();
    let mut sample = false;
    loop {
        let value = |args: &mut lexopt::Parser| args.value().and_then(ValueExt::string);
        let problem = match args.next() {
            Ok(None) => break,
            Ok(Some(Arg::Long("sample"))) => {
                sample = true;
                continue;
            }
            Ok(Some(Arg::Long(name @ ("host" | "port" | "data")))) => {
                let (option, setting) = match name {
                    "host" => ("--host", "API_HOST"),
                    "port" => ("--port", "API_PORT"),
                    _ => ("--data", "STORAGE_PATH"),
                };
                match value(&mut args) {
                    Ok(value) if value.trim().is_empty() => format!("{option} needs a value"),
                    Ok(value) => {
                        options.insert(setting, value);
                        continue;
                    }
                    Err(e) => e.to_string(),
                }
            }
            Ok(Some(Arg::Short('h') | Arg::Long("help"))) => {
                print!("{}", if named { serve_help() } else { HELP.to_string() });
                return ExitCode::SUCCESS;
            }
            Ok(Some(Arg::Short('V') | Arg::Long("version"))) => {
                println!("headwater {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            Ok(Some(other)) => other.unexpected().to_string(),
            Err(e) => e.to_string(),
        };
        eprintln!("headwater: {problem}\n\n{HELP}");
        return ExitCode::from(USAGE);
    }
    let settings = Environment::read(std::path::Path::new("."))
        .and_then(|environment| Config::load(|name| options.get(name).cloned().or_else(|| environment.get(name))));
    match settings {
        Ok(config) => serve(config, sample),
        Err(BadSetting(line)) => {
            eprintln!("headwater: {line}");
            ExitCode::from(BAD_SETTINGS)
        }
    }
}

fn serve_help() -> String {
    let width = SETTINGS.iter().map(|s| s.name.len()).max().unwrap_or(0);
    let rows = SETTINGS.iter().map(|s| format!("  {:width$}  {} [{}]\n", s.name, s.meaning, s.default));
    SERVE_HELP.chars().chain(rows.collect::<String>().chars()).collect()
}

fn serve(config: Config, sample: bool) -> ExitCode {
    headwater::logging::start(&config);
    let descriptors = supervise::raise_descriptor_limit();
    let stopped = match listen_and_run(config, sample, descriptors) {
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

fn listen_and_run(config: Config, sample: bool, descriptors: u64) -> Result<Stopped, String> {
    let listener = match supervise::passed_listener() {
        Some(listener) => listener,
        None => {
            let address = SocketAddr::new(config.host, config.port);
            server::bind(address).map_err(|e| format!("cannot listen on {address} (API_HOST, API_PORT): {e}"))?
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
    let stopped = runtime.block_on(run(server.with_sample(sample))).map_err(|e| e.to_string());
    runtime.shutdown_timeout(ABANDON_WORK_AFTER);
    stopped
}

async fn run(server: Server) -> Result<Stopped, server::Error> {
    let app = server.app().clone();
    tokio::spawn({
        let lifecycle = app.lifecycle.clone();
        async move {
            if let Err(e) = supervise::signals(lifecycle).await {
                log::error!("signals are not heard: {e}");
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
