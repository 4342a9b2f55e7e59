//! How often one verification allocates, and how long it takes beside its floor, in interleaved runs: the ratios of
//! `docs/benchmarks.md`.

use plimsoll_benches::{Fixture, Images, Ladder};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged; only a counter is raised.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// At most this many allocations beyond ring's own.
const MOST: u64 = 10;

fn main() {
    println!(
        "{:<22} {:>10} {:>10} {:>7} {:>10} {:>12} {:>8} {:>10}",
        "", "floor", "verify", "ratio", "own", "allocations", "theirs", "cold"
    );
    let mut failed = false;
    for fixture in Fixture::all() {
        let theirs = counted(|| fixture.floor());
        let allocations = counted(|| drop(black_box(fixture.verify()))).saturating_sub(theirs);
        let (mut floor, mut whole, mut own, mut cold) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            floor.push(timed(|| fixture.floor()));
            whole.push(timed(|| drop(black_box(fixture.verify()))));
            own.push(timed(|| drop(black_box(fixture.verify_nodding()))));
            cold.push(timed(|| drop(black_box(fixture.verify_cold()))));
        }
        let (floor, whole, own, cold) = (median(floor), median(whole), median(own), median(cold));
        let (ratio, name) = (whole.as_secs_f64() / floor.as_secs_f64(), &fixture.name);
        println!(
            "{name:<22} {floor:>10.1?} {whole:>10.1?} {ratio:>7.3} {own:>10.1?} {allocations:>12} {theirs:>8} {cold:>10.1?}"
        );
        failed |= allocations > MOST;
    }
    many();
    hostile();
    assert!(!failed, "more than {MOST} allocations beyond the library's own");
}

/// A thousand images of one signer, by a memo that knows nothing at first. Each image is timed beside the bare operation, in each of
/// several rounds; what is shown is the average over the images of the median over the rounds.
fn many() {
    println!(
        "\n{:<22} {:>10} {:>10} {:>7} {:>10} {:>12}",
        "1,000 images", "operation", "average", "ratio", "own", "without memo"
    );
    for images in Images::all(1000) {
        let mut floor = vec![Vec::new(); images.len()];
        let (mut with, mut own, mut without) = (floor.clone(), floor.clone(), floor.clone());
        for _ in 0..ROUNDS {
            images.each(|index, verify| {
                floor[index].push(once(&|| images.floor(index)));
                with[index].push(once(verify));
            });
            images.each_nodding(|index, verify| own[index].push(once(verify)));
            images.each_anew(|index, verify| without[index].push(once(verify)));
        }
        let (floor, with, own, without) = (average(floor), average(with), average(own), average(without));
        let (ratio, name) = (with.as_secs_f64() / floor.as_secs_f64(), &images.name);
        println!("{name:<22} {floor:>10.1?} {with:>10.1?} {ratio:>7.3} {own:>10.1?} {without:>12.1?}");
    }
}

/// A graph that has paths without number, searched until the budget of signature checks is spent, beside as many bare checks.
fn hostile() {
    let ladder = Ladder::new();
    let (mut floor, mut search) = (Vec::new(), Vec::new());
    for _ in 0..RUNS / 3 {
        floor.push(once(&|| ladder.floor()));
        search.push(once(&|| ladder.search()));
    }
    let (floor, search) = (median(floor), median(search));
    let ratio = search.as_secs_f64() / floor.as_secs_f64();
    println!("\n{:<22} {floor:>10.1?} {search:>10.1?} {ratio:>7.3}", "a hostile graph");
}

fn once(run: &dyn Fn()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

fn average(times: Vec<Vec<Duration>>) -> Duration {
    let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    times.into_iter().map(median).sum::<Duration>() / count
}

fn counted(run: impl Fn()) -> u64 {
    run();
    let before = COUNT.load(Ordering::Relaxed);
    run();
    COUNT.load(Ordering::Relaxed).saturating_sub(before)
}

fn timed(run: impl Fn()) -> Duration {
    let start = Instant::now();
    (0..EACH).for_each(|_| run());
    start.elapsed() / EACH
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

const RUNS: usize = 300;
const ROUNDS: usize = 7;
const EACH: u32 = 5;
