//! Everything about the selected row.

use std::fmt::Write as _;
use std::time::Duration;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::log;
use crate::probe::plan::{Checker, Does, Planned, Quorum, Rhythm, Scheme, Server, Standing};
use crate::probe::watch::{Served, Turn, Watch};
use crate::report::describe::duration;
use crate::report::printable;
use crate::report::probe::config::{PARTIAL, means, words};
use crate::report::probe::watch::{answer, instead, priority, reading};
use crate::time::Instant;
use crate::tui::probe::app::{App, Item};
use crate::tui::text::wrap;
use crate::tui::theme::Theme;
use crate::vrrp::script::Schedule;

/// The name of the selected row.
pub fn title(app: &App) -> String {
    let (Some(watch), Some(item)) = (&app.watch, app.chosen()) else { return "nothing yet".to_owned() };
    let plan = watch.plan();
    printable(&match item {
        Item::Service(n) => plan.services[n].name.clone(),
        Item::Server(n, m) => format!("{} of {}", plan.services[n].servers[m].name, plan.services[n].name),
        Item::Script(k) => format!("script {}", plan.scripts[k].name),
    })
}

/// What is to be said of it; `all` with parameters and events.
pub fn lines(app: &App, columns: usize, all: bool) -> Vec<Line<'static>> {
    let (Some(watch), Some(item)) = (&app.watch, app.chosen()) else { return Vec::new() };
    let theme = Theme::new(app.color);
    let mut text = Text { lines: Vec::new(), columns, theme };
    match item {
        Item::Service(n) => service(&mut text, watch, n),
        Item::Server(n, m) => server(&mut text, watch, (n, m), app.now(), all),
        Item::Script(k) => script(&mut text, watch, k, app.now(), all),
    }
    let mut lines = text.lines;
    if all {
        let events = log::of(app, item, columns);
        lines.push(Line::default());
        lines.push(Line::styled(" events, the newest first", theme.title()));
        if events.is_empty() {
            lines.push(Line::raw(" none yet"));
        }
        lines.extend(events);
    }
    lines
}

struct Text {
    lines: Vec<Line<'static>>,
    columns: usize,
    theme: Theme,
}

impl Text {
    /// A name and what is said of it.
    fn row(&mut self, name: &str, text: &str, style: Style) {
        const NAME: usize = 14;
        for (i, l) in wrap(&printable(text), self.columns.saturating_sub(NAME + 2), 0).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!(" {name:<NAME$}"), self.theme.title()),
                Span::styled(l, style),
            ]));
        }
    }
}

fn service(text: &mut Text, watch: &Watch, n: usize) {
    let (planned, quorum) = (&watch.plan().services[n], watch.quorum(n));
    let weight = format!("weight {} of {} up", quorum.live, quorum.total);
    let (says, style) = match watch.served(n) {
        Served::Yes => (format!("has its quorum: {weight}"), text.theme.good()),
        Served::No => (format!("HAS NO QUORUM: {weight}; {}", instead(planned, quorum.live)), text.theme.bad()),
        Served::Open => {
            let (unseen, needed) = (watch.unseen(n, true) + watch.unseen(n, false), quorum.needed);
            (
                format!("not decided yet: weight {unseen} of {} not looked at, {needed} needed", quorum.total),
                Style::new(),
            )
        }
        Served::Partial => (format!("quorum {PARTIAL}"), Style::new()),
    };
    text.row("state", &says, style);
    let (q, h) = (planned.quorum, planned.hysteresis);
    let [lost, back] = [true, false].map(|holds| Quorum::of(planned, [], holds).needed);
    text.row("quorum", &format!("{q}, hysteresis {h}: lost below {lost}, back at {back}"), Style::new());
    let sorry = planned.sorry.as_ref().map(|sorry| format!("{sorry}, which nothing checks"));
    let sorry = sorry.unwrap_or("none: what is up goes on to serve".to_owned());
    text.row("sorry server", &sorry, Style::new());
    if let Some(address) = planned.suspended {
        let says = format!("{address} is not on this host: the daemon checks none of these here");
        text.row("ha_suspend", &says, text.theme.warn());
    }
    text.row("scheduler", &planned.scheduler, Style::new());
}

fn server(text: &mut Text, watch: &Watch, (n, m): (usize, usize), now: Instant, all: bool) {
    let (planned, state): (&Server, _) = (&watch.plan().services[n].servers[m], &watch.services()[n].servers[m]);
    let theme = text.theme;
    let (word, style) = match watch.standing(n, m) {
        Standing::Up => ("up", theme.good()),
        Standing::Down if planned.inhibit => ("DOWN, it stays with weight 0 (inhibit_on_failure)", theme.bad()),
        Standing::Down => ("DOWN, removed", theme.bad()),
        Standing::Unknown => ("not all of its checks have been made", theme.quiet()),
    };
    let since = state.since.map_or(String::new(), |s| format!(", for {}", duration(now.since(s))));
    text.row("state", &format!("{word}{since}; weight {}", state.weight), style);
    for (checker, turn) in planned.checkers.iter().zip(&state.checkers) {
        one(text, planned, checker, turn, now, all);
    }
    if planned.checkers.is_empty() {
        text.row("checks", "none: it is always up, whatever happens to it", theme.warn());
    }
}

