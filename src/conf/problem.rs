//! What is wrong in a configuration, as keepalived would take it.

use std::fmt::{self, Write as _};

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Conf;
use super::source::{FileId, Span};

/// How keepalived's own check (`keepalived -t`) tells of a kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// With its file and line.
    Line,
    /// Without a line: it is found after everything was read.
    Plainly,
    /// With the line at which its block ends.
    End,
    /// Not at all.
    Not,
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident $id:literal $told:ident,)+) => {
        /// Kinds of problems. The id is for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])+ $name,)+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The id, as in `conf-unknown-keyword` without its prefix.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How `keepalived -t` tells of it.
            pub const fn told(self) -> Told {
                match self { $(Self::$name => Told::$told,)+ }
            }
        }
    };
}

kinds! {
    /// No keyword of this name here.
    UnknownKeyword "unknown-keyword" Line,
    /// A keyword of a later keepalived.
    TooNew "keyword-too-new" Line,
    /// An old spelling; keepalived says so.
    Deprecated "deprecated" Line,
    /// An old spelling that keepalived takes silently.
    OldName "old-name" Not,
    /// A keyword lacks its argument: keepalived stops reading and does not start.
    MissingArgument "missing-argument" Line,
    /// A keyword lacks its argument and is passed over.
    NoArgument "no-argument" Line,
    /// Not a number, or one out of range.
    BadNumber "bad-number" Line,
    /// A time of 0 that keepalived refuses, and that holds without it all the same.
    ZeroRefused "zero-refused" Line,
    /// Not a virtual router id.
    BadVrid "bad-vrid" Line,
    /// More decimal places than count.
    Precision "precision" Line,
    /// A word that is not one of those possible.
    BadWord "bad-word" Line,
    /// Not an address, or one of the wrong kind.
    BadAddress "bad-address" Line,
    /// A virtual address that keepalived does not take, and so never sets.
    AddressDropped "address-dropped" Line,
    /// A unicast peer that keepalived does not take.
    PeerDropped "peer-dropped" Line,
    /// A virtual address with the prefix length 0, which is also what a slash with nothing behind it means.
    ZeroPrefix "zero-prefix" Not,
    /// A route that keepalived does not take, and so never sets.
    RouteDropped "route-dropped" Line,
    /// A rule that keepalived does not take, and so never sets.
    RuleDropped "rule-dropped" Line,
    /// A route whose loss 2.2.7 does not notice.
    RouteNotTracked "route-not-tracked" Line,
    /// A rule without its preference.
    NoPreference "rule-without-preference" Line,
    /// A word behind `inet` or `inet6`, which is passed over.
    Swallowed "swallowed-word" Not,
    /// A network of a route or rule without its prefix length after the slash: all addresses.
    EmptyPrefix "empty-prefix" Not,
    /// A word in an entry that means nothing there.
    BadEntry "bad-entry" Line,
    /// A malformed entry of a `track_…` list: keepalived does not track it.
    NotTracked "not-tracked" Line,
    /// Words after a keyword's arguments, which nobody reads.
    ExtraWords "extra-words" Not,
    /// Said twice, and the later one is passed over.
    AlreadySet "already-set" Line,
    /// Said twice, and the later one is used, which keepalived says.
    Replaced "replaced" Line,
    /// Said twice with different values, and the later one is used without a word.
    SetTwice "set-twice" Not,
    /// An address or peer that is in a list already, which keepalived does not mind.
    EntryTwice "entry-twice" Not,
    /// A keyword of `global_defs` behind what it is for.
    LateGlobal "late-global" Not,
    /// A block of this name was there already; the first is used without a word.
    NameTwice "name-twice" Not,
    /// A word that is to turn something off, behind a keyword that reads none.
    OffTurnsOn "off-turns-on" Not,
    /// What follows an address and is passed over.
    AddressTail "address-tail" Not,
    /// A netmask that is none.
    OddMask "odd-netmask" Not,
    /// A keyword that has an effect only behind another one.
    Misplaced "misplaced" Line,
    /// Passed over, and only the log says so.
    PassedOver "passed-over" Not,
    /// A block of this name was there already; the later one is passed over.
    DuplicateName "duplicate-name" Line,
    /// A block needs exactly one name.
    BlockName "block-name" Line,
    /// Words between a list's keyword and its `{`.
    ListWords "list-words" Line,
    /// A list without an entry that counts.
    EmptyList "empty-list" End,
    /// Names something that is not defined before.
    NotDefined "not-defined" Line,
    /// A password of more than eight characters.
    LongPassword "long-password" Line,
    /// A key that is none: its digits, or its length.
    BadKey "bad-key" Line,
    /// A file with a key cannot be read.
    KeyFile "key-file" Line,
    /// A block begins without `{`.
    MissingOpen "missing-open" Line,
    /// A list begins without `{`.
    MissingListOpen "missing-list-open" Not,
    /// A `{` where none belongs.
    UnexpectedOpen "unexpected-open" Line,
    /// A `}` that closes nothing.
    ExtraClose "extra-close" Line,
    /// A block that nothing closes.
    MissingClose "missing-close" Plainly,
    /// A quote that does not end on its line.
    UnmatchedQuote "unmatched-quote" Line,
    /// A sign that only looks like one of the language: `｛`, `＃`, a no-break space.
    LookAlike "look-alike" Not,
    /// A backslash at the end of a line that is no definition.
    TrailingBackslash "trailing-backslash" Not,
    /// The use of a definition that is not there.
    NoDefinition "no-definition" Not,
    /// A definition's name without braces before what does not end it: it is not put in place.
    NotExpanded "not-expanded" Not,
    /// A condition before a line that begins a block: it is for that line only.
    ConditionalBlock "conditional-block" Not,
    /// A line of more than 1023 bytes.
    LongLine "long-line" Not,
    /// A NUL byte.
    NulByte "nul-byte" Not,
    /// A comment that ends in a backslash.
    CommentBackslash "comment-backslash" Not,
    /// A file to include is not there or cannot be read.
    Include "include" Line,
    /// A file that must be included is not there or cannot be read: keepalived does not start.
    IncludeRequired "include-required" Line,
    /// Includes include each other without end.
    IncludeDepth "include-depth" Not,
    /// A definition that refers to itself.
    SelfReference "self-reference" Not,
    /// `~SEQ` or `~LST` is malformed.
    BadRepeat "bad-repeat" Line,
    /// More text than is read.
    TooMuch "too-much" Not,
    /// A value that is drawn at random when keepalived starts.
    Random "random" Not,
    /// An instance without `virtual_router_id`: keepalived drops it.
    NoVrid "no-vrid" Plainly,
    /// An instance without `interface`: keepalived drops it.
    NoInterface "no-interface" Plainly,
    /// An instance without a virtual address.
    NoAddress "no-address" Plainly,
    /// `auth_hmac` without a key to sign with.
    NoActiveKey "no-active-key" Plainly,
    /// A script, process or file to track that does not say what it is.
    Untrackable "untrackable" End,
    /// Unicast peers in strict mode: keepalived does not start.
    StrictUnicast "strict-unicast" Plainly,
    /// A setting that strict mode decides otherwise.
    StrictForbids "strict-forbids" Plainly,
    /// Version 2 for IPv6.
    Ipv6Version "ipv6-version" Plainly,
    /// Authentication that no advert will have.
    AuthIgnored "auth-ignored" Plainly,
    /// `state MASTER` with AH, which begins as BACKUP.
    AhMaster "ah-with-master" Plainly,
    /// `nopreempt` that does not hold.
    NopreemptIgnored "nopreempt-ignored" Plainly,
    /// `preempt_delay` that does not hold.
    PreemptDelayIgnored "preempt-delay-ignored" Plainly,
    /// A keyword of unicast without a unicast peer.
    UnicastWithoutPeers "unicast-without-peers" Plainly,
    /// `unicast_fault_no_peer` without a unicast peer: the instance stays in FAULT.
    FaultNoPeer "unicast-fault-no-peer" Not,
    /// `unicast_ttl` without a unicast peer: adverts leave with TTL 0.
    TtlWithoutPeers "unicast-ttl-without-peers" End,
    /// Unicast through a virtual MAC without `vmac_xmit_base`: keepalived adds it.
    UnicastVmac "unicast-vmac" End,
    /// A setting of an instance that does not go with another one and is passed over.
    SettingIgnored "setting-ignored" Plainly,
    /// `use_ipvlan` without an address of its own, or one of the other family: the instance stays in FAULT.
    IpvlanAddress "ipvlan-address" Plainly,
    /// More virtual addresses than fit into an advert.
    TooManyAddresses "too-many-addresses" Plainly,
    /// An instance tracks its own interface, which it does anyway.
    OwnInterface "own-interface-tracked" Plainly,
    /// A weight for an instance's own interface, which keepalived leaves out.
    OwnInterfaceWeight "own-interface-weight" Plainly,
    /// Weights for an owner, whose priority does not change.
    OwnerWeights "owner-weights" Plainly,
    /// A `garp_group` without an interval, which is dropped.
    GarpGroupDropped "garp-group-dropped" End,
    /// A value is lowered to another one's.
    Lowered "lowered" End,
    /// A value is rounded to what an advert can say.
    Rounded "rounded" Plainly,
    /// Two instances share an interface, family and virtual router id.
    DuplicateVrid "duplicate-vrid" Plainly,
    /// A sync group names an instance that is not there or belongs to another group.
    GroupMember "group-member" Plainly,
    /// A sync group without members.
    GroupEmpty "group-empty" Plainly,
    /// A sync group of owners and others.
    GroupOwners "group-owners" Plainly,
    /// An interface that a sync group tracks and its member does anyway.
    GroupInterfaceTwice "group-interface-twice" Plainly,
    /// A sync group of one member.
    GroupSingle "group-single" Plainly,
    /// A weighted tracker of a member that a sync group takes away.
    GroupWeight "group-weight" Plainly,
    /// A weight of a member's interface that a sync group takes away: its loss is a fault.
    GroupInterface "group-interface-weight" Plainly,
    /// A virtual server without a real server.
    NoRealServer "no-real-server" Plainly,
    /// A real or sorry server of the other family than its virtual server.
    ServerFamily "server-family" End,
    /// A real server that its virtual server has already.
    DuplicateServer "duplicate-real-server" Plainly,
    /// A virtual server that is there already.
    DuplicateService "duplicate-virtual-server" Not,
    /// A virtual server of a group that does not exist.
    UnknownServerGroup "unknown-server-group" Not,
    /// A virtual server that does not say its protocol, and becomes UDP.
    NoProtocol "no-protocol" Plainly,
    /// A virtual server that does not say its scheduler, and becomes wlc.
    NoScheduler "no-scheduler" Plainly,
    /// A virtual server that does not say how packets are forwarded, and becomes NAT.
    NoMethod "no-method" Plainly,
    /// A quorum above the weight of all real servers; keepalived lowers it.
    QuorumTooHigh "quorum-too-high" Plainly,
    /// A hysteresis that is not below the quorum; keepalived lowers it.
    Hysteresis "hysteresis-too-high" Plainly,
    /// A real server's port that its virtual server's method cannot serve.
    ServerPort "server-port" Plainly,
    /// A virtual server of all ports without persistence; keepalived turns that on.
    ZeroPort "zero-port" Plainly,
    /// One-packet scheduling without UDP.
    OpsWithoutUdp "ops-without-udp" Plainly,
    /// A setting that a service by mark does not have.
    MarkIgnores "ignored-with-fwmark" Plainly,
    /// A sorry server that is a real server too, with another `inhibit_on_failure`.
    SorryInhibit "sorry-server-inhibit" Plainly,
    /// A checker or one of its pages lacks what it cannot do without, and is dropped.
    CheckerIncomplete "checker-incomplete" End,
    /// A checker that can never be content.
    CheckerFails "checker-never-passes" End,
    /// `HTTP_GET` or `SSL_GET` without a page.
    CheckerWithoutUrl "checker-without-url" End,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What kind.
    pub kind: Kind,
    /// What it is and what keepalived does about it, in one line without secrets.
    pub sentence: String,
    /// Whether it only follows from an earlier stray brace, and goes away with that.
    pub cascade: bool,
    /// Other places that explain it, each with what it shows: `first set here`.
    pub related: Vec<(Span, String)>,
    /// The change to make, as a sentence; nothing where the kind's own advice says it.
    pub help: Option<String>,
    /// Edits that make the change without changing what keepalived does with the file.
    pub edits: Vec<Edit>,
}

