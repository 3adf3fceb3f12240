//! What is sent and heard, and where the addresses are.

use std::net::IpAddr;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::report::describe::{count, duration, exact, interval, thousands};
use crate::report::printable;
use crate::report::speak::master;
use crate::speak::{AddressView, InstanceView, Peer};
use crate::time::Instant;
use crate::tui::speak::app::App;
use crate::tui::text::{fit, left, right, wrap};
use crate::tui::theme::Theme;
use crate::vrrp::State;
use crate::wire::Mac;

/// `adverts: 12 sent, 7 heard, 2 not accepted`
pub fn title(i: &InstanceView) -> String {
    let ((sent, released), (heard, refused)) = (i.sent, i.received);
    let released = if released > 0 { format!(" ({released} of priority 0)") } else { String::new() };
    let refused = if refused > 0 { format!(", {} not accepted", thousands(refused)) } else { String::new() };
    format!("adverts: {} sent{released}, {} heard{refused}", thousands(sent), thousands(heard))
}

/// What was sent last, then the routers heard; at most `most` lines, what does not fit is counted.
pub fn lines(app: &App, i: &InstanceView, columns: usize, most: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let now = app.now();
    let said = Line::raw(fit(&format!(" {}", sent(app, i, now)), columns));
    if i.peers.is_empty() {
        return vec![said, Line::styled(" no other router heard: a backup never speaks", theme.quiet())];
    }
    let of = |f: fn(&Peer) -> String| i.peers.iter().map(|p| f(p).chars().count()).max().unwrap_or(0);
    let (src, auth) = (of(|p| p.src.to_string()), of(|p| p.auth.to_owned()));
    let ruler = master(i, now).filter(|p| i.state != State::Master && p.priority > 0).map(|p| p.src);
    // Where there is little room, those who are heard are worth more than what is sent.
    let total = i.peers.len();
    let mut lines = if most > total.min(2) { vec![said] } else { Vec::new() };
    for (n, p) in i.peers.iter().enumerate() {
        let own = peer(p, now, (src, auth), ruler == Some(p.src), columns, theme);
        let why = objections(p, columns, theme);
        let rest = total - n;
        let more = usize::from(rest > 1);
        let left = most.saturating_sub(lines.len());
        if left < 1 + more {
            let text = format!(" {} more heard: Enter shows all", thousands(rest as u64));
            lines.push(Line::styled(text, theme.quiet()));
            break;
        }
        lines.push(own);
        lines.extend(why.into_iter().take(left.saturating_sub(1 + more)));
    }
    lines.truncate(most);
    lines
}

/// Why adverts do not pass between a router and this one.
fn objections(p: &Peer, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (what, why) in [("not accepted here", &p.objections), ("would not accept ours", &p.objects)] {
        if !why.is_empty() {
            let text = printable(&format!("! {what}: {}", why.join("; ")));
            let text = wrap(&text, columns.saturating_sub(4), 2);
            lines.extend(text.into_iter().map(|l| Line::styled(format!("   {l}"), theme.bad())));
        }
    }
    lines
}

fn sent(app: &App, i: &InstanceView, now: Instant) -> String {
    let to = match (&i.unicast_peers[..], i.params.source) {
        ([], IpAddr::V4(_)) => "224.0.0.18".to_owned(),
        ([], IpAddr::V6(_)) => "ff02::12".to_owned(),
        ([one], _) => one.to_string(),
        (more, _) => format!("{} unicast peers", more.len()),
    };
    let Some((at, priority)) = i.last_sent else {
        return if app.observing() {
            "nothing sent: it only observes".to_owned()
        } else if i.muted {
            "nothing sent: it is muted".to_owned()
        } else {
            format!("nothing sent to {to}: only a master sends adverts")
        };
    };
    let late = if i.worst_late.is_zero() { String::new() } else { format!("; {} late at most", exact(i.worst_late)) };
    format!("sent to {to}, the last {} ago with priority {priority}{late}", duration(now.since(at)))
}

