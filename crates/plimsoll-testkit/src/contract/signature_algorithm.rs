use plimsoll_core::{Digest, Message, PublicKey, SignatureAlgorithm};

/// A message with a good signature, for [`signature_algorithm`].
#[derive(Clone, Copy, Debug)]
pub struct SignedSample<'a> {
    /// The key, as a DER-encoded `SubjectPublicKeyInfo`.
    pub spki_der: &'a [u8],
    /// The message; at least two bytes.
    pub message: &'a [u8],
    /// The signature, in the encoding that the algorithm names.
    pub signature: &'a [u8],
}

/// Tests a cryptographic back end against the contract of [`SignatureAlgorithm`].
///
/// `foreign_keys` are keys of other types or sizes, and another key of the same type.
///
/// # Panics
/// When the back end breaks the contract; the message says how.
pub fn signature_algorithm(backend: &dyn SignatureAlgorithm, sample: SignedSample<'_>, foreign_keys: &[&[u8]]) {
    let SignedSample { spki_der, message, signature } = sample;
    let holds = |spki: &[u8], parts: &[&[u8]], signature: &[u8]| {
        backend.verify(PublicKey::from_spki_der(spki), Message::Parts(parts), signature).is_ok()
    };
    for _ in 0..2 {
        assert!(holds(spki_der, &[message], signature), "a good signature does not hold");
    }
    for at in 0..=message.len() {
        let (head, tail) = message.split_at(at);
        assert!(holds(spki_der, &[head, &[], tail], signature), "a message in parts is another message");
    }
    assert!(!holds(spki_der, &[], signature), "a signature holds over no message");
    assert!(!holds(spki_der, &[message, b"x"], signature), "a signature holds over a longer message");
    for changed in each_byte_changed(message) {
        assert!(!holds(spki_der, &[&changed], signature), "a signature holds over another message");
    }
    for changed in each_byte_changed(signature).chain(each_length(signature)) {
        assert!(!holds(spki_der, &[message], &changed), "another signature holds: {changed:02x?}");
    }
    for changed in each_byte_changed(spki_der).chain(each_length(spki_der)) {
        assert!(!holds(&changed, &[message], signature), "a signature holds under another key: {changed:02x?}");
    }
    for foreign in foreign_keys {
        assert!(!holds(foreign, &[message], signature), "a signature holds under a foreign key");
    }
    for wrong in [Digest::Sha256([7; 32]), Digest::Sha512([7; 64])] {
        let verified = backend.verify(PublicKey::from_spki_der(spki_der), Message::Prehashed(&wrong), signature);
        assert!(verified.is_err(), "a signature holds over a hash that is not the message's");
    }
}

fn each_byte_changed(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).map(|at| {
        let mut changed = bytes.to_vec();
        // Another bit in each byte, so that all eight have their turn.
        changed
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|byte| *byte ^= 1_u8.rotate_left(u32::try_from(at % 8).unwrap_or(0)));
        changed
    })
}

/// Shorter, longer at either end, and empty.
fn each_length(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let shorter = bytes.split_last().map(|(_, rest)| rest.to_vec());
    let tail = bytes.split_first().map(|(_, rest)| rest.to_vec());
    let longer = [bytes, &[0]].concat();
    let padded = [&[0], bytes].concat();
    shorter.into_iter().chain(tail).chain([longer, padded, Vec::new()])
}
