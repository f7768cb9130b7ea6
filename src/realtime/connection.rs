//! connection of the dashboard socket.
