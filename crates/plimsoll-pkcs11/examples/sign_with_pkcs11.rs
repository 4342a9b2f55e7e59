//! Signs an artifact with a key that never leaves its token, and shows the Notary envelope.
//!
//! ```text
//! cargo run -p plimsoll-pkcs11 --example sign_with_pkcs11 -- MODULE 'pkcs11:token=release;object=signer?pin-source=/run/pin' \
//!     application/vnd.oci.image.manifest.v1+json sha256:… 1234 > envelope.jws
//! ```
//!
//! The certificates of the token are the chain; the whole chain must be there, the root last.
#![allow(clippy::print_stderr, reason = "a program speaks to whoever runs it")]

use plimsoll_core::{Classify as _, Descriptor, Sign as _, UnixTime};
use plimsoll_crypto::provider;
use plimsoll_notary::{SignOptions, sign};
use plimsoll_pkcs11::{Module, TokenKey, Uri};
use std::{env, error::Error, io::Write, path::Path, process::ExitCode, time::SystemTime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, uri, media_type, digest, size] = arguments.as_slice() else {
        return Err("expected MODULE URI MEDIA_TYPE DIGEST SIZE".into());
    };
    let target = Descriptor::new(media_type, digest.parse()?, size.parse()?);
    let uri: Uri = uri.parse()?;
    // The URI says where the PIN is; nobody else is asked.
    let key = TokenKey::find(&Module::load(Path::new(module))?, &uri, |_token| None)
        .inspect_err(|error| eprintln!("{}: {uri}", error.code()))?;
    let chain = key.presented_chain().to_vec();
    let signer = key.envelope_signer(provider())?;
    eprintln!("signing with {:?} under a chain of {}", signer.algorithm(), chain.len());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let options = SignOptions::new(UnixTime::saturating_from_secs(now.as_secs()));
    let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    // The chain is checked before the token signs, and the signature when it comes back.
    let signature = sign(&target, &signer, &chain, &options, provider()).await?;
    std::io::stdout().write_all(signature.envelope.bytes())?;
    Ok(())
}
