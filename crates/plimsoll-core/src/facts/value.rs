//! The borrowed view of a fact that rules, conditions and JSON output walk.

use crate::{Code, Digest, UnixTime};
use alloc::{borrow::Cow, boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use core::{any::Any, fmt::Debug};

/// A value of a fact, borrowed: nothing is serialised to be judged.
#[derive(Clone)]
#[non_exhaustive]
pub enum Value<'a> {
    /// The fact has no such value.
    Absent,
    /// True or false.
    Bool(bool),
    /// A digest.
    Digest(Digest),
    /// An integer.
    Int(i64),
    /// Values, made one by one as they are asked for.
    List(&'a dyn List),
    /// Text by text key.
    Map(&'a BTreeMap<String, String>),
    /// A record.
    Record(&'a dyn Record),
    /// Text, as it came: escape before showing.
    Text(Cow<'a, str>),
    /// A point in time.
    Time(UnixTime),
    /// It could not be found out.
    Unknown(Code),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}
impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::from)
    }
}
impl From<Option<UnixTime>> for Value<'_> {
    fn from(time: Option<UnixTime>) -> Self {
        time.map_or(Self::Absent, Self::Time)
    }
}

/// A list whose items are made as they are asked for: fifty thousand components are one row.
pub trait List {
    /// The number of items.
    fn len(&self) -> usize;
    /// The item at `index`; [`Value::Absent`] beyond the end.
    fn at(&self, index: usize) -> Value<'_>;
    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a `Vec` must hold to be a [`List`].
pub trait Item {
    /// The item as a value.
    fn value(&self) -> Value<'_>;
}
impl Item for String {
    fn value(&self) -> Value<'_> {
        Value::from(self.as_str())
    }
}
impl Item for Box<str> {
    fn value(&self) -> Value<'_> {
        Value::from(&**self)
    }
}
impl Item for Digest {
    fn value(&self) -> Value<'_> {
        Value::Digest(*self)
    }
}
impl<T: Item> List for Vec<T> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }
    fn at(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Absent, Item::value)
    }
}

/// A record with named fields.
pub trait Record: Send + Sync {
    /// Its fields and their types.
    fn schema(&self) -> &'static Schema;
    /// The value of a field; [`Value::Absent`] for a name that the schema does not have.
    fn field(&self, name: &str) -> Value<'_>;
}

/// The fields of a kind of fact. Rules are checked against it when they are loaded, and the docs are printed from it.
#[derive(Debug)]
pub struct Schema {
    /// The name of the kind, such as `signature`.
    pub kind: &'static str,
    /// Raised when a field changes its meaning or goes away.
    pub version: u32,
    /// Whether what is said of an index counts for the manifests that it lists.
    pub inherited: bool,
    /// The fields.
    pub fields: &'static [(&'static str, Type, &'static str)],
}

impl Schema {
    /// The type of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Type> {
        self.fields.iter().find(|(field, ..)| *field == name).map(|(_, kind, _)| *kind)
    }
}

/// The type of a field.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Type {
    /// True or false.
    Bool,
    /// A digest.
    Digest,
    /// An integer.
    Int,
    /// A list of one type.
    List(&'static Type),
    /// Text by text key.
    Map,
    /// A record.
    Record(&'static Schema),
    /// Text.
    Text,
    /// A point in time.
    Time,
}

/// A kind of fact: readable by name through [`Record`], and by type through [`Row::body`](super::Row::body).
pub trait Fact: Record + Any + Debug {
    /// Its schema, the same that [`Record::schema`] returns.
    const SCHEMA: &'static Schema;
}
