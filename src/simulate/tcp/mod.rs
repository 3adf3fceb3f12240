//! One TCP connection and what befalls it: what keepalive does and when, and what the application learns.
//!
//! An [`Endpoint`] is the kernel's side of a socket as far as its timers go: keepalive, retransmission, loss probe,
//! user timeout (Linux, `net/ipv4/tcp_timer.c`). Two of them, a path between them that loses, refuses or forgets, and
//! a script make a [`Scenario`]; [`play`] plays it in integer microseconds and gives [`Record`]s in order. Nothing
//! here asks a clock or opens a socket.

mod endpoint;
mod event;
mod model;
mod path;
mod play;
mod preset;
mod rtt;
mod segment;
mod settings;
mod target;

#[cfg(test)]
mod tests;

pub use endpoint::{Action, Cause, Endpoint, Errno, Held, Input, Learned, State};
pub use event::{EVENTS, LONGEST, What, WhatKind, bytes, event};
pub use model::{gives_up_idle, model_timeout};
pub use path::{Answer, Fate, From, MIDDLEBOXES, Middlebox, MiddleboxPreset, middlebox};
pub use play::{Record, Scenario, Summary, play};
pub use preset::{Origin, PRESETS, Preset, nginx, preset};
pub use segment::{Kind, Segment};
pub use settings::{Keepalive, Kernel, Settings, Slack, duration, whole_seconds};
pub use target::{Check, Target, Verdict, data_error, horizon, idle_error, judge, retries2, solve};
