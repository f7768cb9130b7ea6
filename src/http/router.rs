//! From a method and a path to a route of the table.
//!
//! What it refuses, so that the table stays readable: an empty segment never fills a parameter; literals are compared after
//! percent-decoding, so `/he%61lth` is `/health`; a parameter holds one segment (a slash in it is written `%2F`), apart from the last
//! parameter of lineage and graph routes, which also takes raw slashes, since URNs of files have them; dots are not resolved; a path that is written out in the
//! table is never taken for a parameter.

use super::route::{ROUTES, Route};
use hyper::Method;
use std::sync::LazyLock;

/// What a path leads to.
#[derive(Debug)]
pub enum Found {
    /// This route, with the values of its parameters.
    Route(&'static Route, Vec<String>),
    /// The path without its trailing slash, where there is a route.
    Redirect(String),
    /// The path is known; these are its methods (an `Allow` header).
    Methods(String),
    /// No such path.
    Nothing,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Literal(&'static str),
    Parameter,
    // Last, so that a template that spans is tried after those that do not.
    Rest,
}

struct Template {
    route: &'static Route,
    parts: Vec<Part>,
}

/// Most specific first: the first that fits wins.
static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut all: Vec<Template> = ROUTES.iter().map(Template::new).collect();
    all.sort_by(|a, b| a.parts.cmp(&b.parts));
    all
});

impl Template {
    fn new(route: &'static Route) -> Template {
        let mut parts: Vec<Part> =
            route.path[1..].split('/').map(|part| if part.starts_with('{') { Part::Parameter } else { Part::Literal(part) }).collect();
        if matches!(route.tag, "Lineage" | "Graph") && parts.last() == Some(&Part::Parameter) {
            parts.pop();
            parts.push(Part::Rest);
        }
        Template { route, parts }
    }

    fn matches(&self, path: &str) -> Option<Vec<String>> {
        let mut rest = Some(path);
        let mut params = Vec::new();
        for part in &self.parts {
            let text = rest?;
            if *part == Part::Rest {
                return (!text.is_empty()).then(|| {
                    params.push(decode(text));
                    params
                });
            }
            // Most rows are refused at their first literals, on every request: without looking for the segment's end.
            if let Part::Literal(literal) = part
                && !text.contains('%')
            {
                let after = text.strip_prefix(literal)?;
                rest = if after.is_empty() { None } else { Some(after.strip_prefix('/')?) };
                continue;
            }
            let segment = text.split_once('/').map_or(text, |(segment, _)| segment);
            rest = text.split_once('/').map(|(_, rest)| rest);
            match part {
                Part::Literal(literal) if decode(segment) == *literal => {}
                Part::Parameter if !segment.is_empty() => params.push(decode(segment)),
                _ => return None,
            }
        }
        rest.is_none().then_some(params)
    }
}

/// Percent-decoding; bytes that are not UTF-8 become U+FFFD, so that such a name is simply not found.
pub fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Finds the route for `method` on `path` (raw, without BASE_PATH). HEAD is GET; OPTIONS never finds a route, only methods.
pub fn find(method: &Method, path: &str) -> Found {
    let Some(inner) = path.strip_prefix('/') else { return Found::Nothing };
    if inner.ends_with('/') {
        let without = inner.trim_end_matches('/');
        let known = !without.is_empty() && TEMPLATES.iter().any(|t| t.matches(without).is_some());
        return if known { Found::Redirect(format!("/{without}")) } else { Found::Nothing };
    }
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let mut methods: Vec<&Method> = Vec::new();
    let mut written_out = false;
    for template in TEMPLATES.iter() {
        if let Some(params) = template.matches(inner) {
            // `/files/stats` is no file's id, whatever the method.
            if written_out && !params.is_empty() {
                continue;
            }
            written_out |= params.is_empty();
            if template.route.method == *method {
                return Found::Route(template.route, params);
            }
            methods.push(&template.route.method);
        }
    }
    if methods.is_empty() { Found::Nothing } else { Found::Methods(allow(&methods)) }
}

