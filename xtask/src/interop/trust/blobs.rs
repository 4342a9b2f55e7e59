//! Signatures of files, both ways: notation-go has no call for them, so that notation-core-go judges.

use super::{Trust, Wanted, judged, keys::Signer, stamps::Stamping};
use crate::{
    interop::result::Results,
    lab::{Authority, KeyKind, Table},
};
use serde_json::json;

pub(super) fn run(trust: &Trust<'_>, results: &mut Results) -> Result<(), String> {
    let root = Authority::root(trust.openssl, trust.scene.folder, "blob-stamping", KeyKind::P256)?;
    trust.store("tsa:blobs", &root)?;
    let stamping = super::stamps::openssl(&root)?;
    let mut stores: Vec<String> = trust.signers.iter().map(|signer| format!("ca:{}", signer.kind.name())).collect();
    stores.push("tsa:blobs".into());
    let policy = json!({ "version": "1.0", "trustPolicies": [{
        "name": "blobs", "globalPolicy": true, "signatureVerification": {"level": "strict"},
        "trustStores": stores, "trustedIdentities": [super::SIGNERS],
    }] });
    trust.scene.folder.write(&format!("{}/trustpolicy.blob.json", super::CONFIG), policy.to_string())?;
    let mut table = Table::new(&["key", "format", "we sign", "they sign", "another file", "other metadata"]);
    for signer in &trust.signers {
        for format in ["jws", "cose"] {
            let case = Case { trust, signer, format, stamping: &stamping };
            let mut row = vec![signer.kind.name().to_owned(), format.to_owned()];
            for (what, found) in case.all() {
                row.push(results.cell(&format!("blob, {}, {format}: {what}", signer.kind.name()), found));
            }
            table.row(row);
        }
    }
    table.print();
    Ok(())
}

struct Case<'a> {
    trust: &'a Trust<'a>,
    signer: &'a Signer,
    format: &'static str,
    stamping: &'a Stamping,
}

impl Case<'_> {
    fn all(&self) -> [(&'static str, Result<(), String>); 4] {
        let (we, they) = (self.we_sign(), self.they_sign());
        let both = [we.clone(), they.clone()];
        let refused = |blob: &str, metadata: &str, wanted: Wanted| -> Result<(), String> {
            for signature in &both {
                self.judge(blob, &signature.clone()?, metadata, wanted)?;
            }
            Ok(())
        };
        let changed = self.trust.scene.folder.write("changed.bin", "another cargo\n");
        let another = changed.and_then(|changed| {
            refused(&changed, "team=deck", Wanted::Refused("target-mismatch", "the signature is about"))
        });
        let other = self.blob().and_then(|blob| {
            refused(&blob, "team=engine", Wanted::Refused("signed-metadata-mismatch", "team is \"deck\""))
        });
        [
            ("we sign", we.map(|_| ())),
            ("they sign", they.map(|_| ())),
            ("another file", another),
            ("other metadata", other),
        ]
    }
    fn blob(&self) -> Result<String, String> {
        let name = format!("blobs/{}-{}.bin", self.signer.kind.name(), self.format);
        self.trust.scene.folder.write(&name, format!("the cargo of {name}\n"))
    }
    /// With metadata and a timestamp; the signature's file.
    fn we_sign(&self) -> Result<String, String> {
        let blob = self.blob()?;
        let (name, Stamping { url, root, .. }) = (self.signer.kind.name(), self.stamping);
        let words = ["blob", "sign", &blob, "--key", name, "--signature-format", self.format, "--force"];
        let more = ["--user-metadata", "team=deck", "--timestamp-url", url, "--timestamp-root-cert", root];
        self.trust.ours(&[&words[..], &more].concat())?.ok("we do not sign")?;
        let signature = format!("{blob}.{}.sig", self.format);
        self.judge(&blob, &signature, "team=deck", Wanted::Accepted)?;
        Ok(signature)
    }
    fn they_sign(&self) -> Result<String, String> {
        let blob = self.blob()?;
        let signature =
            self.trust.scene.folder.at(&format!("blobs/theirs-{}.bin.{}.sig", self.signer.kind.name(), self.format));
        let (issued, Stamping { url, root, .. }) = (&self.signer.issued, self.stamping);
        let words = ["blob-sign", "--blob", &blob, "--out", &signature, "--key", &issued.key, "--chain", &issued.chain];
        let more = ["--format", self.format, "--meta", "team=deck", "--tsa", url, "--tsa-root", root];
        self.trust.judge.run(&[&words[..], &more].concat())?.ok("they do not sign")?;
        self.judge(&blob, &signature, "team=deck", Wanted::Accepted)?;
        Ok(signature)
    }
    fn judge(&self, blob: &str, signature: &str, metadata: &str, wanted: Wanted) -> Result<(), String> {
        let words = ["blob", "verify", blob, "--signature", signature, "--user-metadata", metadata];
        let we = self.trust.ours(&words)?;
        let words = ["blob-verify", "--blob", blob, "--signature", signature, "--root", &self.signer.root];
        let more = ["--tsa-root", &self.stamping.root, "--format", self.format, "--meta", metadata];
        let they = self.trust.judge.run(&[&words[..], &more].concat())?;
        judged(&we, &they, wanted).map(|_| ())
    }
}
