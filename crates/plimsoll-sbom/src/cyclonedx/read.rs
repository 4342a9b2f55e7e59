use crate::{Component, Document, Format, Hash, Inventory, Kind, Limits, SbomError, json};
use plimsoll_core::{Budget, Escaped};
use serde::Deserialize;

/// The versions that are read: JSON starts at 1.2.
const VERSIONS: &[&str] = &["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    bom_format: BomFormat,
    spec_version: String,
    serial_number: Option<Box<str>>,
    metadata: Option<Metadata>,
    components: Option<Vec<Wire>>,
    dependencies: Option<Vec<Dependency>>,
}

#[derive(Deserialize)]
enum BomFormat {
    CycloneDX,
}

#[derive(Deserialize)]
struct Metadata {
    component: Option<Wire>,
}

/// `component`. Of what stands in one, what the neutral view has.
#[derive(Deserialize)]
struct Wire {
    r#type: String,
    name: Box<str>,
    version: Option<Box<str>>,
    purl: Option<String>,
    cpe: Option<Box<str>>,
    #[serde(rename = "bom-ref")]
    bom_ref: Option<Box<str>>,
    hashes: Option<Vec<WireHash>>,
    licenses: Option<Vec<LicenseChoice>>,
    components: Option<Vec<Wire>>,
}

#[derive(Deserialize)]
struct WireHash {
    alg: String,
    content: String,
}

#[derive(Deserialize)]
struct LicenseChoice {
    license: Option<License>,
    expression: Option<String>,
}

#[derive(Deserialize)]
struct License {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: Box<str>,
    depends_on: Option<Vec<Box<str>>>,
}

/// Reads a document whose JSON was checked.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Document, SbomError> {
    let bom: Bom = json::read(bytes)?;
    let BomFormat::CycloneDX = bom.bom_format;
    if !VERSIONS.contains(&bom.spec_version.as_str()) {
        return Err(SbomError::Unsupported { found: Escaped::new(&format!("CycloneDX {}", bom.spec_version)) });
    }
    let mut budget = Budget::new("components in an SBOM", limits.components);
    let mut inventory = Inventory::default();
    let nested = bom.metadata.and_then(|metadata| metadata.component).map(|mut root| {
        let nested = root.components.take();
        inventory.root = Some(component(root));
        nested.unwrap_or_default()
    });
    for list in [nested, bom.components].into_iter().flatten() {
        flatten(list, &mut inventory.components, &mut budget)?;
    }
    for dependency in bom.dependencies.into_iter().flatten() {
        inventory.dependencies.entry(dependency.r#ref).or_default().extend(dependency.depends_on.into_iter().flatten());
    }
    Ok(Document {
        format: Format::CycloneDx,
        spec_version: bom.spec_version.into(),
        id: bom.serial_number,
        inventory,
        notes: Vec::new(),
    })
}

/// Nesting says what is assembled of what; each part is a component. The depth was bounded when the JSON was checked.
fn flatten(list: Vec<Wire>, into: &mut Vec<Component>, budget: &mut Budget) -> Result<(), SbomError> {
    for mut wire in list {
        budget.spend(1)?;
        let nested = wire.components.take();
        into.push(component(wire));
        flatten(nested.unwrap_or_default(), into, budget)?;
    }
    Ok(())
}

fn component(wire: Wire) -> Component {
    let mut component = Component::new(Some(Kind::new(&wire.r#type)), &wire.name);
    // Up to 1.3 a version is required; an empty one means that there is none.
    component.version = wire.version.filter(|version| !version.is_empty());
    component.cpe = wire.cpe;
    component.id = wire.bom_ref;
    if let Some(purl) = wire.purl.filter(|purl| !purl.is_empty()) {
        component.set_purl(&purl);
    }
    component.hashes = wire.hashes.into_iter().flatten().map(|hash| Hash::new(&hash.alg, &hash.content)).collect();
    let licenses: Vec<String> = wire.licenses.into_iter().flatten().flat_map(texts).collect();
    component.set_licenses(licenses.iter().map(String::as_str));
    component
}

fn texts(choice: LicenseChoice) -> impl Iterator<Item = String> {
    let license = choice.license.and_then(|license| license.id.or(license.name));
    choice.expression.into_iter().chain(license)
}
