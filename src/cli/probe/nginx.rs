//! `hactl probe nginx`: the servers behind an nginx.conf, and what it listens on beside the VIPs of keepalived.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::{NamespaceArgs, painted, status};
use crate::cli::Error;
use crate::cli::args::{CommonArgs, duration};
use crate::cli::files::{self, Files};
use crate::cli::output::{Output, width};
use crate::conf::{self, Version, resolve};
use crate::finding::{Evidence, Finding};
use crate::net::{Stop, link};
use crate::probe::nginx::judge::{Around, HostFacts, findings};
use crate::probe::nginx::plan::{Found, jobs};
use crate::probe::nginx::{self, Loader};
use crate::probe::{Options, many};
use crate::report::probe::{json, nginx as report};
use crate::report::{Clock, printable, verdict};

pub const EXAMPLES: &str = "\
Examples:
  hactl probe nginx                                      this host's /etc/nginx/nginx.conf
  hactl probe nginx nginx.conf --keepalived keepalived.conf   its listens beside the VIPs
  hactl probe nginx -v                                   with all parameters (* marks defaults)
  hactl probe nginx --plugin                             for a monitoring system
";

/// More of a file is not read.
const MOST: u64 = 16 << 20;
/// Most files that one pattern names.
const MOST_PATHS: usize = 10_000;

#[derive(Debug, Args)]
pub struct NginxArgs {
    /// An nginx.conf
    #[arg(value_name = "CONF", default_value = "/etc/nginx/nginx.conf")]
    file: PathBuf,
    /// A keepalived.conf whose addresses the listens are compared with; repeat it for more
    #[arg(long, value_name = "FILE")]
    keepalived: Vec<PathBuf>,
    /// The configuration is this host's: compare with its addresses and sysctls [default: if it is in /etc/nginx]
    #[arg(long)]
    here: bool,
    /// For one connection with its TLS
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5s")]
    timeout: Duration,
    /// So many checks at the same time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=900))]
    parallel: u32,
    #[command(flatten)]
    namespace: NamespaceArgs,
    /// Exit with 0 whatever was found; still with 3 if it could not look
    #[arg(long)]
    exit_zero: bool,
    /// One line with perfdata, for a monitoring system
    #[arg(long, conflicts_with = "json")]
    plugin: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// Brings files from the file system.
struct Disk;

impl Loader for Disk {
    fn expand(&mut self, pattern: &str) -> Vec<String> {
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::default() };
        // `**` is no more than `*` to nginx; it would look through all directories below.
        let mut text = pattern.to_owned();
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        let Ok(paths) = glob::glob_with(&text, options) else { return Vec::new() };
        let mut names: Vec<String> =
            paths.take(MOST_PATHS).flatten().filter_map(|p| p.to_str().map(str::to_owned)).collect();
        names.sort();
        names
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let why = |e: std::io::Error| match e.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => e.to_string(),
        };
        if !fs::metadata(name).map_err(why)?.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        let mut text = Vec::new();
        fs::File::open(name).and_then(|f| f.take(MOST).read_to_end(&mut text)).map_err(why)?;
        Ok(text)
    }
}

/// The addresses of all instances, each with the instance's name.
fn vips(paths: &[PathBuf]) -> Result<Option<Vec<(IpAddr, String)>>, Error> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut all: Vec<(IpAddr, String)> = Vec::new();
    for path in paths {
        let name = path.to_str().ok_or_else(|| Error::Other(format!("{}: not UTF-8", path.display())))?;
        let version = Version::default();
        let conf = conf::read(name, &mut Files, &files::options(version)).map_err(|e| Error::Other(e.to_string()))?;
        for instance in &resolve(&conf, version).instances {
            for a in instance.addresses.iter().chain(&instance.excluded) {
                if all.iter().all(|(known, _)| *known != a.address) {
                    all.push((a.address, instance.name.clone()));
                }
            }
        }
    }
    if all.is_empty() {
        let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        return Err(Error::Other(format!("{}: no vrrp_instance has a virtual_ipaddress", names.join(", "))));
    }
    Ok(Some(all))
}

