//! Who is asking, and whether they may: the client's address behind proxies, the `Host` check, tokens and the admin rule.

use super::Error;
use super::route::{Access, Route};
use crate::config::Config;
use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};

/// Headers that only a proxy adds, beside the many that begin with `x-forwarded`.
const FORWARDING: [&str; 7] = ["forwarded", "x-real-ip", "via", "x-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip"];

fn is_forwarding(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-forwarded") || FORWARDING.contains(&name.as_str())
}

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
        let trusted = |address: IpAddr| config.trusts(address);
        let forwarded = headers.keys().any(is_forwarding);
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

/// The name or address in a `Host`, without port, brackets and trailing dot; all of it when it is not well-formed, which is nobody's name.
pub fn host_name(host: &str) -> &str {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let Some((name, after)) = rest.split_once(']') else { return host };
            match after.strip_prefix(':') {
                Some(port) => (name, port),
                None if after.is_empty() => (name, ""),
                None => return host,
            }
        }
        None => host.rsplit_once(':').unwrap_or((host, "")),
    };
    if is_port(port) { name.trim_end_matches('.') } else { host }
}

/// Whether `Host` is checked: on a loopback bind, and wherever `ALLOWED_HOSTS` is set.
pub fn checks_host(config: &Config) -> bool {
    config.allowed_hosts.is_some() || config.host.is_loopback()
}

/// 400 for an HTTP/1.1 request without a `Host`, or with two: what stands before this server might have gone by the other.
pub fn check_one_host<B>(request: &hyper::Request<B>) -> Result<(), Error> {
    match request.headers().get_all(HOST).iter().count() {
        1 => Ok(()),
        0 if request.version() < hyper::Version::HTTP_11 => Ok(()),
        n => Err(Error::BadRequest(format!("The request has {n} Host headers: send exactly one"))),
    }
}

/// 400 for a `Host` that is not ours: a page elsewhere whose name was pointed at this server (DNS rebinding).
pub fn check_host(config: &Config, host: Option<&str>) -> Result<(), Error> {
    // Without a Host it is no browser, and there is no name to be fooled by.
    let Some(host) = host.filter(|_| checks_host(config)) else { return Ok(()) };
    let name = host_name(host);
    let own = name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address == config.host);
    let listed = config.allowed_hosts.iter().flatten().any(|allowed| allowed == "*" || host_name(allowed).eq_ignore_ascii_case(name));
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
            if !near || caller.hidden {
                return Err(Error::Forbidden(
                    "Only clients in ADMIN_NETWORKS may do this (loopback by default): set ADMIN_TOKEN to administer from elsewhere".into(),
                ));
            }
            if route.path.starts_with("/api") { sent.require(config.api_token.as_deref(), "API_TOKEN") } else { Ok(()) }
        }
    }
}

/// Why a request was turned away before its handler saw it.
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    /// Its `Host` is missing, twice there, or not ours: [`check_one_host`], [`check_host`].
    Host,
    /// A page of an origin that is not allowed would have changed something.
    Origin,
    /// It has no token, or a wrong one.
    Token,
    /// It would administer, from outside of ADMIN_NETWORKS.
    Network,
    /// Its address asked too often.
    Rate,
}

/// How many were turned away, by reason.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; 5]);

