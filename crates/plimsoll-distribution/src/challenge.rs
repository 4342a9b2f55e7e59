//! `WWW-Authenticate` challenges.

use crate::code;
use plimsoll_core::{Classify, Code, Escaped};
use std::collections::BTreeMap;

/// One challenge of a `WWW-Authenticate` header: [RFC 9110, section 11.6.1][rfc].
///
/// ```text
/// challenge  = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
/// auth-param = token BWS "=" BWS ( token / quoted-string )
/// ```
/// ```
/// use plimsoll_distribution::Challenge;
/// let header = br#"Bearer realm="https://auth.test/token",scope="repository:a:pull,push""#;
/// let [bearer] = &Challenge::parse_all(header).unwrap()[..] else { panic!() };
/// assert!(bearer.is("bearer"));
/// assert_eq!(bearer.parameter("scope"), Some("repository:a:pull,push"));
/// assert!(Challenge::parse_all(br#"Bearer realm="a",realm="b""#).is_err());
/// ```
/// [rfc]: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    scheme: String,
    parameters: BTreeMap<String, String>,
}

impl Challenge {
    /// Reads every challenge of one header. Linear in its length.
    ///
    /// # Errors
    /// [`ChallengeError`] when the header is too long, does not have the form, or names a parameter twice.
    pub fn parse_all(header: &[u8]) -> Result<Vec<Self>, ChallengeError> {
        if header.len() > LONGEST {
            return Err(ChallengeError::Length { found: header.len() });
        }
        Parser { rest: header, whole: header }.challenges()
    }
    /// Says whether the scheme is `scheme`, in any case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
    /// The value of a parameter, named in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

struct Parser<'a> {
    rest: &'a [u8],
    whole: &'a [u8],
}

impl<'a> Parser<'a> {
    fn challenges(mut self) -> Result<Vec<Challenge>, ChallengeError> {
        let mut found: Vec<Challenge> = Vec::new();
        self.skip(|byte| is_space(byte) || byte == b',');
        while !self.rest.is_empty() {
            let word = self.token()?;
            let spaced = self.skip(is_space);
            match found.last_mut() {
                // `name = value` goes on with the challenge before it; a word without `=` starts the next one.
                Some(last) if self.rest.first() == Some(&b'=') => self.parameter(last, &word)?,
                _ => {
                    found.push(Challenge { scheme: word, parameters: BTreeMap::new() });
                    if spaced {
                        self.token68();
                    }
                    // A challenge is followed by its parameters, a comma or the end.
                    self.skip(|byte| byte == b',' || is_space(byte));
                    continue;
                }
            }
            self.skip(is_space);
            if !self.rest.is_empty() && !self.skip(|byte| is_space(byte) || byte == b',') {
                return Err(self.malformed());
            }
        }
        if found.is_empty() { Err(self.malformed()) } else { Ok(found) }
    }
    fn parameter(&mut self, challenge: &mut Challenge, name: &str) -> Result<(), ChallengeError> {
        self.skip_one(b'=');
        self.skip(is_space);
        let value = if self.rest.first() == Some(&b'"') { self.quoted()? } else { self.token()? };
        let name = name.to_ascii_lowercase();
        if challenge.parameters.insert(name.clone(), value).is_some() {
            return Err(ChallengeError::Duplicate { name: Escaped::new(&name) });
        }
        Ok(())
    }
    fn token(&mut self) -> Result<String, ChallengeError> {
        let length = self.rest.iter().take_while(|byte| is_token(**byte)).count();
        let (token, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.malformed())?;
        if token.is_empty() {
            return Err(self.malformed());
        }
        self.rest = rest;
        Ok(String::from_utf8_lossy(token).into_owned())
    }
    /// Drops `token68` credentials (`Negotiate YII=`), which no scheme of ours has.
    fn token68(&mut self) {
        let is_68 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
        let body = self.rest.iter().take_while(|byte| is_68(byte)).count();
        let after = self.rest.get(body..).unwrap_or_default();
        let padding = after.iter().take_while(|byte| **byte == b'=').count();
        let after = after.get(padding..).unwrap_or_default();
        let ends = after.iter().find(|byte| !is_space(**byte)).is_none_or(|byte| *byte == b',');
        if body > 0 && ends {
            self.rest = after;
        }
    }
    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut text = Vec::new();
        let mut bytes = self.rest.iter().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.rest = self.rest.get(at.saturating_add(1)..).unwrap_or_default();
                    return String::from_utf8(text).map_err(|_| self.malformed());
                }
                b'\\' => text.extend(bytes.next().map(|(_, byte)| *byte)),
                byte => text.push(*byte),
            }
        }
        Err(self.malformed())
    }
    fn skip(&mut self, which: impl Fn(u8) -> bool) -> bool {
        let length = self.rest.iter().take_while(|byte| which(**byte)).count();
        self.rest = self.rest.get(length..).unwrap_or_default();
        length > 0
    }
    fn skip_one(&mut self, which: u8) {
        self.rest = self.rest.strip_prefix(&[which]).unwrap_or(self.rest);
    }
    fn malformed(&self) -> ChallengeError {
        ChallengeError::Malformed { found: Escaped::bytes(self.whole) }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Why a header is no list of challenges.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// A parameter stands twice.
    #[error("expected each parameter of a challenge once, found `{name}` twice")]
    Duplicate {
        /// Its name.
        name: Escaped,
    },
    /// Too long.
    #[error("expected a challenge of at most {LONGEST} bytes, found {found} bytes")]
    Length {
        /// Its length in bytes.
        found: usize,
    },
    /// Not the form.
    #[error("expected a challenge such as `Bearer realm=\"https://…\"`, found `{found}`")]
    Malformed {
        /// The header.
        found: Escaped,
    },
}

