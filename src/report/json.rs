//! JSON Lines: the machine's view. Field names and meanings are those of the outside contract.

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::describe;
use super::lint::Report;
use super::object::{Object, ip_item, number_item, word_item};
use crate::finding::{Evidence, Finding, GroupId, Tally};
use crate::sniff::event::{Seen, Transition};
use crate::sniff::group::Group;
use crate::sniff::member::{Member, Standing};
use crate::sniff::{Totals, predict};
use crate::time::Timestamp;
use crate::wire::checksum::Verdict;
use crate::wire::{Advert, Arp, AuthCheck, GroupReport, Malformed, NeighborAdvert, Problem};

/// Version of the JSON's layout, in every `start` object.
pub const SCHEMA: u32 = 1;

/// Writes one object and ends the line.
pub fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    // An object is many small pieces: together in memory first, they cost the output one call.
    let mut object = Vec::with_capacity(640);
    serde_json::to_writer(&mut object, value).map_err(io::Error::from)?;
    object.push(b'\n');
    out.write_all(&object)
}

pub(super) fn time<S: Serializer>(t: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&t.rfc3339())
}

/// Seconds as a number. A double holds the microseconds of this century exactly, so those are divided where there are no
/// finer ones: the shortest decimal is then the source's own.
pub(super) fn t(time: Timestamp) -> f64 {
    if time.digits <= 6 || time.nanos % 1000 == 0 {
        time.nanos.div_euclid(1000) as f64 / 1e6
    } else {
        time.nanos as f64 / 1e9
    }
}

pub(super) fn ms(d: Duration) -> f64 {
    d.as_micros() as f64 / 1e3
}

/// A whole number of milliseconds prints without a fraction, as advert intervals are.
#[derive(Serialize)]
#[serde(untagged)]
enum Ms {
    Whole(u64),
    Part(f64),
}

fn whole_ms(d: Duration) -> Ms {
    if d.subsec_micros().is_multiple_of(1000) { Ms::Whole(d.as_millis() as u64) } else { Ms::Part(ms(d)) }
}

/// The first object of every stream.
#[derive(Serialize)]
pub struct Start<'a> {
    r#type: &'static str,
    schema: u32,
    version: &'static str,
    command: &'a str,
    source: &'a str,
}

impl<'a> Start<'a> {
    /// For a command that reads `source`.
    pub fn new(command: &'a str, source: &'a str) -> Self {
        Self { r#type: "start", schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), command, source }
    }
}

/// `advert`
pub fn advert(out: &mut dyn Write, seen: Seen, a: &Advert) -> io::Result<()> {
    let (checksum, checksum_form) = match a.checksum_verdict {
        Verdict::Ok(form) => ("ok", Some(form.as_str())),
        Verdict::Bad => ("bad", None),
        Verdict::Unverifiable => ("unverifiable", None),
    };
    let mut o = Object::new("advert");
    o.seen(seen.number, seen.time).ip("src", a.src).ip("dst", a.dst);
    o.mac("src_mac", a.link.src).mac("dst_mac", a.link.dst).list(
        "vlan",
        a.link.vlans.ids().iter().copied(),
        number_item,
    );
    o.number("ttl", a.ttl).number("tos", a.tos).number("ip_version", a.ip_version()).number_if("ip_id", a.ip_id);
    o.number("version", a.version).number("vrid", a.vrid).number("priority", a.priority);
    o.list("addresses", &a.addresses, ip_item).number("advert_int_ms", a.advert_int.as_millis() as u64);
    o.word("auth", a.auth.as_str()).word("checksum", checksum).word_if("checksum_form", checksum_form);
    o.number("checksum_value", a.checksum).list("problems", a.problems.iter().map(Problem::id), word_item);
    o.word_if("auth_check", a.auth_check.map(AuthCheck::as_str));
    if let Some(ah) = &a.ah {
        o.number("ah_spi", ah.spi).number("ah_sequence", ah.sequence);
    }
    if let Some(h) = &a.hmac {
        o.number("key_id", h.key_id).seconds("hmac_time", h.micros() * 1000).number("hmac_counter", h.counter);
    }
    o.end(out)
}

/// `arp`
pub fn arp(out: &mut dyn Write, seen: Seen, a: &Arp) -> io::Result<()> {
    let mut o = Object::new("arp");
    o.seen(seen.number, seen.time).mac("src_mac", a.link.src).list(
        "vlan",
        a.link.vlans.ids().iter().copied(),
        number_item,
    );
    o.word("op", if a.request { "request" } else { "reply" }).flag("gratuitous", a.is_gratuitous());
    o.ip("sender_ip", a.sender_ip.into()).mac("sender_mac", Some(a.sender_mac));
    o.ip("target_ip", a.target_ip.into()).mac("target_mac", Some(a.target_mac));
    o.end(out)
}

/// `na`
pub fn na(out: &mut dyn Write, seen: Seen, n: &NeighborAdvert) -> io::Result<()> {
    let mut o = Object::new("na");
    o.seen(seen.number, seen.time).ip("src", n.src.into()).mac("src_mac", n.link.src);
    o.list("vlan", n.link.vlans.ids().iter().copied(), number_item)
        .ip("target", n.target.into())
        .mac("target_mac", n.target_mac);
    o.flag("override", n.over).flag("solicited", n.solicited).flag("router", n.router).number("ttl", n.hop_limit);
    o.end(out)
}

/// `igmp`
pub fn igmp(out: &mut dyn Write, seen: Seen, g: &GroupReport) -> io::Result<()> {
    let mut o = Object::new("igmp");
    o.seen(seen.number, seen.time).ip("src", g.src.into()).mac("src_mac", g.link.src);
    o.list("vlan", g.link.vlans.ids().iter().copied(), number_item).word("op", if g.join { "join" } else { "leave" });
    o.ip("group", g.group.into()).number("version", g.version);
    o.end(out)
}

#[derive(Serialize)]
struct MalformedObject<'a> {
    r#type: &'static str,
    frame: u64,
    #[serde(serialize_with = "time")]
    time: Timestamp,
    t: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst: Option<IpAddr>,
    layer: &'a str,
    field: &'a str,
    offset: usize,
    reason: &'a str,
}

