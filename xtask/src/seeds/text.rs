//! Names, policies, configuration and recordings.

use super::{Outcome, Seeds};
use plimsoll_core::{Answer, Code, Descriptor, Digest, Failure, Purpose, Reference, Referrer, UnixTime, Want, code};
use plimsoll_crypto::provider;
use plimsoll_notary::policy::{BlobTrustPolicy, TrustPolicy};
use plimsoll_policy::Policy;
use plimsoll_verify::{Input, Recording, Session, Setup};
use std::fs;

pub(super) fn make(seeds: &mut Seeds) -> Outcome {
    names(seeds);
    configuration(seeds)?;
    policies(seeds)?;
    recording(seeds)
}

fn names(seeds: &mut Seeds) {
    let digest = Digest::sha256_of(b"{}");
    seeds.all("digest", [digest.to_string(), Digest::sha512_of(b"{}").to_string(), "blake3:00".into()]);
    seeds.all("time", ["2026-11-23T16:08:46Z", "2024-02-29t23:59:60.999+09:30", "9999-12-31T23:59:59-00:00"]);
    seeds.all("repository", ["registry.test/team/app", "[2001:db8::1]:5000/a", "docker.io/library/a_b__c-d"]);
    for target in ["reference", "reference_normalized"] {
        seeds.all(target, [format!("127.0.0.1:5000/team/app:v1@{digest}"), "localhost/a:v1".into(), "alpine".into()]);
    }
    seeds.all(
        "layout_reference",
        [format!("oci:./out/app:v1@{digest}"), "oci:C:/out:v1".into(), "oci:/out/app:".into()],
    );
    seeds.all("platform", ["linux/amd64", "linux/arm/v7", "linux/aarch64", "windows/i386"]);
    seeds.all("store_name", ["ca:release", "signingAuthority:a.b-c_d", "tsa:x"]);
    seeds.all("key_name", ["release", "Pilot-1.key"]);
    let object = "pkcs11:model=SoftHSM%20v2;serial=6f1c;token=release;slot-id=7;id=%AB%00;object=signer;type=private";
    seeds.all(
        "pkcs11_uri",
        [object, "PKCS11:?module-path=/usr/lib/hsm.so&pin-source=file:/run/pin", "pkcs11:?pin-value=1%26"],
    );
    let subject = r"C=US, ST=WA, L=Seattle, O=a\, b\+\23\C3\A9, CN=x";
    seeds.add("distinguished_name", subject);
    seeds.all("trusted_identity", ["*".into(), format!("x509.subject: {subject}"), "example.id: abc".into()]);
    seeds.all("predicate_type", ["slsaprovenance1", "https://cyclonedx.org/bom/v1.6"]);
    let purls =
        ["pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12", "pkg:golang/google.golang.org/genproto#a/b"];
    seeds.all("purl", purls);
    seeds.all("purl", ["pkg:npm/%40scope/name@1.0.0", "pkg:oci/app@sha256%3A00?repository_url=r.test/app&tag=v1"]);
    seeds
        .all("license", ["(MIT OR Apache-2.0 WITH LLVM-exception) AND Zlib", "DocumentRef-a:LicenseRef-b", "GPL-2.0+"]);
    seeds.all(
        "challenge",
        [r#"Bearer realm="https://auth.test/token",scope="a:b:pull,push", Basic realm="x\"y""#, "Negotiate YII=="],
    );
    seeds
        .all("link", [r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, "<a>; rel=prev, <b>; title=x; rel=\"last next\""]);
    seeds.add("htpasswd", "# users\nalice:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC\n\n");
}

fn configuration(seeds: &mut Seeds) -> Outcome {
    seeds.add("notation_config", r#"{"insecureRegistries":["r.test:5000"],"credsStore":"s","credHelpers":{"r.test":"h"},"signatureFormat":"cose","more":1}"#);
    seeds.add("signing_keys", r#"{"default":"a","keys":[{"name":"a","keyPath":"/a.key","certPath":"/a.crt"},{"name":"b","id":"i","pluginName":"p","pluginConfig":{"x":"y"},"more":{}}],"extra":[1]}"#);
    seeds.add("network_settings", "responders: site\nallow:\n  - {host: ocsp.corp.example, port: 8080}\n  - network: 10.20.0.0/16\n  - network: fd00::/8\n");
    seeds.add("settings", "mounted-stores: ['ca:release']\nplugins:\n  kms:\n    environment: [AWS_REGION, 'AWS_WEB_*']\n    sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n    timeout: 90\n");
    seeds.add("docker_config", r#"{"auths":{"registry.test":{"auth":"YWRhOnMzY3JldA=="},"https://index.docker.io/v1/":{"username":"a","password":"b"},"registry.test/team":{"identitytoken":"t"}},"credHelpers":{"other.test":"none"}}"#);
    seeds.all("git_head", ["ref: refs/heads/main\n", "0123456789012345678901234567890123456789\n"]);
    let policy = br#"{"version":"1.0","trustPolicies":[
        {"name":"release","registryScopes":["registry.test/app","registry.test/other"],
         "signatureVerification":{"level":"strict","override":{"expiry":"log","revocation":"skip"},"verifyTimestamp":"afterCertExpiry"},
         "trustStores":["ca:release","tsa:time"],"trustedIdentities":["x509.subject: C=NL, ST=Groningen, O=Ships"]},
        {"name":"rest","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]}"#;
    seeds.add("trust_policy", TrustPolicy::parse(policy)?.to_json());
    let extended = br#"{"version":"1.0","trustPolicies":[{"name":"team","registryScopes":["registry.test/team/*"],
        "signatureVerification":{"level":"strict"},"trustStores":["ca:release"],"trustedIdentities":["*"],
        "plimsoll":{"revocation":"required","plugins":["com.example.verifier"]}}]}"#;
    seeds.add("trust_policy", TrustPolicy::parse(extended)?.to_json());
    let files = br#"{"version":"1.0","trustPolicies":[
        {"name":"files","globalPolicy":true,"signatureVerification":{"level":"strict"},"trustStores":["ca:release"],
         "trustedIdentities":["x509.subject: C=NL, ST=Groningen, O=Ships"]},
        {"name":"old","signatureVerification":{"level":"skip"}}]}"#;
    seeds.add("blob_trust_policy", BlobTrustPolicy::parse(files)?.to_json());
    plugin_answers(seeds);
    Ok(())
}

