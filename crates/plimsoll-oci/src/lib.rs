//! OCI manifests, indexes, configurations, layouts and layers as bytes
