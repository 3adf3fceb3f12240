//! What a keepalived.conf checks: every checker of every real server and every tracked script, as keepalived would run
//! them, and what their results come to.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::check::Check;
use super::dns::Dns;
use super::echoes::Echoes;
use super::file::{HEAVIEST, Number};
use super::http::{self, Get, Http, Pattern, Protocol, Statuses};
use super::icmp::Icmp;
use super::judge::Level;
use super::outcome::{Fact, Value};
use super::plain::Plain;
use super::reason::Reason;
use super::run::{Job, Options};
use super::script::{Meaning, Script as Command, danger};
use super::smtp::{HELO, Purpose, Smtp};
use super::target::{Host, Target};
use super::tcp::OverTcp;
use super::tls::{self, Refused, Trust, through};
use super::udp::{OverUdp, Reply};
use crate::conf::model::{self, Connect, HttpCheck, HttpVersion, TrackFile, Url, VrrpScript};
use crate::conf::run::{Effective, RunChecker, RunRealServer, RunTrack, RunVirtualServer};
use crate::conf::{Conf, Run};
use crate::net::probe_socket::Origin;
use crate::net::wall;
use crate::vrrp::track::{Kind, Reading, Track};

/// Everything that is checked.
#[derive(Default)]
pub struct Plan {
    /// Virtual servers, in the order of the configuration.
    pub services: Vec<Service>,
    /// Tracked scripts, in the order of the configuration.
    pub scripts: Vec<Script>,
    /// Instances that track one of the scripts, by themselves or through their group.
    pub instances: Vec<Instance>,
}

/// A virtual router whose priority scripts change.
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Its configured priority.
    pub priority: u8,
    /// The scripts, by their place in the plan.
    pub tracks: Vec<Track>,
}

/// A virtual server.
pub struct Service {
    /// `TCP 10.0.0.10:80`.
    pub name: String,
    /// Its scheduler.
    pub scheduler: String,
    /// Weight that has to be up.
    pub quorum: u32,
    /// By how much less it may be before the quorum is lost.
    pub hysteresis: u32,
    /// Where clients go without a quorum.
    pub sorry: Option<String>,
    /// Whether only some of its real servers are looked at: nothing is known of its quorum then.
    pub partial: bool,
    /// With `ha_suspend`: its address, which is not on this host, so that the daemon checks nothing here.
    pub suspended: Option<IpAddr>,
    /// Its real servers.
    pub servers: Vec<Server>,
}

/// A real server.
pub struct Server {
    /// `10.0.0.21:80`.
    pub name: String,
    /// Its weight.
    pub weight: u32,
    /// Whether it stays with weight 0 when it is down.
    pub inhibit: bool,
    /// Its checkers, a page of a web checker each. Without any it is always up.
    pub checks: Vec<Planned>,
    /// The same by checker.
    pub checkers: Vec<Checker>,
}

/// A checker: which of its server's checks are its own, and when it runs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checker {
    /// Its checks. A web checker's take turns; any other has one.
    pub checks: Range<usize>,
    /// Whether it counts as failed until it has succeeded once.
    pub alpha: bool,
    /// When it runs; nothing for one that follows something else.
    pub rhythm: Option<Rhythm>,
}

/// When a checker runs, as the daemon reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// From the end of a check to the next.
    pub delay_loop: Duration,
    /// The first check is at random within this time, after a second. Zero for no chance.
    pub warmup: Duration,
    /// Attempts after the first failed one.
    pub retry: u32,
    /// Before each of those.
    pub delay_before_retry: Duration,
    /// For one attempt.
    pub timeout: Duration,
    /// How the kinds differ.
    pub scheme: Scheme,
}

/// How kinds of checkers differ in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Those that retry only while they are up.
    Plain,
    /// Mail: it retries in every round, also the first and those while it is down.
    EveryRound,
    /// Web: the pages take turns. `fast_recovery` leaves out the waits while it comes up.
    Pages {
        /// Whether it does.
        fast_recovery: bool,
    },
    /// A script: the next run is counted from the start of the last.
    FromStart,
}

/// A tracked script.
pub struct Script {
    /// Its name.
    pub name: String,
    /// Who tracks it, and what it does there.
    pub tracked: Vec<TrackedBy>,
    /// From one start to the next.
    pub interval: Duration,
    /// For one run.
    pub timeout: Duration,
    /// So many good runs in a row end its being bad.
    pub rise: u32,
    /// So many bad runs in a row end its being good.
    pub fall: u32,
    /// What is run.
    pub check: Planned,
}

