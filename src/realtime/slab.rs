//! slab of the dashboard socket.
