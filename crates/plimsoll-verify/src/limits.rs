//! Limits of one session.

use plimsoll_core::Digest;

/// What one session may cost. Each number is a field, each default has its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Rounds of asking. A chain of evidence is resolve, list, manifest, envelope, certificate status, and the same for
    /// evidence about evidence: 16 is twice the longest.
    pub rounds: u32,
    /// Questions in all: 100 signatures of three questions each for an index and eight platforms, and as many attestations.
    pub questions: u64,
    /// Bytes of manifests and blobs in all, which are kept until the end: 512 MiB, sixteen envelopes of the largest size that is read
    /// (notation-go, `maxBlobSizeLimit`). What does not fit any more is not asked for, and counts as not found out.
    pub bytes: u64,
    /// Steps that gatherers may spend in one round: one, and one more for each KiB, for each piece of evidence that is verified or read, as often as
    /// that is, and for each key that is tried on an attestation. 2 000 000, so about 2 GB: what fits into `bytes` is worked on four times. A few seconds
    /// of one processor, however many manifests name one blob. What is left over is not looked at, and counts as not found out.
    pub steps: u64,
    /// Results of public-key operations that are remembered; a sixteenth as many signers' chains are.
    pub proofs: usize,
    /// Questions that are open at one time, as the clients of registries have it (oras 3, crane 4).
    pub concurrency: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rounds: 16, questions: 8192, bytes: 512 << 20, steps: 2_000_000, proofs: 4096, concurrency: 8 }
    }
}

impl Limits {
    /// A digest over every number, so that a verdict that is kept names the limits it was made under.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let Self { rounds, questions, bytes, steps, proofs, concurrency } = self;
        Digest::sha256_of(format!("{rounds} {questions} {bytes} {steps} {proofs} {concurrency}").as_bytes())
    }
}
