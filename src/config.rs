//! Every setting, parsed and checked once at start. Environment first, then a `.env` beside the working directory.
//!
//! [`SETTINGS`] is the single list: `--help` prints it, parsing follows it, the deployment guide is checked against it.

pub mod environment;
#[cfg(test)]
mod fuzz;
mod value;

pub use environment::Environment;
pub use value::{EXTENSION_MAX, EXTENSION_RULE, Network, extension};

use crate::store::settings::FILE_SIZE_MB_MAX;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use value::Reader;

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
    /// `ALLOWED_HOSTS`, lower-case; `None`: checked on a loopback bind only.
    pub allowed_hosts: Option<Vec<String>>,
    /// `WEBSOCKET_MAX_CONNECTIONS_PER_IP`.
    pub websocket_per_ip: usize,
    /// `MAX_WEBSOCKETS`; lowered at start when the descriptor limit has no room for so many.
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
    /// `EMBEDDING_MODEL`; `None`: off.
    pub embedding_model: Option<String>,
    /// `LLM_BASE_URL`: an OpenAI-compatible server instead of Ollama. Without trailing slash.
    pub llm_base_url: Option<String>,
    /// `LLM_API_KEY` (also a credential of systemd).
    pub llm_api_key: Option<String>,
    /// `CHAT_TIMEOUT_SECONDS`.
    pub chat_timeout: Duration,
    /// `CHAT_MAX_CONCURRENCY`.
    pub chat_concurrency: usize,
    /// `CHAT_RETENTION_DAYS`; 0 keeps sessions for ever.
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
    /// What was set, by the settings' names, as it was written.
    pub given: BTreeMap<&'static str, String>,
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

/// A bad setting: one line that names it, what it was and what it may be. Exit code 64.
#[derive(Debug, PartialEq, Eq)]
pub struct BadSetting(pub String);

impl std::fmt::Display for BadSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSetting {}

/// One row of the settings table, as help prints it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Environment variable.
    pub name: &'static str,
    /// Default as text.
    pub default: &'static str,
    /// What it does, one line.
    pub meaning: &'static str,
    /// Its value is never shown.
    pub secret: bool,
    /// A reload changes it in a running server.
    pub live: bool,
}

impl Setting {
    const fn secret(self) -> Setting {
        Setting { secret: true, ..self }
    }

    const fn live(self) -> Setting {
        Setting { live: true, ..self }
    }

    /// `NAME=value` for a log line; `None` is its default.
    fn shown(&self, value: Option<&str>) -> String {
        match value {
            Some(_) if self.secret => format!("{}=(not shown)", self.name),
            Some(value) if value.contains(|c: char| c.is_whitespace() || c.is_control()) => format!("{}={value:?}", self.name),
            value => format!("{}={}", self.name, value.unwrap_or(self.default)),
        }
    }
}

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { name, default, meaning, secret: false, live: false }
}

