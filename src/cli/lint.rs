//! `hactl lint`: what is wrong in configurations.

mod effective;
mod fix;
mod host;
mod nodes;
mod select;

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Error;
use super::args::CommonArgs;
use super::output::{Output, note, terminal_width};
use crate::conf::Version;
use crate::finding::{Finding, Tally};
use crate::lint::{Context, Excerpts, Host, Node, judge_with_older};
use crate::report::lint::text::Style;
use crate::report::lint::{self as report, Report, github, junit, text};
use crate::report::{json, printable};

pub const EXAMPLES: &str = "\
Examples:
  hactl lint                                    what is wrong in /etc/keepalived/keepalived.conf
  hactl lint a.conf b.conf                      and what is wrong between two nodes
  hactl lint ha.conf --config-id lb1,lb2        one file for both nodes (`@lb1` lines)
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
    /// Print what the configurations mean: every setting, defaults included (not with -q), with where it is from
    #[arg(long, conflicts_with = "diff")]
    dump: bool,
    /// Print how two configurations differ in meaning, and which differences nodes of one cluster may have
    #[arg(long)]
    diff: bool,
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
    /// Make the changes that keep what keepalived does; the old text is kept beside each file as .NAME.orig
    #[arg(long, conflicts_with_all = ["dump", "diff"])]
    fix: bool,
    /// Show what --fix would change, and write nothing
    #[arg(long, conflicts_with_all = ["fix", "dump", "diff"])]
    fix_preview: bool,
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
    if args.fix && inputs.names().iter().any(|name| name == nodes::STDIN) {
        return Err(Error::Other("--fix cannot change standard input; name the file, or use --fix-preview".into()));
    }
    if args.dump {
        return effective::dump(args, &inputs);
    }
    if args.diff {
        return effective::diff(args, &inputs);
    }
    let version = args.keepalived_version.unwrap_or_default();
    // Whoever does not say which keepalived is meant is told where the one of Debian 12 differs.
    let older = if args.keepalived_version.is_none() { Some(Version::V2_2) } else { None };
    let host = args.host.then(host::ThisHost::new);
    let host = host.as_ref().map(|h| h as &dyn Host);
    let context = Context { version, host, assumed_id: inputs.assumed_id() };
    let plan =
        if args.fix || args.fix_preview { Some(fix::plan(&inputs, version, &context, &selection)?) } else { None };
    let backups = if args.fix { plan.as_ref().map(write).transpose()?.unwrap_or_default() } else { Vec::new() };
    let texts = plan.as_ref().filter(|_| args.fix).map_or(inputs.texts(), |plan| &plan.texts);
    let all = inputs.read(texts, version, older)?;
    let nodes = &all[..inputs.count()];
    let judged = judge_with_older(&all, nodes.len(), &context, &selection, older.unwrap_or(version));
    // Nothing is shown of a configuration in which nothing is found.
    let mut excerpts = if judged.diagnostics.is_empty() { Excerpts::default() } else { Excerpts::of(&all) };
    let findings: Vec<Finding> = judged.diagnostics.iter().map(|d| d.finding(&all, &mut excerpts)).collect();
    let names: Vec<String> = nodes.iter().map(|n| n.name.clone()).collect();
    let report = Report {
        files: inputs.names(),
        nodes: &names,
        version,
        holds: &holds(nodes),
        findings: &findings,
        ignored: judged.ignored,
        fixable: judged.diagnostics.iter().filter(|d| !d.edits.is_empty()).count(),
    };
    let exit = if args.exit_zero { 0 } else { Tally::of(&findings).exit_status() };
    let mut out = Output::new(false, args.common.color);
    let changes =
        plan.as_ref().map(|plan| Changes { plan, backups, inputs: &inputs, version, preview: args.fix_preview });
    tell(args, &mut out, &report, exit, changes.as_ref(), &mut |file, line| {
        all.iter().enumerate().find_map(|(i, node)| excerpts.line(i, node, file, line))
    })?;
    out.flush()?;
    // The program ends now, which frees everything at once; line by line it takes a fifth of the time of reading.
    std::mem::forget((all, judged, findings));
    Ok(exit)
}

/// Writes what is changed, and gives the names of what was kept of each file.
fn write(plan: &fix::Plan) -> Result<Vec<String>, Error> {
    let mut backups: Vec<String> = Vec::new();
    for file in &plan.files {
        let kept = fix::write(file).map_err(|e| {
            let done: Vec<String> = plan.files[..backups.len()].iter().map(|f| f.name.clone()).collect();
            let done = if done.is_empty() { String::new() } else { format!("; changed is {}", report::list(&done)) };
            Error::Other(format!("{e}{done}"))
        })?;
        backups.push(kept);
    }
    Ok(backups)
}

