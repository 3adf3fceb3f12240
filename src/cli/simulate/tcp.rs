//! `hactl simulate tcp-keepalive`: what TCP keepalive does, and when.

use std::fs;
use std::io::Write;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use crate::cli::Error;
use crate::cli::args::CommonArgs;
use crate::cli::output::Output;
use crate::finding::Severity;
use crate::report::simulate::tcp::timeline::Timeline;
use crate::report::simulate::tcp::{advice, json, words};
use crate::simulate::tcp::{
    Answer, Errno, Kernel, LONGEST, Middlebox, Preset, Scenario, Settings, Slack, Summary, Target, Verdict, What,
    bytes, duration, event, horizon, judge, middlebox, nginx, play, preset, retries2, solve, whole_seconds,
};
use crate::time::{Instant, seconds};

pub const EXAMPLES: &str = "\
Examples:
  hactl simulate tcp-keepalive                           the defaults, and what each fault does
  hactl simulate tcp-keepalive --at '0s drop'            a silent peer: 7200 + 9 x 75 = 7875 s
  hactl simulate tcp-keepalive --at '9s drop' --in-flight    with unacknowledged data: no keepalive
  hactl simulate tcp-keepalive --idle 60s --interval 10s --probes 3 --at '5s reboot'
  hactl simulate tcp-keepalive --nginx 'so_keepalive=30m::10' --middlebox aws-nlb
  hactl simulate tcp-keepalive --from-host --preset redis --at '1m close' --at '2m write 100'
  hactl simulate tcp-keepalive --detect-within 30s --survive-idle 350s    settings that do it
";

