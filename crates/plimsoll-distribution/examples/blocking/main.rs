//! The protocol without async: `cargo run --example blocking -- 127.0.0.1:5000/app:v1` prints the digest and the tags.

#![allow(clippy::print_stdout, reason = "an example shows what came")]

mod driver;

use plimsoll_core::Reference;
use plimsoll_distribution::protocol::Protocol;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::args().nth(1).ok_or("expected HOST/REPOSITORY:TAG")?;
    let reference: Reference = text.parse()?;
    let repository = Protocol::builder().build().repository(reference.repository())?;
    let manifest = driver::drive(repository.manifest(&reference.pointer()), &[], &mut Vec::new())?;
    println!("{}", manifest.descriptor().digest);
    for tag in driver::drive(repository.tags(), &[], &mut Vec::new())? {
        println!("{tag}");
    }
    Ok(())
}
