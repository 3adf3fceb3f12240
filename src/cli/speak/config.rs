//! Virtual routers from a keepalived.conf.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use crate::cli::Error;
use crate::cli::files::Files;
use crate::conf::run::{RunAddress, RunTrack};
use crate::conf::{self, Conf, Options, RunInstance, Version, resolve};
use crate::speak::{Address, Script, Spec};
use crate::vrrp::router::{Group, Source, Tracker};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::{Kind, Track};
use crate::vrrp::{Params, Profile};

/// What is to be run.
#[derive(Default)]
pub struct Plan {
    pub specs: Vec<Spec>,
    pub groups: Vec<Group>,
    pub trackers: Vec<Tracker>,
    pub scripts: Vec<Script>,
    /// What is left out, and why: a line each.
    pub remarks: Vec<String>,
}

/// Reads a configuration, all of it or some instances by name.
pub fn read(path: &Path, names: &[String], profile: &'static Profile, observe: bool) -> Result<Plan, Error> {
    let bad = |text: String| Error::Other(text);
    let version = if profile.name == "keepalived-2.2" { Version::V2_2 } else { Version::V2_4 };
    let mut options = Options { version, environment: std::env::vars().collect(), ..Options::default() };
    options.directory = std::env::current_dir().map(|d| d.to_string_lossy().into_owned()).unwrap_or_default();
    let name = path.to_str().ok_or_else(|| bad(format!("{}: the name is not UTF-8", path.display())))?;
    let conf = conf::read(name, &mut Files, &options).map_err(|e| bad(e.to_string()))?;
    // keepalived would go on without the key; here nothing is sent less secure than it was meant to be.
    if let Some(p) = conf.problems.iter().find(|p| p.kind == conf::Kind::KeyFile) {
        return Err(bad(format!("{}{}", place(&conf, p), p.sentence)));
    }
    let run = resolve(&conf, version);
    let mut remarks: Vec<String> =
        conf.problems.iter().chain(&run.problems).map(|p| format!("{}{}", place(&conf, p), p.sentence)).collect();
    let wanted: Vec<usize> = if names.is_empty() {
        (0..run.instances.len()).collect()
    } else {
        let find = |name: &String| {
            run.instances.iter().position(|i| i.name == *name).ok_or_else(|| {
                let known: Vec<&str> = run.instances.iter().map(|i| i.name.as_str()).collect();
                bad(format!("{name} is no vrrp_instance of {}; there are {}", path.display(), known.join(", ")))
            })
        };
        names.iter().map(find).collect::<Result<_, _>>()?
    };
    if wanted.is_empty() {
        return Err(bad(format!("{} holds no vrrp_instance that can run", path.display())));
    }
    let mut trackers = Trackers { conf: &conf, all: Vec::new(), scripts: Vec::new(), remarks: Vec::new() };
    let mut specs = Vec::new();
    for &i in &wanted {
        let instance = &run.instances[i];
        if let Some(why) = instance.fault {
            return Err(bad(format!("{}: {} would stay in FAULT: {why}", path.display(), instance.name)));
        }
        specs.push(spec(instance, profile, &mut trackers).map_err(|e| bad(format!("{}: {e}", instance.name)))?);
    }
    let mut groups = Vec::new();
    for group in &run.groups {
        let place = |i: &usize| wanted.iter().position(|w| w == i);
        let members: Vec<usize> = group.members.iter().filter_map(place).collect();
        if members.len() > 1 {
            if members.len() < group.members.len() {
                remarks
                    .push(format!("sync group {} runs without those of its members that were not named", group.name));
            }
            // Weights that the group forbids were removed by the reading.
            let tracks = trackers.tracks(&group.track, &[]);
            groups.push(Group { members, tracks, tracking_weight: true });
        } else if let Some(only) = members.first() {
            specs[*only].tracks.extend(trackers.tracks(&group.track, &[]));
        }
    }
    for spec in &mut specs {
        spec.params.grouped = false; // the process sets it for those that are in a group here
    }
    let Trackers { all, scripts, remarks: more, .. } = trackers;
    remarks.extend(more);
    if observe && !scripts.is_empty() {
        remarks.push("tracked scripts do run while observing: their results decide the priority".into());
    }
    Ok(Plan { specs, groups, trackers: all, scripts, remarks })
}

fn place(conf: &Conf, problem: &conf::Problem) -> String {
    let at = conf.sources.position(problem.span);
    format!("{}:{}:{}: ", conf.sources.name(problem.span.file), at.line, at.column)
}

