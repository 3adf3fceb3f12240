//! `hactl probe vip`.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Kind, ProbeArgs, pause};
use crate::cli::Error;
use crate::cli::args::duration;
use crate::probe::target::Ports;
use crate::probe::vip::Vip;
use crate::probe::{Check, Target};

#[derive(Debug, Args)]
pub struct VipArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// Connect to this TCP port too, where the target names none
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Address")]
    port: Option<u16>,
    /// Collect answers for so long: a second host may be slower
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "1s", help_heading = "Address")]
    window: Duration,
    /// Wait for a VRRP advert that lists the address for at most so long; 0s does not
    #[arg(long, value_name = "DURATION", value_parser = pause, default_value = "1500ms", help_heading = "Address")]
    listen: Duration,
    /// Send no ICMP echo
    #[arg(long, help_heading = "Address")]
    no_icmp: bool,
}

impl Kind for VipArgs {
    const NAME: &'static str = "vip";
    const EXAMPLES: &'static str = "\
Examples:
  sudo hactl probe vip 10.0.0.100            who answers ARP for it, is that the master, do several?
  sudo hactl probe vip 10.0.0.100:443        and is the port open?
  sudo hactl probe vip fe80::100%eth0 --listen 4s      IPv6; adverts are sent every 3 s
  sudo hactl probe vip 10.0.0.100 --netns red --json
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Optional
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        Ok(Arc::new(Vip { port: self.port, icmp: !self.no_icmp, window: self.window, listen: self.listen }))
    }
}
