//! The server: everything built from the settings, the accept loop with its limits, and the drain.
//!
//! It listens first and loads after: who comes meanwhile waits a second, then gets 503 until the snapshots are built. A stop drains: not ready, dashboards
//! told, nothing new accepted, what runs may finish within `SHUTDOWN_GRACE_SECS`, then the log and the store are closed.

mod connection;
mod lifecycle;
mod reload;
mod upkeep;

pub use lifecycle::{Lifecycle, Stop};
pub use reload::reload;

use crate::activity::Activity;
use crate::chat::{Chat, Embeddings, Models};
use crate::config::Config;
use crate::event::{Event, Topic};
use crate::http::App;
use crate::ingest::spool::Spool;
use crate::ingest::{self, Ingest, Knowledge};
use crate::realtime::Hub;
use crate::store::{self, Store};
use connection::Acceptor;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Connections the kernel keeps for us between two accepts: a restart's worth of reconnecting dashboards.
const BACKLOG: i32 = 4096;
/// Descriptors kept for everything but connections: store and its readers, log, spooled uploads, the model, the runtime.
const RESERVED_DESCRIPTORS: u64 = 128;
/// Most HTTP connections at once, dashboards apart: each may buffer 64 KiB each way.
const MAX_HTTP_CONNECTIONS: u64 = 4096;
/// Between the last accept and hyper's graceful shutdown, which closes connections that have not sent a byte yet: those just
/// accepted get this long to send their request.
const LAST_REQUESTS: Duration = Duration::from_millis(150);
/// Longest the store may take to finish what is queued when everything else has stopped: a dead disk must not hold the process.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest a stop may take to save graphs, which most are before; with the grace it stays below the ten seconds that container engines wait.
const SAVE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long newcomers wait in the kernel for a store that is being loaded, before they are accepted and told to come back later:
/// loading takes less for most, and then nobody sees a restart.
const LOAD_UNHEARD: Duration = Duration::from_secs(1);
/// When dashboards should come back after a planned stop: a restart with nothing in flight takes less.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Why there is no server.
#[derive(Debug)]
pub enum Error {
    /// The store cannot be opened or loaded.
    Store(store::Error),
    /// The socket cannot be used.
    Socket(std::io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Store(e) => write!(f, "{e}"),
            Error::Socket(e) => write!(f, "listening socket: {e}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        Error::Store(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::Socket(error)
    }
}

/// What a stop came to.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub why: Stop,
    /// The socket, still listening, for whoever goes on serving it; `None` unless `why` is [`Stop::Restart`].
    pub listener: Option<TcpListener>,
    /// HTTP connections still busy at the end of the grace.
    pub cut_requests: usize,
    /// Dashboards that did not take their goodbye in time.
    pub cut_sockets: usize,
}

/// Listens on `address`; `SO_REUSEADDR`, so that a restart need not wait for old connections to time out.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// How many connections the descriptor limit allows: (dashboards, HTTP). Dashboards come first, up to what was asked for, but
/// never take more than three quarters.
fn shares(descriptors: u64, dashboards: usize) -> (usize, usize) {
    let free = descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(16);
    let dashboards = (dashboards as u64).min(free * 3 / 4);
    let http = (free - dashboards).min(MAX_HTTP_CONNECTIONS);
    (usize::try_from(dashboards).unwrap_or(usize::MAX), usize::try_from(http).unwrap_or(usize::MAX))
}

/// A server that is built and bound, and not yet running.
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
    max_connections: usize,
    sample: bool,
}

