//! `hactl speak` on a node, and what is on the wire beside it: adverts are read from tcpdump's bytes, at their offsets.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Stdio;

use serde_json::Value;

use crate::bytes;
use crate::netns::{Ended, Lab, Line, Node, Notice, Running, SOON, inside, run, until};

/// Adverts, also behind AH.
pub const ADVERTS: &str = "ip proto 112 or ip proto 51 or ip6 proto 112";

/// How much earlier than its formula, and how much later, the first advert of a new master may be on the wire, in
/// milliseconds: kernel timestamps differ a little in their delay, and the machine may be busy.
const EARLY: f64 = 2.0;
const LATE: f64 = 50.0;

/// Compares a measured time with one worked out by hand.
#[track_caller]
pub fn on_time(what: &str, measured_ms: f64, expected_ms: f64) {
    let off = measured_ms - expected_ms;
    assert!((-EARLY..=LATE).contains(&off), "{what}: {measured_ms:.3} ms, {expected_ms} ms are expected");
}

/// hactl as a virtual router with VRID 51 on a node's eth0. Its changes of state are notices, as those of a daemon.
pub struct Speaker<'a> {
    lab: &'a Lab,
    name: String,
    ns: String,
    args: String,
    running: Option<Running>,
}

impl<'a> Speaker<'a> {
    /// On a node. `args` is split at spaces.
    pub fn on(node: &Node<'a>, args: &str) -> Self {
        let args = format!("speak eth0 --vrid 51 --json --plain {args}");
        Self { lab: node.lab, name: node.name.clone(), ns: node.ns.clone(), args, running: None }
    }

    pub fn start(&mut self) {
        let (log, name) = (std::sync::Arc::clone(&self.lab.notices), self.name.clone());
        let see = move |line: &str| {
            let Ok(value) = serde_json::from_str::<Value>(line) else { return };
            if let ("state", Some(at), Some(state)) =
                (value["type"].as_str().unwrap_or_default(), value["t"].as_f64(), value["to"].as_str())
            {
                log.add(Notice { at, node: name.clone(), state: state.to_owned() });
            }
        };
        let mut command = inside(&self.ns, env!("CARGO_BIN_EXE_hactl"));
        let running = Running::watched(command.args(self.args.split(' ')), Stdio::null(), see);
        self.lab.started(running.pid());
        self.running = Some(running);
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("it was started")
    }

    /// Kills it: its addresses stay. Gives its process id.
    pub fn crash(&mut self) -> i32 {
        let running = self.running.take().expect("it was started");
        let pid = running.pid();
        running.end(libc::SIGKILL);
        pid
    }

    /// Ends it with a signal. It ends well.
    #[track_caller]
    pub fn stop(&mut self, signal: i32) -> Ended {
        let ended = self.running.take().expect("it was started").end(signal);
        assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{}", ended.text());
        ended
    }

    /// Waits for its own end.
    #[track_caller]
    pub fn ended(&mut self) -> Ended {
        self.running.take().expect("it was started").ended()
    }

    /// Waits for the first JSON object of this type that `look` accepts, at or after the moment `since`.
    #[track_caller]
    pub fn object(&self, kind: &str, since: f64, look: impl Fn(&Value) -> bool) -> Value {
        let wanted = |v: &Value| v["type"] == kind && v["t"].as_f64().is_some_and(|t| t >= since) && look(v);
        self.running().object(&format!("{} tells {kind}", self.name), SOON, 1, wanted).1
    }

    /// Waits until it tells of a change to this state, and gives what it tells.
    #[track_caller]
    pub fn state(&self, to: &str, since: f64) -> Value {
        self.object("state", since, |v| v["to"] == to)
    }

    /// That it refuses to join: exit status 3, one line on standard error. Gives it.
    #[track_caller]
    pub fn refused(&mut self) -> Ended {
        let ended = self.ended();
        assert_eq!(ended.status, Some(3), "{}{}", ended.text(), ended.err);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
        assert!(ended.err.starts_with("hactl: not joined: "), "{}", ended.err);
        ended
    }
}

