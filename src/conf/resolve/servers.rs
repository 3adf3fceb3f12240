//! Virtual servers completed as keepalived does after reading (`validate_check_config`).

use std::collections::HashMap;
use std::time::Duration;

use super::{Resolver, value};
use crate::conf::model::build::first as earlier;
use crate::conf::model::{
    Check, Checker, Family, Forwarding, GroupEntry, HttpCheck, Method, Protocol, RealServer, ServerGroup, Service, Set,
    SmtpCheck, SmtpHost, Timing, VirtualServer,
};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::run::{Effective, RunChecker, RunRealServer, RunSorryServer, RunTiming, RunVirtualServer};
use crate::conf::source::{Span, Spanned};

const SECOND: Duration = Duration::from_secs(1);
/// What persistence lasts when only that it is wanted is known.
const PERSISTENCE: Duration = Duration::from_mins(6);

/// The first that is said.
fn first<T: Clone>(sets: &[&Set<T>]) -> Set<T> {
    sets.iter().find_map(|s| (*s).clone())
}

/// What a service is called in sentences.
fn called(service: &Service) -> String {
    match service {
        Service::Address(address, 0) => format!("virtual server {address}"),
        Service::Address(address, port) => format!("virtual server {address} port {port}"),
        Service::Mark(mark) => format!("virtual server fwmark {mark}"),
        Service::Group(name) => format!("virtual server group {}", quote(name.as_bytes())),
    }
}

