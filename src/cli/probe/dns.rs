//! `hactl probe dns`.

use std::sync::Arc;

use clap::Args;

use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::probe::dns::{Dns, Type, unguessable};
use crate::probe::target::Ports;
use crate::probe::tls::Refused;
use crate::probe::udp::OverUdp;
use crate::probe::{Check, Dialog, Reason, Target};

#[derive(Debug, Args)]
#[command(mut_arg("targets", |a| a.help("The name server, with port 53 if none is given: an address or name, a network (10.0.0.0/24), or @FILE with them")))]
pub struct DnsArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// The name to ask for
    #[arg(long, value_name = "NAME", default_value = ".", help_heading = "Question")]
    name: String,
    /// What to ask for: A, NS, CNAME, SOA, MX, TXT, AAAA, RRSIG or DNSKEY
    #[arg(long = "type", value_name = "TYPE", default_value = "SOA", help_heading = "Question")]
    kind: Type,
}

impl Kind for DnsArgs {
    const NAME: &'static str = "dns";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe dns 10.0.0.53                              the question that keepalived asks
  hactl probe dns 10.0.0.53 --name www.example.org --type A -v
  hactl probe dns '[2001:db8::53]:5353' --timeout 1s --retries 2
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Default(53)
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        let (name, kind) = (self.name.clone(), self.kind);
        Dns::new(&name, kind, 0).map_err(Error::Other)?;
        Ok(Arc::new(OverUdp::new(Self::NAME, move |_| -> Box<dyn Dialog> {
            match Dns::new(&name, kind, unguessable()) {
                Ok(dns) => Box::new(dns),
                Err(e) => Box::new(Refused(Reason::new("local", e))),
            }
        })))
    }
}
