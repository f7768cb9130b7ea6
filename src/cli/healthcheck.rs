//! `headwater healthcheck [--server URL]`: asks a running server whether it is ready; for containers and scripts.

use super::command::{Command, FORMAT, Group, Run, SERVER};
use super::{Arguments, Failure, Outcome, client, print, print_json};
use serde_json::json;
use std::time::Duration;

/// Asks a server whether it is ready.
pub const COMMAND: Command = Command {
    name: "healthcheck",
    group: Group::Server,
    summary: "ask a running server whether it is ready",
    about: "Exit code 0 when it is loaded and not draining, 1 when not: for containers and scripts. Waits five seconds at most. It sends no \
            token, so what a .env says of the address counts too: the server's own healthcheck finds it as the server did.",
    operand: None,
    options: &[SERVER, FORMAT],
    examples: &[
        ("In a container's health check", "headwater healthcheck"),
        ("Wait for a server to come up", "until headwater healthcheck; do sleep 1; done"),
    ],
    run: Run::Here(run),
};

/// Longest wait: container health checks give up after a few seconds themselves.
const TIMEOUT: Duration = Duration::from_secs(5);

fn run(arguments: &Arguments) -> Outcome {
    let server = client::address(arguments, Arguments::config)?;
    let why = ready(&server).err().map(|e| client::why(&e));
    if arguments.json() {
        print_json(&json!({"server": server, "ready": why.is_none(), "error": why}))?;
        return Ok(why.is_none());
    }
    match why {
        None => print("ready\n"),
        Some(why) => Err(Failure::Failed(format!("{server} is not ready: {why}"))),
    }
}

fn ready(server: &str) -> Result<(), ureq::Error> {
    let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().new_agent();
    agent.get(format!("{server}/health/ready")).call().map(drop)
}
