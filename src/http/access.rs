//! Who is asking, and whether they may: the client's address behind proxies, the `Host` check, tokens and the admin rule.

use super::Error;
use super::route::{Access, Route};
use crate::config::Config;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};

/// Headers that only a proxy adds.
const FORWARDING: [&str; 6] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// Who sends a request, as far as can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The client's address: the socket's, or behind trusted proxies the right-most untrusted `X-Forwarded-For` entry.
    pub address: IpAddr,
    /// A proxy that is not trusted (or does not say for whom) stands between: the address is the proxy's, and proves nothing.
    pub hidden: bool,
    /// A trusted proxy says that the client speaks HTTPS.
    pub secure: bool,
}

impl Caller {
    /// Reads the socket's address and the forwarding headers.
    pub fn of(config: &Config, peer: IpAddr, headers: &HeaderMap) -> Caller {
        let peer = peer.to_canonical();
        let trusted = |address: IpAddr| config.trusted_proxies.iter().any(|network| network.contains(address));
        let forwarded = FORWARDING.iter().any(|name| headers.contains_key(*name));
        if !forwarded || !trusted(peer) {
            return Caller { address: peer, hidden: forwarded, secure: false };
        }
        let secure = headers.get("x-forwarded-proto").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"https"));
        let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().map(|v| v.to_str().unwrap_or("?")).collect();
        let mut nearest = None;
        for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            // What cannot be read hides everything left of it.
            let Some(address) = address_of(entry) else { break };
            nearest = Some(address);
            if !trusted(address) {
                break;
            }
        }
        Caller { address: nearest.unwrap_or(peer), hidden: nearest.is_none(), secure }
    }
}

/// `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]`, `[::1]:5`.
fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim().trim_matches('"');
    entry
        .parse::<IpAddr>()
        .ok()
        .or_else(|| entry.parse::<SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
        .map(|a| a.to_canonical())
}

/// The `Host` of a request, port included.
pub fn host<B>(request: &hyper::Request<B>) -> Option<&str> {
    let authority = request.uri().authority().map(hyper::http::uri::Authority::as_str);
    authority.or_else(|| request.headers().get(HOST)?.to_str().ok())
}

/// The name or address in a `Host`, without port, brackets and trailing dot.
pub fn host_name(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.'),
    }
}

/// Whether `Host` is checked: on a loopback bind, and wherever `ALLOWED_HOSTS` is set.
pub fn checks_host(config: &Config) -> bool {
    config.allowed_hosts.is_some() || config.host.is_loopback()
}

/// 400 for a `Host` that is not ours: a page elsewhere whose name was pointed at this server (DNS rebinding).
pub fn check_host(config: &Config, host: Option<&str>) -> Result<(), Error> {
    // Without a Host it is no browser, and there is no name to be fooled by.
    let Some(host) = host.filter(|_| checks_host(config)) else { return Ok(()) };
    let name = host_name(host);
    let own = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address == config.host);
    let listed = config.allowed_hosts.iter().flatten().any(|allowed| match allowed.strip_prefix("*.") {
        Some(domain) => name.len() > domain.len() && name.to_ascii_lowercase().ends_with(&format!(".{}", domain.to_ascii_lowercase())),
        None => allowed == "*" || host_name(allowed).eq_ignore_ascii_case(name),
    });
    if own || listed {
        return Ok(());
    }
    Err(Error::BadRequest(format!("Invalid host header: '{name}' is not one of this server's names; add it to ALLOWED_HOSTS if it is")))
}

/// Whether `caller` may use `route`: 401 for a missing or wrong token, 403 for an admin route from elsewhere.
pub fn check(config: &Config, route: &Route, caller: Caller, headers: &HeaderMap, query: Option<&str>) -> Result<(), Error> {
    let sent = Credentials { headers, query: query.filter(|_| route.access == Access::Socket) };
    match route.access {
        Access::Open => Ok(()),
        Access::Token | Access::Socket => sent.require(config.api_token.as_deref(), "API_TOKEN"),
        Access::Admin if config.admin_token.is_some() => sent.require(config.admin_token.as_deref(), "ADMIN_TOKEN"),
        Access::Admin => {
            let near = config.admin_networks.iter().any(|network| network.contains(caller.address));
            if !near || (caller.hidden && caller.address.is_loopback()) {
                return Err(Error::Forbidden(
                    "Only clients in ADMIN_NETWORKS may do this (loopback by default): set ADMIN_TOKEN to administer from elsewhere".into(),
                ));
            }
            if route.path.starts_with("/api") { sent.require(config.api_token.as_deref(), "API_TOKEN") } else { Ok(()) }
        }
    }
}

/// What a request brings to prove itself.
struct Credentials<'a> {
    headers: &'a HeaderMap,
    query: Option<&'a str>,
}

impl Credentials<'_> {
    fn require(&self, token: Option<&str>, setting: &str) -> Result<(), Error> {
        let Some(token) = token else { return Ok(()) };
        let bearer = self.headers.get(AUTHORIZATION).and_then(|v| {
            let (scheme, value) = v.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then(|| value.trim_ascii().to_vec())
        });
        let key = self.headers.get("x-api-key").map(|v| v.as_bytes().to_vec());
        let query = self.query.and_then(|q| super::fields::pairs(q).find(|(name, _)| name == "token")).map(|(_, value)| value.into_bytes());
        let sent: Vec<Vec<u8>> = [bearer, key, query].into_iter().flatten().collect();
        if sent.iter().any(|candidate| same(candidate, token.as_bytes())) {
            return Ok(());
        }
        Err(Error::Unauthorized(if sent.is_empty() {
            format!("Not authenticated: send 'Authorization: Bearer <{setting}>' or 'X-API-Key: <{setting}>'")
        } else {
            format!("Invalid token: it is not the server's {setting}")
        }))
    }
}

/// Equality in a time that depends on neither content nor length: digests are compared, bit by bit.
fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = Sha256::digest(a).iter().zip(Sha256::digest(b).iter()).fold(0u8, |acc, (x, y)| acc | (x ^ y));
    std::hint::black_box(difference) == 0
}
