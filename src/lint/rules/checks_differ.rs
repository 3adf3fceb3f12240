//! `checks-differ`

use crate::conf::run::RunTrack;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Gathered, Member, Router, list, nodes, plain};
use crate::lint::weights::track_span;
use crate::lint::{Check, Context, Diagnostic, Found, Rule};
use crate::vrrp::track::Kind;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "checks-differ",
        title: "a check is tracked on some nodes of a virtual router only",
        text: "\
What it is
  A script, process, file or BFD session is tracked by an instance, or by its sync group, on one node and not on
  another, or with another weight. Scripts count as the same when they have the same name or the same command.

Why it hurts
  While the node without the check is master, what it would find goes unnoticed and the addresses stay. A positive
  weight on one node only also lifts that node above its priority.

Example
  a.conf: track_script { chk_nginx }
  b.conf: no `track_script`

What keepalived does
  Each node looks after itself; nothing about checks is in the adverts.

How to fix
  Track the same on all nodes. It is a warning where a node has no check at all and another has, and a note where one
  of several is missing or the weights differ.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Track the same checks on all nodes.",
    check: Check::Nodes(check),
};

/// Something tracked, and whether by the sync group.
type Tracked<'a> = (&'a RunTrack, bool);

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for router in cluster.shared() {
        // keepalived leaves weighted checks of an owner out, which is said elsewhere.
        let members = router.members.iter().filter(|m| m.run.priority != 255);
        let all: Vec<(Member<'_>, Vec<Tracked<'_>>)> = members.map(|m| (*m, tracked(m))).collect();
        if all.iter().all(|(_, list)| list.is_empty()) {
            continue;
        }
        if let Some((key, say)) = none_at_all(router, &all, found).or_else(|| some(router, &all, found)) {
            gathered.add_as(key, router.title(), router.name(say));
        }
    }
    gathered.give(found);
}

fn tracked<'a>(member: &Member<'a>) -> Vec<Tracked<'a>> {
    let own = member.run.track.iter().map(|t| (t, false));
    let shared = member.group().into_iter().flat_map(|g| &g.track).map(|t| (t, true));
    own.chain(shared).filter(|(t, _)| !t.implied).collect()
}

/// Interfaces are called differently on each host, and what they are for is seen by all nodes of a link.
fn is_check(tracked: Tracked<'_>) -> bool {
    tracked.0.kind != Kind::Interface
}

