//! One node: its links and addresses, what it tracks, and each of its instances.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::lanes::{node_ailments, standing, style};
use super::wire::every;
use crate::report::describe::count;
use crate::report::printable;
use crate::report::simulate::live;
use crate::simulate::Check;
use crate::tui::simulate::app::App;
use crate::tui::text::{left, wrap};
use crate::tui::theme::Theme;
use crate::vrrp::track::{Kind, Reading};

/// Whether a check does not pass: what it does, not yet what its node makes of it.
pub fn fails(c: &Check) -> bool {
    match c.kind {
        Kind::Script => c.script.exit != 0 || c.script.hangs,
        Kind::Process => !c.running,
        _ => c.value != 0,
    }
}

/// What a check does, and what its node takes it for.
pub fn check(c: &Check) -> String {
    let does = match c.kind {
        Kind::Script if c.script.hangs => "hangs".to_owned(),
        Kind::Script if c.script.exit == 0 => "script, passes".to_owned(),
        Kind::Script => format!("script, exits with {}", c.script.exit),
        Kind::Process if c.running => "process, runs".to_owned(),
        Kind::Process => "process, is gone".to_owned(),
        _ => format!("file, says {}", c.value),
    };
    let taken = match c.reading {
        None | Some(Reading::Value(_)) => "",
        Some(Reading::Unknown) => "; no result yet",
        Some(Reading::Good) if fails(c) => "; still counts as good",
        Some(Reading::Good) => "; counts as good",
        Some(Reading::Bad) if !fails(c) => "; still counts as failed",
        Some(Reading::Bad) => "; counts as failed",
    };
    format!("{does}{taken}")
}

/// The title of the rule above.
pub fn title(app: &App) -> String {
    let Some(lane) = app.chosen() else { return "node".to_owned() };
    let spec = app.tape.scenario().nodes.get(lane.node);
    let daemon = spec.map_or(String::new(), |s| format!(" · {}", s.daemon));
    let mirror =
        spec.and_then(|s| s.mirror.as_ref()).map_or(String::new(), |(of, _)| format!(" · made up as a mirror of {of}"));
    printable(&format!("node {}{daemon}{mirror}", app.world().name(lane.node)))
}

/// As much as fits.
pub fn panel(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = lines(app, columns);
    if lines.len() > rows {
        lines.truncate(rows.saturating_sub(1));
        lines.push(Line::styled(" Enter shows all", theme.quiet()));
    }
    lines
}

/// Everything about the selected node.
pub fn lines(app: &App, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let Some(chosen) = app.chosen() else { return Vec::new() };
    let (world, n) = (app.world(), chosen.node);
    let mut lines = Vec::new();
    let mut row = |name: &str, text: &str, style: Style| {
        for (k, l) in wrap(text, columns.saturating_sub(14), 0).into_iter().enumerate() {
            let name = if k == 0 { name } else { "" };
            lines.push(Line::from(vec![
                Span::raw(format!(" {} ", left(&printable(name), 11))),
                Span::styled(printable(&l), style),
            ]));
        }
    };
    let ailments = node_ailments(app, n);
    if !ailments.is_empty() {
        row("now", &ailments.join("; "), theme.warn().patch(Theme::bold()));
    }
    for lane in app.lanes_of_all().iter().filter(|l| l.node == n) {
        let Some((_, run)) = world.instances(n).find(|(place, _)| *place == lane.place) else { continue };
        let router = world.router(n, lane.place);
        let priority = match router.map(crate::vrrp::VirtualRouter::priority) {
            Some(now) if now != run.priority => format!("priority {now} (configured {})", run.priority),
            _ => format!("priority {}", run.priority),
        };
        let mut parts = vec![
            format!("{} {}", live::tag(lane.group), standing(app, lane)),
            priority,
            every(run.advert_int),
            format!("v{}", run.version),
        ];
        if !run.preempt {
            parts.push("no preempt".to_owned());
        }
        if !run.preempt_delay.is_zero() {
            parts.push(format!("preempt delay {}", crate::report::describe::interval(run.preempt_delay)));
        }
        if let Some((heard, at)) = router.and_then(crate::vrrp::VirtualRouter::heard) {
            let src = app.style().names.put(&heard.src.to_string());
            let ago = crate::report::describe::duration(app.now().since(at));
            parts.push(format!("heard {src} with {} {ago} ago", heard.priority));
        }
        row(&run.name, &parts.join(" · "), style(app, lane, theme));
    }
    for (name, up, addresses) in world.links(n) {
        let addresses: Vec<String> = addresses.iter().map(|(a, p)| format!("{a}/{p}")).collect();
        let addresses = if addresses.is_empty() { "no address".to_owned() } else { addresses.join(" ") };
        let state = if up { "up" } else { "no carrier" };
        row(name, &format!("{state} · {addresses}"), if up { Style::new() } else { theme.bad() });
    }
    let here: Vec<String> = world.installed(n).map(|a| a.to_string()).collect();
    let text = if here.is_empty() {
        "no virtual address here".to_owned()
    } else {
        format!(
            "{} here: {}",
            count(here.len() as u64, "virtual address").replace("addresss", "addresses"),
            here.join(" ")
        )
    };
    row("addresses", &text, Style::new());
    for c in world.checks(n) {
        row(&c.name, &check(&c), if fails(&c) { theme.bad() } else { Style::new() });
    }
    lines
}
