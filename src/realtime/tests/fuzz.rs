//! Bytes of a client as chance would have them: those that tungstenite's own client writes, and those that no client should. A second,
//! plain reading of RFC 6455 says what has to come back, however the bytes are cut on their way.
//!
//! `PROPTEST_CASES=100000 cargo test --lib realtime::tests::fuzz` looks for longer; what is found is kept in `tests/regressions/`.

use super::protocol::{ASK, BINARY, CLOSE, CONTINUATION, Coming, FIN, LIMIT, PING, PONG, TEXT, Then, reactions};
use super::{Reply, frame, greeted, masked, next, numbered, running, until};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use std::io::Cursor;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket};

const KINDS: [u8; 6] = [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG];
const NARROW: &[u8] = br#"{"type":"subscribe","events":["error"]}"#;

/// A message of a client in fragments, with control frames before each but the first.
#[derive(Clone, Debug)]
struct Spoken {
    kind: u8,
    payload: Vec<u8>,
    /// Of the fragments but the last, as far as the payload reaches.
    sizes: Vec<usize>,
    between: Vec<(u8, Vec<u8>)>,
}

impl Spoken {
    /// Opcode, payload, and whether it is the last of its message.
    fn frames(&self) -> Vec<(u8, &[u8], bool)> {
        let (mut frames, mut rest, mut kind) = (Vec::new(), &self.payload[..], self.kind);
        for size in &self.sizes {
            let (piece, after) = rest.split_at(rest.len().min(*size));
            frames.push((kind, piece, false));
            frames.extend(self.between.iter().map(|(kind, payload)| (*kind, &payload[..], true)));
            (rest, kind) = (after, CONTINUATION);
        }
        frames.push((kind, rest, true));
        frames
    }

    /// What has to come back.
    fn replies(&self) -> impl Iterator<Item = Reply> {
        let between = self.between.iter().cycle().take(self.between.len() * self.sizes.len());
        let pongs = between.filter(|(kind, _)| *kind == PING).map(|(_, payload)| Reply::Pong(payload.clone()));
        pongs.chain(answer(self.kind, &self.payload))
    }
}

fn answer(kind: u8, payload: &[u8]) -> Option<Reply> {
    let said: Value = if kind == TEXT { serde_json::from_slice(payload).unwrap_or_default() } else { Value::Null };
    let is_name = |name: &Value| name.as_str().is_some_and(|name| name.chars().count() <= 64);
    match (said["type"].as_str(), said["events"].as_array()) {
        (Some("ping"), _) => Some(Reply::Text("pong".into())),
        (Some("subscribe"), Some(names)) if names.len() <= 64 && names.iter().all(is_name) => None,
        _ => Some(Reply::Text("error".into())),
    }
}

/// The bytes of these messages and a close, as tungstenite's client writes them.
fn written(messages: &[Spoken]) -> Vec<u8> {
    let mut client = WebSocket::from_raw_socket(Cursor::new(Vec::new()), Role::Client, None);
    for (kind, payload, last) in messages.iter().flat_map(Spoken::frames) {
        let payload = payload.to_vec();
        let data = |kind| Message::Frame(Frame::message(payload.clone(), OpCode::Data(kind), last));
        let message = match kind {
            CONTINUATION => data(Data::Continue),
            TEXT => data(Data::Text),
            BINARY => data(Data::Binary),
            PING => Message::Ping(payload.into()),
            _ => Message::Pong(payload.into()),
        };
        client.write(message).unwrap();
    }
    client.close(Some(CloseFrame { code: 1000.into(), reason: "bye".into() })).unwrap();
    client.into_inner().into_inner()
}

