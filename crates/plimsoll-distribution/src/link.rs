//! `Link: <url>; rel="next"`.

/// The target of the first `next` link of a header: RFC 8288, section 3, as distribution-spec uses it for pages.
///
/// ```
/// use plimsoll_distribution::next_link;
/// assert_eq!(next_link(r#"</v2/a/tags/list?last=b&n=2>; rel="next""#), Some("/v2/a/tags/list?last=b&n=2"));
/// assert_eq!(next_link("<https://registry.test/x>; rel=prev"), None);
/// ```
#[must_use]
pub fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, parameters) = after.split_once('>')?;
        // A parameter's value holds no `<` in any link that a registry sends, and a target never does.
        let (own, others) = parameters
            .split_once('<')
            .map_or((parameters, ""), |(own, _)| (own, parameters.get(own.len()..).unwrap_or_default()));
        if own.split([';', ',']).any(is_next) {
            return Some(target);
        }
        rest = others;
    }
    None
}

fn is_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && value.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn the_next_link_is_found_among_others() {
        assert_eq!(next_link(r#"<a>; rel="prev", <b?x=1,2>; title=x; rel="last next""#), Some("b?x=1,2"));
        assert_eq!(next_link("<a>;REL=next"), Some("a"));
        for none in ["", "<a", "<a>", "a; rel=next", "<a>; rel=nexts", "<a>; title=next"] {
            assert_eq!(next_link(none), None, "{none}");
        }
    }
}
