//! Those who push, all at once, to two repositories.

use super::{IMAGES, PATIENCE, client, image::Image, ledger::Ledger};
use crate::lab::{Folder, Program};
use plimsoll_core::Digest;
use std::{
    thread::{Scope, ScopedJoinHandle},
    time::{Duration, Instant},
};

/// What every pusher needs.
#[derive(Clone, Copy)]
pub(super) struct Crew<'a> {
    pub(super) folder: &'a Folder,
    pub(super) plimsoll: &'a Program,
    pub(super) address: &'a str,
    pub(super) ledger: &'a Ledger,
}

impl<'a> Crew<'a> {
    /// Two that run `plimsoll build`, three that speak HTTP.
    pub(super) fn start<'s>(self, scope: &'s Scope<'s, 'a>) -> Vec<ScopedJoinHandle<'s, Result<(), String>>> {
        (0..5).map(|name| scope.spawn(move || self.work(name))).collect()
    }
    fn work(self, name: usize) -> Result<(), String> {
        while let Some(number) = self.ledger.take(IMAGES) {
            let repository = if number % 2 == 0 { "fleet/even" } else { "fleet/odd" };
            let began = Instant::now();
            while let Err(why) =
                if name < 2 { self.build(repository, number) } else { self.push(repository, number, name) }
            {
                self.ledger.failed();
                if self.ledger.is_stopped() || began.elapsed() > PATIENCE {
                    return Err(format!("image {number}: {why}"));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            self.ledger.done();
        }
        Ok(())
    }
    /// A client process: what it reports as pushed was acknowledged, to the last blob.
    fn build(self, repository: &str, number: u64) -> Result<(), String> {
        let image = Image::new(number);
        let rootfs = format!("rootfs-{number}");
        for (place, blob) in image.blobs.iter().enumerate() {
            self.folder.write(&format!("{rootfs}/{place}"), blob)?;
        }
        let (rootfs, target) = (self.folder.at(&rootfs), format!("{}/{repository}:v{number}", self.address));
        let done = self.plimsoll.must(&["-o", "json", "build", &rootfs, "-t", &target])?;
        let report: serde_json::Value = serde_json::from_str(&done.stdout).map_err(|error| error.to_string())?;
        let digest: Digest = report["digest"].as_str().unwrap_or_default().parse().map_err(|_| "no digest reported")?;
        self.ledger.content(repository, digest);
        self.ledger.tag(repository, &format!("v{number}"), digest);
        Ok(())
    }
    /// Blob by blob, then the manifest under its tag, then a tag that this pusher moves from image to image.
    fn push(self, repository: &str, number: u64, name: usize) -> Result<(), String> {
        let image = Image::new(number);
        for blob in &image.blobs {
            client::put_blob(self.address, repository, blob)?;
            self.ledger.content(repository, Digest::sha256_of(blob));
        }
        let (digest, tag, moving) =
            (Digest::sha256_of(&image.manifest), format!("v{number}"), format!("moving-{name}"));
        client::put_manifest(self.address, repository, &tag, &image.manifest)?;
        self.ledger.content(repository, digest);
        self.ledger.tag(repository, &tag, digest);
        self.ledger.moving(repository, &moving, digest);
        client::put_manifest(self.address, repository, &moving, &image.manifest)?;
        self.ledger.moved(repository, &moving);
        Ok(())
    }
}