/// What has to come back for these bytes, and what is left for the client to do.
fn verdict(mut bytes: &[u8]) -> (Vec<Reply>, Then) {
    let (mut replies, mut message) = (Vec::new(), None::<(u8, Vec<u8>)>);
    let bad = |code| (Some(code), Then::Waits);
    let (code, then) = loop {
        let Some(([first, second], rest)) = bytes.split_first_chunk() else { return (replies, Then::IsDone) };
        let (fin, kind, short, is_masked) = (first & FIN != 0, first & 0xf, second & 0x7f, second & 0x80 != 0);
        let extra = [0, 2, 8][usize::from(short.saturating_sub(125))];
        let header = extra + if is_masked { 4 } else { 0 };
        if rest.len() < header {
            return (replies, Then::IsDone);
        }
        let long = rest[..extra].iter().fold(0, |len, byte| len << 8 | u64::from(*byte));
        let len = if extra == 0 { u64::from(short) } else { long };
        if !KINDS.contains(&kind) {
            break bad(1002);
        }
        if len > LIMIT as u64 {
            break bad(1009);
        }
        let len = len as usize;
        if rest.len() < header + len {
            return (replies, Then::IsDone);
        }
        let mask = rest[extra..header].iter().cycle();
        let payload: Vec<u8> = rest[header..][..len].iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        bytes = &rest[header + len..];
        if !is_masked || first & 0x70 != 0 || (kind >= CLOSE && (!fin || len > 125)) {
            break bad(1002);
        }
        match (kind, &mut message) {
            (PING, _) => replies.push(Reply::Pong(payload)),
            (PONG, _) => {}
            (CLOSE, _) => {
                let goes_on = if bytes.is_empty() { Then::Waits } else { Then::HasItselfToBlame };
                match payload.split_first_chunk() {
                    None if payload.is_empty() => break (None, goes_on),
                    None => break bad(1002),
                    Some((_, reason)) if std::str::from_utf8(reason).is_err() => break bad(1007),
                    Some((code, _)) => match u16::from_be_bytes(*code) {
                        code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => break (Some(code), goes_on),
                        _ => break (Some(1002), goes_on),
                    },
                }
            }
            (CONTINUATION, None) | (TEXT | BINARY, Some(_)) => break bad(1002),
            (CONTINUATION, Some((_, before))) => before.extend(payload),
            (kind, none) => *none = Some((kind, payload)),
        }
        let Some((kind, payload)) = message.take_if(|_| kind < CLOSE) else { continue };
        if payload.len() > LIMIT {
            break bad(1009);
        }
        match std::str::from_utf8(&payload) {
            Err(error) if kind == TEXT && (fin || error.error_len().is_some()) => break bad(1007),
            _ if fin => replies.extend(answer(kind, &payload)),
            _ => message = Some((kind, payload)),
        }
    };
    replies.push(Reply::Close(code));
    (replies, then)
}

/// Sends the bytes in all ways; each time the verdict has to be what happens, and nobody else may notice.
fn check(bytes: &[u8], sizes: &[usize]) {
    let (expected, then) = verdict(bytes);
    let every_byte = [if bytes.len() < 2_000 { 1 } else { 1_021 }];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let hub = running(4, 4);
        let mut other = greeted(&hub).await;
        for coming in [Coming::AtOnce, Coming::InPieces(&every_byte), Coming::InPieces(sizes), Coming::WithTheHandshake] {
            assert_eq!(reactions(&hub, bytes, coming, then).await, expected, "{coming:?}");
            let seq = hub.publish(numbered(1));
            assert_eq!(next(&mut other).await["seq"], seq);
        }
        until("only the other is left", || hub.count() == 1).await;
    });
}

fn control() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (prop_oneof![Just(PING), Just(PONG)], vec(any::<u8>(), 0..=125))
}

fn spoken() -> impl Strategy<Value = Spoken> {
    let text = prop_oneof![
        3 => Just(ASK.to_vec()),
        1 => Just(NARROW.to_vec()),
        3 => ".{0,200}".prop_map(String::into_bytes),
        1 => (0..=LIMIT - ASK.len()).prop_map(|more| [ASK, &vec![b' '; more]].concat()),
    ];
    let message = prop_oneof![4 => (Just(TEXT), text), 1 => (Just(BINARY), vec(any::<u8>(), 0..300))];
    (message, vec(0..40usize, 0..6), vec(control(), 0..3)).prop_map(|((kind, payload), sizes, between)| Spoken {
        kind,
        payload,
        sizes,
        between,
    })
}

