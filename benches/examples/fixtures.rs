//! Writes the signatures that the benchmarks verify, so that other programs can be measured on the same bytes.

use plimsoll_benches::Fixture;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("usage: fixtures FOLDER");
    for fixture in Fixture::usual() {
        let name = fixture.name.replace(' ', ".");
        std::fs::write(Path::new(&folder).join(&name), &fixture.envelope)?;
        std::fs::write(Path::new(&folder).join(format!("{name}.pem")), &fixture.root_pem)?;
        println!("{name}");
    }
    Ok(())
}
