//! `global-too-late`

use crate::conf::quote;
use crate::conf::tree::Node as Line;
use crate::finding::{Page, Severity};
use crate::lint::look::is;
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "global-too-late",
        title: "a setting of global_defs that comes too late",
        text: "\
What it is
  Most of `global_defs` acts on the whole file, wherever it stands. Gratuitous ARP settings (`vrrp_garp_…`),
  `vrrp_min_garp` and `vrrp_skip_check_adv_addr` are taken over by each instance where it begins; `script_user` and
  `dynamic_interfaces` likewise act on what follows.

Why it hurts
  Instances, scripts and interfaces above the line go without the setting: scripts run as another user, interfaces
  that are not there yet keep keepalived from starting.

Example
  vrrp_instance VI_1 {
      …
  }
  global_defs {
      vrrp_garp_master_refresh 60     # not for VI_1
  }

What keepalived does
  No message.

How to fix
  Put `global_defs` first. Included files too are read where `include` stands.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Move `global_defs` to the top of the file.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let (mut instance, mut script) = (None, None);
    for block in &node.conf.tree {
        let Some(keyword) = block.keyword() else { continue };
        if keyword.name == "vrrp_instance" {
            instance = instance.or(Some(block));
        } else if keyword.name == "vrrp_script" {
            script = script.or(Some(block));
        } else if keyword.name == "global_defs" {
            for line in block.nodes() {
                let Some(name) = line.keyword().map(|k| k.name) else { continue };
                let before = if name == "script_user" {
                    script.filter(|s: &&Line| !s.nodes().iter().any(|l| is(l, "user")))
                } else if name.starts_with("vrrp_garp_master_")
                    || name.starts_with("vrrp_garp_lower_prio_")
                    || matches!(name, "vrrp_min_garp" | "vrrp_skip_check_adv_addr" | "dynamic_interfaces")
                {
                    instance
                } else {
                    None
                };
                let Some(name_of) = before.and_then(|b| b.words.get(1)) else { continue };
                let message =
                    format!("`{name}` acts on what stands below it, and {} stands above", quote(&name_of.text));
                found.push(found.say(message).at(n, line.span()).label(n, name_of.span, "goes without"));
            }
        }
    }
}