/// Frames that may be right or wrong.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        6 => (proptest::sample::select(&KINDS[..]), any::<bool>()).prop_map(|(kind, fin)| kind | if fin { FIN } else { 0 }),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        2 => Just(ASK.to_vec()),
        2 => ".{0,60}".prop_map(String::into_bytes),
        2 => (990u16..5010, ".{0,30}").prop_map(|(code, why)| [&code.to_be_bytes()[..], why.as_bytes()].concat()),
        2 => vec(any::<u8>(), 0..140),
        1 => (LIMIT - 2..LIMIT + 3).prop_map(|len| vec![b'x'; len]),
    ];
    (first, payload, 0..40).prop_map(|(first, payload, oddity)| match oddity {
        0 => [&[first, payload.len().min(125) as u8][..], &payload].concat(),
        1 => frame(first, &payload, 8),
        2 => [&[first, 0xff][..], &[payload.len() as u8; 8]].concat(),
        _ => masked(first, &payload),
    })
}

/// Damage done to bytes, at places that are fractions of their length.
#[derive(Clone, Debug)]
enum Damage {
    Flip(proptest::sample::Index, u8),
    Insert(proptest::sample::Index, Vec<u8>),
    Remove(proptest::sample::Index, usize),
    End(proptest::sample::Index),
}

fn damaged(mut bytes: Vec<u8>, damages: Vec<Damage>) -> Vec<u8> {
    for damage in damages {
        let len = bytes.len();
        if len == 0 {
            break;
        }
        match damage {
            Damage::Flip(at, bits) => bytes[at.index(len)] ^= bits,
            Damage::Insert(at, more) => drop(bytes.splice(at.index(len)..at.index(len), more)),
            Damage::Remove(at, count) => drop(bytes.drain(at.index(len)..len.min(at.index(len) + count))),
            Damage::End(at) => bytes.truncate(at.index(len)),
        }
    }
    bytes
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    let at = any::<proptest::sample::Index>;
    let damage = prop_oneof![
        3 => (at(), any::<u8>()).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        1 => (at(), vec(any::<u8>(), 1..20)).prop_map(|(at, more)| Damage::Insert(at, more)),
        1 => (at(), 1..20usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => at().prop_map(Damage::End),
    ];
    let said = vec(spoken(), 1..4).prop_map(|messages| {
        let frames = messages.iter().flat_map(Spoken::frames);
        frames.flat_map(|(kind, payload, last)| masked(kind | if last { FIN } else { 0 }, payload)).collect::<Vec<u8>>()
    });
    prop_oneof![
        1 => vec(any::<u8>(), 0..300),
        3 => vec(any_frame(), 1..8).prop_map(|frames| frames.concat()),
        3 => (said, vec(damage, 1..4)).prop_map(|(bytes, damages)| damaged(bytes, damages)),
    ]
}

proptest! {
    #![proptest_config(crate::properties::config())]

    #[test]
    fn whatever_a_client_writes_is_understood_however_it_is_cut(messages in vec(spoken(), 1..5), sizes in vec(1..3_000usize, 1..6)) {
        let bytes = written(&messages);
        let mut replies: Vec<Reply> = messages.iter().flat_map(Spoken::replies).collect();
        replies.push(Reply::Close(Some(1000)));
        assert_eq!(verdict(&bytes), (replies, Then::Waits));
        check(&bytes, &sizes);
    }

    #[test]
    fn whatever_else_comes_is_answered_by_the_book_and_harms_nobody(bytes in noise(), sizes in vec(1..200usize, 1..6)) {
        check(&bytes, &sizes);
    }
}
