//! The rows: virtual servers with their real servers, then the scripts.

use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::finding::Severity;
use crate::probe::Level;
use crate::probe::plan::{Does, Planned, Quorum, Script, Standing};
use crate::probe::watch::{Answer, Served, Turn, Watch};
use crate::report::describe::count;
use crate::report::printable;
use crate::report::probe::config::{PARTIAL, words};
use crate::report::probe::watch::{answer, instead, priority};
use crate::time::Instant;
use crate::tui::probe::app::{App, Item};
use crate::tui::scroll::Shown;
use crate::tui::text::{bar, fit, fit_middle, left, right, width};
use crate::tui::theme::Theme;
use crate::vrrp::track::Reading;

/// `2 virtual servers, 4 real servers, 1 script`
pub fn title(app: &App) -> String {
    let Some(watch) = &app.watch else { return "checks".to_owned() };
    let plan = watch.plan();
    let servers = plan.services.iter().map(|s| s.servers.len() as u64).sum();
    let all = [
        (plan.services.len() as u64, "virtual server"),
        (servers, "real server"),
        (plan.scripts.iter().filter(|s| !s.tracked.is_empty()).count() as u64, "tracked script"),
    ];
    all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect::<Vec<_>>().join(", ")
}

/// What the rule says at its right.
pub fn summary(app: &App) -> String {
    let n = app.items().into_iter().filter(|i| app.trouble(*i).is_some()).count();
    if n == 0 { String::new() } else { format!("{n} marked !") }
}

/// Lines that everything takes, the heading included.
pub fn height(app: &App) -> usize {
    app.items().len() + 1
}

/// Widths of the columns.
#[derive(Clone, Copy)]
struct Columns {
    name: usize,
    weight: usize,
    bar: usize,
    all: usize,
}

/// Columns before the name of a real server: marks, and that it belongs to what is above.
const INDENT: usize = 5;
const STATE: usize = 5;
const FAILS: usize = 5;
const NEXT: usize = 7;
const NOTICED: usize = 7;

impl Columns {
    fn of(watch: &Watch, all: usize) -> Self {
        let plan = watch.plan();
        let names = plan.services.iter().flat_map(|s| &s.servers).map(|s| width(&s.name));
        let longest = names.chain(plan.scripts.iter().map(|s| width(&s.name))).max().unwrap_or(4);
        let most = match all {
            0..70 => 14,
            70..100 => 19,
            _ => 40,
        };
        let weights = plan.scripts.iter().map(|s| points(s).len()).max().unwrap_or(0);
        Self { name: longest.clamp(8, most), weight: weights.max(3), bar: if all >= 110 { 12 } else { 0 }, all }
    }

    fn rest(self) -> usize {
        let bar = if self.bar > 0 { self.bar + 1 } else { 0 };
        self.all.saturating_sub(INDENT + self.name + STATE + self.weight + FAILS + bar + NEXT + NOTICED + 8)
    }
}

/// What a script does where it is tracked; `…` where that is not everywhere the same.
fn points(script: &Script) -> String {
    match &script.tracked[..] {
        [] => "-".to_owned(),
        [one, others @ ..] if others.iter().any(|o| o.weight != one.weight) => "…".to_owned(),
        [one, ..] if one.weight == 0 => "FAULT".to_owned(),
        [one, ..] => format!("{:+}", one.weight),
    }
}

/// Which rows show. `rows` counts the heading.
pub fn shown(app: &App, rows: usize) -> Shown {
    let all = app.items().len();
    Shown::around(app.selected.min(all.saturating_sub(1)), all, rows.saturating_sub(1))
}

/// The rows, the heading first. `rows` counts the heading.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let Some(watch) = &app.watch else { return Vec::new() };
    let items = app.items();
    let at = app.selected.min(items.len().saturating_sub(1));
    let shown = shown(app, rows);
    let c = Columns::of(watch, columns);
    let mut next = String::new();
    if c.bar > 0 {
        next = " ".repeat(c.bar + 1);
    }
    let heading = format!(
        "     {} {} {} {} {next}{} {}  {}",
        left("", c.name),
        left("state", STATE),
        right("w", c.weight),
        right("fails", FAILS),
        right("next", NEXT),
        right("noticed", NOTICED),
        "last said"
    );
    let mut lines = vec![Line::styled(fit(&heading, columns), theme.quiet())];
    for (k, item) in items.iter().enumerate().skip(shown.first).take(shown.rows) {
        let trouble = app.trouble(*item);
        let mark = theme.severity(trouble.or(Some(Severity::Critical))).patch(Theme::bold());
        let mut spans = vec![
            Span::raw(if k == at { ">" } else { " " }),
            Span::styled(if trouble.is_some() { "!" } else { " " }, mark),
        ];
        match *item {
            Item::Service(n) => spans.extend(service(watch, n, columns - 2, theme)),
            Item::Server(n, m) => spans.extend(server(watch, (n, m), app.now(), c, theme)),
            Item::Script(s) => spans.extend(script(watch, s, app.now(), c, theme)),
        }
        let line = Line::from(spans);
        lines.push(if k == at { line.patch_style(Theme::bold()) } else { line });
    }
    lines
}

