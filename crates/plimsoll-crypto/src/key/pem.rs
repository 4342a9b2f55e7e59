//! PEM as key files are in the field: RFC 7468, and the headers of RFC 1421 that OpenSSL writes.

use crate::KeyError;
use alloc::{string::String, vec::Vec};
use base64ct::{Base64, Encoding};
use plimsoll_core::Escaped;
use zeroize::Zeroizing;

/// One PEM block.
pub(crate) struct Block<'a> {
    pub(crate) label: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) content: Zeroizing<Vec<u8>>,
}

impl<'a> Block<'a> {
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// Whether this is meant to be PEM.
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes())
}

/// The first block whose label ends in `PRIVATE KEY`. Text between blocks is skipped (RFC 7468, 2), and so are other
/// blocks, such as the `EC PARAMETERS` that `openssl ecparam -genkey` puts in front. Linear in the input.
pub(crate) fn private_key(text: &str) -> Result<Block<'_>, KeyError> {
    let mut other = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(label) = line.trim_end().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(DASHES)) else {
            continue;
        };
        if label.ends_with("PRIVATE KEY") {
            return block(label, &mut lines);
        }
        other.get_or_insert(label);
    }
    Err(other.map_or(KeyError::NotPemOrDer, |label| KeyError::NotAPrivateKey { label: Escaped::new(label) }))
}

fn block<'a>(label: &'a str, lines: &mut core::str::Lines<'a>) -> Result<Block<'a>, KeyError> {
    let broken = |what| KeyError::MalformedPem { label: Escaped::new(label), what };
    let mut headers = Vec::new();
    let mut body = Zeroizing::new(String::new());
    for line in lines {
        let line = line.trim();
        if let Some(end) = line.strip_prefix("-----END ") {
            if end.strip_suffix(DASHES) != Some(label) {
                return Err(broken("its last line names another label"));
            }
            let content = Base64::decode_vec(&body).map_err(|_| broken("its content is not base64"))?;
            return Ok(Block { label, headers, content: Zeroizing::new(content) });
        }
        match line.split_once(':') {
            Some((key, value)) if body.is_empty() => headers.push((key.trim(), value.trim())),
            Some(_) => return Err(broken("a header stands inside its content")),
            None => body.push_str(line),
        }
        if body.len() > MAX_BODY {
            return Err(broken("it is longer than 64 KiB"));
        }
    }
    Err(broken("its last line is missing"))
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// An RSA-16384 key takes 13 KiB.
const MAX_BODY: usize = 64 * 1024;
