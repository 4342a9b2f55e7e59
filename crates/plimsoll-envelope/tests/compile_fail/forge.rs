use plimsoll_envelope::{Opened, Sealed};

fn forge<'s>(sealed: &'s Sealed<'s>) -> Opened<'s> {
    Opened { sealed }
}

fn outlive() -> Opened<'static> {
    let bytes = Vec::new();
    let sealed = Sealed::dsse(&bytes, &Default::default()).unwrap();
    let key = plimsoll_core::PublicKey::from_spki_der(b"");
    let crypto = plimsoll_core::Provider::new(&[]);
    let critical = plimsoll_envelope::Critical::Only(&[]);
    sealed.open(0, key, plimsoll_core::Algorithm::Ed25519, crypto, critical).unwrap()
}

fn main() {}
