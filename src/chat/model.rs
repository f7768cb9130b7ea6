//! The language model server: which one, which models, whether it answers now (cached), and one streamed completion.

use crate::config::Config;
use std::sync::Arc;

/// A model there is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct ModelInfo {
    /// Name.
    pub name: String,
    /// RFC 3339; empty when the server does not say.
    pub modified_at: String,
    /// Bytes; 0 when the server does not say.
    pub size: u64,
}

/// Handle to the model server; cheap to clone.
#[derive(Clone)]
pub struct Models(Arc<Inner>);

struct Inner;

/// How the model server is, as `/health` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Answers.
    Available,
    /// Configured and does not answer: degraded; why.
    Missing(String),
    /// Not configured and not there: healthy.
    Absent,
}

impl Models {
    /// From the settings; asks nobody yet.
    pub fn new(config: &Config) -> Models {
        let _ = config;
        Models(Arc::new(Inner))
    }

    /// Models there are, cached for some seconds; empty without a server. Blocking.
    pub fn list(&self) -> Vec<ModelInfo> {
        let _ = &self.0;
        todo!()
    }

    /// How the server is, cached for some seconds. Blocking when the cache is old.
    pub fn health(&self) -> Health {
        todo!()
    }
}
