//! `weight-no-effect`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Member, members, plain, title};
use crate::lint::weights::{Sum, weight_span, weighted};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "weight-no-effect",
        title: "a weight whose points are lost at the ends of the scale",
        text: "\
What it is
  What a priority comes to is cut to 1 to 254. With a priority near an end, some or all points of a weight are lost.

Why it hurts
  The check makes less difference than its weight says, or none, and the failover that was reckoned with does not come.

Example
  priority 250 and weight 20: 254 while the check passes, not 270, and 250 when it fails: 4 points instead of 20
  priority 254 and weight 20: 254 either way

What keepalived does
  It adds up all points first and cuts the sum at the end.

How to fix
  Priorities between 50 and 200 leave room for weights.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Choose a priority that leaves room for the weight.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for member in members(n, node) {
        judge(&member, found);
    }
}

fn judge(member: &Member<'_>, found: &mut Found) {
    let checks = weighted(member);
    let high = Sum::healthy(member);
    for check in &checks {
        let low = Sum::without(member, |w| std::ptr::eq(w.track, check.track));
        let (name, title) = (plain(&check.track.name), title(&[*member]));
        let lost = (high.total() - low.total()) - (i32::from(high.effective()) - i32::from(low.effective()));
        let fails = check.fails();
        let message = if high.effective() == low.effective() {
            format!("{title} has {high}, and {low} when {fails}: {name} makes no difference")
        } else if lost > 0 && high.total() > 254 {
            let all = high.total() - low.total();
            format!("{title} has {high}, and {low} when {fails}: {lost} of the {all} points of {name} are lost")
        } else {
            continue;
        };
        let severity = if high.effective() == low.effective() { Severity::Warning } else { Severity::Info };
        let span = weight_span(member, check.track, check.grouped);
        let say = found
            .say(message)
            .severity(severity)
            .label(member.node, span, format!("weight {}", check.track.weight))
            .label(member.node, member.priority_span(), format!("priority {}", member.run.priority));
        found.push(say.group(member.run.vrid, member.run.ipv6));
    }
}