impl Resolver<'_> {
    /// All of them that keepalived would set up.
    pub(super) fn virtual_servers(&mut self) -> Vec<RunVirtualServer> {
        let conf = self.conf;
        let mut seen: HashMap<(Service, Option<Protocol>), Span> = HashMap::new();
        let mut groups: HashMap<&str, &ServerGroup> = HashMap::new();
        for group in &conf.server_groups {
            groups.entry(&group.name.value).or_insert(group);
        }
        let mut all = Vec::new();
        for v in &conf.virtual_servers {
            let Some(run) = self.virtual_server(v, &groups) else { continue };
            let key = (run.service.clone(), run.protocol.map(|p| p.value));
            if let Some(first) = earlier(&mut seen, key, run.span) {
                let sentence = format!("{} is there already; the kernel does not take it twice", called(&run.service));
                let problem = Problem::new(run.span, Kind::DuplicateService, sentence);
                self.problems.push(problem.related(first, "the first one"));
            }
            all.push(run);
        }
        all
    }

    /// `None` where keepalived leaves it out.
    fn virtual_server(&mut self, v: &VirtualServer, groups: &HashMap<&str, &ServerGroup>) -> Option<RunVirtualServer> {
        let name = called(&v.service);
        let mut group: Option<&ServerGroup> = None;
        if let Service::Group(wanted) = &v.service {
            group = groups.get(wanted.as_str()).copied();
            if group.is_none() {
                let sentence = format!("there is no such group for {name}; keepalived leaves it out without a word");
                self.report(v.span, Kind::UnknownServerGroup, sentence);
                return None;
            }
        }
        if v.servers.is_empty() {
            let sentence = format!("{name} has no real server; keepalived leaves it out");
            self.report(v.span, Kind::NoRealServer, sentence);
            return None;
        }
        if let Some(group) = group.filter(|g| !fits(v, g)) {
            let sentence = format!(
                "{name} and `virtual_server_group` {} are not of one family; keepalived leaves it out, and only its log says so",
                quote(group.name.value.as_bytes())
            );
            self.report(v.span, Kind::PassedOver, sentence);
            return None;
        }
        // keepalived takes mark 0 for none.
        let by_mark = matches!(v.service, Service::Mark(1..));
        let marks = by_mark || group.is_some_and(ServerGroup::has_marks);
        let by_address = match group {
            Some(group) => group.addresses().next().is_some(),
            None => !by_mark,
        };
        let mut ha_suspend = Effective::of(v.ha_suspend, false);
        if let Some(at) = ha_suspend.set.filter(|_| marks) {
            self.report(
                at,
                Kind::MarkIgnores,
                format!("{name} is by mark, which has no `ha_suspend`; keepalived clears it"),
            );
            ha_suspend = Effective::default(false);
        }
        let protocol = self.protocol(v, &name, by_address);
        let flags = self.flags(v, &name, by_address, protocol);
        let persistence = self.persistence(v, &name, group);
        let scheduler = v.scheduler.clone().map_or_else(|| Effective::default("wlc".to_owned()), Effective::from);
        if scheduler.is_default() {
            self.report(v.span, Kind::NoScheduler, format!("{name} has no `lb_algo`; keepalived uses wlc"));
        }
        let mut servers = self.real_servers(v, &name);
        let method = Effective::of(v.method, Method::default());
        let asked =
            servers.iter().any(|r| r.method.is_default()) || v.sorry.as_ref().is_some_and(|s| s.method.is_none());
        if method.is_default() && asked {
            self.report(v.span, Kind::NoMethod, format!("{name} has no `lb_kind`; keepalived uses NAT"));
        }
        let (quorum, hysteresis) = self.quorum(v, &name, &servers);
        let mut sorry = v.sorry.as_ref().map(|s| RunSorryServer {
            span: s.span,
            address: s.address,
            port: Effective { value: s.port, set: (s.port != 0).then_some(s.span) },
            method: s.method.map_or(method, Effective::from),
            inhibit: Effective::of(s.inhibit, false),
        });
        if let Some(sorry) = &mut sorry {
            let same = |r: &&RunRealServer| (r.address, r.port.value) == (sorry.address, sorry.port.value);
            if let Some(twin) = servers.iter().find(same).filter(|r| r.inhibit.value != sorry.inhibit.value) {
                let does = if twin.inhibit.value { "sets" } else { "clears" };
                let sentence = format!(
                    "the sorry server of {name} is a real server too, with another `inhibit_on_failure`; keepalived {does} `sorry_server_inhibit`"
                );
                let problem = Problem::new(sorry.span, Kind::SorryInhibit, sentence);
                self.problems.push(problem.related(twin.span, "the same as a real server"));
                sorry.inhibit = Effective::default(twin.inhibit.value);
            }
        }
        self.ports(v, &name, group, &mut servers, sorry.as_mut());
        Some(RunVirtualServer {
            span: v.span,
            service: v.service.clone(),
            family: family(v, group),
            protocol,
            scheduler,
            flags,
            method,
            persistence,
            granularity: v.granularity.map(Effective::from),
            persistence_engine: v.persistence_engine.clone().map(Effective::from),
            ha_suspend,
            smtp_alert: self.smtp_alert(v.smtp_alert, false),
            omega: Effective::of(v.omega, false),
            quorum,
            hysteresis,
            notify: v.notify.clone(),
            sorry,
            servers,
        })
    }

    fn smtp_alert(&self, own: Set<bool>, default: bool) -> Effective<bool> {
        let global = &self.conf.global;
        Effective::of(first(&[&own, &global.smtp_alert_checker, &global.smtp_alert]), default)
    }

    /// UDP where none is said; none for marks.
    fn protocol(&mut self, v: &VirtualServer, name: &str, by_address: bool) -> Option<Effective<Protocol>> {
        match v.protocol {
            Some(protocol) if !by_address => {
                let sentence = format!("{name} is by mark, which has no `protocol`; keepalived passes over it");
                self.report(protocol.span, Kind::MarkIgnores, sentence);
                None
            }
            None if !by_address => None,
            Some(protocol) => Some(protocol.into()),
            None => {
                self.report(v.span, Kind::NoProtocol, format!("{name} has no `protocol`; keepalived serves UDP"));
                Some(Effective::default(Protocol::Udp))
            }
        }
    }

    fn flags(
        &mut self,
        v: &VirtualServer,
        name: &str,
        by_address: bool,
        protocol: Option<Effective<Protocol>>,
    ) -> Vec<Spanned<&'static str>> {
        let mut flags = v.flags.clone();
        let ops = flags.iter().find(|f| f.value == "ops").copied();
        if let (Some(ops), Some(protocol), true) = (ops, protocol, by_address)
            && protocol.value != Protocol::Udp
        {
            let protocol = protocol.value.as_str();
            let sentence = format!("`ops` is for UDP, {name} is {protocol}; keepalived clears it");
            self.report(ops.span, Kind::OpsWithoutUdp, sentence);
            flags.retain(|f| f.value != "ops");
        }
        flags
    }

    /// Persistence as it is said, or as a granularity or all ports ask for.
    fn persistence(
        &mut self,
        v: &VirtualServer,
        name: &str,
        group: Option<&ServerGroup>,
    ) -> Effective<Option<Duration>> {
        if let Some(timeout) = v.persistence_timeout {
            return Effective { value: Some(timeout.value), set: Some(timeout.span) };
        }
        if let Some(granularity) = v.granularity {
            return Effective { value: Some(PERSISTENCE), set: Some(granularity.span) };
        }
        let all_ports = match group {
            Some(group) => group.addresses().any(|(_, _, port)| port == 0),
            None => matches!(v.service, Service::Address(_, 0)),
        };
        if !all_ports {
            return Effective::default(None);
        }
        let sentence = format!("{name} is for all ports, which needs persistence; keepalived turns that on with 360 s");
        self.report(v.span, Kind::ZeroPort, sentence);
        Effective::default(Some(PERSISTENCE))
    }

    fn real_servers(&mut self, v: &VirtualServer, name: &str) -> Vec<RunRealServer> {
        let mut servers: Vec<RunRealServer> = Vec::new();
        let mut seen = HashMap::new();
        for r in &v.servers {
            if let Some(first) = earlier(&mut seen, (r.address, r.port), r.span) {
                let sentence = format!("{name} has the real server {} already; keepalived removes this one", r.address);
                let problem = Problem::new(r.span, Kind::DuplicateServer, sentence).related(first, "the first one");
                self.problems.push(problem);
                continue;
            }
            servers.push(self.real_server(v, r));
        }
        servers
    }

    fn real_server(&self, v: &VirtualServer, r: &RealServer) -> RunRealServer {
        let alpha = first(&[&r.alpha, &v.alpha]);
        let virtual_host = first(&[&r.virtual_host, &v.virtual_host]).map(Effective::from);
        let mut checkers = Vec::new();
        for c in &r.checkers {
            checkers.push(self.checker(v, r, c, alpha, virtual_host.as_ref()));
            if let Check::Smtp(smtp) = &c.check {
                let host = |h: &SmtpHost| {
                    let check = SmtpCheck { connect: h.connect.clone(), helo: smtp.helo.clone(), hosts: Vec::new() };
                    let checker = Checker {
                        span: h.span,
                        timing: h.timing.clone(),
                        alpha: h.alpha,
                        log_all_failures: h.log_all_failures,
                        check: Check::Smtp(check),
                    };
                    self.checker(v, r, &checker, alpha, None)
                };
                checkers.extend(smtp.hosts.iter().map(host));
            }
        }
        RunRealServer {
            span: r.span,
            address: r.address,
            port: Effective { value: r.port, set: (r.port != 0).then_some(r.span) },
            weight: Effective::of(first(&[&r.weight, &v.weight]), 1),
            method: Effective::of(first(&[&r.method, &v.method]), Method::default()),
            upper_threshold: Effective::of(r.upper_threshold, 0),
            lower_threshold: Effective::of(r.lower_threshold, 0),
            inhibit: Effective::of(first(&[&r.inhibit, &v.inhibit]), false),
            alpha: Effective::of(alpha, false),
            smtp_alert: self.smtp_alert(r.smtp_alert, true),
            virtual_host,
            notify: r.notify.clone(),
            checkers,
        }
    }

    fn checker(
        &self,
        v: &VirtualServer,
        r: &RealServer,
        c: &Checker,
        alpha: Set<bool>,
        virtual_host: Option<&Effective<String>>,
    ) -> RunChecker {
        let target = c.check.connect().map(|to| {
            let port = match r.port {
                0 => {
                    if let Service::Address(_, port) = v.service {
                        port
                    } else {
                        0
                    }
                }
                port => port,
            };
            (Effective::of(to.address, r.address), Effective::of(to.port, port))
        });
        let virtual_host = match &c.check {
            Check::Http(http) => http.virtual_host.clone().map(Effective::from).or(virtual_host.cloned()),
            _ => None,
        };
        let script_timeout = match &c.check {
            Check::Misc(misc) => Some(Effective::of(first(&[&misc.timeout, &v.timing.delay_loop]), SECOND * 60)),
            _ => None,
        };
        RunChecker {
            span: c.span,
            check: c.check.clone(),
            target,
            virtual_host,
            timing: timing([&c.timing, &r.timing, &v.timing], &c.check),
            script_timeout,
            alpha: Effective::of(first(&[&c.alpha, &alpha]), false),
            log_all_failures: Effective::of(
                first(&[&c.log_all_failures, &self.conf.global.checker_log_all_failures]),
                false,
            ),
        }
    }

    /// A quorum is at most the weight of all servers, a hysteresis less than it.
    fn quorum(&mut self, v: &VirtualServer, name: &str, servers: &[RunRealServer]) -> (Effective<u32>, Effective<u32>) {
        let mut quorum = Effective::of(v.quorum, 1);
        let sum: u64 = servers.iter().map(|r| u64::from(r.weight.value)).sum();
        let sum = u32::try_from(sum).unwrap_or(u32::MAX);
        if quorum.value > sum {
            let span = quorum.set.unwrap_or(v.span);
            let why = format!("the quorum {} of {name} is more than all weights together", quorum.value);
            let sentence = if sum == 0 {
                format!("{why}, which are 0; keepalived lowers it to 0: nothing is ever lost, and no sorry server used")
            } else {
                format!("{why}; keepalived lowers it to {sum}: one server that fails loses it")
            };
            self.report(span, Kind::QuorumTooHigh, sentence);
            quorum = Effective::default(sum);
        }
        let mut hysteresis = Effective::of(v.hysteresis, 0);
        if hysteresis.value >= quorum.value {
            let span = hysteresis.set.or(v.quorum.map(|q| q.span)).unwrap_or(v.span);
            let used = quorum.value.wrapping_sub(1);
            let sentence = format!(
                "the hysteresis {} of {name} is not less than the quorum {}; keepalived makes it {used}",
                hysteresis.value, quorum.value
            );
            self.report(span, Kind::Hysteresis, sentence);
            hysteresis = Effective::default(used);
        }
        (quorum, hysteresis)
    }

    /// But for NAT, servers have the port of the service, and none for marks.
    fn ports(
        &mut self,
        v: &VirtualServer,
        name: &str,
        group: Option<&ServerGroup>,
        servers: &mut [RunRealServer],
        sorry: Option<&mut RunSorryServer>,
    ) {
        let servers =
            servers.iter_mut().map(|r| (r.span, "real server", r.address, r.method.value.forwarding, &mut r.port));
        let sorry = sorry.map(|s| (s.span, "sorry server", s.address, s.method.value.forwarding, &mut s.port));
        for (span, what, address, forwarding, port) in servers.chain(sorry) {
            let nat = forwarding == Forwarding::Nat;
            let shown = format!("{what} {address} of {name}");
            let method = forwarding.as_str();
            match (&v.service, group) {
                (_, Some(group)) => {
                    if nat || port.value == 0 {
                        continue;
                    }
                    if group.has_marks() {
                        let sentence = format!("{shown} has a port, which {method} by mark does not use");
                        self.report(span, Kind::MarkIgnores, sentence);
                    }
                    if group.addresses().any(|(_, _, of)| of != port.value) {
                        let sentence = format!(
                            "{shown} has port {}, an address of its group another; {method} cannot change ports",
                            port.value
                        );
                        self.report(span, Kind::ServerPort, sentence);
                    }
                }
                (Service::Mark(_), _) if !nat && port.value != 0 => {
                    let sentence =
                        format!("{shown} has a port, which {method} by mark does not use; keepalived clears it");
                    self.report(span, Kind::MarkIgnores, sentence);
                    *port = Effective::default(0);
                }
                (Service::Address(_, own), _) => {
                    if port.value != 0 && port.value != *own && !nat {
                        let sentence = format!(
                            "{shown} has port {}, the service {own}; {method} cannot change ports, and keepalived uses {own}",
                            port.value
                        );
                        self.report(span, Kind::ServerPort, sentence);
                        *port = Effective::default(*own);
                    } else if port.value == 0 {
                        *port = Effective::default(*own);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether the family of a virtual server, which its real servers decide, is that of its group.
fn fits(v: &VirtualServer, group: &ServerGroup) -> bool {
    let all = group.entries.iter().filter_map(|e| match e.value {
        GroupEntry::Addresses { first, .. } => Some(Family::of(first)),
        GroupEntry::Mark { family, .. } => family,
    });
    let all: Vec<Family> = all.collect();
    let tunnel = |own: Set<Method>| value(own.or(v.method)).is_some_and(|m| m.forwarding == Forwarding::Tun);
    let server = v.servers.iter().find(|r| !tunnel(r.method)).map(|r| Family::of(r.address));
    let sorry = v.sorry.iter().find(|s| !tunnel(s.method)).map(|s| Family::of(s.address));
    let own = value(v.family).or(server).or(sorry);
    own.is_none_or(|own| all.iter().all(|family| *family == own))
}

/// The family that something says: the address, `ip_family`, a group, a granularity, or a server.
fn family(v: &VirtualServer, group: Option<&ServerGroup>) -> Option<Family> {
    let own = match v.service {
        Service::Address(address, _) => Some(Family::of(address)),
        _ => value(v.family),
    };
    let listed = || group.and_then(|g| g.addresses().next()).map(|(first, ..)| Family::of(first));
    let server = || v.servers.first().map(|r: &RealServer| Family::of(r.address));
    own.or_else(listed).or_else(server)
}

/// When a checker checks: what it says, its real server, its virtual server, and else what keepalived has for its kind.
fn timing(sources: [&Timing; 3], check: &Check) -> Option<RunTiming> {
    let (retry, before_retry) = match check {
        Check::File(_) | Check::Bfd(_) => return None,
        Check::Misc(_) => (0, Some(SECOND)),
        Check::Dns(_) => (3, None),
        Check::Http(HttpCheck { .. }) => (1, Some(SECOND * 3)),
        _ => (1, Some(SECOND)),
    };
    let [own, server, service] = sources;
    let delay_loop = Effective::of(first(&[&own.delay_loop, &server.delay_loop, &service.delay_loop]), SECOND * 60);
    let later = |sets: [&Set<Duration>; 3], default: Option<Duration>| {
        // Where the time between checks stands in, that is no setting of its own.
        Effective::of(first(&sets), default.unwrap_or(delay_loop.value))
    };
    Some(RunTiming {
        delay_loop,
        warmup: later([&own.warmup, &server.warmup, &service.warmup], None),
        retry: Effective::of(first(&[&own.retry, &server.retry, &service.retry]), retry),
        delay_before_retry: later(
            [&own.delay_before_retry, &server.delay_before_retry, &service.delay_before_retry],
            before_retry,
        ),
        connect_timeout: check.connect().map(|_| {
            Effective::of(first(&[&own.connect_timeout, &server.connect_timeout, &service.connect_timeout]), SECOND * 5)
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conf::{Conf, LoadError, Loader, Options, Run, Version, read, resolve};

    struct Memory(&'static str);

    impl Loader for Memory {
        fn expand(&mut self, _pattern: &str, _from: &str) -> Vec<String> {
            Vec::new()
        }

        fn read(&mut self, _name: &str) -> Result<Vec<u8>, LoadError> {
            Ok(self.0.into())
        }
    }

    fn run(text: &'static str, version: Version) -> (Conf, Run) {
        let conf = read("k.conf", &mut Memory(text), &Options { version, ..Options::default() }).unwrap();
        let run = resolve(&conf, version);
        (conf, run)
    }

    /// As an article on LVS with keepalived has it, with a little more.
    const WEB: &str = "\
global_defs {
 checker_log_all_failures
}
virtual_server_group WEB {
 192.0.2.10 80
 192.0.2.20-29 80
 fwmark 7 inet
}
virtual_server 192.0.2.1 443 {
 delay_loop 10
 lb_algo wrr
 lb_kind DR
 persistence_timeout 50
 persistence_granularity 255.255.255.0
 protocol TCP
 quorum 2
 hysteresis 1
 connect_timeout 2
 virtualhost www.example.com
 sorry_server 127.0.0.1 443
 real_server 192.0.2.11 443 {
  weight 3
  notify_down \"/usr/local/bin/down 11\" nobody
  SSL_GET {
   url {
    path /health
    digest 640205b7b0fc66c1ea91c463fac6334d
    status_code 200-204 301
   }
   connect_port 8443
   nb_get_retry 4
   delay_before_retry 1.5
  }
 }
 real_server 192.0.2.12 443 {
  inhibit_on_failure
  retry 5
  warmup 0
  TCP_CHECK {
   connect_timeout 3
  }
  MISC_CHECK {
   misc_path \"/usr/local/bin/check --fast\"
   misc_dynamic
  }
  DNS_CHECK {
   type a
   name ns.example.com
  }
 }
 real_server 192.0.2.13 443 {
  DNS_CHECK {
  }
  UDP_CHECK {
   payload 00 01 fe
   require_reply 0X
  }
  SMTP_CHECK {
   helo_name mx
   host {
    connect_ip 192.0.2.99
   }
  }
 }
}
";

    #[test]
    fn a_service_is_completed_from_above_and_from_defaults() {
        let (conf, run) = run(WEB, Version::V2_4);
        let kinds: Vec<_> = conf.problems.iter().chain(&run.problems).map(|p| p.kind).collect();
        assert_eq!(kinds, [Kind::Deprecated, Kind::OldName]);
        let [v] = &run.virtual_servers[..] else { panic!("{:?}", run.virtual_servers) };
        assert_eq!(v.service, Service::Address("192.0.2.1".parse().unwrap(), 443));
        assert_eq!((v.protocol.unwrap().value, v.scheduler.value.as_str()), (Protocol::Tcp, "wrr"));
        assert_eq!((v.persistence.value, v.method.value.forwarding), (Some(Duration::from_secs(50)), Forwarding::Dr));
        assert_eq!((v.quorum.value, v.hysteresis.value, v.family), (2, 1, Some(Family::Inet)));
        let set = |set: Option<Span>| set.map(|s| conf.sources.position(s).line);
        assert_eq!((set(v.quorum.set), set(v.omega.set)), (Some(16), None));
        let sorry = v.sorry.as_ref().unwrap();
        assert_eq!((sorry.port.value, sorry.method.value.forwarding), (443, Forwarding::Dr));

        let weights: Vec<_> = v.servers.iter().map(|r| (r.weight.value, r.weight.is_default())).collect();
        assert_eq!(weights, [(3, false), (1, true), (1, true)]);
        assert_eq!(v.servers.iter().map(|r| r.inhibit.value).collect::<Vec<_>>(), [false, true, false]);
        assert!(v.servers.iter().all(|r| r.smtp_alert == Effective::default(true)));
        assert_eq!(v.servers[0].notify[0].words, ["/usr/local/bin/down 11", "nobody"]);
        assert_eq!(v.servers[0].virtual_host.as_ref().unwrap().value, "www.example.com");

        let ms = Duration::from_millis;
        let of = |server: usize, checker: usize| {
            let c = &v.servers[server].checkers[checker];
            let t = c.timing.unwrap();
            let connect = t.connect_timeout.map(|c| c.value);
            (c.check.keyword(), t.retry.value, t.delay_before_retry.value, t.delay_loop.value, t.warmup.value, connect)
        };
        assert_eq!(of(0, 0), ("SSL_GET", 4, ms(1500), ms(10_000), ms(10_000), Some(ms(2000))));
        assert_eq!(of(1, 0), ("TCP_CHECK", 5, ms(1000), ms(10_000), ms(0), Some(ms(3000))));
        assert_eq!(of(1, 1), ("MISC_CHECK", 5, ms(1000), ms(10_000), ms(0), None));
        assert_eq!(of(1, 2), ("DNS_CHECK", 5, ms(10_000), ms(10_000), ms(0), Some(ms(2000))));
        assert_eq!(of(2, 0), ("DNS_CHECK", 3, ms(10_000), ms(10_000), ms(10_000), Some(ms(2000))));
        assert_eq!(of(2, 1), ("UDP_CHECK", 1, ms(1000), ms(10_000), ms(10_000), Some(ms(2000))));
        // The checker and its host
        assert_eq!((of(2, 2).0, of(2, 3).0, v.servers[2].checkers.len()), ("SMTP_CHECK", "SMTP_CHECK", 4));
        let host = &v.servers[2].checkers[3];
        assert_eq!(host.target.unwrap().0.value.to_string(), "192.0.2.99");
        assert!(v.servers.iter().flat_map(|r| &r.checkers).all(|c| c.log_all_failures.value));

        let ssl = &v.servers[0].checkers[0];
        assert_eq!(ssl.target.unwrap().1.value, 8443);
        let Check::Http(http) = &ssl.check else { panic!("{ssl:?}") };
        assert!(http.tls);
        let url = &http.urls[0];
        assert_eq!(url.path.as_ref().unwrap().value, "/health");
        assert_eq!(url.codes.iter().map(|c| c.value).collect::<Vec<_>>(), [(200, 204), (301, 301)]);
        let misc = &v.servers[1].checkers[1];
        assert_eq!(misc.script_timeout.unwrap().value, ms(10_000));
        let Check::Dns(dns) = &v.servers[1].checkers[2].check else { panic!() };
        assert_eq!(
            (dns.record.as_ref().unwrap().value.as_str(), dns.name.as_ref().unwrap().value.as_str()),
            ("A", "ns.example.com")
        );
        let Check::Udp(udp) = &v.servers[2].checkers[1].check else { panic!() };
        assert_eq!(udp.payload.as_ref().unwrap().value, [0, 1, 0xfe]);
        assert_eq!(udp.reply.as_ref().unwrap().value, [(0, 0xf0)]);
    }

    #[test]
    fn groups_are_read_as_ranges() {
        let (conf, _) = run(WEB, Version::V2_2);
        let [group] = &conf.server_groups[..] else { panic!("{:?}", conf.server_groups) };
        let shown: Vec<_> = group.addresses().map(|(first, last, port)| format!("{first} {last} {port}")).collect();
        assert_eq!(shown, ["192.0.2.10 192.0.2.10 80", "192.0.2.20 192.0.2.29 80"]);
        assert!(group.has_marks());
    }

    #[test]
    fn nothing_said_is_sixty_seconds_and_one_retry() {
        let text = "virtual_server fwmark 5 {\n lb_algo rr\n lb_kind NAT\n real_server 10.0.0.1 80 {\n HTTP_GET {\n url {\n path /\n }\n }\n \
                    FILE_CHECK {\n }\n }\n}\ntrack_file F {\n file /x\n}\n";
        let (_, run) = run(text, Version::V2_4);
        let v = &run.virtual_servers[0];
        assert_eq!((v.protocol, v.quorum, v.hysteresis), (None, Effective::default(1), Effective::default(0)));
        let [http] = &v.servers[0].checkers[..] else { panic!("{:?}", v.servers) };
        let t = http.timing.unwrap();
        let seconds = |e: Effective<Duration>| (e.value.as_secs(), e.is_default());
        assert_eq!((seconds(t.delay_loop), seconds(t.warmup)), ((60, true), (60, true)));
        assert_eq!((seconds(t.delay_before_retry), t.retry), ((3, true), Effective::default(1)));
        assert_eq!(seconds(t.connect_timeout.unwrap()), (5, true));
        assert_eq!(http.target.unwrap().1, Effective::default(80));
    }

    #[test]
    fn a_web_check_without_a_page_crashes_the_oldest() {
        let text = "virtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 10.0.0.2 80 {\n HTTP_GET {\n url {\n }\n }\n }\n}\n";
        let said = |version| {
            let (conf, _) = run(text, version);
            let last = conf.problems.last().map(|p| (p.kind, p.sentence.clone())).unwrap();
            (conf.problems.len(), last.0, last.1)
        };
        assert_eq!(
            said(Version::V2_2),
            (2, Kind::CheckerWithoutUrl, "`HTTP_GET` has no `url` with a `path`; keepalived 2.2.7 crashes".into())
        );
        assert_eq!(
            said(Version::V2_4),
            (2, Kind::CheckerWithoutUrl, "`HTTP_GET` has no `url` with a `path`; keepalived 2.4.4 drops it".into())
        );
    }

    #[test]
    fn servers_without_weight_make_the_hysteresis_wrap() {
        let text = "virtual_server 10.0.0.1 80 {\n lb_algo rr\n lb_kind NAT\n protocol TCP\n real_server 10.0.0.2 80 {\n weight 0\n }\n}\n";
        let (_, run) = run(text, Version::V2_2);
        let v = &run.virtual_servers[0];
        assert_eq!((v.quorum.value, v.hysteresis.value), (0, u32::MAX));
        assert_eq!(run.problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::QuorumTooHigh, Kind::Hysteresis]);
    }
}