/// `malformed`
pub fn malformed(out: &mut dyn Write, seen: Seen, m: &Malformed) -> io::Result<()> {
    let object = MalformedObject {
        r#type: "malformed",
        frame: seen.number,
        time: seen.time,
        t: t(seen.time),
        src: m.addresses.map(|a| a.0),
        dst: m.addresses.map(|a| a.1),
        layer: m.layer,
        field: m.field,
        offset: m.offset,
        reason: &m.reason,
    };
    line(out, &object)
}

#[derive(Serialize)]
struct DecodeSummary<'a> {
    r#type: &'static str,
    frames: u64,
    adverts: u64,
    arp: u64,
    na: u64,
    igmp: u64,
    malformed: u64,
    dropped: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<&'a str>,
}

/// `summary` of `decode` and `sniff`; `cut` says why the source ended early.
pub fn decode_summary(out: &mut dyn Write, totals: &Totals, dropped: u64, cut: Option<&str>) -> io::Result<()> {
    let Totals { frames, adverts, arp, na, igmp, malformed, .. } = *totals;
    line(out, &DecodeSummary { r#type: "summary", frames, adverts, arp, na, igmp, malformed, dropped, cut })
}

#[derive(Serialize)]
struct TransitionObject<'a> {
    r#type: &'static str,
    t: f64,
    #[serde(serialize_with = "time")]
    time: Timestamp,
    frame: u64,
    vrid: u8,
    family: &'static str,
    vlan: &'a [u16],
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
    to: IpAddr,
    priority: u8,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_ms: Option<f64>,
}

/// `transition`
pub fn transition(out: &mut dyn Write, group: GroupId, tr: &Transition) -> io::Result<()> {
    let object = TransitionObject {
        r#type: "transition",
        t: t(tr.seen.time),
        time: tr.seen.time,
        frame: tr.seen.number,
        vrid: group.vrid,
        family: group.family(),
        vlan: group.vlans.ids(),
        from: tr.from,
        to: tr.to,
        priority: tr.priority,
        reason: tr.reason.as_str(),
        silent_ms: tr.silent.map(ms),
        expected_ms: tr.expected.map(ms),
    };
    line(out, &object)
}

#[derive(Serialize)]
struct FrameEvidence<'a> {
    frame: u64,
    #[serde(serialize_with = "time")]
    time: Timestamp,
    t: f64,
    note: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum EvidenceObject<'a> {
    Frame(FrameEvidence<'a>),
    Place { file: &'a str, line: u32, column: u32, end_column: u32, note: &'a str },
    Fact { note: &'a str },
}

#[derive(Serialize)]
struct FindingObject<'a> {
    r#type: &'static str,
    id: &'static str,
    severity: &'static str,
    confidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vrid: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vlan: Option<&'a [u16]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    message: &'a str,
    evidence: Vec<EvidenceObject<'a>>,
    fix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unseen: Option<&'a str>,
}

/// `finding`
pub fn finding(out: &mut dyn Write, f: &Finding) -> io::Result<()> {
    let evidence = f.evidence.iter().map(|e| match e {
        Evidence::Frame { number, time, note } => {
            EvidenceObject::Frame(FrameEvidence { frame: *number, time: *time, t: t(*time), note })
        }
        Evidence::Place(p) => EvidenceObject::Place {
            file: &p.file,
            line: p.line,
            column: p.column,
            end_column: p.end_column,
            note: &p.note,
        },
        Evidence::Fact(note) => EvidenceObject::Fact { note },
    });
    let object = FindingObject {
        r#type: "finding",
        id: f.id,
        severity: f.severity.as_str(),
        confidence: f.confidence.as_str(),
        vrid: f.group.map(|g| g.vrid),
        family: f.group.map(|g| g.family()),
        vlan: f.group.as_ref().map(|g| g.vlans.ids()),
        node: f.node.as_deref(),
        message: &f.message,
        evidence: evidence.collect(),
        fix: &f.fix,
        unseen: f.unseen.as_deref(),
    };
    line(out, &object)
}

#[derive(Serialize)]
struct MemberObject<'a> {
    address: IpAddr,
    state: &'static str,
    priority: u8,
    version: u8,
    advert_int_ms: u64,
    auth: &'static str,
    macs: Vec<String>,
    addresses: &'a [IpAddr],
    adverts: u64,
    first_t: f64,
    last_t: f64,
}

