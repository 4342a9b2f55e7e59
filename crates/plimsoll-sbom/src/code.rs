//! The denial codes of this crate.

plimsoll_core::codes! {
    /// The text is no SPDX licence expression.
    MALFORMED_LICENSE = "malformed-license", Malformed, "the text is not a license expression as SPDX writes it";
    /// The text is no package URL.
    MALFORMED_PURL = "malformed-purl", Malformed, "the text is not a package URL";
    /// The bytes are no SBOM that Plimsoll reads.
    MALFORMED_SBOM = "malformed-sbom", Malformed, "the document is not an SBOM in CycloneDX 1.2 to 1.7 or SPDX 2.2 or 2.3, as JSON";
}
