//! CycloneDX and SPDX documents and one neutral view of them
