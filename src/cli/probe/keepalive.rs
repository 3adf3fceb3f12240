//! `hactl probe keepalive`.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use clap::Args;

use super::{Kind, ProbeArgs, idle_limit, payload};
use crate::cli::Error;
use crate::cli::args::duration;
use crate::net::sock_diag::SockDiag;
use crate::probe::keepalive::{Diag, Keepalive, Step, Told};
use crate::probe::target::Ports;
use crate::probe::{Check, Job, KeepaliveOptions, Target};
use crate::report::probe::keepalive as words;
use crate::simulate::tcp::{self, gives_up_idle, whole_seconds};

/// What says nothing about how long a connection may be idle.
const NOT_WITH_LIMIT: [&str; 15] = [
    "for_",
    "user_timeout",
    "idle",
    "interval",
    "probes",
    "count",
    "retries",
    "retry_delay",
    "parallel",
    "rate",
    "all_addresses",
    "warn",
    "crit",
    "expect_fail",
    "plugin",
];

#[derive(Debug, Args)]
#[command(mut_arg("interval", |a| a
    .help("From one probe without an answer to the next (TCP_KEEPINTVL)")
    .help_heading("Keepalive")
    .default_value("2s")))]
#[command(mut_arg("timeout", |a| a.help("For the connection to stand")))]
#[command(mut_arg("count", |a| a.hide(true)))]
pub struct KeepaliveArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// How long nothing is heard before the first probe (TCP_KEEPIDLE)
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds, default_value = "10s", help_heading = "Keepalive")]
    idle: Duration,
    /// Probes without an answer before the kernel gives the connection up (TCP_KEEPCNT)
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=127), help_heading = "Keepalive")]
    probes: u32,
    /// TCP_USER_TIMEOUT, which then decides instead of the number of probes
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Keepalive")]
    user_timeout: Option<Duration>,
    /// Hold the connection for so long; without this the first answer is the end
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, help_heading = "Keepalive")]
    for_: Option<Duration>,
    /// Find out how long a connection may be idle, up to this: with many connections, to a second. A limit of the service
    /// (FIN) is a warning up to 60s, one of the path up to this host's tcp_keepalive_time
    #[arg(long, value_name = "MAX", value_parser = duration, conflicts_with_all = NOT_WITH_LIMIT, help_heading = "Keepalive")]
    find_idle_limit: Option<Duration>,
    /// Say this on each of them first: a service may keep used connections for another time than fresh ones
    #[arg(long, visible_alias = "payload", value_name = "TEXT", value_parser = payload, requires = "find_idle_limit", help_heading = "Keepalive")]
    send: Option<::std::vec::Vec<u8>>,
    /// What asks the kernel.
    #[arg(skip)]
    diag: OnceLock<Option<Diag>>,
}

impl KeepaliveArgs {
    fn interval(&self) -> Duration {
        self.common.interval.unwrap_or(Duration::from_secs(2))
    }

    /// When the kernel gives up, after the last thing heard.
    fn gives_up(&self) -> Duration {
        let keepalive = tcp::Keepalive { idle: self.idle, interval: self.interval(), probes: self.probes };
        gives_up_idle(&keepalive, self.user_timeout)
    }

    /// Who is told what is seen: lines where somebody reads lines, and the timer on a terminal.
    fn told(&self) -> Told {
        let lines = !self.common.common.json && !self.common.plugin && !self.common.common.quiet;
        let screen = lines && io::stderr().is_terminal() && self.common.targets.len() == 1;
        let idle = self.idle;
        Arc::new(move |target, at, step: &Step| {
            if !lines {
                return;
            }
            if let Some(line) = words::line(target, at, step) {
                let clear = if screen { "\r\x1b[K" } else { "" };
                let _ = write!(io::stderr(), "{clear}");
                // A reader that is gone is met again when the result is told.
                let _ = writeln!(io::stdout(), "{line}");
            } else if let Some(line) = words::now(target, idle, step).filter(|_| screen) {
                let _ = write!(io::stderr(), "\r\x1b[K{line}");
            }
        })
    }
}

impl Kind for KeepaliveArgs {
    const NAME: &'static str = "keepalive";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe keepalive web1:80                       answered, reset, closed, or silence?
  hactl probe keepalive db1:5432 --idle 60s --interval 10s --probes 3
  hactl probe keepalive db1:5432 --idle 30s --for 10m     hold it, through a failover
  hactl probe keepalive db1:5432 --find-idle-limit 15m    when does the path forget, and what to set
  hactl probe keepalive web1:80 --find-idle-limit 5m --send 'GET / HTTP/1.1\\r\\nHost: web1\\r\\n\\r\\n'
  hactl probe keepalive web1:443 --user-timeout 15s --json
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::Named
    }

    fn longest(&self) -> Duration {
        self.common.timeout + self.gives_up().max(self.for_.unwrap_or_default())
    }

    fn instead(&self) -> Option<Result<u8, Error>> {
        self.find_idle_limit.map(|max| idle_limit::run(&self.common, self.ports(), max, self.send.as_deref()))
    }

    fn check(&self, _: &Target) -> Result<Arc<dyn Check>, Error> {
        let options = KeepaliveOptions {
            idle: self.idle,
            interval: self.interval(),
            probes: self.probes,
            user_timeout: self.user_timeout,
        };
        // In the namespace that is probed from, which has been entered by now.
        let diag = self.diag.get_or_init(|| SockDiag::open().ok().map(|d| Arc::new(Mutex::new(d))));
        Ok(Arc::new(Keepalive::new(options, self.gives_up(), self.for_, self.told(), diag.clone())))
    }

    fn jobs(&self) -> Result<Vec<Job>, Error> {
        let other = |text: String| Err(Error::Other(text));
        let interval = humantime::format_duration(self.interval()).to_string();
        if let Err(e) = whole_seconds(&interval) {
            return other(format!("--interval {interval}: {e}"));
        }
        if let Some(hold) = self.for_.filter(|hold| *hold <= self.idle) {
            let (hold, idle) = (humantime::format_duration(hold), humantime::format_duration(self.idle));
            return other(format!("--for {hold} is over before the first probe, which is due after --idle {idle}"));
        }
        if self.common.count > 1 {
            return other("keepalive is probed once; --for holds the connection for longer".to_owned());
        }
        let targets = super::targets(&self.common.targets, self.ports())?;
        targets.into_iter().map(|target| Ok(Job { check: self.check(&target)?, target, options: None })).collect()
    }
}
