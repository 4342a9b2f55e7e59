//! A JSON value and where it stands.

use super::FieldError;
use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;
use plimsoll_core::{Digest, Escaped, LimitExceeded};
use serde_json::Value;

/// A JSON value that knows its path, for typed reading with precise errors.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    place: Place<'a>,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Member(&'a Node<'a>, &'a str),
    Item(&'a Node<'a>, usize),
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Root => Ok(()),
            Place::Member(parent, name) if matches!(parent.place, Place::Root) => f.write_str(name),
            Place::Member(parent, name) => write!(f, "{parent}.{name}"),
            Place::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

impl<'a> Node<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, place: Place::Root }
    }
    pub(crate) fn path(&self) -> Escaped {
        Escaped::new(&self.to_string())
    }
    /// The error that this is not what was expected.
    pub(crate) fn wrong(&self, expected: &'static str) -> FieldError {
        let found = match self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => format!("the number {number}"),
            Value::String(text) => format!("`{}`", Escaped::new(text)),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        FieldError::Type { path: self.path(), expected, found: Escaped::new(&found) }
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value.as_object().is_some_and(|members| members.contains_key(name))
    }
    pub(crate) fn object(self) -> Result<Self, FieldError> {
        if self.value.is_object() { Ok(self) } else { Err(self.wrong("an object")) }
    }
    /// The member of this name; `null` is a value.
    pub(crate) fn member(&'a self, name: &'a str) -> Option<Self> {
        let value = self.value.get(name)?;
        Some(Self { value, place: Place::Member(self, name) })
    }
    /// The member of this name, `null` being absent: for what Go producers write as `null`.
    pub(crate) fn nullable(&'a self, name: &'a str) -> Option<Self> {
        self.member(name).filter(|node| !node.value.is_null())
    }
    pub(crate) fn required(&'a self, name: &'a str) -> Result<Self, FieldError> {
        self.member(name).ok_or_else(|| FieldError::Missing {
            path: Escaped::new(&if matches!(self.place, Place::Root) {
                name.to_owned()
            } else {
                format!("{self}.{name}")
            }),
        })
    }
    pub(crate) fn text(&self) -> Result<&'a str, FieldError> {
        self.value.as_str().ok_or_else(|| self.wrong("text"))
    }
    /// An integer from 0 to 2^63 - 1.
    pub(crate) fn size(&self) -> Result<u64, FieldError> {
        let size = self.value.as_u64().filter(|size| i64::try_from(*size).is_ok());
        size.ok_or_else(|| self.wrong("an integer from 0 to 2^63 - 1"))
    }
    pub(crate) fn flag(&self) -> Result<bool, FieldError> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }
    pub(crate) fn digest(&self) -> Result<Digest, FieldError> {
        super::digest(self.text()?, || self.path())
    }
    pub(crate) fn items(&'a self) -> Result<impl ExactSizeIterator<Item = Self>, FieldError> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("an array"))?;
        Ok(items.iter().enumerate().map(|(index, value)| Self { value, place: Place::Item(self, index) }))
    }
    pub(crate) fn texts(&'a self) -> Result<Vec<String>, FieldError> {
        self.items()?.map(|item| item.text().map(ToOwned::to_owned)).collect()
    }
    /// The names of an object's members, such as Docker's sets, whose values are empty objects.
    pub(crate) fn names(&self) -> Result<impl Iterator<Item = &'a String>, FieldError> {
        Ok(self.value.as_object().ok_or_else(|| self.wrong("an object"))?.keys())
    }
    /// An object whose values are texts, of at most `limit` members.
    pub(crate) fn text_map<E>(&self, what: &'static str, limit: u64) -> Result<BTreeMap<String, String>, E>
    where
        E: From<FieldError> + From<LimitExceeded>,
    {
        let members = self.value.as_object().ok_or_else(|| self.wrong("an object"))?;
        LimitExceeded::check(what, limit, members.len().try_into().unwrap_or(u64::MAX))?;
        let mut map = BTreeMap::new();
        for (name, value) in members {
            let node = Node { value, place: Place::Member(self, name) };
            map.insert(name.clone(), node.text()?.to_owned());
        }
        Ok(map)
    }
}
