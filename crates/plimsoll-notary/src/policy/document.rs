//! `trustpolicy.oci.json`: the statements of a verifier.

use super::{
    Action, Check, Fault, Level, PolicyError, PolicyWarning, PolicyWarningKind, Scopes, SignatureVerification,
    Statement, TrustedIdentity, VerifyTimestamp,
};
use crate::json::{Json, ReadError};
use plimsoll_core::{Digest, Escaped, Repository};
use std::{collections::BTreeMap, str::FromStr};

/// A trust policy document for OCI artifacts, version `1.0`: `trustpolicy.oci.json`, or the older `trustpolicy.json`.
///
/// Members that the specification does not have are ignored, as Notation does, and warned about. Beyond that every rule of
/// [trust-store-trust-policy.md][spec] holds, and an error says where it is broken.
///
/// ```
/// use plimsoll_notary::policy::TrustPolicy;
/// let policy = TrustPolicy::parse(br#"{"version": "1.0", "trustPolicies": [{
///     "name": "release", "registryScopes": ["registry.example.com/app"],
///     "signatureVerification": {"level": "strict"},
///     "trustStores": ["ca:release"], "trustedIdentities": ["x509.subject: C=NL, ST=Groningen, O=Ships"]
/// }]}"#).unwrap();
/// let app = "registry.example.com/app".parse().unwrap();
/// assert_eq!(policy.applicable(&app).unwrap().name(), "release");
/// assert!(policy.applicable(&"registry.example.com/other".parse().unwrap()).is_err());
///
/// let error = TrustPolicy::parse(b"{\"trustPolicies\": [{}}]}").unwrap_err();
/// assert_eq!(error.to_string(), "trust policy: line 1, column 22: expected `,` or `]`, found `}`");
/// ```
/// [spec]: https://github.com/notaryproject/specifications/blob/v1.1.0/specs/trust-store-trust-policy.md#trust-policy
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
    warnings: Vec<PolicyWarning>,
}

impl TrustPolicy {
    /// Reads a document.
    ///
    /// # Errors
    /// [`PolicyError`] with the place: line and column for what is no JSON, else a path.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let json = Json::read(bytes, "bytes of a trust policy", LARGEST).map_err(|error| match error {
            ReadError::Limit(limit) => PolicyError::Limit(limit),
            ReadError::Syntax(syntax) => PolicyError::Syntax(syntax),
        })?;
        let mut reader = Reader { warnings: Vec::new() };
        let statements = reader.document(&json)?;
        Ok(Self { warnings: reader.warnings, ..Self::new(statements)? })
    }
    /// Makes a document of statements.
    ///
    /// # Errors
    /// [`PolicyError::Invalid`] for none, and for a name or a scope that stands twice.
    pub fn new(statements: Vec<Statement>) -> Result<Self, PolicyError> {
        if statements.is_empty() {
            return Err(PolicyError::invalid("trustPolicies", Fault::Empty));
        }
        let mut names = BTreeMap::new();
        let mut scopes = BTreeMap::new();
        for (at, statement) in statements.iter().enumerate() {
            let here = format!("trustPolicies[{at}]");
            once(&mut names, statement.name(), format!("{here}.name"))?;
            match statement.scopes() {
                Scopes::All => once(&mut scopes, "*", format!("{here}.registryScopes"))?,
                Scopes::Repositories(list) => {
                    for (at, scope) in list.iter().enumerate() {
                        once(&mut scopes, scope.as_str(), format!("{here}.registryScopes[{at}]"))?;
                    }
                }
            }
        }
        Ok(Self { statements, warnings: Vec::new() })
    }
    /// The statements, in order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
    /// What the author should know.
    #[must_use]
    pub fn warnings(&self) -> &[PolicyWarning] {
        &self.warnings
    }
    /// Finds the statement for a repository: the one that names it, else the one for `*`.
    ///
    /// # Errors
    /// [`PolicyError::NoApplicableStatement`] without one: what no statement is about is not trusted.
    pub fn applicable(&self, repository: &Repository) -> Result<&Statement, PolicyError> {
        let names = |statement: &&Statement| matches!(statement.scopes(), Scopes::Repositories(list) if list.contains(repository));
        self.statements
            .iter()
            .find(names)
            .or_else(|| self.statements.iter().find(|statement| *statement.scopes() == Scopes::All))
            .ok_or_else(|| PolicyError::NoApplicableStatement { repository: repository.clone() })
    }
    /// Writes the document, indented, in the members' order of the specification.
    #[must_use]
    pub fn to_json(&self) -> String {
        super::write::document(&self.statements)
    }
    /// SHA-256 of [`TrustPolicy::to_json`]: two documents that say the same have the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.to_json().as_bytes())
    }
}

fn once<'a>(seen: &mut BTreeMap<&'a str, String>, value: &'a str, path: String) -> Result<(), PolicyError> {
    match seen.get(value) {
        Some(other) => {
            let fault = Fault::Duplicate { value: Escaped::new(value), other: other.as_str().into() };
            Err(PolicyError::invalid(&path, fault))
        }
        None => {
            seen.insert(value, path);
            Ok(())
        }
    }
}

struct Reader {
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
        const MEMBERS: [&str; 5] =
            ["name", "registryScopes", "signatureVerification", "trustStores", "trustedIdentities"];
        self.members(json, path, &MEMBERS)?;
        let name = text(required(json, path, "name")?, &format!("{path}.name"))?;
        let scopes = scopes(required(json, path, "registryScopes")?, &format!("{path}.registryScopes"))?;
        let verification = required(json, path, "signatureVerification")?;
        let verification = self.verification(verification, &format!("{path}.signatureVerification"))?;
        let stores = parsed(json, path, "trustStores")?;
        let identities = parsed(json, path, "trustedIdentities")?;
        let statement =
            Statement::new(name, scopes, verification, stores, identities).map_err(|error| error.below(path))?;
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
        Repository::from_str(text(json, &path)?).map_err(|error| PolicyError::invalid(&path, Fault::Scope(error)))
    };
    list.iter().enumerate().map(one).collect::<Result<_, _>>().map(Scopes::Repositories)
}

const ACTIONS: &str = "`enforce`, `log` or `skip`";
const CHECKS: &str = "`authenticity`, `authenticTimestamp`, `expiry` or `revocation`";
/// No policy that people write comes near; notation has no limit.
const LARGEST: u64 = 1 << 20;
const LEVELS: &str = "`strict`, `permissive`, `audit` or `skip`";
const WHEN: &str = "`always` or `afterCertExpiry`";

#[cfg(test)]
mod tests;
