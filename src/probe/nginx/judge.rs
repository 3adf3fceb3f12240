//! What the configuration and the checks come to.

use std::net::IpAddr;
use std::time::Duration;

use super::model::{Area, At, Listen, Nginx, Pass, Peer, Spot, To, Upstream, UpstreamServer};
use super::plan::{Found, Of, direct, first};
use crate::finding::{Finding, Place, Severity};
use crate::probe::judge::{Checked, is_local};

/// What is known beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The addresses of a keepalived.conf, each with its instance; nothing if there is none beside it.
    pub vips: Option<Vec<(IpAddr, String)>>,
    /// This host, if the configuration is this host's.
    pub host: Option<HostFacts>,
}

/// What a host says of itself.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// `net.ipv4.ip_nonlocal_bind`, where it can be read.
    pub nonlocal_v4: Option<bool>,
    /// `net.ipv6.ip_nonlocal_bind`
    pub nonlocal_v6: Option<bool>,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stands {
    /// It answers.
    Up,
    /// It does not.
    Down,
    /// Nobody could look.
    Unknown,
}

/// Of the addresses of one place: one that answers is enough.
pub fn stands(checked: Option<&Vec<Checked>>) -> Stands {
    let Some(all) = checked.filter(|c| !c.is_empty()) else { return Stands::Unknown };
    if all.iter().any(|c| c.outcome.result.is_ok()) {
        return Stands::Up;
    }
    let unasked = |c: &Checked| c.outcome.result.as_ref().err().is_some_and(|r| is_local(r.id));
    if all.iter().all(unasked) { Stands::Unknown } else { Stands::Down }
}

/// What is left of an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Servers that are not marked `down`.
    pub all: usize,
    /// Those of them that answer.
    pub up: usize,
    /// Those that are no backups and answer.
    pub primaries: usize,
    /// Those that nobody could look at.
    pub unknown: usize,
}

impl Left {
    /// Of an upstream.
    pub fn of(n: usize, upstream: &Upstream, found: &Found) -> Self {
        let mut left = Self::default();
        for (m, server) in upstream.servers.iter().enumerate().filter(|(_, s)| !s.down) {
            left.all += 1;
            match stands(found.get(&Of::Server(n, m))) {
                Stands::Up => {
                    left.up += 1;
                    left.primaries += usize::from(!server.backup);
                }
                Stands::Unknown => left.unknown += 1,
                Stands::Down => {}
            }
        }
        left
    }

    /// Nobody serves.
    pub const fn nobody(self) -> bool {
        self.up == 0 && self.unknown == 0
    }

    /// Only those serve that are there for the worst.
    pub const fn only_backups(self) -> bool {
        self.up > 0 && self.primaries == 0 && self.unknown == 0
    }
}

/// All findings, the worst first.
pub fn findings(nginx: &Nginx, found: &Found, around: &Around) -> Vec<Finding> {
    let mut all = Vec::new();
    for (n, upstream) in nginx.upstreams.iter().enumerate() {
        let users: Vec<&Pass> = nginx.passes.iter().filter(|p| p.to == To::Upstream(n)).collect();
        single(nginx, upstream, &mut all);
        keepalive(nginx, upstream, &users, &mut all);
        for (m, server) in upstream.servers.iter().enumerate().filter(|(_, s)| !s.resolve && !s.down) {
            unresolved(nginx, &server.peer, server.spot, found.get(&Of::Server(n, m)), around, &mut all);
        }
    }
    for (n, pass) in nginx.passes.iter().enumerate() {
        if let (To::Peer(peer), true) = (&pass.to, direct(nginx, n)) {
            unresolved(nginx, peer, pass.spot, found.get(&Of::Pass(n)), around, &mut all);
        }
    }
    listens(nginx, around, &mut all);
    all.sort_by_key(|f| std::cmp::Reverse(f.severity));
    all
}

fn place(nginx: &Nginx, spot: Spot, note: impl Into<String>) -> Place {
    Place {
        file: nginx.files.get(spot.file).cloned().unwrap_or_default(),
        line: spot.line,
        column: 1,
        end_column: 1,
        note: note.into(),
        primary: true,
        ..Place::default()
    }
}

fn words(d: Duration) -> String {
    humantime::format_duration(d).to_string()
}

fn single(nginx: &Nginx, upstream: &Upstream, all: &mut Vec<Finding>) {
    let [server] = &upstream.servers[..] else { return };
    if !(server.max_fails.written || server.fail_timeout.written) {
        return;
    }
    // A name with several addresses is several servers.
    let named = matches!(&server.peer, Peer::Host(host, _) if host.parse::<IpAddr>().is_err());
    let message = format!(
        "upstream {} has one server, so max_fails and fail_timeout of {} have no effect: nginx never takes it out",
        upstream.name, server.peer
    );
    let mut f = Finding::new(
        "upstream-single-server",
        Severity::Warning,
        message,
        "Add a second server, or a `backup` one; or leave the two parameters out.",
    )
    .place(place(nginx, server.spot, "the only server"));
    if named {
        f = f.likely("whether the name has one address: nginx takes each address for a server");
    }
    all.push(f);
}