fn service(watch: &Watch, n: usize, columns: usize, theme: Theme) -> Vec<Span<'static>> {
    let (planned, quorum) = (&watch.plan().services[n], watch.quorum(n));
    let Quorum { live, total, needed } = quorum;
    let (word, style) = match watch.served(n) {
        Served::Yes => ("served", theme.good()),
        Served::No => ("NO QUORUM", theme.bad()),
        Served::Open => ("not decided yet", theme.quiet()),
        Served::Partial => ("quorum", theme.quiet()),
    };
    // The first that fits.
    let texts = match (watch.served(n), &planned.sorry) {
        (Served::Yes, _) => vec![format!("weight {live} of {total} up, lost below {needed}")],
        (Served::Open, _) => {
            let known = live.saturating_sub(watch.unseen(n, true));
            vec![format!("weight {known} of {total} known to be up, {needed} needed")]
        }
        (Served::Partial, _) => vec![PARTIAL.to_owned()],
        (Served::No, sorry) => {
            let weight = format!("weight {live} of {total} up, back at {needed}");
            let mut texts = vec![format!("{weight}; {}", instead(planned, live))];
            if let Some(sorry) = sorry {
                texts.push(format!("{weight}; sorry server {sorry}, unchecked"));
                texts.push(format!("{weight}; sorry server, unchecked"));
                texts.push(format!("weight {live} of {total} up; sorry server, unchecked"));
                texts.push("sorry server, unchecked".to_owned());
            }
            texts
        }
    };
    // The scheduler is in the details, too.
    let names = [format!("{} {}", planned.name, planned.scheduler), planned.name.clone()].map(|n| printable(&n));
    let room = |name: &str| columns.saturating_sub(width(name) + width(word) + 5);
    let fits = |(text, name): &(&String, &String)| width(text) <= room(name);
    let all = texts.iter().flat_map(|text| names.iter().map(move |name| (text, name)));
    let (text, name) = all.clone().find(fits).or(all.last()).map_or(("", ""), |(t, n)| (t.as_str(), n.as_str()));
    vec![
        Span::styled(format!(" {name}"), theme.title()),
        Span::raw("  "),
        Span::styled(word, style),
        Span::raw("  "),
        Span::raw(fit(text, room(name))),
    ]
}

fn server(watch: &Watch, (n, m): (usize, usize), now: Instant, c: Columns, theme: Theme) -> Vec<Span<'static>> {
    let (planned, state) = (&watch.plan().services[n].servers[m], &watch.services()[n].servers[m]);
    let telling = App::telling(watch, n, m);
    let failing = state.checkers.iter().filter_map(Turn::failing).max_by_key(|(n, of)| (*n, u32::MAX - *of));
    let (word, style) = match (watch.standing(n, m), planned.checks.is_empty()) {
        (Standing::Down, _) => ("DOWN", theme.bad()),
        (_, true) => ("up", theme.good()),
        (Standing::Up, _) if failing.is_some() => ("up", theme.warn()),
        (Standing::Up, _) => ("up", theme.good()),
        (Standing::Unknown, _) => ("?", theme.quiet()),
    };
    let weight = if state.alive || !planned.inhibit { state.weight } else { 0 };
    let fails = failing.map_or(String::new(), |(n, of)| format!("{n}/{of}"));
    let checker = telling.and_then(|(k, _)| planned.checkers.get(k));
    let check: Option<&Planned> = telling.and_then(|(_, t)| planned.checks.get(t.check()));
    let check = check.filter(|_| telling.is_some_and(|(_, t)| t.runs()));
    let first = checker.and_then(|k| planned.checks.get(k.checks.start));
    let noticed = planned.checks.iter().filter_map(|k| k.detect).min();
    let said = match (telling, check.or(first)) {
        (_, None) => "no checker: always up".to_owned(),
        (Some((_, turn)), Some(check)) if turn.runs() => {
            let said = turn.latest().map_or("not yet".to_owned(), |(_, a)| briefly(a, c));
            // Where it is narrow the reason is worth more.
            if c.rest() < 40 { said } else { format!("{} {said}", check.keyword) }
        }
        (_, Some(check)) => format!("{}: {}", check.keyword, unasked(check)),
    };
    let mut spans = vec![
        Span::raw("   "),
        Span::raw(left(&fit_middle(&printable(&planned.name), c.name), c.name)),
        Span::raw(" "),
        Span::styled(left(word, STATE), style),
        Span::raw(" "),
        Span::raw(right(&weight.to_string(), c.weight)),
        Span::raw(" "),
        Span::styled(right(&fails, FAILS), theme.warn()),
        Span::raw(" "),
    ];
    let times = telling.map(|(_, t)| (t.next(), t.started()));
    let whole = checker.and_then(|k| k.rhythm).map_or(Duration::ZERO, |r| r.delay_loop);
    spans.extend(until(times.unwrap_or((None, None)), now, whole, c, theme));
    spans.push(Span::raw(format!(" {}  ", right(&noticed.map_or(String::new(), words), NOTICED))));
    spans.push(Span::styled(fit(&printable(&said), c.rest()), if word == "DOWN" { style } else { Style::new() }));
    spans
}

