//! Every setting, parsed and checked once at start. Environment first, then a `.env` beside the working directory.
//!
//! [`SETTINGS`] is the single list: `--help` prints it, parsing follows it, the deployment guide is checked against it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// All settings with their checked values. Names follow the environment variables of the same words.
#[derive(Clone, Debug)]
pub struct Config {
    /// `API_HOST`: the address to bind.
    pub host: IpAddr,
    /// `API_PORT`: 0 picks a free one.
    pub port: u16,
    /// `STORAGE_PATH`, under systemd `STATE_DIRECTORY`.
    pub storage_path: PathBuf,
    /// `LOG_PATH`, under systemd `LOGS_DIRECTORY`.
    pub log_path: PathBuf,
    /// `LOG_LEVEL`; `RUST_LOG` wins.
    pub log_level: log::LevelFilter,
    /// `LOG_FORMAT=json`.
    pub log_json: bool,
    /// `ALLOWED_ORIGINS`, trailing slashes dropped; may hold `*`. The server's own origin is added once it is bound.
    pub allowed_origins: Vec<String>,
    /// `ALLOWED_HOSTS`; `None`: checked on a loopback bind only.
    pub allowed_hosts: Option<Vec<String>>,
    /// `WEBSOCKET_MAX_CONNECTIONS_PER_IP`.
    pub websocket_per_ip: usize,
    /// `MAX_WEBSOCKETS`.
    pub max_websockets: usize,
    /// `WEBSOCKET_URL`; `None`: derived from the request's Host.
    pub websocket_url: Option<String>,
    /// `STATS_INTERVAL_SECS`.
    pub stats_interval: Duration,
    /// `API_TOKEN` (also a credential of systemd).
    pub api_token: Option<String>,
    /// `ADMIN_TOKEN` (also a credential of systemd).
    pub admin_token: Option<String>,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: Vec<Network>,
    /// `ADMIN_NETWORKS`.
    pub admin_networks: Vec<Network>,
    /// `UPLOAD_MAX_FILE_SIZE_MB`, in bytes. `PUT /api/v1/files/config` overrides it in the store.
    pub upload_max_bytes: u64,
    /// `ALLOWED_FILE_EXTENSIONS`, lower-case with the dot.
    pub allowed_extensions: Vec<String>,
    /// `INGEST_ROOT`, canonical.
    pub ingest_root: Option<PathBuf>,
    /// `OLLAMA_HOST`.
    pub ollama: OllamaHost,
    /// `LLM_MODEL`.
    pub llm_model: String,
    /// `EMBEDDING_MODEL`.
    pub embedding_model: String,
    /// `LLM_BASE_URL`: an OpenAI-compatible server instead of Ollama.
    pub llm_base_url: Option<String>,
    /// `LLM_API_KEY`.
    pub llm_api_key: Option<String>,
    /// `CHAT_TIMEOUT_SECONDS`.
    pub chat_timeout: Duration,
    /// `CHAT_MAX_CONCURRENCY`.
    pub chat_concurrency: usize,
    /// `CHAT_RETENTION_DAYS`.
    pub chat_retention_days: u32,
    /// `RATE_LIMIT_CHAT`: requests a minute and address, 0 is off.
    pub rate_limit_chat: u32,
    /// `RATE_LIMIT_INGEST`.
    pub rate_limit_ingest: u32,
    /// `BROADCAST_QUERY_TEXT`.
    pub broadcast_query_text: bool,
    /// `SHUTDOWN_GRACE_SECS`.
    pub shutdown_grace: Duration,
    /// `BASE_PATH`, without trailing slash: empty for `/`.
    pub base_path: String,
}

/// What `OLLAMA_HOST` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OllamaHost {
    /// Unset: `http://localhost:11434` is used whenever it answers, its absence is healthy.
    Probe,
    /// Set: used; its absence is degraded. A URL without trailing slash.
    At(String),
    /// `off`: never asked.
    Off,
}

/// An address block: `10.0.0.0/8`, `::1`, …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The block's first address.
    pub base: IpAddr,
    /// Bits that must agree.
    pub prefix: u8,
}

impl Network {
    /// Whether `address` (IPv4-mapped IPv6 counts as IPv4) lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        let _ = address;
        todo!()
    }
}

/// A bad setting: one line that names it, what it was and what it may be. Exit code 64.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSetting(pub String);

/// One row of contract §6, as help prints it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Environment variable.
    pub name: &'static str,
    /// Default as text.
    pub default: &'static str,
    /// What it does, one line.
    pub meaning: &'static str,
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[];

impl Config {
    /// Reads settings through `get` (environment over `.env`; an empty value counts as unset) and checks them all.
    pub fn load(get: impl Fn(&str) -> Option<String>) -> Result<Config, BadSetting> {
        let _ = get;
        todo!()
    }
}
