//! TLS around another dialog: what the handshake agreed on, whose certificate it was, and whether it can be trusted.
//!
//! The handshake goes through whatever the certificate is, as it does for keepalived's `SSL_GET`, which verifies
//! nothing. What is wrong with the certificate is found out afterwards and told; it is a failure only when that was asked
//! for, and then nothing is said over the connection.

use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, ProtocolVersion,
    RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::dialog::{Dialog, Step};
use super::outcome::{Fact, Value};
use super::reason::{Reason, quoted};
use crate::time::Timestamp;

/// What a server says in many words.
const WANTS_CERTIFICATE: &str = "the server wants a client certificate";

/// Names of a certificate, and certificates of a chain, that are told.
const TOLD: usize = 20;
const DAY: i64 = 86_400;

/// Who may sign a certificate.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    /// Trusted as they are, even if they are no authorities: a self-signed certificate in a file.
    exactly: Arc<Vec<CertificateDer<'static>>>,
}

impl Trust {
    /// Whom this host trusts.
    pub fn of_this_host() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self { roots: Arc::new(roots), exactly: Arc::default() }
    }

    /// The certificates of a PEM file.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::of_pem(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The certificates of a PEM text.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn of_pem(text: &[u8]) -> Result<Self, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let found = found.map_err(|e| format!("this is not PEM: {e}"))?;
        if found.is_empty() {
            return Err("there is no certificate in it".into());
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.iter().cloned());
        Ok(Self { roots: Arc::new(roots), exactly: Arc::new(found) })
    }
}

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
    /// The present time.
    pub now: Timestamp,
}

/// What the server showed in the handshake.
#[derive(Debug, Default)]
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    /// The server does not have the key of its certificate, or it cannot be told.
    signature: Option<Error>,
    /// It asks for a certificate of the client.
    asks: bool,
}

