//! A list as large as lists may be.

use crate::fixture::Harbour;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    crl::{CertificateList, CrlLimits},
    revocation::{NoAnswers, RevocationSources, Status},
};
use plimsoll_testkit::{
    crl::{forge, request},
    pki::{NOW, tlv},
};

// attack: A-196
#[test]
fn a_196_a_million_entries_are_indexed_once_and_searched_by_halves() {
    let harbour = Harbour::new(&[], &[]);
    // Written by hand: three octets of serial number and a date, in no order.
    let count = 1_000_000_u32;
    let one = |number: u32| {
        let [_, a, b, c] = (number.wrapping_mul(7_368_787) & 0x7f_ffff | 0x10_0000).to_be_bytes();
        let mut entry = [0_u8; 22];
        entry[..7].copy_from_slice(&[0x30, 20, 2, 3, a, b, c]);
        entry[7..].copy_from_slice(b"\x17\x0d260530000000Z");
        entry
    };
    let entries: Vec<u8> = (0..count).flat_map(one).collect();
    let mark = b"\x17\x0d260530000001Z".to_vec();
    let serial = harbour.leaf.view().serial().to_vec();
    let own = tlv(der::Tag::Sequence, &[&*tlv(der::Tag::Integer, &serial), &mark].concat());
    // The entries follow nextUpdate.
    let der = forge(&harbour.intermediate, &request(&[]), |draft| {
        let list = tlv(der::Tag::Sequence, &[&*entries, &own].concat());
        let next = draft.next_update.take().unwrap();
        draft.next_update = Some([next, list].concat());
    });
    assert!(der.len() > 22_000_000);
    let list = CertificateList::from_der(der, &CrlLimits::default()).unwrap();
    assert_eq!(list.len(), 1_000_001);
    let issuer = harbour.intermediate.view();
    let checked = list.verify(&issuer, provider()).unwrap();
    for number in (0..count).step_by(997) {
        assert!(checked.entry(&one(number)[4..7]).is_some());
    }
    assert!(checked.entry(&serial).is_some());
    assert!(checked.entry(&[1, 2]).is_none() && checked.entry(&[0x7f; 20]).is_none());
    let lists = [list];
    let report = harbour.check_at(NOW, &RevocationSources::new().with_lists(&lists), &mut NoAnswers);
    assert!(matches!(report.certificates()[0].status, Status::Revoked(_)));
}
