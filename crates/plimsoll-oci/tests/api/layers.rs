//! Reading layers.

use crate::support::{Put, Seen, archive, extension, file, gzip, header, padded, pax, read, read_within};
use plimsoll_core::{Classify as _, Digest, LimitExceeded};
use plimsoll_oci::{Entry, EntryKind, LayerError, LayerLimits, LayerReader, TarEntry, TarKind, TarWriter, media_type};
use proptest::prelude::*;

fn plain(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, LayerError> {
    read(media_type::LAYER_TAR, bytes).map(|(seen, _)| seen.0)
}

fn malformed(bytes: &[u8]) -> String {
    let error = plain(bytes).unwrap_err();
    assert_eq!(error.code().name(), "malformed-layer", "{error}");
    error.to_string()
}

fn paths(bytes: &[u8]) -> Vec<String> {
    plain(bytes).unwrap().into_iter().map(|(entry, _)| entry.shown().to_string()).collect()
}

#[test]
fn an_archive_of_the_tar_crate_is_read_in_chunks_of_any_size() {
    let long = format!("{}/file", "long".repeat(60));
    let mut builder = tar::Builder::new(Vec::new());
    let mut head = tar::Header::new_gnu();
    head.set_mode(0o4755);
    head.set_mtime(7);
    for (path, content) in [("./a", "content"), (long.as_str(), ""), ("b", &*"x".repeat(2000))] {
        head.set_size(content.len() as u64);
        builder.append_data(&mut head, path, content.as_bytes()).unwrap();
    }
    head.set_size(0);
    head.set_entry_type(tar::EntryType::Symlink);
    builder.append_link(&mut head, "link", format!("../{long}")).unwrap();
    let bytes = builder.into_inner().unwrap();
    let (expected, summary) = read(media_type::LAYER_TAR, &bytes).unwrap();
    assert_eq!(expected.0[0].0.path, b"a");
    assert_eq!((expected.0[0].0.mode, expected.0[0].0.mtime), (0o4755, 7));
    assert_eq!(expected.0[1].0.path, long.as_bytes());
    assert_eq!(expected.0[2].1, "x".repeat(2000).as_bytes());
    assert_eq!(expected.0[3].0.kind, EntryKind::Symlink { target: format!("../{long}").into_bytes() });
    assert_eq!((summary.entries, summary.diff_id), (4, Digest::sha256_of(&bytes)));
    assert_eq!(summary.unpacked, bytes.len() as u64);
    for chunk in [1, 7, 511, 512, 513, 100_000] {
        for (media_type, bytes) in [(media_type::LAYER_TAR, bytes.clone()), (media_type::LAYER_TAR_GZIP, gzip(&bytes))]
        {
            let again = read_within(media_type, &bytes, LayerLimits::default(), chunk).unwrap();
            assert_eq!(again, (Seen(expected.0.clone()), summary.clone()), "{chunk}");
        }
    }
}

fn path() -> impl Strategy<Value = String> {
    // No name of a whiteout, and long ones too.
    prop::collection::vec("[a-zé][a-z ._é-]{0,70}", 1..6).prop_map(|parts| parts.join("/"))
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_here_and_by_the_tar_crate(
        entries in prop::collection::vec((path(), 0..4_u8, prop::collection::vec(any::<u8>(), 0..700), 0..0o10000_u32, any::<u64>()), 0..8)
    ) {
        let mut writer = TarWriter::new(Vec::new());
        for (path, kind, content, mode, mtime) in &entries {
            let kind = match kind {
                0 => TarKind::Directory,
                1 => TarKind::Symlink(b"../../some/where"),
                2 => TarKind::HardLink(path.as_bytes()),
                _ => TarKind::File(content.len() as u64),
            };
            writer.entry(&TarEntry { path: path.as_bytes(), kind, mode: *mode, mtime: *mtime >> 32 }).unwrap();
            if let TarKind::File(_) = kind {
                writer.content(content).unwrap();
            }
        }
        let bytes = writer.finish().unwrap();
        let read = plain(&bytes).unwrap();
        let mut theirs = tar::Archive::new(bytes.as_slice());
        let mut theirs = theirs.entries().unwrap();
        prop_assert_eq!(read.len(), entries.len());
        for ((entry, content), (path, _, written, mode, mtime)) in read.iter().zip(&entries) {
            prop_assert_eq!(&entry.path, path.as_bytes());
            prop_assert_eq!((entry.mode, entry.mtime), (*mode, *mtime >> 32));
            let mut their = theirs.next().unwrap().unwrap();
            let trimmed = their.path_bytes().strip_suffix(b"/").map_or_else(|| their.path_bytes().to_vec(), <[u8]>::to_vec);
            prop_assert_eq!(&trimmed, path.as_bytes());
            let mut their_content = Vec::new();
            std::io::Read::read_to_end(&mut their, &mut their_content).unwrap();
            prop_assert_eq!(&their_content, content);
            prop_assert!(entry.kind != EntryKind::File || content == written);
        }
    }
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000), at in 0..1024_usize, byte: u8) {
        let _ = read(media_type::LAYER_TAR, &bytes);
        let mut changed = archive(&[Put::File("a", "b")]);
        changed[at] = byte;
        let _ = read(media_type::LAYER_TAR, &changed);
        let mut changed = gzip(&changed);
        let at = at % changed.len();
        changed[at] = byte;
        let _ = read(media_type::LAYER_TAR_GZIP, &changed);
    }
}

