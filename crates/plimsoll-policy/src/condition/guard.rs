//! What is looked at before the CEL parser sees a condition.
//!
//! The parser recurses without counting chains: `1+1+…` with 2000 terms overflows a stack of 2 MiB, 60 brackets one of
//! 512 KiB. A stack overflow ends the process, so the text is counted first, in a lexical grammar of our own that
//! is narrower than CEL's: one-line strings in `"` or `'` without a prefix, and no comments.

use crate::{ConditionError, Limits};
use plimsoll_core::{Escaped, LimitExceeded};

pub(super) fn check(source: &str, limits: &Limits) -> Result<(), ConditionError> {
    let (mut operators, mut depth, mut choices) = (0_usize, 0_usize, 0_usize);
    limit("bytes of a condition", limits.condition_bytes, source.len())?;
    let mut rest = source.chars().peekable();
    let mut before = ' ';
    while let Some(character) = rest.next() {
        match character {
            '"' | '\'' => {
                if before.is_alphanumeric() || matches!(before, '_' | '"' | '\'') {
                    return Err(syntax("expected a plain string in `\"` or `'`, found a prefix or a triple quote"));
                }
                string(character, &mut rest)?;
            }
            '(' | '[' | '{' => {
                depth = depth.saturating_add(1);
                limit("brackets inside one another", limits.condition_depth, depth)?;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '/' if rest.peek() == Some(&'/') => return Err(syntax("expected no comment")),
            '?' => choices = choices.saturating_add(1),
            _ => {}
        }
        let continues = matches!((before, character), ('&', '&') | ('|', '|') | ('=' | '!' | '<' | '>', '='));
        let word = character == 'i' && rest.peek() == Some(&'n') && !before.is_alphanumeric();
        if word || (!continues && "+-*/%<>=!&|?:.,".contains(character)) {
            operators = operators.saturating_add(1);
            limit("operators of a condition", limits.condition_operators, operators)?;
        }
        before = character;
    }
    // A choice recurses like a bracket.
    limit("choices of a condition", limits.condition_depth, choices)
}

fn string(quote: char, rest: &mut impl Iterator<Item = char>) -> Result<(), ConditionError> {
    while let Some(character) = rest.next() {
        match character {
            '\\' => drop(rest.next()),
            '\n' | '\r' => return Err(syntax("expected a string that ends on its line")),
            found if found == quote => return Ok(()),
            _ => {}
        }
    }
    Err(syntax("expected a string that ends"))
}

fn limit(what: &'static str, limit: usize, found: usize) -> Result<(), ConditionError> {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(LimitExceeded::check(what, wide(limit), wide(found))?)
}

fn syntax(problem: &str) -> ConditionError {
    ConditionError::Syntax { problem: Escaped::new(problem) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(source: &str) -> String {
        check(source, &Limits::default()).unwrap_err().to_string()
    }

    // attack: A-316
    #[test]
    fn a_316_what_overflows_the_parser_never_reaches_it() {
        assert_eq!(refused(&"1+".repeat(200)), "more than 48 operators of a condition");
        assert_eq!(refused(&"(".repeat(60)), "more than 12 brackets inside one another");
        assert_eq!(refused(&format!("')' + {}", "(".repeat(60))), "more than 12 brackets inside one another");
        assert_eq!(refused(&"!".repeat(200)), "more than 48 operators of a condition");
        assert_eq!(refused(&"true?1:".repeat(20)), "more than 12 choices of a condition");
        assert_eq!(refused(&" ".repeat(5000)), "more than 4096 bytes of a condition");
    }

    #[test]
    fn strings_that_could_hide_brackets_are_refused() {
        for source in [r#"r"\" + (("#, r#""""a"""#, "b'x'", "'a\nb'", "true // '", "'open"] {
            assert!(check(source, &Limits::default()).is_err(), "{source}");
        }
        assert!(check(r#"a == "(((((((((((((((((((\"" && b == 'x'"#, &Limits::default()).is_ok());
    }
}
