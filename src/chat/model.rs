//! The language model server: which one, which models, whether it answers now (cached), and one streamed completion.

use super::gate::{Gate, Place, Refused};
use super::thought::Thoughts;
use super::transport::{Failure, Step, Timeouts, stream};
use super::{Cancel, ollama, openai};
use crate::config::{Config, OllamaHost};
use crate::search::Vector;
use crate::surrogate::Halves;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// The built-in answerer's name where a model's would be.
pub const BUILTIN: &str = "headwater-builtin";
/// How long a probe's result is believed: short enough to notice a server that starts or stops, long enough to spare it.
const PROBE_TTL: Duration = Duration::from_secs(5);
/// A slow probe is believed for so many times as long as it took: who asks a server that hangs waits for it a tenth of the time at most.
const PROBE_SHARE: u32 = 10;
/// Context asked for, in tokens: holds the evidence of a `deep` question and fits a small box's memory.
pub const CONTEXT_TOKENS: usize = 8192;
/// Room left for the answer, in tokens.
pub const ANSWER_TOKENS: usize = 1536;
/// Most bytes that a token stands for in a whole prompt: it is four of English or SQL, and never this many. A server that counts fewer tokens
/// has not read all.
const MAX_BYTES_PER_TOKEN: usize = 12;
/// Longest rest that a server may ask for: past it, it is asked again.
const MAX_REST: Duration = Duration::from_secs(300);
/// Longest answer taken, thinking included; beyond, the model has lost itself.
const MAX_ANSWER_BYTES: usize = 256 << 10;

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

type Probe = Result<Vec<ModelInfo>, Failure>;

/// How the server was found, and how long that is believed.
#[derive(Clone)]
struct Known {
    at: Instant,
    believed: Duration,
    probe: Probe,
}

struct Inner {
    backend: Backend,
    default_model: String,
    timeouts: Timeouts,
    gate: Gate,
    probe: Mutex<Option<Known>>,
    /// Held while the server is asked.
    asking: Mutex<()>,
    /// Until when the server asked to be left alone.
    rest: Mutex<Option<Instant>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

enum Backend {
    Off,
    Ollama { base: String, configured: bool },
    OpenAi { base: String, key: Option<String> },
}

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

/// Who is to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This model, there a moment ago.
    Model(String),
    /// The built-in answerer; why, for the reader.
    Builtin(String),
    /// The model that was asked for by name is not there; the ones that are.
    Unknown(Vec<String>),
}

/// One message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// Text.
    pub content: String,
}

/// One completion to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The model's name, always sent.
    pub model: String,
    /// The prompt.
    pub messages: Vec<Message>,
    /// `num_ctx`.
    pub context_tokens: usize,
    /// Most tokens of the answer.
    pub answer_tokens: usize,
}

/// What one line of a model's stream says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Nothing of the answer.
    Nothing,
    /// More of the answer.
    Text(String),
    /// Bytes of thinking, which is not part of the answer.
    Thinking(usize),
    /// The length of the prompt in tokens, as the server counted it.
    Prompt(u64),
    /// The last of the answer; counts may follow. `filtered`: the server held some of it back.
    Last {
        /// The last text.
        text: String,
        /// A content filter cut it.
        filtered: bool,
    },
    /// The end, with the last text, whether a limit cut it, and the length of the prompt as the server counted it.
    Done {
        /// The last text.
        text: String,
        /// Cut by a limit.
        cut: bool,
        /// Tokens of the prompt.
        prompt_tokens: Option<u64>,
    },
}

/// How a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// A limit on the answer cut it.
    pub cut: bool,
    /// The server's content filter held part of it back.
    pub filtered: bool,
    /// By the server's count the prompt filled the context, or is shorter than what was sent: part of it may not have been read.
    pub overfull: bool,
}

impl Models {
    /// From the settings; asks nobody yet.
    pub fn new(config: &Config) -> Models {
        let backend = match (&config.llm_base_url, &config.ollama) {
            (Some(url), _) => Backend::OpenAi { base: openai::base(url), key: config.llm_api_key.clone() },
            (None, OllamaHost::Off) => Backend::Off,
            (None, OllamaHost::Probe) => Backend::Ollama { base: "http://localhost:11434".into(), configured: false },
            (None, OllamaHost::At(url)) => Backend::Ollama { base: url.clone(), configured: true },
        };
        Models(Arc::new(Inner {
            backend,
            default_model: config.llm_model.clone(),
            timeouts: Timeouts::within(config.chat_timeout),
            gate: Gate::new(config.chat_concurrency),
            probe: Mutex::new(None),
            asking: Mutex::new(()),
            rest: Mutex::new(None),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }))
    }

    /// Models there are, cached for some seconds; empty without a server. Blocking.
    pub fn list(&self) -> Vec<ModelInfo> {
        self.probe().unwrap_or_default()
    }

