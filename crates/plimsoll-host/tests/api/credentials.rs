//! Docker's and Podman's credentials.

use super::Home;
use plimsoll_host::{
    Platform,
    docker::{Credential, CredentialError, Credentials, Helpers},
};
use std::ffi::OsString;

/// The credentials of a home, with more variables: values that start with `/` are below it.
fn load(home: &Home, more: &[(&str, &str)]) -> Credentials {
    Credentials::load(environment(home, more), Platform::Unix, None).unwrap()
}
fn environment(home: &Home, more: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
    let more: Vec<_> =
        [("HOME", "/")].iter().chain(more).map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let home = home.path().to_owned();
    move |name: &str| {
        let (_, value) = more.iter().find(|(known, _)| known == name)?;
        Some(value.strip_prefix('/').map_or_else(|| value.into(), |below| home.join(below).into_os_string()))
    }
}
/// Kind, user and secret, for the eye.
fn find(credentials: &Credentials, scope: &str) -> String {
    match credentials.find(scope) {
        Ok(Some(Credential::Password { username, password })) => format!("{username}:{}", password.expose()),
        Ok(Some(Credential::IdentityToken(token))) => format!("identity {}", token.expose()),
        Ok(Some(Credential::RegistryToken(token))) => format!("bearer {}", token.expose()),
        Ok(None) => "none".into(),
        other => format!("{other:?}"),
    }
}
fn auth(text: &str) -> String {
    format!(r#"{{"auth": "{}"}}"#, data_encoding::BASE64.encode(text.as_bytes()))
}

#[test]
fn each_form_of_entry_is_read() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        format!(
            r#"{{"auths": {{
                "a.test": {}, "b.test": {{"username": "ada", "password": "p"}},
                "c.test": {{"auth": "YWRhOg==", "identitytoken": "i"}}, "d.test": {{"registrytoken": "r", "identitytoken": "i"}},
                "e.test": {{}}, "f.test": {}, "g.test": {{"auth": "YTpi", "username": "x", "password": "y"}},
                "h.test": {{"username": "", "password": "token"}}
            }}, "HttpHeaders": {{"x": "y"}}, "detachKeys": "ctrl-e"}}"#,
            auth("ada:p:w"),
            auth("ada:p\0\0"),
        ),
    );
    let credentials = load(&home, &[]);
    for (scope, expected) in [
        ("a.test/app", "ada:p:w"),
        ("b.test", "ada:p"),
        ("c.test", "identity i"),
        ("d.test", "bearer r"),
        ("e.test", "none"),
        ("f.test", "ada:p"),
        ("g.test", "a:b"),
        ("h.test", "identity token"),
        ("z.test", "none"),
    ] {
        assert_eq!(find(&credentials, scope), expected, "{scope}");
    }
}

