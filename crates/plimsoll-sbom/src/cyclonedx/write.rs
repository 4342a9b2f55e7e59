use crate::{Component, Hash, Inventory, Kind, LicenseExpression, Writing, write as shared};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u64,
    metadata: Metadata<'a>,
    components: Vec<Wire<'a>>,
    dependencies: Vec<Dependency<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: String,
    tools: Tools<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Wire<'a>>,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Tool<'a>; 1],
}

#[derive(Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    name: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<WireHash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<LicenseChoice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
}

#[derive(Serialize)]
struct WireHash<'a> {
    alg: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum LicenseChoice<'a> {
    Expression(&'a str),
    License { name: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    r#ref: &'a str,
    depends_on: Vec<&'a str>,
}

/// Writes CycloneDX 1.6.
///
/// The serial number is made of the content and the subject, so the same input gives the same bytes. Left out, because CycloneDX
/// has no place for it: a hash by an algorithm that its schema does not list, or of the wrong length, and a dependency on
/// something that is not in the inventory.
///
/// ```
/// use plimsoll_core::UnixTime;
/// use plimsoll_sbom::{Document, Inventory, Limits, Writing, cyclonedx};
/// let writing = Writing::new(UnixTime::MIN, "plimsoll", "0.1.0");
/// let json = cyclonedx::write(&Inventory::default(), &writing);
/// assert_eq!(json, cyclonedx::write(&Inventory::default(), &writing));
/// assert_eq!(Document::read(&json, &Limits::default()).unwrap().inventory, Inventory::default());
/// ```
#[must_use]
pub fn write(inventory: &Inventory, writing: &Writing<'_>) -> Vec<u8> {
    let ids = shared::ids(inventory);
    let written = shared::written(inventory, &ids);
    let mut wires = inventory.all().zip(&ids).map(|(component, id)| wire(component, id));
    let root = inventory.root.as_ref().and_then(|_| wires.next());
    let components = wires.collect();
    let find = |id: &str| written.get(id).copied();
    let dependencies = inventory.dependencies.iter().filter_map(|(id, needs)| {
        let mut depends_on: Vec<_> = needs.iter().filter_map(|id| find(id)).collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        Some(Dependency { r#ref: find(id)?, depends_on })
    });
    let tool = Tool { r#type: "application", name: writing.tool, version: writing.tool_version };
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: None,
        version: 1,
        metadata: Metadata {
            timestamp: writing.created.to_string(),
            tools: Tools { components: [tool] },
            component: root,
        },
        components,
        dependencies: dependencies.collect(),
    };
    bom.serial_number = Some(format!("urn:uuid:{}", writing.uuid(&bytes(&bom))));
    bytes(&bom)
}

fn bytes(bom: &Bom<'_>) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "text keys and values always serialise")]
    serde_json::to_vec(bom).expect("an SBOM of texts serialises")
}

fn wire<'a>(component: &'a Component, id: &'a str) -> Wire<'a> {
    let hashes = component.hashes.iter().filter(|hash| is_allowed(hash));
    Wire {
        r#type: component.kind.as_ref().map_or("library", Kind::cyclonedx_type),
        bom_ref: id,
        name: &component.name,
        version: component.version.as_deref(),
        hashes: hashes.map(|hash| WireHash { alg: &hash.algorithm, content: &hash.value }).collect(),
        licenses: licenses(component.licenses()),
        cpe: component.cpe.as_deref(),
        purl: component.purl.as_deref(),
    }
}

/// `hash-alg` has no SHA-224, and `hash-content` no 56 digits.
fn is_allowed(hash: &Hash) -> bool {
    hash.is_well_formed() && &*hash.algorithm != "SHA-224"
}

/// Versions 1.5 and 1.6: one expression, or any number of licences.
fn licenses(texts: &[Box<str>]) -> Vec<LicenseChoice<'_>> {
    match texts {
        [text] if text.parse::<LicenseExpression>().is_ok() => vec![LicenseChoice::Expression(text)],
        _ => texts.iter().map(|name| LicenseChoice::License { name }).collect(),
    }
}
