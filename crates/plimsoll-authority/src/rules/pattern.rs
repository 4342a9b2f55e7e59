//! What a claim must be.

use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// What a claim must be: exactly this text, or one that a glob fits as a whole.
///
/// A plain text is exact. In `{glob: "acme/*"}` `*` stands for any characters but `/`, `**` for any characters at all, everything else
/// for itself. There is no other syntax, no unanchored match, and nothing that is slow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    Exact(String),
    Glob(String),
}

impl Wanted {
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob(glob) => fits(&tokens(glob), text),
        }
    }
    /// Whether every claim would do.
    pub(super) fn is_anything(&self) -> bool {
        matches!(self, Self::Glob(glob) if glob.bytes().all(|byte| byte == b'*'))
    }
    /// Whether it is one text.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
    /// The text or the pattern, as it is written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Glob(text) => text,
        }
    }
    /// What stands before the first star; `None` for an exact text.
    pub(super) fn literal_start(&self) -> Option<&str> {
        match self {
            Self::Exact(_) => None,
            Self::Glob(glob) => glob.split('*').next(),
        }
    }
}

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

/// Keeps the set of tokens that may come next: one step for each pair of a token and a character, whatever the pattern.
fn fits(tokens: &[Token], text: &str) -> bool {
    let mut live = vec![false; tokens.len().saturating_add(1)];
    mark(&mut live, 0);
    pass_stars(tokens, &mut live);
    for character in text.chars() {
        let mut next = vec![false; live.len()];
        for (at, token) in tokens.iter().enumerate().filter(|(at, _)| live.get(*at) == Some(&true)) {
            match token {
                Token::Any => mark(&mut next, at),
                Token::Segment if character != '/' => mark(&mut next, at),
                Token::Char(wanted) if *wanted == character => mark(&mut next, at.saturating_add(1)),
                _ => {}
            }
        }
        pass_stars(tokens, &mut next);
        live = next;
    }
    live.last() == Some(&true)
}

/// A star may stand for nothing.
fn pass_stars(tokens: &[Token], live: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if live.get(at) == Some(&true) && matches!(token, Token::Any | Token::Segment) {
            mark(live, at.saturating_add(1));
        }
    }
}

fn mark(live: &mut [bool], at: usize) {
    if let Some(slot) = live.get_mut(at) {
        *slot = true;
    }
}

impl<'de> Deserialize<'de> for Wanted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WantedVisitor)
    }
}

struct WantedVisitor;

impl<'de> de::Visitor<'de> for WantedVisitor {
    type Value = Wanted;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false, or a map with the one key `glob`")
    }
    fn visit_bool<E>(self, truth: bool) -> Result<Wanted, E> {
        Ok(Wanted::Exact(truth.to_string()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Wanted, E> {
        Ok(Wanted::Exact(number.to_string()))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Wanted, E> {
        Ok(Wanted::Exact(number.to_string()))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wanted, E> {
        Ok(Wanted::Exact(bounded(text)?.to_owned()))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Wanted, A::Error> {
        let mut glob = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != "glob" || glob.is_some() {
                return Err(de::Error::unknown_field(&key, &["glob"]));
            }
            glob = Some(map.next_value::<String>()?);
        }
        let glob = glob.ok_or_else(|| de::Error::missing_field("glob"))?;
        Ok(Wanted::Glob(bounded(&glob)?.to_owned()))
    }
}

fn bounded<E: de::Error>(text: &str) -> Result<&str, E> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(E::custom(format_args!("expected a text of 1 to {LONGEST} bytes, found {}", text.len())));
    }
    Ok(text)
}

/// Longest text that a claim is compared with, in bytes.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str, text: &str) -> bool {
        Wanted::Glob(pattern.into()).fits(text)
    }

    // attack: A-225
    #[test]
    fn a_225_a_pattern_fits_the_whole_claim_or_not_at_all() {
        assert!(glob("acme/*", "acme/app") && glob("refs/tags/v*", "refs/tags/v1.2"));
        for near in ["acme-evil/app", "evil/acme/app", "acme/app/evil", "xacme/app", "acme", "Acme/app", "acme/app/"] {
            assert!(!glob("acme/*", near), "{near}");
        }
        assert!(!glob("acme.dev/*", "acmexdev/app"), "a dot is a dot");
        assert!(!glob("(a|b)", "a") && !glob("^acme$", "acme") && !glob("acme", "acme-evil"));
        assert!(Wanted::Exact("acme/*".into()).fits("acme/*") && !Wanted::Exact("acme/*".into()).fits("acme/app"));
        assert!(glob("acme/**", "acme/a/b") && !glob("acme/**", "acme-evil/a"));
    }

    #[test]
    fn no_pattern_is_slow() {
        let pattern = "*a".repeat(500);
        assert!(!glob(&pattern, &"a".repeat(499)));
        assert!(glob(&pattern, &"a".repeat(500)));
    }
}
