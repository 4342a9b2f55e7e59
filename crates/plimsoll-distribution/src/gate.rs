//! The gate for addresses that a peer names.

use crate::{Error, Exchange, Reach, error::shown, network::Allowed, reach::literal};
use plimsoll_core::Escaped;
use std::collections::BTreeSet;
use url::Url;

/// What one registry or service may name: redirects, upload locations, pages, token realms.
pub(crate) struct Gate<'a> {
    /// Where the registry is.
    pub(crate) home: &'a Url,
    /// How far its own origin may be dialled: the operator named it.
    pub(crate) own: Reach,
    /// How far it may send us.
    pub(crate) reach: Reach,
    /// What the operator allowed.
    pub(crate) allowed: &'a Allowed,
}

impl Gate<'_> {
    /// Where a redirect leads. It may leave the origin; then it goes without credentials.
    pub(crate) fn redirect(&self, from: &Url, location: &str) -> Result<(Url, Reach), Error> {
        let to = self.join(from, location, "redirect")?;
        // A registry that was declared plain http may name http; nobody else steps down (oras-go 2.6.1).
        if to.scheme() == "http" && self.home.scheme() == "https" {
            return Err(Error::InsecureRedirect { from: shown(from), to: shown(&to) });
        }
        let reach = self.judge(&to, "redirect")?;
        Ok((to, reach))
    }
    /// An upload session or a page, which must stay on the registry's origin: what is sent there carries credentials and
    /// content (oras-go CVE-2026-50151, CVE-2026-85732).
    pub(crate) fn same_origin(&self, from: &Url, location: &str, role: &'static str) -> Result<Url, Error> {
        let to = self.join(from, location, role)?;
        if to.origin() == self.home.origin() {
            return Ok(to);
        }
        Err(self.forbidden(&to, role, "it must stay on the origin of the registry"))
    }
    /// Where tokens are issued (oras-go CVE-2026-48978).
    pub(crate) fn realm(&self, text: &str) -> Result<(Url, Reach), Error> {
        let role = "token realm";
        let realm = self.join(self.home, text, role)?;
        if realm.scheme() != "https" && self.home.scheme() == "https" {
            return Err(self.forbidden(&realm, role, "expected https, as the registry speaks https"));
        }
        if realm.host() == self.home.host() {
            return Ok((realm, Reach::Any));
        }
        if self.allowed.names(&realm) && self.allowed.permits_host(Reach::Machine, &realm) {
            return Ok((realm, Reach::Machine));
        }
        if literal(&realm).is_some_and(|address| !Reach::Public.permits_or(&self.allowed.networks, address)) {
            return Err(self.forbidden(&realm, role, NOT_PUBLIC));
        }
        Ok((realm, self.reach))
    }
    /// Says whether a long-lived secret of the registry may go to `realm`: its own host, a host under the same registrable
    /// domain, or one that the operator trusts.
    pub(crate) fn trusts(&self, realm: &Url, trusted: &BTreeSet<String>) -> bool {
        if realm.host() == self.home.host() {
            return true;
        }
        let host = realm.host_str().unwrap_or_default();
        trusted.contains(host) || registrable(realm).is_some_and(|domain| registrable(self.home) == Some(domain))
    }
    pub(crate) fn forbidden(&self, target: &Url, role: &'static str, reason: &'static str) -> Error {
        Error::ForbiddenTarget { named_by: shown(self.home), role, target: shown(target), reason }
    }

    /// Reads a relative or absolute http(s) URL, and drops user information and fragment.
    fn join(&self, base: &Url, text: &str, role: &'static str) -> Result<Url, Error> {
        let bad =
            |reason| Error::ForbiddenTarget { named_by: shown(self.home), role, target: Escaped::new(text), reason };
        let mut url = base.join(text).map_err(|_| bad("it is no URL"))?;
        let stripped = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.set_username("").is_ok()
            && url.set_password(None).is_ok();
        if !stripped {
            return Err(bad("expected an http or https URL"));
        }
        url.set_fragment(None);
        Ok(url)
    }
    fn judge(&self, to: &Url, role: &'static str) -> Result<Reach, Error> {
        if to.origin() == self.home.origin() {
            return Ok(self.own);
        }
        let reach = if self.allowed.names(to) { Reach::Machine } else { self.reach };
        if self.allowed.permits_host(reach, to) { Ok(reach) } else { Err(self.forbidden(to, role, NOT_PUBLIC)) }
    }
}

/// The registrable domain of a host that is a name.
fn registrable(url: &Url) -> Option<&str> {
    psl::domain_str(url.domain()?)
}

/// A named URL that must be there.
pub(crate) fn required<'a>(
    value: Option<&'a str>,
    exchange: impl FnOnce() -> Exchange,
    expected: &'static str,
) -> Result<&'a str, Error> {
    value.ok_or_else(|| Error::Malformed { exchange: exchange(), expected, found: Escaped::new("") })
}

const NOT_PUBLIC: &str = "it is an address further inside than the one that led there; `allow_host` permits it";
