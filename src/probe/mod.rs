//! One-shot checks of a service at layers 3, 4 and 5: in or out, how long each phase took, and why.
//!
//! An [`Outcome`] is what one check of one address found. What is said over a connection is a [`Dialog`]: a value that is
//! given what was received and says what to send; it knows neither sockets nor clocks. What failed is a [`Reason`], which
//! says what the kernel or the protocol said and what that usually means.

pub mod dialog;
pub mod dns;
pub mod http;
pub mod outcome;
pub mod reason;
pub mod script;
pub mod smtp;
pub mod tls;

pub use dialog::{Dialog, Step};
pub use outcome::{Fact, Outcome, Phases, Value};
pub use reason::Reason;
