//! What plugins are delivered in.

use super::{Outcome, Seeds};
use flate2::{Compression, write::GzEncoder};
use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, write::SimpleFileOptions};

const PROGRAM: &[u8] = b"#!/bin/sh\nexit 0\n";
const NAMES: [&str; 3] = ["LICENSE", "notation-kms", "docs/README"];

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    seeds.add("plugin_archive", PROGRAM);
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        seeds.add("plugin_archive", zip(&NAMES, method)?);
    }
    seeds.add("plugin_archive", zip(&["../notation-kms"], CompressionMethod::Stored)?);
    seeds.add("plugin_archive", tar_gz(&NAMES)?);
    // One whose name stands in a header of its own.
    let long = format!("notation-{}", "k".repeat(120));
    seeds.add("plugin_archive", tar_gz(&[&long])?);
    Ok(())
}

fn zip(names: &[&str], method: CompressionMethod) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(method))?;
        archive.write_all(PROGRAM)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn tar_gz(names: &[&str]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for name in names {
        let mut header = tar::Header::new_gnu();
        header.set_size(u64::try_from(PROGRAM.len())?);
        header.set_mode(0o755);
        archive.append_data(&mut header, name, PROGRAM)?;
    }
    Ok(archive.into_inner()?.finish()?)
}
