//! Virtual servers and their kin, from the tree.

use std::net::IpAddr;

use super::{Builder, Field, Place, Takes, flag, named, notify, put, set, used};
use crate::conf::model::service::{
    BfdCheck, Check, Checker, Connect, DnsCheck, Family, FileCheck, Forwarding, Granularity, GroupEntry, HttpCheck,
    HttpVersion, Method, MiscCheck, Protocol, RealServer, ServerGroup, Service, SmtpCheck, SmtpHost, SorryServer, Ssl,
    Timing, UdpCheck, Url, VirtualServer,
};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::RECORDS;
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::Node;
use crate::conf::value::{Value, address_and_tail, codes, hex_octets, host_and_port, int};
use crate::wire::auth::Secret;

impl Field for Method {
    fn of(node: &Node) -> Option<Self> {
        if let Value::Method(method) = node.value? { Some(method) } else { None }
    }
}

impl Field for Secret {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        node.words.get(1).map(|w| Self::new(&w.text))
    }
}

impl Field for Family {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        node.words.get(1).map(|w| if w.is("inet6") { Self::Inet6 } else { Self::Inet })
    }
}

impl Field for Protocol {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        let word = node.words.get(1)?;
        [Self::Tcp, Self::Udp, Self::Sctp].into_iter().find(|p| word.text.eq_ignore_ascii_case(p.as_str().as_bytes()))
    }
}

impl Field for HttpVersion {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        node.words.get(1).map(|w| match &*w.text {
            b"1.1" => Self::V1_1,
            b"1.0C" | b"1.0c" => Self::V1_0Close,
            _ => Self::V1_0,
        })
    }
}

impl Field for Vec<u8> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(hex_octets(node.words.get(1..)?, false)?.into_iter().map(|(octet, _)| octet).collect())
    }
}

impl Field for Vec<(u8, u8)> {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        Some(hex_octets(node.words.get(1..)?, true).unwrap_or_default())
    }
}

impl Field for u64 {
    fn of(node: &Node) -> Option<Self> {
        node.value?;
        int(&node.words.get(1)?.text, 0, i64::MAX).ok()?.try_into().ok()
    }
}

impl Timing {
    /// Takes a keyword if it is one of these.
    fn take(&mut self, name: &str, node: &Node, out: &mut Vec<Problem>) {
        match name {
            "retry" | "nb_get_retry" => set(&mut self.retry, node, out),
            "delay_before_retry" => set(&mut self.delay_before_retry, node, out),
            "warmup" => set(&mut self.warmup, node, out),
            "connect_timeout" => set(&mut self.connect_timeout, node, out),
            "delay_loop" => set(&mut self.delay_loop, node, out),
            _ => {}
        }
    }
}

impl Connect {
    /// Takes a keyword if it is one of these. Both addresses have to be of one family.
    fn take(&mut self, name: &str, node: &Node, server: IpAddr, out: &mut Vec<Problem>) {
        match name {
            "connect_ip" | "bindto" => {
                let (own, other, of) = if name == "bindto" {
                    (&mut self.bind, self.address, "connect_ip")
                } else {
                    (&mut self.address, self.bind, "bindto")
                };
                let Some(address) = IpAddr::of(node) else { return };
                if name == "bindto" && other.is_none() && server.is_ipv4() != address.is_ipv4() {
                    let family = Family::of(server).as_str();
                    let sentence = format!(
                        "`bindto` {address} is not {family} as the real server is; keepalived passes over the line"
                    );
                    return out.push(Problem::new(node.span(), Kind::BadAddress, sentence));
                }
                if let Some(other) = other.filter(|o| o.value.is_ipv4() != address.is_ipv4()) {
                    let family = Family::of(other.value).as_str();
                    let sentence =
                        format!("`{name}` {address} is not {family} as `{of}` is; keepalived passes over the line");
                    out.push(
                        Problem::new(node.span(), Kind::BadAddress, sentence)
                            .related(other.span, format!("`{of}` is set here")),
                    );
                } else {
                    set(own, node, out);
                }
            }
            "connect_port" => set(&mut self.port, node, out),
            "bind_port" => set(&mut self.bind_port, node, out),
            "bind_if" => set(&mut self.interface, node, out),
            "fwmark" => set(&mut self.mark, node, out),
            _ => {}
        }
    }
}

