//! From an HTTP request to a WebSocket: the handshake, and the bare socket behind hyper's upgrade.
