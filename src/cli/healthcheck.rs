//! `headwater healthcheck [--server URL]`: asks a running server whether it is ready; for containers and scripts.

use super::USAGE;
use crate::config::{Config, Environment};
use std::process::ExitCode;
use std::time::Duration;

const HELP: &str = "\
Asks a running server whether it is ready: exit 0 when it is, 1 when not.

Usage: headwater healthcheck [--server URL]

  --server URL   the server's base URL (default: from API_HOST, API_PORT and BASE_PATH)
  -h, --help     this text
";

/// Longest wait: container health checks give up after a few seconds themselves.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs the subcommand with the arguments after its name.
pub fn run(mut args: lexopt::Parser) -> ExitCode {
    let mut server = None;
    loop {
        let problem = match args.next() {
            Ok(None) => break,
            Ok(Some(lexopt::Arg::Long("server"))) => match args.value() {
                Ok(url) => {
                    server = Some(url.to_string_lossy().trim_end_matches('/').to_string());
                    continue;
                }
                Err(e) => e.to_string(),
            },
            Ok(Some(lexopt::Arg::Short('h') | lexopt::Arg::Long("help"))) => {
                print!("{HELP}");
                return ExitCode::SUCCESS;
            }
            Ok(Some(other)) => other.unexpected().to_string(),
            Err(e) => e.to_string(),
        };
        eprintln!("headwater healthcheck: {problem}\n\n{HELP}");
        return ExitCode::from(USAGE);
    }
    let server = match server.map_or_else(own_server, Ok) {
        Ok(server) => server,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(super::BAD_SETTINGS);
        }
    };
    match ready(&server) {
        Ok(()) => {
            println!("ready");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{server} is not ready: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Where a server with this environment's settings is to be found from the same machine.
fn own_server() -> Result<String, crate::config::BadSetting> {
    let environment = Environment::read(std::path::Path::new("."))?;
    let config = Config::load(|name| environment.get(name))?;
    let host = if config.host.is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { config.host };
    Ok(format!("http://{}{}", std::net::SocketAddr::new(host, config.port), config.base_path))
}

fn ready(server: &str) -> Result<(), ureq::Error> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().new_agent();
    agent.get(format!("{server}/health/ready")).call().map(drop)
}
