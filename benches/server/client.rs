//! A client that costs as little as one can, so that what is timed is the server.

// Every bench compiles this module and uses its own part of it.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// One keep-alive HTTP/1.1 connection that reads answers by `Content-Length`.
pub struct Client {
    /// The connection.
    pub stream: TcpStream,
    /// What `Host` says.
    pub host: String,
    /// The body of the last answer.
    pub buffer: Vec<u8>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Client { stream, host: address.to_string(), buffer: Vec::with_capacity(64 << 10) }
    }

    /// Sends a request, returns the status, leaves the body in `self.buffer`.
    pub fn call(&mut self, method: &str, path: &str, content_type: &str, body: &[u8]) -> u16 {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", self.host, body.len());
        if !content_type.is_empty() {
            let _ = write!(head, "Content-Type: {content_type}\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).expect("the server reads");
        self.buffer.clear();
        let mut chunk = [0u8; 16 << 10];
        let end = loop {
            let n = self.stream.read(&mut chunk).expect("the server answers");
            assert_ne!(n, 0, "the server hung up on {method} {path}");
            self.buffer.extend_from_slice(&chunk[..n]);
            if let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        let length: usize = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length:"))
            .and_then(|v| v.trim().parse().ok())
            .expect("answers carry their length");
        self.buffer.drain(..end + 4);
        // The rest is read to where it stays.
        let there = self.buffer.len();
        self.buffer.resize(length, 0);
        self.stream.read_exact(&mut self.buffer[there..]).expect("the server answers in full");
        head[9..12].parse().expect("a status line")
    }

    /// Asks; panics unless the answer is 200.
    pub fn get(&mut self, path: &str) {
        assert_eq!(self.call("GET", path, "", b""), 200, "{path}: {}", String::from_utf8_lossy(&self.buffer));
    }

    /// Sends JSON; panics unless the answer is 200.
    pub fn post(&mut self, path: &str, body: &str) {
        assert_eq!(self.call("POST", path, "application/json", body.as_bytes()), 200, "{path}: {}", String::from_utf8_lossy(&self.buffer));
    }
}
