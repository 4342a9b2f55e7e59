//! Describing an envelope for people, without trusting it.

use crate::{
    ArtifactDigest, Envelope, EnvelopeLayerError, Format, SignedAttributes, SigningScheme, TargetArtifact,
    envelope::{claimed_timestamp, has_timestamp, signing_agent},
};
use alloc::{
    borrow::ToOwned,
    boxed::Box,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use plimsoll_core::{Descriptor, Digest, Escaped, Provider, UnixTime};
use plimsoll_envelope::{Claimed, HeaderValue, Unverified, algorithm_name};
use plimsoll_pki::{
    Certificate, Limits, PresentedChain,
    timestamp::{TimestampLimits, TimestampToken},
};

/// What an envelope says, and whether it holds by itself. Trust is not asked.
///
/// Everything but `integrity`, `target` and `metadata` is a claim, whatever `integrity` says; those two are there only if it holds.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The format.
    pub format: Format,
    /// Whether the signature holds under the key of the first certificate, and attributes, chain and payload are as they
    /// must be.
    pub integrity: Result<(), EnvelopeLayerError>,
    /// The algorithm that the header names.
    pub claimed_algorithm: Escaped,
    /// The attributes, if they can be read.
    pub attributes: Option<InspectedAttributes>,
    /// The certificates in the order given, as far as they can be read.
    pub certificates: Vec<InspectedCertificate>,
    /// The artifact that was signed, if the signature holds.
    pub target: Option<Descriptor>,
    /// The user metadata that was signed, if the signature holds.
    pub metadata: BTreeMap<String, String>,
    /// What the unsigned header says of the program that signed.
    pub claimed_signing_agent: Option<Escaped>,
    /// Whether the unsigned header holds a timestamp token, which is not checked.
    pub has_timestamp: bool,
    /// What that token claims, if it can be read. Anybody may have put it there.
    pub claimed_timestamp: Option<InspectedTimestamp>,
    /// The artifact as the payload names it, if the signature holds: also one whose digest no registry has.
    pub artifact: Option<InspectedArtifact>,
}

/// A timestamp token, as it claims to be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InspectedTimestamp {
    /// The first second at which it says it was made.
    pub earliest: UnixTime,
    /// The last.
    pub latest: UnixTime,
    /// The policy of the authority, as an object identifier in dots.
    pub policy: Box<str>,
    /// Its serial number in hexadecimal.
    pub serial: Box<str>,
    /// The hash function of its imprint, as an object identifier in dots.
    pub imprint_hash: Box<str>,
    /// Whether it is over the signature of this envelope.
    pub is_of_signature: bool,
}

/// What was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InspectedArtifact {
    /// The media type. Foreign text.
    pub media_type: Escaped,
    /// The digest.
    pub digest: ArtifactDigest,
    /// Bytes.
    pub size: u64,
}

/// The attributes of an envelope.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InspectedAttributes {
    /// The scheme.
    pub scheme: SigningScheme,
    /// The signing time.
    pub signing_time: UnixTime,
    /// The expiry.
    pub expiry: Option<UnixTime>,
    /// The plugin that the signature names.
    pub plugin: Option<Escaped>,
    /// Attributes that Notary does not define: name, value, whether critical.
    pub extended: Vec<(Escaped, Escaped, bool)>,
}

/// One certificate of an envelope.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct InspectedCertificate {
    /// SHA-256 of the certificate.
    pub digest: Digest,
    /// To whom it was issued.
    pub subject: Escaped,
    /// By whom.
    pub issuer: Escaped,
    /// Its serial number in hexadecimal.
    pub serial: Box<str>,
    /// The first second of its validity.
    pub not_before: UnixTime,
    /// The last second of its validity.
    pub not_after: UnixTime,
    /// The kind of its key.
    pub key: Box<str>,
}

