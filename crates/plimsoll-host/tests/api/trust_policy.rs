//! `trustpolicy.oci.json` and `trustpolicy.json`.

use super::Home;
use plimsoll_host::{file::Overwrite, notation::TrustPolicyFile};

fn policy(name: &str) -> String {
    format!(
        r#"{{"version": "1.0", "trustPolicies": [{{"name": "{name}", "registryScopes": ["*"],
        "signatureVerification": {{"level": "strict"}}, "trustStores": ["ca:a"], "trustedIdentities": ["*"]}}]}}"#
    )
}
fn found(home: &Home) -> String {
    TrustPolicyFile::load(&home.notation()).unwrap().value.policy.statements()[0].name().into()
}

#[test]
fn the_old_name_counts_only_where_the_new_one_is_absent() {
    let home = Home::new();
    let error = TrustPolicyFile::load(&home.notation()).unwrap_err();
    home.says(&error, "file-missing", "expected a trust policy in `HOME/trustpolicy.oci.json`, found none");
    home.write("trustpolicy.json", policy("old"));
    assert_eq!(found(&home), "old");
    home.write("trustpolicy.oci.json", policy("new"));
    assert_eq!(found(&home), "new");
    let loaded = TrustPolicyFile::load(&home.notation()).unwrap();
    assert_eq!((loaded.value.bytes, loaded.value.path), (policy("new").into_bytes(), home.at("trustpolicy.oci.json")));
    assert_eq!(loaded.warnings, []);
    // A stray brace, as in a published example.
    home.write("trustpolicy.oci.json", format!("{}}}", policy("new")));
    let error = TrustPolicyFile::load(&home.notation()).unwrap_err();
    assert_eq!(plimsoll_core::Classify::code(&error).name(), "malformed-trust-policy");
    let message = home.text(error);
    assert!(message.starts_with("`HOME/trustpolicy.oci.json`: trust policy: line 2, column "), "{message}");
}

// attack: A-221
#[test]
fn a_221_a_policy_has_a_limit() {
    let home = Home::new();
    for size in [1_048_577, 5_000_000] {
        home.write("trustpolicy.oci.json", " ".repeat(size));
        let error = TrustPolicyFile::load(&home.notation()).unwrap_err();
        assert_eq!(plimsoll_core::Classify::code(&error).name(), "limit-exceeded");
    }
}

#[test]
fn an_imported_policy_is_checked_and_replaces_nothing_unasked() {
    let home = Home::new();
    let directory = plimsoll_host::notation::NotationDirectory::at(home.at("new/notation"));
    let import = |text: &str, overwrite| TrustPolicyFile::import(&directory, text.as_bytes(), overwrite);
    let error = import(r#"{"version": "1.0", "trustPolicies": []}"#, Overwrite::Replace).unwrap_err();
    home.says(
        &error,
        "malformed-trust-policy",
        "`the document`: trust policy: trustPolicies: expected a value, found it empty",
    );
    assert!(!directory.trust_policy().exists());
    assert_eq!(import(&policy("a"), Overwrite::Refuse).unwrap().statements()[0].name(), "a");
    let error = import(&policy("b"), Overwrite::Refuse).unwrap_err();
    home.says(&error, "already-there", "`HOME/new/notation/trustpolicy.oci.json` is there already");
    import(&policy("b"), Overwrite::Replace).unwrap();
    assert_eq!(std::fs::read(directory.trust_policy()).unwrap(), policy("b").as_bytes());
}

#[test]
fn an_import_does_not_put_an_old_policy_out_of_force_unasked() {
    let home = Home::new();
    home.write("trustpolicy.json", policy("old"));
    let import = |overwrite| TrustPolicyFile::import(&home.notation(), policy("new").as_bytes(), overwrite);
    home.says(&import(Overwrite::Refuse).unwrap_err(), "already-there", "`HOME/trustpolicy.json` is there already");
    import(Overwrite::Replace).unwrap();
    assert_eq!(found(&home), "new");
}

#[cfg(unix)]
mod unix {
    use super::*;

    // attack: A-222
    #[test]
    fn a_222_a_linked_policy_is_refused_whatever_lies_beside_it() {
        let home = Home::new();
        home.write("elsewhere.json", policy("linked"));
        home.link("elsewhere.json", "trustpolicy.oci.json");
        home.write("trustpolicy.json", policy("old"));
        let error = TrustPolicyFile::load(&home.notation()).unwrap_err();
        home.says(&error, "unsafe-path", "`HOME/trustpolicy.oci.json`: expected a regular file, found a symbolic link");
        let error =
            TrustPolicyFile::import(&home.notation(), policy("new").as_bytes(), Overwrite::Replace).unwrap_err();
        home.says(&error, "unsafe-path", "`HOME/trustpolicy.oci.json`: expected a regular file, found a symbolic link");
    }

    // attack: A-222
    #[test]
    fn a_222_a_fifo_in_place_of_a_policy_does_not_hang() {
        let home = Home::new();
        home.fifo("trustpolicy.oci.json");
        let error = TrustPolicyFile::load(&home.notation()).unwrap_err();
        home.says(
            &error,
            "unsafe-path",
            "`HOME/trustpolicy.oci.json`: expected a regular file, found a FIFO, socket or device",
        );
    }

    // attack: A-222
    #[test]
    fn a_222_a_policy_that_others_can_write_is_warned_about() {
        let home = Home::new();
        home.write("trustpolicy.oci.json", policy("a"));
        home.mode("trustpolicy.oci.json", 0o666);
        let warnings = TrustPolicyFile::load(&home.notation()).unwrap().warnings;
        assert_eq!(
            warnings.iter().map(|warning| home.text(warning)).collect::<Vec<_>>(),
            ["others can write `HOME/trustpolicy.oci.json`: whoever does decides what is trusted (chmod go-w)"]
        );
    }
}

#[test]
fn the_policy_for_blobs_has_a_file_of_its_own() {
    use plimsoll_host::notation::BlobTrustPolicyFile;
    let home = Home::new();
    let blob = policy("blobs").replace(r#""registryScopes": ["*"]"#, r#""globalPolicy": true"#);
    home.write("trustpolicy.json", policy("old"));
    home.write("trustpolicy.oci.json", policy("new"));
    let error = BlobTrustPolicyFile::load(&home.notation()).unwrap_err();
    home.says(&error, "file-missing", "expected a trust policy in `HOME/trustpolicy.blob.json`, found none");
    BlobTrustPolicyFile::import(&home.notation(), blob.as_bytes(), Overwrite::Refuse).unwrap();
    let found = BlobTrustPolicyFile::load(&home.notation()).unwrap().value;
    assert_eq!((found.bytes, found.policy.statements()[0].name()), (blob.clone().into_bytes(), "blobs"));
    let error = BlobTrustPolicyFile::import(&home.notation(), blob.as_bytes(), Overwrite::Refuse).unwrap_err();
    home.says(&error, "already-there", "`HOME/trustpolicy.blob.json` is there already");
    let error = BlobTrustPolicyFile::import(&home.notation(), b"{}", Overwrite::Replace).unwrap_err();
    assert_eq!(plimsoll_core::Classify::code(&error).name(), "malformed-trust-policy");
    #[cfg(unix)]
    {
        std::fs::rename(home.at("trustpolicy.blob.json"), home.at("real.json")).unwrap();
        home.link("real.json", "trustpolicy.blob.json");
        let message = "`HOME/trustpolicy.blob.json`: expected a regular file, found a symbolic link";
        home.says(&BlobTrustPolicyFile::load(&home.notation()).unwrap_err(), "unsafe-path", message);
    }
}
