//! The process and its supervisor: signals, systemd's notifications and sockets, restarting in place, the descriptor limit.

pub mod notify;

use crate::config::BadSetting;
use crate::server::{Lifecycle, Stop};
use std::ffi::OsString;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::process::{CommandExt, parent_id};
use std::path::{Path, PathBuf};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The first descriptor that systemd passes.
const LISTEN_FDS_START: RawFd = 3;
/// How a restarting server tells its successor (the same process) which descriptor listens.
const INHERITED_LISTENER: &str = "HEADWATER_LISTEN_FD";
/// PID 1 of containers started with an init: it ends with its only child, so the restart policy sees our exit.
const CONTAINER_INITS: [&str; 5] = ["tini", "docker-init", "podman-init", "catatonit", "dumb-init"];

/// Raises the descriptor limit as far as it may go; the limit then in force.
pub fn raise_descriptor_limit() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).or_else(|_| rlimit::Resource::NOFILE.get().map(|(soft, _)| soft)).unwrap_or_else(|e| {
        log::warn!("the descriptor limit cannot be read, 1024 is assumed: {e}");
        1024
    })
}

/// The listening socket that systemd passed, or that this process kept over a restart.
pub fn passed_listener() -> Option<TcpListener> {
    if let Some(fd) = environment_number::<RawFd>(INHERITED_LISTENER) {
        return adopt(fd);
    }
    let ours = environment_number::<u32>("LISTEN_PID") == Some(std::process::id());
    let count = environment_number::<u32>("LISTEN_FDS").filter(|_| ours)?;
    if count > 1 {
        log::warn!("systemd passed {count} sockets; the first is used");
    }
    (count > 0).then(|| adopt(LISTEN_FDS_START)).flatten()
}

fn environment_number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

#[allow(unsafe_code)]
fn adopt(fd: RawFd) -> Option<TcpListener> {
    if fd < LISTEN_FDS_START || !Path::new(&format!("/proc/self/fd/{fd}")).exists() {
        log::warn!("descriptor {fd} was announced as a listening socket and is not open");
        return None;
    }
    // SAFETY: the descriptor is open (just checked) and was handed over to this process by the protocol that named it; this runs
    // once, at start, before anything else here could have opened a descriptor and own it.
    let socket = unsafe { socket2::Socket::from_raw_fd(fd) };
    let listens = socket.is_listener().unwrap_or(false) && socket.local_addr().is_ok_and(|a| a.as_socket().is_some());
    if !listens || socket.set_cloexec(true).is_err() {
        log::warn!("descriptor {fd} was announced as a listening socket and is none");
        // Not ours to close.
        std::mem::forget(socket);
        return None;
    }
    Some(socket.into())
}

/// Turns signals into the server's end: SIGTERM and SIGINT stop it, a second one ends the process at once. Ends never; run it as a task.
pub async fn stops(lifecycle: Lifecycle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut asked = false;
    loop {
        let code = tokio::select! {
            _ = terminate.recv() => 143,
            _ = interrupt.recv() => 130,
        };
        if std::mem::replace(&mut asked, true) {
            log::warn!("second signal: stopping at once");
            log::logger().flush();
            std::process::exit(code);
        }
        lifecycle.stop(Stop::Shutdown);
    }
}

/// SIGHUPs from now on, for [`reloads`]. Within a runtime.
pub fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Has each SIGHUP re-read the settings by `reload`, which may block: it gets a thread for that, and a disk that hangs holds up neither
/// requests nor a stop. Ends never; run it as a task of its own.
pub async fn reloads(mut hangups: Signal, lifecycle: Lifecycle, reload: impl Fn() -> Result<(), BadSetting> + Clone + Send + 'static) {
    loop {
        hangups.recv().await;
        notify::send("RELOADING=1");
        match tokio::task::spawn_blocking(reload.clone()).await {
            Ok(Ok(())) => {}
            Ok(Err(e)) => log::error!("not reloaded, everything stays as it was: {e}"),
            Err(e) => log::error!("not reloaded: {e}"),
        }
        // What is loading or draining is not ready for having read its settings.
        if lifecycle.is_ready() {
            notify::send("READY=1");
        }
    }
}

/// Whether someone starts the process again when it ends: systemd, or a container's restart policy.
pub fn is_supervised() -> bool {
    under_systemd(std::process::id(), |name| std::env::var(name).ok()) || is_container_main()
}

/// `SYSTEMD_EXEC_PID` says which process systemd itself started: shells inside a systemd session inherit `INVOCATION_ID` too.
fn under_systemd(pid: u32, get: impl Fn(&str) -> Option<String>) -> bool {
    match get("SYSTEMD_EXEC_PID") {
        Some(started) => started == pid.to_string(),
        None => get("NOTIFY_SOCKET").is_some() || get("INVOCATION_ID").is_some(),
    }
}

/// Whether this is the process a container lives and dies with: a server started by hand from a shell inside one is not.
fn is_container_main() -> bool {
    let contained =
        Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists() || std::env::var_os("container").is_some();
    let init = || std::fs::read_to_string("/proc/1/comm").unwrap_or_default();
    contained && (std::process::id() == 1 || (parent_id() == 1 && CONTAINER_INITS.contains(&init().trim())))
}

/// Replaces this process by a fresh one of the same program with the same arguments, under the same pid, still listening on
/// `listener`. Returns only when that failed.
pub fn restart_in_place(listener: &TcpListener) -> std::io::Error {
    let socket = socket2::SockRef::from(listener);
    if let Err(e) = socket.set_cloexec(false) {
        return e;
    }
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| OsString::from("headwater"));
    std::process::Command::new(program())
        .arg0(name)
        .args(args)
        .env(INHERITED_LISTENER, listener.as_raw_fd().to_string())
        .env_remove("LISTEN_FDS")
        .env_remove("LISTEN_PID")
        .exec()
}

/// The program's file: after an upgrade in place the new one, else the very file this process runs, even if deleted.
fn program() -> PathBuf {
    let running = || PathBuf::from("/proc/self/exe");
    let Ok(path) = std::env::current_exe() else { return running() };
    let path = match path.to_str().and_then(|p| p.strip_suffix(" (deleted)")) {
        Some(replaced) => PathBuf::from(replaced),
        None => path,
    };
    if path.is_file() { path } else { running() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_in_a_systemd_session_is_not_systemd() {
        for (variables, expect) in [
            (&[][..], false),
            (&[("INVOCATION_ID", "x")], true),
            (&[("NOTIFY_SOCKET", "/run/x")], true),
            (&[("INVOCATION_ID", "x"), ("SYSTEMD_EXEC_PID", "41")], false),
            (&[("INVOCATION_ID", "x"), ("SYSTEMD_EXEC_PID", "42")], true),
            (&[("NOTIFY_SOCKET", "/run/x"), ("SYSTEMD_EXEC_PID", "42")], true),
        ] {
            let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
            assert_eq!(under_systemd(42, get), expect, "{variables:?}");
        }
    }

    #[test]
    fn a_descriptor_that_does_not_listen_is_left_alone() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(adopt(file.as_raw_fd()).is_none());
        assert!(file.metadata().is_ok(), "still open");
        assert!(adopt(-1).is_none() && adopt(1).is_none() && adopt(1_000_000).is_none());
    }

    #[test]
    fn the_program_to_restart_exists() {
        assert!(program().exists());
    }
}
