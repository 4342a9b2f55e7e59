//! The session that turns a reference into a verdict, its driver and its recording
