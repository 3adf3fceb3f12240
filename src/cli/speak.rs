//! `hactl speak`: a VRRP router that takes part.

pub(super) mod accounts;
mod config;
mod demo;

use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use clap::Args;

use self::config::Plan;
use super::Error;
use super::args::{CommonArgs, duration, key_file, read_keys};
use super::output::{self, Output, note, use_color};
use crate::net::{Stop, is_deserted};
use crate::report::speak::{self as words, Named};
use crate::report::{Clock, describe};
use crate::speak::{self, Address, Command, Consent, Setup, Speaking, Spec, Told, Update, View, What};
use crate::tui;
use crate::tui::speak::Ask;
use crate::vrrp::check::{Hearing, Peer};
use crate::vrrp::sequence::{Authentication, HmacAuth, HmacMode};
use crate::vrrp::{Announcing, Params, Profile};
use crate::wire::auth::Secret;
use crate::wire::checksum::Form;

pub const EXAMPLES: &str = "\
Examples:
  hactl speak --demo                                          a demonstration, without root or network
  hactl speak eth0 --vrid 51 --vip 10.0.0.10/24 --observe     all timers, and nothing is sent
  hactl speak eth0 --vrid 51 --vip 10.0.0.10/24               join as a backup of priority 100
  hactl speak eth0 --vrid 51 --vip 10.0.0.10/24 --priority 150 --take-over
  hactl speak eth0 --vrid 51 --vip fe80::10/64 --vip 2001:db8::10/64 --advert-int 200ms
  hactl speak eth0 --vrid 51 --vip 10.0.0.10/24 --unicast-peer 10.0.0.1 --auth-pass-file pass.txt
  hactl speak --config /etc/keepalived/keepalived.conf --instance VI_1
";

#[derive(Debug, Args)]
pub struct SpeakArgs {
    /// The interface to listen and speak on
    #[arg(value_name = "IFACE", required_unless_present_any = ["config", "demo"], conflicts_with_all = ["config", "demo"])]
    interface: Option<String>,
    /// Virtual router identifier, 1 to 255
    #[arg(long, value_name = "VRID", value_parser = clap::value_parser!(u8).range(1..=255), required_unless_present_any = ["config", "demo"], conflicts_with_all = ["config", "demo"])]
    vrid: Option<u8>,
    /// A virtual address with its prefix length, e.g. 10.0.0.10/24; repeat it for more
    #[arg(long = "vip", value_name = "ADDRESS", value_parser = address, required_unless_present_any = ["config", "demo"], conflicts_with_all = ["config", "demo"])]
    vips: Vec<(IpAddr, u8)>,
    /// Priority, 1 to 254; 255 if this router owns the addresses
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u8).range(1..=255), conflicts_with = "config")]
    priority: u8,
    /// VRRP version [default: 2 for IPv4, 3 for IPv6]
    #[arg(long, value_name = "2|3", value_parser = clap::value_parser!(u8).range(2..=3), conflicts_with = "config")]
    version: Option<u8>,
    /// Time between adverts: whole seconds in version 2, steps of 10ms in version 3
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration, conflicts_with = "config")]
    advert_int: Duration,
    /// A file with the password of authentication type PASS (version 2)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ah_pass_file", "hmac_keys", "config"])]
    auth_pass_file: Option<PathBuf>,
    /// A file with the password of authentication type AH (version 2, IPv4)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["hmac_keys", "config"])]
    ah_pass_file: Option<PathBuf>,
    /// Sign adverts as keepalived 2.4's auth_hmac does: ID=file:PATH or ID=hex:DIGITS; the first signs, all verify
    #[arg(long = "hmac-key", value_name = "ID=KEY", conflicts_with = "config")]
    hmac_keys: Vec<String>,
    /// What to do with adverts that are not signed, or whether to sign
    #[arg(long, value_name = "MODE", default_value = "enforce", value_parser = ["enforce", "permissive", "receive-only"], requires = "hmac_keys")]
    hmac_mode: String,
    /// Do not take over from a living master of lower priority
    #[arg(long, conflicts_with = "config")]
    no_preempt: bool,
    /// Let a master of lower priority be for so long
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with_all = ["no_preempt", "config"])]
    preempt_delay: Option<Duration>,
    /// Silence to bear before taking over, in adverts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100), conflicts_with = "config")]
    down_timer_adverts: u8,
    /// Send to this host instead of the multicast group; repeat it for more
    #[arg(long = "unicast-peer", value_name = "ADDRESS", conflicts_with = "config")]
    unicast_peers: Vec<IpAddr>,
    /// Send from this address [default: the interface's first, for IPv6 its link-local one]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "config")]
    source: Option<IpAddr>,
    /// Use the virtual MAC address 00-00-5e-00-01-VRID, on a macvlan interface of its own
    #[arg(long, conflicts_with = "config")]
    vmac: bool,
    /// Behave as this daemon or specification
    #[arg(long, value_name = "NAME", default_value = "keepalived-2.4", value_parser = profile)]
    profile: &'static Profile,
    /// Checksum of version 3 over IPv4 [default: as the profile]
    #[arg(long, value_name = "FORM", value_parser = ["plain", "pseudo-header"])]
    checksum: Option<String>,
    /// Rounds of gratuitous ARP on becoming master, and again after --garp-delay
    #[arg(long, value_name = "N", default_value_t = 5, conflicts_with = "config")]
    garp_repeat: u8,
    /// When the second block of them follows; 0s for never
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = delay, conflicts_with = "config")]
    garp_delay: Duration,
    /// Run the instances of a keepalived.conf
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take part beside a simulated keepalived: needs no root and no network; on a screen, 1 kills it
    #[arg(long, conflicts_with_all = ["config", "unicast_peers", "source", "vmac"])]
    demo: bool,
    /// Only this instance of the configuration; repeat it for more
    #[arg(long = "instance", value_name = "NAME", requires = "config")]
    instances: Vec<String>,
    /// Go through all states and timers without ever transmitting or changing an address
    #[arg(long)]
    observe: bool,
    /// Take the addresses over from a living master of lower priority
    #[arg(long)]
    take_over: bool,
    /// Join although the VRID belongs to other addresses, or its members would not accept our adverts
    #[arg(long)]
    force: bool,
    /// Release and end after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    for_: Option<Duration>,
    /// Plain lines, even on a terminal
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    common: CommonArgs,
}

