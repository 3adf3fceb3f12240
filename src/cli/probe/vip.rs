//! `hactl probe vip`.

use std::io::{self, IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Kind, ProbeArgs, painted, pause, payload, status, targets};
use crate::cli::Error;
use crate::cli::args::duration;
use crate::cli::output::{Output, note, width};
use crate::net::Stop;
use crate::probe::target::Ports;
use crate::probe::through::{Plan, through};
use crate::probe::vip::Vip;
use crate::probe::{Check, Target};
use crate::report::probe::through::{Limits, Told};
use crate::report::probe::{Tally, json};

#[derive(Debug, Args)]
#[command(mut_arg("targets", |a| a.help("The address, with a port that is connected to as well: 10.0.0.100, 10.0.0.100:80 or [2001:db8::1]:80; or @FILE with them")))]
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
    /// Hold so many connections and make a short request every --interval (default 100ms) while the address moves: how many
    /// are reset, hang or survive, and for how long is nobody served? Ends by itself when a move is over. Exit 1: some were
    /// lost, or a silence longer than --warn (default 1s); 2: some hang, nobody is served any more, or longer than --crit;
    /// 3: nothing moved, or was interrupted where moves cannot be seen
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=400), conflicts_with_all = ["count", "retries", "rate", "all_addresses", "expect_fail", "retry_delay", "parallel", "window", "listen", "no_icmp"], help_heading = "Failover")]
    through_failover: Option<u32>,
    /// End after this time at the latest
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, default_value = "2m", requires = "through_failover", help_heading = "Failover")]
    for_: Duration,
    /// Say this in each request, and on the held connections every --interval
    #[arg(long, visible_alias = "payload", value_name = "TEXT", value_parser = payload, requires = "through_failover", help_heading = "Failover")]
    send: Option<::std::vec::Vec<u8>>,
    /// The answers have to contain this
    #[arg(long, value_name = "TEXT", value_parser = payload, requires = "through_failover", help_heading = "Failover")]
    expect: Option<::std::vec::Vec<u8>>,
}

impl Kind for VipArgs {
    const NAME: &'static str = "vip";
    const EXAMPLES: &'static str = "\
Examples:
  sudo hactl probe vip 10.0.0.100            who answers ARP for it, is that the master, do several?
  sudo hactl probe vip 10.0.0.100:443        and is the port open?
  sudo hactl probe vip fe80::100%eth0 --listen 4s      IPv6; where adverts come every 3 s
  sudo hactl probe vip 10.0.0.100 --netns red --json
  sudo hactl probe vip 10.0.0.100:80 --through-failover 20      then stop keepalived on the master
  sudo hactl probe vip 10.0.0.100:6379 --through-failover 5 --send 'PING\\r\\n' --expect PONG
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Optional
    }

    fn instead(&self) -> Option<Result<u8, Error>> {
        self.through_failover.map(|held| self.through(held))
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        Ok(Arc::new(Vip { port: self.port, icmp: !self.no_icmp, window: self.window, listen: self.listen }))
    }
}

impl VipArgs {
    /// Through a move of the address.
    fn through(&self, held: u32) -> Result<u8, Error> {
        let args = &self.common;
        let wanted = args.wanted()?;
        let mut targets = targets(&args.targets, Ports::Optional)?;
        let target = targets.pop().filter(|_| targets.is_empty());
        let target = target.ok_or_else(|| Error::Other("--through-failover looks at one address".into()))?;
        let port = target
            .port
            .or(self.port)
            .ok_or_else(|| Error::Other(format!("{}: the port to connect to is missing: --port 80?", target.text)))?;
        let plan = Plan {
            target,
            port,
            options: args.options()?,
            held,
            interval: args.interval.filter(|i| !i.is_zero()).unwrap_or(Duration::from_millis(100)),
            send: self.send.clone(),
            expect: self.expect.clone(),
            limit: self.for_,
        };
        let mut out = Output::new(true, args.common.color);
        if args.common.json {
            json::start(&mut out, Self::NAME, &args.targets.join(" "))?;
            out.flush()?;
        }
        let stop = Stop::install()?;
        let (wake, woken) = UnixStream::pair()?;
        stop.wake(&wake)?;
        let shown = !args.common.quiet && !args.common.json && !args.plugin && io::stderr().is_terminal();
        if shown {
            note(&format!("holding {held} connections to {}; now move the address, Ctrl-C ends", plan.target.text));
        }
        let result = through(&plan, woken, &mut |text| {
            if shown {
                // A line that wraps could not be written over.
                let room = usize::from(width()).saturating_sub(1);
                let text: String = text.chars().take(room).collect();
                let _ = write!(io::stderr(), "\r\x1b[K{text}");
            }
        });
        if shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        let result = result?;
        let usual = Duration::from_secs(1);
        let warn = wanted.warn.unwrap_or_else(|| wanted.crit.map_or(usual, |crit| crit.min(usual)));
        let limits = Limits { warn, crit: wanted.crit };
        let told = Told {
            target: &plan.target.text,
            address: result.as_ref().map_or_else(|e| e.0, |t| Some(t.0)),
            result: result.as_ref().map(|t| &t.1).map_err(|e| &e.1),
            limits,
        };
        let level = told.level();
        let exit = status(level, args.exit_zero);
        let interrupted = result.as_ref().is_ok_and(|t| t.1.interrupted);
        if args.common.json {
            told.json(&mut out)?;
            json::summary(&mut out, &Tally::one(level), 0, interrupted, exit)?;
        } else if args.plugin {
            writeln!(out, "{}", told.plugin())?;
        } else {
            let word = painted(&out, level);
            writeln!(out, "{word} vip {}: {}", plan.target.text, told.sentence())?;
            for line in told.lines() {
                writeln!(out, "  {line}")?;
            }
        }
        out.flush()?;
        Ok(exit)
    }
}
