//! `pki revoke` and `pki crl`.

use super::authority::{Authority, hex, open_ledger, read_chain};
use crate::{
    arguments::{PkiCrl, PkiRevoke, Reason},
    failure::{Blame as _, Failure},
    report::Report,
};
use plimsoll::{
    authority::{CrlSettings, RevocationReason},
    core::{Escaped, UnixTime},
    host::file::{Overwrite, Permission, write_file},
    pki::Limits,
};
use serde_json::json;

pub(super) fn revoke(words: &PkiRevoke, now: UnixTime) -> Result<Report, Failure> {
    let serial = match (&words.revoked.cert, &words.revoked.serial) {
        (Some(path), _) => {
            let chain = read_chain(path)?;
            let first = chain.first().ok_or_else(|| Failure::given(format!("{}: no certificate", path.display())))?;
            first.view(&Limits::default()).given(path.display())?.serial().to_vec()
        }
        (None, text) => serial(text.as_deref().unwrap_or_default())?,
    };
    // A mistyped name must not become a new ledger.
    let path = &words.ledger;
    if !path.exists() {
        return Err(Failure::given(format!("{}: no ledger is there", path.display())));
    }
    let ledger = open_ledger(path, None)?;
    ledger.revoke(&serial, now, reason(words.reason), words.invalid_since).given("")?;
    let serial = hex(&serial);
    let text = format!("revoked {serial}\n  ledger {}", path.display());
    Ok(Report::done(text, json!({ "serial": serial, "ledger": path, "at": now.to_string() })))
}

pub(super) async fn crl(words: &PkiCrl) -> Result<Report, Failure> {
    let authority = Authority::read(&words.issuer, &words.token)?.open(&[], &[])?;
    let mut settings = CrlSettings::default();
    settings.delta_url.clone_from(&words.delta_url);
    if let Some(valid) = words.valid {
        (settings.lifetime, settings.delta_lifetime) = (valid, valid);
    }
    let list = match words.delta {
        true => authority.delta_crl(&settings).await.given("")?,
        false => authority.crl(&settings).await.given("")?,
    };
    write_file(&words.out, list.der(), Permission::Everybody, Overwrite::Replace).given("")?;
    let revoked = authority.ledger().revocations().len();
    let text = format!("signed {}\n  revoked certificates so far: {revoked}", words.out.display());
    Ok(Report::done(text, json!({ "list": words.out, "delta": words.delta, "revoked": revoked })))
}

fn reason(reason: Reason) -> RevocationReason {
    match reason {
        Reason::Unspecified => RevocationReason::Unspecified,
        Reason::KeyCompromise => RevocationReason::KeyCompromise,
        Reason::CaCompromise => RevocationReason::CaCompromise,
        Reason::AffiliationChanged => RevocationReason::AffiliationChanged,
        Reason::Superseded => RevocationReason::Superseded,
        Reason::CessationOfOperation => RevocationReason::CessationOfOperation,
        Reason::PrivilegeWithdrawn => RevocationReason::PrivilegeWithdrawn,
    }
}

/// Hexadecimal digits, perhaps with colons between them, as OpenSSL shows them.
fn serial(text: &str) -> Result<Vec<u8>, Failure> {
    let wrong = || {
        let found = Escaped::new(text);
        Failure::given(format!("--serial: expected an even number of hexadecimal digits, found `{found}`"))
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b':').collect();
    if digits.is_empty() || digits.len() % 2 == 1 {
        return Err(wrong());
    }
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
        pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    digits.chunks(2).map(|pair| byte(pair).ok_or_else(wrong)).collect()
}
