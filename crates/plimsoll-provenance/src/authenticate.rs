//! Who vouches for an attestation: the authorities, asked one by one.

mod svid;
mod unrevoked;

use crate::{
    How, PredicateType, Statement, StatementLimits,
    authority::{Authorities, Authority, Certificates, algorithms},
    code,
    statement::STATEMENT_TYPE,
};
use plimsoll_core::{
    Algorithm, Blob, Budget, Context, Digest, Escaped, Failure, Horizon, LimitExceeded, Missing, Name, PublicKey,
    TrustedTime, VerifiedIdentity, VerifierId, Voucher,
    code::{LIMIT_EXCEEDED, NOT_SUPPORTED},
};
use plimsoll_envelope::{Critical, EnvelopeError, Opened, Sealed};
use plimsoll_pki::{
    ChainOptions, PresentedChain, Profile, VerifiedChain,
    code::{CERTIFICATE_NOT_REVOCABLE, REVOCATION_UNKNOWN},
};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

pub(crate) const ID: VerifierId = VerifierId("provenance");

/// Somebody who vouches for a statement.
#[derive(Clone, Debug)]
pub(crate) struct Attester {
    pub(crate) how: How,
    pub(crate) signer: Arc<str>,
    pub(crate) identity: VerifiedIdentity,
    pub(crate) evidence: Vec<Digest>,
    pub(crate) horizon: Horizon,
}

impl Attester {
    pub(crate) fn notary(voucher: Voucher) -> Self {
        Self {
            how: How::Notary,
            signer: signer(voucher.identity.name()),
            identity: voucher.identity,
            evidence: voucher.evidence,
            horizon: voucher.horizon,
        }
    }
}

fn signer(name: &Name) -> Arc<str> {
    match name {
        Name::X509 { subject, .. } => subject.clone(),
        Name::Spiffe { id, .. } => id.clone(),
        key => key.to_string().into(),
    }
}

/// A statement that somebody vouches for who may. Each distinct key stands there once.
pub(crate) struct Authenticated {
    pub(crate) statement: Statement,
    pub(crate) attesters: Vec<Attester>,
    /// Why one more might count, which could not be found out.
    pub(crate) open: Option<Failure>,
}

/// Whether something that failed so may count after all: what goes over a limit, what somebody signed who is named in a way that is not
/// supported, and what nobody says whether it is revoked. Any other reason can be brought about by whoever may push, and so changes
/// nothing.
pub(crate) fn may_count(failure: &Failure) -> bool {
    [code::ATTESTATIONS_EXHAUSTED, CERTIFICATE_NOT_REVOCABLE, LIMIT_EXCEEDED, NOT_SUPPORTED, REVOCATION_UNKNOWN]
        .contains(&failure.code)
}

/// The budget of the round was spent before this was looked at.
pub(crate) fn exhausted(limit: LimitExceeded) -> Failure {
    Failure::new(code::ATTESTATIONS_EXHAUSTED, limit.to_string())
}

/// Opens the envelope for each authority, and reads the statement of what opened.
///
/// The statement is read only from an opened envelope, and an authority counts only for its own predicate types: a key that is
/// good for one type says nothing about another (cosign CVE-2022-35929).
pub(crate) fn by_dsse(
    envelope: &Blob,
    authorities: &Authorities,
    limits: &crate::Limits,
    cx: &mut Context<'_>,
) -> Result<Result<Authenticated, Failure>, Missing> {
    let sealed = match Sealed::dsse(envelope.bytes(), &envelope_limits(limits)) {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Err(Failure::of(&error))),
    };
    let tries = Budget::new("signature checks for one envelope", limits.tries);
    let bytes = envelope.bytes().len();
    let mut judge = Judge { sealed: &sealed, bytes, tries, authorities, cx, pending: false };
    let (mut statement, mut attesters, mut keys) = (None, Vec::new(), BTreeSet::new());
    let mut failure = not_authenticated("no signature of the envelope is by a key or certificate that is named");
    for index in 0..sealed.signatures() {
        for authority in authorities.iter() {
            for result in judge.ask(index, authority) {
                let checked = result.and_then(|(attester, opened)| {
                    let read = match &statement {
                        Some(read) => read,
                        None => statement.insert(payload(&opened, &limits.statement)?),
                    };
                    may(authority, &read.predicate_type).map(|()| attester)
                });
                match checked {
                    // One key counts once, whatever it calls itself and however often it signs.
                    Ok(attester) if keys.insert(*attester.identity.name().spki()) => attesters.push(attester),
                    Ok(_) => {}
                    Err(error) => failure = more_telling(failure, error),
                }
            }
        }
    }
    match statement {
        // The others were asked for in the same round.
        _ if judge.pending => Err(Missing::Pending),
        Some(statement) if !attesters.is_empty() => {
            let open = Some(failure).filter(may_count);
            Ok(Ok(Authenticated { statement, attesters, open }))
        }
        _ => Ok(Err(failure)),
    }
}

