//! `pki ledger`: whether a ledger is the one that was signed.

use super::authority::read_chain;
use crate::{
    arguments::PkiLedger,
    failure::{Blame as _, Failure},
    report::{Report, warn},
};
use plimsoll::{
    authority::{Audit, Checkpoint},
    crypto::provider,
    pki::Limits,
};
use serde_json::json;
use std::path::Path;

pub(super) fn audit(words: &PkiLedger) -> Result<Report, Failure> {
    let checkpoints = match &words.issuer_chain {
        Some(chain) => read(chain, words)?,
        None => Vec::new(),
    };
    let audit = Audit::read(&words.ledger, &checkpoints).evidence("")?;
    if checkpoints.is_empty() {
        warn("no checkpoint was given: the lines are a chain, but nobody knows whether there were more");
    }
    let vouched = audit.vouched_at.map_or_else(String::new, |at| {
        let open = audit.lines.saturating_sub(audit.vouched);
        format!("\n  vouched for {} by a checkpoint of {at}, {open} since", audit.vouched)
    });
    let torn = match audit.torn {
        0 => String::new(),
        bytes => format!("\n  torn    {bytes} bytes of a line that a crash left and nobody acknowledged"),
    };
    let text = format!("the ledger holds\n  lines   {}\n  last    {}{vouched}{torn}", audit.lines, audit.head);
    let vouched_at = audit.vouched_at.map(|at| at.to_string());
    let json = json!({
        "ledger": words.ledger, "lines": audit.lines, "last": audit.head.to_string(), "vouched": audit.vouched,
        "vouchedAt": vouched_at, "torn": audit.torn,
    });
    Ok(Report::done(text, json))
}

fn read(chain: &Path, words: &PkiLedger) -> Result<Vec<Checkpoint>, Failure> {
    let certificates = read_chain(chain)?;
    let first = certificates.first().ok_or_else(|| Failure::given(format!("{}: no certificate", chain.display())))?;
    let view = first.view(&Limits::default()).given(chain.display())?;
    let one = |path: &std::path::PathBuf| {
        Checkpoint::read(&crate::given::read(path)?, view.public_key(), provider()).evidence(path.display())
    };
    words.checkpoint.iter().map(one).collect()
}
