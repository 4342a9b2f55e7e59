//! OCSP responses (RFC 6960) for tests, by the rules and forged, and a gatherer whose evidence includes one.

mod forge;

pub use forge::{forge, response};

use plimsoll_core::{
    Algorithm, Backing, Code, Completeness, Context, Descriptor, Digest, Fact, Facts, Failure, Gather, Horizon,
    Message, Missing, Name, Outcome, PublicKey, Purpose, Record, Row, Schema, Subject, TrustedTime, Type, UnixTime,
    Value, VerifiedIdentity, VerifierId, code,
};
use plimsoll_crypto::PrivateKey;

/// What a forged answer says of the certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It is good.
    Good,
    /// It is revoked.
    Revoked,
    /// The responder does not know it.
    Unknown,
}

/// An OCSP answer in the making: every field can be wrong.
#[derive(Clone, Copy, Debug)]
pub struct OcspForge {
    /// The serial number that it speaks of.
    pub serial: u8,
    /// What it says.
    pub status: Status,
    /// Since when.
    pub this_update: UnixTime,
    /// Until when.
    pub next_update: Option<UnixTime>,
}

impl OcspForge {
    /// The DER of an `OCSPResponse`, signed with ECDSA on P-256 by `responder`.
    #[must_use]
    pub fn response(&self, responder: &PrivateKey) -> Vec<u8> {
        let data = self.response_data(responder);
        #[expect(clippy::expect_used, reason = "only tests call this, with a key on P-256")]
        let signature = responder
            .signer(Algorithm::EcdsaP256Sha256Der)
            .and_then(|signer| signer.sign_now(&data))
            .expect("a key on P-256");
        let algorithm = tlv(0x30, &tlv(0x06, ECDSA_WITH_SHA256));
        let bits = tlv(0x03, &[&[0_u8][..], &signature].concat());
        let basic = tlv(0x30, &[data, algorithm, bits].concat());
        let bytes = tlv(0x30, &[tlv(0x06, OCSP_BASIC), tlv(0x04, &basic)].concat());
        tlv(0x30, &[tlv(0x0a, &[0]), tlv(0xa0, &bytes)].concat())
    }
    fn response_data(&self, responder: &PrivateKey) -> Vec<u8> {
        let key_hash = Digest::sha256_of(responder.public_key_spki_der());
        let id = [
            tlv(0x30, &tlv(0x06, SHA256)),
            tlv(0x04, Digest::sha256_of(b"issuer name").as_bytes()),
            tlv(0x04, key_hash.as_bytes()),
            tlv(0x02, &[self.serial]),
        ];
        let status = match self.status {
            Status::Good => tlv(0x80, &[]),
            Status::Revoked => tlv(0xa1, &time(self.this_update)),
            Status::Unknown => tlv(0x82, &[]),
        };
        let next = self.next_update.map(|next| tlv(0xa0, &time(next))).unwrap_or_default();
        let single = tlv(0x30, &[tlv(0x30, &id.concat()), status, time(self.this_update), next].concat());
        let by_key = tlv(0xa2, &tlv(0x04, key_hash.as_bytes()));
        tlv(0x30, &[by_key, time(self.this_update), tlv(0x30, &single)].concat())
    }
}

fn time(time: UnixTime) -> Vec<u8> {
    let [year, month, day, hour, minute, second] = time.to_civil();
    tlv(0x18, format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z").as_bytes())
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

/// One element: its tag, its content, its whole encoding, and what follows.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
    rest: &'a [u8],
}

fn element(input: &[u8]) -> Option<Element<'_>> {
    let (tag, after) = input.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = if *first < 0x80 {
        (usize::from(*first), after)
    } else {
        let (bytes, after) = after.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().try_fold(0_usize, |n, b| n.checked_mul(256)?.checked_add(usize::from(*b)))?, after)
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = input.get(..input.len().checked_sub(rest.len())?)?;
    Some(Element { tag: *tag, content, whole, rest })
}

/// The elements inside a constructed one.
fn inside(mut content: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let next = element(content)?;
        content = next.rest;
        found.push(next);
    }
    Some(found)
}

/// What an answer said, after its signature held.
struct Said {
    serial: Vec<u8>,
    status: u8,
    this_update: Vec<u8>,
    next_update: Option<Vec<u8>>,
}

/// A gatherer as an outsider would write it: its evidence is a list of referrers, a manifest, a blob and an OCSP answer over
/// HTTP, asked for only after the blob was read.
///
/// It makes `seal` facts. The manifest holds `BLOB-DIGEST BLOB-SIZE`, the blob `URL SERIAL`.
#[derive(Clone, Debug)]
pub struct SealGather {
    /// The key whose answers count: a DER-encoded `SubjectPublicKeyInfo` on P-256.
    pub responder_spki_der: Vec<u8>,
}

/// The artifact type of a seal.
pub const SEAL_TYPE: &str = "application/vnd.plimsoll.test.seal";

/// The certificate of a seal is revoked.
pub const SEAL_REVOKED: Code =
    Code::new("test-seal-revoked", plimsoll_core::Class::Untrusted, "the test seal is revoked");
/// The status of a seal is not known.
pub const SEAL_UNKNOWN: Code =
    Code::new("test-seal-unknown", plimsoll_core::Class::Unavailable, "the status of the test seal is not known");

/// A seal whose certificate status was asked for.
#[derive(Clone, Debug)]
pub struct Seal {
    /// The serial number.
    pub serial: i64,
}

static SEAL: Schema =
    Schema { kind: "seal", version: 1, inherited: true, fields: &[("serial", Type::Int, "serial number of the seal")] };

