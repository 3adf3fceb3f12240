//! Words of a scenario to faults: the same for a file's keys and for a line's words.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::fault::{Args, FAULTS, Fault, FaultKind, Key, Whose, kind};
use super::scenario::{NodeSpec, Setting, Timed};
use crate::time::Instant;

/// Reads a configuration by its name: for `reload`.
pub type ReadConfig<'a> = dyn FnMut(&str, &NodeSpec) -> Result<Setting, String> + 'a;

/// A duration with its unit: `humantime` text. Zero is one.
pub fn duration(s: &str) -> Result<Duration, String> {
    if !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(format!("{s} lacks its unit: {s}s? {s}ms?"));
    }
    let d = humantime::parse_duration(s).map_err(|e| format!("{s:?} is not a duration such as 9.5s or 250ms: {e}"));
    d.or_else(|e| decimal(s).ok_or(e)).map(|d| d.min(Duration::from_hours(24 * 365 * 10)))
}

/// `9.5s`: humantime takes whole numbers only.
fn decimal(s: &str) -> Option<Duration> {
    let unit = s.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number = &s[..s.len() - unit.len()];
    let nanos: u64 = match unit.trim() {
        "us" | "µs" => 1_000,
        "ms" => 1_000_000,
        "s" | "sec" => 1_000_000_000,
        "m" | "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.')?;
    let mut value = whole.parse::<u64>().ok()?.checked_mul(nanos)?;
    let mut place = nanos;
    for digit in fraction.chars() {
        place /= 10;
        value = value.checked_add(u64::from(digit.to_digit(10)?).checked_mul(place)?)?;
    }
    (!whole.is_empty() && !fraction.is_empty()).then(|| Duration::from_nanos(value))
}

/// The nearest of some names, if one is near.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().map(|n| (strsim::osa_distance(word, n), n));
    near.filter(|(d, n)| *d <= 3 && *d < n.len()).min_by_key(|(d, _)| *d).map(|(_, n)| n)
}

/// That there is no such thing, with the nearest there is or all there are.
pub fn none_such(what: &str, word: &str, names: &[&str]) -> String {
    match nearest(word, names.iter().copied()) {
        Some(near) => format!("there is no {what} {word:?}; did you mean {near}?"),
        None if names.is_empty() => format!("there is no {what} {word:?}, and none at all"),
        None => format!("there is no {what} {word:?}; there are {}", names.join(", ")),
    }
}

/// What one key says.
#[derive(Clone, Debug)]
pub enum Said {
    /// Text, or a number as it is written.
    Text(String),
    /// Sides of nodes.
    Sides(Vec<Vec<String>>),
}

/// The place of a node.
pub fn node(name: &str, nodes: &[NodeSpec]) -> Result<usize, String> {
    let names: Vec<&str> = nodes.iter().map(|n| n.name.as_str()).collect();
    names.iter().position(|n| *n == name).ok_or_else(|| none_such("node", name, &names))
}

/// The kind of a word.
pub fn fault_kind(word: &str) -> Result<&'static FaultKind, String> {
    let names: Vec<&str> = FAULTS.iter().map(|k| k.name).collect();
    kind(word).ok_or_else(|| none_such("fault", word, &names))
}

/// A fault of a kind from what its keys say.
pub fn fault(
    kind: &'static FaultKind,
    of: Option<&str>,
    said: &[(Key, Said)],
    nodes: &[NodeSpec],
    read: &mut ReadConfig<'_>,
) -> Result<Fault, String> {
    let name = kind.name;
    let mut args = Args { node: of.map(|n| node(n, nodes)).transpose()?, ..Args::default() };
    match (kind.whose, args.node) {
        (Whose::Node, None) => return Err(format!("{name} befalls a node; say which")),
        (Whose::Network, Some(_)) => return Err(format!("{name} befalls the network, not a node")),
        _ => {}
    }
    if let Some((key, _)) = said.iter().find(|(k, _)| !kind.needs.contains(k) && !kind.may.contains(k)) {
        let takes: Vec<&str> = kind.needs.iter().chain(kind.may).map(|k| k.name()).collect();
        let takes = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
        return Err(format!("{name} does not take {}; it takes {takes}", key.name()));
    }
    if let Some(key) = kind.needs.iter().find(|k| !said.iter().any(|(s, _)| s == *k)) {
        return Err(format!("{name} lacks {}", key.name()));
    }
    for (key, said) in said {
        let spec = args.node.and_then(|n| nodes.get(n));
        put(&mut args, *key, said, spec, nodes, read).map_err(|e| format!("{name}: {e}"))?;
    }
    if kind.needs.contains(&Key::Sides) && args.sides.len() < 2 {
        return Err(format!("{name} needs two sides at least"));
    }
    Ok(Fault { kind, args })
}

