//! This machine's files: configuration of Notation and Docker, keys, credentials
