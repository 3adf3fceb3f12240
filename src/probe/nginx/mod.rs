//! nginx.conf: where nginx sends requests and what it listens on.
//!
//! `lex` reads words as nginx does, `tree` makes directives of them and follows `include`, [`model`] keeps upstreams,
//! what is passed to them and listens; of everything else, secrets among it, nothing is kept. [`plan`] says what to
//! connect to, and [`judge`] what that and the configuration come to.

pub mod judge;
mod lex;
pub mod model;
mod pages;
pub mod plan;
#[cfg(test)]
mod tests;
mod tree;

pub use model::Nginx;
pub use pages::PAGES;
pub use tree::{Loader, NginxError, read};
