//! How often one verification allocates, and how long it takes beside its floor, in interleaved runs: the ratios of
//! `docs/benchmarks.md`.

use plimsoll_benches::Fixture;
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
const MOST: u64 = 20;

fn main() {
    println!(
        "{:<16} {:>10} {:>10} {:>7} {:>12} {:>7} {:>10}",
        "", "floor", "verify", "ratio", "allocations", "ring's", "cold"
    );
    let mut failed = false;
    for fixture in Fixture::all() {
        let ring = counted(|| fixture.floor());
        let own = counted(|| drop(black_box(fixture.verify()))).saturating_sub(ring);
        let (mut floor, mut whole, mut cold) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            floor.push(timed(|| fixture.floor()));
            whole.push(timed(|| drop(black_box(fixture.verify()))));
            cold.push(timed(|| drop(black_box(fixture.verify_cold()))));
        }
        let (floor, whole, cold) = (median(floor), median(whole), median(cold));
        let ratio = whole.as_secs_f64() / floor.as_secs_f64();
        println!("{:<16} {floor:>10.1?} {whole:>10.1?} {ratio:>7.3} {own:>12} {ring:>7} {cold:>10.1?}", fixture.name);
        failed |= own > MOST;
    }
    assert!(!failed, "more than {MOST} allocations beyond ring's own");
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
const EACH: u32 = 5;
