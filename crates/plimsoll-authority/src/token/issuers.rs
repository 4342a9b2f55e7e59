//! Checking a token against the issuers that are trusted.

use super::{Keys, TokenError, VerificationKey};
use crate::{Identity, Limits, json};
use plimsoll_core::{Digest, Escaped, Provider, UnixTime};
use plimsoll_envelope::{Claimed, Critical, EnvelopeError, Opened, Sealed};
use serde_json::{Map, Value};
use std::{fmt, sync::Arc};

/// An issuer whose tokens are taken.
#[derive(Clone)]
pub struct Issuer {
    name: String,
    audience: String,
    keys: Arc<dyn Keys>,
}

impl Issuer {
    /// Trusts `keys` for tokens whose `iss` is exactly `name` and whose `aud` is exactly `audience`, which should name this service and no
    /// other: a token for somebody else is one that somebody else may hold.
    pub fn new(name: impl Into<String>, audience: impl Into<String>, keys: impl Keys + 'static) -> Self {
        Self { name: name.into(), audience: audience.into(), keys: Arc::new(keys) }
    }
    /// The value of `iss`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("name", &self.name).field("audience", &self.audience).finish_non_exhaustive()
    }
}

/// The issuers whose tokens are taken.
#[derive(Clone, Debug)]
pub struct Issuers {
    issuers: Vec<Issuer>,
    limits: Limits,
}

impl Issuers {
    /// Takes tokens of these.
    #[must_use]
    pub fn new(issuers: impl IntoIterator<Item = Issuer>, limits: Limits) -> Self {
        Self { issuers: issuers.into_iter().collect(), limits }
    }
    /// Checks an identity token: a compact JWS ([RFC 7515, 7.1]) of claims ([OpenID Connect Core 1.0, 2][core]).
    ///
    /// No claim is looked at before a signature holds: the token's `kid` picks, at every issuer, a key that the operator trusts, and the
    /// claims must name the issuer whose key it was. `jwk`, `jku`, `x5u` and `x5c` are not read. `iss`, `sub`, `aud`, `exp` and `iat`
    /// must be there; `aud` names this service and nobody else.
    ///
    /// # Errors
    /// [`TokenError`].
    ///
    /// [RFC 7515, 7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
    /// [core]: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
    pub async fn verify(&self, token: &str, now: UnixTime, provider: Provider<'_>) -> Result<Identity, TokenError> {
        let sealed = Sealed::jws_compact(token.as_bytes(), &self.envelope_limits())?;
        let (kid, claimed) = {
            let unverified = sealed.unverified(0)?;
            let kid = unverified.key_id_hint()?.map(|kid| String::from_utf8_lossy(&kid).into_owned());
            match unverified.claimed_algorithm() {
                Claimed::Known(algorithm) => (kid, *algorithm),
                Claimed::Unknown(found) => {
                    return Err(EnvelopeError::UnsupportedAlgorithm { found: found.clone() }.into());
                }
                _ => return Err(EnvelopeError::UnsupportedAlgorithm { found: Escaped::new("") }.into()),
            }
        };
        let shown = Escaped::new(kid.as_deref().unwrap_or_default());
        let mut refused = TokenError::UnknownKey { kid: shown };
        for issuer in &self.issuers {
            let set = match issuer.keys.key_set(kid.as_deref(), now).await {
                Ok(set) => set,
                Err(error) => {
                    let issuer = Escaped::new(&issuer.name);
                    refused = worse(refused, TokenError::Keys { issuer, error });
                    continue;
                }
            };
            let Some(key) = set.find(kid.as_deref()) else { continue };
            match open(&sealed, key, claimed, provider) {
                Ok(opened) => return self.judge(issuer, token, &opened, now),
                Err(error) => refused = worse(refused, error.into()),
            }
        }
        Err(refused)
    }

    fn envelope_limits(&self) -> plimsoll_envelope::Limits {
        let mut limits = plimsoll_envelope::Limits::default();
        limits.envelope = self.limits.token_bytes;
        limits.header = self.limits.token_bytes;
        limits.values = self.limits.json_values;
        limits.depth = self.limits.json_depth;
        limits
    }