fn spec(i: &RunInstance, profile: &'static Profile, trackers: &mut Trackers<'_>) -> Result<Spec, String> {
    let interface = i.interface.clone().ok_or("it has no interface")?;
    let unspecified: IpAddr = if i.ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let version = if profile.name == "keepalived-2.2" { Version::V2_2 } else { Version::V2_4 };
    let params = Params { profile, ..i.params(i.source.unwrap_or(unspecified), version) };
    params.check().map_err(|e| e.to_string())?;
    let vmac = i.vmac.is_some();
    let address = |a: &RunAddress, advertised| Address {
        ip: a.address,
        prefix: a.prefix,
        interface: Some(a.dev.clone())
            .filter(|dev| *dev != interface && i.vmac.as_ref().is_none_or(|v| *dev != v.interface)),
        advertised,
    };
    let addresses: Vec<Address> =
        i.addresses.iter().map(|a| address(a, true)).chain(i.excluded.iter().map(|a| address(a, false))).collect();
    let mut own: Vec<&str> = vec![&interface];
    own.extend(i.vmac.iter().map(|v| v.interface.as_str()));
    let hearing = i.hearing();
    if let Authentication::Hmac(auth) = &hearing.authentication {
        auth.check().map_err(|e| e.to_string())?;
    }
    let tracks = trackers.tracks(&i.track, &own);
    if !i.notify.is_empty() {
        trackers.remarks.push(format!("{}: notify scripts are not run", i.name));
    }
    Ok(Spec {
        name: i.name.clone(),
        interface,
        params,
        addresses,
        hearing,
        ttl: i.ttl,
        checksum: None,
        vmac,
        present: Vec::new(),
        tracks,
    })
}

/// Trackers in use, each once.
struct Trackers<'a> {
    conf: &'a Conf,
    all: Vec<Tracker>,
    scripts: Vec<Script>,
    remarks: Vec<String>,
}

impl Trackers<'_> {
    /// Those of a list; the interfaces in `own` are watched by the speaker itself.
    fn tracks(&mut self, list: &[RunTrack], own: &[&str]) -> Vec<Track> {
        let mut tracks = Vec::new();
        for t in list {
            if t.kind == Kind::Interface && own.contains(&t.name.as_str()) {
                continue;
            }
            if let Some(tracker) = self.tracker(t) {
                tracks.push(Track { tracker, weight: t.weight, reverse: t.reverse });
            }
        }
        tracks
    }

    fn tracker(&mut self, t: &RunTrack) -> Option<usize> {
        let source = self.source(t)?;
        let known = self.all.iter().position(|k| k.name == t.name && k.source.kind() == source.kind());
        if known.is_some() {
            return known;
        }
        let id = self.all.len();
        if let Source::Script { .. } = source {
            self.scripts.push(self.script(&t.name, id)?);
        }
        self.all.push(Tracker { name: t.name.clone(), source });
        Some(id)
    }

    fn source(&mut self, t: &RunTrack) -> Option<Source> {
        match t.kind {
            Kind::Interface => Some(Source::Interface { up: true }),
            Kind::Script => {
                let script = self.conf.scripts.iter().find(|s| s.name == t.name)?;
                let command = script.command.as_ref()?.value.clone();
                let times = |n: &Option<conf::Spanned<u32>>| n.as_ref().map_or(1, |n| n.value);
                Some(Source::Script { command, rise: times(&script.rise), fall: times(&script.fall) })
            }
            Kind::File | Kind::Process | Kind::Bfd => {
                let what = match t.kind {
                    Kind::File => "file",
                    Kind::Process => "process",
                    _ => "BFD session",
                };
                let text = format!("tracked {what} {} is not watched; it counts as good", t.name);
                if !self.remarks.contains(&text) {
                    self.remarks.push(text);
                }
                None
            }
        }
    }

    fn script(&self, name: &str, tracker: usize) -> Option<Script> {
        let s = self.conf.scripts.iter().find(|s| s.name == name)?;
        let duration = |d: &Option<conf::Spanned<Duration>>| d.as_ref().map(|d| d.value);
        Some(Script {
            name: name.to_owned(),
            tracker,
            command: s.command.as_ref()?.value.clone(),
            interval: duration(&s.interval).unwrap_or(Duration::from_secs(1)),
            timeout: duration(&s.timeout),
        })
    }
}