/// What plugins answer to each command of their contract.
fn plugin_answers(seeds: &mut Seeds) {
    seeds.all(
        "notary_plugin",
        [
            r#"{"name":"kms","description":"d","version":"1.0.0","url":"u","supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_GENERATOR.RAW","SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#,
            r#"{"keyId":"k","keySpec":"EC-256"}"#,
            r#"{"keyId":"k","signature":"AAEC","signingAlgorithm":"ECDSA-SHA-256","certificateChain":["AAEC"]}"#,
            r#"{"signatureEnvelope":"e30=","signatureEnvelopeType":"application/jose+json","annotations":{"a":"b"}}"#,
            r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":true},"SIGNATURE_VERIFIER.REVOCATION_CHECK":{"success":false,"reason":"r"}},"processedAttributes":["x"]}"#,
            r#"{"errorCode":"ACCESS_DENIED","errorMessage":"m","errorMetadata":{"a":"b"}}"#,
        ],
    );
}

fn policies(seeds: &mut Seeds) -> Outcome {
    seeds.add("policy", fs::read("crates/plimsoll-policy/examples/release.yaml")?);
    seeds.add("policy", JSON);
    seeds.add("policy", YAML);
    seeds.all(
        "condition",
        [
            "signatures.exists(s, has(s.expiry) && s.expiry > now)",
            "claimed.signatures.all(s, s.metadata.size() > 1 || 'a' in s.metadata)",
            "image.os == 'linux' ? request.tag.startsWith('v') : !(1 + 2 * 3 % 4 >= 5)",
            "claimed.signatures.filter(s, s.format == 'jws').exists_one(s, s.subject.contains(\"x\"))",
        ],
    );
    Ok(())
}

const JSON: &str = r#"{"version":1,"name":"p","rules":[{"name":"r","severity":"warn","platforms":["linux/arm64"],
"when":{"repositories":["registry.test/**"],"tags":["v*"]},"require":{"all":[{"image":{"labels":{"a":"b"}}},
{"not":{"image":{"platforms":["linux/amd64"]}}},{"any":[{"fact":{"kind":"image","backing":"computed","values":{"os":"linux"}}}]}]}},
{"name":"s","require":{"signature":{"by":[{"leaf":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
{"subject":"CN=x,O=y,ST=z,C=NL"}],"count":2,"name":"bound"}}}]}"#;

const YAML: &str = "version: 1\nname: p\nrules:\n  - name: i\n    require:\n      inventory: {by: [{subject: CN=x}], \
    deny: [{purl: pkg:cargo/a, versions: '>=1.0, <1.2'}, {license: AGPL-3.0-only}], denyLicenses: [X], formats: [spdx]}\n\
    \x20 - name: a\n    require: {attestation: {types: [vuln], how: [dsse-key]}}\n\
    examples:\n  - {name: e, reference: 'r.test/a:v1', expect: {deny: no-inventory}, at: '2026-11-23T16:08:46Z', \
    facts: {image: [{failed: blob-unavailable}]}, partial: {inventory: unreachable}}\n";

/// One question and answer of each kind. The target knows two contents: `{}` and `content`.
fn recording(seeds: &mut Seeds) -> Outcome {
    let policy = Policy::parse(JSON.as_bytes(), None)?;
    let reference: Reference = "registry.test/app:v1".parse()?;
    let session = Session::new(Setup::new(&policy, provider(), UnixTime::MIN), reference.clone());
    let mut recording = Recording::of(&session, vec![Input::new("policy.yaml", "content")]);
    let descriptor = Descriptor::of("text/plain", b"{}");
    let repository = || reference.repository().clone();
    let mut referrer = Referrer::new(descriptor.clone(), Some("a/b"));
    referrer.claimed_annotations.insert("key".into(), "value".into());
    let failed = |code: Code| Answer::Failed(Failure::new(code, "why"));
    let status =
        Want::Http { url: "http://ocsp.test/".into(), body: Some("{}".into()), limit: 99, purpose: Purpose::Ocsp };
    let subject = descriptor.digest;
    for (want, answer) in [
        (Want::Resolve { reference: reference.clone() }, Answer::Descriptor(descriptor.clone())),
        (Want::Manifest { repository: repository(), descriptor: descriptor.clone() }, Answer::Bytes("{}".into())),
        (Want::Blob { repository: repository(), descriptor }, Answer::Absent),
        (
            Want::Referrers { repository: repository(), subject, artifact_type: Some("a/b".into()) },
            Answer::Referrers([referrer].into()),
        ),
        (status, failed(code::UNREACHABLE)),
        (
            Want::Plugin { name: "p".into(), command: "verify-signature".into(), request: "content".into() },
            failed(code::NOT_SUPPORTED),
        ),
    ] {
        recording = recording.with_answer(&want, Some(answer));
    }
    seeds.add("recording", recording.to_files().swap_remove(0).1);
    Ok(())
}
