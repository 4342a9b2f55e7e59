//! Profiles of a caller's own.

use crate::fixture::{ANY, SPEC, build, code};
use plimsoll_pki::{
    Usage, code as codes,
    issue::Role,
    path::{PathProfile, Purpose},
};
use plimsoll_testkit::pki::{Certified, set_key_usage, set_purposes};

const OWN: &str = "1.3.6.1.4.1.99999.1";

#[test]
fn a_purpose_and_usages_of_ones_own() {
    let harbour = Certified::self_signed(SPEC, "CN=Harbour,C=US", ANY, |_| ());
    let leaf = |purposes: &[&str], bits| {
        harbour.issue(SPEC, "CN=Leaf,C=US", Role::Signer { ocsp: &[], crl: &[] }, |draft| {
            set_purposes(draft, purposes);
            set_key_usage(draft, true, bits);
        })
    };
    let profile = PathProfile::custom()
        .with_purpose(Purpose::Required(OWN.parse().unwrap()))
        .with_usages([Usage::DigitalSignature, Usage::ContentCommitment]);
    let verdict = |leaf: &Certified| build(&leaf.der, &[], &[&harbour.der], &profile);
    assert!(verdict(&leaf(&[OWN], [0xc0, 0])).is_ok());
    assert!(verdict(&leaf(&[OWN, "1.3.6.1.5.5.7.3.1"], [0xc0, 0])).is_ok());
    assert_eq!(code(verdict(&leaf(&[OWN], [0x80, 0]))), codes::CERTIFICATE_PROFILE);
    assert_eq!(code(verdict(&leaf(&["1.3.6.1.5.5.7.3.1"], [0xc0, 0]))), codes::CERTIFICATE_PROFILE);
    let nothing = build(&leaf(&["1.2.3"], [0x40, 0]).der, &[], &[&harbour.der], &PathProfile::custom());
    assert!(nothing.is_ok(), "RFC 5280 alone asks for no purpose");
}