    /// Whether there is a server to ask at all.
    pub fn configured(&self) -> bool {
        !matches!(self.0.backend, Backend::Off)
    }

    /// Whether the server has `model`, cached for some seconds; one that does not list its models is believed to. Blocking.
    pub fn has(&self, model: &str) -> bool {
        let tagged = format!("{model}:latest");
        self.probe().is_ok_and(|there| self.unlisted(&there) || there.iter().any(|m| m.name == model || m.name == tagged))
    }

    /// The vector of each of `texts`, which are not empty, by an embedding model. Blocking, within `limit`.
    pub fn embed(&self, model: &str, texts: &[String], limit: Duration) -> Result<Vec<Vector>, Failure> {
        let vectors = match &self.0.backend {
            Backend::Off => return Err(Failure::Unreachable("switched off".into())),
            Backend::Ollama { base, .. } => ollama::embed(base, model, texts, limit)?,
            Backend::OpenAi { base, key } => openai::embed(base, key.as_deref(), model, texts, limit)?,
        };
        let vectors: Vec<Vector> = vectors.iter().filter_map(|values| Vector::new(values)).collect();
        if vectors.len() != texts.len() || vectors.iter().any(|v| v.dimensions() != vectors[0].dimensions()) {
            return Err(Failure::Garbage("not a vector of the same dimensions for each text".into()));
        }
        Ok(vectors)
    }

    /// How the server is, cached for some seconds. Blocking when the cache is old.
    pub fn health(&self) -> Health {
        match (&self.0.backend, self.probe()) {
            (Backend::Off, _) | (Backend::Ollama { configured: false, .. }, Err(_)) => Health::Absent,
            (_, Ok(_)) => Health::Available,
            (_, Err(why)) => Health::Missing(why.to_string()),
        }
    }

    /// Who answers: the model `asked` for by name, the default one, or nobody. Blocking when the cache is old.
    pub fn choose(&self, asked: Option<&str>) -> Choice {
        if asked == Some(BUILTIN) {
            return Choice::Builtin(
                "No language model was used, as asked: these are facts from the graph and passages of the files.".into(),
            );
        }
        let rest = *self.0.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = rest.and_then(|until| until.checked_duration_since(Instant::now())) {
            return Choice::Builtin(format!(
                "No language model was used: its server asked to be left alone for {} s more.",
                left.as_secs() + 1
            ));
        }
        let name = asked.unwrap_or(&self.0.default_model);
        let there = match self.probe() {
            Ok(there) => there,
            Err(_) if asked.is_some() => return Choice::Unknown(Vec::new()),
            Err(why) => return Choice::Builtin(self.absence(&why)),
        };
        let tagged = format!("{name}:latest");
        if self.unlisted(&there) {
            return Choice::Model(name.to_owned());
        }
        if let Some(model) = there.iter().find(|m| m.name == name).or_else(|| there.iter().find(|m| m.name == tagged)) {
            return Choice::Model(model.name.clone());
        }
        let names: Vec<String> = there.into_iter().map(|m| m.name).collect();
        if asked.is_some() {
            return Choice::Unknown(names);
        }
        let there = if names.is_empty() { "it has none".to_owned() } else { format!("there are: {}", names.join(", ")) };
        Choice::Builtin(format!("No language model was used: the server does not have the default model '{name}' ({there})."))
    }

    /// Waits for a place at the model. [`Refused::Full`] is the client's to hear.
    pub fn enter(&self, client: &str, started: Instant, cancel: &Cancel) -> Result<Place, Refused> {
        self.0.gate.enter(client, started + self.0.timeouts.total, cancel)
    }

