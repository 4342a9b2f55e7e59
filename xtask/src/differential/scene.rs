//! Signers, good ones and ones whose certificates somebody bent, and the envelopes that our code makes of them.

use plimsoll_core::{Algorithm, Blob, Sign, UnixTime};
use plimsoll_crypto::LocalSigner;
use plimsoll_envelope::HeaderValue;
use plimsoll_notary::{Criticality, EnvelopeDraft, ExtendedAttribute, Format, SignedAttributes, SigningScheme};
use plimsoll_oci::media_type;
use plimsoll_pki::issue::Draft;
use plimsoll_testkit::pki::{
    KeySpec, Level, NOT_AFTER, NOT_BEFORE, NOW, TestCa, extension, remove_extension, replace_extension, set_key_usage,
    set_purposes, set_validity,
};

/// An authority, and what it is.
pub(super) struct Signer {
    pub(super) what: &'static str,
    pub(super) ca: TestCa,
    key: LocalSigner,
}

impl Signer {
    fn new(what: &'static str, ca: TestCa) -> Result<Self, String> {
        let key = ca.leaf.key.envelope_signer().map_err(|error| error.to_string())?;
        Ok(Self { what, ca, key })
    }
    pub(super) fn algorithm(&self) -> Algorithm {
        self.key.algorithm()
    }
    pub(super) fn sign(&self, input: &[u8]) -> Vec<u8> {
        self.key.sign_now(input).unwrap_or_default()
    }
    /// A signature by another algorithm, where the key has one.
    pub(super) fn sign_by(&self, algorithm: Algorithm, input: &[u8]) -> Option<Vec<u8>> {
        self.ca.leaf.key.signer(algorithm).ok()?.sign_now(input).ok()
    }
}

/// An envelope as our code signs it.
pub(super) struct Base {
    pub(super) format: Format,
    /// Its place among the signers.
    pub(super) signer: usize,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Scene {
    pub(super) signers: Vec<Signer>,
    pub(super) bases: Vec<Base>,
}

impl Scene {
    /// All six keys, then those with bent certificates; each in both formats, under both schemes, with and without what may be there.
    pub(super) fn make() -> Result<Self, String> {
        let mut signers = Vec::new();
        for (what, spec) in GOOD {
            signers.push(Signer::new(what, TestCa::new(spec))?);
        }
        for (what, edit) in BENT {
            signers.push(Signer::new(what, TestCa::forge(KeySpec::P256, edit))?);
        }
        let mut bases = Vec::new();
        for (at, signer) in signers.iter().enumerate() {
            for format in [Format::Jws, Format::Cose] {
                for attributes in attributes() {
                    let bytes = sign(signer, format, &attributes).map_err(|error| error.to_string())?;
                    bases.push(Base { format, signer: at, bytes });
                }
            }
        }
        Ok(Self { signers, bases })
    }
}

pub(super) fn payload() -> Vec<u8> {
    let subject = Blob::of(media_type::IMAGE_MANIFEST, "{}");
    let subject = subject.descriptor();
    let target = serde_json::json!({"mediaType": &*subject.media_type, "digest": subject.digest.to_string(), "size": subject.size});
    serde_json::json!({ "targetArtifact": target }).to_string().into_bytes()
}

fn attributes() -> Vec<SignedAttributes<'static>> {
    let plain = SignedAttributes::new(SigningScheme::X509, NOW);
    let mut expiring = plain.clone();
    expiring.expiry = Some(NOT_AFTER);
    let mut extended = SignedAttributes::new(SigningScheme::X509SigningAuthority, NOW);
    extended.extended = vec![
        ExtendedAttribute::new("com.example.critical", Criticality::Critical, HeaderValue::from("a")),
        ExtendedAttribute::new("com.example.more", Criticality::Ignorable, HeaderValue::from("b")),
    ];
    let mut plugin = plain.clone();
    plugin.plugin = Some("com.example.plugin".into());
    plugin.plugin_min_version = Some("1.0.0".into());
    vec![plain, expiring, extended, plugin]
}

fn sign(
    signer: &Signer,
    format: Format,
    attributes: &SignedAttributes<'_>,
) -> Result<Vec<u8>, plimsoll_envelope::EnvelopeError> {
    let draft = EnvelopeDraft::new(format, signer.algorithm(), attributes, &payload())?;
    let signature = signer.sign(draft.signing_input());
    match attributes.expiry {
        // Neither side looks into a token before the signature holds.
        Some(_) => draft.attach_timestamped(&signature, &signer.ca.chain(), "differential", b"\x30\x00"),
        None => draft.attach(&signature, &signer.ca.chain(), "differential"),
    }
}

type Edit = fn(Level, &mut Draft);

const GOOD: [(&str, KeySpec); 6] = [
    ("P-256", KeySpec::P256),
    ("P-384", KeySpec::P384),
    ("P-521", KeySpec::P521),
    ("RSA-2048", KeySpec::Rsa2048),
    ("RSA-3072", KeySpec::Rsa3072),
    ("RSA-4096", KeySpec::Rsa4096),
];

