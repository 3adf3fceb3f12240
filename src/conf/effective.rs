//! A configuration as it takes effect: every setting there is, set or not, with where its value is from.
//!
//! Lines come from the tree and the table of keywords; what keepalived makes of them at its start comes from [`Run`].

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::Version;
use super::model::Conf;
use super::run::{Effective, Run, RunChecker, RunGroup, RunInstance, RunRealServer, RunTrack, RunVirtualServer};
use super::schema::{KEYWORDS, Keyword, Place, Takes, find};
use super::source::Span;
use super::tree::Node;
use super::value::Value;
use crate::time::seconds;
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track;

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It is written here.
    Set(Span),
    /// Nothing says it.
    Default,
    /// A block around it, or `global_defs`, says it here.
    Inherited(Span),
    /// Something else is written here, and keepalived makes this of it.
    Mended {
        /// Where.
        span: Span,
        /// What is written.
        said: String,
    },
    /// keepalived derives it from something else.
    Derived,
}

/// A value.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Its words, as they would be written. Empty for a keyword that says all by itself.
    Text(String),
    /// On or off.
    Flag(bool),
    /// The lines of a list, in order.
    List(Vec<String>),
    /// A secret, to be compared and not to be shown.
    Secret(Box<[u8]>),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Flag(on) => f.write_str(if *on { "on" } else { "off" }),
            Self::List(lines) => f.write_str(&lines.join(", ")),
            Self::Secret(_) => f.write_str("********"),
        }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its keyword.
    pub name: &'static str,
    /// Its value.
    pub value: Shown,
    /// Where that is from.
    pub origin: Origin,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its keyword.
    pub keyword: &'static str,
    /// What follows it.
    pub name: String,
    /// Where it begins.
    pub span: Option<Span>,
    /// Its settings, in the order of the table of keywords.
    pub settings: Vec<Setting>,
    /// Blocks within it.
    pub sections: Vec<Self>,
}

impl Section {
    /// Leaves out what nobody has said.
    pub fn keep_what_is_said(&mut self) {
        self.settings.retain(|s| !matches!(s.origin, Origin::Default | Origin::Derived));
        self.sections.iter_mut().for_each(Self::keep_what_is_said);
    }
}

/// What a section's settings really are, by keyword.
type Overlay = BTreeMap<&'static str, (Shown, Option<Span>)>;

/// All blocks, those of one `global_defs` together; what stands outside blocks is in one without a name.
pub fn effective(conf: &Conf, run: &Run, version: Version) -> Vec<Section> {
    let mut e = Builder { run, version, globals: BTreeMap::new(), global_defs: Vec::new() };
    let globals: Vec<&Node> = blocks(&conf.tree, "global_defs").collect();
    for node in globals.iter().flat_map(|g| g.nodes()) {
        if let Some(k) = used(node) {
            e.globals.insert(k.name, node.span());
        }
    }
    let inner: Vec<&Node> = globals.iter().flat_map(|g| g.nodes()).collect();
    e.global_defs = e.settings(Place::GlobalDefs, &inner, &Overlay::new());
    let mut sections = Vec::new();
    let top: Vec<&Node> = conf.tree.iter().collect();
    sections.push(Section {
        keyword: "",
        name: String::new(),
        span: None,
        settings: e.settings(Place::Top, &top, &Overlay::new()),
        sections: Vec::new(),
    });
    sections.push(Section {
        keyword: "global_defs",
        name: String::new(),
        span: globals.first().map(|g| g.span()),
        settings: e.global_defs.clone(),
        sections: Vec::new(),
    });
    let mut servers = run.virtual_servers.iter();
    for node in conf.tree.iter().filter(|n| n.keyword().is_some_and(|k| k.name != "global_defs")) {
        let server = if used(node).is_some_and(|k| k.name == "virtual_server") {
            servers.clone().find(|s| s.span.file == node.span().file && s.span.start == node.span().start)
        } else {
            None
        };
        if server.is_some() {
            servers.next();
        }
        sections.extend(e.section(node, server));
    }
    sections
}