/// Where a node checks nothing and another does.
fn none_at_all(
    router: &Router<'_>,
    all: &[(Member<'_>, Vec<Tracked<'_>>)],
    found: &Found,
) -> Option<(String, Diagnostic)> {
    let checks = |list: &[Tracked<'_>]| list.iter().any(|t| is_check(*t));
    let with: Vec<_> = all.iter().filter(|(_, list)| checks(list)).collect();
    let without: Vec<Member<'_>> = all.iter().filter(|(_, list)| !checks(list)).map(|(m, _)| *m).collect();
    let (holder, list_of) = with.first()?;
    if without.is_empty() {
        return None;
    }
    let holders: Vec<Member<'_>> = with.iter().map(|(m, _)| *m).collect();
    let names = list(list_of.iter().filter(|t| is_check(**t)).map(|(t, _)| plain(&t.name)));
    let who = nodes(&without);
    let message = format!(
        "{}: {names} is tracked on {} and nothing on {who}; while {} is master, a failure there goes unnoticed",
        router.title(),
        nodes(&holders),
        if without.len() == 1 { who.clone() } else { "one of those".to_owned() },
    );
    let say = list_of.iter().filter(|t| is_check(**t)).take(4).fold(found.say(message), |d, (t, grouped)| {
        d.label(holder.node, track_span(holder, t, *grouped), format!("on {}", holder.on.name))
    });
    let say = without.iter().fold(say, |d, m| d.label(m.node, m.conf.name.span, format!("no check on {}", m.on.name)));
    Some((format!("{names}/{}/{who}", nodes(&holders)), say))
}

/// Where one of several checks is missing somewhere, or weighs otherwise.
fn some(router: &Router<'_>, all: &[(Member<'_>, Vec<Tracked<'_>>)], found: &Found) -> Option<(String, Diagnostic)> {
    let mut said: Vec<(String, &Member<'_>, Tracked<'_>)> = Vec::new();
    let mut seen: Vec<(&Member<'_>, &RunTrack)> = Vec::new();
    for (member, list_of) in all {
        for tracked in list_of.iter().filter(|t| is_check(**t)) {
            let track = tracked.0;
            if seen.iter().any(|(m, t)| same(m, t, member, track)) {
                continue;
            }
            seen.push((member, track));
            let with =
                |(m, list_of): &&(Member<'_>, Vec<Tracked<'_>>)| list_of.iter().any(|(t, _)| same(m, t, member, track));
            // A node that has something else instead may call it otherwise.
            let renamed = |(m, theirs): &&(Member<'_>, Vec<Tracked<'_>>)| {
                theirs
                    .iter()
                    .filter(|t| is_check(**t))
                    .any(|(t, _)| !list_of.iter().any(|(own, _)| same(m, t, member, own)))
            };
            let lacking: Vec<Member<'_>> = all.iter().filter(|x| !with(x) && !renamed(x)).map(|(m, _)| *m).collect();
            if !lacking.is_empty() {
                said.push((format!("{} is not tracked on {}", plain(&track.name), nodes(&lacking)), member, *tracked));
                continue;
            }
            let weights: Vec<(i16, bool, &str)> = all
                .iter()
                .filter_map(|(m, theirs)| {
                    let t = theirs.iter().find(|(t, _)| same(m, t, member, track))?.0;
                    Some((t.weight, t.reverse, m.on.name.as_str()))
                })
                .collect();
            if weights.iter().any(|w| (w.0, w.1) != (weights[0].0, weights[0].1)) {
                let each = list(weights.iter().map(|(w, reverse, m)| {
                    let weight = if *w == 0 { "none".to_owned() } else { w.to_string() };
                    format!("{weight}{} on {m}", if *reverse { " reverse" } else { "" })
                }));
                said.push((format!("the weight of {} is {each}", plain(&track.name)), member, *tracked));
            }
        }
    }
    let without: Vec<Member<'_>> = all.iter().filter(|(_, l)| interfaces(l).is_none()).map(|(m, _)| *m).collect();
    if let (false, Some((m, t))) = (without.is_empty(), all.iter().find_map(|(m, l)| Some((m, interfaces(l)?)))) {
        let sentence =
            format!("interface {} is tracked on {} and none on {}", plain(&t.0.name), m.on.name, nodes(&without));
        said.push((sentence, m, t));
    }
    let (first, member, (track, grouped)) = said.first()?;
    let message = format!("{}: {first}", router.title());
    let say = found.say(message).severity(Severity::Info).label(
        member.node,
        track_span(member, track, *grouped),
        format!("on {}", member.on.name),
    );
    let say = said.iter().skip(1).fold(say, |d, (sentence, ..)| d.fact(sentence.clone()));
    Some((said.iter().map(|s| s.0.as_str()).collect::<Vec<_>>().join("/"), say))
}

/// Whether two nodes track the same thing.
fn same(a: &Member<'_>, x: &RunTrack, b: &Member<'_>, y: &RunTrack) -> bool {
    let command =
        |m: &Member<'_>, t: &RunTrack| m.on.conf.script(&t.name).and_then(|s| s.command.clone()).map(|c| c.value);
    x.kind == y.kind
        && (x.name == y.name
            || x.kind == Kind::Script && command(a, x).is_some_and(|c| command(b, y).as_ref() == Some(&c)))
}

fn interfaces<'a>(list_of: &[Tracked<'a>]) -> Option<Tracked<'a>> {
    list_of.iter().find(|t| t.0.kind == Kind::Interface).copied()
}
