//! CBOR as envelopes hold it: definite lengths, labels that are integers or text, none twice. RFC 8949, RFC 9052.

mod half;

use self::half::half;
use crate::{EnvelopeError, Header, HeaderValue, Label, Limits, Member, Part, header::COSE};
use alloc::{borrow::Cow, boxed::Box, string::ToString, vec::Vec};
use minicbor::{Decoder, data::Type};
use plimsoll_core::{Budget, Escaped, LimitExceeded};

/// Reads a protected header: the content of its byte string, one map and nothing behind it.
pub(crate) fn header<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Header<'a>, EnvelopeError> {
    let mut reader = Reader::new(bytes, Part::ProtectedHeader, limits);
    // RFC 9052, 3: an empty map may be written as an empty byte string.
    let members = if bytes.is_empty() { Vec::new() } else { reader.header()? };
    reader.end()?;
    Ok(Header::of(members, &COSE))
}

/// Walks CBOR with a budget.
pub(crate) struct Reader<'a> {
    decoder: Decoder<'a>,
    part: Part,
    budget: Budget,
    depth: u64,
    name: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], part: Part, limits: &Limits) -> Self {
        Self {
            decoder: Decoder::new(bytes),
            part,
            budget: Budget::new("values in a CBOR header", limits.values),
            depth: limits.depth,
            name: limits.name,
        }
    }
    pub(crate) const fn set_part(&mut self, part: Part) {
        self.part = part;
    }
    pub(crate) fn end(&self) -> Result<(), EnvelopeError> {
        if self.decoder.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(self.malformed("something follows its end"))
        }
    }
    pub(crate) fn kind(&self) -> Result<Type, EnvelopeError> {
        self.decoder.datatype().map_err(|_| self.malformed("it ends too early"))
    }
    pub(crate) fn tag(&mut self) -> Result<u64, EnvelopeError> {
        self.take(|decoder| decoder.tag().map(minicbor::data::Tag::as_u64))
    }
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], EnvelopeError> {
        self.definite()?;
        self.take(Decoder::bytes)
    }
    pub(crate) fn null(&mut self) -> Result<(), EnvelopeError> {
        self.take(Decoder::null)
    }
    pub(crate) fn array(&mut self) -> Result<u64, EnvelopeError> {
        let length = self.take(Decoder::array)?;
        length.ok_or_else(|| self.malformed("an indefinite length"))
    }
    /// A header map.
    pub(crate) fn header(&mut self) -> Result<Vec<Member<'a>>, EnvelopeError> {
        if self.kind()? != Type::Map {
            self.definite()?;
            return Err(self.malformed("it is no map"));
        }
        self.map(1)
    }

    fn take<T>(
        &mut self,
        read: impl FnOnce(&mut Decoder<'a>) -> Result<T, minicbor::decode::Error>,
    ) -> Result<T, EnvelopeError> {
        let at = self.decoder.position();
        read(&mut self.decoder).map_err(|error| {
            let what = if error.is_end_of_input() { "it ends too early" } else { "an unexpected or broken value" };
            EnvelopeError::MalformedCbor { part: self.part, what, at }
        })
    }

    /// The initial octet of a half-precision number, which the caller has seen, and its two octets.
    fn half(&mut self) -> Result<f64, EnvelopeError> {
        let at = self.decoder.position();
        let rest = self.decoder.input().get(at..).and_then(|rest| rest.first_chunk());
        let Some([_, high, low]) = rest.copied() else {
            return Err(EnvelopeError::MalformedCbor { part: self.part, what: "it ends too early", at });
        };
        self.decoder.set_position(at.saturating_add(3));
        Ok(half(u16::from_be_bytes([high, low])))
    }

    fn malformed(&self, what: &'static str) -> EnvelopeError {
        EnvelopeError::MalformedCbor { part: self.part, what, at: self.decoder.position() }
    }

    fn definite(&self) -> Result<(), EnvelopeError> {
        match self.kind()? {
            Type::ArrayIndef | Type::BytesIndef | Type::MapIndef | Type::StringIndef => {
                Err(self.malformed("an indefinite length"))
            }
            _ => Ok(()),
        }
    }

    fn map(&mut self, depth: u64) -> Result<Vec<Member<'a>>, EnvelopeError> {
        self.check_depth(depth)?;
        let length = self.take(Decoder::map)?.ok_or_else(|| self.malformed("an indefinite length"))?;
        let mut members: Vec<Member<'a>> = Vec::with_capacity(reserved(length));
        for _ in 0..length {
            let label = self.label()?;
            if members.iter().any(|(known, _)| *known == label) {
                let name = Escaped::new(&label.to_string());
                return Err(EnvelopeError::DuplicateMember { part: self.part, name });
            }
            let value = self.value(depth)?;
            members.push((label, value));
        }
        Ok(members)
    }

    /// `label = int / tstr` (RFC 9052, 1.5).
    fn label(&mut self) -> Result<Label<'a>, EnvelopeError> {
        self.definite()?;
        match self.kind()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                self.take(Decoder::i64).map(Label::Int)
            }
            Type::String => {
                let text = self.take(Decoder::str)?;
                // Before it is compared with any other.
                let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
                LimitExceeded::check("octets of a text label in CBOR", self.name, length)?;
                Ok(Label::Text(Cow::Borrowed(text)))
            }
            _ => Err(self.malformed("a label that is no integer and no text")),
        }
    }

    fn value(&mut self, depth: u64) -> Result<HeaderValue<'a>, EnvelopeError> {
        self.budget.spend(1)?;
        self.definite()?;
        Ok(match self.kind()? {
            Type::Bool => HeaderValue::Bool(self.take(Decoder::bool)?),
            Type::Null => {
                self.null()?;
                HeaderValue::Null
            }
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                HeaderValue::Int(self.take(Decoder::i64)?)
            }
            Type::F16 => HeaderValue::Float(self.half()?),
            Type::F32 => HeaderValue::Float(self.take(Decoder::f32)?.into()),
            Type::F64 => HeaderValue::Float(self.take(Decoder::f64)?),
            Type::Undefined => {
                self.take(Decoder::undefined)?;
                HeaderValue::Simple(23)
            }
            Type::Simple => HeaderValue::Simple(self.take(Decoder::simple)?),
            Type::Bytes => HeaderValue::Bytes(Cow::Borrowed(self.take(Decoder::bytes)?)),
            Type::String => HeaderValue::Text(Cow::Borrowed(self.take(Decoder::str)?)),
            Type::Array => self.list(depth)?,
            Type::Map => HeaderValue::Map(self.map(depth.saturating_add(1))?),
            Type::Tag => self.tagged(depth)?,
            _ => return Err(self.malformed("an unexpected or broken value")),
        })
    }

    fn list(&mut self, depth: u64) -> Result<HeaderValue<'a>, EnvelopeError> {
        let depth = depth.saturating_add(1);
        self.check_depth(depth)?;
        let length = self.array()?;
        let mut items = Vec::with_capacity(reserved(length));
        for _ in 0..length {
            items.push(self.value(depth)?);
        }
        Ok(HeaderValue::List(items))
    }

    fn tagged(&mut self, depth: u64) -> Result<HeaderValue<'a>, EnvelopeError> {
        let depth = depth.saturating_add(1);
        self.check_depth(depth)?;
        let tag = self.tag()?;
        let at = self.decoder.position();
        let value = self.value(depth)?;
        match (tag, value) {
            (1, HeaderValue::Int(seconds)) => Ok(HeaderValue::Time(seconds)),
            (1, HeaderValue::Float(seconds)) => {
                epoch(seconds).map(HeaderValue::Time).ok_or(EnvelopeError::MalformedCbor {
                    part: self.part,
                    what: "a time that is no number of seconds",
                    at,
                })
            }
            (1, _) => Err(EnvelopeError::MalformedCbor { part: self.part, what: "a time that is no number", at }),
            (tag, value) => Ok(HeaderValue::Tagged(tag, Box::new(value))),
        }
    }

    fn check_depth(&self, depth: u64) -> Result<(), EnvelopeError> {
        Ok(LimitExceeded::check("levels of CBOR in an envelope", self.depth, depth)?)
    }
}