/// An instance or group that tracks a script. It may give it another weight than the script has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedBy {
    /// `VI_1`, `group VG_1`.
    pub name: String,
    /// Points for the priority; 0 for a FAULT.
    pub weight: i16,
    /// Whether good and bad change places.
    pub reverse: bool,
}

impl Script {
    /// How well it is with this reading: what makes a FAULT is critical, what moves a priority the worse way a warning.
    /// keepalived does not run a script that nobody tracks, so that is well whatever it would say.
    pub fn level(&self, reading: Reading) -> Level {
        let worst = |reverse| if reverse { Reading::Good } else { Reading::Bad };
        let of = |TrackedBy { weight, reverse, .. }: &TrackedBy| match reading {
            Reading::Unknown => Level::Unknown,
            reading if reading != worst(*reverse) => Level::Ok,
            _ if *weight == 0 => Level::Critical,
            _ => Level::Warning,
        };
        self.tracked.iter().map(of).max().unwrap_or(Level::Ok)
    }
}

/// One check.
pub struct Planned {
    /// The keyword: `TCP_CHECK`.
    pub keyword: &'static str,
    /// What it does.
    pub does: Does,
    /// What holds for it.
    pub parameters: Vec<Parameter>,
    /// From a death to the moment it counts, at worst.
    pub detect: Option<Duration>,
}

impl Planned {
    /// The kind of check, as `hactl probe` calls it.
    pub fn kind(&self) -> &'static str {
        match self.keyword {
            "TCP_CHECK" => "tcp",
            "PING_CHECK" => "icmp",
            "UDP_CHECK" => "udp",
            "SMTP_CHECK" => "smtp",
            "DNS_CHECK" => "dns",
            "HTTP_GET" => "http",
            "SSL_GET" => "https",
            "FILE_CHECK" => "file",
            "BFD_CHECK" => "bfd",
            _ => "script",
        }
    }
}

/// What a check does.
pub enum Does {
    /// Something that can be run once.
    Runs(Box<Job>),
    /// It follows something that only the daemon sees.
    Follows(String),
    /// keepalived would not run it, or this program cannot.
    Unable(String),
}

/// A value that holds for a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The keyword.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether nothing sets it.
    pub default: bool,
}

/// How a real server or a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Good.
    Up,
    /// Failed.
    Down,
    /// Nobody has looked.
    Unknown,
}

impl Plan {
    /// All that can be run, in order.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        let checks = self.services.iter().flat_map(|s| &s.servers).flat_map(|s| &s.checks);
        let scripts = self.scripts.iter().map(|s| &s.check);
        checks.chain(scripts).filter_map(|c| match &c.does {
            Does::Runs(job) => Some(&**job),
            Does::Follows(_) | Does::Unable(_) => None,
        })
    }
}

impl Standing {
    /// That of a real server whose checks stand so: one that failed makes it down.
    pub fn of(checks: impl IntoIterator<Item = Self>) -> Self {
        checks.into_iter().fold(Self::Up, |all, one| match (all, one) {
            (Self::Down, _) | (_, Self::Down) => Self::Down,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Up, Self::Up) => Self::Up,
        })
    }

    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

impl Service {
    /// Whether it has its quorum when the daemon begins: with `alpha` real servers are down until they have been looked at,
    /// and then the quorum has to be gained.
    pub fn begins(&self) -> bool {
        let begin = |s: &Server| (s.weight, s.checkers.iter().all(|c| !c.alpha));
        Quorum::of(self, self.servers.iter().map(begin), true).holds()
    }
}

/// What a checker says of its server's weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It is this (a script of `misc_dynamic`).
    Is(u32),
    /// This is added to the configured one (`FILE_CHECK`).
    Adds(i64),
}

impl Weight {
    /// What was found of it.
    pub fn of(facts: &[Fact]) -> Option<Self> {
        let number = |name: &str| {
            facts
                .iter()
                .find(|f| f.name == name)
                .and_then(|f| if let Value::Number(n) = f.value { Some(n) } else { None })
        };
        number("weight_added").map(Self::Adds).or_else(|| Some(Self::Is(u32::try_from(number("weight")?).ok()?)))
    }

