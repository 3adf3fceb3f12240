//! What is wrong in configurations: in one, and between several.
//!
//! A [`Rule`] is a file of `rules/` and a line of [`RULES`]. It is a pure function of [`Node`]s, which are configurations
//! read as they were meant, and gives [`Diagnostic`]s: findings that still know where in the text they are. [`judge`] asks
//! all rules; [`Diagnostic::finding`] makes the program's one [`Finding`](crate::finding::Finding) of each.

pub mod cluster;
mod diagnostic;
mod differ;
mod excerpt;
pub mod fix;
mod host;
mod ignore;
mod look;
mod rules;
mod versions;
pub mod weights;

pub use diagnostic::{Diagnostic, Found, Label};
pub use differ::{Difference, differences};
pub use excerpt::Excerpts;
pub use host::{Host, Trouble};
pub use rules::{RULES, rule};

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::thread;

#[cfg(test)]
mod tests;

use cluster::Cluster;

use crate::conf::{Conf, Kind, Run, Version, same_for_oldest};
use crate::finding::{Page, Severity};

/// One configuration.
#[derive(Debug)]
pub struct Node {
    /// What messages call it: the file's name without its directory and ending, made unique.
    pub name: String,
    /// What it says, read as meant.
    pub conf: Conf,
    /// What would run.
    pub run: Run,
}