fn envelope_limits(limits: &crate::Limits) -> plimsoll_envelope::Limits {
    let mut envelope = plimsoll_envelope::Limits::default();
    envelope.envelope = limits.blob;
    envelope
}

/// Of two reasons the one that came further: whoever is not named at all says least, what is open most.
fn more_telling(one: Failure, other: Failure) -> Failure {
    let says_more = may_count(&other) && !may_count(&one);
    if says_more || one.code == code::ATTESTATION_NOT_AUTHENTICATED { other } else { one }
}

fn not_authenticated(message: &str) -> Failure {
    Failure::new(code::ATTESTATION_NOT_AUTHENTICATED, message)
}

/// Says whether an authority is named for a predicate type.
fn may(authority: &Authority, kind: &PredicateType) -> Result<(), Failure> {
    if authority.may_attest(kind) {
        return Ok(());
    }
    let message = format!("expected a signer who may attest `{kind}`, found one who may attest other predicate types");
    Err(Failure::new(code::ATTESTATION_TYPE_NOT_ALLOWED, message))
}

/// Reads what was signed. The payload type is signed along, and says whether it is a statement.
fn payload(opened: &Opened<'_>, limits: &StatementLimits) -> Result<Statement, Failure> {
    check_payload_type(opened.content_type().unwrap_or_default())?;
    Statement::read(opened.payload(), limits).map_err(|error| Failure::of(&error))
}

fn check_payload_type(found: &str) -> Result<(), Failure> {
    let is_statement =
        found == STATEMENT_TYPE || (found.starts_with("application/vnd.in-toto.") && found.ends_with("+json"));
    if is_statement {
        return Ok(());
    }
    let message = format!("expected the payload type `{STATEMENT_TYPE}`, found `{}`", Escaped::new(found));
    Err(Failure::new(code::MALFORMED_ATTESTATION, message))
}

/// One envelope before the authorities.
struct Judge<'s, 'j, 'c> {
    sealed: &'s Sealed<'s>,
    bytes: usize,
    tries: Budget,
    authorities: &'j Authorities,
    cx: &'j mut Context<'c>,
    /// Whether an answer was asked for that is not there yet.
    pending: bool,
}

type Answer<'s> = Result<(Attester, Opened<'s>), Failure>;

impl<'s> Judge<'s, '_, '_> {
    /// Whether signature number `index` is by one of an authority's keys or certificates. A key that it is not by says nothing.
    fn ask<'a>(&mut self, index: usize, authority: &'a Authority) -> Vec<Answer<'s>>
    where
        'a: 's,
    {
        let mut answers = Vec::new();
        // The key identifier is a hint that anybody can write, so every key is tried.
        for key in &authority.keys {
            match self.open(index, key.public(), key.algorithms) {
                // Nobody vouches for when an attestation was signed, so no verified time saves the key.
                Ok(Some(opened)) => answers.push(match self.authorities.distrust().check_key(key.public(), None) {
                    Ok(()) => Ok((self.key_holder(&key.name, key.spki), opened)),
                    Err(distrusted) => Err(Failure::of(&distrusted)),
                }),
                Ok(None) => {}
                Err(failure) => answers.push(Err(failure)),
            }
        }
        if let Some(certificates) = &authority.certificates {
            answers.extend(self.by_certificate(index, certificates).transpose());
        }
        if let Some(workloads) = &authority.workloads {
            answers.extend(self.by_svid(index, workloads).transpose());
        }
        answers
    }
    fn key_holder(&self, name: &Arc<str>, spki: Digest) -> Attester {
        let times = vec![TrustedTime::Clock(self.cx.at)];
        Attester {
            how: How::DsseKey,
            signer: name.clone(),
            identity: VerifiedIdentity::assertion(ID, Name::Key { spki }, times),
            evidence: Vec::new(),
            horizon: Horizon::ALWAYS,
        }
    }
    /// Opens under a key, by whichever of its algorithms holds.
    fn open(
        &mut self,
        index: usize,
        key: PublicKey<'s>,
        algorithms: &[Algorithm],
    ) -> Result<Option<Opened<'s>>, Failure> {
        for algorithm in algorithms {
            self.tries.spend(1)?;
            // Each hashes the whole payload.
            self.cx.budget.spend_on(self.bytes).map_err(exhausted)?;
            match self.sealed.open(index, key, *algorithm, self.cx.crypto, Critical::Only(&[])) {
                Ok(opened) => return Ok(Some(opened)),
                Err(EnvelopeError::SignatureInvalid | EnvelopeError::UnsupportedBackend { .. }) => {}
                Err(error) => return Err(Failure::of(&error)),
            }
        }
        Ok(None)
    }
    /// Judges the chain that came along: profile, trust store, identity, time, then the signature itself.
    fn by_certificate(
        &mut self,
        index: usize,
        trust: &Certificates,
    ) -> Result<Option<(Attester, Opened<'s>)>, Failure> {
        let unverified = self.sealed.unverified(index).map_err(|error| Failure::of(&error))?;
        let presented: Vec<&'s [u8]> = unverified.presented_chain().collect();
        if presented.is_empty() {
            return Ok(None);
        }
        self.tries.spend(u64::try_from(presented.len()).unwrap_or(u64::MAX))?;
        let options = ChainOptions::new(Profile::CodeSigning);
        let chain = PresentedChain::read(&presented, &options, self.cx.crypto).map_err(|error| Failure::of(&error))?;
        let chain = chain.verify(&options, self.cx.crypto, Some(&trust.stores)).map_err(|error| Failure::of(&error))?;
        let mut attester = self.certificate_holder(&chain, trust)?;
        let leaf = chain.leaf();
        let Some(opened) = self.open(index, leaf.public_key(), algorithms(leaf.key()))? else {
            return Err(Failure::of(&EnvelopeError::SignatureInvalid));
        };
        self.authorities.distrust().check(&chain, None).map_err(|distrusted| Failure::of(&distrusted))?;
        // Last, so that only whoever holds a trusted key can say that something is not known, or make somebody ask.
        self.unrevoked(&chain, trust.requirement, &mut attester)?;
        Ok(Some((attester, opened)))
    }
    fn certificate_holder(&self, chain: &VerifiedChain<'_>, trust: &Certificates) -> Result<Attester, Failure> {
        let anchor = chain.anchored_in(&trust.stores).map_err(|error| Failure::of(&error))?;
        let leaf = chain.leaf();
        let identity = chain.leaf_identity();
        let subject = identity.subject.clone();
        if let Some(identities) = &trust.identities {
            let mut trusted = false;
            for identity in identities {
                trusted = trusted || identity.matches(&leaf.subject()).map_err(|error| Failure::of(&error))?;
            }
            if !trusted {
                let found = Escaped::new(&subject);
                return Err(not_authenticated(&format!("expected a signer with a trusted identity, found `{found}`")));
            }
        }
        chain.valid_at(self.cx.at).map_err(|error| Failure::of(&error))?;
        let name = Name::X509 {
            subject: subject.clone(),
            leaf: identity.certificate,
            spki: identity.key,
            anchor: anchor.digest(),
            store: anchor.store().as_str().clone(),
        };
        Ok(Attester {
            how: How::DsseCertificate,
            signer: subject,
            identity: VerifiedIdentity::assertion(ID, name, vec![TrustedTime::Clock(self.cx.at)]),
            evidence: Vec::new(),
            horizon: chain.horizon(),
        })
    }
}

