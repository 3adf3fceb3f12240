//! What is said over a connection, without the connection.

use super::outcome::Fact;
use super::reason::Reason;

/// What an exchange wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this, then read.
    Send(Vec<u8>),
    /// Go on reading.
    Read,
    /// Send this, then end the connection: a farewell that needs no answer.
    Last(Vec<u8>),
    /// Everything is known: end the connection.
    Done,
}

/// One side of an exchange: HTTP, SMTP, DNS, a payload and what is expected back. It holds what it received in bounded
/// memory, however much comes.
pub trait Dialog: Send {
    /// The connection stands: who speaks first.
    fn start(&mut self) -> Step;

    /// Something was received; over a datagram socket one whole datagram.
    fn received(&mut self, data: &[u8]) -> Step;

    /// The peer has ended its side.
    fn ended(&mut self) -> Step {
        Step::Done
    }

    /// Whether what is said so far only opens the way to the service: a TLS handshake. The time until this is false is
    /// the phase `tls`, and only then begins the wait for the first byte.
    fn opening(&self) -> bool {
        false
    }

    /// Whether all is said and answered, and what is still read can only be an objection of the peer. The service's time
    /// is over then, and a short silence is as good as [`Step::Done`].
    fn leaving(&self) -> bool {
        false
    }

    /// What it comes to, after [`Step::Done`], after [`Step::Last`] or when the time was up (`timed_out`).
    ///
    /// # Errors
    /// Why the service counts as failed.
    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason>;

    /// What is worth telling beside the verdict: a status, a banner, a size.
    fn facts(&self) -> Vec<Fact> {
        Vec::new()
    }
}
