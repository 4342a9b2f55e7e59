//! What the definitions of the types demand, beside the specification itself.
//!
//! Source: [purl-spec, types](https://github.com/package-url/purl-spec/tree/main/types). A type that is not listed there has no
//! rules of its own.

use super::PurlParts;

/// Whether a namespace stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    Optional,
    Prohibited,
    Required,
}

/// The rules of one type.
pub(super) struct Rules {
    pub(super) namespace: Demand,
    /// A qualifier that must be there.
    pub(super) needs: Option<&'static str>,
    pub(super) is_name: fn(&str) -> bool,
    /// The namespace is the first segment, and the name is a path: a repository on a host.
    pub(super) path_as_name: bool,
    lower_namespace: bool,
    lower_version: bool,
    name: fn(&str) -> String,
}

impl Rules {
    pub(super) fn normalize(&self, parts: &mut PurlParts) {
        parts.name = (self.name)(&parts.name);
        if self.lower_namespace {
            parts.namespace = parts.namespace.take().map(|text| text.to_lowercase());
        }
        if self.lower_version {
            parts.version = parts.version.take().map(|text| text.to_lowercase());
        }
        // The user name of a CPAN author is written in upper case.
        if parts.kind == "cpan" {
            parts.namespace = parts.namespace.take().map(|text| text.to_uppercase());
        }
    }
}

/// The rules of a type, in lower case.
pub(super) fn of(kind: &str) -> Rules {
    use Demand::{Optional, Prohibited, Required};
    let rules = |namespace, name| Rules {
        namespace,
        needs: None,
        is_name: |_| true,
        path_as_name: false,
        lower_namespace: false,
        lower_version: false,
        name,
    };
    let lower_both = |demand| Rules { lower_namespace: true, ..rules(demand, str::to_lowercase) };
    match kind {
        "alpm" | "apk" | "bitbucket" | "composer" | "deb" | "github" => lower_both(Required),
        "vscode-extension" => Rules { lower_version: true, ..lower_both(Required) },
        "brew" | "hex" | "luarocks" | "npm" => lower_both(Optional),
        "bazel" | "cargo" | "cocoapods" | "conda" | "cran" | "gem" | "nuget" | "opam" | "vcpkg" => {
            rules(Prohibited, str::to_owned)
        }
        "bitnami" | "mlflow" | "otp" => {
            rules(Prohibited, if kind == "mlflow" { str::to_owned } else { str::to_lowercase })
        }
        "chrome-extension" => Rules { is_name: is_extension, ..rules(Prohibited, str::to_lowercase) },
        "cpan" => Rules { is_name: |name| !name.contains("::"), ..rules(Optional, str::to_owned) },
        "git" => Rules { path_as_name: true, ..rules(Required, str::to_owned) },
        "golang" | "maven" | "swift" => rules(Required, str::to_owned),
        "hackage" => rules(Prohibited, |name| name.replace('_', "-")),
        "huggingface" => Rules { lower_version: true, ..rules(Required, str::to_owned) },
        "julia" => Rules { needs: Some("uuid"), ..rules(Prohibited, str::to_owned) },
        "oci" => Rules { lower_version: true, ..rules(Prohibited, str::to_lowercase) },
        "pub" => rules(Prohibited, |name| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")),
        "pypi" => rules(Prohibited, |name| name.to_lowercase().replace('_', "-")),
        "qpkg" | "rpm" => Rules { lower_namespace: true, ..rules(Required, str::to_owned) },
        "swid" => Rules { needs: Some("tag_id"), ..rules(Optional, str::to_owned) },
        "yocto" => Rules { lower_namespace: true, ..rules(Optional, str::to_owned) },
        _ => rules(Optional, str::to_owned),
    }
}

/// `^[a-p]{32}$`
fn is_extension(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| (b'a'..=b'p').contains(&byte))
}
