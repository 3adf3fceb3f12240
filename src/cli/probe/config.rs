//! `hactl probe config`: what keepalived would find now.

use std::io::Write;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{NamespaceArgs, painted, status};
use crate::cli::Error;
use crate::cli::args::{CommonArgs, duration};
use crate::cli::files::{self, Files};
use crate::cli::output::{Output, note, width};
use crate::cli::speak::accounts::Accounts;
use crate::conf::{self, Version, resolve};
use crate::net::{Stop, link};
use crate::probe::plan::{Plan, plan};
use crate::probe::{Checked, Job, Options, many};
use crate::report::probe::{config as report, json};

pub const EXAMPLES: &str = "\
Examples:
  hactl probe config                                     this host's /etc/keepalived/keepalived.conf
  hactl probe config lvs.conf --virtual-server 10.0.0.10:80
  hactl probe config lvs.conf --real-server 10.0.0.21 -v   with all parameters
  hactl probe config ha.conf --json
  hactl probe config --plugin                            for a monitoring system
  hactl probe config lvs.conf --watch                    goes on as keepalived does, as a screen
  hactl probe config lvs.conf --watch --for 10m --json   for a script: one object a transition
";

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// A keepalived.conf
    #[arg(value_name = "CONF", default_value = "/etc/keepalived/keepalived.conf")]
    file: PathBuf,
    /// Only virtual servers whose name contains this: an address, a port, a group
    #[arg(long, value_name = "TEXT")]
    virtual_server: Option<String>,
    /// Only real servers whose address and port contain this
    #[arg(long, value_name = "TEXT")]
    real_server: Option<String>,
    /// Run scripts that look as if they stopped or restarted something, too
    #[arg(long)]
    run_anyway: bool,
    /// Go on and run everything when keepalived does: delay_loop, retries, rise and fall, quorum. A screen on a terminal.
    /// Elsewhere it ends by itself once a death at its beginning would have been noticed, at most after 15 minutes
    #[arg(long, help_heading = "Watching")]
    pub watch: bool,
    /// End after so long
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, requires = "watch", help_heading = "Watching")]
    pub for_: Option<Duration>,
    /// All first checks at once, instead of after keepalived's second and its warmup
    #[arg(long, requires = "watch", help_heading = "Watching")]
    pub at_once: bool,
    /// A line a change, even on a terminal; with -v attempts that change nothing yet, too
    #[arg(long, requires = "watch", help_heading = "Watching")]
    pub plain: bool,
    /// So many checks at the same time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub parallel: u32,
    /// No more checks than this begin in a second; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "watch", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub rate: u32,
    #[command(flatten)]
    pub namespace: NamespaceArgs,
    /// A line as monitoring systems read it, with perfdata, and one for each check that is not good
    #[arg(long, conflicts_with_all = ["json", "watch"])]
    plugin: bool,
    /// Exit with 0 whatever was found; still with 3 if it could not look
    #[arg(long)]
    pub exit_zero: bool,
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The part of the plan that was asked for.
fn chosen(args: &ConfigArgs, mut plan: Plan) -> Result<Plan, Error> {
    let other = |text: String| Error::Other(text);
    if let Some(wanted) = &args.virtual_server {
        let all: Vec<String> = plan.services.iter().map(|s| s.name.clone()).collect();
        plan.services.retain(|s| s.name.contains(wanted.as_str()));
        if plan.services.is_empty() {
            return Err(other(format!("no virtual server contains {wanted:?}; there are: {}", list(&all))));
        }
    }
    if let Some(wanted) = &args.real_server {
        let all: Vec<String> = plan.services.iter().flat_map(|s| s.servers.iter().map(|r| r.name.clone())).collect();
        for service in &mut plan.services {
            let all = service.servers.len();
            service.servers.retain(|r| r.name.contains(wanted.as_str()));
            service.partial = service.servers.len() < all;
        }
        plan.services.retain(|s| !s.servers.is_empty());
        if plan.services.is_empty() {
            return Err(other(format!("no real server contains {wanted:?}; there are: {}", list(&all))));
        }
    }
    if args.virtual_server.is_some() || args.real_server.is_some() {
        plan.scripts.clear();
        plan.instances.clear();
    }
    Ok(plan)
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

pub fn run(args: &ConfigArgs) -> Result<u8, Error> {
    args.namespace.enter()?;
    let name = args.file.to_str().ok_or_else(|| Error::Other(format!("{}: not UTF-8", args.file.display())))?;
    let version = Version::default();
    let conf = conf::read(name, &mut Files, &files::options(version)).map_err(|e| Error::Other(e.to_string()))?;
    let accounts = Accounts::of_this_host();
    let script_user = conf.global.script_user.as_ref().map(|u| u.value.as_slice());
    let account =
        |user: Option<&[String]>| accounts.choose(user, script_user).map(|account| account.map(|a| (a.uid, a.gid)));
    let local: Vec<IpAddr> = link::interfaces().into_iter().flat_map(|i| i.addresses).map(|(a, _)| a).collect();
    let plan = chosen(args, plan(&conf, &resolve(&conf, version), &account, args.run_anyway, &local))?;
    let nothing = plan.services.is_empty() && plan.scripts.is_empty();
    if nothing && conf.problems.is_empty() {
        return Err(Error::Other(format!(
            "{name} has no virtual_server and no vrrp_script: there is nothing to check"
        )));
    }
    if nothing {
        return Err(Error::Other(format!(
            "keepalived would take no virtual_server and no vrrp_script from {name}: there is nothing to check; \
             `hactl lint {name}` says why"
        )));
    }
    if !conf.problems.is_empty() && !args.common.quiet && !args.plugin {
        note(&format!("note: `hactl lint {name}` has something to say of this file"));
    }
    if args.watch {
        return super::watch::run(args, name, plan);
    }
    let jobs: Vec<Job> = plan.jobs().cloned().collect();
    let mut results: Vec<Option<Checked>> = vec![None; jobs.len()];
    let mut out = Output::new(true, args.common.color);
    if args.common.json {
        json::start(&mut out, "config", name)?;
        out.flush()?;
    }
    let stop = Stop::install()?;
    let (wake, woken) = UnixStream::pair()?;
    stop.wake(&wake)?;
    let ran = many(
        jobs,
        &Options { rate: args.rate, ..Options::default() },
        args.parallel as usize,
        Some(woken),
        &mut |_, _| Ok(()),
    )?;
    // Retries that were still to come could have ended otherwise.
    for (place, checked) in ran.places.iter().zip(ran.checked).filter(|(place, _)| !place.unfinished) {
        results[place.job] = Some(checked);
    }
    let found = report::Found::new(&plan, &results);
    let level = found.level();
    let exit = status(level, args.exit_zero);
    if args.common.json {
        found.json(&mut out, ran.interrupted, exit)?;
    } else if args.plugin {
        writeln!(out, "{}", found.plugin())?;
    } else {
        let word = painted(&out, level);
        writeln!(out, "{word} {}", found.verdict())?;
        for line in found.lines(width(), args.common.verbose) {
            writeln!(out, "{line}")?;
        }
        if ran.interrupted {
            writeln!(out, "interrupted; what was not looked at is unknown")?;
        }
    }
    out.flush()?;
    Ok(exit)
}
