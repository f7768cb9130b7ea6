//! JSON, written in less time than it takes to look at each byte.
//!
//! Most bytes of a large answer are names, and half of the time of writing them went into looking at each for what must be escaped. Here
//! eight are looked at together, and copied together; texts that have such a byte, and all numbers, are left to `serde_json`.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant, Serializer,
};
use serde_json::Error;

type Result<T = ()> = std::result::Result<T, Error>;

/// Appends `value` to `out` as compact JSON: the bytes that `serde_json::to_writer` would write.
///
/// # Errors
/// A map with keys that are neither text nor numbers nor truth values, a `RawValue`, and whatever a serialiser of its own says.
pub fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result {
    value.serialize(Writer { out })
}

/// What serde is told that a `RawValue` is.
const RAW: &str = "$serde_json::private::RawValue";

struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

/// A one in each byte.
const ONES: u64 = u64::MAX / 255;

/// Whether a byte of `word` is one that JSON escapes: a quote, a backslash, or below the blank.
fn escapes(word: &[u8; 8]) -> bool {
    let word = u64::from_le_bytes(*word);
    // The high bit of a byte is set where the byte is below `n`, if its own is not: bytes of longer characters are never escaped.
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & (ONES << 7) != 0
}

/// At most seven bytes and blanks after them, made without a detour through memory.
fn short(bytes: &[u8]) -> [u8; 8] {
    let word = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
            first | last << (8 * (bytes.len() - 4))
        }
        _ => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    (word | (ONES * u64::from(b' ')) << (8 * bytes.len())).to_le_bytes()
}

fn text(out: &mut Vec<u8>, text: &str) -> Result {
    let (begin, bytes) = (out.len(), text.as_bytes());
    // With the quotes, and the word that the last one is written over.
    out.reserve(bytes.len() + 10);
    out.push(b'"');
    let plain = match bytes.last_chunk::<8>() {
        Some(last) => {
            // The last word is written over the one before it, so that there is none of any other length.
            let (words, rest) = bytes.as_chunks::<8>();
            words.iter().all(|word| {
                out.extend_from_slice(word);
                !escapes(word)
            }) && {
                out.truncate(out.len() + rest.len() - 8);
                out.extend_from_slice(last);
                !escapes(last)
            }
        }
        None => {
            let word = short(bytes);
            out.extend_from_slice(&word);
            out.truncate(out.len() - word.len() + bytes.len());
            !escapes(&word)
        }
    };
    if !plain {
        out.truncate(begin);
        return serde_json::to_writer(out, text);
    }
    out.push(b'"');
    Ok(())
}

/// What is written between an opening and a closing bracket.
struct Items<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
    end: &'static [u8],
}

impl<'a> Items<'a> {
    fn begin(out: &'a mut Vec<u8>, begin: &[u8], end: &'static [u8]) -> Items<'a> {
        out.extend_from_slice(begin);
        Items { out, first: true, end }
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result {
        self.comma();
        write(self.out, value)
    }

    fn field(&mut self, key: &'static str, value: &(impl Serialize + ?Sized)) -> Result {
        self.comma();
        text(self.out, key)?;
        self.out.push(b':');
        write(self.out, value)
    }

    fn finish(self) -> Result {
        self.out.extend_from_slice(self.end);
        Ok(())
    }
}

