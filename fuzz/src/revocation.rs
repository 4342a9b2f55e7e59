//! Revocation lists, and OCSP requests and responses.

use plimsoll_core::{
    Algorithm, Bytes, Message, Missing, Provider, PublicKey, Purpose, SignatureAlgorithm, UnixTime, VerifyError,
};
use plimsoll_crypto::provider;
use plimsoll_pki::{
    Certificate, ChainOptions, Limits, Profile,
    crl::{CertificateList, CrlLimits},
    ocsp::{OcspLimits, OcspRequest, OcspResponse},
    revocation::{RevocationSources, Status, StatusAnswers, check_chain},
    verify_chain,
};

/// A back end that finds every signature good, so that what lies behind the signatures is reached.
pub(crate) struct Credulous(pub(crate) Algorithm);

impl SignatureAlgorithm for Credulous {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
    fn verify(&self, _: PublicKey<'_>, _: Message<'_>, _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

/// Every address answers the same.
struct Always(Bytes);

impl StatusAnswers for Always {
    fn http(&mut self, _: &str, _: Option<Bytes>, _: u64, _: Purpose) -> Result<Bytes, Missing> {
        Ok(self.0.clone())
    }
}

/// The input is a certificate, that of its issuer, and what every address answers.
fn status(input: &[u8]) {
    let Some((leaf, rest)) = element(input) else { return };
    let Some((issuer, rest)) = element(rest) else { return };
    let answer = Bytes::copy_from_slice(rest);
    let credulous: Vec<Credulous> = provider().algorithms().iter().map(|one| Credulous(one.algorithm())).collect();
    let all: Vec<&dyn SignatureAlgorithm> = credulous.iter().map(|one| one as &dyn SignatureAlgorithm).collect();
    let crypto = Provider::new(&all);
    let options = ChainOptions::new(Profile::NotarySigning);
    let Ok(chain) = verify_chain(&[leaf, issuer], &options, crypto, None) else { return };
    let at = UnixTime::saturating_from_secs(1_780_272_000);
    let lists: Vec<_> = CertificateList::from_der(answer.clone(), &CrlLimits::default()).into_iter().collect();
    for sources in [RevocationSources::new(), RevocationSources::new().with_lists(&lists)] {
        let report =
            check_chain(&chain, at, &sources, &mut Always(answer.clone()), crypto).expect("nothing is pending");
        let one = &report.certificates()[0];
        // Who is cleared is cleared by somebody, and for a time that holds now.
        if one.status == Status::Good {
            assert!(one.source.is_some() && !one.evidence.is_empty());
            assert!(one.horizon.from <= at && at < one.horizon.until);
        }
    }
}

pub fn crl(input: &[u8]) {
    if let Ok(list) = CertificateList::from_der(input.to_vec(), &CrlLimits::default()) {
        assert!(list.len() <= input.len() && list.der() == input);
    }
    status(input);
}

pub fn ocsp_response(input: &[u8]) {
    let _ = OcspResponse::from_der(input.to_vec(), &OcspLimits::default());
    status(input);
}

pub fn ocsp_request(input: &[u8]) {
    let limits = OcspLimits::default();
    crate::round_trip(input, |bytes| OcspRequest::from_der(bytes, &limits), OcspRequest::to_der);
    let Ok(request) = OcspRequest::from_der(input, &limits) else { return };
    if let Some(url) = request.get_url("http://ocsp.test") {
        let path = url.strip_prefix("http://ocsp.test").expect("its own address");
        assert_eq!(OcspRequest::from_get(path, &limits), Ok(request));
    }
}

/// The first DER element, if it is a certificate, and what comes after it.
fn element(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let long = usize::from(u16::from_be_bytes([*input.get(2)?, *input.get(3)?]));
    let (one, rest) = input.split_at_checked(long.checked_add(4)?)?;
    Certificate::from_der(one, &Limits::default()).ok().map(|_| (one, rest))
}
