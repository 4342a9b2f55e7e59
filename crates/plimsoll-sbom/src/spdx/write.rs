use crate::{Component, Inventory, Kind, LicenseExpression, Writing, write as shared};
use plimsoll_core::Digest;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_namespace: Option<String>,
    creation_info: CreationInfo,
    packages: Vec<Package<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<Extracted>,
    relationships: Vec<Relationship<'a>>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(rename = "SPDXID")]
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'a str>,
    download_location: &'static str,
    files_analyzed: bool,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_package_purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalRef<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'a> {
    algorithm: &'static str,
    checksum_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'a> {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extracted {
    license_id: String,
    extracted_text: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship<'a> {
    spdx_element_id: &'a str,
    relationship_type: &'static str,
    related_spdx_element: &'a str,
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const NOTHING_SAID: &str = "NOASSERTION";

/// Writes SPDX 2.3.
///
/// The namespace is made of the content and the subject, so the same input gives the same bytes. A licence that is not on SPDX's
/// list becomes a `LicenseRef` with its text. Left out, because SPDX has no place for it: a hash by an algorithm that is not known
/// or of the wrong length, and a dependency on something that is not in the inventory.
///
/// ```
/// use plimsoll_core::UnixTime;
/// use plimsoll_sbom::{Component, Document, Inventory, Kind, Limits, Writing, spdx};
/// let mut inventory = Inventory::default();
/// inventory.root = Some(Component::new(Some(Kind::application()), "ship"));
/// let json = spdx::write(&inventory, &Writing::new(UnixTime::MIN, "plimsoll", "0.1.0"));
/// assert_eq!(&*Document::read(&json, &Limits::default()).unwrap().inventory.root.unwrap().name, "ship");
/// ```
#[must_use]
pub fn write(inventory: &Inventory, writing: &Writing<'_>) -> Vec<u8> {
    let refs = shared::ids(inventory);
    let ids: Vec<_> = refs.iter().map(|id| spdx_id(id)).collect();
    let mut extracted = BTreeMap::new();
    let packages = inventory.all().zip(&ids).map(|(component, id)| package(component, id, &mut extracted)).collect();
    let mut wire = Wire {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: inventory.root.as_ref().map_or("inventory", |root| &root.name),
        document_namespace: None,
        creation_info: CreationInfo {
            created: writing.created.to_string(),
            creators: [format!("Tool: {}-{}", writing.tool, writing.tool_version)],
        },
        packages,
        has_extracted_licensing_infos: Vec::new(),
        relationships: relationships(inventory, &ids),
    };
    wire.has_extracted_licensing_infos = extracted.into_values().collect();
    let uuid = writing.uuid(&bytes(&wire));
    wire.document_namespace = Some(format!("https://spdx.org/spdxdocs/{}-{uuid}", plain(wire.name)));
    bytes(&wire)
}

fn bytes(wire: &Wire<'_>) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "text keys and values always serialise")]
    serde_json::to_vec(wire).expect("an SBOM of texts serialises")
}

/// Letters, digits, `.` and `-` (SPDX 2.3, 7.2); anything else becomes `-`.
fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' };
    text.chars().take(64).map(plain).collect()
}

/// Two ids may look the same when only the allowed letters are left, so a hash of the whole id stands behind.
fn spdx_id(id: &str) -> String {
    let hash = Digest::sha256_of(id.as_bytes()).encoded();
    format!("SPDXRef-{}-{}", plain(id), hash.get(..16).unwrap_or_default())
}

fn package<'a>(component: &'a Component, id: &'a str, extracted: &mut BTreeMap<String, Extracted>) -> Package<'a> {
    let purl = component.purl.as_deref().map(|locator| ("PACKAGE-MANAGER", "purl", locator));
    let cpe = component
        .cpe
        .as_deref()
        .map(|locator| ("SECURITY", if locator.starts_with("cpe:2.3:") { "cpe23Type" } else { "cpe22Type" }, locator));
    let refs = purl.into_iter().chain(cpe);
    let checksums = component
        .hashes
        .iter()
        .filter(|hash| hash.is_well_formed())
        .filter_map(|hash| Some(Checksum { algorithm: hash.spdx_algorithm()?, checksum_value: &hash.value }));
    Package {
        id,
        name: &component.name,
        version_info: component.version.as_deref(),
        download_location: NOTHING_SAID,
        files_analyzed: false,
        license_concluded: NOTHING_SAID,
        license_declared: declared(component.licenses(), extracted),
        copyright_text: NOTHING_SAID,
        primary_package_purpose: component.kind.as_ref().map(Kind::purpose),
        checksums: checksums.collect(),
        external_refs: refs
            .map(|(reference_category, reference_type, reference_locator)| ExternalRef {
                reference_category,
                reference_type,
                reference_locator,
            })
            .collect(),
    }
}

/// One expression. SPDX has one field for what is declared, so several are joined with `AND`: all of them apply.
fn declared(texts: &[Box<str>], extracted: &mut BTreeMap<String, Extracted>) -> String {
    let mut one = |text: &str| match text.parse::<LicenseExpression>() {
        Ok(expression) if expression.is_listed() => text.to_owned(),
        _ => {
            let hash = Digest::sha256_of(text.as_bytes()).encoded();
            let license_id = format!("LicenseRef-{}-{}", plain(text), hash.get(..8).unwrap_or_default());
            extracted.entry(license_id.clone()).or_insert_with(|| Extracted {
                license_id: license_id.clone(),
                extracted_text: text.to_owned(),
                name: text.to_owned(),
            });
            license_id
        }
    };
    match texts {
        [] => NOTHING_SAID.to_owned(),
        [text] => one(text),
        texts => texts.iter().map(|text| format!("({})", one(text))).collect::<Vec<_>>().join(" AND "),
    }
}

/// The document describes the root, or without one every package; the rest is what needs what.
fn relationships<'a>(inventory: &Inventory, ids: &'a [String]) -> Vec<Relationship<'a>> {
    let relation =
        |from, kind, to| Relationship { spdx_element_id: from, relationship_type: kind, related_spdx_element: to };
    let roots = if inventory.root.is_some() { 1 } else { ids.len() };
    let mut relations: Vec<_> = ids.iter().take(roots).map(|id| relation(DOCUMENT, "DESCRIBES", id.as_str())).collect();
    let written = shared::written(inventory, ids);
    for (id, needs) in &inventory.dependencies {
        let Some(from) = written.get(&**id) else { continue };
        let mut needs: Vec<_> = needs.iter().filter_map(|id| written.get(&**id).copied()).collect();
        needs.sort_unstable();
        needs.dedup();
        if needs.is_empty() {
            relations.push(relation(from, "DEPENDS_ON", "NONE"));
        }
        relations.extend(needs.into_iter().map(|to| relation(from, "DEPENDS_ON", to)));
    }
    relations
}
