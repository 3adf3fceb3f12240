//! Virtual routers as a table.

use std::time::Duration;

use comfy_table::{ContentArrangement, Table, presets};

use super::describe;
use crate::sniff::Group;

/// More rows than this help nobody; the rest is counted.
const MAX_ROWS: usize = 40;

/// A table of groups for a terminal or a pipe `width` columns wide.
pub fn groups(groups: &[&Group], width: u16) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let vlans = groups.iter().any(|g| !g.id.vlans.ids().is_empty());
    let mut head = vec!["VRID", "master", "prio", "v", "every", "auth", "worst gap of allowed", "addresses"];
    if vlans {
        head.insert(1, "VLAN");
    }
    table.set_header(head);
    for g in groups.iter().take(MAX_ROWS) {
        let Some(voice) = g.voice() else { continue };
        let all = g.masters();
        let mut masters: Vec<String> = all.iter().take(2).map(|m| m.addr.to_string()).collect();
        if all.len() > 2 {
            masters.push(format!("{} more", all.len() - 2));
        }
        let allowed = g.worst_gap_allowed().map_or(Duration::ZERO, |a| a.0);
        let gap = g
            .worst_gap
            .map_or("-".to_owned(), |w| format!("{:.3} of {:.3} s", w.length.as_secs_f64(), allowed.as_secs_f64()));
        let addresses: Vec<String> = g.addresses().iter().take(2).map(ToString::to_string).collect();
        let more = g.addresses().len().saturating_sub(2);
        let mut row = vec![
            format!("{}/{}", g.id.vrid, if g.id.ipv6 { "v6" } else { "v4" }),
            if masters.is_empty() { "none".to_owned() } else { masters.join(" and ") },
            voice.priority.value.to_string(),
            voice.version.value.to_string(),
            describe::interval(voice.interval.value),
            describe::auth(voice.auth.value).to_owned(),
            gap,
            if more > 0 { format!("{} and {more} more", addresses.join(", ")) } else { addresses.join(", ") },
        ];
        if vlans {
            row.insert(1, g.id.vlans.to_string());
        }
        table.add_row(row);
    }
    let mut lines: Vec<String> = table.lines().map(|l| l.trim_end().to_owned()).collect();
    if groups.len() > MAX_ROWS {
        lines.push(format!("and {} more", groups.len() - MAX_ROWS));
    }
    lines.join("\n")
}
