//! Test authority, forgers and evil servers for Plimsoll's own tests
