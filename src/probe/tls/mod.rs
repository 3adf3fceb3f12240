//! TLS around another dialog: what the handshake agreed on, whose certificate it was, and whether it can be trusted.
//!
//! The handshake goes through whatever the certificate is, as it does for keepalived's `SSL_GET`, which verifies
//! nothing. What is wrong with the certificate is found out afterwards and told; it is a failure only when that was asked
//! for, and then nothing is said over the connection.

mod certificate;
mod trust;

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, ClientConnection, Error, ProtocolVersion};

pub use self::trust::Trust;
use self::trust::Witness;
use super::dialog::{Dialog, Step};
use super::outcome::{Fact, Value};
use super::reason::{Reason, quoted};
use crate::net::wall;
use crate::time::Timestamp;

/// What a server says in many words.
const WANTS_CERTIFICATE: &str = "the server wants a client certificate";

/// How to open the connection.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name or address that the certificate has to be for.
    pub name: String,
    /// Whether the server is told the name (SNI); an address never is. keepalived does so with `enable_sni` only.
    pub sni: bool,
    /// Protocols to offer (ALPN), the preferred one first.
    pub alpn: Vec<String>,
    /// Whom to trust.
    pub trust: Trust,
    /// Whether a certificate that cannot be trusted is a failure.
    pub verify: bool,
    /// The present time; [`through`] takes that of each attempt.
    pub now: Timestamp,
}

impl Options {
    /// The present time as certificates count it.
    fn seconds(&self) -> i64 {
        self.now.nanos.div_euclid(1_000_000_000)
    }
}

/// A connection through TLS, and what is said over it.
pub struct Tls<D> {
    /// What is said in plain text before the handshake: the way to `STARTTLS`.
    way: Option<Box<dyn Dialog>>,
    way_failed: Option<Reason>,
    way_facts: Vec<Fact>,
    inner: D,
    options: Options,
    name: ServerName<'static>,
    witness: Arc<Witness>,
    connection: ClientConnection,
    /// The first bytes of the server, to tell what it is if it is not TLS.
    first: Vec<u8>,
    failed: Option<Error>,
    open: bool,
    /// Everything is said. The server asks for a certificate of ours, and may still refuse for the lack of it: in TLS 1.3
    /// the handshake is complete for a client before the server has looked. One that does not demand it need not say
    /// anything more, not even in answer to our `close_notify` (RFC 8446 6.1).
    leaving: bool,
    /// The service has answered, so it has not refused.
    answered: bool,
    finished: bool,
    /// What is wrong with the certificate.
    problems: Vec<Reason>,
}

impl<D: Dialog> Tls<D> {
    /// TLS from the first byte.
    ///
    /// # Errors
    /// When no certificate can be for the name.
    pub fn new(options: Options, inner: D) -> Result<Self, String> {
        let provider = Arc::new(ring::default_provider());
        let witness = Arc::new(Witness::new(provider.clone()));
        let name = ServerName::try_from(options.name.trim_end_matches('.').to_owned())
            .map_err(|_| format!("{:?} is neither a name nor an address", options.name))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_client_cert_resolver(witness.clone());
        config.enable_sni = options.sni;
        config.alpn_protocols = options.alpn.iter().map(|p| p.clone().into_bytes()).collect();
        let mut connection = ClientConnection::new(Arc::new(config), name.clone()).map_err(|e| e.to_string())?;
        connection.set_buffer_limit(None);
        Ok(Self {
            way: None,
            way_failed: None,
            way_facts: Vec::new(),
            inner,
            options,
            name,
            witness,
            connection,
            first: Vec::new(),
            failed: None,
            open: false,
            leaving: false,
            answered: false,
            finished: false,
            problems: Vec::new(),
        })
    }

    /// TLS after something was said in plain text.
    #[must_use]
    pub fn after(mut self, way: Box<dyn Dialog>) -> Self {
        self.way = Some(way);
        self
    }

    /// A step of what is said in plain text.
    fn along(&mut self, step: Step) -> Step {
        let Some(way) = self.way.as_mut().filter(|_| matches!(step, Step::Done | Step::Last(_))) else { return step };
        match way.verdict(false) {
            Ok(()) => {
                self.way_facts = way.facts();
                self.way = None;
                self.flush()
            }
            Err(reason) => {
                self.way_failed = Some(reason);
                self.finished = true;
                step
            }
        }
    }

