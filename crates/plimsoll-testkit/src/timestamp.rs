//! A timestamping authority for tests, and a forger that can break any field of its tokens.
//!
//! ```
//! use plimsoll_crypto::provider;
//! use plimsoll_pki::timestamp::{TimestampLimits, TimestampToken};
//! use plimsoll_testkit::{pki::KeySpec, timestamp::TestTsa};
//! let tsa = TestTsa::new(KeySpec::P256);
//! let read = |bytes: &[u8]| TimestampToken::parse(bytes, &TimestampLimits::default()).unwrap();
//! assert!(read(&tsa.token(b"cargo")).verify(b"cargo", &tsa.trust_store(), provider()).is_ok());
//! // The same authority, but the signer signs nothing about its certificate.
//! let bad = tsa.forge_token(b"cargo", |draft| draft.attributes.truncate(2));
//! assert!(read(&bad).verify(b"cargo", &tsa.trust_store(), provider()).is_err());
//! ```
#![expect(clippy::expect_used, reason = "only tests call this, and a broken fixture should fail them loudly")]

mod ber;
mod info;

pub use ber::indefinite;
pub use info::InfoForge;

use crate::pki::{Certified, KeySpec, Level, NOW, named_store};
use plimsoll_crypto::SignError;
use plimsoll_pki::{
    Hash, TrustStore,
    issue::{Draft, Role},
    timestamp::{
        DraftAttribute, GenTime, MessageImprint, Nonce, TimestampAuthority, TimestampRequest, TokenDraft, draft,
    },
};
use spki::ObjectIdentifier;
use std::time::Duration;

/// The subject of the root.
pub const ROOT: &str = "CN=Test Time Root,O=Harbour,ST=WA,C=US";
/// The subject of the authority.
pub const AUTHORITY: &str = "CN=Test Time Authority,O=Harbour,ST=WA,C=US";
/// The policy of the authority.
pub const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");

/// A root and the timestamping authority that it issued.
pub struct TestTsa {
    /// The self-signed root.
    pub root: Certified,
    /// The authority.
    pub authority: Certified,
}

impl TestTsa {
    /// A good one, both keys of one kind.
    #[must_use]
    pub fn new(spec: KeySpec) -> Self {
        Self::forge(spec, |_, _| ())
    }
    /// One whose certificates are edited before they are signed.
    pub fn forge(spec: KeySpec, mut edit: impl FnMut(Level, &mut Draft)) -> Self {
        let root = Role::Root { path_length: Some(0) };
        let root = Certified::self_signed(spec, ROOT, root, |draft| edit(Level::Root, draft));
        let role = Role::TimestampAuthority { ocsp: &[], crl: &[] };
        let authority = root.issue(spec, AUTHORITY, role, |draft| edit(Level::Leaf, draft));
        Self { root, authority }
    }
    /// The trust store of one named trust store, `tsa:test`, that holds the root.
    #[must_use]
    pub fn trust_store(&self) -> TrustStore {
        TrustStore::new([named_store("tsa:test", &[&self.root.der])])
    }
    /// A request for a message, with SHA-256.
    #[must_use]
    pub fn request(message: &[u8]) -> TimestampRequest {
        TimestampRequest::new(MessageImprint::of(Hash::Sha256, message), Nonce::from_random([7; 20]))
    }
    /// A good token in DER, of [`NOW`], right to within a second.
    #[must_use]
    pub fn token(&self, message: &[u8]) -> Vec<u8> {
        self.token_at(message, NOW.into())
    }
    /// A good token in DER, of a time.
    #[must_use]
    pub fn token_at(&self, message: &[u8], at: GenTime) -> Vec<u8> {
        self.seal(&self.draft(message, at))
    }
    /// A token whose parts are edited before it is signed.
    pub fn forge_token(&self, message: &[u8], edit: impl FnOnce(&mut TokenDraft)) -> Vec<u8> {
        let mut draft = self.draft(message, NOW.into());
        edit(&mut draft);
        self.seal(&draft)
    }
    /// A token whose `TSTInfo` is edited before it is hashed and signed.
    pub fn forge_info(&self, message: &[u8], edit: impl FnOnce(&mut InfoForge)) -> Vec<u8> {
        let mut info = InfoForge::of(message, NOW);
        edit(&mut info);
        self.forge_token(message, |draft| set_content(draft, info.to_der()))
    }
    /// What a good token is made of.
    #[must_use]
    pub fn draft(&self, message: &[u8], at: GenTime) -> TokenDraft {
        self.answer(&Self::request(message), at)
    }
    /// What the good token for a request is made of.
    #[must_use]
    pub fn answer(&self, request: &TimestampRequest, at: GenTime) -> TokenDraft {
        let certificate = self.authority.view();
        let authority = TimestampAuthority {
            certificate: &certificate,
            issuers: &[&self.root.der],
            policy: POLICY,
            accuracy: Some(Duration::from_secs(1)),
        };
        let algorithm = self.authority.spec.certificate_algorithm();
        draft::<SignError>(request, &authority, [9; 16], at, algorithm).unwrap_or_else(|_| {
            // The real code makes no token with a broken certificate, or out of its time: it is named in a good one of now.
            let good = Self::new(self.authority.spec);
            let mut made = good.answer(request, NOW.into());
            name_certificate(&mut made, &self.authority);
            made.certificates = vec![self.authority.der.clone(), self.root.der.clone()];
            made
        })
    }
    /// Signs a token with the authority's key.
    #[must_use]
    pub fn seal(&self, draft: &TokenDraft) -> Vec<u8> {
        draft.sealed(&self.sign(draft))
    }
    /// The authority's signature for a token.
    #[must_use]
    pub fn sign(&self, draft: &TokenDraft) -> Vec<u8> {
        sign(draft, &self.authority)
    }
}

