//! Object identifiers, by their names in the specifications.

use spki::ObjectIdentifier;

const fn oid(text: &'static str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Reads the content of an OBJECT IDENTIFIER. Those that nearly every certificate has are found by their octets, because checking
/// each anew was a third of the time that reading a certificate took.
pub(crate) fn read(content: &[u8]) -> Option<ObjectIdentifier> {
    Some(match content {
        [0x55, 0x04, 3] => COMMON_NAME,
        [0x55, 0x04, 6] => COUNTRY,
        [0x55, 0x04, 7] => LOCALITY,
        [0x55, 0x04, 8] => STATE,
        [0x55, 0x04, 10] => ORGANIZATION,
        [0x55, 0x04, 11] => ORGANIZATIONAL_UNIT,
        [0x55, 0x1d, 14] => SUBJECT_KEY_IDENTIFIER,
        [0x55, 0x1d, 15] => KEY_USAGE,
        [0x55, 0x1d, 19] => BASIC_CONSTRAINTS,
        [0x55, 0x1d, 35] => AUTHORITY_KEY_IDENTIFIER,
        [0x55, 0x1d, 37] => EXTENDED_KEY_USAGE,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1] => RSA_ENCRYPTION,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1] => EC_PUBLIC_KEY,
        other => return ObjectIdentifier::from_bytes(other).ok(),
    })
}

// Names: RFC 5280, appendix A.
pub(crate) const COMMON_NAME: ObjectIdentifier = oid("2.5.4.3");
pub(crate) const COUNTRY: ObjectIdentifier = oid("2.5.4.6");
pub(crate) const LOCALITY: ObjectIdentifier = oid("2.5.4.7");
pub(crate) const STATE: ObjectIdentifier = oid("2.5.4.8");
pub(crate) const ORGANIZATION: ObjectIdentifier = oid("2.5.4.10");
pub(crate) const ORGANIZATIONAL_UNIT: ObjectIdentifier = oid("2.5.4.11");
pub(crate) const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");
/// `id-on-SmtpUTF8Mailbox`, a type of `otherName` (RFC 9598, 3).
pub(crate) const SMTP_UTF8_MAILBOX: ObjectIdentifier = oid("1.3.6.1.5.5.7.8.9");

// Policies and their qualifiers: RFC 5280, 4.2.1.4.
pub(crate) const ANY_POLICY: ObjectIdentifier = oid("2.5.29.32.0");
pub(crate) const POLICY_CPS: ObjectIdentifier = oid("1.3.6.1.5.5.7.2.1");
pub(crate) const POLICY_USER_NOTICE: ObjectIdentifier = oid("1.3.6.1.5.5.7.2.2");

// Keys: RFC 3279, RFC 5480, RFC 8410, RFC 9881 (where a key and its signatures have one name).
pub(crate) const RSA_ENCRYPTION: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");
pub(crate) const ED25519: ObjectIdentifier = oid("1.3.101.112");
pub(crate) const ML_DSA_44: ObjectIdentifier = oid("2.16.840.1.101.3.4.3.17");
pub(crate) const ML_DSA_65: ObjectIdentifier = oid("2.16.840.1.101.3.4.3.18");
pub(crate) const ML_DSA_87: ObjectIdentifier = oid("2.16.840.1.101.3.4.3.19");
pub(crate) const P256: ObjectIdentifier = oid("1.2.840.10045.3.1.7");
pub(crate) const P384: ObjectIdentifier = oid("1.3.132.0.34");
pub(crate) const P521: ObjectIdentifier = oid("1.3.132.0.35");

