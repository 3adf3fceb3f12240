//! `hactl probe icmp`.

use std::sync::Arc;

use clap::Args;

use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::probe::echoes::Echoes;
use crate::probe::icmp::{Icmp, LARGEST};
use crate::probe::target::Ports;
use crate::probe::{Check, EchoOptions, Target};

#[derive(Debug, Args)]
#[command(mut_arg("targets", |a| a.help("A host, an address, a network (10.0.0.0/24), or @FILE with them")))]
pub struct IcmpArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// Bytes of payload
    #[arg(long, value_name = "BYTES", default_value_t = 56, value_parser = clap::value_parser!(u16).range(..=i64::from(LARGEST)), help_heading = "Echo")]
    size: u16,
    /// Time to live, or hop limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..), help_heading = "Echo")]
    ttl: Option<u8>,
    /// Never fragment: does a packet of this size pass?
    #[arg(long, help_heading = "Echo")]
    dont_fragment: bool,
    /// All go out of the same socket.
    #[arg(skip)]
    echoes: Arc<Echoes>,
}

impl Kind for IcmpArgs {
    const NAME: &'static str = "icmp";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe icmp 10.0.0.1
  hactl probe icmp 10.0.0.0/24 --timeout 500ms           who is there?
  hactl probe icmp gw1 --count 20 --interval 100ms       min, median, p95, max and loss
  hactl probe icmp gw1 --size 1472 --dont-fragment       does a full Ethernet frame pass?
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::None
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        let options = EchoOptions { ttl: self.ttl, dont_fragment: self.dont_fragment };
        Ok(Arc::new(Icmp { size: self.size, options, echoes: Arc::clone(&self.echoes) }))
    }
}
