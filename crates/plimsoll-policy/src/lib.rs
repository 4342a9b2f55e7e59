//! Rules as data over facts: three-valued, explained, denying by default
