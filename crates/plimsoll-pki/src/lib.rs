//! Certificates, profiles, chains and trust stores for code signing
