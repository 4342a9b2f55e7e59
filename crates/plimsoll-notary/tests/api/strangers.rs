//! What strangers try: envelopes that two readers could read differently, more of something than anybody needs, names that look like
//! others, and many verifications at once.

use crate::{forge::*, steps::made};
use plimsoll_core::Blob;
use plimsoll_crypto::provider;
use plimsoll_notary::{Artifact, Format, PAYLOAD_TYPE, SignOptions, TrustContext, TrustStores, Verification, Verifier};
use plimsoll_pki::revocation::NoAnswers;
use plimsoll_testkit::{
    pki::{KeySpec, NOW, TestCa, named_store},
    timestamp::TestTsa,
};
use plimsoll_verify::Memo;
use std::{sync::atomic::AtomicUsize, thread};

/// CBOR as nobody writes it: each head in as many octets as asked for.
fn head(major: u8, number: usize, octets: usize) -> Vec<u8> {
    let number = u64::try_from(number).unwrap();
    let bytes = number.to_be_bytes();
    match octets {
        0 if number < 24 => vec![major << 5 | bytes[7]],
        1 => vec![major << 5 | 24, bytes[7]],
        2 => [&[major << 5 | 25], &bytes[6..]].concat(),
        4 => [&[major << 5 | 26], &bytes[4..]].concat(),
        _ => [&[major << 5 | 27], &bytes[..]].concat(),
    }
}

fn least(major: u8, number: usize) -> Vec<u8> {
    let octets = match number {
        0..24 => 0,
        24..0x100 => 1,
        0x100..0x1_0000 => 2,
        _ => 4,
    };
    head(major, number, octets)
}

fn text(text: &str) -> Vec<u8> {
    [least(3, text.len()), text.as_bytes().to_vec()].concat()
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    [least(2, bytes.len()), bytes.to_vec()].concat()
}

fn map(members: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let members_of: Vec<u8> = members.iter().flat_map(|(key, value)| [key.clone(), value.clone()].concat()).collect();
    [least(5, members.len()), members_of].concat()
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [least(4, items.len()), items.concat()].concat()
}

fn chain_value(ca: &TestCa) -> Vec<u8> {
    array(&ca.chain().iter().map(|der| bytes(der)).collect::<Vec<_>>())
}

/// The members of a good protected header: ES256, the critical ones, the content type, the scheme, the time.
fn protected(critical: &[&str]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let time = [vec![0xc1], least(0, usize::try_from(NOW.as_secs()).unwrap())].concat();
    vec![
        (vec![1], vec![0x26]),
        (vec![2], array(&critical.iter().map(|name| text(name)).collect::<Vec<_>>())),
        (vec![3], text(PAYLOAD_TYPE)),
        (text(SCHEME), text("notary.x509")),
        (text(TIME), time),
    ]
}

/// Signs exactly these bytes as the protected header.
fn cose(ca: &TestCa, protected: &[(Vec<u8>, Vec<u8>)], unprotected: &[(Vec<u8>, Vec<u8>)]) -> Blob {
    let (header, payload) = (map(protected), payload());
    let input = array(&[text("Signature1"), bytes(&header), bytes(b""), bytes(payload.as_bytes())]);
    let signature = signer(&ca.leaf).sign_now(&input).unwrap();
    let parts = array(&[bytes(&header), map(unprotected), bytes(payload.as_bytes()), bytes(&signature)]);
    Blob::of(Format::Cose.media_type(), [vec![0xd2], parts].concat())
}

fn x5chain() -> Vec<u8> {
    vec![0x18, 33]
}

// attack: A-125
// attack: A-132
#[test]
fn a_chain_stands_in_the_unprotected_header_of_cose_and_nowhere_else() {
    let (ca, other) = (ca(), ca());
    let outcome = |protected: &[_], unprotected: &[_]| code(&verify(&cose(&ca, protected, unprotected), &strict(&ca)));
    let good = protected(&[SCHEME]);
    let with = |value: Vec<u8>| [good.clone(), vec![(x5chain(), value)]].concat();
    assert_eq!(outcome(&good, &[(x5chain(), chain_value(&ca))]), "held");
    assert_eq!(outcome(&with(chain_value(&ca)), &[]), "malformed-attributes", "Notation finds no chain there");
    assert_eq!(outcome(&good, &[]), "chain-invalid", "nowhere");
    for second in [chain_value(&ca), chain_value(&other)] {
        assert_eq!(outcome(&with(chain_value(&ca)), &[(x5chain(), second.clone())]), "duplicate-member");
        assert_eq!(outcome(&with(second), &[(x5chain(), chain_value(&ca))]), "duplicate-member");
    }
    assert_eq!(outcome(&with(chain_value(&other)), &[]), "signature-invalid");
    // One string is the leaf alone, which is no chain without its authority.
    assert_eq!(outcome(&good, &[(x5chain(), bytes(&ca.leaf.der))]), "chain-invalid");
}