    /// The weight of a server with this configured one, whose checkers say this of it: what files add is summed up, and
    /// bounded at the end.
    pub fn sum(configured: u32, said: impl IntoIterator<Item = Self>) -> u32 {
        let configured = i64::from(configured);
        let change = |w| match w {
            Self::Is(weight) => i64::from(weight) - configured,
            Self::Adds(change) => change,
        };
        let sum = said.into_iter().map(change).fold(configured, i64::saturating_add);
        u32::try_from(sum.clamp(0, HEAVIEST)).unwrap_or(0)
    }
}

/// What the real servers of a virtual server come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Weight of those that are up, those that nobody looked at included: keepalived begins with them up.
    pub live: u64,
    /// Weight of all.
    pub total: u64,
    /// Weight that is needed, at least 1: the quorum, at most the weights that are configured, less the hysteresis, or more
    /// by it where the quorum is to be gained.
    pub needed: u64,
}

impl Quorum {
    /// Of servers with the weight of each and whether it counts, while the quorum `holds` or does not.
    pub fn of(service: &Service, servers: impl IntoIterator<Item = (u32, bool)>, holds: bool) -> Self {
        let (mut live, mut total) = (0, 0);
        for (weight, counts) in servers {
            total += u64::from(weight);
            live += if counts { u64::from(weight) } else { 0 };
        }
        // keepalived cuts a quorum that is too high when it reads the configuration.
        let quorum = u64::from(service.quorum).min(service.servers.iter().map(|s| u64::from(s.weight)).sum());
        let hysteresis = u64::from(service.hysteresis);
        let needed = if holds { quorum.saturating_sub(hysteresis) } else { quorum + hysteresis };
        Self { live, total, needed: needed.max(1) }
    }

    /// Whether there is enough.
    pub const fn holds(self) -> bool {
        self.live >= self.needed
    }
}

/// Who runs a script: a user's and a group's number for the words of `user`, nobody else if none; or why it cannot be.
pub type Account<'a> = &'a dyn Fn(Option<&[String]>) -> Result<Option<(u32, u32)>, String>;

/// What checks refer to.
#[derive(Clone, Copy)]
struct Around<'a> {
    /// How scripts are run.
    account: Account<'a>,
    anyway: bool,
    /// Those that are tracked.
    files: &'a [TrackFile],
    /// Addresses of this host.
    local: &'a [IpAddr],
    /// What sends echoes: one for all.
    echoes: &'a Arc<Echoes>,
    /// Whom to trust: read once, and only if something asks.
    trust: &'a OnceLock<Trust>,
}

/// Makes the plan of a configuration for a host with these addresses. `run_anyway`: scripts that look as if they did harm
/// are run too.
pub fn plan(conf: &Conf, run: &Run, account: Account<'_>, run_anyway: bool, local: &[IpAddr]) -> Plan {
    let (echoes, trust) = (Arc::default(), OnceLock::new());
    let how = Around { account, anyway: run_anyway, files: &conf.files, local, echoes: &echoes, trust: &trust };
    let services = run.virtual_servers.iter().map(|v| service(v, how)).collect();
    let scripts: Vec<Script> = conf.scripts.iter().map(|s| script(s, run, how)).collect();
    let instances = instances(run, &scripts);
    Plan { services, scripts, instances }
}

fn instances(run: &Run, scripts: &[Script]) -> Vec<Instance> {
    let track = |t: &RunTrack| {
        let tracker = scripts.iter().position(|s| t.kind == Kind::Script && s.name == t.name)?;
        Some(Track { tracker, weight: t.weight, reverse: t.reverse })
    };
    let all = run.instances.iter().map(|i| {
        // What its group tracks goes before what it tracks itself.
        let group = i.group.and_then(|g| run.groups.get(g)).map_or(&[][..], |g| &g.track[..]);
        let mut tracks: Vec<Track> = Vec::new();
        for t in group.iter().chain(&i.track).filter_map(track) {
            if tracks.iter().all(|known| known.tracker != t.tracker) {
                tracks.push(t);
            }
        }
        Instance { name: i.name.clone(), priority: i.priority, tracks }
    });
    all.filter(|i| !i.tracks.is_empty()).collect()
}

