//! `hactl probe tls`, and the options that everything over TLS has.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use clap::Args;

use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::net::wall;
use crate::probe::smtp::{HELO, Purpose, Smtp};
use crate::probe::target::{Host, Ports};
use crate::probe::tcp::OverTcp;
use crate::probe::tls::{Handshake, Options, Tls, Trust, through};
use crate::probe::{Check, Dialog, Target, Wanted};

#[derive(Debug, Args)]
pub struct Security {
    /// A certificate that cannot be trusted is a failure; keepalived verifies nothing
    #[arg(long, help_heading = "TLS")]
    verify: bool,
    /// Trust the certificates of this PEM file instead of those of this host
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    ca_file: Option<PathBuf>,
    /// The name that the certificate has to be for, and that the server is told (SNI)
    #[arg(long, value_name = "NAME", help_heading = "TLS")]
    sni: Option<String>,
    /// Do not tell the server a name, as keepalived without `enable_sni`
    #[arg(long, help_heading = "TLS")]
    no_sni: bool,
    /// Protocols to offer (ALPN), e.g. http/1.1
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "TLS")]
    alpn: Vec<String>,
    /// A certificate that ends in fewer days is a warning
    #[arg(long, value_name = "N", value_parser = days, conflicts_with = "expect_fail", help_heading = "Verdict")]
    warn_days: Option<i64>,
    /// In fewer days than this it is critical
    #[arg(long, value_name = "N", value_parser = days, conflicts_with = "expect_fail", help_heading = "Verdict")]
    crit_days: Option<i64>,
    #[arg(skip)]
    trust: OnceLock<Trust>,
}

fn days(s: &str) -> Result<i64, String> {
    let number = s.parse().ok().filter(|n| (1..=36_500).contains(n));
    number.ok_or_else(|| "a whole number of days is wanted, 1 to 36500".to_owned())
}

impl Security {
    /// What is wanted, with what is wanted of the certificate.
    pub fn wanted(&self, wanted: Wanted) -> Result<Wanted, Error> {
        match (self.warn_days, self.crit_days) {
            (Some(warn), Some(crit)) if crit > warn => Err(Error::Other(format!(
                "--crit-days {crit} comes before --warn-days {warn}, which would never be told"
            ))),
            (warn_days, crit_days) => Ok(Wanted { warn_days, crit_days, ..wanted }),
        }
    }

    /// How to open a connection to this target.
    pub fn options(&self, target: &Target) -> Result<Options, Error> {
        let trust = match (self.trust.get(), &self.ca_file) {
            (Some(trust), _) => trust,
            (None, Some(file)) => {
                let trust = Trust::of_file(file).map_err(Error::Other)?;
                self.trust.get_or_init(|| trust)
            }
            (None, None) => self.trust.get_or_init(Trust::of_this_host),
        };
        let options = Options {
            name: self.sni.clone().unwrap_or_else(|| match &target.host {
                Host::Address(address, _) => address.to_string(),
                Host::Name(name) => name.clone(),
            }),
            sni: !self.no_sni,
            alpn: self.alpn.clone(),
            trust: trust.clone(),
            verify: self.verify,
            now: wall(),
        };
        Tls::new(options.clone(), Handshake).map_err(Error::Other)?;
        Ok(options)
    }
}

/// The way to TLS over SMTP.
pub fn starttls(name: &str) -> Result<Smtp, Error> {
    Smtp::new(name, Purpose::StartTls).map_err(Error::Other)
}

#[derive(Debug, Args)]
pub struct TlsArgs {
    #[command(flatten)]
    common: ProbeArgs,
    #[command(flatten)]
    security: Security,
    /// The handshake comes after STARTTLS of SMTP
    #[arg(long, help_heading = "TLS")]
    smtp: bool,
}

impl Kind for TlsArgs {
    const NAME: &'static str = "tls";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe tls web1 -v                            version, cipher, names, days to expiry
  hactl probe tls 10.0.0.1:443 --sni www.example.org --verify
  hactl probe tls mail1:25 --smtp --verify --ca-file /etc/ssl/own-ca.pem
  hactl probe tls @sites.txt --warn-days 30 --crit-days 7    which certificate ends soon?
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn wanted(&self) -> Result<Wanted, Error> {
        self.security.wanted(self.common.wanted()?)
    }

    fn ports(&self) -> Ports {
        Ports::Default(if self.smtp { 25 } else { 443 })
    }

    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error> {
        let options = self.security.options(target)?;
        let smtp = self.smtp;
        Ok(Arc::new(OverTcp::new(Self::NAME, move |_| {
            let way = starttls(HELO).ok().filter(|_| smtp);
            through(&options, way.map(|way| Box::new(way) as Box<dyn Dialog>), Handshake)
        })))
    }
}