/// What a block says so far of the family of its servers.
struct Families {
    own: Option<Family>,
    method: Option<Method>,
}

impl Builder<'_> {
    pub(super) fn ssl(&mut self, node: &Node) {
        if let Some(first) = &self.conf.ssl {
            let sentence = "a second `SSL` throws the first away";
            let problem = Problem::new(node.span(), Kind::Replaced, sentence).related(first.span, "first set here");
            self.problems.push(problem);
        }
        let mut ssl = Ssl { span: node.span(), ..Ssl::default() };
        let out = &mut self.problems;
        for (name, node) in used(node) {
            match name {
                "password" => set(&mut ssl.password, node, out),
                "ca" => set(&mut ssl.ca, node, out),
                "certificate" => set(&mut ssl.certificate, node, out),
                _ => set(&mut ssl.key, node, out),
            }
        }
        self.conf.ssl = Some(ssl);
    }

    pub(super) fn server_group(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let shown = quote(name.value.as_bytes());
        let mut entries = Vec::new();
        for entry in node.nodes() {
            match group_entry(&entry.words) {
                Ok(value) => entries.push(Spanned::new(value, entry.span())),
                Err(problem) => self.problems.push(problem),
            }
            if let (Some(first), Some(last)) = (extra_words(&entry.words), entry.words.last()) {
                let sentence = "nobody reads the words after an entry";
                self.report(first.span.to(last.span), Kind::ExtraWords, sentence);
            }
        }
        let family = |of: Family| {
            entries.iter().any(|e| match e.value {
                GroupEntry::Addresses { first, .. } => Family::of(first) == of,
                GroupEntry::Mark { family, .. } => family == Some(of),
            })
        };
        let loose = entries.iter().find(|e| matches!(e.value, GroupEntry::Mark { family: None, .. }));
        if entries.is_empty() {
            let sentence = format!("group {shown} has no entry; keepalived drops it");
            return self.report(name.span, Kind::EmptyList, sentence);
        }
        if let Some(mark) = loose.filter(|_| family(Family::Inet) && family(Family::Inet6)) {
            let sentence = format!(
                "group {shown} has IPv4, IPv6 and a mark without `inet` or `inet6`; keepalived drops the whole group"
            );
            self.problems.push(
                Problem::new(name.span, Kind::EmptyList, sentence).related(mark.span, "this mark lacks its family"),
            );
            return;
        }
        self.name_twice("virtual_server_group", &name.value, name.span);
        self.conf.server_groups.push(ServerGroup { name, entries });
    }

    pub(super) fn virtual_server(&mut self, node: &Node) {
        let Some(service) = service(&node.words) else { return };
        let own = if let Service::Address(address, _) = service { Some(Family::of(address)) } else { None };
        let mut v = VirtualServer::new(node.span(), service);
        let mut families = Families { own, method: None };
        for (name, node) in used(node) {
            self.service_setting(&mut v, &mut families, name, node);
        }
        if let Some(sorry) = v.sorry.as_ref().filter(|s| forwarding(s.method, v.method) != Forwarding::Tun) {
            let family = Family::of(sorry.address);
            if families.own.is_some_and(|own| own != family) {
                self.other_family(sorry.span, "sorry server", sorry.address);
                v.sorry = None;
            }
        }
        self.conf.virtual_servers.push(v);
    }

    fn other_family(&mut self, span: Span, what: &str, address: IpAddr) {
        let sentence = format!(
            "{what} {address} is {}, its virtual server is not; keepalived leaves it out (only `TUN` can change the family)",
            Family::of(address).as_str()
        );
        self.report(span, Kind::ServerFamily, sentence);
    }

    fn service_setting(&mut self, v: &mut VirtualServer, families: &mut Families, name: &'static str, node: &Node) {
        let out = &mut self.problems;
        match name {
            "ip_family" => {
                let given = <Family as Field>::of(node);
                if given.is_some() && families.own.is_some_and(|own| given != Some(own)) {
                    let sentence =
                        "`ip_family` is not that of the virtual server; keepalived passes over the line".to_owned();
                    out.push(Problem::new(node.span(), Kind::BadWord, sentence));
                } else {
                    set(&mut v.family, node, out);
                    families.own = given.or(families.own);
                }
            }
            "inhibit_on_failure" => set(&mut v.inhibit, node, out),
            "lb_algo" | "lvs_sched" => set(&mut v.scheduler, node, out),
            "ops" | "flag-1" | "flag-2" | "flag-3" => v.flags.push(Spanned::new(name, node.span())),
            "hashed" | "sh-port" | "sh-fallback" | "mh-port" | "mh-fallback" => scheduler_flag(v, name, node, out),
            "lb_kind" | "lvs_method" => {
                set(&mut v.method, node, out);
                families.method = v.method.map(|m| m.value);
            }
            "persistence_engine" => {
                set(&mut v.persistence_engine, node, out);
                if let Some(engine) = &mut v.persistence_engine {
                    cut(&mut engine.value, 15);
                }
            }
            "persistence_timeout" => set(&mut v.persistence_timeout, node, out),
            "persistence_granularity" => granularity(v, families, node, out),
            "protocol" => set(&mut v.protocol, node, out),
            "ha_suspend" => set(&mut v.ha_suspend, node, out),
            "smtp_alert" => set(&mut v.smtp_alert, node, out),
            "virtualhost" => set(&mut v.virtual_host, node, out),
            "snmp_name" => set(&mut v.snmp_name, node, out),
            "alpha" => set(&mut v.alpha, node, out),
            "omega" => set(&mut v.omega, node, out),
            "quorum_up" | "quorum_down" => v.notify.extend(notify(name, node)),
            "quorum" => set(&mut v.quorum, node, out),
            "hysteresis" => set(&mut v.hysteresis, node, out),
            "weight" => set(&mut v.weight, node, out),
            "sorry_server" => sorry_server(v, node, out),
            "sorry_server_inhibit" | "sorry_server_lvs_method" => match &mut v.sorry {
                None => {
                    let sentence = format!("`{name}` stands before any `sorry_server`; keepalived passes over it");
                    out.push(Problem::new(node.span(), Kind::Misplaced, sentence));
                }
                Some(sorry) if name == "sorry_server_inhibit" => flag(&mut sorry.inhibit, node, true, out),
                Some(sorry) => set(&mut sorry.method, node, out),
            },
            "real_server" => {
                if let Some(server) = self.real_server(families, node) {
                    v.servers.push(server);
                }
            }
            _ => v.timing.take(name, node, out),
        }
    }

    /// `None` where keepalived leaves it out.
    fn real_server(&mut self, families: &mut Families, node: &Node) -> Option<RealServer> {
        let (address, port) = host_and_port(&node.words)?;
        let mut r = RealServer {
            span: node.span(),
            address,
            port,
            weight: None,
            method: None,
            upper_threshold: None,
            lower_threshold: None,
            inhibit: None,
            notify: Vec::new(),
            alpha: None,
            timing: Timing::default(),
            smtp_alert: None,
            virtual_host: None,
            snmp_name: None,
            checkers: Vec::new(),
        };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "weight" => set(&mut r.weight, node, out),
                "lvs_method" => set(&mut r.method, node, out),
                "uthreshold" => set(&mut r.upper_threshold, node, out),
                "lthreshold" => set(&mut r.lower_threshold, node, out),
                "inhibit_on_failure" => set(&mut r.inhibit, node, out),
                "notify_up" | "notify_down" => r.notify.extend(notify(name, node)),
                "alpha" => set(&mut r.alpha, node, out),
                "smtp_alert" => set(&mut r.smtp_alert, node, out),
                "virtualhost" => set(&mut r.virtual_host, node, out),
                "snmp_name" => set(&mut r.snmp_name, node, out),
                _ if node.keyword().is_some_and(|k| matches!(k.takes, Takes::Block(..))) => {
                    let Some(checker) = self.checker(node, address) else { continue };
                    if let Check::Bfd(BfdCheck { name: Some(name) }) = &checker.check
                        && r.checkers.iter().any(|c| matches!(&c.check, Check::Bfd(b) if b.name.as_ref().is_some_and(|n| n.value == name.value)))
                    {
                        let shown = quote(name.value.as_bytes());
                        let sentence = format!("the real server follows {shown} already; keepalived drops the checker");
                        self.report(name.span, Kind::AlreadySet, sentence);
                        continue;
                    }
                    r.checkers.push(checker);
                }
                _ => r.timing.take(name, node, out),
            }
        }
        let method = r.method.map(|m| m.value).or(families.method).unwrap_or_default();
        if method.forwarding != Forwarding::Tun {
            let family = Family::of(address);
            if families.own.is_some_and(|own| own != family) {
                self.other_family(node.span(), "real server", address);
                return None;
            }
            families.own = Some(family);
        }
        Some(r)
    }

    /// `None` where keepalived drops it.
    fn checker(&mut self, node: &Node, server: IpAddr) -> Option<Checker> {
        let Some(Takes::Block(place, _)) = node.keyword().map(|k| k.takes) else { return None };
        let check = match place {
            Place::TcpCheck => Check::Tcp(Connect::default()),
            Place::PingCheck => Check::Ping(Connect::default()),
            Place::UdpCheck => Check::Udp(UdpCheck::default()),
            Place::SmtpCheck => Check::Smtp(SmtpCheck::default()),
            Place::DnsCheck => Check::Dns(DnsCheck::default()),
            Place::HttpGet => Check::Http(HttpCheck::default()),
            Place::SslGet => Check::Http(HttpCheck { tls: true, ..HttpCheck::default() }),
            Place::MiscCheck => Check::Misc(MiscCheck::default()),
            Place::FileCheck => Check::File(FileCheck::default()),
            _ => Check::Bfd(BfdCheck::default()),
        };
        let mut c =
            Checker { span: node.span(), timing: Timing::default(), alpha: None, log_all_failures: None, check };
        for (name, node) in used(node) {
            self.check_setting(&mut c, name, node, server);
            // After a bad name keepalived passes over the rest.
            if name == "name" && matches!(&c.check, Check::Bfd(b) if b.name.is_none()) {
                return None;
            }
        }
        if let Check::Udp(udp) = &c.check {
            let most = udp.max_reply.map_or(255, |m| m.value);
            if let Some(min) = udp.min_reply.filter(|min| min.value > most) {
                let sentence = format!(
                    "`min_reply_length` {} is more than `max_reply_length` {most}: no answer is right",
                    min.value
                );
                self.report(min.span, Kind::CheckerFails, sentence);
            }
        }
        let why = match &c.check {
            Check::Misc(m) if m.command.as_ref().is_none_or(|s| s.value.is_empty()) => Some("has no `misc_path`"),
            Check::File(f) if f.file.is_none() => Some("has no `track_file` that is defined"),
            Check::Bfd(b) if b.name.is_none() => Some("has no `name`"),
            Check::Http(h) if h.urls.is_empty() => {
                let keyword = c.check.keyword();
                let does = if self.version.at_least(2, 2, 8) { "drops it" } else { "crashes" };
                let sentence = format!("`{keyword}` has no `url` with a `path`; keepalived {} {does}", self.version);
                self.report(c.span, Kind::CheckerWithoutUrl, sentence);
                return None;
            }
            check => check
                .connect()
                .filter(|to| needs_interface(to, server))
                .map(|_| "connects to a link-local address and has no `bind_if`"),
        };
        if let Some(why) = why {
            self.report(c.span, Kind::CheckerIncomplete, format!("`{}` {why}; keepalived drops it", c.check.keyword()));
            return None;
        }
        Some(c)
    }

    fn check_setting(&mut self, c: &mut Checker, name: &'static str, node: &Node, server: IpAddr) {
        let out = &mut self.problems;
        match name {
            "alpha" => return set(&mut c.alpha, node, out),
            "log_all_failures" => return set(&mut c.log_all_failures, node, out),
            _ => c.timing.take(name, node, out),
        }
        let connect = match &mut c.check {
            Check::Tcp(connect) | Check::Ping(connect) => connect,
            Check::Udp(u) => {
                match name {
                    "payload" => set(&mut u.payload, node, out),
                    "require_reply" => set(&mut u.reply, node, out),
                    "min_reply_length" => set(&mut u.min_reply, node, out),
                    "max_reply_length" => set(&mut u.max_reply, node, out),
                    _ => {}
                }
                &mut u.connect
            }
            Check::Smtp(s) => {
                match name {
                    "helo_name" => set(&mut s.helo, node, out),
                    "host" => {
                        let host = self.smtp_host(node, server);
                        if needs_interface(&host.connect, server) {
                            let sentence =
                                "`host` connects to a link-local address and has no `bind_if`; keepalived drops it";
                            return self.report(host.span, Kind::CheckerIncomplete, sentence);
                        }
                        return s.hosts.push(host);
                    }
                    _ => {}
                }
                &mut s.connect
            }
            Check::Dns(d) => {
                match name {
                    "type" => {
                        set(&mut d.record, node, out);
                        if let Some(record) = &mut d.record {
                            record.value = record.value.to_ascii_uppercase();
                            debug_assert!(RECORDS.contains(&&*record.value));
                        }
                    }
                    "name" => set(&mut d.name, node, out),
                    _ => {}
                }
                &mut d.connect
            }
            Check::Http(h) => {
                match name {
                    "virtualhost" => set(&mut h.virtual_host, node, out),
                    "http_protocol" => set(&mut h.version, node, out),
                    "enable_sni" => set(&mut h.sni, node, out),
                    "sni_name" => {
                        h.sni_name = Some(Spanned::new(
                            node.words.get(1).map(|w| w.str().into_owned()).unwrap_or_default(),
                            node.span(),
                        ));
                    }
                    "fast_recovery" => set(&mut h.fast_recovery, node, out),
                    "tls_compliant" => set(&mut h.tls_compliant, node, out),
                    "url" => return h.urls.extend(self.url(node)),
                    _ => {}
                }
                &mut h.connect
            }
            Check::Misc(m) => {
                return match name {
                    "misc_path" => set(&mut m.command, node, out),
                    "misc_timeout" => set(&mut m.timeout, node, out),
                    "misc_dynamic" => set(&mut m.dynamic, node, out),
                    "user" => set(&mut m.user, node, out),
                    _ => {}
                };
            }
            Check::File(f) => return self.file_check(f, name, node),
            Check::Bfd(b) => {
                let Some(word) = node.words.get(1).filter(|_| name == "name" && node.value.is_some()) else { return };
                if self.names.checked_bfds.contains(&*word.str()) {
                    if let Some(first) = b.name.take() {
                        let sentence = "`name` is said before; keepalived drops the checker";
                        let problem = Problem::new(node.span(), Kind::AlreadySet, sentence);
                        return out.push(problem.related(first.span, "first set here"));
                    }
                    set(&mut b.name, node, out);
                } else {
                    let does = "keepalived drops the checker";
                    let sentence = if self.names.bfds.contains(&*word.str()) {
                        format!("{} says `vrrp` and not `checker`: it is not for checkers; {does}", quote(&word.text))
                    } else {
                        let first = "the `bfd_instance` must come first";
                        format!("{} is not defined before this line; {does} ({first})", quote(&word.text))
                    };
                    self.report(word.span, Kind::NotDefined, sentence);
                }
                return;
            }
        };
        connect.take(name, node, server, out);
    }

    fn file_check(&mut self, f: &mut FileCheck, name: &str, node: &Node) {
        match (name, node.words.get(1)) {
            ("track_file", Some(word)) if !self.names.files.contains(&*word.str()) => {
                let sentence = format!(
                    "{} is not defined before this line; keepalived passes over it (the `track_file` must come first)",
                    quote(&word.text)
                );
                self.report(word.span, Kind::NotDefined, sentence);
            }
            ("track_file", _) => set(&mut f.file, node, &mut self.problems),
            _ => {
                set(&mut f.weight, node, &mut self.problems);
                f.reverse = matches!(node.value, Some(Value::Weight(_, true)));
            }
        }
    }

    fn smtp_host(&mut self, node: &Node, server: IpAddr) -> SmtpHost {
        let mut host = SmtpHost { span: node.span(), ..SmtpHost::default() };
        let sentence =
            "a `host` in `SMTP_CHECK` is deprecated, which only the log says: write one `SMTP_CHECK` for each";
        self.report(node.span(), Kind::OldName, sentence);
        let out = &mut self.problems;
        for (name, node) in used(node) {
            match name {
                "alpha" => set(&mut host.alpha, node, out),
                "log_all_failures" => set(&mut host.log_all_failures, node, out),
                _ => {
                    host.timing.take(name, node, out);
                    host.connect.take(name, node, server, out);
                }
            }
        }
        host
    }

    /// `None` where it has no path.
    fn url(&mut self, node: &Node) -> Option<Url> {
        let mut url = Url { span: node.span(), ..Url::default() };
        let out = &mut self.problems;
        for (name, node) in used(node) {
            match name {
                "path" => set(&mut url.path, node, out),
                "digest" => set(&mut url.digest, node, out),
                "status_code" => {
                    for word in node.words.iter().skip(1) {
                        url.codes.extend(codes(&word.text, 100, 599).map(|range| Spanned::new(range, word.span)));
                    }
                }
                "virtualhost" => set(&mut url.virtual_host, node, out),
                "regex" => set(&mut url.regex, node, out),
                "regex_no_match" => set(&mut url.regex_no_match, node, out),
                "regex_options" => {
                    let words = node.words.iter().skip(1);
                    url.regex_options.extend(words.map(|w| Spanned::new(w.str().into_owned(), w.span)));
                }
                "regex_min_offset" => set(&mut url.regex_min_offset, node, out),
                "regex_max_offset" => set(&mut url.regex_max_offset, node, out),
                "tls_compliant" => set(&mut url.tls_compliant, node, out),
                _ => {}
            }
        }
        let regex_only = [
            url.regex_no_match.map(|s| s.span),
            url.regex_options.first().map(|s| s.span),
            url.regex_min_offset.map(|s| s.span),
            url.regex_max_offset.map(|s| s.span),
        ];
        if let Some(span) = regex_only.into_iter().flatten().next().filter(|_| url.regex.is_none()) {
            let sentence = "this is about a `regex`, which the `url` does not have; keepalived passes over it, and only its log says so";
            self.report(span, Kind::PassedOver, sentence);
        }
        if let (Some(min), Some(max)) = (url.regex_min_offset, url.regex_max_offset)
            && min.value > max.value
        {
            let sentence = "`regex_min_offset` is more than `regex_max_offset`; keepalived passes over both, and only its log says so";
            self.report(min.span, Kind::PassedOver, sentence);
            (url.regex_min_offset, url.regex_max_offset) = (None, None);
        }
        if url.path.is_none() {
            self.report(url.span, Kind::CheckerIncomplete, "`url` has no `path`; keepalived passes over it");
            return None;
        }
        Some(url)
    }
}

