//! What the consumer of these images demands.

use crate::lab::Folder;

/// Writes the rules and the trust policy.
pub(super) fn write(folder: &Folder, registry: &str) -> Result<(), String> {
    folder.write("rules.yaml", RULES)?;
    folder.write("notation/trustpolicy.json", POLICY.replace("REGISTRY", registry))?;
    Ok(())
}

const RULES: &str = r#"
version: 1
name: debian
attestations:
  - predicateTypes: [slsaprovenance1, cyclonedx]
    certificates:
      trustStores: ["ca:p256"]
      trustedIdentities: ["x509.subject: C=US, ST=WA, O=Notary, CN=p256"]
rules:
  - name: signed-for-this-name
    require:
      signature:
        by: [{subject: "CN=p256,O=Notary,ST=WA,C=US", store: "ca:p256"}]
        name: bound
        minimumVersion: "1.0.0"
  - name: built-by-plimsoll
    require:
      provenance:
        by: [{subject: "CN=p256,O=Notary,ST=WA,C=US"}]
  - name: nothing-forbidden-inside
    require:
      inventory:
        by: [{subject: "CN=p256,O=Notary,ST=WA,C=US"}]
        deny:
          - purl: pkg:deb/debian/telnetd
            because: it sends passwords in clear
"#;

const POLICY: &str = r#"{
  "version": "1.0",
  "trustPolicies": [
    {
      "name": "debian",
      "registryScopes": ["REGISTRY/debian", "REGISTRY/large"],
      "signatureVerification": { "level": "strict" },
      "trustStores": ["ca:p256"],
      "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Notary, CN=p256"]
    }
  ]
}
"#;