#[derive(Serialize)]
struct AnnouncedObject {
    address: IpAddr,
    mac: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<IpAddr>,
    count: u64,
    t: f64,
}

#[derive(Serialize)]
struct PredictionObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<IpAddr>,
    priority: u8,
    after_ms: f64,
    after_release_ms: f64,
    formula: String,
}

#[derive(Serialize)]
struct GroupObject<'a> {
    r#type: &'static str,
    vrid: u8,
    family: &'static str,
    vlan: &'a [u16],
    #[serde(skip_serializing_if = "Option::is_none")]
    master: Option<IpAddr>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    masters: Vec<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_t: Option<f64>,
    priority: u8,
    version: u8,
    advert_int_ms: u64,
    auth: &'static str,
    addresses: &'a [IpAddr],
    adverts: u64,
    transitions: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_gap_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_gap_master: Option<IpAddr>,
    allowed_gap_ms: Ms,
    allowed_priority: u8,
    allowed_assumed: bool,
    members: Vec<MemberObject<'a>>,
    announced: Vec<AnnouncedObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prediction: Option<PredictionObject>,
}

fn member(m: &Member) -> MemberObject<'_> {
    MemberObject {
        address: m.addr,
        state: match m.standing {
            Standing::Master => "master",
            Standing::Yielded(_) => "yielded",
            Standing::Released(_) => "released",
            Standing::Silent => "silent",
        },
        priority: m.priority.value,
        version: m.version.value,
        advert_int_ms: m.interval.value.as_millis() as u64,
        auth: m.auth.value.as_str(),
        macs: m.macs.iter().map(ToString::to_string).collect(),
        addresses: &m.addresses.value,
        adverts: m.adverts,
        first_t: t(m.first.time),
        last_t: t(m.last.time),
    }
}

