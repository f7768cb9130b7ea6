//! Server frames of RFC 6455, built once and shared by everyone they go to: unmasked, unfragmented.

use bytes::Bytes;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;

/// Longest reason a close frame has room for beside its code: control frames carry at most 125 bytes.
const MAX_REASON: usize = 123;

/// A text frame. `payload` is UTF-8: every payload here comes from a JSON serialiser.
pub fn text(payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(FIN | TEXT);
    match payload.len() {
        len @ 0..=125 => frame.push(len as u8),
        len @ 126..=0xffff => {
            frame.push(126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    Bytes::from(frame)
}

/// A ping with no payload.
pub fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// A close frame; a reason over 123 bytes is cut at a character.
pub fn close(code: u16, reason: &str) -> Bytes {
    let reason = &reason[..reason.floor_char_boundary(MAX_REASON)];
    let mut frame = vec![FIN | CLOSE, (2 + reason.len()) as u8];
    frame.extend_from_slice(&code.to_be_bytes());
    frame.extend_from_slice(reason.as_bytes());
    Bytes::from(frame)
}

#[cfg(test)]
mod tests {
    use super::{close, ping, text};
    use proptest::prelude::{any, proptest};
    use std::io::Cursor;
    use tokio_tungstenite::tungstenite::{
        Message,
        protocol::{Role, WebSocket},
    };

    /// What a client reads from these bytes.
    fn decode(bytes: &[u8]) -> Message {
        WebSocket::from_raw_socket(Cursor::new(bytes.to_vec()), Role::Client, None).read().unwrap()
    }

    proptest! {
        #![proptest_config(crate::properties::config())]

        #[test]
        fn a_client_reads_back_the_text(payload in ".{0,300}") {
            assert_eq!(decode(&text(payload.as_bytes())), Message::text(payload));
        }

        #[test]
        fn a_client_reads_back_the_code_and_as_much_reason_as_fits(code in 3000u16..5000, reason in any::<String>()) {
            let Message::Close(Some(read)) = decode(&close(code, &reason)) else { panic!("not a close frame") };
            assert_eq!(u16::from(read.code), code);
            assert!(reason.starts_with(read.reason.as_str()) && (reason.len() > 123 || read.reason.as_str() == reason));
        }
    }

    #[test]
    fn lengths_change_their_encoding_where_the_protocol_says() {
        for len in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let payload = "x".repeat(len);
            assert_eq!(decode(&text(payload.as_bytes())), Message::text(payload), "{len}");
        }
    }

    #[test]
    fn a_ping_is_a_ping() {
        assert_eq!(decode(&ping()), Message::Ping(bytes::Bytes::new()));
    }
}
