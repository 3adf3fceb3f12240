//! Virtual routers from a keepalived.conf.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use super::accounts::Accounts;
use crate::cli::Error;
use crate::cli::files::{self, Files};
use crate::conf::model::VrrpScript;
use crate::conf::run::{RunAddress, RunTrack};
use crate::conf::{self, Conf, RunInstance, Version, resolve};
use crate::speak::{Account, Address, Script, Spec};
use crate::vrrp::router::{Group, Source, Tracker};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::{Kind, Track};
use crate::vrrp::{Params, Profile};
use crate::wire::checksum::Form;

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

/// Reads a configuration, all of it or some instances by name. `checksum`: of version 3 over IPv4, if not the profile's.
pub fn read(
    path: &Path,
    names: &[String],
    profile: &'static Profile,
    observe: bool,
    checksum: Option<Form>,
) -> Result<Plan, Error> {
    let bad = |text: String| Error::Other(text);
    let version = if profile.name == "keepalived-2.2" { Version::V2_2 } else { Version::V2_4 };
    let options = files::options(version);
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
        let why = match remarks.as_slice() {
            [] => String::new(),
            [one] => format!(": {one}"),
            [first, rest @ ..] => format!(": {first}; and {} more (`keepalived -t -f` names its own)", rest.len()),
        };
        return Err(bad(format!("{} holds no vrrp_instance that can run{why}", path.display())));
    }
    let mut trackers = Trackers {
        conf: &conf,
        accounts: Accounts::of_this_host(),
        all: Vec::new(),
        scripts: Vec::new(),
        remarks: Vec::new(),
        refused: None,
    };
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
        spec.checksum = checksum;
        spec.params.grouped = false; // the process sets it for those that are in a group here
    }
    let Trackers { all, scripts, remarks: more, refused, .. } = trackers;
    if let Some(why) = refused {
        return Err(bad(format!("{}: {why}", path.display())));
    }
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
    let params = Params { profile, steady: true, ..i.params(i.source.unwrap_or(unspecified), version) };
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
    // What is tracked of its own interface without being configured is just that.
    let primary = |t: &RunTrack| t.kind == Kind::Interface && t.implied && t.name == interface;
    let track_primary = i.track.iter().any(primary);
    let mut own: Vec<&str> = if track_primary { vec![&interface] } else { Vec::new() };
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
        track_primary,
    })
}

/// Trackers in use, each once.
struct Trackers<'a> {
    conf: &'a Conf,
    accounts: Accounts,
    all: Vec<Tracker>,
    scripts: Vec<Script>,
    remarks: Vec<String>,
    /// Why a script cannot run as it is meant to.
    refused: Option<String>,
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
            let script = self.script(&t.name, id)?;
            self.scripts.push(script);
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
                // keepalived takes such a script out of the configuration.
                let program =
                    command.split_whitespace().next().unwrap_or_default().trim_matches(['"', '\'']).to_owned();
                if program.starts_with('/') && !std::path::Path::new(&program).is_file() {
                    let text = format!("tracked script {}: there is no {program}; it is not tracked", t.name);
                    if !self.remarks.contains(&text) {
                        self.remarks.push(text);
                    }
                    return None;
                }
                let times = |n: &Option<conf::Spanned<u32>>| n.as_ref().map_or(1, |n| n.value);
                Some(Source::Script { command, rise: times(&script.rise), fall: times(&script.fall) })
            }
            Kind::File | Kind::Process | Kind::Bfd => {
                let text = unwatched(t);
                if !self.remarks.contains(&text) {
                    self.remarks.push(text);
                }
                None
            }
        }
    }

    /// Who the script runs as; whoever this is when that is refused.
    fn account(&mut self, s: &VrrpScript) -> Option<Account> {
        let [user, script_user] =
            [&s.user, &self.conf.global.script_user].map(|words| words.as_ref().map(|w| w.value.as_slice()));
        self.accounts.choose(user, script_user).unwrap_or_else(|why| {
            self.refused.get_or_insert_with(|| format!("script {} is to run as {why}", s.name));
            None
        })
    }

    fn script(&mut self, name: &str, tracker: usize) -> Option<Script> {
        let conf = self.conf;
        let s = conf.scripts.iter().find(|s| s.name == name)?;
        let duration = |d: &Option<conf::Spanned<Duration>>| d.as_ref().map(|d| d.value);
        Some(Script {
            name: name.to_owned(),
            tracker,
            command: s.command.as_ref()?.value.clone(),
            interval: duration(&s.interval).unwrap_or(Duration::from_secs(1)),
            timeout: duration(&s.timeout),
            account: self.account(s),
        })
    }
}

