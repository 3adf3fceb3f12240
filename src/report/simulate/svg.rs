//! The chart as a picture for a report: lanes of states, faults, and what went wrong. Readable on light and on dark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::chart::Lanes;
use crate::report::printable;
use crate::simulate::{Group, Story, World};
use crate::time::Instant;
use crate::vrrp::State;

const LEFT: f64 = 150.0;
const WIDTH: f64 = 1000.0;
const LANE: f64 = 26.0;
const GAP: f64 = 10.0;
const TOP: f64 = 56.0;
/// Blocks of one lane that are drawn; more would be thinner than a pixel.
const MOST: usize = 4000;

/// Colours for both schemes.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#1f2328}.small{font-size:11px;fill:#59636e}.head{font-size:15px;font-weight:600}\
.bg{fill:#ffffff}.axis{stroke:#d1d9e0}.master{fill:#1a7f37}.backup{fill:#c8d1da}.fault{fill:#cf222e}\
.two{fill:#cf222e;fill-opacity:.22}.none{fill:#9a6700;fill-opacity:.22}.mark{stroke:#8250df;stroke-dasharray:3 3}\
.in{fill:#ffffff;font-size:11px}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.bg{fill:#0d1117}.axis{stroke:#3d444d}\
.master{fill:#2ea043}.backup{fill:#3d444d}.fault{fill:#f85149}.two{fill:#f85149;fill-opacity:.3}\
.none{fill:#d29922;fill-opacity:.3}.mark{stroke:#ab7df8}}";

fn escape(s: &str) -> String {
    printable(s).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The whole simulation as an SVG document.
pub fn draw(world: &World, lanes: &Lanes, stories: &BTreeMap<Group, Story>, end: Instant, verdict: &str) -> String {
    let span = (end.as_micros() as f64).max(1.0);
    let x = |at: Instant| LEFT + (at.as_micros() as f64 / span).clamp(0.0, 1.0) * (WIDTH - LEFT - 20.0);
    let count = lanes.iter().count();
    let bottom = TOP + count as f64 * (LANE + GAP);
    let marks: Vec<_> = lanes.faults.iter().take(40).collect();
    let height = bottom + 44.0 + marks.len() as f64 * 17.0;
    let mut s = String::new();
    let _ = write!(
        s,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{}\">\n\
         <style>{STYLE}</style>\n<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n\
         <text class=\"head\" x=\"12\" y=\"24\">{}</text>\n",
        escape(verdict),
        escape(&shorten(verdict))
    );
    // Times.
    let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0, 600.0, 3600.0, 7200.0, 21_600.0]
        .into_iter()
        .find(|step| span / 1e6 / step <= 12.0)
        .unwrap_or(span / 1e6 / 10.0);
    let mut time = 0.0;
    while time * 1e6 <= span {
        let at = x(Instant::from_micros((time * 1e6) as i64));
        let _ = writeln!(
            s,
            "<line class=\"axis\" x1=\"{at:.1}\" y1=\"{:.0}\" x2=\"{at:.1}\" y2=\"{bottom:.0}\"/>\
             <text class=\"small\" x=\"{at:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{} s</text>",
            TOP - 8.0,
            bottom + 14.0,
            if step < 1.0 { format!("{time:.1}") } else { format!("{time:.0}") }
        );
        time += step;
    }
    for (row, (g, n, changes)) in lanes.iter().enumerate() {
        let y = TOP + row as f64 * (LANE + GAP);
        let _ = writeln!(
            s,
            "<text x=\"12\" y=\"{:.0}\">{} <tspan class=\"small\">{}/{}</tspan></text>",
            y + 17.0,
            escape(world.name(n)),
            g.vrid,
            if g.ipv6 { "v6" } else { "v4" }
        );
        if let Some(story) = stories.get(&g) {
            for (class, windows) in [("two", &story.dual), ("none", &story.none)] {
                for w in windows.iter().take(MOST) {
                    let _ = writeln!(
                        s,
                        "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"{:.0}\"/>",
                        x(w.from),
                        y - GAP / 2.0,
                        (x(w.to) - x(w.from)).max(1.0),
                        LANE + GAP
                    );
                }
            }
        }
        for (i, (from, state)) in changes.iter().enumerate().take(MOST) {
            let to = changes.get(i + 1).map_or(end, |next| next.0);
            let (class, inset) = match state {
                Some(State::Master) => ("master", 0.0),
                Some(State::Backup) => ("backup", 9.0),
                Some(State::Fault) => ("fault", 9.0),
                Some(State::Init) | None => continue,
            };
            let width = x(to) - x(*from);
            let _ = writeln!(
                s,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"{:.0}\" rx=\"2\"/>",
                x(*from),
                y + inset,
                width.max(0.5),
                LANE - 2.0 * inset
            );
            if class == "master" && width > 60.0 {
                let _ =
                    writeln!(s, "<text class=\"in\" x=\"{:.1}\" y=\"{:.0}\">MASTER</text>", x(*from) + 6.0, y + 17.0);
            }
        }
    }
    for (i, (at, what)) in marks.iter().enumerate() {
        let y = bottom + 36.0 + i as f64 * 17.0;
        let _ = writeln!(
            s,
            "<line class=\"mark\" x1=\"{0:.1}\" y1=\"{1:.0}\" x2=\"{0:.1}\" y2=\"{bottom:.0}\"/>\
             <text class=\"small\" x=\"12\" y=\"{y:.0}\">{2:.3} s  {3}</text>",
            x(*at),
            TOP - 8.0,
            at.as_micros() as f64 / 1e6,
            escape(what)
        );
    }
    s.push_str("</svg>\n");
    s
}

fn shorten(text: &str) -> String {
    const MOST: usize = 120;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}
