//! `auth-mismatch`

use crate::conf::Span;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, Router, by, nodes, sides, title};
use crate::lint::{Check, Context, Diagnostic, Found, Rule};
use crate::vrrp::sequence::{Authentication, HmacAuth, HmacMode};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "auth-mismatch",
        title: "nodes authenticate the adverts of one virtual router differently",
        text: "\
What it is
  The instances of one virtual router differ in `auth_type` or `auth_pass`, or in the keys and modes of `auth_hmac`.
  What counts is what keepalived uses: nothing in version 3 or strict mode, nothing without `auth_type`, and of
  `auth_pass` the first eight characters.

Why it hurts
  Each node discards the other's adverts, takes it for dead, and both are master.

Example
  a.conf: authentication { auth_type PASS
                           auth_pass s3cret01 }
  b.conf: authentication { auth_type AH
                           auth_pass s3cret01 }

What keepalived does
  «received an invalid passwd», «received a 1 auth from …, expecting 0». With AH on one side only, nothing at all: the
  adverts come as another IP protocol. A node without `auth_hmac` rejects a signed advert as too long; one with `mode
  enforce` rejects what is not signed.

How to fix
  The same `auth_type` and `auth_pass`, or the same `auth_hmac` keys under the same ids, on all nodes. To bring in
  `auth_hmac` without an outage: `mode receive-only` everywhere, then `permissive` everywhere, then `enforce`.
  Passwords that differ only after their eighth character work together; shorten both to what counts.

Since
  Every version; `auth_hmac` since 2.4.0.
",
    },
    severity: Severity::Critical,
    fix: "Make auth_type and auth_pass, or the auth_hmac keys, the same on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        // Of different versions, neither listens to the other at all.
        for (_, members) in router.by(|m| m.run.version) {
            if let Some(say) = judge(&members, found) {
                found.push(router.name(labelled(say, &members)));
            } else if let Some(say) = beyond_eight(router, &members, found) {
                found.push(router.name(labelled(say, &members)));
            }
        }
    }
}

fn judge(members: &[Member<'_>], found: &Found) -> Option<Diagnostic> {
    let title = title(members);
    if members.iter().any(|m| matches!(m.run.auth, Authentication::Hmac(_))) {
        return hmac(members, found, &title);
    }
    let kinds = by(members, |m| m.run.auth.as_str());
    if kinds.len() > 1 {
        let message = format!(
            "{title}: adverts have {}; each discards the other's, and both are master",
            sides(&kinds, |kind| (*kind).to_owned())
        );
        return Some(found.say(message).fix("Set the same auth_type, with the same auth_pass, on all nodes."));
    }
    let passwords = by(members, |m| match m.run.auth {
        Authentication::Pass(password) | Authentication::Ah(password) => Some(password),
        Authentication::None | Authentication::Hmac(_) => None,
    });
    let [(_, first), rest @ ..] = passwords.as_slice() else { return None };
    if rest.is_empty() {
        return None;
    }
    let others: Vec<String> = rest.iter().map(|(_, who)| nodes(who)).collect();
    let long = members.iter().any(|m| written(m).is_some_and(|p| p.len() > 8));
    let part =
        if long { "the first 8 characters of auth_pass, which are what counts, differ" } else { "auth_pass differs" };
    let message = format!(
        "{title}: {part} between {} and {}; each discards the other's adverts, and both are master",
        nodes(first),
        others.join(" and ")
    );
    Some(found.say(message).fix("Set the same auth_pass on all nodes; its first 8 characters count."))
}

/// Passwords that differ where nobody looks.
fn beyond_eight(router: &Router<'_>, members: &[Member<'_>], found: &Found) -> Option<Diagnostic> {
    let texts = by(members, |m| written(m));
    if texts.len() < 2 || members.iter().any(|m| written(m).is_none_or(|p| p.len() < 8)) {
        return None;
    }
    let message = format!(
        "{}: auth_pass of {} differs after the same first 8 characters, which are all that keepalived compares; they \
         work together",
        router.title(),
        nodes(members)
    );
    let fix = "Shorten auth_pass to its first 8 characters on all nodes.";
    Some(found.say(message).severity(Severity::Info).fix(fix))
}