// attack: A-056
#[test]
fn a_056_a_path_that_climbs_is_refused() {
    for path in ["../x", "a/../../x", "./../x", "a/..", "/../x"] {
        let error = plain(&file(path.as_bytes(), b"x")).unwrap_err();
        assert_eq!(error.code().name(), "path-escape");
        assert_eq!(error.to_string(), format!("entry 1: expected a path inside the image, found `{path}`"));
    }
    assert!(matches!(
        plain(&header(b'1', b"a", b"0\0", |block| block[157..161].copy_from_slice(b"../b"))),
        Err(LayerError::PathEscape { .. })
    ));
}

// attack: A-057
#[test]
fn a_057_absolute_paths_are_of_the_image_and_odd_names_are_names() {
    let bytes = [
        file(b"/etc/passwd", b""),
        file(b"//a//b", b""),
        file(br"C:\x", b""),
        file(b"aux.c", b""),
        file(br"system-x\x2dy.slice", b""),
    ]
    .concat();
    assert_eq!(paths(&bytes), ["etc/passwd", "a/b", r"C:\x", "aux.c", r"system-x\x2dy.slice"]);
}

// attack: A-064
#[test]
fn a_064_a_pax_size_overrides_and_a_second_one_is_refused() {
    // A reader that goes by the ustar size of 0 takes the content for a header.
    let smuggled = padded(&file(b"smuggled", b""));
    let size = smuggled.len();
    let record = |text: &str| format!("{} {text}\n", text.len() + 2 + if text.len() > 96 { 3 } else { 2 });
    let bytes = [
        pax(record(&format!("size={size}")).as_bytes()),
        header(b'0', b"outer", b"00000000000\0", |_| {}),
        smuggled.clone(),
    ]
    .concat();
    let read = plain(&bytes).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].0.path.as_slice(), read[0].1.as_slice()), (&b"outer"[..], smuggled.as_slice()));

    let twice = [record("size=1"), record("size=2")].concat();
    assert_eq!(
        malformed(&[pax(twice.as_bytes()), file(b"a", b"x")].concat()),
        "entry 1: expected extended headers that agree"
    );
    let two_headers = [pax(record("path=b").as_bytes()), extension(b'L', b"c\0"), file(b"a", b"x")].concat();
    assert_eq!(malformed(&two_headers), "entry 1: expected extended headers that agree");
    // What is no file has no content, for every reader.
    for kind in [b'1', b'2', b'3', b'5', b'6'] {
        let head = header(kind, b"a", b"00000000001\0", |block| block[157] = b'b');
        assert_eq!(malformed(&[head, padded(b"x")].concat()), "entry 1: expected content in files alone");
    }
    assert_eq!(malformed(&file(b"a/", b"x")), "entry 1: expected a file whose name does not end in `/`");
    let global = extension(b'g', record("path=x").as_bytes());
    assert_eq!(
        malformed(&[global, file(b"a", b"")].concat()),
        "entry 1: expected path, linkpath and size of one entry at a time"
    );
    let comment = extension(b'g', record("comment=x").as_bytes());
    assert_eq!(paths(&[comment, file(b"a", b"")].concat()), ["a"]);
}