/// The addresses of an interface.
pub fn addresses(ns: &str, interface: &str) -> Vec<String> {
    let text = run(inside(ns, "ip").args(["-j", "addr", "show", "dev", interface]));
    let list: Value = serde_json::from_str(&text).expect("JSON");
    let all = list[0]["addr_info"].as_array().expect("a list of addresses").clone();
    all.iter().filter_map(|a| a["local"].as_str().map(str::to_owned)).collect()
}

/// Whether a node's eth0 has an address.
pub fn holds(node: &Node<'_>, address: &str) -> bool {
    addresses(&node.ns, "eth0").iter().any(|a| a == address)
}

/// Waits until a node's eth0 has an address, or no longer has it.
#[track_caller]
pub fn until_holds(node: &Node<'_>, address: &str, wanted: bool) {
    let what = format!("{} on {}: {wanted}", address, node.name);
    until(&what, SOON, || (holds(node, address) == wanted).then_some(()));
}

/// The names of all interfaces in a namespace.
pub fn interfaces(ns: &str) -> Vec<String> {
    let list: Value = serde_json::from_str(&run(inside(ns, "ip").args(["-j", "link"]))).expect("JSON");
    let all = list.as_array().expect("a list of interfaces");
    all.iter().filter_map(|l| l["ifname"].as_str().map(str::to_owned)).collect()
}

/// A frame and when the kernel saw it.
#[derive(Clone, PartialEq)]
pub struct Seen {
    pub t: f64,
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} {}", self.t, hex(&self.bytes))
    }
}

/// Hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// An advert on the wire.
#[derive(Clone, Debug)]
pub struct Said {
    pub t: f64,
    /// Its source hardware address.
    pub mac: String,
    pub src: String,
    pub dst: String,
    pub priority: u8,
}

impl Seen {
    /// The Ethernet type.
    pub fn kind(&self) -> u16 {
        u16::from_be_bytes([self.bytes[12], self.bytes[13]])
    }

    /// The source hardware address.
    pub fn mac(&self) -> String {
        self.bytes[6..12].iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":")
    }

    /// How long it has to be, once so much of it is there.
    fn whole(&self) -> Option<usize> {
        let short = |at: usize| Some(usize::from(u16::from_be_bytes([*self.bytes.get(at)?, *self.bytes.get(at + 1)?])));
        match short(12)? {
            0x0800 => Some(14 + short(16)?),
            0x86dd => Some(54 + short(18)?),
            0x0806 => Some(42),
            _ => Some(14),
        }
    }

    fn said(&self) -> Option<Said> {
        let b = &self.bytes;
        let v4 = |at: usize| Ipv4Addr::new(b[at], b[at + 1], b[at + 2], b[at + 3]).to_string();
        let v6 = |at: usize| <[u8; 16]>::try_from(&b[at..at + 16]).map(|a| Ipv6Addr::from(a).to_string());
        let (src, dst, protocol, at) = match self.kind() {
            0x0800 => (v4(26), v4(30), b[23], 34),
            0x86dd => (v6(22).ok()?, v6(38).ok()?, b[20], 54),
            _ => return None,
        };
        let at = match protocol {
            112 => at,
            // An authentication header of 24 bytes.
            51 => at + 24,
            _ => return None,
        };
        (b[at + 1] == 51).then(|| Said { t: self.t, mac: self.mac(), src, dst, priority: b[at + 2] })
    }
}

/// A running tcpdump that prints bytes.
pub struct Tap(Running);

impl Tap {
    /// On the switch, listening already.
    #[track_caller]
    pub fn on(lab: &Lab, filter: &str) -> Self {
        Self::with(lab, &["-i", "br0", filter])
    }

