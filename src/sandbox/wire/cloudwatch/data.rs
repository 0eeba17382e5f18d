//! Values as CloudWatch's protocols carry them: CBOR (RFC 8949), and JSON for clients that choose it.

use chrono::{DateTime, Utc};
use minicbor::data::{IanaTag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value};

/// How deep a request may nest; those of the API are five deep.
const DEPTH: u32 = 16;

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// A structure.
    Map(Vec<(&'static str, Self)>),
    List(Vec<Self>),
    Text(String),
    /// Finite.
    Number(f64),
    /// In both protocols, seconds since 1970.
    Time(DateTime<Utc>),
}

impl Data {
    /// In JSON.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Map(members) => {
                let members =
                    members.iter().map(|(name, value)| ((*name).to_owned(), value.to_json()));
                Value::Object(members.collect())
            }
            Self::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Self::Text(text) => Value::from(&**text),
            Self::Number(number) => Value::from(*number),
            Self::Time(at) => Value::from(at.timestamp()),
        }
    }

    /// In CBOR.
    pub(super) fn to_cbor(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Writing to memory cannot fail.
        let _ = self.encode(&mut encoder);
        encoder.into_writer()
    }

    fn encode(
        &self,
        encoder: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        match self {
            Self::Map(members) => {
                encoder.map(members.len() as u64)?;
                for (name, value) in members {
                    encoder.str(name)?;
                    value.encode(encoder)?;
                }
            }
            Self::List(items) => {
                encoder.array(items.len() as u64)?;
                for item in items {
                    item.encode(encoder)?;
                }
            }
            Self::Text(text) => {
                encoder.str(text)?;
            }
            Self::Number(number) => {
                encoder.f64(*number)?;
            }
            Self::Time(at) => {
                encoder.tag(IanaTag::Timestamp)?.i64(at.timestamp())?;
            }
        }
        Ok(())
    }
}

/// Reads one value that is the whole of `bytes`, with moments as seconds since 1970; an empty body is an empty structure.
///
/// # Errors
/// Why it is none, and at which byte.
pub(super) fn from_cbor(bytes: &[u8]) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let mut decoder = Decoder::new(bytes);
    let value = decode(&mut decoder, DEPTH).map_err(|why| why.to_string())?;
    match decoder.position() {
        end if end == bytes.len() => Ok(value),
        end => Err(format!("there is more than one value: another begins at byte {end}")),
    }
}

type Decoded<T> = Result<T, minicbor::decode::Error>;

fn decode(decoder: &mut Decoder<'_>, depth: u32) -> Decoded<Value> {
    let at = decoder.position();
    let refused = |why: &str| minicbor::decode::Error::message(why).at(at);
    let inside = depth.checked_sub(1).ok_or_else(|| refused("it is nested too deep"))?;
    match decoder.datatype()? {
        Type::Map | Type::MapIndef => {
            let mut members = Map::new();
            let mut left = decoder.map()?;
            while another(decoder, &mut left)? {
                let name = text(decoder)?;
                members.insert(name, decode(decoder, inside)?);
            }
            Ok(Value::Object(members))
        }
        Type::Array | Type::ArrayIndef => {
            let mut items = Vec::new();
            let mut left = decoder.array()?;
            while another(decoder, &mut left)? {
                items.push(decode(decoder, inside)?);
            }
            Ok(Value::Array(items))
        }
        Type::String | Type::StringIndef => text(decoder).map(Value::String),
        Type::Bool => decoder.bool().map(Value::Bool),
        Type::Null => decoder.null().map(|()| Value::Null),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decoder.u64().map(Value::from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decoder.i64().map(Value::from),
        Type::F32 | Type::F64 => decoder.f64().map(Value::from),
        Type::Tag if decoder.tag()? == IanaTag::Timestamp => decode(decoder, inside),
        other @ (Type::Tag
        | Type::Undefined
        | Type::Int
        | Type::F16
        | Type::Simple
        | Type::Bytes
        | Type::BytesIndef
        | Type::Break
        | Type::Unknown(_)) => {
            Err(refused(&format!("no member of a request is of the type {other}")))
        }
    }
}

/// Whether a list or a structure goes on: a length counts down, or a break ends it.
fn another(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Decoded<bool> {
    match left {
        Some(0) => Ok(false),
        Some(left) => {
            *left -= 1;
            Ok(true)
        }
        None if decoder.datatype()? == Type::Break => decoder.skip().map(|()| false),
        None => Ok(true),
    }
}

fn text(decoder: &mut Decoder<'_>) -> Decoded<String> {
    decoder.str_iter()?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn definite_and_indefinite_lengths_are_read_alike() {
        let definite = b"\xa1\x61a\x83\x01\x20\xc1\xfb\x41\xda\x52\x92\x40\x00\x00\x00";
        let indefinite =
            b"\xbf\x7f\x61a\xff\x9f\x01\x20\xc1\xfb\x41\xda\x52\x92\x40\x00\x00\x00\xff\xff";
        let read = json!({"a": [1, -1, 1_766_476_032.0]});
        assert_eq!(from_cbor(definite), Ok(read.clone()));
        assert_eq!(from_cbor(indefinite), Ok(read));
        assert_eq!(from_cbor(b""), Ok(json!({})));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for (bytes, told) in [
            (&[0x81; 40][..], "nested too deep"),
            (b"\xa0\xa0", "another begins at byte 1"),
            (b"\xa1\x61a\xc2\x41\x01", "no member of a request"),
            (b"\x61", "end of input"),
        ] {
            let found = from_cbor(bytes).unwrap_err();
            assert!(found.contains(told), "{found}");
        }
    }

    #[test]
    fn moments_are_tagged_and_numbers_are_doubles() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let data = Data::Map(vec![
            ("T", Data::List(vec![Data::Time(at)])),
            ("V", Data::List(vec![Data::Number(2.0)])),
        ]);
        let written =
            b"\xa2\x61T\x81\xc1\x1a\x6b\x49\xd2\x00\x61V\x81\xfb\x40\x00\x00\x00\x00\x00\x00\x00";
        assert_eq!(data.to_cbor(), written);
        assert_eq!(data.to_json(), json!({"T": [1_800_000_000], "V": [2.0]}));
    }

    proptest! {
        /// Whatever is sent, reading ends and says something.
        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = from_cbor(&body);
        }

        /// What is written is read back, with moments as seconds.
        #[test]
        fn what_is_written_is_read(numbers in proptest::collection::vec(-1e9..1e9_f64, 0..40), text in ".{0,300}") {
            let data = Data::Map(vec![
                ("numbers", Data::List(numbers.into_iter().map(Data::Number).collect())),
                ("text", Data::Text(text)),
            ]);
            prop_assert_eq!(from_cbor(&data.to_cbor()), Ok(data.to_json()));
        }
    }
}
