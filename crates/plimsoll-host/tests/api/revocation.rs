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
    folder(&home);
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
    let cannot = |action: &str| {
        format!("the cache of revocation lists is not used: cannot {action} `HOME/cache/notation/crl`: not a directory")
    };
    assert_eq!(warnings, [cannot("create"), cannot("list")]);
    assert!(cache.warnings().is_empty());
}

// attack: A-358
#[cfg(unix)]
#[tokio::test]
async fn a_358_nothing_is_left_beside_the_file_and_no_link_is_followed() {
    let (home, der) = (Home::new(), list());
    let origin = Origin::of(der.clone());
    let target = home.write("target", "untouched");
    folder(&home);
    std::os::unix::fs::symlink(&target, file(&home)).unwrap();
    let linked = cache(&home, &origin);
    assert_eq!(linked.answer(&want(Purpose::Crl)).await, Answer::Bytes(der.into()));
    assert_eq!(fs::read_to_string(&target).unwrap(), "untouched");
    assert_eq!(linked.warnings().len(), 1);
    fs::remove_file(file(&home)).unwrap();
    cache(&home, &origin).answer(&want(Purpose::Crl)).await;
    assert_eq!(fs::read_dir(home.at("cache/notation/crl")).unwrap().count(), 1);
}

/// Lists of one authority, each a day newer than the one before, with delta lists or without.
fn aged(ca: &TestCa, age: u64, deltas: bool) -> Vec<u8> {
    let mut request = crl::request(&[]);
    request.this_update = NOW.saturating_sub(age.saturating_mul(DAY));
    if deltas {
        request.freshest = &["http://ca.example/delta.crl"];
    }
    crl::forge(&ca.root, &request, |_| ())
}
fn written(der: &[u8]) -> String {
    serde_json::json!({"baseCRL": data_encoding::BASE64.encode(der)}).to_string()
}
fn base(home: &Home) -> std::path::PathBuf {
    file(home).with_extension("base")
}
/// A folder of lists that is only ours.
fn folder(home: &Home) {
    plimsoll_host::file::create_directory(&home.at("cache/notation/crl")).unwrap();
}

// attack: A-195
#[tokio::test]
async fn a_195_the_newer_of_two_files_counts_and_a_list_that_is_written_takes_the_place_of_both() {
    let ca = TestCa::new(KeySpec::P256);
    for (ours, notations) in [(5, 2), (2, 5)] {
        let (home, none) = (Home::new(), Origin::default());
        folder(&home);
        // Both hold until tomorrow: the older one would hide who was revoked since.
        let (with, without) = (aged(&ca, ours, true), aged(&ca, notations, false));
        fs::write(base(&home), written(&with)).unwrap();
        fs::write(file(&home), written(&without)).unwrap();
        let newer = if ours < notations { with } else { without };
        assert_eq!(cache(&home, &none).answer(&want(Purpose::Crl)).await, Answer::Bytes(newer.into()));
        assert_eq!(none.asked(), 0);
    }
    // A broken, linked or stale file of one name does not hide the other.
    let (home, none) = (Home::new(), Origin::default());
    folder(&home);
    let der = aged(&ca, 3, false);
    fs::write(file(&home), written(&der)).unwrap();
    fs::write(base(&home), "{").unwrap();
    assert_eq!(cache(&home, &none).answer(&want(Purpose::Crl)).await, Answer::Bytes(der.clone().into()));
    // An authority that names delta lists, or names none any more.
    for (deltas, stays, goes) in [(true, base(&home), file(&home)), (false, file(&home), base(&home))] {
        let fresh = Origin::of(aged(&ca, 1, deltas));
        cache(&home, &fresh).answer(&want(Purpose::FreshCrl)).await;
        assert!(stays.exists() && !goes.exists(), "{deltas}");
        assert_eq!(cache(&home, &none).answer(&want(Purpose::Crl)).await, Answer::Bytes(fresh.answer.clone()));
    }
    assert_eq!(none.asked(), 0);
}