/// What rules know besides the configurations.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// By whose rules.
    pub version: Version,
    /// The host that the configuration is for, when this is that host.
    pub host: Option<&'a dyn Host>,
    /// The `config-id` that was taken because none was given.
    pub assumed_id: Option<&'a str>,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Problems that reading or resolving met, of these kinds.
    Problems(&'static [Kind]),
    /// One configuration by itself. The index is its place among the nodes.
    Node(fn(usize, &Node, &Context<'_>, &mut Found)),
    /// One configuration on the host that it is for: asked with `--host` only.
    Host(fn(usize, &Node, &dyn Host, &Context<'_>, &mut Found)),
    /// One configuration, where nothing is known of the nodes that it is to work with.
    Alone(fn(&Node, &Context<'_>, &mut Found)),
    /// Several configurations that are to work together: two at least.
    Nodes(fn(&Cluster<'_>, &Context<'_>, &mut Found)),
}

/// One kind of trouble.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its page; the page's id is the finding's.
    pub page: Page,
    /// How bad it is, unless the check says otherwise.
    pub severity: Severity,
    /// The change to make, for problems that have no advice of their own.
    pub fix: &'static str,
    /// Looks for it.
    pub check: Check,
}

/// Which rules are asked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; empty for all.
    pub select: BTreeSet<String>,
    /// Not these.
    pub ignore: BTreeSet<String>,
}

impl Selection {
    /// Whether a rule is asked.
    pub fn has(&self, id: &str) -> bool {
        (self.select.is_empty() || self.select.contains(id)) && !self.ignore.contains(id)
    }
}

impl Rule {
    /// Whether it can find anything at all here.
    fn is_asked(&self, nodes: &[Node], context: &Context<'_>) -> bool {
        match self.check {
            Check::Problems(_) | Check::Node(_) => true,
            Check::Host(_) => context.host.is_some(),
            Check::Alone(_) => nodes.len() == 1,
            Check::Nodes(_) => nodes.len() > 1,
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Judgement {
    /// The worst first, and in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// How many are not among them, because comments in the files say so.
    pub ignored: usize,
}

/// Everything that the rules find: the worst first, and in the order of the text.
pub fn judge(nodes: &[Node], context: &Context<'_>, selection: &Selection) -> Vec<Diagnostic> {
    judge_with_older(nodes, nodes.len(), context, selection, context.version).diagnostics
}

/// Everything that the rules find in the first `count` of the nodes, and as notes what they find only in the others: the
/// same, read by an older version. Where there are no others, and the older version is another one, the first are what it
/// reads, too. Labels say which of all they speak of.
pub fn judge_with_older(
    all: &[Node],
    count: usize,
    context: &Context<'_>,
    selection: &Selection,
    older: Version,
) -> Judgement {
    let (nodes, old) = all.split_at(count.min(all.len()));
    let older_context = Context { version: older, ..*context };
    let twice = !old.is_empty() || older.release() != context.version.release();
    let several = twice || nodes.len() > 1;
    let mut found = if old.is_empty() {
        let (mut found, same) = same_for_oldest(|| ask(nodes, context, selection));
        if twice {
            let same = same && older.release() == Version::V2_2.release();
            let more = if same { found.clone() } else { ask(nodes, &older_context, selection) };
            versions::add_older(&mut found, more, all, count, older);
        }
        found
    } else {
        // Both at the same time: large files take a while.
        let (mut found, more) = thread::scope(|scope| {
            let more = scope.spawn(|| ask(old, &older_context, selection));
            (ask(nodes, context, selection), more.join())
        });
        // What the older reading cannot be asked is no reason to say nothing.
        if let Ok(mut more) = more {
            more.iter_mut().flat_map(|d| &mut d.labels).for_each(|l| l.node += count);
            versions::add_older(&mut found, more, all, count, older);
        }
        found
    };
    say_once(&mut found);
    if several {
        once_each(&mut found, all);
    }
    let mut ignores = ignore::Ignores::of(nodes);
    let mut ignored = ignores.leave_out(all, &mut found);
    let rule = &rules::UNUSED_IGNORE;
    if selection.has(rule.page.id) {
        let mut unused = Found::new(rule);
        ignores.unused(nodes, context, selection, &mut unused);
        let mut unused = unused.into_all();
        ignored += ignores.leave_out(all, &mut unused);
        found.append(&mut unused);
    }
    if several {
        fold_notes(&mut found, all);
    }
    found.sort_by_key(|d| (Reverse(d.severity), d.labels.first().map(|l| (l.node % count.max(1), l.span))));
    Judgement { diagnostics: found, ignored }
}

/// Findings that say all that others would say of the same place.
const SAYS_MORE: &[(&str, &[&str])] = &[
    ("owner-weights", &["owner-priority", "master-without-priority"]),
    ("two-owners", &["owner-priority", "master-without-priority"]),
];

/// Leaves out what another finding says as well, and more.
fn say_once(found: &mut Vec<Diagnostic>) {
    let mut said = HashSet::new();
    for d in found.iter() {
        for (_, less) in SAYS_MORE.iter().filter(|(more, _)| *more == d.id) {
            said.extend(less.iter().flat_map(|id| d.labels.iter().map(move |l| (*id, l.node, l.span))));
        }
    }
    if !said.is_empty() {
        found.retain(|d| d.labels.first().is_none_or(|l| !said.contains(&(d.id, l.node, l.span))));
    }
}

/// A note that is the same for several nodes is one note.
fn fold_notes(found: &mut Vec<Diagnostic>, all: &[Node]) {
    let mut first: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut kept: Vec<Diagnostic> = Vec::new();
    for d in found.drain(..) {
        let note = d.severity == Severity::Info && d.edits.is_empty() && d.labels.len() == 1;
        let same = if note { first.get(&(d.id, d.message.clone())).copied() } else { None };
        match (same.and_then(|n| kept.get_mut(n)), d.labels.first()) {
            (Some(one), Some(label)) if one.labels.iter().all(|l| l.node != label.node) => {
                let name = all.get(label.node).map_or("", |n| n.name.as_str());
                one.labels.push(Label { note: format!("and on {name}"), ..label.clone() });
            }
            _ => {
                if note {
                    first.entry((d.id, d.message.clone())).or_insert(kept.len());
                }
                kept.push(d);
            }
        }
    }
    *found = kept;
}

/// Files that several nodes read say the same for each: once is enough.
fn once_each(found: &mut Vec<Diagnostic>, all: &[Node]) {
    let mut seen = HashSet::new();
    found.retain(|d| {
        let places: Vec<_> = d.labels.iter().map(|l| (versions::place(all, l.node, l.span), l.note.clone())).collect();
        places.is_empty() || seen.insert((d.id, d.severity, d.message.clone(), d.facts.clone(), places))
    });
}

/// What each rule finds.
fn ask(nodes: &[Node], context: &Context<'_>, selection: &Selection) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    let cluster = (nodes.len() > 1).then(|| Cluster::of(nodes));
    for rule in RULES.iter().filter(|r| selection.has(r.page.id)) {
        let mut found = Found::new(rule);
        match rule.check {
            Check::Problems(kinds) => {
                for (n, node) in nodes.iter().enumerate() {
                    let problems = node.conf.problems.iter().chain(&node.run.problems);
                    problems.filter(|p| kinds.contains(&p.kind) && !p.cascade).for_each(|p| found.problem(n, p));
                }
            }
            Check::Node(check) => {
                for (n, node) in nodes.iter().enumerate() {
                    check(n, node, context, &mut found);
                }
            }
            Check::Host(check) => {
                for (host, (n, node)) in context.host.iter().flat_map(|h| nodes.iter().enumerate().map(move |n| (h, n)))
                {
                    check(n, node, *host, context, &mut found);
                }
            }
            Check::Alone(check) => {
                if let [node] = nodes {
                    check(node, context, &mut found);
                }
            }
            Check::Nodes(check) => {
                if let Some(cluster) = &cluster {
                    check(cluster, context, &mut found);
                }
            }
        }
        all.append(&mut found.into_all());
    }
    all
}
