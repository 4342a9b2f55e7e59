//! The commit of a working directory.

use super::Home;
use plimsoll_host::git::{GitError, commit};

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";
const THREE: &str = "3333333333333333333333333333333333333333333333333333333333333333";

fn found(home: &Home, directory: &str) -> Result<Option<String>, GitError> {
    commit(&home.at(directory)).map(|commit| commit.map(|commit| commit.to_string()))
}
/// A directory in which no `.git` is found further up would need a clean machine: all homes of these tests have one of their own.
fn repository() -> Home {
    let home = Home::new();
    home.write(".git/HEAD", "ref: refs/heads/main\n");
    home.write("src/lib.rs", "");
    home
}

#[test]
fn the_commit_is_found_from_below() {
    let home = repository();
    home.write(".git/refs/heads/main", format!("{ONE}\n"));
    assert_eq!(found(&home, ""), Ok(Some(ONE.into())));
    assert_eq!(found(&home, "src"), Ok(Some(ONE.into())));
    home.write(".git/HEAD", format!("{THREE}\n"));
    assert_eq!(found(&home, "src"), Ok(Some(THREE.into())));
}

#[test]
fn a_loose_ref_goes_before_a_packed_one() {
    let home = repository();
    let packed = format!(
        "# pack-refs with: peeled fully-peeled sorted\n{TWO} refs/heads/main2\n^{ONE}\n{TWO} refs/heads/main\n"
    );
    home.write(".git/packed-refs", packed);
    assert_eq!(found(&home, ""), Ok(Some(TWO.into())));
    home.write(".git/refs/heads/main", ONE);
    assert_eq!(found(&home, ""), Ok(Some(ONE.into())));
}

#[test]
fn a_repository_without_a_commit_has_none() {
    let home = repository();
    assert_eq!(found(&home, ""), Ok(None));
    home.write(".git/packed-refs", format!("{TWO} refs/heads/other\n"));
    assert_eq!(found(&home, ""), Ok(None));
}

#[test]
fn a_directory_called_git_without_a_head_is_no_repository() {
    let home = repository();
    home.write(".git/refs/heads/main", ONE);
    home.write("src/.git/note", "");
    assert_eq!(found(&home, "src"), Ok(Some(ONE.into())));
}

#[test]
fn worktrees_and_submodules_are_followed() {
    let home = repository();
    home.write(".git/refs/heads/main", ONE);
    home.write(".git/refs/heads/topic", TWO);
    home.write(".git/worktrees/tree/HEAD", "ref: refs/heads/topic\n");
    home.write(".git/worktrees/tree/commondir", "../..\n");
    home.write("tree/.git", format!("gitdir: {}\n", home.at(".git/worktrees/tree").display()));
    assert_eq!(found(&home, "tree"), Ok(Some(TWO.into())));
    home.write(".git/modules/sub/HEAD", THREE);
    home.write("sub/.git", "gitdir: ../.git/modules/sub\n");
    assert_eq!(found(&home, "sub"), Ok(Some(THREE.into())));
}

#[test]
fn a_ref_may_name_a_ref_but_not_in_a_circle() {
    let home = repository();
    home.write(".git/refs/heads/main", "ref: refs/heads/next\n");
    home.write(".git/refs/heads/next", ONE);
    assert_eq!(found(&home, ""), Ok(Some(ONE.into())));
    home.write(".git/refs/heads/next", "ref: refs/heads/main\n");
    home.says(
        &found(&home, "").unwrap_err(),
        "malformed-git-directory",
        "`HOME/.git/refs/heads/main`: expected at most five refs that name one another, found `more`",
    );
}

#[test]
fn what_is_not_of_gits_form_is_said() {
    let home = repository();
    for (text, found_text) in [
        ("main\n", "main"),
        ("ref: ../../secret\n", "ref: ../../secret"),
        ("ref: refs/../../secret\n", "ref: refs/../../secret"),
        ("ref: /etc/passwd\n", "ref: /etc/passwd"),
        ("11111\n", "11111"),
    ] {
        home.write(".git/HEAD", text);
        home.says(
            &found(&home, "").unwrap_err(),
            "malformed-git-directory",
            &format!("`HOME/.git/HEAD`: expected a commit or `ref: refs/…`, found `{found_text}`"),
        );
    }
    home.write("sub/.git", "elsewhere\n");
    home.says(
        &found(&home, "sub").unwrap_err(),
        "malformed-git-directory",
        "`HOME/sub/.git`: expected `gitdir: PATH`, found `elsewhere`",
    );
    home.write(".git/HEAD", "ref: refs/heads/.invalid\n");
    std::fs::create_dir(home.at(".git/reftable")).unwrap();
    home.says(
        &found(&home, "").unwrap_err(),
        "not-supported",
        "`HOME/.git`: expected refs as files, found the reftable format, which is not read here",
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_a_strangers_repository_is_not_read() {
    let home = repository();
    home.write("secret", "canary");
    std::fs::remove_file(home.at(".git/HEAD")).unwrap();
    home.link("secret", ".git/HEAD");
    home.says(
        &found(&home, "").unwrap_err(),
        "unsafe-path",
        "`HOME/.git/HEAD`: expected a regular file, found a symbolic link",
    );
}

// attack: A-357
#[cfg(unix)]
#[test]
fn a_357_a_linked_directory_of_refs_shows_no_file_of_the_users() {
    let home = repository();
    home.write("keys/id", "canary of a private key");
    home.link("keys", ".git/refs");
    for head in ["ref: refs/id\n", "ref: refs/HEAD/../id\n"] {
        home.write(".git/HEAD", head);
        let error = found(&home, "").unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
    home.write(".git/HEAD", "ref: refs/id\n");
    home.says(
        &found(&home, "").unwrap_err(),
        "malformed-git-directory",
        "`HOME/.git/refs/id`: expected a commit or `ref: refs/…`, found `another text`",
    );
}
