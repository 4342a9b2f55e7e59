//! Checkpoints: what shows that the end of a ledger was cut off, or all of it written anew.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails loudly"
)]

mod common;

use common::{Job, World, http, world};
use plimsoll_authority::{
    Audit, AuthorityError, Checkpoint, CheckpointError, CheckpointSettings, Checkpoints, Contradiction, LedgerError,
    Order, Server, code,
};
use plimsoll_core::{Classify as _, Digest};
use plimsoll_crypto::{LocalSigner, provider};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use proptest::prelude::*;
use std::{fs, path::PathBuf, sync::Arc};

async fn grow(world: &World, lines: usize) {
    let job = Job::new();
    for _ in 0..lines {
        world.authority.issue(&Order::new("CN=pilot,O=Harbour,ST=WA,C=US", job.0.public_key())).await.unwrap();
    }
}

fn ledger(world: &World) -> PathBuf {
    world.authority.ledger().path().to_owned()
}

fn read(world: &World, text: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::read(text.as_bytes(), world.ca.intermediate.view().public_key(), provider())
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_against_a_checkpoint_and_not_without() {
    let world = world();
    grow(&world, 3).await;
    let early = world.authority.checkpoint().await.unwrap();
    grow(&world, 3).await;
    let late = world.authority.checkpoint().await.unwrap();
    let whole = fs::read_to_string(ledger(&world)).unwrap();
    let audit = Audit::read(ledger(&world), &[early.clone(), late.clone()]).unwrap();
    assert_eq!((audit.lines, audit.vouched, audit.torn, audit.head), (6, 6, 0, late.head()));
    let last = whole.split_inclusive('\n').next_back().unwrap();
    assert_eq!(audit.head, Digest::sha256_of(last.as_bytes()));
    for left in 0..6 {
        let cut: String = whole.split_inclusive('\n').take(left).collect();
        fs::write(ledger(&world), cut).unwrap();
        // The lines that are left are a chain: nothing in them says that there were more.
        assert!(Audit::read(ledger(&world), &[]).is_ok());
        assert_eq!(Audit::read(ledger(&world), std::slice::from_ref(&early)).is_ok(), left >= 3, "{left}");
        let error = Audit::read(ledger(&world), &[early.clone(), late.clone()]).unwrap_err();
        assert!(matches!(error, LedgerError::Contradicted { found: Contradiction::Shorter { .. }, .. }), "{error}");
        assert_eq!(error.code(), code::LEDGER_CONTRADICTED);
    }
}

#[tokio::test]
async fn a_ledger_that_was_written_anew_is_another_however_long_it_is() {
    let (world, other) = (world(), world());
    grow(&world, 4).await;
    let checkpoint = world.authority.checkpoint().await.unwrap();
    grow(&other, 9).await;
    fs::copy(ledger(&other), ledger(&world)).unwrap();
    let error = Audit::read(ledger(&world), &[checkpoint]).unwrap_err();
    assert!(matches!(error, LedgerError::Contradicted { lines: 4, found: Contradiction::OtherLine, .. }), "{error}");
}

#[tokio::test]
async fn what_a_crash_leaves_is_no_tampering_and_anything_else_is() {
    let world = world();
    grow(&world, 2).await;
    let checkpoint = world.authority.checkpoint().await.unwrap();
    let good = fs::read(ledger(&world)).unwrap();
    let audit = |tail: &[u8]| {
        fs::write(ledger(&world), [&good[..], tail].concat()).unwrap();
        Audit::read(ledger(&world), std::slice::from_ref(&checkpoint)).map(|audit| (audit.lines, audit.torn))
    };
    for torn in [&b""[..], b"{", b"{\"number\":3,", b"{\"number\":3,\"at\":\"20", b"{\"num\0\0\0\0", b"\0\0\0"] {
        assert_eq!(audit(torn), Ok((2, torn.len() as u64)), "{torn:?}");
    }
    for put in
        [&b"x"[..], b"{\"number\":4,", b"{\"number\":2,\"at\":\"20", b"\0x", b"#", b"\n", b"\0\n", b"{\"number\":3,\n"]
    {
        assert_eq!(audit(put).unwrap_err().code(), code::LEDGER_MALFORMED, "{put:?}");
        // And nothing more is issued.
        let order = Job::new();
        let issued = world.authority.issue(&Order::new("CN=pilot,O=Harbour,ST=WA,C=US", order.0.public_key())).await;
        assert_eq!(issued.unwrap_err().code(), code::LEDGER_MALFORMED, "{put:?}");
    }
    // Cut within a line that was signed: what is left looks like a crash, and the checkpoint knows better.
    fs::write(ledger(&world), &good[..good.len() - 1]).unwrap();
    assert_eq!(Audit::read(ledger(&world), &[]).map(|audit| audit.lines), Ok(1));
    let error = Audit::read(ledger(&world), &[checkpoint]).unwrap_err();
    assert_eq!(error.code(), code::LEDGER_CONTRADICTED);
}

#[tokio::test]
async fn a_line_that_lacks_only_its_end_is_not_lost() {
    let world = world();
    grow(&world, 3).await;
    let checkpoint = world.authority.checkpoint().await.unwrap();
    let good = fs::read(ledger(&world)).unwrap();
    fs::write(ledger(&world), &good[..good.len() - 1]).unwrap();
    let again = plimsoll_authority::Ledger::open(ledger(&world)).unwrap();
    assert_eq!(again.lines(), 2);
    let serial = data_encoding::HEXLOWER.decode(b"00").unwrap();
    // Whatever is added next, or refused, the line gets its end first.
    let refused = again.revoke(&serial, world.time.now(), plimsoll_authority::RevocationReason::Superseded, None);
    assert_eq!(refused.unwrap_err().code(), code::UNKNOWN_SERIAL);
    assert_eq!((again.lines(), fs::read(ledger(&world)).unwrap()), (3, good));
    assert!(Audit::read(ledger(&world), &[checkpoint]).is_ok());
}

#[tokio::test]
async fn a_checkpoint_is_by_this_authority_and_says_what_was_signed() {
    for spec in [KeySpec::P256, KeySpec::P521, KeySpec::Rsa2048] {
        let world = common::world_with(spec, common::RULES);
        let empty = world.authority.checkpoint().await.unwrap();
        assert_eq!((empty.lines(), empty.head()), (0, Digest::sha256_of(b"")));
        grow(&world, 1).await;
        let good = world.authority.checkpoint().await.unwrap();
        assert_eq!(read(&world, good.as_str()).as_ref(), Ok(&good));
        assert_eq!((good.lines(), good.at()), (1, world.time.now()));
        // Every octet counts: none can be another.
        let bytes = good.as_str().as_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            let key = world.ca.intermediate.view();
            assert!(Checkpoint::read(&changed, key.public_key(), provider()).is_err(), "{spec:?}, octet {at}");
        }
        // The keys of RSA are the same in every test.
        let other = TestCa::new(if spec == KeySpec::Rsa2048 { KeySpec::Rsa3072 } else { spec });
        let key = other.intermediate.view();
        let error = Checkpoint::read(bytes, key.public_key(), provider()).unwrap_err();
        assert!(matches!(error, CheckpointError::Authority { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_checkpoint_has_one_spelling() {
    let world = world();
    grow(&world, 1).await;
    let good = world.authority.checkpoint().await.unwrap().as_str().to_owned();
    for (from, to) in [
        ("lines 1", "lines 01"),
        ("lines 1", "lines +1"),
        ("lines 1", "lines  1"),
        ("T00:00:00Z", "T00:00:00.0Z"),
        ("T00:00:00Z", "T00:00:00+00:00"),
        ("\nat", "\r\nat"),
        ("\nhead", "\nmore x\nhead"),
        ("/1\n", "/2\n"),
        ("authority sha256:", "authority sha512:"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(read(&world, &good.replacen(from, to, 1)).is_err(), "{to}");
    }
    for near in [good.trim_end().to_owned(), format!("{good}\n"), format!(" {good}"), "x".repeat(1 << 20)] {
        assert!(matches!(read(&world, &near), Err(CheckpointError::Malformed { .. })));
    }
}

// The key of an authority signs certificates, lists and responses, too: none of it is a checkpoint, and no checkpoint is any of it.
#[tokio::test]
async fn what_else_the_key_signs_is_no_checkpoint() {
    let world = world();
    grow(&world, 1).await;
    let good = world.authority.checkpoint().await.unwrap();
    assert_ne!(good.as_str().as_bytes()[0], 0x30);
    assert_eq!(world.ca.leaf.der[0], 0x30);
    // The signature of the leaf's certificate, under a text that names the same key.
    let certificate = world.ca.leaf.der.clone();
    let signature = data_encoding::BASE64.encode(&certificate[certificate.len() - 72..]);
    let stolen = format!("{}signature {signature}\n", good.as_str().split("signature").next().unwrap());
    assert_eq!(read(&world, &stolen), Err(CheckpointError::Signature));
}

fn kept(world: &World) -> PathBuf {
    world.directory.path().join("ledger.checkpoint")
}

fn open(world: &World, lines: u64, seconds: u64) -> Result<Checkpoints<LocalSigner>, AuthorityError> {
    let mut settings = CheckpointSettings::default();
    (settings.lines, settings.seconds) = (lines, seconds);
    Checkpoints::open(world.authority.clone(), kept(world), settings)
}

#[tokio::test]
async fn one_is_written_after_some_lines_after_some_time_and_at_the_end() {
    let world = world();
    let checkpoints = open(&world, 3, 100).unwrap();
    let due = async || checkpoints.write_if_due().await.unwrap().map(|one| one.lines());
    assert_eq!(due().await, Some(0), "the first, so that there is one");
    grow(&world, 2).await;
    assert_eq!(due().await, None);
    grow(&world, 1).await;
    assert_eq!(due().await, Some(3));
    grow(&world, 1).await;
    world.time.pass(99);
    assert_eq!(due().await, None);
    world.time.pass(1);
    assert_eq!(due().await, Some(4));
    world.time.pass(1000);
    assert_eq!(due().await, None, "nothing new, nothing to sign");
    grow(&world, 1).await;
    assert_eq!(checkpoints.write().await.map(|one| one.lines()), Ok(5));
    let text = fs::read_to_string(kept(&world)).unwrap();
    assert_eq!(read(&world, &text).map(|one| one.lines()), Ok(5));
    assert_eq!(
        fs::read_dir(world.directory.path()).unwrap().count(),
        2,
        "the ledger and the checkpoint, and nothing half"
    );
}

#[tokio::test]
async fn a_service_does_not_start_on_a_ledger_that_is_not_the_one_that_was_signed() {
    let world = world();
    grow(&world, 3).await;
    open(&world, 1, 1).unwrap().write().await.unwrap();
    assert!(open(&world, 1, 1).is_ok());
    let whole = fs::read_to_string(ledger(&world)).unwrap();
    fs::write(ledger(&world), whole.split_inclusive('\n').take(2).collect::<String>()).unwrap();
    assert_eq!(open(&world, 1, 1).unwrap_err().code(), code::LEDGER_CONTRADICTED);
    fs::write(ledger(&world), whole).unwrap();
    // A broken checkpoint is not none.
    for broken in ["", "x", "plimsoll-ledger-checkpoint/1\n"] {
        fs::write(kept(&world), broken).unwrap();
        assert_eq!(open(&world, 1, 1).unwrap_err().code(), code::MALFORMED_CHECKPOINT);
    }
    fs::remove_file(kept(&world)).unwrap();
    fs::create_dir(kept(&world)).unwrap();
    assert_eq!(open(&world, 1, 1).unwrap_err().code(), code::LEDGER_UNAVAILABLE);
}

#[tokio::test]
async fn who_keeps_it_elsewhere_fetches_it_from_the_service() {
    let world = world();
    let checkpoints = Arc::new(open(&world, 2, 1000).unwrap());
    let service = common::service(&world.authority, &world.ci).with_checkpoints(checkpoints.clone());
    let service = Arc::new(service);
    let server = Server::builder(service.clone(), "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    assert_eq!(http(address, "GET /v1/checkpoint", b"").await.0, 404);
    assert_eq!(http(address, "POST /v1/checkpoint", b"").await.0, 405);
    let running = tokio::spawn({
        let checkpoints = checkpoints.clone();
        async move { checkpoints.run(|error| panic!("{error}")).await }
    });
    let lines = async || {
        let (status, _, body) = http(address, "GET /v1/checkpoint", b"").await;
        (status == 200).then(|| read(&world, std::str::from_utf8(&body).unwrap()).unwrap().lines())
    };
    while lines().await.is_none() {
        tokio::task::yield_now().await;
    }
    // Two certificates, and the next one is signed without anybody who waits for it.
    for jti in ["1", "2"] {
        let token = world.ci.token(|claims| claims["jti"] = jti.into());
        service.issue(&Job::new().request(&token)).await.unwrap();
    }
    while lines().await != Some(2) {
        tokio::task::yield_now().await;
    }
    running.abort();
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let ca = TestCa::new(KeySpec::P256);
        let view = ca.intermediate.view();
        prop_assert!(Checkpoint::read(text.as_bytes(), view.public_key(), provider()).is_err());
        prop_assert!(Checkpoint::read(&bytes, view.public_key(), provider()).is_err());
    }
}

#[tokio::test]
async fn without_the_key_a_contradiction_counts_and_agreement_vouches_for_nothing() {
    let world = world();
    grow(&world, 3).await;
    let signed = world.authority.checkpoint().await.unwrap();
    let text = signed.as_str().as_bytes();
    let audit = Audit::read_unvouched(ledger(&world), text).unwrap();
    assert_eq!((audit.lines, audit.vouched, audit.vouched_at), (3, 0, None));
    let whole = fs::read_to_string(ledger(&world)).unwrap();
    fs::write(ledger(&world), whole.split_inclusive('\n').take(2).collect::<String>()).unwrap();
    assert_eq!(Audit::read_unvouched(ledger(&world), text).unwrap_err().code(), code::LEDGER_CONTRADICTED);
    assert_eq!(Audit::read_unvouched(ledger(&world), b"x").unwrap_err().code(), code::MALFORMED_CHECKPOINT);
}
