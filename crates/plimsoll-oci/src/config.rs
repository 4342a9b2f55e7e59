//! Image configurations.

use crate::{Annotations, ConfigError, FieldError, ImageManifest, Limits, Platform, json, json::Node, media_type};
use alloc::{borrow::ToOwned, collections::BTreeSet, string::String, vec::Vec};
use plimsoll_core::{Blob, Digest, Escaped, LimitExceeded};

/// The configuration of an image ([image-spec, config.md][spec]), or Docker's, which has the same members.
///
/// It is data: no path in it is followed and nothing is run. Members that it does not name are not kept, so an image is
/// changed by writing a new configuration, and verified by the bytes of the old one.
///
/// ```
/// use plimsoll_oci::{ImageConfig, Platform};
/// let blob = ImageConfig::new(Platform::new("linux", "amd64")).to_blob();
/// assert_eq!(ImageConfig::parse(&blob).unwrap().platform.to_string(), "linux/amd64");
/// assert!(ImageConfig::parse_bytes(br#"{"os":"linux","architecture":"amd64"}"#).is_err()); // no rootfs
/// ```
/// [spec]: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#properties
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ImageConfig {
    /// When it was made, as written.
    pub created: Option<String>,
    /// Who made it.
    pub author: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// How a container of it starts.
    pub config: ContainerConfig,
    /// The digests of the uncompressed layers, the lowest first.
    pub diff_ids: Vec<Digest>,
    /// How each layer came to be. Often wrong in real images.
    pub history: Vec<History>,
}

/// How a container of an image starts: `config` of an [`ImageConfig`].
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ContainerConfig {
    /// User and group, by name or number.
    pub user: Option<String>,
    /// Ports, as `port[/protocol]`.
    pub exposed_ports: BTreeSet<String>,
    /// Environment, as `NAME=VALUE`.
    pub env: Vec<String>,
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// More arguments, or the program.
    pub cmd: Vec<String>,
    /// Paths that hold data of their own.
    pub volumes: BTreeSet<String>,
    /// Where it starts.
    pub working_dir: Option<String>,
    /// What its author says of it.
    pub labels: Annotations,
    /// How to stop it.
    pub stop_signal: Option<String>,
}

/// How one layer came to be.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct History {
    /// When, as written.
    pub created: Option<String>,
    /// By whom.
    pub author: Option<String>,
    /// By which command.
    pub created_by: Option<String>,
    /// What else is said of it.
    pub comment: Option<String>,
    /// Whether there is no layer for it.
    pub empty_layer: bool,
}

impl History {
    /// Makes an entry for a layer.
    pub fn new(created: Option<String>, created_by: impl Into<String>) -> Self {
        Self { created, created_by: Some(created_by.into()), ..Self::default() }
    }
}

impl ImageConfig {
    /// Makes a configuration without layers.
    #[must_use]
    pub fn new(platform: Platform) -> Self {
        Self {
            created: None,
            author: None,
            platform,
            config: ContainerConfig::default(),
            diff_ids: Vec::new(),
            history: Vec::new(),
        }
    }
    /// Reads checked bytes whose type must be an image configuration.
    ///
    /// # Errors
    /// [`ConfigError`]; unknown members are none.
    pub fn parse(blob: &Blob) -> Result<Self, ConfigError> {
        let media_type = &blob.descriptor().media_type;
        if !media_type::is_image_config(media_type) {
            return Err(ConfigError::MediaType { found: Escaped::new(media_type) });
        }
        Self::parse_bytes(blob.bytes())
    }
    /// Reads bytes within the default [`Limits`] of a manifest.
    ///
    /// # Errors
    /// As [`ImageConfig::parse`].
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, ConfigError> {
        let limits = Limits::default();
        LimitExceeded::check("bytes of a config", limits.bytes, bytes.len().try_into().unwrap_or(u64::MAX))?;
        let value = json::parse(bytes)?;
        let root = Node::root(&value).object()?;
        Ok(Self {
            created: text(&root, "created")?,
            author: text(&root, "author")?,
            platform: Platform::read(root)?,
            config: root
                .nullable("config")
                .map(|node| ContainerConfig::read(node, &limits))
                .transpose()?
                .unwrap_or_default(),
            diff_ids: diff_ids(&root, &limits)?,
            history: history(&root, &limits)?,
        })
    }
    /// Checks that it has one `diff_id` for each layer of its manifest.
    ///
    /// # Errors
    /// [`ConfigError::Layers`].
    pub fn fits(&self, manifest: &ImageManifest) -> Result<(), ConfigError> {
        let (layers, diff_ids) = (manifest.layers.len(), self.diff_ids.len());
        if layers == diff_ids { Ok(()) } else { Err(ConfigError::Layers { layers, diff_ids }) }
    }
}

