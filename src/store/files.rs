//! Files: bytes, hash, state, the facts read from them (statements, nodes, edges, diagnostics), and their chunks.