/// Takes every certificate and keeps it.
struct Witness {
    provider: Arc<CryptoProvider>,
    shown: Arc<Mutex<Shown>>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

impl Witness {
    fn signed(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        result.unwrap_or_else(|e| {
            self.shown.lock().unwrap_or_else(PoisonError::into_inner).signature = Some(e);
            HandshakeSignatureValid::assertion()
        })
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates).map(|c| c.clone().into_owned());
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).chain = chain.collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.signed(verify_tls12_signature(message, cert, dss, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.signed(verify_tls13_signature(message, cert, dss, algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Has no certificate, and remembers that it was asked for one.
impl ResolvesClientCert for Witness {
    fn resolve(&self, _hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).asks = true;
        None
    }

    fn has_certs(&self) -> bool {
        false
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
    provider: Arc<CryptoProvider>,
    shown: Arc<Mutex<Shown>>,
    connection: ClientConnection,
    /// The first bytes of the server, to tell what it is if it is not TLS.
    first: Vec<u8>,
    failed: Option<Error>,
    open: bool,
    /// Everything is said. The server wants a certificate of ours, and may still refuse for the lack of it: in TLS 1.3 the
    /// handshake is complete for a client before the server has looked.
    leaving: bool,
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
        let shown = Arc::new(Mutex::new(Shown::default()));
        let witness = Arc::new(Witness { provider: provider.clone(), shown: shown.clone() });
        let name = ServerName::try_from(options.name.trim_end_matches('.').to_owned())
            .map_err(|_| format!("{:?} is neither a name nor an address", options.name))?;
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_client_cert_resolver(witness);
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
            provider,
            shown,
            connection,
            first: Vec::new(),
            failed: None,
            open: false,
            leaving: false,
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
            self.leaving = self.asked_in_1_3();
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
                self.problems = self.judge();
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
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).asks
    }

    fn asked_in_1_3(&self) -> bool {
        self.open && self.asked() && self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    /// What is wrong with the certificate that was shown.
    fn judge(&self) -> Vec<Reason> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((leaf, intermediates)) = shown.chain.split_first() else {
            return vec![Reason::new("certificate-untrusted", "the server showed no certificate")];
        };
        let mut problems = Vec::new();
        if let Some(e) = &shown.signature {
            let sentence = format!("the server does not prove that the certificate is its own: {e}");
            problems.push(Reason::new("certificate-untrusted", sentence));
        }
        let now = self.now();
        let Ok((_, certificate)) = X509Certificate::from_der(leaf) else {
            problems.push(Reason::new("certificate-untrusted", "the certificate cannot be read"));
            return problems;
        };
        let validity = certificate.validity();
        let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        if now > until {
            let sentence = format!("the certificate expired {} ago, at {}", span(now - until), date(until));
            problems.push(Reason::new("certificate-expired", sentence));
        } else if now < from {
            let sentence =
                format!("the certificate is not valid for another {}, until {}", span(from - now), date(from));
            problems.push(Reason::new("certificate-expired", sentence));
        }
        let parsed = match ParsedCertificate::try_from(leaf) {
            Ok(parsed) => parsed,
            Err(e) => {
                problems.push(Reason::new("certificate-untrusted", format!("the certificate cannot be used: {e}")));
                return problems;
            }
        };
        if verify_server_name(&parsed, &self.name).is_err() {
            let names = names(&certificate);
            let list = if names.is_empty() { "no name".into() } else { quoted(names.join(", ").as_bytes()) };
            let sentence = format!("the certificate is for {list}, not for {}", self.options.name);
            problems.push(Reason::new("certificate-name", sentence));
        }
        if !self.options.trust.exactly.contains(leaf) {
            // That the leaf has expired is known: whether it could be trusted is asked for a time when it was valid.
            let then = u64::try_from(now.clamp(from, until.max(from))).unwrap_or(0);
            let then = UnixTime::since_unix_epoch(Duration::from_secs(then));
            let algorithms = self.provider.signature_verification_algorithms.all;
            let roots = &self.options.trust.roots;
            if let Err(e) = verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, then, algorithms) {
                problems.push(untrusted(&e, &certificate, intermediates.len(), roots.is_empty()));
            }
        }
        problems
    }

    fn now(&self) -> i64 {
        self.options.now.nanos.div_euclid(1_000_000_000)
    }

    fn certificate_facts(&self, facts: &mut Vec<Fact>) {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok((_, leaf))) = shown.chain.first().map(|c| X509Certificate::from_der(c)) {
            let until = leaf.validity().not_after.timestamp();
            facts.push(Fact::text("certificate_subject", leaf.subject().to_string()));
            facts.push(Fact::text("certificate_issuer", leaf.issuer().to_string()));
            facts.push(Fact { name: "certificate_names", value: Value::List(names(&leaf)) });
            facts.push(Fact::text("certificate_until", date(until)));
            facts.push(Fact::number("certificate_days", (until - self.now()).div_euclid(DAY)));
        }
        let chain = shown.chain.iter().skip(1).take(TOLD).map(|c| match X509Certificate::from_der(c) {
            Ok((_, c)) => format!("{} by {}", c.subject(), c.issuer()),
            Err(_) => "a certificate that cannot be read".to_owned(),
        });
        let chain: Vec<String> = chain.collect();
        if !chain.is_empty() {
            facts.push(Fact { name: "chain", value: Value::List(chain) });
        }
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

/// Why a chain leads to nobody who is trusted.
fn untrusted(error: &Error, leaf: &X509Certificate<'_>, intermediates: usize, nobody: bool) -> Reason {
    let issuer = quoted(leaf.issuer().to_string().as_bytes());
    let sentence = match error {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            return Reason::new("certificate-expired", "a certificate above the server's own has expired");
        }
        _ if nobody => "this host trusts nobody: it has no certificates of authorities".to_owned(),
        _ if leaf.subject() == leaf.issuer() => format!("the certificate is self-signed, by {issuer}"),
        Error::InvalidCertificate(CertificateError::UnknownIssuer) if intermediates == 0 => {
            format!("the issuer {issuer} is not trusted, and the server sends no certificate of it")
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            format!("no certificate of the chain is by somebody trusted; the server's own is by {issuer}")
        }
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            format!("the certificate is not signed with the key of the {issuer} that is trusted")
        }
        e => format!("the certificate by {issuer} cannot be trusted: {e}"),
    };
    Reason::new("certificate-untrusted", sentence)
}

/// The names and addresses that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).take(TOLD).collect()
}

