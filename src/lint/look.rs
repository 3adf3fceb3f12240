//! Ways to look at a node that several rules share.

use std::time::Duration;

use super::{Context, Node};
use crate::conf::model::Check;
use crate::conf::model::{VrrpInstance, VrrpScript};
use crate::conf::schema::{Keyword, Place, Takes};
use crate::conf::tree::Node as Line;
use crate::conf::{RunInstance, Span, quote};

impl Node {
    /// Instances that run, each with what it is from.
    pub(super) fn instances(&self) -> impl Iterator<Item = (&VrrpInstance, &RunInstance)> {
        let mut written = self.conf.instances.iter();
        self.run.instances.iter().filter_map(move |run| Some((written.find(|i| i.name.span == run.span)?, run)))
    }

    /// Instances, each with the block that it is from.
    pub(super) fn written(&self) -> impl Iterator<Item = (&Line, &VrrpInstance)> {
        let mut blocks = self.blocks(Place::Instance);
        let from = move |i| {
            let i: &VrrpInstance = i;
            Some((blocks.find(|b| b.words.get(1).is_some_and(|w| w.span == i.name.span))?, i))
        };
        self.conf.instances.iter().filter_map(from)
    }

    /// The lines of all `global_defs`, in order.
    pub(super) fn globals(&self) -> impl Iterator<Item = &Line> {
        self.conf.tree.iter().filter(|n| n.keyword().is_some_and(|k| k.name == "global_defs")).flat_map(Line::nodes)
    }

    /// Every line, from the outermost block to the innermost, in order.
    pub(super) fn lines(&self) -> Lines<'_> {
        Lines { stack: vec![self.conf.tree.iter()] }
    }

    /// The blocks of this kind.
    pub(super) fn blocks(&self, place: Place) -> impl Iterator<Item = &Line> {
        let of = move |k: &Keyword| matches!(k.takes, Takes::Block(p, _) if p == place);
        self.conf.tree.iter().filter(move |n| n.keyword().is_some_and(of))
    }
}

/// Lines of a tree, one after the other.
pub(super) struct Lines<'a> {
    stack: Vec<std::slice::Iter<'a, Line>>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a Line;

    fn next(&mut self) -> Option<&'a Line> {
        loop {
            match self.stack.last_mut()?.next() {
                None => drop(self.stack.pop()),
                Some(line) => {
                    self.stack.push(line.nodes().iter());
                    return Some(line);
                }
            }
        }
    }
}

/// Whether keepalived takes a line for this keyword.
pub(super) fn is(line: &Line, name: &str) -> bool {
    line.keyword().is_some_and(|k| k.name == name)
}

/// Whether a block says a keyword.
pub(super) fn says(block: &Line, name: &str) -> bool {
    block.nodes().iter().any(|n| is(n, name))
}

/// An instance's name, for a sentence.
pub(super) fn named(i: &VrrpInstance) -> String {
    quote(i.name.value.as_bytes())
}

/// Addresses of an instance, for a sentence: not more than three of them.
pub(super) fn addresses(run: &RunInstance) -> String {
    let all: Vec<String> = run.addresses.iter().chain(&run.excluded).map(|a| a.address.to_string()).collect();
    match &all[..] {
        [first, second, third, _, rest @ ..] => format!("{first}, {second}, {third} and {} more", rest.len() + 1),
        few => few.join(", "),
    }
}

/// The command of a script, and the lines of its text where the host has it: those that are no comments, with their
/// numbers.
pub(super) fn script_lines(command: &str, context: &Context<'_>) -> Vec<(Option<usize>, String)> {
    let text = context.host.and_then(|h| h.script(command)).unwrap_or_default();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    let own = lines.map(|(i, line)| (Some(i + 1), line.to_owned()));
    std::iter::once((None, command.to_owned())).chain(own).collect()
}

/// Seconds as people write them: `3.609 s`.
pub(super) fn seconds(time: Duration) -> String {
    let text = format!("{:.3}", time.as_secs_f64());
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Something that keepalived runs.
pub(super) struct Program<'a> {
    /// What it is: `script `chk``.
    pub what: String,
    /// The command with its arguments.
    pub command: &'a str,
    /// User and group to run it as, if it is said.
    pub user: &'a [String],
    /// Where it is said.
    pub span: Span,
    /// Whether its result counts, as that of a check does.
    pub check: bool,
}

impl Node {
    /// All that keepalived would run.
    pub(super) fn programs(&self) -> Vec<Program<'_>> {
        let scripts = self.conf.scripts.iter().filter_map(|s| {
            let command = s.command.as_ref()?;
            let user = s.user.as_ref().map_or(&[][..], |u| &u.value);
            let what = format!("script {}", quote(s.name.as_bytes()));
            Some(Program { what, command: &command.value, user, span: command.span, check: true })
        });
        let instances = self.conf.instances.iter().flat_map(|i| i.notify.iter().map(|n| (named(i), n)));
        let groups = self.conf.groups.iter().flat_map(|g| g.notify.iter().map(|n| (quote(g.name.as_bytes()), n)));
        let notify = instances.chain(groups).filter_map(|(of, n)| {
            let (command, user) = n.words.split_first()?;
            Some(Program { what: format!("`{}` of {of}", n.on), command, user, span: n.span, check: false })
        });
        let servers = self.conf.virtual_servers.iter().flat_map(|v| &v.servers).flat_map(|r| &r.checkers);
        let checkers = servers.filter_map(|c| {
            let Check::Misc(misc) = &c.check else { return None };
            let command = misc.command.as_ref()?;
            let user = misc.user.as_ref().map_or(&[][..], |u| &u.value);
            Some(Program {
                what: "`misc_path`".to_owned(),
                command: &command.value,
                user,
                span: command.span,
                check: true,
            })
        });
        scripts.chain(notify).chain(checkers).collect()
    }
}

impl VrrpScript {
    /// From one start to the next.
    pub(super) fn every(&self) -> Duration {
        self.interval.map_or(Duration::from_secs(1), |s| s.value)
    }

    /// After which a run has failed.
    pub(super) fn limit(&self) -> Duration {
        self.timeout.map_or(self.every(), |s| s.value)
    }
}