// attack: A-195
#[cfg(unix)]
#[tokio::test]
async fn a_195_what_others_can_write_is_fetched_again() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    let (old, new) = (aged(&ca, 5, false), Origin::of(aged(&ca, 1, false)));
    folder(&home);
    fs::write(file(&home), written(&old)).unwrap();
    let name = Digest::sha256_of(URL.as_bytes()).encoded();
    home.mode(&format!("cache/notation/crl/{name}"), 0o620);
    let used = cache(&home, &new);
    assert_eq!(used.answer(&want(Purpose::Crl)).await, Answer::Bytes(new.answer.clone()));
    let warnings: Vec<_> = used.warnings().iter().map(|warning| home.text(warning)).collect();
    let message = format!(
        "the cache of revocation lists is not used: others can write `HOME/cache/notation/crl/{name}` (chmod go-w)"
    );
    assert_eq!(warnings, [message]);
    // It was written anew, for its owner.
    assert_eq!(used.answer(&want(Purpose::Crl)).await, Answer::Bytes(new.answer.clone()));
    assert_eq!((new.asked(), used.warnings().len()), (1, 0));
    // In a folder of everybody's, or one that a link leads to, nothing is read and nothing written.
    home.mode("cache/notation/crl", 0o777);
    fs::write(file(&home), written(&old)).unwrap();
    assert_eq!(used.answer(&want(Purpose::Crl)).await, Answer::Bytes(new.answer.clone()));
    let warnings: Vec<_> = used.warnings().iter().map(|warning| home.text(warning)).collect();
    let message = "the cache of revocation lists is not used: others can write `HOME/cache/notation/crl` (chmod go-w)";
    assert_eq!(warnings, [message]);
    assert_eq!(fs::read_to_string(file(&home)).unwrap(), written(&old));
    home.mode("cache/notation/crl", 0o700);
    fs::rename(home.at("cache/notation/crl"), home.at("elsewhere")).unwrap();
    home.link("elsewhere", "cache/notation/crl");
    assert_eq!(used.answer(&want(Purpose::Crl)).await, Answer::Bytes(new.answer.clone()));
    assert_eq!((new.asked(), used.warnings().len()), (3, 1));
}

#[test]
fn many_who_write_at_once_leave_one_whole_file() {
    let (home, ca) = (Home::new(), TestCa::new(KeySpec::P256));
    let lists: Vec<Bytes> = (0..4).map(|number| Bytes::from(aged(&ca, 1 + number / 2, number % 2 == 0))).collect();
    std::thread::scope(|scope| {
        for list in &lists {
            let (home, lists) = (&home, &lists);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(async {
                    let origin = Origin::of(list.clone());
                    for turn in 0..40 {
                        let purpose = if turn % 2 == 0 { Purpose::FreshCrl } else { Purpose::Crl };
                        let used = cache(home, &origin);
                        let Answer::Bytes(found) = used.answer(&want(purpose)).await else { panic!("no bytes") };
                        assert!(lists.contains(&found), "half of a file was read");
                        assert_eq!(used.warnings(), []);
                    }
                });
            });
        }
    });
    let left: Vec<_> =
        fs::read_dir(home.at("cache/notation/crl")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(left.len() <= 2 && left.iter().all(|name| !name.to_str().unwrap().starts_with('.')), "{left:?}");
}

#[tokio::test]
async fn the_folder_does_not_grow_without_end() {
    let (home, der) = (Home::new(), list());
    folder(&home);
    let put = |name: &str, age: u64, length: u64| {
        let path = home.at("cache/notation/crl").join(name);
        let file = fs::File::create(&path).unwrap();
        file.set_len(length).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        path
    };
    let name = |number: u64| Digest::sha256_of(&number.to_be_bytes()).encoded();
    let lists: Vec<_> = (0..300).map(|number| put(&name(number), 1000 + number, 1)).collect();
    let (crashed, working) = (put(".plimsoll-a", 7200, 1), put(".plimsoll-b", 60, 1));
    let readme = put("README", 90_000, 1);
    cache(&home, &Origin::of(der.clone())).answer(&want(Purpose::Crl)).await;
    // 256 with the new one and the one that is being written: the oldest went.
    let left = lists.iter().filter(|path| path.exists()).count();
    assert_eq!((left, lists[0].exists(), lists[299].exists()), (254, true, false));
    assert!(file(&home).exists() && readme.exists() && working.exists() && !crashed.exists());
    // So it is with bytes.
    let (one, two) = (put(&name(1000), 10, 400 << 20), put(&format!("{}.base", name(1001)), 20, 200 << 20));
    cache(&home, &Origin::of(der)).answer(&want(Purpose::FreshCrl)).await;
    assert!(one.exists() && !two.exists() && file(&home).exists());
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