fn put(
    args: &mut Args,
    key: Key,
    said: &Said,
    spec: Option<&NodeSpec>,
    nodes: &[NodeSpec],
    read: &mut ReadConfig<'_>,
) -> Result<(), String> {
    let text = match said {
        Said::Sides(sides) => {
            let side = |s: &Vec<String>| s.iter().map(|n| node(n, nodes)).collect::<Result<Vec<_>, _>>();
            args.sides = sides.iter().map(side).collect::<Result<_, _>>()?;
            return Ok(());
        }
        Said::Text(text) => text.as_str(),
    };
    let whole = |what: &str| text.parse::<i32>().map_err(|_| format!("{what} {text:?} is not a whole number"));
    let known = |what: &str, names: Vec<&str>| {
        if names.contains(&text) { Ok(text.to_owned()) } else { Err(none_such(what, text, &names)) }
    };
    match key {
        Key::Interface => {
            let names = spec.map(interfaces).unwrap_or_default();
            args.interface = Some(known("interface", names.iter().map(String::as_str).collect())?);
        }
        Key::Script => {
            let scripts = spec.map(|s| &s.setting.conf.scripts[..]).unwrap_or_default();
            args.name = Some(known("vrrp_script", scripts.iter().map(|s| s.name.as_str()).collect())?);
        }
        Key::Process => {
            let processes = spec.map(|s| &s.setting.conf.processes[..]).unwrap_or_default();
            args.name = Some(known("vrrp_track_process", processes.iter().map(|p| p.name.as_str()).collect())?);
        }
        Key::File => {
            let files = spec.map(|s| &s.setting.conf.files[..]).unwrap_or_default();
            args.name = Some(known("track_file", files.iter().map(|f| f.name.as_str()).collect())?);
        }
        Key::Exit if text == "hang" => args.hangs = true,
        Key::Exit => args.exit = Some(whole("exit status")?),
        Key::Value => args.value = Some(whole("value")?),
        Key::Takes | Key::Time => args.time = Some(duration(text)?),
        Key::Running => {
            args.running = Some(match text {
                "up" | "true" | "1" => true,
                "down" | "false" | "0" => false,
                _ => return Err(format!("running is `up` or `down`, not {text:?}")),
            });
        }
        Key::Address => {
            let address = text.split('/').next().unwrap_or_default();
            args.address =
                Some(address.parse::<IpAddr>().map_err(|_| format!("{text:?} is not an IPv4 or IPv6 address"))?);
        }
        Key::From => args.from = Some(node(text, nodes)?),
        Key::To => args.to = Some(node(text, nodes)?),
        Key::Percent => args.millionths = Some(percent(text)?),
        Key::Config => {
            let spec = spec.ok_or("a configuration belongs to a node")?;
            args.config = Some((text.to_owned(), read(text, spec)?));
        }
        Key::Sides => {
            args.sides.push(text.split(',').map(|n| node(n.trim(), nodes)).collect::<Result<_, _>>()?);
        }
    }
    Ok(())
}

/// Interfaces that a node has.
pub fn interfaces(spec: &NodeSpec) -> Vec<String> {
    let run = &spec.setting.run;
    let tracked = run.instances.iter().flat_map(|i| &i.track).filter(|t| t.kind == crate::vrrp::track::Kind::Interface);
    let mut all: Vec<String> = spec.addresses.keys().cloned().collect();
    all.extend(run.instances.iter().filter_map(|i| i.interface.clone()));
    all.extend(tracked.map(|t| t.name.clone()));
    all.sort();
    all.dedup();
    all
}