fn at(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(a) => format!("{a}:{port}"),
        IpAddr::V6(a) => format!("[{a}]:{port}"),
    }
}

fn service(v: &RunVirtualServer, how: Around<'_>) -> Service {
    let protocol = v.protocol.as_ref().map_or("", |p| p.value.as_str());
    let name = match &v.service {
        model::Service::Address(address, port) => format!("{protocol} {}", at(*address, *port)),
        model::Service::Mark(mark) => format!("fwmark {mark}"),
        model::Service::Group(name) => format!("{protocol} group {name}"),
    };
    Service {
        name: name.trim().to_owned(),
        scheduler: v.scheduler.value.clone(),
        quorum: v.quorum.value,
        hysteresis: v.hysteresis.value,
        partial: false,
        suspended: match &v.service {
            model::Service::Address(address, _) if v.ha_suspend.value => Some(*address),
            _ => None,
        }
        .filter(|a| !how.local.contains(a)),
        sorry: v.sorry.as_ref().map(|s| at(s.address, s.port.value)),
        servers: v.servers.iter().map(|s| server(s, how)).collect(),
    }
}

fn server(s: &RunRealServer, how: Around<'_>) -> Server {
    let (mut all, mut checkers) = (Vec::new(), Vec::new());
    for c in &s.checkers {
        let begin = all.len();
        all.extend(checks(c, s.weight.value, how));
        checkers.push(Checker { checks: begin..all.len(), alpha: c.alpha.value, rhythm: rhythm(c) });
    }
    Server {
        name: at(s.address, s.port.value),
        weight: s.weight.value,
        inhibit: s.inhibit.value,
        checks: all,
        checkers,
    }
}

fn rhythm(c: &RunChecker) -> Option<Rhythm> {
    if matches!(c.check, model::Check::File(_)) {
        return Some(FILE);
    }
    let t = c.timing.as_ref()?;
    let timeout = t.connect_timeout.or(c.script_timeout).map_or(Duration::from_secs(5), |x| x.value);
    Some(Rhythm {
        delay_loop: t.delay_loop.value,
        warmup: t.warmup.value,
        retry: t.retry.value,
        delay_before_retry: t.delay_before_retry.value,
        timeout,
        scheme: match &c.check {
            model::Check::Smtp(_) => Scheme::EveryRound,
            model::Check::Http(h) => Scheme::Pages { fast_recovery: h.fast_recovery.as_ref().is_some_and(|f| f.value) },
            model::Check::Misc(_) => Scheme::FromStart,
            _ => Scheme::Plain,
        },
    })
}

/// What a `UDP_CHECK` without a `payload` sends.
const FILLER: &[u8; 32] = b"keepalived check - keepalived ch";

/// The daemon is told of each change of the file; here it is read as often as this.
const FILE: Rhythm = Rhythm {
    delay_loop: Duration::from_secs(1),
    warmup: Duration::ZERO,
    retry: 0,
    delay_before_retry: Duration::from_secs(1),
    timeout: Duration::from_secs(1),
    scheme: Scheme::Plain,
};

/// `FILE_CHECK` of a server with this weight.
fn file(f: &model::FileCheck, keyword: &'static str, server: u32, files: &[TrackFile]) -> Planned {
    let name = f.file.as_ref().map_or("", |f| f.value.as_str());
    let tracked = files.iter().find(|t| t.name == name);
    let Some((tracked, path)) = tracked.and_then(|t| Some((t, &t.file.as_ref()?.value))) else {
        let why = format!("there is no file of a track_file {name}");
        return Planned { keyword, does: Does::Unable(why), parameters: Vec::new(), detect: None };
    };
    let (weight, reverse, own) = match (&f.weight, &tracked.weight) {
        (Some(w), _) => (w.value, f.reverse, true),
        (None, Some(w)) => (w.value, tracked.reverse, false),
        (None, None) => (1, false, false),
    };
    let sign = if reverse { " reverse" } else { "" };
    let parameters = vec![
        Parameter { name: "track_file", value: name.to_owned(), default: false },
        Parameter { name: "weight", value: format!("{weight}{sign}"), default: !own },
    ];
    let target = Target {
        text: path.clone(),
        host: Host::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED), None),
        port: None,
        scheme: None,
        path: None,
    };
    let check = Arc::new(Number::new(path, weight, reverse, server));
    let options = Options { timeout: FILE.timeout, ..Options::default() };
    let does = Does::Runs(Box::new(Job { target, check, options: Some(options) }));
    Planned { keyword, does, parameters, detect: None }
}