impl ContainerConfig {
    fn read(node: Node<'_>, limits: &Limits) -> Result<Self, ConfigError> {
        let node = node.object()?;
        Ok(Self {
            user: user(&node)?,
            exposed_ports: set(&node, "ExposedPorts")?,
            env: env(&node)?,
            entrypoint: texts(&node, "Entrypoint")?,
            cmd: texts(&node, "Cmd")?,
            volumes: set(&node, "Volumes")?,
            working_dir: text(&node, "WorkingDir")?,
            labels: match node.nullable("Labels") {
                Some(labels) => labels.text_map::<ConfigError>("labels", limits.annotations)?,
                None => Annotations::new(),
            },
            stop_signal: text(&node, "StopSignal")?,
        })
    }
}

fn text(node: &Node<'_>, name: &str) -> Result<Option<String>, FieldError> {
    node.nullable(name).map(|member| member.text().map(ToOwned::to_owned)).transpose()
}

fn texts(node: &Node<'_>, name: &str) -> Result<Vec<String>, FieldError> {
    node.nullable(name).map(|member| member.texts()).transpose().map(Option::unwrap_or_default)
}

fn set(node: &Node<'_>, name: &str) -> Result<BTreeSet<String>, FieldError> {
    let names = |member: Node<'_>| -> Result<BTreeSet<String>, FieldError> { Ok(member.names()?.cloned().collect()) };
    node.nullable(name).map(names).transpose().map(Option::unwrap_or_default)
}

/// A number that a runtime would cut to 32 bits becomes another user, root at worst (CVE-2024-40635).
fn user(node: &Node<'_>) -> Result<Option<String>, FieldError> {
    let Some(member) = node.nullable("User") else { return Ok(None) };
    let user = member.text()?;
    let overflows =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<i32>().is_err();
    if user.split(':').any(overflows) {
        return Err(member.wrong("a user whose numbers are below 2^31"));
    }
    Ok(Some(user.to_owned()))
}

fn env(node: &Node<'_>) -> Result<Vec<String>, FieldError> {
    let Some(member) = node.nullable("Env") else { return Ok(Vec::new()) };
    let env = member.texts()?;
    // "Entries are in the format of VARNAME=VARVALUE"; a NUL would end one for the kernel and not for us.
    let is_variable = |text: &String| text.find('=').is_some_and(|at| at > 0) && !text.contains('\0');
    if !env.iter().all(is_variable) {
        return Err(member.wrong("variables as NAME=VALUE, without NUL"));
    }
    Ok(env)
}

/// `rootfs` is required, and of the only type that there is.
fn diff_ids(root: &Node<'_>, limits: &Limits) -> Result<Vec<Digest>, ConfigError> {
    let rootfs = root.required("rootfs")?.object()?;
    let kind = rootfs.required("type")?;
    if kind.text()? != "layers" {
        return Err(kind.wrong("`layers`").into());
    }
    let list = rootfs.required("diff_ids")?;
    let items = list.items()?;
    LimitExceeded::check("layers", limits.layers, items.len().try_into().unwrap_or(u64::MAX))?;
    items.map(|item| Ok(item.digest()?)).collect()
}

fn history(root: &Node<'_>, limits: &Limits) -> Result<Vec<History>, ConfigError> {
    let Some(list) = root.nullable("history") else { return Ok(Vec::new()) };
    let items = list.items()?;
    LimitExceeded::check("entries of the history", limits.annotations, items.len().try_into().unwrap_or(u64::MAX))?;
    items
        .map(|item| {
            let item = item.object()?;
            Ok(History {
                created: text(&item, "created")?,
                author: text(&item, "author")?,
                created_by: text(&item, "created_by")?,
                comment: text(&item, "comment")?,
                empty_layer: item.nullable("empty_layer").map(|flag| flag.flag()).transpose()?.unwrap_or(false),
            })
        })
        .collect()
}
