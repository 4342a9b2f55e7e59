//! Programs that run in turns, so that what the machine does meanwhile hits all of them.

use crate::lab::{Done, Program};
use std::time::Duration;

/// A program and its words, and what is done before each run.
pub(super) struct Words<'a> {
    program: &'a Program,
    words: Box<dyn Fn(u32) -> Vec<String> + 'a>,
    before: Box<dyn Fn() -> Result<(), String> + 'a>,
}

impl<'a> Words<'a> {
    /// The same words each time.
    pub(super) fn new(program: &'a Program, words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Self::each(program, move |_| words.clone())
    }
    /// Other words for each run, by its number.
    pub(super) fn each(program: &'a Program, words: impl Fn(u32) -> Vec<String> + 'a) -> Self {
        Self { program, words: Box::new(words), before: Box::new(|| Ok(())) }
    }
    /// Does this before each run; it is not measured.
    pub(super) fn before(mut self, before: impl Fn() -> Result<(), String> + 'a) -> Self {
        self.before = Box::new(before);
        self
    }
    fn run(&self, number: u32) -> Result<Done, String> {
        (self.before)()?;
        let words = (self.words)(number);
        self.program.must(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Medians.
#[derive(Clone, Copy)]
pub(super) struct Figures {
    pub(super) time: Duration,
    pub(super) processor: Duration,
    pub(super) peak: f64,
}

/// Runs each program in turns. The first runs warm the caches of all, and do not count.
pub(super) fn in_turns<const N: usize>(programs: [&Words<'_>; N], runs: u32) -> Result<[Figures; N], String> {
    let mut done: [Vec<Done>; N] = std::array::from_fn(|_| Vec::new());
    for number in 0..runs.saturating_add(WARM) {
        for (words, done) in programs.iter().zip(&mut done) {
            let one = words.run(number)?;
            if number >= WARM {
                done.push(one);
            }
        }
    }
    let mut figures = Vec::new();
    for runs in &done {
        figures.push(figures_of(runs)?);
    }
    figures.try_into().map_err(|_| "one figure for each program".to_owned())
}

fn figures_of(runs: &[Done]) -> Result<Figures, String> {
    let processor = median(runs, |done| done.processor)?;
    Ok(Figures { time: median(runs, |done| done.took)?, processor, peak: median(runs, |done| done.peak)? as f64 })
}

fn median<T: Ord + Copy>(runs: &[Done], figure: impl Fn(&Done) -> T) -> Result<T, String> {
    let mut figures: Vec<T> = runs.iter().map(figure).collect();
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().ok_or_else(|| "nothing was run".into())
}

const WARM: u32 = 3;
pub(super) const MIB: f64 = 1_048_576.0;
