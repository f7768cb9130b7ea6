//! Atomics of the slab: std's, or loom's when models run (`--cfg loom`).