fn one(text: &mut Text, server: &Server, checker: &Checker, turn: &Turn, now: Instant, all: bool) {
    let theme = text.theme;
    let Some(first) = server.checks.get(checker.checks.start) else { return };
    if !turn.runs() {
        let why = match &first.does {
            Does::Follows(what) => format!("follows {what}, which only the daemon sees"),
            Does::Unable(why) => why.clone(),
            Does::Runs(_) => String::new(),
        };
        text.row(first.keyword, &why, theme.quiet());
        return;
    }
    let style = if turn.up { Style::new() } else { theme.bad() };
    for (place, check) in turn.checks().iter().enumerate() {
        let Some(planned) = server.checks.get(*check) else { continue };
        let target = if let Does::Runs(job) = &planned.does { job.target.text.as_str() } else { "" };
        let said = turn.last.get(place).and_then(Option::as_ref);
        let said = said
            .map_or("not yet asked".to_owned(), |(at, a)| format!("{}, {} ago", answer(a), duration(now.since(*at))));
        text.row(planned.keyword, &format!("{target}  {said}"), style);
    }
    if let Some((failures, of)) = turn.failing() {
        text.row(
            "failing",
            &format!("{failures} of {of} in a row: {} more and it is down", of - failures),
            theme.warn(),
        );
    }
    if let Some((_, a)) = turn.latest()
        && let Some(reason) = &a.reason
    {
        text.row("usually", reason.usually, Style::new());
    }
    if let Some(r) = checker.rhythm {
        text.row("next check", &next(turn, r, now), Style::new());
        let pages = checker.checks.len();
        if let Some(worst) = first.detect {
            text.row("noticed", &format!("within {} at worst = {}", words(worst), formula(r, pages)), Style::new());
        }
        if all {
            text.row("rhythm", rhythm(r), Style::new());
            if checker.alpha {
                text.row("alpha", "it counted as down until it had succeeded once", Style::new());
            }
        }
    }
    if all {
        parameters(text, first);
    }
}

fn next(turn: &Turn, r: Rhythm, now: Instant) -> String {
    match (turn.next(), turn.started()) {
        (Some(at), _) => format!("in {}", duration(at.since(now))),
        (None, Some(since)) => {
            format!("one runs for {}, it has {}", duration(now.since(since)), words(r.timeout))
        }
        (None, None) => "none".to_owned(),
    }
}

/// The worst time of noticing, as it is made up.
fn formula(r: Rhythm, pages: usize) -> String {
    let pages = if pages > 1 { format!("{pages} × ") } else { String::new() };
    let attempts = u64::from(r.retry) + 1;
    let mut text = format!("{pages}{} delay_loop + {attempts} × {} attempt", words(r.delay_loop), words(r.timeout));
    if r.retry > 0 {
        let _ = write!(text, " + {} × {} delay_before_retry", r.retry, words(r.delay_before_retry));
    }
    text
}

const fn rhythm(r: Rhythm) -> &'static str {
    match r.scheme {
        Scheme::Plain => {
            "retries only while it is up; while down one check a delay_loop, and one success brings it back"
        }
        Scheme::EveryRound => "retries in every round, also in the first one and while it is down",
        Scheme::Pages { fast_recovery: false } => {
            "one page a delay_loop; a page that made it down is asked until it is good, then all are asked again"
        }
        Scheme::Pages { fast_recovery: true } => {
            "one page a delay_loop, without waits while it comes up; the page that made it down is asked first"
        }
        Scheme::FromStart => "the next run is counted from the start of the last one",
    }
}

fn script(text: &mut Text, watch: &Watch, k: usize, now: Instant, all: bool) {
    let (planned, state) = (&watch.plan().scripts[k], &watch.scripts()[k]);
    let theme = text.theme;
    let (against, of) = state.state.against();
    let word = reading(state.state.reading());
    let style = if word == "bad" { theme.bad() } else { Style::new() };
    let counted = match (word, against) {
        ("unknown", _) => "no result yet; the first one decides at once, whatever rise and fall say".to_owned(),
        ("bad", _) => format!("BAD; {against} of {of} successes in a row to be good again"),
        (_, 0) => "good".to_owned(),
        (_, n) => format!("good; failed {n} of {of} times in a row"),
    };
    text.row("state", &counted, style);
    text.row("effect", &means(planned), Style::new());
    for (i, p) in watch.plan().instances.iter().zip(watch.instances()) {
        if i.tracks.iter().any(|t| t.tracker == k) {
            let style = if p.fault { theme.bad() } else { Style::new() };
            text.row("", &format!("{}: {}", i.name, priority(i.priority, *p)), style);
        }
    }
    match (&planned.check.does, &state.last) {
        (Does::Runs(job), last) => {
            text.row("script", &job.target.text, Style::new());
            let said = last
                .as_ref()
                .map_or("nothing yet".to_owned(), |(at, a)| format!("{}, {} ago", answer(a), duration(now.since(*at))));
            text.row("last said", &said, style);
        }
        (Does::Unable(why) | Does::Follows(why), _) => text.row("script", why, theme.warn()),
    }
    if state.skipped > 0 {
        text.row("left out", &format!("{} runs, as the one before still ran", state.skipped), theme.warn());
    }
    if let Some(next) = state.schedule.as_ref().and_then(Schedule::next_start) {
        text.row("next run", &format!("in {}", duration(next.since(now))), Style::new());
    }
    let worst = planned.check.detect.unwrap_or(Duration::ZERO);
    text.row(
        "noticed",
        &format!(
            "within {} at worst = {} × {} interval + {} timeout",
            words(worst),
            planned.fall,
            words(planned.interval),
            words(planned.timeout)
        ),
        Style::new(),
    );
    if all {
        parameters(text, &planned.check);
    }
}

fn parameters(text: &mut Text, check: &Planned) {
    let all: Vec<String> = check
        .parameters
        .iter()
        .map(|p| format!("{} {}{}", p.name, p.value, if p.default { " (default)" } else { "" }))
        .collect();
    if !all.is_empty() {
        text.row("parameters", &all.join(", "), Style::new());
    }
}
