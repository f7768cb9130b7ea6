//! What the server says of itself: its endpoints, its dialects, its documentation, its page.

use super::assets::{self, DASHBOARD, DOCS};
use super::error::blocking;
use super::route::{Param, ROUTES};
use super::{Error, Request, Response, openapi, respond};
use crate::lineage::dialect::DIALECTS;
use data_encoding::BASE64;
use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Query parameters of [`endpoints`].
pub const ENDPOINTS_QUERY: &[Param] = &[Param::optional("tag", "string", "Only this tag, in any case")];

const PAGE: &str = "index.html";
/// Only files of this server and the one style that is in the page, by its hash; no inline script, no frame around it.
static PAGE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let page = text(&DASHBOARD).unwrap_or_default();
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).map_or("", |(style, _)| style);
    let hash = BASE64.encode(&Sha256::digest(style));
    format!(
        "default-src 'self'; style-src 'self' 'sha256-{hash}'; img-src 'self' data:; object-src 'none'; base-uri 'self'; \
         form-action 'self'; frame-ancestors 'none'"
    )
});
/// As the page's; Swagger UI sets styles inline.
const DOCS_POLICY: &str = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The server's endpoints.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Endpoints {
    total: usize,
    endpoints: Vec<EndpointInfo>,
    /// How many of them have each tag.
    by_tag: BTreeMap<&'static str, usize>,
}

/// One endpoint.
#[derive(Serialize, schemars::JsonSchema)]
pub struct EndpointInfo {
    method: &'static str,
    path: &'static str,
    /// As in activity events.
    name: String,
    description: &'static str,
    tags: [&'static str; 1],
}

/// `GET /api/v1/endpoints`: Every endpoint.
pub fn endpoints(req: &Request) -> Result<Response, Error> {
    let mut query = req.query();
    let tag = query.optional_string("tag", 0, 255).filter(|tag| !tag.is_empty());
    query.finish()?;
    let wanted = ROUTES.iter().filter(|route| tag.as_ref().is_none_or(|tag| route.tag.eq_ignore_ascii_case(tag)));
    let mut by_tag = BTreeMap::new();
    let endpoints: Vec<EndpointInfo> = wanted
        .map(|route| {
            *by_tag.entry(route.tag).or_insert(0) += 1;
            EndpointInfo {
                method: route.method.as_str(),
                path: route.path,
                name: route.endpoint.name(),
                description: route.summary,
                tags: [route.tag],
            }
        })
        .collect();
    Ok(respond::ok(&Endpoints { total: endpoints.len(), endpoints, by_tag }))
}

/// A SQL dialect.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Dialect {
    /// What uploads and questions name it by.
    id: &'static str,
    display_name: &'static str,
    /// The name that the sqlglot library gives it.
    sqlglot_key: &'static str,
    is_default: bool,
    enabled: bool,
}

/// `GET /api/v1/config/sql-dialects`: SQL dialects.
pub fn dialects() -> Response {
    // Our ids are sqlglot's on purpose, and every dialect listed is always there.
    let list = DIALECTS.iter().enumerate().map(|(i, dialect)| Dialect {
        id: dialect.id,
        display_name: dialect.display_name,
        sqlglot_key: dialect.id,
        is_default: i == 0,
        enabled: true,
    });
    respond::ok(&list.collect::<Vec<_>>())
}

/// `GET /openapi.json`: This API as OpenAPI 3.1.
pub async fn openapi() -> Result<Response, Error> {
    let response = respond::bytes("application/json", blocking(openapi::document).await?);
    Ok(respond::with(response, CACHE_CONTROL, "no-cache"))
}

/// `GET /docs`: Swagger UI.
pub fn docs(headers: &HeaderMap) -> Result<Response, Error> {
    Ok(assets::page(headers, text(&DOCS)?, DOCS_POLICY))
}

/// `GET /docs/{file}`: Files of Swagger UI.
pub fn docs_asset(req: &Request) -> Result<Response, Error> {
    file(&DOCS, req)
}

/// `GET /`: The dashboard page.
pub fn page(req: &Request) -> Result<Response, Error> {
    let (config, headers) = (&req.config, req.inner.headers());
    if config.base_path.is_empty() {
        let response = assets::find(&DASHBOARD, PAGE)?.respond(headers);
        return Ok(respond::with(response, CONTENT_SECURITY_POLICY, PAGE_POLICY.as_str()));
    }
    let html = text(&DASHBOARD)?.replace("<base href=\"/\">", &format!("<base href=\"{}/\">", attribute(&config.base_path)));
    Ok(assets::page(headers, html, &PAGE_POLICY))
}

/// `GET /assets/{file}`: Files of the dashboard page.
pub fn page_asset(req: &Request) -> Result<Response, Error> {
    file(&DASHBOARD, req)
}

fn file(assets: &'static [assets::Asset], req: &Request) -> Result<Response, Error> {
    // The pages are served at their own paths only: their links are relative to those.
    let asset = assets::find(assets, req.param()).ok().filter(|asset| asset.name != PAGE);
    Ok(asset.ok_or_else(|| Error::NotFound("Not Found".into()))?.respond(req.inner.headers()))
}

fn text(assets: &'static [assets::Asset]) -> Result<String, Error> {
    String::from_utf8(assets::find(assets, PAGE)?.unpacked().to_vec()).map_err(|e| Error::Internal(format!("{PAGE}: {e}")))
}

/// `text` within a quoted attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_more_for_its_frame_and_names_what_its_first_view_runs_on() {
        let page = text(&DASHBOARD).unwrap();
        assert!(page.len() < 8_000, "what comes before the frame is {} bytes", page.len());
        assert!(page.contains("<style>") && !page.contains("stylesheet") && !page.contains("<!--"), "{page}");
        assert!(PAGE_POLICY.contains("style-src 'self' 'sha256-"));
        for (file, wanted) in [
            ("style.css", true),
            ("main.js", true),
            ("dashboard.js", true),
            ("upload.js", true),
            ("socket.js", true),
            ("graph.js", false),
            ("ask.js", false),
        ] {
            assert_eq!(page.contains(&format!("<link rel=\"later\" href=\"assets/{file}\">")), wanted, "{file}");
        }
    }
}