/// What a reload comes to.
#[derive(Debug)]
pub struct Reloaded {
    /// The settings in force from now on.
    pub config: Config,
    /// What changed, `NAME=value` each, without secrets.
    pub changed: Vec<String>,
    /// Settings that were given another value and keep the one they have until a restart.
    pub waiting: Vec<&'static str>,
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    setting("API_HOST", "127.0.0.1", "address to bind; a socket passed by systemd wins"),
    setting("API_PORT", "8000", "port; 0 picks a free one, the log says which"),
    setting("STORAGE_PATH", "./data", "folder of the store; under systemd STATE_DIRECTORY"),
    setting("LOG_PATH", "./logs", "folder of the activity log; under systemd LOGS_DIRECTORY"),
    setting("LOG_LEVEL", "info", "off, error, warn, info, debug or trace; RUST_LOG wins").live(),
    setting("LOG_FORMAT", "text", "text or json"),
    setting(
        "ALLOWED_ORIGINS",
        "http://localhost:3000,http://localhost:5173,http://localhost:8080",
        "origins of browser pages that may call, comma list, * for all; the server's own always may",
    )
    .live(),
    setting("ALLOWED_HOSTS", "unset", "accepted Host headers, comma list; unset: checked on a loopback bind only").live(),
    setting("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "10", "dashboard sockets from one address (IPv6: one /64)").live(),
    setting("MAX_WEBSOCKETS", "8192", "dashboard sockets in all"),
    setting("WEBSOCKET_URL", "unset", "what /api/v1/config/websocket answers; unset: derived from the request's Host").live(),
    setting("STATS_INTERVAL_SECS", "5", "seconds between stats_update messages"),
    setting("API_TOKEN", "unset", "needed by every /api route and /metrics when set; also a systemd credential").secret().live(),
    setting("ADMIN_TOKEN", "unset", "needed by admin routes; unset: clients in ADMIN_NETWORKS only; also a systemd credential")
        .secret()
        .live(),
    setting("ADMIN_NETWORKS", "loopback", "networks that may use admin routes when there is no ADMIN_TOKEN, comma list; none for nobody")
        .live(),
    setting("TRUSTED_PROXIES", "unset", "networks whose X-Forwarded-For is believed, comma list").live(),
    setting("UPLOAD_MAX_FILE_SIZE_MB", "50", "largest file of an upload, MiB").live(),
    setting("ALLOWED_FILE_EXTENSIONS", ".sql,.ddl,.csv,.json,.py,.ipynb,.md,.txt", "what may be uploaded, comma list").live(),
    setting("INGEST_ROOT", "unset", "folder below which POST /api/v1/ingest may read; unset: refused").live(),
    setting("OLLAMA_HOST", "unset", "unset: http://localhost:11434 when it answers; a URL: its absence is degraded; off: never asked"),
    setting("LLM_MODEL", "llama3.1:8b", "model asked by default"),
    setting("EMBEDDING_MODEL", "nomic-embed-text", "model of the same server whose vectors help search; off, or not there: words alone"),
    setting("LLM_BASE_URL", "unset", "an OpenAI-compatible server instead of Ollama"),
    setting("LLM_API_KEY", "unset", "its key; also a systemd credential").secret(),
    setting(
        "CHAT_TIMEOUT_SECONDS",
        "120",
        "longest wait for a model's whole answer; half of it for the first word, in which it may have to be loaded",
    ),
    setting("CHAT_MAX_CONCURRENCY", "4", "answers made at once; past a short queue: 503"),
    setting("CHAT_RETENTION_DAYS", "90", "chat sessions older than this are deleted; 0 keeps them"),
    setting("RATE_LIMIT_CHAT", "0", "chat requests a minute and address; 0: no limit").live(),
    setting("RATE_LIMIT_INGEST", "0", "uploads and ingests a minute and address; 0: no limit").live(),
    setting("BROADCAST_QUERY_TEXT", "true", "false: dashboards and the activity log never see a question's text").live(),
    setting("SHUTDOWN_GRACE_SECS", "7", "longest a stop waits for requests and sockets").live(),
    setting("BASE_PATH", "/", "prefix when a proxy serves Headwater below a path"),
];

impl Config {
    /// Reads settings through `get` (environment over `.env`; an empty value counts as unset) and checks them all, the first bad
    /// one is the error. Besides [`SETTINGS`] it asks for systemd's `STATE_DIRECTORY`, `LOGS_DIRECTORY` and
    /// `CREDENTIALS_DIRECTORY`, which an explicit setting overrides. Touches the disk for credentials and `INGEST_ROOT` only.
    pub fn load(get: impl Fn(&str) -> Option<String>) -> Result<Config, BadSetting> {
        let read = Reader::new(&get);
        Ok(Config {
            host: read.host("API_HOST")?,
            port: read.integer("API_PORT", 0, 65_535)?,
            storage_path: read.folder_to_be("STORAGE_PATH", "STATE_DIRECTORY")?,
            log_path: read.directory("LOG_PATH", "LOGS_DIRECTORY"),
            log_level: read.level("LOG_LEVEL")?,
            log_json: read.choice("LOG_FORMAT", &["text", "json"])? == "json",
            allowed_origins: read.origins("ALLOWED_ORIGINS")?,
            allowed_hosts: read.hosts("ALLOWED_HOSTS")?,
            websocket_per_ip: read.integer("WEBSOCKET_MAX_CONNECTIONS_PER_IP", 1, 1_000_000)?,
            max_websockets: read.integer("MAX_WEBSOCKETS", 1, 1_000_000)?,
            websocket_url: read.url("WEBSOCKET_URL", &["ws", "wss"])?,
            stats_interval: read.seconds("STATS_INTERVAL_SECS", 1, 3600)?,
            api_token: read.secret("API_TOKEN")?,
            admin_token: read.secret("ADMIN_TOKEN")?,
            trusted_proxies: read.networks("TRUSTED_PROXIES")?,
            admin_networks: read.networks("ADMIN_NETWORKS")?,
            upload_max_bytes: read.integer::<u64>("UPLOAD_MAX_FILE_SIZE_MB", 1, FILE_SIZE_MB_MAX.unsigned_abs())? << 20,
            allowed_extensions: read.extensions("ALLOWED_FILE_EXTENSIONS")?,
            ingest_root: read.existing_folder("INGEST_ROOT")?,
            ollama: read.ollama("OLLAMA_HOST")?,
            llm_model: read.model("LLM_MODEL")?,
            embedding_model: Some(read.model("EMBEDDING_MODEL")?).filter(|name| !name.eq_ignore_ascii_case("off")),
            llm_base_url: read.url("LLM_BASE_URL", HTTP_SCHEMES)?,
            llm_api_key: read.secret("LLM_API_KEY")?,
            chat_timeout: read.seconds("CHAT_TIMEOUT_SECONDS", 1, 3600)?,
            chat_concurrency: read.integer("CHAT_MAX_CONCURRENCY", 1, 256)?,
            chat_retention_days: read.integer("CHAT_RETENTION_DAYS", 0, 36_500)?,
            rate_limit_chat: read.integer("RATE_LIMIT_CHAT", 0, 1_000_000)?,
            rate_limit_ingest: read.integer("RATE_LIMIT_INGEST", 0, 1_000_000)?,
            broadcast_query_text: read.boolean("BROADCAST_QUERY_TEXT")?,
            shutdown_grace: read.seconds("SHUTDOWN_GRACE_SECS", 0, 300)?,
            base_path: read.base_path("BASE_PATH")?,
            given: read.given.take(),
        })
    }