macro_rules! as_serde_json {
    ($($name:ident: $of:ty),*) => {
        $(fn $name(self, value: $of) -> Result {
            serde_json::to_writer(self.out, &value)
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeStructVariant = Items<'a>;

    as_serde_json!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128);
    as_serde_json!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128);
    as_serde_json!(serialize_f32: f32, serialize_f64: f64, serialize_char: char);

    fn serialize_bool(self, value: bool) -> Result {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result {
        text(self.out, value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result {
        text(self.out, name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, name: &'static str, value: &T) -> Result {
        let mut items = Items::begin(self.out, b"{", b"}");
        items.field(name, value)?;
        items.finish()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>> {
        Ok(Items::begin(self.out, b"[", b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>> {
        self.serialize_seq(None)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Result<Items<'a>> {
        self.out.push(b'{');
        text(self.out, name)?;
        Ok(Items::begin(self.out, b":[", b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Items<'a>> {
        Ok(Items::begin(self.out, b"{", b"}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Items<'a>> {
        if name == RAW {
            return Err(Error::custom("raw JSON, which this does not write"));
        }
        self.serialize_map(None)
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, name: &'static str, _: usize) -> Result<Items<'a>> {
        self.out.push(b'{');
        text(self.out, name)?;
        Ok(Items::begin(self.out, b":{", b"}}"))
    }
}

macro_rules! items {
    ($($of:ident: $add:ident),*) => {
        $(impl $of for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
                self.item(value)
            }

            fn end(self) -> Result {
                self.finish()
            }
        })*
    };
}
items!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);

macro_rules! fields {
    ($($of:ident),*) => {
        $(impl $of for Items<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result {
                self.field(key, value)
            }

            fn end(self) -> Result {
                self.finish()
            }
        })*
    };
}
fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        self.comma();
        let begin = self.out.len();
        write(self.out, key)?;
        match self.out.get(begin) {
            Some(b'"') => Ok(()),
            Some(b'[' | b'{' | b'n') | None => Err(Error::custom("a key that is no text")),
            Some(_) => {
                self.out.insert(begin, b'"');
                self.out.push(b'"');
                Ok(())
            }
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        self.out.push(b':');
        write(self.out, value)
    }

    fn end(self) -> Result {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn same(value: &impl Serialize) {
        let mut out = b"before".to_vec();
        write(&mut out, value).expect("it can be written");
        let want = serde_json::to_string(value).expect("it can be written");
        assert_eq!(String::from_utf8_lossy(&out[6..]), want);
    }

    #[test]
    fn each_byte_that_is_escaped_is_found_wherever_it_stands() {
        for length in 0..20 {
            for at in 0..length {
                for byte in (0..=0x7f).chain([0xe9, 0x2028, 0x1f600]) {
                    let text: String =
                        (0..length).map(|n| if n == at { char::from_u32(byte).expect("a character") } else { 'ÿ' }).collect();
                    same(&text);
                    same(&text.replace('ÿ', "n"));
                }
            }
        }
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        One(f32),
        Two(i8, Option<char>),
        Named { first: (), second: Box<Shape> },
    }

    #[derive(Serialize)]
    struct Whole {
        #[serde(rename = "a \"key\"")]
        key: &'static str,
        shapes: Vec<Shape>,
        pair: (u128, f64),
        #[serde(flatten)]
        more: BTreeMap<&'static str, bool>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        none: Vec<u8>,
    }

    #[test]
    fn whatever_can_be_derived_is_written_as_serde_json_writes_it() {
        let named = Shape::Named { first: (), second: Box::new(Shape::Two(-1, None)) };
        let shapes = vec![Shape::Unit, Shape::One(0.1), Shape::One(f32::NAN), Shape::Two(i8::MIN, Some('"')), named];
        same(&Whole { key: "value", shapes, pair: (u128::MAX, 1e300), more: BTreeMap::from([("x", true), ("y", false)]), none: vec![] });
        same(&Whole { key: "", shapes: vec![], pair: (0, -0.0), more: BTreeMap::new(), none: vec![0, 255] });
    }

    #[test]
    fn keys_are_text_or_become_it() {
        same(&BTreeMap::from([(-1, "a"), (20, "b")]));
        same(&BTreeMap::from([(u128::MAX, ())]));
        same(&BTreeMap::from([(true, 'x'), (false, '"')]));
        same(&BTreeMap::from([('"', 1), ('n', 2)]));
        same(&BTreeMap::from([(Some("name"), 1)]));
        same(&Floats(0.5));
        assert!(write(&mut Vec::new(), &BTreeMap::from([((1, 2), 3)])).is_err());
        assert!(write(&mut Vec::new(), &BTreeMap::from([(None::<u8>, 3)])).is_err());
        assert!(write(&mut Vec::new(), &BTreeMap::from([((), 3)])).is_err());
        assert!(write(&mut Vec::new(), &Floats(f64::NAN)).is_err());
    }

    /// A map from one number, which a `BTreeMap` cannot be keyed by.
    struct Floats(f64);

    impl Serialize for Floats {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(self.0, 1)])
        }
    }

    #[test]
    fn raw_json_is_refused_and_not_written_otherwise() {
        let raw = serde_json::value::RawValue::from_string("[1]".to_owned()).expect("JSON");
        assert!(write(&mut Vec::new(), &raw).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let number =
            prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)];
        let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, any::<String>().prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array);
            prop_oneof![list, prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| map.into_iter().collect())]
        })
    }

    proptest! {
        #![proptest_config(crate::properties::config())]

        #[test]
        fn any_value_is_written_as_serde_json_writes_it(value in value()) {
            same(&value);
        }
    }
}