    /// One completion, streamed to `on_text`, which returns `false` to stop it. Blocking; the whole of it ends within the total time
    /// after `started`.
    pub fn complete(
        &self,
        completion: &Completion,
        started: Instant,
        cancel: &Cancel,
        on_text: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Finish, Failure> {
        let (url, key, body) = match &self.0.backend {
            Backend::Off => return Err(Failure::Unreachable("switched off".into())),
            Backend::Ollama { base, .. } => (ollama::chat_url(base), None, ollama::request(completion)),
            Backend::OpenAi { base, key } => (openai::chat_url(base), key.as_deref(), openai::request(completion)),
        };
        let read = if matches!(self.0.backend, Backend::OpenAi { .. }) { openai::token } else { ollama::token };
        let (mut bytes, mut said, mut halves, mut thoughts) = (0, 0, Halves::default(), Thoughts::default());
        let mut finish = Finish { cut: false, filtered: false, overfull: false };
        let mut whole = false;
        let sent: usize = completion.messages.iter().map(|m| m.content.len()).sum();
        let overfull = |counted: u64| counted + 1 >= completion.context_tokens as u64 || counted < (sent / MAX_BYTES_PER_TOKEN) as u64;
        let mut on_line = |line: &[u8]| -> Result<Step, Failure> {
            let token = read(line)?;
            let (piece, received) = match &token {
                Token::Nothing => return Ok(Step::Nothing),
                Token::Prompt(counted) => {
                    finish.overfull = overfull(*counted);
                    return Ok(Step::Nothing);
                }
                Token::Thinking(n) => (String::new(), *n),
                Token::Text(text) | Token::Last { text, .. } | Token::Done { text, .. } => (text.clone(), text.len()),
            };
            if let Token::Last { filtered, .. } = token {
                (whole, finish.filtered) = (true, filtered);
            }
            bytes += received;
            let ends = matches!(token, Token::Last { .. } | Token::Done { .. }) || bytes > MAX_ANSWER_BYTES;
            let mut piece = halves.pass(piece);
            if ends {
                piece.push_str(halves.rest());
            }
            let mut text = thoughts.pass(piece);
            if ends {
                text.push_str(&thoughts.rest());
            }
            said += text.trim().len();
            if !text.is_empty() && !on_text(&text) {
                return Err(Failure::Cancelled);
            }
            if let Token::Done { cut, prompt_tokens, .. } = token {
                finish = Finish { cut, overfull: finish.overfull || prompt_tokens.is_some_and(overfull), ..finish };
                return Ok(Step::Done);
            }
            if bytes > MAX_ANSWER_BYTES {
                finish.cut = true;
                return Ok(Step::Done);
            }
            Ok(if received == 0 { Step::Nothing } else { Step::Token })
        };
        let mut result = stream(&url, key, &body, self.0.timeouts, started, cancel, &mut on_line);
        if let (Err(Failure::Refused(400, why)), Backend::OpenAi { .. }) = (&result, &self.0.backend)
            && openai::wants_other_words(why)
        {
            let body = openai::in_other_words(completion);
            result = stream(&url, key, &body, self.0.timeouts, started, cancel, &mut on_line);
        }
        if whole && result != Err(Failure::Cancelled) {
            // Some servers close, or fall silent, where others send a last word.
            result = Ok(());
        }
        if matches!(result, Err(Failure::Unreachable(_) | Failure::ModelMissing)) {
            // What the cache says is no longer true.
            *self.0.probe.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        if let Err(Failure::Resting(rest, _)) = &result {
            *self.0.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + (*rest).min(MAX_REST));
        }
        result?;
        if said == 0 { Err(Failure::Empty) } else { Ok(finish) }
    }

    /// A server that does not list its models is believed to have what it is asked for, until it says otherwise.
    fn unlisted(&self, there: &[ModelInfo]) -> bool {
        there.is_empty() && matches!(self.0.backend, Backend::OpenAi { .. })
    }

    fn absence(&self, why: &Failure) -> String {
        match &self.0.backend {
            Backend::Off => "No language model was used: OLLAMA_HOST is off.".into(),
            Backend::Ollama { configured: false, .. } => {
                "No language model was used: none is configured, and no Ollama answers on this machine.".into()
            }
            Backend::Ollama { base, .. } | Backend::OpenAi { base, .. } => format!("No language model was used: {why} at {base}."),
        }
    }

    fn probe(&self) -> Probe {
        let cached = || self.0.probe.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = |known: Option<Known>| known.filter(|known| known.at.elapsed() < known.believed);
        let before = cached();
        // Many questions at once make one probe; those that know how it was before need not wait for it.
        let asking = match (&before, self.0.asking.try_lock()) {
            (Some(known), Err(TryLockError::WouldBlock)) => {
                self.0.hits.fetch_add(1, Relaxed);
                return known.probe.clone();
            }
            (_, Ok(asking)) => asking,
            (_, Err(_)) => self.0.asking.lock().unwrap_or_else(PoisonError::into_inner),
        };
        if let Some(known) = fresh(cached()) {
            self.0.hits.fetch_add(1, Relaxed);
            return known.probe;
        }
        self.0.misses.fetch_add(1, Relaxed);
        let began = Instant::now();
        let probe = match &self.0.backend {
            Backend::Off => Err(Failure::Unreachable("switched off".into())),
            Backend::Ollama { base, .. } => ollama::models(base),
            Backend::OpenAi { base, key } => openai::models(base, key.as_deref()),
        };
        let known = Known { at: Instant::now(), believed: PROBE_TTL.max(began.elapsed() * PROBE_SHARE), probe: probe.clone() };
        *self.0.probe.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
        drop(asking);
        probe
    }

    /// Look-ups of the server's state since start: answered from the cache, and those that had to ask.
    pub fn cache_counts(&self) -> (u64, u64) {
        (self.0.hits.load(Relaxed), self.0.misses.load(Relaxed))
    }
}
