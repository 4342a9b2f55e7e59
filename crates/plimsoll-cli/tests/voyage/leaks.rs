//! What the command must not do with what it holds: send a password to another registry, touch what was not meant, pass over a flag.

use crate::harbour::Harbour;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Stdio,
    sync::{Arc, Mutex},
};

/// A registry that wants a password for everything, and keeps what it was sent.
fn thief() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, heard) = (listener.local_addr().unwrap().to_string(), Arc::new(Mutex::new(String::new())));
    let told = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                if line.is_empty() {
                    break;
                }
                told.lock().unwrap().push_str(&line.to_ascii_lowercase());
            }
            let _ = stream.write_all(
                b"HTTP/1.1 401 No\r\nwww-authenticate: Basic realm=\"x\"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            );
        }
    });
    (address, heard)
}

// attack: A-018
#[test]
fn a_018_the_password_for_one_registry_does_not_go_to_another() {
    let harbour = Harbour::open();
    harbour.run(&format!("build rootfs -t {}", harbour.at("v1"))).succeeds();
    let (evil, heard) = thief();
    let password = [("NOTATION_USERNAME", "ada"), ("NOTATION_PASSWORD", "s3cret-word")];
    let (here, there) = (harbour.at("v1"), format!("{evil}/team/app:v1"));
    for line in [
        format!("copy {there} {here}"),
        format!("copy {here} {there}"),
        format!("ship {there} -t {here} --key release --config publisher"),
    ] {
        let done = harbour.run_with(&line, &password).exits(2).says("for one registry, and here are two");
        done.does_not_say("s3cret-word");
    }
    assert_eq!(*heard.lock().unwrap(), "", "nobody was asked");
    // For the only registry of a command it is meant.
    harbour.run_with(&format!("pull {there} --to pulled"), &password).exits(3);
    assert!(heard.lock().unwrap().contains("authorization: basic"));
    // Between repositories of one registry, too.
    harbour.run_with(&format!("copy {here} {}", harbour.elsewhere("v1")), &password).succeeds();
}

// attack: A-026
#[test]
fn a_026_plain_http_for_one_registry_is_not_plain_http_for_another() {
    let harbour = Harbour::open();
    harbour.run(&format!("build rootfs -t {}", harbour.at("v1"))).succeeds();
    harbour
        .run(&format!("copy {} registry.invalid/team/app:v1 --plain-http", harbour.at("v1")))
        .exits(2)
        .says("--plain-http is for one registry");
}

#[test]
fn a_pull_by_digest_moves_no_tag_and_goes_where_it_was_told() {
    let harbour = Harbour::empty();
    harbour.write("one/a", "1");
    harbour.write("two/a", "2");
    let first = harbour.json("build one -t oci:from:one");
    let second = harbour.json("build two -t oci:from:two");
    harbour.run("copy oci:from:one oci:to:latest").succeeds();
    let by_digest = format!("oci:from@{}", second["digest"].as_str().unwrap());
    harbour.run(&format!("pull {by_digest} --to to")).succeeds();
    assert_eq!(harbour.json("discover oci:to:latest")["digest"], first["digest"]);
    let there = format!("oci:to@{}", second["digest"].as_str().unwrap());
    assert_eq!(harbour.json(&format!("discover {there}"))["digest"], second["digest"]);
    // A directory is a directory, whatever its name looks like as a reference.
    harbour.run(&format!("pull {by_digest} --to odd:name")).succeeds();
    assert!(harbour.path("odd:name/index.json").is_file() && !harbour.path("odd").exists());
}

#[test]
fn a_layout_that_is_not_there_is_not_made_by_what_changes_one() {
    let harbour = Harbour::empty().with_trust();
    harbour.write("note.json", "{}");
    for line in [
        "sign oci:typo:v1 --key release --config publisher",
        "attest oci:typo:v1 --type https://example.org/x --predicate note.json --key release --config publisher",
        "attach oci:typo:v1 rootfs/etc/motd --artifact-type text/plain",
        "tag oci:typo:v1 v2",
    ] {
        assert_ne!(harbour.run(line).code, Some(0), "{line}");
        assert!(!harbour.path("typo").exists(), "{line}");
    }
}

