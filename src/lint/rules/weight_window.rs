//! `weight-window`

use crate::conf::model::State;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Gathered, Member, list, members, title};
use crate::lint::weights::{Sum, Weighted, range, weight_span, weighted};
use crate::lint::{Check, Context, Diagnostic, Found, Node, Rule};
use crate::vrrp::track::effective_priority;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-window",
        title: "which priorities of a peer a weighted check works with",
        text: "\
What it is
  A note on each weighted check, when one configuration is looked at alone: with which priority of a peer the check
  moves the master. The peer is taken to have the same checks with the same weights, and them passing.

Why it hurts
  It does not by itself. But the smaller the weight, the fewer priorities there are that work, and which one the peer
  has is in its own file. `hactl lint a.conf b.conf` looks at both.

Example
  priority 102, weight 2: 102+2=104 → 102 when the check fails. A peer with 101 has 101+2=103, which is less than 104
  and more than 102: it works. A peer with 100 has 100+2=102, which is equal, and equal does not take over.
  priority 101, weight -20: 101 → 101-20=81 when the check fails. Peers with 82 to 100 work.

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
        let Some(first) = checks.first() else { continue };
        let backup = member.conf.state.is_some_and(|s| s.value == State::Backup);
        let sentences: Vec<String> = checks.iter().map(|c| sentence(member, c, &checks, backup)).collect();
        let title = title(&[*member]);
        let mut say = found
            .say(format!("{title}: {}", sentences[0]))
            .label(0, weight_span(member, first.track, first.grouped), format!("weight {}", first.track.weight))
            .label(0, member.priority_span(), format!("priority {}", member.run.priority))
            .group(member.run.vrid, member.run.ipv6);
        say = sentences.iter().skip(1).fold(say, |d, s| d.fact(s.clone()));
        if let Some(fact) = tie(member, first, &checks).filter(|_| !backup) {
            say = say.fact(fact);
        }
        if let Some(p) = member.conf.preempt.filter(|p| !p.value) {
            say = nopreempt(say, p.span);
        }
        gathered.add_as(sentences.join("/"), title, say);
    }
    gathered.give(found);
}

fn nopreempt(say: Diagnostic, span: crate::conf::Span) -> Diagnostic {
    say.label(0, span, "nopreempt").fact(
        "a node with nopreempt does not take over from a master whose check failed; if the peer has it, too, weights move \
         nothing, and only a check without weight does",
    )
}

/// What a peer with the same checks comes to, while they pass.
fn peer(priority: u8, checks: &[Weighted<'_>]) -> Sum {
    Sum { base: priority, points: checks.iter().map(Weighted::best).collect() }
}

fn low(member: &Member<'_>, check: &Weighted<'_>) -> Sum {
    Sum::without(member, |w| std::ptr::eq(w.track, check.track))
}

fn sentence(member: &Member<'_>, check: &Weighted<'_>, checks: &[Weighted<'_>], backup: bool) -> String {
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
    let all: Vec<i16> = (1..=254).filter(fits).collect();
    let which = match range(&all) {
        Some((first, last)) if first == last => format!("priority {first} and no other"),
        Some((first, last)) => format!("a priority of {first} to {last}"),
        None if all.is_empty() => "no priority at all".to_owned(),
        None => format!("priority {}", list(all.iter().map(i16::to_string))),
    };
    if backup {
        format!(
            "{high} while all checks pass: when {fails} on a master with the same checks, it takes over from {which}"
        )
    } else {
        format!("{high} → {low} when {fails}: a peer with the same checks then takes over with {which}")
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
