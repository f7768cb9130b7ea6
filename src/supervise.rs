//! The process and its supervisor: signals, systemd's notifications and sockets, restarting in place, the descriptor limit.
