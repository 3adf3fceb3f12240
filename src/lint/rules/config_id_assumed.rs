//! `config-id-assumed`

use crate::conf::{Span, Via};
use crate::finding::{Page, Severity};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "config-id-assumed",
        title: "what is read depends on the node's name, which was not given",
        text: "\
What it is
  Lines begin with `@ID` or `@^ID`, or `$_INSTANCE` is used: each node reads another configuration from the same file.
  Nobody said which node is meant, so it was read as the host does that hactl runs on.

Why it hurts
  Of the lines for other nodes nothing was judged, and not what is wrong between them.

Example
  vrrp_instance VI_1 {
      @lb1 priority 150
      @lb2 priority 100
  }

What keepalived does
  It compares ID with its `--config-id` (`-i`), else with the host's name up to the first dot. It takes or passes over
  that one line.

How to fix
  Name the nodes: `hactl lint keepalived.conf --config-id lb1,lb2` judges the file as both, and between them.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Give `--config-id` for each node: several for one file judge it as each of them.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, context: &Context<'_>, found: &mut Found) {
    let Some(assumed) = context.assumed_id else { return };
    let sources = &node.conf.sources;
    let mut first = None;
    let mut ids: Vec<String> = Vec::new();
    for file in sources.names().filter_map(|name| sources.find(name)) {
        let text = sources.text(file);
        if memchr::memchr(b'@', text).is_none() && memchr::memmem::find(text, b"_INSTANCE").is_none() {
            continue;
        }
        let mut at = 0;
        for line in text.split_inclusive(|b| *b == b'\n') {
            let code = line.trim_ascii();
            let begin = at + line.len() - line.trim_ascii_start().len();
            at += line.len();
            let condition = code.strip_prefix(b"@").map(|id| id.strip_prefix(b"^").unwrap_or(id));
            if let Some(id) = condition {
                let id = id.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                let id = String::from_utf8_lossy(id).into_owned();
                if id == assumed {
                    return; // this is one of the nodes that are meant
                }
                let plain = !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && b != b',');
                if plain && !ids.contains(&id) && ids.len() < 8 {
                    ids.push(id);
                }
            }
            let uses = code.windows(9).any(|w| w == b"_INSTANCE") && code.contains(&b'$');
            if first.is_none() && (condition.is_some() || uses) && !code.starts_with(b"#") && !code.starts_with(b"!") {
                let end = begin + code.iter().position(u8::is_ascii_whitespace).unwrap_or(code.len());
                first = Some(Span { file, start: begin as u32, end: end as u32, via: Via::NONE });
            }
        }
    }
    let Some(span) = first else { return };
    let shown = if assumed.is_empty() { "a node without a name".to_owned() } else { format!("the node {assumed}") };
    let mut d = found.say(format!("what is read depends on the node; it was read as {shown} would")).at(n, span);
    if !ids.is_empty() {
        d = d.fix(format!("Name the nodes: `--config-id {}` judges the file as each of them.", ids.join(",")));
    }
    found.push(d);
}