fn peer(
    p: &Peer,
    now: Instant,
    (src, auth): (usize, usize),
    ruler: bool,
    columns: usize,
    theme: Theme,
) -> Line<'static> {
    let refused = !p.objections.is_empty() || !p.objects.is_empty();
    let age = duration(now.since(p.last));
    let says = match p.priority {
        0 => format!("released {age} ago"),
        _ if ruler => format!("master, heard {age} ago"),
        _ => format!("heard {age} ago"),
    };
    let style = match () {
        () if refused => theme.bad(),
        () if ruler => theme.good(),
        () => Style::new(),
    };
    let mut spans = vec![
        Span::raw(format!(" {}  {}  ", left(&p.src.to_string(), src), right(&p.priority.to_string(), 3))),
        Span::styled(left(&says, 24), style),
    ];
    let mut used = 1 + src + 7 + 24;
    let addresses = match &p.addresses[..] {
        [] => "no address".to_owned(),
        [one] => one.to_string(),
        [first, more @ ..] => format!("{first} and {} more", more.len()),
    };
    for part in [
        format!("  v{}", p.version),
        format!("  {}", left(p.auth, auth)),
        format!("  every {}", interval(p.advert_int)),
        format!("  {}", count(p.adverts, "advert")),
        format!("  for {addresses}"),
    ] {
        let n = part.chars().count();
        if used + n < columns {
            spans.push(Span::styled(part, theme.quiet()));
        }
        used += n;
    }
    Line::from(spans)
}

/// `addresses: 1 of 1 here`
pub fn addresses_title(i: &InstanceView) -> String {
    match i.addresses.len() {
        0 => "no addresses".to_owned(),
        n => {
            let here = i.addresses.iter().filter(|a| a.installed).count();
            format!(
                "addresses: {} of {} here",
                if here == 0 { "none".to_owned() } else { thousands(here as u64) },
                thousands(n as u64)
            )
        }
    }
}

/// The addresses; at most `most` lines, what does not fit is counted.
pub fn addresses(app: &App, i: &InstanceView, columns: usize, most: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    if i.addresses.is_empty() {
        return vec![Line::styled(" adverts carry no address", theme.quiet())];
    }
    let name = |a: &AddressView| format!("{}/{}", a.ip, a.prefix);
    let wide = i.addresses.iter().map(|a| name(a).len()).max().unwrap_or(0);
    let n = i.addresses.len();
    let shown = if n > most { most.saturating_sub(1) } else { n };
    let mut lines: Vec<Line<'static>> = i
        .addresses
        .iter()
        .take(shown)
        .map(|a| {
            let (text, style) = place(app, i, a, theme);
            let line = format!(" {}  {text}", left(&name(a), wide));
            Line::styled(fit(&line, columns), style)
        })
        .collect();
    if shown < n && most > 0 {
        let rest = n - shown;
        let text = if most == 1 {
            format!(" {rest} in all: Enter shows them")
        } else {
            format!(" {rest} more: Enter shows all")
        };
        lines.push(Line::styled(text, theme.quiet()));
    }
    lines
}

/// Where an address is. That somebody announced it before this router became master is no news any more.
fn place(app: &App, i: &InstanceView, a: &AddressView, theme: Theme) -> (String, Style) {
    let since = i.last.filter(|(t, _)| a.installed && t.to == State::Master).map(|(_, time)| time);
    let announced = a.announced_by.filter(|(_, time)| since.is_none_or(|s| *time > s));
    let other = announced.map(|(mac, time)| (Mac(mac), app.clock.hms(time)));
    let carried = if a.advertised { "" } else { ", not in adverts" };
    let interface = printable(&a.interface);
    match (a.installed, other) {
        (true, None) => (format!("here, on {interface}{carried}"), theme.good()),
        (true, Some((mac, at))) => {
            (format!("! here, on {interface}, but at {at} {mac} announced it{carried}"), theme.bad())
        }
        (false, Some((mac, at))) => (format!("not here: {mac} announced it at {at}{carried}"), Style::new()),
        (false, None) => (format!("not here; nobody announced it so far{carried}"), Style::new()),
    }
}