/// A number of seconds for people.
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        DAY.. => (seconds / DAY, "day"),
        3600.. => (seconds / 3600, "hour"),
        _ => (seconds.max(60) / 60, "minute"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// A time of a certificate.
fn date(seconds: i64) -> String {
    // Certificates know years up to 9999; a timestamp of ours ends in 2262.
    match seconds.checked_mul(1_000_000_000) {
        Some(nanos) => Timestamp { nanos, digits: 0 }.rfc3339().to_string(),
        None => "a time beyond the year 2262".to_owned(),
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
        self.certificate_facts(&mut facts);
        if self.asked() {
            facts.push(Fact::bool("client_certificate_asked", true));
        }
        facts.push(Fact::bool("verified", self.problems.is_empty()));
        if !self.problems.is_empty() {
            let list = self.problems.iter().map(|p| p.sentence.clone()).collect();
            facts.push(Fact { name: "certificate_problems", value: Value::List(list) });
        }
        facts.extend(self.inner.facts());
        facts
    }
}

/// A dialog through TLS, perhaps after another in plain text.
pub fn through<D: Dialog + 'static>(options: &Options, way: Option<Box<dyn Dialog>>, inner: D) -> Box<dyn Dialog> {
    match (Tls::new(options.clone(), inner), way) {
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
mod tests {
    use std::net::IpAddr;

    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion, version};

    use super::super::http::{Get, Http};
    use super::super::smtp::{Purpose, Smtp};
    use super::*;

    /// 2026-11-25, 12:00 UTC.
    const NOW: i64 = 1_795_608_000;

    struct Authority {
        pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    fn params(name: &str, names: &[&str], until: (i32, u8, u8)) -> CertificateParams {
        let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        params
    }

    fn authority() -> Authority {
        authority_of_name("Authority")
    }

    fn authority_of_name(name: &str) -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name, &[], (2040, 1, 1));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    }

    /// Whether clients show a certificate.
    #[derive(Clone, Copy, PartialEq)]
    enum Clients {
        NeedNot,
        May,
        Must,
    }

    struct Server {
        clients: Clients,
        chain: Vec<CertificateDer<'static>>,
        key: KeyPair,
        versions: Vec<&'static SupportedProtocolVersion>,
        alpn: Vec<Vec<u8>>,
    }

    fn server(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Server {
        Server {
            clients: Clients::NeedNot,
            chain,
            key,
            versions: vec![&version::TLS13, &version::TLS12],
            alpn: Vec::new(),
        }
    }

    fn signed(authority: &Authority, names: &[&str], until: (i32, u8, u8)) -> Server {
        let key = KeyPair::generate().unwrap();
        let certificate = params("Server", names, until).signed_by(&key, &authority.issuer).unwrap();
        server(vec![certificate.der().clone()], key)
    }

    fn options(trust: &str) -> Options {
        Options {
            name: "a.example".into(),
            sni: true,
            alpn: Vec::new(),
            trust: Trust::of_pem(trust.as_bytes()).unwrap(),
            verify: true,
            now: Timestamp::from_micros(NOW * 1_000_000),
        }
    }

    /// Lets both talk until they are done; the server answers `reply` to the first bytes in plain text.
    fn talk<D: Dialog>(tls: &mut Tls<D>, server: &Server, reply: &[u8], greeting: Step) -> Vec<u8> {
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(authority().pem.as_bytes()).flatten());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier = match server.clients {
            Clients::NeedNot => WebPkiClientVerifier::no_client_auth(),
            Clients::May => verifier.allow_unauthenticated().build().unwrap(),
            Clients::Must => verifier.build().unwrap(),
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&server.versions)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(server.chain.clone(), PrivateKeyDer::Pkcs8(server.key.serialize_der().into()))
            .unwrap();
        config.alpn_protocols = server.alpn.clone();
        let mut peer = ServerConnection::new(Arc::new(config)).unwrap();
        let (mut step, mut heard) = (greeting, Vec::new());
        for _ in 0..20 {
            let (data, last) = match &step {
                Step::Send(data) => (&data[..], false),
                Step::Last(data) => (&data[..], true),
                Step::Read => (&[][..], false),
                Step::Done => break,
            };
            let mut rest = data;
            while !rest.is_empty() {
                peer.read_tls(&mut rest).unwrap();
                let Ok(state) = peer.process_new_packets() else { break };
                let mut plain = vec![0; state.plaintext_bytes_to_read()];
                peer.reader().read_exact(&mut plain).unwrap();
                if !plain.is_empty() && heard.is_empty() {
                    peer.writer().write_all(reply).unwrap();
                    peer.send_close_notify();
                }
                heard.extend(plain);
            }
            if last {
                break;
            }
            let mut out = Vec::new();
            while peer.wants_write() {
                peer.write_tls(&mut out).unwrap();
            }
            if out.is_empty() {
                step = tls.ended();
                continue;
            }
            // In pieces, as a network may deliver it.
            for piece in out.chunks(700) {
                step = tls.received(piece);
            }
        }
        heard
    }

    /// The verdict and the facts of a handshake.
    fn shaken(server: &Server, options: Options) -> (Result<(), (&'static str, String)>, Vec<Fact>) {
        let mut tls = Tls::new(options, Handshake).unwrap();
        assert!(tls.opening());
        let greeting = tls.start();
        talk(&mut tls, server, b"", greeting);
        (tls.verdict(false).map_err(|r| (r.id, r.sentence)), tls.facts())
    }

    #[test]
    fn a_server_that_wants_a_certificate_of_the_client_is_noticed() {
        let authority = authority();
        let mut server = signed(&authority, &["a.example"], (2027, 1, 1));
        let asked = Fact::bool("client_certificate_asked", true);
        for version in [&version::TLS13, &version::TLS12] {
            server.versions = vec![version];
            server.clients = Clients::Must;
            fails(&server, options(&authority.pem), "client-certificate", "the server wants a client certificate");
            server.clients = Clients::May;
            let (result, facts) = shaken(&server, options(&authority.pem));
            assert_eq!((result, facts.contains(&asked)), (Ok(()), true));
            server.clients = Clients::NeedNot;
            let (result, facts) = shaken(&server, options(&authority.pem));
            assert_eq!((result, facts.contains(&asked)), (Ok(()), false));
        }
    }

    fn fails(server: &Server, options: Options, id: &str, sentence: &str) {
        let (result, _) = shaken(server, options);
        let (found, text) = result.unwrap_err();
        assert_eq!((found, text.as_str()), (id, sentence));
    }

    fn list(name: &'static str, texts: &[&str]) -> Fact {
        Fact { name, value: Value::List(texts.iter().map(|t| (*t).to_owned()).collect()) }
    }

    #[test]
    fn a_good_certificate_is_told() {
        let authority = authority();
        let mut server = signed(&authority, &["a.example", "*.b.example", "10.0.0.1"], (2026, 12, 5));
        server.alpn = vec![b"http/1.1".to_vec()];
        let mut options = options(&authority.pem);
        options.alpn = vec!["h2".into(), "http/1.1".into()];
        let (result, facts) = shaken(&server, options.clone());
        assert_eq!(result, Ok(()));
        assert_eq!(
            facts,
            [
                Fact::text("tls_version", "TLSv1_3"),
                Fact::text("cipher", "TLS13_AES_256_GCM_SHA384"),
                Fact::text("alpn", "http/1.1"),
                Fact::text("sni", "a.example"),
                Fact::text("certificate_subject", "CN=Server"),
                Fact::text("certificate_issuer", "CN=Authority"),
                list("certificate_names", &["a.example", "*.b.example", "10.0.0.1"]),
                Fact::text("certificate_until", "2026-12-05T00:00:00Z"),
                Fact::number("certificate_days", 9),
                Fact::bool("verified", true),
            ]
        );
        server.versions = vec![&version::TLS12];
        for name in ["x.b.example", "10.0.0.1", "a.example."] {
            let (result, facts) = shaken(&server, Options { name: name.into(), ..options.clone() });
            assert_eq!(result, Ok(()), "{name}");
            assert_eq!(facts[0], Fact::text("tls_version", "TLSv1_2"));
            assert_eq!(facts.iter().any(|f| f.name == "sni"), name != "10.0.0.1");
        }
        assert!(Tls::new(Options { name: "a b".into(), ..options }, Handshake).is_err());
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        assert!(
            Tls::new(Options { name: address.to_string(), ..super::tests::options(&authority.pem) }, Handshake).is_ok()
        );
    }

    #[test]
    fn what_is_wrong_with_a_certificate_has_its_own_reason() {
        let authority = authority();
        let trust = || options(&authority.pem);
        fails(
            &signed(&authority, &["a.example"], (2026, 11, 13)),
            trust(),
            "certificate-expired",
            "the certificate expired 12 days ago, at 2026-11-13T00:00:00Z",
        );
        fails(
            &signed(&authority, &["b.example", "10.0.0.1"], (2027, 1, 1)),
            trust(),
            "certificate-name",
            r#"the certificate is for "b.example, 10.0.0.1", not for a.example"#,
        );
        fails(
            &signed(&authority_of_name("Other"), &["a.example"], (2027, 1, 1)),
            trust(),
            "certificate-untrusted",
            r#"the issuer "CN=Other" is not trusted, and the server sends no certificate of it"#,
        );
        fails(
            &signed(&super::tests::authority(), &["a.example"], (2027, 1, 1)),
            trust(),
            "certificate-untrusted",
            r#"the certificate is not signed with the key of the "CN=Authority" that is trusted"#,
        );
        let key = KeyPair::generate().unwrap();
        let own = params("Own", &["a.example"], (2027, 1, 1)).self_signed(&key).unwrap();
        let pem = own.pem();
        let own = server(vec![own.der().clone()], key);
        fails(&own, trust(), "certificate-untrusted", r#"the certificate is self-signed, by "CN=Own""#);
        assert_eq!(shaken(&own, options(&pem)).0, Ok(()), "trusted as it is");
        let early = Options { now: Timestamp::from_micros((1_577_836_800 - 7200) * 1_000_000), ..trust() };
        fails(
            &signed(&authority, &["a.example"], (2027, 1, 1)),
            early,
            "certificate-expired",
            "the certificate is not valid for another 2 hours, until 2020-01-01T00:00:00Z",
        );
    }

    #[test]
    fn everything_wrong_is_told_and_no_failure_unless_asked() {
        let authority = authority();
        let server = signed(&authority_of_name("Other"), &["b.example"], (2026, 11, 24));
        let (result, facts) = shaken(&server, Options { verify: false, ..options(&authority.pem) });
        assert_eq!(result, Ok(()));
        assert_eq!(
            facts[facts.len() - 2..],
            [
                Fact::bool("verified", false),
                list(
                    "certificate_problems",
                    &[
                        "the certificate expired 1 day ago, at 2026-11-24T00:00:00Z",
                        r#"the certificate is for "b.example", not for a.example"#,
                        r#"the issuer "CN=Other" is not trusted, and the server sends no certificate of it"#,
                    ]
                ),
            ]
        );
    }

    #[test]
    fn a_page_is_asked_through_tls() {
        let authority = authority();
        let mut server = signed(&authority, &["a.example"], (2027, 1, 1));
        for versions in [vec![&version::TLS13], vec![&version::TLS12]] {
            server.versions = versions;
            let mut tls = Tls::new(options(&authority.pem), Http::new(Get::new("/", "a.example"))).unwrap();
            let greeting = tls.start();
            let heard = talk(&mut tls, &server, b"HTTP/1.0 200 OK\r\n\r\nhello", greeting);
            assert_eq!(heard, b"GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: a.example\r\n\r\n");
            assert!(!tls.opening());
            assert_eq!(tls.verdict(false), Ok(()));
            assert!(tls.facts().contains(&Fact::number("status", 200)));
            assert!(tls.facts().contains(&Fact::text("digest", "5d41402abc4b2a76b9719d911017c592")));
        }
    }

    #[test]
    fn nothing_is_said_to_whom_is_not_trusted() {
        let server = signed(&authority(), &["a.example"], (2027, 1, 1));
        let mut tls = Tls::new(options(&authority().pem), Http::new(Get::new("/", "a.example"))).unwrap();
        let greeting = tls.start();
        assert_eq!(talk(&mut tls, &server, b"", greeting), b"");
        assert_eq!(tls.verdict(true).unwrap_err().id, "certificate-untrusted");
    }

    #[test]
    fn tls_begins_after_what_is_said_in_plain_text() {
        let authority = authority();
        let server = signed(&authority, &["a.example"], (2027, 1, 1));
        let way = Box::new(Smtp::new("me", Purpose::StartTls).unwrap());
        let inner = Smtp::new("me", Purpose::AfterTls).unwrap();
        let mut tls = Tls::new(options(&authority.pem), inner).unwrap().after(way);
        assert_eq!(tls.start(), Step::Read);
        assert_eq!(tls.received(b"220 a\r\n"), Step::Send(b"EHLO me\r\n".to_vec()));
        assert_eq!(tls.received(b"250-a\r\n250 STARTTLS\r\n"), Step::Send(b"STARTTLS\r\n".to_vec()));
        let greeting = tls.received(b"220 go\r\n");
        assert_eq!(talk(&mut tls, &server, b"250 a\r\n", greeting)[..9], *b"EHLO me\r\n");
        assert_eq!(tls.verdict(false), Ok(()));
        assert_eq!(tls.facts()[0], Fact::text("banner", "a"));

        let way = Box::new(Smtp::new("me", Purpose::StartTls).unwrap());
        let mut tls = Tls::new(options(&authority.pem), Handshake).unwrap().after(way);
        tls.received(b"220 a\r\n");
        assert_eq!(tls.received(b"250 a\r\n"), Step::Done);
        assert_eq!(tls.verdict(false).unwrap_err().sentence, "the server does not offer STARTTLS");
    }

    #[test]
    fn what_is_not_tls_says_what_it_is() {
        let fails = |pieces: &[&[u8]], timed_out: bool, id: &str, sentence: &str| {
            let mut tls = Tls::new(options(&authority().pem), Handshake).unwrap();
            assert!(matches!(tls.start(), Step::Send(_)));
            for piece in pieces {
                tls.received(piece);
            }
            if !timed_out {
                assert_eq!(tls.ended(), Step::Done);
            }
            let reason = tls.verdict(timed_out).unwrap_err();
            assert_eq!((reason.id, reason.sentence.as_str()), (id, sentence));
            assert_eq!(tls.facts(), []);
        };
        fails(&[], true, "timeout-read", "nothing was answered to the TLS greeting");
        fails(&[], false, "tls-handshake", "the connection was ended at the TLS greeting");
        fails(&[b"\x16\x03\x03"], true, "timeout-read", "the TLS handshake did not end");
        fails(&[b"\x16\x03\x03"], false, "tls-handshake", "the connection was ended within the TLS handshake");
        fails(
            &[b"HTTP/1.1 400 Bad Request\r\n"],
            false,
            "tls-handshake",
            r#"what answers does not speak TLS, it says "HTTP/1.1 400 Bad Request\r\n""#,
        );
        fails(
            &[b"\x15\x03\x01\x00\x02\x02\x46"],
            false,
            "tls-handshake",
            "the server refuses in the TLS handshake: it has neither TLS 1.2 nor TLS 1.3",
        );
        fails(
            &[b"\x15\x03\x01\x00\x02\x02\x70"],
            false,
            "tls-handshake",
            "the server refuses in the TLS handshake: it does not know the name a.example",
        );
    }

    #[test]
    fn a_handshake_without_an_end_is_cut() {
        let mut tls = Tls::new(options(&authority().pem), Handshake).unwrap();
        tls.start();
        // Records of a handshake message that says it is 16 MiB long.
        let mut record = b"\x16\x03\x03\x40\x00\x02\xff\xff\xff".to_vec();
        record.resize(5 + 16384, 0);
        let mut done = matches!(tls.received(&record), Step::Done | Step::Last(_));
        record[5..9].fill(0);
        for _ in 0..20 {
            done = done || matches!(tls.received(&record), Step::Done | Step::Last(_));
        }
        assert!(done);
        assert_eq!(tls.verdict(false).unwrap_err().id, "tls-handshake");
    }

    #[test]
    fn trust_is_read_from_pem() {
        assert_eq!(Trust::of_pem(b"hello").unwrap_err(), "there is no certificate in it");
        assert!(Trust::of_pem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_err());
        assert!(Trust::of_file(Path::new("/nowhere")).unwrap_err().starts_with("/nowhere: "));
    }
}
