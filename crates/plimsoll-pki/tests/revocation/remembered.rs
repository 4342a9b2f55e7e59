//! Lists that a memory keeps.

use crate::fixture::{CRL, Harbour};
use plimsoll_core::{Bytes, LimitExceeded, Missing, Purpose};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    ChainOptions, Profile,
    crl::{CertificateList, CrlLimits, RevokedReason},
    revocation::{CertificateReport, RevocationLimits, RevocationSources, Status, StatusAnswers, check_chain},
    verify_chain,
};
use plimsoll_testkit::{
    crl::list,
    operations::{Memory, operations},
    pki::NOW,
};

/// Gives one list, and counts the bytes of what is read.
struct Shelf {
    list: Bytes,
    read: usize,
    most: usize,
}

impl Shelf {
    fn new(list: Vec<u8>) -> Self {
        Self { list: list.into(), read: 0, most: usize::MAX }
    }
}

impl StatusAnswers for Shelf {
    fn http(&mut self, url: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        assert_eq!(url, CRL);
        Ok(self.list.clone())
    }
    fn spend_on(&mut self, bytes: usize) -> Result<(), LimitExceeded> {
        LimitExceeded::check("bytes in this test", self.most.try_into().unwrap(), bytes.try_into().unwrap())?;
        self.read += bytes;
        Ok(())
    }
}

/// What is found out of the signer, and the signatures that were checked for it.
fn check(
    harbour: &Harbour,
    sources: &RevocationSources<'_>,
    shelf: &mut Shelf,
    memory: Option<&Memory>,
) -> (CertificateReport, usize) {
    let chain = [&*harbour.leaf.der, &*harbour.intermediate.der, &*harbour.root.der];
    let chain = verify_chain(&chain, &ChainOptions::new(Profile::NotarySigning), provider(), None).unwrap();
    let (report, count) = operations(|crypto| {
        let crypto = match memory {
            Some(memory) => crypto.with_proofs(memory),
            None => crypto,
        };
        check_chain(&chain, NOW, sources, shelf, crypto).unwrap()
    });
    (report.certificates()[0].clone(), count)
}

// attack: A-196
#[test]
fn a_196_a_list_is_read_and_checked_once_by_whoever_has_a_memory() {
    let harbour = Harbour::new(&[], &[CRL]);
    let good = list(&harbour.intermediate, &[]);
    let size = good.len();
    let sources = RevocationSources::new();
    for (memory, expected) in [(Some(Memory::default()), (size, 1)), (None, (3 * size, 3))] {
        let (mut shelf, mut checked) = (Shelf::new(good.clone()), 0);
        let mut reports = Vec::new();
        for _ in 0..3 {
            let (report, count) = check(&harbour, &sources, &mut shelf, memory.as_ref());
            checked += count;
            // The same bytes in another place.
            shelf.list = Bytes::copy_from_slice(&shelf.list);
            reports.push(report);
        }
        assert_eq!((shelf.read, checked), expected);
        assert!(reports.iter().all(|report| report.status == Status::Good && *report == reports[0]));
    }
    // A list that the caller has is checked once, too.
    let (memory, own) = (Memory::default(), [CertificateList::from_der(good, &CrlLimits::default()).unwrap()]);
    let sources = RevocationSources::new().with_lists(&own);
    let checks = || check(&harbour, &sources, &mut Shelf::new(Vec::new()), Some(&memory));
    let (first, second) = (checks(), checks());
    assert_eq!((first.1, second.1), (1, 0));
    assert_eq!(first.0, second.0);
}

// attack: A-196
#[test]
fn a_196_what_is_remembered_of_one_list_says_nothing_of_another() {
    let (harbour, other) = (Harbour::new(&[], &[CRL]), Harbour::new(&[], &[CRL]));
    let (memory, sources) = (Memory::default(), RevocationSources::new());
    let mut shelf = Shelf::new(list(&harbour.intermediate, &[]));
    let status = |harbour: &Harbour, sources: &RevocationSources<'_>, shelf: &mut Shelf| {
        check(harbour, sources, shelf, Some(&memory)).0.status
    };
    assert_eq!(status(&harbour, &sources, &mut shelf), Status::Good);
    // Another authority of this name did not issue it.
    assert_eq!(status(&other, &sources, &mut shelf), Status::Unknown);
    // Within narrower limits it is read anew, and refused.
    let mut limits = RevocationLimits::default();
    limits.crl.bytes = 10;
    assert_eq!(status(&harbour, &sources.with_limits(limits), &mut shelf), Status::Unknown);
    let mut revoked = Shelf::new(list(&harbour.intermediate, &[(&harbour.leaf, RevokedReason::KeyCompromise)]));
    assert!(matches!(status(&harbour, &sources, &mut revoked), Status::Revoked(_)));
    assert_eq!(status(&harbour, &sources, &mut shelf), Status::Good);
    // One octet of the signature differs.
    let mut broken = shelf.list.to_vec();
    *broken.last_mut().unwrap() ^= 1;
    assert_eq!(status(&harbour, &sources, &mut Shelf::new(broken)), Status::Unknown);
}

// attack: A-196
#[test]
fn a_196_a_list_for_which_nothing_is_left_to_spend_is_not_read() {
    let harbour = Harbour::new(&[], &[CRL]);
    let memory = Memory::default();
    let mut shelf = Shelf { most: 10, ..Shelf::new(list(&harbour.intermediate, &[])) };
    let run = |shelf: &mut Shelf| check(&harbour, &RevocationSources::new(), shelf, Some(&memory));
    let (report, count) = run(&mut shelf);
    assert_eq!((report.status, count), (Status::Unknown, 0));
    let causes: Vec<_> = report.attempts.iter().map(|attempt| attempt.cause.to_string()).collect();
    assert!(matches!(&causes[..], [cause] if cause.ends_with("more than 10 bytes in this test")), "{causes:?}");
    assert!(!causes[0].contains("not asked"), "{causes:?}");
    // Nor is one that does not hold kept: it costs its bytes each time.
    let mut broken = shelf.list.to_vec();
    *broken.last_mut().unwrap() ^= 1;
    let mut broken = Shelf::new(broken);
    run(&mut broken);
    let once = broken.read;
    run(&mut broken);
    assert_eq!(broken.read, 2 * once);
    // What is remembered costs nothing.
    shelf.most = usize::MAX;
    assert_eq!(run(&mut shelf).0.status, Status::Good);
    shelf.most = 10;
    assert_eq!(run(&mut shelf).0.status, Status::Good);
}
