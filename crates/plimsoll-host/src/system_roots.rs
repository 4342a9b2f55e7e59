//! The certificate authorities that the operating system trusts.

use crate::{Loaded, Warning};
use plimsoll_core::Escaped;
use plimsoll_pki::{Limits, OwnedCertificate};

/// Reads the roots that the operating system trusts, as data for a trust store of `plimsoll-pki`.
///
/// They are for TLS, and vouch for names of hosts. Do not put them into a store that says who may sign: hundreds of authorities could.
/// What cannot be read is left out, with a warning: trust only shrinks. On Unix the variables `SSL_CERT_FILE` and `SSL_CERT_DIR` say
/// where they are, as for OpenSSL.
#[must_use]
pub fn system_roots(limits: &Limits) -> Loaded<Vec<OwnedCertificate>> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = Loaded::plain(Vec::new());
    let unreadable = found.errors.iter().map(|error| Escaped::new(&error.to_string()));
    roots.warnings.extend(unreadable.map(|cause| Warning::SystemRoots { cause }));
    for der in found.certs {
        match OwnedCertificate::from_der(der.as_ref().to_vec(), limits) {
            Ok(root) => roots.value.push(root),
            Err(error) => roots.warnings.push(Warning::SystemRoots { cause: Escaped::new(&error.to_string()) }),
        }
    }
    roots
}
