//! `hactl probe KIND TARGET…`: one-shot checks.
//!
//! A kind of check is a file here with its options ([`Kind`]) and one line in the table below.

mod config;
mod dns;
mod http;
mod icmp;
mod idle_limit;
mod keepalive;
mod nginx;
mod script;
mod smtp;
mod sockets;
mod tcp;
mod tls;
mod udp;
mod vip;
mod watch;

use std::io::{self, IsTerminal, Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::args::{CommonArgs, duration};
use super::output::{Output, width};
use super::{Error, TEMPLATE};
use crate::finding::Severity;
use crate::net::{Stop, namespace};
use crate::probe::target::{self, Ports};
use crate::probe::{Check, Checked, Family, Job, Level, Options, Origin, Ran, Target, Wanted, many};
use crate::report::probe::{Tally, json, line, plugin, table};

pub const EXAMPLES: &str = "\
Examples:
  hactl probe icmp 10.0.0.1               is the host there?
  hactl probe tcp web1:80                 is the port open, how fast, and if not why
  sudo hactl probe vip 10.0.0.100         who has the address, is that the master, do several?
  hactl probe tcp 10.0.0.0/24:22,80       many, failures first
  hactl probe tcp @servers.txt --json     targets from a file, one JSON object each
  hactl probe tcp web1:80 --warn 100ms --crit 1s --plugin    for a monitoring system
";

/// More lines than this are a table.
const MOST_LINES: usize = 8;

/// What a kind of check has to say for itself. Its options are a `clap::Args` with [`ProbeArgs`] flattened into it.
trait Kind {
    /// Its name on the command line.
    const NAME: &'static str;
    /// The examples that its help begins with.
    const EXAMPLES: &'static str;

    /// What all kinds have.
    fn common(&self) -> &ProbeArgs;

    /// The ports that its targets have.
    fn ports(&self) -> Ports;

    /// The check of one target.
    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error>;

    /// The longest that one check takes.
    fn longest(&self) -> Duration {
        self.common().timeout
    }

    /// What is wanted of it.
    fn wanted(&self) -> Result<Wanted, Error> {
        self.common().wanted()
    }

    /// What is done instead, when something else was asked for.
    fn instead(&self) -> Option<Result<u8, Error>> {
        None
    }

    /// What to do. A kind whose targets are no hosts says it here.
    fn jobs(&self) -> Result<Vec<Job>, Error> {
        let targets = targets(&self.common().targets, self.ports())?;
        targets.into_iter().map(|target| Ok(Job { check: self.check(&target)?, target, options: None })).collect()
    }
}

/// The table of kinds.
macro_rules! kinds {
    ($($(#[$about:meta])* $name:ident($args:ty),)*) => {
        // A kind of check with its options. No doc comment: its help would begin with it.
        #[derive(Debug, Subcommand)]
        #[command(defer = true)]
        enum AnyKind {
            $(
                $(#[$about])*
                #[command(before_help = <$args>::EXAMPLES, help_template = TEMPLATE, max_term_width = 100)]
                $name(Box<$args>),
            )*
            /// Which of this host's TCP connections would not notice a dead peer, and for how long?
            #[command(before_help = sockets::EXAMPLES, help_template = TEMPLATE, max_term_width = 100)]
            Sockets(Box<sockets::SocketsArgs>),
            /// Every checker and tracked script of a keepalived.conf, once or as keepalived goes on, and what that comes to
            #[command(before_help = config::EXAMPLES, help_template = TEMPLATE, max_term_width = 100)]
            Config(Box<config::ConfigArgs>),
            /// Every server behind an nginx.conf, and its listens beside the VIPs of a keepalived.conf
            #[command(before_help = nginx::EXAMPLES, help_template = TEMPLATE, max_term_width = 100)]
            Nginx(Box<nginx::NginxArgs>),
        }

        impl AnyKind {
            fn run(&self) -> Result<u8, Error> {
                match self {
                    $(Self::$name(args) => run_kind(&**args),)*
                    Self::Sockets(args) => sockets::run(args),
                    Self::Config(args) => config::run(args),
                    Self::Nginx(args) => nginx::run(args),
                }
            }
        }
    };
}

kinds! {
    /// Does the host answer ICMP echo?
    Icmp(icmp::IcmpArgs),
    /// Can a TCP connection be made, and does the service say what it should?
    Tcp(tcp::TcpArgs),
    /// Does a UDP service answer, or is there an ICMP error?
    Udp(udp::UdpArgs),
    /// Is the page the one that it should be? Asked and judged as keepalived's HTTP_GET
    Http(http::HttpArgs),
    /// The same through TLS, as keepalived's SSL_GET
    Https(http::HttpsArgs),
    /// What does the TLS handshake agree on, and can the certificate be trusted?
    Tls(tls::TlsArgs),
    /// Does a mail server greet and answer, as keepalived's SMTP_CHECK asks?
    Smtp(smtp::SmtpArgs),
    /// Does a name server answer, as keepalived's DNS_CHECK asks?
    Dns(dns::DnsArgs),
    /// What does a script of MISC_CHECK or vrrp_script say?
    Script(script::ScriptArgs),
    /// Who has a virtual address, is that the master, and does it answer?
    Vip(vip::VipArgs),
    /// What becomes of an idle connection: are keepalive probes answered, and what if not?
    Keepalive(keepalive::KeepaliveArgs),
}

#[derive(Debug, Args)]
pub struct ProbeCommand {
    #[command(subcommand)]
    kind: AnyKind,
}

// Options of every kind. No doc comment: its help would begin with it.
#[derive(Debug, Args)]
struct ProbeArgs {
    /// host:port, [v6]:port, several ports (host:80,443 or host:8000-8010), a network (10.0.0.0/24:80), or @FILE with
    /// targets
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// For one attempt with all its steps
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s", help_heading = "Attempts")]
    timeout: Duration,
    /// Try so many times more after a failure; one success is enough
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1000), allow_negative_numbers = true, help_heading = "Attempts")]
    retries: u32,
    /// Before each of them
    #[arg(long, value_name = "DURATION", value_parser = pause, default_value = "1s", help_heading = "Attempts")]
    retry_delay: Duration,
    /// Check so many times, and tell min, median, p95, max and loss
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), allow_negative_numbers = true, help_heading = "Attempts")]
    count: u32,
    /// From the beginning of one of them to that of the next [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = pause, help_heading = "Attempts")]
    interval: Option<Duration>,
    /// So many targets at the same time
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=900), allow_negative_numbers = true, help_heading = "Attempts")]
    parallel: u32,
    /// No more attempts than this begin in a second; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = rate, allow_negative_numbers = true, help_heading = "Attempts")]
    rate: u32,
    /// Every address of a name, not only the first
    #[arg(long, help_heading = "Path")]
    all_addresses: bool,
    /// Only IPv4 addresses
    #[arg(short = '4', conflicts_with = "v6", help_heading = "Path")]
    v4: bool,
    /// Only IPv6 addresses
    #[arg(short = '6', help_heading = "Path")]
    v6: bool,
    /// Come from this address
    #[arg(long, value_name = "ADDRESS", help_heading = "Path")]
    source: Option<IpAddr>,
    /// Go out of this interface, whatever the routes say
    #[arg(long, value_name = "NAME", help_heading = "Path")]
    interface: Option<String>,
    /// The firewall mark of what is sent, e.g. 0x10
    #[arg(long, value_name = "NUMBER", value_parser = mark, help_heading = "Path")]
    mark: Option<u32>,
    #[command(flatten)]
    namespace: NamespaceArgs,
    /// Longer is a warning
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Verdict")]
    warn: Option<Duration>,
    /// Longer is critical
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Verdict")]
    crit: Option<Duration>,
    /// It has to fail: a firewall, a service that must be off
    #[arg(long, help_heading = "Verdict")]
    expect_fail: bool,
    /// Exit with 0 whatever was found; still with 3 if it could not look
    #[arg(long, help_heading = "Verdict")]
    exit_zero: bool,
    /// One line with perfdata, for a monitoring system
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    plugin: bool,
    #[command(flatten)]
    common: CommonArgs,
}

