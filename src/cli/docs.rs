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
        page(&command, &mut text)?;
        io::stdout().write_all(&text)?;
        return Ok(0);
    };
    if !dir.is_dir() {
        return Err(Error::Other(format!("{} is no directory; make it first", dir.display())));
    }
    // `hactl watch` is documented as hactl-watch(1), as git's commands are.
    let mut pages = vec![("hactl".to_owned(), command.clone())];
    for c in command.get_subcommands() {
        let name = format!("hactl-{}", c.get_name());
        let inner = c.get_subcommands().map(|i| (format!("{name}-{}", i.get_name()), i.clone()));
        let inner: Vec<_> = inner.collect();
        pages.push((name, c.clone()));
        pages.extend(inner);
    }
    for (name, c) in pages {
        let path = dir.join(format!("{name}.1"));
        let mut text = Vec::new();
        page(&c.display_name(name), &mut text)?;
        fs::write(&path, text).map_err(|e| Error::Other(format!("cannot write {}: {e}", path.display())))?;
        writeln!(io::stdout(), "{}", path.display())?;
    }
    Ok(0)
}

/// One page: what clap_mangen makes of the definition, with the examples and the exit statuses it leaves out.
fn page(command: &clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    if let Some(examples) = command.get_before_help() {
        let text = examples.to_string();
        let lines = text.lines().filter(|l| *l != "Examples:");
        writeln!(out, ".SH EXAMPLES\n.nf")?;
        for line in lines {
            writeln!(out, "{}", line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq"))?;
        }
        writeln!(out, ".fi")?;
    }
    man.render_options_section(out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    writeln!(out, ".SH EXIT STATUS\n0 healthy or done, 1 warnings, 2 critical findings, 3 could not look.")
}
