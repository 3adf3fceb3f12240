//! `hactl probe tcp`.

use std::sync::Arc;

use clap::Args;

use super::{Kind, ProbeArgs, payload};
use crate::cli::Error;
use crate::probe::plain::Plain;
use crate::probe::target::Ports;
use crate::probe::tcp::OverTcp;
use crate::probe::{Check, Target};

#[derive(Debug, Args)]
pub struct TcpArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// Send this once connected; with \r \n \t \0 \\ and \xHH
    #[arg(long, value_name = "TEXT", value_parser = payload, help_heading = "Dialog")]
    payload: Option<::std::vec::Vec<u8>>,
    /// The answer has to contain this (within its first 64 KiB). Without it what is accepted counts as up, as for keepalived's
    /// TCP_CHECK, even if it is reset at once: that is told as a warning where it is seen
    #[arg(long, value_name = "TEXT", value_parser = payload, help_heading = "Dialog")]
    expect: Option<::std::vec::Vec<u8>>,
}

impl Kind for TcpArgs {
    const NAME: &'static str = "tcp";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe tcp web1:80
  hactl probe tcp 10.0.0.1:80,443 10.0.0.2:8000-8010
  hactl probe tcp redis1:6379 --payload 'PING\\r\\n' --expect PONG
  hactl probe tcp '[2001:db8::1]:80' --timeout 1s --retries 2 --retry-delay 500ms
  hactl probe tcp db1:3306 --expect-fail     it must not be reachable from here
  hactl probe tcp web1:80 --count 100 --interval 50ms
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Named
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        let plain = Plain { payload: self.payload.clone(), expect: self.expect.clone(), ..Plain::default() };
        Ok(Arc::new(OverTcp::new(Self::NAME, move |_| plain.dialog())))
    }
}
