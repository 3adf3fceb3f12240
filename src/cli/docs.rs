//! Completions and man pages, generated from the same definition as the help.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::Error;

pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  hactl completions bash > /etc/bash_completion.d/hactl
  hactl completions zsh > ~/.zfunc/_hactl
";

pub const MAN_EXAMPLES: &str = "\
Examples:
  hactl man | man -l -
  hactl man /usr/local/share/man/man1
";

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Directory to write one page a command into
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs) -> Result<u8, Error> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "hactl", &mut text);
    io::stdout().write_all(&text)?;
    Ok(0)
}

pub fn man(args: &ManArgs) -> Result<u8, Error> {
    let mut command = super::command();
    command.build();
    let Some(dir) = &args.dir else {
        let mut text = Vec::new();
        clap_mangen::Man::new(command).render(&mut text)?;
        io::stdout().write_all(&text)?;
        return Ok(0);
    };
    let fail = |e: io::Error| Error::Other(format!("cannot write man pages into {}: {e}", dir.display()));
    if !dir.is_dir() {
        return Err(Error::Other(format!("{} is no directory; make it first", dir.display())));
    }
    clap_mangen::generate_to(command, dir).map_err(fail)?;
    for entry in fs::read_dir(dir).map_err(fail)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with("hactl") {
            println!("{}", entry.path().display());
        }
    }
    Ok(0)
}