/// An address with the length of its prefix; without one it is the address alone, as in keepalived.
fn address(s: &str) -> Result<(IpAddr, u8), String> {
    let (ip, prefix) = s.split_once('/').map_or((s, None), |(ip, prefix)| (ip, Some(prefix)));
    let ip: IpAddr = ip.parse().map_err(|_| format!("{ip} is no IP address"))?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => most,
        Some(p) => p.parse().ok().filter(|p| *p <= most).ok_or(format!("/{p} is no prefix length of 0 to {most}"))?,
    };
    if ip.is_unspecified() || ip.is_multicast() || ip.is_loopback() {
        return Err(format!("{ip} cannot be a virtual address"));
    }
    Ok((ip, prefix))
}

fn profile(s: &str) -> Result<&'static Profile, String> {
    Profile::named(s).ok_or_else(|| {
        let names: Vec<&str> = Profile::ALL.iter().map(|p| p.name).collect();
        format!("there are {}", names.join(", "))
    })
}

fn delay(s: &str) -> Result<Duration, String> {
    if matches!(s, "0s" | "0ms") { Ok(Duration::ZERO) } else { duration(s) }
}

/// How often a wish to end is looked for.
const GLANCE: Duration = Duration::from_millis(50);

pub fn run(args: &SpeakArgs) -> Result<u8, Error> {
    if args.demo {
        return demo::run(args);
    }
    let plan = match &args.config {
        Some(path) => {
            let plan = config::read(path, &args.instances, args.profile, args.observe, checksum(args))?;
            if !args.common.quiet {
                plan.remarks.iter().for_each(|text| note(&format!("hactl: {text}")));
            }
            plan
        }
        None => Plan { specs: vec![spec(args)?], ..Plan::default() },
    };
    let Plan { specs, groups, trackers, scripts, .. } = plan;
    let title = match specs.as_slice() {
        [one] => format!("{} --vrid {}", one.interface, one.params.vrid),
        several => format!("{} virtual routers", several.len()),
    };
    let mut interfaces: Vec<&str> = specs.iter().map(|s| s.interface.as_str()).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let interfaces = interfaces.join(",");
    let consent = Consent { take_over: args.take_over, force: args.force, observe: args.observe };
    let names: Vec<(String, u8, bool)> = specs.iter().map(|s| (s.name.clone(), s.params.vrid, s.ipv6())).collect();
    let stop = Stop::install_patient()?;
    let screen = !args.plain && !args.common.json && output::has_screen();
    let every = args.common.verbose;
    let (waits, end) = (stop.clone(), args.for_);
    let setup = Setup { specs, groups, trackers, scripts, consent, every, pictures: screen, stop: waits, end };
    let (speaking, updates) = speak::start(setup).map_err(|e| Error::Other(e.to_string()))?;
    if screen {
        on_screen(args, speaking, updates, title, &stop)
    } else {
        plain(args, speaking, &updates, &names, &interfaces)
    }
}