#[test]
fn a_registry_is_asked_without_a_home() {
    let harbour = Harbour::open();
    harbour.run(&format!("build rootfs -t {}", harbour.at("v1"))).succeeds();
    let mut command = harbour.command(&format!("discover {}", harbour.at("v1")));
    assert!(command.env_remove("HOME").env_remove("DOCKER_CONFIG").output().unwrap().status.success());
}

#[test]
fn a_flag_that_would_do_nothing_is_refused() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let scope = "--scope localhost/team/app";
    for more in ["--label a=b", "--annotation a=b", "--platform linux/arm64", "--entrypoint /bin/x"] {
        let line = format!("ship oci:layout:v1 -t oci:there:v1 --key release --config publisher {scope} {more}");
        harbour.run(&line).exits(2).says("built already");
    }
    harbour.run("sbom rootfs --platform linux/arm64").exits(2).says("--platform");
    let check = "check oci:layout:v1 --policy rules.yaml --config consumer --save recording";
    harbour.run(&format!("{check} {scope}")).exits(1);
    harbour.run("check --replay recording --platform linux/arm64").exits(2).says("cannot be used with");
    harbour.run("check --replay recording --save other").exits(2).says("cannot be used with");
}

// attack: A-031
#[test]
fn a_031_a_file_without_end_is_not_read_to_its_end() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    for line in [
        "policy test /dev/zero",
        "cert add --type ca --store x /dev/zero",
        "trust-policy import /dev/zero --config other",
        "discover localhost/team/app:v1 --ca-file /dev/zero",
        "check oci:layout:v1 --scope localhost/team/app --policy /dev/zero --config consumer",
        "attest oci:layout:v1 --type https://example.org/x --predicate /dev/zero --key release --config publisher",
        "serve registry --store registry --addr 127.0.0.1:0 --htpasswd /dev/zero",
    ] {
        harbour.run(line).exits(2).says("more than 67108864 bytes");
    }
    // What lists packages in a directory of somebody else's.
    fs::create_dir_all(harbour.path("theirs/var/lib/dpkg")).unwrap();
    let status = fs::File::create(harbour.path("theirs/var/lib/dpkg/status")).unwrap();
    status.set_len(1 << 40).unwrap();
    harbour.run("sbom theirs").says("67108864");
}

// attack: A-358
#[test]
fn a_358_what_was_packed_is_not_left_behind_when_the_command_is_ended() {
    let harbour = Harbour::empty();
    harbour.write("rootfs/etc/motd", "x");
    fs::create_dir(harbour.path("tmp")).unwrap();
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        // It takes requests, and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = harbour.command(&format!("build rootfs -t {}/a:v1", silent.local_addr().unwrap()));
        let mut child = command.env("TMPDIR", harbour.path("tmp")).spawn().unwrap();
        let _taken = silent.accept().unwrap();
        let kept: Vec<_> = fs::read_dir(harbour.path("tmp")).unwrap().map(Result::unwrap).collect();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].metadata().unwrap().permissions().mode() & 0o777, 0o700);
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert_eq!(fs::read_dir(harbour.path("tmp")).unwrap().count(), 0);
    }
}

// attack: A-358
#[test]
fn a_358_the_keys_of_the_demonstration_are_not_left_behind_when_it_is_ended() {
    let harbour = Harbour::empty();
    harbour.write("Cargo.lock", "version = 4\n");
    fs::create_dir(harbour.path("tmp")).unwrap();
    let listed = || fs::read_dir(harbour.path("tmp")).unwrap().map(|entry| entry.unwrap().path());
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut command = harbour.command("demo");
        command.env("TMPDIR", harbour.path("tmp")).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let address = said.find_map(|line| line.trim().strip_prefix("listening on ").map(str::to_owned)).unwrap();
        said.find(|line| line.starts_with("$ plimsoll pki intermediate")).unwrap();
        assert!(listed().any(|home| home.join("pki/root.key").exists()), "there is a key by now");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status));
        assert_eq!(listed().count(), 0);
        // A busy system takes its time to end it.
        let is_gone = |_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            TcpStream::connect(&address).is_err()
        };
        assert!((0..1000).any(is_gone), "the registry ends, too");
    }
}