    /// Has a step of the inner dialog done.
    fn inside(&mut self, step: Step) {
        let (data, last) = match step {
            Step::Send(data) => (data, false),
            Step::Last(data) => (data, true),
            Step::Read => return,
            Step::Done => (Vec::new(), true),
        };
        if self.finished {
            return;
        }
        // Into a buffer without a limit: this cannot fail.
        let _ = self.connection.writer().write_all(&data);
        if last {
            self.connection.send_close_notify();
            self.leaving = self.asked_in_1_3() && !self.answered;
            self.finished = !self.leaving;
        }
    }

    /// What TLS has to send now.
    fn flush(&mut self) -> Step {
        let mut out = Vec::new();
        while self.connection.wants_write() {
            if !self.connection.write_tls(&mut out).is_ok_and(|n| n > 0) {
                break;
            }
        }
        match (out.is_empty(), self.finished) {
            (true, true) => Step::Done,
            (true, false) => Step::Read,
            (false, true) => Step::Last(out),
            (false, false) => Step::Send(out),
        }
    }

    fn take(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while !data.is_empty() && !self.finished {
            // Only a full buffer of plain text stops it, and that is emptied below.
            if !self.connection.read_tls(&mut data).is_ok_and(|n| n > 0) {
                break;
            }
            let state = self.connection.process_new_packets()?;
            if !self.open && !self.connection.is_handshaking() {
                self.open = true;
                self.problems = self.witness.judge(&self.options, &self.name);
                if self.options.verify && !self.problems.is_empty() {
                    self.inside(Step::Done);
                    break;
                }
                let step = self.inner.start();
                self.inside(step);
            }
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            if !plain.is_empty()
                && !self.finished
                && !self.leaving
                && self.connection.reader().read_exact(&mut plain).is_ok()
            {
                self.answered = true;
                let step = self.inner.received(&plain);
                self.inside(step);
            }
            if state.peer_has_closed() && !self.finished {
                if !self.leaving {
                    let step = self.inner.ended();
                    self.inside(step);
                }
                self.finished = true;
            }
        }
        Ok(())
    }

    fn asked(&self) -> bool {
        self.witness.shown().asks
    }

    fn asked_in_1_3(&self) -> bool {
        self.open && self.asked() && self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    fn failure(&self, error: &Error) -> Reason {
        let sentence = match error {
            Error::AlertReceived(alert) => {
                let why = match alert {
                    // Before TLS 1.3 there is no word of its own for it.
                    AlertDescription::CertificateRequired
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::BadCertificate
                        if self.asked() =>
                    {
                        return Reason::new("client-certificate", WANTS_CERTIFICATE);
                    }
                    AlertDescription::ProtocolVersion => "it has neither TLS 1.2 nor TLS 1.3".to_owned(),
                    AlertDescription::HandshakeFailure => "the two have no cipher in common".to_owned(),
                    AlertDescription::UnrecognisedName => format!("it does not know the name {}", self.options.name),
                    AlertDescription::CertificateRequired => "it wants a certificate of the client".to_owned(),
                    AlertDescription::NoApplicationProtocol => "it has none of the protocols offered (ALPN)".to_owned(),
                    other => format!("it says {other:?}"),
                };
                let when = if self.open { "after the TLS handshake" } else { "in the TLS handshake" };
                format!("the server refuses {when}: {why}")
            }
            // The records of TLS have types from 20 to 23.
            _ if self.first.first().is_some_and(|b| !(20..=23).contains(b)) => {
                return Reason::new(
                    "tls-handshake",
                    format!("what answers does not speak TLS, it says {}", quoted(&self.first)),
                );
            }
            e if self.open => format!("TLS failed after the handshake: {e}"),
            e => format!("the TLS handshake failed: {e}"),
        };
        Reason::new("tls-handshake", sentence)
    }
}

impl<D: Dialog> Dialog for Tls<D> {
    fn start(&mut self) -> Step {
        match &mut self.way {
            Some(way) => {
                let step = way.start();
                self.along(step)
            }
            None => self.flush(),
        }
    }

    fn received(&mut self, data: &[u8]) -> Step {
        if self.finished {
            return Step::Done;
        }
        if let Some(way) = &mut self.way {
            let step = way.received(data);
            return self.along(step);
        }
        let room = 64_usize.saturating_sub(self.first.len());
        self.first.extend_from_slice(data.get(..room).unwrap_or(data));
        if let Err(e) = self.take(data) {
            self.failed = Some(e);
            self.finished = true;
        }
        self.flush()
    }