#[derive(Debug, Args)]
pub struct TcpArgs {
    /// Idle time before the first probe (TCP_KEEPIDLE, tcp_keepalive_time)
    #[arg(long, value_name = "DURATION", help_heading = "Socket")]
    idle: Option<String>,
    /// Time between probes (TCP_KEEPINTVL, tcp_keepalive_intvl)
    #[arg(long, value_name = "DURATION", help_heading = "Socket")]
    interval: Option<String>,
    /// Probes without an answer before the connection is given up (TCP_KEEPCNT, tcp_keepalive_probes)
    #[arg(long, value_name = "N", help_heading = "Socket")]
    probes: Option<String>,
    /// TCP_USER_TIMEOUT; 0s for none
    #[arg(long, value_name = "DURATION", help_heading = "Socket")]
    user_timeout: Option<String>,
    /// tcp_retries2 of the kernel
    #[arg(long, value_name = "N", help_heading = "Socket")]
    retries2: Option<String>,
    /// A socket without SO_KEEPALIVE
    #[arg(long, conflicts_with_all = ["idle", "interval", "probes", "keepalive"], help_heading = "Socket")]
    no_keepalive: bool,
    /// A socket with SO_KEEPALIVE, where the preset has none
    #[arg(long, help_heading = "Socket")]
    keepalive: bool,
    /// What a program does by itself: linux, nginx, haproxy, apache, postgres, mysql, redis, openssh, go, java, python,
    /// node, node-http, curl
    #[arg(long, value_name = "PROGRAM", help_heading = "Socket")]
    preset: Option<String>,
    /// nginx's way to say it: 'so_keepalive=30m::10', also within its listen line
    #[arg(long, value_name = "TEXT", conflicts_with = "preset", help_heading = "Socket")]
    nginx: Option<String>,
    /// Take what is not given from this host's sysctls
    #[arg(long, help_heading = "Socket")]
    from_host: bool,
    /// Small writes do not wait for each other (TCP_NODELAY)
    #[arg(long, help_heading = "Socket")]
    nodelay: bool,
    /// Ticks a second of the kernel: 100, 250, 300 or 1000
    #[arg(long, value_name = "N", help_heading = "Socket")]
    hz: Option<String>,
    /// What happens: 'TIME WHAT', WHAT being drop, heal, close, reset, reboot, unreachable, write [BYTES], peer-write
    /// [BYTES]; time 0 is the end of the handshake
    #[arg(long, value_name = "EVENT", help_heading = "What happens")]
    at: Vec<String>,
    /// Data is exchanged at this time, from which on the connection is idle
    #[arg(long, value_name = "DURATION", help_heading = "What happens")]
    last_data: Option<String>,
    /// So much data is on its way when the first fault comes: it is written just then
    #[arg(long, value_name = "BYTES", num_args = 0..=1, default_missing_value = "1", help_heading = "What happens")]
    in_flight: Option<String>,
    /// The round trip
    #[arg(long, value_name = "DURATION", default_value = "200us", help_heading = "What happens")]
    rtt: String,
    /// How long it is watched; without it, until everything is over
    #[arg(long = "for", value_name = "DURATION", help_heading = "What happens")]
    for_: Option<String>,
    /// Something on the way forgets flows that are idle for so long
    #[arg(long, value_name = "DURATION", help_heading = "Middlebox")]
    idle_limit: Option<String>,
    /// What it does with packets of a forgotten flow: silent, rst, or rst-both (to both ends when it forgets)
    #[arg(long, value_name = "ANSWER", help_heading = "Middlebox")]
    middlebox_answer: Option<String>,
    /// A known one: aws-nlb, aws-nat-gateway, azure-lb, azure-lb-reset, gcp-firewall, gcp-nat, f5-fastl4, ipvs,
    /// conntrack, rfc5382
    #[arg(long, value_name = "NAME", help_heading = "Middlebox")]
    middlebox: Option<String>,
    /// A silent peer has to be noticed within this time
    #[arg(long, value_name = "DURATION", help_heading = "Target")]
    detect_within: Option<String>,
    /// A flow that is forgotten when idle for this time has to stay
    #[arg(long, value_name = "DURATION", help_heading = "Target")]
    survive_idle: Option<String>,
    /// Exit with 0 even when the target is not met
    #[arg(long, help_heading = "Target")]
    exit_zero: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Reads an option's value, and names the option where that fails.
fn value<T>(option: &str, text: Option<&String>, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, Error> {
    text.map(|t| read(t).map_err(|e| Error::Other(format!("{option} {t}: {e}")))).transpose()
}

/// A whole number in a range.
fn number(least: u32, most: u32) -> impl Fn(&str) -> Result<u32, String> {
    move |text| {
        let n = u32::from_str(text).ok().filter(|n| (least..=most).contains(n));
        n.ok_or_else(|| format!("a number from {least} to {most} is wanted"))
    }
}

/// A duration in a range.
fn within(least: Duration, most: Duration) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        let d = duration(text)?;
        let fits = (least..=most).contains(&d);
        fits.then_some(d).ok_or_else(|| format!("from {} s to {} s are possible", seconds(least), seconds(most)))
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

pub fn run(args: &TcpArgs) -> Result<u8, Error> {
    let (scenario, source) = scenario(args)?;
    let target = Target {
        detect_within: value("--detect-within", args.detect_within.as_ref(), within(MILLISECOND, LONGEST))?,
        survive_idle: value("--survive-idle", args.survive_idle.as_ref(), within(MILLISECOND, LONGEST))?,
    };
    let asked = target != Target::default();
    // Settings that somebody gave are judged; who gives none asks for some.
    let judged = (asked && gives_settings(args)).then(|| judge(&scenario.local, scenario.rtt, &target));
    let met = judged.as_ref().is_some_and(Verdict::is_met);
    let found = (asked && !met).then(|| solve(&scenario.local.kernel, scenario.rtt, &target)).flatten();
    let missed = asked && if judged.is_some() { !met } else { found.is_none() };
    let exit = if missed && !args.exit_zero { 2 } else { 0 };

    let mut out = Output::new(false, args.common.color);
    if args.common.json {
        json::start(&mut out, &source)?;
        let mut failed = None;
        let summary = play(&scenario, Slack::Usual, &mut |at, record| {
            if let Err(e) = json::record(&mut out, &scenario, at, &record) {
                failed.get_or_insert(e);
            }
        });
        failed.map_or(Ok(()), Err)?;
        let latest = latest(&scenario, &summary);
        json::summary(&mut out, &scenario, &summary, latest, (judged.as_ref(), found.as_ref()), exit)?;
        out.flush()?;
        return Ok(exit);
    }
    writeln!(out, "{source}")?;
    for l in words::settings(&scenario.local) {
        writeln!(out, "  {l}")?;
    }
    if let Some(m) = &scenario.middlebox {
        writeln!(out, "  middlebox     {}", words::middlebox(m))?;
    }
    writeln!(out)?;
    if asked {
        tell_target(&mut out, &target, scenario.rtt, judged.as_ref(), found.as_ref())?;
    }
    if !scenario.events.is_empty() || scenario.middlebox.is_some() {
        tell_timeline(&mut out, &scenario)?;
    } else if !asked {
        for l in advice::faults(&scenario) {
            writeln!(out, "{}", l.trim_end())?;
        }
        writeln!(out)?;
    }
    if !asked && !args.common.quiet {
        for l in advice::remarks(&scenario) {
            writeln!(out, "* {l}")?;
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Whether somebody said what the socket is like.
fn gives_settings(args: &TcpArgs) -> bool {
    let figures = [&args.idle, &args.interval, &args.probes, &args.user_timeout, &args.retries2];
    figures.iter().any(|f| f.is_some())
        || args.preset.is_some()
        || args.nginx.is_some()
        || args.from_host
        || args.no_keepalive
        || args.keepalive
}

/// The same end with timers on time, and with timers as late as the kernel may make them, if it is the same.
fn others(scenario: &Scenario, summary: &Summary) -> Option<[Duration; 2]> {
    let (_, learned) = summary.error?;
    let scenario = Scenario { length: scenario.length + horizon(&scenario.local), ..scenario.clone() };
    let at = |slack| {
        let summary = play(&scenario, slack, &mut |_, _| {});
        summary.error.filter(|(_, l)| l.error == learned.error).map(|(at, _)| at.since(Instant::ZERO))
    };
    Some([at(Slack::Least)?, at(Slack::Most)?])
}

/// The latest of them.
fn latest(scenario: &Scenario, summary: &Summary) -> Option<Duration> {
    others(scenario, summary)?.into_iter().max()
}

fn tell_timeline(out: &mut Output, scenario: &Scenario) -> Result<(), Error> {
    let summary = {
        let mut timeline = Timeline::new(scenario, out);
        let summary = play(scenario, Slack::Usual, &mut |at, record| timeline.take(at, &record));
        timeline.end()?;
        summary
    };
    writeln!(out)?;
    let fault = scenario.events.iter().find(|(_, w)| w.is_fault()).map(|(at, _)| *at);
    let after = |at: Instant| {
        let since = fault.filter(|f| f.as_micros() > 0 && *f <= at);
        since
            .map_or_else(String::new, |f| format!(", {} after the first fault", words::time(words::round(at.since(f)))))
    };
    match (summary.error, summary.first) {
        (Some((at, l)), _) => {
            let word = out.paint(Some(Severity::Critical), l.error.as_str());
            let when = words::time(words::round(at.since(Instant::ZERO)));
            writeln!(out, "{word}: the application learns it at {when}{}.", after(at))?;
            let Some([least, most]) = others(scenario, &summary) else { return Ok(writeln!(out)?) };
            let told = at.since(Instant::ZERO);
            if most > told + MILLISECOND * 10 {
                let most = words::time(words::round(most));
                writeln!(out, "Timers of a real kernel are coarse: it may be as late as {most}.")?;
            }
            if least > told {
                let least = words::time(words::round(least));
                writeln!(
                    out,
                    "Milliseconds decide: timers that are on time allow one retransmission more, and {least}."
                )?;
            }
        }
        (None, Some((at, l))) if l.error == Errno::Eof => {
            let word = out.paint(Some(Severity::Warning), "EOF");
            let when = words::time(words::round(at.since(Instant::ZERO)));
            writeln!(out, "{word}: the application learns at {when} that the peer has closed{}.", after(at))?;
        }
        _ => {
            let word = out.paint(None, "NOTHING");
            let length = words::time(scenario.length);
            writeln!(out, "{word} is learnt by the application in {length}.")?;
        }
    }
    writeln!(out)?;
    Ok(())
}

fn tell_target(
    out: &mut Output,
    target: &Target,
    rtt: Duration,
    judged: Option<&Verdict>,
    found: Option<&Verdict>,
) -> Result<(), Error> {
    writeln!(out, "Wanted: {}.", advice::wanted(target))?;
    writeln!(out)?;
    if let Some(v) = judged {
        let word = if v.is_met() { out.paint(None, "MET") } else { out.paint(Some(Severity::Critical), "NOT MET") };
        writeln!(out, "These settings: {word}")?;
        for l in advice::verdict(v) {
            writeln!(out, "  {}", l.trim_end())?;
        }
        writeln!(out)?;
    }
    match found {
        Some(v) => {
            writeln!(out, "Settings that do it, tried:")?;
            for l in words::settings(&v.settings).iter().chain(&advice::verdict(v)) {
                writeln!(out, "  {}", l.trim_end())?;
            }
            writeln!(out)?;
            let retries = target.detect_within.and_then(|t| retries2(&v.settings.kernel, rtt, t));
            for l in advice::spelled(&v.settings, retries) {
                writeln!(out, "  {l}")?;
            }
            writeln!(out)?;
        }
        None if judged.is_none_or(|v| !v.is_met()) => {
            writeln!(
                out,
                "No settings do that: the kernel counts keepalive in whole seconds, and needs a probe and its time."
            )?;
            writeln!(out)?;
        }
        None => {}
    }
    Ok(())
}

/// The scenario, and what the settings are from.
fn scenario(args: &TcpArgs) -> Result<(Scenario, String), Error> {
    let (local, mut source) = settings(args)?;
    let rtt = value("--rtt", Some(&args.rtt), within(Duration::ZERO, Duration::from_mins(1)))?.unwrap_or_default();
    let mut events: Vec<(Instant, What)> = Vec::new();
    for text in &args.at {
        events.push(event(text).map_err(|e| Error::Other(format!("--at '{text}': {e}")))?);
    }
    if let Some(at) = value("--last-data", args.last_data.as_ref(), within(Duration::ZERO, LONGEST))? {
        events.push((Instant::ZERO.after(at), What::Write(1)));
    }
    events.sort_by_key(|e| e.0);
    if let Some(n) = value("--in-flight", args.in_flight.as_ref(), bytes)? {
        let fault = events.iter().position(|(_, w)| w.is_fault());
        let place = fault.ok_or_else(|| {
            Error::Other("--in-flight wants a fault that the data meets, as in --at '10s drop'".to_owned())
        })?;
        let at = events[place].0;
        events.insert(place + 1, (at, What::Write(n)));
    }
    let (middlebox, from) = between(args)?;
    source.push_str(&from);
    let last = events.last().map_or(Duration::ZERO, |e| e.0.since(Instant::ZERO));
    let forgets = middlebox.map_or(Duration::ZERO, |m| m.limit);
    let length = match value("--for", args.for_.as_ref(), within(MILLISECOND, LONGEST))? {
        Some(length) => length,
        None => (last + forgets + horizon(&local)).min(LONGEST),
    };
    if last > length {
        let text = format!(
            "the event at {} s is after the end at {} s; --for makes it longer",
            seconds(last),
            seconds(length)
        );
        return Err(Error::Other(text));
    }
    let peer = Settings { kernel: local.kernel, ..Settings::default() };
    Ok((Scenario { local, peer, rtt, events, middlebox, length }, source))
}

/// What the socket is set to, and what that is from.
fn settings(args: &TcpArgs) -> Result<(Settings, String), Error> {
    let mut kernel = if args.from_host { of_host()? } else { Kernel::default() };
    let hz = |text: &str| match text {
        "100" | "250" | "300" | "1000" => number(100, 1000)(text),
        _ => Err("kernels have 100, 250, 300 or 1000".to_owned()),
    };
    kernel.hz = value("--hz", args.hz.as_ref(), hz)?.unwrap_or(kernel.hz);
    kernel.retries2 = value("--retries2", args.retries2.as_ref(), number(0, 255))?.unwrap_or(kernel.retries2);
    let program: Option<&Preset> = value("--preset", args.preset.as_ref(), preset)?;
    let written = value("--nginx", args.nginx.as_ref(), |t| nginx(t, &kernel))?;
    let (figures, on) = match (program, written) {
        (Some(p), _) => (p.keepalive(&kernel), p.on),
        (None, Some(Some(k))) => (k, true),
        (None, Some(None)) => (kernel.keepalive, false),
        (None, None) => (kernel.keepalive, true),
    };
    let mut keepalive = figures;
    let given = args.idle.is_some() || args.interval.is_some() || args.probes.is_some();
    keepalive.idle = value("--idle", args.idle.as_ref(), whole_seconds)?.unwrap_or(keepalive.idle);
    keepalive.interval = value("--interval", args.interval.as_ref(), whole_seconds)?.unwrap_or(keepalive.interval);
    keepalive.probes = value("--probes", args.probes.as_ref(), number(1, 127))?.unwrap_or(keepalive.probes);
    let user_timeout = |text: &str| match duration(text)? {
        d if d > Duration::from_millis(i32::MAX as u64) => Err("the kernel takes up to 2147483647 ms".to_owned()),
        d if !d.subsec_nanos().is_multiple_of(1_000_000) => Err("the kernel takes whole milliseconds".to_owned()),
        d => Ok(d),
    };
    let user_timeout = value("--user-timeout", args.user_timeout.as_ref(), user_timeout)?;
    let settings = Settings {
        keepalive: ((on || given || args.keepalive) && !args.no_keepalive).then_some(keepalive),
        user_timeout: user_timeout.filter(|t| !t.is_zero()),
        nodelay: args.nodelay,
        kernel,
    };
    let host = if args.from_host { "this host's kernel" } else { "the kernel's defaults" };
    let source = match (program, args.nginx.is_some()) {
        (Some(p), _) => format!("{} ({}), {host}", p.name, p.source),
        (None, true) => format!("nginx, {host}"),
        (None, false) if given => format!("given settings, {host}"),
        (None, false) => host.to_owned(),
    };
    Ok((settings, source))
}

/// What is on the way, and where its figures are from.
fn between(args: &TcpArgs) -> Result<(Option<Middlebox>, String), Error> {
    let known = value("--middlebox", args.middlebox.as_ref(), middlebox)?;
    let limit = value("--idle-limit", args.idle_limit.as_ref(), within(MILLISECOND, LONGEST))?;
    let answer = value("--middlebox-answer", args.middlebox_answer.as_ref(), |text| match text {
        "silent" => Ok(Answer::Silent),
        "rst" => Ok(Answer::Rst),
        "rst-both" => Ok(Answer::RstBoth),
        _ => Err("silent, rst and rst-both are possible".to_owned()),
    })?;
    let (limit, answer) = match (known, limit) {
        (Some(k), limit) => (limit.unwrap_or(k.middlebox.limit), answer.unwrap_or(k.middlebox.answer)),
        (None, Some(limit)) => (limit, answer.unwrap_or(Answer::Silent)),
        (None, None) if answer.is_some() => {
            return Err(Error::Other("--middlebox-answer wants --idle-limit or --middlebox".to_owned()));
        }
        (None, None) => return Ok((None, String::new())),
    };
    let from = known.map_or_else(String::new, |k| format!("; {} ({})", k.name, k.source));
    Ok((Some(Middlebox { limit, answer }), from))
}

/// This host's figures.
fn of_host() -> Result<Kernel, Error> {
    let read = |name: &str| {
        let path = format!("/proc/sys/net/ipv4/{name}");
        let text = fs::read_to_string(&path).map_err(|e| Error::Other(format!("cannot read {path}: {e}")))?;
        text.trim().parse::<u32>().map_err(|_| Error::Other(format!("{path} is not a number: {}", text.trim())))
    };
    let mut kernel = Kernel::default();
    kernel.keepalive.idle = Duration::from_secs(read("tcp_keepalive_time")?.into());
    kernel.keepalive.interval = Duration::from_secs(read("tcp_keepalive_intvl")?.max(1).into());
    kernel.keepalive.probes = read("tcp_keepalive_probes")?;
    kernel.retries2 = read("tcp_retries2")?;
    kernel.orphan_retries = read("tcp_orphan_retries")?;
    kernel.fin_timeout = Duration::from_secs(read("tcp_fin_timeout")?.into());
    // Kernels before 6.11 and 6.15 have no such sysctls.
    if let Ok(micros) = read("tcp_rto_min_us") {
        kernel.rto_min = Duration::from_micros(micros.clamp(1_000, 120_000_000).into());
    }
    if let Ok(ms) = read("tcp_rto_max_ms") {
        kernel.rto_max = Duration::from_millis(ms.clamp(1_000, 120_000).into());
    }
    if let Some(hz) = ticks_of_host() {
        kernel.hz = hz;
    }
    Ok(kernel)
}

/// `CONFIG_HZ` of the running kernel, where its configuration lies beside it.
fn ticks_of_host() -> Option<u32> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let config = fs::read_to_string(format!("/boot/config-{}", release.trim())).ok()?;
    let hz: u32 = config.lines().find_map(|l| l.strip_prefix("CONFIG_HZ="))?.parse().ok()?;
    (100..=1000).contains(&hz).then_some(hz)
}
