//! What to connect to.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::model::{At, Nginx, Pass, Peer, Settings, To};
use crate::net::wall;
use crate::probe::check::Check;
use crate::probe::judge::Checked;
use crate::probe::plain::Plain;
use crate::probe::run::{Job, Options};
use crate::probe::target::{Host, Target};
use crate::probe::tcp::OverTcp;
use crate::probe::tls::{self, Handshake, Trust, through};
use crate::probe::unix::Unix;

/// What a check is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// A server of an upstream.
    Server(usize, usize),
    /// Something that a pass names itself: the first pass that does.
    Pass(usize),
    /// A listen, at an address.
    Listen(usize, Option<IpAddr>),
}

/// What was found, by what it is of. A name has several addresses.
pub type Found = BTreeMap<Of, Vec<Checked>>;

/// What to do.
pub fn jobs(nginx: &Nginx, vips: &[IpAddr], here: bool, timeout: Duration) -> Vec<(Of, Job)> {
    let mut trust = None;
    let mut all = Vec::new();
    for (n, upstream) in nginx.upstreams.iter().enumerate() {
        let users: Vec<&Pass> = nginx.passes.iter().filter(|p| p.to == To::Upstream(n)).collect();
        if !users.is_empty() && users.iter().all(|p| p.udp) {
            continue;
        }
        let tls = users.iter().find(|p| p.tls).map(|p| (&p.settings, upstream.name.as_str()));
        for (m, server) in upstream.servers.iter().enumerate().filter(|(_, s)| here || !is_socket(&s.peer)) {
            all.extend(job(&server.peer, tls, timeout, &mut trust).map(|job| (Of::Server(n, m), job)));
        }
    }
    for (n, pass) in nginx.passes.iter().enumerate() {
        let To::Peer(peer) = &pass.to else { continue };
        if !pass.udp && direct(nginx, n) && (here || !is_socket(peer)) {
            let name = if let Peer::Host(host, _) = peer { host.as_str() } else { "localhost" };
            let tls = pass.tls.then_some((&pass.settings, name));
            all.extend(job(peer, tls, timeout, &mut trust).map(|job| (Of::Pass(n), job)));
        }
    }
    for (n, listen) in nginx.listens.iter().enumerate().filter(|(n, l)| !l.udp && first(nginx, *n)) {
        match &listen.at {
            At::Address(address, port) if address.is_unspecified() => {
                let local: IpAddr =
                    if address.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
                let covered = vips.iter().filter(|v| v.is_ipv6() == address.is_ipv6() || listen.both);
                let to = if here { vec![local] } else { covered.copied().collect() };
                for a in to {
                    all.push((Of::Listen(n, Some(a)), connect(&Peer::Host(a.to_string(), *port), timeout)));
                }
            }
            At::Address(address, port) => {
                all.push((Of::Listen(n, Some(*address)), connect(&Peer::Host(address.to_string(), *port), timeout)));
            }
            At::Name(name, port) => all.push((Of::Listen(n, None), connect(&Peer::Host(name.clone(), *port), timeout))),
            At::Unix(path) if here => all.push((Of::Listen(n, None), connect(&Peer::Unix(path.clone()), timeout))),
            At::Unix(_) => {}
        }
    }
    all
}

/// Whether it is a socket of nginx's host: one of the same name here says nothing.
const fn is_socket(peer: &Peer) -> bool {
    matches!(peer, Peer::Unix(_))
}

/// Whether a pass is the first that goes there.
pub fn direct(nginx: &Nginx, n: usize) -> bool {
    let pass = &nginx.passes[n];
    let same = |p: &Pass| p.to == pass.to && p.tls == pass.tls;
    matches!(pass.to, To::Peer(_)) && !nginx.passes[..n].iter().any(same)
}

/// Whether a listen is the first at its place; other servers share its socket.
pub fn first(nginx: &Nginx, n: usize) -> bool {
    let listen = &nginx.listens[n];
    !nginx.listens[..n].iter().any(|l| l.at == listen.at && l.udp == listen.udp)
}

fn job(
    peer: &Peer,
    through_tls: Option<(&Settings, &str)>,
    timeout: Duration,
    trust: &mut Option<Trust>,
) -> Option<Job> {
    match (peer, through_tls) {
        (Peer::Variable(_), _) => None,
        (Peer::Host(..), Some((settings, name))) => {
            let options = tls::Options {
                name: settings.tls_name.clone().filter(|n| !n.contains('$')).unwrap_or_else(|| name.to_owned()),
                // nginx tells no name unless it is told to, and verifies nothing.
                sni: settings.server_name,
                alpn: Vec::new(),
                trust: trust.get_or_insert_with(Trust::of_this_host).clone(),
                verify: false,
                now: wall(),
            };
            let check = OverTcp::new("tls", move |_| through(&options, None, Handshake));
            Some(with(peer, Arc::new(check), timeout))
        }
        _ => Some(connect(peer, timeout)),
    }
}

fn connect(peer: &Peer, timeout: Duration) -> Job {
    match peer {
        Peer::Unix(path) => with(peer, Arc::new(Unix::new(path)), timeout),
        _ => with(peer, Arc::new(OverTcp::new("tcp", |_| Plain::default().dialog())), timeout),
    }
}

fn with(peer: &Peer, check: Arc<dyn Check>, timeout: Duration) -> Job {
    let (host, port) = match peer {
        Peer::Host(host, port) => {
            let host = host.parse().map_or_else(|_| Host::Name(host.clone()), |a| Host::Address(a, None));
            (host, Some(*port))
        }
        Peer::Unix(_) | Peer::Variable(_) => (Host::Name(String::new()), None),
    };
    let target = Target { text: peer.to_string(), host, port, scheme: None, path: None };
    // nginx uses every address of a name.
    let options = Options { timeout, all_addresses: true, ..Options::default() };
    Job { target, check, options: Some(options) }
}