// attack: A-065
#[test]
fn a_065_a_broken_record_is_never_passed_over() {
    for record in [
        &b"5 a=b"[..],
        b"99 path=x\n",
        b"0 path=x\n",
        b"x path=x\n",
        b"10 path=x\ny",
        b"8 pathx\n",
        b"4 =\n",
        b"+9 path=x\n",
        b"9path=xx\n",
        b" 9 path=x\n",
        b"9 size=-1\n",
        b"9 size=1x\n",
        b"7 size=\n",
        b"7 path=\n",
        b"9 path=\0\n",
    ] {
        assert!(malformed(&[pax(record), file(b"a", b"")].concat()).starts_with("entry 1: expected"), "{record:?}");
    }
    for name in [&b"\0"[..], b"a\0b\0"] {
        assert_eq!(
            malformed(&[extension(b'L', name), file(b"a", b"")].concat()),
            "entry 1: expected a long name that ends with one NUL"
        );
    }
    let lonely = [pax(b"9 path=b\n"), vec![0; 1024]].concat();
    assert_eq!(malformed(&lonely), "entry 1: expected an entry after its extended header");
    assert_eq!(plain(&pax(b"9 path=b\n")).unwrap_err(), LayerError::Truncated { found: 1024 });
}

// attack: A-066
#[test]
fn a_066_large_extended_headers_and_sparse_files_are_refused() {
    let huge = header(b'x', b"x", b"07777777777\0", |_| {});
    let limit = LimitExceeded { what: "bytes of an extended header", limit: 1 << 20 };
    assert_eq!(plain(&huge), Err(LayerError::Limit(limit)));
    let sparse = header(b'S', b"a", b"0\0", |_| {});
    assert_eq!(plain(&sparse).unwrap_err().to_string(), "a sparse file in a layer is not supported");
    let map = [pax(b"22 GNU.sparse.major=1\n"), file(b"a", b"")].concat();
    assert_eq!(plain(&map).unwrap_err().code().name(), "not-supported");
    assert_eq!(
        plain(&header(b'V', b"label", b"0\0", |_| {})).unwrap_err().to_string(),
        "a tar entry of this type is not supported"
    );
}

// attack: A-067
#[test]
fn a_067_extended_headers_in_a_row_are_limited() {
    for kind in [b'g', b'x', b'L', b'K'] {
        let payload: &[u8] = if matches!(kind, b'L' | b'K') { b"name\0" } else { b"9 abcd=e\n" };
        let most = [extension(kind, payload).repeat(64), file(b"a", b"")].concat();
        assert!(plain(&most).is_ok());
        let error = plain(&extension(kind, payload).repeat(65)).unwrap_err();
        assert_eq!(error.to_string(), "more than 64 extended headers in a row");
    }
}

// attack: A-068
#[test]
fn a_068_a_gzip_bomb_is_stopped_by_ratio_and_by_size() {
    let mut zeros = header(b'0', b"zeros", b"00400000000\0", |_| {});
    zeros.resize(20 << 20, 0);
    let bomb = gzip(&zeros);
    assert!(zeros.len() / bomb.len() > 200);
    let error = read(media_type::LAYER_TAR_GZIP, &bomb).unwrap_err();
    assert_eq!(error.to_string(), "more than 200 unpacked bytes for each packed one");
    assert_eq!(error.code().name(), "limit-exceeded");
    let limits = LayerLimits { unpacked: 1 << 20, ..LayerLimits::default() };
    for (media_type, bytes) in [(media_type::LAYER_TAR_GZIP, &bomb), (media_type::LAYER_TAR, &zeros)] {
        let error = read_within(media_type, bytes, limits, 64 * 1024).unwrap_err();
        assert_eq!(error.to_string(), "more than 1048576 unpacked bytes of a layer");
    }
}

// attack: A-070
#[test]
fn a_070_many_empty_gzip_members_are_one_stream() {
    let bytes = archive(&[Put::File("a", "b")]);
    let packed = [gzip(b"").repeat(10_000), gzip(&bytes[..700]), gzip(b""), gzip(&bytes[700..])].concat();
    let (seen, _) = read_within(media_type::LAYER_TAR_GZIP, &packed, LayerLimits::default(), 4096).unwrap();
    assert_eq!(seen.0[0].1, b"b");
}

#[test]
fn a_gzip_stream_that_is_cut_or_changed_is_refused() {
    let packed = gzip(&archive(&[Put::File("a", "b")]));
    for cut in 1..packed.len() {
        assert!(read(media_type::LAYER_TAR_GZIP, &packed[..cut]).is_err(), "{cut}");
    }
    let mut changed = packed.clone();
    let crc = packed.len() - 8;
    changed[crc] ^= 1;
    assert_eq!(read(media_type::LAYER_TAR_GZIP, &changed).unwrap_err(), LayerError::Gzip);
    let error = read(media_type::LAYER_TAR_GZIP, &[packed, b"garbage!".to_vec()].concat()).unwrap_err();
    assert_eq!(error.to_string(), "expected a whole gzip stream, found a broken one");
}