/// A change of a file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty to insert.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

impl Problem {
    /// A problem of its own.
    pub fn new(span: Span, kind: Kind, sentence: impl Into<String>) -> Self {
        Self {
            span,
            kind,
            sentence: sentence.into(),
            cascade: false,
            related: Vec::new(),
            help: None,
            edits: Vec::new(),
        }
    }

    /// Adds a place that explains it.
    #[must_use]
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }

    /// Says which change to make.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds an edit that keeps the meaning.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Whether keepalived gives up at it instead of starting.
    pub const fn stops_keepalived(&self) -> bool {
        matches!(self.kind, Kind::MissingArgument | Kind::IncludeRequired)
    }
}

/// Takes out what is said twice on purpose: a default, and what replaces it on one node (`@ID`), or in the file that
/// includes another.
pub(super) fn deliberate(conf: &mut Conf) {
    let sources = &conf.sources;
    let conditional = |span: Span| {
        let line = sources.line(span.file, sources.position(span).line);
        line.trim_ascii_start().starts_with(b"@")
    };
    conf.problems.retain(|p| {
        let Some((first, _)) = p.related.first().filter(|_| p.kind == Kind::SetTwice) else { return true };
        first.file == p.span.file && !conditional(*first) && !conditional(p.span)
    });
}

