//! Edits of a certificate that is about to be signed.

use der::{Encode, Tag, asn1::AnyRef};
use plimsoll_core::UnixTime;
use plimsoll_pki::issue::{Draft, DraftExtension};
use spki::ObjectIdentifier;

/// An extension, by its dotted number and the DER in `extnValue`.
#[must_use]
pub fn extension(oid: &str, critical: bool, value: &[u8]) -> DraftExtension {
    DraftExtension { oid: ObjectIdentifier::new(oid).expect("an object identifier"), critical, value: value.to_vec() }
}

/// Takes an extension out, if it is there.
pub fn remove_extension(draft: &mut Draft, oid: &str) {
    draft.extensions.retain(|one| one.oid.to_string() != oid);
}

/// Puts an extension in the place of the one with the same number, or at the end.
pub fn replace_extension(draft: &mut Draft, new: DraftExtension) {
    match draft.extensions.iter_mut().find(|one| one.oid == new.oid) {
        Some(old) => *old = new,
        None => draft.extensions.push(new),
    }
}

/// Sets `keyUsage`: the two octets of its bits, digitalSignature being 0x80 of the first and decipherOnly 0x80 of the second.
pub fn set_key_usage(draft: &mut Draft, critical: bool, bits: [u8; 2]) {
    let value = tlv(Tag::BitString, &[7, bits[0], bits[1] & 0x80]);
    replace_extension(draft, extension("2.5.29.15", critical, &value));
}

/// Sets `extKeyUsage` to these purposes, by their dotted numbers.
pub fn set_purposes(draft: &mut Draft, purposes: &[&str]) {
    let one = |text: &&str| ObjectIdentifier::new(text).expect("an object identifier").to_der();
    let list: Vec<u8> = purposes.iter().flat_map(|text| one(text).expect("an encoding")).collect();
    replace_extension(draft, extension("2.5.29.37", false, &tlv(Tag::Sequence, &list)));
}

/// Sets the validity, in GeneralizedTime.
pub fn set_validity(draft: &mut Draft, not_before: UnixTime, not_after: UnixTime) {
    let time = |time: UnixTime| {
        let text: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
        tlv(Tag::GeneralizedTime, format!("{text}Z").as_bytes())
    };
    (draft.not_before, draft.not_after) = (time(not_before), time(not_after));
}

/// Tag, length and value.
#[must_use]
pub fn tlv(tag: Tag, value: &[u8]) -> Vec<u8> {
    AnyRef::new(tag, value).and_then(|any| any.to_der()).expect("an encoding")
}

/// A name of these attributes, one RDN each, in the order of the encoding: dotted number, string type, octets.
#[must_use]
pub fn name(attributes: &[(&str, Tag, &[u8])]) -> Vec<u8> {
    let rdn = |(oid, tag, value): &(&str, Tag, &[u8])| {
        let oid = ObjectIdentifier::new(oid).expect("an object identifier").to_der().expect("an encoding");
        tlv(Tag::Set, &tlv(Tag::Sequence, &[oid, tlv(*tag, value)].concat()))
    };
    tlv(Tag::Sequence, &attributes.iter().flat_map(rdn).collect::<Vec<u8>>())
}
