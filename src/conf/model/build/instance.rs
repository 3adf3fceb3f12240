//! `vrrp_instance`: its settings, one after another, and what one of them makes of another.

use std::net::IpAddr;
use std::sync::Arc;

use super::{Builder, Field, first, flag, named, put, set, used};
use crate::conf::Version;
use crate::conf::model::{
    Address, AuthHmac, AuthType, Authentication, Inherited, Ipvlan, Peer, Set, State, Vmac, VrrpInstance, entry, route,
};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::source::{Span, Spanned};
use crate::conf::tree::Node;
use crate::conf::value::{Value, address_and_tail, int, is_interface};
use crate::vrrp::check::OldChecksum;
use crate::vrrp::sequence::{AntiReplay, HmacMode};
use crate::wire::auth::{self, Secret};

/// The lists of an instance's addresses.
const VIRTUAL: &str = "virtual_ipaddress";
const EXCLUDED: &str = "virtual_ipaddress_excluded";

/// `use_vmac`: a name, a MAC address, or both.
fn vmac(node: &Node, version: Version, out: &mut Vec<Problem>) -> Vmac {
    let mut vmac = Vmac::default();
    let named = || version.at_least(2, 3, 0);
    let most = if node.words.len() <= 3 || named() { usize::MAX } else { 2 };
    let mut words = node.words.iter().skip(1).take(most);
    while let Some(mut word) = words.next() {
        let shown = quote(&word.text);
        let mut bad = |sentence: String| out.push(Problem::new(word.span, Kind::BadWord, sentence));
        match &*word.text {
            b"netlink_notify_msg" if named() => continue,
            b"group" if named() => {
                vmac.group = words.next().map(|w| w.str().into_owned());
                continue;
            }
            b"name" if named() => {
                let Some(name) = words.next() else {
                    bad("`name` lacks its value; keepalived passes over it".into());
                    continue;
                };
                word = name;
            }
            _ => {}
        }
        let text = word.str().into_owned();
        let mut bad = |sentence: String| out.push(Problem::new(word.span, Kind::BadWord, sentence));
        if text.contains(':') {
            let octets: Vec<&str> = text.split(':').collect();
            // Of five octets the last is the virtual router's identifier; what stands behind six nobody reads.
            let octet = |o: &str| (1..=2).contains(&o.len()) && u8::from_str_radix(o, 16).is_ok();
            let more = |o: &str| o.bytes().all(|b| b.is_ascii_hexdigit());
            let good = octets.len() >= 5
                && octets.iter().take(5).all(|o| octet(o))
                && octets.get(5).is_none_or(|o| octet(o) || o.is_empty() && octets.len() == 6)
                && octets.iter().skip(6).all(|o| more(o));
            let multicast = octets.first().and_then(|o| u8::from_str_radix(o, 16).ok()).is_some_and(|o| o & 1 == 1);
            if vmac.mac.is_some() {
                bad(format!("the interface has a MAC address already; keepalived passes over {shown}"));
            } else if good && multicast {
                bad(format!("{shown} is a multicast address; keepalived passes over it"));
            } else if !good {
                bad(format!("{shown} is not a MAC address; keepalived passes over it"));
            } else if text.to_ascii_lowercase().starts_with("00:00:5e:00:01:")
                || text.to_ascii_lowercase().starts_with("00:00:5e:00:02:")
            {
                bad(format!("{shown} is a MAC address of the protocol's own; keepalived passes over it"));
            } else {
                vmac.mac = Some(text);
            }
        } else if vmac.interface.is_some() {
            bad(format!("the interface has a name already; keepalived passes over {shown}"));
        } else if !is_interface(&word.text) || matches!(&*text, "" | "." | "..") || text.contains(['/', ' ', '\t']) {
            bad(format!("{shown} cannot be an interface's name; keepalived passes over it"));
        } else {
            vmac.interface = Some(text);
        }
    }
    vmac
}

