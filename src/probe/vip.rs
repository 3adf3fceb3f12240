//! Who has an address on this link, whether that is the VRRP master, and whether it can be reached.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::check::{At, Attempt, Check, Found};
use super::holders::{Asked, Heard, Sighting};
use super::icmp::Icmp;
use super::outcome::{Fact, Phases, Value};
use super::reason::Reason;
use super::{kernel, tcp};
use crate::net::socket_owner::setting;
use crate::net::{Interface, ask_socket, interfaces, monotonic};
use crate::wire::{Decoder, Mac, build};

/// Requests, within the first half of the window.
pub const REQUESTS: u32 = 3;

/// What is said of an address that is on no link of this host.
const BEYOND: &str = "it is in no network of this host: who answers ARP cannot be told beyond a router";

/// Asks who has the address, then whether it answers.
#[derive(Clone, Copy, Debug)]
pub struct Vip {
    /// The TCP port to connect to, where the target names none.
    pub port: Option<u16>,
    /// Whether to send an ICMP echo.
    pub icmp: bool,
    /// How long answers are collected; never less, so that a second one is seen.
    pub window: Duration,
    /// How long adverts are waited for at most.
    pub listen: Duration,
}

impl Check for Vip {
    fn kind(&self) -> &'static str {
        "vip"
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        Box::pin(self.look(at))
    }
}

impl Vip {
    async fn look(&self, at: At<'_>) -> Found {
        let interfaces = interfaces();
        let link = match Link::of(at.address, at.origin.interface.as_deref(), &interfaces) {
            Ok(link) => link.map(|link| link.with_manners(|name| setting(&format!("net/ipv4/conf/{name}/arp_ignore")))),
            Err(reason) => return Found::failed(reason),
        };
        let here = link
            .as_ref()
            .map_or_else(|| held(at.address, &interfaces).map(|i| i.name.clone()), |link| link.here.clone());
        let at = At { address: scoped(at.address, link.as_ref()), ..at };
        let asked = match &link {
            Some(link) => self.ask(link, &at).await,
            None => Ok(match &here {
                Some(here) => (
                    Ok(()),
                    format!("this host ({here}) has it, on no link where others could"),
                    vec![Fact::text("held_here", here.clone())],
                    Duration::ZERO,
                ),
                None => (Ok(()), BEYOND.to_owned(), Vec::new(), Duration::ZERO),
            }),
        };
        let (mut result, mut message, mut facts, mut took) = match asked {
            Ok(found) => found,
            Err(reason) => return Found::failed(reason),
        };
        facts.insert(0, Fact::bool("on_link", link.is_some()));
        let mut phases = Phases::default();
        let silent = result.as_ref().is_err_and(|r: &Reason| r.id == "nobody");
        if !silent {
            let port = at.target.port.or(self.port);
            if self.icmp {
                let icmp = Icmp { size: 56, ..Icmp::default() };
                let found = icmp.attempt(at.clone()).await;
                match (found.result, found.phases.first_byte) {
                    (Ok(()), time) => {
                        let time = time.unwrap_or_default();
                        took += time;
                        message.push_str(if here.is_some() {
                            "; this host itself answers ICMP echo"
                        } else {
                            "; it answers ICMP echo"
                        });
                        facts.push(Fact { name: "icmp_ms", value: Value::Time(time) });
                    }
                    (Err(reason), _) => {
                        message = format!("{message}; ICMP echo: {}", reason.sentence);
                        facts.push(Fact::text("icmp", reason.id));
                        // Often it is filtered; where a port is asked for, that is what counts.
                        if port.is_none() && result.is_ok() {
                            result = Err(Reason { sentence: message.clone(), ..reason });
                        }
                    }
                }
            }
            if let Some(port) = port {
                let begun = monotonic();
                let mut at = at.clone();
                at.address.set_port(port);
                match tcp::stands(&at).await {
                    Ok(_) => {
                        let time = monotonic().since(begun);
                        took += time;
                        phases.connect = Some(time);
                        let place = if here.is_some() { " here" } else { "" };
                        message = format!("{message}; TCP port {port} is open{place}");
                    }
                    Err(reason) => {
                        let place = if here.is_some() { " here" } else { "" };
                        message = format!("{message}; TCP port {port}{place}: {}", reason.sentence);
                        facts.push(Fact::text("tcp", reason.id));
                        if result.is_ok() {
                            result = Err(Reason { sentence: message.clone(), ..reason });
                        }
                    }
                }
            }
        }
        match &mut result {
            Ok(()) => facts.push(Fact::text("message", message)),
            Err(reason) => reason.sentence = message,
        }
        // The time that the address took, without how long more answers were waited for.
        phases.total = Some(took);
        Found { result, phases, facts }
    }

