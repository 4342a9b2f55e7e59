//! Trust policies: levels, overrides, and when a timestamp is looked at; with a signer whose certificate ends while this runs.

use super::{
    Trust, Wanted,
    stamps::{V2, signature, unstamped, with_token},
};
use crate::{
    interop::result::Results,
    lab::{Authority, Issued, KeyKind, SIGNER, Stamps, Table, now},
};
use plimsoll_core::UnixTime;
use serde_json::Value;
use std::time::{Duration, Instant};

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let signed = Signed::make(trust)?;
    let mut table = Table::new(&["signature", "trust policy", "signed by us", "signed by them", "note"]);
    for case in CASES {
        let verification: Value = serde_json::from_str(case.verification).map_err(|error| error.to_string())?;
        let mut cells = vec![case.signature.words().to_owned(), case.words()];
        let mut note = String::new();
        for by in [By::Us, By::Them] {
            let found = signed.find(case.signature, by).map(|reference| {
                let name = format!("policy-{}", trust.statements.borrow().len());
                let repository = trust.repository(&name, verification.clone(), case.stores, Value::Null)?;
                let copy = trust.copied(reference, &repository)?;
                trust.both(&copy, case.wanted)
            });
            let Some(found) = found else {
                cells.push(String::new());
                continue;
            };
            if let Ok(said) = &found {
                note.clone_from(said);
            }
            let name = format!("policy: {}, {}, {by:?}", case.signature.words(), case.words());
            cells.push(results.cell(&name, found.map(|_| ())));
        }
        cells.push(note);
        table.row(cells);
    }
    table.print();
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Them,
    Us,
}

/// What is special about a signature.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing: a certificate for a year, no timestamp.
    Current,
    /// With a token over something else.
    Mistaken,
    /// With an expiry that has passed.
    Outlived,
    /// By a certificate that has ended.
    Ended,
    /// The same, with a timestamp from before.
    Stamped,
    /// The same, with a timestamp from after.
    StampedLate,
    /// Under a root that is in no store.
    Stranger,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Current => "certificate valid",
            Self::Mistaken => "certificate valid, timestamp over another message",
            Self::Outlived => "expiry has passed",
            Self::Ended => "certificate ended",
            Self::Stamped => "certificate ended, timestamp from before",
            Self::StampedLate => "certificate ended, timestamp from after",
            Self::Stranger => "unknown root",
        }
    }
}

/// Images with one signature each.
struct Signed(Vec<(Kind, By, String)>);

impl Signed {
    fn find(&self, kind: Kind, by: By) -> Option<&str> {
        self.0.iter().find(|one| (one.0, one.1) == (kind, by)).map(|one| one.2.as_str())
    }
    fn make(trust: &Trust<'_>) -> Result<Self, String> {
        let root = Authority::root(trust.openssl, trust.scene.folder, "levels", KeyKind::P256)?;
        let strange = Authority::root(trust.openssl, trust.scene.folder, "strange", KeyKind::P256)?;
        trust.store("ca:levels", &root)?;
        trust.store("tsa:levels", &root)?;
        let stamps = root.stamps("levels-stamps", V2)?;
        let server = stamps.serve()?;
        let (url, root_file) = (server.url(""), root.certificate());
        let long = signer(trust, &root, "long", None)?;
        let stranger = signer(trust, &strange, "stranger", None)?;
        let images = (0..12).map(|_| trust.image(&format!("{}/trust/signed", trust.scene.ours())));
        let mut images = images.collect::<Result<Vec<_>, _>>()?.into_iter();
        let mut next = || images.next().ok_or_else(|| "too few images".to_owned());
        let mut found = Vec::new();
        // From here on, the certificate runs out.
        let (began, ends) = (Instant::now(), now()?.saturating_add(SHORT.as_secs()));
        let short = signer(trust, &root, "short", Some(ends))?;
        let with = ["--timestamp-url", &url, "--timestamp-root-cert", &root_file];
        let (brief, asked) = (["--allow-short-lived"], ["--tsa", &url, "--tsa-root", &root_file]);
        for (kind, key, issued, ours, theirs) in [
            (Kind::Ended, "short", &short, &brief[..], &[][..]),
            (Kind::Stamped, "short", &short, &with, &asked),
            (Kind::Outlived, "long", &long, &["--expiry", "1s"], &["--expiry", "1s"]),
            (Kind::Current, "long", &long, &[], &[]),
            (Kind::Stranger, "stranger", &stranger, &[], &[]),
        ] {
            let (our, their) = (next()?, next()?);
            trust.we_sign(&our, key, "cose", ours)?;
            trust.they_sign(&their, issued, "cose", theirs)?;
            found.extend([(kind, By::Us, our), (kind, By::Them, their)]);
        }
        let (late, mistaken) = (next()?, next()?);
        let envelope = unstamped(trust, &late, "short", &brief)?;
        std::thread::sleep((SHORT + SLACK).saturating_sub(began.elapsed()));
        trust.attach(&late, &with_token(&envelope, &stamps.token(&signature(&envelope)?, "-sha256")?)?)?;
        found.push((Kind::StampedLate, By::Us, late));
        found.push((Kind::Mistaken, By::Us, mistake(trust, mistaken, &stamps)?));
        Ok(Self(found))
    }
}

