//! Revocation: lists, OCSP, and the procedure over both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "helpers of tests may panic"
)]

mod chain;
mod codes;
mod crl;
mod distrust;
mod fixture;
mod issue;
mod million;
mod ocsp;
mod openssl;
mod remembered;