    async fn ask(&self, link: &Link, at: &At<'_>) -> Result<(Result<(), Reason>, String, Vec<Fact>, Duration), Reason> {
        let mut listener = Listener::open(link)?;
        let begun = monotonic();
        let (mut requests, mut asked_at) = (0, begun);
        let mut took = None;
        loop {
            let now = monotonic().since(begun);
            if requests < REQUESTS && now >= self.window * requests / (2 * REQUESTS) {
                listener.ask().await?;
                requests += 1;
                asked_at = monotonic();
                continue;
            }
            let enough = now >= self.listen || listener.heard.has_master();
            if now >= self.window && enough {
                break;
            }
            let next = if requests < REQUESTS {
                self.window * requests / (2 * REQUESTS)
            } else if now < self.window {
                self.window
            } else {
                self.listen
            };
            let sighted = timeout(next.saturating_sub(now), listener.next()).await;
            if let Ok(Sighting::Answer(_)) = sighted {
                took.get_or_insert_with(|| monotonic().since(asked_at));
            }
        }
        if self.icmp && link.here.is_none() && !listener.heard.is_answered() {
            // Some devices do not answer a request that hides its sender. The kernel's own does not.
            let at = At { timeout: at.timeout.min(Duration::from_secs(1)), ..at.clone() };
            Icmp::default().attempt(at).await;
            while timeout(Duration::from_millis(5), listener.next())
                .await
                .is_ok_and(|s| !matches!(s, Sighting::Answer(_)))
            {}
        }
        let listened = (!self.listen.is_zero()).then(|| self.listen.max(self.window));
        let asked = Asked {
            interface: &link.interface,
            here: link.here.as_deref(),
            quiet: link.quiet,
            own: &link.own,
            requests,
            listened,
            addresses: &link.addresses,
        };
        let (result, message) = listener.heard.verdict(&asked);
        let mut facts = listener.heard.facts(&asked);
        facts.extend(took.map(|t| Fact { name: "answer_ms", value: Value::Time(t) }));
        // Of nobody, how long an answer was waited for.
        let took = took.or_else(|| result.is_err().then(|| monotonic().since(begun)));
        Ok((result, message, facts, took.unwrap_or_default()))
    }
}

/// The interface of this host that has an address.
fn held(to: SocketAddr, all: &[Interface]) -> Option<&Interface> {
    let scope = match to {
        SocketAddr::V6(v6) => v6.scope_id(),
        SocketAddr::V4(_) => 0,
    };
    // All of 127.0.0.0/8 is this host.
    let has = |i: &Interface| {
        i.addresses.iter().any(|(a, length)| *a == to.ip() || a.is_loopback() && holds(*a, *length, to.ip()))
    };
    all.iter().find(|i| has(i) && (scope == 0 || i.index == scope))
}

/// A link-local address with its interface.
pub(super) fn scoped(mut address: SocketAddr, link: Option<&Link>) -> SocketAddr {
    if let (SocketAddr::V6(v6), Some(link)) = (&mut address, link)
        && v6.ip().is_unicast_link_local()
    {
        v6.set_scope_id(link.index);
    }
    address
}

