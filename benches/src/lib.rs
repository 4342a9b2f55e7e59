//! Benchmarks of Plimsoll.
