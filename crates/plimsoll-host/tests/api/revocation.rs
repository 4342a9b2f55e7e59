//! The cache of revocation lists, and those that the operator puts into a folder.

use super::Home;
use plimsoll_core::{Answer, Answerer, Bytes, Digest, Purpose, UnixTime, Want};
use plimsoll_host::{
    Platform,
    notation::{CrlCache, cache_directory, load_revocation_lists},
};
use plimsoll_pki::crl::{CrlLimits, RevokedReason};
use plimsoll_testkit::{
    crl::{self, DAY},
    pki::{KeySpec, NOW, TestCa, pem},
};
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

const URL: &str = "http://ca.example/x.crl";

/// Counts how often it is asked.
#[derive(Default)]
struct Origin {
    asked: AtomicUsize,
    answer: Bytes,
}
impl Answerer for &Origin {
    async fn answer(&self, _: &Want) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Answer::Bytes(self.answer.clone())
    }
}
impl Origin {
    fn of(answer: impl Into<Bytes>) -> Self {
        Self { answer: answer.into(), ..Self::default() }
    }
    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}
fn want(purpose: Purpose) -> Want {
    Want::Http { url: URL.into(), body: None, limit: 1 << 20, purpose }
}
fn now() -> UnixTime {
    NOW
}
fn later() -> UnixTime {
    NOW.saturating_add(DAY)
}
fn cache<'a>(home: &Home, origin: &'a Origin) -> CrlCache<&'a Origin> {
    CrlCache::new(origin, &home.at("cache/notation")).with_clock(now)
}
fn list() -> Vec<u8> {
    let ca = TestCa::new(KeySpec::P256);
    crl::list(&ca.intermediate, &[(&ca.leaf, RevokedReason::KeyCompromise)])
}
fn file(home: &Home) -> std::path::PathBuf {
    home.at("cache/notation/crl").join(Digest::sha256_of(URL.as_bytes()).encoded())
}

