//! Container images loaded with evidence and judged by it: every Plimsoll crate in one place
