//! How large a policy and what it reads may be.

/// Limits on a policy file and on what a condition may cost.
///
/// ```
/// use plimsoll_policy::{Limits, Policy, Vocabulary};
/// let tight = Limits { bytes: 8, ..Limits::default() };
/// let error = Policy::parse_with(b"version: 1\nname: x", None, &Vocabulary::default(), &tight).unwrap_err();
/// assert_eq!(error.to_string(), "more than 8 bytes of a policy");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of a policy file. Ours; the largest Kyverno policies in public collections have 30 KiB.
    pub bytes: usize,
    /// Nesting of a policy file: 128 is what serde_json allows, and our format needs 12.
    pub depth: usize,
    /// Nodes of a YAML document after aliases are expanded (CVE-2019-11253: nine lists of nine aliases each).
    pub nodes: usize,
    /// Rules.
    pub rules: usize,
    /// Examples.
    pub examples: usize,
    /// Bytes of a condition: 4 KiB, above which `1+1+…` overflows a stack of 2 MiB in the CEL parser.
    pub condition_bytes: usize,
    /// Operators of a condition, for the same reason: each one is a frame of a recursive parser. A chain of 96 overflows 512 KiB.
    pub condition_operators: usize,
    /// Brackets of a condition inside one another: 60 overflow 512 KiB.
    pub condition_depth: usize,
    /// Steps that a condition may take with all lists full. Four nested `all` over 20 items take 160 000.
    pub condition_cost: u64,
    /// Rows or items that a condition sees of one list; with more it is unavailable.
    pub condition_rows: usize,
    /// Bytes of one text that a condition sees; with more it is unavailable.
    pub condition_text: usize,
    /// Components of all inventories of one image that are walked. A large distribution image has 5 000.
    pub components: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            depth: 32,
            nodes: 20_000,
            rules: 128,
            examples: 256,
            condition_bytes: 4096,
            condition_operators: 48,
            condition_depth: 12,
            condition_cost: 100_000,
            condition_rows: 64,
            condition_text: 4096,
            components: 1_000_000,
        }
    }
}
