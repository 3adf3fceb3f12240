//! One virtual router in words: who belongs to it, where its addresses are, what happens next.

use ratatui::text::{Line, Span};

use crate::report::describe;
use crate::sniff::group::Group;
use crate::sniff::member::Standing;
use crate::sniff::predict::predict;
use crate::tui::app::App;
use crate::tui::text::{left, right, wrap};
use crate::tui::theme::Theme;

/// The title: what kind of virtual router it is.
pub fn title(g: &Group) -> String {
    let mut parts = vec![g.id.to_string()];
    if let Some(m) = g.voice() {
        parts.push(format!("version {}", m.version.value));
        parts.push(format!("every {}", describe::interval(m.interval.value)));
        parts.push(match m.auth.value {
            crate::wire::auth::Auth::None => "no auth".to_owned(),
            other => format!("auth {}", describe::auth(other)),
        });
        if !m.multicast.value {
            parts.push("unicast".to_owned());
        }
    }
    parts.join(" · ")
}

/// Members, what happens next, addresses.
pub fn lines(app: &App, g: &Group, columns: usize) -> Vec<Line<'static>> {
    let mut lines = members(app, g, columns);
    lines.extend(outlook(app, g, columns));
    lines.extend(addresses(app, g, columns));
    lines
}

/// The same for a panel of so many lines: what does not fit is counted.
pub fn panel(app: &App, g: &Group, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let (mut members, mut outlook, mut addresses) =
        (members(app, g, columns), outlook(app, g, columns), addresses(app, g, columns));
    let shorten = |v: &mut Vec<Line<'static>>, to: usize, noun: &str| {
        if v.len() > to {
            v.truncate(to.saturating_sub(1));
            let hidden = match noun {
                "member" => g.members.len(),
                _ => g.addresses().len(),
            };
            v.push(Line::styled(format!(" {}: Enter shows all", describe::count(hidden as u64, noun)), theme.quiet()));
        }
    };
    // The outlook is two sentences; the two lists share what is left.
    outlook.truncate(rows.saturating_sub(2).max(1));
    let room = rows.saturating_sub(outlook.len());
    if members.len() + addresses.len() > room {
        let for_addresses = addresses.len().min((room / 2).max(1)).min(room);
        let for_members = members.len().min(room - for_addresses);
        shorten(&mut members, for_members, "member");
        shorten(&mut addresses, room - for_members, "address");
    }
    members.extend(outlook);
    members.extend(addresses);
    members.truncate(rows);
    members
}

fn members(app: &App, g: &Group, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let now = app.picture().now.instant();
    let mut members: Vec<_> = g.members.values().collect();
    members.sort_by_key(|m| std::cmp::Reverse((m.standing == Standing::Master, m.priority.value, m.addr)));
    let wide = members.iter().map(|m| m.addr.to_string().len()).max().unwrap_or(0);
    let texts: Vec<String> = members.iter().map(|m| describe::standing(g, m, now, &app.clock)).collect();
    let words = texts.iter().map(|t| t.chars().count()).max().unwrap_or(0);
    members
        .iter()
        .zip(texts)
        .map(|(m, text)| {
            let style = match m.standing {
                Standing::Master if g.masters().len() > 1 => theme.bad(),
                Standing::Master => theme.good(),
                Standing::Silent | Standing::Released(_) => theme.warn(),
                Standing::Yielded(_) => ratatui::style::Style::new(),
            };
            let mut spans = vec![
                Span::raw(format!(" {}", left(&m.addr.to_string(), wide))),
                Span::raw(format!("  {}  ", right(&m.priority.value.to_string(), 3))),
                Span::styled(left(&text, words), style),
            ];
            let mac = m.macs.first().map_or(String::new(), |mac| format!("  {mac}"));
            let used = 1 + wide + 7 + words;
            if used + mac.len() <= columns {
                spans.push(Span::raw(mac));
                let count = format!("  {}", describe::count(m.adverts, "advert"));
                if used + 19 + count.len() < columns {
                    spans.push(Span::styled(count, theme.quiet()));
                }
            }
            Line::from(spans)
        })
        .collect()
}

fn outlook(app: &App, g: &Group, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let now = app.picture().now.instant();
    let room = columns.saturating_sub(2);
    if let (2.., Some(c)) = (g.masters().len(), &g.contention) {
        let text = format!(
            "{} and {} have both been master for {}",
            c.incumbent,
            c.newcomer,
            describe::duration(now.since(c.since.at()))
        );
        return wrap(&text, room, 2).into_iter().map(|l| Line::styled(format!(" {l}"), theme.bad())).collect();
    }
    let Some(p) = predict(g) else {
        let text = "no master now: the next advert shows who takes over";
        return vec![Line::styled(format!(" {text}"), theme.bad())];
    };
    let (dies, stops) = describe::prediction(&p);
    let whole = describe::formula(&p.wait());
    let dies = dies.replace(&whole, &whole.replace(' ', "\u{a0}"));
    [dies, stops].iter().flat_map(|s| wrap(s, room, 2)).map(|l| Line::raw(format!(" {l}"))).collect()
}

fn addresses(app: &App, g: &Group, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let room = columns.saturating_sub(2);
    if g.addresses().is_empty() {
        return vec![Line::raw(" no address is advertised")];
    }
    let wide = g.addresses().iter().map(|a| a.to_string().len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for a in g.addresses() {
        let (text, style) = match g.announcements.get(a) {
            Some(x) => {
                let moved = x.member.is_none();
                (describe::announcement(x, &app.clock), if moved { theme.warn() } else { ratatui::style::Style::new() })
            }
            None => ("advertised; no announcement (gratuitous ARP or NA) seen".to_owned(), theme.quiet()),
        };
        for l in wrap(&format!("{}  {text}", left(&a.to_string(), wide)), room, wide + 2) {
            lines.push(Line::styled(format!(" {l}"), style));
        }
    }
    lines
}
