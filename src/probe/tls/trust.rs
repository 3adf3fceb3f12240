//! Trust: whom this host believes, what a server showed, and what is wrong with it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Options, certificate};
use crate::probe::reason::{Reason, quoted};

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

/// What the server showed in the handshake.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The server does not have the key of its certificate, or it cannot be told.
    signature: Option<Error>,
    /// It asks for a certificate of the client.
    pub(super) asks: bool,
}

/// Takes every certificate and keeps it.
pub(super) struct Witness {
    provider: Arc<CryptoProvider>,
    shown: Mutex<Shown>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

impl Witness {
    pub(super) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, shown: Mutex::default() }
    }

    /// What the server has shown so far.
    pub(super) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with the certificate that was shown.
    pub(super) fn judge(&self, options: &Options, name: &ServerName<'_>) -> Vec<Reason> {
        let shown = self.shown();
        let Some((leaf, intermediates)) = shown.chain.split_first() else {
            return vec![Reason::new("certificate-untrusted", "the server showed no certificate")];
        };
        let mut problems = Vec::new();
        let now = options.seconds();
        let read = X509Certificate::from_der(leaf).ok().map(|(_, certificate)| certificate);
        // First what has to be mended whatever the rest is: one that has expired is to be renewed, of any version.
        let valid = read.as_ref().map(certificate::validity);
        problems.extend(valid.and_then(|(from, until)| certificate::outside(from, until, now)));
        if let Some(e) = &shown.signature {
            if matches!(e, Error::InvalidCertificate(CertificateError::Other(o)) if o.to_string().contains("UnsupportedCertVersion"))
            {
                let sentence = "it is a certificate of X.509 version 1, which this program does not verify";
                problems.push(Reason::new("certificate-version", sentence));
                return problems;
            }
            let sentence = format!("the server does not prove that the certificate is its own: {e}");
            problems.push(Reason::new("certificate-untrusted", sentence));
        }
        let Some((certificate, (from, until))) = read.zip(valid) else {
            problems.push(Reason::new("certificate-untrusted", "the certificate cannot be read"));
            return problems;
        };
        let parsed = match ParsedCertificate::try_from(leaf) {
            Ok(parsed) => parsed,
            Err(e) => {
                problems.push(Reason::new("certificate-untrusted", format!("the certificate cannot be used: {e}")));
                return problems;
            }
        };
        if verify_server_name(&parsed, name).is_err() {
            let names = certificate::names(&certificate);
            let list = if names.is_empty() { "no name".into() } else { quoted(names.join(", ").as_bytes()) };
            let sentence = format!("the certificate is for {list}, not for {}", options.name);
            problems.push(Reason::new("certificate-name", sentence));
        }
        if !options.trust.exactly.contains(leaf) {
            // That the leaf has expired is known: whether it could be trusted is asked for a time when it was valid.
            let then = u64::try_from(now.clamp(from, until.max(from))).unwrap_or(0);
            let then = UnixTime::since_unix_epoch(Duration::from_secs(then));
            let algorithms = self.provider.signature_verification_algorithms.all;
            let roots = &options.trust.roots;
            if let Err(e) = verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, then, algorithms) {
                problems.push(untrusted(&e, &certificate, intermediates.len(), roots.is_empty()));
            }
        }
        problems
    }

    fn signed(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        result.unwrap_or_else(|e| {
            self.shown().signature = Some(e);
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
        self.shown().chain = chain.collect();
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
        self.shown().asks = true;
        None
    }

    fn has_certs(&self) -> bool {
        false
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

#[cfg(test)]
mod tests {
    use rcgen::KeyPair;

    use super::super::tests::{authority, authority_of_name, fails, list, options, params, server, shaken, signed};
    use super::*;
    use crate::probe::outcome::Fact;
    use crate::time::Timestamp;

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
            &signed(&super::super::tests::authority(), &["a.example"], (2027, 1, 1)),
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
            "certificate-not-yet-valid",
            "the certificate becomes valid in 2 hours, at 2020-01-01T00:00:00Z",
        );
    }

    #[test]
    fn everything_wrong_is_told_and_no_failure_unless_asked() {
        let authority = authority();
        let server = signed(&authority_of_name("Other"), &["b.example"], (2026, 11, 24));
        let (result, facts) = shaken(&server, Options { verify: false, ..options(&authority.pem) });
        assert_eq!(result, Ok(()));
        assert_eq!(
            facts[facts.len() - 3..],
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
                Fact::text(
                    "warning",
                    "the certificate expired 1 day ago, at 2026-11-24T00:00:00Z; clients that verify it refuse"
                ),
            ]
        );
        // Only the dates are worth a warning of their own.
        let server = signed(&authority_of_name("Other"), &["b.example"], (2027, 1, 1));
        let (_, facts) = shaken(&server, Options { verify: false, ..options(&authority.pem) });
        assert!(facts.iter().all(|f| f.name != "warning"), "{facts:?}");
    }

    /// X.509 version 1, for a.example, from 2020 to 2026-11-13: what `openssl x509 -req` made for decades.
    const VERSION_1: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBIjCByQIUe6uvmyihzaBFcDUmidwS3kjJ+xAwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJYS5leGFtcGxlMB4XDTIwMDEw\n\
        MTAwMDAwMFoXDTI2MTExMzAwMDAwMFowFDESMBAGA1UEAwwJYS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n\
        yFyUi1haH0TB+Brg9dIVi4gmF2D9FGkngaKd48xV3n7bfiJ0ZUxbRC2qAykwtXQhqfTCX9I9Xd+QEam5orZozzAKBggqhkjO\n\
        PQQDAgNIADBFAiEArJ4KBnBgewLNZbl80icDOQmlVcddIJ/QUsSAeMgcR18CIH4LOi8bhS8Vt5LYPwmN8MbPyuSpLz9x19Lv\n\
        RJMA4kd7\n\
        -----END CERTIFICATE-----\n";

    #[test]
    fn an_old_certificate_that_has_expired_is_told_for_that_first() {
        let leaf = CertificateDer::from_pem_slice(VERSION_1.as_bytes()).unwrap();
        let witness = Witness::new(Arc::new(rustls::crypto::ring::default_provider()));
        // What checking the signature of the handshake comes to.
        let error = ParsedCertificate::try_from(&leaf).err().unwrap();
        *witness.shown() = Shown { chain: vec![leaf], signature: Some(error), asks: false };
        let name = ServerName::try_from("a.example").unwrap();
        let told = |now: i64| {
            let now = Timestamp::from_micros(now * 1_000_000);
            let problems = witness.judge(&Options { now, ..options(&authority().pem) }, &name);
            problems.into_iter().map(|r| (r.id, r.sentence)).collect::<Vec<_>>()
        };
        let expired = "the certificate expired 12 days ago, at 2026-11-13T00:00:00Z";
        let version = "it is a certificate of X.509 version 1, which this program does not verify";
        // 2026-11-25, 12:00, and a month before.
        let late = told(1_795_608_000);
        assert_eq!(late[0], ("certificate-expired", expired.to_owned()));
        assert_eq!(late[1], ("certificate-version", version.to_owned()));
        assert_eq!(told(1_793_016_000)[0], ("certificate-version", version.to_owned()));
    }

    #[test]
    fn trust_is_read_from_pem() {
        assert_eq!(Trust::of_pem(b"hello").unwrap_err(), "there is no certificate in it");
        assert!(Trust::of_pem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_err());
        assert!(Trust::of_file(Path::new("/nowhere")).unwrap_err().starts_with("/nowhere: "));
    }
}