/// A checker as what is run: a page of a web checker each.
fn checks(c: &RunChecker, weight: u32, how: Around<'_>) -> Vec<Planned> {
    let keyword = c.check.keyword();
    let planned = |does: Does| {
        let (parameters, detect) = timing(c);
        Planned { keyword, does, parameters, detect }
    };
    if let model::Check::File(f) = &c.check {
        return vec![file(f, keyword, weight, how.files)];
    }
    let timeout = c.timing.and_then(|t| t.connect_timeout).map_or(Duration::from_secs(5), |t| t.value);
    let Some((address, port)) = c.target.map(|(a, p)| (a.value, p.value)) else {
        return vec![planned(match &c.check {
            model::Check::Misc(m) => misc(m, c, how),
            model::Check::Bfd(b) => {
                Does::Follows(format!("the BFD session {}", b.name.as_ref().map_or("", |n| n.value.as_str())))
            }
            _ => Does::Unable("it has no address".to_owned()),
        })];
    };
    let to = |check: Arc<dyn Check>, text: String| {
        let target = Target {
            text,
            host: Host::Address(address, None),
            port: (check.kind() != "icmp").then_some(port),
            scheme: None,
            path: None,
        };
        let options = Options { timeout, each_step: true, origin: origin(c.check.connect()), ..Options::default() };
        Does::Runs(Box::new(Job { target, check, options: Some(options) }))
    };
    let place = at(address, port);
    let made =
        |check: Result<Arc<dyn Check>, String>, text: String| check.map_or_else(Does::Unable, |check| to(check, text));
    match &c.check {
        model::Check::Tcp(_) => {
            let check = OverTcp::new("tcp", |_| Plain::default().dialog());
            vec![planned(to(Arc::new(check), place))]
        }
        model::Check::Ping(_) => {
            let check = Icmp { echoes: Arc::clone(how.echoes), ..Icmp::default() };
            vec![planned(to(Arc::new(check), address.to_string()))]
        }
        model::Check::Udp(u) => {
            let payload = u.payload.as_ref().map_or_else(|| FILLER.to_vec(), |p| p.value.clone());
            let octets = u.reply.as_ref().map(|r| r.value.clone()).filter(|octets| !octets.is_empty());
            let length = |set: &model::Set<u32>, default| set.as_ref().map_or(default, |l| l.value as usize);
            let check = if let Some(octets) = octets {
                let reply = Reply { octets, length: length(&u.min_reply, 0)..=length(&u.max_reply, 255) };
                OverUdp::new("udp", move |_| reply.dialog(payload.clone()))
            } else {
                let (payload, require_reply) = (Some(payload), u.reply.is_some());
                let plain = Plain { payload, require_reply, listen: true, ..Plain::default() };
                OverUdp::new("udp", move |_| plain.dialog())
            };
            vec![planned(to(Arc::new(check), place))]
        }
        model::Check::Smtp(s) => {
            let helo = s.helo.as_ref().map_or(HELO.to_owned(), |h| h.value.clone());
            let check = Smtp::new(&helo, Purpose::Keepalived).map(|_| {
                let make = move |_: &super::check::At<'_>| dialog(Smtp::new(&helo, Purpose::Keepalived));
                Arc::new(OverTcp::new("smtp", make)) as Arc<dyn Check>
            });
            vec![planned(made(check, place))]
        }
        model::Check::Dns(d) => {
            let name = d.name.as_ref().map_or(".".to_owned(), |n| n.value.clone());
            let kind = d.record.as_ref().map_or("SOA", |r| r.value.as_str()).parse();
            let text = format!("{place} {name} {}", d.record.as_ref().map_or("SOA", |r| r.value.as_str()));
            let check = kind.and_then(|kind| {
                Dns::new(&name, kind, 0)?;
                let make = move |_: &super::check::At<'_>| dialog(Dns::new(&name, kind, super::dns::unguessable()));
                Ok(Arc::new(OverUdp::new("dns", make)) as Arc<dyn Check>)
            });
            vec![planned(made(check, text))]
        }
        model::Check::Http(h) => h
            .urls
            .iter()
            .map(|url| {
                let scheme = if h.tls { "https" } else { "http" };
                let path = url.path.as_ref().map_or("/", |p| p.value.as_str());
                let text = format!("{scheme}://{place}{path}");
                planned(made(page(h, url, c, (address, port), how.trust), text))
            })
            .collect(),
        model::Check::Misc(_) | model::Check::File(_) | model::Check::Bfd(_) => Vec::new(),
    }
}