/// A label that is written in more octets is the same label to a lenient reader, and another one to a reader that compares octets. Whoever
/// passes it over would miss an expiry, or find a second chain.
// attack: A-125
// attack: A-126
#[test]
fn a_label_in_other_octets_hides_nothing() {
    let ca = ca();
    let chain = (x5chain(), chain_value(&ca));
    let past = [vec![0xc1], least(0, usize::try_from(NOW.as_secs() - 1).unwrap())].concat();
    let early = [vec![0xc1], least(0, usize::try_from(NOW.as_secs() - 9).unwrap())].concat();
    let mut members = protected(&[SCHEME, EXPIRY]);
    members[4].1 = early;
    let expired = [members.clone(), vec![(text(EXPIRY), past.clone())]].concat();
    assert_eq!(code(&verify(&cose(&ca, &expired, std::slice::from_ref(&chain)), &strict(&ca))), "signature-expired");
    for octets in [2, 4, 8] {
        let long = [head(3, EXPIRY.len(), octets), EXPIRY.as_bytes().to_vec()].concat();
        let hidden = [members.clone(), vec![(long.clone(), past.clone())]].concat();
        assert_ne!(code(&verify(&cose(&ca, &hidden, std::slice::from_ref(&chain)), &strict(&ca))), "held");
        // Not demanded, either: then it would be an attribute that nobody knows.
        let mut quiet = protected(&[SCHEME]);
        quiet.push((long, past.clone()));
        assert_ne!(code(&verify(&cose(&ca, &quiet, std::slice::from_ref(&chain)), &strict(&ca))), "held");
        // Two chains, the one under a longer label.
        let twice = [chain.clone(), (head(0, 33, octets), chain_value(&TestCa::new(KeySpec::P256)))];
        assert_ne!(code(&verify(&cose(&ca, &protected(&[SCHEME]), &twice), &strict(&ca))), "held");
        let swapped = [twice[1].clone(), twice[0].clone()];
        assert_ne!(code(&verify(&cose(&ca, &protected(&[SCHEME]), &swapped), &strict(&ca))), "held");
    }
}

/// A text that reads like the number of a label is another label.
// attack: A-122
#[test]
fn a_label_of_text_is_no_number() {
    let ca = ca();
    let chain = (x5chain(), chain_value(&ca));
    for (at, label) in [(0, "1"), (1, "2"), (2, "3")] {
        let mut members = protected(&[SCHEME]);
        members[at].0 = text(label);
        assert_ne!(code(&verify(&cose(&ca, &members, std::slice::from_ref(&chain)), &strict(&ca))), "held", "{label}");
    }
    let members = protected(&[SCHEME]);
    let found = verify(&cose(&ca, &members, &[(text("33"), chain_value(&ca))]), &strict(&ca));
    assert_ne!(code(&found), "held");
    assert_eq!(code(&verify(&cose(&ca, &members, &[chain]), &strict(&ca))), "held");
}

