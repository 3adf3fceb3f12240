//! `off-means-on`

use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "off-means-on",
        title: "skip_check_adv_addr off turns it on",
        text: "\
What it is
  `skip_check_adv_addr` takes `on` or `off`, but whatever is written turns it on in an instance.

Why it hurts
  The instance does not look again at the addresses of adverts from a master that it has accepted once, which is the
  opposite of what is written. A peer whose list of addresses differs goes unnoticed.

Example
  vrrp_instance VI_1 {
      skip_check_adv_addr off
  }

What keepalived does
  No message.

How to fix
  Take the line out. (`vrrp_skip_check_adv_addr off` in `global_defs` means off, and acts on instances below it.)

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Take the line out: off is the default.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for (i, run) in node.instances() {
        let Some(said) = i.skip_check_adv_addr.filter(|s| !s.value) else { continue };
        let message =
            format!("keepalived takes this line for on: {} does not check the addresses of adverts", named(i));
        found.push(found.say(message).at(n, said.span).group(run.vrid, run.ipv6));
    }
}