/// Describes the envelope in a layer of this media type.
///
/// # Errors
/// [`EnvelopeLayerError`] for what cannot even be split. What can be, and does not hold, is described, with the reason.
pub fn inspect(bytes: &[u8], media_type: &str, crypto: Provider<'_>) -> Result<Inspection, EnvelopeLayerError> {
    let envelope = Envelope::parse(bytes, media_type)?;
    let unverified = envelope.unverified()?;
    let protected = unverified.claimed_protected()?;
    let attributes = SignedAttributes::read(&protected, envelope.format()).ok();
    let der: Vec<_> = unverified.presented_chain().collect();
    let chain = PresentedChain::from_der(&der, &Limits::default());
    let certificates = chain.iter().flat_map(PresentedChain::certificates).map(certificate).collect();
    let checked = envelope.check(crypto, |_| None);
    let payload = checked.as_ref().map_err(Clone::clone).and_then(|checked| Ok(checked.target()?));
    let signed = payload.as_ref().ok();
    Ok(Inspection {
        format: envelope.format(),
        target: signed.and_then(descriptor),
        artifact: signed.map(artifact),
        metadata: signed.map(metadata).unwrap_or_default(),
        integrity: payload.map(|_| ()),
        claimed_algorithm: match unverified.claimed_algorithm() {
            Claimed::Known(algorithm) => Escaped::new(algorithm_name(*algorithm).unwrap_or("none")),
            Claimed::Unknown(name) => name.clone(),
            _ => Escaped::new("none"),
        },
        attributes: attributes.as_ref().map(described),
        certificates,
        claimed_signing_agent: signing_agent(unverified),
        has_timestamp: has_timestamp(unverified),
        claimed_timestamp: timestamp(unverified),
    })
}

fn timestamp(unverified: Unverified<'_>) -> Option<InspectedTimestamp> {
    let bytes = claimed_timestamp(unverified).ok()??;
    let token = TimestampToken::parse(&bytes, &TimestampLimits::default()).ok()?;
    let claimed = token.claimed();
    let accuracy = claimed.accuracy();
    Some(InspectedTimestamp {
        earliest: claimed.gen_time.earliest(accuracy),
        latest: claimed.gen_time.latest(accuracy),
        policy: claimed.policy.to_string().into(),
        serial: hexadecimal(&claimed.serial),
        imprint_hash: claimed.imprint.hash().oid().to_string().into(),
        is_of_signature: claimed.imprint.is_of(unverified.claimed_signature()),
    })
}

fn artifact(payload: &TargetArtifact<'_>) -> InspectedArtifact {
    InspectedArtifact { media_type: Escaped::new(payload.media_type()), digest: payload.digest(), size: payload.size() }
}

fn hexadecimal(bytes: &[u8]) -> Box<str> {
    use core::fmt::Write as _;
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    });
    text.into()
}

fn descriptor(payload: &TargetArtifact<'_>) -> Option<Descriptor> {
    Some(Descriptor::new(payload.media_type(), payload.digest().registry()?, payload.size()))
}

fn metadata(payload: &TargetArtifact<'_>) -> BTreeMap<String, String> {
    payload.metadata().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn described(attributes: &SignedAttributes<'_>) -> InspectedAttributes {
    let shown = |value: &HeaderValue<'_>| match value {
        HeaderValue::Text(text) => Escaped::new(text),
        HeaderValue::Int(number) => Escaped::new(&number.to_string()),
        HeaderValue::Bool(flag) => Escaped::new(&flag.to_string()),
        other => Escaped::new(&format!("{other:?}")),
    };
    InspectedAttributes {
        scheme: attributes.scheme,
        signing_time: attributes.signing_time,
        expiry: attributes.expiry,
        plugin: attributes.plugin.as_deref().map(Escaped::new),
        extended: attributes
            .extended
            .iter()
            .map(|one| (Escaped::new(&one.name), shown(&one.value), one.critical))
            .collect(),
    }
}

fn certificate(one: &Certificate<'_>) -> InspectedCertificate {
    InspectedCertificate {
        digest: one.digest(),
        subject: Escaped::new(&one.subject().to_string()),
        issuer: Escaped::new(&one.issuer().to_string()),
        serial: hexadecimal(one.serial()),
        not_before: one.validity().not_before,
        not_after: one.validity().not_after,
        key: one.key().to_string().into(),
    }
}
