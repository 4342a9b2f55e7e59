//! `Warning` headers: distribution-spec, [Warnings][spec].
//!
//! [spec]: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#warnings

use http::{HeaderMap, header};
use plimsoll_core::Escaped;

/// The texts of the warnings that a registry may give: `299 - "text"`, 4096 bytes of all together. Others are ignored.
pub(super) fn warnings(headers: &HeaderMap) -> Vec<Escaped> {
    let mut left = MOST;
    let mut found = Vec::new();
    for value in headers.get_all(header::WARNING) {
        let Some(length) = left.checked_sub(value.len()) else { break };
        left = length;
        let text = value.to_str().ok().and_then(|text| text.trim().strip_prefix("299 - \"")?.strip_suffix('"'));
        found.extend(text.map(|text| Escaped::new(&text.replace("\\\"", "\"").replace("\\\\", "\\"))));
    }
    found
}

const MOST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn only_what_the_specification_has_is_a_warning() {
        let mut headers = HeaderMap::new();
        for value in [
            r#"299 - "soon \"read only\"""#,
            r#"199 - "other code""#,
            r#"299 example "other agent""#,
            "299 - bare",
            r#"299 - "end""#,
        ] {
            headers.append(header::WARNING, HeaderValue::from_static(value));
        }
        let texts: Vec<_> = warnings(&headers).iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["soon \"read only\"", "end"]);
        let long = HeaderValue::try_from(format!("299 - \"{}\"", "a".repeat(5000))).unwrap();
        headers.insert(header::WARNING, long);
        assert!(warnings(&headers).is_empty());
    }
}