// Where on this host to probe from. No doc comment: its help would begin with it.
#[derive(Debug, Args)]
struct NamespaceArgs {
    /// From this network namespace: a name of `ip netns`, the number of a process, or a path; takes root. Names are
    /// resolved with this host's /etc/resolv.conf
    #[arg(long, value_name = "NAME|PID|PATH", help_heading = "Path")]
    netns: Option<String>,
}

impl NamespaceArgs {
    /// Goes there. Before any socket is opened and any thread started.
    fn enter(&self) -> Result<(), Error> {
        let Some(name) = &self.netns else { return Ok(()) };
        namespace::enter(name).map_err(|e| Error::Other(e.to_string()))
    }
}

impl ProbeArgs {
    fn options(&self) -> Result<Options, Error> {
        let contradicts = match self.source {
            Some(IpAddr::V4(_)) if self.v6 => Some(("-6", "IPv6")),
            Some(IpAddr::V6(_)) if self.v4 => Some(("-4", "IPv4")),
            _ => None,
        };
        if let Some(((option, family), source)) = contradicts.zip(self.source) {
            let sentence = format!("{option} asks for {family} addresses, which --source {source} cannot ask");
            return Err(Error::Other(sentence));
        }
        Ok(Options {
            timeout: self.timeout,
            each_step: false,
            retries: self.retries,
            retry_delay: self.retry_delay,
            all_addresses: self.all_addresses,
            family: match (self.v4, self.v6) {
                (true, _) => Family::V4,
                (_, true) => Family::V6,
                _ => Family::Any,
            },
            origin: Origin { source: self.source, interface: self.interface.clone(), mark: self.mark },
            count: self.count,
            interval: self.interval.unwrap_or(Duration::from_secs(1)),
            rate: self.rate,
        })
    }