/// Whether a checker's target is link-local, and nothing says through which interface.
fn needs_interface(to: &Connect, server: IpAddr) -> bool {
    let target = to.address.map_or(server, |a| a.value);
    let local = matches!(target, IpAddr::V6(six) if six.is_unicast_link_local());
    local && to.interface.is_none()
}

fn forwarding(own: Option<Spanned<Method>>, outer: Option<Spanned<Method>>) -> Forwarding {
    own.or(outer).map(|m| m.value.forwarding).unwrap_or_default()
}

/// What a virtual server serves. keepalived was asked before whether it takes it.
fn service(words: &[Word]) -> Option<Service> {
    let (first, second) = (words.get(1)?, words.get(2));
    match (&*first.text, second) {
        (b"group", Some(name)) => Some(Service::Group(name.str().into_owned())),
        (b"fwmark", Some(mark)) => {
            let mark = int(&mark.text, 0, i64::from(u32::MAX)).ok()?;
            Some(Service::Mark(u32::try_from(mark).ok()?))
        }
        _ => host_and_port(words).map(|(address, port)| Service::Address(address, port)),
    }
}

/// Cuts to so many bytes, less where a character would be split.
fn cut(text: &mut String, most: usize) {
    let end = (0..=most.min(text.len())).rev().find(|i| text.is_char_boundary(*i));
    text.truncate(end.unwrap_or(0));
}

