//! `hactl probe smtp`.

use std::sync::Arc;

use clap::Args;

use super::tls::{Security, starttls};
use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::probe::smtp::{HELO, Purpose, Smtp};
use crate::probe::target::Ports;
use crate::probe::tcp::OverTcp;
use crate::probe::tls::Refused;
use crate::probe::tls::through;
use crate::probe::{Check, Dialog, Reason, Target};

#[derive(Debug, Args)]
pub struct SmtpArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// The name to give ourselves; the default is keepalived's
    #[arg(long, value_name = "NAME", default_value = HELO, help_heading = "SMTP")]
    helo: String,
    /// Say HELO only, as keepalived does; else EHLO is tried first, to see what the server offers
    #[arg(long, conflicts_with = "starttls", help_heading = "SMTP")]
    helo_only: bool,
    /// Go on through TLS
    #[arg(long, help_heading = "SMTP")]
    starttls: bool,
    #[command(flatten)]
    security: Security,
}

impl Kind for SmtpArgs {
    const NAME: &'static str = "smtp";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe smtp mail1 -v                  banner, and whether STARTTLS is offered
  hactl probe smtp mail1 --helo-only         exactly what keepalived says
  hactl probe smtp mail1:587 --starttls --verify
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Default(25)
    }

    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error> {
        let name = self.helo.clone();
        starttls(&name)?;
        if self.starttls {
            let options = self.security.options(target)?;
            return Ok(Arc::new(OverTcp::new(Self::NAME, move |_| match dialogs(&name) {
                Ok((way, inner)) => through(&options, Some(Box::new(way)), inner),
                Err(e) => Box::new(Refused(Reason::new("local", e))),
            })));
        }
        let purpose = if self.helo_only { Purpose::Keepalived } else { Purpose::Offers };
        Ok(Arc::new(OverTcp::new(Self::NAME, move |_| -> Box<dyn Dialog> {
            match Smtp::new(&name, purpose) {
                Ok(smtp) => Box::new(smtp),
                Err(e) => Box::new(Refused(Reason::new("local", e))),
            }
        })))
    }
}

/// What is said before TLS and through it.
fn dialogs(name: &str) -> Result<(Smtp, Smtp), String> {
    Ok((Smtp::new(name, Purpose::StartTls)?, Smtp::new(name, Purpose::AfterTls)?))
}
