//! One type for everything the program judges.
//!
//! A capability produces [`Finding`]s; reports and screens show them; `hactl explain` shows the [`Page`] behind an id.
//! A finding is a sentence with evidence and a change to make, never a log line.

use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use crate::time::Timestamp;
use crate::wire::Vlans;

/// How bad it is. The order is that of the exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do now.
    Info,
    /// Will hurt when something else happens, or hurts a little now (exit status 1).
    Warning,
    /// Hurts now (exit status 2).
    Critical,
}

impl Severity {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// The evidence allows no other reading.
    Certain,
    /// The usual reading of the evidence; [`Finding::unseen`] says what would settle it.
    Likely,
}

impl Confidence {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
        }
    }
}

/// A virtual router as the wire shows it: adverts with the same key are heard by the same routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId {
    /// VLAN tags, outermost first.
    pub vlans: Vlans,
    /// Virtual router identifier.
    pub vrid: u8,
    /// IPv6 as opposed to IPv4.
    pub ipv6: bool,
}

impl GroupId {
    /// `ipv4` or `ipv6`, as in JSON.
    pub const fn family(&self) -> &'static str {
        if self.ipv6 { "ipv6" } else { "ipv4" }
    }

    /// The family that an address belongs to.
    pub const fn with_address(vlans: Vlans, vrid: u8, addr: IpAddr) -> Self {
        Self { vlans, vrid, ipv6: addr.is_ipv6() }
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VRID {}/{}", self.vrid, if self.ipv6 { "IPv6" } else { "IPv4" })?;
        if !self.vlans.ids().is_empty() {
            write!(f, " on VLAN {}", self.vlans)?;
        }
        Ok(())
    }
}

/// Something that anyone can look up to check a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A frame of the capture.
    Frame {
        /// Its number in the source, as tshark counts.
        number: u64,
        /// When it was seen.
        time: Timestamp,
        /// What it shows.
        note: String,
    },
    /// A piece of a file.
    Place(Place),
    /// A fact of this host or of the whole capture.
    Fact(String),
}

/// A piece of a line of a file, in a form that can be shown without the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as it was given or found.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The first character, from 1.
    pub column: u32,
    /// The character behind the last.
    pub end_column: u32,
    /// The line's text: without control characters, and with secrets masked.
    pub text: String,
    /// The characters of [`Self::text`] that are meant, counted from 0. Not always the columns: a mask has its own length.
    pub mark: Range<usize>,
    /// What it shows; nothing when the finding's message says it.
    pub note: String,
    /// Whether the finding is about this place, as opposed to one that explains it.
    pub primary: bool,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Stable kebab-case id, the key of its [`Page`].
    pub id: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// The virtual router it concerns, if one.
    pub group: Option<GroupId>,
    /// The node it concerns, in a simulation.
    pub node: Option<String>,
    /// One sentence that names addresses and numbers.
    pub message: String,
    /// What to look at to check it.
    pub evidence: Vec<Evidence>,
    /// The change to make.
    pub fix: String,
    /// What could not be seen from here and would settle it.
    pub unseen: Option<String>,
}

impl Finding {
    /// A certain finding without evidence yet.
    pub fn new(id: &'static str, severity: Severity, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            confidence: Confidence::Certain,
            group: None,
            node: None,
            message: message.into(),
            evidence: Vec::new(),
            fix: fix.into(),
            unseen: None,
        }
    }

    /// Names the virtual router.
    #[must_use]
    pub fn group(mut self, id: GroupId) -> Self {
        self.group = Some(id);
        self
    }

    /// Adds a frame.
    #[must_use]
    pub fn frame(mut self, number: u64, time: Timestamp, note: impl Into<String>) -> Self {
        self.evidence.push(Evidence::Frame { number, time, note: note.into() });
        self
    }

    /// Adds a piece of a file.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.evidence.push(Evidence::Place(place));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, note: impl Into<String>) -> Self {
        self.evidence.push(Evidence::Fact(note.into()));
        self
    }

    /// Says that it is only likely, and what would settle it.
    #[must_use]
    pub fn likely(mut self, unseen: impl Into<String>) -> Self {
        self.confidence = Confidence::Likely;
        self.unseen = Some(unseen.into());
        self
    }

    /// Says what could not be seen, without lowering the confidence.
    #[must_use]
    pub fn unseen(mut self, unseen: impl Into<String>) -> Self {
        self.unseen = Some(unseen.into());
        self
    }
}

/// The long text behind an id, shown by `hactl explain`.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The id.
    pub id: &'static str,
    /// A line that says what it is.
    pub title: &'static str,
    /// Sections headed `What it means`, `How it is decided`, `What it can be confused with`, `How to confirm`,
    /// `How to fix`.
    pub text: &'static str,
}

/// How many findings of each severity there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Critical ones.
    pub critical: usize,
    /// Warnings.
    pub warning: usize,
    /// Information.
    pub info: usize,
}

impl Tally {
    /// Counts.
    pub fn of(findings: &[Finding]) -> Self {
        let mut t = Self::default();
        for f in findings {
            match f.severity {
                Severity::Critical => t.critical += 1,
                Severity::Warning => t.warning += 1,
                Severity::Info => t.info += 1,
            }
        }
        t
    }

    /// The exit status that goes with them: 0, 1 for warnings, 2 for critical ones.
    pub const fn exit_status(self) -> u8 {
        if self.critical > 0 {
            2
        } else if self.warning > 0 {
            1
        } else {
            0
        }
    }
}