/// Flags that only the schedulers sh and mh have; each of them takes those of the other without a word.
fn scheduler_flag(v: &mut VirtualServer, name: &'static str, node: &Node, out: &mut Vec<Problem>) {
    let scheduler = v.scheduler.as_ref().map(|s| s.value.as_str());
    match scheduler {
        Some(of @ ("sh" | "mh")) if name == "hashed" || !name.starts_with(of) => {
            let sentence = format!("`{name}` has no effect with the scheduler {of}, and keepalived does not say so");
            out.push(Problem::new(node.span(), Kind::PassedOver, sentence));
        }
        Some("sh" | "mh") => v.flags.push(Spanned::new(name, node.span())),
        _ => {
            let needs = if name.starts_with("mh") { "mh" } else { "sh" };
            let sentence = if name == "hashed" {
                "`hashed` is an old word without effect; keepalived passes over it".to_owned()
            } else {
                format!("`{name}` has an effect only behind `lb_algo {needs}`; keepalived passes over it")
            };
            out.push(Problem::new(node.span(), Kind::Misplaced, sentence));
        }
    }
}

/// A netmask for IPv4, a prefix length for IPv6. It decides the family where nothing else has.
fn granularity(v: &mut VirtualServer, families: &mut Families, node: &Node, out: &mut Vec<Problem>) {
    let Some(word) = node.words.get(1) else { return };
    let shown = quote(&word.text);
    let family = families.own.unwrap_or(if word.text.contains(&b'.') { Family::Inet } else { Family::Inet6 });
    let given = match (family, node.value) {
        (Family::Inet, Some(Value::Ip(IpAddr::V4(mask)))) => Granularity::Mask(mask),
        // C's reader of addresses takes a number for an address.
        (Family::Inet, Some(Value::Int(n))) => Granularity::Mask(u32::try_from(n).unwrap_or_default().into()),
        (Family::Inet6, Some(Value::Int(n))) => Granularity::Length(u8::try_from(n).unwrap_or(128)),
        (_, None) => return,
        _ => {
            let sentence = format!("{shown} is not a prefix length from 1 to 128; keepalived passes over the line");
            return out.push(Problem::new(word.span, Kind::BadAddress, sentence));
        }
    };
    if let Granularity::Mask(mask) = given
        && u32::from(mask).leading_ones() + u32::from(mask).trailing_zeros() != 32
    {
        let sentence =
            format!("{shown} is taken for the netmask {mask}, which has holes; keepalived uses it all the same");
        out.push(
            Problem::new(word.span, Kind::OddMask, sentence).help("Write a netmask such as 255.255.255.0, for a /24."),
        );
    }
    families.own = Some(family);
    put(&mut v.granularity, node, given, out);
}

