//! The denial codes of a session and its recording.

plimsoll_core::codes! {
    /// The platforms of an index cannot be listed.
    PLATFORMS_UNKNOWN = "platforms-unknown", Unavailable, "the index could not be read, so the platforms to judge are not known";
    /// A recording cannot be read.
    MALFORMED_RECORDING = "malformed-recording", Malformed, "the recording does not have the form that this version reads";
    /// A recording holds an input whose bytes do not match.
    RECORDING_INPUT_CHANGED = "recording-input-changed", Untrusted, "a file of the recording does not have the digest that the recording gives it";
}
