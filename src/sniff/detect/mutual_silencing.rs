//! `mutual-silencing`: fewer senders than masters.

use super::{Context, Detector, adverts, at, secs, who};
use crate::finding::{Finding, Page, Severity};
use crate::sniff::Observer;
use crate::sniff::group::{Contention, Group, down_interval};
use crate::sniff::member::Standing;

pub(super) const DETECTOR: Detector = Detector {
    page: Page {
        id: "mutual-silencing",
        title: "a master that is still master has been silenced by adverts it rejects",
        text: "\
What it means
  keepalived restarts a master's advert timer on every packet for its VRID, also on one that it rejects for a wrong
  password, version, interval or checksum. Two masters that reject each other therefore share one rhythm: whoever's
  timer fires first speaks, and the other starts waiting again. With different intervals the slower one never speaks
  again, while it keeps the addresses. The wire then looks healthy with a single sender, and both are master.

How it is decided
  Either a router fell silent the moment another one began to speak, without being late and without priority 0, and it
  cannot have given way: it is the better one and should have answered, or it has to reject the other's adverts. Or two
  senders take turns, and an advert comes one interval after the other's last instead of after its sender's own.

What it can be confused with
  The silent router died in the very interval in which the other one took over for another reason: two faults at once.

How to confirm
  Look on the silent node: `ip address` shows the virtual address, and the log names the check that fails
  («received an invalid passwd», «advertisement interval mismatch», «wrong VRRP version», «Invalid VRRPv3 checksum»).

How to fix
  Make version, interval, authentication, checksum form and (before keepalived 2.3.3) the address lists equal. With
  `lower_prio_no_advert` masters keep their own rhythm, which hides nothing but heals nothing either.
",
    },
    check,
};

fn check(observer: &Observer, _: &Context, out: &mut Vec<Finding>) {
    for group in observer.groups() {
        if let Some(f) = one_sided(group) {
            out.push(f);
        } else if let Some(c) = group.all_contentions().filter(|c| shares_rhythm(group, c)).max_by_key(|c| c.overlap())
        {
            out.push(sharing(group, c));
        }
    }
}

fn one_sided(group: &Group) -> Option<Finding> {
    let s = group.silenced?;
    let (silent, speaker) = (group.members.get(&s.member)?, group.members.get(&s.by)?);
    if silent.standing != Standing::Silent || !group.related(s.member, s.by) {
        return None;
    }
    let early = s.since.at().since(s.last.at());
    let message = format!(
        "{}: {} is probably still master although only {} speaks: it went quiet when {} began, {} after its last advert, \
         neither late nor resigning",
        group.id,
        who(silent),
        who(speaker),
        speaker.addr,
        secs(early),
    );
    let fix = format!(
        "Look for the virtual address on {} too; make interval ({} and {}), version, authentication and checksum form \
         equal on both nodes.",
        silent.addr,
        secs(silent.interval.value),
        secs(speaker.interval.value)
    );
    let f = Finding::new("mutual-silencing", Severity::Critical, message, fix).group(group.id);
    let f = at(f, s.last, format!("last advert of {}", silent.addr));
    let why = if silent.outranks(speaker) { "which it outranks" } else { "whose adverts it rejects" };
    let f = at(f, s.since, format!("first advert of {}, {why}", speaker.addr));
    Some(f.likely(format!("the state of {}: one sender does not prove one master", silent.addr)))
}

fn shares_rhythm(group: &Group, c: &Contention) -> bool {
    let span = group.last.at().since(c.since.at());
    let lesser = c.speakers.iter().filter_map(|s| group.members.get(&s.0)).min_by_key(|m| m.priority.value);
    c.restarts >= 1
        && group.related(c.incumbent, c.newcomer)
        && lesser.is_some_and(|m| span >= down_interval(m, m.priority.value))
}

fn sharing(group: &Group, c: &Contention) -> Finding {
    let list: Vec<String> = c.speakers.iter().map(|(a, n, _)| format!("{a} {n}")).collect();
    let message = format!(
        "{}: {} and {} are both master and silence each other in turn: together they send one advert an interval \
         (adverts since: {})",
        group.id,
        c.incumbent,
        c.newcomer,
        list.join(", ")
    );
    let fix = format!(
        "Each rejects the other's adverts: make version, interval, authentication and checksum form equal on {} and {}.",
        c.incumbent, c.newcomer
    );
    let f = Finding::new("mutual-silencing", Severity::Critical, message, fix).group(group.id);
    let f = at(f, c.since, format!("{} speaks while {} is master", c.newcomer, c.incumbent));
    let f = f.fact(format!(
        "{} came one interval after the other's advert instead of their own",
        adverts(u64::from(c.restarts))
    ));
    f.likely("the log of either node, which names the check that fails")
}