/// A signature for a token by the key of a certificate.
#[must_use]
pub fn sign(draft: &TokenDraft, by: &Certified) -> Vec<u8> {
    let signer = by.key.signer(by.spec.certificate_algorithm()).expect("a signer for the key");
    signer.sign_now(&draft.signing_input()).expect("a signature")
}

/// Puts other content into a token, and its hash into the signed attributes.
pub fn set_content(draft: &mut TokenDraft, content: Vec<u8>) {
    let hash = [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().find(|hash| {
        let old = hash.digest(&draft.content);
        draft.attributes.iter().any(|one| one.values.ends_with(&old))
    });
    let hash = hash.expect("a draft whose digest is that of its content");
    set_attribute(draft, MESSAGE_DIGEST, Some(&info::tlv(0x04, &hash.digest(&content))));
    draft.content = content;
}

/// Sets a signed attribute, by its dotted number, to a value, whole; `None` takes it out.
pub fn set_attribute(draft: &mut TokenDraft, oid: &str, value: Option<&[u8]>) {
    draft.attributes.retain(|one| one.oid.to_string() != oid);
    if let Some(value) = value {
        let oid = ObjectIdentifier::new(oid).expect("an object identifier");
        draft.attributes.push(DraftAttribute { oid, values: value.to_vec() });
    }
}

/// Names another certificate as that of the signer: in the signer info, and in signing-certificate-v2.
pub fn name_certificate(draft: &mut TokenDraft, certificate: &Certified) {
    let view = certificate.view();
    let serial = info::tlv(0x02, view.serial());
    draft.signer = info::tlv(0x30, &[view.issuer().der(), &serial].concat());
    set_attribute(draft, SIGNING_CERTIFICATE_V2, Some(&signing_certificate_v2(certificate)));
}

/// The value of signing-certificate-v2 for a certificate, by SHA-256, without issuer and serial number.
#[must_use]
pub fn signing_certificate_v2(certificate: &Certified) -> Vec<u8> {
    let digest = info::tlv(0x04, &Hash::Sha256.digest(&certificate.der));
    info::tlv(0x30, &info::tlv(0x30, &info::tlv(0x30, &digest)))
}

/// The signed attribute contentType.
pub const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
/// The signed attribute messageDigest.
pub const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
/// The signed attribute signing-time.
pub const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
/// The signed attribute signing-certificate (RFC 2634), by SHA-1.
pub const SIGNING_CERTIFICATE_V1: &str = "1.2.840.113549.1.9.16.2.12";
/// The signed attribute signing-certificate-v2 (RFC 5035).
pub const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
