//! `hactl probe sockets`: which connections of this host would not notice a dead peer.

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use clap::Args;

use super::{NamespaceArgs, painted, status};
use crate::cli::Error;
use crate::cli::args::{CommonArgs, duration};
use crate::cli::output::{Output, terminal_width};
use crate::probe::sockets::{Kernel, Wanted, look};
use crate::report::probe::sockets::{self as report, Sum};

pub const EXAMPLES: &str = "\
Examples:
  hactl probe sockets                           worst first; run as root to see all processes
  hactl probe sockets --vip 10.0.0.10           those that a move of it leaves hanging
  hactl probe sockets --port 5432 --within 1m   longer than a minute is a warning
  hactl probe sockets --plugin
";

#[derive(Debug, Args)]
pub struct SocketsArgs {
    /// Only connections with this address at either end
    #[arg(long, value_name = "ADDRESS")]
    vip: Option<IpAddr>,
    /// Only connections with this port at either end
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Also connections of this host with itself
    #[arg(long)]
    local: bool,
    /// To notice a dead peer only after longer than this is a warning; unknown where a program may have set something of
    /// its own that this user may not ask for
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    within: Option<Duration>,
    /// Exit with 0 whatever was found; still with 3 if it could not look
    #[arg(long)]
    exit_zero: bool,
    /// One line with perfdata, for a monitoring system
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    plugin: bool,
    #[command(flatten)]
    namespace: NamespaceArgs,
    #[command(flatten)]
    common: CommonArgs,
}

pub fn run(args: &SocketsArgs) -> Result<u8, Error> {
    args.namespace.enter()?;
    let kernel = Kernel::of_this_host();
    let wanted = Wanted { address: args.vip, port: args.port, local: args.local };
    let all = look(&wanted, &kernel)
        .map_err(|e| Error::Other(format!("cannot ask the kernel for its TCP connections: {e}")))?;
    let sum = Sum::of(&all, args.within);
    let level = sum.level();
    let exit = status(level, args.exit_zero);
    let mut out = Output::new(true, args.common.color);
    if args.common.json {
        report::json(&mut out, "this host", &all, &sum, exit)?;
    } else if args.plugin {
        writeln!(out, "{}", sum.plugin())?;
    } else {
        let word = painted(&out, level);
        writeln!(out, "{word} {}", sum.words())?;
        for line in report::table(&all, args.within, terminal_width(), args.common.verbose) {
            writeln!(out, "{line}")?;
        }
        if !all.is_empty() && !args.common.quiet {
            for line in report::remarks(&all, &kernel) {
                writeln!(out, "* {line}")?;
            }
        }
    }
    out.flush()?;
    Ok(exit)
}