fn used(node: &Node) -> Option<&'static Keyword> {
    node.keyword().filter(|_| node.value.is_some())
}

fn blocks<'a>(tree: &'a [Node], name: &'static str) -> impl Iterator<Item = &'a Node> {
    tree.iter().filter(move |n| used(n).is_some_and(|k| k.name == name))
}

struct Builder<'a> {
    run: &'a Run,
    version: Version,
    /// Where keywords of `global_defs` are set.
    globals: BTreeMap<&'static str, Span>,
    /// What they say.
    global_defs: Vec<Setting>,
}

impl Builder<'_> {
    fn section(&self, node: &Node, server: Option<&RunVirtualServer>) -> Option<Section> {
        let keyword = used(node)?;
        let Takes::Block(place, _) = keyword.takes else { return None };
        let name = words(node.words.get(1..)?);
        let overlay = match place {
            Place::Instance => self.run.instances.iter().find(|i| i.name == name).map(instance),
            Place::SyncGroup => self.run.groups.iter().find(|g| g.name == name).map(group),
            _ => server.map(virtual_server),
        };
        let inner: Vec<&Node> = node.nodes().iter().collect();
        let mut sections = self.inner(&inner, server);
        let runs = self.run.instances.iter().find(|i| place == Place::Instance && i.name == name);
        if runs.is_some_and(|i| !matches!(i.auth, Authentication::Pass(_) | Authentication::Ah(_))) {
            // It is written, and no advert carries it.
            for s in sections.iter_mut().filter(|s| s.keyword == "authentication").flat_map(|s| &mut s.settings) {
                if let (Origin::Set(span), "auth_type") = (&s.origin, s.name) {
                    s.origin = Origin::Mended { span: *span, said: s.value.to_string() };
                    s.value = Shown::Text("none".to_owned());
                }
            }
        }
        Some(Section {
            keyword: keyword.name,
            name,
            span: Some(node.span()),
            settings: self.settings(place, &inner, &overlay.unwrap_or_default()),
            sections,
        })
    }

    fn inner(&self, nodes: &[&Node], server: Option<&RunVirtualServer>) -> Vec<Section> {
        let at = |span: Span, node: &Node| span.file == node.span().file && span.start == node.span().start;
        let mut sections = Vec::new();
        for node in nodes {
            let Some(keyword) = used(node) else { continue };
            let Takes::Block(place, _) = keyword.takes else { continue };
            let real = server.and_then(|s| s.servers.iter().find(|r| at(r.span, node)));
            let inner: Vec<&Node> = node.nodes().iter().collect();
            let (overlay, within) = match real {
                Some(real) => (real_server(real), self.checkers(&inner, real)),
                None => (Overlay::new(), self.inner(&inner, None)),
            };
            sections.push(Section {
                keyword: keyword.name,
                name: words(node.words.get(1..).unwrap_or_default()),
                span: Some(node.span()),
                settings: self.settings(place, &inner, &overlay),
                sections: within,
            });
        }
        sections
    }

    fn checkers(&self, nodes: &[&Node], real: &RunRealServer) -> Vec<Section> {
        let at = |span: Span, node: &Node| span.file == node.span().file && span.start == node.span().start;
        let mut sections = self.inner(nodes, None);
        for section in &mut sections {
            let found = real.checkers.iter().find(|c| Some(c.span.start) == section.span.map(|s| s.start));
            let node = nodes.iter().find(|n| section.span.is_some_and(|s| at(s, n)));
            if let (Some(checker), Some(node)) = (found, node)
                && let Some(Takes::Block(place, _)) = node.keyword().map(|k| k.takes)
            {
                let inner: Vec<&Node> = node.nodes().iter().collect();
                section.settings = self.settings(place, &inner, &timing(checker));
            }
        }
        sections
    }

    /// Each keyword of a block with its value.
    fn settings(&self, place: Place, nodes: &[&Node], overlay: &Overlay) -> Vec<Setting> {
        let mut settings = Vec::new();
        for k in KEYWORDS.iter().filter(|k| k.place == place && k.known_to(self.version) && k.old.is_none()) {
            if matches!(k.takes, Takes::Block(..)) || k.name.starts_with("include") {
                continue;
            }
            let lines: Vec<&Node> =
                nodes.iter().copied().filter(|n| used(n).is_some_and(|u| std::ptr::eq(u, k) || u == k)).collect();
            let old = |n: &&Node| used(n).is_some_and(|u| u.old.is_some_and(|(newer, _)| newer == k.name));
            let lines = if lines.is_empty() { nodes.iter().copied().filter(old).collect() } else { lines };
            let span = lines.last().map(|n| n.span());
            let said = said(k, &lines);
            let real = overlay.get(k.name);
            let (value, origin) = match (said, span, real) {
                (Some(said), Some(span), Some((real, _))) if said == *real => (said, Origin::Set(span)),
                (Some(Shown::List(said)), Some(span), Some((Shown::List(real), _))) if real.is_empty() => {
                    (Shown::List(said), Origin::Set(span))
                }
                // An entry is completed; that is no other value.
                (Some(Shown::List(_)), Some(span), Some((real @ Shown::List(_), _))) => {
                    (real.clone(), Origin::Set(span))
                }
                (Some(said), Some(span), Some((real, _))) => {
                    (real.clone(), Origin::Mended { span, said: said.to_string() })
                }
                (Some(said), Some(span), None) => (said, Origin::Set(span)),
                (_, _, Some((real, Some(set)))) => (real.clone(), Origin::Inherited(*set)),
                (_, _, Some((real, None))) => match self.global(place, k.name) {
                    Some(span) => (real.clone(), Origin::Inherited(span)),
                    None => (real.clone(), Origin::Default),
                },
                _ => match self.default(place, k, &settings) {
                    Some(found) => found,
                    None => continue,
                },
            };
            if !matches!(&value, Shown::List(l) if l.is_empty()) {
                settings.push(Setting { name: k.name, value, origin });
            }
        }
        settings
    }

    /// What holds where nothing is said; nothing where that is nothing. A default may be another keyword's value, of this
    /// block or of `global_defs`.
    fn default(&self, place: Place, k: &Keyword, block: &[Setting]) -> Option<(Shown, Origin)> {
        let text = match (k.takes, k.default) {
            (Takes::List(_), _) | (_, "none") => return None,
            (Takes::Flag | Takes::Bool, "") | (_, "off") => return Some((Shown::Flag(false), Origin::Default)),
            (Takes::Flag | Takes::Bool, "on") => return Some((Shown::Flag(true), Origin::Default)),
            (_, "") => return None,
            (_, text) => text.strip_prefix("as ").unwrap_or(text),
        };
        if let Some(other) = block.iter().find(|s| s.name == text) {
            return Some((other.value.clone(), Origin::Derived));
        }
        if place != Place::GlobalDefs && find(Place::GlobalDefs, text.as_bytes()).is_some() {
            let global = self.global_defs.iter().find(|s| s.name == text)?;
            return Some(match global.origin {
                Origin::Set(span) => (global.value.clone(), Origin::Inherited(span)),
                _ => (global.value.clone(), Origin::Default),
            });
        }
        Some((Shown::Text(k.default.to_owned()), Origin::Default))
    }

    /// Where `global_defs` decides a setting of instances.
    fn global(&self, place: Place, name: &str) -> Option<Span> {
        if place != Place::Instance {
            return None;
        }
        let global = match name {
            "strict_mode" => "vrrp_strict".to_owned(),
            "v3_checksum_as_v2" => name.to_owned(),
            name => format!("vrrp_{name}"),
        };
        self.globals.get(global.as_str()).copied()
    }
}

