//! A text with claims in it.

use crate::Identity;
use plimsoll_core::Escaped;
use plimsoll_pki::DistinguishedName;
use std::fmt::Write as _;

/// A text in which `{name}` stands for a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    Claim(String),
    Text(String),
}

/// What is done to a claim before it is put in.
#[derive(Clone, Copy)]
pub(super) enum Escaping {
    /// As a value in a distinguished name (RFC 4514, 2.4).
    Attribute { chars: usize },
    /// As segments of a path (RFC 3986, 3.3).
    Uri { bytes: usize },
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, Escaped> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (claim, behind) = after.split_once('}').ok_or_else(|| said("expected `}` after `{`, found none"))?;
            let is_name = !claim.is_empty() && claim.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
            if !is_name {
                return Err(said(&format!("expected the name of a claim between `{{` and `}}`, found `{claim}`")));
            }
            parts.extend([Part::Text(before.to_owned()), Part::Claim(claim.to_owned())]);
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        if parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('}'))) {
            return Err(said("expected `{` before `}`, found none"));
        }
        Ok(Self(parts))
    }
    /// Checks that it makes a name that trust policies can compare, whatever is put in.
    pub(super) fn check_as_subject(&self, chars: usize) -> Result<(), Escaped> {
        // A claim that stands in the place of a type, or behind a backslash, changes what the rest means.
        for (index, part) in self.0.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| self.0.get(before));
            if let (Part::Claim(claim), Some(Part::Text(before))) = (part, before) {
                let value = before.rsplit([',', ';', '+']).next().unwrap_or_default();
                if before.ends_with('\\') || (index <= 1 || before.contains([',', ';'])) && !value.contains('=') {
                    return Err(said(&format!("expected the claim `{claim}` in the value of an attribute")));
                }
            }
        }
        // Two letters, as a country has.
        let example = self.write(|_| Ok("XX".to_owned())).unwrap_or_default();
        check_subject(&example, chars)
    }
    /// Checks that it begins with a scheme and, for `http` and `https`, a host that no claim can change.
    pub(super) fn check_as_uri(&self) -> Result<(), Escaped> {
        let expected = || said("expected a scheme, `://`, a host and `/` before the first claim, in visible ASCII");
        let Some(Part::Text(start)) = self.0.first() else { return Err(expected()) };
        let (scheme, rest) = start.split_once("://").ok_or_else(expected)?;
        let named = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let host = rest.split('/').next().unwrap_or_default();
        let fixed = self.0.len() == 1 || rest.contains('/');
        let visible = self.0.iter().all(|part| match part {
            Part::Text(text) => text.bytes().all(|byte| byte.is_ascii_graphic()),
            Part::Claim(_) => true,
        });
        if named && fixed && visible && !host.is_empty() { Ok(()) } else { Err(expected()) }
    }
    /// Puts the claims in.
    pub(super) fn fill(&self, identity: &Identity, escaping: Escaping) -> Result<String, Escaped> {
        let filled = self.write(|name| {
            let claim =
                identity.claim(name).ok_or_else(|| said(&format!("the token has no claim `{name}` as text")))?;
            match escaping {
                Escaping::Attribute { chars } => attribute(name, &claim, chars),
                Escaping::Uri { .. } => path(name, &claim),
            }
        })?;
        match escaping {
            Escaping::Uri { bytes } if filled.len() > bytes => {
                Err(said(&format!("expected at most {bytes} bytes, found {}", filled.len())))
            }
            _ => Ok(filled),
        }
    }
    fn write(&self, mut claim: impl FnMut(&str) -> Result<String, Escaped>) -> Result<String, Escaped> {
        self.0.iter().try_fold(String::new(), |mut out, part| {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Claim(name) => out.push_str(&claim(name)?),
            }
            Ok(out)
        })
    }
}

/// Checks that trust policies can compare a subject: C, ST and O, none twice, no empty value, and no `=#`, at which Notation stops; and that no
/// value is longer than X.520 allows, whatever it was put together from.
pub(super) fn check_subject(subject: &str, chars: usize) -> Result<(), Escaped> {
    let read = DistinguishedName::parse(subject).map_err(|error| said(&error.to_string()))?;
    for (attribute, value) in read.attributes() {
        if value.contains("=#") {
            return Err(said(&format!("expected no `=#` in the value of `{attribute}`")));
        }
        let (count, most) = (value.chars().count(), longest(attribute, chars));
        if count > most {
            return Err(said(&format!("expected at most {most} characters in `{attribute}`, found {count}")));
        }
        if attribute == "C" && !(count == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            return Err(said(&format!("expected a country of two letters in `C`, found `{value}`")));
        }
    }
    Ok(())
}

/// Upper bounds in characters (RFC 5280, A.1): `ub-locality-name` and `ub-state-name` are 128, a country is two letters, the others
/// (`ub-common-name` and its like) are 64.
fn longest(attribute: &str, chars: usize) -> usize {
    match attribute {
        "C" => 2,
        "L" | "ST" => chars.saturating_mul(2),
        _ => chars,
    }
}

