//! Foreign test suites as judges. Nothing of them is in this repository: they are read from a folder.
//!
//! A suite is a file of this folder. It reports each case; the runner compares that with the list of known differences
//! (`xtask/conformance-exceptions.json`) and with the number of cases that are known to be there.

mod acvp_ml_dsa;
mod cose_wg;
mod dsse;
mod gluecose;
mod jwk;
mod notary_specs;
mod notation_core_go;
mod notation_e2e;
mod notation_go;
mod notation_go_timestamps;
mod notation_interop_corpus;
mod oci_image_spec;
mod oci_reference;
mod purl;
mod read;
mod runner;
mod tspclient_go;
mod wycheproof;
mod x509_limbo;

use runner::{Report, Suite};

/// Every suite, by the name of its folder.
const SUITES: &[Suite] = &[
    Suite { name: "acvp-ml-dsa", least: 135, run: acvp_ml_dsa::run },
    Suite { name: "cose-wg-examples", least: 73, run: cose_wg::run },
    Suite { name: "dsse", least: 2, run: dsse::run },
    Suite { name: "gluecose", least: 21, run: gluecose::run },
    Suite { name: "notation-core-go", least: 21, run: notation_core_go::run },
    Suite { name: "notation-e2e", least: 45, run: notation_e2e::run },
    Suite { name: "notation-go", least: 45, run: notation_go::run },
    Suite { name: "notation-interop-corpus", least: 577, run: notation_interop_corpus::run },
    Suite { name: "notary-specs", least: 258, run: notary_specs::run },
    Suite { name: "oci-image-spec", least: 33, run: oci_image_spec::run },
    Suite { name: "oci-reference", least: 160, run: oci_reference::run },
    Suite { name: "purl", least: 362, run: purl::run },
    Suite { name: "tspclient-go", least: 25, run: tspclient_go::run },
    Suite { name: "wycheproof", least: 8066, run: wycheproof::run },
    Suite { name: "x509-limbo", least: 99, run: x509_limbo::run },
];

/// Runs the suites in a folder: `--vectors DIR [SUITE...]`.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let [flag, folder, wanted @ ..] = arguments else { return Err(USAGE.into()) };
    if flag != "--vectors" {
        return Err(USAGE.into());
    }
    runner::run(SUITES, folder.as_ref(), wanted)
}

const USAGE: &str = "usage: cargo xtask conformance --vectors DIR [SUITE...]";
