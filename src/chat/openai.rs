//! The OpenAI-compatible wire format.