/// An `Allow` header: each method once, with the HEAD and OPTIONS that come for free.
fn allow(methods: &[&Method]) -> String {
    let order = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    let has = |name: &str| match name {
        "OPTIONS" => true,
        "HEAD" => methods.contains(&&Method::GET),
        _ => methods.iter().any(|m| m.as_str() == name),
    };
    order.into_iter().filter(|name| has(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(method: &str, path: &str) -> String {
        match find(&method.parse().unwrap(), path) {
            Found::Route(route, params) => format!("{} {params:?}", route.path),
            Found::Redirect(to) => format!("-> {to}"),
            Found::Methods(allow) => format!("allow {allow}"),
            Found::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn paths_lead_where_the_table_says() {
        let cases = [
            ("GET", "/", "/ []"),
            ("GET", "/health", "/health []"),
            ("HEAD", "/health", "/health []"),
            ("GET", "/he%61lth", "/health []"),
            ("GET", "/health/", "-> /health"),
            ("POST", "/health//", "-> /health"),
            ("GET", "//", "nothing"),
            ("GET", "//health", "nothing"),
            ("GET", "/nope", "nothing"),
            ("GET", "/nope/", "nothing"),
            ("GET", "", "nothing"),
            ("GET", "*", "nothing"),
            ("DELETE", "/health", "allow GET, HEAD, OPTIONS"),
            ("OPTIONS", "/api/v1/projects/x", "allow GET, HEAD, PUT, DELETE, OPTIONS"),
            ("PATCH", "/api/v1/projects", "allow GET, HEAD, POST, OPTIONS"),
            ("GET", "/api/v1/files/recent", "/api/v1/files/recent []"),
            ("DELETE", "/api/v1/files/recent", "allow GET, HEAD, OPTIONS"),
            ("POST", "/api/chat/sessions", "allow GET, HEAD, OPTIONS"),
            ("GET", "/api/v1/files/abc", "/api/v1/files/{id} [\"abc\"]"),
            ("POST", "/api/chat/title", "/api/chat/title []"),
            ("POST", "/api/chat/graph", "/api/chat/{mode} [\"graph\"]"),
            ("GET", "/api/v1/projects/a%2Fb", "/api/v1/projects/{id} [\"a/b\"]"),
            ("GET", "/api/v1/projects/a/b", "nothing"),
            ("GET", "/api/v1/projects//links", "nothing"),
            ("GET", "/api/v1/lineage/node/urn:headwater:p:file:a/b.sql", "/api/v1/lineage/node/{id} [\"urn:headwater:p:file:a/b.sql\"]"),
            ("GET", "/api/v1/lineage/node/urn:headwater:p:file:a%2Fb.sql", "/api/v1/lineage/node/{id} [\"urn:headwater:p:file:a/b.sql\"]"),
            ("GET", "/api/v1/lineage/node/", "nothing"),
            ("GET", "/api/v1/lineage/node/x/", "-> /api/v1/lineage/node/x"),
            ("GET", "/api/v1/graph/entity/a/b", "/api/v1/graph/entity/{id} [\"a/b\"]"),
            ("GET", "/api/v1/database/tables/dbo/Orders", "/api/v1/database/tables/{schema}/{table} [\"dbo\", \"Orders\"]"),
            ("GET", "/api/v1/database/tables/d/t/dependencies", "/api/v1/database/tables/{schema}/{table}/dependencies [\"d\", \"t\"]"),
            ("GET", "/api/v1/lineage/nodes", "/api/v1/lineage/nodes []"),
            ("GET", "/docs/../health", "nothing"),
        ];
        for (method, path, want) in cases {
            assert_eq!(shown(method, path), want, "{method} {path}");
        }
    }

    #[test]
    fn percent_signs_that_encode_nothing_stay_and_bytes_that_are_not_text_are_replaced() {
        assert_eq!(decode("a%2Fb%zz%4"), "a/b%zz%4");
        assert_eq!(decode("%ff"), "\u{fffd}");
        assert_eq!(decode("%C3%A9+"), "é+");
    }

    #[test]
    fn every_route_is_found_by_its_own_template_and_no_two_are_the_same() {
        for route in ROUTES {
            let path = route.path.replace(['{', '}'], "");
            match find(&route.method, &path) {
                Found::Route(found, _) => assert_eq!(found.path, route.path, "{} {}", route.method, path),
                other => panic!("{} {path}: {other:?}", route.method),
            }
        }
    }
}
