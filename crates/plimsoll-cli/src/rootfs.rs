//! What is inside an image: its layers, read as a stream, squashed into the files that list packages.

use crate::{
    failure::{Blame as _, Failure},
    place::Target,
};
use plimsoll::{
    catalog::{Catalog, Limits, is_evidence},
    core::{BlobCheck, Descriptor, Fetch as _, next_chunk},
    oci::{ImageManifest, LayerReader, Manifest, Platform, RootFs},
};

/// Bytes of a manifest: as distribution-spec recommends.
pub(crate) const MANIFEST: u64 = 4 << 20;

/// Finds the image manifest for a platform: the manifest itself, or the one that an index lists for it.
pub(crate) async fn image(
    target: &Target,
    root: &Descriptor,
    platform: Option<&Platform>,
) -> Result<(Descriptor, ImageManifest), Failure> {
    let blob = target.read(root, MANIFEST).await?;
    let index = match Manifest::parse(&blob).evidence(&target.text)? {
        Manifest::Image(image) => return Ok((root.clone(), image)),
        Manifest::Index(index) => index,
    };
    let fits = |candidate: &Platform| platform.is_none_or(|wanted| wanted.matches(candidate));
    let mut listed = index
        .manifests
        .iter()
        .filter(|one| one.platform.as_ref().is_some_and(|known| !known.is_unknown() && fits(known)));
    let chosen = listed
        .next()
        .ok_or_else(|| Failure::given(format!("{}: the index lists no image for that platform", target.text)))?;
    if platform.is_none() && listed.next().is_some() {
        return Err(Failure::given(format!("{}: the index lists images for several platforms", target.text))
            .hint("choose one with --platform"));
    }
    let blob = target.read(&chosen.descriptor, MANIFEST).await?;
    match Manifest::parse(&blob).evidence(&target.text)? {
        Manifest::Image(image) => Ok((chosen.descriptor.clone(), image)),
        Manifest::Index(_) => {
            Err(Failure::given(format!("{}: expected an image, found an index inside an index", target.text)))
        }
    }
}

/// Reads the packages of an image. Every layer is checked against its digest before what it holds is believed.
pub(crate) async fn catalog(target: &Target, image: &ImageManifest) -> Result<Catalog, Failure> {
    let wanted = |path: &[u8], _: u64| is_evidence(path);
    let mut root = RootFs::new(wanted);
    for layer in &image.layers {
        let mut reader = LayerReader::new(&layer.descriptor.media_type, root.layer()).evidence(&target.text)?;
        let mut check = BlobCheck::new(layer.descriptor.clone());
        let mut body = target.place.fetch(&layer.descriptor).await.evidence(&target.text)?;
        let mut read = Ok(());
        while let Some(chunk) = next_chunk(&mut body).await {
            let chunk = chunk.map_err(plimsoll::core::StoreError::from).evidence(&target.text)?;
            check.push(&chunk).evidence(&target.text)?;
            // Content that was changed is said to be changed, however else it is wrong.
            if read.is_ok() {
                read = reader.push(&chunk);
            }
        }
        check.finish().evidence(&target.text)?;
        read.and_then(|()| reader.finish().map(drop)).evidence(layer.descriptor.digest)?;
    }
    Ok(Catalog::read_root(&root, &Limits::default()))
}
