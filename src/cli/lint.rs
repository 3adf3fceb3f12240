//! `hactl lint`: what is wrong in configurations.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Error;
use super::args::CommonArgs;
use super::files::Files;
use super::output::Output;
use crate::conf::{self, Options, Reading, Version, resolve};
use crate::finding::{Finding, Tally};
use crate::lint::{Context, Excerpts, Node, Selection, judge};
use crate::report::{Clock, json, verdict};

pub const EXAMPLES: &str = "\
Examples:
  hactl lint keepalived.conf           what is wrong in it, each with its place and the change to make
  hactl lint a.conf b.conf             and what is wrong between two nodes
";

#[derive(Debug, Args)]
pub struct LintArgs {
    /// Configurations, one for each node
    #[arg(value_name = "CONF", required = true)]
    files: Vec<PathBuf>,
    /// keepalived's --config-id: what `@ID` lines refer to; several for several nodes
    #[arg(long = "config-id", visible_alias = "node-name", value_name = "ID")]
    config_ids: Vec<String>,
    /// Judge by this version's rules and keywords
    #[arg(long, value_name = "VERSION", default_value_t = Version::default())]
    keepalived_version: Version,
    #[command(flatten)]
    common: CommonArgs,
}

pub fn run(args: &LintArgs) -> Result<u8, Error> {
    let mut nodes = Vec::new();
    for (i, path) in args.files.iter().enumerate() {
        let name = path.to_str().ok_or_else(|| Error::Other(format!("{}: the name is not UTF-8", path.display())))?;
        let options = Options {
            version: args.keepalived_version,
            config_id: args.config_ids.get(i).or(args.config_ids.first()).cloned().unwrap_or_default(),
            reading: Reading::AsMeant,
            ..Options::default()
        };
        let conf = conf::read(name, &mut Files, &options).map_err(|e| Error::Other(e.to_string()))?;
        let run = resolve(&conf, args.keepalived_version);
        let name = path.file_stem().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        nodes.push(Node { name, conf, run });
    }
    let context = Context { version: args.keepalived_version, host: None };
    let mut excerpts = Excerpts::default();
    let findings: Vec<Finding> =
        judge(&nodes, &context, &Selection::default()).iter().map(|d| d.finding(&nodes, &mut excerpts)).collect();
    let mut out = Output::new(false, args.common.color);
    for f in &findings {
        if args.common.json {
            json::finding(&mut out, f)?;
        } else {
            verdict::finding(&mut out, f, &Clock::utc())?;
        }
    }
    out.flush()?;
    Ok(Tally::of(&findings).exit_status())
}
