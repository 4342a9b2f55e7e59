//! Finding a private key, its public half and its certificates.

use crate::{Module, Pin, Pkcs11Error, TokenSigner, Uri, mechanism::Plan, public_key, signer::Handle, token};
use cryptoki::{
    mechanism::MechanismType,
    object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle},
    session::Session,
};
use plimsoll_core::{Algorithm, Escaped, Provider, PublicKey};
use plimsoll_crypto::KeyKind;
use plimsoll_pki::{Certificate, Limits};
use std::fmt;

/// Limits on what a token is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TokenLimits {
    /// Certificates that are read from a token. 64: a team's token has a handful.
    pub certificates: usize,
    /// Certificates of one chain. 10, as an envelope's (`plimsoll-envelope`, `Limits`).
    pub chain: usize,
    /// Bytes of one certificate. 64 KiB, as an envelope's.
    pub certificate: usize,
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self { certificates: 64, chain: 10, certificate: 64 << 10 }
    }
}

/// A private key on a token, with a session that is logged in.
pub struct TokenKey {
    name: Escaped,
    handle: Handle,
    offered: Vec<MechanismType>,
    spki: Vec<u8>,
    kind: KeyKind,
    chain: Vec<Vec<u8>>,
}

impl TokenKey {
    /// Finds the one key that the URI names, and logs in with the PIN of the URI or else of `pin`, which is given the token's label.
    ///
    /// A wrong PIN is never tried twice, and none is tried when one try is left before the token locks.
    ///
    /// # Errors
    /// [`Pkcs11Error`]: no token, no key, or more than one; no PIN, or one that the token refuses; a certificate for another key.
    pub fn find(module: &Module, uri: &Uri, pin: impl FnOnce(&str) -> Option<Pin>) -> Result<Self, Pkcs11Error> {
        Self::find_within(module, uri, pin, TokenLimits::default())
    }
    /// As [`TokenKey::find`], with limits of the caller's.
    ///
    /// # Errors
    /// As [`TokenKey::find`].
    pub fn find_within(
        module: &Module,
        uri: &Uri,
        pin: impl FnOnce(&str) -> Option<Pin>,
        limits: TokenLimits,
    ) -> Result<Self, Pkcs11Error> {
        let (slot, session) = token::open(module, uri, pin)?;
        let list = module.context().get_mechanism_list(slot);
        let offered = list.map_err(Pkcs11Error::failed("C_GetMechanismList"))?;
        let object = private_key(&session, uri)?;
        let labels = Labels::of(&session, object)?;
        let name = labels.name();
        if labels.always_authenticate {
            return Err(Pkcs11Error::KeyAlwaysAuthenticates { key: name });
        }
        let certificates = certificates(&session, limits)?;
        let public = match public_key_object(&session, &labels)? {
            Some(public) => public_key::read(&session, public)?,
            None => public_key::read(&session, object)?,
        };
        let leaf = leaf(&certificates, &labels, public.as_deref());
        let spki = match (public, leaf) {
            (Some(public), Some(leaf)) if leaf.key == public => public,
            (Some(_), Some(_)) => return Err(Pkcs11Error::CertificateMismatch { key: name }),
            (Some(public), None) => public,
            (None, Some(leaf)) => leaf.key.clone(),
            (None, None) => {
                let what = Escaped::new("the token holds neither its public key nor a certificate");
                return Err(Pkcs11Error::KeyUnsupported { what });
            }
        };
        let kind = KeyKind::of(PublicKey::from_spki_der(&spki))
            .map_err(|error| Pkcs11Error::KeyUnsupported { what: Escaped::new(&error.to_string()) })?;
        let chain = leaf.map(|leaf| chain(leaf, &certificates, limits)).unwrap_or_default();
        Ok(Self { name, handle: Handle::new(session, object), offered, spki, kind, chain })
    }
    /// The public half, as the token or its certificate gives it.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::from_spki_der(&self.spki)
    }
    /// What kind of key it is.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }
    /// The certificates on the token, the key's first, then each one's issuer as far as the token holds it. Nothing in them was
    /// checked but that the first is for this key; empty without one.
    #[must_use]
    pub fn presented_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }
    /// Signs with `algorithm`; each signature is checked with `crypto` under the public key before it is handed out.
    ///
    /// # Errors
    /// [`Pkcs11Error::MechanismMissing`] where the key is not one of the algorithm, or the token has no mechanism for it.
    pub fn signer(self, algorithm: Algorithm, crypto: Provider<'static>) -> Result<TokenSigner, Pkcs11Error> {
        if !fits(self.kind, algorithm) {
            return Err(Pkcs11Error::MechanismMissing { algorithm });
        }
        let plan = Plan::of(algorithm, &self.offered)?;
        TokenSigner::start(plan, self.handle, self.spki, crypto)
    }
    /// Signs envelopes: PS256 to PS512 and ES256 to ES512, by the key.
    ///
    /// # Errors
    /// [`Pkcs11Error::KeyUnsupported`] for a key that no Notary envelope is signed with, and as [`TokenKey::signer`].
    pub fn envelope_signer(self, crypto: Provider<'static>) -> Result<TokenSigner, Pkcs11Error> {
        let algorithm = self.kind.envelope_algorithm();
        let what = || Escaped::new(&format!("{} signs no envelope", self.kind));
        let algorithm = algorithm.ok_or_else(|| Pkcs11Error::KeyUnsupported { what: what() })?;
        self.signer(algorithm, crypto)
    }
    /// Signs certificates and other formats in DER.
    ///
    /// # Errors
    /// As [`TokenKey::signer`].
    pub fn der_signer(self, crypto: Provider<'static>) -> Result<TokenSigner, Pkcs11Error> {
        let algorithm = self.kind.der_algorithm();
        self.signer(algorithm, crypto)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({}, {})", self.name, self.kind)
    }
}

