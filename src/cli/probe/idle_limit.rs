//! `hactl probe keepalive --find-idle-limit`.

use std::io::{self, IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::{ProbeArgs, painted, status, targets};
use crate::cli::Error;
use crate::cli::output::{Output, note};
use crate::net::socket_owner::setting;
use crate::net::{Stop, monotonic};
use crate::probe::idle_limit::{Asked, Search, find};
use crate::probe::target::Ports;
use crate::report::probe::idle_limit::{Limit, objects};
use crate::report::probe::json as stream;
use crate::report::simulate::tcp::advice;
use crate::simulate::tcp::{Keepalive, Settings};

/// Keepalive times are at most 32767 s, and nobody waits longer than this.
const MOST: Duration = Duration::from_hours(4);

pub fn run(args: &ProbeArgs, ports: Ports, max: Duration, send: Option<&[u8]>) -> Result<u8, Error> {
    if !(Duration::from_secs(2)..=MOST).contains(&max) {
        return Err(Error::Other("--find-idle-limit takes 2s to 4h".into()));
    }
    let mut all = targets(&args.targets, ports)?;
    let (Some(target), true) = (all.pop(), all.is_empty()) else {
        return Err(Error::Other("--find-idle-limit takes one target".into()));
    };
    let options = args.options()?;
    let mut search = Search::new(max);
    if !args.common.quiet {
        note(&format!(
            "{}: at most {} connections at once, usually done within {}",
            target.text,
            search.sockets,
            humantime::format_duration(search.longest())
        ));
    }
    let mut out = Output::new(true, args.common.color);
    if args.common.json {
        stream::start(&mut out, "keepalive", &target.text)?;
        out.flush()?;
    }
    let asked = Asked {
        target: target.clone(),
        family: options.family,
        origin: options.origin,
        timeout: options.timeout,
        send: send.map(<[u8]>::to_vec),
    };
    let stop = Stop::install()?;
    let (wake, woken) = UnixStream::pair()?;
    stop.wake(&wake)?;
    let begun = monotonic();
    let shown = !args.common.quiet && !args.common.json && io::stderr().is_terminal();
    let found = find(&asked, &mut search, woken, &mut |p| {
        if shown {
            let _ = write!(
                io::stderr(),
                "\r\x1b[Kround {}: {} of {} known, {} of {} s",
                p.round,
                p.known,
                p.all,
                p.elapsed.as_secs(),
                p.until.as_secs()
            );
        }
    })?;
    if shown {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    let host = setting("net/ipv4/tcp_keepalive_time");
    let limit = Limit::new(&target.text, &search, found, host, send.is_some(), monotonic().since(begun));
    let exit = status(limit.level(), args.exit_zero);
    if args.common.json {
        objects(&mut out, &limit, exit)?;
    } else {
        let word = painted(&out, limit.level());
        writeln!(out, "{word} keepalive {}: {}", target.text, limit.words())?;
        if let Some((idle, interval)) = limit.settings() {
            let keepalive =
                Keepalive { idle: Duration::from_secs(idle), interval: Duration::from_secs(interval), probes: 3 };
            for line in advice::spelled(&Settings { keepalive: Some(keepalive), ..Settings::default() }, None) {
                writeln!(out, "  {line}")?;
            }
        }
        for line in limit.lines() {
            writeln!(out, "  {line}")?;
        }
    }
    out.flush()?;
    Ok(exit)
}
