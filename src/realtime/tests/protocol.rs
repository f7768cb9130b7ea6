//! RFC 6455 as a peer may bend it: bytes of a client, and what becomes of it. Ordered as the well-known conformance suites are.

use super::{PATIENCE, Reply, frame, masked, raw, replies, running};
use crate::realtime::{Hub, Resume};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;
pub const FIN: u8 = 0x80;
/// The longest message, here as an independent figure.
pub const LIMIT: usize = 65_536;
pub const ASK: &[u8] = br#"{"type":"ping"}"#;

/// What is expected of the server.
enum Expect {
    /// It answers with these and lives on.
    Lives(Vec<Reply>),
    /// It closes with this code, after having answered these.
    Closes(Vec<Reply>, u16),
}

use Expect::{Closes, Lives};

fn lives() -> Expect {
    Lives(Vec::new())
}

fn answers() -> Expect {
    Lives(vec![Reply::Text("pong".into())])
}

fn complains() -> Expect {
    Lives(vec![Reply::Text("error".into())])
}

fn closes(code: u16) -> Expect {
    Closes(Vec::new(), code)
}

fn pongs(payloads: &[&[u8]]) -> Expect {
    Lives(payloads.iter().map(|payload| Reply::Pong(payload.to_vec())).collect())
}

fn text(payload: impl AsRef<[u8]>) -> Vec<u8> {
    masked(FIN | TEXT, payload.as_ref())
}

fn ping(payload: &[u8]) -> Vec<u8> {
    masked(FIN | PING, payload)
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    masked(FIN | CLOSE, &[&code.to_be_bytes()[..], reason].concat())
}

/// `payload` as one message in pieces of `size`, with `between` after each but the last.
fn fragments(kind: u8, payload: &[u8], size: usize, between: &[u8]) -> Vec<u8> {
    let pieces: Vec<&[u8]> = payload.chunks(size).collect();
    let mut bytes = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let last = at + 1 == pieces.len();
        bytes.extend(masked(if at == 0 { kind } else { CONTINUATION } | if last { FIN } else { 0 }, piece));
        if !last {
            bytes.extend_from_slice(between);
        }
    }
    bytes
}

fn cat(parts: &[Vec<u8>]) -> Vec<u8> {
    parts.concat()
}

/// How the bytes come.
#[derive(Clone, Copy, Debug)]
pub enum Coming<'a> {
    AtOnce,
    /// Of these sizes, over and over.
    InPieces(&'a [usize]),
    WithTheHandshake,
}

/// How the client goes on after its last byte.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// It waits until the server hangs up.
    Waits,
    /// The same, but it went on after its own close: the server may hang up with bytes unread, which is a reset.
    HasItselfToBlame,
    /// It says that no more will come.
    IsDone,
}