    fn wanted(&self) -> Result<Wanted, Error> {
        if let (Some(warn), Some(crit)) = (self.warn, self.crit)
            && crit < warn
        {
            let (warn, crit) = (humantime::format_duration(warn), humantime::format_duration(crit));
            return Err(Error::Other(format!(
                "--crit {crit} is shorter than --warn {warn}, which would never be told"
            )));
        }
        Ok(Wanted { warn: self.warn, crit: self.crit, failure: self.expect_fail, ..Wanted::default() })
    }
}

/// A duration that may be nothing.
fn pause(s: &str) -> Result<Duration, String> {
    if matches!(s, "0" | "0s" | "0ms") { Ok(Duration::ZERO) } else { duration(s) }
}

fn rate(s: &str) -> Result<u32, String> {
    let number = s.parse().ok().filter(|n| *n <= 1_000_000);
    number.ok_or_else(|| {
        "a whole number up to 1000000 is wanted; for less than one in a second use --interval".to_owned()
    })
}

fn mark(s: &str) -> Result<u32, String> {
    let number = match s.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => s.parse(),
    };
    number.map_err(|_| "a number is wanted, 16 or 0x10".to_owned())
}

/// Text with escapes: `\r`, `\n`, `\xHH`.
fn payload(s: &str) -> Result<Vec<u8>, String> {
    crate::probe::plain::unescape(s)
}

/// What the arguments name, files of them included.
fn targets(arguments: &[String], ports: Ports) -> Result<Vec<Target>, Error> {
    let mut list = Vec::new();
    let other = |e: target::TargetError| Error::Other(e.to_string());
    for argument in arguments {
        match argument.strip_prefix('@') {
            Some(file) => {
                let text = read(file).map_err(|e| Error::Other(format!("cannot read the targets in {file}: {e}")))?;
                for word in target::words(&text) {
                    target::add(word, ports, &mut list).map_err(|e| Error::Other(format!("{file}: {e}")))?;
                }
            }
            None => target::add(argument, ports, &mut list).map_err(other)?,
        }
    }
    if list.is_empty() {
        return Err(Error::Other(format!("there is no target in {}", arguments.join(" "))));
    }
    Ok(list)
}

fn read(file: &str) -> io::Result<String> {
    // As many targets as there may be, with room for comments.
    const MOST: u64 = 16 << 20;
    let mut text = String::new();
    if file == "-" {
        io::stdin().lock().take(MOST).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(Path::new(file))?.take(MOST).read_to_string(&mut text)?;
    }
    Ok(text)
}

pub fn run(command: &ProbeCommand) -> Result<u8, Error> {
    command.kind.run()
}

fn run_kind<K: Kind>(kind: &K) -> Result<u8, Error> {
    let args = kind.common();
    args.namespace.enter()?;
    if let Some(done) = kind.instead() {
        return done;
    }
    let wanted = kind.wanted()?;
    let options = args.options()?;
    let jobs = kind.jobs()?;
    let mut out = Output::new(true, args.common.color);
    if args.common.json {
        json::start(&mut out, K::NAME, &args.targets.join(" "))?;
        out.flush()?;
    }
    let stop = Stop::install()?;
    let (wake, woken) = UnixStream::pair()?;
    stop.wake(&wake)?;
    let total = jobs.len();
    let mut progress = Progress::new(total, args);
    let ran = many(jobs, &options, args.parallel as usize, Some(woken), &mut |checked, finished| {
        if args.common.json {
            for c in checked {
                json::probe(&mut out, c, &wanted)?;
            }
            out.record_done()?;
        }
        progress.at(finished);
        Ok(())
    });
    progress.end();
    let ran = ran?;
    tell(&mut out, kind, &wanted, &ran)
}

