use plimsoll_envelope::{Sealed, Unverified};

fn from_sealed<'s>(sealed: &'s Sealed<'_>) -> &'s [u8] {
    sealed.payload()
}

fn from_field<'s>(sealed: &'s Sealed<'_>) -> &'s [u8] {
    sealed.bytes(&sealed.payload)
}

fn from_claims<'s>(claims: Unverified<'s>) -> &'s [u8] {
    claims.payload()
}

fn main() {}
