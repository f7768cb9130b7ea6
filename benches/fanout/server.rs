//! The three servers that are compared, each in a process of its own. All set the same socket options.

use crate::FRAME;
use crate::process::now;
use futures_util::{SinkExt, StreamExt};
use headwater::config::Config;
use headwater::event::Event;
use headwater::realtime::{Hub, frame};
use std::cell::RefCell;
use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};

/// As Headwater's.
const SEND_BUFFER: usize = 32 << 10;
/// Frames that may wait in the channel of one tungstenite connection.
const CHANNEL: usize = 64;

/// A server under measurement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A loop of one write(2) a socket and message.
    Bare,
    /// tokio-tungstenite, one channel and task per connection.
    Channels,
    /// The real server.
    Headwater,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Bare, Kind::Headwater, Kind::Channels];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Bare => "bare",
            Kind::Channels => "channels",
            Kind::Headwater => "headwater",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Kind::Bare => "bare write(2) loop",
            Kind::Channels => "tokio-tungstenite, a channel per connection, tuned",
            Kind::Headwater => "Headwater, everything on",
        }
    }

    pub fn named(name: &str) -> Kind {
        Kind::ALL.into_iter().find(|kind| kind.name() == name).expect("a known server")
    }
}

/// Serves, says its address, and then obeys: a number is that many messages to broadcast, answered by the time at which that began;
/// `usage` is answered by nanoseconds of CPU, KiB resident, and clients closed as slow.
pub fn run(kind: Kind, sockets: usize, dir: &Path) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    match kind {
        Kind::Bare => bare(),
        Kind::Channels => channels(),
        Kind::Headwater => headwater(sockets, dir),
    }
}

/// Reads the commands; `broadcast` has messages sent, and need not wait until they are. Never returns.
fn obey(address: SocketAddr, broadcast: impl Fn(usize), closed_slow: impl Fn() -> u64) -> ! {
    println!("{address}");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line == "usage" {
            println!("{} {} {}", cpu(), resident(), closed_slow());
        } else {
            println!("{}", now());
            broadcast(line.parse().expect("a number"));
        }
    }
    std::process::exit(0)
}

/// Nanoseconds that the threads of this process ran. The kernel brings a thread's count up to date when it stops running, which all but
/// the one that asks have.
fn cpu() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux").filter_map(Result::ok);
    let counts = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    counts.filter_map(|count| count.split(' ').next().and_then(|ran| ran.parse::<u64>().ok())).sum()
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("KiB")
}

/// An event that is a frame of [`FRAME`] bytes when it is number `seq`.
fn event(seq: u64) -> Event {
    let with = |fill: usize| Event::named("bench", &serde_json::json!({"fill": "x".repeat(fill)}));
    let bare = frame::text(&with(130).close(Some(seq))).len();
    with(130 + FRAME - bare)
}

fn tune(socket: socket2::SockRef<'_>) {
    socket.set_tcp_nodelay(true).expect("a TCP socket");
    socket.set_send_buffer_size(SEND_BUFFER).expect("a TCP socket");
}

/// A listener on a free port whose connections keep their options; the backlog is for all who come at once.
fn listen() -> TcpListener {
    headwater::server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port")
}

fn bare() {
    let listener = listen();
    let address = listener.local_addr().expect("bound");
    let sockets = Arc::new(Mutex::new(Vec::<TcpStream>::new()));
    let accepted = sockets.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a client");
            tune(socket2::SockRef::from(&stream));
            let mut request = [0; 1 << 10];
            let mut have = 0;
            while !request[..have].ends_with(b"\r\n\r\n") {
                have += stream.read(&mut request[have..]).expect("a request");
            }
            stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").expect("the client reads");
            stream.set_nonblocking(true).expect("a socket");
            accepted.lock().expect("nobody panics under it").push(stream);
        }
    });
    let frame = frame::text(&event(1).close(Some(1)));
    // In a thread of its own: the one that reads commands cannot see its own time.
    let (say, said) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for messages in said {
            let sockets = sockets.lock().expect("nobody panics under it");
            for _ in 0..messages {
                for mut socket in sockets.iter() {
                    assert_eq!(socket.write(&frame).expect("room in the socket"), FRAME);
                }
            }
        }
    });
    obey(address, |messages| say.send(messages).expect("the writer lives"), || 0)
}

