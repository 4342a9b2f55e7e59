//! The time-stamping authority and the OCSP responder, asked by somebody who means no good.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails loudly"
)]

mod common;

use common::{Job, World, http, owned, world};
use plimsoll_authority::{RevocationService, Server, TimestampService};
use plimsoll_crypto::{LocalSigner, provider};
use plimsoll_pki::{
    Hash, Limits as PkiLimits,
    issue::Role,
    ocsp::{OcspLimits, OcspRequest, OcspResponse, OcspStatus, ResponseStatus},
    timestamp::{
        MessageImprint, Nonce, PkiStatus, TimestampLimits, TimestampRequest, TimestampResponse, TimestampToken,
    },
};
use plimsoll_testkit::pki::{KeySpec, TestCa};
use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

type Stamps = TimestampService<LocalSigner>;

fn stamping(world: &World) -> Stamps {
    let role = Role::TimestampAuthority { ocsp: &[], crl: &[] };
    let tsa = world.ca.intermediate.issue(KeySpec::P256, "CN=Time,O=Harbour,ST=WA,C=US", role, |_| ());
    let chain = vec![owned(&tsa.der), owned(&world.ca.intermediate.der), owned(&world.ca.root.der)];
    let policy = spki::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
    TimestampService::new(chain, common::signer(&tsa), policy, world.time.clock(), provider()).unwrap()
}

fn query(nonce: u8) -> TimestampRequest {
    TimestampRequest::new(MessageImprint::of(Hash::Sha256, b"cargo"), Nonce::from_random([nonce; 20]))
}

async fn token(stamps: &Stamps, query: &TimestampRequest) -> TimestampToken {
    let answer = stamps.respond(&query.to_der()).await.to_der();
    TimestampResponse::parse(&answer, &TimestampLimits::default()).unwrap().token_for(query).unwrap()
}

#[tokio::test]
async fn no_serial_number_comes_twice_also_after_a_restart() {
    let world = world();
    let mut serials = BTreeSet::new();
    for _ in 0..3 {
        // The service as it is after a start: with nothing that it remembers.
        let stamps = stamping(&world);
        for nonce in 0..40 {
            let serial = token(&stamps, &query(nonce)).await.claimed().serial.clone();
            // RFC 3161, 2.4.2: up to 160 bits, and ours are positive.
            assert!(serial.len() <= 20 && serial[0] < 0x80, "{serial:?}");
            serials.insert(serial);
        }
    }
    assert_eq!(serials.len(), 120);
    // Random, and not the clock, which stands still here, or a counter.
    let middle: BTreeSet<u8> = serials.iter().map(|serial| serial[serial.len() / 2]).collect();
    assert!(middle.len() > 40, "{}", middle.len());
}

// attack: A-206
#[tokio::test]
async fn a_206_the_answer_repeats_the_number_and_says_how_right_its_clock_is() {
    let world = world();
    let stamps = stamping(&world);
    for nonce in [[0; 20], [1; 20], [0x7f; 20], [0x80; 20], [0xff; 20]] {
        let query = TimestampRequest::new(MessageImprint::of(Hash::Sha512, b"cargo"), Nonce::from_random(nonce));
        let token = token(&stamps, &query).await;
        assert_eq!(
            (token.claimed().nonce.as_ref(), token.claimed().policy.to_string().as_str()),
            (query.nonce(), "1.3.6.1.4.1.32473.1")
        );
        assert_eq!(token.claimed().stated_accuracy, Some(Duration::from_secs(1)));
        // An answer to another number is none to this.
        let answer = stamps.respond(&query.to_der()).await;
        assert!(answer.token_for(&self::query(42)).is_err());
    }
    let rough = stamping(&world).with_accuracy(Some(Duration::from_millis(2500)));
    assert_eq!(token(&rough, &query(1)).await.claimed().stated_accuracy, Some(Duration::from_millis(2500)));
    let silent = stamping(&world).with_accuracy(None);
    assert_eq!(token(&silent, &query(1)).await.claimed().stated_accuracy, None);
}

/// A query by any hash function: SEQUENCE { 1, SEQUENCE { SEQUENCE { oid }, OCTET STRING }, .. }.
fn raw(oid: &str, digest: usize, more: &[u8]) -> Vec<u8> {
    use der::Encode as _;
    let oid = spki::ObjectIdentifier::new_unwrap(oid).to_der().unwrap();
    let tlv = |tag: u8, content: &[u8]| {
        let mut out = vec![tag, 0x82];
        out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
        if content.len() < 128 {
            out = vec![tag, u8::try_from(content.len()).unwrap()];
        } else if content.len() < 256 {
            out = vec![tag, 0x81, u8::try_from(content.len()).unwrap()];
        }
        out.extend(content);
        out
    };
    let imprint = tlv(0x30, &[tlv(0x30, &oid), tlv(0x04, &vec![7; digest])].concat());
    tlv(0x30, &[&[2, 1, 1][..], &imprint, more].concat())
}

