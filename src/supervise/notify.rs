//! systemd's notification protocol: lines of `KEY=VALUE` in a datagram to `NOTIFY_SOCKET`. Without one, nothing happens.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells the supervisor, if there is one. Losing a notification is logged, never fatal.
pub fn send(message: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    if let Err(e) = send_to(&path, message) {
        log::warn!("the supervisor was not told {message:?}: {e}");
    }
}

fn send_to(path: &std::ffi::OsStr, message: &str) -> std::io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(path))?,
    };
    UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address).map(drop)
}

/// A start that takes so long says so in time; [`loading`] tells it four times as often.
const MORE_TIME: Duration = Duration::from_secs(60);
/// Longest that loading may ask for more time: what takes longer hangs.
const LONGEST_LOAD: Duration = Duration::from_secs(30 * 60);

/// The line that asks the supervisor for so much time from now on, whatever its own limit is.
pub fn more_time(time: Duration) -> String {
    format!("EXTEND_TIMEOUT_USEC={}", time.as_micros())
}

/// Says that the server is loading, from the loop that serves requests, until it is dropped: how long a store takes depends on its size
/// and on what else the machine does, and a start that is cut off begins anew.
pub async fn loading() {
    let mut tick = tokio::time::interval(MORE_TIME / 4);
    for _ in 0..LONGEST_LOAD.as_secs() / (MORE_TIME / 4).as_secs() {
        tick.tick().await;
        send(&format!("{}\nSTATUS=Loading", more_time(MORE_TIME)));
    }
}

/// How often the watchdog wants to hear of us: half of what systemd allows; `None` when it does not watch this process.
pub fn watchdog_interval() -> Option<Duration> {
    interval(std::process::id(), |name| std::env::var(name).ok())
}

fn interval(pid: u32, get: impl Fn(&str) -> Option<String>) -> Option<Duration> {
    let ours = get("WATCHDOG_PID").is_none_or(|watched| watched == pid.to_string());
    let allowed: u64 = get("WATCHDOG_USEC").filter(|_| ours)?.parse().ok()?;
    (allowed > 0).then(|| Duration::from_micros(allowed / 2).max(Duration::from_millis(1)))
}

/// Pings the watchdog for ever, from the loop that serves requests: when that hangs, systemd restarts us.
pub async fn watchdog(every: Duration) {
    let mut tick = tokio::time::interval(every);
    loop {
        tick.tick().await;
        send("WATCHDOG=1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reaches_sockets_by_path_and_by_abstract_name() {
        let name = format!("headwater-notify-{}", crate::id::random());
        let path = std::env::temp_dir().join(&name);
        let by_path = UnixDatagram::bind(&path).unwrap();
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        send_to(path.as_os_str(), "READY=1").unwrap();
        send_to(format!("@{name}").as_ref(), "STOPPING=1").unwrap();
        for (socket, expect) in [(by_path, "READY=1"), (by_name, "STOPPING=1")] {
            let mut buffer = [0; 64];
            let n = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..n], expect.as_bytes());
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_watchdog_is_pinged_twice_as_often_as_it_asks_and_only_when_it_means_us() {
        for (variables, expect) in [
            (&[][..], None),
            (&[("WATCHDOG_USEC", "4000000")], Some(2_000)),
            (&[("WATCHDOG_USEC", "4000000"), ("WATCHDOG_PID", "7")], Some(2_000)),
            (&[("WATCHDOG_USEC", "4000000"), ("WATCHDOG_PID", "8")], None),
            (&[("WATCHDOG_USEC", "0")], None),
            (&[("WATCHDOG_USEC", "x")], None),
        ] {
            let get = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
            assert_eq!(interval(7, get), expect.map(Duration::from_millis), "{variables:?}");
        }
    }
}
