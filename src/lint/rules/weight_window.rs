//! `weight-window`

use crate::conf::model::State;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Gathered, Member, list, members, title};
use crate::lint::weights::{Sum, Weighted, range, weight_span, weighted};
use crate::lint::{Check, Context, Diagnostic, Found, Node, Rule};
use crate::vrrp::track::effective_priority;

/// With fewer priorities that work than this, they are told.
const NARROW: usize = 10;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-window",
        title: "which priorities of a peer a weighted check works with",
        text: "\
What it is
  A note on weighted checks, when one configuration is looked at alone: with which priority of a peer the check moves
  the master, where fewer than ten do, or where `nopreempt` is set. The peer is taken to have the same checks with the
  same weights, and them passing.

Why it hurts
  It does not by itself. But the smaller the weight, the fewer priorities there are that work, and which one the peer
  has is in its own file. `hactl lint a.conf b.conf` looks at both.

Example
  priority 102, weight 2: 102+2=104 → 102 when the check fails. A peer with 101 has 101+2=103, which is less than 104
  and more than 102: it works. A peer with 100 has 100+2=102, which is equal, and equal does not take over.
  priority 101, weight -2: 101 → 101-2=99 when the check fails. A peer with 100 works, and no other.

What keepalived does
  A backup takes over from a live master only when that one's priority is below its own.

How to fix
  Compare the peer's priority with the numbers given. A weight of 20 or more, or none at all, forgives more.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Compare the peer's priority with these, or look at both files: hactl lint a.conf b.conf.",
    check: Check::Alone(check),
};

fn check(node: &Node, _: &Context<'_>, found: &mut Found) {
    let mut gathered = Gathered::default();
    for member in members(0, node).iter().filter(|m| m.run.priority != 255 && m.run.fault.is_none()) {
        let checks = weighted(member);
        let backup = member.conf.state.is_some_and(|s| s.value == State::Backup);
        let nopreempt = member.conf.preempt.filter(|_| !member.run.preempt);
        let windows: Vec<Window<'_>> = checks.iter().map(|c| Window::of(member, c, &checks, backup)).collect();
        let told: Vec<&Window<'_>> =
            windows.iter().filter(|w| w.priorities.len() < NARROW || nopreempt.is_some()).collect();
        let Some(first) = told.first() else { continue };
        let title = title(&[*member]);
        let check = first.check;
        let mut say = found
            .say(format!("{title}: {}", first.sentence))
            .label(0, weight_span(member, check.track, check.grouped), format!("weight {}", check.track.weight))
            .label(0, member.priority_span(), format!("priority {}", member.run.priority))
            .group(member.run.vrid, member.run.ipv6);
        say = told.iter().skip(1).fold(say, |d, w| d.fact(w.sentence.clone()));
        if let Some(fact) = tie(member, check, &checks).filter(|_| !backup) {
            say = say.fact(fact);
        }
        if let Some(p) = nopreempt {
            say = with_nopreempt(say, p.span);
        }
        let key = told.iter().map(|w| w.sentence.as_str()).collect::<Vec<_>>().join("/");
        gathered.add_as(key, title, say);
    }
    gathered.give(found);
}

fn with_nopreempt(say: Diagnostic, span: crate::conf::Span) -> Diagnostic {
    say.label(0, span, "nopreempt").fact(
        "a node with nopreempt does not take over from a master whose check failed; if the peer has it, too, weights \
         move nothing, and only a check without weight does",
    )
}

/// What a peer with the same checks comes to, while they pass.
fn peer(priority: u8, checks: &[Weighted<'_>]) -> Sum {
    Sum { base: priority, points: checks.iter().map(Weighted::best).collect() }
}

fn low(member: &Member<'_>, check: &Weighted<'_>) -> Sum {
    Sum::without(member, |w| std::ptr::eq(w.track, check.track))
}

/// The priorities of a peer with which a check works.
struct Window<'a> {
    check: &'a Weighted<'a>,
    priorities: Vec<i16>,
    sentence: String,
}

impl<'a> Window<'a> {
    /// `backup` tells which of the two the instance is.
    fn of(member: &Member<'_>, check: &'a Weighted<'a>, checks: &[Weighted<'_>], backup: bool) -> Self {
        let (high, low) = (Sum::healthy(member), low(member, check));
        let fails = check.fails();
        let fits = |p: &i16| {
            let Ok(p) = u8::try_from(*p) else { return false };
            let other = peer(p, checks);
            if !backup {
                return low.effective() < other.effective() && other.effective() < high.effective();
            }
            // The peer is the master whose check fails.
            let points = checks.iter().map(|c| if std::ptr::eq(c.track, check.track) { c.worst() } else { c.best() });
            effective_priority(p, points) < high.effective() && high.effective() < other.effective()
        };
        let priorities: Vec<i16> = (1..=254).filter(fits).collect();
        let which = match range(&priorities) {
            Some((first, last)) if first == last => format!("priority {first} and no other"),
            Some((first, last)) => format!("a priority of {first} to {last}"),
            None if priorities.is_empty() => "no priority at all".to_owned(),
            None => format!("priority {}", list(priorities.iter().map(i16::to_string))),
        };
        let sentence = if backup {
            let when = "on a master with the same checks";
            format!("{high} while all checks pass: when {fails} {when}, it takes over from {which}")
        } else {
            format!("{high} → {low} when {fails}: a peer with the same checks then takes over with {which}")
        };
        Self { check, priorities, sentence }
    }
}

/// The highest priority of a peer that just does not do.
fn tie(member: &Member<'_>, check: &Weighted<'_>, checks: &[Weighted<'_>]) -> Option<String> {
    let low = low(member, check).effective();
    // Where many priorities work, this one is of no interest.
    if check.best() - check.worst() > 10 {
        return None;
    }
    let equal = (1..=254).rev().find(|p| peer(*p, checks).effective() == low)?;
    Some(format!("with priority {equal} the peer has {}: equal does not take over", peer(equal, checks)))
}
