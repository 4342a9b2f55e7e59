//! Does one thing many times, and nothing else: for counting instructions (`cargo xtask instructions`), and for profilers.
//!
//! `own` is a verification whose public-key operations are left out, `whole` is one with them, and `hashes` are the two SHA-256 that every
//! verification takes: how many instructions those are depends on the processor. `many` is like `own`, for an image of a signer whose chain is
//! remembered.

use plimsoll_benches::{Fixture, Images};
use std::hint::black_box;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (what, name, count): (_, _, u32) = match words.as_slice() {
        [what, name, count] => (what.as_str(), name, count.parse().expect("a number")),
        _ => panic!("usage: hot_path own|whole|hashes|many NAME COUNT"),
    };
    if what == "many" {
        let images = Images::named(name, count as usize).expect("images of this name");
        return measured_many(&images);
    }
    let fixture = Fixture::usual().into_iter().find(|one| one.name == *name).expect("a fixture of this name");
    assert!(fixture.verify().verified().is_some(), "{name}");
    measured(&fixture, what, count);
}

/// Only what is in here is counted: making the fixture takes other numbers of instructions each time.
#[inline(never)]
fn measured(fixture: &Fixture, what: &str, count: u32) {
    for _ in 0..count {
        match what {
            "own" => drop(black_box(fixture.verify_nodding())),
            "whole" => drop(black_box(fixture.verify())),
            _ => drop(black_box(fixture.hashes())),
        }
    }
}

#[inline(never)]
fn measured_many(images: &Images) {
    images.each_nodding(now);
}

/// Its name does not match that of what is counted, where each call would turn the counting off and on.
fn now(_: usize, verify: &dyn Fn()) {
    verify();
}
