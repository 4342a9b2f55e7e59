//! OCI image layouts on disk and content in memory
