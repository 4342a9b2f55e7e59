//! The grammar of references, as `distribution/reference` writes it, by hand and in linear time.

use super::{LONGEST, ReferenceError};
use alloc::{borrow::Cow, format};

/// The parts of a reference as they stand in the text: nothing is filled in.
///
/// `reference := name [ ":" tag ] [ "@" digest ]`, `name := [ domain "/" ] path`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Parts<'a> {
    /// What stands before the first `/`, if it has the form of a host and something follows it.
    pub domain: Option<&'a str>,
    /// The rest of the name.
    pub path: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest: of any algorithm, at least 32 hexadecimal digits.
    pub digest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Splits a reference.
    ///
    /// # Errors
    /// [`ReferenceError`] for what is none.
    pub fn parse(text: &'a str) -> Result<Self, ReferenceError> {
        if text.len() > LONGEST {
            return Err(ReferenceError::Length { found: text.len() });
        }
        let malformed = || ReferenceError::malformed(text);
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) if is_digest(digest) => (rest, Some(digest)),
            Some(_) => return Err(malformed()),
            None => (text, None),
        };
        // A colon after the last slash starts a tag; one before it belongs to the port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') && !tag.contains(']') => {
                if !is_tag(tag) {
                    return Err(malformed());
                }
                (name, Some(tag))
            }
            _ => (rest, None),
        };
        let (domain, path) = match name.split_once('/') {
            Some((domain, path)) if is_domain(domain) && is_path(path) => (Some(domain), path),
            _ if is_path(name) => (None, name),
            _ => return Err(malformed()),
        };
        if path.len() > LONGEST_PATH || name.len() > 511 {
            return Err(malformed());
        }
        Ok(Self { domain, path, tag, digest })
    }
}

/// `path-component ["/" path-component]*`
pub(super) fn is_path(text: &str) -> bool {
    text.split('/').all(is_component)
}

/// `[a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*`
fn is_component(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        let word = rest.iter().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count();
        if word == 0 {
            return false;
        }
        rest = rest.get(word..).unwrap_or_default();
        let separator = match rest {
            [] => return true,
            [b'_', b'_', ..] => 2,
            [b'_' | b'.', ..] => 1,
            [b'-', ..] => rest.iter().take_while(|b| **b == b'-').count(),
            _ => return false,
        };
        rest = rest.get(separator..).unwrap_or_default();
    }
}

/// `( domain-name | IPv4address | "[" IPv6address "]" ) [ ":" port ]`, port 1 to 65535, at most 255 bytes.
pub(super) fn is_domain(text: &str) -> bool {
    if text.len() > 255 {
        return false;
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(inner) => {
            let Some((address, after)) = inner.split_once(']') else { return false };
            if !is_ipv6(address) {
                return false;
            }
            match after.strip_prefix(':') {
                Some(port) => return is_port(port),
                None => return after.is_empty(),
            }
        }
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    port.is_none_or(is_port) && host.split('.').all(is_label)
}

/// Digits; a port above 65535 or zero cannot be connected to.
fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// `[a-zA-Z0-9] | [a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]`
fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// The form without an embedded IPv4 address and without a zone identifier, as `distribution/reference` has it.
fn is_ipv6(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') && text.parse::<core::net::Ipv6Addr>().is_ok()
}

/// `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`
pub(super) fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        && !text.starts_with(['.', '-'])
        && !text.is_empty()
}

/// `algorithm ":" 32*hex`, algorithm components of letters and digits that start with a letter.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    algorithm.split(['+', '.', '_', '-']).all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    }) && hex.len() >= 32
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Fills in what Docker leaves out: `docker.io`, `library/`.
pub(super) fn normalize<'a>(parts: &Parts<'a>) -> Result<(Cow<'a, str>, Cow<'a, str>), ()> {
    // A bare name of 64 hexadecimal digits is an image identifier.
    if parts.domain.is_none()
        && parts.path.len() == 64
        && parts.path.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        return Err(());
    }
    match parts.domain {
        Some(domain) if looks_like_host(domain) => Ok(docker(domain, parts.path)),
        // What stands before the slash is a namespace of Docker Hub.
        Some(namespace) => {
            let path = format!("{namespace}/{}", parts.path);
            if is_path(&path) { Ok((Cow::Borrowed("docker.io"), Cow::Owned(path))) } else { Err(()) }
        }
        None => Ok(docker("docker.io", parts.path)),
    }
}

fn looks_like_host(domain: &str) -> bool {
    domain.contains(['.', ':']) || domain == "localhost" || domain.bytes().any(|b| b.is_ascii_uppercase())
}

/// One name for Docker Hub, whichever alias was written.
pub(super) fn docker<'a>(domain: &'a str, path: &'a str) -> (Cow<'a, str>, Cow<'a, str>) {
    if !matches!(domain, "docker.io" | "index.docker.io" | "registry-1.docker.io") {
        return (Cow::Borrowed(domain), Cow::Borrowed(path));
    }
    let path = if path.contains('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("library/{path}")) };
    (Cow::Borrowed("docker.io"), path)
}

/// Longest path of a repository, in bytes; see [`Repository`](super::Repository).
pub(super) const LONGEST_PATH: usize = 255;