/// A dialog that could be made once can be made again.
fn dialog<D: super::Dialog + 'static>(made: Result<D, String>) -> Box<dyn super::Dialog> {
    match made {
        Ok(dialog) => Box::new(dialog),
        Err(why) => Box::new(Refused(Reason::new("local", why))),
    }
}

fn origin(connect: Option<&Connect>) -> Origin {
    let Some(c) = connect else { return Origin::default() };
    Origin {
        source: c.bind.as_ref().map(|b| b.value),
        interface: c.interface.as_ref().map(|i| i.value.clone()),
        mark: c.mark.as_ref().map(|m| m.value).filter(|m| *m != 0),
    }
}

fn page(
    h: &HttpCheck,
    url: &Url,
    c: &RunChecker,
    (address, port): (IpAddr, u16),
    trust: &OnceLock<Trust>,
) -> Result<Arc<dyn Check>, String> {
    let virtual_host = url.virtual_host.as_ref().map(|v| &v.value);
    let virtual_host = virtual_host.or_else(|| c.virtual_host.as_ref().map(|v| &v.value)).cloned();
    let path = url.path.as_ref().map_or("/", |p| p.value.as_str());
    let mut get = Get::new(path, http::host(virtual_host.as_deref(), address, port));
    get.protocol = match h.version.as_ref().map_or(HttpVersion::V1_0, |v| v.value) {
        HttpVersion::V1_0 => Protocol::Http10,
        HttpVersion::V1_0Close => Protocol::Http10Close,
        HttpVersion::V1_1 => Protocol::Http11,
    };
    // The daemon reads for as long as something comes.
    get.limit = u64::MAX;
    if !url.codes.is_empty() {
        let codes: Vec<String> = url.codes.iter().map(|c| format!("{}-{}", c.value.0, c.value.1)).collect();
        get.statuses = codes.join(" ").parse::<Statuses>()?;
    }
    get.digest = url.digest.as_ref().map(|d| http::digest(&d.value)).transpose()?;
    if let Some(regex) = &url.regex {
        let options: Vec<&str> = url.regex_options.iter().map(|o| o.value.as_str()).collect();
        let mut pattern = Pattern::new(&regex.value, &options)?;
        pattern.forbidden = url.regex_no_match.as_ref().is_some_and(|n| n.value);
        let offset = |o: &model::Set<u64>| o.as_ref().map_or(0, |o| usize::try_from(o.value).unwrap_or(usize::MAX));
        (pattern.min_offset, pattern.max_offset) = (offset(&url.regex_min_offset), offset(&url.regex_max_offset));
        get.pattern = Some(pattern);
    }
    if !h.tls {
        return Ok(Arc::new(OverTcp::new("http", move |_| Box::new(Http::new(get.clone())))));
    }
    // Without `enable_sni` no name is sent.
    let sni = h.sni.as_ref().is_some_and(|s| s.value).then(|| {
        let said = h.sni_name.as_ref().map(|n| n.value.clone()).filter(|n| !n.is_empty());
        said.or(virtual_host)
    });
    let sni = sni.flatten();
    let options = tls::Options {
        sni: sni.is_some(),
        name: sni.unwrap_or_else(|| address.to_string()),
        alpn: Vec::new(),
        trust: trust.get_or_init(Trust::of_this_host).clone(),
        verify: false,
        now: wall(),
    };
    Ok(Arc::new(OverTcp::new("https", move |_| through(&options, None, Http::new(get.clone())))))
}

fn misc(m: &model::MiscCheck, c: &RunChecker, how: Around<'_>) -> Does {
    let Some(command) = &m.command else { return Does::Unable("it has no `misc_path`".to_owned()) };
    let timeout = c.script_timeout.map_or(Duration::from_mins(1), |t| t.value);
    let dynamic = m.dynamic.as_ref().is_some_and(|d| d.value);
    let meaning = if dynamic { Meaning::MiscDynamic } else { Meaning::Misc };
    runs(&command.value, meaning, timeout, m.user.as_ref().map(|u| u.value.as_slice()), how)
}

