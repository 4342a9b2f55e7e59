//! A graph of certificates that has paths without number.

use crate::floor::{Library, Operation};
use plimsoll_core::{Classify, Digest, code::LIMIT_EXCEEDED};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    TrustStore,
    issue::Role,
    path::{PathBuilder, PathLimits, PathProfile},
};
use plimsoll_testkit::pki::{Certified, KeySpec, NOW, named_store, remove_extension};

/// Seven floors of seven authorities: all of one floor have one name, and each is certified by five of the floor above. None of them
/// is trusted. Searched without a budget, it has 7 * 5^6 ways up.
pub struct Ladder {
    leaf: Vec<u8>,
    bag: Vec<Vec<u8>>,
    anchors: TrustStore,
    profile: PathProfile,
    floor: Operation,
}

impl Ladder {
    /// Issues the certificates.
    #[must_use]
    pub fn new() -> Self {
        let floors: Vec<Vec<Certified>> =
            (0..7).map(|level| (0..7).map(|_| root(&format!("CN=Floor {level},C=US"))).collect()).collect();
        let mut bag = Vec::new();
        for pair in floors.windows(2) {
            for one in &pair[0] {
                bag.extend(pair[1].iter().take(5).map(|above| cross(above, one)));
            }
        }
        let signer = Role::Signer { ocsp: &[], crl: &[] };
        // Without the issuer's key identifier every authority of the name is a candidate.
        let leaf = floors[0][6].issue(SPEC, "CN=Pilot,O=Harbour,C=US", signer, |draft| {
            remove_extension(draft, "2.5.29.35");
        });
        let floor = Operation::link(Library::Ring, SPEC, &leaf.view(), &floors[0][6].view());
        let anchor = root("CN=Anchor,C=US");
        let anchors = TrustStore::new([named_store("ca:bench", &[&anchor.der])]);
        Self { leaf: leaf.der, bag, anchors, profile: PathProfile::code_signing(), floor }
    }
    /// As many bare signature checks as the budget has.
    pub fn floor(&self) {
        (0..PathLimits::default().signatures).for_each(|_| self.floor.run());
    }
    /// Searches, until the budget is spent.
    pub fn search(&self) {
        let bag: Vec<&[u8]> = self.bag.iter().map(Vec::as_slice).collect();
        let found = PathBuilder::new(&self.anchors, &self.profile, provider()).build(&self.leaf, &bag, NOW).map(drop);
        assert_eq!(found.map_err(|error| error.code()), Err(LIMIT_EXCEEDED));
    }
}

impl Default for Ladder {
    fn default() -> Self {
        Self::new()
    }
}

fn root(subject: &str) -> Certified {
    Certified::self_signed(SPEC, subject, Role::Root { path_length: None }, |_| ())
}

/// A certificate of `issuer` for the name and key of `of`.
fn cross(issuer: &Certified, of: &Certified) -> Vec<u8> {
    let (subject, key) = (of.view().subject().der().to_vec(), of.key.public_key_spki_der().to_vec());
    let serial = Digest::sha256_of(&[&*issuer.der, &of.der].concat());
    let authority = Role::Intermediate { path_length: None };
    let made = issuer.issue(SPEC, "CN=x", authority, |draft| {
        (draft.subject, draft.spki, draft.serial) = (subject, key, [&[1], &serial.as_bytes()[..12]].concat());
    });
    made.der
}

const SPEC: KeySpec = KeySpec::P256;