/// Sends `bytes`; returns all that comes back after the greeting.
pub async fn reactions(hub: &Hub, bytes: &[u8], coming: Coming<'_>, then: Then) -> Vec<Reply> {
    let early = if let Coming::WithTheHandshake = coming { Bytes::copy_from_slice(bytes) } else { Bytes::new() };
    let (mut from, mut to) = raw(hub, Resume::default(), early).await.into_split();
    let write = async {
        // A server that hangs up early is what some cases are about.
        match coming {
            Coming::AtOnce => drop(to.write_all(bytes).await),
            Coming::InPieces(sizes) => {
                let (mut rest, mut sizes) = (bytes, sizes.iter().cycle());
                while let (false, Some(size)) = (rest.is_empty(), sizes.next()) {
                    let piece;
                    (piece, rest) = rest.split_at(rest.len().min(*size));
                    if to.write_all(piece).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            Coming::WithTheHandshake => {}
        }
        if then == Then::IsDone {
            drop(to.shutdown().await);
        }
        to
    };
    let mut read = Vec::new();
    let both = async { tokio::join!(from.read_to_end(&mut read), write) };
    let (ended, _to) = tokio::time::timeout(PATIENCE, both).await.expect("the server ends it");
    if let Err(error) = ended {
        assert_eq!((error.kind(), then), (std::io::ErrorKind::ConnectionReset, Then::HasItselfToBlame));
    }
    let mut replies = replies(&read);
    // The sweep's own, when its second has come.
    replies.retain(|reply| *reply != Reply::Ping);
    assert_eq!(replies[..2], [Reply::Text("connection_ack".into()), Reply::Text("stats_update".into())]);
    replies.drain(..2);
    replies
}

async fn check(cases: impl IntoIterator<Item = (String, Vec<u8>, Expect)>) {
    let hub = running(64, 64);
    for (what, bytes, expect) in cases {
        let all = [bytes, ping(b"still there?"), close(1000, b"bye")].concat();
        let pieces = [if all.len() < 1_000 { 1 } else { 1_021 }];
        let (expected, then) = match expect {
            Lives(mut replies) => {
                replies.extend([Reply::Pong(b"still there?".to_vec()), Reply::Close(Some(1000))]);
                (replies, Then::Waits)
            }
            // What follows here comes after the end, and may not be read any more.
            Closes(mut replies, code) => {
                replies.push(Reply::Close((code != 0).then_some(code)));
                (replies, Then::HasItselfToBlame)
            }
        };
        for coming in [Coming::AtOnce, Coming::InPieces(&pieces), Coming::WithTheHandshake] {
            assert_eq!(reactions(&hub, &all, coming, then).await, expected, "{what}, {coming:?}");
        }
    }
    super::until("all are gone", || hub.count() == 0).await;
}

fn case(what: impl Into<String>, bytes: Vec<u8>, expect: Expect) -> (String, Vec<u8>, Expect) {
    (what.into(), bytes, expect)
}

#[tokio::test]
async fn messages_of_any_length_up_to_the_limit_are_answered() {
    let spaced = |len: usize| [ASK, &vec![b' '; len - ASK.len()]].concat();
    let mut cases = Vec::new();
    for len in [ASK.len(), 125, 126, 127, 128, 65_535, LIMIT] {
        cases.push(case(format!("text of {len}"), text(spaced(len)), answers()));
        cases.push(case(format!("text of {len} in pieces of 1300"), fragments(TEXT, &spaced(len), 1_300, &[]), answers()));
    }
    for len in [0, 1, 125, 126, 127, 65_535, LIMIT] {
        cases.push(case(format!("binary of {len}"), masked(FIN | BINARY, &vec![0xfe; len]), complains()));
    }
    cases.push(case("an empty text", text(""), complains()));
    cases.push(case("a length in more bytes than needed", frame(FIN | TEXT, ASK, 2), answers()));
    cases.push(case("a length in many more bytes than needed", frame(FIN | TEXT, ASK, 8), answers()));
    check(cases).await;
}

#[tokio::test]
async fn one_byte_over_the_limit_closes_however_it_comes() {
    let over = vec![b' '; LIMIT + 1];
    let declared = |len: u64| [&[FIN | TEXT, 0xff][..], &len.to_be_bytes(), &[1, 2, 3, 4]].concat();
    check([
        case("one over in one frame", text(&over), closes(1009)),
        case("one over in pieces of 1300", fragments(TEXT, &over, 1_300, &[]), closes(1009)),
        case("one over in two pieces", fragments(TEXT, &over, LIMIT, &[]), closes(1009)),
        case(
            "one over in pieces with pings between",
            fragments(TEXT, &over, 40_000, &ping(b"x")),
            Closes(vec![Reply::Pong(b"x".to_vec())], 1009),
        ),
        case("one over as binary", masked(FIN | BINARY, &over), closes(1009)),
        case("a length of one over and no data", declared(LIMIT as u64 + 1), closes(1009)),
        case("a length of 4 GiB and no data", declared(1 << 32), closes(1009)),
        case("the largest length and no data", declared(u64::MAX >> 1), closes(1009)),
        case("a length with its highest bit set", declared(u64::MAX), closes(1009)),
    ])
    .await;
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry_in_their_order() {
    let full: Vec<u8> = (0..125).collect();
    let many: Vec<Vec<u8>> = (0..50u8).map(|n| vec![n; usize::from(n)]).collect();
    let many_refs: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    check([
        case("an empty ping", ping(b""), pongs(&[b""])),
        case("a ping of 125 bytes", ping(&full), pongs(&[&full])),
        case("a ping that is no UTF-8", ping(&[0, 0xff, 0xfe]), pongs(&[&[0, 0xff, 0xfe]])),
        case("fifty pings", many.iter().flat_map(|payload| ping(payload)).collect(), pongs(&many_refs)),
        case("a pong nobody asked for", masked(FIN | PONG, b"hm"), lives()),
        case("a ping of 126 bytes", ping(&[7; 126]), closes(1002)),
        case("a pong of 126 bytes", masked(FIN | PONG, &[7; 126]), closes(1002)),
        case("a close of 126 bytes", close(1000, &[b'x'; 124]), closes(1002)),
        case("a ping in two frames", cat(&[masked(PING, b"a"), masked(FIN | CONTINUATION, b"b")]), closes(1002)),
        case("a pong in two frames", cat(&[masked(PONG, b"a"), masked(FIN | CONTINUATION, b"b")]), closes(1002)),
        case("a close in two frames", cat(&[masked(CLOSE, &[3]), masked(FIN | CONTINUATION, &[0xe8])]), closes(1002)),
    ])
    .await;
}

#[tokio::test]
async fn reserved_bits_and_opcodes_and_bare_frames_close_with_1002() {
    let mut cases = Vec::new();
    for bit in [0x40, 0x20, 0x10, 0x70] {
        for kind in [TEXT, BINARY, PING, PONG, CLOSE] {
            cases.push(case(format!("reserved {bit:#x} on {kind}"), masked(FIN | bit | kind, b""), closes(1002)));
        }
    }
    for kind in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        cases.push(case(format!("opcode {kind}"), masked(FIN | kind, b"x"), closes(1002)));
        cases.push(case(
            format!("opcode {kind} after a message"),
            cat(&[text(ASK), masked(FIN | kind, b"")]),
            Closes(vec![Reply::Text("pong".into())], 1002),
        ));
    }
    for (kind, payload) in [(TEXT, ASK), (BINARY, b"x"), (PING, b""), (PONG, b""), (CLOSE, &[3, 0xe8])] {
        let bare = [&[FIN | kind, payload.len() as u8][..], payload].concat();
        cases.push(case(format!("unmasked {kind}"), bare, closes(1002)));
    }
    cases.push(case("an HTTP request after the upgrade", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), closes(1002)));
    cases.push(case("a TLS greeting after the upgrade", vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], closes(1002)));
    check(cases).await;
}