impl Classify for ChallengeError {
    fn code(&self) -> Code {
        code::MALFORMED_CHALLENGE
    }
}

/// Longest header that is read, in bytes. Real ones are below 1 KiB; hyper takes up to about 400 KiB of headers.
const LONGEST: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(header: &str) -> Result<Vec<Challenge>, ChallengeError> {
        Challenge::parse_all(header.as_bytes())
    }

    #[test]
    fn what_registries_send_is_read() {
        let list = parse(r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#).unwrap();
        assert_eq!(list[0].parameter("service"), Some("registry.docker.io"));
        assert_eq!(list[0].parameter("scope"), Some("repository:a/b:pull,push"));
        let list = parse(r#"Negotiate YII=, BASIC realm = "a \"b\"" , charset=UTF-8,Bearer realm=x"#).unwrap();
        assert_eq!(list.iter().map(|c| c.scheme.as_str()).collect::<Vec<_>>(), ["Negotiate", "BASIC", "Bearer"]);
        assert!(list[1].is("basic"));
        assert_eq!(list[1].parameter("realm"), Some(r#"a "b""#));
        assert_eq!(list[1].parameter("charset"), Some("UTF-8"));
        assert_eq!(list[2].parameter("realm"), Some("x"));
        assert_eq!(parse("Negotiate").unwrap()[0].parameters.len(), 0);
    }

    // attack: A-036
    #[test]
    fn a_036_a_hostile_challenge_is_malformed() {
        let long = format!("Bearer realm=\"{}\"", "a".repeat(64 * 1024));
        assert_eq!(parse(&long), Err(ChallengeError::Length { found: long.len() }));
        assert!(matches!(parse(r#"Bearer realm="a",Realm="b""#), Err(ChallengeError::Duplicate { .. })));
        for header in [
            "",
            ",",
            "Bearer realm=\"a",
            "Bearer realm=\"a\"b=c",
            "=",
            "Bearer realm=\"a\",x=",
            "Bearer realm=\"a\\",
            "\"\"",
        ] {
            assert!(matches!(parse(header), Err(ChallengeError::Malformed { .. })), "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Challenge::parse_all(&bytes);
        }
        #[test]
        fn a_written_challenge_reads_back(realm in "[ -~]{0,40}", service in "[a-z.]{1,20}") {
            let quoted = realm.replace('\\', r"\\").replace('"', "\\\"");
            let header = format!("Bearer realm=\"{quoted}\",service={service}, Basic realm=\"x\"");
            let list = Challenge::parse_all(header.as_bytes()).unwrap();
            prop_assert_eq!(list.len(), 2);
            prop_assert_eq!(list[0].parameter("realm"), Some(realm.as_str()));
            prop_assert_eq!(list[0].parameter("service"), Some(service.as_str()));
        }
    }
}