/// Whether a configuration is this host's: it is where nginx looks for it.
fn is_here(args: &NginxArgs) -> bool {
    args.here || fs::canonicalize(&args.file).is_ok_and(|p| p.starts_with("/etc/nginx"))
}

fn host() -> HostFacts {
    let setting = |family: &str| {
        let path = Path::new("/proc/sys/net").join(family).join("ip_nonlocal_bind");
        fs::read_to_string(path).ok().map(|t| t.trim() != "0")
    };
    HostFacts {
        addresses: link::interfaces().into_iter().flat_map(|i| i.addresses).map(|(a, _)| a).collect(),
        nonlocal_v4: setting("ipv4"),
        nonlocal_v6: setting("ipv6"),
    }
}

/// A finding without what would act on a terminal: names in it come from a file.
fn clean(f: &Finding) -> Finding {
    let mut f = f.clone();
    (f.message, f.fix) = (printable(&f.message), printable(&f.fix));
    for e in &mut f.evidence {
        match e {
            Evidence::Place(p) => p.file = printable(&p.file),
            Evidence::Fact(note) => *note = printable(note),
            Evidence::Frame { .. } => {}
        }
    }
    f
}

pub fn run(args: &NginxArgs) -> Result<u8, Error> {
    args.namespace.enter()?;
    let name = args.file.to_str().ok_or_else(|| Error::Other(format!("{}: not UTF-8", args.file.display())))?;
    let conf = nginx::read(name, &mut Disk).map_err(|e| Error::Other(e.to_string()))?;
    let here = is_here(args);
    let around = Around { vips: vips(&args.keepalived)?, host: here.then(host) };
    let addresses: BTreeSet<IpAddr> = around.vips.iter().flatten().map(|(a, _)| *a).collect();
    let planned = jobs(&conf, &addresses.into_iter().collect::<Vec<_>>(), here, args.timeout);
    if planned.is_empty() && conf.upstreams.is_empty() && conf.listens.is_empty() {
        return Err(Error::Other(format!("{name} passes nothing on and listens nowhere: there is nothing to check")));
    }
    let mut out = Output::new(true, args.common.color);
    if args.common.json {
        json::start(&mut out, "nginx", name)?;
        out.flush()?;
    }
    let stop = Stop::install()?;
    let (wake, woken) = UnixStream::pair()?;
    stop.wake(&wake)?;
    let (of, list): (Vec<_>, Vec<_>) = planned.into_iter().unzip();
    let ran = many(list, &Options::default(), args.parallel as usize, Some(woken), &mut |_, _| Ok(()))?;
    let mut found = Found::new();
    for (place, checked) in ran.places.iter().zip(ran.checked).filter(|(place, _)| !place.unfinished) {
        found.entry(of[place.job]).or_default().push(checked);
    }
    let findings = findings(&conf, &found, &around);
    let told = report::Report { nginx: &conf, found: &found, around: &around, findings: &findings };
    let level = told.level();
    let exit = status(level, args.exit_zero);
    if args.common.json {
        told.json(&mut out, ran.interrupted, exit)?;
    } else if args.plugin {
        writeln!(out, "{}", told.plugin())?;
    } else {
        writeln!(out, "{} {}", painted(&out, level), told.verdict())?;
        for line in told.lines(width(), args.common.verbose) {
            writeln!(out, "{line}")?;
        }
        for f in &findings {
            writeln!(out)?;
            verdict::finding(&mut out, &clean(f), &Clock::utc())?;
        }
        if around.host.is_none() && !args.common.quiet {
            writeln!(out)?;
            writeln!(
                out,
                "not compared with this host, as the file is not in /etc/nginx: --here says that it is this host's"
            )?;
        }
        if ran.interrupted {
            writeln!(out, "interrupted; what was not looked at is unknown")?;
        }
    }
    out.flush()?;
    Ok(exit)
}