/// What was found; where there is little room, without the reason's id.
fn briefly(a: &Answer, c: Columns) -> String {
    match &a.reason {
        Some(reason) if c.rest() < 40 => printable(&reason.sentence),
        _ => answer(a),
    }
}

/// Why a check is not run here.
fn unasked(check: &Planned) -> String {
    match &check.does {
        Does::Follows(what) => format!("follows {what}"),
        Does::Unable(why) => why.clone(),
        Does::Runs(job) => job.target.text.clone(),
    }
}

fn script(watch: &Watch, k: usize, now: Instant, c: Columns, theme: Theme) -> Vec<Span<'static>> {
    let (planned, state) = (&watch.plan().scripts[k], &watch.scripts()[k]);
    let (against, of) = state.state.against();
    let reading = state.state.reading();
    let troubled = matches!(planned.level(reading), Level::Warning | Level::Critical);
    let (word, style) = match (reading, troubled) {
        (Reading::Bad, true) => ("BAD", theme.bad()),
        (Reading::Unknown, _) => ("?", theme.quiet()),
        // Where it is tracked in reverse, a failure is as wanted.
        (Reading::Bad, false) => ("bad", theme.good()),
        (_, true) => ("GOOD", theme.bad()),
        (_, false) if against == 0 => ("good", theme.good()),
        (_, false) => ("good", theme.warn()),
    };
    let fails = if against > 0 { format!("{against}/{of}") } else { String::new() };
    let times = state.schedule.as_ref().map_or((None, None), |s| (s.next_start(), None));
    let effects = watch.plan().instances.iter().zip(watch.instances());
    let effects: Vec<String> = effects
        .filter(|(i, _)| i.tracks.iter().any(|t| t.tracker == k))
        .map(|(i, p)| format!("{} {}", i.name, priority(i.priority, *p).replace("priority ", "")))
        .collect();
    let effect = if effects.is_empty() { "nobody tracks it".to_owned() } else { effects.join(", ") };
    let said = match (&planned.check.does, &state.last) {
        (Does::Runs(_), Some((_, a))) => format!("{effect}; {}", briefly(a, c)),
        (Does::Runs(_), None) => effect,
        _ => unasked(&planned.check),
    };
    let mut spans = vec![
        Span::raw(" "),
        Span::raw(left(&fit_middle(&printable(&planned.name), c.name + 2), c.name + 2)),
        Span::raw(" "),
        Span::styled(left(word, STATE), style),
        Span::raw(" "),
        Span::raw(right(&points(planned), c.weight)),
        Span::raw(" "),
        Span::styled(right(&fails, FAILS), theme.warn()),
        Span::raw(" "),
    ];
    spans.extend(until(times, now, planned.interval, c, theme));
    let noticed = planned.check.detect.map_or(String::new(), words);
    spans.push(Span::raw(format!(" {}  ", right(&noticed, NOTICED))));
    spans.push(Span::styled(fit(&printable(&said), c.rest()), if troubled { style } else { Style::new() }));
    spans
}

/// What is left until the next check, as a bar and in seconds; or how long one runs.
fn until(
    (next, started): (Option<Instant>, Option<Instant>),
    now: Instant,
    whole: Duration,
    c: Columns,
    theme: Theme,
) -> Vec<Span<'static>> {
    let (share, text) = match (next, started) {
        (Some(next), _) => {
            let remaining = next.since(now);
            let share = remaining.as_secs_f64() / whole.as_secs_f64().max(1e-6);
            (Some(share), format!("{:.1} s", remaining.as_secs_f64()))
        }
        (None, Some(started)) => (Some(0.0), format!("+{:.1} s", now.since(started).as_secs_f64())),
        (None, None) => (None, "-".to_owned()),
    };
    let mut spans = Vec::new();
    if c.bar > 0 {
        let bar = share.map_or(" ".repeat(c.bar), |s| bar(s, c.bar));
        spans.push(Span::styled(bar, theme.title()));
        spans.push(Span::raw(" "));
    }
    let style = if next.is_none() && started.is_some() { theme.warn() } else { Style::new() };
    spans.push(Span::styled(right(&text, NEXT), style));
    spans
}
