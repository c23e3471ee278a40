//! Reading fields so that one of an unexpected type reads as a missing one.
//!
//! LINE adds fields, event types and enum values without notice, and leaves out what has no value
//! (<https://developers.line.biz/en/docs/messaging-api/development-guidelines/>). A field nobody
//! expected must not cost a person their message, so no field here can make its neighbours fail.
//! All of it happens in the one pass of `serde_json` over the event; lists and typed texts alone are
//! read a second time.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess};
use serde::de::{Error, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A string, number, boolean or object; `None` when it is something else.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Lenient::deserialize(deserializer).map(|Lenient(value)| value)
}

/// A string, borrowed where it holds no escapes.
pub(super) fn string<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    lenient(deserializer).map(|value| value.map(|Text(text)| text))
}

/// A list without the elements that could not be read.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    // Lists are rare and short: a second pass over them is cheaper than a visitor of their own.
    let raw = <&RawValue>::deserialize(deserializer)?;
    let elements: Vec<Lenient<T>> = serde_json::from_str(raw.get()).unwrap_or_default();
    Ok(elements
        .into_iter()
        .filter_map(|Lenient(element)| element)
        .collect())
}

/// A list of strings without the elements that are none.
pub(super) fn strings<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Cow<'de, str>>, D::Error> {
    list(deserializer).map(|texts| texts.into_iter().map(|Text(text)| text).collect())
}

/// What a person typed: half of a surrogate pair, which JSON can write as `\ud83e` and a Rust
/// string cannot hold, becomes U+FFFD instead of making the message unreadable.
pub(super) fn typed_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    struct TypedText;
    impl<'de> Visitor<'de> for TypedText {
        type Value = Cow<'de, str>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a string")
        }
        fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
            Ok(String::from_utf8_lossy(bytes))
        }
        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(Cow::Owned(replace_half_surrogates(bytes.to_vec())))
        }
    }
    // Taken out whole first: what is no string is refused here without harm to what follows it.
    let raw = <&RawValue>::deserialize(deserializer)?;
    let mut value = serde_json::Deserializer::from_str(raw.get());
    Ok(value.deserialize_bytes(TypedText).ok())
}

/// `serde_json` hands out half a pair as three bytes, and U+FFFD has three bytes and, like the
/// half it stands for, one UTF-16 code unit: positions in the text stay right.
fn replace_half_surrogates(mut bytes: Vec<u8>) -> String {
    for start in 0..bytes.len() {
        if let Some(half @ [0xED, 0xA0..=0xBF, _]) = bytes.get_mut(start..start + 3) {
            half.copy_from_slice("\u{FFFD}".as_bytes());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// serde reads a `Cow` as owned unless told otherwise field by field; this one borrows.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

struct Lenient<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

/// Offers one scalar to `T`; what it does not take is as good as missing.
fn offer<'de, T: Deserialize<'de>, D: Deserializer<'de>>(scalar: D) -> Lenient<T> {
    Lenient(T::deserialize(scalar).ok())
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(offer(IntoDeserializer::<E>::into_deserializer(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(offer(IntoDeserializer::<E>::into_deserializer(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(offer(IntoDeserializer::<E>::into_deserializer(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(offer(IntoDeserializer::<E>::into_deserializer(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(offer(IntoDeserializer::<E>::into_deserializer(value)))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(offer(serde::de::value::BorrowedStrDeserializer::<E>::new(
            value,
        )))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Lenient(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let value = T::deserialize(MapAccessDeserializer::new(&mut map)).ok();
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Lenient(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient(None))
    }
}
