//! replay of the dashboard socket.