/// Everything but letters, digits and a few marks is written as a pair of hexadecimal digits (RFC 4514, 2.4), so that nothing put in
/// can end a value, begin one, or be cut off.
fn attribute(name: &str, claim: &str, chars: usize) -> Result<String, Escaped> {
    // No attribute has room for more; how long the value may be that it becomes a part of, is checked when that is whole.
    let (count, most) = (claim.chars().count(), chars.saturating_mul(2));
    if count == 0 || count > most {
        return Err(said(&format!("expected 1 to {most} characters in the claim `{name}`, found {count}")));
    }
    let mut out = String::with_capacity(claim.len());
    for character in claim.chars() {
        if Escaped::escapes(character) {
            return Err(said(&format!("expected no control characters in the claim `{name}`")));
        }
        let plain = character.is_alphanumeric() || "-._/:@".contains(character);
        if plain {
            out.push(character);
        } else {
            let mut buffer = [0; 4];
            // Writing to memory has no failure.
            let _ = character.encode_utf8(&mut buffer).bytes().try_for_each(|byte| write!(out, "\\{byte:02X}"));
        }
    }
    Ok(out)
}

/// Everything but `unreserved` and `/` is percent-encoded (RFC 3986, 2.3). No segment may be empty or of dots alone.
fn path(name: &str, claim: &str) -> Result<String, Escaped> {
    if claim.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(said(&format!("expected segments that are neither empty nor dots in the claim `{name}`")));
    }
    let mut out = String::with_capacity(claim.len());
    for byte in claim.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Ok(out)
}

fn said(problem: &str) -> Escaped {
    Escaped::new(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_a_name_stays_in_its_value() {
        for evil in
            ["a,O=Evil", "a+CN=b", r"a\", "#0403", " a ", "a;C=NL", "a\"", "a=#b", "=#b", "<a>", "C=US, ST=WA, O=x"]
        {
            let written = attribute("c", evil, 64).unwrap();
            let subject = format!("CN={written},O=Harbour,ST=WA,C=US");
            let read = DistinguishedName::parse(&subject).unwrap();
            let attributes: Vec<_> = read.attributes().collect();
            assert_eq!(attributes, [("C", "US"), ("CN", evil), ("O", "Harbour"), ("ST", "WA")], "{evil}");
        }
        assert!(
            check_subject(&format!("CN={},O=Harbour,ST=WA,C=US", attribute("c", "a=#b", 64).unwrap()), 64).is_err()
        );
        assert!(attribute("c", "a\u{202e}b", 64).is_err() && attribute("c", "a\0b", 64).is_err());
        assert!(attribute("c", "", 64).is_err() && attribute("c", &"é".repeat(129), 64).is_err());
    }

    #[test]
    fn each_value_is_counted_whole_and_in_characters() {
        let subject = |subject: &str| check_subject(subject, 64).map_err(|problem| problem.to_string());
        // 64 letters of two octets, and a 65th; two claims that are short enough each, and together are not.
        assert!(subject(&format!("CN={},O=Harbour,ST=WA,C=US", "é".repeat(64))).is_ok());
        let long = subject(&format!("CN={},O=Harbour,ST=WA,C=US", "é".repeat(65)));
        assert_eq!(long.unwrap_err(), "expected at most 64 characters in `CN`, found 65");
        let halves = attribute("c", &"x".repeat(40), 64).unwrap();
        assert!(subject(&format!("CN={halves} {halves},O=Harbour,ST=WA,C=US")).unwrap_err().contains("found 81"));
        // An escape is one character.
        let escaped = attribute("c", &",".repeat(64), 64).unwrap();
        assert!(escaped.len() > 64 && subject(&format!("CN={escaped},O=Harbour,ST=WA,C=US")).is_ok());
        assert!(subject(&format!("CN=x,O=Harbour,ST={},C=US", "w".repeat(128))).is_ok());
        assert!(subject(&format!("CN=x,O=Harbour,ST={},C=US", "w".repeat(129))).is_err());
        for country in ["USA", "U", "U1"] {
            assert!(subject(&format!("CN=x,O=Harbour,ST=WA,C={country}")).is_err(), "{country}");
        }
    }

    #[test]
    fn what_is_put_into_a_uri_stays_in_its_path() {
        assert_eq!(path("c", "acme/app v1?x#y@z:1").unwrap(), "acme/app%20v1%3Fx%23y%40z%3A1");
        for evil in ["../x", "a//b", "/a", "a/./b", ""] {
            assert!(path("c", evil).is_err(), "{evil}");
        }
    }

    #[test]
    fn a_claim_stands_only_in_a_value() {
        let subject = |text: &str| Template::parse(text).and_then(|template| template.check_as_subject(64));
        assert!(subject("CN={a} of {b},O=Harbour,ST=WA,C=US").is_ok());
        for text in ["{a},O=Harbour,ST=WA,C=US", "CN=x,{a}=y,O=Harbour,ST=WA,C=US", r"CN=\{a},O=Harbour,ST=WA,C=US"] {
            assert!(subject(text).is_err(), "{text}");
        }
        assert!(subject("CN={a").is_err() && subject("CN=a}").is_err() && subject("CN={}").is_err());
        assert!(subject("CN={a}").unwrap_err().as_str().contains("C, ST and O"));
        let uri = |text: &str| Template::parse(text).and_then(|template| template.check_as_uri());
        assert!(uri("https://git.test/{a}/{b}").is_ok() && uri("spiffe://prod.test/x").is_ok());
        for text in
            ["https://{a}/x", "{a}://x", "https://git.test{a}", "https:///{a}", "no uri", "https://git.test/ {a}"]
        {
            assert!(uri(text).is_err(), "{text}");
        }
    }
}
