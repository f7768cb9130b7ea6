//! Cross-origin rules: which pages may read answers and send writes. Preflights are answered the way Starlette's CORSMiddleware does it.

use super::{Response, access, respond};
use crate::config::Config;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, VARY,
};
use hyper::{Method, StatusCode};

/// What Starlette answers for "all methods".
const METHODS: &str = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY";
/// Headers of ours that a page may read beside the ones browsers always show.
const EXPOSED: &str =
    "X-Request-ID, X-Total-Count, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, Content-Disposition";
const PREFLIGHT_VARY: &str =
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network";
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The `Origin` of a request, judged.
#[derive(Clone, Debug)]
pub struct Origin {
    value: HeaderValue,
    /// May it send writes, open sockets and read answers?
    pub allowed: bool,
    /// It is allowed by its own name, not by `*`.
    named: bool,
}

impl Origin {
    /// Judges the `Origin` header; `None` when there is none (not a browser, or a plain GET of the same origin).
    pub fn of(config: &Config, headers: &HeaderMap, host: Option<&str>) -> Option<Origin> {
        let value = headers.get(ORIGIN)?.clone();
        let text = value.to_str().unwrap_or("").trim_end_matches('/');
        let named = config.allowed_origins.iter().any(|allowed| allowed == text) || is_own(config, text, host);
        let allowed = named || config.allowed_origins.iter().any(|allowed| allowed == "*");
        Some(Origin { value, allowed, named })
    }
}

/// Whether `origin` is the server itself as this request names it. A name that anyone can point at this server (DNS rebinding) is not
/// believed just because the request says it twice: addresses and names without a dot are, and others when the host check has let them pass.
fn is_own(config: &Config, origin: &str, host: Option<&str>) -> bool {
    let (Some(host), Some((_, authority))) = (host, origin.split_once("://")) else { return false };
    let name = access::host_name(host);
    let unforgeable = !name.contains('.') || name.parse::<std::net::IpAddr>().is_ok();
    authority.eq_ignore_ascii_case(host) && (unforgeable || access::checks_host(config))
}

/// Whether the request is a preflight.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight from `origin`.
pub fn preflight(origin: &Origin, headers: &HeaderMap) -> Response {
    let method = headers.get(ACCESS_CONTROL_REQUEST_METHOD).and_then(|v| v.to_str().ok()).unwrap_or("");
    let private = headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|v| v == "true");
    let refusals: Vec<&str> = [
        (!origin.allowed, "origin"),
        (!METHODS.split(", ").any(|known| known == method), "method"),
        // A public page reaching into a private network must have been named by the operator.
        (private && !origin.named, "private-network"),
    ]
    .into_iter()
    .filter_map(|(refused, what)| refused.then_some(what))
    .collect();
    let text = if refusals.is_empty() { "OK".to_owned() } else { format!("Disallowed CORS {}", refusals.join(", ")) };
    let mut response = respond::bytes("text/plain; charset=utf-8", text);
    if !refusals.is_empty() {
        *response.status_mut() = StatusCode::BAD_REQUEST;
    }
    let out = response.headers_mut();
    out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    out.insert(VARY, HeaderValue::from_static(PREFLIGHT_VARY));
    if let Some(requested) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        out.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
    }
    if private && origin.named {
        out.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    response
}

