//! The command line: arguments to a validated configuration, capabilities run, exit status.
//!
//! Nothing below this layer sees clap. Exit statuses are the same for all commands: 0 healthy or done, 1 warnings,
//! 2 critical findings, 3 could not look; usage errors are 3 too, so that every command is a monitoring plugin.

mod args;
mod decode;
mod docs;
mod explain;
mod feeder;
mod files;
mod lint;
mod output;
mod probe;
mod reading;
mod simulate;
mod speak;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use args::{CommonArgs, KeyArgs, SourceArgs};
pub use files::Files;

/// Could not look: usage, permission, missing file, no answer.
const COULD_NOT_LOOK: u8 = 3;

/// How long a live source is read off a terminal when nobody said how long.
const IDLE_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

const EXAMPLES: &str = "\
Examples:
  hactl watch --demo                 see a failover, without root or network
  hactl watch eth0                   who is master of what, and how close to failing over
  hactl watch incident.pcap          the same as a post-mortem
  ssh fw1 tcpdump -U -i eth0 -w - not port 22 | hactl watch -
  hactl decode -v incident.pcapng    every advert, field by field
  hactl probe tcp web1:80            is a service in or out, how fast, and why
  hactl explain split-brain          what a finding means and how to fix it
  hactl explain keyword priority     what keepalived.conf's keywords take, and their quirks
";

const TEMPLATE: &str = "{about}\n\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// See what a VRRP/keepalived high-availability setup is doing, why, and what it will do next.
#[derive(Debug, Parser)]
#[command(name = "hactl", version, before_help = EXAMPLES, help_template = TEMPLATE, arg_required_else_help = true,
    after_help = "Exit status: 0 healthy or done, 1 warnings, 2 critical findings, 3 could not look.",
    disable_help_subcommand = true, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

// Deferred: of most commands only the name is needed, and a probe is to be as quick as a small C program.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Who is master of what, why, since when, how close to failing over, and what is wrong
    Watch(watch::WatchArgs),
    /// One decoded line for each frame of a live interface
    Sniff(decode::DecodeArgs),
    /// One decoded line for each frame of capture files
    Decode(decode::DecodeArgs),
    /// One-shot checks of services, as keepalived makes them: in or out, how fast, and why
    Probe(probe::ProbeCommand),
    /// Elections among nodes with these configurations, under faults: what will happen, before it does
    Simulate(Box<simulate::SimulateArgs>),
    /// A full VRRP router, with a screen of its states and timers
    #[command(disable_version_flag = true)]
    Speak(Box<speak::SpeakArgs>),
    /// What is wrong in a keepalived.conf, and between those of several nodes
    Lint(lint::LintArgs),
    /// The text behind a finding's id
    Explain(explain::ExplainArgs),
    /// Completions for a shell
    Completions(docs::CompletionsArgs),
    /// Man pages: to standard output, or one file a command into a directory
    Man(docs::ManArgs),
}

/// The whole command line definition, for completions and man pages.
pub fn command() -> clap::Command {
    let examples = [
        ("watch", watch::EXAMPLES),
        ("sniff", decode::SNIFF_EXAMPLES),
        ("decode", decode::DECODE_EXAMPLES),
        ("probe", probe::EXAMPLES),
        ("simulate", simulate::EXAMPLES),
        ("speak", speak::EXAMPLES),
        ("lint", lint::EXAMPLES),
        ("explain", explain::EXAMPLES),
        ("completions", docs::COMPLETIONS_EXAMPLES),
        ("man", docs::MAN_EXAMPLES),
    ];
    let told = |c: clap::Command, text| c.before_help(text).help_template(TEMPLATE).max_term_width(100);
    examples.into_iter().fold(Cli::command(), |c, (name, text)| c.mut_subcommand(name, |s| told(s, text)))
}

/// Runs the program and gives its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command().try_get_matches_from(arguments).and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(e) => {
            let wanted =
                matches!(e.kind(), clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion);
            // A closed pipe while printing help is nobody's problem.
            let _ = e.print();
            return ExitCode::from(if wanted { 0 } else { COULD_NOT_LOOK });
        }
    };
    let result = match cli.command {
        Command::Watch(args) => watch::run(&args),
        Command::Sniff(args) => decode::run(&args, "sniff"),
        Command::Decode(args) => decode::run(&args, "decode"),
        Command::Probe(args) => probe::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Speak(args) => speak::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => docs::completions(&args),
        Command::Man(args) => docs::man(&args),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(e) if e.is_closed_pipe() => ExitCode::SUCCESS,
        Err(e) => {
            output::complain(&e);
            ExitCode::from(COULD_NOT_LOOK)
        }
    }
}

/// Why a command could not do its work: one line for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A source cannot be had.
    #[error(transparent)]
    Source(#[from] crate::sniff::source::SourceError),
    /// Output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything else, as a sentence that says what to do.
    #[error("{0}")]
    Other(String),
}

impl Error {
    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == std::io::ErrorKind::BrokenPipe)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_sound() {
        super::command().debug_assert();
    }
}
