//! Builds reproducible OCI images and reads their root file systems
