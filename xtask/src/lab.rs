//! A place to run whole commands in: a folder, programs with what they took, servers, and tables of what came out.

mod authority;
mod folder;
mod loopback;
mod measure;
mod notary;
mod peers;
mod server;
mod table;

pub(crate) use authority::{Authority, Issued, KeyKind, SIGNER, STAMPING, Stamps, Wanted, now};
pub(crate) use folder::Folder;
pub(crate) use loopback::{Asked, Loopback, Told};
pub(crate) use measure::{Done, Program, STARTER, started};
pub(crate) use notary::{openssl_pki, plimsoll_pki, trust};
pub(crate) use peers::{Options, Peers, build, target};
pub(crate) use server::{Server, free};
pub(crate) use table::Table;