fn sorry_server(v: &mut VirtualServer, node: &Node, out: &mut Vec<Problem>) {
    let Some(Value::Server(address, port)) = node.value else { return };
    if let Some(first) = v.sorry.as_ref().filter(|s| (s.address, s.port) != (address, port)) {
        let sentence = "`sorry_server` is set before with another value; keepalived uses this one and does not say so";
        out.push(Problem::new(node.span(), Kind::SetTwice, sentence).related(first.span, "first set here"));
    }
    v.sorry = Some(SorryServer { span: node.span(), address, port, inhibit: None, method: None });
}

/// Words behind an entry of a group.
fn extra_words(words: &[Word]) -> Option<&Word> {
    let most = if words.first()?.is("fwmark") { 3 } else { 2 };
    words.get(most)
}

/// An entry of `virtual_server_group`.
fn group_entry(words: &[Word]) -> Result<GroupEntry, Problem> {
    let Some(first) = words.first() else {
        return Err(Problem::new(Span::default(), Kind::BadEntry, "an empty entry"));
    };
    let does = "keepalived passes over the line";
    let bad = |word: &Word, kind: Kind, why: &str| {
        Problem::new(word.span, kind, format!("{} {why}; {does}", quote(&word.text)))
    };
    if first.is("fwmark") {
        let Some(mark) = words.get(1) else {
            let sentence = "`fwmark` lacks its value; keepalived stops reading here and does not start";
            return Err(Problem::new(first.span, Kind::MissingArgument, sentence));
        };
        let number = int(&mark.text, 0, i64::from(u32::MAX)).ok().and_then(|n| u32::try_from(n).ok());
        let Some(number) = number else {
            return Err(bad(mark, Kind::BadNumber, "is not a whole number from 0 to 4294967295"));
        };
        let family = match words.get(2).map(|w| (w, &*w.text)) {
            None => None,
            Some((_, b"inet")) => Some(Family::Inet),
            Some((_, b"inet6")) => Some(Family::Inet6),
            Some((word, _)) => return Err(bad(word, Kind::BadEntry, "is not `inet` or `inet6`")),
        };
        return Ok(GroupEntry::Mark { mark: number, family });
    }
    let port = match words.get(1).filter(|w| !w.text.iter().all(|b| *b == b'0')) {
        None => 0,
        Some(word) => {
            let port = int(&word.text, 1, 65_535).ok().and_then(|n| u16::try_from(n).ok());
            port.ok_or_else(|| bad(word, Kind::BadNumber, "is not a port from 1 to 65535"))?
        }
    };
    let (Some(address), tail) = address_and_tail(&first.text) else {
        return Err(bad(first, Kind::BadAddress, "does not begin with an address"));
    };
    let text = String::from_utf8_lossy(&first.text);
    let entry = |last: IpAddr| Ok(GroupEntry::Addresses { first: address, last, port });
    if let Some((_, length)) = text.split_once('/') {
        let most = if address.is_ipv4() { 32 } else { 128 };
        let Some(length) = length.parse::<u32>().ok().filter(|n| (1..=most).contains(n)) else {
            return Err(bad(first, Kind::BadNumber, &format!("has no prefix length from 1 to {most}")));
        };
        return match last_of(address, most - length) {
            Some(last) => entry(last),
            None => Err(bad(first, Kind::BadAddress, "has host bits that are not zero")),
        };
    }
    let Some(end) = tail.and_then(|start| text.get(start + 1..)) else { return entry(address) };
    let whole = end.contains(if address.is_ipv4() { '.' } else { ':' });
    let last = if whole {
        let last = end.parse::<IpAddr>().ok().filter(|l| l.is_ipv4() == address.is_ipv4() && *l >= address);
        last.ok_or_else(|| bad(first, Kind::BadAddress, "ends with no address behind its first"))?
    } else {
        within(address, end)
            .filter(|last| *last > address)
            .ok_or_else(|| bad(first, Kind::BadAddress, "ends with no number above its first"))?
    };
    entry(last)
}

