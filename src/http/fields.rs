//! Fields of a request, decoded the way pydantic v2 does it in its lax mode: same coercions, same messages, same `loc`.

pub mod coerced;

use super::Error;
use super::error::FieldError;
use super::route::Param;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Fields of a JSON object, a form or a query string, taken one by one; mistakes are collected and reported together, in the order taken.
/// Messages, types and `loc` are pydantic v2's; so are the lax coercions (`"7"` is 7, `"yes"` is true in queries and bodies).
pub struct Fields {
    location: &'static str,
    values: Map<String, Value>,
    errors: Vec<FieldError>,
    /// There are more mistakes than are told.
    more: bool,
}

/// [`Fields::project`] in a query string.
pub const PROJECT: Param = Param::optional("project_id", "string", "Only this project; all when left out or empty");
/// Longest `project_id`: ids are no longer.
pub(super) const MAX_PROJECT: usize = 255;
/// Mistakes that are told: more than a person puts right at once, and few enough to be written down in a millisecond.
const MAX_MISTAKES: usize = 50;
/// Largest `input` that an error gives back, in bytes of JSON: enough to recognise what was sent.
const MAX_ECHO: usize = 8 << 10;

/// `input` as an error may give it back: itself, or the beginning of its text when it is large.
pub(super) fn echo(input: &Value) -> Value {
    match beginning(input) {
        None => input.clone(),
        Some(json) => cut(input.as_str().unwrap_or(&json)),
    }
}

fn cut(text: &str) -> Value {
    Value::from(format!("{}…", text.chars().take(MAX_ECHO / 4).collect::<String>()))
}

