//! Files of certificates.

use plimsoll_core::Classify;
use plimsoll_pki::{CertificateFileError, Limits, code, read_certificates};
use plimsoll_testkit::{
    pki::{KeySpec, TestCa, pem},
    rsa_key,
};

fn read(bytes: &[u8]) -> Result<usize, CertificateFileError> {
    read_certificates(bytes, &Limits::default()).map(|found| found.len())
}

#[test]
fn pem_and_der_of_several_certificates_are_read_in_order() {
    let ca = TestCa::new(KeySpec::P256);
    let expected = ca.chain();
    for file in [ca.chain_pem().into_bytes(), expected.concat(), ca.chain_pem().replace('\n', "\r\n").into_bytes()] {
        let found = read_certificates(&file, &Limits::default()).unwrap();
        assert!(found.iter().map(plimsoll_pki::OwnedCertificate::der).eq(expected.iter().copied()));
    }
    assert_eq!(read(pem("X509 CERTIFICATE", &ca.root.der).as_bytes()), Ok(1));
}

// attack: A-099
#[test]
fn text_outside_blocks_is_skipped() {
    let ca = TestCa::new(KeySpec::P256);
    let text = "Certificate:\n    Data: -----\n\n";
    assert_eq!(read([text, &ca.leaf.pem(), text, &ca.root.pem(), text].concat().as_bytes()), Ok(2));
}

// attack: A-099
#[test]
fn a_private_key_in_place_of_a_certificate_is_named_and_never_repeated() {
    let ca = TestCa::new(KeySpec::P256);
    let key = rsa_key(2048);
    let error = read([&ca.leaf.pem(), key].concat().as_bytes()).unwrap_err();
    assert_eq!(error.code(), code::UNEXPECTED_PEM);
    let text = format!("{error} {error:?}");
    assert!(text.contains("PRIVATE KEY"));
    assert!(key.lines().filter(|line| !line.starts_with("-----")).all(|line| !text.contains(line)));
}

// attack: A-099
#[test]
fn broken_and_nested_blocks_are_refused() {
    let good = TestCa::new(KeySpec::P256).root.pem();
    let begin = "-----BEGIN CERTIFICATE-----\n";
    for text in [
        good.replace("-----END CERTIFICATE-----", ""),
        good.replace("-----END CERTIFICATE-----", "-----END X509 CRL-----"),
        good.replace(begin, &begin.repeat(2)),
        good.replace(begin, &format!("{begin}Proc-Type: 4,ENCRYPTED\n")),
        good.replace("-----END CERTIFICATE-----\n", &good),
        good.replace(begin, "-----BEGIN CERTIFICATE\n"),
        format!("-----BEGIN CERTIFICATE\n{good}"),
        format!("-----END CERTIFICATE\n{good}"),
        "-----END CERTIFICATE-----\n".to_owned(),
        "-----BEGIN".repeat(1_000_000),
        begin.repeat(100_000),
        "# only a README\n".to_owned(),
        String::new(),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), code::MALFORMED_PEM, "{error}");
    }
}

#[test]
fn a_file_is_bounded_in_bytes_and_certificates() {
    let root = TestCa::new(KeySpec::P256).root;
    let mut limits = Limits::default();
    (limits.store_certificates, limits.pem_bytes) = (2, 1000);
    let large = read_certificates(&[b'x'; 1001], &limits).unwrap_err();
    assert_eq!(large.to_string(), "the file is too large: more than 1000 bytes in one file of certificates");
    limits.pem_bytes = 10_000;
    let many = read_certificates(&root.der.repeat(3), &limits).unwrap_err();
    assert_eq!(many.to_string(), "the file is too large: more than 2 certificates in one file");
}
