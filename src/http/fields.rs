//! Fields of a request, decoded the way pydantic v2 does it in its lax mode: same coercions, same messages, same `loc`.

use super::Error;
use super::error::FieldError;
use serde_json::{Map, Value, json};

/// Fields of a JSON object, a form or a query string, taken one by one; mistakes are collected and reported together, in the order taken.
/// Messages, types and `loc` are pydantic v2's; so are the lax coercions (`"7"` is 7, `"yes"` is true in queries and bodies).
pub struct Fields {
    location: &'static str,
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// Largest `input` that an error gives back, in bytes of JSON: enough to recognise what was sent.
const MAX_ECHO: usize = 8 << 10;

/// `input` as an error may give it back: itself, or the beginning of its text when it is large.
pub(super) fn echo(input: &Value) -> Value {
    let text = input.to_string();
    if text.len() <= MAX_ECHO {
        return input.clone();
    }
    let text = input.as_str().unwrap_or(&text);
    Value::from(format!("{}…", text.chars().take(MAX_ECHO / 4).collect::<String>()))
}

/// Name and value of each pair of a query string (or an urlencoded form), decoded, in order.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let decode = |part: &str| super::router::decode(&part.replace('+', " "));
    text.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

impl Fields {
    /// From a query string; all values are strings, the last of a repeated name counts.
    pub fn query(text: &str) -> Fields {
        let values = pairs(text).map(|(name, value)| (name, Value::from(value))).collect();
        Fields { location: "query", values, errors: Vec::new() }
    }

    /// From the text fields of a form; the last of a repeated name counts.
    pub fn form(pairs: impl IntoIterator<Item = (String, String)>) -> Fields {
        Fields::body(pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
    }

    /// From a JSON object.
    pub fn body(values: Map<String, Value>) -> Fields {
        Fields { location: "body", values, errors: Vec::new() }
    }

    /// A required string with a length in characters between `min` and `max`; empty on a mistake.
    pub fn string(&mut self, name: &str, min: usize, max: usize) -> String {
        match self.required(name) {
            Some(value) => self.check_string(vec![name.into()], value, min, max).unwrap_or_default(),
            None => String::new(),
        }
    }

    /// As [`Fields::string`], but missing and `null` are `None`.
    pub fn optional_string(&mut self, name: &str, min: usize, max: usize) -> Option<String> {
        let value = self.given(name)?;
        self.check_string(vec![name.into()], value, min, max)
    }

    /// One of `choices`; the default when it is missing and there is one. The first choice on a mistake.
    ///
    /// # Panics
    /// Without choices.
    pub fn choice(&mut self, name: &str, choices: &[&'static str], default: Option<&'static str>) -> &'static str {
        let value = match (self.values.get(name).cloned(), default) {
            (Some(value), _) => value,
            (None, Some(default)) => return default,
            (None, None) => {
                self.missing(name);
                return choices[0];
            }
        };
        if let Some(choice) = choices.iter().find(|choice| value == **choice) {
            return choice;
        }
        let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
        let expected = match quoted.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => quoted.concat(),
        };
        self.mistake(
            "literal_error",
            vec![name.into()],
            format!("Input should be {expected}"),
            &value,
            Some(json!({"expected": expected})),
        );
        choices[0]
    }

    /// An integer between `min` and `max`; `default` when missing.
    pub fn integer(&mut self, name: &str, default: i64, min: i64, max: i64) -> i64 {
        match self.values.get(name).cloned() {
            Some(value) => self.check_integer(name, &value, min, max).unwrap_or(default),
            None => default,
        }
    }

    /// An optional integer between `min` and `max`.
    pub fn optional_integer(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.given(name)?;
        self.check_integer(name, &value, min, max)
    }

    /// A boolean; `default` when missing.
    pub fn boolean(&mut self, name: &str, default: bool) -> bool {
        let Some(value) = self.values.get(name).cloned() else { return default };
        let word = match &value {
            Value::Bool(b) => return *b,
            Value::String(s) => s.to_lowercase(),
            Value::Number(n) if n.as_f64().is_some_and(|f| f == 0.0 || f == 1.0) => return n.as_f64() == Some(1.0),
            Value::Number(n) if !n.is_f64() => n.to_string(),
            _ => {
                self.mistake("bool_type", vec![name.into()], "Input should be a valid boolean", &value, None);
                return default;
            }
        };
        match word.as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => true,
            "0" | "off" | "f" | "false" | "n" | "no" => false,
            _ => {
                let msg = "Input should be a valid boolean, unable to interpret input";
                self.mistake("bool_parsing", vec![name.into()], msg, &value, None);
                default
            }
        }
    }