// attack: A-380
#[test]
fn a_380_a_recording_of_somebody_else_reads_no_other_file() {
    let harbour = Harbour::empty().with_trust();
    harbour.run("build rootfs -t oci:layout:v1").succeeds();
    let check = "check oci:layout:v1 --scope localhost/team/app --policy rules.yaml --config consumer";
    harbour.run(&format!("{check} --save recording")).exits(1);
    let verdict = harbour.run("check --replay recording").exits(1);
    assert!(verdict.stdout.contains("no-signature"));
    fs::rename(harbour.path("recording/recording.json"), harbour.path("elsewhere.json")).unwrap();
    symlink(harbour.path("elsewhere.json"), harbour.path("recording/recording.json")).unwrap();
    harbour.run("check --replay recording").does_not_say("no-signature");
    fs::remove_file(harbour.path("recording/recording.json")).unwrap();
    symlink("/dev/zero", harbour.path("recording/recording.json")).unwrap();
    assert_ne!(harbour.run("check --replay recording").code, Some(0));
}

#[test]
fn an_sbom_is_not_written_through_a_link() {
    let harbour = Harbour::empty();
    harbour.write("rootfs/etc/motd", "x");
    harbour.write("precious", "mine");
    symlink(harbour.path("precious"), harbour.path("bom.json")).unwrap();
    assert_ne!(harbour.run("sbom rootfs --output bom.json").code, Some(0));
    assert_eq!(harbour.read("precious"), "mine");
    harbour.run("sbom rootfs --output new.json").succeeds();
}

// attack: A-382
#[test]
fn a_382_names_of_files_are_escaped_where_they_are_the_fault() {
    let harbour = Harbour::empty();
    let name = "rootfs/x\u{1b}[2J\u{202e}/var/lib/dpkg/status";
    harbour.write(name, "Package: a\nVersion\u{9b}: \n broken");
    for line in [
        "policy test 'no\u{1b}[2Jsuch\u{202e}file'",
        "sbom 'rootfs/x\u{1b}[2J\u{202e}/none'",
        "sbom 'rootfs/x\u{1b}[2J\u{202e}'",
    ] {
        let done = harbour.run(line);
        done.does_not_say("\u{1b}").does_not_say("\u{202e}").does_not_say("\u{9b}");
    }
}

/// `config.json` of Notation names the registries that are spoken to in clear; no others are, and none because TLS fails.
#[test]
fn a_registry_is_spoken_to_in_clear_only_where_it_is_listed() {
    let harbour = Harbour::empty();
    harbour.write("rootfs/etc/motd", "x");
    let registry = harbour.serve("");
    let port = registry.address.rsplit(':').next().unwrap();
    harbour.run(&format!("build rootfs -t {}/team/app:v1", registry.address)).succeeds();
    // The way to this machine that is no loopback address.
    let discover = format!("discover 0.0.0.0:{port}/team/app:v1 --config notation");
    harbour.run(&discover).exits(3).says("tls-failed");
    for other in ["0.0.0.0", "0.0.0.0:1", "registry.example.com"] {
        harbour.write("notation/config.json", format!(r#"{{"insecureRegistries": ["{other}"]}}"#));
        harbour.run(&discover).exits(3).says("tls-failed");
    }
    harbour.write("notation/config.json", format!(r#"{{"insecureRegistries": ["0.0.0.0:{port}"]}}"#));
    // The registry understands, and says that it does not go by this name.
    harbour.run(&discover).exits(3).says(&format!("found `0.0.0.0:{port}` (registry-refused)"));
}
