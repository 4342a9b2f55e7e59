//! One Notary verification, bytes to outcome, beside the bare operations that it cannot avoid.

use criterion::{Criterion, criterion_group, criterion_main};
use plimsoll_benches::Fixture;
use std::hint::black_box;

fn verification(criterion: &mut Criterion) {
    for fixture in Fixture::all() {
        assert!(fixture.verify().verified().is_some(), "{}", fixture.name);
        let mut group = criterion.benchmark_group(&fixture.name);
        group.bench_function("floor", |bencher| bencher.iter(|| fixture.floor()));
        group.bench_function("verify", |bencher| bencher.iter(|| black_box(fixture.verify())));
        group.bench_function("own", |bencher| bencher.iter(|| black_box(fixture.verify_nodding())));
        group.bench_function("cold", |bencher| bencher.iter(|| black_box(fixture.verify_cold())));
        group.finish();
    }
}

criterion_group!(benches, verification);
criterion_main!(benches);
