//! Pairs of routers that need no network: today the recorded one behind `--demo`.

pub mod demo;