/// Reads a statement that Notary signatures on its manifest vouch for. Nothing is read without a voucher.
pub(crate) fn by_notary(
    layer: &Blob,
    bare: bool,
    vouchers: Vec<Voucher>,
    authorities: &Authorities,
    limits: &crate::Limits,
) -> Result<Authenticated, Failure> {
    if vouchers.is_empty() {
        return Err(not_authenticated("no Notary signature on its manifest holds"));
    }
    let statement = if bare { Cow::Borrowed(layer.bytes()) } else { Cow::Owned(unwrapped(layer, limits)?) };
    let statement = Statement::read(&statement, &limits.statement).map_err(|error| Failure::of(&error))?;
    notary_may(authorities, &statement.predicate_type)?;
    let attesters = vouchers.into_iter().map(Attester::notary).collect();
    Ok(Authenticated { statement, attesters, open: None })
}

/// Says whether a Notary signature counts for a predicate type.
pub(crate) fn notary_may(authorities: &Authorities, kind: &PredicateType) -> Result<(), Failure> {
    if authorities.iter().any(|authority| authority.notary && authority.may_attest(kind)) {
        return Ok(());
    }
    let message = format!("expected a predicate type for which a Notary signature counts, found `{kind}`");
    Err(Failure::new(code::ATTESTATION_TYPE_NOT_ALLOWED, message))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    payload_type: Cow<'a, str>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
}

/// The payload of an envelope whose own signatures are of nobody who is named: the manifest's signature covers these bytes.
fn unwrapped(envelope: &Blob, limits: &crate::Limits) -> Result<Vec<u8>, Failure> {
    // Reads it strictly: members once, one alphabet.
    Sealed::dsse(envelope.bytes(), &envelope_limits(limits)).map_err(|error| Failure::of(&error))?;
    let broken = || Failure::new(code::MALFORMED_ATTESTATION, "expected a DSSE envelope with a payload in base64");
    let wire: Envelope<'_> = serde_json::from_slice(envelope.bytes()).map_err(|_| broken())?;
    check_payload_type(&wire.payload_type)?;
    let text = wire.payload.as_bytes();
    let standard = base64_simd::STANDARD.decode_to_vec(text);
    standard.or_else(|_| base64_simd::URL_SAFE.decode_to_vec(text)).map_err(|_| broken())
}
