//! The public half of a key on a token, as `SubjectPublicKeyInfo`.

use crate::Pkcs11Error;
use cryptoki::{
    object::{Attribute, AttributeType, ObjectHandle},
    session::Session,
};
use der::{
    Encode, Sequence,
    asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef},
};
use plimsoll_core::Escaped;
use spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};

/// Reads an object that has the public values of a key: `CKO_PUBLIC_KEY`, or a private RSA key. `None` where it has none.
pub(crate) fn read(session: &Session, object: ObjectHandle) -> Result<Option<Vec<u8>>, Pkcs11Error> {
    let wanted =
        [AttributeType::Modulus, AttributeType::PublicExponent, AttributeType::EcParams, AttributeType::EcPoint];
    let found = session.get_attributes(object, &wanted).map_err(Pkcs11Error::failed("C_GetAttributeValue"))?;
    let (mut modulus, mut exponent, mut curve, mut point) = (None, None, None, None);
    for attribute in &found {
        match attribute {
            Attribute::Modulus(bytes) => modulus = Some(bytes.as_slice()),
            Attribute::PublicExponent(bytes) => exponent = Some(bytes.as_slice()),
            Attribute::EcParams(bytes) => curve = Some(bytes.as_slice()),
            Attribute::EcPoint(bytes) => point = Some(bytes.as_slice()),
            _ => {}
        }
    }
    let spki = match (modulus, exponent, curve, point) {
        (Some(modulus), Some(exponent), ..) if !modulus.is_empty() => Some(rsa(modulus, exponent)),
        (.., Some(curve), Some(point)) if !point.is_empty() => Some(ec(curve, point)),
        _ => None,
    };
    spki.transpose().map_err(|error| Pkcs11Error::KeyUnsupported { what: Escaped::new(&error.to_string()) })
}

/// RFC 3279, 2.3.1.
pub(crate) fn rsa(modulus: &[u8], exponent: &[u8]) -> der::Result<Vec<u8>> {
    let key = RsaPublicKey { modulus: UintRef::new(modulus)?, exponent: UintRef::new(exponent)? }.to_der()?;
    let algorithm = AlgorithmIdentifierRef { oid: RSA_ENCRYPTION, parameters: Some(AnyRef::NULL) };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key: BitStringRef::from_bytes(&key)? }.to_der()
}

/// RFC 5480, 2. `CKA_EC_POINT` is the point in a DER octet string (PKCS#11 2.40, 2.3.3); some tokens give it bare.
pub(crate) fn ec(curve: &[u8], point: &[u8]) -> der::Result<Vec<u8>> {
    let curve: AnyRef<'_> = der::Decode::from_der(curve)?;
    let inner: Result<&OctetStringRef, _> = der::Decode::from_der(point);
    let point = inner.map_or(point, OctetStringRef::as_bytes);
    let algorithm = AlgorithmIdentifierRef { oid: EC_PUBLIC_KEY, parameters: Some(curve) };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key: BitStringRef::from_bytes(point)? }.to_der()
}

/// RFC 8017, A.1.1.
#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
