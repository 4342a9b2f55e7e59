//! The question itself, as a fact.

use plimsoll_core::{Digest, Fact, Record, Reference, Schema, Type, Value};

/// What was asked: which repository, by which tag or digest.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The reference.
    pub reference: Reference,
    /// The digest that it means.
    pub resolved: Digest,
}

static SCHEMA: Schema = Schema {
    kind: "request",
    version: 1,
    inherited: false,
    fields: &[
        ("repository", Type::Text, "host and path of the repository that was asked for"),
        ("registry", Type::Text, "its host"),
        ("tag", Type::Text, "the tag, if one was given"),
        ("digest", Type::Digest, "the digest that the reference means"),
    ],
};

impl Fact for Request {
    const SCHEMA: &'static Schema = &SCHEMA;
}

impl Record for Request {
    fn schema(&self) -> &'static Schema {
        &SCHEMA
    }
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "repository" => self.reference.repository().as_str().into(),
            "registry" => self.reference.repository().registry().into(),
            "tag" => self.reference.tag().map(plimsoll_core::Tag::as_str).into(),
            "digest" => Value::Digest(self.resolved),
            _ => Value::Absent,
        }
    }
}
