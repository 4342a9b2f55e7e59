//! Image configurations.

use crate::{strategies, support::DIGEST};
use plimsoll_core::{Blob, Classify as _};
use plimsoll_oci::{ConfigError, ImageConfig, ImageManifest, Platform, media_type};
use proptest::prelude::*;

fn config(more: &str) -> String {
    format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":["{DIGEST}"]}}{more}}}"#)
}

fn parse(text: &str) -> Result<ImageConfig, ConfigError> {
    ImageConfig::parse_bytes(text.as_bytes())
}

proptest! {
    #[test]
    fn a_config_that_is_written_is_read_again(config in strategies::config()) {
        let blob = config.to_blob();
        prop_assert_eq!(&config.to_blob(), &blob);
        prop_assert_eq!(ImageConfig::parse(&blob).unwrap(), config);
    }
}

#[test]
fn a_docker_configuration_is_read() {
    let text = config(
        r#","created":"2026-01-01T00:00:00Z","docker_version":"27","os.version":"1","history":[{"empty_layer":true},{"created_by":"ADD"}],
        "config":{"Env":["A=B"],"Cmd":null,"Entrypoint":["/app"],"Labels":null,"ExposedPorts":{"80/tcp":{}},"User":"1000:1000","Healthcheck":{}}"#,
    );
    let read = ImageConfig::parse(&Blob::of(media_type::DOCKER_CONFIG, text)).unwrap();
    assert_eq!(read.platform.os_version.as_deref(), Some("1"));
    assert_eq!(
        (read.config.env, read.config.entrypoint, read.config.cmd),
        (vec!["A=B".into()], vec!["/app".into()], vec![])
    );
    assert!(read.config.exposed_ports.contains("80/tcp") && read.history[0].empty_layer);
    let error = ImageConfig::parse(&Blob::of("application/x", config(""))).unwrap_err();
    assert_eq!(error.code().name(), "unsupported-media-type");
    assert_eq!(
        error.to_string(),
        "expected an OCI or Docker image configuration, found the media type `application/x`"
    );
}

// attack: A-050
#[test]
fn a_050_a_config_without_its_layers_is_refused() {
    for (text, expected) in [
        (config("").replace("rootfs", "r"), "expected the member `rootfs`, found none"),
        (config("").replace("diff_ids", "d"), "expected the member `rootfs.diff_ids`, found none"),
        (
            config("").replace(&format!("[\"{DIGEST}\"]"), "null"),
            "expected `rootfs.diff_ids` to be an array, found null",
        ),
        (config("").replace(&format!("\"{DIGEST}\""), "null"), "expected `rootfs.diff_ids[0]` to be text, found null"),
        (config("").replace("layers", "x"), "expected `rootfs.type` to be `layers`, found `x`"),
        (config(r#","history":[null]"#), "expected `history[0]` to be an object, found null"),
        ("[]".into(), "expected `` to be an object, found an array"),
        (String::new(), "expected one JSON value, found something else at line 1, column 0"),
    ] {
        let error = parse(&text).expect_err(&text);
        assert_eq!((error.to_string().as_str(), error.code().name()), (expected, "malformed-config"));
    }
    assert!(parse(&config(r#","history":null,"config":null"#)).is_ok());
}

// attack: A-051
#[test]
fn a_051_a_config_has_one_diff_id_for_each_layer() {
    let read = parse(&config(r#","history":[{},{},{}]"#)).unwrap();
    let empty = media_type::empty_blob();
    let manifest = ImageManifest::new(empty.descriptor().clone());
    let error = read.fits(&manifest).unwrap_err();
    assert_eq!(error.to_string(), "expected 0 diff_ids, one for each layer of the manifest, found 1");
    assert!(read.fits(&manifest.layer(empty.descriptor().clone())).is_ok(), "the history is not asked");
}

// attack: A-055
#[test]
fn a_055_what_a_runtime_would_misread_is_refused() {
    let user = |user: &str| parse(&config(&format!(r#","config":{{"User":"{user}"}}"#)));
    for good in ["root", "0", "2147483647", "app:2147483647", "1000:app", ""] {
        assert!(user(good).is_ok(), "{good}");
    }
    for bad in ["2147483648", "4294967296", "4294967296:0", "0:99999999999999999999"] {
        assert_eq!(user(bad).unwrap_err().code().name(), "malformed-config", "{bad}");
    }
    for env in [r"A=\u0000", "A", "=A", ""] {
        let error = parse(&config(&format!(r#","config":{{"Env":["{env}"]}}"#))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected `config.Env` to be variables as NAME=VALUE, without NUL, found an array"
        );
    }
    // No path is followed, so these are only text.
    let read = parse(&config(r#","config":{"Volumes":{"/../../etc":{}},"WorkingDir":"../.."}"#)).unwrap();
    assert!(read.config.volumes.contains("/../../etc"));
}

#[test]
fn the_platform_of_a_config_is_required() {
    assert_eq!(
        parse(&config("").replace("\"os\"", "\"x\"")).unwrap_err().to_string(),
        "expected the member `os`, found none"
    );
    assert_eq!(ImageConfig::new(Platform::new("linux", "arm64")).platform.to_string(), "linux/arm64");
}
