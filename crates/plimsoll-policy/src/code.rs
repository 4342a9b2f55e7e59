//! The codes with which rules deny.

plimsoll_core::codes! {
    /// An attestation holds, but not from whom the rule wants it.
    ATTESTER_NOT_ALLOWED = "attester-not-allowed", Untrusted, "an attestation of the wanted type holds, but whoever made it is not named by the rule";
    /// A component stands on a list of denied ones.
    COMPONENT_DENIED = "component-denied", Untrusted, "an authenticated inventory lists a component that the policy denies";
    /// Whether a component is a denied one cannot be told.
    COMPONENT_UNCLEAR = "component-unclear", Unavailable, "it cannot be told whether a component is one that the policy denies";
    /// A condition came out false.
    CONDITION_FALSE = "condition-false", Untrusted, "a condition of the policy does not hold";
    /// A condition could not be worked out.
    CONDITION_UNAVAILABLE = "condition-unavailable", Unavailable, "a condition of the policy could not be worked out from the facts";
    /// What a rule excludes is the case.
    EXCLUDED = "excluded", Untrusted, "what a rule of the policy excludes is the case";
    /// A fact that a rule wants is not there.
    FACT_MISSING = "fact-missing", Untrusted, "no fact of the wanted kind and values was found";
    /// The configuration of the image could not be read.
    IMAGE_UNAVAILABLE = "image-unavailable", Unavailable, "what the image is could not be read from its manifest and configuration";
    /// Not all inventories could be read.
    INVENTORY_INCOMPLETE = "inventory-incomplete", Unavailable, "not every inventory of the image could be read, so nothing can be said about its components";
    /// A label is missing or differs.
    LABEL_MISMATCH = "label-mismatch", Untrusted, "a label of the image is missing or has another value";
    /// A license is not allowed.
    LICENSE_DENIED = "license-denied", Untrusted, "a component has a license that the policy does not allow";
    /// A license is not known.
    LICENSE_UNKNOWN = "license-unknown", Unavailable, "a component states no license, or one that cannot be read";
    /// Signed metadata is missing or differs.
    METADATA_MISMATCH = "metadata-mismatch", Untrusted, "the signed metadata lacks a value that the policy wants";
    /// The signature was made for another repository, or names none.
    NAME_NOT_BOUND = "name-not-bound", Untrusted, "the signature does not say that it was made for this repository";
    /// No attestation of the type.
    NO_ATTESTATION = "no-attestation", Untrusted, "there is no attestation of the wanted type";
    /// No inventory that anybody authenticates.
    NO_INVENTORY = "no-inventory", Untrusted, "there is no inventory of the image that a named identity vouches for";
    /// No provenance.
    NO_PROVENANCE = "no-provenance", Untrusted, "there is no provenance that a named identity vouches for";
    /// No rule of the policy applies, or only rules that demand nothing signed while others do.
    NO_RULE_APPLIES = "no-rule-applies", Untrusted, "no rule of the policy that guards it applies to this image, and nothing is admitted by default";
    /// No signature at all.
    NO_SIGNATURE = "no-signature", Untrusted, "there is no signature";
    /// The platform is not on the list.
    PLATFORM_NOT_ALLOWED = "platform-not-allowed", Untrusted, "the image is for a platform that the policy does not list";
    /// The policy itself cannot be used.
    POLICY_INVALID = "policy-invalid", Malformed, "the policy file is not one that Plimsoll can judge by";
    /// Provenance holds, but says something else than the rule wants.
    PROVENANCE_MISMATCH = "provenance-mismatch", Untrusted, "the provenance names another builder, build type or source than the policy wants";
    /// The signed version is older than the policy wants.
    ROLLBACK = "rollback", Untrusted, "the signed version is older than the oldest that the policy admits";
    /// The signature has a format that the policy does not list.
    SIGNATURE_FORMAT_NOT_ALLOWED = "signature-format-not-allowed", Untrusted, "the signature holds, but its format is not one that the policy lists";
    /// A signature holds, but not from whom the rule wants it.
    SIGNER_NOT_ALLOWED = "signer-not-allowed", Untrusted, "a signature holds, but its signer is not named by the rule";
    /// Fewer distinct signers than demanded.
    TOO_FEW_SIGNERS = "too-few-signers", Untrusted, "fewer distinct keys vouch for it than the policy demands";
    /// Anybody who may push can have written it.
    UNSIGNED_EVIDENCE = "unsigned-evidence", Untrusted, "evidence that nobody vouches for was seen and does not count";
    /// The signature names no version, or none that can be compared.
    VERSION_NOT_SIGNED = "version-not-signed", Untrusted, "the policy demands a minimum version, and the signature names none that can be compared";
}
