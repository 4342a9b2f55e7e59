//! A `TSTInfo`, field by field.

use super::{POLICY, TestTsa};
use plimsoll_core::UnixTime;

/// A `TSTInfo` in the making: every field is its whole encoding, and can be wrong, or empty to leave it out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are those of RFC 3161, which says what they mean")]
pub struct InfoForge {
    pub version: Vec<u8>,
    pub policy: Vec<u8>,
    pub message_imprint: Vec<u8>,
    pub serial_number: Vec<u8>,
    pub gen_time: Vec<u8>,
    pub accuracy: Vec<u8>,
    pub ordering: Vec<u8>,
    pub nonce: Vec<u8>,
    pub tsa: Vec<u8>,
    pub extensions: Vec<u8>,
}

impl InfoForge {
    /// A good one for a message, of a time; with the nonce of [`TestTsa::request`].
    #[must_use]
    pub fn of(message: &[u8], at: UnixTime) -> Self {
        let [year, month, day, hour, minute, second] = at.to_civil();
        let time = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        let mut made = Self {
            version: tlv(0x02, &[1]),
            policy: tlv(0x06, POLICY.as_bytes()),
            message_imprint: Vec::new(),
            serial_number: tlv(0x02, &[9; 16]),
            gen_time: tlv(0x18, time.as_bytes()),
            accuracy: tlv(0x30, &tlv(0x02, &[1])),
            ordering: Vec::new(),
            nonce: tlv(0x02, &[7; 20]),
            tsa: Vec::new(),
            extensions: Vec::new(),
        };
        let request = TestTsa::request(message);
        made.set_imprint(&request.imprint().hash().oid().to_string(), request.imprint().digest());
        made
    }
    /// Sets `genTime` to a text.
    pub fn set_time(&mut self, text: &str) {
        self.gen_time = tlv(0x18, text.as_bytes());
    }
    /// Sets `policy`, by its dotted number.
    pub fn set_policy(&mut self, oid: &str) {
        self.policy = oid_der(oid);
    }
    /// Sets `messageImprint`: the hash function by its dotted number, and a digest.
    pub fn set_imprint(&mut self, hash: &str, digest: &[u8]) {
        let algorithm = tlv(0x30, &oid_der(hash));
        self.message_imprint = tlv(0x30, &[algorithm, tlv(0x04, digest)].concat());
    }
    /// The encoding.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let fields = [
            &*self.version,
            &self.policy,
            &self.message_imprint,
            &self.serial_number,
            &self.gen_time,
            &self.accuracy,
            &self.ordering,
            &self.nonce,
            &self.tsa,
            &self.extensions,
        ];
        tlv(0x30, &fields.concat())
    }
}

fn oid_der(text: &str) -> Vec<u8> {
    tlv(0x06, spki::ObjectIdentifier::new(text).expect("an object identifier").as_bytes())
}

/// Tag, length and value, whatever the tag.
pub(super) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let header = match u8::try_from(length) {
        Ok(short) if short < 0x80 => vec![tag, short],
        Ok(short) => vec![tag, 0x81, short],
        Err(_) => [&[tag, 0x84], &u32::try_from(length).expect("less than four gigabytes").to_be_bytes()[..]].concat(),
    };
    // The fewest octets: leading zeros of a long length are left out.
    let header = match *header.as_slice() {
        [tag, 0x84, 0, 0, high, low] => vec![tag, 0x82, high, low],
        [tag, 0x84, 0, high, middle, low] => vec![tag, 0x83, high, middle, low],
        _ => header,
    };
    [&*header, value].concat()
}
