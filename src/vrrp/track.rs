//! What a virtual router depends on beside the wire: interfaces, scripts, files, processes, BFD sessions.

/// Something that failed here and keeps a virtual router out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// An interface it depends on is down: its own, a tracked one, or one of its addresses' or routes'.
    Interface,
    /// The interface below its virtual-MAC interface is down.
    BaseInterface,
    /// There is no address to send adverts from.
    NoSource,
    /// A tracked script, file, process or BFD session of weight 0.
    Tracked,
    /// Another instance of this host has the same VRID on the same interface.
    DuplicateVrid,
    /// The configuration forbids it.
    Config,
    /// The operator, or a drill.
    Forced,
}

impl Fault {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Interface,
        Self::BaseInterface,
        Self::NoSource,
        Self::Tracked,
        Self::DuplicateVrid,
        Self::Config,
        Self::Forced,
    ];

    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::BaseInterface => "base-interface",
            Self::NoSource => "no-source",
            Self::Tracked => "tracked",
            Self::DuplicateVrid => "duplicate-vrid",
            Self::Config => "config",
            Self::Forced => "forced",
        }
    }
}

/// Which faults there are, and how many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    counts: [u16; Fault::ALL.len()],
}

impl Faults {
    /// Adds one.
    pub fn set(&mut self, fault: Fault) {
        let n = &mut self.counts[fault as usize];
        *n = n.saturating_add(1);
    }

    /// Takes one away; with `shared`, all interfaces at once (see `Profile::interfaces_share_a_fault`).
    pub fn clear(&mut self, fault: Fault, shared: bool) {
        let n = &mut self.counts[fault as usize];
        *n = if shared && fault == Fault::Interface { 0 } else { n.saturating_sub(1) };
    }

    /// Whether there is this one.
    pub fn has(&self, fault: Fault) -> bool {
        self.counts[fault as usize] > 0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|n| *n == 0)
    }

    /// The first cause there is, in the order of [`Fault::ALL`].
    pub fn first(&self) -> Option<Fault> {
        Fault::ALL.into_iter().find(|f| self.counts[*f as usize] > 0)
    }
}
