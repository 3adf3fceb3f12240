//! One-shot checks of a service at layers 3, 4 and 5: in or out, how long each phase took, and why.
//!
//! An [`Outcome`] is what one check of one address found. What is said over a connection is a [`Dialog`]: a value that is
//! given what was received and says what to send; it knows neither sockets nor clocks. What failed is a [`Reason`], which
//! says what the kernel or the protocol said and what that usually means.

pub mod check;
pub mod dialog;
pub mod dns;
pub mod echoes;
pub mod file;
mod harm;
pub mod holders;
pub mod http;
pub mod icmp;
pub mod idle_limit;
pub mod judge;
pub mod keepalive;
mod kernel;
pub mod many;
pub mod nginx;
pub mod outcome;
pub mod plain;
pub mod plan;
pub mod reason;
mod resolve;
pub mod run;
mod runtime;
pub mod script;
pub mod series;
pub mod smtp;
pub mod sockets;
pub mod story;
pub mod target;
pub mod tcp;
pub mod through;
pub mod tls;
pub mod udp;
pub mod unix;
pub mod vip;
pub mod watch;

pub use check::{At, Attempt, Check, Found};
pub use dialog::{Dialog, Step};
pub use judge::{Checked, Level, Wanted};
pub use many::{Ran, many};
pub use outcome::{Fact, Outcome, Phases, Value};
pub use reason::Reason;
pub use resolve::Family;
pub use run::{Job, Options};
pub use series::Series;
pub use story::Through;
pub use target::Target;

// Where a check may come from, and how an echo is sent, for who sets options.
pub use crate::net::probe_socket::{EchoOptions, KeepaliveOptions, Origin};
