//! A registry or a layout: every command takes either.

mod content;
mod new_layout;

pub(crate) use content::Place;

use crate::{
    archive::Archive,
    arguments::Global,
    failure::{Blame as _, Failure},
    machine::Machine,
    noticed::Noticed,
};
use new_layout::NewLayout;
use plimsoll::{
    core::{
        Blob, Bytes, Descriptor, Digest, Fetch, Pointer, Reference, Repository, Resolve as _, StoreError, Tag,
        next_chunk,
    },
    distribution::{Client, Network, PlainHttp, ReqwestTransport, Responders, TokioTimer},
    host::ResponderScope,
    pki::{Limits, read_certificates},
    store::{Access, Layout, LayoutReference},
};
use std::sync::Arc;

/// What a reference on the command line names.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) place: Arc<Place>,
    /// As a trust policy sees it: for a layout, the repository of `--scope`.
    pub(crate) reference: Reference,
    /// Whether the repository is known: a registry's always, a layout's by `--scope`.
    pub(crate) has_scope: bool,
    pub(crate) pointer: Pointer,
    /// As it was written.
    pub(crate) text: String,
    /// The layout that was named, if it is one.
    pub(crate) layout: Option<LayoutReference>,
    /// The file that the layout was unpacked from, if it was.
    pub(crate) archive: Option<Arc<Archive>>,
}

/// Whether a command writes there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    /// Writing where something is already: a place that is not there is an error, not a new one.
    Change,
    Write,
}

impl Target {
    /// Opens what `text` names.
    pub(crate) fn open(text: &str, purpose: Purpose, global: &Global, machine: &Machine) -> Result<Self, Failure> {
        if LayoutReference::is_one(text) {
            return Self::open_layout(text.parse().given("")?, purpose, global);
        }
        if Archive::is_one(text) {
            if purpose != Purpose::Read {
                let failure = Failure::given(format!("{text}: nothing is written into an archive"));
                return Err(failure.hint("copy it to a layout (oci:PATH), and write there"));
            }
            let archive = Archive::open(text)?;
            let opened = Self::open_layout(archive.layout.clone(), purpose, global)?;
            return Ok(Self { text: text.into(), archive: Some(Arc::new(archive)), ..opened });
        }
        let reference: Reference = text.parse().given("").map_err(|failure| {
            failure.hint("write HOST/REPO:TAG for a registry, or oci:PATH:TAG for an image layout")
        })?;
        let client = client(global, machine)?;
        let repository = client.repository(reference.repository()).given("")?;
        let pointer = reference.pointer();
        Ok(Self {
            place: Arc::new(Place::Registry(repository)),
            reference,
            has_scope: true,
            pointer,
            text: text.into(),
            layout: None,
            archive: None,
        })
    }
    /// Opens a layout.
    pub(crate) fn open_layout(named: LayoutReference, purpose: Purpose, global: &Global) -> Result<Self, Failure> {
        let text = named.to_string();
        let place = match purpose {
            Purpose::Read => Place::Layout(Layout::open(named.path(), Access::Read).given("")?),
            Purpose::Change => Place::Layout(Layout::open(named.path(), Access::Write).given("")?),
            Purpose::Write => match NewLayout::at(named.path()) {
                Some(new) => Place::New(new),
                None => Place::Layout(Layout::create(named.path()).given("")?),
            },
        };
        let pointer = match named.pointer() {
            Some(pointer) => pointer.clone(),
            None => Pointer::Tag("latest".parse().given("")?),
        };
        let repository: Repository = match &global.scope {
            Some(scope) => scope.clone(),
            None => UNNAMED.parse().given("")?,
        };
        let reference = Reference::new(repository, pointer.clone());
        let has_scope = global.scope.is_some();
        let (place, layout) = (Arc::new(place), Some(named));
        Ok(Self { place, reference, has_scope, pointer, text, layout, archive: None })
    }
    /// The same place, where a digest says what is meant.
    pub(crate) fn by_digest(&self, digest: Digest) -> Self {
        let pointer = Pointer::Digest(digest);
        Self { reference: self.reference.at(digest), pointer, ..self.clone() }
    }
    /// The same place, as a trust policy must know it.
    pub(crate) fn scoped(self) -> Result<Self, Failure> {
        if self.has_scope {
            return Ok(self);
        }
        Err(Failure::given(format!("{}: a layout does not say which repository it stands for", self.text))
            .hint("name it with --scope HOST/REPO"))
    }
    /// Refuses a pair of registries where a setting without a name would apply to both.
    ///
    /// # Security
    /// `NOTATION_PASSWORD` and `--plain-http` do not say which registry they are for: the password of the one must not go to the
    /// other, nor the other be spoken to in clear.
    pub(crate) fn beside(&self, other: &Self, global: &Global, machine: &Machine) -> Result<(), Failure> {
        let registry =
            |target: &Self| target.layout.is_none().then(|| target.reference.repository().registry().to_owned());
        let (Some(one), Some(two)) = (registry(self), registry(other)) else { return Ok(()) };
        let setting = match () {
            () if one == two => return Ok(()),
            () if machine.has_password() => "NOTATION_USERNAME and NOTATION_PASSWORD are",
            () if global.plain_http => "--plain-http is",
            () => return Ok(()),
        };
        Err(Failure::given(format!("{setting} for one registry, and here are two: {one} and {two}"))
            .hint("keep credentials in Docker's configuration, or go by way of a layout (oci:PATH)"))
    }
    /// What the reference means. One resolution; everything after it is by digest.
    pub(crate) async fn resolve(&self) -> Result<Descriptor, Failure> {
        self.place.resolve(&self.pointer).await.evidence(&self.text)
    }
    /// The tag that was named, for commands that write.
    pub(crate) fn tag(&self) -> Result<Tag, Failure> {
        match &self.pointer {
            Pointer::Tag(tag) => Ok(tag.clone()),
            Pointer::Digest(_) => {
                Err(Failure::given(format!("{}: expected a tag to write, found a digest", self.text)))
            }
        }
    }
    /// The text of this place by digest, for the next command.
    pub(crate) fn at(&self, digest: &Digest) -> String {
        match (&self.archive, &self.layout) {
            (Some(archive), _) => archive.at(digest),
            (None, Some(layout)) => layout.at(*digest).to_string(),
            (None, None) => self.reference.at(*digest).to_string(),
        }
    }
    /// A small manifest or blob, checked.
    pub(crate) async fn read(&self, descriptor: &Descriptor, limit: u64) -> Result<Blob, Failure> {
        read(&*self.place, descriptor, limit).await.evidence(&self.text)
    }
}