impl Server {
    /// Opens the store and wires everything up. Connections are limited by `descriptors`, the process's limit. Blocking.
    pub fn new(mut config: Config, listener: TcpListener, descriptors: u64) -> Result<Server, Error> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        // What is bound is what counts, also when the socket was handed over or the port was free to choose.
        config.bound(address);
        let (dashboards, max_connections) = shares(descriptors, config.max_websockets);
        if dashboards < config.max_websockets {
            log::warn!("descriptor limit {descriptors} leaves room for {dashboards} of MAX_WEBSOCKETS={} sockets", config.max_websockets);
        }
        let store = Store::open(&config.storage_path)?;
        say_opened(&store, Spool::clean(&config.storage_path));
        let knowledge = Knowledge::default();
        let hub = Hub::new(dashboards, config.websocket_per_ip);
        let models = Models::new(&config);
        let embeddings = Embeddings::new(models.clone(), store.clone(), knowledge.clone(), config.embedding_model.clone());
        let app = App {
            ingest: Ingest::new(store.clone(), knowledge.clone(), hub.clone(), file_limits(&config)),
            chat: Chat::new(knowledge.clone(), models.clone(), embeddings.clone(), store.clone()),
            activity: Activity::start(&config.log_path),
            lifecycle: Lifecycle::new(),
            limits: crate::http::Limits::default(),
            checks: crate::http::health::Checks::default(),
            config: RwLock::new(Arc::new(config)),
            store,
            knowledge,
            models,
            embeddings,
            hub,
        };
        Ok(Server { app: Arc::new(app), listener, address, max_connections, sample: false })
    }

    /// Has the bundled sample ingested before the server is ready. Again, it is skipped as a duplicate.
    pub fn with_sample(mut self, wanted: bool) -> Server {
        self.sample = wanted;
        self
    }

    /// What it serves.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until [`Lifecycle::stop`], then drains. `ready` runs once, when everything is loaded.
    pub async fn run(self, ready: impl FnOnce()) -> Result<Stopped, Error> {
        let Server { app, listener, address, max_connections, sample } = self;
        let mut acceptor = Acceptor::new(tokio::net::TcpListener::from_std(listener.try_clone()?)?, max_connections);
        announce(&app.config(), address);
        let (draining, drain) = watch::channel(());
        let mut connections = JoinSet::new();
        let upkeep = upkeep::start(&app);
        let lifecycle = app.lifecycle.clone();
        let mut stopping = std::pin::pin!(lifecycle.stopping());
        let mut loading = tokio::task::spawn_blocking({
            let ingest = app.ingest.clone();
            let knowledge = app.knowledge.clone();
            move || load(&ingest, &knowledge, sample)
        });
        let mut ready = Some(ready);
        let mut unheard = std::pin::pin!(tokio::time::sleep(LOAD_UNHEARD));
        let why = loop {
            tokio::select! {
                why = &mut stopping => break why,
                loaded = &mut loading, if ready.is_some() => {
                    loaded.map_err(|e| store::Error::Panicked(e.to_string()))??;
                    app.lifecycle.set_ready();
                    catch_up(&app);
                    if let Some(ready) = ready.take() {
                        ready();
                    }
                }
                () = &mut unheard, if ready.is_some() && !unheard.is_elapsed() => {}
                Some(_) = connections.join_next() => {}
                accepted = acceptor.accept(|address| app.config().trusts(address)), if ready.is_none() || unheard.is_elapsed() => {
                    connections.spawn(connection::serve(accepted, app.clone(), drain.clone()));
                }
            }
        };
        // On a shutdown nobody may queue up at a socket that nobody will serve.
        let listener = (why == Stop::Restart).then_some(listener);
        let (cut_requests, cut_sockets) = stop(&app, why, acceptor, connections, draining).await;
        drop(upkeep);
        close(&app).await;
        // Someone may have asked for a shutdown while a restart was draining.
        let why = app.lifecycle.stopping().await;
        let listener = listener.filter(|_| why == Stop::Restart);
        Ok(Stopped { why, listener, cut_requests, cut_sockets })
    }
}

/// What files are taken, as settings say.
fn file_limits(config: &Config) -> ingest::Limits {
    ingest::Limits { max_bytes: config.upload_max_bytes, extensions: config.allowed_extensions.clone() }
}

/// One line that says where everything is.
fn announce(config: &Config, address: SocketAddr) {
    // A browser cannot open 0.0.0.0.
    let host = if address.ip().is_unspecified() { SocketAddr::new([127, 0, 0, 1].into(), address.port()) } else { address };
    let base = format!("http://{host}{}", config.base_path);
    log::info!("listening on {address} page={base}/ docs={base}/docs data={}", config.storage_path.display());
    if !address.ip().is_loopback() && config.api_token.is_none() {
        log::warn!("API_TOKEN is not set: whoever reaches {address} may read and change everything but what is the administrator's");
    }
}

/// Says what was found in the store's folder, and what a process that did not end well had left there.
fn say_opened(store: &Store, spooled: usize) {
    let store::Found { version, wal_bytes, wal_read, interrupted } = store.found();
    log::info!("store opened bytes={} schema={version}", store.size_bytes());
    if wal_bytes > 0 || interrupted > 0 || spooled > 0 {
        log::warn!(
            "recovered from a process that did not end in order: wal_bytes={wal_bytes}, {wal_read} of them read back, \
             runs={interrupted} marked as interrupted, uploads={spooled} thrown away"
        );
    }
}

