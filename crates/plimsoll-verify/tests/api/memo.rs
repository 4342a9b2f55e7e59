use crate::world::{Scene, WantsASeal, block, now, reference};
use plimsoll_core::*;
use plimsoll_testkit::ocsp::Status;
use plimsoll_verify::{Session, Setup, drive};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what reaches the back end.
struct Counting<'a>(&'a dyn SignatureAlgorithm, AtomicUsize);
impl SignatureAlgorithm for Counting<'_> {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
    fn verify(&self, key: PublicKey<'_>, message: Message<'_>, signature: &[u8]) -> Result<(), VerifyError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.verify(key, message, signature)
    }
}

/// A gatherer that asks one more question after the seals were judged, so that there is one more round.
struct OneMoreRound<'a>(&'a dyn Gather);
impl Gather for OneMoreRound<'_> {
    fn id(&self) -> VerifierId {
        self.0.id()
    }
    fn kinds(&self) -> &'static [&'static str] {
        self.0.kinds()
    }
    fn gather(&self, subject: &Subject, cx: &mut Context<'_>, facts: &mut Facts) {
        self.0.gather(subject, cx, facts);
        if facts.rows().len() > 1 {
            let _ = cx.http("http://late.test/", None, 1, Purpose::Crl);
        }
    }
}

#[test]
fn a_public_key_operation_runs_once_in_a_session() {
    let scene = Scene::new(&[Status::Good]);
    let inner = plimsoll_crypto::provider().find(Algorithm::EcdsaP256Sha256Der).unwrap();
    let counting = Counting(inner, AtomicUsize::new(0));
    let algorithms: [&dyn SignatureAlgorithm; 1] = [&counting];
    let more = OneMoreRound(&scene.gather);
    let gather: [&dyn Gather; 1] = [&more];
    let setup = Setup::new(&WantsASeal, Provider::new(&algorithms), now()).gathering(&gather);
    assert!(block(drive(&mut Session::new(setup, reference()), &scene.world)).verdict.is_admitted());
    assert_eq!(counting.1.load(Ordering::Relaxed), 1, "two rounds saw the signature");
}
