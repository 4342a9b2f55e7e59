//! Which rows of the attack list are claimed, and by which test.

use super::{claims, sources::Source};

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let (claims, wrong) = claims::read(sources, &claims::ATTACKS);
    for (id, tests) in &claims {
        println!("{id}: {}", tests.join(", "));
    }
    println!("attacks: {} rows claimed", claims.len());
    wrong
}