impl Fact for Seal {
    const SCHEMA: &'static Schema = &SEAL;
}
impl Record for Seal {
    fn schema(&self) -> &'static Schema {
        &SEAL
    }
    fn field(&self, name: &str) -> Value<'_> {
        if name == "serial" { Value::Int(self.serial) } else { Value::Absent }
    }
}

impl Gather for SealGather {
    fn id(&self) -> VerifierId {
        VerifierId("test-seal")
    }
    fn kinds(&self) -> &'static [&'static str] {
        &["seal"]
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        let digest = subject.descriptor.digest;
        let list = match cx.referrers(subject.repository(), &digest, Some(SEAL_TYPE)) {
            Ok(list) => list,
            Err(Missing::Absent) => &[],
            Err(Missing::Pending) => return,
            Err(Missing::Failed(failure)) => {
                return facts.close(digest, "seal", Completeness::Partial(failure.code, failure.message));
            }
        };
        facts.close(digest, "seal", Completeness::Complete);
        for one in list {
            match self.one(subject, &one.descriptor, cx) {
                Ok(row) => facts.record(row),
                Err(Missing::Pending) => {}
                Err(Missing::Absent) => {
                    facts.close(
                        digest,
                        "seal",
                        Completeness::Partial(SEAL_UNKNOWN, "a part of a seal is not there".into()),
                    );
                }
                Err(Missing::Failed(failure)) => {
                    facts.close(digest, "seal", Completeness::Partial(failure.code, failure.message));
                }
            }
        }
    }
}

impl SealGather {
    fn one(&self, subject: &Subject, manifest: &Descriptor, cx: &mut Context<'_>) -> Result<Row, Missing> {
        let malformed = || Missing::Failed(Failure::new(code::MALFORMED_ANSWER, "the test seal is malformed"));
        let manifest = cx.manifest(subject.repository(), manifest)?;
        let text = std::str::from_utf8(manifest.bytes()).map_err(|_| malformed())?;
        let (digest, size) = text.split_once(' ').ok_or_else(malformed)?;
        let blob = Descriptor::new(
            "text/plain",
            digest.parse().map_err(|_| malformed())?,
            size.parse().map_err(|_| malformed())?,
        );
        let blob = cx.blob(subject.repository(), &blob)?;
        let text = std::str::from_utf8(blob.bytes()).map_err(|_| malformed())?;
        let (url, serial) = text.split_once(' ').ok_or_else(malformed)?;
        let serial: u8 = serial.parse().map_err(|_| malformed())?;
        let answer = cx.http(url, None, 20_480, Purpose::Ocsp)?;
        let outcome = self.judge(serial, &answer, cx);
        let name = Name::Key { spki: Digest::sha256_of(&self.responder_spki_der) };
        let who = VerifiedIdentity::assertion(self.id(), name, vec![TrustedTime::Clock(cx.at)]);
        Ok(Row::new(subject.descriptor.digest, Seal { serial: i64::from(serial) })
            .backed(Backing::Signed(who))
            .with_outcome(outcome)
            .on([manifest.descriptor().digest, blob.descriptor().digest, Digest::sha256_of(&answer)])
            .within(Horizon::new(cx.at, cx.at.saturating_add(3600))))
    }
    fn judge(&self, serial: u8, answer: &[u8], cx: &Context<'_>) -> Outcome {
        let unknown = |why: &str| Outcome::Failed(SEAL_UNKNOWN, why.into());
        let Some(said) = self.read(answer, cx) else {
            return unknown("the answer is malformed or not signed by the responder");
        };
        let now = time(cx.at);
        let now = element(&now).map(|one| one.content.to_vec()).unwrap_or_default();
        if said.serial != [serial] {
            return unknown("the answer speaks of another certificate");
        }
        // GeneralizedTime in this form sorts as text.
        if said.this_update > now || said.next_update.is_none_or(|next| next < now) {
            return unknown("the answer is stale");
        }
        match said.status {
            0x80 => Outcome::Held,
            0xa1 => Outcome::Failed(SEAL_REVOKED, "revoked".into()),
            _ => unknown("the responder does not know the certificate"),
        }
    }
    /// RFC 6960, section 4.2.1, as far as this test needs it.
    fn read(&self, answer: &[u8], cx: &Context<'_>) -> Option<Said> {
        let response = inside(element(answer)?.content)?;
        let [status, bytes] = response.as_slice() else { return None };
        if status.content != [0] {
            return None;
        }
        let bytes = inside(element(bytes.content)?.content)?;
        let [kind, basic] = bytes.as_slice() else { return None };
        if kind.content != OCSP_BASIC {
            return None;
        }
        let basic = inside(element(basic.content)?.content)?;
        let [data, _, signature] = basic.as_slice() else { return None };
        let key = PublicKey::from_spki_der(&self.responder_spki_der);
        let signature = signature.content.strip_prefix(&[0])?;
        cx.crypto.verify(Algorithm::EcdsaP256Sha256Der, key, Message::Parts(&[data.whole]), signature).ok()?;
        let data = inside(data.content)?;
        let single = inside(inside(data.get(2)?.content)?.first()?.content)?;
        let id = inside(single.first()?.content)?;
        Some(Said {
            serial: id.get(3)?.content.to_vec(),
            status: single.get(1)?.tag,
            this_update: single.get(2)?.content.to_vec(),
            next_update: single.get(3).and_then(|next| element(next.content)).map(|next| next.content.to_vec()),
        })
    }
}

const OCSP_BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
