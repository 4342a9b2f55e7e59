//! Signature back ends and key files for Plimsoll
