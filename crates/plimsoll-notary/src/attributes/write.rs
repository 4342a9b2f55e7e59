//! Writing the attributes into a protected header, as Notation does.

use super::{
    SignedAttributes, SigningScheme,
    read::{AUTHENTIC_SIGNING_TIME, EXPIRY, PLUGIN, PLUGIN_MIN_VERSION, SIGNING_SCHEME, SIGNING_TIME},
};
use crate::{Format, PAYLOAD_TYPE};
use alloc::{vec, vec::Vec};
use plimsoll_core::UnixTime;
use plimsoll_envelope::{HeaderValue, Label, Member};

impl<'h> SignedAttributes<'h> {
    /// Attributes with nothing but a scheme and a time.
    #[must_use]
    pub fn new(scheme: SigningScheme, signing_time: UnixTime) -> Self {
        Self { scheme, signing_time, expiry: None, plugin: None, plugin_min_version: None, extended: Vec::new() }
    }
    /// The members of the protected header beside the algorithm, in the order in which Notation writes them.
    pub(crate) fn members(&'h self, format: Format) -> Vec<Member<'h>> {
        let time = |time: UnixTime| HeaderValue::Time(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        let (critical, content_type) = match format {
            Format::Jws => (Label::from("crit"), Label::from("cty")),
            Format::Cose => (Label::from(2), Label::from(3)),
        };
        let mut members: Vec<Member<'h>> = vec![
            (critical, HeaderValue::List(self.critical(format).into_iter().map(HeaderValue::from).collect())),
            (content_type, PAYLOAD_TYPE.into()),
            (SIGNING_SCHEME.into(), self.scheme.as_str().into()),
            (self.time_label().into(), time(self.signing_time)),
        ];
        members.extend(self.expiry.map(|expiry| (EXPIRY.into(), time(expiry))));
        members.extend(self.plugin.as_deref().map(|plugin| (PLUGIN.into(), plugin.into())));
        members.extend(self.plugin_min_version.as_deref().map(|least| (PLUGIN_MIN_VERSION.into(), least.into())));
        members.extend(self.extended.iter().map(|one| (Label::from(&*one.name), one.value.clone())));
        // Go writes JSON objects by name; COSE maps are sorted by the envelope's writer.
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        members
    }
    fn time_label(&self) -> &'static str {
        match self.scheme {
            SigningScheme::X509 => SIGNING_TIME,
            SigningScheme::X509SigningAuthority => AUTHENTIC_SIGNING_TIME,
        }
    }
    /// notation-core-go lists the extended attributes before the times in JWS, and after them in COSE.
    fn critical(&'h self, format: Format) -> Vec<&'h str> {
        let authority = self.scheme == SigningScheme::X509SigningAuthority;
        let times = || authority.then_some(AUTHENTIC_SIGNING_TIME).into_iter().chain(self.expiry.map(|_| EXPIRY));
        let plugin = self.plugin.as_ref().map(|_| PLUGIN);
        let least = self.plugin_min_version.as_ref().map(|_| PLUGIN_MIN_VERSION);
        let extended = self.extended.iter().filter(|one| one.critical).map(|one| &*one.name);
        let extended = || plugin.into_iter().chain(least).chain(extended.clone());
        let mut critical = vec![SIGNING_SCHEME];
        match format {
            Format::Jws => critical.extend(extended().chain(times())),
            Format::Cose => critical.extend(times().chain(extended())),
        }
        critical
    }
}