/// What ties the objects of one key together.
struct Labels {
    id: Vec<u8>,
    label: Vec<u8>,
    always_authenticate: bool,
}

impl Labels {
    fn of(session: &Session, object: ObjectHandle) -> Result<Self, Pkcs11Error> {
        let wanted = [AttributeType::Id, AttributeType::Label, AttributeType::AlwaysAuthenticate];
        let found = session.get_attributes(object, &wanted).map_err(Pkcs11Error::failed("C_GetAttributeValue"))?;
        let mut labels = Self { id: Vec::new(), label: Vec::new(), always_authenticate: false };
        for attribute in found {
            match attribute {
                Attribute::Id(id) => labels.id = id,
                Attribute::Label(label) => labels.label = label,
                Attribute::AlwaysAuthenticate(yes) => labels.always_authenticate = yes,
                _ => {}
            }
        }
        Ok(labels)
    }
    fn name(&self) -> Escaped {
        if self.label.is_empty() {
            Escaped::new(&self.id.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        } else {
            Escaped::new(&String::from_utf8_lossy(&self.label))
        }
    }
    /// PKCS#11 2.40, 4.6: objects of one key share `CKA_ID`. Without one only the label is left.
    fn template(&self) -> Attribute {
        if self.id.is_empty() { Attribute::Label(self.label.clone()) } else { Attribute::Id(self.id.clone()) }
    }
}

fn private_key(session: &Session, uri: &Uri) -> Result<ObjectHandle, Pkcs11Error> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Sign(true)];
    template.extend(uri.id().map(|id| Attribute::Id(id.to_vec())));
    template.extend(uri.object().map(|label| Attribute::Label(label.as_bytes().to_vec())));
    let found = objects(session, &template, 2)?;
    match <[_; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(found) => Err(Pkcs11Error::KeyNotFound { found: found.len() }),
    }
}

fn public_key_object(session: &Session, labels: &Labels) -> Result<Option<ObjectHandle>, Pkcs11Error> {
    let template = [Attribute::Class(ObjectClass::PUBLIC_KEY), labels.template()];
    Ok(objects(session, &template, 1)?.first().copied())
}