/// Leaves one problem of each mistake: the first of those of one kind about one piece of text, however often that is used,
/// and none about what a value is that is not known.
pub(super) fn distinct(problems: &mut Vec<Problem>, mut unknown: Vec<Span>) {
    unknown.sort_unstable_by_key(|s| (s.file, s.via, s.start));
    let follows = |p: &Problem| {
        let first = unknown.partition_point(|s| (s.file, s.via, s.end) <= (p.span.file, p.span.via, p.span.start));
        let within = |s: &Span| (s.file, s.via) == (p.span.file, p.span.via) && s.start < p.span.end;
        let cause = matches!(p.kind, Kind::NoDefinition | Kind::NotExpanded);
        !cause && unknown.get(first).is_some_and(within)
    };
    let mut seen: HashMap<(Kind, FileId, u32, u32), (usize, usize)> = HashMap::new();
    let mut kept: Vec<Problem> = Vec::with_capacity(problems.len());
    for p in problems.drain(..).filter(|p| !follows(p)) {
        match seen.entry((p.kind, p.span.file, p.span.start, p.span.end)) {
            Entry::Vacant(place) => {
                place.insert((kept.len(), 0));
                kept.push(p);
            }
            Entry::Occupied(mut place) => place.get_mut().1 += 1,
        }
    }
    for (at, more) in seen.into_values().filter(|(_, more)| *more > 0) {
        if let Some(p) = kept.get_mut(at) {
            let s = if more == 1 { "" } else { "s" };
            p.sentence = format!("{}; the same {more} time{s} more where this text is used", p.sentence);
        }
    }
    *problems = kept;
}