/// Makes what is derived from the store, but for what can be made while the server serves. A sample that cannot be ingested is logged: the server works without it.
fn load(ingest: &Ingest, knowledge: &Knowledge, sample: bool) -> store::Result<()> {
    let begun = Instant::now();
    ingest.load()?;
    let (nodes, edges) = knowledge.totals();
    let (projects, took) = (knowledge.all().len(), begun.elapsed().as_millis());
    log::info!("projects loaded from the store projects={projects} nodes={nodes} edges={edges} took_ms={took}");
    if sample {
        match ingest::sample::ingest(ingest, None) {
            Ok(report) => log::info!("sample ingested files={} nodes={}", report.files_processed, report.total_nodes_created),
            Err(e) => log::error!("the sample was not ingested: {e}"),
        }
    }
    Ok(())
}

/// Links what was loaded and not linked, and saves what was not loaded, while the server serves. One who changes a project before waits
/// for it, as for another change.
fn catch_up(app: &App) {
    let ingest = app.ingest.clone();
    tokio::task::spawn_blocking(move || match ingest.catch_up() {
        Ok(()) => ingest.save(),
        // A stop in the middle of it.
        Err(store::Error::Closed) => {}
        Err(e) => log::error!("projects are not linked, the next change of each tries again: {e}"),
    });
}

/// Tells dashboards, takes nothing new, lets what runs finish within the grace. Returns how many requests and sockets were cut.
async fn stop(app: &App, why: Stop, acceptor: Acceptor, mut connections: JoinSet<()>, draining: watch::Sender<()>) -> (usize, usize) {
    let begun = Instant::now();
    let grace = app.config().shutdown_grace;
    log::info!(
        "draining reason={} grace_secs={} requests={} sockets={}",
        why.as_str(),
        grace.as_secs(),
        connections.len(),
        app.hub.count()
    );
    let restarting = serde_json::json!({"reason": why.as_str(), "reconnect_after_ms": RECONNECT_AFTER.as_millis() as u64});
    app.hub.publish_yielding(Event::new(Topic::ServerRestarting, &restarting)).await;
    let requests = async {
        drop(acceptor);
        let last = LAST_REQUESTS.min(grace);
        tokio::time::sleep(last).await;
        drop(draining);
        let all_done = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(grace.saturating_sub(last), all_done).await.is_ok() {
            return 0;
        }
        let cut = connections.len();
        connections.shutdown().await;
        cut
    };
    let (cut_requests, (_, cut_sockets)) = tokio::join!(requests, app.hub.drain(grace));
    if cut_requests + cut_sockets > 0 {
        log::warn!("cut at the end of the grace requests={cut_requests} sockets={cut_sockets}");
    }
    log::info!("drained reason={} took_ms={}", why.as_str(), begun.elapsed().as_millis());
    (cut_requests, cut_sockets)
}

/// Saves graphs, flushes the activity log and closes the store, within bounds.
async fn close(app: &Arc<App>) {
    let ingest = app.ingest.clone();
    if tokio::time::timeout(SAVE_TIMEOUT, tokio::task::spawn_blocking(move || ingest.save())).await.is_err() {
        log::warn!("graphs were not saved in {SAVE_TIMEOUT:?}: the next start links what changed last");
    }
    let app = app.clone();
    let closed = tokio::task::spawn_blocking(move || {
        app.activity.close();
        app.store.close();
    });
    if tokio::time::timeout(CLOSE_TIMEOUT, closed).await.is_err() {
        log::error!("the store did not close in {CLOSE_TIMEOUT:?}; what was acknowledged is safe");
    }
}

#[cfg(test)]
mod tests {
    use super::shares;

    #[test]
    fn connections_fit_into_the_descriptor_limit() {
        for (descriptors, asked, expect) in
            [(1024, 8192, (672, 224)), (65_536, 8192, (8192, 4096)), (1_048_576, 8192, (8192, 4096)), (64, 10, (10, 6)), (0, 8192, (12, 4))]
        {
            assert_eq!(shares(descriptors, asked), expect, "{descriptors} {asked}");
        }
    }
}
