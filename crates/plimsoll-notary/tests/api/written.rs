//! What is written, read by nothing of ours: a round trip would not see what both sides leave out.

use crate::forge::*;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use plimsoll_crypto::provider;
use plimsoll_notary::{Format, SignOptions, sign};
use plimsoll_testkit::pki::NOW;
use std::collections::BTreeSet;

/// A value of CBOR, read by the rules of RFC 8949 alone and by none of the code that wrote it.
#[derive(Clone, PartialEq, Debug)]
enum Cbor {
    Bytes(Vec<u8>),
    Int(i64),
    List(Vec<Cbor>),
    Map(Vec<(Cbor, Cbor)>),
    Tag(u64, Box<Cbor>),
    Text(String),
}

impl Cbor {
    fn all(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let value = Self::read(&mut rest);
        assert!(rest.is_empty(), "nothing is behind it");
        value
    }
    fn read(rest: &mut &[u8]) -> Self {
        let mut take = |count: usize| {
            let (taken, behind) = rest.split_at(count);
            *rest = behind;
            taken.to_vec()
        };
        let head = take(1)[0];
        let number = match head & 0x1f {
            small @ 0..24 => u64::from(small),
            size @ 24..=27 => take(1 << (size - 24)).iter().fold(0, |all, octet| all << 8 | u64::from(*octet)),
            other => panic!("no length that is known: {other}"),
        };
        let length = usize::try_from(number).unwrap();
        match head >> 5 {
            0 => Self::Int(i64::try_from(number).unwrap()),
            1 => Self::Int(-1 - i64::try_from(number).unwrap()),
            2 => Self::Bytes(take(length)),
            3 => Self::Text(String::from_utf8(take(length)).unwrap()),
            4 => Self::List((0..length).map(|_| Self::read(rest)).collect()),
            5 => Self::Map((0..length).map(|_| (Self::read(rest), Self::read(rest))).collect()),
            6 => Self::Tag(number, Box::new(Self::read(rest))),
            _ => panic!("neither simple values nor floats are written"),
        }
    }
    fn list(&self) -> &[Self] {
        let Self::List(list) = self else { panic!("expected a list, found {self:?}") };
        list
    }
    fn bytes(&self) -> &[u8] {
        let Self::Bytes(bytes) = self else { panic!("expected bytes, found {self:?}") };
        bytes
    }
    /// The one value under a key.
    fn get(&self, key: &Self) -> Option<&Self> {
        let Self::Map(map) = self else { panic!("expected a map, found {self:?}") };
        let mut found = map.iter().filter(|(name, _)| name == key).map(|(_, value)| value);
        let one = found.next();
        assert!(found.next().is_none(), "each key stands once");
        one
    }
}

/// What an envelope says: what is critical, the names of the protected header, the chain, and the payload.
struct Written {
    critical: BTreeSet<String>,
    protected: BTreeSet<String>,
    chain: Vec<Vec<u8>>,
    payload: Vec<u8>,
}

fn written_jws(bytes: &[u8]) -> Written {
    let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let decoded = |name: &str| BASE64URL_NOPAD.decode(json[name].as_str().unwrap().as_bytes()).unwrap();
    let protected: serde_json::Map<_, _> = serde_json::from_slice(&decoded("protected")).unwrap();
    let texts = |value: &serde_json::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let critical = texts(&protected["crit"]);
    assert_eq!(critical.len(), BTreeSet::from_iter(&critical).len(), "each name stands once");
    let chain = texts(&json["header"]["x5c"]).iter().map(|one| BASE64.decode(one.as_bytes()).unwrap()).collect();
    Written {
        critical: critical.into_iter().collect(),
        protected: protected.keys().cloned().collect(),
        chain,
        payload: decoded("payload"),
    }
}

fn written_cose(bytes: &[u8]) -> Written {
    let Cbor::Tag(18, sign1) = Cbor::all(bytes) else { panic!("expected COSE_Sign1, tagged") };
    let [protected, unprotected, payload, _] = sign1.list() else { panic!("expected four parts") };
    let protected = Cbor::all(protected.bytes());
    let name = |key: &Cbor| match key {
        Cbor::Int(1) => "alg".to_owned(),
        Cbor::Int(2) => "crit".to_owned(),
        Cbor::Int(3) => "cty".to_owned(),
        Cbor::Text(text) => text.clone(),
        other => panic!("no header that is known: {other:?}"),
    };
    let critical = protected.get(&Cbor::Int(2)).unwrap().list();
    assert!(critical.iter().all(|one| protected.get(one).is_some()), "RFC 9052, 3.1: what is critical is there");
    let Cbor::Map(members) = &protected else { panic!("expected a map") };
    let chain = unprotected.get(&Cbor::Int(33)).unwrap().list();
    Written {
        critical: critical.iter().map(name).collect(),
        protected: members.iter().map(|(key, _)| name(key)).collect(),
        chain: chain.iter().map(|one| one.bytes().to_vec()).collect(),
        payload: payload.bytes().to_vec(),
    }
}

// spec: NP-051, NP-061, NP-086, NP-097, NP-109
#[test]
fn what_is_written_names_what_is_critical_orders_the_chain_and_describes_the_artifact() {
    let ca = ca();
    let options = || SignOptions::new(NOW);
    let cases: [(SignOptions, &[&str], &[&str]); 4] = [
        (options(), &[SCHEME], &[TIME]),
        (options().with_expiry(NOW.saturating_add(60)), &[SCHEME, EXPIRY], &[TIME]),
        (options().by_signing_authority(), &[SCHEME, AUTHENTIC], &[]),
        (options().by_signing_authority().with_expiry(NOW.saturating_add(60)), &[SCHEME, AUTHENTIC, EXPIRY], &[]),
    ];
    let names = |lists: &[&[&str]]| -> BTreeSet<String> { lists.concat().into_iter().map(str::to_owned).collect() };
    for format in FORMATS {
        for (options, critical, more) in &cases {
            let made = signed(&ca, &options.clone().with_format(format).with_metadata("team", "dish"));
            let bytes = made.envelope.bytes();
            let written = if format == Format::Jws { written_jws(bytes) } else { written_cose(bytes) };
            // NP-051, NP-109: all that a verifier must process is critical, and only what is there.
            assert_eq!(written.critical, names(&[critical]), "{format}");
            assert_eq!(written.protected, names(&[critical, more, &["alg", "crit", "cty"]]), "{format}");
            // NP-061, NP-086.
            assert_eq!(written.chain, [&*ca.leaf.der, &*ca.intermediate.der, &*ca.root.der]);
            // NP-097: and nothing of other types.
            let payload: serde_json::Value = serde_json::from_slice(&written.payload).unwrap();
            let target = target();
            let expected = serde_json::json!({"targetArtifact": {
                "mediaType": &*target.media_type, "digest": target.digest.to_string(), "size": target.size,
                "annotations": {"team": "dish"},
            }});
            assert_eq!(payload, expected);
        }
    }
    // In another order nothing is written.
    let chain = ca.chain();
    for wrong in [[1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0]] {
        let wrong = wrong.map(|index: usize| chain[index]);
        for format in FORMATS {
            let made = now(sign(&target(), &signer(&ca.leaf), &wrong, &options().with_format(format), provider()));
            assert!(made.is_err(), "{format}");
        }
    }
}
