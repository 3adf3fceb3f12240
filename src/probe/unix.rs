//! A socket in the file system: can it be connected to?

use std::io::ErrorKind;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::kernel;
use super::outcome::Phases;
use super::reason::Reason;
use crate::net::monotonic;

/// A check of one socket.
pub struct Unix {
    path: String,
}

impl Unix {
    /// Of this path.
    pub fn new(path: &str) -> Self {
        Self { path: path.to_owned() }
    }
}

impl Check for Unix {
    fn kind(&self) -> &'static str {
        "unix"
    }

    fn has_address(&self) -> bool {
        false
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(async move {
            let begun = monotonic();
            let connected = timeout(at.timeout, UnixStream::connect(&self.path)).await;
            let connect = monotonic().since(begun);
            let result = match connected {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(e)) => Err(match e.kind() {
                    ErrorKind::NotFound => Reason::new("no-socket", "there is no such socket"),
                    ErrorKind::PermissionDenied => {
                        Reason::new("permission", "whoever runs this may not use the socket")
                    }
                    _ => kernel::failure(&e, None),
                }),
                Err(_) => Err(Reason::new("timeout-read", "the socket does not take the connection")),
            };
            let phases = Phases { connect: Some(connect), total: Some(connect), ..Phases::default() };
            Found { result, phases, facts: Vec::new() }
        })
    }
}
