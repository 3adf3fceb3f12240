//! `hactl lint --dump` and `--diff`: what configurations mean, and how two differ.

use std::io::Write;

use super::LintArgs;
use super::nodes::Inputs;
use crate::cli::Error;
use crate::cli::output::Output;
use crate::conf::Reading;
use crate::conf::effective::{Section, effective};
use crate::lint::{Node, differences};
use crate::report::json;
use crate::report::lint::effective as report;
use crate::report::printable;

/// Each configuration as it takes effect.
pub fn dump(args: &LintArgs, inputs: &Inputs) -> Result<u8, Error> {
    let version = args.keepalived_version.unwrap_or_default();
    let nodes = inputs.read_as(inputs.texts(), version, Reading::AsTaken)?;
    let mut out = Output::new(false, args.common.color);
    let json = args.format() == super::Format::Json;
    if json {
        json::line(&mut out, &json::Start::new("lint", &inputs.names().join(", ")))?;
    }
    let mut blocks = 0;
    for node in &nodes {
        let mut sections = effective(&node.conf, &node.run, version);
        if args.common.quiet {
            sections.iter_mut().for_each(Section::keep_what_is_said);
        }
        blocks += sections.len();
        if json {
            report::dump_json(&mut out, node, &sections)?;
        } else {
            writeln!(out, "# {}, as keepalived {version} takes it", printable(&node.name))?;
            report::dump(&mut out, &node.conf.sources, &sections, 0)?;
        }
    }
    if json {
        json::effective_summary(&mut out, blocks, 0)?;
    }
    out.flush()?;
    Ok(0)
}

/// How two configurations differ. With differences that nodes of one cluster should not have, the status is 1.
pub fn diff(args: &LintArgs, inputs: &Inputs) -> Result<u8, Error> {
    let version = args.keepalived_version.unwrap_or_default();
    let nodes = inputs.read_as(inputs.texts(), version, Reading::AsTaken)?;
    let count = nodes.len();
    let nodes: [Node; 2] = nodes.try_into().map_err(|_| {
        Error::Other(format!("--diff compares two configurations; {count} given: hactl lint --diff a.conf b.conf"))
    })?;
    let all = differences(&nodes, version);
    let odd = all.iter().filter(|d| d.normal.is_none()).count();
    let exit = u8::from(odd > 0 && !args.exit_zero);
    let mut out = Output::new(false, args.common.color);
    if args.format() == super::Format::Json {
        json::line(&mut out, &json::Start::new("lint", &inputs.names().join(", ")))?;
        report::diff_json(&mut out, &nodes, &all)?;
        json::effective_summary(&mut out, all.len(), exit)?;
    } else {
        report::diff(&mut out, &nodes, &all)?;
    }
    out.flush()?;
    Ok(exit)
}
