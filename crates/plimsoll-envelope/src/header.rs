//! Header members of either format as values that can be walked.

use crate::{EnvelopeError, Part, base64};
use alloc::{borrow::Cow, boxed::Box, vec::Vec};
use core::fmt;

/// What a header member is called: text in JWS, text or an integer in COSE (RFC 9052, 1.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Label<'h> {
    /// An integer label.
    Int(i64),
    /// A text label.
    Text(Cow<'h, str>),
}

impl<'h> From<i64> for Label<'h> {
    fn from(label: i64) -> Self {
        Self::Int(label)
    }
}
impl<'h> From<&'h str> for Label<'h> {
    fn from(label: &'h str) -> Self {
        Self::Text(Cow::Borrowed(label))
    }
}
impl PartialEq<str> for Label<'_> {
    fn eq(&self, other: &str) -> bool {
        matches!(self, Self::Text(text) if text == other)
    }
}
impl PartialEq<i64> for Label<'_> {
    fn eq(&self, other: &i64) -> bool {
        matches!(self, Self::Int(label) if label == other)
    }
}
/// The label as it stands: foreign text. Show it through [`Escaped`](plimsoll_core::Escaped).
impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(label) => label.fmt(f),
            Self::Text(label) => f.write_str(label),
        }
    }
}

/// The value of a header member, as far as it can be borrowed from the envelope.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum HeaderValue<'h> {
    /// True or false.
    Bool(bool),
    /// A byte string. CBOR only; in JSON bytes are text in base64, and are written so.
    Bytes(Cow<'h, [u8]>),
    /// A number with a fraction or exponent, or an integer in JSON beyond 64 bits.
    Float(f64),
    /// An integer.
    Int(i64),
    /// An array.
    List(Vec<HeaderValue<'h>>),
    /// An object or map. No name stands twice.
    Map(Vec<Member<'h>>),
    /// Null.
    Null,
    /// A CBOR simple value other than true, false and null; 23 is `undefined`.
    Simple(u8),
    /// A CBOR tag other than 1, and what it tags.
    Tagged(u64, Box<HeaderValue<'h>>),
    /// Text.
    Text(Cow<'h, str>),
    /// CBOR tag 1, seconds since the epoch (RFC 8949, 3.4.2), a fraction dropped. In JSON times are text, and are written
    /// as RFC 3339 in UTC.
    Time(i64),
}

impl HeaderValue<'_> {
    /// The value as a label, where it can be one.
    pub(crate) fn as_label(&self) -> Option<Label<'_>> {
        match self {
            Self::Int(label) => Some(Label::Int(*label)),
            Self::Text(label) => Some(Label::Text(Cow::Borrowed(label))),
            _ => None,
        }
    }
    /// Certificates as `x5c` and `x5chain` hold them. They are borrowed.
    #[must_use]
    pub fn chain<'h>(certificates: &[&'h [u8]]) -> HeaderValue<'h> {
        HeaderValue::List(certificates.iter().copied().map(HeaderValue::from).collect())
    }
    /// The text, where it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The bytes, where it is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
    /// The bytes in either format: a byte string, or text in padded base64, as JSON carries bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::MalformedMember`] for anything else. `part` and `name` are only for the message.
    pub fn to_bytes(&self, part: Part, name: &'static str) -> Result<Cow<'_, [u8]>, EnvelopeError> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Text(text) => {
                let mut bytes = Vec::new();
                base64::standard(&mut bytes, text, name)?;
                Ok(Cow::Owned(bytes))
            }
            _ => Err(EnvelopeError::MalformedMember { part, name, expected: "bytes" }),
        }
    }
    /// The items, where it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }
}
impl<'h> From<&'h str> for HeaderValue<'h> {
    fn from(text: &'h str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl<'h> From<&'h [u8]> for HeaderValue<'h> {
    fn from(bytes: &'h [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}
impl From<i64> for HeaderValue<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
impl<'h, const N: usize> From<[&'h str; N]> for HeaderValue<'h> {
    fn from(texts: [&'h str; N]) -> Self {
        Self::List(texts.into_iter().map(HeaderValue::from).collect())
    }
}

/// One member of a header.
pub type Member<'h> = (Label<'h>, HeaderValue<'h>);

/// The members of one header, in the order in which they stand. No label stands twice.
#[derive(Clone, PartialEq, Debug)]
pub struct Header<'h> {
    members: Vec<Member<'h>>,
    names: &'static Names,
}

impl<'h> Header<'h> {
    /// Takes members that a reader has freed of twins.
    pub(crate) const fn of(members: Vec<Member<'h>>, names: &'static Names) -> Self {
        Self { members, names }
    }
    pub(crate) const fn names(&self) -> &'static Names {
        self.names
    }
    /// The member of this name: `"io.cncf.notary.signingScheme"`, `33`. Names match exactly.
    pub fn get<'q>(&self, label: impl Into<Label<'q>>) -> Option<&HeaderValue<'h>> {
        self.find(&label.into())
    }
    pub(crate) fn find(&self, label: &Label<'_>) -> Option<&HeaderValue<'h>> {
        self.members.iter().find(|(found, _)| found == label).map(|(_, value)| value)
    }
    /// Every member, in order.
    pub fn iter(&self) -> core::slice::Iter<'_, Member<'h>> {
        self.members.iter()
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
    /// The names that `crit` (JWS) or label 2 (COSE) lists. Empty without such a list.
    pub fn critical(&self) -> impl Iterator<Item = Label<'_>> {
        let list = self.find(&self.names.critical).and_then(HeaderValue::as_list);
        list.unwrap_or_default().iter().filter_map(HeaderValue::as_label)
    }
    /// The content type: `cty` (JWS) or label 3 (COSE), where it is text.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.find(&self.names.content_type)?.as_text()
    }
    /// The key identifier: `kid` (JWS) or label 4 (COSE).
    #[must_use]
    pub fn key_id(&self) -> Option<&[u8]> {
        match self.find(&self.names.key_id)? {
            HeaderValue::Bytes(bytes) => Some(bytes),
            HeaderValue::Text(text) => Some(text.as_bytes()),
            _ => None,
        }
    }
}
impl<'a, 'h> IntoIterator for &'a Header<'h> {
    type Item = &'a Member<'h>;
    type IntoIter = core::slice::Iter<'a, Member<'h>>;
    fn into_iter(self) -> Self::IntoIter {
        self.members.iter()
    }
}

/// What a format calls the members that this crate reads itself.
#[derive(PartialEq, Debug)]
pub(crate) struct Names {
    pub(crate) algorithm: Label<'static>,
    pub(crate) chain: Label<'static>,
    pub(crate) content_type: Label<'static>,
    pub(crate) critical: Label<'static>,
    pub(crate) key_id: Label<'static>,
}

/// RFC 7515, 4.1.
pub(crate) static JWS: Names = Names {
    algorithm: Label::Text(Cow::Borrowed("alg")),
    chain: Label::Text(Cow::Borrowed("x5c")),
    content_type: Label::Text(Cow::Borrowed("cty")),
    critical: Label::Text(Cow::Borrowed("crit")),
    key_id: Label::Text(Cow::Borrowed("kid")),
};
/// RFC 9052, 3.1; RFC 9360, 2.
pub(crate) static COSE: Names = Names {
    algorithm: Label::Int(1),
    chain: Label::Int(33),
    content_type: Label::Int(3),
    critical: Label::Int(2),
    key_id: Label::Int(4),
};