fn keepalive(nginx: &Nginx, upstream: &Upstream, users: &[&Pass], all: &mut Vec<Finding>) {
    let Some((connections, spot)) = upstream.keepalive.filter(|_| upstream.area == Area::Http) else { return };
    // With these a connection can be kept at all.
    let keeps = |p: &&&Pass| matches!(p.protocol(), "proxy" | "grpc" | "memcached") || p.settings.keep_conn;
    if let Some(pass) = users.iter().find(|p| p.protocol() == "fastcgi" && !p.settings.keep_conn) {
        let message = format!(
            "upstream {} is to keep {connections} connections open, but a fastcgi_pass to it lacks `fastcgi_keep_conn on`: \
             every request opens a connection of its own",
            upstream.name
        );
        let fix = "Add `fastcgi_keep_conn on;` beside the fastcgi_pass.";
        all.push(
            Finding::new("upstream-keepalive-unused", Severity::Warning, message, fix)
                .place(place(nginx, pass.spot, "this fastcgi_pass"))
                .place(place(nginx, spot, "`keepalive`")),
        );
        return;
    }
    let proxies: Vec<&&Pass> = users.iter().filter(|p| p.protocol() == "proxy").collect();
    let old = |p: &Pass| p.settings.version.as_deref().is_none_or(|v| v == "1.0");
    let closing = |p: &Pass| p.settings.connection.as_deref().is_none_or(|c| !c.is_empty() && !c.contains('$'));
    if let Some(pass) = proxies.iter().find(|p| old(p) || closing(p)) {
        let lacks = match (old(pass), closing(pass)) {
            (true, true) => "`proxy_http_version 1.1` and `proxy_set_header Connection \"\"`",
            (true, false) => "`proxy_http_version 1.1`",
            _ => "`proxy_set_header Connection \"\"`",
        };
        let message = format!(
            "upstream {} is to keep {connections} connections open, but a proxy_pass to it lacks {lacks}: every request \
             opens a connection of its own",
            upstream.name
        );
        let written = pass.settings.version.is_some() && pass.settings.connection.is_some();
        let mut f = Finding::new(
            "upstream-keepalive-unused",
            Severity::Warning,
            message,
            format!("Add {lacks} beside the proxy_pass, after any other proxy_set_header of that block."),
        )
        .place(place(nginx, pass.spot, "this proxy_pass"))
        .place(place(nginx, spot, "`keepalive`"));
        if !written {
            f = f.likely("the version of nginx: since 1.30 both are the default");
        }
        all.push(f);
        return;
    }
    // Few servers give up an idle connection earlier.
    if users.iter().any(|p| keeps(&p)) && upstream.keepalive_timeout.value >= Duration::from_secs(5) {
        let timeout = upstream.keepalive_timeout;
        let default = if timeout.written { "" } else { " (the default)" };
        let message = format!(
            "nginx keeps idle connections to upstream {} for {}{default}; a server that closes them earlier, as Node after \
             5s or Jetty after 30s, makes some requests fail",
            upstream.name,
            words(timeout.value)
        );
        all.push(
            Finding::new(
                "upstream-keepalive-outlives-server",
                Severity::Info,
                message,
                "Set `keepalive_timeout` in the upstream below the idle time of its servers.",
            )
            .place(place(nginx, spot, "`keepalive`"))
            .likely("for how long the servers keep an idle connection"),
        );
    }
}

fn unresolved(
    nginx: &Nginx,
    peer: &Peer,
    spot: Spot,
    checked: Option<&Vec<Checked>>,
    around: &Around,
    all: &mut Vec<Finding>,
) {
    let (Peer::Host(host, _), Some(checked)) = (peer, checked) else { return };
    if !checked.iter().any(|c| c.outcome.result.as_ref().err().is_some_and(|r| r.id == "name")) {
        return;
    }
    let mut f = Finding::new(
        "upstream-name-unresolved",
        Severity::Critical,
        format!("{host} is not resolved: with it nginx neither starts nor takes a new configuration"),
        "Put the name into /etc/hosts or use an address; or `resolve` with a `resolver` and a `zone`, or a variable in \
         proxy_pass, so that it is resolved while nginx runs.",
    )
    .place(place(nginx, spot, "the name"));
    if around.host.is_none() {
        f = f.likely("whether the host of this configuration resolves it");
    }
    all.push(f);
}

/// Whether a listen takes connections to an address.
pub fn covers(listen: &Listen, address: IpAddr) -> bool {
    match listen.at {
        At::Address(at, _) if at.is_unspecified() => at.is_ipv6() == address.is_ipv6() || listen.both,
        At::Address(at, _) => at == address,
        At::Name(..) | At::Unix(_) => false,
    }
}

