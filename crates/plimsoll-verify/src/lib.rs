#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod code;
mod driver;
mod limits;
mod memo;
mod recording;
mod request;
mod session;

pub use driver::drive;
pub use limits::Limits;
pub use memo::Memo;
pub use recording::{Input, Recording, RecordingError};
pub use request::Request;
pub use session::{Judged, Session, Setup, Step};
