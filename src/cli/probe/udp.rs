//! `hactl probe udp`.

use std::sync::Arc;

use clap::Args;

use super::{Kind, ProbeArgs, payload};
use crate::cli::Error;
use crate::probe::plain::Plain;
use crate::probe::target::Ports;
use crate::probe::udp::OverUdp;
use crate::probe::{Check, Target};

#[derive(Debug, Args)]
pub struct UdpArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// Send this; with \r \n \t \0 \\ and \xHH. Without it an empty datagram is sent
    #[arg(long, value_name = "TEXT", value_parser = payload, help_heading = "Dialog")]
    payload: Option<::std::vec::Vec<u8>>,
    /// There has to be an answer; without this it is enough that no error comes back within the time, as keepalived has it
    #[arg(long, help_heading = "Dialog")]
    require_reply: bool,
    /// The answer has to contain this
    #[arg(long, value_name = "TEXT", value_parser = payload, help_heading = "Dialog")]
    expect: Option<::std::vec::Vec<u8>>,
}

impl Kind for UdpArgs {
    const NAME: &'static str = "udp";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe udp syslog1:514 --timeout 1s               good unless an ICMP error comes back
  hactl probe udp ntp1:123 --payload '\\x1b' --require-reply
  hactl probe udp echo1:7 --payload hello --expect hello
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Named
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        let plain = Plain {
            payload: Some(self.payload.clone().unwrap_or_default()),
            expect: self.expect.clone(),
            require_reply: self.require_reply,
            listen: true,
        };
        Ok(Arc::new(OverUdp::new(Self::NAME, move |_| plain.dialog())))
    }
}