    /// An object; empty when missing or null.
    pub fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.given(name) {
            None => Map::new(),
            Some(Value::Object(map)) => map,
            Some(other) => {
                self.mistake("dict_type", vec![name.into()], "Input should be a valid dictionary", &other, None);
                Map::new()
            }
        }
    }

    /// A required value of any kind; `null` on a mistake.
    pub fn any(&mut self, name: &str) -> Value {
        self.required(name).unwrap_or_default()
    }

    /// A list; empty when missing or null.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        match self.given(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.mistake("list_type", vec![name.into()], "Input should be a valid list", &other, None);
                Vec::new()
            }
        }
    }

    /// A list of strings, each at most `max` characters; empty when missing or null.
    pub fn strings(&mut self, name: &str, max: usize) -> Vec<String> {
        let items = self.list(name).into_iter().enumerate();
        items.filter_map(|(i, item)| self.check_string(vec![name.into(), i.into()], item, 0, max)).collect()
    }

    /// An object decoded by `decode`, whose mistakes say where in it they are; `None` when missing or null.
    pub fn nested<T>(&mut self, name: &str, decode: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let value = self.given(name)?;
        self.inner(&[name.into()], value, decode)
    }

    /// A list of objects, each decoded by `decode`; empty when missing or null.
    pub fn objects<T>(&mut self, name: &str, mut decode: impl FnMut(&mut Fields) -> T) -> Vec<T> {
        let items = self.list(name).into_iter().enumerate();
        items.filter_map(|(i, item)| self.inner(&[name.into(), i.into()], item, &mut decode)).collect()
    }

    fn inner<T>(&mut self, path: &[Value], value: Value, decode: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let Value::Object(values) = value else {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            self.mistake("model_attributes_type", path.to_vec(), msg, &value, None);
            return None;
        };
        let mut inner = Fields { location: self.location, values, errors: Vec::new() };
        let decoded = decode(&mut inner);
        self.errors.extend(inner.errors.into_iter().map(|mut error| {
            error.loc.splice(1..1, path.iter().cloned());
            error
        }));
        Some(decoded)
    }

    /// Whether the field is there at all (for partial updates).
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Adds a mistake of the handler's own: pydantic's `value_error`.
    pub fn refuse(&mut self, name: &str, message: &str) {
        let input = self.values.get(name).cloned().unwrap_or(Value::Null);
        self.mistake("value_error", vec![name.into()], format!("Value error, {message}"), &input, Some(json!({"error": {}})));
    }

    /// 422 with every mistake, if there was one.
    pub fn finish(self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Unprocessable(self.errors)) }
    }

    fn given(&self, name: &str) -> Option<Value> {
        self.values.get(name).filter(|value| !value.is_null()).cloned()
    }

    fn required(&mut self, name: &str) -> Option<Value> {
        let value = self.values.get(name).cloned();
        if value.is_none() {
            self.missing(name);
        }
        value
    }

    fn missing(&mut self, name: &str) {
        let whole = if self.location == "body" { Value::Object(self.values.clone()) } else { Value::Null };
        self.mistake("missing", vec![name.into()], "Field required", &whole, None);
    }

    fn check_string(&mut self, path: Vec<Value>, value: Value, min: usize, max: usize) -> Option<String> {
        let Value::String(text) = value else {
            self.mistake("string_type", path, "Input should be a valid string", &value, None);
            return None;
        };
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let length = text.chars().count();
        let (r#type, msg, ctx) = if length < min {
            let msg = format!("String should have at least {min} character{}", plural(min));
            ("string_too_short", msg, json!({"min_length": min}))
        } else if length > max {
            let msg = format!("String should have at most {max} character{}", plural(max));
            ("string_too_long", msg, json!({"max_length": max}))
        } else {
            return Some(text);
        };
        self.mistake(r#type, path, msg, &Value::String(text), Some(ctx));
        None
    }

    fn check_integer(&mut self, name: &str, value: &Value, min: i64, max: i64) -> Option<i64> {
        let parsed = match value {
            Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(i), _) => Ok(i),
                (None, Some(f)) if f.fract() == 0.0 => Ok(f as i64),
                _ => Err(("int_from_float", "Input should be a valid integer, got a number with a fractional part")),
            },
            Value::Bool(b) => Ok(i64::from(*b)),
            Value::String(text) => {
                integer_text(text).ok_or(("int_parsing", "Input should be a valid integer, unable to parse string as an integer"))
            }
            _ => Err(("int_type", "Input should be a valid integer")),
        };
        match parsed {
            Err((r#type, msg)) => self.mistake(r#type, vec![name.into()], msg, value, None),
            Ok(i) if i < min => {
                let msg = format!("Input should be greater than or equal to {min}");
                self.mistake("greater_than_equal", vec![name.into()], msg, value, Some(json!({"ge": min})));
            }
            Ok(i) if i > max => {
                let msg = format!("Input should be less than or equal to {max}");
                self.mistake("less_than_equal", vec![name.into()], msg, value, Some(json!({"le": max})));
            }
            Ok(i) => return Some(i),
        }
        None
    }

    fn mistake(&mut self, r#type: &str, path: Vec<Value>, msg: impl Into<String>, input: &Value, ctx: Option<Value>) {
        let loc = std::iter::once(Value::from(self.location)).chain(path).collect();
        self.errors.push(FieldError { r#type: r#type.into(), loc, msg: msg.into(), input: echo(input), ctx });
    }
}

/// An integer as pydantic reads text: surrounding space, a sign, single underscores between digits, `.0` at the end. What is too large
/// for 64 bits becomes the nearest end, which every range of ours excludes.
fn integer_text(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = digits.split_once('.').map_or(Some(digits), |(whole, zeros)| zeros.bytes().all(|b| b == b'0').then_some(whole))?;
    let groups_whole = digits.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()));
    groups_whole.then(|| {
        let signed = format!("{}{}", if negative { "-" } else { "" }, digits.replace('_', ""));
        signed.parse().unwrap_or(if negative { i64::MIN } else { i64::MAX })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: Value) -> Fields {
        Fields::body(value.as_object().unwrap().clone())
    }

    #[test]
    fn mistakes_inside_objects_say_where() {
        let mut fields = body(json!({"context": {"id": 1}, "history": [{"role": "user"}, 7], "none": null}));
        fields.nested("context", |f| f.optional_string("id", 0, 9));
        fields.objects("history", |f| (f.string("role", 1, 9), f.string("content", 0, 9)));
        assert_eq!(fields.nested("none", |_| ()), None);
        let found = mistakes(fields);
        for expected in [
            r#""type":"string_type","loc":["body","context","id"]"#,
            r#""type":"missing","loc":["body","history",0,"content"],"msg":"Field required","input":{"role":"user"}"#,
            r#""type":"model_attributes_type","loc":["body","history",1]"#,
        ] {
            assert!(found.contains(expected), "{found}");
        }
    }

    fn mistakes(fields: Fields) -> String {
        match fields.finish() {
            Ok(()) => "none".into(),
            Err(Error::Unprocessable(mistakes)) => serde_json::to_string(&mistakes).unwrap(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_mistake_reads_as_pydantic_writes_it() {
        type Take = fn(&mut Fields);
        let cases: Vec<(Value, Take, &str)> = vec![
            (
                json!({}),
                |f| {
                    f.string("query", 1, 9);
                },
                r#"{"type":"missing","loc":["body","query"],"msg":"Field required","input":{}}"#,
            ),
            (
                json!({"query": ""}),
                |f| {
                    f.string("query", 1, 9);
                },
                r#"{"type":"string_too_short","loc":["body","query"],"msg":"String should have at least 1 character","input":"","ctx":{"min_length":1}}"#,
            ),
            (
                json!({"query": "éééé"}),
                |f| {
                    f.string("query", 1, 3);
                },
                r#"{"type":"string_too_long","loc":["body","query"],"msg":"String should have at most 3 characters","input":"éééé","ctx":{"max_length":3}}"#,
            ),
            (
                json!({"query": 7}),
                |f| {
                    f.string("query", 1, 3);
                },
                r#"{"type":"string_type","loc":["body","query"],"msg":"Input should be a valid string","input":7}"#,
            ),
            (
                json!({"query": null}),
                |f| {
                    f.string("query", 1, 3);
                },
                r#"{"type":"string_type","loc":["body","query"],"msg":"Input should be a valid string","input":null}"#,
            ),
            (
                json!({"n": "x"}),
                |f| {
                    f.integer("n", 0, 0, 9);
                },
                r#"{"type":"int_parsing","loc":["body","n"],"msg":"Input should be a valid integer, unable to parse string as an integer","input":"x"}"#,
            ),
            (
                json!({"n": 1.5}),
                |f| {
                    f.integer("n", 0, 0, 9);
                },
                r#"{"type":"int_from_float","loc":["body","n"],"msg":"Input should be a valid integer, got a number with a fractional part","input":1.5}"#,
            ),
            (
                json!({"n": 0}),
                |f| {
                    f.integer("n", 1, 1, 50);
                },
                r#"{"type":"greater_than_equal","loc":["body","n"],"msg":"Input should be greater than or equal to 1","input":0,"ctx":{"ge":1}}"#,
            ),
            (
                json!({"n": 1e300}),
                |f| {
                    f.integer("n", 1, 1, 50);
                },
                r#"{"type":"less_than_equal","loc":["body","n"],"msg":"Input should be less than or equal to 50","input":1e+300,"ctx":{"le":50}}"#,
            ),
            (
                json!({"n": null}),
                |f| {
                    f.integer("n", 1, 1, 50);
                },
                r#"{"type":"int_type","loc":["body","n"],"msg":"Input should be a valid integer","input":null}"#,
            ),
            (
                json!({"b": "maybe"}),
                |f| {
                    f.boolean("b", false);
                },
                r#"{"type":"bool_parsing","loc":["body","b"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}"#,
            ),
            (
                json!({"b": []}),
                |f| {
                    f.boolean("b", false);
                },
                r#"{"type":"bool_type","loc":["body","b"],"msg":"Input should be a valid boolean","input":[]}"#,
            ),
            (
                json!({"tags": ["a", 1]}),
                |f| {
                    f.strings("tags", 9);
                },
                r#"{"type":"string_type","loc":["body","tags",1],"msg":"Input should be a valid string","input":1}"#,
            ),
            (
                json!({"tags": "a"}),
                |f| {
                    f.strings("tags", 9);
                },
                r#"{"type":"list_type","loc":["body","tags"],"msg":"Input should be a valid list","input":"a"}"#,
            ),
            (
                json!({"o": 1}),
                |f| {
                    f.object("o");
                },
                r#"{"type":"dict_type","loc":["body","o"],"msg":"Input should be a valid dictionary","input":1}"#,
            ),
            (
                json!({"d": "up"}),
                |f| {
                    f.choice("d", &["a", "b", "c"], Some("a"));
                },
                r#"{"type":"literal_error","loc":["body","d"],"msg":"Input should be 'a', 'b' or 'c'","input":"up","ctx":{"expected":"'a', 'b' or 'c'"}}"#,
            ),
            (
                json!({"q": " "}),
                |f| f.refuse("q", "must not be blank"),
                r#"{"type":"value_error","loc":["body","q"],"msg":"Value error, must not be blank","input":" ","ctx":{"error":{}}}"#,
            ),
        ];
        for (value, take, want) in cases {
            let mut fields = body(value.clone());
            take(&mut fields);
            assert_eq!(mistakes(fields), format!("[{want}]"), "{value}");
        }
    }

    #[test]
    fn lax_values_are_taken_for_what_they_mean() {
        let integers = [("7", 7), (" 7 ", 7), ("+7", 7), ("-7", -7), ("7.0", 7), ("1_000", 1000)];
        for (text, want) in integers {
            let mut fields = Fields::body(Map::from_iter([("n".to_owned(), Value::from(text))]));
            assert_eq!(fields.integer("n", 0, -5000, 5000), want, "{text}");
            assert!(fields.finish().is_ok(), "{text}");
        }
        for text in ["", "-", "7.5", "1__0", "_1", "1e3", "0x10", "seven"] {
            assert_eq!(integer_text(text), None, "{text}");
        }
        let mut fields = body(json!({"a": "yes", "b": "OFF", "c": 1, "d": 0.0, "e": 7.0, "f": true}));
        assert!(fields.boolean("a", false) && !fields.boolean("b", true) && fields.boolean("c", false) && !fields.boolean("d", true));
        assert_eq!((fields.integer("e", 0, 0, 9), fields.integer("f", 0, 0, 9)), (7, 1));
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn a_query_keeps_text_as_input_and_misses_fields_with_null() {
        let mut fields = Fields::query("limit=-1&q=a+b%26c&limit=0&flag");
        assert_eq!(fields.string("q", 1, 10), "a b&c");
        fields.integer("limit", 10, 1, 50);
        fields.string("other", 1, 10);
        assert_eq!(
            mistakes(fields),
            r#"[{"type":"greater_than_equal","loc":["query","limit"],"msg":"Input should be greater than or equal to 1","input":"0","ctx":{"ge":1}},{"type":"missing","loc":["query","other"],"msg":"Field required","input":null}]"#
        );
    }

    #[test]
    fn absent_and_null_are_defaults_where_a_field_is_optional() {
        let mut fields = body(json!({"a": null}));
        assert_eq!((fields.optional_string("a", 1, 9), fields.optional_integer("b", 1, 9)), (None, None));
        assert_eq!((fields.integer("b", 5, 1, 9), fields.choice("c", &["x", "y"], Some("y"))), (5, "y"));
        assert!(fields.object("a").is_empty() && fields.list("a").is_empty() && fields.has("a") && !fields.has("b"));
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn a_huge_input_is_echoed_by_its_beginning_only() {
        let mut fields = body(json!({"other": "x".repeat(1 << 20)}));
        fields.string("query", 1, 9);
        assert!(mistakes(fields).len() < MAX_ECHO);
    }
}