/// Words as they would be written, with quotes where they need them.
fn words(list: &[super::token::Word]) -> String {
    let quoted = |w: &super::token::Word| {
        let text = w.str();
        let bare = !text.is_empty() && !text.contains([' ', '\t', '#', '!', '{', '}', '"']);
        if bare { text.into_owned() } else { format!("\"{text}\"") }
    };
    list.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// What the lines of a keyword say.
fn said(k: &Keyword, lines: &[&Node]) -> Option<Shown> {
    let last = lines.last()?;
    match k.takes {
        Takes::List(_) => {
            let entries = lines.iter().flat_map(|n| n.nodes());
            return Some(Shown::List(entries.map(|e| words(&e.words)).collect()));
        }
        Takes::Password => {
            let word = last.words.get(1)?;
            return Some(Shown::Secret(word.text.get(..8).unwrap_or(&word.text).into()));
        }
        Takes::Key => {
            let all: Vec<u8> =
                lines.iter().flat_map(|n| n.words.iter().skip(1).flat_map(|w| w.text.to_vec())).collect();
            return Some(Shown::Secret(all.into()));
        }
        Takes::Flag => return Some(Shown::Flag(true)),
        _ => {}
    }
    Some(match last.value? {
        Value::Bool(on) => Shown::Flag(on),
        Value::Int(n) => Shown::Text(n.to_string()),
        Value::Time(t) if matches!(k.takes, Takes::Millis(..)) => {
            Shown::Text(super::schema::plain(u64::try_from(t.as_micros()).unwrap_or(u64::MAX), 1000))
        }
        Value::Time(t) => Shown::Text(seconds(t)),
        Value::Weight(n, reverse) => Shown::Text(format!("{n}{}", if reverse { " reverse" } else { "" })),
        Value::Ip(ip) => Shown::Text(ip.to_string()),
        Value::Present | Value::Server(..) | Value::Method(_) => {
            if lines.len() > 1 && k.again == super::schema::Again::Adds {
                Shown::List(lines.iter().map(|n| words(n.words.get(1..).unwrap_or_default())).collect())
            } else {
                Shown::Text(words(last.words.get(1..)?))
            }
        }
    })
}

fn text(value: impl fmt::Display) -> (Shown, Option<Span>) {
    (Shown::Text(value.to_string()), None)
}

fn time(d: Duration) -> (Shown, Option<Span>) {
    text(seconds(d))
}

const fn flag(on: bool) -> (Shown, Option<Span>) {
    (Shown::Flag(on), None)
}

/// What is tracked of a kind.
fn tracked(list: &[RunTrack], kind: track::Kind) -> (Shown, Option<Span>) {
    let line = |t: &RunTrack| {
        let reverse = if t.reverse { " reverse" } else { "" };
        format!("{} weight {}{reverse}", t.name, t.weight)
    };
    (Shown::List(list.iter().filter(|t| t.kind == kind).map(line).collect()), None)
}

fn tracks(overlay: &mut Overlay, list: &[RunTrack]) {
    overlay.insert("track_interface", tracked(list, track::Kind::Interface));
    overlay.insert("track_script", tracked(list, track::Kind::Script));
    overlay.insert("track_file", tracked(list, track::Kind::File));
    overlay.insert("track_process", tracked(list, track::Kind::Process));
    overlay.insert("track_bfd", tracked(list, track::Kind::Bfd));
}

/// What an instance would really run with.
fn instance(i: &RunInstance) -> Overlay {
    let addresses = |list: &[super::run::RunAddress]| {
        let line = |a: &super::run::RunAddress| {
            let dev = if a.configured.dev.is_some() { format!(" dev {}", a.dev) } else { String::new() };
            format!("{}/{}{dev}", a.address, a.prefix)
        };
        (Shown::List(list.iter().map(line).collect()), None)
    };
    let a = &i.announcing;
    let mut o = Overlay::from([
        ("state", text(if i.wants_master { "MASTER" } else { "BACKUP" })),
        ("virtual_router_id", text(i.vrid)),
        ("priority", text(i.priority)),
        ("advert_int", time(i.advert_int)),
        ("version", text(i.version)),
        ("virtual_ipaddress", addresses(&i.addresses)),
        ("virtual_ipaddress_excluded", addresses(&i.excluded)),
        ("preempt", flag(i.preempt)),
        ("nopreempt", flag(!i.preempt)),
        ("preempt_delay", time(i.preempt_delay)),
        ("down_timer_adverts", text(i.down_timer_adverts)),
        ("garp_master_delay", time(a.delay)),
        ("garp_master_repeat", text(a.repeat)),
        ("garp_master_refresh", time(a.refresh)),
        ("garp_master_refresh_repeat", text(a.refresh_repeat)),
        ("garp_lower_prio_delay", time(a.lower_delay)),
        ("garp_lower_prio_repeat", text(a.lower_repeat)),
        ("lower_prio_no_advert", flag(i.lower_prio_no_advert)),
        ("higher_prio_send_advert", flag(i.higher_prio_send_advert)),
        ("owner_ignore_adverts", flag(i.owner_ignore_adverts)),
        ("skip_check_adv_addr", flag(i.skip_check_adv_addr)),
        ("v3_checksum_as_v2", flag(i.v3_checksum_as_v2)),
        ("strict_mode", flag(i.strict)),
        ("accept", flag(i.accept)),
        ("no_accept", flag(!i.accept)),
        ("check_unicast_src", flag(i.check_unicast_src)),
    ]);
    if i.peers.is_empty() {
        o.insert("mcast_dst_ip", text(i.multicast));
    } else {
        o.insert("unicast_ttl", text(i.ttl));
    }
    if let Some(vmac) = &i.vmac {
        o.insert("use_vmac", text(&vmac.interface));
        o.insert("vmac_xmit_base", flag(vmac.xmit_base));
    }
    tracks(&mut o, &i.track);
    o
}

fn group(g: &RunGroup) -> Overlay {
    let mut o = Overlay::from([("sync_group_tracking_weight", flag(g.tracking_weight))]);
    tracks(&mut o, &g.track);
    o
}

fn of<T: Clone>(e: &Effective<T>, show: impl Fn(&T) -> Shown) -> (Shown, Option<Span>) {
    (show(&e.value), e.set)
}

fn shown<T: fmt::Display>(value: &T) -> Shown {
    Shown::Text(value.to_string())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "one of the functions that show a field")]
