//! Configuration files in YAML: one document, no key twice, no tags, no merge keys, nothing that is not known.

use crate::{
    DocumentError, Loaded, Warning,
    file::{Links, read_file, shown},
};
use plimsoll_core::Escaped;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a settings file; what the default is where no file is. It decides whom to trust or contact, so a link is refused, and that
/// others can write it is said.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> Result<Loaded<T>, DocumentError> {
    let contents = match read_file(path, Links::Refuse, LIMIT) {
        Ok(contents) => contents,
        Err(error) if error.is_missing() => return Ok(Loaded::plain(T::default())),
        Err(error) => return Err(error.into()),
    };
    let warnings = Warning::writable(path, contents.access).into_iter().collect();
    Ok(Loaded { value: parse(path, &contents.bytes)?, warnings })
}

pub(crate) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, DocumentError> {
    let malformed = |line, column, at: &str, problem: &str| DocumentError::Malformed {
        path: shown(path),
        line,
        column,
        at: Escaped::new(at),
        problem: Escaped::new(problem),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| malformed(1, 1, "", "expected text in UTF-8"))?;
    let mut track = serde_path_to_error::Track::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |deserializer| {
        T::deserialize(serde_path_to_error::Deserializer::new(deserializer, &mut track))
    });
    read.map_err(|error| {
        let place = error.location();
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (line, column) = place.map_or((1, 1), |place| (number(place.line()), number(place.column())));
        let whole = error.without_snippet().to_string();
        let problem = whole.lines().next().unwrap_or_default();
        let problem = problem.rsplit_once(" at line ").map_or(problem, |(problem, _)| problem);
        let at = track.path().to_string();
        malformed(line, column, if at == "." { "" } else { &at }, problem)
    })
}

fn options() -> serde_saphyr::Options {
    let nodes = 100_000;
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 16,
            flow_nesting_limit: 16,
            max_nodes: nodes,
            max_events: 200_000,
            max_documents: 1,
            max_aliases: 0,
            max_anchors: 0,
            max_merge_keys: 0,
        },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        legacy_octal_numbers: false,
        with_snippet: false,
    }
}

/// As for every configuration file.
const LIMIT: u64 = crate::json::LIMIT;