fn runs(command: &str, meaning: Meaning, timeout: Duration, user: Option<&[String]>, how: Around<'_>) -> Does {
    if let Some(danger) = danger(command).filter(|_| !how.anyway) {
        return Does::Unable(format!("not run, as it would `{}`; --run-anyway runs it", danger.words));
    }
    let account = match (how.account)(user) {
        Ok(account) => account,
        Err(why) => return Does::Unable(format!("not run: it is to run as {why}")),
    };
    let script = Command { command: command.to_owned(), meaning, timeout, account, run_anyway: how.anyway };
    let target =
        Target { text: command.to_owned(), host: Host::Name(String::new()), port: None, scheme: None, path: None };
    let options = Options { timeout, ..Options::default() };
    Does::Runs(Box::new(Job { target, check: Arc::new(script), options: Some(options) }))
}

fn script(s: &VrrpScript, run: &Run, how: Around<'_>) -> Script {
    let tracks = |name: String, list: &[RunTrack]| {
        let track = list.iter().find(|t| t.kind == Kind::Script && t.name == s.name)?;
        Some(TrackedBy { name, weight: track.weight, reverse: track.reverse })
    };
    let instances = run.instances.iter().filter_map(|i| tracks(i.name.clone(), &i.track));
    let groups = run.groups.iter().filter_map(|g| tracks(format!("group {}", g.name), &g.track));
    let interval = Effective::of(s.interval, Duration::from_secs(1));
    let timeout = Effective::of(s.timeout, interval.value);
    let (rise, fall) = (Effective::of(s.rise, 1), Effective::of(s.fall, 1));
    let tracked: Vec<TrackedBy> = instances.chain(groups).collect();
    let does = match &s.command {
        _ if tracked.is_empty() => Does::Unable("nobody tracks it, so keepalived does not run it".to_owned()),
        Some(command) => {
            let user = s.user.as_ref().map(|u| u.value.as_slice());
            runs(&command.value, Meaning::Track, timeout.value, user, how)
        }
        None => Does::Unable("it has no `script`".to_owned()),
    };
    // The first bad run begins an interval after the last good one; each is bad when it ends, at worst at its time limit.
    let detect = interval.value.saturating_mul(fall.value).saturating_add(timeout.value);
    let detect = (!tracked.is_empty()).then_some(detect);
    let parameters =
        vec![time("interval", &interval), time("timeout", &timeout), number("rise", &rise), number("fall", &fall)];
    Script {
        name: s.name.clone(),
        tracked,
        interval: interval.value,
        timeout: timeout.value,
        rise: rise.value,
        fall: fall.value,
        check: Planned { keyword: "vrrp_script", does, parameters, detect },
    }
}

fn time(name: &'static str, e: &Effective<Duration>) -> Parameter {
    Parameter { name, value: humantime::format_duration(e.value).to_string(), default: e.is_default() }
}

fn number(name: &'static str, e: &Effective<u32>) -> Parameter {
    Parameter { name, value: e.value.to_string(), default: e.is_default() }
}

