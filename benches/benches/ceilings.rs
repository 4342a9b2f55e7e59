//! What is hostile, large, or many.

use criterion::{Criterion, criterion_group, criterion_main};
use plimsoll_benches::{Ladder, LargeList, Token};

fn ceilings(criterion: &mut Criterion) {
    let ladder = Ladder::new();
    criterion.bench_function("a hostile graph, to the end of the budget", |bencher| bencher.iter(|| ladder.search()));
    let token = Token::new();
    criterion.bench_function("a timestamp token", |bencher| bencher.iter(|| token.verify()));
    let list = LargeList::new();
    list.with_checked(|checked| {
        let mut number = 0_u32;
        criterion.bench_function("two serial numbers in a list of a million", |bencher| {
            bencher.iter(|| {
                number = (number + 997) % 1_000_000;
                LargeList::look_up(checked, number);
            });
        });
    });
    let mut group = criterion.benchmark_group("once for each list of a million");
    group.sample_size(10);
    group.bench_function("read and index", |bencher| bencher.iter(|| list.read()));
    group.bench_function("check the signature", |bencher| bencher.iter(|| list.with_checked(|_| ())));
    group.finish();
}

criterion_group!(benches, ceilings);
criterion_main!(benches);