// Signatures: RFC 3279, RFC 4055, RFC 5758.
pub(crate) const MD2_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.2");
pub(crate) const MD4_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.3");
pub(crate) const MD5_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.4");
pub(crate) const SHA1_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.5");
pub(crate) const SHA1_RSA_OIW: ObjectIdentifier = oid("1.3.14.3.2.29");
pub(crate) const SHA1_DSA: ObjectIdentifier = oid("1.2.840.10040.4.3");
pub(crate) const SHA1_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.1");
pub(crate) const RSASSA_PSS: ObjectIdentifier = oid("1.2.840.113549.1.1.10");
pub(crate) const SHA256_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
pub(crate) const SHA384_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
pub(crate) const SHA512_RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
pub(crate) const SHA256_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
pub(crate) const SHA384_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.3");
pub(crate) const SHA512_ECDSA: ObjectIdentifier = oid("1.2.840.10045.4.3.4");
pub(crate) const MGF1: ObjectIdentifier = oid("1.2.840.113549.1.1.8");
pub(crate) const SHA1: ObjectIdentifier = oid("1.3.14.3.2.26");
pub(crate) const SHA256: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.1");
pub(crate) const SHA384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
pub(crate) const SHA512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");

// Extensions: RFC 5280, 4.2.
pub(crate) const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
pub(crate) const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
pub(crate) const SUBJECT_ALT_NAME: ObjectIdentifier = oid("2.5.29.17");
pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
pub(crate) const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
pub(crate) const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = oid("2.5.29.31");
pub(crate) const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
pub(crate) const POLICY_MAPPINGS: ObjectIdentifier = oid("2.5.29.33");
pub(crate) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
pub(crate) const POLICY_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.36");
pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
pub(crate) const INHIBIT_ANY_POLICY: ObjectIdentifier = oid("2.5.29.54");
pub(crate) const AUTHORITY_INFO_ACCESS: ObjectIdentifier = oid("1.3.6.1.5.5.7.1.1");
pub(crate) const OCSP: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1");
pub(crate) const FRESHEST_CRL: ObjectIdentifier = oid("2.5.29.46");

// Extensions of CRLs and their entries: RFC 5280, 5.2 and 5.3.
pub(crate) const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
pub(crate) const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
pub(crate) const INVALIDITY_DATE: ObjectIdentifier = oid("2.5.29.24");
pub(crate) const DELTA_CRL_INDICATOR: ObjectIdentifier = oid("2.5.29.27");
pub(crate) const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");

// OCSP: RFC 6960, 4.
pub(crate) const OCSP_BASIC: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.1");
pub(crate) const OCSP_NONCE: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.2");
pub(crate) const OCSP_NO_CHECK: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.5");

// Signed data and timestamps: RFC 5652, 5 and 11; RFC 3161, 2.4.2; RFC 5035, 3; ETSI EN 319 421, 5.2.
pub(crate) const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
pub(crate) const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
pub(crate) const SIGNING_TIME: ObjectIdentifier = oid("1.2.840.113549.1.9.5");
pub(crate) const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
pub(crate) const BASELINE_TIMESTAMP_POLICY: ObjectIdentifier = oid("0.4.0.2023.1.1");

// Purposes: RFC 5280, 4.2.1.12.
pub(crate) const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37.0");
pub(crate) const SERVER_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.1");
pub(crate) const CLIENT_AUTH: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.2");
pub(crate) const CODE_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.3");
pub(crate) const EMAIL_PROTECTION: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.4");
pub(crate) const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");
pub(crate) const OCSP_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.9");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        let short = [
            COMMON_NAME,
            COUNTRY,
            LOCALITY,
            STATE,
            ORGANIZATION,
            ORGANIZATIONAL_UNIT,
            SUBJECT_KEY_IDENTIFIER,
            KEY_USAGE,
            BASIC_CONSTRAINTS,
            AUTHORITY_KEY_IDENTIFIER,
            EXTENDED_KEY_USAGE,
            RSA_ENCRYPTION,
            EC_PUBLIC_KEY,
        ];
        for one in short {
            assert_eq!(read(one.as_bytes()), Some(one));
        }
        for content in (0..=255).flat_map(|last| [[0x55, 0x04, last], [0x55, 0x1d, last]]) {
            assert_eq!(read(&content), ObjectIdentifier::from_bytes(&content).ok());
        }
    }
}
