//! `hactl lint`: what is wrong in configurations.

mod host;
mod nodes;
mod select;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Error;
use super::args::CommonArgs;
use super::output::{Output, terminal_width};
use crate::conf::Version;
use crate::finding::{Finding, Tally};
use crate::lint::{Context, Excerpts, Host, Node, judge_with_older};
use crate::report::json;
use crate::report::lint::text::Style;
use crate::report::lint::{self as report, Report, github, junit, text};

pub const EXAMPLES: &str = "\
Examples:
  hactl lint                                    what is wrong in /etc/keepalived/keepalived.conf
  hactl lint a.conf b.conf                      and what is wrong between two nodes
  hactl lint ha.conf --config-id lb1,lb2        one file for both nodes, with `@lb1` and `@lb2` lines
  hactl lint --keepalived-version 2.2.7 a.conf  by the rules of that version
  hactl lint --fix a.conf                       make the changes that keep what keepalived does
  ssh lb1 cat /etc/keepalived/keepalived.conf | hactl lint -
  hactl explain weight-tie                      what a finding means and how to fix it
";

/// What is read when nothing is named.
const DEFAULT: &str = "/etc/keepalived/keepalived.conf";

/// In which form findings are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: each finding with the lines it is about, and the change to make
    #[default]
    Full,
    /// One line a finding: FILE:LINE:COLUMN: severity[ID] message
    Concise,
    /// Annotations of a change on GitHub
    Github,
    /// Results of tests, for Jenkins, GitLab and others
    Junit,
    /// JSON Lines, as --json
    Json,
}

#[derive(Debug, Args)]
pub struct LintArgs {
    /// Configurations, one for each node; - for standard input [default: /etc/keepalived/keepalived.conf]
    #[arg(value_name = "CONF")]
    files: Vec<PathBuf>,
    /// keepalived's --config-id: what `@ID` lines refer to. One for each CONF, or several for one CONF [default: this host's name]
    #[arg(long = "config-id", visible_alias = "node-name", value_name = "ID", value_delimiter = ',')]
    config_ids: Vec<String>,
    /// A definition that is there before the first line: what `$NAME` means
    #[arg(long = "define", value_name = "NAME=VALUE", value_parser = select::definition)]
    definitions: Vec<(String, String)>,
    /// Judge by this version's rules and keywords [default: the newest, with notes where 2.2.7 differs]
    #[arg(long, value_name = "VERSION")]
    keepalived_version: Option<Version>,
    /// Ask only these rules, e.g. unknown-keyword,weight-tie
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    select: Vec<String>,
    /// Do not ask these rules
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    ignore: Vec<String>,
    /// This is the host that the configuration is for: look also for its interfaces, users and scripts
    #[arg(long)]
    host: bool,
    /// In which form findings are told
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "full",
        conflicts_with = "json",
        hide_possible_values = false
    )]
    format: Format,
    /// Exit with 0 also when something is wrong
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl LintArgs {
    fn format(&self) -> Format {
        if self.common.json { Format::Json } else { self.format }
    }
}

pub fn run(args: &LintArgs) -> Result<u8, Error> {
    let selection = select::selection(&args.select, &args.ignore)?;
    let inputs = nodes::Inputs::new(args)?;
    let version = args.keepalived_version.unwrap_or_default();
    // Whoever does not say which keepalived is meant is told where the one of Debian 12 differs.
    let older = if args.keepalived_version.is_none() { Some(Version::V2_2) } else { None };
    let all = inputs.read(version, older)?;
    let nodes = &all[..inputs.count()];
    let host = args.host.then(host::ThisHost::new);
    let host = host.as_ref().map(|h| h as &dyn Host);
    let context = Context { version, host, assumed_id: inputs.assumed_id() };
    let judged = judge_with_older(&all, nodes.len(), &context, &selection, older.unwrap_or(version));
    let mut excerpts = Excerpts::of(&all);
    let findings: Vec<Finding> = judged.diagnostics.iter().map(|d| d.finding(&all, &mut excerpts)).collect();
    let names: Vec<String> = nodes.iter().map(|n| n.name.clone()).collect();
    let report = Report {
        files: inputs.names(),
        nodes: &names,
        version,
        holds: &holds(nodes),
        findings: &findings,
        ignored: judged.ignored,
        fixable: 0,
    };
    let exit = if args.exit_zero { 0 } else { Tally::of(&findings).exit_status() };
    tell(args, &report, exit, &mut |file, line| {
        all.iter().enumerate().find_map(|(i, node)| excerpts.line(i, node, file, line))
    })?;
    Ok(exit)
}

/// How many of each kind of block there are.
fn holds(nodes: &[Node]) -> [(usize, &'static str); 2] {
    let sum = |count: fn(&Node) -> usize| nodes.iter().map(count).sum();
    [(sum(|n| n.run.instances.len()), "vrrp_instance"), (sum(|n| n.run.groups.len()), "vrrp_sync_group")]
}

/// Tells what was found.
fn tell(args: &LintArgs, report: &Report<'_>, exit: u8, lines: &mut text::Lines<'_>) -> Result<(), Error> {
    let mut out = Output::new(false, args.common.color);
    match args.format() {
        Format::Full => {
            let (severity, word, sentence) = report.verdict();
            writeln!(out, "{}  {sentence}", out.paint(severity, word))?;
            if !args.common.quiet && !report.findings.is_empty() {
                writeln!(out)?;
                let style = Style { color: out.color(), width: terminal_width(), all: args.common.verbose };
                text::findings(&mut out, report, &style, lines)?;
                writeln!(out, "{}; `hactl explain ID` says more of each", report.tally())?;
            }
        }
        Format::Concise => {
            report.findings.iter().try_for_each(|f| report::concise(&mut out, f))?;
            if !args.common.quiet {
                writeln!(out, "{}", report.tally())?;
            }
        }
        Format::Github => report.findings.iter().try_for_each(|f| github::finding(&mut out, f))?,
        Format::Junit => junit::write(&mut out, report)?,
        Format::Json => {
            json::line(&mut out, &json::Start::new("lint", &report.files.join(", ")))?;
            report.findings.iter().try_for_each(|f| json::finding(&mut out, f))?;
            json::lint_summary(&mut out, report, exit)?;
        }
    }
    out.flush()?;
    Ok(())
}
