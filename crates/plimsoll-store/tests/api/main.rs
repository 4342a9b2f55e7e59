//! The public API of the store.

mod copying;
mod layouts;
mod references;
mod sources;
mod support;
