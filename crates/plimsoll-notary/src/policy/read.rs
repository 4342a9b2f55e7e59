//! Reading trust policies from JSON, with the place of each fault.

use super::{
    Action, Check, Extension, Fault, Level, PolicyError, PolicyWarning, PolicyWarningKind, RevocationDemand, Scope,
    Scopes, SignatureVerification, Statement, TrustedIdentity, VerifyTimestamp, extension::Certificates,
};
use crate::json::{Json, ReadError};
use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::str::FromStr;
use plimsoll_core::Escaped;
use plimsoll_pki::Strictness;

/// Which of the two documents is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Blob,
    Oci,
}

/// Reads a document.
pub(super) fn document(bytes: &[u8], kind: Kind) -> Result<(Vec<Statement>, Vec<PolicyWarning>), PolicyError> {
    let json = Json::read(bytes, "bytes of a trust policy", LARGEST).map_err(|error| match error {
        ReadError::Limit(limit) => PolicyError::Limit(limit),
        ReadError::Syntax(syntax) => PolicyError::Syntax(syntax),
    })?;
    let mut reader = Reader { kind, warnings: Vec::new() };
    let statements = reader.document(&json)?;
    Ok((statements, reader.warnings))
}

/// Demands that a value stands in one place only.
pub(super) fn once(seen: &mut BTreeMap<String, String>, value: &str, path: String) -> Result<(), PolicyError> {
    match seen.get(value) {
        Some(other) => {
            let fault = Fault::Duplicate { value: Escaped::new(value), other: other.as_str().into() };
            Err(PolicyError::invalid(&path, fault))
        }
        None => {
            seen.insert(value.to_owned(), path);
            Ok(())
        }
    }
}

struct Reader {
    kind: Kind,
    warnings: Vec<PolicyWarning>,
}

impl Reader {
    fn document(&mut self, json: &Json) -> Result<Vec<Statement>, PolicyError> {
        self.members(json, "", &["version", "trustPolicies"])?;
        let version = text(required(json, "", "version")?, "version")?;
        if version != "1.0" {
            let fault = Fault::Word { expected: "`1.0`", found: Escaped::new(version) };
            return Err(PolicyError::invalid("version", fault));
        }
        let list = list(required(json, "", "trustPolicies")?, "trustPolicies")?;
        list.iter().enumerate().map(|(at, json)| self.statement(json, &format!("trustPolicies[{at}]"))).collect()
    }

    fn statement(&mut self, json: &Json, path: &str) -> Result<Statement, PolicyError> {
        let about = if self.kind == Kind::Oci { "registryScopes" } else { "globalPolicy" };
        let members = ["name", about, "signatureVerification", "trustStores", "trustedIdentities", EXTENSION];
        self.members(json, path, &members)?;
        let name = text(required(json, path, "name")?, &format!("{path}.name"))?;
        let scopes = match self.kind {
            Kind::Blob => global(json, path)?,
            Kind::Oci => scopes(required(json, path, "registryScopes")?, &format!("{path}.registryScopes"))?,
        };
        let verification = required(json, path, "signatureVerification")?;
        let verification = self.verification(verification, &format!("{path}.signatureVerification"))?;
        let stores = parsed(json, path, "trustStores")?;
        let identities = parsed(json, path, "trustedIdentities")?;
        let written = json.member("trustedIdentities").and_then(Json::list).into_iter().flatten();
        let written = written.filter_map(Json::text).map(ToOwned::to_owned).collect();
        let extension = extension(json, path)?;
        let statement = Statement::new(name, scopes, verification, stores, identities)
            .and_then(|statement| statement.extended(extension))
            .map_err(|error| error.below(path))?
            .with_written_identities(written);
        self.remark(&statement, path);
        Ok(statement)
    }

