//! Scenario files.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draft::Draft;
use super::fault::Key;
use super::scenario::{Behaviour, Daemon, NodeSpec, Setting, Timed};
use super::words::{Said, duration, fault, fault_kind, nearest, none_such};
use crate::conf::{self, Loader, Options};
use crate::time::Instant;

/// Reads configurations for nodes.
pub struct Configs<'a> {
    /// Gives the text of files.
    pub loader: &'a mut dyn Loader,
    /// How they are read; version and config-id are each node's.
    pub options: Options,
}

impl Configs<'_> {
    /// Reads a configuration for a node.
    ///
    /// # Errors
    /// A sentence, when it cannot be read or holds nothing that can run.
    pub fn read(&mut self, file: &str, node: &str, daemon: Daemon) -> Result<Setting, String> {
        let options = Options { version: daemon.version(), config_id: node.to_owned(), ..self.options.clone() };
        let conf = conf::read(file, self.loader, &options).map_err(|e| e.to_string())?;
        let setting = Setting::new(conf, daemon.version());
        if setting.run.instances.is_empty() {
            return Err(format!("{file} holds no vrrp_instance that can run; `hactl lint {file}` says why"));
        }
        Ok(setting)
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

struct Reader<'a, 'b> {
    name: &'a str,
    text: &'a str,
    configs: &'a mut Configs<'b>,
    draft: Draft,
}

/// Reads a scenario file. Paths in it are relative to it.
///
/// # Errors
/// What is wrong, with file and line, and the nearest thing that would be right.
pub fn read(name: &str, text: &str, configs: &mut Configs<'_>) -> Result<Draft, String> {
    let mut r = Reader { name, text, configs, draft: Draft::default() };
    let table = DeTable::parse(text).map_err(|e| {
        let message = e.message().lines().next().unwrap_or_default().to_owned();
        r.wrong(e.span().map_or(0, |s| s.start), &message)
    })?;
    r.document(table.get_ref())?;
    let mut draft = r.draft;
    draft.addresses();
    Ok(draft)
}

impl<'a> Reader<'a, '_> {
    /// What is wrong at an offset.
    fn wrong(&self, at: usize, what: &str) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        format!("{}:{line}: {what}", self.name)
    }

    fn at<T>(&self, at: usize, result: Result<T, String>) -> Result<T, String> {
        result.map_err(|e| self.wrong(at, &e))
    }

    fn known(&self, table: &DeTable<'a>, keys: &[&str], of: &str) -> Result<(), String> {
        match table.keys().find(|k| !keys.contains(&k.get_ref().as_ref())) {
            None => Ok(()),
            Some(key) => {
                let word = key.get_ref();
                let hint = match nearest(word, keys.iter().copied()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("there are {}", keys.join(", ")),
                };
                Err(self.wrong(key.span().start, &format!("{of} has no key {word:?}; {hint}")))
            }
        }
    }

    fn text_of(&self, value: &Value<'a>, what: &str) -> Result<String, String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        text.ok_or_else(|| self.wrong(value.span().start, &format!("{what} is text in quotes, not {}", kind(value))))
    }

    fn time_of(&self, value: &Value<'a>, what: &str) -> Result<Duration, String> {
        if let Some(n) = value.get_ref().as_integer() {
            let sentence = format!("{what} lacks its unit: \"{0}s\"? \"{0}ms\"?", n.as_str());
            return Err(self.wrong(value.span().start, &sentence));
        }
        let text = self.text_of(value, what)?;
        self.at(value.span().start, duration(&text).map_err(|e| format!("{what}: {e}")))
    }

    fn int_of(&self, value: &Value<'a>, what: &str) -> Result<i64, String> {
        let n = value.get_ref().as_integer().and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        n.ok_or_else(|| self.wrong(value.span().start, &format!("{what} is a whole number, not {}", kind(value))))
    }

    fn table_of<'v>(&self, value: &'v Value<'a>, what: &str) -> Result<&'v DeTable<'a>, String> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.wrong(value.span().start, &format!("{what} is a table, not {}", kind(value))))
    }

    fn document(&mut self, table: &DeTable<'a>) -> Result<(), String> {
        self.known(table, &["duration", "daemon", "node", "event", "seed", "latency"], "a scenario")?;
        if let Some(v) = table.get("duration") {
            self.draft.scenario.duration = self.time_of(v, "duration")?;
        }
        if let Some(v) = table.get("latency") {
            self.draft.scenario.latency = self.time_of(v, "latency")?;
        }
        if let Some(v) = table.get("seed") {
            let seed = self.int_of(v, "seed")?;
            self.draft.scenario.seed = seed.unsigned_abs();
        }
        let daemon = match table.get("daemon") {
            Some(v) => self.daemon(v)?,
            None => Daemon::default(),
        };
        let Some(nodes) = table.get("node") else {
            return Err(self.wrong(0, "a scenario needs nodes: [node.a] with config = \"a.conf\""));
        };
        let nodes = self.table_of(nodes, "node")?;
        // In the order of the file, not of their names: it decides ties.
        let mut nodes: Vec<_> = nodes.iter().collect();
        nodes.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in nodes {
            self.node(name.get_ref(), value, daemon)?;
        }
        if let Some(events) = table.get("event") {
            let Some(list) = events.get_ref().as_array() else {
                return Err(self.wrong(events.span().start, "events are written [[event]], one each"));
            };
            for event in list {
                let timed = self.event(event)?;
                self.draft.scenario.events.push(timed);
            }
        }
        Ok(())
    }

    fn daemon(&self, value: &Value<'a>) -> Result<Daemon, String> {
        let text = self.text_of(value, "daemon")?;
        let near =
            nearest(&text, Daemon::NAMES.iter().copied()).map_or(String::new(), |n| format!(" (did you mean {n}?)"));
        self.at(value.span().start, text.parse().map_err(|e| format!("{e}{near}")))
    }

    fn node(&mut self, name: &str, value: &Value<'a>, daemon: Daemon) -> Result<(), String> {
        const KEYS: &[&str] = &[
            "config",
            "mirror",
            "priority",
            "daemon",
            "address",
            "start",
            "scripts",
            "processes",
            "files",
            "drift_ppm",
        ];
        let table = self.table_of(value, "a node")?;
        self.known(table, KEYS, "a node")?;
        let daemon = match table.get("daemon") {
            Some(v) => self.daemon(v)?,
            None => daemon,
        };
        let mut spec = if let Some(mirror) = table.get("mirror") {
            let of = self.text_of(mirror, "mirror")?;
            let place = self.at(mirror.span().start, super::words::node(&of, &self.draft.scenario.nodes))?;
            let priority = table.get("priority").map_or(Ok(100), |v| {
                let wrong = || self.wrong(v.span().start, "a priority is from 1 to 255");
                u8::try_from(self.int_of(v, "priority")?).ok().filter(|p| *p > 0).ok_or_else(wrong)
            })?;
            let first = self.draft.scenario.nodes[place].clone();
            self.draft.mirror_of(&first, name, priority).clone()
        } else {
            let Some(config) = table.get("config") else {
                return Err(self.wrong(value.span().start, &format!("node {name} lacks its config = \"FILE\"")));
            };
            let file = self.beside(&self.text_of(config, "config")?);
            let setting = self.configs.read(&file, name, daemon);
            let setting = self.at(config.span().start, setting)?;
            self.draft.node(name, daemon, setting).clone()
        };
        if let Some(v) = table.get("start") {
            let never = v.get_ref().as_str() == Some("never");
            spec.start = if never { None } else { Some(Instant::ZERO.after(self.time_of(v, "start")?)) };
        }
        if let Some(v) = table.get("drift_ppm") {
            let ppm = self.int_of(v, "drift_ppm")?;
            let most = -100_000..=100_000;
            let ppm = i32::try_from(ppm).ok().filter(|p| most.contains(p));
            spec.drift_ppm = ppm.ok_or_else(|| self.wrong(v.span().start, "drift_ppm is from -100000 to 100000"))?;
        }
        if let Some(v) = table.get("address") {
            for (interface, list) in self.table_of(v, "address")? {
                let addresses = self.addresses(list)?;
                spec.addresses.insert(interface.get_ref().as_ref().to_owned(), addresses);
            }
        }
        if let Some(v) = table.get("scripts") {
            let names: Vec<&str> = spec.setting.conf.scripts.iter().map(|s| s.name.as_str()).collect();
            for (script, value) in self.table_of(v, "scripts")? {
                let script_name = script.get_ref().as_ref();
                if !names.contains(&script_name) {
                    return Err(self.wrong(script.span().start, &none_such("vrrp_script", script_name, &names)));
                }
                spec.scripts.insert(script_name.to_owned(), self.outcome(value)?);
            }
        }
        if let Some(v) = table.get("processes") {
            let names: Vec<&str> = spec.setting.conf.processes.iter().map(|p| p.name.as_str()).collect();
            for (process, value) in self.table_of(v, "processes")? {
                let process_name = process.get_ref().as_ref();
                if !names.contains(&process_name) {
                    return Err(
                        self.wrong(process.span().start, &none_such("vrrp_track_process", process_name, &names))
                    );
                }
                let up = value.get_ref().as_bool().or(match value.get_ref().as_str() {
                    Some("up") => Some(true),
                    Some("down") => Some(false),
                    _ => None,
                });
                let up = up.ok_or_else(|| self.wrong(value.span().start, "a process is \"up\" or \"down\""))?;
                spec.processes.insert(process_name.to_owned(), up);
            }
        }
        if let Some(v) = table.get("files") {
            let names: Vec<&str> = spec.setting.conf.files.iter().map(|f| f.name.as_str()).collect();
            for (file, value) in self.table_of(v, "files")? {
                let file_name = file.get_ref().as_ref();
                if !names.contains(&file_name) {
                    return Err(self.wrong(file.span().start, &none_such("track_file", file_name, &names)));
                }
                let number = i32::try_from(self.int_of(value, "a file's number")?);
                let number = number.map_err(|_| self.wrong(value.span().start, "the number is too large"))?;
                spec.files.insert(file_name.to_owned(), number);
            }
        }
        if let Some(last) = self.draft.scenario.nodes.last_mut() {
            *last = spec;
        }
        Ok(())
    }

    /// A path relative to the scenario file.
    fn beside(&self, file: &str) -> String {
        let directory = Path::new(self.name).parent().unwrap_or(Path::new(""));
        directory.join(file).to_string_lossy().into_owned()
    }

    fn addresses(&self, list: &Value<'a>) -> Result<Vec<(IpAddr, u8)>, String> {
        let one = |v: &Value<'a>| {
            let text = self.text_of(v, "an address")?;
            let parsed = parse_address(&text);
            parsed.ok_or_else(|| {
                self.wrong(
                    v.span().start,
                    &format!("{text:?} is not an address with its prefix length, such as 10.0.0.1/24"),
                )
            })
        };
        match list.get_ref().as_array() {
            Some(array) => array.iter().map(one).collect(),
            None => Ok(vec![one(list)?]),
        }
    }

    /// An exit status, `"hang"`, or a table of both with what a run takes.
    fn outcome(&self, value: &Value<'a>) -> Result<Behaviour, String> {
        let mut outcome = Behaviour::default();
        if let Some(table) = value.get_ref().as_table() {
            self.known(table, &["exit", "takes", "hangs"], "a script")?;
            if let Some(v) = table.get("exit") {
                outcome.exit = self.int_of(v, "exit")? as i32;
            }
            if let Some(v) = table.get("takes") {
                outcome.takes = self.time_of(v, "takes")?;
            }
            outcome.hangs = table.get("hangs").and_then(|v| v.get_ref().as_bool()).unwrap_or(false);
        } else if value.get_ref().as_str() == Some("hang") {
            outcome.hangs = true;
        } else {
            outcome.exit = self.int_of(value, "an exit status")? as i32;
        }
        Ok(outcome)
    }

    fn event(&mut self, event: &Value<'a>) -> Result<Timed, String> {
        let table = self.table_of(event, "an event")?;
        let keys: Vec<&str> = ["at", "do", "node"].into_iter().chain(Key::ALL.iter().map(|k| k.name())).collect();
        self.known(table, &keys, "an event")?;
        let place = event.span().start;
        let Some(at) = table.get("at") else { return Err(self.wrong(place, "an event lacks its time: at = \"9.5s\"")) };
        let at = Instant::ZERO.after(self.time_of(at, "at")?);
        let Some(what) = table.get("do") else {
            return Err(self.wrong(place, "an event lacks what happens: do = \"crash\""));
        };
        let word = self.text_of(what, "do")?;
        let kind = self.at(what.span().start, fault_kind(&word))?;
        let of = table.get("node").map(|v| self.text_of(v, "node")).transpose()?;
        let mut said = Vec::new();
        let mut first = what.span().start;
        for (word, v) in table {
            let Some(key) = Key::of(word.get_ref()) else { continue };
            first = v.span().start;
            said.push((key, self.said(key, v)?));
        }
        let directory = Path::new(self.name).parent().unwrap_or(Path::new("")).to_path_buf();
        let configs = &mut *self.configs;
        let mut read = |file: &str, spec: &NodeSpec| {
            configs.read(&directory.join(file).to_string_lossy(), &spec.name, spec.daemon)
        };
        let made = fault(kind, of.as_deref(), &said, &self.draft.scenario.nodes, &mut read);
        // The line of the key that is wrong, as far as that is known: else that of the event's word.
        let place = match (&made, table.get("node")) {
            (Err(e), Some(node)) if e.starts_with("there is no node") => node.span().start,
            _ if said.len() == 1 => first,
            _ => what.span().start,
        };
        Ok(Timed { at, fault: self.at(place, made)? })
    }

    fn said(&self, key: Key, v: &Value<'a>) -> Result<Said, String> {
        if key == Key::Sides {
            let wrong = || self.wrong(v.span().start, "sides are lists of nodes: [[\"a\"], [\"b\", \"c\"]]");
            let sides = v.get_ref().as_array().ok_or_else(wrong)?;
            let side = |s: &Value<'a>| {
                let names = s.get_ref().as_array().ok_or_else(wrong)?;
                names.iter().map(|n| self.text_of(n, "a node")).collect::<Result<Vec<_>, _>>()
            };
            return Ok(Said::Sides(sides.iter().map(side).collect::<Result<_, _>>()?));
        }
        if matches!(key, Key::Time | Key::Takes) {
            self.time_of(v, key.name())?;
        }
        Ok(Said::Text(match v.get_ref() {
            DeValue::String(s) => s.as_ref().to_owned(),
            DeValue::Integer(n) => n.as_str().to_owned(),
            DeValue::Float(n) => n.as_str().to_owned(),
            DeValue::Boolean(b) => b.to_string(),
            _ => return Err(self.wrong(v.span().start, &format!("{} is not {}", key.name(), kind(v)))),
        }))
    }
}

/// An address with its prefix length.
pub fn parse_address(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let prefix: u8 = prefix.parse().ok()?;
    (prefix <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, prefix))
}

fn kind(value: &Value<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
        DeValue::Datetime(_) => "a date",
    }
}
