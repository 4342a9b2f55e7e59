//! Text that is wanted: exactly, or by an anchored glob.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// A text that is wanted.
///
/// A plain string is exact. `{glob: "CN=*,O=Example"}` is a glob, anchored at both ends: `*` stands for any characters but
/// the separators `/`, `,` and `+`, `**` for any characters at all, everything else for itself. There is no other
/// syntax, so nothing that is huge when compiled can be written (RUSTSEC-2022-0013).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Pattern {
    Exact(String),
    Glob(String),
}

impl Pattern {
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob(glob) => glob_matches(glob, text),
        }
    }
    /// The same, where a platform without a variant also means every variant, and the usual variant is one however it is
    /// written: who lists `linux/arm64` may not escape a rule for `linux/arm64/v8`.
    pub(crate) fn matches_platform(&self, platform: &str) -> bool {
        let parent = platform.rsplit_once('/').filter(|(parent, _)| parent.contains('/')).map(|(parent, _)| parent);
        let usual = match (parent, platform.rsplit_once('/')) {
            (None, Some((_, "amd64"))) => Some("v1"),
            (None, Some((_, "arm"))) => Some("v7"),
            (None, Some((_, "arm64"))) => Some("v8"),
            _ => None,
        };
        self.matches(platform)
            || parent.is_some_and(|parent| self.matches(parent))
            || usual.is_some_and(|usual| self.matches(&format!("{platform}/{usual}")))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) | Self::Glob(text) => write!(f, "`{}`", plimsoll_core::Escaped::new(text)),
        }
    }
}

/// One token of a glob.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    Any,
    Char(char),
    Segment,
}

fn tokens(glob: &str) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(glob.len());
    for character in glob.chars() {
        match (character, out.last_mut()) {
            ('*', Some(last @ (Token::Segment | Token::Any))) => *last = Token::Any,
            ('*', _) => out.push(Token::Segment),
            (other, _) => out.push(Token::Char(other)),
        }
    }
    out
}

/// Walks the set of reachable tokens: at most one step for each pair of a token and a character, whatever the pattern.
fn glob_matches(glob: &str, text: &str) -> bool {
    let tokens = tokens(glob);
    let mut live = vec![false; tokens.len().saturating_add(1)];
    if let Some(first) = live.first_mut() {
        *first = true;
    }
    pass_stars(&tokens, &mut live);
    for character in text.chars() {
        let mut next = vec![false; live.len()];
        for (at, token) in tokens.iter().enumerate().filter(|(at, _)| live.get(*at) == Some(&true)) {
            let to = match token {
                Token::Any => at,
                Token::Segment if !matches!(character, '/' | ',' | '+') => at,
                Token::Char(wanted) if *wanted == character => at.saturating_add(1),
                _ => continue,
            };
            if let Some(slot) = next.get_mut(to) {
                *slot = true;
            }
        }
        pass_stars(&tokens, &mut next);
        live = next;
    }
    live.last() == Some(&true)
}

/// A star may stand for nothing.
fn pass_stars(tokens: &[Token], live: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if live.get(at) == Some(&true)
            && matches!(token, Token::Any | Token::Segment)
            && let Some(slot) = live.get_mut(at.saturating_add(1))
        {
            *slot = true;
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Pattern;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a map with the one key `glob`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pattern, E> {
                Ok(Pattern::Exact(bounded(text)?.into()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Pattern, A::Error> {
                let mut glob = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key != "glob" || glob.is_some() {
                        return Err(de::Error::unknown_field(&key, &["glob"]));
                    }
                    glob = Some(map.next_value::<String>()?);
                }
                let glob = glob.ok_or_else(|| de::Error::missing_field("glob"))?;
                Ok(Pattern::Glob(bounded(&glob)?.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn bounded<E: de::Error>(text: &str) -> Result<&str, E> {
    if text.len() > LONGEST {
        return Err(E::custom(format_args!("expected a pattern of at most {LONGEST} bytes, found {}", text.len())));
    }
    if text.is_empty() { Err(E::custom("expected a pattern, found an empty text")) } else { Ok(text) }
}

/// Longest pattern, in bytes: subjects and URIs are shorter.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        Pattern::Glob(pattern.into()).matches(text)
    }

    #[test]
    fn exact_is_exact() {
        assert!(Pattern::Exact("CN=*".into()).matches("CN=*"));
        assert!(!Pattern::Exact("CN=*".into()).matches("CN=a"));
    }

    #[test]
    fn a_star_stays_inside_a_segment() {
        assert!(glob("CN=*,O=Example", "CN=release,O=Example"));
        assert!(!glob("CN=*,O=Example", "CN=x,O=Evil,O=Example"));
        assert!(!glob("CN=*,O=Example", "CN=x\\,O=Example,O=Example"));
        assert!(!glob("https://github.com/acme/*", "https://github.com/acme/app/evil"));
        assert!(glob("https://github.com/acme/**", "https://github.com/acme/app/good"));
        assert!(glob("**", "") && glob("a*", "a") && !glob("a*", "ba") && !glob("a", "ab"));
    }

    // attack: A-315
    #[test]
    fn a_315_no_pattern_is_catastrophic() {
        let pattern = "*a".repeat(500);
        assert!(!glob(&pattern, &"a".repeat(499)));
        assert!(glob(&pattern, &"a".repeat(500)));
        assert!(!glob("(a{1000}){1000}", "aaaa"));
    }

    #[test]
    fn a_platform_without_variant_means_every_variant() {
        let arm = Pattern::Exact("linux/arm64".into());
        assert!(arm.matches_platform("linux/arm64") && arm.matches_platform("linux/arm64/v8"));
        let usual = Pattern::Exact("linux/arm64/v8".into());
        assert!(usual.matches_platform("linux/arm64") && usual.matches_platform("linux/arm64/v8"));
        assert!(!usual.matches_platform("linux/arm64/v9") && !usual.matches_platform("linux/arm"));
        assert!(
            !arm.matches_platform("linux/amd64") && !Pattern::Exact("linux".into()).matches_platform("linux/amd64")
        );
    }
}