/// Runs `main` on an I/O thread, as Headwater has it, and obeys as soon as it says that it is ready; what to broadcast is passed to it.
fn on_runtime<F: Future<Output = ()> + 'static>(
    address: SocketAddr,
    closed_slow: impl Fn() -> u64,
    main: impl FnOnce(Box<dyn FnOnce()>, mpsc::UnboundedReceiver<usize>) -> F + Send + 'static,
) -> ! {
    let (say, said) = mpsc::unbounded_channel();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let ready = Box::new(move || tell.send(()).expect("somebody waits"));
        tokio::task::LocalSet::new().block_on(&runtime, main(ready, said));
    });
    told.recv().expect("it starts");
    obey(address, |messages| say.send(messages).expect("the runtime lives"), closed_slow)
}

fn channels() {
    let listener = listen();
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("bound");
    on_runtime(
        address,
        || 0,
        async move |ready, mut said| {
            let sockets = Rc::new(RefCell::new(Vec::<mpsc::Sender<Message>>::new()));
            tokio::task::spawn_local(accept(tokio::net::TcpListener::from_std(listener).expect("a socket"), sockets.clone()));
            ready();
            let text = String::from_utf8(event(1).close(Some(1))).expect("JSON");
            let message = Message::text(text);
            while let Some(messages) = said.recv().await {
                for _ in 0..messages {
                    sockets.borrow().iter().for_each(|socket| socket.try_send(message.clone()).expect("room in the channel"));
                }
            }
        },
    )
}

async fn accept(listener: tokio::net::TcpListener, sockets: Rc<RefCell<Vec<mpsc::Sender<Message>>>>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .write_buffer_size(8 << 10)
        .max_write_buffer_size(64 << 10)
        .max_message_size(Some(64 << 10))
        .max_frame_size(Some(64 << 10));
    loop {
        let (stream, _) = listener.accept().await.expect("a client");
        tune(socket2::SockRef::from(&stream));
        let (sender, mut queue) = mpsc::channel::<Message>(CHANNEL);
        sockets.borrow_mut().push(sender);
        tokio::spawn(async move {
            let Ok(mut socket) = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await else { return };
            loop {
                tokio::select! {
                    Some(message) = queue.recv() => {
                        let mut next = Some(message);
                        while let Some(message) = next {
                            if socket.feed(message).await.is_err() {
                                return;
                            }
                            next = queue.try_recv().ok();
                        }
                        if socket.flush().await.is_err() {
                            return;
                        }
                    }
                    heard = socket.next() => match heard {
                        Some(Ok(_)) => {}
                        _ => return,
                    }
                }
            }
        });
    }
}

fn headwater(sockets: usize, dir: &Path) {
    let config = Config::load(|name| match name {
        "API_PORT" => Some("0".to_owned()),
        "STORAGE_PATH" => Some(dir.join("data").display().to_string()),
        "LOG_PATH" => Some(dir.join("logs").display().to_string()),
        "OLLAMA_HOST" => Some("off".to_owned()),
        "MAX_WEBSOCKETS" => Some(sockets.max(100).to_string()),
        // The one message that is not of the bench; its cost is a tick's and not a delivery's.
        "STATS_INTERVAL_SECS" => Some("3600".to_owned()),
        _ => None,
    });
    let config = config.expect("good settings");
    headwater::logging::start(&config);
    let descriptors = headwater::supervise::raise_descriptor_limit();
    let listener = headwater::server::bind(SocketAddr::new(config.host, config.port)).expect("a free port");
    let server = headwater::server::Server::new(config, listener, descriptors).expect("a server");
    let (address, hub) = (server.address(), server.app().hub.clone());
    let totals = hub.clone();
    on_runtime(
        address,
        move || totals.totals().closed_slow,
        async move |ready, said| {
            tokio::spawn(publish(hub, said));
            server.run(ready).await.expect("it serves");
        },
    )
}

async fn publish(hub: Hub, mut said: mpsc::UnboundedReceiver<usize>) {
    while let Some(messages) = said.recv().await {
        let (_, head) = hub.position();
        for seq in head + 1..=head + messages as u64 {
            hub.publish(event(seq));
        }
    }
}