/// Whether nginx makes no socket for a listen, as a wildcard of the same port is there.
fn shared(nginx: &Nginx, listen: &Listen) -> bool {
    let At::Address(address, port) = listen.at else { return false };
    let wildcard = |l: &&Listen| {
        matches!(l.at, At::Address(a, p) if a.is_unspecified() && p == port && a.is_ipv6() == address.is_ipv6())
            && l.udp == listen.udp
    };
    !listen.binds && nginx.listens.iter().any(|l| wildcard(&l))
}

fn listens(nginx: &Nginx, around: &Around, all: &mut Vec<Finding>) {
    let vips = around.vips.as_deref().unwrap_or_default();
    for (address, instance) in vips {
        let covered = nginx.listens.iter().any(|l| covers(l, *address));
        let named = nginx.listens.iter().any(|l| matches!(l.at, At::Name(..)));
        if !covered && !nginx.listens.is_empty() {
            let mut f = Finding::new(
                "vip-without-listen",
                Severity::Warning,
                format!("nothing in this nginx.conf listens on {address}, which {instance} moves between hosts"),
                format!("Add a `listen` for {address}, or a wildcard; or leave the address out of keepalived.conf."),
            )
            .fact(format!("{address} is an address of {instance}"));
            if named {
                f = f.likely("what the names in `listen` are resolved to");
            }
            all.push(f);
        }
    }
    for (_, listen) in nginx.listens.iter().enumerate().filter(|(n, _)| first(nginx, *n)) {
        let At::Address(address, port) = listen.at else { continue };
        if address.is_unspecified() || address.is_loopback() {
            continue;
        }
        let vip = vips.iter().find(|(a, _)| *a == address).map(|(_, name)| name.as_str());
        let local = around.host.as_ref().map(|h| h.addresses.contains(&address));
        let spot = place(nginx, listen.spot, "`listen`");
        match (vip, &around.host) {
            (None, host) if around.vips.is_some() && local != Some(true) => {
                let (where_, f) = match host {
                    Some(_) => (" nor of this host", None),
                    None => ("", Some("whether it is an address of the host that runs this nginx")),
                };
                let mut finding = Finding::new(
                    "listen-not-a-vip",
                    Severity::Warning,
                    format!("nginx listens on {address}:{port}, which is no address of the keepalived.conf{where_}"),
                    "Correct the address, or listen on the wildcard.",
                )
                .place(spot);
                if let Some(unseen) = f {
                    finding = finding.likely(unseen);
                }
                all.push(finding);
            }
            (Some(instance), Some(host)) => {
                let (setting, name) = if address.is_ipv6() {
                    (host.nonlocal_v6, "net.ipv6.ip_nonlocal_bind")
                } else {
                    (host.nonlocal_v4, "net.ipv4.ip_nonlocal_bind")
                };
                if setting != Some(false) || shared(nginx, listen) {
                    continue;
                }
                // On the master nginx runs; it would not start where the address is not.
                let (severity, now) = if local == Some(true) {
                    (Severity::Warning, "would not start here as a backup: the address is here now")
                } else {
                    (Severity::Critical, "cannot start here: the address is on another host")
                };
                all.push(
                    Finding::new(
                        "listen-needs-nonlocal-bind",
                        severity,
                        format!(
                            "nginx listens on {address}:{port} of {instance}, and {name} is 0 on this host: nginx {now}"
                        ),
                        format!(
                            "Set `{name} = 1` in /etc/sysctl.d on all nodes, or listen on the wildcard of port {port} too."
                        ),
                    )
                    .place(spot)
                    .fact(format!("{name} is 0")),
                );
            }
            _ => {}
        }
    }
}

/// What nginx does with a server that does not answer, and for how long.
pub fn conduct(upstream: &Upstream, server: &UpstreamServer) -> String {
    if upstream.servers.len() == 1 {
        return "the only server: nginx never takes it out".to_owned();
    }
    if server.max_fails.value == 0 {
        return "max_fails 0: nginx never takes it out".to_owned();
    }
    let times = match server.max_fails.value {
        1 => "a failure".to_owned(),
        n => format!("{n} failures within {}", words(server.fail_timeout.value)),
    };
    format!("out for {} after {times}", words(server.fail_timeout.value))
}

/// What a request that meets a dead server goes through.
pub fn request(pass: &Pass, several: bool) -> String {
    let s = &pass.settings;
    let wait =
        format!("waits up to {} to connect and {} for an answer", words(s.connect_timeout), words(s.read_timeout));
    let next = match (several, s.next_upstream.as_str()) {
        (false, _) | (_, "off") => "then fails".to_owned(),
        (true, "on") => "then tries the next server".to_owned(),
        (true, when) => {
            let tries = if s.tries > 0 { format!(", at most {} tries", s.tries) } else { String::new() };
            let limit =
                if s.next_timeout.is_zero() { String::new() } else { format!(", within {}", words(s.next_timeout)) };
            format!("then tries the next server on: {when}{tries}{limit}")
        }
    };
    format!("a request {wait}, {next}")
}