fn on_screen(
    args: &SpeakArgs,
    speaking: Speaking,
    updates: Receiver<Update>,
    title: String,
    stop: &Stop,
) -> Result<u8, Error> {
    let remote = speaking.remote();
    let clock = Clock::local();
    let options = tui::speak::Options { title, color: use_color(args.common.color), clock };
    let asked = remote.clone();
    let ask = move |ask| match ask {
        Ask::Speaker(i, command) => asked.send(i, command),
        Ask::Beside => {}
    };
    let shown = tui::speak::run(options, updates, ask, stop.flag());
    // However the screen ended: nothing may be left behind.
    remote.send(0, Command::Quit);
    let view = speaking.join().map_err(|e| Error::Other(e.to_string()))?;
    farewell(args, &view)?;
    shown.map_err(|e| Error::Other(format!("the screen: {e}; `--plain` writes lines instead")))?;
    Ok(0)
}

/// What scrolled away with the screen is said again on the terminal.
fn farewell(args: &SpeakArgs, view: &View) -> Result<(), Error> {
    const MOST: usize = 8;
    let mut out = Output::new(false, args.common.color);
    if view.instances.len() > MOST {
        writeln!(out, "{} virtual routers, the first {MOST}:", view.instances.len())?;
    }
    for i in view.instances.iter().take(MOST) {
        let (sent, heard) = (i.sent.0, i.received.0);
        let (sent, heard) = (describe::count(sent, "advert"), describe::count(heard, "advert"));
        let last =
            i.last.map_or(String::new(), |(t, _)| format!("; last {} → {}: {}", t.from, t.to, words::reason(&t)));
        writeln!(out, "{}: {sent} sent, {heard} heard{last}", i.name)?;
    }
    out.flush()?;
    Ok(())
}

/// The one virtual router that the arguments describe.
fn spec(args: &SpeakArgs) -> Result<Spec, Error> {
    let bad = |text: String| Error::Other(text);
    let (Some(interface), Some(vrid)) = (args.interface.clone(), args.vrid) else {
        return Err(bad("an interface, --vrid and --vip are needed, or --config".into()));
    };
    virtual_router(args, interface, vrid, args.vips.clone(), args.source)
}

