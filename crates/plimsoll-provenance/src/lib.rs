//! in-toto statements, SLSA provenance and attached SBOMs as evidence