/// Text of a configuration for a sentence: in back quotes, short, without control characters.
pub(crate) fn quote(text: &[u8]) -> String {
    quoted(text).to_string()
}

/// The same for a sentence that nearly never is said.
pub(super) fn quoted(text: &[u8]) -> Quoted<'_> {
    Quoted(text)
}

/// Text that is quoted when it is shown.
#[derive(Clone, Copy)]
pub(super) struct Quoted<'a>(&'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 48;
        let text = String::from_utf8_lossy(self.0);
        f.write_char('`')?;
        for c in text.chars().take(MOST) {
            let hidden = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            f.write_char(if hidden { '\u{fffd}' } else { c })?;
        }
        f.write_str(if text.chars().nth(MOST).is_some() { "…`" } else { "`" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_short_and_cannot_reach_a_terminal() {
        assert_eq!(quote(b"eth0"), "`eth0`");
        assert_eq!(quote(b"\x1b[2J\xff"), "`\u{fffd}[2J\u{fffd}`");
        assert_eq!(quote(&[b'a'; 60]), format!("`{}…`", "a".repeat(48)));
    }

    #[test]
    fn ids_are_distinct() {
        let ids: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|k| k.as_str()).collect();
        assert_eq!(ids.len(), Kind::ALL.len());
    }
}
