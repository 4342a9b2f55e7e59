//! Describing an envelope for people, without trusting it.

use crate::{
    Envelope, EnvelopeLayerError, Format, SignedAttributes, SigningScheme, TargetArtifact,
    envelope::{has_timestamp, signing_agent},
};
use plimsoll_core::{Descriptor, Digest, Escaped, Provider, UnixTime};
use plimsoll_envelope::{Claimed, HeaderValue, algorithm_name};
use plimsoll_pki::{Certificate, Limits, PresentedChain};
use std::collections::BTreeMap;

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
    let (integrity, target, metadata) = match envelope.check(crypto, |_| None) {
        Err(error) => (Err(error), None, BTreeMap::new()),
        Ok(checked) => match checked.target() {
            Err(error) => (Err(error.into()), None, BTreeMap::new()),
            Ok(payload) => (Ok(()), descriptor(&payload), metadata(&payload)),
        },
    };
    Ok(Inspection {
        format: envelope.format(),
        integrity,
        claimed_algorithm: match unverified.claimed_algorithm() {
            Claimed::Known(algorithm) => Escaped::new(algorithm_name(*algorithm).unwrap_or("none")),
            Claimed::Unknown(name) => name.clone(),
            _ => Escaped::new("none"),
        },
        attributes: attributes.as_ref().map(described),
        certificates,
        target,
        metadata,
        claimed_signing_agent: signing_agent(unverified),
        has_timestamp: has_timestamp(unverified),
    })
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
    use std::fmt::Write as _;
    let serial = one.serial().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    });
    InspectedCertificate {
        digest: one.digest(),
        subject: Escaped::new(&one.subject().to_string()),
        issuer: Escaped::new(&one.issuer().to_string()),
        serial: serial.into(),
        not_before: one.validity().not_before,
        not_after: one.validity().not_after,
        key: one.key().to_string().into(),
    }
}