// attack: A-199
// attack: A-209
#[tokio::test]
async fn a_199_only_strong_hashes_of_their_length_are_stamped_and_only_what_is_understood() {
    let world = world();
    let stamps = stamping(&world);
    let status = async |query: &[u8]| stamps.respond(query).await.status();
    assert_eq!(status(&raw("2.16.840.1.101.3.4.2.1", 32, b"")).await, PkiStatus::Granted);
    for (oid, digest) in [
        ("1.3.14.3.2.26", 20),          // SHA-1
        ("1.2.840.113549.2.5", 16),     // MD5
        ("2.16.840.1.101.3.4.2.4", 28), // SHA-224
        ("1.3.36.3.2.1", 20),           // RIPEMD-160
        ("2.16.840.1.101.3.4.2.1", 31),
        ("2.16.840.1.101.3.4.2.1", 64),
        ("2.16.840.1.101.3.4.2.3", 0),
    ] {
        assert_eq!(status(&raw(oid, digest, b"")).await, PkiStatus::Rejection, "{oid} {digest}");
    }
    let good = query(1).to_der();
    let mut version = good.clone();
    let at = version.windows(3).position(|three| three == [2, 1, 1]).unwrap();
    version[at + 2] = 2;
    // An extension, whether it is critical or not: none is known (RFC 3161, 2.4.1).
    let extension = raw("2.16.840.1.101.3.4.2.1", 32, &[0xa0, 8, 0x30, 6, 6, 1, 0x2a, 4, 1, 0]);
    let twice = raw("2.16.840.1.101.3.4.2.1", 32, &[2, 1, 5, 2, 1, 6]);
    let trailing = [&good[..], &[0]].concat();
    let cut = good[..good.len() - 1].to_vec();
    let large = raw("2.16.840.1.101.3.4.2.1", 20_000, b"");
    let long_oid = {
        let mut oid = vec![0x06, 0x82, 0x1f, 0x40];
        oid.extend(vec![0xff; 7999]);
        oid.push(1);
        raw("2.16.840.1.101.3.4.2.1", 32, &oid)
    };
    for bad in [
        version,
        extension,
        twice,
        trailing,
        cut,
        large,
        long_oid,
        Vec::new(),
        vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(status(&bad).await, PkiStatus::Rejection, "{:?}", bad.get(..40));
    }
}

#[tokio::test]
async fn certificates_come_only_where_they_are_asked_for() {
    let world = world();
    let stamps = stamping(&world);
    let without = raw("2.16.840.1.101.3.4.2.1", 32, b"");
    let with = raw("2.16.840.1.101.3.4.2.1", 32, &[1, 1, 0xff]);
    let (without, with) = (stamps.respond(&without).await.to_der(), stamps.respond(&with).await.to_der());
    let holds = |answer: &[u8]| answer.windows(world.ca.root.der.len()).any(|window| window == world.ca.root.der);
    assert!(!holds(&without) && holds(&with));
}

async fn serve(service: impl plimsoll_authority::Service) -> SocketAddr {
    let server = Server::builder(service, "127.0.0.1:0".parse().unwrap()).bind().await.unwrap();
    let address = server.address();
    tokio::spawn(server.run());
    address
}

// attack: A-208
#[tokio::test]
async fn a_208_a_large_query_is_not_read() {
    let world = world();
    let address = serve(stamping(&world)).await;
    let post = "POST /\r\nContent-Type: application/timestamp-query";
    assert_eq!(http(address, post, &vec![0x30; 64 * 1024 + 1]).await.0, 413);
    let (status, _, answer) = http(address, post, &vec![0x30; 64 * 1024]).await;
    let refused = TimestampResponse::parse(&answer, &TimestampLimits::default()).unwrap();
    assert_eq!((status, refused.status()), (200, PkiStatus::Rejection));
    assert_eq!(http(address, "POST /\r\nContent-Type: application/timestamp-query; x=y", b"").await.0, 415);
}

fn responder(world: &World) -> RevocationService<LocalSigner> {
    RevocationService::new(world.authority.clone(), common::signer(&world.ca.intermediate))
}