    fn verification(&mut self, json: &Json, path: &str) -> Result<SignatureVerification, PolicyError> {
        self.members(json, path, &["level", "override", "verifyTimestamp"])?;
        let level = word(required(json, path, "level")?, &format!("{path}.level"), LEVELS)?;
        let mut verification = SignatureVerification::new(level);
        let overrides = json.member("override").filter(|json| **json != Json::Null);
        for (check, action) in overrides.map_or(Ok(&[][..]), |json| object(json, &format!("{path}.override")))? {
            let place = format!("{path}.override.{}", Escaped::new(check));
            let check = Check::from_str(check).map_err(|_| {
                PolicyError::invalid(&place, Fault::Word { expected: CHECKS, found: Escaped::new(check) })
            })?;
            let action = word::<Action>(action, &place, ACTIONS)?;
            verification =
                verification.overriding(check, action).map_err(|error| PolicyError::invalid(&place, error))?;
        }
        // Notation takes an empty text for an absent one.
        let absent = |json: &&Json| **json != Json::Null && json.text() != Some("");
        match json.member("verifyTimestamp").filter(absent) {
            None => Ok(verification),
            Some(when) => {
                let when = word::<VerifyTimestamp>(when, &format!("{path}.verifyTimestamp"), WHEN)?;
                Ok(verification.with_verify_timestamp(when))
            }
        }
    }

    /// Warns of members that the specification does not have: a misspelt one would have no effect, silently.
    fn members(&mut self, json: &Json, path: &str, known: &[&'static str]) -> Result<(), PolicyError> {
        for (name, _) in object(json, if path.is_empty() { "the document" } else { path })? {
            if known.contains(&name.as_str()) {
                continue;
            }
            let found = Escaped::new(name);
            let kind = match known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                Some(meant) => PolicyWarningKind::CaseTwin { found, meant },
                None => PolicyWarningKind::UnknownMember { found },
            };
            let place = if path.is_empty() { "the document" } else { path };
            self.warnings.push(PolicyWarning { path: place.into(), kind });
        }
        Ok(())
    }

    fn remark(&mut self, statement: &Statement, path: &str) {
        if statement.level() == Level::Skip && *statement.scopes() == Scopes::All {
            self.warnings.push(PolicyWarning { path: path.into(), kind: PolicyWarningKind::SkipForAll });
        }
        if let Scopes::Repositories(list) = statement.scopes() {
            for (at, scope) in list.iter().enumerate().filter(|(_, scope)| matches!(scope, Scope::Below(_))) {
                let path = format!("{path}.registryScopes[{at}]");
                let kind = PolicyWarningKind::PathScope { scope: Escaped::new(&scope.to_string()) };
                self.warnings.push(PolicyWarning { path: path.into(), kind });
            }
        }
        for (at, identity) in statement.trusted_identities().iter().enumerate() {
            let kind = match identity {
                TrustedIdentity::Any => Some(PolicyWarningKind::AnyIdentity),
                TrustedIdentity::Foreign(found) => {
                    Some(PolicyWarningKind::ForeignIdentity { found: Escaped::new(found) })
                }
                TrustedIdentity::Subject(name) => name
                    .attributes()
                    .find(|(kind, _)| !super::identity::COMPARED.contains(kind))
                    .map(|(kind, _)| PolicyWarningKind::UnknownAttributeType { found: Escaped::new(kind) }),
            };
            let path = format!("{path}.trustedIdentities[{at}]");
            self.warnings.extend(kind.map(|kind| PolicyWarning { path: path.into(), kind }));
        }
    }
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn required<'a>(json: &'a Json, path: &str, name: &'static str) -> Result<&'a Json, PolicyError> {
    json.member(name).filter(|json| **json != Json::Null).ok_or_else(|| {
        let twin = json.members().unwrap_or_default().iter().map(|(found, _)| found);
        let twin = twin.filter(|found| *found != name).find(|found| found.eq_ignore_ascii_case(name));
        let fault = Fault::Missing { name, twin: twin.map(|found| Escaped::new(found)) };
        PolicyError::invalid(if path.is_empty() { "the document" } else { path }, fault)
    })
}

fn of_type(path: &str, expected: &'static str, json: &Json) -> PolicyError {
    PolicyError::invalid(path, Fault::Type { expected, found: json.kind() })
}

fn object<'a>(json: &'a Json, path: &str) -> Result<&'a [(String, Json)], PolicyError> {
    json.members().ok_or_else(|| of_type(path, "an object", json))
}

