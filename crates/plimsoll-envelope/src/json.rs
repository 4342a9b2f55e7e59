//! JSON without the freedoms that let two readers see two texts: no member twice, at any depth, however it is escaped.

use crate::{EnvelopeError, Header, HeaderValue, Label, Limits, Member, Part, header::JWS};
use alloc::{
    borrow::{Cow, ToOwned},
    string::{String, ToString},
    vec::Vec,
};
use core::{cell::Cell, fmt};
use plimsoll_core::{Budget, Escaped, LimitExceeded};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Reads an object. Numbers outside what a double holds, lone surrogates, a byte-order mark and invalid UTF-8 are refused.
pub(crate) fn object<'a>(text: &'a [u8], part: Part, limits: &Limits) -> Result<Vec<Member<'a>>, EnvelopeError> {
    let text = core::str::from_utf8(text).map_err(|_| not_json(part, "it is not UTF-8"))?;
    let state = State { fault: Cell::new(None), budget: Cell::new(limits.values) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Value { state: &state, part, limits, depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match (read, state.fault.take()) {
        (_, Some(fault)) => Err(fault),
        (Ok(HeaderValue::Map(members)), None) => Ok(members),
        (Ok(_), None) => Err(not_json(part, "it is no object")),
        (Err(error), None) => Err(EnvelopeError::MalformedJson {
            part,
            what: Escaped::new(strip_place(&error.to_string())),
            line: error.line(),
            column: error.column(),
        }),
    }
}

/// Reads a protected header.
pub(crate) fn header<'a>(text: &'a [u8], limits: &Limits) -> Result<Header<'a>, EnvelopeError> {
    Ok(Header::of(object(text, Part::ProtectedHeader, limits)?, &JWS))
}

fn not_json(part: Part, what: &str) -> EnvelopeError {
    EnvelopeError::MalformedJson { part, what: Escaped::new(what), line: 1, column: 1 }
}

/// serde_json puts the place behind its message; it is a field of ours.
fn strip_place(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}

/// What goes past serde_json, whose errors carry only text.
struct State {
    fault: Cell<Option<EnvelopeError>>,
    budget: Cell<u64>,
}

#[derive(Clone, Copy)]
struct Value<'c> {
    state: &'c State,
    part: Part,
    limits: &'c Limits,
    depth: u64,
}

impl Value<'_> {
    fn fail<E: serde::de::Error>(&self, fault: EnvelopeError) -> E {
        self.state.fault.set(Some(fault));
        E::custom("refused")
    }
    fn spend<E: serde::de::Error>(&self) -> Result<(), E> {
        let mut budget = Budget::new("values in JSON", self.state.budget.get());
        let spent = budget.spend(1);
        self.state.budget.set(budget.left());
        spent.map_err(|_| {
            self.fail(
                LimitExceeded { what: "values in one JSON text of an envelope", limit: self.limits.values }.into(),
            )
        })
    }
    /// Before it is compared with any other.
    fn name<E: serde::de::Error>(&self, name: &str) -> Result<(), E> {
        let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
        LimitExceeded::check("octets of a member's name in JSON", self.limits.name, length)
            .map_err(|limit| self.fail(limit.into()))
    }
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        LimitExceeded::check("levels of JSON in an envelope", self.limits.depth, depth)
            .map_err(|limit| self.fail(limit.into()))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = HeaderValue<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<HeaderValue<'de>, D::Error> {
        self.spend()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = HeaderValue<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<HeaderValue<'de>, E> {
        #[expect(clippy::cast_precision_loss, reason = "beyond 64 bits JSON numbers are doubles here, as documented")]
        Ok(i64::try_from(value).map_or(HeaderValue::Float(value as f64), HeaderValue::Int))
    }
    fn visit_f64<E>(self, value: f64) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Float(value))
    }
    fn visit_unit<E>(self) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Null)
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Text(Cow::Borrowed(value)))
    }
    fn visit_str<E>(self, value: &str) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_string<E>(self, value: String) -> Result<HeaderValue<'de>, E> {
        Ok(HeaderValue::Text(Cow::Owned(value)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<HeaderValue<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(HeaderValue::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<HeaderValue<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<Member<'de>> = Vec::with_capacity(8);
        while let Some(Name(name)) = entries.next_key_seed(NameSeed)? {
            self.name(&name)?;
            // Compared as decoded text, so that an escaped twin is a twin.
            let label = Label::Text(name);
            if members.iter().any(|(known, _)| *known == label) {
                let name = Escaped::new(&label.to_string());
                return Err(self.fail(EnvelopeError::DuplicateMember { part: self.part, name }));
            }
            let value = entries.next_value_seed(inner)?;
            members.push((label, value));
        }
        Ok(HeaderValue::Map(members))
    }
}

/// A member's name; borrowed where it holds no escape.
struct Name<'de>(Cow<'de, str>);
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}
impl<'de> Visitor<'de> for NameSeed {
    type Value = Name<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(value)))
    }
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(value.to_owned())))
    }
}

/// Writes a value as JSON, compactly, members in the order given.
pub(crate) fn write(out: &mut Vec<u8>, name: &Label<'_>, value: &HeaderValue<'_>) -> Result<(), EnvelopeError> {
    let refuse = |what| EnvelopeError::Unwritable { name: Escaped::new(&name.to_string()), what };
    match value {
        HeaderValue::Bool(true) => out.extend_from_slice(b"true"),
        HeaderValue::Bool(false) => out.extend_from_slice(b"false"),
        HeaderValue::Null => out.extend_from_slice(b"null"),
        HeaderValue::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        HeaderValue::Float(number) if number.is_finite() => text_to(out, number)?,
        HeaderValue::Text(text) => text_to(out, text)?,
        HeaderValue::Bytes(bytes) => text_to(out, &crate::base64::encode_standard(bytes))?,
        HeaderValue::Time(seconds) => {
            let time = u64::try_from(*seconds).ok().and_then(plimsoll_core::UnixTime::from_secs);
            text_to(out, &time.ok_or_else(|| refuse("a time outside 1970 to 9999"))?.to_string())?;
        }
        HeaderValue::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, name, item)?;
            }
            out.push(b']');
        }
        HeaderValue::Map(members) => write_object(out, members)?,
        HeaderValue::Float(_) => return Err(refuse("JSON has no such number")),
        HeaderValue::Simple(_) | HeaderValue::Tagged(..) => return Err(refuse("JSON has no such value")),
    }
    Ok(())
}

/// Writes an object. Refuses twins and labels that are no text.
pub(crate) fn write_object(out: &mut Vec<u8>, members: &[Member<'_>]) -> Result<(), EnvelopeError> {
    out.push(b'{');
    for (index, (label, value)) in members.iter().enumerate() {
        let refuse = |what| EnvelopeError::Unwritable { name: Escaped::new(&label.to_string()), what };
        let Label::Text(name) = label else { return Err(refuse("JSON has no integer names")) };
        if members.iter().take(index).any(|(known, _)| known == label) {
            return Err(refuse("it stands twice"));
        }
        if index > 0 {
            out.push(b',');
        }
        text_to(out, name)?;
        out.push(b':');
        write(out, label, value)?;
    }
    out.push(b'}');
    Ok(())
}

fn text_to<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), EnvelopeError> {
    // Writing text or a finite number to memory has no failure; the error type wants one all the same.
    let unwritable = |_| EnvelopeError::Unwritable { name: Escaped::new("text"), what: "JSON has no such value" };
    out.extend_from_slice(&serde_json::to_vec(value).map_err(unwritable)?);
    Ok(())
}