/// The repository of a layout that was not named. No policy scope can match it: `invalid` is reserved (RFC 2606).
const UNNAMED: &str = "layout.invalid/unnamed";

/// Reads content whole, up to a limit, and checks it.
pub(crate) async fn read(from: &impl Fetch, descriptor: &Descriptor, limit: u64) -> Result<Blob, StoreError> {
    if descriptor.size > limit {
        let message = format!(
            "{} is {} bytes long, more than the {limit} that are read whole",
            descriptor.digest, descriptor.size
        );
        return Err(StoreError::other(plimsoll::core::code::LIMIT_EXCEEDED, message));
    }
    let mut body = from.fetch(descriptor).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&mut body).await {
        bytes.extend_from_slice(&chunk?);
        // Blob::check says what is wrong with one byte too many.
        if bytes.len() as u64 > descriptor.size {
            break;
        }
    }
    Ok(Blob::check(descriptor.clone(), Bytes::from(bytes))?)
}

/// A client of registries, with the machine's credentials.
pub(crate) fn client(global: &Global, machine: &Machine) -> Result<Client, Failure> {
    machine.client(|| new_client(global, machine))
}

fn new_client(global: &Global, machine: &Machine) -> Result<Client, Failure> {
    let plain_http = match global.plain_http {
        true => PlainHttp::Everywhere,
        // As in Notation: plain HTTP to these, always, and never in place of a handshake that failed.
        false => {
            let listed = &machine.notation_config(global)?.insecure_registries;
            PlainHttp::LoopbackAnd(listed.iter().cloned().collect())
        }
    };
    let transport = transport(global)?;
    let credentials = machine.credentials(global)?;
    let network = machine.network(global)?;
    let responders = match network.responders() {
        ResponderScope::Listed => Responders::Listed,
        ResponderScope::Public => Responders::Public,
        _ => Responders::Site,
    };
    let mut builder = Client::builder(transport, TokioTimer::new())
        .credentials(credentials)
        .observer(Noticed)
        .plain_http(plain_http)
        .responders(responders);
    for host in network.hosts() {
        builder = builder.allow_host(host);
    }
    for network in network.networks().filter_map(|(address, prefix)| Network::new(address, prefix)) {
        builder = builder.allow_network(network);
    }
    Ok(builder.build())
}

/// HTTP, with the certificate authorities that the user trusts for TLS.
pub(crate) fn transport(global: &Global) -> Result<ReqwestTransport, Failure> {
    let mut transport = ReqwestTransport::builder();
    if let Some(path) = &global.ca_file {
        let pem = crate::given::read(path)?;
        for root in read_certificates(&pem, &Limits::default()).given(path.display())? {
            transport = transport.root_certificate(root.der());
        }
    }
    transport.build().map_err(|error| Failure::unknown(error.to_string()))
}