/// What `--fix` did or would do.
struct Changes<'a> {
    plan: &'a fix::Plan,
    /// What was kept of each file.
    backups: Vec<String>,
    inputs: &'a nodes::Inputs,
    version: Version,
    preview: bool,
}

impl Changes<'_> {
    /// The lines that change.
    fn diff(&self, out: &mut Output) -> Result<(), Error> {
        let after = self.inputs.read(&self.plan.texts, self.version, None)?;
        let (mut old, mut new) = (Excerpts::of(&self.plan.before), Excerpts::of(&after));
        let color = out.color();
        for file in &self.plan.files {
            report::diff::write(out, &file.name, (&file.old, &file.new), color, &mut |line, is_new| {
                let (nodes, excerpts) = if is_new { (&after, &mut new) } else { (&self.plan.before, &mut old) };
                let shown = nodes.iter().enumerate().find_map(|(i, n)| excerpts.line(i, n, &file.name, line));
                shown.unwrap_or_default()
            })?;
        }
        Ok(())
    }

    /// What was done, a sentence a line.
    fn sentences(&self) -> Vec<String> {
        let made = match self.plan.made {
            1 => "1 change".to_owned(),
            n => format!("{n} changes"),
        };
        let names: Vec<String> = self.plan.files.iter().map(|f| f.name.clone()).collect();
        let mut all = vec![match (names.is_empty(), self.preview) {
            (true, _) => "nothing to change that keeps what keepalived does".to_owned(),
            (false, true) => format!("--fix would make {made} in {}; nothing is written", report::list(&names)),
            (false, false) => {
                let kept = report::list(&self.backups);
                format!("made {made} in {}; the old text is in {kept}, beside it", report::list(&names))
            }
        }];
        all.extend(self.plan.refused.iter().cloned());
        all
    }
}

/// How many of each kind of block there are.
fn holds(nodes: &[Node]) -> [(usize, &'static str); 2] {
    let sum = |count: fn(&Node) -> usize| nodes.iter().map(count).sum();
    [(sum(|n| n.run.instances.len()), "vrrp_instance"), (sum(|n| n.run.groups.len()), "vrrp_sync_group")]
}

/// Tells what was found.
fn tell(
    args: &LintArgs,
    out: &mut Output,
    report: &Report<'_>,
    exit: u8,
    changes: Option<&Changes<'_>>,
    lines: &mut text::Lines<'_>,
) -> Result<(), Error> {
    let quiet = args.common.quiet;
    // Forms that are read by programs have no place for it.
    let beside =
        changes.filter(|_| matches!(args.format(), Format::Concise | Format::Github | Format::Junit) && !quiet);
    beside.map_or_else(Vec::new, Changes::sentences).iter().for_each(|s| note(&printable(s)));
    match args.format() {
        Format::Full => {
            let (severity, word, sentence) = report.verdict();
            writeln!(out, "{}  {sentence}", out.paint(severity, word))?;
            if quiet {
                return Ok(());
            }
            if let Some(changes) = changes {
                writeln!(out)?;
                changes.diff(out)?;
                changes.sentences().iter().try_for_each(|s| writeln!(out, "{}", printable(s)))?;
            }
            if !report.findings.is_empty() {
                writeln!(out)?;
                let style = Style { color: out.color(), width: terminal_width(), all: args.common.verbose };
                text::findings(out, report, &style, lines)?;
                let fixable = match report.fixable {
                    0 => String::new(),
                    _ if changes.is_some() => String::new(),
                    n => format!("; `hactl lint --fix` can mend {n}"),
                };
                writeln!(out, "{}{fixable}; `hactl explain ID` says more of each", report.tally())?;
            }
        }
        Format::Concise => {
            report.findings.iter().try_for_each(|f| report::concise(out, f))?;
            if !quiet {
                writeln!(out, "{}", report.tally())?;
            }
        }
        Format::Github => report.findings.iter().try_for_each(|f| github::finding(out, f))?,
        Format::Junit => junit::write(out, report)?,
        Format::Json => {
            json::line(out, &json::Start::new("lint", &report.files.join(", ")))?;
            if let Some(Changes { plan, backups, preview, .. }) = changes {
                for (i, file) in plan.files.iter().enumerate() {
                    json::fix(out, &file.name, !preview, backups.get(i).map(String::as_str))?;
                }
                plan.refused.iter().try_for_each(|why| json::fix_refused(out, why))?;
            }
            report.findings.iter().try_for_each(|f| json::finding(out, f))?;
            json::lint_summary(out, report, exit)?;
        }
    }
    Ok(())
}