#[tokio::test]
async fn fragments_are_one_message_and_control_frames_may_come_between() {
    let start = || masked(TEXT, &ASK[..7]);
    let end = || masked(FIN | CONTINUATION, &ASK[7..]);
    let ponged = |payload: &[u8]| Reply::Pong(payload.to_vec());
    let pong = || Reply::Text("pong".into());
    check([
        case("two fragments", cat(&[start(), end()]), answers()),
        case("a fragment a byte", fragments(TEXT, ASK, 1, &[]), answers()),
        case("empty fragments", cat(&[masked(TEXT, b""), masked(0, b""), masked(0, ASK), masked(FIN, b"")]), answers()),
        case("only empty fragments", cat(&[masked(TEXT, b""), masked(0, b""), masked(FIN, b"")]), complains()),
        case("binary in fragments", fragments(BINARY, ASK, 4, &[]), complains()),
        case("a ping between", cat(&[start(), ping(b"p"), end()]), Lives(vec![ponged(b"p"), pong()])),
        case("pings between many", fragments(TEXT, ASK, 6, &ping(b"q")), Lives(vec![ponged(b"q"), ponged(b"q"), pong()])),
        case("a pong between", cat(&[start(), masked(FIN | PONG, b""), end()]), answers()),
        case("a close between", cat(&[start(), close(1001, b"off"), end()]), closes(1001)),
        case("the rest after a close", cat(&[close(1000, b""), start(), end()]), closes(1000)),
        case("a continuation of nothing", end(), closes(1002)),
        case("an unfinished continuation of nothing", masked(CONTINUATION, ASK), closes(1002)),
        case("a continuation after a whole message", cat(&[text(ASK), end()]), Closes(vec![pong()], 1002)),
        case("a text within a text", cat(&[start(), text(ASK)]), closes(1002)),
        case("a binary within a text", cat(&[start(), masked(FIN | BINARY, b"x")]), closes(1002)),
        case("a second beginning", cat(&[start(), start()]), closes(1002)),
        case("an unmasked end", cat(&[start(), vec![FIN, 1, b'}']]), closes(1002)),
    ])
    .await;
}

