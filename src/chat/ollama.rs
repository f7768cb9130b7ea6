//! Ollama's native wire format: `/api/version`, `/api/tags`, `/api/embed`, and `/api/chat` as lines of JSON.

use super::model::{Completion, ModelInfo, Token};
use super::transport::{Failure, get_json, line_of, post_json};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the server keeps a model loaded after an answer: the next question of a conversation comes within minutes.
const KEEP_ALIVE: &str = "10m";

/// Whether Ollama answers at `base`, and the models it has. Blocking.
pub fn models(base: &str) -> Result<Vec<ModelInfo>, Failure> {
    let version = get_json(&format!("{base}/api/version"), None)?;
    if !version["version"].is_string() {
        return Err(Failure::Garbage("no version".into()));
    }
    let tags = get_json(&format!("{base}/api/tags"), None)?;
    let Some(models) = tags["models"].as_array() else { return Err(Failure::Garbage("no list of models".into())) };
    Ok(models
        .iter()
        .filter_map(|m| {
            Some(ModelInfo {
                name: m["name"].as_str()?.to_owned(),
                modified_at: m["modified_at"].as_str().unwrap_or("").to_owned(),
                size: m["size"].as_u64().unwrap_or(0),
            })
        })
        .collect())
}

/// Vectors of `texts`, as the server gives them; what of a text is longer than the model reads is cut by it. Blocking, within `limit`.
pub fn embed(base: &str, model: &str, texts: &[String], limit: Duration) -> Result<Vec<Vec<f32>>, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        embeddings: Vec<Vec<f32>>,
    }
    let body = json!({"model": model, "input": texts, "truncate": true, "keep_alive": KEEP_ALIVE});
    Ok(post_json::<Answer>(&format!("{base}/api/embed"), None, &body, limit)?.embeddings)
}

/// Where a completion is posted.
pub fn chat_url(base: &str) -> String {
    format!("{base}/api/chat")
}

/// The request. Always streamed: a server notices that nobody reads only while it writes. The context size is always sent, since the
/// server's own default cuts a prompt in silence; `truncate` and `shift` ask it to refuse instead.
pub fn request(completion: &Completion) -> Value {
    json!({
        "model": completion.model,
        "messages": completion.messages,
        "stream": true,
        "keep_alive": KEEP_ALIVE,
        "truncate": false,
        "shift": false,
        "options": {"num_ctx": completion.context_tokens, "num_predict": completion.answer_tokens, "temperature": 0.1},
    })
}

/// What one line says.
pub fn token(line: &[u8]) -> Result<Token, Failure> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(Token::Nothing);
    }
    let value = line_of(line)?;
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        return Err(Failure::Reported(error.as_str().map_or_else(|| error.to_string(), str::to_owned)));
    }
    if !value.is_object() || (value.get("message").is_none() && value["done"] != true) {
        return Err(Failure::Garbage("a line without a message".into()));
    }
    let text = value["message"]["content"].as_str().unwrap_or("").to_owned();
    if value["done"] == true {
        return Ok(Token::Done { text, cut: value["done_reason"] == "length", prompt_tokens: value["prompt_eval_count"].as_u64() });
    }
    match value["message"]["thinking"].as_str() {
        Some(thinking) if text.is_empty() && !thinking.is_empty() => Ok(Token::Thinking(thinking.len())),
        _ => Ok(Token::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Token, token};

    #[test]
    fn lines_of_a_stream_are_read_and_faults_recognised() {
        let cases: [(&str, Result<Token, Failure>); 9] = [
            (r#"{"error":null,"message":{"content":"Hi"},"done":false}"#, Ok(Token::Text("Hi".into()))),
            ("\n", Ok(Token::Nothing)),
            (r#"{"message":{"role":"assistant","content":"Hi"},"done":false}"#, Ok(Token::Text("Hi".into()))),
            (r#"{"message":{"content":"","thinking":"hm"},"done":false}"#, Ok(Token::Thinking(2))),
            (
                r#"{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":9}"#,
                Ok(Token::Done { text: String::new(), cut: false, prompt_tokens: Some(9) }),
            ),
            (r#"{"done":true,"done_reason":"length"}"#, Ok(Token::Done { text: String::new(), cut: true, prompt_tokens: None })),
            (r#"{"error":"out of memory"}"#, Err(Failure::Reported("out of memory".into()))),
            (r#"[1]"#, Err(Failure::Garbage("a line without a message".into()))),
            (r#"{"hello":1}"#, Err(Failure::Garbage("a line without a message".into()))),
        ];
        for (line, expected) in cases {
            assert_eq!(token(line.as_bytes()), expected, "{line}");
        }
        assert!(matches!(token(b"{\"message\":{\"con"), Err(Failure::Garbage(_))));
        assert!(matches!(token(&[0xff, 0xfe, b'\n']), Err(Failure::Garbage(_))));
    }
}
