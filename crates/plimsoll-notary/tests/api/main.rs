//! The public API of plimsoll-notary, one module per subject.

mod codes;
mod forge;
mod gather;
mod sign;
mod verify;