// attack: A-180
#[tokio::test]
async fn a_180_a_nonce_is_repeated_and_one_that_is_none_is_refused() {
    let world = world();
    let service = responder(&world);
    let issued = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap();
    let limits = PkiLimits::default();
    let (leaf, issuer) = (issued.chain[0].view(&limits).unwrap(), world.ca.intermediate.view());
    let ask = async |request: &OcspRequest, asked: &OcspRequest| {
        let response = service.respond(&request.to_der()).await;
        let response = OcspResponse::from_der(response, &OcspLimits::default()).unwrap();
        response.verify(asked, &leaf, &issuer, world.time.now(), provider()).map(|verified| verified.status())
    };
    let (plain, one, two) = (
        OcspRequest::new(&leaf, &issuer),
        OcspRequest::new(&leaf, &issuer).with_nonce([1; 32]),
        OcspRequest::new(&leaf, &issuer).with_nonce([2; 32]),
    );
    assert_eq!((ask(&plain, &plain).await, ask(&one, &one).await), (Ok(OcspStatus::Good), Ok(OcspStatus::Good)));
    assert!(ask(&one, &two).await.is_err(), "an answer to another question");
    // RFC 9654, 2.1: 1 to 128 octets.
    let der = one.to_der();
    let at = der.windows(34).position(|window| window[..2] == [4, 32] && window[2..] == [1; 32]).unwrap();
    let mut none = der.clone();
    none[at + 1] = 31;
    assert_eq!(service.respond(&none).await, ResponseStatus::MalformedRequest.to_der());
    let large = vec![0x30; 30 * 1024];
    assert_eq!(service.respond(&large).await, ResponseStatus::MalformedRequest.to_der());
}

#[tokio::test]
async fn one_question_about_a_certificate_of_others_spoils_the_request() {
    let (world, other) = (world(), TestCa::new(KeySpec::P256));
    let service = responder(&world);
    let ours = OcspRequest::new(&world.ca.leaf.view(), &world.ca.intermediate.view());
    // Ours, below the name of our issuer and the key of another, and the other way round.
    let crossed = OcspRequest::new(&world.ca.leaf.view(), &other.intermediate.view());
    assert_eq!(service.respond(&crossed.to_der()).await, ResponseStatus::Unauthorized.to_der());
    // Both in one request: SEQUENCE { SEQUENCE { SEQUENCE OF Request } }.
    let tlv = |content: Vec<u8>| {
        let mut out = vec![0x30, 0x81, u8::try_from(content.len()).unwrap()];
        if content.len() < 128 {
            out = vec![0x30, u8::try_from(content.len()).unwrap()];
        }
        out.extend(content);
        out
    };
    let both = [&ours, &crossed].map(|one| tlv(one.ids()[0].der().to_vec())).concat();
    let both = tlv(tlv(tlv(both)));
    assert_eq!(OcspRequest::from_der(&both, &OcspLimits::default()).unwrap().ids().len(), 2);
    assert_eq!(service.respond(&both).await, ResponseStatus::Unauthorized.to_der());
    let none = tlv(tlv(tlv(Vec::new())));
    assert_eq!(service.respond(&none).await, ResponseStatus::MalformedRequest.to_der());
    let many = vec![0; 65].into_iter().flat_map(|_: i32| ours.ids()[0].der().to_vec()).collect::<Vec<u8>>();
    assert_eq!(service.respond(&many).await, ResponseStatus::MalformedRequest.to_der());
}

#[tokio::test]
async fn what_is_signed_may_be_kept_as_long_as_it_counts_and_nothing_else() {
    let world = world();
    let short = serve(responder(&world).with_lifetime(30)).await;
    let usual = serve(responder(&world)).await;
    let issued = world.service.issue(&Job::new().request(&world.ci.token(|_| ()))).await.unwrap();
    let limits = PkiLimits::default();
    let (leaf, issuer) = (issued.chain[0].view(&limits).unwrap(), world.ca.intermediate.view());
    let good = OcspRequest::new(&leaf, &issuer);
    let path = good.get_url("/ocsp").unwrap();
    let kept = async |address: SocketAddr, path: &str| {
        let (status, head, _) = http(address, &format!("GET {path}"), b"").await;
        assert!(status == 200, "{path}: {head}");
        head.lines().find_map(|line| line.strip_prefix("cache-control: ")).unwrap().to_owned()
    };
    assert_eq!(kept(usual, &path).await, "public, max-age=60, no-transform");
    assert_eq!(kept(short, &path).await, "public, max-age=30, no-transform");
    assert_eq!(kept(usual, "/ca.crl").await, "public, max-age=60, no-transform");
    // Said without a signature: for this moment alone.
    let other = TestCa::new(KeySpec::P256);
    let foreign = OcspRequest::new(&other.leaf.view(), &other.intermediate.view()).get_url("/ocsp").unwrap();
    for path in [foreign.as_str(), "/ocsp/rubbish", "/ocsp/", "/ocsp/MA%3D%3D"] {
        assert_eq!(kept(usual, path).await, "no-store", "{path}");
    }
    let (_, head, _) = http(usual, "POST /ocsp\r\nContent-Type: application/ocsp-request", &good.to_der()).await;
    assert!(head.contains("cache-control: no-store"), "{head}");
    // The ledger is away: nothing is known, and that is not kept either.
    std::fs::remove_file(world.directory.path().join("ledger.jsonl")).unwrap();
    let (_, head, body) = http(usual, &format!("GET {path}"), b"").await;
    assert!(body == ResponseStatus::TryLater.to_der() && head.contains("cache-control: no-store"), "{head}");
}