/// Everything that was not told as it came, and the exit status.
fn tell<K: Kind>(out: &mut Output, kind: &K, wanted: &Wanted, ran: &Ran) -> Result<u8, Error> {
    let args = kind.common();
    let tally = Tally::of(&ran.checked, wanted);
    let level = if ran.missing > 0 { tally.worst().max(Level::Unknown) } else { tally.worst() };
    let exit = status(level, args.exit_zero);
    if args.common.json {
        for (_, c) in ran.places.iter().zip(&ran.checked).filter(|(place, _)| place.unfinished) {
            json::probe(out, c, wanted)?;
        }
        json::summary(out, &tally, ran.missing, ran.interrupted, exit)?;
    } else if args.plugin {
        writeln!(out, "{}", plugin::line(K::NAME, &ran.checked, ran.missing, wanted, kind.longest()))?;
    } else if ran.checked.len() > MOST_LINES {
        writeln!(out, "{}", table::table(&ran.checked, wanted, width(), args.common.verbose))?;
        writeln!(out, "{}", tally.words())?;
    } else {
        for (level, c) in table::worst_first(&ran.checked, wanted) {
            tell_one(out, args, wanted, level, c)?;
        }
    }
    if ran.interrupted && !args.plugin && !args.common.json {
        let missing = if ran.missing > 0 { format!("; {} without a result", ran.missing) } else { String::new() };
        writeln!(out, "interrupted{missing}")?;
    }
    out.flush()?;
    Ok(exit)
}

/// The exit status; with `--exit-zero` only what could not be looked at is one.
const fn status(level: Level, zero: bool) -> u8 {
    if zero && !matches!(level, Level::Unknown) { 0 } else { level.exit() }
}

/// A level's word, in its colour.
fn painted(out: &Output, level: Level) -> String {
    let severity = match level {
        Level::Ok => None,
        Level::Warning | Level::Unknown => Some(Severity::Warning),
        Level::Critical => Some(Severity::Critical),
    };
    out.paint(severity, level.word())
}

fn tell_one(out: &mut Output, args: &ProbeArgs, wanted: &Wanted, level: Level, c: &Checked) -> io::Result<()> {
    let word = painted(out, level);
    writeln!(out, "{}", line::line(c, wanted, &word))?;
    if let Some(bar) = line::bar(&c.outcome.phases).filter(|_| !args.common.quiet && c.series.is_none()) {
        writeln!(out, "{bar}")?;
    }
    if !args.common.quiet {
        for problem in line::problems(c) {
            writeln!(out, "  * {problem}")?;
        }
    }
    if args.common.verbose {
        for detail in line::details(&c.outcome) {
            writeln!(out, "  {detail}")?;
        }
    }
    Ok(())
}

/// How far it is, on standard error, where somebody looks.
struct Progress {
    total: usize,
    shown: bool,
    last: usize,
}

impl Progress {
    fn new(total: usize, args: &ProbeArgs) -> Self {
        let shown = total > MOST_LINES && !args.common.quiet && !args.common.json && io::stderr().is_terminal();
        Self { total, shown, last: 0 }
    }

    fn at(&mut self, finished: usize) {
        const CELLS: usize = 30;
        let permille = finished * 1000 / self.total;
        if self.shown && permille > self.last {
            self.last = permille;
            let full = permille * CELLS / 1000;
            let bar = "█".repeat(full) + &"·".repeat(CELLS - full);
            let _ = write!(io::stderr(), "\r{bar} {finished} of {}", self.total);
        }
    }

    fn end(&self) {
        if self.shown && self.last > 0 {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_pauses() {
        assert_eq!((mark("0x10"), mark("16")), (Ok(16), Ok(16)));
        assert!(mark("x").is_err() && mark("4294967296").is_err());
        assert_eq!((pause("0s"), pause("250ms")), (Ok(Duration::ZERO), Ok(Duration::from_millis(250))));
        assert!(pause("5").is_err_and(|e| e.contains("the unit is missing")));
    }
}
