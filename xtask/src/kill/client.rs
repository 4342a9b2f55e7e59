//! As little HTTP as a push needs. One connection for each request; an answer counts only if its status line came.

use super::{image::MANIFEST, ledger::Known};
use plimsoll_core::Digest;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// Pushes a blob in one request.
pub(super) fn put_blob(address: &str, repository: &str, blob: &[u8]) -> Result<(), String> {
    let path = format!("/v2/{repository}/blobs/uploads/?digest={}", Digest::sha256_of(blob));
    created(ask(address, "POST", &path, "application/octet-stream", blob)?)
}

/// Pushes a manifest under a tag or a digest.
pub(super) fn put_manifest(address: &str, repository: &str, pointer: &str, manifest: &[u8]) -> Result<(), String> {
    created(ask(address, "PUT", &format!("/v2/{repository}/manifests/{pointer}"), MANIFEST, manifest)?)
}

/// Reads everything that was acknowledged; the number of bytes.
pub(super) fn read_back(address: &str, known: &Known) -> Result<usize, String> {
    let mut bytes = 0;
    for (repository, digest) in &known.content {
        let blob = ask(address, "GET", &format!("/v2/{repository}/blobs/{digest}"), "*/*", &[])?;
        bytes += whole(blob, digest)?;
    }
    for ((repository, tag), digest) in &known.tags {
        bytes += whole(ask(address, "GET", &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, &[])?, digest)?;
    }
    for ((repository, tag), (digests, _)) in &known.moving {
        let digest = digests.last().ok_or("a tag that never moved")?;
        bytes += whole(ask(address, "GET", &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, &[])?, digest)?;
    }
    Ok(bytes)
}

fn whole((status, body): (u16, Vec<u8>), expected: &Digest) -> Result<usize, String> {
    let found = Digest::sha256_of(&body);
    if status == 200 && found == *expected {
        return Ok(body.len());
    }
    Err(format!("expected {expected}, found status {status} and {} bytes with {found}", body.len()))
}

fn created((status, body): (u16, Vec<u8>)) -> Result<(), String> {
    if status == 201 { Ok(()) } else { Err(format!("status {status}: {}", String::from_utf8_lossy(&body))) }
}

fn ask(address: &str, method: &str, path: &str, media_type: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let failed = |error: std::io::Error| format!("{method} {path}: {error}");
    let mut socket = TcpStream::connect(address).map_err(failed)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    socket.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {media_type}\r\nAccept: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).map_err(failed)?;
    // In pieces, so that a kill finds the body half on its way.
    for piece in body.chunks(16 << 10) {
        socket.write_all(piece).map_err(failed)?;
    }
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).map_err(failed)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no answer")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer);
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok((status, body))
}

const PATIENCE: Duration = Duration::from_secs(20);