    /// Settings whose value is not their default, in the order of the table, `NAME=value` each, without secrets.
    pub fn unusual(&self) -> Vec<String> {
        let given = |s: &Setting| self.given.get(s.name).filter(|value| *value != s.default).map(|value| s.shown(Some(value)));
        SETTINGS.iter().filter_map(given).collect()
    }

    /// These settings, with what `asked` gives to those that can change in a running server. It stays bound where it is. A secret may be
    /// another from now on, but not none: a file that is being written must not open the server for a moment.
    pub fn reloaded(&self, asked: &Config) -> Result<Reloaded, BadSetting> {
        let taken_away = |s: &Setting| s.secret && self.given.contains_key(s.name) && !asked.given.contains_key(s.name);
        let live = |s: &Setting| s.live && !taken_away(s);
        let of = |name: &str| if SETTINGS.iter().any(|s| s.name == name && live(s)) { asked } else { self };
        let mut config = Config::load(|name| of(name).given.get(name).cloned())?;
        config.bound(SocketAddr::new(self.host, self.port));
        let differ = |s: &&Setting| self.given.get(s.name) != asked.given.get(s.name);
        let (changed, waiting): (Vec<&Setting>, Vec<&Setting>) = SETTINGS.iter().filter(differ).partition(|s| live(s));
        Ok(Reloaded {
            config,
            changed: changed.iter().map(|s| s.shown(asked.given.get(s.name).map(String::as_str))).collect(),
            waiting: waiting.iter().map(|s| s.name).collect(),
        })
    }

    /// Whether `address` is a proxy of ours (`TRUSTED_PROXIES`).
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(address))
    }

    /// Notes where the server is bound, whatever was asked for, and allows the origins under which a browser sees it there: the page it
    /// serves must be able to call it.
    pub fn bound(&mut self, bound: SocketAddr) {
        let port = bound.port();
        (self.host, self.port) = (bound.ip(), port);
        let mut hosts = match bound.ip() {
            ip if ip.is_unspecified() || ip.is_loopback() => vec!["127.0.0.1".into(), "localhost".into(), "[::1]".into()],
            _ => Vec::new(),
        };
        if !bound.ip().is_unspecified() {
            hosts.push(if bound.is_ipv6() { format!("[{}]", bound.ip()) } else { bound.ip().to_string() });
        }
        for host in hosts {
            // A browser leaves the default port out.
            let origin = if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") };
            if !self.allowed_origins.contains(&origin) {
                self.allowed_origins.push(origin);
            }
        }
    }
}

/// Schemes a language model's URL may have in this build.
pub(crate) const HTTP_SCHEMES: &[&str] = if cfg!(feature = "tls") { &["http", "https"] } else { &["http"] };

#[cfg(test)]
mod tests {
    use super::*;