/// One virtual router with everything else that the arguments say.
fn virtual_router(
    args: &SpeakArgs,
    interface: String,
    vrid: u8,
    mut vips: Vec<(IpAddr, u8)>,
    source: Option<IpAddr>,
) -> Result<Spec, Error> {
    let bad = |text: String| Error::Other(text);
    let ipv6 = vips.first().is_some_and(|v| v.0.is_ipv6());
    if let Some((other, _)) = vips.iter().find(|v| v.0.is_ipv6() != ipv6) {
        return Err(bad(format!(
            "--vip {other}: one virtual router is of one family; run a second hactl for the other"
        )));
    }
    if let Some((i, (ip, _))) = vips.iter().enumerate().find(|(i, v)| vips[..*i].iter().any(|w| w.0 == v.0)) {
        return Err(bad(format!("--vip {ip} is there twice (number {})", i + 1)));
    }
    // RFC 5798 §5.2.9: the first address of an IPv6 virtual router is the link-local one.
    let link_local = |ip: &IpAddr| matches!(ip, IpAddr::V6(a) if a.is_unicast_link_local());
    vips.sort_by_key(|(ip, _)| !link_local(ip));
    if ipv6 && !vips.first().is_some_and(|v| link_local(&v.0)) && !args.common.quiet {
        note(&"hactl: no --vip is link-local; RFC 5798 wants one as the first, e.g. --vip fe80::10/64");
    }
    let unspecified: IpAddr = if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let source = source.unwrap_or(unspecified);
    let version = args.version.unwrap_or(if ipv6 { 3 } else { 2 });
    if version == 2 && ipv6 {
        return Err(bad("VRRP version 2 is for IPv4 only; IPv6 needs --version 3".into()));
    }
    if let Some(peer) = args.unicast_peers.iter().find(|p| p.is_ipv6() != ipv6) {
        return Err(bad(format!("--unicast-peer {peer} is not of the family of --vip")));
    }
    let params = Params {
        profile: args.profile,
        version,
        priority: args.priority,
        wants_master: args.priority == 255,
        advert_int: args.advert_int,
        preempt: !args.no_preempt,
        steady: true,
        preempt_delay: args.preempt_delay.unwrap_or_default(),
        down_timer_adverts: args.down_timer_adverts,
        announcing: Announcing {
            repeat: args.garp_repeat,
            delay: args.garp_delay,
            lower_repeat: args.garp_repeat,
            lower_delay: args.garp_delay,
            ..Announcing::default()
        },
        ..Params::new(vrid, source, vips.iter().map(|v| v.0).collect())
    };
    params.check().map_err(|e| bad(e.to_string()))?;
    let authentication = authentication(args, &params)?;
    let peers = args.unicast_peers.iter().map(|address| Peer { address: *address, ttl: None }).collect();
    let address = |(ip, prefix)| Address { ip, prefix, interface: None, advertised: true };
    Ok(Spec {
        name: format!("VRID {vrid}"),
        interface,
        params,
        addresses: vips.into_iter().map(address).collect(),
        hearing: Hearing { authentication, peers, ..Hearing::default() },
        ttl: 255,
        checksum: checksum(args),
        vmac: args.vmac,
        present: Vec::new(),
        tracks: Vec::new(),
        track_primary: true,
    })
}

/// The form that is asked for, if one is.
fn checksum(args: &SpeakArgs) -> Option<Form> {
    args.checksum.as_deref().map(|c| if c == "plain" { Form::Plain } else { Form::PseudoHeader })
}

fn authentication(args: &SpeakArgs, params: &Params) -> Result<Authentication, Error> {
    let legacy = |what: &str| {
        if params.version == 2 && params.source.is_ipv4() {
            Ok(())
        } else {
            Err(Error::Other(format!("{what} is of version 2 over IPv4; version 3 has --hmac-key")))
        }
    };
    let password = |path| {
        let text = key_file(path)?;
        if text.len() > 8 {
            note(&"hactl: of the password only the first eight bytes count, as in keepalived");
        }
        Ok::<_, Error>(Secret::new(text.as_bytes()))
    };
    if let Some(path) = &args.auth_pass_file {
        legacy("--auth-pass-file")?;
        return Ok(Authentication::Pass(password(path)?));
    }
    if let Some(path) = &args.ah_pass_file {
        legacy("--ah-pass-file")?;
        return Ok(Authentication::Ah(password(path)?));
    }
    let Some(first) = args.hmac_keys.first() else { return Ok(Authentication::None) };
    let keys = read_keys(&args.hmac_keys)?;
    // Read without complaint, so it begins with a number.
    let active = first.split('=').next().and_then(|id| id.parse().ok()).unwrap_or_default();
    let mut auth = HmacAuth::new(keys, active, params.advert_int);
    auth.mode = match args.hmac_mode.as_str() {
        "permissive" => HmacMode::Permissive,
        "receive-only" => HmacMode::ReceiveOnly,
        _ => HmacMode::Enforce,
    };
    auth.check().map_err(|e| Error::Other(format!("--hmac-key: {e}")))?;
    Ok(Authentication::Hmac(auth))
}

