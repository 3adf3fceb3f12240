//! The state machine, edge by edge.
