//! frame of the dashboard socket.
