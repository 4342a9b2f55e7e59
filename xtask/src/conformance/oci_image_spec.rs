//! The documents of image-spec's own schema tests.

use super::{Report, read};
use plimsoll_core::Digest;
use plimsoll_oci::{ImageConfig, Manifest, layout, media_type};
use std::path::Path;

pub(super) fn run(folder: &Path, report: &mut Report) -> Result<(), String> {
    let cases = read::json(&folder.join("SCHEMA_CASES.json"))?;
    for case in cases.as_array().ok_or("expected a list")? {
        let schema = read::text(case, "schema")?;
        let accept = match read::text(case, "expect")? {
            "valid" => true,
            "invalid" => false,
            other => return Err(format!("expected valid or invalid, found `{other}`")),
        };
        // Where two cases were cut as one, the Go code between them stands between backquotes.
        for document in read::text(case, "document")?.split('`').step_by(2) {
            let comment = read::text(case, "comment")?.trim_end_matches('.');
            let document_digest = Digest::sha256_of(document.as_bytes()).encoded();
            let name = report.name(format!("{schema}: {comment} [{document_digest:.8}]"));
            report.verdict(name, accept, judge(schema, document)?);
        }
    }
    Ok(())
}

/// Reads a document with the reader of its schema.
fn judge(schema: &str, document: &str) -> Result<Result<(), String>, String> {
    let bytes = document.as_bytes();
    Ok(match schema {
        "manifest" => accepted(Manifest::parse_bytes(media_type::IMAGE_MANIFEST, bytes)),
        "imageIndex" => accepted(Manifest::parse_bytes(media_type::IMAGE_INDEX, bytes)),
        "config" => accepted(ImageConfig::parse_bytes(bytes)),
        "imageLayout" => accepted(layout::check_header(bytes)),
        // A descriptor never stands alone.
        "descriptor" => {
            let index = format!(r#"{{"schemaVersion":2,"manifests":[{document}]}}"#);
            accepted(Manifest::parse_bytes(media_type::IMAGE_INDEX, index.as_bytes()))
        }
        other => return Err(format!("no reader for the schema `{other}`")),
    })
}

fn accepted<T, E: ToString>(found: Result<T, E>) -> Result<(), String> {
    found.map(|_| ()).map_err(|error| error.to_string())
}