    fn judge(&self, issuer: &Issuer, token: &str, opened: &Opened<'_>, now: UnixTime) -> Result<Identity, TokenError> {
        check_type(opened)?;
        let claims = json::object(opened.payload(), &self.limits).map_err(TokenError::Claims)?;
        let found = text(&claims, "iss")?;
        if found != issuer.name {
            let expected = Escaped::new(&issuer.name);
            return Err(TokenError::IssuerMismatch { expected, found: Escaped::new(found) });
        }
        check_audience(&claims, &issuer.audience)?;
        let expires = check_times(&claims, now, &self.limits)?;
        let subject = text(&claims, "sub")?.to_owned();
        let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
        let token = Digest::sha256_of(signed.as_bytes());
        Ok(Identity { issuer: issuer.name.clone(), subject, claims, token, expires, key: None })
    }
}

fn open<'s>(
    sealed: &'s Sealed<'s>,
    key: &'s VerificationKey,
    claimed: plimsoll_core::Algorithm,
    provider: Provider<'_>,
) -> Result<Opened<'s>, EnvelopeError> {
    sealed.open(0, key.public_key(), key.algorithm(claimed), provider, Critical::Only(&[]))
}

/// Of two reasons the one that says more: that keys cannot be had beats that no issuer knows one, a broken signature beats
/// both.
fn worse(known: TokenError, new: TokenError) -> TokenError {
    match (&known, &new) {
        (TokenError::Envelope(_), _) | (TokenError::Keys { .. }, TokenError::Keys { .. }) => known,
        _ => new,
    }
}

/// RFC 7519, 5.1: `JWT`, where it is there. Another type is another thing than an identity (RFC 8725, 3.11).
fn check_type(opened: &Opened<'_>) -> Result<(), TokenError> {
    match opened.protected().get("typ").map(|value| value.as_text().unwrap_or_default()) {
        Some(found) if !found.eq_ignore_ascii_case("JWT") => Err(TokenError::Type { found: Escaped::new(found) }),
        _ => Ok(()),
    }
}

/// RFC 7519, 4.1.3, and narrower: for us alone.
pub(crate) fn check_audience(claims: &Map<String, Value>, expected: &str) -> Result<(), TokenError> {
    let found = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(list)) => {
            let all: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
            all.ok_or(TokenError::Claim { claim: "aud", expected: "text, or a list of texts" })?
        }
        _ => return Err(TokenError::Claim { claim: "aud", expected: "text, or a list of texts" }),
    };
    if found == [expected] {
        return Ok(());
    }
    let found = Escaped::new(&found.join(", "));
    Err(TokenError::Audience { expected: Escaped::new(expected), found })
}

/// RFC 7519, 4.1.4 to 4.1.6. Gives the last second.
pub(crate) fn check_times(claims: &Map<String, Value>, now: UnixTime, limits: &Limits) -> Result<UnixTime, TokenError> {
    let expires = time(claims, "exp")?.ok_or_else(|| missing_time("exp"))?;
    let issued = time(claims, "iat")?.ok_or_else(|| missing_time("iat"))?;
    let from = time(claims, "nbf")?.unwrap_or(issued).max(issued);
    if expires <= from {
        return Err(TokenError::Claim { claim: "exp", expected: "a time after `iat` and `nbf`" });
    }
    let until = expires.min(issued.saturating_add(limits.token_age));
    if now >= until.saturating_add(limits.skew) {
        return Err(TokenError::Expired { until, now });
    }
    if now.saturating_add(limits.skew) < from {
        return Err(TokenError::NotYetValid { from, now });
    }
    Ok(until)
}

fn time(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<UnixTime>, TokenError> {
    match claims.get(claim) {
        None => Ok(None),
        Some(value) => value.as_u64().and_then(UnixTime::from_secs).map(Some).ok_or_else(|| missing_time(claim)),
    }
}

const fn missing_time(claim: &'static str) -> TokenError {
    TokenError::Claim { claim, expected: "whole seconds since 1970" }
}

fn text<'c>(claims: &'c Map<String, Value>, claim: &'static str) -> Result<&'c str, TokenError> {
    let found = claims.get(claim).and_then(Value::as_str).filter(|text| !text.is_empty());
    found.ok_or(TokenError::Claim { claim, expected: "a text that is not empty" })
}