/// How much is reserved for a length that only claims to be one: what headers usually hold.
fn reserved(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX).min(8)
}

/// Whole seconds of a time with a fraction (RFC 8949, 3.4.2).
fn epoch(seconds: f64) -> Option<i64> {
    // Doubles are exact to 2^53, far beyond the year 9999.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (seconds.abs() <= EXACT).then(|| {
        #[expect(clippy::cast_possible_truncation, reason = "the range was just checked, and the fraction is to go")]
        let whole = seconds as i64;
        // The cast goes towards zero, and time does not.
        if whole as f64 > seconds { whole.saturating_sub(1) } else { whole }
    })
}

/// Writes deterministically (RFC 8949, 4.2.1): shortest heads, definite lengths, maps sorted by their encoded labels.
pub(crate) fn write_map(out: &mut Vec<u8>, members: &[Member<'_>]) -> Result<(), EnvelopeError> {
    let mut encoded = Vec::with_capacity(members.len());
    for (label, value) in members {
        let mut key = Vec::new();
        match label {
            Label::Int(number) => integer(&mut key, *number),
            Label::Text(text) => text_to(&mut key, text),
        }
        let mut content = Vec::new();
        write(&mut content, label, value)?;
        encoded.push((key, content, label));
    }
    encoded.sort_by(|a, b| a.0.cmp(&b.0));
    head(out, 5, members.len());
    let mut last: Option<&[u8]> = None;
    for (key, content, label) in &encoded {
        if last == Some(key) {
            let name = Escaped::new(&label.to_string());
            return Err(EnvelopeError::Unwritable { name, what: "it stands twice" });
        }
        last = Some(key);
        out.extend_from_slice(key);
        out.extend_from_slice(content);
    }
    Ok(())
}

fn write(out: &mut Vec<u8>, label: &Label<'_>, value: &HeaderValue<'_>) -> Result<(), EnvelopeError> {
    match value {
        HeaderValue::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
        HeaderValue::Null => out.push(0xf6),
        HeaderValue::Simple(value @ (0..=19 | 23)) => out.push(0xe0 | value),
        HeaderValue::Simple(value @ 32..) => out.extend_from_slice(&[0xf8, *value]),
        HeaderValue::Simple(_) => {
            let name = Escaped::new(&label.to_string());
            return Err(EnvelopeError::Unwritable { name, what: "CBOR has no such simple value" });
        }
        HeaderValue::Int(number) => integer(out, *number),
        HeaderValue::Time(seconds) => {
            head(out, 6, 1);
            integer(out, *seconds);
        }
        HeaderValue::Float(number) => {
            out.push(0xfb);
            out.extend_from_slice(&number.to_be_bytes());
        }
        HeaderValue::Bytes(bytes) => bytes_to(out, bytes),
        HeaderValue::Text(text) => text_to(out, text),
        HeaderValue::List(items) => {
            head(out, 4, items.len());
            items.iter().try_for_each(|item| write(out, label, item))?;
        }
        HeaderValue::Map(members) => write_map(out, members)?,
        HeaderValue::Tagged(tag, value) => {
            head_u64(out, 6, *tag);
            write(out, label, value)?;
        }
    }
    Ok(())
}

fn integer(out: &mut Vec<u8>, number: i64) {
    // CBOR writes -1 - n; in two's complement that is the complement.
    if number < 0 { head_u64(out, 1, (!number).unsigned_abs()) } else { head_u64(out, 0, number.unsigned_abs()) }
}

fn text_to(out: &mut Vec<u8>, text: &str) {
    head(out, 3, text.len());
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn bytes_to(out: &mut Vec<u8>, bytes: &[u8]) {
    head(out, 2, bytes.len());
    out.extend_from_slice(bytes);
}

pub(crate) fn head(out: &mut Vec<u8>, major: u8, argument: usize) {
    head_u64(out, major, u64::try_from(argument).unwrap_or(u64::MAX));
}

/// The shortest head of a major type (RFC 8949, 3).
fn head_u64(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major.wrapping_shl(5);
    let bytes = argument.to_be_bytes();
    let (info, width) = match argument {
        0..=23 => {
            out.push(major | bytes.last().copied().unwrap_or_default());
            return;
        }
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major | info);
    out.extend(bytes.iter().skip(8_usize.saturating_sub(width)));
}

#[cfg(test)]
mod tests {
    use super::epoch;

    #[test]
    fn a_time_with_a_fraction_is_the_second_that_it_is_in() {
        for (seconds, whole) in [(1.5, 1), (1.0, 1), (0.0, 0), (-0.5, -1), (-1.0, -1), (-1.5, -2)] {
            assert_eq!(epoch(seconds), Some(whole));
        }
        for seconds in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9_007_199_254_740_994.0, -9_007_199_254_740_994.0] {
            assert_eq!(epoch(seconds), None);
        }
    }
}
