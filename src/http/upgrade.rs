//! From an HTTP request to a WebSocket: the handshake, and the bare socket behind hyper's upgrade.

use super::{Error, Response, respond};
use bytes::Bytes;
use hyper::header::{CONNECTION, HeaderMap, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, StatusCode, Version};
use hyper_util::rt::TokioIo;
use std::io;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Checks the opening handshake and gives the 101 that answers it. A request that asks for no WebSocket finds nothing here (404, as
/// FastAPI answers it); one that asks in a wrong way is told what is wrong (400), or which version we speak (426).
pub fn switch<B>(request: &hyper::Request<B>) -> Result<Response, Error> {
    let headers = request.headers();
    if request.method() != Method::GET || !names(headers, UPGRADE, "websocket") {
        return Err(Error::NotFound("Not Found: this is a WebSocket, connect to it with an 'Upgrade: websocket' request".into()));
    }
    if request.version() != Version::HTTP_11 || !names(headers, CONNECTION, "upgrade") {
        return Err(Error::BadRequest("A WebSocket begins with an HTTP/1.1 request that has 'Connection: Upgrade'".into()));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(Error::UpgradeRequired("Unknown WebSocket version: send 'Sec-WebSocket-Version: 13'".into()));
    }
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY).map(|key| key.as_bytes()).filter(|key| is_key(key)) else {
        return Err(Error::BadRequest("'Sec-WebSocket-Key' is missing or not 16 bytes in base64".into()));
    };
    let response = respond::empty(StatusCode::SWITCHING_PROTOCOLS);
    let response = respond::with(response, UPGRADE, "websocket");
    let response = respond::with(response, CONNECTION, "Upgrade");
    Ok(respond::with(response, SEC_WEBSOCKET_ACCEPT, derive_accept_key(key)))
}

/// Whether the header's comma list has `token`.
fn names(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// 16 bytes in base64: 22 digits and two signs of padding.
fn is_key(key: &[u8]) -> bool {
    let digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(digit)
}

/// The socket itself, once the 101 is written, and the bytes that came on it already.
pub async fn socket(upgrading: OnUpgrade) -> io::Result<(TcpStream, Bytes)> {
    let upgraded = upgrading.await.map_err(io::Error::other)?;
    let parts = upgraded.downcast::<TokioIo<TcpStream>>().map_err(|_| io::Error::other("the connection is not a plain TCP socket"))?;
    Ok((parts.io.into_inner(), parts.read_buf))
}

#[cfg(test)]
mod tests {
    use super::switch;
    use hyper::Request;

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn answer(method: &str, headers: &[(&str, &str)]) -> (u16, Option<String>) {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match switch(&request.body(()).unwrap()) {
            Ok(response) => {
                let accept = response.headers().get("sec-websocket-accept").map(|v| v.to_str().unwrap().to_owned());
                (response.status().as_u16(), accept)
            }
            Err(error) => (error.status().as_u16(), None),
        }
    }

    #[test]
    fn the_example_of_the_standard_is_answered_as_the_standard_says() {
        assert_eq!(answer("GET", &GOOD), (101, Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".into())));
    }

    #[test]
    fn a_wrong_handshake_is_told_what_is_wrong() {
        for (header, value, status) in [
            ("upgrade", "h2c", 404),
            ("upgrade", "", 404),
            ("upgrade", "h2c, WebSocket", 101),
            ("connection", "keep-alive", 400),
            ("connection", "keep-alive, upgrade", 101),
            ("sec-websocket-version", "8", 426),
            ("sec-websocket-version", "", 426),
            ("sec-websocket-key", "", 400),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ", 400),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZ===", 400),
            ("sec-websocket-key", "!!!!IHNhbXBsZSBub25jZQ==", 400),
        ] {
            let headers = GOOD.map(|(name, good)| (name, if name == header { value } else { good }));
            assert_eq!(answer("GET", &headers).0, status, "{header}: {value}");
            let without: Vec<_> = headers.into_iter().filter(|(name, _)| *name != header || status == 101).collect();
            assert_eq!(answer("GET", &without).0, status, "without {header}");
        }
        assert_eq!(answer("HEAD", &GOOD).0, 404);
    }
}
