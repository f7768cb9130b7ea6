//! The OpenAI-compatible wire format: `/models`, `/embeddings`, and `/chat/completions` as server-sent events.

use super::model::{Completion, ModelInfo, Token};
use super::transport::{Failure, get_json, line_of, post_json};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The base that `LLM_BASE_URL` means: without a path, `/v1` is added, where every such server has its API.
pub fn base(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if rest.contains('/') { url.to_owned() } else { format!("{url}/v1") }
}

/// Models the server has; empty when it does not list them. Blocking.
pub fn models(base: &str, key: Option<&str>) -> Result<Vec<ModelInfo>, Failure> {
    let list = match get_json(&format!("{base}/models"), key) {
        Err(Failure::Refused(404 | 405, _)) => return Ok(Vec::new()),
        other => other?,
    };
    let Some(models) = list["data"].as_array() else { return Err(Failure::Garbage("no list of models".into())) };
    Ok(models
        .iter()
        .filter_map(|m| {
            let created = m["created"].as_i64().and_then(|s| jiff::Timestamp::from_second(s).ok());
            Some(ModelInfo {
                name: m["id"].as_str()?.to_owned(),
                modified_at: created.map_or_else(String::new, crate::id::format_time),
                size: 0,
            })
        })
        .collect())
}

/// Vectors of `texts`, as the server gives them. Blocking, within `limit`.
pub fn embed(base: &str, key: Option<&str>, model: &str, texts: &[String], limit: Duration) -> Result<Vec<Vec<f32>>, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        data: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        index: usize,
        embedding: Vec<f32>,
    }
    let body = json!({"model": model, "input": texts});
    let Answer { mut data } = post_json(&format!("{base}/embeddings"), key, &body, limit)?;
    data.sort_by_key(|item| item.index);
    Ok(data.into_iter().map(|item| item.embedding).collect())
}

/// Where a completion is posted.
pub fn chat_url(base: &str) -> String {
    format!("{base}/chat/completions")
}

/// The request.
pub fn request(completion: &Completion) -> Value {
    json!({
        "model": completion.model,
        "messages": completion.messages,
        "stream": true,
        "stream_options": {"include_usage": true},
        "max_tokens": completion.answer_tokens,
        "temperature": 0.1,
    })
}

/// Whether a refusal is of how the length and the temperature are asked for: newer models of OpenAI know them by another name, or not at all.
pub fn wants_other_words(refusal: &str) -> bool {
    ["max_tokens", "max_completion_tokens", "temperature"].iter().any(|word| refusal.contains(word))
}

/// The request as such models take it.
pub fn in_other_words(completion: &Completion) -> Value {
    let mut body = request(completion);
    if let Some(body) = body.as_object_mut() {
        body.remove("temperature");
        body.remove("max_tokens");
        body.insert("max_completion_tokens".into(), json!(completion.answer_tokens));
    }
    body
}

/// What one line says.
pub fn token(line: &[u8]) -> Result<Token, Failure> {
    let line = line.trim_ascii();
    let Some(data) = line.strip_prefix(b"data:") else {
        return match line {
            [] | [b':', ..] => Ok(Token::Nothing),
            _ if line.starts_with(b"event:") || line.starts_with(b"id:") || line.starts_with(b"retry:") => Ok(Token::Nothing),
            _ => Err(Failure::Garbage("a line that is no event".into())),
        };
    };
    let data = data.trim_ascii();
    if data == b"[DONE]" {
        return Ok(Token::Done { text: String::new(), cut: false, prompt_tokens: None });
    }
    let value = line_of(data)?;
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        return Err(Failure::Reported(error["message"].as_str().map_or_else(|| error.to_string(), str::to_owned)));
    }
    let choice = &value["choices"][0];
    let text = choice["delta"]["content"].as_str().unwrap_or("");
    if choice["finish_reason"] == "length" {
        return Ok(Token::Done { text: text.to_owned(), cut: true, prompt_tokens: None });
    }
    if let Some(reason) = choice["finish_reason"].as_str() {
        return Ok(Token::Last { text: text.to_owned(), filtered: reason == "content_filter" });
    }
    if let (None, Some(tokens)) = (choice.get("delta"), value["usage"]["prompt_tokens"].as_u64()) {
        return Ok(Token::Prompt(tokens));
    }
    match choice["delta"]["reasoning_content"].as_str().or(choice["delta"]["reasoning"].as_str()) {
        Some(thinking) if text.is_empty() && !thinking.is_empty() => Ok(Token::Thinking(thinking.len())),
        _ if value["choices"].is_array() => Ok(Token::Text(text.to_owned())),
        _ => Err(Failure::Garbage("an event without choices".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, Token, base, token};

    #[test]
    fn events_of_a_stream_are_read_and_faults_recognised() {
        let cases: [(&str, Result<Token, Failure>); 11] = [
            ("", Ok(Token::Nothing)),
            (": ping", Ok(Token::Nothing)),
            (r#"data: {"choices":[{"delta":{"role":"assistant"}}]}"#, Ok(Token::Text(String::new()))),
            (r#"data: {"choices":[{"delta":{"content":"Hi"}}]}"#, Ok(Token::Text("Hi".into()))),
            (r#"data: {"choices":[],"usage":{"prompt_tokens":3}}"#, Ok(Token::Prompt(3))),
            (
                r#"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"#,
                Ok(Token::Done { text: String::new(), cut: true, prompt_tokens: None }),
            ),
            (r#"data: {"error":null,"choices":[{"delta":{"content":"Hi"}}]}"#, Ok(Token::Text("Hi".into()))),
            (
                r#"data: {"choices":[{"delta":{"content":"."},"finish_reason":"stop"}]}"#,
                Ok(Token::Last { text: ".".into(), filtered: false }),
            ),
            (
                r#"data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#,
                Ok(Token::Last { text: String::new(), filtered: true }),
            ),
            ("data: [DONE]", Ok(Token::Done { text: String::new(), cut: false, prompt_tokens: None })),
            (r#"data: {"error":{"message":"no"}}"#, Err(Failure::Reported("no".into()))),
        ];
        for (line, expected) in cases {
            assert_eq!(token(line.as_bytes()), expected, "{line}");
        }
        assert!(matches!(token(b"<html>"), Err(Failure::Garbage(_))));
        assert!(matches!(token(b"data: {}"), Err(Failure::Garbage(_))));
    }

    #[test]
    fn a_base_without_a_path_means_v1() {
        assert_eq!(base("http://box:8080/"), "http://box:8080/v1");
        assert_eq!(base("https://host/api/v1"), "https://host/api/v1");
    }
}
