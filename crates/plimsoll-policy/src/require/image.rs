//! What the image itself is.

use crate::{
    code,
    document::Image,
    require::attestation::either,
    scope::{Scope, computed, platform_of},
    truth::Finding,
};
use plimsoll_core::{Code, Escaped, Outcome, Row, Value};

/// Judges manifest and configuration: read whole, and what they say. Without them nothing is known.
pub(crate) fn judge(rule: &Image, scope: &Scope<'_>) -> Finding {
    let mut finding = intact(scope);
    for row in scope.rows("image") {
        finding = match &row.outcome {
            Outcome::Failed(code, text) => finding.and(broken(scope, *code, text)),
            Outcome::Held if computed(row) => finding.and(says(rule, scope, row)),
            Outcome::Held => finding,
        };
    }
    scope.noting(finding, &["image"])
}

fn intact(scope: &Scope<'_>) -> Finding {
    if let Some((code, text)) = scope.gap("image") {
        return broken(scope, code, &text);
    }
    if scope.rows("image").any(|row| computed(row) || row.outcome != Outcome::Held) {
        return Finding::yes();
    }
    let message = "expected the manifest and configuration of an image, found neither";
    Finding::unknown(scope.reason(code::IMAGE_UNAVAILABLE, message))
}

/// Nothing is known of what is not intact, whatever the code: `not` must not make a yes of it.
fn broken(scope: &Scope<'_>, code: Code, text: &str) -> Finding {
    Finding::unknown(scope.reason(code, &format!("expected an intact image: {text}")))
}

fn says(rule: &Image, scope: &Scope<'_>, row: &Row) -> Finding {
    let mut finding = Finding::yes();
    if let Some(platforms) = &rule.platforms {
        let found = platform_of(row).unwrap_or_default();
        if !platforms.iter().any(|wanted| wanted.matches_platform(&found)) {
            let message = format!("expected the platform {}, found `{}`", either(platforms), Escaped::new(&found));
            let hint = "build it for a platform that the policy lists";
            finding = finding.and(Finding::no(scope.reason(code::PLATFORM_NOT_ALLOWED, &message).with_hint(hint)));
        }
    }
    let labels = match row.record().field("labels") {
        Value::Map(labels) => Some(labels),
        _ => None,
    };
    for (key, wanted) in &rule.labels.0 {
        let found = labels.and_then(|labels| labels.get(key));
        if !found.is_some_and(|found| wanted.matches(found)) {
            let key = Escaped::new(key);
            let found = found.map_or_else(|| "none".into(), |found| format!("`{}`", Escaped::new(found)));
            let message = format!("expected the label `{key}` to be {wanted}, found {found}");
            let hint = format!("build it with the label `{key}`");
            finding = finding.and(Finding::no(scope.reason(code::LABEL_MISMATCH, &message).with_hint(hint)));
        }
    }
    finding
}
