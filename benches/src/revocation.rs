//! A list as large as lists may be, and a timestamp.

use der::Tag;
use plimsoll_crypto::provider;
use plimsoll_pki::{
    TrustStore,
    crl::{CertificateList, CrlLimits, VerifiedList},
    timestamp::{TimestampLimits, TimestampToken},
};
use plimsoll_testkit::{
    crl::{forge, request},
    pki::{Certified, KeySpec, TestCa, tlv},
    timestamp::TestTsa,
};

/// A list of a million serial numbers, in no order.
pub struct LargeList {
    issuer: Certified,
    list: CertificateList,
    der: Vec<u8>,
}

impl LargeList {
    /// Signs the list.
    #[must_use]
    pub fn new() -> Self {
        let issuer = TestCa::new(KeySpec::P256).intermediate;
        let entries: Vec<u8> = (0..1_000_000).flat_map(entry).collect();
        // The entries follow nextUpdate.
        let der = forge(&issuer, &request(&[]), |draft| {
            let next = draft.next_update.take().expect("a next update");
            draft.next_update = Some([next, tlv(Tag::Sequence, &entries)].concat());
        });
        let list = CertificateList::from_der(der.clone(), &CrlLimits::default()).expect("a list");
        Self { issuer, list, der }
    }
    /// Reads the list, and indexes it.
    pub fn read(&self) {
        let list = CertificateList::from_der(self.der.clone(), &CrlLimits::default()).expect("a list");
        assert_eq!(list.len(), 1_000_000);
    }
    /// Checks the signature of the list, and gives what can be asked. Run it once.
    pub fn with_checked<T>(&self, run: impl FnOnce(&VerifiedList<'_>) -> T) -> T {
        let issuer = self.issuer.view();
        run(&self.list.verify(&issuer, provider()).expect("a list that holds"))
    }
    /// Looks one serial number up that is there, and one that is not.
    pub fn look_up(list: &VerifiedList<'_>, number: u32) {
        let [_, a, b, c] = serial(number);
        assert!(list.entry(&[a, b, c]).is_some());
        assert!(list.entry(&[0x7f, a, b, c]).is_none());
    }
}

impl Default for LargeList {
    fn default() -> Self {
        Self::new()
    }
}

fn serial(number: u32) -> [u8; 4] {
    (number.wrapping_mul(7_368_787) & 0x7f_ffff | 0x10_0000).to_be_bytes()
}

/// One entry in DER: three octets of serial number, and a date.
fn entry(number: u32) -> [u8; 22] {
    let [_, a, b, c] = serial(number);
    let mut entry = [0; 22];
    entry[..7].copy_from_slice(&[0x30, 20, 2, 3, a, b, c]);
    entry[7..].copy_from_slice(b"\x17\x0d260530000000Z");
    entry
}

/// A timestamp of an authority below a trusted root.
pub struct Token {
    der: Vec<u8>,
    anchors: TrustStore,
}

impl Token {
    /// Asks a test authority.
    #[must_use]
    pub fn new() -> Self {
        let tsa = TestTsa::new(KeySpec::P256);
        Self { der: tsa.token(MESSAGE), anchors: tsa.trust_store() }
    }
    /// Reads and verifies it.
    pub fn verify(&self) {
        let token = TimestampToken::parse(&self.der, &TimestampLimits::default()).expect("a token");
        token.verify(MESSAGE, &self.anchors, provider()).expect("it holds");
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// As long as a signature of P-256.
const MESSAGE: &[u8] = &[7; 64];
