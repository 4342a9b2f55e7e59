//! Private keys for tests. They are public: never trust or use them.

/// An RSA private key for tests, PKCS#8 in PEM, of 2048, 3072 or 4096 bits.
///
/// Making such a key takes seconds, so the tests share three. Keys on curves are cheap: make one in each test.
///
/// # Panics
/// For any other size.
#[must_use]
#[expect(clippy::panic, reason = "only tests call this, with a size that stands in their source")]
pub const fn rsa_key(bits: u32) -> &'static str {
    match bits {
        2048 => include_str!("../keys/rsa-2048.pk8.pem"),
        3072 => include_str!("../keys/rsa-3072.pk8.pem"),
        4096 => include_str!("../keys/rsa-4096.pk8.pem"),
        _ => panic!("there are test keys of 2048, 3072 and 4096 bits"),
    }
}