/// What becomes of a tracker that is not watched here: it gives no points and makes no fault.
fn unwatched(t: &RunTrack) -> String {
    let (name, direction) = (&t.name, if t.reverse { " reverse" } else { "" });
    // Points are for what is good when the weight is positive, for what is bad when it is negative. Without a weight the
    // good makes no fault, and reversed the bad makes none.
    let good = match t.weight {
        0 => !t.reverse,
        weight => weight < 0,
    };
    let (what, counts) = match t.kind {
        Kind::Process => ("process", if good { "running" } else { "not running" }),
        Kind::File if t.weight != 0 || good => ("file", "holding 0"),
        Kind::File => ("file", "not holding 0"),
        _ => ("BFD session", if good { "up" } else { "down" }),
    };
    let effect = if t.weight == 0 { "so it makes no fault" } else { "so the priority stays as it is" };
    let weight = t.weight;
    format!("tracked {what} {name} is not watched; with weight {weight}{direction} it counts as {counts}, {effect}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of `instance`, a part of a virtual router's block, with `more` before it.
    fn plan(more: &str, instance: &str, checksum: Option<Form>) -> Result<Plan, String> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("k.conf");
        let block = "interface lo\nvirtual_router_id 51\nvirtual_ipaddress {\n10.77.0.110\n}\n";
        std::fs::write(&path, format!("{more}\nvrrp_instance V {{\n{block}{instance}\n}}\n")).expect("written");
        let profile = Profile::named("keepalived-2.4").expect("a profile");
        read(&path, &[], profile, false, checksum).map_err(|e| e.to_string())
    }

    const CHECK: &str = "track_script {\nchk\n}";

    #[test]
    fn a_script_runs_as_the_user_that_the_configuration_names() {
        let script = |user: &str| format!("vrrp_script chk {{\nscript /bin/true\n{user}\n}}");
        let global = "global_defs {\nscript_user root\n}\n";
        let account = |more: &str| plan(more, CHECK, None).expect("a plan").scripts[0].account;
        // root is user 0 of group 0 wherever there is a Unix.
        let root = Accounts::of_this_host().choose(Some(&["root".to_owned()]), None);
        if root == Ok(Some(Account { uid: 0, gid: 0 })) {
            assert_eq!(account(&script("user root")), Some(Account { uid: 0, gid: 0 }));
            assert_eq!(account(&(global.to_owned() + &script(""))), Some(Account { uid: 0, gid: 0 }));
        } else {
            eprintln!("SKIPPED: only root can run a script as another user");
        }
        let refused = plan(&script("user no_such_user"), CHECK, None).err().expect("an error");
        let why = "script chk is to run as user no_such_user, who is not in /etc/passwd";
        assert!(refused.ends_with(why) && refused.lines().count() == 1, "{refused}");
        // Of a script that nothing tracks nobody asks.
        assert!(plan(&script("user no_such_user"), "", None).is_ok());
    }

    #[test]
    fn its_own_interface_is_tracked_unless_the_configuration_forbids_it() {
        let one = |instance: &str| plan("", instance, None).expect("a plan");
        assert!(one("").specs[0].track_primary);
        let without = one("dont_track_primary");
        assert!(!without.specs[0].track_primary && without.trackers.is_empty());
        // Named, it is left out (keepalived: «Ignoring track_interface lo since own interface»).
        let named = one("dont_track_primary\ntrack_interface {\nlo weight -10\n}");
        assert!(!named.specs[0].track_primary && named.trackers.is_empty() && named.specs[0].tracks.is_empty());
    }

    #[test]
    fn a_checksum_form_is_for_every_virtual_router() {
        assert_eq!(plan("", "", None).expect("a plan").specs[0].checksum, None);
        assert_eq!(plan("", "", Some(Form::Plain)).expect("a plan").specs[0].checksum, Some(Form::Plain));
    }

    #[test]
    fn what_is_not_watched_is_said_with_its_effect() {
        let track = |kind, weight, reverse| RunTrack { kind, name: "x".into(), weight, reverse, implied: false };
        let says = |kind, weight, reverse| {
            let text = unwatched(&track(kind, weight, reverse));
            text.split_once("is not watched; with ").map(|(_, rest)| rest.to_owned()).expect("a remark")
        };
        for (kind, weight, reverse, expected) in [
            (Kind::Process, 0, false, "weight 0 it counts as running, so it makes no fault"),
            (Kind::Process, 0, true, "weight 0 reverse it counts as not running, so it makes no fault"),
            (Kind::Process, 20, false, "weight 20 it counts as not running, so the priority stays as it is"),
            (Kind::Process, -20, false, "weight -20 it counts as running, so the priority stays as it is"),
            (Kind::Bfd, 5, true, "weight 5 reverse it counts as down, so the priority stays as it is"),
            (Kind::Bfd, 0, false, "weight 0 it counts as up, so it makes no fault"),
            (Kind::File, 1, false, "weight 1 it counts as holding 0, so the priority stays as it is"),
            (Kind::File, 0, true, "weight 0 reverse it counts as not holding 0, so it makes no fault"),
        ] {
            assert_eq!(says(kind, weight, reverse), expected);
        }
    }
}