    #[track_caller]
    pub fn with(lab: &Lab, args: &[&str]) -> Self {
        let mut command = inside(&lab.switch, "tcpdump");
        command.args(["-Z", "root", "-l", "--immediate-mode", "-nn", "-tt", "-xx"]).args(args);
        let running = Running::start(&mut command, Stdio::null());
        let listens = |lines: &[Line]| lines.iter().find(|l| l.text.contains("listening on")).map(|_| ());
        running.err.wait("tcpdump listens", SOON, listens);
        Self(running)
    }

    /// All frames so far.
    pub fn all(&self) -> Vec<Seen> {
        frames(&self.0.out.all())
    }

    /// All adverts so far, from the moment `since` on.
    pub fn adverts(&self, since: f64) -> Vec<Said> {
        adverts(&self.all(), since)
    }

    /// Waits until `look` finds something among all frames. It must not ask the tap itself.
    #[track_caller]
    pub fn wait<R>(&self, what: &str, mut look: impl FnMut(&[Seen]) -> Option<R>) -> R {
        self.0.out.wait(what, SOON, |lines| look(&frames(lines)))
    }

    /// Waits for so many adverts of a source, from the moment `since` on.
    #[track_caller]
    pub fn heard(&self, src: &str, count: usize, since: f64) {
        self.wait(&format!("{count} adverts of {src}"), |frames| {
            (adverts(frames, since).iter().filter(|a| a.src == src).count() >= count).then_some(())
        });
    }

    /// Waits for the first advert of `to` from the moment `since` on. Gives the last one of `from` before it, and it.
    #[track_caller]
    pub fn handover(&self, from: &str, to: &str, since: f64) -> (Said, Said) {
        self.wait(&format!("an advert of {to} after those of {from}"), |frames| {
            let all = adverts(frames, 0.0);
            let next = all.iter().position(|a| a.src == to && a.t >= since)?;
            let last = all[..next].iter().rfind(|a| a.src == from)?;
            Some((last.clone(), all[next].clone()))
        })
    }

    /// How often a source has released, from the moment `since` on. Unicast copies count once.
    pub fn releases(&self, src: &str, since: f64) -> usize {
        releases(&self.all(), src, since)
    }

    /// Waits for the first release of a source, from the moment `since` on.
    #[track_caller]
    pub fn released(&self, src: &str, since: f64) {
        self.wait(&format!("a release of {src}"), |frames| (releases(frames, src, since) > 0).then_some(()));
    }

    /// Who spoke, in order. Two that are masters together would alternate, an advert each.
    pub fn speakers(&self) -> Vec<String> {
        let mut all: Vec<String> = self.adverts(0.0).into_iter().map(|a| a.src).collect();
        all.dedup();
        all
    }
}

fn releases(frames: &[Seen], src: &str, since: f64) -> usize {
    let mut all = adverts(frames, since);
    all.retain(|a| a.src == src && a.priority == 0);
    all.iter().filter(|a| a.dst == all[0].dst).count()
}

/// The adverts among frames, from the moment `since` on.
pub fn adverts(frames: &[Seen], since: f64) -> Vec<Said> {
    frames.iter().filter(|f| f.t >= since).filter_map(Seen::said).collect()
}

/// `TIME …`, then lines like `\t0x0010:  0028 0001 …`. The last frame may not be all there yet.
fn frames(lines: &[Line]) -> Vec<Seen> {
    let mut all: Vec<Seen> = Vec::new();
    for line in lines {
        if let Some((_, digits)) = line.text.trim_start().strip_prefix("0x").and_then(|l| l.split_once(':')) {
            all.last_mut().expect("a line before its bytes").bytes.extend(bytes(digits));
        } else if let Some(t) = line.text.split(' ').next().and_then(|t| t.parse().ok()) {
            all.push(Seen { t, bytes: Vec::new() });
        }
    }
    if all.last().is_some_and(|f| f.whole().is_none_or(|whole| f.bytes.len() < whole)) {
        all.pop();
    }
    all
}