fn mistake(trust: &Trust<'_>, reference: String, stamps: &Stamps) -> Result<String, String> {
    let envelope = unstamped(trust, &reference, "long", &[])?;
    trust.attach(&reference, &with_token(&envelope, &stamps.token(b"another message", "-sha256")?)?)?;
    Ok(reference)
}

fn signer(trust: &Trust<'_>, root: &Authority, name: &str, until: Option<UnixTime>) -> Result<Issued, String> {
    let valid = until.map(|until| (until.saturating_sub(3600), until));
    let issued = root.issue(&crate::lab::Wanted { kind: KeyKind::P256, name, extensions: SIGNER, valid })?;
    trust.key(name, &issued)?;
    Ok(issued)
}

/// A policy, and what both make of a signature by it.
struct Case {
    signature: Kind,
    verification: &'static str,
    stores: &'static [&'static str],
    wanted: Wanted,
}

impl Case {
    fn words(&self) -> String {
        let stamps = if self.stores.len() > 1 { "" } else { ", no tsa store" };
        format!("`{}`{stamps}", self.verification)
    }
}

/// Long enough to sign with, short enough to wait for.
const SHORT: Duration = Duration::from_secs(20);
/// The accuracy of a timestamp must lie beyond the end, too.
const SLACK: Duration = Duration::from_secs(3);

const BOTH: &[&str] = &["ca:levels", "tsa:levels"];
const CA: &[&str] = &["ca:levels"];
const STRICT: &str = r#"{"level":"strict"}"#;
const LATER: &str = r#"{"level":"strict","verifyTimestamp":"afterCertExpiry"}"#;
const PERMISSIVE: &str = r#"{"level":"permissive"}"#;
const AUDIT: &str = r#"{"level":"audit"}"#;

const fn case(signature: Kind, verification: &'static str, stores: &'static [&'static str], wanted: Wanted) -> Case {
    Case { signature, verification, stores, wanted }
}

const CASES: &[Case] = &[
    case(Kind::Current, STRICT, CA, Wanted::Accepted),
    case(Kind::Current, STRICT, BOTH, Wanted::Refused("timestamp-missing", "no timestamp countersignature")),
    case(Kind::Current, LATER, BOTH, Wanted::Accepted),
    case(Kind::Current, PERMISSIVE, BOTH, Wanted::Accepted),
    case(Kind::Mistaken, STRICT, BOTH, Wanted::Refused("timestamp-mismatch", "timestamp")),
    case(Kind::Mistaken, LATER, BOTH, Wanted::Accepted),
    case(Kind::Mistaken, STRICT, CA, Wanted::Accepted),
    case(Kind::Ended, STRICT, CA, Wanted::Refused("certificate-expired", "verification time is after certificate")),
    case(Kind::Ended, LATER, CA, Wanted::Refused("certificate-expired", "verification time is after certificate")),
    case(Kind::Ended, STRICT, BOTH, Wanted::Refused("timestamp-missing", "no timestamp countersignature")),
    case(Kind::Ended, LATER, BOTH, Wanted::Refused("timestamp-missing", "no timestamp countersignature")),
    case(Kind::Ended, PERMISSIVE, CA, Wanted::Accepted),
    case(Kind::Ended, r#"{"level":"strict","override":{"authenticTimestamp":"log"}}"#, CA, Wanted::Accepted),
    case(
        Kind::Ended,
        r#"{"level":"permissive","override":{"authenticTimestamp":"enforce"}}"#,
        CA,
        Wanted::Refused("certificate-expired", "verification time is after certificate"),
    ),
    case(Kind::Stamped, STRICT, BOTH, Wanted::Accepted),
    case(Kind::Stamped, LATER, BOTH, Wanted::Accepted),
    case(Kind::Stamped, STRICT, CA, Wanted::Refused("certificate-expired", "verification time is after certificate")),
    case(Kind::StampedLate, STRICT, BOTH, Wanted::Refused("timestamp-outside-validity", "timestamp")),
    case(Kind::StampedLate, LATER, BOTH, Wanted::Refused("timestamp-outside-validity", "timestamp")),
    case(Kind::StampedLate, PERMISSIVE, BOTH, Wanted::Accepted),
    case(Kind::Outlived, STRICT, CA, Wanted::Refused("signature-expired", "expired")),
    case(Kind::Outlived, PERMISSIVE, CA, Wanted::Accepted),
    case(Kind::Outlived, r#"{"level":"strict","override":{"expiry":"log"}}"#, CA, Wanted::Accepted),
    case(Kind::Stranger, STRICT, CA, Wanted::Refused("untrusted-chain", "does not contain any trusted certificate")),
    case(
        Kind::Stranger,
        PERMISSIVE,
        CA,
        Wanted::Refused("untrusted-chain", "does not contain any trusted certificate"),
    ),
    case(Kind::Stranger, AUDIT, CA, Wanted::Accepted),
];