fn on(value: &bool) -> Shown {
    Shown::Flag(*value)
}

fn span_of(value: &Duration) -> Shown {
    Shown::Text(seconds(*value))
}

fn virtual_server(s: &RunVirtualServer) -> Overlay {
    Overlay::from([
        ("lb_algo", of(&s.scheduler, shown)),
        ("quorum", of(&s.quorum, shown)),
        ("hysteresis", of(&s.hysteresis, shown)),
        ("ha_suspend", of(&s.ha_suspend, on)),
        ("smtp_alert", of(&s.smtp_alert, on)),
        ("omega", of(&s.omega, on)),
    ])
}

fn real_server(s: &RunRealServer) -> Overlay {
    Overlay::from([
        ("weight", of(&s.weight, shown)),
        ("uthreshold", of(&s.upper_threshold, shown)),
        ("lthreshold", of(&s.lower_threshold, shown)),
        ("inhibit_on_failure", of(&s.inhibit, on)),
        ("alpha", of(&s.alpha, on)),
        ("smtp_alert", of(&s.smtp_alert, on)),
    ])
}

fn timing(c: &RunChecker) -> Overlay {
    let mut o = Overlay::from([("alpha", of(&c.alpha, on)), ("log_all_failures", of(&c.log_all_failures, on))]);
    if let Some((address, port)) = &c.target {
        o.insert("connect_ip", of(address, shown));
        o.insert("connect_port", of(port, shown));
    }
    if let Some(t) = &c.timing {
        o.insert("delay_loop", of(&t.delay_loop, span_of));
        o.insert("warmup", of(&t.warmup, span_of));
        o.insert("retry", of(&t.retry, shown));
        o.insert("delay_before_retry", of(&t.delay_before_retry, span_of));
        if let Some(timeout) = &t.connect_timeout {
            o.insert("connect_timeout", of(timeout, span_of));
        }
    }
    if let Some(timeout) = &c.script_timeout {
        o.insert("misc_timeout", of(timeout, span_of));
    }
    if let Some(host) = &c.virtual_host {
        o.insert("virtualhost", of(host, shown));
    }
    o
}