/// `group`
pub fn group(out: &mut dyn Write, g: &Group) -> io::Result<()> {
    let Some(voice) = g.voice() else { return Ok(()) };
    let Some((allowed, allowed_priority, known)) = g.worst_gap_allowed() else { return Ok(()) };
    let masters: Vec<IpAddr> = g.masters().iter().map(|m| m.addr).collect();
    let prediction = predict::predict(g).map(|p| PredictionObject {
        next: p.next,
        priority: p.priority,
        after_ms: ms(p.after),
        after_release_ms: ms(p.after_release),
        formula: describe::formula(&p.wait()),
    });
    let object = GroupObject {
        r#type: "group",
        vrid: g.id.vrid,
        family: g.id.family(),
        vlan: g.id.vlans.ids(),
        master: masters.first().copied(),
        masters: if masters.len() > 1 { masters } else { Vec::new() },
        since_t: g.master().and_then(|m| m.speaking_since).map(|s| t(s.time)),
        priority: voice.priority.value,
        version: voice.version.value,
        advert_int_ms: voice.interval.value.as_millis() as u64,
        auth: voice.auth.value.as_str(),
        addresses: &voice.addresses.value,
        adverts: g.adverts,
        transitions: g.transition_count,
        worst_gap_ms: g.worst_gap.map(|w| ms(w.length)),
        worst_gap_master: g.worst_gap.map(|w| w.member),
        allowed_gap_ms: whole_ms(allowed),
        allowed_priority,
        allowed_assumed: !known,
        members: g.members.values().map(member).collect(),
        announced: g
            .announcements
            .iter()
            .map(|(address, a)| AnnouncedObject {
                address: *address,
                mac: a.mac.to_string(),
                member: a.member,
                count: a.count,
                t: t(a.last.time),
            })
            .collect(),
        prediction,
    };
    line(out, &object)
}

#[derive(Serialize)]
struct TallyObject {
    critical: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
struct WatchSummary<'a> {
    r#type: &'static str,
    groups: usize,
    transitions: u64,
    findings: TallyObject,
    exit: u8,
    frames: u64,
    adverts: u64,
    malformed: u64,
    dropped: u64,
    #[serde(skip_serializing_if = "is_zero")]
    groups_forgotten: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<&'a str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// `summary` of `watch`
pub fn watch_summary(
    out: &mut dyn Write,
    groups: &[&Group],
    totals: &Totals,
    tally: Tally,
    exit: u8,
    dropped: u64,
    cut: Option<&str>,
) -> io::Result<()> {
    let object = WatchSummary {
        r#type: "summary",
        groups: groups.len(),
        transitions: totals.transitions,
        findings: TallyObject { critical: tally.critical, warning: tally.warning, info: tally.info },
        exit,
        frames: totals.frames,
        adverts: totals.adverts,
        malformed: totals.malformed,
        dropped,
        groups_forgotten: totals.groups_forgotten,
        cut,
    };
    line(out, &object)
}

#[derive(Serialize)]
struct LintSummary<'a> {
    r#type: &'static str,
    files: &'a [String],
    nodes: &'a [String],
    keepalived: String,
    findings: TallyObject,
    #[serde(skip_serializing_if = "no_findings")]
    ignored: usize,
    exit: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn no_findings(n: &usize) -> bool {
    *n == 0
}

/// `summary` of `lint`
pub fn lint_summary(out: &mut dyn Write, report: &Report<'_>, exit: u8) -> io::Result<()> {
    let tally = Tally::of(report.findings);
    let object = LintSummary {
        r#type: "summary",
        files: report.files,
        nodes: report.nodes,
        keepalived: report.version.to_string(),
        findings: TallyObject { critical: tally.critical, warning: tally.warning, info: tally.info },
        ignored: report.ignored,
        exit,
    };
    line(out, &object)
}

#[derive(Serialize)]
struct FixObject<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    written: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'a str>,
}

/// `fix`: a file that `lint --fix` changed, or would.
pub fn fix(out: &mut dyn Write, file: &str, written: bool, backup: Option<&str>) -> io::Result<()> {
    line(out, &FixObject { r#type: "fix", file: Some(file), written, backup, refused: None })
}

/// `fix` of what is not changed, because it would change what keepalived does.
pub fn fix_refused(out: &mut dyn Write, why: &str) -> io::Result<()> {
    line(out, &FixObject { r#type: "fix", file: None, written: false, backup: None, refused: Some(why) })
}

#[derive(Serialize)]
struct EffectiveSummary {
    r#type: &'static str,
    objects: usize,
    exit: u8,
}

/// `summary` of `lint --dump` and `--diff`.
pub fn effective_summary(out: &mut dyn Write, objects: usize, exit: u8) -> io::Result<()> {
    line(out, &EffectiveSummary { r#type: "summary", objects, exit })
}