    fn load(settings: &[(&str, &str)]) -> Result<Config, BadSetting> {
        Config::load(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string()))
    }

    #[test]
    fn with_nothing_set_every_default_of_the_table_is_good() {
        let config = load(&[]).unwrap();
        assert_eq!((config.host.to_string().as_str(), config.port), ("127.0.0.1", 8000));
        assert_eq!(config.allowed_origins, ["http://localhost:3000", "http://localhost:5173", "http://localhost:8080"]);
        assert_eq!(config.allowed_extensions.len(), 8);
        assert_eq!((config.upload_max_bytes, config.shutdown_grace.as_secs(), config.base_path.as_str()), (50 << 20, 7, ""));
        assert_eq!((config.ollama, config.api_token, config.ingest_root), (OllamaHost::Probe, None, None));
        assert!(config.admin_networks.iter().any(|n| n.contains("127.9.9.9".parse().unwrap())));
        assert!(config.trusted_proxies.is_empty() && config.allowed_hosts.is_none() && config.broadcast_query_text);
    }

    #[test]
    fn an_empty_value_counts_as_unset() {
        for s in SETTINGS {
            assert!(load(&[(s.name, " ")]).is_ok(), "{}", s.name);
        }
    }

    #[test]
    fn every_setting_is_in_the_table_once_and_explained() {
        for (i, s) in SETTINGS.iter().enumerate() {
            assert!(!s.default.is_empty() && !s.meaning.is_empty(), "{}", s.name);
            assert!(SETTINGS[..i].iter().all(|other| other.name != s.name), "{} twice", s.name);
        }
        assert_eq!(SETTINGS.len(), 32);
    }

    #[test]
    fn what_is_unusual_is_shown_as_given_and_secrets_are_not() {
        let config = load(&[
            ("API_PORT", "8000"),
            ("API_TOKEN", "hush"),
            ("LOG_LEVEL", " "),
            ("LLM_MODEL", "my model"),
            ("RATE_LIMIT_CHAT", "30"),
            ("STATE_DIRECTORY", "/var/lib/x"),
        ])
        .unwrap();
        let shown = ["STORAGE_PATH=/var/lib/x", "API_TOKEN=(not shown)", "LLM_MODEL=\"my model\"", "RATE_LIMIT_CHAT=30"];
        assert_eq!(config.unusual(), shown);
        let model = SETTINGS.iter().find(|s| s.name == "LLM_MODEL").unwrap();
        assert_eq!(model.shown(Some("a\u{1b}[31mred")), r#"LLM_MODEL="a\u{1b}[31mred""#);
    }

    #[test]
    fn a_reload_changes_what_it_can_and_names_what_waits_for_a_restart() {
        let mut before = load(&[("API_PORT", "0"), ("API_TOKEN", "old"), ("CHAT_MAX_CONCURRENCY", "2"), ("RATE_LIMIT_CHAT", "5")]).unwrap();
        before.bound("127.0.0.1:4711".parse().unwrap());
        let asked = [("API_PORT", "0"), ("API_TOKEN", "new"), ("CHAT_MAX_CONCURRENCY", "3"), ("ALLOWED_ORIGINS", "https://a.example")];
        let Reloaded { config, changed, waiting } = before.reloaded(&load(&asked).unwrap()).unwrap();
        assert_eq!(changed, ["ALLOWED_ORIGINS=https://a.example", "API_TOKEN=(not shown)", "RATE_LIMIT_CHAT=0"]);
        assert_eq!(waiting, ["CHAT_MAX_CONCURRENCY"]);
        assert_eq!((config.port, config.api_token.as_deref(), config.chat_concurrency, config.rate_limit_chat), (4711, Some("new"), 2, 0));
        assert_eq!(config.allowed_origins[..2], ["https://a.example", "http://127.0.0.1:4711"]);
        let Reloaded { changed, waiting, .. } = config.reloaded(&load(&asked).unwrap()).unwrap();
        assert!(changed.is_empty() && waiting == ["CHAT_MAX_CONCURRENCY"], "{changed:?} {waiting:?}");
    }

    #[test]
    fn the_deployment_guide_names_what_a_reload_changes() {
        let guide = include_str!("../docs/deployment/DEPLOYMENT_CHECKLIST.md");
        let paragraph = guide.split("A running server takes over ").nth(1).unwrap().split(':').next().unwrap();
        let named: Vec<&str> = paragraph.split('`').skip(1).step_by(2).filter(|word| SETTINGS.iter().any(|s| s.name == *word)).collect();
        let live: Vec<&str> = SETTINGS.iter().filter(|s| s.live).map(|s| s.name).collect();
        assert_eq!(named, live);
    }

    #[test]
    fn the_deployment_guide_has_the_same_table() {
        let guide = include_str!("../docs/deployment/DEPLOYMENT_CHECKLIST.md");
        let table = guide.split("| setting | default | meaning |\n|---|---|---|\n").nth(1).unwrap();
        let rows: Vec<&str> = table.lines().take_while(|l| l.starts_with('|')).collect();
        let expect: Vec<String> = SETTINGS.iter().map(|s| format!("| `{}` | {} | {} |", s.name, s.default, s.meaning)).collect();
        assert_eq!(rows, expect);
    }

    #[test]
    fn a_bad_value_is_one_line_with_the_name_the_value_and_what_it_may_be() {
        for (name, value, says) in [
            ("API_HOST", "example.com", "IP address"),
            ("API_PORT", "65536", "0 to 65535"),
            ("API_PORT", "-1", "0 to 65535"),
            ("API_PORT", "80a", "0 to 65535"),
            ("LOG_LEVEL", "loud", "error, warn, info"),
            ("LOG_FORMAT", "xml", "text or json"),
            ("ALLOWED_ORIGINS", "localhost:3000", "http://host:port"),
            ("ALLOWED_ORIGINS", "http://a/path", "http://host:port"),
            ("ALLOWED_HOSTS", "http://a", "host names"),
            ("WEBSOCKET_MAX_CONNECTIONS_PER_IP", "0", "1 to 1000000"),
            ("MAX_WEBSOCKETS", "x", "1 to 1000000"),
            ("WEBSOCKET_URL", "http://a/ws", "ws://"),
            ("STATS_INTERVAL_SECS", "0", "1 to 3600"),
            ("TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
            ("ADMIN_NETWORKS", "home", "10.0.0.0/8"),
            ("UPLOAD_MAX_FILE_SIZE_MB", "901", "1 to 900"),
            ("ALLOWED_FILE_EXTENSIONS", ".s/ql", ".sql"),
            ("INGEST_ROOT", "/nowhere/at/all", "folder"),
            ("OLLAMA_HOST", "ftp://x", "off"),
            ("LLM_MODEL", "a\nb", "model"),
            ("EMBEDDING_MODEL", "a\nb", "model"),
            ("LLM_BASE_URL", "x", "http://"),
            ("CHAT_TIMEOUT_SECONDS", "0", "1 to 3600"),
            ("CHAT_MAX_CONCURRENCY", "0", "1 to 256"),
            ("CHAT_RETENTION_DAYS", "1.5", "0 to 36500"),
            ("RATE_LIMIT_CHAT", "many", "0 to 1000000"),
            ("RATE_LIMIT_INGEST", "-3", "0 to 1000000"),
            ("BROADCAST_QUERY_TEXT", "maybe", "true or false"),
            ("SHUTDOWN_GRACE_SECS", "301", "0 to 300"),
            ("BASE_PATH", "lineage", "/lineage"),
            ("BASE_PATH", "/a/../b", "/lineage"),
        ] {
            let Err(BadSetting(line)) = load(&[(name, value)]) else { panic!("{name}={value} was taken") };
            assert!(line.starts_with(name) && line.contains(says) && !line.contains('\n'), "{line}");
            assert!(line.contains(&value.replace('\n', "\\n")), "{line}");
        }
    }

    #[test]
    fn a_bad_token_is_named_but_not_shown() {
        let BadSetting(line) = load(&[("API_TOKEN", "top secret")]).unwrap_err();
        assert!(line.starts_with("API_TOKEN") && !line.contains("top secret"), "{line}");
    }

    #[test]
    fn what_is_refused_is_shown_as_it_was_given_but_for_names_and_passwords() {
        for (name, value, shown) in [
            ("LLM_BASE_URL", "http://u:secret@h", "'http://…@h'"),
            ("LLM_BASE_URL", "http://u:se@cr/et@h", "'http://…@h'"),
            ("STORAGE_PATH", "Cargo.toml", "'Cargo.toml'"),
            ("STORAGE_PATH", "Cargo.toml/data", "'Cargo.toml/data'"),
            ("OLLAMA_HOST", "u:secret@h", "'…@h'"),
            ("ALLOWED_ORIGINS", "http://", "'http://'"),
            ("ALLOWED_FILE_EXTENSIONS", ", ,", "', ,'"),
            ("ALLOWED_FILE_EXTENSIONS", ".sql,.s/l", "'.s/l'"),
        ] {
            let BadSetting(line) = load(&[(name, value)]).unwrap_err();
            assert!(line.contains(shown) && !line.contains("secret"), "{line}");
        }
    }

    #[test]
    fn forms_people_write_are_understood() {
        let config = load(&[
            ("API_HOST", "localhost"),
            ("LOG_LEVEL", "WARNING"),
            ("ALLOWED_ORIGINS", " https://a.example/ , * "),
            ("ALLOWED_HOSTS", "Lineage.Example, box:8000"),
            ("ALLOWED_FILE_EXTENSIONS", "SQL,.Py"),
            ("BASE_PATH", "/lineage/"),
            ("BROADCAST_QUERY_TEXT", "Off"),
            ("ADMIN_NETWORKS", "none"),
            ("TRUSTED_PROXIES", "10.1.2.3/8, ::1"),
            ("LLM_BASE_URL", "http://box:1234/v1/"),
        ])
        .unwrap();
        assert!(config.host.is_loopback());
        assert_eq!(config.log_level, log::LevelFilter::Warn);
        assert_eq!(config.allowed_origins, ["https://a.example", "*"]);
        assert_eq!(config.allowed_hosts.unwrap(), ["lineage.example", "box:8000"]);
        assert_eq!(config.allowed_extensions, [".sql", ".py"]);
        assert_eq!((config.base_path.as_str(), config.broadcast_query_text), ("/lineage", false));
        assert!(config.admin_networks.is_empty());
        assert!(config.trusted_proxies[0].contains("10.200.0.1".parse().unwrap()));
        assert_eq!(config.llm_base_url.unwrap(), "http://box:1234/v1");
    }

    #[test]
    fn ollama_is_found_the_way_its_own_tools_read_the_variable() {
        for (value, expect) in [
            ("off", OllamaHost::Off),
            ("OFF", OllamaHost::Off),
            ("box", OllamaHost::At("http://box:11434".into())),
            ("box:9", OllamaHost::At("http://box:9".into())),
            ("http://box/", OllamaHost::At("http://box".into())),
            ("http://[::1]:11434", OllamaHost::At("http://[::1]:11434".into())),
        ] {
            assert_eq!(load(&[("OLLAMA_HOST", value)]).unwrap().ollama, expect, "{value}");
        }
    }

    #[test]
    fn systemd_gives_folders_and_credentials_unless_a_setting_says_otherwise() {
        let dir = std::env::temp_dir().join(format!("headwater-credentials-{}", crate::id::random()));
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("api_token"), "from-file\n").unwrap();
        std::fs::write(dir.join("ADMIN_TOKEN"), "from-file-too").unwrap();
        let systemd = [
            ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"),
            ("LOGS_DIRECTORY", "/var/log/a"),
            ("CREDENTIALS_DIRECTORY", dir.to_str().unwrap()),
        ];
        let config = load(&systemd).unwrap();
        assert_eq!((config.storage_path.to_str(), config.log_path.to_str()), (Some("/var/lib/a"), Some("/var/log/a")));
        assert_eq!((config.api_token.as_deref(), config.admin_token.as_deref()), (Some("from-file"), Some("from-file-too")));
        let mut explicit = systemd.to_vec();
        explicit.extend([("STORAGE_PATH", "/srv/x"), ("API_TOKEN", "from-environment")]);
        let config = load(&explicit).unwrap();
        assert_eq!((config.storage_path.to_str(), config.api_token.as_deref()), (Some("/srv/x"), Some("from-environment")));
        std::fs::rename(dir.join("api_token"), dir.join("api-token.txt")).unwrap();
        let slip = load(&systemd).unwrap_err().to_string();
        assert!(slip.contains("API_TOKEN") && slip.contains("api_token, not 'api-token.txt'") && !slip.contains("from-file"), "{slip}");
        std::fs::remove_dir_all(&dir).unwrap();
        let gone = load(&systemd).unwrap_err().to_string();
        assert!(gone.contains("CREDENTIALS_DIRECTORY is '") && gone.contains("a folder that exists"), "{gone}");
    }

    #[test]
    fn the_servers_own_origin_is_allowed_once_bound() {
        for (bound, expect) in [
            ("127.0.0.1:8000", &["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"][..]),
            ("0.0.0.0:80", &["http://127.0.0.1", "http://localhost", "http://[::1]"]),
            ("192.168.1.2:9", &["http://192.168.1.2:9"]),
        ] {
            let mut config = load(&[("ALLOWED_ORIGINS", "http://x")]).unwrap();
            config.bound(bound.parse().unwrap());
            assert_eq!(config.allowed_origins[1..], *expect, "{bound}");
        }
    }
}