/// `20`, `20%`, `0.5`: parts of a hundred, in millionths.
fn percent(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let bad = || format!("{text:?} is not a percentage from 0 to 100");
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u32 = whole.parse().map_err(|_| bad())?;
    if fraction.len() > 4 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    let fraction: u32 = if fraction.is_empty() { 0 } else { format!("{fraction:0<4}").parse().map_err(|_| bad())? };
    Some(whole)
        .filter(|w| *w <= 100)
        .and_then(|w| (w * 10_000).checked_add(fraction))
        .filter(|n| *n <= 1_000_000)
        .ok_or_else(bad)
}

/// `9.5s script a chk 1`: a time, a fault, its node if it has one, and what it needs in the order of its row. What it may
/// be told too comes as `key=value`.
pub fn line(text: &str, nodes: &[NodeSpec], read: &mut ReadConfig<'_>) -> Result<Timed, String> {
    let mut words = text.split_whitespace().peekable();
    let at = words.next().ok_or("an event is a time, a fault and what it befalls: `9.5s crash a`")?;
    let at = Instant::ZERO.after(duration(at)?);
    let kind = fault_kind(words.next().ok_or("after its time an event names a fault: `9.5s crash a`")?)?;
    let named = |w: &&str| nodes.iter().any(|n| n.name == **w);
    let of = match kind.whose {
        Whose::Node => words.next(),
        Whose::NodeOrAll => words.next_if(named),
        Whose::Network => None,
    };
    let mut said: Vec<(Key, Said)> = Vec::new();
    let mut needs = kind.needs.iter();
    for word in words {
        let key = word.split_once('=').and_then(|(k, v)| Some((Key::of(k)?, v)));
        match key {
            Some((key, value)) => said.push((key, Said::Text(value.to_owned()))),
            None if kind.needs == [Key::Sides] => {
                let side = word.split(',').map(str::to_owned).collect();
                match said.first_mut() {
                    Some((_, Said::Sides(sides))) => sides.push(side),
                    _ => said.push((Key::Sides, Said::Sides(vec![side]))),
                }
            }
            None => {
                let key = needs.next().or_else(|| {
                    // `reload a new.conf`, `link-down a eth1`: what may be said, if there is one such thing.
                    kind.may.first().filter(|k| kind.may.len() == 1 && !said.iter().any(|(s, _)| s == *k))
                });
                let key = key.ok_or_else(|| format!("{}: {word:?} is one word too many", kind.name))?;
                said.push((*key, Said::Text(word.to_owned())));
            }
        }
    }
    Ok(Timed { at, fault: fault(kind, of, &said, nodes, read)? })
}

/// A node's name from its configuration's: the file's name without directory and ending.
pub fn node_name(file: &str) -> String {
    let stem = Path::new(file).file_stem().and_then(|s| s.to_str()).unwrap_or(file);
    stem.chars().map(|c| if c.is_whitespace() || c == ',' || c == '=' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_may_have_decimals() {
        assert_eq!(duration("9.5s"), Ok(Duration::from_millis(9500)));
        assert_eq!(duration("9500599us"), Ok(Duration::from_micros(9_500_599)));
        assert_eq!(duration("1m 5s"), Ok(Duration::from_secs(65)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("0.25ms"), Ok(Duration::from_micros(250)));
        assert_eq!(duration("9.5").unwrap_err(), "9.5 lacks its unit: 9.5s? 9.5ms?");
        assert!(duration("soon").is_err());
        assert!(duration("").is_err());
    }

    #[test]
    fn percentages() {
        assert_eq!((percent("20"), percent("0.5%"), percent("100")), (Ok(200_000), Ok(5_000), Ok(1_000_000)));
        assert!(percent("101").is_err() && percent("-1").is_err() && percent("100.1").is_err());
    }
}
