//! The denial codes of this crate.

plimsoll_core::codes! {
    /// The attributes of a signature are broken.
    MALFORMED_ATTRIBUTES = "malformed-attributes", Malformed, "the signed attributes of the signature are not those that the Notary specification demands";
    /// The payload is not a Notary payload.
    MALFORMED_PAYLOAD = "malformed-payload", Malformed, "the signed payload is not a descriptor of the artifact as the Notary specification demands";
    /// The text is not the name of a plugin.
    MALFORMED_PLUGIN_NAME = "malformed-plugin-name", Malformed, "the text cannot be the name of a plugin: it would name another folder or file";
    /// The manifest is not a signature manifest.
    MALFORMED_SIGNATURE_MANIFEST = "malformed-signature-manifest", Malformed, "the manifest is not one of a Notary signature with exactly one envelope";
    /// The trust policy document is broken.
    MALFORMED_TRUST_POLICY = "malformed-trust-policy", Malformed, "the trust policy breaks a rule of its specification, and nothing is verified by it";
    /// No statement of the trust policy is about the repository.
    NO_APPLICABLE_TRUST_POLICY = "no-applicable-trust-policy", Untrusted, "no statement of the trust policy is about this repository";
    /// Nobody outside was asked.
    NOT_ASKED = "not-asked", Unavailable, "a plugin, or an address out of a certificate, is not asked, and no timestamp is looked at, before the chain of the signature meets a trust store and its signer an identity";
    /// A plugin says that it failed.
    PLUGIN_ERROR = "plugin-error", Unavailable, "the plugin says that it could not do what it was asked for";
    /// A plugin that the policy does not list.
    PLUGIN_NOT_ALLOWED = "plugin-not-allowed", Untrusted, "the signature demands a plugin that the trust policy statement does not list, so it is not started";
    /// A plugin is not installed.
    PLUGIN_NOT_INSTALLED = "plugin-not-installed", Unavailable, "the signature demands a plugin that is not installed";
    /// The answer of a plugin breaks the contract.
    PLUGIN_PROTOCOL = "plugin-protocol", Malformed, "the answer of the plugin breaks the plugin contract, or is one to another question";
    /// A plugin says that a check does not hold.
    PLUGIN_REFUSED = "plugin-refused", Untrusted, "the verification plugin says that the signature does not hold";
    /// A plugin cannot do what it is needed for.
    PLUGIN_UNSUITABLE = "plugin-unsuitable", Unavailable, "the installed plugin is too old for the signature, or lacks the capability that is needed";
    /// The chain ends before the signature shall.
    SHORT_LIVED = "short-lived-without-timestamp", Malformed, "the chain to sign with ends before the signature shall stop to count, and no timestamp outlives it";
    /// The signature has expired.
    SIGNATURE_EXPIRED = "signature-expired", Untrusted, "the signer said until when the signature counts, and that time has passed";
    /// The statement of the trust policy skips verification.
    SIGNATURE_SKIPPED = "signature-verification-skipped", Unavailable, "the trust policy says that signatures of this repository are not verified, so none vouches";
    /// More signatures than are looked at.
    SIGNATURES_EXHAUSTED = "signature-attempts-exhausted", Unavailable, "more signatures are listed than are looked at, by their number or their size, and the rest was not";
    /// Required user metadata was not signed.
    SIGNED_METADATA_MISMATCH = "signed-metadata-mismatch", Untrusted, "metadata that is required was not signed, or with another value";
    /// The chain or the key cannot be used to sign.
    SIGNING_REFUSED = "signing-refused", Malformed, "what was to be signed, or the key and chain to sign it with, break a rule of the Notary specification";
    /// The manifest refers to another subject.
    SUBJECT_MISMATCH = "subject-mismatch", Untrusted, "the list of signatures names a manifest that is about something else";
    /// The signature is about another artifact.
    TARGET_MISMATCH = "target-mismatch", Untrusted, "the signature is valid for another artifact than this one";
    /// The signature has no timestamp, and the policy wants one.
    TIMESTAMP_MISSING = "timestamp-missing", Untrusted, "the trust policy wants a timestamp, and the signature has none";
    /// The timestamp does not lie within the validity of the chain.
    TIMESTAMP_OUTSIDE_VALIDITY = "timestamp-outside-validity", Untrusted, "a certificate of the chain was not valid during the whole span that the timestamp stands for";
    /// The signature names a critical attribute that nobody here understands.
    UNKNOWN_CRITICAL_ATTRIBUTE = "unknown-critical-attribute", Untrusted, "the signature demands that an attribute is understood which is not";
    /// The payload is of a type that Notary does not have.
    UNSUPPORTED_PAYLOAD_TYPE = "unsupported-payload-type", Malformed, "the signature is over a payload that is not a Notary payload";
    /// The signature format is not one of the two.
    UNSUPPORTED_SIGNATURE_FORMAT = "unsupported-signature-format", Malformed, "the signature envelope is of a media type that Notary does not have";
    /// The signer is none of those that the trust policy names.
    UNTRUSTED_IDENTITY = "untrusted-identity", Untrusted, "the signer is none of the identities that the trust policy trusts";
}