// attack: A-211
#[test]
fn thousands_of_timestamps_are_none() {
    let (ca, tsa) = (ca(), TestTsa::new(KeySpec::P256));
    let trust = || {
        let mut stores = stores(&ca);
        stores.add(named_store("tsa:test", &[&tsa.root.der]));
        let members = r#""signatureVerification": {"level": "strict"}, "trustStores": ["ca:test", "tsa:test"],
            "trustedIdentities": ["*"]"#;
        TrustContext::new(of_members(members), &stores)
    };
    let good = stamped(Format::Jws, &ca, |signature| tsa.token(signature));
    assert_eq!(code(&verify(&good, &trust())), "held");
    let mut tree: serde_json::Value = serde_json::from_slice(good.bytes()).unwrap();
    let token = tree["header"]["io.cncf.notary.timestampSignature"].clone();
    // As a list, the good one among them.
    tree["header"]["io.cncf.notary.timestampSignature"] = vec![token.clone(); 3000].into();
    let listed = Blob::of(Format::Jws.media_type(), tree.to_string().into_bytes());
    // As a member that stands again and again.
    let one = format!(r#""io.cncf.notary.timestampSignature":{token}"#);
    let text = String::from_utf8(good.bytes().to_vec()).unwrap();
    let at = text.find(&one).unwrap();
    let (before, rest) = text.split_at(at);
    let again = format!("{before}{}{}", vec![one.as_str(); 3000].join(","), rest.strip_prefix(&one).unwrap());
    let again = Blob::of(Format::Jws.media_type(), again.into_bytes());
    // Within one token: thousands of certificates.
    let crowded = stamped(Format::Cose, &ca, |signature| {
        tsa.forge_token(signature, |draft| draft.certificates = vec![tsa.root.der.clone(); 3000])
    });
    let label = || crate::strangers::text("io.cncf.notary.timestampSignature");
    let many = array(&vec![bytes(&[7; 900]); 3000]);
    let many = cose(&ca, &protected(&[SCHEME]), &[(x5chain(), chain_value(&ca)), (label(), many)]);
    let twice = [(x5chain(), chain_value(&ca)), (label(), bytes(b"1")), (label(), bytes(b"2"))];
    let twice = cose(&ca, &protected(&[SCHEME]), &twice);
    let found = [listed, again, crowded, many, twice].map(|envelope| code(&verify(&envelope, &trust())));
    let limit = "limit-exceeded";
    assert_eq!(found, [limit, "duplicate-member", limit, limit, "duplicate-member"]);
}

/// One signature in a crowd: what it is called, its envelope, whose stores judge it.
struct Case {
    envelope: Blob,
    trust: usize,
    alone: Verification,
}

fn crowd(trusts: &[TrustContext], cas: &[TestCa]) -> Vec<Case> {
    let mut envelopes = Vec::new();
    for (at, ca) in cas.iter().enumerate() {
        for format in FORMATS {
            for number in 0..6 {
                let options = SignOptions::new(NOW).with_format(format).with_metadata("n", format!("{at} {number}"));
                let good = made(ca, &options).signature_manifest().unwrap().envelope;
                let mut bad = good.bytes().to_vec();
                let last = bad.len() - 40 - number;
                bad[last] ^= 2;
                envelopes.extend([Blob::of(format.media_type(), bad), good]);
            }
        }
    }
    let under = |envelope: &Blob, trust: usize| Case {
        alone: verify(envelope, &trusts[trust]),
        envelope: envelope.clone(),
        trust,
    };
    // Each under every set of stores: the same bytes have other answers.
    envelopes.iter().flat_map(|envelope| (0..trusts.len()).map(|trust| under(envelope, trust))).collect()
}

/// The memo of proofs is the only thing that verifications share. It is so small here that it forgets all the time.
// attack: A-238
#[test]
fn a_thousand_verifications_at_once_are_what_each_is_alone() {
    let cas = [KeySpec::P256, KeySpec::P256, KeySpec::P384].map(TestCa::new);
    let mut trusts: Vec<TrustContext> = cas.iter().map(strict).collect();
    trusts.push(TrustContext::new(statement("strict", "", "*"), &TrustStores::new()));
    let cases = crowd(&trusts, &cas);
    let held = cases.iter().filter(|case| case.alone.verified().is_some()).count();
    assert_eq!((cases.len(), held), (288, 36));
    for proofs in [0, 7, 4096] {
        let (memo, next) = (Memo::new(proofs), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    loop {
                        let turn = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if turn >= 1000 {
                            break;
                        }
                        // 29 and 288 have no common divisor: every case comes, in another order.
                        let case = &cases[turn * 29 % cases.len()];
                        let found = memo.remember(provider(), |crypto| {
                            let target = target();
                            let media_type = &case.envelope.descriptor().media_type;
                            Verifier::new(&trusts[case.trust], NOW, crypto)
                                .verify(case.envelope.bytes(), media_type, Artifact::Manifest(&target), &mut NoAnswers)
                                .unwrap()
                        });
                        assert_eq!(found, case.alone, "{turn} with {proofs} proofs");
                    }
                });
            }
        });
        assert!(next.into_inner() >= 1000);
    }
}
