//! An OCI registry embedded over any store