impl Builder<'_> {
    pub(super) fn instance(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let g = &self.conf.global;
        let inherited = self.inherited.get_or_insert_with(|| {
            Arc::new(Inherited {
                garp: g.garp.clone(),
                min_garp: g.min_garp.is_some_and(|m| m.value),
                skip_check_adv_addr: g.skip_check_adv_addr,
            })
        });
        let mut i = VrrpInstance::new(name, Arc::clone(inherited));
        self.names.addresses.clear();
        for (name, node) in used(node) {
            self.setting(&mut i, name, node);
        }
        self.conf.instances.push(i);
    }

    fn setting(&mut self, i: &mut VrrpInstance, name: &'static str, node: &Node) {
        if matches!(name, "unicast_src_ip" | "unicast_fault_no_peer" | "check_unicast_src" | "old_unicast_checksum") {
            i.unicast_keyword.get_or_insert(node.span());
        }
        match name {
            "state" => self.state(i, node),
            "interface" => self.interface(i, node),
            "virtual_router_id" => set(&mut i.vrid, node, &mut self.problems),
            "priority" => set(&mut i.priority, node, &mut self.problems),
            "advert_int" => set(&mut i.advert_int, node, &mut self.problems),
            "version" => self.protocol_version(i, node),
            "native_ipv6" if i.is_ipv6() == Some(false) => {
                let sentence =
                    "`native_ipv6` does not fit the instance, which is IPv4 already; keepalived passes over it";
                self.report(node.span(), Kind::BadAddress, sentence);
            }
            "native_ipv6" => {
                set(&mut i.native_ipv6, node, &mut self.problems);
                i.version = Some(Spanned::new(3, node.span()));
            }
            "virtual_ipaddress" => {
                let list = entry::addresses(node, None, &mut self.problems);
                i.addresses.reserve_exact(list.len());
                for address in list {
                    self.virtual_address(i, address);
                }
            }
            "virtual_ipaddress_excluded" => {
                for address in entry::addresses(node, None, &mut self.problems) {
                    if !self.twice(EXCLUDED, &address) {
                        i.excluded.push(address);
                    }
                }
            }
            "no_virtual_ipaddress" => set(&mut i.no_addresses, node, &mut self.problems),
            "dont_track_primary" => set(&mut i.dont_track_primary, node, &mut self.problems),
            "mcast_src_ip" | "unicast_src_ip" => self.own_family(i, node, |i| &mut i.source),
            "track_src_ip" => set(&mut i.track_source, node, &mut self.problems),
            "mcast_dst_ip" => self.own_family(i, node, |i| &mut i.mcast_dst),
            "unicast_peer" => {
                let list = entry::peers(node, &mut self.problems);
                i.unicast_keyword.get_or_insert(node.span());
                for peer in list {
                    self.peer(i, peer);
                }
            }
            "unicast_fault_no_peer" => set(&mut i.fault_no_peer, node, &mut self.problems),
            "unicast_ttl" => set(&mut i.unicast_ttl, node, &mut self.problems),
            "check_unicast_src" => set(&mut i.check_unicast_src, node, &mut self.problems),
            "old_unicast_checksum" if node.value.is_some() => {
                let mode = if node.words.len() > 1 { OldChecksum::Never } else { OldChecksum::Always };
                i.old_unicast_checksum = Some(Spanned::new(mode, node.span()));
            }
            "authentication" => self.authentication(i, node),
            "auth_hmac" => self.auth_hmac(i, node),
            "preempt" => flag(&mut i.preempt, node, true, &mut self.problems),
            "nopreempt" => flag(&mut i.preempt, node, false, &mut self.problems),
            "preempt_delay" => set(&mut i.preempt_delay, node, &mut self.problems),
            "down_timer_adverts" => set(&mut i.down_timer_adverts, node, &mut self.problems),
            "strict_mode" => set(&mut i.strict, node, &mut self.problems),
            "accept" => flag(&mut i.accept, node, true, &mut self.problems),
            "no_accept" => flag(&mut i.accept, node, false, &mut self.problems),
            "use_vmac" => {
                let mut vmac = vmac(node, self.version, &mut self.problems);
                vmac.interface = vmac.interface.and_then(|name| self.own_interface(name, node.span()));
                i.vmac = Some(Spanned::new(Box::new(vmac), node.span()));
            }
            "vrf" => self.vrf(i, node),
            "linkbeat_use_polling" => set(&mut i.linkbeat_use_polling, node, &mut self.problems),
            "virtual_routes" => i.routes.extend(route::routes(node, None, self.version, &mut self.problems)),
            "virtual_rules" => i.rules.extend(route::rules(node, None, &mut self.problems)),
            "debug" => set(&mut i.debug, node, &mut self.problems),
            "smtp_alert" => set(&mut i.smtp_alert, node, &mut self.problems),
            "lvs_sync_daemon_interface" => set(&mut i.sync_daemon_interface, node, &mut self.problems),
            "kernel_rx_buf_size" => set(&mut i.kernel_rx_buf_size, node, &mut self.problems),
            "use_vmac_addr" => set(&mut i.vmac_addr, node, &mut self.problems),
            "vmac_xmit_base" => set(&mut i.vmac_xmit_base, node, &mut self.problems),
            "use_ipvlan" => self.ipvlan(i, node),
            "lower_prio_no_advert" => set(&mut i.lower_prio_no_advert, node, &mut self.problems),
            "higher_prio_send_advert" => set(&mut i.higher_prio_send_advert, node, &mut self.problems),
            "owner_ignore_adverts" => set(&mut i.owner_ignore_adverts, node, &mut self.problems),
            "skip_check_adv_addr" => {
                set(&mut i.skip_check_adv_addr, node, &mut self.problems);
                if node.value == Some(Value::Bool(false)) {
                    let span = node.words.get(1).map_or(node.span(), |w| w.span);
                    let sentence = "`skip_check_adv_addr` is on in an instance that says it at all, whatever it says";
                    let help = "Leave `skip_check_adv_addr` out to have it off.";
                    self.problems.push(Problem::new(span, Kind::OffTurnsOn, sentence).help(help));
                }
            }
            "v3_checksum_as_v2" => set(&mut i.v3_checksum_as_v2, node, &mut self.problems),
            "timer_expired_backup" | "thread_timer_expired" => {
                set(&mut i.timer_expired_backup, node, &mut self.problems);
            }
            "promote_secondaries" => set(&mut i.promote_secondaries, node, &mut self.problems),
            "notify_priority_changes" => set(&mut i.notify_priority_changes, node, &mut self.problems),
            _ => {
                if !i.garp.take(name, node, &mut self.problems) {
                    self.common(name, node, &mut i.track, &mut i.notify);
                }
            }
        }
    }

    fn interface(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(word) = node.words.get(1) else { return };
        let shown = quote(&word.text);
        if !is_interface(&word.text) {
            let sentence = format!(
                "{shown} is longer than the 15 characters of an interface's name; keepalived passes over the line"
            );
            return self.report(word.span, Kind::BadWord, sentence);
        }
        set(&mut i.interface, node, &mut self.problems);
    }

    fn vrf(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(word) = node.words.get(1) else { return };
        if !is_interface(&word.text) {
            let shown = quote(&word.text);
            let sentence = format!(
                "{shown} is longer than the 15 characters of an interface's name; keepalived passes over the line"
            );
            return self.report(word.span, Kind::BadWord, sentence);
        }
        let (first, what) = match (&i.interface, &i.vrf) {
            (Some(interface), _) => (interface.span, "does not go with `interface`"),
            (None, Some(vrf)) => (vrf.span, "is said before"),
            (None, None) => return set(&mut i.vrf, node, &mut self.problems),
        };
        let sentence = format!("`vrf` {what}; keepalived passes over this line");
        self.problems.push(Problem::new(node.span(), Kind::AlreadySet, sentence).related(first, "first set here"));
    }

    /// The name of an interface that keepalived makes, if no other instance has it.
    fn own_interface(&mut self, name: String, span: Span) -> Option<String> {
        if self.names.interfaces.insert(name.clone()) {
            return Some(name);
        }
        let shown = quote(name.as_bytes());
        self.report(span, Kind::AlreadySet, format!("{shown} is made by another instance; keepalived chooses a name"));
        None
    }

    /// `use_ipvlan`: an interface, a mode, an address, each of them once; from 2.3.0 on also a group.
    fn ipvlan(&mut self, i: &mut VrrpInstance, node: &Node) {
        if let Some(first) = &i.ipvlan {
            let sentence = "`use_ipvlan` is said before; keepalived passes over this line";
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem);
        }
        let mut ipvlan = Ipvlan::default();
        let version = self.version;
        let named = || version.at_least(2, 3, 0);
        let mut words = node.words.iter().skip(1);
        while let Some(word) = words.next() {
            let text = word.str().into_owned();
            let given = address_and_tail(&word.text).0.filter(|_| !word.text.contains(&b'-'));
            let (again, what) = match (&*text, given) {
                ("group", _) if named() => {
                    ipvlan.group = words.next().map(|w| w.str().into_owned());
                    continue;
                }
                ("name", _) if named() => continue,
                ("bridge" | "private" | "vepa", _) => (ipvlan.mode.is_some(), "mode"),
                (_, Some(_)) => (ipvlan.address.is_some(), "address"),
                (_, None) => (ipvlan.interface.is_some(), "name"),
            };
            let shown = quote(&word.text);
            if again {
                let sentence = format!("`use_ipvlan` has its {what} already; keepalived passes over {shown}");
                self.report(word.span, Kind::AlreadySet, sentence);
            } else if what == "mode" {
                ipvlan.mode = Some(text);
            } else if let Some(given) = given {
                if self.fits(i, given, word.span, Kind::BadAddress) {
                    i.source.get_or_insert(Spanned::new(given, word.span));
                    ipvlan.address = Some(given);
                } else {
                    ipvlan.refused = true;
                }
            } else if !is_interface(&word.text) {
                let sentence = format!("{shown} cannot be an interface's name; keepalived passes over it");
                self.report(word.span, Kind::BadWord, sentence);
            } else {
                ipvlan.interface = self.own_interface(text, word.span);
            }
        }
        i.ipvlan = Some(Spanned::new(Box::new(ipvlan), node.span()));
    }

    /// The first one counts.
    fn protocol_version(&mut self, i: &mut VrrpInstance, node: &Node) {
        let Some(version) = u8::of(node) else { return };
        if version == 2 && i.is_ipv6() == Some(true) {
            let sentence = "version 2 has no IPv6, which the instance is already; keepalived passes over this line";
            return self.report(node.span(), Kind::AlreadySet, sentence);
        }
        if let Some(first) = i.version.filter(|v| v.value != version) {
            let sentence = format!("`version` is {} already; keepalived passes over this line", first.value);
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem.edit(node.span(), ""));
        }
        i.version = Some(Spanned::new(version, node.span()));
    }

    /// Only the upper-case words are known; a bad one is `BACKUP`, and `BACKUP` after `MASTER` does not count.
    fn state(&mut self, i: &mut VrrpInstance, node: &Node) {
        let master = node.value.is_some() && node.words.get(1).is_some_and(|w| w.is("MASTER"));
        let state = if master { State::Master } else { State::Backup };
        if node.words.len() < 2 {
            return;
        }
        if let Some(first) = i.state.filter(|s| state == State::Backup && s.value == State::Master) {
            let sentence = "`state` is `MASTER` already; keepalived passes over this line";
            let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(first.span, "first set here");
            return self.problems.push(problem.edit(node.span(), ""));
        }
        put(&mut i.state, node, state, &mut self.problems);
    }

    /// An instance has one family, which its first address, source or peer decides.
    fn fits(&mut self, i: &VrrpInstance, address: IpAddr, span: Span, kind: Kind) -> bool {
        let six = i.is_ipv6();
        let fits = six.is_none_or(|six| six == address.is_ipv6());
        if !fits {
            let family = if six == Some(true) { "IPv6" } else { "IPv4" };
            let sentence =
                format!("{address} does not fit the instance, which is {family} already; keepalived passes over it");
            self.report(span, kind, sentence);
        }
        fits
    }

    fn virtual_address(&mut self, i: &mut VrrpInstance, address: Spanned<Address>) {
        let fits = self.fits(i, address.value.address, address.span, Kind::AddressDropped);
        if fits && !self.twice(VIRTUAL, &address) {
            i.addresses.push(address);
        }
    }

    /// Whether keepalived leaves an address out since its list has it already; older ones take it twice.
    fn twice(&mut self, list: &'static str, address: &Spanned<Address>) -> bool {
        let at = address.value.address;
        let other = if list == VIRTUAL { EXCLUDED } else { VIRTUAL };
        if let Some(first) = self.names.addresses.get(&(other, at)).copied() {
            let sentence = format!("{at} is in `{other}` of this instance, too; keepalived sets it all the same");
            let problem = Problem::new(address.span, Kind::EntryTwice, sentence);
            self.problems.push(problem.related(first, "first said here"));
        }
        if let Some(first) = self.first_said(list, at, address.span) {
            let drops = self.version.at_least(2, 3, 3);
            let (kind, does) = if drops {
                (Kind::AlreadySet, "keepalived passes over this one")
            } else {
                (Kind::EntryTwice, "keepalived takes it twice, which others do not expect")
            };
            let problem = Problem::new(address.span, kind, format!("{at} is in this list already; {does}"));
            self.problems.push(problem.related(first, "first said here"));
            return drops;
        }
        false
    }

    /// Where an address was said before in a list of the instance that is read.
    fn first_said(&mut self, list: &'static str, address: IpAddr, span: Span) -> Option<Span> {
        first(&mut self.names.addresses, (list, address), span)
    }

    fn peer(&mut self, i: &mut VrrpInstance, peer: Spanned<Peer>) {
        if !self.fits(i, peer.value.address, peer.span, Kind::PeerDropped) {
            return;
        }
        if let Some(first) = self.first_said("unicast_peer", peer.value.address, peer.span) {
            let drops = self.version.at_least(2, 3, 3);
            let (kind, does) = if drops {
                (Kind::AlreadySet, "keepalived passes over this one")
            } else {
                (Kind::EntryTwice, "keepalived sends it every advert twice")
            };
            let sentence = format!("{} is a peer already; {does}", peer.value.address);
            let problem = Problem::new(peer.span, kind, sentence).related(first, "first said here");
            self.problems.push(if drops { problem.edit(peer.span, "") } else { problem });
            if drops {
                return;
            }
        }
        i.peers.push(peer);
    }

    fn own_family(&mut self, i: &mut VrrpInstance, node: &Node, field: fn(&mut VrrpInstance) -> &mut Set<IpAddr>) {
        let Some(address) = IpAddr::of(node) else { return };
        if self.fits(i, address, node.span(), Kind::BadAddress) {
            put(field(i), node, address, &mut self.problems);
        }
    }

    fn authentication(&mut self, i: &mut VrrpInstance, node: &Node) {
        let auth =
            i.authentication.get_or_insert_with(|| Authentication { span: node.span(), ..Authentication::default() });
        for (name, node) in used(node) {
            let Some(word) = node.words.get(1).filter(|_| node.value.is_some()) else { continue };
            if name == "auth_type" {
                let kind = if word.is("PASS") { AuthType::Pass } else { AuthType::Ah };
                put(&mut auth.kind, node, kind, &mut self.problems);
            } else {
                if word.text.len() > 8 {
                    let sentence = "`auth_pass` is longer than eight characters; only the first eight count";
                    let problem = Problem::new(word.span, Kind::LongPassword, sentence);
                    // What is cut off is deleted; the rest is not written anew.
                    let tail = Span { start: word.span.start + 8, ..word.span };
                    let plain = word.text.is_ascii() && (word.span.end - word.span.start) as usize == word.text.len();
                    self.problems.push(if plain { problem.edit(tail, "") } else { problem });
                }
                put(&mut auth.password, node, Secret::new(&word.text), &mut self.problems);
                auth.password =
                    auth.password.filter(|_| !word.text.is_empty()).map(|p| Spanned::new(p.value, word.span));
            }
        }
    }

    fn auth_hmac(&mut self, i: &mut VrrpInstance, node: &Node) {
        let hmac = i.auth_hmac.get_or_insert_with(|| Box::new(AuthHmac { span: node.span(), ..AuthHmac::default() }));
        for (name, node) in used(node) {
            match (name, node.words.get(1)) {
                ("key", _) => match self.key(node, &hmac.ids) {
                    Ok((id, key)) => {
                        hmac.ids.push(Spanned::new(id, node.span()));
                        hmac.keys.add_hmac(id, &key);
                    }
                    Err((kind, sentence)) => self.report(node.span(), kind, sentence),
                },
                ("active_key", _) => set(&mut hmac.active, node, &mut self.problems),
                ("time_window", _) => set(&mut hmac.time_window, node, &mut self.problems),
                ("anti_replay", Some(word)) if node.value.is_some() => {
                    let what = if word.is("monotonic") { AntiReplay::Monotonic } else { AntiReplay::Time };
                    hmac.anti_replay = Some(Spanned::new(what, node.span()));
                }
                ("mode", Some(word)) if node.value.is_some() => {
                    let mode = match &*word.text {
                        b"permissive" => HmacMode::Permissive,
                        b"receive-only" => HmacMode::ReceiveOnly,
                        _ => HmacMode::Enforce,
                    };
                    hmac.mode = Some(Spanned::new(mode, node.span()));
                }
                _ => {}
            }
        }
    }

    /// `key ID SECRET`; of `file:PATH` the file is read. What is wrong is said without the secret.
    fn key(&mut self, node: &Node, others: &[Spanned<u8>]) -> Result<(u8, Vec<u8>), (Kind, String)> {
        let (Some(id), Some(secret)) = (node.words.get(1), node.words.get(2)) else {
            return Err((Kind::MissingArgument, "`key` needs an id and a secret".into()));
        };
        let id = int(&id.text, 1, 255).ok().and_then(|id| u8::try_from(id).ok());
        let Some(id) = id else {
            let sentence = "the id of a `key` is a whole number from 1 to 255; keepalived passes over the line";
            return Err((Kind::BadNumber, sentence.into()));
        };
        if others.iter().any(|k| k.value == id) {
            return Err((Kind::AlreadySet, format!("key {id} is there already; keepalived passes over this one")));
        }
        let mut text = secret.str().into_owned();
        if let Some(path) = text.strip_prefix("file:") {
            let read = self.loader.read(path);
            let bytes =
                read.map_err(|error| (Kind::KeyFile, format!("key {id}: {error}; keepalived goes on without it")))?;
            String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).clone_into(&mut text);
        }
        match auth::parse_key(&text) {
            Ok(bytes) => Ok((id, bytes)),
            Err(sentence) => Err((Kind::BadKey, format!("key {id}: {sentence}; keepalived passes over the line"))),
        }
    }
}
