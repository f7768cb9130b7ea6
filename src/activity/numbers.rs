//! What is counted from activity events: totals, and by route, status and kind of error.

use super::Event;
use std::collections::BTreeMap;

/// The `event_type` and the label of requests that no route fits: their paths are the client's invention, and unbounded.
pub const UNMATCHED: &str = "unmatched";

/// Upper bounds of the latency histogram, seconds; one more bucket holds the rest.
pub const LATENCY_BOUNDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Methods that are their own label; anything else is a client's invention.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

/// Counts since the process started. Every number is counted from [`Event`]s.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// When counting began, RFC 3339.
    pub session_start: String,
    /// Requests answered (or given up by their client).
    pub total: u64,
    /// Those with a status of 400 or more.
    pub failed: u64,
    /// Chat and lineage questions that were answered.
    pub queries: u64,
    /// Milliseconds spent on those, added up.
    pub query_ms: f64,
    /// Uploads and ingests that were answered.
    pub ingestions: u64,
    /// Health checks answered.
    pub health_checks: u64,
    /// Milliseconds spent on all requests, added up.
    pub latency_ms: f64,
    /// By method and route template ([`UNMATCHED`] when none).
    pub routes: BTreeMap<(String, String), RouteNumbers>,
    /// Failures by HTTP status and, for statuses that say little, by event type.
    pub error_types: BTreeMap<String, u64>,
}

/// Counts of one method and route.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteNumbers {
    /// By HTTP status.
    pub statuses: BTreeMap<u16, u64>,
    /// By latency: one for each of [`LATENCY_BOUNDS`], and the rest; not cumulative.
    pub buckets: [u64; LATENCY_BOUNDS.len() + 1],
    /// Seconds added up.
    pub seconds: f64,
}

impl RouteNumbers {
    /// Requests in all.
    pub fn total(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl Numbers {
    pub(super) fn new() -> Numbers {
        Numbers {
            session_start: crate::id::now(),
            total: 0,
            failed: 0,
            queries: 0,
            query_ms: 0.0,
            ingestions: 0,
            health_checks: 0,
            latency_ms: 0.0,
            routes: BTreeMap::new(),
            error_types: BTreeMap::new(),
        }
    }

    pub(super) fn count(&mut self, event: &Event) {
        self.total += 1;
        self.latency_ms += event.latency_ms;
        match event.r#type.as_str() {
            "query" => {
                self.queries += 1;
                self.query_ms += event.latency_ms;
            }
            "ingestion" => self.ingestions += 1,
            "health_check" => self.health_checks += 1,
            _ => {}
        }
        if event.status_code >= 400 {
            self.failed += 1;
            *self.error_types.entry(error_type(event.status_code).to_string()).or_default() += 1;
        }
        let method = METHODS.into_iter().find(|m| *m == event.method).unwrap_or("other");
        let endpoint = if event.event_type == UNMATCHED { UNMATCHED } else { &event.endpoint };
        let route = self.routes.entry((method.to_string(), endpoint.to_string())).or_default();
        *route.statuses.entry(event.status_code).or_default() += 1;
        let seconds = event.latency_ms / 1000.0;
        route.seconds += seconds;
        route.buckets[LATENCY_BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
    }

    /// Requests with a status below 400.
    pub fn successful(&self) -> u64 {
        self.total - self.failed
    }

    /// Requests by route template whatever the method, the busiest first.
    pub fn endpoints(&self) -> Vec<(&str, u64)> {
        let mut by_endpoint: BTreeMap<&str, u64> = BTreeMap::new();
        for ((_, endpoint), route) in &self.routes {
            *by_endpoint.entry(endpoint).or_default() += route.total();
        }
        let mut sorted: Vec<_> = by_endpoint.into_iter().collect();
        sorted.sort_by_key(|(endpoint, n)| (std::cmp::Reverse(*n), *endpoint));
        sorted
    }
}

/// What kind of failure a status is.
fn error_type(status: u16) -> &'static str {
    match status {
        400 => "bad_request",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        409 => "conflict",
        413 => "too_large",
        415 => "unsupported_media_type",
        422 => "validation_error",
        429 => "rate_limited",
        499 => "client_gone",
        503 => "unavailable",
        507 => "insufficient_storage",
        500.. => "server_error",
        _ => "client_error",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::event;
    use super::*;

    #[test]
    fn an_event_is_counted_in_its_totals_its_route_and_its_bucket() {
        let mut numbers = Numbers::new();
        for (kind, status, ms) in [("request", 200, 1.0), ("query", 200, 30.0), ("error", 422, 0.2), ("error", 503, 99_999.0)] {
            numbers.count(&Event { r#type: kind.into(), status_code: status, latency_ms: ms, ..event(0) });
        }
        assert_eq!((numbers.total, numbers.failed, numbers.successful(), numbers.queries), (4, 2, 2, 1));
        let route = &numbers.routes[&("GET".to_string(), "/api/v1/projects".to_string())];
        assert_eq!((route.total(), route.statuses[&200], route.buckets[0], route.buckets[5], route.buckets[13]), (4, 2, 2, 1, 1));
        assert_eq!(numbers.error_types, BTreeMap::from([("unavailable".into(), 1), ("validation_error".into(), 1)]));
    }

    #[test]
    fn paths_and_methods_that_clients_invent_share_one_label() {
        let mut numbers = Numbers::new();
        for i in 0..100 {
            let (endpoint, method) = (format!("/x/{i}"), format!("M{i}"));
            numbers.count(&Event { event_type: UNMATCHED.into(), endpoint, method, status_code: 404, ..event(0) });
        }
        assert_eq!(numbers.routes.len(), 1);
        assert_eq!(numbers.endpoints(), [(UNMATCHED, 100)]);
    }

    #[test]
    fn the_busiest_endpoint_comes_first() {
        let mut numbers = Numbers::new();
        for endpoint in ["/b", "/a", "/c", "/c"] {
            numbers.count(&Event { endpoint: endpoint.into(), ..event(0) });
        }
        assert_eq!(numbers.endpoints(), [("/c", 2), ("/a", 1), ("/b", 1)]);
    }
}
