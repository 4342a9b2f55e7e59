//! Running plugins: real processes.

use super::Home;
use plimsoll_core::{Answer, Answerer, Bytes, Classify as _, Digest, Want};
use plimsoll_host::{
    Settings,
    plugin::{PluginAnswers, PluginDirectory, PluginEnvironment, PluginRunError, PluginRunner, RunLimits},
};
use plimsoll_notary::plugin::{Command, PluginName};
use std::{
    path::Path,
    time::{Duration, Instant},
};

pub(crate) const METADATA: &str = r#"{"name":"NAME","description":"d","version":"VERSION","url":"u","supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_GENERATOR.RAW"]}"#;

pub(crate) fn metadata(name: &str, version: &str) -> String {
    METADATA.replace("NAME", name).replace("VERSION", version)
}

/// A plugin whose program is this shell script.
pub(crate) fn stub(home: &Home, name: &str, script: &str) {
    let file = format!("plugins/{name}/notation-{name}");
    home.write(&file, format!("#!/bin/sh\n{script}\n"));
    home.mode(&file, 0o755);
}
pub(crate) fn runner(home: &Home) -> PluginRunner {
    let path = std::env::var_os("PATH").unwrap();
    let secrets = ["NOTATION_PASSWORD", "GITHUB_TOKEN", "KMS_REGION"].map(|name| (name.into(), "hunter2".into()));
    let variables = [("PATH".into(), path)].into_iter().chain(secrets);
    PluginRunner::new(PluginDirectory::of_libexec(home.path()).unwrap(), PluginEnvironment::new(variables))
}
fn quick(home: &Home, millis: u64) -> PluginRunner {
    let mut limits = RunLimits::default();
    limits.time = Duration::from_millis(millis);
    runner(home).with_limits(limits)
}
fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}
async fn run(runner: &PluginRunner, plugin: &str, request: impl Into<Bytes>) -> Result<Bytes, PluginRunError> {
    runner.run(&name(plugin), Command::VerifySignature, request.into()).await
}
async fn gone(home: &Home, file: &str) -> i32 {
    let pid: i32 = loop {
        let text = std::fs::read_to_string(home.at(file)).unwrap_or_default();
        match text.trim().parse() {
            Ok(pid) => break pid,
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    pid
}
/// Waits until a process is gone, or only its parent's to bury.
async fn assert_ends(pid: i32) {
    let started = Instant::now();
    loop {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "process {pid} is still there: {state}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_plugin_gets_its_command_and_request_and_gives_its_answer() {
    let home = Home::new();
    stub(&home, "echo", r#"printf '%s ' "$@"; cat"#);
    assert_eq!(run(&runner(&home), "echo", "request").await.unwrap(), "verify-signature request");
    stub(&home, "kms", &format!("echo '{}'", metadata("kms", "1.2.3")));
    let found = runner(&home).metadata(&name("kms")).await.unwrap();
    assert_eq!(found.version.to_string(), "1.2.3");
}

// attack: A-346
// spec: NP-016, NP-017
#[tokio::test]
async fn a_346_a_plugin_is_a_plain_file_under_its_name() {
    let home = Home::new();
    for bad in ["../../bin/sh", "/bin/sh", "a/b", "..", ""] {
        assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        let answers = PluginAnswers::new(Nothing, runner(&home));
        let Answer::Failed(failure) = answers.answer(&want(bad, "verify-signature")).await else { panic!("{bad}") };
        assert_eq!(failure.code.name(), "malformed-plugin-name");
    }
    home.link("/bin/true", "plugins/link/notation-link");
    let error = run(&runner(&home), "link", "").await.unwrap_err();
    let message = "`HOME/plugins/link/notation-link`: expected a regular file, found a symbolic link";
    home.says(&error, "unsafe-path", message);
    std::fs::create_dir_all(home.at("plugins/folder/notation-folder")).unwrap();
    let error = run(&runner(&home), "folder", "").await.unwrap_err();
    let message = "`HOME/plugins/folder/notation-folder`: expected a regular file, found a directory";
    home.says(&error, "unsafe-path", message);
    home.fifo("plugins/pipe/notation-pipe");
    let error = run(&runner(&home), "pipe", "").await.unwrap_err();
    assert_eq!(error.code().name(), "unsafe-path");
    stub(&home, "open", "echo");
    home.mode("plugins/open/notation-open", 0o777);
    let message = "everybody can write `HOME/plugins/open/notation-open`: expected a program that only its owner can write \
                   (chmod go-w)";
    home.says(&run(&runner(&home), "open", "").await.unwrap_err(), "unsafe-path", message);
}

// attack: A-355
#[tokio::test]
async fn a_355_a_plugin_that_others_can_exchange_is_not_run() {
    let home = Home::new();
    stub(&home, "kms", "echo ran");
    let everybody = |path: &str| {
        format!("everybody can write `HOME/{path}`: expected a program that only its owner can write (chmod go-w)")
    };
    home.mode("plugins/kms", 0o777);
    let error = run(&runner(&home), "kms", "").await.unwrap_err();
    home.says(&error, "unsafe-path", &everybody("plugins/kms"));
    home.mode("plugins/kms", 0o755);
    assert_eq!(run(&runner(&home), "kms", "").await.unwrap(), "ran\n");
    // A group may be the user's own: that is said where plugins are listed.
    home.mode("plugins/kms/notation-kms", 0o775);
    assert_eq!(run(&runner(&home), "kms", "").await.unwrap(), "ran\n");
    let warnings = runner(&home).directory().list().unwrap().warnings;
    let warnings: Vec<_> = warnings.iter().map(|warning| home.text(warning)).collect();
    let message = "others can write `HOME/plugins/kms/notation-kms`: whoever does decides what is trusted (chmod go-w)";
    assert_eq!(warnings, [message]);
    // Only root can give files away.
    if rustix::process::geteuid().is_root() {
        let stranger =
            |path: &str| format!("`HOME/{path}` belongs to the user 12345: expected one of this user or of root");
        for path in ["plugins/kms/notation-kms", "plugins/kms"] {
            std::os::unix::fs::chown(home.at(path), Some(12345), None).unwrap();
            home.says(&run(&runner(&home), "kms", "").await.unwrap_err(), "unsafe-path", &stranger(path));
            std::os::unix::fs::chown(home.at(path), Some(0), None).unwrap();
        }
    }
}

// attack: A-346
#[tokio::test]
async fn a_346_the_folder_of_a_plugin_is_no_link() {
    let home = Home::new();
    stub(&home, "kms", "echo ran");
    std::fs::rename(home.at("plugins/kms"), home.at("elsewhere")).unwrap();
    home.link("elsewhere", "plugins/kms");
    let message = "`HOME/plugins/kms`: expected a directory, found a symbolic link";
    home.says(&run(&runner(&home), "kms", "").await.unwrap_err(), "unsafe-path", message);
    home.write("plugins/file", "");
    let message = "`HOME/plugins/file`: expected a directory, found a regular file";
    home.says(&run(&runner(&home), "file", "").await.unwrap_err(), "unsafe-path", message);
}

// attack: A-347
#[tokio::test]
async fn a_347_nothing_is_found_through_path_or_the_working_directory() {
    let home = Home::new();
    stub(&home, "elsewhere/plugins/kms", "echo");
    let path = home.at("plugins/elsewhere/plugins/kms");
    let runner = PluginRunner::new(
        PluginDirectory::of_libexec(home.path()).unwrap(),
        PluginEnvironment::new([("PATH".into(), path.into())]),
    );
    let error = run(&runner, "kms", "").await.unwrap_err();
    let message = "expected the plugin `kms` in `HOME/plugins/kms/notation-kms`, found nothing there";
    home.says(&error, "plugin-not-installed", message);
    let error = PluginDirectory::of_libexec(Path::new("libexec")).unwrap_err();
    home.says(&error, "unsafe-path", "expected an absolute path to the directory of plugins, found `libexec`");
    assert!(PluginDirectory::find(&|_: &str| Some("libexec".into()), &home.notation()).is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_the_system_does_not_run_is_not_given_to_a_shell() {
    let home = Home::new();
    stub(&home, "x", "");
    home.write("plugins/x/notation-x", format!("touch {}\n", home.at("ran").display()));
    home.mode("plugins/x/notation-x", 0o755);
    let message = "`HOME/plugins/x/notation-x`: expected a program, or a script that names its interpreter, found \
                   something else";
    home.says(&run(&runner(&home), "x", "").await.unwrap_err(), "unsafe-path", message);
    assert!(!home.at("ran").exists());
}

// attack: A-348
#[tokio::test]
async fn a_348_output_without_end_is_stopped_on_either_stream() {
    for (redirect, stream) in [("", "output"), (" >&2", "error")] {
        let home = Home::new();
        stub(
            &home,
            "loud",
            &format!("echo $$ >{}; while :; do printf %8192d 1; done{redirect}", home.at("pid").display()),
        );
        let mut limits = RunLimits::default();
        assert_eq!((limits.output, limits.time), (64 << 20, Duration::from_secs(60)));
        limits.output = 100_000;
        let error = run(&runner(&home).with_limits(limits), "loud", "").await.unwrap_err();
        let message =
            format!("the plugin `loud` failed to verify-signature: more than 100000 bytes on standard {stream}");
        home.says(&error, "limit-exceeded", &message);
        assert_ends(gone(&home, "pid").await).await;
    }
}

// attack: A-348
#[tokio::test]
async fn a_348_a_child_that_reads_late_or_never_does_not_hang() {
    let home = Home::new();
    // More than two pipes hold, both ways.
    stub(&home, "late", "head -c 300000 /dev/zero; cat >/dev/null; echo end");
    let answer = run(&runner(&home), "late", vec![b'x'; 1 << 20]).await.unwrap();
    assert_eq!(answer.len(), 300_004);
    stub(&home, "never", "exec <&-; echo done");
    assert_eq!(run(&runner(&home), "never", vec![b'x'; 1 << 20]).await.unwrap(), "done\n");
}

// attack: A-349
#[tokio::test]
async fn a_349_a_plugin_that_never_ends_is_stopped_with_its_group() {
    let home = Home::new();
    let (one, two) = (home.at("one"), home.at("two"));
    stub(&home, "slow", &format!("sleep 1000 & echo $! >{}; echo $$ >{}; sleep 1000", two.display(), one.display()));
    let error = run(&quick(&home, 1000), "slow", "").await.unwrap_err();
    home.says(&error, "plugin-timed-out", "the plugin `slow` failed to verify-signature: not done within 1 s");
    assert_ends(gone(&home, "one").await).await;
    assert_ends(gone(&home, "two").await).await;
}

// attack: A-349
#[tokio::test]
async fn a_349_a_daemon_that_holds_the_pipe_is_not_waited_for() {
    let home = Home::new();
    stub(&home, "fork", &format!("sleep 1000 & echo $! >{}; echo answer", home.at("pid").display()));
    let error = run(&quick(&home, 1000), "fork", "").await.unwrap_err();
    home.says(&error, "plugin-timed-out", "the plugin `fork` failed to verify-signature: not done within 1 s");
    assert_ends(gone(&home, "pid").await).await;
    // One that left the group keeps its end of the pipe; ours is closed, and nobody waits.
    stub(&home, "away", "setsid sh -c 'sleep 20; echo late' & echo answer");
    let started = Instant::now();
    assert_eq!(run(&quick(&home, 300), "away", "").await.unwrap_err().code().name(), "plugin-timed-out");
    assert!(started.elapsed() < Duration::from_secs(15));
}

// attack: A-349
#[tokio::test]
async fn a_349_nobody_is_left_behind_by_a_call_that_ends_well_or_is_given_up() {
    let home = Home::new();
    stub(
        &home,
        "quiet",
        &format!("sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >{}; echo ok", home.at("pid").display()),
    );
    assert_eq!(run(&runner(&home), "quiet", "").await.unwrap(), "ok\n");
    assert_ends(gone(&home, "pid").await).await;
    stub(&home, "slow", &format!("echo $$ >{}; sleep 1000", home.at("slow").display()));
    let runner = runner(&home);
    let call = run(&runner, "slow", "");
    let mut call = Box::pin(call);
    let pid = loop {
        let turn = tokio::time::timeout(Duration::from_millis(20), &mut call).await;
        assert!(turn.is_err(), "it sleeps");
        if let Ok(pid) = std::fs::read_to_string(home.at("slow")).unwrap_or_default().trim().parse() {
            break pid;
        }
    };
    drop(call);
    assert_ends(pid).await;
}

// attack: A-350
#[tokio::test]
async fn a_350_secrets_are_in_neither_environment_nor_arguments() {
    let home = Home::new();
    stub(&home, "kms", r#"env; echo "args: $*"; tr '\0' '\n' </proc/$$/cmdline"#);
    let said = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let found = said(run(&runner(&home), "kms", r#"{"pluginConfig":{"secret":"config-secret"}}"#).await.unwrap());
    assert!(found.contains("PATH=") && !found.contains("hunter2") && !found.contains("config-secret"), "{found}");
    assert!(found.contains("args: verify-signature\n"));
    let settings = Settings::parse(Path::new("x"), b"plugins: {kms: {environment: [KMS_*]}}").unwrap();
    let runner = runner(&home).with_settings(&settings);
    let found = said(run(&runner, "kms", "").await.unwrap());
    assert!(found.contains("KMS_REGION=hunter2") && !found.contains("GITHUB_TOKEN") && !found.contains("NOTATION_"));
    assert_eq!(runner.held_back(&name("kms")), ["GITHUB_TOKEN"]);
}

#[tokio::test]
async fn how_a_plugin_fails_is_said() {
    let home = Home::new();
    let error = r#"{"errorCode":"ACCESS_DENIED","errorMessage":"no key"}"#;
    stub(&home, "a", &format!("echo '{error}' >&2; exit 1"));
    let reported = run(&runner(&home), "a", "").await.unwrap_err();
    assert_eq!(reported.code().name(), "plugin-error");
    assert!(reported.to_string().contains("no key"), "{reported}");
    // Only the exit code 1 announces an error object.
    stub(&home, "a", &format!("echo '{error}' >&2; exit 2"));
    let message = r#"the plugin `a` failed to verify-signature: exit code 2: {"errorCode":"ACCESS_DENIED","errorMessage":"no key"}"#;
    home.says(&run(&runner(&home), "a", "").await.unwrap_err(), "plugin-failed", message);
    stub(&home, "a", "printf 'broken\\033[2J\\nmore\\n' >&2; exit 1");
    let message = "the plugin `a` failed to verify-signature: exit code 1: broken\\u{1b}[2J";
    home.says(&run(&runner(&home), "a", "").await.unwrap_err(), "plugin-failed", message);
    stub(&home, "a", "kill -9 $$");
    let message = "the plugin `a` failed to verify-signature: ended by a signal";
    home.says(&run(&runner(&home), "a", "").await.unwrap_err(), "plugin-failed", message);
    home.mode("plugins/a/notation-a", 0o600);
    let message = "the plugin `a` failed to verify-signature: permission denied";
    home.says(&run(&runner(&home), "a", "").await.unwrap_err(), "plugin-failed", message);
}

// attack: A-351
#[tokio::test]
async fn a_351_a_plugin_says_its_own_name_and_a_known_version() {
    let home = Home::new();
    for bad in [
        metadata("other", "1.0.0"),
        metadata("kms", "1.0.0").replace(r#"["1.0"]"#, r#"["2.0"]"#),
        metadata("kms", "one"),
        metadata("kms", "1.0.0").replace(r#"["SIGNATURE_GENERATOR.RAW"]"#, "[]"),
        String::new(),
    ] {
        stub(&home, "kms", &format!("echo '{bad}'"));
        let error = runner(&home).metadata(&name("kms")).await.unwrap_err();
        assert_eq!(error.code().name(), "plugin-protocol", "{bad}: {error}");
    }
}

// attack: A-355
#[tokio::test]
async fn a_355_a_pinned_program_runs_and_no_other() {
    let home = Home::new();
    stub(&home, "kms", "echo one");
    let program = std::fs::read(home.at("plugins/kms/notation-kms")).unwrap();
    let hex = Digest::sha256_of(&program).encoded();
    let settings = Settings::parse(Path::new("x"), format!("plugins: {{kms: {{sha256: {hex}}}}}").as_bytes()).unwrap();
    let runner = runner(&home).with_settings(&settings);
    assert_eq!(run(&runner, "kms", "").await.unwrap(), "one\n");
    stub(&home, "kms", "echo two");
    let found = Digest::sha256_of(&std::fs::read(home.at("plugins/kms/notation-kms")).unwrap());
    let message = format!("the program of the plugin `kms`: expected sha256:{hex}, found {found}");
    home.says(&run(&runner, "kms", "").await.unwrap_err(), "digest-mismatch", &message);
}

// attack: A-355
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_355_what_was_checked_is_what_runs_however_often_the_name_is_given_away() {
    let home = Home::new();
    stub(&home, "good", "echo good");
    stub(&home, "bad", "echo bad");
    let program = home.at("plugins/good/notation-good");
    let good = std::fs::read(&program).unwrap();
    let hex = Digest::sha256_of(&good).encoded();
    let settings = Settings::parse(Path::new("x"), format!("plugins: {{good: {{sha256: {hex}}}}}").as_bytes()).unwrap();
    let runner = runner(&home).with_settings(&settings);
    let (bad, kept) = (home.at("plugins/bad/notation-bad"), home.at("kept"));
    std::fs::hard_link(&program, &kept).unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let swapper = {
        let (stop, program, new) = (stop.clone(), program.clone(), home.at("new"));
        std::thread::spawn(move || {
            let mut turn = 0_u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                turn = turn.wrapping_add(1);
                std::fs::hard_link(if turn.is_multiple_of(2) { &kept } else { &bad }, &new).unwrap();
                std::fs::rename(&new, &program).unwrap();
            }
        })
    };
    let (mut ran, mut refused) = (0, 0);
    while ran < 10 || refused < 10 {
        match run(&runner, "good", "").await {
            Ok(answer) => {
                assert_eq!(answer, "good\n");
                ran += 1;
            }
            Err(error) => {
                assert_eq!(error.code().name(), "digest-mismatch", "{error}");
                refused += 1;
            }
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    swapper.join().unwrap();
}

/// Answers everything by nothing.
struct Nothing;
impl Answerer for Nothing {
    async fn answer(&self, _: &Want) -> Answer {
        Answer::Bytes(Bytes::from_static(b"inner"))
    }
}
fn want(plugin: &str, command: &str) -> Want {
    Want::Plugin { name: plugin.into(), command: command.into(), request: Bytes::from_static(b"{}") }
}

// attack: A-372
#[tokio::test]
async fn only_listed_plugins_are_started_and_only_to_verify() {
    let home = Home::new();
    let ran = home.at("ran");
    stub(&home, "kms", &format!("touch {}; cat", ran.display()));
    let answers = PluginAnswers::new(Nothing, runner(&home));
    let refused = |answer: Answer| match answer {
        Answer::Failed(failure) => (failure.code.name(), failure.to_string()),
        other => panic!("{other:?}"),
    };
    let message = "the plugin `kms` is not among those that may be started";
    assert_eq!(
        refused(answers.answer(&want("kms", "verify-signature")).await),
        ("plugin-not-allowed", message.to_owned())
    );
    let answers = answers.allow([name("kms"), name("absent")]);
    let message = "the plugin `kms` is not asked to `generate-signature` for a verdict";
    assert_eq!(
        refused(answers.answer(&want("kms", "generate-signature")).await),
        ("plugin-not-allowed", message.to_owned())
    );
    assert!(!ran.exists());
    assert_eq!(answers.answer(&want("kms", "verify-signature")).await, Answer::Bytes(Bytes::from_static(b"{}")));
    assert!(ran.exists());
    assert_eq!(answers.answer(&want("absent", "get-plugin-metadata")).await, Answer::Absent);
    let other = Want::Resolve { reference: "registry.example/app:v1".parse().unwrap() };
    assert_eq!(answers.answer(&other).await, Answer::Bytes(Bytes::from_static(b"inner")));
}

#[test]
fn plugins_are_listed_and_what_is_none_is_named() {
    let home = Home::new();
    let directory = PluginDirectory::of_libexec(home.path()).unwrap();
    assert_eq!(directory.list().unwrap().value, []);
    stub(&home, "b", "");
    stub(&home, "a", "");
    home.write("plugins/README", "");
    home.write("plugins/c/notation-d", "");
    let found = directory.list().unwrap();
    assert_eq!(found.value, [name("a"), name("b")]);
    let warnings: Vec<_> = found.warnings.iter().map(|warning| home.text(warning)).collect();
    let none = "is no plugin, and is ignored: expected a folder NAME with a program notation-NAME in it";
    assert_eq!(warnings, [format!("`HOME/plugins/README` {none}"), format!("`HOME/plugins/c` {none}")]);
}
