//! Reading answers: exact names, exact types, no member twice. Members that the contract does not have are ignored.

use super::{AnswerFault, Command, Limits, PluginConfig, PluginError};
use crate::json::{Json, ReadError};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Escaped, LimitExceeded};

/// An answer as a tree.
pub(super) struct Answer {
    command: Command,
    json: Json,
    limits: Limits,
}

/// One place of an answer.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    answer: &'a Answer,
    json: &'a Json,
    /// The place above, and the name of this one below it.
    path: Option<(&'a Place<'a>, &'a str)>,
}

impl Answer {
    pub(super) fn read(command: Command, bytes: &[u8], limits: &Limits) -> Result<Self, PluginError> {
        let json = Json::read(bytes, "bytes of a plugin's answer", limits.answer).map_err(|error| match error {
            ReadError::Limit(limit) => PluginError::Limit { command, limit },
            ReadError::Syntax(error) => PluginError::Syntax { command, error },
        })?;
        Ok(Self { command, json, limits: *limits })
    }
    /// The whole answer, which must be an object.
    pub(super) fn root(&self) -> Result<Place<'_>, PluginError> {
        let root = Place { answer: self, json: &self.json, path: None };
        root.members()?;
        Ok(root)
    }
}

impl<'a> Place<'a> {
    pub(super) fn error(&self, fault: impl Into<AnswerFault>) -> PluginError {
        let path = if self.path.is_some() { self.written() } else { "the answer".to_owned() };
        PluginError::Answer { command: self.answer.command, path: path.into(), fault: fault.into() }
    }
    fn written(&self) -> String {
        match self.path {
            None => String::new(),
            Some((above, name)) if above.path.is_none() => Escaped::new(name).to_string(),
            Some((above, name)) => format!("{}.{}", above.written(), Escaped::new(name)),
        }
    }
    pub(super) fn limits(&self) -> &Limits {
        &self.answer.limits
    }
    fn of_type(&self, expected: &'static str) -> PluginError {
        self.error(AnswerFault::Type { expected, found: self.json.kind() })
    }
    /// The member of this name; `null` counts as none.
    pub(super) fn get<'p>(&'p self, name: &'static str) -> Option<Place<'p>> {
        let json = self.json.member(name).filter(|json| **json != Json::Null)?;
        Some(Place { answer: self.answer, json, path: Some((self, name)) })
    }
    pub(super) fn required<'p>(&'p self, name: &'static str) -> Result<Place<'p>, PluginError> {
        self.get(name).ok_or_else(|| self.error(AnswerFault::Missing { name }))
    }
    fn members(&self) -> Result<&'a [(String, Json)], PluginError> {
        let members = self.json.members().ok_or_else(|| self.of_type("an object"))?;
        self.count("members of an object", self.limits().items, members.len())?;
        Ok(members)
    }
    /// Every member with its name.
    pub(super) fn entries<'p>(&'p self) -> Result<impl Iterator<Item = (&'p str, Place<'p>)>, PluginError> {
        let place = |(name, json): &'p (String, Json)| {
            (name.as_str(), Place { answer: self.answer, json, path: Some((self, name)) })
        };
        Ok(self.members()?.iter().map(place))
    }
    pub(super) fn text(&self) -> Result<&'a str, PluginError> {
        self.json.text().ok_or_else(|| self.of_type("text"))
    }
    pub(super) fn filled(&self) -> Result<&'a str, PluginError> {
        match self.text()? {
            "" => Err(self.error(AnswerFault::Empty)),
            text => Ok(text),
        }
    }
    pub(super) fn flag(&self) -> Result<bool, PluginError> {
        if let Json::Bool(flag) = self.json { Ok(*flag) } else { Err(self.of_type("a boolean")) }
    }
    pub(super) fn bytes(&self) -> Result<Vec<u8>, PluginError> {
        let text = self.filled()?;
        base64_simd::STANDARD.decode_to_vec(text.as_bytes()).map_err(|_| self.error(AnswerFault::Base64))
    }
    pub(super) fn word<T>(&self, expected: &'static str, of: impl Fn(&str) -> Option<T>) -> Result<T, PluginError> {
        let text = self.text()?;
        of(text).ok_or_else(|| self.error(AnswerFault::Word { expected, found: Escaped::new(text) }))
    }
    /// Demands the value that the question had.
    pub(super) fn same(&self, expected: &str) -> Result<(), PluginError> {
        let found = self.text()?;
        if found == expected {
            return Ok(());
        }
        Err(self.error(AnswerFault::Different { expected: Escaped::new(expected), found: Escaped::new(found) }))
    }
    /// The items of a list, each read by `one`.
    pub(super) fn list<T>(
        &self,
        limit: u64,
        mut one: impl FnMut(Place<'_>) -> Result<T, PluginError>,
    ) -> Result<Vec<T>, PluginError> {
        let list = self.json.list().ok_or_else(|| self.of_type("a list"))?;
        self.count("items of a list", limit, list.len())?;
        let item = |(at, json): (usize, &Json)| {
            let name = at.to_string();
            one(Place { answer: self.answer, json, path: Some((self, &name)) })
        };
        list.iter().enumerate().map(item).collect()
    }
    /// A map of texts.
    pub(super) fn texts(&self) -> Result<PluginConfig, PluginError> {
        self.entries()?.map(|(name, value)| Ok((name.to_owned(), value.text()?.to_owned()))).collect()
    }
    fn count(&self, what: &'static str, limit: u64, count: usize) -> Result<(), PluginError> {
        LimitExceeded::check(what, limit, u64::try_from(count).unwrap_or(u64::MAX)).map_err(|limit| self.error(limit))
    }
}