/// What holds for a checker, and how long a death goes unnoticed at worst: it happens just after a good check, and each
/// attempt that follows takes all its time.
fn timing(c: &RunChecker) -> (Vec<Parameter>, Option<Duration>) {
    let Some(t) = c.timing else { return (Vec::new(), None) };
    let mut parameters = vec![time("delay_loop", &t.delay_loop)];
    parameters.extend(t.connect_timeout.as_ref().map(|x| time("connect_timeout", x)));
    parameters.extend(c.script_timeout.as_ref().map(|x| time("misc_timeout", x)));
    parameters.push(number("retry", &t.retry));
    parameters.push(time("delay_before_retry", &t.delay_before_retry));
    let attempt = t.connect_timeout.or(c.script_timeout).map_or(Duration::ZERO, |x| x.value);
    // The pages of a web checker take turns, one each loop.
    let turns = match &c.check {
        model::Check::Http(h) => u32::try_from(h.urls.len()).unwrap_or(u32::MAX).max(1),
        _ => 1,
    };
    let detect = t
        .delay_loop
        .value
        .saturating_mul(turns)
        .saturating_add(attempt.saturating_mul(t.retry.value.saturating_add(1)))
        .saturating_add(t.delay_before_retry.value.saturating_mul(t.retry.value));
    (parameters, Some(detect))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(quorum: u32, hysteresis: u32, weights: impl IntoIterator<Item = u32>) -> Service {
        let server = |weight| Server {
            name: "10.0.0.21:80".to_owned(),
            weight,
            inhibit: false,
            checks: Vec::new(),
            checkers: Vec::new(),
        };
        Service {
            name: "TCP 10.0.0.10:80".to_owned(),
            scheduler: "rr".to_owned(),
            quorum,
            hysteresis,
            sorry: None,
            partial: false,
            suspended: None,
            servers: weights.into_iter().map(server).collect(),
        }
    }

    #[test]
    fn a_quorum_is_a_weight() {
        let of = |q, h, list: &[(u32, bool)], holds| {
            let quorum = Quorum::of(&service(q, h, list.iter().map(|s| s.0)), list.iter().copied(), holds);
            (quorum.live, quorum.needed, quorum.holds())
        };
        assert_eq!(of(1, 0, &[(1, true), (1, false)], true), (1, 1, true));
        assert_eq!(of(3, 0, &[(2, true), (1, false)], true), (2, 3, false));
        assert_eq!(of(3, 1, &[(2, true), (1, false)], true), (2, 2, true));
        // It takes more to be gained.
        assert_eq!(of(2, 1, &[(2, true), (1, false)], false), (2, 3, false));
        // More than there is, is reduced to what there is; nothing up is never enough.
        assert_eq!(of(9, 0, &[(2, true), (1, true)], true), (3, 3, true));
        assert_eq!(of(1, 0, &[(2, false)], true), (0, 1, false));
        assert_eq!(of(1, 0, &[], true), (0, 1, false));
        // To what is configured: scripts that lower the weights do not lower it.
        let quorum = Quorum::of(&service(10, 0, [5, 5]), [(1, true), (1, true)], true);
        assert_eq!(quorum, Quorum { live: 2, total: 2, needed: 10 });
    }

    #[test]
    fn weights_that_are_added_sum_up() {
        use Weight::{Adds, Is};
        assert_eq!((Weight::sum(10, []), Weight::sum(10, [Is(3)])), (10, 3));
        assert_eq!(Weight::sum(10, [Adds(-4), Adds(-4)]), 2);
        // Bounded at the end, not on the way.
        assert_eq!((Weight::sum(10, [Adds(-20), Adds(15)]), Weight::sum(10, [Adds(-20), Adds(5)])), (5, 0));
        assert_eq!(Weight::sum(10, [Adds(i64::MAX), Adds(1)]), 65_535);
    }

    #[test]
    fn a_script_is_judged_by_who_tracks_it() {
        let by = |weight, reverse| TrackedBy { name: "VI_1".to_owned(), weight, reverse };
        let level = |tracked: Vec<TrackedBy>| {
            let check = Planned {
                keyword: "vrrp_script",
                does: Does::Unable(String::new()),
                parameters: Vec::new(),
                detect: None,
            };
            let second = Duration::from_secs(1);
            let name = "chk".to_owned();
            let script = Script { name, tracked, interval: second, timeout: second, rise: 1, fall: 1, check };
            [Reading::Good, Reading::Bad, Reading::Unknown].map(|r| script.level(r))
        };
        use Level::{Critical, Ok, Unknown, Warning};
        assert_eq!(level(vec![by(0, false)]), [Ok, Critical, Unknown]);
        assert_eq!(level(vec![by(-20, false)]), [Ok, Warning, Unknown]);
        assert_eq!(level(vec![by(20, false)]), [Ok, Warning, Unknown]);
        assert_eq!(level(vec![by(0, true)]), [Critical, Ok, Unknown]);
        assert_eq!(level(vec![by(-20, false), by(0, true)]), [Critical, Warning, Unknown]);
        assert_eq!(level(vec![]), [Ok, Ok, Ok]);
    }

    #[test]
    fn one_failed_check_makes_a_server_down() {
        use Standing::{Down, Unknown, Up};
        assert_eq!(Standing::of([]), Up);
        assert_eq!(Standing::of([Up, Unknown]), Unknown);
        assert_eq!(Standing::of([Unknown, Down, Up]), Down);
    }
}