/// The link that an address is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    address: IpAddr,
    /// Where to ask.
    pub interface: String,
    index: u32,
    mac: Mac,
    /// Where a neighbour solicitation comes from.
    source: Option<Ipv6Addr>,
    /// The interface of this host that has the address itself.
    pub here: Option<String>,
    /// Whether that interface has no ARP, so that another answers for the address or none.
    elsewhere: bool,
    /// Whether this host does not answer for it.
    quiet: bool,
    /// Its other interfaces that speak ARP.
    own: Vec<(Mac, String)>,
    /// All addresses of this host.
    addresses: Vec<IpAddr>,
}

impl Link {
    /// Where an address is, if it is on a link of this host at all. `named` is an interface that somebody chose.
    ///
    /// # Errors
    /// When the interface is not there or cannot ask.
    pub fn of(to: SocketAddr, named: Option<&str>, all: &[Interface]) -> Result<Option<Self>, Reason> {
        let address = to.ip();
        let local = |text: String| Reason::new("local", text);
        let scope = match to {
            SocketAddr::V6(v6) => v6.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        let here = held(to, all);
        let asks = |i: &&Interface| i.asks && i.mac.is_some();
        let chosen = all.iter().find(|i| named.map_or(scope != 0 && i.index == scope, |name| i.name == name));
        let found = match (chosen, named) {
            (Some(i), _) if !asks(&i) => {
                return Err(local(format!("{} is no Ethernet, or one without ARP: nobody answers there", i.name)));
            }
            (Some(i), _) => Some(i),
            (None, Some(name)) => {
                let list: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
                return Err(local(format!("there is no interface {name} here; there is {}", list.join(", "))));
            }
            (None, None) => {
                let near = |i: &Interface| {
                    let networks =
                        i.addresses.iter().filter(|(a, length)| *length < bits(*a) && holds(*a, *length, address));
                    networks.map(|n| n.1).max()
                };
                let mut near: Vec<(u8, &Interface)> =
                    all.iter().filter(asks).filter(|i| i.up).filter_map(|i| Some((near(i)?, i))).collect();
                // The smallest network; of several interfaces there, the one that works, and the first.
                near.sort_by_key(|(length, i)| (std::cmp::Reverse(*length), !i.running));
                if near.len() > 1 && matches!(address, IpAddr::V6(a) if a.is_unicast_link_local()) {
                    let list: Vec<String> = near.iter().map(|n| n.1.name.clone()).collect();
                    let sentence =
                        format!("{address} may be on each of {}: say {address}%{}", list.join(", "), list[0]);
                    return Err(local(sentence));
                }
                near.first().map(|n| n.1).or_else(|| here.filter(asks))
            }
        };
        let Some(i) = found else { return Ok(None) };
        if !i.up {
            return Err(local(format!("the interface {} is down", i.name)));
        }
        let v6 = |wanted: fn(&Ipv6Addr) -> bool| {
            i.addresses.iter().find_map(|(a, _)| match a {
                IpAddr::V6(a) if wanted(a) && IpAddr::V6(*a) != address => Some(*a),
                _ => None,
            })
        };
        let source = v6(Ipv6Addr::is_unicast_link_local).or_else(|| v6(|_| true));
        if address.is_ipv6() && source.is_none() {
            return Err(local(format!("{} has no IPv6 address to ask from", i.name)));
        }
        Ok(Some(Self {
            address,
            interface: i.name.clone(),
            index: i.index,
            mac: Mac(i.mac.unwrap_or_default()),
            source,
            here: here.map(|i| i.name.clone()),
            elsewhere: here.is_some_and(|here| !here.asks),
            quiet: false,
            own: all
                .iter()
                .filter(|o| o.asks && o.index != i.index)
                .filter_map(|o| Some((Mac(o.mac?), o.name.clone())))
                .collect(),
            addresses: all.iter().flat_map(|i| i.addresses.iter().map(|a| a.0)).collect(),
        }))
    }

    /// With what the kernel of this host is told about answering (`arp_ignore`): an address of `lo` or of a dummy is
    /// answered for on all links, unless it says otherwise. In IPv6 it never is.
    fn with_manners(mut self, arp_ignore: impl Fn(&str) -> Option<u64>) -> Self {
        let strict = ["all", &self.interface].into_iter().filter_map(arp_ignore).max().unwrap_or(0);
        self.quiet = if self.address.is_ipv6() { self.elsewhere } else { strict == 8 || self.elsewhere && strict > 0 };
        self
    }

    fn request(&self) -> Vec<u8> {
        match (self.address, self.source) {
            (IpAddr::V4(address), _) => build::arp_probe(self.mac, address),
            (IpAddr::V6(address), source) => {
                build::neighbor_solicitation(self.mac, source.unwrap_or(Ipv6Addr::UNSPECIFIED), address)
            }
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Whether an address is in a network.
pub(super) fn holds(network: IpAddr, length: u8, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(n), IpAddr::V4(a)) => {
            (n.to_bits() ^ a.to_bits()).checked_shr(32 - u32::from(length.min(32))).unwrap_or(0) == 0
        }
        (IpAddr::V6(n), IpAddr::V6(a)) => {
            (n.to_bits() ^ a.to_bits()).checked_shr(128 - u32::from(length.min(128))).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Asks on a link and hears who answers.
pub(super) struct Listener {
    socket: UdpSocket,
    request: Vec<u8>,
    decoder: Decoder,
    pub heard: Heard,
}

impl Listener {
    /// Opens the socket.
    ///
    /// # Errors
    /// Without the privilege.
    pub fn open(link: &Link) -> Result<Self, Reason> {
        let socket = ask_socket::open(&link.interface).map_err(|e| kernel::local(&e))?;
        let socket = UdpSocket::from_std(socket).map_err(|e| Reason::new("local", e.to_string()))?;
        let heard = Heard::new(link.address, link.mac);
        Ok(Self { socket, request: link.request(), decoder: Decoder::default(), heard })
    }

    /// Asks once.
    ///
    /// # Errors
    /// When the interface takes nothing.
    pub async fn ask(&self) -> Result<(), Reason> {
        self.socket.send(&self.request).await.map(drop).map_err(|e| Reason::new("local", format!("cannot ask: {e}")))
    }

    /// Waits for the next frame that says something of the address.
    pub async fn next(&mut self) -> Sighting {
        loop {
            if self.socket.readable().await.is_err() {
                return std::future::pending().await;
            }
            let mut sighting = None;
            let taken = self.socket.try_io(Interest::READABLE, || {
                ask_socket::hear(self.socket.as_fd(), |frame| sighting = self.heard.see(&self.decoder.decode(frame)))
            });
            match (taken, sighting) {
                (_, Some(sighting)) => return sighting,
                (Err(e), None) if e.kind() != io::ErrorKind::WouldBlock => {
                    // The interface went down; what comes later is heard.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, index: u32, addresses: &[(&str, u8)]) -> Interface {
        Interface {
            name: name.into(),
            index,
            up: true,
            running: true,
            mac: Some(if name == "lo" { [0; 6] } else { [2, 0, 0, 0, 0, index as u8] }),
            asks: name != "lo",
            addresses: addresses.iter().map(|(a, n)| (a.parse().unwrap(), *n)).collect(),
        }
    }

    fn found(to: &str, named: Option<&str>, all: &[Interface]) -> Result<Option<(String, Option<String>)>, String> {
        let to = to.parse().unwrap();
        let link = Link::of(SocketAddr::new(to, 0), named, all).map_err(|r| r.sentence)?;
        Ok(link.map(|l| (l.interface, l.here)))
    }

    #[test]
    fn an_address_is_looked_for_where_its_network_is() {
        let all = [
            interface("lo", 1, &[("127.0.0.1", 8), ("::1", 128)]),
            interface("eth0", 2, &[("10.0.0.1", 8), ("fe80::1", 64)]),
            interface("eth1", 3, &[("10.77.0.1", 24), ("10.77.0.110", 32), ("fe80::2", 64), ("2001:db8::1", 64)]),
            interface("vrrp.51", 4, &[("10.77.0.111", 32)]),
        ];
        let at = |name: &str, here: Option<&str>| Ok(Some((name.to_owned(), here.map(str::to_owned))));
        assert_eq!(found("10.77.0.9", None, &all), at("eth1", None));
        assert_eq!(found("10.77.1.9", None, &all), at("eth0", None));
        assert_eq!(found("10.77.0.110", None, &all), at("eth1", Some("eth1")));
        assert_eq!(found("10.77.0.111", None, &all), at("eth1", Some("vrrp.51")), "asked beside, not on, its own");
        assert_eq!(found("192.0.2.1", None, &all), Ok(None));
        assert_eq!(found("127.0.0.1", None, &all), Ok(None));
        assert_eq!(found("192.0.2.1", Some("eth0"), &all), at("eth0", None));
        assert_eq!(found("2001:db8::9", None, &all), at("eth1", None));
        assert_eq!(
            found("fe80::9", None, &all),
            Err("fe80::9 may be on each of eth0, eth1: say fe80::9%eth0".to_owned())
        );
        assert_eq!(
            found("10.77.0.9", Some("eth7"), &all),
            Err("there is no interface eth7 here; there is lo, eth0, eth1, vrrp.51".to_owned())
        );
        assert_eq!(
            found("10.0.0.9", Some("lo"), &all),
            Err("lo is no Ethernet, or one without ARP: nobody answers there".to_owned())
        );
    }

    #[test]
    fn an_address_of_lo_is_answered_for_unless_the_kernel_is_told() {
        let all = [
            interface("lo", 1, &[("127.0.0.1", 8), ("10.77.0.110", 32), ("2001:db8::110", 128)]),
            interface("eth0", 2, &[("10.77.0.1", 24), ("10.77.0.111", 24), ("fe80::1", 64), ("2001:db8::1", 64)]),
        ];
        let quiet = |to: &str, on_all: u64, on_link: u64| {
            let link = Link::of(SocketAddr::new(to.parse().unwrap(), 0), None, &all).unwrap().unwrap();
            let told = |name: &str| Some(if name == "all" { on_all } else { on_link });
            (link.here.clone().unwrap(), link.with_manners(told).quiet)
        };
        let at = |name: &str, quiet: bool| (name.to_owned(), quiet);
        // Documentation/networking/ip-sysctl.rst: the greater of the two counts, and 8 is for all addresses.
        assert_eq!(quiet("10.77.0.110", 0, 0), at("lo", false));
        assert_eq!(quiet("10.77.0.110", 1, 0), at("lo", true));
        assert_eq!(quiet("10.77.0.110", 0, 2), at("lo", true));
        assert_eq!(quiet("10.77.0.111", 1, 2), at("eth0", false));
        assert_eq!(quiet("10.77.0.111", 0, 8), at("eth0", true));
        assert_eq!(quiet("2001:db8::110", 0, 0), at("lo", true));
        assert_eq!(held("127.9.9.9:0".parse().unwrap(), &all).map(|i| i.name.as_str()), Some("lo"));
    }

    #[test]
    fn what_is_asked() {
        let all = [interface("eth0", 2, &[("10.77.0.1", 24), ("fe80::1", 64), ("2001:db8::1", 64)])];
        let request = |to: &str| {
            let link = Link::of(SocketAddr::new(to.parse().unwrap(), 0), None, &all).unwrap().unwrap();
            link.request().iter().fold(String::new(), |text, b| format!("{text}{b:02x}"))
        };
        assert_eq!(
            request("10.77.0.110"),
            "ffffffffffff0200000000020806000108000604000102000000000200000000\
             0000000000000a4d006e"
        );
        // The sum of fe80::1, ff02::1:ff00:110, 32, 58 and the message is 0x4db4 before its complement.
        assert_eq!(
            request("2001:db8::110")[..108],
            *"3333ff00011002000000000286dd6c0000000020\
              3afffe800000000000000000000000000001ff0200000000000000000001ff000110"
        );
    }
}
