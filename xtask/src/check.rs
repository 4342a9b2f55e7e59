//! What no compiler checks: the direction of the arrows, the pages of the codes, the tests of the attack rows.

mod attacks;
pub(crate) mod claims;
mod codes;
mod floors;
mod rust_version;
pub(crate) mod sources;
mod tree;

/// Runs every check and says all that is wrong, not only the first.
pub(crate) fn run() -> Result<(), String> {
    let root = sources::root()?;
    let sources = sources::read(&root)?;
    let mut wrong = Vec::new();
    wrong.extend(floors::check(&root)?);
    wrong.extend(codes::check(&root, &sources)?);
    wrong.extend(attacks::check(&root, &sources)?);
    wrong.extend(tree::check(&root)?);
    wrong.extend(rust_version::check(&root)?);
    if wrong.is_empty() {
        return Ok(());
    }
    for line in &wrong {
        eprintln!("wrong: {line}");
    }
    Err(format!("{} things are wrong", wrong.len()))
}
