//! The state machine, edge by edge.

mod router;
