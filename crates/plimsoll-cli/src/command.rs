//! What each word of the command line does.

pub(crate) mod attach;
pub(crate) mod attest;
pub(crate) mod blob;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod copy;
pub(crate) mod demo;
pub(crate) mod discover;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod list;
pub(crate) mod pki;
pub(crate) mod policy;
pub(crate) mod sbom;
pub(crate) mod serve;
pub(crate) mod ship;
pub(crate) mod sign;
pub(crate) mod tag;
pub(crate) mod trust;
pub(crate) mod verify;

pub(crate) use crate::machine::Scene;
use crate::{
    arguments::{Arguments, Command},
    failure::Failure,
    machine::Machine,
    report::Report,
};

/// Runs a command. Each lies in a box of its own: a future is as large as the largest that it may hold.
pub(crate) async fn run(arguments: Arguments, machine: &Machine) -> Result<Report, Failure> {
    let scene = Scene { global: &arguments.global, machine };
    match arguments.command {
        Command::Attach(words) => Box::pin(attach::run(words, &scene)).await,
        Command::Copy(words) => Box::pin(copy::run(words, &scene)).await,
        Command::Discover(words) => Box::pin(discover::run(words, &scene)).await,
        Command::Explain { code } => explain::run(code.as_deref()),
        Command::Pull(words) => Box::pin(copy::pull(words, &scene)).await,
        Command::Tag(words) => Box::pin(tag::run(words, &scene)).await,
        Command::Cert(words) => trust::cert(words, &scene),
        Command::Key(words) => Box::pin(trust::key(words, &scene)).await,
        Command::Distrust(words) => trust::distrust(words, &scene),
        Command::Plugin(words) => Box::pin(trust::plugin(words, &scene)).await,
        Command::Pki(words) => Box::pin(pki::run(words, &scene)).await,
        Command::TrustPolicy(words) => trust::trust_policy(words, &scene),
        Command::Verify(words) => Box::pin(verify::run(words, &scene)).await,
        Command::Inspect(words) => Box::pin(inspect::run(words, &scene)).await,
        Command::List(words) => Box::pin(list::run(words, &scene)).await,
        Command::Blob(words) => Box::pin(blob::run(words, &scene)).await,
        Command::SignBlob(words) => Box::pin(blob::sign(words, &scene)).await,
        Command::VerifyBlob(words) => Box::pin(blob::verify(words, &scene)).await,
        Command::Sbom(words) => Box::pin(sbom::run(words, &scene)).await,
        Command::Sign(words) => Box::pin(sign::run(words, &scene)).await,
        Command::Attest(words) => Box::pin(attest::run(words, &scene)).await,
        Command::Build(words) => Box::pin(build::run(words, &scene)).await,
        Command::Ship(words) => Box::pin(ship::run(words, &scene)).await,
        Command::Check(words) => Box::pin(check::run(words, &scene)).await,
        Command::Policy(words) => policy::run(words),
        Command::Demo { keep } => demo::run(keep.as_deref()),
        Command::Serve(words) => Box::pin(serve::run(words, &scene)).await,
        Command::Version => Ok(version()),
    }
}

fn version() -> Report {
    let version = env!("CARGO_PKG_VERSION");
    Report::done(format!("plimsoll {version}"), serde_json::json!({ "version": version }))
}