/// A password as it is written. It is compared and never shown.
fn written<'a>(member: &Member<'a>) -> Option<&'a [u8]> {
    if !matches!(member.run.auth, Authentication::Pass(_) | Authentication::Ah(_)) {
        return None;
    }
    let span = member.conf.authentication.as_ref()?.password?.span;
    let text = member.on.conf.sources.text(span.file).get(span.start as usize..span.end as usize)?;
    Some(text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(text))
}

/// The first pair of which one does not accept what the other sends; with all others as facts.
fn hmac(members: &[Member<'_>], found: &Found, title: &str) -> Option<Diagnostic> {
    let mut said = members.iter().enumerate().flat_map(|(i, one)| {
        let pairs = members.iter().skip(i + 1).map(move |other| (*one, *other));
        pairs.filter_map(|(one, other)| {
            let (there, back) = (refuses(&other, &one), refuses(&one, &other));
            let reason = there.as_ref().or(back.as_ref())?;
            let who = if there.is_some() && back.is_some() {
                "each discards the other's adverts, and both are master".to_owned()
            } else {
                let (sender, receiver) = if there.is_some() { (&one, &other) } else { (&other, &one) };
                format!("{} discards the adverts of {}, and is master beside it", receiver.on.name, sender.on.name)
            };
            Some(format!("{reason}; {who}"))
        })
    });
    let first = said.next()?;
    let say = found.say(format!("{title}: {first}"));
    Some(said.fold(say, Diagnostic::fact))
}

/// Why a node discards another's adverts, if their authentication makes it do so.
fn refuses(receiver: &Member<'_>, sender: &Member<'_>) -> Option<String> {
    let (r, s) = (&receiver.on.name, &sender.on.name);
    let signs = |h: &HmacAuth| h.mode != HmacMode::ReceiveOnly;
    match (&receiver.run.auth, &sender.run.auth) {
        (Authentication::Hmac(ours), Authentication::Hmac(theirs)) if signs(theirs) => {
            let id = theirs.active;
            let listed = receiver.conf.auth_hmac.as_ref().is_some_and(|h| h.ids.iter().any(|i| i.value == id));
            match (ours.keys.hmac(id), theirs.keys.hmac(id)) {
                (Some(a), Some(b)) if a != b => {
                    let (one, other) = if receiver.node < sender.node { (r, s) } else { (s, r) };
                    Some(format!("key {id} of auth_hmac differs between {one} and {other}"))
                }
                (None, _) if !listed => {
                    Some(format!("{s} signs with key {id} of auth_hmac (active_key), which {r} does not have"))
                }
                // The same, or a file that cannot be read here.
                _ => None,
            }
        }
        (Authentication::Hmac(ours), theirs) if ours.mode == HmacMode::Enforce => Some(match theirs {
            Authentication::Hmac(_) => {
                format!("{s} does not sign (mode receive-only) and {r} demands it (mode enforce)")
            }
            _ => format!("{r} demands signed adverts (auth_hmac, mode enforce) and {s} has {}", theirs.as_str()),
        }),
        (Authentication::Hmac(_), _) => None,
        (ours, Authentication::Hmac(theirs)) if signs(theirs) => {
            Some(format!("{s} signs its adverts (auth_hmac) and {r}, with {}, takes them as too long", ours.as_str()))
        }
        // What is not signed is type 0.
        (ours @ (Authentication::Pass(_) | Authentication::Ah(_)), Authentication::Hmac(_)) => {
            Some(format!("{s} sends adverts without a password and {r} expects {}", ours.as_str()))
        }
        _ => None,
    }
}

fn labelled(say: Diagnostic, members: &[Member<'_>]) -> Diagnostic {
    members.iter().fold(say, |d, m| d.label(m.node, place(m), format!("{} on {}", m.run.auth.as_str(), m.on.name)))
}

/// What decides how an instance authenticates: without its secret.
fn place(member: &Member<'_>) -> Span {
    let conf = member.conf;
    let hmac = conf.auth_hmac.as_ref().map(|h| h.active.map_or(h.span, |a| a.span));
    let auth = conf.authentication.as_ref().map(|a| a.kind.map_or(a.span, |k| k.span));
    hmac.or(auth).unwrap_or(conf.name.span)
}