/// Lines, or JSON.
fn plain(
    args: &SpeakArgs,
    speaking: Speaking,
    updates: &Receiver<Update>,
    names: &[(String, u8, bool)],
    title: &str,
) -> Result<u8, Error> {
    let remote = speaking.remote();
    let mut lines = Lines::begin(args, names, title);
    let mut asked = false;
    loop {
        // Else a settled router would hold its address for good, for it has nothing to write.
        if lines.written.is_ok() && is_deserted(io::stdout().as_fd()) {
            lines.written = Err(ErrorKind::BrokenPipe.into());
        }
        if !asked && lines.written.is_err() {
            remote.send(0, Command::Quit);
            asked = true;
        }
        let update = match updates.recv_timeout(GLANCE) {
            Ok(update) => update,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        update.told.iter().for_each(|told| lines.tell(told));
        // Nobody is there to say yes.
        if lines.nobody_joined() && !asked {
            remote.send(0, Command::Quit);
            (asked, lines.refused) = (true, true);
        }
    }
    let view = speaking.join().map_err(|e| Error::Other(e.to_string()))?;
    lines.end(&view)
}

/// What is told, on its way to standard output.
struct Lines<'a> {
    out: Output,
    json: bool,
    clock: Clock,
    names: &'a [(String, u8, bool)],
    /// After an error the rest is still to be heard: the end is under way.
    written: io::Result<()>,
    transitions: u64,
    /// For each virtual router whether it takes part, once it has listened.
    joined: Vec<Option<bool>>,
    /// It ends because none does, and why.
    refused: bool,
    why: String,
}

impl<'a> Lines<'a> {
    fn begin(args: &SpeakArgs, names: &'a [(String, u8, bool)], title: &str) -> Self {
        let mut out = Output::new(true, args.common.color);
        let json = args.common.json;
        let written = if json { words::start(&mut out, title).and_then(|()| out.record_done()) } else { Ok(()) };
        let joined = vec![None; names.len()];
        let clock = Clock::local();
        Self { out, json, clock, names, written, transitions: 0, joined, refused: false, why: String::new() }
    }

    fn tell(&mut self, told: &Told) {
        self.transitions += u64::from(matches!(told.what, What::Transition(_)));
        if let (What::Listened { join, says, .. }, Some(known)) = (&told.what, self.joined.get_mut(told.instance)) {
            *known = Some(*join);
            if !join && self.why.is_empty() {
                self.why.clone_from(says);
            }
        }
        let Some((name, vrid, ipv6)) = self.names.get(told.instance) else { return };
        let named = Named { name, vrid: *vrid, ipv6: *ipv6 };
        if self.written.is_ok() {
            self.written = if self.json {
                words::told(&mut self.out, told, named)
            } else {
                writeln!(self.out, "{}", words::line(told, named, &self.clock))
            }
            .and_then(|()| self.out.record_done());
        }
    }

    /// Whether all have listened, and none takes part.
    fn nobody_joined(&self) -> bool {
        self.joined.iter().all(|j| *j == Some(false))
    }

    fn end(mut self, view: &View) -> Result<u8, Error> {
        let addresses = view.instances.iter().flat_map(|i| &i.addresses);
        let left: Vec<String> = addresses.filter(|a| a.installed).map(|a| a.ip.to_string()).collect();
        let exit = if self.refused || !left.is_empty() { super::COULD_NOT_LOOK } else { 0 };
        self.written?;
        if self.json {
            words::summary(&mut self.out, view, self.transitions, exit)?;
        }
        self.out.flush()?;
        if !left.is_empty() {
            return Err(Error::Other(format!("could not remove {}: `ip address del` does it", left.join(", "))));
        }
        if self.refused {
            return Err(Error::Other(format!("not joined: {}", self.why)));
        }
        Ok(exit)
    }
}