#[test]
fn files_are_asked_in_the_order_of_podman() {
    let home = Home::new();
    let one = |name: &str| {
        format!(
            r#"{{"auths": {{"r.test": {}, "{name}.test": {}}}}}"#,
            auth(&format!("{name}:p")),
            auth(&format!("{name}:p"))
        )
    };
    let more = [("REGISTRY_AUTH_FILE", "/named.json"), ("XDG_RUNTIME_DIR", "/run")];
    assert_eq!(find(&load(&home, &more), "r.test"), "none");
    home.write(".dockercfg", format!(r#"{{"https://r.test/v1/": {}}}"#, auth("old:p")));
    assert_eq!(find(&load(&home, &more), "r.test"), "old:p");
    for (file, name) in [
        (".docker/config.json", "docker"),
        (".config/containers/auth.json", "config"),
        ("run/containers/auth.json", "run"),
        ("named.json", "named"),
    ] {
        home.write(file, one(name));
        assert_eq!(find(&load(&home, &more), "r.test"), format!("{name}:p"));
    }
    // What one file does not have, the next may.
    assert_eq!(find(&load(&home, &more), "docker.test"), "docker:p");
    home.write("elsewhere/config.json", one("elsewhere"));
    assert_eq!(find(&load(&home, &[("DOCKER_CONFIG", "/elsewhere")]), "elsewhere.test"), "elsewhere:p");
}

// attack: A-005
#[test]
fn a_005_docker_hub_has_one_credential() {
    let home = Home::new();
    home.write(".docker/config.json", format!(r#"{{"auths": {{"https://index.docker.io/v1/": {}}}}}"#, auth("ada:p")));
    let credentials = load(&home, &[]);
    for scope in ["docker.io/library/alpine", "index.docker.io", "registry-1.docker.io/team/app"] {
        assert_eq!(find(&credentials, scope), "ada:p", "{scope}");
    }
    for scope in ["docker.io.evil.test/a", "evil.test/docker.io", "notdocker.io", "docker.io:5000/a"] {
        assert_eq!(find(&credentials, scope), "none", "{scope}");
    }
}

// attack: A-357
#[test]
fn a_357_no_error_or_debug_text_holds_a_secret() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"auths": {"r.test": {"auth": "hunter2!"}}}"#);
    let credentials = load(&home, &[]);
    home.says(
        &credentials.find("r.test").unwrap_err(),
        "malformed-configuration",
        "`HOME/.docker/config.json`, at `auths.r.test.auth`: expected the Base64 of `USER:PASSWORD`, found something else",
    );
    assert!(!format!("{credentials:?}").contains("hunter2"));
    home.write(".docker/config.json", r#"{"auths": {"r.test": "hunter2"}}"#);
    let error = Credentials::load(environment(&home, &[]), Platform::Unix, None).unwrap_err();
    home.says(
        &error,
        "malformed-configuration",
        "`HOME/.docker/config.json`, line 1, column 30, at `auths.r.test`: the value is not of the type or form that \
         belongs here, or stands twice",
    );
    let shown = format!("{:?}", Credential::of("ada".into(), plimsoll_host::Secret::new("hunter2".into())));
    assert_eq!(shown, "Some(Password(redacted))");
}

#[test]
fn notations_variables_give_a_credential() {
    let of = |more: &[(&str, &str)]| format!("{:?}", Credential::of_environment(environment(&Home::new(), more)));
    assert_eq!(of(&[]), "None");
    assert_eq!(of(&[("NOTATION_USERNAME", "ada")]), "None");
    assert_eq!(of(&[("NOTATION_USERNAME", "ada"), ("NOTATION_PASSWORD", "p")]), "Some(Password(redacted))");
    assert_eq!(of(&[("NOTATION_PASSWORD", "p")]), "Some(IdentityToken(redacted))");
}

#[test]
fn the_name_of_a_helper_is_no_path() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore": "../../bin/sh"}"#);
    home.says(
        &load(&home, &[]).find("r.test").unwrap_err(),
        "malformed-name",
        "credential helper: expected a name of letters, digits, `_`, `.` and `-`, found `../../bin/sh`",
    );
}

// attack: A-027
#[test]
fn a_027_a_missing_helper_ends_the_search() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        format!(r#"{{"auths": {{"r.test": {}}}, "credHelpers": {{"r.test": "gone"}}}}"#, auth("ada:p")),
    );
    home.write(".dockercfg", format!(r#"{{"r.test": {}}}"#, auth("ada:p")));
    let error = load(&home, &[("PATH", "/bin")]).find("r.test/app").unwrap_err();
    assert!(matches!(error, CredentialError::Helper { .. }));
    home.says(
        &error,
        "credential-helper-failed",
        "the credential helper `docker-credential-gone` for `r.test` failed: not found in an absolute directory of PATH",
    );
}

/// Fake helpers are shell scripts.
#[cfg(unix)]
mod helpers {
    use super::*;
    use plimsoll_host::docker::HelperLimits;
    use std::{
        sync::{Mutex, MutexGuard, PoisonError},
        time::Duration,
    };

    /// While one thread writes a script another must not fork: the child would hold it open for writing, and the system does not run
    /// such a file.
    fn alone() -> MutexGuard<'static, ()> {
        static ONE: Mutex<()> = Mutex::new(());
        ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn helper(home: &Home, name: &str, script: &str) {
        let file = format!("bin/docker-credential-{name}");
        home.write(&file, format!("#!/bin/sh\n{script}\n"));
        home.mode(&file, 0o700);
    }
    /// A home in which the helper `x` does this.
    fn with(script: &str) -> (Home, Credentials) {
        let home = Home::new();
        helper(&home, "x", script);
        home.write(
            ".docker/config.json",
            format!(r#"{{"credsStore": "x", "auths": {{"r.test": {}}}}}"#, auth("no:no")),
        );
        let credentials = load(&home, &[("PATH", "/bin")]);
        (home, credentials)
    }
    fn failure(script: &str) -> String {
        failure_within(Duration::from_secs(30), script)
    }
    fn failure_within(time: Duration, script: &str) -> String {
        let (home, credentials) = with(script);
        let error = credentials.with_limits(HelperLimits::default().with_time(time)).find("r.test").unwrap_err();
        assert_eq!(plimsoll_core::Classify::code(&error).name(), "credential-helper-failed");
        home.text(error)
    }
    const FAILED: &str = "the credential helper `docker-credential-x` for `r.test` failed: ";

    #[test]
    fn a_helper_is_asked_by_the_registry() {
        let _alone = alone();
        let (home, credentials) =
            with(r#"[ "$1" = get ] && read server; printf '{"ServerURL":"x","Username":"%s","Secret":"s"}' "$server""#);
        assert_eq!(find(&credentials, "r.test:5000/team/app"), "r.test:5000:s");
        assert_eq!(find(&credentials, "docker.io/library/alpine"), "https://index.docker.io/v1/:s");
        drop(home);
    }

    #[test]
    fn the_user_token_means_an_identity_token() {
        let _alone = alone();
        let (_home, credentials) = with(r#"echo '{"Username":"<token>","Secret":"s"}'"#);
        assert_eq!(find(&credentials, "r.test"), "identity s");
    }

    #[test]
    fn a_helper_of_the_registry_goes_before_the_one_for_all() {
        let _alone = alone();
        let home = Home::new();
        for name in ["all", "one"] {
            helper(&home, name, &format!(r#"echo '{{"Username":"{name}","Secret":"s"}}'"#));
        }
        home.write(
            ".docker/config.json",
            r#"{"credsStore": "all", "credHelpers": {"r.test": "one", "index.docker.io": "one"}}"#,
        );
        let credentials = load(&home, &[("PATH", "/bin")]);
        assert_eq!(find(&credentials, "r.test/a"), "one:s");
        assert_eq!(find(&credentials, "docker.io/library/alpine"), "one:s");
        assert_eq!(find(&credentials, "other.test/a"), "all:s");
        // Notation's own helpers go first.
        let notation = Helpers::new(None, [("other.test".into(), "one".into())].into());
        let both = Credentials::load(environment(&home, &[("PATH", "/bin")]), Platform::Unix, Some(&notation)).unwrap();
        assert_eq!(find(&both, "other.test/a"), "one:s");
        assert_eq!(find(&both, "third.test/a"), "all:s");
    }

    #[test]
    fn a_helper_may_keep_nothing_for_a_registry() {
        let _alone = alone();
        let (home, credentials) = with("echo 'credentials not found in native keychain'; exit 1");
        assert_eq!(find(&credentials, "r.test"), "none", "the entry beside the helper is not what the user chose");
        home.write(".dockercfg", format!(r#"{{"r.test": {}}}"#, auth("next:file")));
        assert_eq!(find(&load(&home, &[("PATH", "/bin")]), "r.test"), "next:file");
    }

    // attack: A-027
    #[test]
    fn a_027_a_helper_that_fails_ends_the_search() {
        let _alone = alone();
        assert_eq!(failure("echo 'keychain is locked'; exit 1"), format!("{FAILED}exit code 1: keychain is locked"));
        assert_eq!(failure("exit 7"), format!("{FAILED}exit code 7"));
        assert_eq!(failure("kill -9 $$"), format!("{FAILED}ended by a signal"));
        let answer = format!("{FAILED}expected a JSON object with `Username` and `Secret`, found something else");
        assert_eq!(failure("exit 0"), answer);
        assert_eq!(failure(r#"echo '{"Username": "hunter2"}'"#), answer);
    }

    // attack: A-348
    #[test]
    fn a_348_an_answer_without_end_is_cut_and_the_helper_stopped() {
        let _alone = alone();
        assert_eq!(
            failure("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"),
            format!("{FAILED}more than 65536 bytes")
        );
    }

    // attack: A-349
    #[test]
    fn a_349_a_helper_that_never_ends_is_stopped_with_its_children() {
        let _alone = alone();
        // Long enough that the script has started.
        let time = Duration::from_secs(2);
        let message = format!("{FAILED}no answer within 2000 ms");
        // It says what it should and closes its output, and yet stays.
        let answers = r#"echo '{"Username":"a","Secret":"s"}'; exec >&-; sleep 600"#;
        assert_eq!(failure_within(Duration::from_millis(200), answers), format!("{FAILED}no answer within 200 ms"));
        let (home, credentials) = with("sleep 600 & echo $! > \"${0%/*}/pid\"; wait");
        let error = credentials.with_limits(HelperLimits::default().with_time(time)).find("r.test").unwrap_err();
        assert_eq!(home.text(error), message);
        assert!(is_gone(&home));
    }
    /// Whether the process that a helper wrote to `pid` ends.
    fn is_gone(home: &Home) -> bool {
        let child = std::fs::read_to_string(home.at("bin/pid")).unwrap().trim().parse().unwrap();
        let child = rustix::process::Pid::from_raw(child).unwrap();
        // A killed process may be a zombie until its new parent looks after it.
        (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            rustix::process::test_kill_process(child).is_err() || state.contains(") Z ")
        })
    }

    // attack: A-357
    #[test]
    fn a_357_what_looks_like_a_credential_is_not_repeated() {
        let _alone = alone();
        assert_eq!(failure(r#"echo '{"Secret":"hunter2"}'; exit 1"#), format!("{FAILED}exit code 1"));
        assert_eq!(failure("printf 'a\\033[2Jb\\n'; exit 1"), format!("{FAILED}exit code 1: a\\u{{1b}}[2Jb"));
    }

    // attack: A-347
    #[test]
    fn a_347_a_helper_in_the_working_directory_is_not_run() {
        let _alone = alone();
        let (home, _) = with("echo '{\"Username\":\"a\",\"Secret\":\"s\"}'");
        let here = std::env::current_dir().unwrap();
        let up = here.components().skip(1).map(|_| "../").collect::<String>();
        let relative = format!("{up}{}", home.at("bin").strip_prefix("/").unwrap().display());
        assert!(std::path::Path::new(&relative).join("docker-credential-x").exists());
        for path in [relative.as_str(), "", ".", ":."] {
            let error = load(&home, &[("PATH", path)]).find("r.test").unwrap_err();
            home.says(
                &error,
                "credential-helper-failed",
                &format!("{FAILED}not found in an absolute directory of PATH"),
            );
        }
    }

    #[test]
    fn a_file_that_cannot_be_run_is_said() {
        let _alone = alone();
        let (home, credentials) = with("");
        home.mode("bin/docker-credential-x", 0o600);
        home.says(
            &credentials.find("r.test").unwrap_err(),
            "credential-helper-failed",
            &format!("{FAILED}permission denied"),
        );
    }

    // attack: A-350
    #[test]
    fn a_350_a_helper_is_not_handed_our_own_secrets() {
        let _alone = alone();
        if std::env::var_os("NOTATION_PASSWORD").is_none() {
            // The environment of a process cannot be changed safely: this test runs itself in another one.
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "credentials::helpers::a_350_a_helper_is_not_handed_our_own_secrets"])
                .envs([("NOTATION_PASSWORD", "hunter2"), ("NOTATION_USERNAME", "ada"), ("OTHER", "its-own")])
                .env("PLIMSOLL_TOKEN", "hunter2")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        let (_home, credentials) = with(
            r#"printf '{"Username":"%s","Secret":"%s"}' "${NOTATION_USERNAME-nobody}" "${NOTATION_PASSWORD-nothing}$PLIMSOLL_TOKEN$OTHER""#,
        );
        assert_eq!(find(&credentials, "r.test"), "nobody:nothingits-own");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_helper_that_the_system_does_not_run_is_not_given_to_a_shell() {
        let _alone = alone();
        let (home, credentials) = with("");
        home.write("bin/docker-credential-x", format!("touch {}\n", home.at("ran").display()));
        home.mode("bin/docker-credential-x", 0o700);
        let message = "expected a program, or a script that names its interpreter, found something else";
        home.says(&credentials.find("r.test").unwrap_err(), "credential-helper-failed", &format!("{FAILED}{message}"));
        assert!(!home.at("ran").exists());
    }

    // attack: A-349
    #[test]
    fn a_349_a_grandchild_that_holds_the_output_is_stopped_with_the_time() {
        let _alone = alone();
        let message = format!("{FAILED}no answer within 300 ms");
        for leave in ["sleep 600 &", "setsid sleep 20 &"] {
            let script = format!(r#"{leave} echo '{{"Username":"a","Secret":"s"}}'"#);
            assert_eq!(failure_within(Duration::from_millis(300), &script), message);
        }
        // One that does not hold it is gone with the helper.
        let (home, credentials) =
            with(r#"sleep 600 >/dev/null & echo $! > "${0%/*}/pid"; echo '{"Username":"a","Secret":"s"}'"#);
        assert_eq!(find(&credentials, "r.test"), "a:s");
        assert!(is_gone(&home));
    }

    #[test]
    fn what_is_no_text_is_no_answer_and_not_repeated() {
        let _alone = alone();
        assert_eq!(failure("printf 'bad \\377\\n'; exit 1"), format!("{FAILED}exit code 1"));
        let answer = format!("{FAILED}expected a JSON object with `Username` and `Secret`, found something else");
        assert_eq!(failure(r#"printf '{"Username":"a","Secret":"\377"}'"#), answer);
    }

    #[test]
    fn a_helper_that_does_not_listen_is_no_failure() {
        let _alone = alone();
        let (_home, credentials) = with(r#"exec <&-; echo '{"Username":"a","Secret":"s"}'"#);
        assert_eq!(find(&credentials, "r.test"), "a:s");
    }
}