/// The last address of a network, of which so many bits are the hosts'. They have to be zero in the first.
fn last_of(first: IpAddr, bits: u32) -> Option<IpAddr> {
    match first {
        IpAddr::V4(four) => {
            let hosts = u32::MAX.checked_shr(32 - bits).unwrap_or(0);
            (u32::from(four) & hosts == 0).then(|| IpAddr::V4((u32::from(four) | hosts).into()))
        }
        IpAddr::V6(six) => {
            let hosts = u128::MAX.checked_shr(128 - bits).unwrap_or(0);
            (u128::from(six) & hosts == 0).then(|| IpAddr::V6((u128::from(six) | hosts).into()))
        }
    }
}

/// The address with another last octet, or for IPv6 another last group in hexadecimal digits. Nothing is 0.
fn within(first: IpAddr, end: &str) -> Option<IpAddr> {
    match first {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            let d: u8 = if end.is_empty() { 0 } else { end.parse().ok()? };
            Some(IpAddr::V4([a, b, c, d].into()))
        }
        IpAddr::V6(six) => {
            let last = if end.is_empty() { 0 } else { u16::from_str_radix(end, 16).ok()? };
            let mut groups = six.segments();
            groups[7] = last;
            Some(IpAddr::V6(groups.into()))
        }
    }
}