    fn ended(&mut self) -> Step {
        if let Some(way) = &mut self.way {
            way.ended();
            self.way_failed = way.verdict(false).err();
        } else if self.open && !self.finished && !self.leaving {
            // Servers often end the connection without the farewell of TLS.
            self.inner.ended();
        }
        self.finished = true;
        Step::Done
    }

    fn opening(&self) -> bool {
        !self.open
    }

    fn leaving(&self) -> bool {
        self.leaving
    }

    fn verdict(&mut self, timed_out: bool) -> Result<(), Reason> {
        if let Some(reason) = &self.way_failed {
            return Err(reason.clone());
        }
        if let Some(way) = &mut self.way {
            way.verdict(timed_out)?;
        }
        if let Some(error) = &self.failed {
            return Err(self.failure(error));
        }
        if !self.open {
            return Err(match (timed_out, self.first.is_empty()) {
                (true, true) => Reason::new("timeout-read", "nothing was answered to the TLS greeting"),
                (true, false) => Reason::new("timeout-read", "the TLS handshake did not end"),
                (false, true) => Reason::new("tls-handshake", "the connection was ended at the TLS greeting"),
                (false, false) => Reason::new("tls-handshake", "the connection was ended within the TLS handshake"),
            });
        }
        if let Some(problem) = self.problems.first().filter(|_| self.options.verify) {
            return Err(problem.clone());
        }
        self.inner.verdict(timed_out && !self.finished && !self.leaving)
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = self.way.as_ref().map_or_else(|| self.way_facts.clone(), |way| way.facts());
        if !self.open {
            return facts;
        }
        let version = self.connection.protocol_version().and_then(|v| v.as_str());
        facts.extend(version.map(|v| Fact::text("tls_version", v)));
        let cipher = self.connection.negotiated_cipher_suite().and_then(|c| c.suite().as_str());
        facts.extend(cipher.map(|c| Fact::text("cipher", c)));
        let alpn = self.connection.alpn_protocol().map(String::from_utf8_lossy);
        facts.extend(alpn.map(|p| Fact::text("alpn", p)));
        if self.options.sni && matches!(self.name, ServerName::DnsName(_)) {
            facts.push(Fact::text("sni", self.name.to_str()));
        }
        facts.extend(certificate::facts(&self.witness.shown().chain, self.options.seconds()));
        if self.asked() {
            facts.push(Fact::bool("client_certificate_asked", true));
        }
        facts.push(Fact::bool("verified", self.problems.is_empty()));
        if !self.problems.is_empty() {
            let list = self.problems.iter().map(|p| p.sentence.clone()).collect();
            facts.push(Fact { name: "certificate_problems", value: Value::List(list) });
        }
        facts.extend(self.inner.facts());
        // Up, as for keepalived; but other clients look at the dates.
        let dated = |p: &&Reason| matches!(p.id, "certificate-expired" | "certificate-not-yet-valid");
        if let Some(problem) = self.problems.iter().find(dated).filter(|_| !self.options.verify) {
            facts.push(Fact::text("warning", format!("{}; clients that verify it refuse", problem.sentence)));
        }
        facts
    }
}

/// A dialog through TLS, perhaps after another in plain text.
pub fn through<D: Dialog + 'static>(options: &Options, way: Option<Box<dyn Dialog>>, inner: D) -> Box<dyn Dialog> {
    // A check may be made again, hours later.
    let options = Options { now: wall(), ..options.clone() };
    match (Tls::new(options, inner), way) {
        (Ok(tls), Some(way)) => Box::new(tls.after(way)),
        (Ok(tls), None) => Box::new(tls),
        (Err(e), _) => Box::new(Refused(Reason::new("local", e))),
    }
}

/// A connection about which nothing can be said, and why: in the place of a dialog that cannot be made.
#[derive(Clone, Debug)]
pub struct Refused(pub Reason);

impl Dialog for Refused {
    fn start(&mut self) -> Step {
        Step::Done
    }

    fn received(&mut self, _data: &[u8]) -> Step {
        Step::Done
    }

    fn verdict(&mut self, _timed_out: bool) -> Result<(), Reason> {
        Err(self.0.clone())
    }
}

/// Nothing to say: the handshake is what is of interest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Handshake;

impl Dialog for Handshake {
    fn start(&mut self) -> Step {
        Step::Done
    }

    fn received(&mut self, _data: &[u8]) -> Step {
        Step::Done
    }

    fn verdict(&mut self, _timed_out: bool) -> Result<(), Reason> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
