//! Live over HTTP: the dashboard socket, who is connected, messages by an administrator.

use super::route::Param;
use super::{App, Error, Request, Response, access, numbers, respond, upgrade};
use crate::config::Config;
use crate::event::{Event, Topic};
use crate::realtime::{Hub, Presence, Refusal, Resume, Seat};
use hyper::upgrade::OnUpgrade;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// When a refused client may try again: others come and go in seconds.
const RETRY_AFTER_SECS: u32 = 5;
/// Longest wire `type` of an administrator's message.
const MAX_TYPE_CHARS: usize = 64;
/// Largest message of an administrator: half of what may wait for one client.
const MAX_MESSAGE_BYTES: usize = 32 << 10;

/// Query parameters of the dashboard socket.
pub const SOCKET_PARAMS: &[Param] = &[
    Param::optional("epoch", "string", "Resume: the epoch of an earlier connection_ack"),
    Param::optional("seq", "integer", "Resume: the last seq seen in that epoch"),
    Param::optional("token", "string", "API_TOKEN, for browsers, which cannot send headers"),
];

/// `GET /api/v1/ws/dashboard`: Live events (WebSocket). Origin and token have been checked before.
pub async fn dashboard(app: &Arc<App>, mut req: Request) -> Result<Response, Error> {
    let response = upgrade::switch(&req.inner)?;
    let seat = app.hub.admit(req.client).map_err(|refusal| refuse(refusal, &req.config))?;
    let mut query = req.query();
    let epoch = query.optional_string("epoch", 1, MAX_TYPE_CHARS);
    // A position that cannot be read is one that cannot be recovered; the ack says so.
    let seq = query.optional_integer("seq", 0, i64::MAX).and_then(|seq| u64::try_from(seq).ok());
    tokio::spawn(session(app.clone(), seat, hyper::upgrade::on(&mut req.inner), Resume { epoch, seq }));
    Ok(response)
}

fn refuse(refusal: Refusal, config: &Config) -> Error {
    let why = match refusal {
        Refusal::AddressLimit => {
            format!("{} WebSockets are open from this address already, the most there may be: close one", config.websocket_per_ip)
        }
        _ => "No more WebSockets are accepted just now: try again in a moment".to_owned(),
    };
    Error::Unavailable(why, RETRY_AFTER_SECS)
}

async fn session(app: Arc<App>, seat: Seat, upgrading: OnUpgrade, resume: Resume) {
    match upgrade::socket(upgrading).await {
        Ok((socket, early)) => app.hub.serve(seat, socket, early, resume, snapshot(&app)).await,
        Err(error) => log::info!("websocket lost client={} before its greeting: {error}", seat.address()),
    }
}

async fn snapshot(app: &App) -> Option<Event> {
    numbers::stats_event(app).await.inspect_err(|error| log::warn!("no stats_update: {error:?}")).ok()
}

/// Sends `stats_update` every `STATS_INTERVAL_SECS`, computed once for everybody and not at all while nobody listens. Never returns.
pub async fn stats_ticker(app: Arc<App>) {
    let every = app.config().stats_interval.max(Duration::from_millis(10));
    let mut ticks = tokio::time::interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.hub.refresh(snapshot(&app)).await;
    }
}

/// A connected client, as administrators see it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Connected {
    /// The `connection_id` of its ack.
    pub id: String,
    /// Its address.
    pub address: String,
    /// RFC 3339.
    pub connected_at: String,
    /// Bytes its socket has not taken yet.
    pub queued_bytes: usize,
    /// The types it wants; all of them unless it narrowed them.
    pub events: Vec<String>,
}

impl From<Presence> for Connected {
    fn from(presence: Presence) -> Connected {
        let Presence { id, address, connected_at, queued_bytes, events } = presence;
        Connected { id, address: address.to_string(), connected_at, queued_bytes, events }
    }
}

/// `GET /api/v1/ws/connections`: Who is connected.
pub fn connections(hub: &Hub) -> Result<Response, Error> {
    Ok(respond::ok(&hub.presence().into_iter().map(Connected::from).collect::<Vec<_>>()))
}

/// A message of an administrator.
#[derive(Clone, Debug, JsonSchema)]
pub struct Message {
    /// Its `type`, one of the known or any other.
    #[schemars(length(min = 1, max = MAX_TYPE_CHARS))]
    pub r#type: String,
    /// Its `data`, any JSON.
    pub data: Value,
}

impl Message {
    async fn read(req: &mut Request) -> Result<Event, Error> {
        let mut fields = req.json().await?;
        let message = Message { r#type: fields.string("type", 1, MAX_TYPE_CHARS), data: fields.any("data") };
        fields.finish()?;
        let event = Event::named(&message.r#type, &message.data);
        if event.open.len() > MAX_MESSAGE_BYTES {
            return Err(Error::TooLarge(format!(
                "A message may have {MAX_MESSAGE_BYTES} bytes, this one has {}: send a link instead",
                event.open.len()
            )));
        }
        Ok(event)
    }
}

/// What became of an administrator's message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sent {
    /// `sent`.
    pub status: &'static str,
    /// Sockets it was meant for: one, or all that are open.
    pub connections: usize,
    /// The number of a broadcast; `stats_update` and personal messages have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// `POST /api/v1/ws/connections/{connection_id}/messages`: Send one client a message.
pub async fn message(hub: &Hub, mut req: Request) -> Result<Response, Error> {
    let event = Message::read(&mut req).await?;
    if !hub.send_to(req.param(), event) {
        return Err(Error::NotFound(format!(
            "Connection '{}' not found: it is closed, or never was; GET /api/v1/ws/connections lists the open ones",
            req.param()
        )));
    }
    Ok(respond::ok(&Sent { status: "sent", connections: 1, seq: None }))
}

/// `POST /api/v1/ws/broadcast`: Send every client a message.
pub async fn broadcast(hub: &Hub, mut req: Request) -> Result<Response, Error> {
    let event = Message::read(&mut req).await?;
    let connections = hub.count();
    let seq = if event.topic == Topic::StatsUpdate {
        hub.conflate(event);
        None
    } else {
        Some(hub.publish(event))
    };
    Ok(respond::ok(&Sent { status: "sent", connections, seq }))
}

/// Where the dashboard socket is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WebsocketConfig {
    /// `ws://` or `wss://`.
    pub websocket_url: String,
}

/// `GET /api/v1/config/websocket`: Where the dashboard WebSocket is.
pub fn config(req: &Request) -> Result<Response, Error> {
    let config = &req.config;
    let derived = || {
        let scheme = if req.secure { "wss" } else { "ws" };
        let own = std::net::SocketAddr::new(config.host, config.port).to_string();
        let host = access::host(&req.inner).unwrap_or(&own);
        format!("{scheme}://{host}{}/api/v1/ws/dashboard", config.base_path)
    };
    Ok(respond::ok(&WebsocketConfig { websocket_url: config.websocket_url.clone().unwrap_or_else(derived) }))
}