fn list<'a>(json: &'a Json, path: &str) -> Result<&'a [Json], PolicyError> {
    json.list().ok_or_else(|| of_type(path, "a list", json))
}

fn text<'a>(json: &'a Json, path: &str) -> Result<&'a str, PolicyError> {
    json.text().ok_or_else(|| of_type(path, "text", json))
}

fn word<T: FromStr>(json: &Json, path: &str, expected: &'static str) -> Result<T, PolicyError> {
    let text = text(json, path)?;
    text.parse().map_err(|_| PolicyError::invalid(path, Fault::Word { expected, found: Escaped::new(text) }))
}

/// An optional list of texts, each parsed.
fn parsed<T: FromStr<Err: Into<Fault>>>(json: &Json, path: &str, name: &str) -> Result<Vec<T>, PolicyError> {
    let path = at(path, name);
    let Some(json) = json.member(name).filter(|json| **json != Json::Null) else { return Ok(Vec::new()) };
    let one = |(at, json): (usize, &Json)| {
        let path = format!("{path}[{at}]");
        text(json, &path)?.parse().map_err(|error: T::Err| PolicyError::invalid(&path, error))
    };
    list(json, &path)?.iter().enumerate().map(one).collect()
}

fn scopes(json: &Json, path: &str) -> Result<Scopes, PolicyError> {
    let list = list(json, path)?;
    if list.len() == 1 && list.first().and_then(Json::text) == Some("*") {
        return Ok(Scopes::All);
    }
    let one = |(at, json): (usize, &Json)| {
        let path = format!("{path}[{at}]");
        Scope::from_str(text(json, &path)?).map_err(|error| PolicyError::invalid(&path, Fault::Scope(error)))
    };
    list.iter().enumerate().map(one).collect::<Result<_, _>>().map(Scopes::Repositories)
}

/// `globalPolicy` of a statement about blobs: absent means `false`.
fn global(json: &Json, path: &str) -> Result<Scopes, PolicyError> {
    match json.member("globalPolicy").filter(|json| **json != Json::Null) {
        None | Some(Json::Bool(false)) => Ok(Scopes::Blob),
        Some(Json::Bool(true)) => Ok(Scopes::GlobalBlob),
        Some(other) => Err(of_type(&at(path, "globalPolicy"), "a boolean", other)),
    }
}

/// The member `plimsoll`: what is not known in it is an error, since nobody else reads it.
fn extension(json: &Json, path: &str) -> Result<Extension, PolicyError> {
    let Some(json) = json.member(EXTENSION).filter(|json| **json != Json::Null) else {
        return Ok(Extension::default());
    };
    let path = at(path, EXTENSION);
    const MEMBERS: [&str; 3] = ["certificates", "plugins", "revocation"];
    if let Some((name, _)) = object(json, &path)?.iter().find(|(name, _)| !MEMBERS.contains(&name.as_str())) {
        let expected = "the members `certificates`, `plugins` and `revocation` only";
        let fault = Fault::Word { expected, found: Escaped::new(name) };
        return Err(PolicyError::invalid(&path, fault));
    }
    let revocation = match json.member("revocation") {
        None => RevocationDemand::default(),
        Some(word) => self::word(word, &at(&path, "revocation"), DEMANDS)?,
    };
    let certificates = match json.member("certificates") {
        None => Strictness::default(),
        Some(word) => self::word::<Certificates>(word, &at(&path, "certificates"), STRICTNESSES)?.0,
    };
    Ok(Extension { revocation, certificates, plugins: parsed(json, &path, "plugins")? })
}

const ACTIONS: &str = "`enforce`, `log` or `skip`";
const CHECKS: &str = "`authenticity`, `authenticTimestamp`, `expiry` or `revocation`";
/// No policy that people write comes near; notation has no limit.
const LARGEST: u64 = 1 << 20;
const DEMANDS: &str = "`required` or `where-named`";
const EXTENSION: &str = "plimsoll";
const LEVELS: &str = "`strict`, `permissive`, `audit` or `skip`";
const STRICTNESSES: &str = "`strict` or `lenient`";
const WHEN: &str = "`always` or `afterCertExpiry`";
