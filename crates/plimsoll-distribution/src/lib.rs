//! An OCI distribution client over any HTTP stack
