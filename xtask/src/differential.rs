//! Our verifier beside notation-core-go, over envelopes that somebody changed: `cargo xtask differential --judge FILE`.
//!
//! Each case takes an envelope that our code signed (both formats, six keys, and signers whose certificates are bent), changes
//! something, signs it anew where a header is changed, and asks both whether it holds under the signer's root. The choices of a case follow
//! from the seed and its number; keys on curves are new in each run.

mod cbor;
mod cose;
mod json;
mod judge;
mod jws;
mod known;
mod random;
mod scene;

use crate::lab::Options;
use judge::{Judge, Verdict};
use plimsoll_core::Classify;
use plimsoll_crypto::provider;
use plimsoll_notary::{Envelope, Format};
use plimsoll_pki::TrustStore;
use plimsoll_testkit::pki::named_store;
use random::Random;
use scene::{Scene, Signer};
use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Asks both until the time is over, and fails on a disagreement that is not listed.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::read(arguments, &["--judge", "--seconds", "--seed", "--case"], USAGE)?;
    let program = options.path("--judge")?.ok_or(USAGE)?;
    let time = Duration::from_secs(options.number("--seconds", 60)?.into());
    let seed = options.number("--seed", 1)?.into();
    let single = options.find("--case").map(|_| options.number("--case", 0)).transpose()?;
    let scene = Scene::make()?;
    let mut judge = Judge::start(&program.to_string_lossy())?;
    let mut tally = Tally::default();
    if let Some(case) = single {
        tally.count(&mut judge, make(&scene, seed, case.into()).into_iter().collect())?;
        return tally.finish(0);
    }
    let started = Instant::now();
    let mut next = 0;
    while started.elapsed() < time {
        let batch = (next..next + BATCH).filter_map(|case| make(&scene, seed, case)).collect();
        tally.count(&mut judge, batch)?;
        next += BATCH;
    }
    println!("differential: seed {seed}, {} s", started.elapsed().as_secs());
    tally.finish(1)
}

/// An envelope to judge.
struct Case<'s> {
    name: String,
    what: String,
    format: Format,
    envelope: Vec<u8>,
    root: &'s [u8],
    ours: Verdict,
}

fn make(scene: &Scene, seed: u64, number: u64) -> Option<Case<'_>> {
    let mut random = Random::of(seed, number);
    let base = random.pick(&scene.bases);
    let signer = &scene.signers[base.signer];
    let (mut envelope, mut what) = (base.bytes.clone(), "nothing".to_owned());
    let change = if base.format == Format::Cose { cose::mutate } else { jws::mutate };
    // A bent certificate is change enough, now and then.
    if !random.one_in(12) {
        (envelope, what) = change(&envelope, signer, scene, &mut random)?;
    }
    if random.one_in(6)
        && let Some((again, more)) = change(&envelope, signer, scene, &mut random)
    {
        (envelope, what) = (again, format!("{what}; {more}"));
    }
    let root = signer.ca.root.der.as_slice();
    let ours = judge_here(base.format, &envelope, root);
    let what = format!("{}, {}: {what}", signer.what, base.format.media_type());
    Some(Case { name: format!("{seed}-{number}"), what, format: base.format, envelope, root, ours })
}

/// As notation-core-go is asked: the envelope by itself, and its chain under one root. Not time, and not what is signed.
fn judge_here(format: Format, envelope: &[u8], root: &[u8]) -> Verdict {
    let store = TrustStore::new([named_store("ca:differential", &[root])]);
    let parsed = match Envelope::parse(envelope, format.media_type()) {
        Ok(parsed) => parsed,
        Err(error) => return refused(&error),
    };
    let checked = match parsed.check(provider(), |_| Some(&store)) {
        Ok(checked) => checked,
        Err(error) => return refused(&error),
    };
    match checked.chain().anchored_in(&store) {
        Ok(_) => Verdict::Accepted(checked.payload().to_vec()),
        Err(error) => refused(&error),
    }
}

fn refused<E: Classify + Display>(error: &E) -> Verdict {
    Verdict::Refused(format!("{}: {error}", error.code().name()))
}