fn leaf(level: Level, draft: &mut Draft, edit: impl FnOnce(&mut Draft)) {
    at(Level::Leaf, level, draft, edit);
}

fn at(wanted: Level, level: Level, draft: &mut Draft, edit: impl FnOnce(&mut Draft)) {
    if level == wanted {
        edit(draft);
    }
}

const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const PURPOSES: &str = "2.5.29.37";
const EARLY: UnixTime = UnixTime::saturating_from_secs(1_000_000_000);

/// One certificate of the chain is not as it should be, or is so in another way.
const BENT: [(&str, Edit); 31] = [
    ("leaf: no keyUsage", |level, draft| leaf(level, draft, |draft| remove_extension(draft, KEY_USAGE))),
    ("leaf: keyUsage not critical", |level, draft| leaf(level, draft, |draft| set_key_usage(draft, false, [0x80, 0]))),
    ("leaf: keyUsage without digitalSignature", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x40, 0]));
    }),
    ("leaf: keyUsage with contentCommitment", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0xc0, 0]));
    }),
    ("leaf: keyUsage with keyEncipherment", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0xa0, 0]));
    }),
    ("leaf: keyUsage with dataEncipherment", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x90, 0]));
    }),
    ("leaf: keyUsage with keyAgreement", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x88, 0]));
    }),
    ("leaf: keyUsage with keyCertSign", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x84, 0]));
    }),
    ("leaf: keyUsage with cRLSign", |level, draft| leaf(level, draft, |draft| set_key_usage(draft, true, [0x82, 0]))),
    ("leaf: keyUsage with encipherOnly", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x81, 0]));
    }),
    ("leaf: keyUsage with decipherOnly", |level, draft| {
        leaf(level, draft, |draft| set_key_usage(draft, true, [0x80, 0x80]));
    }),
    ("leaf: no extKeyUsage", |level, draft| leaf(level, draft, |draft| remove_extension(draft, PURPOSES))),
    ("leaf: anyExtendedKeyUsage alone", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["2.5.29.37.0"]));
    }),
    ("leaf: anyExtendedKeyUsage beside codeSigning", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "2.5.29.37.0"]));
    }),
    ("leaf: timeStamping", |level, draft| leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.8"]))),
    ("leaf: timeStamping beside codeSigning", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"]));
    }),
    ("leaf: serverAuth beside codeSigning", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.1"]));
    }),
    ("leaf: emailProtection beside codeSigning", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4"]));
    }),
    ("leaf: OCSPSigning beside codeSigning", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.9"]));
    }),
    ("leaf: a purpose that nobody knows", |level, draft| {
        leaf(level, draft, |draft| set_purposes(draft, &["1.3.6.1.4.1.99999.1"]));
    }),
    ("leaf: CA", |level, draft| {
        leaf(level, draft, |draft| {
            replace_extension(draft, extension(BASIC_CONSTRAINTS, true, b"\x30\x03\x01\x01\xff"))
        });
    }),
    ("leaf: basicConstraints of a signer", |level, draft| {
        leaf(level, draft, |draft| replace_extension(draft, extension(BASIC_CONSTRAINTS, true, b"\x30\x00")));
    }),
    ("leaf: an unknown critical extension", |level, draft| {
        leaf(level, draft, |draft| replace_extension(draft, extension("1.2.3.4", true, b"\x04\x01x")));
    }),
    ("leaf: expired", |level, draft| leaf(level, draft, |draft| set_validity(draft, EARLY, NOT_BEFORE))),
    ("intermediate: no CA", |level, draft| {
        at(Level::Intermediate, level, draft, |draft| {
            replace_extension(draft, extension(BASIC_CONSTRAINTS, true, b"\x30\x00"));
        });
    }),
    ("intermediate: no basicConstraints", |level, draft| {
        at(Level::Intermediate, level, draft, |draft| remove_extension(draft, BASIC_CONSTRAINTS));
    }),
    ("intermediate: basicConstraints not critical", |level, draft| {
        at(Level::Intermediate, level, draft, |draft| {
            replace_extension(draft, extension(BASIC_CONSTRAINTS, false, b"\x30\x06\x01\x01\xff\x02\x01\x00"));
        });
    }),
    ("intermediate: keyUsage without keyCertSign", |level, draft| {
        at(Level::Intermediate, level, draft, |draft| set_key_usage(draft, true, [0x02, 0]));
    }),
    ("intermediate: no keyUsage", |level, draft| {
        at(Level::Intermediate, level, draft, |draft| remove_extension(draft, KEY_USAGE));
    }),
    ("root: no path below", |level, draft| {
        at(Level::Root, level, draft, |draft| {
            replace_extension(draft, extension(BASIC_CONSTRAINTS, true, b"\x30\x06\x01\x01\xff\x02\x01\x00"));
        });
    }),
    ("leaf: another issuer's name", |level, draft| {
        let intermediate = draft.subject.clone();
        leaf(level, draft, |draft| draft.issuer = intermediate);
    }),
];