#[tokio::test]
async fn text_is_utf8_or_the_end() {
    let greek = "κόσμε 𐍈 日本".as_bytes();
    let mut cases = vec![
        case("characters of all lengths", text(greek), complains()),
        case("characters cut by fragments", fragments(TEXT, greek, 1, &[]), complains()),
        case(
            "characters cut by fragments with pings",
            fragments(TEXT, &greek[..4], 3, &ping(b"")),
            Lives(vec![Reply::Pong(vec![]), Reply::Text("error".into())]),
        ),
        case("the last character there is", text([0xf4, 0x8f, 0xbf, 0xbf]), complains()),
        case("not UTF-8 in binary", masked(FIN | BINARY, &[0xff]), complains()),
    ];
    for (what, bytes) in [
        ("a lone continuation", &[0x80][..]),
        ("a byte that never occurs", &[0xff]),
        ("an overlong slash", &[0xc0, 0xaf]),
        ("an overlong NUL of three", &[0xe0, 0x80, 0x80]),
        ("a surrogate", &[0xed, 0xa0, 0x80]),
        ("a pair of surrogates", &[0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80]),
        ("over the last character", &[0xf4, 0x90, 0x80, 0x80]),
        ("five bytes for one", &[0xf8, 0x88, 0x80, 0x80, 0x80]),
        ("half a character", &[b'a', 0xce]),
        ("three of four", &[0xf0, 0x90, 0x8d]),
    ] {
        cases.push(case(what, text(bytes), closes(1007)));
        cases.push(case(format!("{what}, in fragments"), fragments(TEXT, &[b"ok ", bytes].concat(), 2, &[]), closes(1007)));
        cases.push(case(format!("{what}, as a reason"), close(1000, bytes), closes(1007)));
    }
    check(cases).await;
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_if_it_may_be_sent_at_all() {
    let mut cases = vec![
        case("an empty close", masked(FIN | CLOSE, b""), closes(0)),
        case("half a code", masked(FIN | CLOSE, &[3]), closes(1002)),
        case("the longest reason", close(1000, &[b'x'; 123]), closes(1000)),
        case("a reason beyond ASCII", close(1000, "日本".as_bytes()), closes(1000)),
        case("two closes", cat(&[close(1000, b""), close(1001, b"")]), closes(1000)),
        case("a close and then garbage", cat(&[close(1000, b""), vec![0xff; 200]]), closes(1000)),
        case(
            "a message, a ping, a close",
            cat(&[text(ASK), ping(b"!"), close(3000, b"")]),
            Closes(vec![Reply::Text("pong".into()), Reply::Pong(b"!".to_vec())], 3000),
        ),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4008, 4999] {
        cases.push(case(format!("code {code}"), close(code, b"why"), closes(code)));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(case(format!("code {code}"), close(code, b"why"), closes(1002)));
    }
    check(cases).await;
}