/// Another chain for the same signature.
fn chain(signer: &Signer, scene: &Scene, random: &mut Random) -> (Vec<Vec<u8>>, &'static str) {
    let mut chain: Vec<Vec<u8>> = signer.ca.chain().into_iter().map(<[u8]>::to_vec).collect();
    let other = &random.pick(&scene.signers).ca;
    let at = random.below(chain.len());
    let done = match random.below(9) {
        0 => {
            chain.remove(at);
            "a certificate less"
        }
        1 => {
            chain.push(chain[at].clone());
            "a certificate twice"
        }
        2 => {
            chain.reverse();
            "turned round"
        }
        3 => {
            chain[at] = other.chain()[at].to_vec();
            "a certificate of somebody else"
        }
        4 => {
            chain = other.chain().into_iter().map(<[u8]>::to_vec).collect();
            "somebody else's"
        }
        5 => {
            chain[at].push(0);
            "an octet behind a certificate"
        }
        6 => {
            chain[at] = signer.ca.leaf.pem().into_bytes();
            "PEM"
        }
        7 => {
            chain.push(other.root.der.clone());
            "somebody else's root behind it"
        }
        _ => {
            random.flip(&mut chain[at]);
            "a bit of a certificate"
        }
    };
    (chain, done)
}

/// What came out, by class.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    known: BTreeMap<&'static str, u64>,
    /// The first case of each class, and how many there are.
    unknown: BTreeMap<String, (String, u64)>,
}

impl Tally {
    fn count(&mut self, judge: &mut Judge, batch: Vec<Case<'_>>) -> Result<(), String> {
        let questions: Vec<_> =
            batch.iter().map(|case| (case.format.media_type(), case.envelope.as_slice(), case.root)).collect();
        let answers = judge.ask(&questions)?;
        for (case, theirs) in batch.iter().zip(answers) {
            self.compare(case, &theirs)?;
        }
        Ok(())
    }
    fn compare(&mut self, case: &Case<'_>, theirs: &Verdict) -> Result<(), String> {
        let (list, ours, theirs) = match (&case.ours, theirs) {
            (Verdict::Accepted(ours), Verdict::Accepted(theirs)) if ours == theirs => {
                self.accepted += 1;
                return Ok(());
            }
            (Verdict::Refused(_), Verdict::Refused(theirs)) if !theirs.starts_with("panic") => {
                self.refused += 1;
                return Ok(());
            }
            (Verdict::Refused(ours), Verdict::Accepted(_)) => (known::STRICTER, ours.as_str(), "accepted"),
            (Verdict::Accepted(_), Verdict::Refused(theirs)) => (known::MORE_LENIENT, "accepted", theirs.as_str()),
            (Verdict::Refused(ours), Verdict::Refused(theirs)) => (known::STRICTER, ours.as_str(), theirs.as_str()),
            (Verdict::Accepted(_), Verdict::Accepted(_)) => (&[][..], "accepted", "accepted, with another payload"),
        };
        if let Some(class) = list.iter().find(|class| class.covers(ours, theirs, &case.what)) {
            *self.known.entry(class.reason).or_default() += 1;
            return Ok(());
        }
        let class = format!("we: {ours}\n    notation-core-go: {theirs}");
        if !self.unknown.contains_key(&class) {
            keep(case)?;
        }
        let (_, count) = self.unknown.entry(class).or_insert_with(|| (format!("{}: {}", case.name, case.what), 0));
        *count += 1;
        Ok(())
    }
    /// A run in which fewer envelopes than that are accepted by both compares nothing.
    fn finish(self, least: u64) -> Result<(), String> {
        println!("equal: {} accepted, {} refused", self.accepted, self.refused);
        for (reason, count) in &self.known {
            println!("listed: {count}: {reason}");
        }
        for (class, (case, count)) in &self.unknown {
            println!("NOT LISTED: {count}: case {case}\n    {class}");
        }
        match (self.unknown.len(), self.accepted) {
            (0, accepted) if accepted >= least => Ok(()),
            (0, _) => Err("not one envelope was accepted: nothing was compared".into()),
            (count, _) => {
                Err(format!("{count} classes of disagreements are not listed; the first of each is in {KEPT}"))
            }
        }
    }
}

/// Keeps an envelope and its root, to look at.
fn keep(case: &Case<'_>) -> Result<(), String> {
    let folder = Path::new(KEPT);
    let ending = if case.format == Format::Cose { "cose" } else { "jws" };
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(folder.join(format!("{}.{ending}", case.name)), &case.envelope))
        .and_then(|()| fs::write(folder.join(format!("{}.root.der", case.name)), case.root));
    written.map_err(|error| format!("{KEPT}: {error}"))
}

const USAGE: &str = "usage: cargo xtask differential --judge FILE [--seconds N] [--seed N] [--case N]";
/// Where envelopes are kept on which the two disagree.
const KEPT: &str = "target/differential";
/// So many answers fit into a pipe.
const BATCH: u64 = 32;