/// At most `most` objects that match.
fn objects(session: &Session, template: &[Attribute], most: usize) -> Result<Vec<ObjectHandle>, Pkcs11Error> {
    let found = session.iter_objects(template).map_err(Pkcs11Error::failed("C_FindObjects"))?;
    found.take(most).collect::<Result<_, _>>().map_err(Pkcs11Error::failed("C_FindObjects"))
}

/// A certificate on the token that parses.
struct Stored {
    der: Vec<u8>,
    id: Vec<u8>,
    label: Vec<u8>,
    key: Vec<u8>,
    subject: Vec<u8>,
    issuer: Vec<u8>,
    not_before: plimsoll_core::UnixTime,
}

fn certificates(session: &Session, limits: TokenLimits) -> Result<Vec<Stored>, Pkcs11Error> {
    let template = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::CertificateType(CertificateType::X_509)];
    let mut stored = Vec::new();
    for object in objects(session, &template, limits.certificates)? {
        let wanted = [AttributeType::Value, AttributeType::Id, AttributeType::Label];
        let found = session.get_attributes(object, &wanted).map_err(Pkcs11Error::failed("C_GetAttributeValue"))?;
        let (mut der, mut id, mut label) = (Vec::new(), Vec::new(), Vec::new());
        for attribute in found {
            match attribute {
                Attribute::Value(bytes) => der = bytes,
                Attribute::Id(bytes) => id = bytes,
                Attribute::Label(bytes) => label = bytes,
                _ => {}
            }
        }
        // A certificate that is none is no certificate of this key. Whoever checks the envelope sees which one is missing.
        if der.len() <= limits.certificate {
            stored.extend(parse(der, id, label));
        }
    }
    Ok(stored)
}

fn parse(der: Vec<u8>, id: Vec<u8>, label: Vec<u8>) -> Option<Stored> {
    let certificate = Certificate::from_der(&der, &Limits::default()).ok()?;
    let (subject, issuer) = (certificate.subject().der().to_vec(), certificate.issuer().der().to_vec());
    let (key, not_before) = (certificate.public_key().spki_der().to_vec(), certificate.validity().not_before);
    Some(Stored { id, label, key, subject, issuer, not_before, der })
}

/// The key's certificate: of its `CKA_ID` or label; of several, one for this key before others, and the newest of these.
fn leaf<'s>(stored: &'s [Stored], labels: &Labels, public: Option<&[u8]>) -> Option<&'s Stored> {
    let same = |one: &&Stored| if labels.id.is_empty() { one.label == labels.label } else { one.id == labels.id };
    stored.iter().filter(same).max_by_key(|one| (public.is_some_and(|key| key == one.key), one.not_before))
}

/// Each one's issuer, by name, as far as the token holds it.
fn chain(leaf: &Stored, stored: &[Stored], limits: TokenLimits) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf.der.clone()];
    let mut last = leaf;
    while chain.len() < limits.chain && last.issuer != last.subject {
        let next = stored.iter().find(|one| one.subject == last.issuer && !chain.contains(&one.der));
        let Some(next) = next else { break };
        chain.push(next.der.clone());
        last = next;
    }
    chain
}

const fn fits(kind: KeyKind, algorithm: Algorithm) -> bool {
    use Algorithm as A;
    match kind {
        KeyKind::P256 => {
            matches!(algorithm, A::EcdsaP256Sha256Der | A::EcdsaP256Sha256Fixed | A::EcdsaP256Sha384Der)
        }
        KeyKind::P384 => {
            matches!(algorithm, A::EcdsaP384Sha256Der | A::EcdsaP384Sha384Der | A::EcdsaP384Sha384Fixed)
        }
        KeyKind::P521 => matches!(algorithm, A::EcdsaP521Sha512Der | A::EcdsaP521Sha512Fixed),
        KeyKind::Rsa { .. } => matches!(
            algorithm,
            A::RsaPkcs1Sha256
                | A::RsaPkcs1Sha384
                | A::RsaPkcs1Sha512
                | A::RsaPssSha256
                | A::RsaPssSha384
                | A::RsaPssSha512
        ),
        _ => false,
    }
}
