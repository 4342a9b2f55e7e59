//! Where the two differ on purpose, each with the reason.

/// A class of disagreements.
pub(super) struct Known {
    /// In our refusal, or in `accepted`.
    ours: &'static str,
    /// In that of notation-core-go, or in `accepted`.
    theirs: &'static str,
    /// One of these is in what was changed; none where it may be anything.
    changed: &'static [&'static str],
    pub(super) reason: &'static str,
}

impl Known {
    pub(super) fn covers(&self, ours: &str, theirs: &str, changed: &str) -> bool {
        let is_so = self.changed.is_empty() || self.changed.iter().any(|one| changed.contains(one));
        is_so && ours.contains(self.ours) && theirs.contains(self.theirs)
    }
}

/// We refuse, and notation-core-go accepts.
const fn stricter(ours: &'static str, reason: &'static str) -> Known {
    Known { ours, theirs: ACCEPTED, changed: &[], reason }
}

/// Only where a tag was put before a value.
const fn tagged(ours: &'static str) -> Known {
    let reason = "RFC 8949, 3.4: a tag makes another value of a value; Go's decoder drops those that it does not know";
    Known { ours, theirs: ACCEPTED, changed: &["a tag more"], reason }
}

/// Only where a name was written otherwise.
const fn with_case(ours: &'static str) -> Known {
    Known { ours, theirs: ACCEPTED, changed: OTHERWISE, reason: CASE }
}

/// Where a flipped bit makes a small letter of a name a large one.
const fn with_flipped_case(ours: &'static str) -> Known {
    Known { ours, theirs: ACCEPTED, changed: &["octets: bits"], reason: CASE }
}

/// We accept, and notation-core-go refuses.
const fn more_lenient(theirs: &'static str, changed: &'static [&'static str], reason: &'static str) -> Known {
    Known { ours: ACCEPTED, theirs, changed, reason }
}

pub(super) const STRICTER: &[Known] = &[
    stricter(
        "extended key usage anyExtendedKeyUsage",
        "signature-specification.md, Certificate Requirements: a signer must not have anyExtendedKeyUsage",
    ),
    stricter(
        "duplicate-member",
        "A-087: a name that stands twice, in one header or in both, is refused; Go takes the last",
    ),
    stricter("is not unpadded base64url", BASE64),
    stricter("is not padded base64", BASE64),
    tagged("envelope-malformed"),
    tagged("malformed-attributes"),
    with_case("in the envelope, found none"),
    with_case("in the protected header, found none"),
    with_case("expected the signed attribute"),
    with_case("names a member that is not in the protected header"),
    with_case("among the critical attributes, found it outside"),
    with_case("expected the certificate of the signer and those of its issuers, found no certificate"),
    with_case("expected at least one certificate"),
    // The chain that is read then is the other one, of the protected header.
    with_case("malformed-certificate"),
    with_flipped_case("in the envelope, found none"),
    with_flipped_case("expected the certificate of the signer and those of its issuers, found no certificate"),
    stricter("it is not UTF-8", "RFC 8259, 8.1: JSON is UTF-8; Go puts another character where it is not"),
    stricter(
        "names a member twice",
        "RFC 7515, 4.1.11: no name stands twice among the critical ones; RFC 9052, 3.1 alike",
    ),
    stricter(
        "names a member that its specification registers",
        "RFC 7515, 4.1.11: no name that RFC 7515 registers stands among the critical ones; a list that names the algorithm says nothing",
    ),
    stricter(
        "end of hex escape",
        "RFC 8259, 8.2: half of a surrogate pair is no text; Go puts another character there",
    ),
    stricter(
        "a label that is no integer and no text",
        "RFC 9052, 1.5: a label is an integer or a text; Go takes tagged ones",
    ),
    stricter(
        "envelope-unsupported-form",
        "RFC 7515, 4: `zip` and its like are of encryption, and would change what was signed",
    ),
    stricter(
        "expected `io.cncf.notary.verificationPlugin",
        "signature-specification.md, Extended Attributes: a plugin's name and version are critical; notation-go looks later",
    ),
    stricter(
        "outside the critical attributes, found it among them",
        "signature-specification.md, Signed Attributes: `signingTime` is not critical",
    ),
    stricter(
        "a name or version as text",
        "signature-specification.md, Extended Attributes: a plugin's name and version are text; notation-go looks later",
    ),
    stricter(
        "expected a time as RFC 3339 writes it",
        "RFC 3339: an hour has two digits, an offset ends at 23:59, null is no time, and nothing was signed before 1970",
    ),
    stricter("found a time out of range", "RFC 3339: years have four digits, and nothing was signed before 1970"),
    stricter(
        "expected an expiry after the signing time",
        "times of signatures have no fractions: less than a second is no span",
    ),
    stricter("under the scheme notary.x509", "signing-scheme.md: the time of one scheme has no place in the other"),
    stricter("`b64`", "RFC 7797, 6: `b64` changes what the payload is, and is never understood here"),
    stricter(
        "unsupported-payload-type",
        "the type of the payload is Notary's: notation-go asks for it in its next step",
    ),
];

pub(super) const MORE_LENIENT: &[Known] = &[
    more_lenient(
        "CBOR tag isn't allowed",
        &[],
        "RFC 9052, 3: the value of a label that nobody knows may be anything; Go's decoder allows few tags",
    ),
    more_lenient(
        "invalid COSE_Sign1_Tagged object",
        &["a long head"],
        "RFC 9052, 9: outside of what is signed a head may be longer than it need be; Go compares two octets",
    ),
    more_lenient("", OTHERWISE, CASE),
    more_lenient(
        "io.cncf.notary.signingAgent of type string",
        &[],
        "the signing agent is unsigned and says nothing: what is no text is not shown",
    ),
    more_lenient("header.io.cncf.notary.timestampSignature", &[], TOKEN),
    more_lenient(
        "certificate chain is not present",
        &["envelope:"],
        "signature-envelope-cose.md, Unprotected Headers: a chain of one certificate may be one string; Go reads a list",
    ),
    more_lenient("illegal base64 data", &["envelope:"], TOKEN),
    more_lenient("cannot parse \"t00:00:00z\"", &[], "RFC 3339, 5.6: the T and the Z of a time may be small"),
    more_lenient(
        "must be followed by byte string",
        &["a tag more"],
        "RFC 9052, 3: the value of a label that nobody knows may be anything; Go's decoder allows few tags",
    ),
    more_lenient(
        "for time.Time",
        &["a tag more"],
        "RFC 9052, 3: the value of a label that nobody knows may be anything; Go's decoder allows few tags",
    ),
    more_lenient("second out of range", &["23:59:60"], "RFC 3339, 5.6: a minute may have a leap second"),
    more_lenient(
        "cannot parse \"\\\\u",
        &["escapes"],
        "RFC 8259, 7: a text may be written in escapes; Go reads times without",
    ),
    more_lenient(
        "looking for beginning of value",
        &["another payload"],
        "what is signed is looked at in the next step: without a target artifact no verification holds",
    ),
];

const ACCEPTED: &str = "accepted";
/// Of what we accept, it alone stands in base64 that was not read.
const TOKEN: &str = "the token is unsigned: where a timestamp is wanted, one that is no octets is refused then";
const BASE64: &str = "A-098: the same octets have one encoding; Go skips line breaks and stray bits";
const CASE: &str = "RFC 7515, 4: names are compared with their case; Go's decoder does not mind it";
/// What is said of names that are written in another case.
const OTHERWISE: &[&str] = &["upper case", "that folds", "Alg", "IO.CNCF"];