/// Adds to an answer what lets the page of `origin` read it. `Vary` is there always: caches must not mix answers of origins.
pub fn decorate(origin: Option<&Origin>, headers: &mut HeaderMap) {
    if !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
    } else if !headers.get_all(VARY).iter().any(|v| v.to_str().is_ok_and(|v| v.to_ascii_lowercase().contains("origin"))) {
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
    let Some(origin) = origin.filter(|o| o.allowed) else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.value.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn config(origins: &str, host: &str) -> Config {
        Config::load(|name| match name {
            "ALLOWED_ORIGINS" => Some(origins.to_owned()),
            "API_HOST" => Some(host.to_owned()),
            _ => None,
        })
        .unwrap()
    }

    fn judged(origins: &str, bound: &str, origin: &str, host: &str) -> (bool, bool) {
        let origin = Origin::of(&config(origins, bound), &headers(&[("origin", origin)]), Some(host)).unwrap();
        (origin.allowed, origin.named)
    }

    #[test]
    fn origins_are_allowed_by_name_by_star_or_as_the_server_itself() {
        let app = "https://app.example";
        let cases = [
            (app, "127.0.0.1", "https://app.example", "localhost:8000", (true, true)),
            (app, "127.0.0.1", "https://app.example:8443", "localhost:8000", (false, false)),
            (app, "127.0.0.1", "http://app.example", "localhost:8000", (false, false)),
            (app, "127.0.0.1", "null", "localhost:8000", (false, false)),
            ("*", "127.0.0.1", "https://any.example", "localhost:8000", (true, false)),
            ("*", "127.0.0.1", "null", "localhost:8000", (true, false)),
            (app, "127.0.0.1", "http://localhost:8000", "localhost:8000", (true, true)),
            (app, "0.0.0.0", "http://192.168.1.5:8000", "192.168.1.5:8000", (true, true)),
            (app, "0.0.0.0", "http://192.168.1.5:9000", "192.168.1.5:8000", (false, false)),
            (app, "0.0.0.0", "http://[fe80::1]:8000", "[fe80::1]:8000", (true, true)),
            (app, "0.0.0.0", "http://edgebox:8000", "edgebox:8000", (true, true)),
            // A name with dots may be anyone's, pointed here (DNS rebinding).
            (app, "0.0.0.0", "http://evil.example:8000", "evil.example:8000", (false, false)),
        ];
        for (origins, bound, origin, host, want) in cases {
            assert_eq!(judged(origins, bound, origin, host), want, "{origin} at {host} bound to {bound}");
        }
    }

    #[test]
    fn preflights_are_answered_as_starlette_does() {
        let ask = |origin: &'static str, extra: &[(&'static str, &str)]| {
            let mut lines = vec![("origin", origin), ("access-control-request-method", "POST")];
            lines.extend_from_slice(extra);
            let headers = headers(&lines);
            let origin = Origin::of(&config("https://app.example", "127.0.0.1"), &headers, Some("localhost")).unwrap();
            let mut response = preflight(&origin, &headers);
            decorate(Some(&origin), response.headers_mut());
            response
        };
        let header = |response: &Response, name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let fine = ask("https://app.example", &[("access-control-request-headers", "x-a, content-type")]);
        assert_eq!(fine.status(), 200);
        assert_eq!(header(&fine, "access-control-allow-origin").as_deref(), Some("https://app.example"));
        assert_eq!(header(&fine, "access-control-allow-credentials").as_deref(), Some("true"));
        assert_eq!(header(&fine, "access-control-allow-headers").as_deref(), Some("x-a, content-type"));
        assert_eq!(header(&fine, "access-control-allow-methods").as_deref(), Some(METHODS));
        assert_eq!(header(&fine, "access-control-max-age").as_deref(), Some("600"));
        assert_eq!(header(&fine, "vary").as_deref(), Some(PREFLIGHT_VARY));
        let private = [("access-control-request-private-network", "true")];
        assert_eq!(header(&ask("https://app.example", &private), "access-control-allow-private-network").as_deref(), Some("true"));

        let foreign = ask("https://evil.example", &[]);
        assert_eq!((foreign.status().as_u16(), header(&foreign, "access-control-allow-origin")), (400, None));
        let trace = headers(&[("origin", "https://app.example"), ("access-control-request-method", "TRACE")]);
        let origin = Origin::of(&config("https://app.example", "127.0.0.1"), &trace, Some("localhost")).unwrap();
        assert_eq!(preflight(&origin, &trace).status(), 400);
    }
}
