//! The kinds of fact that rules know, before anybody says what else there is.

use plimsoll_core::{Schema, Type};

/// What rules expect a `signature` to say.
pub(crate) static SIGNATURE: Schema = Schema {
    kind: "signature",
    version: 1,
    inherited: true,
    fields: &[
        ("subject", Type::Text, "the subject of the leaf certificate, as RFC 4514 writes it"),
        ("store", Type::Text, "the trust store that holds the anchor"),
        ("leaf", Type::Digest, "the leaf certificate"),
        ("anchor", Type::Digest, "the certificate in the trust store"),
        ("format", Type::Text, "`jws` or `cose`"),
        ("signing_scheme", Type::Text, "the signing scheme"),
        ("claimed_signing_time", Type::Time, "when the signer says that it was signed"),
        ("expiry", Type::Time, "when the signer says that it ends"),
        ("statement", Type::Text, "the statement of the trust policy"),
        ("level", Type::Text, "the level of the trust policy"),
        ("metadata", Type::Map, "the signed user metadata"),
        ("checks", Type::List(&Type::Record(&CHECK)), "each check with its outcome"),
        ("countersigners", Type::List(&Type::Record(&COUNTERSIGNER)), "who signed the signature along"),
        ("countersigned", Type::Map, "who signed it along, by the name of the algorithm, such as ML-DSA-65"),
        ("manifest", Type::Digest, "the signature manifest"),
        ("timestamp_earliest", Type::Time, "the first second of a timestamp that holds"),
        ("timestamp_latest", Type::Time, "the last second of a timestamp that holds: the signature is not younger"),
        ("timestamp_authority", Type::Digest, "the certificate of the time-stamping authority"),
    ],
};

static COUNTERSIGNER: Schema = Schema {
    kind: "countersigner",
    version: 1,
    inherited: false,
    fields: &[
        ("subject", Type::Text, "who signed"),
        ("leaf", Type::Digest, "the certificate"),
        ("key", Type::Digest, "the public key"),
        ("algorithm", Type::Text, "by which algorithm, such as ML-DSA-65"),
        ("store", Type::Text, "the trust store"),
    ],
};

static CHECK: Schema = Schema {
    kind: "check",
    version: 1,
    inherited: false,
    fields: &[
        ("type", Type::Text, "what was checked"),
        ("action", Type::Text, "what the level does with a failure"),
        ("outcome", Type::Text, "how it came out"),
        ("code", Type::Text, "why it failed"),
    ],
};

/// What rules expect an `attestation` to say.
pub(crate) static ATTESTATION: Schema = Schema {
    kind: "attestation",
    version: 1,
    inherited: true,
    fields: &[
        ("predicate_type", Type::Text, "the type of the predicate"),
        ("statement_type", Type::Text, "the type of the statement"),
        ("how", Type::Text, "`dsse-key`, `dsse-certificate`, `dsse-svid`, `notary` or `none`"),
        ("signer", Type::Text, "who vouches for it"),
        ("manifest", Type::Digest, "its manifest"),
    ],
};

/// What rules expect `provenance` to say.
pub(crate) static PROVENANCE: Schema = Schema {
    kind: "provenance",
    version: 1,
    inherited: true,
    fields: &[
        ("builder_id", Type::Text, "who built it"),
        ("build_type", Type::Text, "how it was built"),
        ("source_uri", Type::Text, "from where"),
        ("source_digest", Type::Text, "from which revision"),
        ("how", Type::Text, "`dsse-key`, `dsse-certificate`, `dsse-svid`, `notary` or `none`"),
        ("signer", Type::Text, "who vouches for it"),
    ],
};

/// What rules expect an `inventory` to say.
pub(crate) static INVENTORY: Schema = Schema {
    kind: "inventory",
    version: 1,
    inherited: false,
    fields: &[
        ("format", Type::Text, "`cyclonedx` or `spdx`"),
        ("spec_version", Type::Text, "the version of the format"),
        ("how", Type::Text, "`dsse-key`, `dsse-certificate`, `dsse-svid`, `notary` or `none`"),
        ("signer", Type::Text, "who vouches for it"),
        ("manifest", Type::Digest, "its manifest"),
        ("components", Type::List(&Type::Record(&COMPONENT)), "what is inside"),
    ],
};

/// What rules expect a component to say.
pub(crate) static COMPONENT: Schema = Schema {
    kind: "component",
    version: 1,
    inherited: false,
    fields: &[
        ("purl", Type::Text, "its package URL"),
        ("kind", Type::Text, "its kind"),
        ("name", Type::Text, "its name"),
        ("version", Type::Text, "its version"),
        ("licenses", Type::List(&Type::Text), "its licenses"),
    ],
};

/// What rules expect an `image` to say.
pub(crate) static IMAGE: Schema = Schema {
    kind: "image",
    version: 1,
    inherited: false,
    fields: &[
        ("os", Type::Text, "the operating system"),
        ("architecture", Type::Text, "the architecture"),
        ("variant", Type::Text, "the variant of the architecture"),
        ("media_type", Type::Text, "the media type of the manifest"),
        ("layers", Type::Int, "the number of layers"),
        ("config", Type::Digest, "the configuration"),
        ("labels", Type::Map, "the labels"),
        ("annotations", Type::Map, "the annotations"),
    ],
};

/// What a condition reads as `request`.
pub(crate) static REQUEST: Schema = Schema {
    kind: "request",
    version: 1,
    inherited: true,
    fields: &[
        ("repository", Type::Text, "registry and repository"),
        ("registry", Type::Text, "the registry"),
        ("tag", Type::Text, "the tag, if one was written"),
        ("digest", Type::Text, "the digest of what is judged"),
    ],
};

/// Every kind above.
pub(crate) static KINDS: &[&Schema] = &[&SIGNATURE, &ATTESTATION, &PROVENANCE, &INVENTORY, &IMAGE, &REQUEST];