impl Refusals {
    /// Counts one.
    pub fn count(&self, why: Refused) {
        self.0[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Each reason with how many there were.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ["host", "origin", "token", "network", "rate"].into_iter().zip(self.0.iter().map(|n| n.load(Ordering::Relaxed)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::route::ROUTES;

    fn config(settings: &[(&str, &str)]) -> Config {
        Config::load(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())).unwrap()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (hyper::header::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_client_is_the_right_most_address_that_no_trusted_proxy_has() {
        type Lines = &'static [(&'static str, &'static str)];
        let cases: [(&str, Lines, &str, bool); 13] = [
            ("203.0.113.9", &[], "203.0.113.9", false),
            ("203.0.113.9", &[("x-forwarded-for", "127.0.0.1")], "203.0.113.9", true),
            ("203.0.113.9", &[("cf-connecting-ip", "127.0.0.1")], "203.0.113.9", true),
            ("203.0.113.9", &[("x-forwarded-port", "443")], "203.0.113.9", true),
            ("10.0.0.1", &[], "10.0.0.1", false),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.7")], "198.51.100.7", false),
            ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.0.0.2")], "198.51.100.7", false),
            ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7", false),
            ("10.0.0.1", &[("x-forwarded-for", "\"[2001:db8::1]:80\"")], "2001:db8::1", false),
            ("10.0.0.1", &[("x-forwarded-for", "127.0.0.1, nonsense")], "10.0.0.1", true),
            ("10.0.0.1", &[("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3", false),
            ("10.0.0.1", &[("x-real-ip", "127.0.0.1")], "10.0.0.1", true),
            ("::ffff:10.0.0.1", &[("x-forwarded-for", "::ffff:1.2.3.4")], "1.2.3.4", false),
        ];
        let config = config(&[("TRUSTED_PROXIES", "10.0.0.0/8")]);
        for (peer, lines, address, hidden) in cases {
            let caller = Caller::of(&config, peer.parse().unwrap(), &headers(lines));
            assert_eq!((caller.address, caller.hidden), (address.parse().unwrap(), hidden), "{peer} {lines:?}");
        }
        let https = headers(&[("x-forwarded-proto", "https"), ("x-forwarded-for", "1.1.1.1")]);
        assert!(Caller::of(&config, "10.0.0.1".parse().unwrap(), &https).secure);
        assert!(!Caller::of(&config, "9.9.9.9".parse().unwrap(), &https).secure, "anyone can claim it");
    }

    #[test]
    fn a_name_that_is_not_ours_is_refused_where_hosts_are_checked() {
        let loopback = config(&[]);
        let open = config(&[("API_HOST", "0.0.0.0")]);
        let listed = config(&[("API_HOST", "0.0.0.0"), ("ALLOWED_HOSTS", "lineage.example.com,box.lan:8000")]);
        let cases = [
            (&loopback, Some("localhost:8000"), true),
            (&loopback, Some("LOCALHOST."), true),
            (&loopback, Some("127.0.0.1"), true),
            (&loopback, Some("[::1]:8000"), true),
            (&loopback, Some("evil.example"), false),
            (&loopback, Some("192.168.1.5:8000"), false),
            (&loopback, Some("localhost.evil.example"), false),
            (&loopback, None, true),
            (&open, Some("evil.example"), true),
            (&listed, Some("lineage.example.com"), true),
            (&listed, Some("BOX.lan"), true),
            (&listed, Some("a.box.lan"), false),
            (&listed, Some("evil.example"), false),
            (&listed, Some("localhost"), true),
        ];
        for (config, host, allowed) in cases {
            assert_eq!(check_host(config, host).is_ok(), allowed, "{host:?} on {}", config.host);
        }
    }

    #[test]
    fn tokens_open_what_they_are_for_and_nothing_else() {
        let route = |path: &str| ROUTES.iter().find(|route| route.path == path).unwrap();
        let near = Caller { address: "127.0.0.1".parse().unwrap(), hidden: false, secure: false };
        let hidden = Caller { hidden: true, ..near };
        let far = Caller { address: "192.0.2.1".parse().unwrap(), ..near };
        let (none, api) = (config(&[]), config(&[("API_TOKEN", "secret")]));
        let wide = config(&[("ADMIN_NETWORKS", "192.0.2.0/24")]);
        let both = config(&[("API_TOKEN", "secret"), ("ADMIN_TOKEN", "root")]);
        let bearer = |token: &str| headers(&[("authorization", &format!("Bearer {token}"))]);
        let (open, socket, restart) = ("/health", "/ws/dashboard", "/admin/restart");
        let (stats, presence) = ("/api/v1/stats", "/api/v1/ws/connections");
        let cases = [
            (&none, stats, far, headers(&[]), None, 200),
            (&api, open, far, headers(&[]), None, 200),
            (&api, stats, far, headers(&[]), None, 401),
            (&api, stats, far, bearer("secret"), None, 200),
            (&api, stats, far, headers(&[("authorization", "bearer secret")]), None, 200),
            (&api, stats, far, headers(&[("x-api-key", "secret")]), None, 200),
            (&api, stats, far, bearer("secre"), None, 401),
            (&api, stats, far, headers(&[("authorization", "Basic secret")]), None, 401),
            (&api, stats, far, headers(&[("authorization", "é")]), None, 401),
            (&api, stats, far, headers(&[]), Some("token=secret"), 401),
            (&api, socket, far, headers(&[]), Some("a=b&token=secret"), 200),
            (&api, socket, far, headers(&[]), Some("token=wrong"), 401),
            (&api, "/metrics", far, headers(&[]), None, 401),
            (&none, restart, near, headers(&[]), None, 200),
            (&none, restart, hidden, headers(&[]), None, 403),
            (&none, restart, far, headers(&[]), None, 403),
            (&wide, restart, far, headers(&[]), None, 200),
            (&wide, restart, Caller { hidden: true, ..far }, headers(&[]), None, 403),
            (&api, restart, near, headers(&[]), None, 200),
            (&api, presence, near, headers(&[]), None, 401),
            (&api, presence, near, bearer("secret"), None, 200),
            (&both, restart, near, headers(&[]), None, 401),
            (&both, restart, far, bearer("root"), None, 200),
            (&both, presence, far, bearer("secret"), None, 401),
        ];
        for (config, path, caller, headers, query, want) in cases {
            let got = check(config, route(path), caller, &headers, query).map_or_else(|e| e.status().as_u16(), |()| 200);
            assert_eq!(got, want, "{path} from {caller:?} with {headers:?} {query:?}");
        }
    }
}