/// The beginning of `input` as JSON when that has more than [`MAX_ECHO`] bytes; no more of it is written down.
fn beginning(input: &impl Serialize) -> Option<String> {
    struct Head(Vec<u8>);
    impl Write for Head {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = MAX_ECHO - self.0.len();
            self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
            if bytes.len() > room { Err(io::ErrorKind::WriteZero.into()) } else { Ok(bytes.len()) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut head = Head(Vec::new());
    let whole = serde_json::to_writer(&mut head, input).is_ok();
    (!whole).then(|| String::from_utf8_lossy(&head.0).into_owned())
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
        Fields::of("query", values)
    }

    /// From a JSON object.
    pub fn body(values: Map<String, Value>) -> Fields {
        Fields::of("body", values)
    }

    fn of(location: &'static str, values: Map<String, Value>) -> Fields {
        Fields { location, values, errors: Vec::new(), more: false }
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

    /// The optional `project_id`; a blank one is none, as forms and pages send it.
    pub fn project(&mut self) -> Option<String> {
        self.optional_string(PROJECT.name, 0, MAX_PROJECT).filter(|id| !id.trim().is_empty())
    }

    /// One of `choices`; the default when it is missing and there is one. The first choice on a mistake.
    ///
    /// # Panics
    /// Without choices.
    pub fn choice(&mut self, name: &str, choices: &[&'static str], default: Option<&'static str>) -> &'static str {
        let value = match (self.take(name), default) {
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
        match self.take(name) {
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
        let Some(value) = self.take(name) else { return default };
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

    /// A list of at most `most` items; empty when missing or null.
    pub fn list(&mut self, name: &str, most: usize) -> Vec<Value> {
        match self.given(name) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.len() <= most => items,
            Some(Value::Array(items)) => {
                let msg = format!("List should have at most {most} items after validation, not {}", items.len());
                let ctx = json!({"field_type": "List", "max_length": most, "actual_length": items.len()});
                self.mistake("too_long", vec![name.into()], msg, &Value::Array(items), Some(ctx));
                Vec::new()
            }
            Some(other) => {
                self.mistake("list_type", vec![name.into()], "Input should be a valid list", &other, None);
                Vec::new()
            }
        }
    }

    /// A list of at most `most` strings, each at most `max` characters; empty when missing or null.
    pub fn strings(&mut self, name: &str, most: usize, max: usize) -> Vec<String> {
        let items = self.list(name, most).into_iter().enumerate();
        items.filter_map(|(i, item)| self.check_string(vec![name.into(), i.into()], item, 0, max)).collect()
    }

    /// An object decoded by `decode`, whose mistakes say where in it they are; `None` when missing or null.
    pub fn nested<T>(&mut self, name: &str, decode: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let value = self.given(name)?;
        self.inner(&[name.into()], value, decode)
    }

    /// A list of at most `most` objects, each decoded by `decode`; empty when missing or null.
    pub fn objects<T>(&mut self, name: &str, most: usize, mut decode: impl FnMut(&mut Fields) -> T) -> Vec<T> {
        let items = self.list(name, most).into_iter().enumerate();
        items.filter_map(|(i, item)| self.inner(&[name.into(), i.into()], item, &mut decode)).collect()
    }

    fn inner<T>(&mut self, path: &[Value], value: Value, decode: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let Value::Object(values) = value else {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            self.mistake("model_attributes_type", path.to_vec(), msg, &value, None);
            return None;
        };
        let mut inner = Fields::of(self.location, values);
        let decoded = decode(&mut inner);
        self.more |= inner.more;
        for mut error in inner.errors {
            error.loc.splice(1..1, path.iter().cloned());
            self.tell(|| error);
        }
        Some(decoded)
    }

    /// Whether the field is there at all (for partial updates).
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether there is something other than null.
    pub fn has_some(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !value.is_null())
    }

    /// Adds a mistake of the handler's own: pydantic's `value_error`.
    pub fn refuse(&mut self, name: &str, message: &str) {
        let input = self.values.get(name).map_or(Value::Null, echo);
        self.mistake("value_error", vec![name.into()], format!("Value error, {message}"), &input, Some(json!({"error": {}})));
    }

    /// Whether there is no mistake so far.
    pub fn is_good(&self) -> bool {
        self.errors.is_empty()
    }

    /// 422 with the mistakes, if there was one; of very many, with the first and a word that there are more.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.more {
            let msg = format!("Value error, there are more mistakes than these {MAX_MISTAKES}");
            let (loc, ctx) = (vec![Value::from(self.location)], Some(json!({"error": {}})));
            self.errors.push(FieldError { r#type: "value_error".into(), loc, msg, input: Value::Null, ctx });
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Unprocessable(self.errors)) }
    }

    fn given(&mut self, name: &str) -> Option<Value> {
        self.take(name).filter(|value| !value.is_null())
    }

    /// The value, moved out: it may have megabytes. What a mistake would give back of it stays.
    fn take(&mut self, name: &str) -> Option<Value> {
        let value = self.values.get_mut(name)?;
        let shown = echo(value);
        Some(std::mem::replace(value, shown))
    }

    fn required(&mut self, name: &str) -> Option<Value> {
        let value = self.take(name);
        if value.is_none() {
            self.missing(name);
        }
        value
    }

    fn missing(&mut self, name: &str) {
        let whole = match beginning(&self.values) {
            _ if self.location != "body" => Value::Null,
            None => Value::Object(self.values.clone()),
            Some(json) => cut(&json),
        };
        self.mistake("missing", vec![name.into()], "Field required", &whole, None);
    }

    fn check_string(&mut self, path: Vec<Value>, value: Value, min: usize, max: usize) -> Option<String> {
        let Value::String(text) = value else {
            self.mistake("string_type", path, "Input should be a valid string", &value, None);
            return None;
        };
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        // A character has one to four bytes: only where that leaves it open are they counted.
        let (bytes, characters) = (text.len(), || text.chars().count());
        let short = bytes < min.saturating_mul(4) && characters() < min;
        let long = bytes > max && (bytes > max.saturating_mul(4) || characters() > max);
        let (r#type, msg, ctx) = if short {
            let msg = format!("String should have at least {min} character{}", plural(min));
            ("string_too_short", msg, json!({"min_length": min}))
        } else if long {
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
        self.tell(|| FieldError { r#type: r#type.into(), loc, msg: msg.into(), input: echo(input), ctx });
    }

    fn tell(&mut self, mistake: impl FnOnce() -> FieldError) {
        if self.errors.len() < MAX_MISTAKES {
            self.errors.push(mistake());
        } else {
            self.more = true;
        }
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
        fields.objects("history", 9, |f| (f.string("role", 1, 9), f.string("content", 0, 9)));
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
                    f.strings("tags", 2, 9);
                },
                r#"{"type":"string_type","loc":["body","tags",1],"msg":"Input should be a valid string","input":1}"#,
            ),
            (
                json!({"tags": ["a", "b", "c"]}),
                |f| {
                    f.strings("tags", 2, 9);
                },
                r#"{"type":"too_long","loc":["body","tags"],"msg":"List should have at most 2 items after validation, not 3","input":["a","b","c"],"ctx":{"actual_length":3,"field_type":"List","max_length":2}}"#,
            ),
            (
                json!({"tags": "a"}),
                |f| {
                    f.strings("tags", 2, 9);
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
    fn a_blank_project_is_none() {
        let project = |text| Fields::query(text).project();
        for none in ["", "project_id=", "project_id", "project_id=+%20", "project=p"] {
            assert_eq!(project(none), None, "{none}");
        }
        assert_eq!(project("project_id=&project_id=p").as_deref(), Some("p"));
        let mut fields = body(json!({"project_id": "p".repeat(MAX_PROJECT + 1)}));
        assert_eq!((fields.project(), fields.is_good()), (None, false));
    }

    #[test]
    fn absent_and_null_are_defaults_where_a_field_is_optional() {
        let mut fields = body(json!({"a": null}));
        assert_eq!((fields.optional_string("a", 1, 9), fields.optional_integer("b", 1, 9)), (None, None));
        assert_eq!((fields.integer("b", 5, 1, 9), fields.choice("c", &["x", "y"], Some("y"))), (5, "y"));
        assert!(fields.object("a").is_empty() && fields.list("a", 1).is_empty() && fields.has("a") && !fields.has("b"));
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn of_very_many_mistakes_the_first_are_told_and_that_there_are_more() {
        type Take = fn(&mut Fields);
        for (items, told) in [(MAX_MISTAKES, MAX_MISTAKES), (MAX_MISTAKES + 1, MAX_MISTAKES + 1), (10_000, MAX_MISTAKES + 1)] {
            let lists: [(Value, Take); 2] = [
                (json!({"a": vec![1; items]}), |f| drop(f.strings("a", 10_000, 9))),
                (json!({"a": vec![json!({}); items]}), |f| drop(f.objects("a", 10_000, |f| f.string("b", 1, 9)))),
            ];
            for (value, take) in lists {
                let mut fields = body(value);
                take(&mut fields);
                let Err(Error::Unprocessable(mistakes)) = fields.finish() else { panic!("there are mistakes") };
                assert_eq!(mistakes.len(), told);
                assert_eq!(mistakes[told - 1].msg.contains("more mistakes"), items > MAX_MISTAKES);
            }
        }
    }

    #[test]
    fn lengths_are_of_characters_whatever_bytes_they_have() {
        for (text, min, max, good) in [
            ("é", 1, 1, true),
            ("é", 2, 2, false),
            ("🦀🦀", 2, 2, true),
            ("🦀🦀", 3, 9, false),
            ("🦀🦀", 1, 1, false),
            ("aaaaa", 1, 1, false),
            ("", 0, 0, true),
        ] {
            let mut fields = body(json!({"a": text}));
            fields.string("a", min, max);
            assert_eq!(fields.is_good(), good, "{text} {min} {max}");
        }
    }

    #[test]
    fn a_huge_input_is_echoed_by_its_beginning_only() {
        let mut fields = body(json!({"other": "x".repeat(1 << 20)}));
        fields.string("query", 1, 9);
        assert!(mistakes(fields).len() < MAX_ECHO);
    }
}
