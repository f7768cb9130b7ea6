//! Requests to a running server.

use super::terminal::one_line;
use super::{Arguments, Failure, nearest};
use crate::config::{BadSetting, Config, Environment, HTTP_SCHEMES};
use serde_json::Value as Json;
use std::io::Read;
use std::time::Duration;
use ureq::http::{Request, Response, StatusCode, request};
use ureq::{AsSendBody, Body};

/// Where a token is looked for: it is a secret, and command lines can be seen by others.
pub const TOKEN: &str = "HEADWATER_TOKEN";

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence before an answer begins: a large upload is read, stored and linked within it.
const ANSWER: Duration = Duration::from_secs(600);
/// Most bytes of an answer: a graph at its limits is a tenth of it.
const MAX_ANSWER: u64 = 256 << 20;
/// Letters of an answer that is not what a server of ours says.
const MAX_SHOWN: usize = 300;

/// A server, and how to talk to it.
pub struct Client {
    /// Its base URL, without a slash at the end.
    pub server: String,
    token: Option<String>,
    agent: ureq::Agent,
}

/// The server that the arguments name, else the one that `settings` describe.
pub fn address(arguments: &Arguments, settings: fn(&Arguments) -> Result<Config, BadSetting>) -> Result<String, Failure> {
    let Some(url) = arguments.text("server") else {
        let config = settings(arguments)?;
        let host = if config.host.is_unspecified() { std::net::Ipv4Addr::LOCALHOST.into() } else { config.host };
        return Ok(format!("http://{}{}", std::net::SocketAddr::new(host, config.port), config.base_path));
    };
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    if !HTTP_SCHEMES.iter().any(|scheme| url.split("://").next().is_some_and(|own| own.eq_ignore_ascii_case(scheme))) {
        return Err(Failure::Usage(format!("--server is '{url}' but must begin with {}://", HTTP_SCHEMES.join(":// or "))));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

impl Client {
    /// For the server that the arguments name, else the environment; no `.env` is read. The environment's own API_TOKEN goes to the
    /// server of those settings and to no other.
    pub fn new(arguments: &Arguments) -> Result<Client, Failure> {
        let server = address(arguments, Arguments::config_of_user)?;
        let own = if arguments.text("server").is_none() { arguments.config_of_user()?.api_token } else { None };
        let token = arguments.setting(&Environment::default(), TOKEN).or(own);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .build()
            .new_agent();
        Ok(Client { server, token, agent })
    }

    /// The beginning of a request. `query` is encoded here, `path` is as [`encoded`] makes it.
    pub fn request(&self, method: &str, path: &str, query: &[(&str, &str)]) -> request::Builder {
        let mut url = format!("{}{path}", self.server);
        for (at, (name, value)) in query.iter().enumerate() {
            url.push_str(&format!("{}{name}={}", if at == 0 { '?' } else { '&' }, encoded(value)));
        }
        let request = Request::builder().method(method).uri(url);
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// What the server answers, whatever the status.
    pub fn send(&self, request: request::Builder, body: impl AsSendBody) -> Result<Response<Body>, Failure> {
        let unreachable = |why: String| {
            Failure::Failed(format!(
                "{} cannot be reached: {why}; is it running? (`headwater serve`, or name another with --server)",
                self.server
            ))
        };
        let request = request.body(body).map_err(|e| Failure::Usage(format!("--server: {e}")))?;
        self.agent.run(request).map_err(|error| unreachable(why(&error)))
    }

    /// The answer to a request with no body, as JSON; [`Failure::Failed`] with what the server says when it refuses.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Json, Failure> {
        self.json(self.send(self.request("GET", path, query), ())?)
    }

    /// As [`Client::get`]; `None` when the server knows no such thing.
    pub fn look(&self, path: &str) -> Result<Option<Json>, Failure> {
        let answer = self.send(self.request("GET", path, &[]), ())?;
        if answer.status() == StatusCode::NOT_FOUND { Ok(None) } else { self.json(answer).map(Some) }
    }

    /// That there is no such project, and which there are; `remedy` stands between.
    pub fn no_project(&self, project: &str, remedy: &str) -> Failure {
        let page = match self.get("/api/v1/projects", &[]) {
            Ok(page) => page,
            Err(failure) => return failure,
        };
        let there: Vec<&str> = page["projects"].as_array().into_iter().flatten().filter_map(|p| p["id"].as_str()).collect();
        let (hint, there) = (nearest::hint(project, &there, ""), one_line(&there.join(", ")));
        let end = if remedy.is_empty() && hint.ends_with('?') { "" } else { "." };
        Failure::Failed(format!("there is no project '{project}' at {}{hint}{remedy}{end} There are: {there}", self.server))
    }

    /// What the server answers to JSON that is posted, as JSON; [`Failure::Failed`] with what the server says when it refuses.
    pub fn post(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        let request = self.request("POST", path, &[]).header("content-type", "application/json");
        self.json(self.send(request, body.to_string())?)
    }

    /// An answer as JSON; [`Failure::Failed`] with what the server says when it refuses.
    pub fn json(&self, answer: Response<Body>) -> Result<Json, Failure> {
        let status = answer.status();
        let mut bytes = Vec::new();
        let read = answer.into_body().into_reader().take(MAX_ANSWER).read_to_end(&mut bytes);
        read.map_err(|e| Failure::Failed(format!("{}: the answer broke off: {e}", self.server)))?;
        let json = serde_json::from_slice::<Json>(&bytes);
        match json {
            Ok(json) if status.is_success() => Ok(json),
            json => Err(self.refused(status, &json.unwrap_or(Json::Null), &bytes)),
        }
    }

    fn refused(&self, status: StatusCode, json: &Json, bytes: &[u8]) -> Failure {
        let server = &self.server;
        let detail = match &json["detail"] {
            Json::String(text) => text.clone(),
            Json::Array(list) => list.iter().filter_map(|e| e["msg"].as_str()).collect::<Vec<_>>().join("; "),
            _ => {
                let shown: String = String::from_utf8_lossy(bytes).chars().take(MAX_SHOWN).collect();
                return Failure::Failed(format!("{server} answers {status} and not as headwater does: {}", one_line(&shown)));
            }
        };
        let hint = if status == StatusCode::UNAUTHORIZED { format!(": set {TOKEN} to the server's API_TOKEN") } else { String::new() };
        Failure::Failed(format!("{}{hint}", one_line(&detail)))
    }
}

/// Why a server did not answer, in a person's words.
pub fn why(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => "nothing listens there".to_owned(),
        ureq::Error::Io(io) => io.to_string(),
        error => error.to_string(),
    }
}

/// Text as part of a path or a query.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
