use crate::{Component, Document, Format, Hash, Inventory, Kind, Limits, SbomError, json};
use plimsoll_core::{Budget, Escaped};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    spdx_version: String,
    document_namespace: Option<Box<str>>,
    document_describes: Option<Vec<Box<str>>>,
    packages: Option<Vec<Package>>,
    relationships: Option<Vec<Relationship>>,
}

/// `packages`. Of what stands in one, what the neutral view has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    #[serde(rename = "SPDXID")]
    id: Box<str>,
    name: Box<str>,
    version_info: Option<Box<str>>,
    license_concluded: Option<String>,
    license_declared: Option<String>,
    primary_package_purpose: Option<String>,
    checksums: Option<Vec<Checksum>>,
    external_refs: Option<Vec<ExternalRef>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: String,
    checksum_value: String,
}

/// The category is not looked at: 2.2 writes `PACKAGE_MANAGER`, 2.3 `PACKAGE-MANAGER`, and the type says enough.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef {
    reference_type: String,
    reference_locator: Box<str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: Box<str>,
    related_spdx_element: Box<str>,
    relationship_type: String,
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";

/// Reads a document whose JSON was checked.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Document, SbomError> {
    let wire: Wire = json::read(bytes)?;
    let Some(version @ ("2.2" | "2.3")) = wire.spdx_version.strip_prefix("SPDX-") else {
        return Err(SbomError::Unsupported { found: Escaped::new(&wire.spdx_version) });
    };
    let mut budget = Budget::new("components in an SBOM", limits.components);
    let relationships = wire.relationships.unwrap_or_default();
    let mut inventory = Inventory::default();
    let mut described = wire.document_describes.into_iter().flatten().collect();
    relate(relationships, &mut inventory, &mut described);
    for package in wire.packages.into_iter().flatten() {
        for component in components(package) {
            budget.spend(1)?;
            inventory.components.push(component);
        }
    }
    inventory.root = root(&mut inventory.components, &described);
    let spec_version = version.into();
    Ok(Document { format: Format::Spdx, spec_version, id: wire.document_namespace, inventory, notes: Vec::new() })
}

/// The relationships that the neutral view has: what is described, and what needs what, in either direction.
fn relate(relationships: Vec<Relationship>, inventory: &mut Inventory, described: &mut BTreeSet<Box<str>>) {
    for Relationship { spdx_element_id: this, related_spdx_element: that, relationship_type: kind } in relationships {
        let (this, that) =
            if matches!(kind.as_str(), "DEPENDENCY_OF" | "DESCRIBED_BY") { (that, this) } else { (this, that) };
        match kind.as_str() {
            "DESCRIBES" | "DESCRIBED_BY" if &*this == DOCUMENT => drop(described.insert(that)),
            "DEPENDS_ON" | "DEPENDENCY_OF" if !matches!(&*this, "NONE" | "NOASSERTION") => match &*that {
                "NONE" => drop(inventory.dependencies.entry(this).or_default()),
                "NOASSERTION" => {}
                _ => inventory.dependencies.entry(this).or_default().push(that),
            },
            _ => {}
        }
    }
}

/// The one package that the document describes; of several, none is the root.
fn root(components: &mut Vec<Component>, described: &BTreeSet<Box<str>>) -> Option<Component> {
    let id = described.first().filter(|_| described.len() == 1)?;
    let mut found = components.iter().enumerate().filter(|(_, component)| component.id.as_ref() == Some(id));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Some(components.remove(at)),
        _ => None,
    }
}

/// One component for each package URL that the package has, so that none hides behind another.
fn components(package: Package) -> impl Iterator<Item = Component> {
    let mut component = Component::new(package.primary_package_purpose.as_deref().map(Kind::of_purpose), &package.name);
    component.version = package.version_info.filter(|version| !version.is_empty());
    component.id = Some(package.id);
    let hashes = package.checksums.into_iter().flatten();
    component.hashes = hashes.map(|sum| Hash::new(&sum.algorithm, &sum.checksum_value)).collect();
    let licenses = [package.license_declared, package.license_concluded];
    component.set_licenses(licenses.iter().flatten().map(String::as_str));
    let mut purls = Vec::new();
    for reference in package.external_refs.into_iter().flatten() {
        match reference.reference_type.as_str() {
            "purl" => purls.push(reference.reference_locator),
            "cpe22Type" | "cpe23Type" => {
                component.cpe.get_or_insert(reference.reference_locator);
            }
            _ => {}
        }
    }
    let mut purls = purls.into_iter();
    if let Some(purl) = purls.next() {
        component.set_purl(&purl);
    }
    let others: Vec<_> = purls
        .map(|purl| {
            let mut other = component.clone();
            other.set_purl(&purl);
            other
        })
        .collect();
    std::iter::once(component).chain(others)
}