// attack: A-052
#[test]
fn a_052_a_layer_is_packed_as_its_media_type_says() {
    let tar = archive(&[Put::File("a", "b")]);
    let gz = gzip(&tar);
    let zstd = b"\x28\xb5\x2f\xfd\x00\x00\x00\x00".to_vec();
    let zip = b"PK\x03\x04\x00\x00\x00\x00".to_vec();
    for (name, bytes) in [("tar", &tar), ("gzip", &gz), ("zstd", &zstd), ("zip", &zip)] {
        for (declared, media_type) in [("tar", media_type::LAYER_TAR), ("gzip", media_type::LAYER_TAR_GZIP)] {
            for chunk in [1, 1000] {
                match read_within(media_type, bytes, LayerLimits::default(), chunk) {
                    Ok(_) => assert_eq!(name, declared),
                    // `PK` may begin a name, so there it is only no archive.
                    Err(error) if declared == "tar" && name == "zip" => {
                        assert_eq!(error.code().name(), "malformed-layer");
                    }
                    Err(error) => assert_eq!(error, LayerError::Packing { declared, found: name }),
                }
            }
        }
    }
    let error = read(media_type::LAYER_TAR_GZIP, &tar).unwrap_err();
    assert_eq!(error.to_string(), "expected a layer packed as gzip, as its media type says, found tar");
    assert_eq!(error.code().name(), "media-type-mismatch");
    for (media_type, expected) in [
        (media_type::LAYER_TAR_ZSTD, "a layer under zstd is not supported"),
        ("application/x", "a layer of an unknown media type is not supported"),
    ] {
        let error = LayerReader::new(media_type, Seen::default()).err().unwrap();
        assert_eq!((error.to_string().as_str(), error.code().name()), (expected, "not-supported"));
    }
    for media_type in
        [media_type::DOCKER_LAYER_TAR_GZIP, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"]
    {
        assert!(read(media_type, &gz).is_ok());
    }
}

// attack: A-074
#[test]
fn a_074_a_whiteout_hides_a_name_below_its_directory_or_is_refused() {
    let kinds = |path: &str| {
        plain(&file(path.as_bytes(), b""))
            .map(|seen| seen.into_iter().map(|(entry, _)| (entry.kind.clone(), entry.shown().to_string())).next())
    };
    assert_eq!(kinds("a/.wh.b").unwrap(), Some((EntryKind::Whiteout, "a/b".into())));
    assert_eq!(kinds(".wh.b").unwrap(), Some((EntryKind::Whiteout, "b".into())));
    assert_eq!(kinds("a/.wh..wh..opq").unwrap(), Some((EntryKind::Opaque, "a".into())));
    assert_eq!(kinds(".wh..wh..opq").unwrap(), Some((EntryKind::Opaque, String::new())));
    assert_eq!(kinds("a/.wh.....").unwrap(), Some((EntryKind::Whiteout, "a/....".into())));
    for path in [".wh.", ".wh..", ".wh...", "a/.wh...", "a/.wh.b/c"] {
        let error = kinds(path).unwrap_err();
        assert_eq!(error.to_string(), format!("entry 1: expected a whiteout of a name, found `{path}`"));
        assert_eq!(error.code().name(), "malformed-layer");
    }
    assert!(matches!(kinds(".wh.a/../../x"), Err(LayerError::PathEscape { .. })));
    let leftovers = [file(b"a/.wh..wh.aufs", b"x"), file(b".wh..wh.plnk/1.2", b"x"), file(b"b", b"x")].concat();
    let (seen, summary) = read(media_type::LAYER_TAR, &leftovers).unwrap();
    assert_eq!((seen.0.len(), summary.entries), (1, 3));
    assert_eq!(summary.skipped[0].as_str(), "a/.wh..wh.aufs");
}

// attack: A-075
#[test]
fn a_075_names_are_bytes_within_limits() {
    let name = b"caf\xe9\nnew\x1b[2J";
    let seen = plain(&file(name, b"")).unwrap();
    assert_eq!(seen[0].0.path, name);
    assert!(!seen[0].0.shown().to_string().contains('\x1b'));
    let record = |path: &[u8]| {
        let mut length = path.len() + 7;
        length += length.to_string().len();
        while format!("{length} path=").len() + path.len() + 1 != length {
            length = format!("{length} path=").len() + path.len() + 1;
        }
        [format!("{length} path=").as_bytes(), path, b"\n"].concat()
    };
    let with = |path: &[u8]| plain(&[pax(&record(path)), file(b"x", b"")].concat());
    assert!(with(&[b'a'; 4096]).is_ok());
    assert_eq!(with(&[b'a'; 4097]).unwrap_err().to_string(), "more than 4096 bytes of a path");
    assert!(with(&b"a/".repeat(256)[..511]).is_ok());
    assert_eq!(with(&b"a/".repeat(257)[..513]).unwrap_err().to_string(), "more than 256 components of a path");
    let link = header(b'2', b"a", b"0\0", |_| {});
    assert_eq!(malformed(&link), "entry 1: expected a link with a target");
    assert_eq!(malformed(&file(b"", b"")), "entry 1: expected a directory at the root");
    assert_eq!(plain(&header(b'5', b"./", b"0\0", |_| {})).unwrap()[0].0.path, b"");
}

// attack: A-077
#[test]
fn a_077_entries_are_counted() {
    let limits = LayerLimits { entries: 3, ..LayerLimits::default() };
    let with = |count: usize| read_within(media_type::LAYER_TAR, &file(b"a", b"").repeat(count), limits, 512);
    assert!(with(3).is_ok());
    assert_eq!(with(4).unwrap_err().to_string(), "more than 3 entries in a layer");
    assert_eq!(LayerLimits::default().entries, 1_000_000);
}

#[test]
fn headers_that_readers_differ_about_are_refused() {
    let mut bytes = file(b"a", b"x");
    bytes[0] = b'b';
    assert_eq!(malformed(&bytes), "entry 1: expected a header with its checksum");
    for size in [&b"0000000000x\0"[..], b"00000 00001\0", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        assert_eq!(malformed(&header(b'0', b"a", size, |_| {})), "entry 1: expected a header with a size");
    }
    let one_zero = [file(b"a", b""), vec![0; 512], file(b"b", b"")].concat();
    assert_eq!(malformed(&one_zero), "entry 2: expected two blocks of zeros at the end of the archive");
    let after = [file(b"a", b""), vec![0; 1024], file(b"b", b"")].concat();
    assert_eq!(malformed(&after), "entry 2: expected nothing but zeros after the end of the archive");
    for whole in
        [file(b"a", b""), [file(b"a", b""), vec![0; 512]].concat(), [file(b"a", b""), vec![0; 10_240]].concat(), vec![]]
    {
        assert!(plain(&whole).is_ok());
    }
    for cut in [1, 511, 513, 700, 1023] {
        let error = plain(&file(b"a", b"xyz")[..cut]).unwrap_err();
        assert_eq!(error.to_string(), format!("expected a whole tar archive, found its end after {cut} bytes"));
    }
    // GNU's way of writing large numbers.
    let binary = header(b'0', b"a", b"\x80\0\0\0\0\0\0\0\0\0\0\x01", |_| {});
    assert_eq!(plain(&[binary, padded(b"x")].concat()).unwrap()[0].1, b"x");
}

#[test]
fn an_error_stays() {
    let mut reader = LayerReader::new(media_type::LAYER_TAR, Seen::default()).unwrap();
    let error = reader.push(&[1; 512]).unwrap_err();
    assert_eq!(reader.push(&[0; 512]), Err(error.clone()));
    assert_eq!(reader.finish().unwrap_err(), error);
}

#[test]
fn the_writer_says_what_it_cannot_write() {
    let mut tar = TarWriter::new(Vec::new());
    let entry = |path| TarEntry { path, kind: TarKind::File(1), mode: 0, mtime: 0 };
    assert!(tar.entry(&entry(b"a\0b")).is_err() && tar.entry(&entry(b"")).is_err());
    tar.entry(&entry(b"a")).unwrap();
    assert!(tar.entry(&entry(b"b")).is_err(), "the content of `a` is missing");
    assert!(tar.finish().is_err());
    // More than eleven octal digits go into a record.
    let mut tar = TarWriter::new(Vec::new());
    tar.entry(&TarEntry { path: b"a", kind: TarKind::File(9 << 30), mode: 0, mtime: 0 }).unwrap();
    assert!(tar.finish().is_err());
}