#[tokio::test]
async fn a_list_is_fetched_once_until_it_is_over() {
    let (home, der) = (Home::new(), list());
    let origin = Origin::of(der.clone());
    for _ in 0..3 {
        assert_eq!(cache(&home, &origin).answer(&want(Purpose::Crl)).await, Answer::Bytes(der.clone().into()));
    }
    assert_eq!(origin.asked(), 1);
    // As notation-go writes it.
    let written: serde_json::Value = serde_json::from_slice(&fs::read(file(&home)).unwrap()).unwrap();
    assert_eq!(written["baseCRL"].as_str().unwrap(), data_encoding::BASE64.encode(&der));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| fs::metadata(home.at(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("cache/notation"), mode("cache/notation/crl")), (0o700, 0o700));
        assert_eq!(fs::metadata(file(&home)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // At nextUpdate it is dead.
    let expired = cache(&home, &origin).with_clock(later);
    expired.answer(&want(Purpose::Crl)).await;
    assert_eq!(origin.asked(), 2);
    // A notation that knows of a delta wrote it.
    fs::write(
        file(&home),
        serde_json::json!({"baseCRL": data_encoding::BASE64.encode(&der), "deltaCRL": "AA=="}).to_string(),
    )
    .unwrap();
    cache(&home, &origin).answer(&want(Purpose::Crl)).await;
    assert_eq!(origin.asked(), 2);
    assert!(cache(&home, &origin).warnings().is_empty());
}

#[tokio::test]
async fn a_fresh_list_goes_past_the_cache_and_replaces_what_is_there() {
    let home = Home::new();
    let (one, two) = (Origin::of(list()), Origin::of(list()));
    cache(&home, &one).answer(&want(Purpose::Crl)).await;
    cache(&home, &two).answer(&want(Purpose::FreshCrl)).await;
    assert_eq!(two.asked(), 1);
    let third = Origin::default();
    assert_eq!(cache(&home, &third).answer(&want(Purpose::Crl)).await, Answer::Bytes(two.answer.clone()));
    assert_eq!(third.asked(), 0);
    // What is no list to keep: another purpose, a body.
    cache(&home, &third).answer(&want(Purpose::Ocsp)).await;
    assert_eq!(third.asked(), 1);
}

// attack: A-195
#[tokio::test]
async fn a_195_a_file_that_is_broken_stale_or_too_large_is_fetched_again() {
    let (home, der) = (Home::new(), list());
    let origin = Origin::of(der.clone());
    let good = serde_json::json!({"baseCRL": data_encoding::BASE64.encode(&der)}).to_string();
    let broken = serde_json::json!({"baseCRL": data_encoding::BASE64.encode(&der[..der.len() - 1])}).to_string();
    let stale = TestCa::new(KeySpec::P256);
    let mut over = crl::request(&[]);
    over.next_update = NOW.saturating_sub(1);
    let stale = crl::forge(&stale.root, &over, |_| ());
    let stale = serde_json::json!({"baseCRL": data_encoding::BASE64.encode(&stale)}).to_string();
    let endless = TestCa::new(KeySpec::P256);
    let endless = crl::forge(&endless.root, &crl::request(&[]), |draft| draft.next_update = None);
    let endless = serde_json::json!({"baseCRL": data_encoding::BASE64.encode(&endless)}).to_string();
    fs::create_dir_all(home.at("cache/notation/crl")).unwrap();
    let mut asked = 0;
    for bad in ["", "{", "{}", r#"{"baseCRL": "!"}"#, good.split_at(good.len() / 2).0, &broken, &stale, &endless] {
        fs::write(file(&home), bad).unwrap();
        assert_eq!(cache(&home, &origin).answer(&want(Purpose::Crl)).await, Answer::Bytes(der.clone().into()), "{bad}");
        asked += 1;
        assert_eq!(origin.asked(), asked, "{bad}");
        assert_eq!(fs::read_to_string(file(&home)).unwrap(), good.replace(": ", ":"));
    }
    let small = Want::Http { url: URL.into(), body: None, limit: der.len() as u64 - 1, purpose: Purpose::Crl };
    cache(&home, &origin).answer(&small).await;
    assert_eq!(origin.asked(), asked + 1);
}

#[tokio::test]
async fn what_is_no_list_or_is_over_is_not_kept() {
    let home = Home::new();
    cache(&home, &Origin::of("<html>")).answer(&want(Purpose::Crl)).await;
    cache(&home, &Origin::of(list())).with_clock(later).answer(&want(Purpose::Crl)).await;
    assert!(!home.at("cache").exists());
}

#[tokio::test]
async fn a_list_that_names_deltas_is_not_shown_to_notation_as_a_whole() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    let mut request = crl::request(&[]);
    request.freshest = &["http://ca.example/delta.crl"];
    let origin = Origin::of(crl::forge(&ca.root, &request, |_| ()));
    for _ in 0..2 {
        cache(&home, &origin).answer(&want(Purpose::Crl)).await;
    }
    assert_eq!(origin.asked(), 1);
    assert!(!file(&home).exists());
}

// attack: A-194
#[cfg(unix)]
#[tokio::test]
async fn a_194_a_cache_that_cannot_be_used_costs_a_warning() {
    let (home, der) = (Home::new(), list());
    let origin = Origin::of(der.clone());
    // A file where the directory should be: nobody can write there, not even root.
    home.write("cache/notation", "");
    let cache = cache(&home, &origin);
    for _ in 0..2 {
        assert_eq!(cache.answer(&want(Purpose::Crl)).await, Answer::Bytes(der.clone().into()));
    }
    let warnings: Vec<_> = cache.warnings().iter().map(|warning| home.text(warning)).collect();
    let name = Digest::sha256_of(URL.as_bytes()).encoded();
    let reading = |end: &str| {
        format!(
            "the cache of revocation lists is not used: cannot read `HOME/cache/notation/crl/{name}{end}`: not a directory"
        )
    };
    let writing = "the cache of revocation lists is not used: cannot create `HOME/cache/notation/crl`: not a directory"
        .to_owned();
    assert_eq!(warnings, [writing, reading(".base"), reading("")]);
    assert!(cache.warnings().is_empty());
}

// attack: A-358
#[cfg(unix)]
#[tokio::test]
async fn a_358_nothing_is_left_beside_the_file_and_no_link_is_followed() {
    let (home, der) = (Home::new(), list());
    let origin = Origin::of(der.clone());
    let target = home.write("target", "untouched");
    fs::create_dir_all(home.at("cache/notation/crl")).unwrap();
    std::os::unix::fs::symlink(&target, file(&home)).unwrap();
    let linked = cache(&home, &origin);
    assert_eq!(linked.answer(&want(Purpose::Crl)).await, Answer::Bytes(der.into()));
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    assert_eq!(linked.warnings().len(), 1);
    fs::remove_file(file(&home)).unwrap();
    cache(&home, &origin).answer(&want(Purpose::Crl)).await;
    assert_eq!(fs::read_dir(home.at("cache/notation/crl")).unwrap().count(), 1);
}

#[test]
fn the_cache_is_where_notation_has_it() {
    let find = |variables: &[(&str, &str)], platform| {
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
        cache_directory(&environment, platform).map(|path| path.to_str().unwrap().to_owned())
    };
    let home = ("HOME", "/home/ada");
    assert_eq!(find(&[home], Platform::Unix), Ok("/home/ada/.cache/notation".into()));
    assert_eq!(find(&[home], Platform::MacOs), Ok("/home/ada/Library/Caches/notation".into()));
    assert_eq!(find(&[home, ("XDG_CACHE_HOME", "/var/ada")], Platform::Unix), Ok("/var/ada/notation".into()));
    assert_eq!(find(&[home, ("NOTATION_CACHE", "/c")], Platform::Unix), Ok("/c".into()));
    assert!(find(&[], Platform::Unix).is_err());
}

#[test]
fn lists_of_the_operator_are_read_all_or_none() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    let load = || load_revocation_lists(&home.notation(), &CrlLimits::default());
    assert_eq!(load().unwrap().value.len(), 0);
    let (one, two) = (crl::list(&ca.intermediate, &[]), crl::list(&ca.root, &[]));
    home.write("crl/a.crl", &one);
    home.write("crl/b.PEM", [pem("X509 CRL", &one), pem("X509 CRL", &two)].concat());
    home.write("crl/README", "ours");
    let found = load().unwrap();
    assert_eq!(found.value.len(), 3);
    assert_eq!(found.value[2].der()[..], two);
    let warnings: Vec<_> = found.warnings.iter().map(|warning| home.text(warning)).collect();
    let ignored = "`HOME/crl/README` is ignored: revocation lists are read from files that end in .crl or .pem";
    assert_eq!(warnings, [ignored]);
    home.write("crl/c.pem", ca.root.pem());
    let error = load().unwrap_err();
    assert!(home.text(&error).starts_with("`HOME/crl/c.pem`: "), "{error}");
    #[cfg(unix)]
    {
        fs::remove_file(home.at("crl/c.pem")).unwrap();
        home.link("crl/a.crl", "crl/d.crl");
        let message = "`HOME/crl/d.crl`: expected a regular file, found a symbolic link";
        home.says(&load().unwrap_err(), "unsafe-path", message);
    }
}
