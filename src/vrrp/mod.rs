//! The protocol's own rules, as values: no clock, no socket.

pub mod timing;
