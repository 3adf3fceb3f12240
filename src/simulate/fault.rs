//! What can befall nodes and links: a file of `faults/` and a row of [`FAULTS`] each.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::faults;
use super::scenario::{Scenario, Setting};
use super::world::World;

/// What a fault can be told beside its node. The order is that of a line's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An interface of the node.
    Interface,
    /// A `vrrp_script`.
    Script,
    /// An exit status, or `hang`.
    Exit,
    /// How long a run takes.
    Takes,
    /// A `vrrp_track_process`.
    Process,
    /// Whether enough run: `up` or `down`.
    Running,
    /// A `track_file`.
    File,
    /// The number in it.
    Value,
    /// An address.
    Address,
    /// Sides of a partition.
    Sides,
    /// Sender of a link.
    From,
    /// Receiver of a link.
    To,
    /// Parts of a hundred.
    Percent,
    /// A duration.
    Time,
    /// A new configuration.
    Config,
}

impl Key {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Interface,
        Self::Script,
        Self::Exit,
        Self::Takes,
        Self::Process,
        Self::Running,
        Self::File,
        Self::Value,
        Self::Address,
        Self::Sides,
        Self::From,
        Self::To,
        Self::Percent,
        Self::Time,
        Self::Config,
    ];

    /// The key of a word; a duration may be called by what it is one of.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "duration" | "delay" | "jitter" => Some(Self::Time),
            word => Self::ALL.iter().copied().find(|k| k.name() == word),
        }
    }

    /// As it is written in scenario files and before `=` in a line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Script => "script",
            Self::Exit => "exit",
            Self::Takes => "takes",
            Self::Process => "process",
            Self::Running => "running",
            Self::File => "file",
            Self::Value => "value",
            Self::Address => "address",
            Self::Sides => "sides",
            Self::From => "from",
            Self::To => "to",
            Self::Percent => "percent",
            Self::Time => "time",
            Self::Config => "config",
        }
    }
}

/// Whether a fault is one of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of one node.
    Node,
    /// Of one node, or of all.
    NodeOrAll,
    /// Of the network.
    Network,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultKind {
    /// Its word: `do = "crash"`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Whose it is.
    pub whose: Whose,
    /// What it must be told.
    pub needs: &'static [Key],
    /// What it may be told.
    pub may: &'static [Key],
    /// Does it.
    pub apply: fn(&mut World, &Args),
}

/// Every kind, in the order in which they are listed.
pub const FAULTS: &[FaultKind] = &[
    faults::crash::CRASH,
    faults::crash::POWER_OFF,
    faults::stop::STOP,
    faults::stop::START,
    faults::pause::PAUSE,
    faults::pause::RESUME,
    faults::reload::RELOAD,
    faults::link::LINK_DOWN,
    faults::link::LINK_UP,
    faults::deaf::DEAF,
    faults::deaf::HEAR,
    faults::mute::MUTE,
    faults::mute::UNMUTE,
    faults::partition::PARTITION,
    faults::partition::HEAL,
    faults::script::SCRIPT,
    faults::process::PROCESS,
    faults::file::FILE,
    faults::address::ADDRESS_REMOVED,
    faults::address::ADDRESS_ADDED,
    faults::loss::LOSS,
    faults::delay::DELAY,
    faults::delay::JITTER,
];

/// The kind of a word.
pub fn kind(name: &str) -> Option<&'static FaultKind> {
    FAULTS.iter().find(|k| k.name == name)
}

/// What a fault is told. A kind reads what its row names; the rest is empty.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// The node.
    pub node: Option<usize>,
    /// [`Key::Interface`]
    pub interface: Option<String>,
    /// [`Key::Script`], [`Key::Process`] or [`Key::File`].
    pub name: Option<String>,
    /// [`Key::Exit`]
    pub exit: Option<i32>,
    /// [`Key::Exit`] `hang`.
    pub hangs: bool,
    /// [`Key::Takes`] or [`Key::Time`].
    pub time: Option<Duration>,
    /// [`Key::Running`]
    pub running: Option<bool>,
    /// [`Key::Value`]
    pub value: Option<i32>,
    /// [`Key::Address`]
    pub address: Option<IpAddr>,
    /// [`Key::Sides`]
    pub sides: Vec<Vec<usize>>,
    /// [`Key::From`]
    pub from: Option<usize>,
    /// [`Key::To`]
    pub to: Option<usize>,
    /// [`Key::Percent`], in millionths.
    pub millionths: Option<u32>,
    /// [`Key::Config`]: the name that it was given by, and what it says.
    pub config: Option<(String, Setting)>,
}

/// A kind with what it is told.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which kind.
    pub kind: &'static FaultKind,
    /// What it is told.
    pub args: Args,
}

impl Fault {
    /// Of a node, told nothing else.
    pub fn of(name: &str, node: usize) -> Option<Self> {
        Some(Self { kind: kind(name)?, args: Args { node: Some(node), ..Args::default() } })
    }

    /// In the words of a scenario line, without its time: `script a chk 1`.
    pub fn line(&self, scenario: &Scenario) -> String {
        Line { fault: self, names: scenario.nodes.iter().map(|n| n.name.as_str()).collect() }.to_string()
    }
}

/// A fault's words.
pub(super) struct Line<'a> {
    pub fault: &'a Fault,
    pub names: Vec<&'a str>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { kind, args } = self.fault;
        let name = |n: &usize| self.names.get(*n).copied().unwrap_or("?");
        f.write_str(kind.name)?;
        if let Some(node) = &args.node {
            write!(f, " {}", name(node))?;
        }
        for key in kind.needs {
            match key {
                Key::Script | Key::Process | Key::File => write!(f, " {}", args.name.as_deref().unwrap_or_default())?,
                Key::Exit if args.hangs => f.write_str(" hang")?,
                Key::Exit => write!(f, " {}", args.exit.unwrap_or_default())?,
                Key::Running => f.write_str(if args.running == Some(true) { " up" } else { " down" })?,
                Key::Value => write!(f, " {}", args.value.unwrap_or_default())?,
                Key::Address => args.address.iter().try_for_each(|a| write!(f, " {a}"))?,
                Key::Percent => write!(f, " {}", percent(args.millionths.unwrap_or_default()))?,
                Key::Time => write!(f, " {}", duration(args.time.unwrap_or_default()))?,
                Key::Sides => {
                    for side in &args.sides {
                        let side: Vec<&str> = side.iter().map(name).collect();
                        write!(f, " {}", side.join(","))?;
                    }
                }
                Key::Interface | Key::Takes | Key::From | Key::To | Key::Config => {}
            }
        }
        for key in kind.may {
            match key {
                Key::Interface => args.interface.iter().try_for_each(|i| write!(f, " interface={i}"))?,
                Key::Takes => args.time.iter().try_for_each(|t| write!(f, " takes={}", duration(*t)))?,
                Key::From => args.from.iter().try_for_each(|n| write!(f, " from={}", name(n)))?,
                Key::To => args.to.iter().try_for_each(|n| write!(f, " to={}", name(n)))?,
                Key::Config => args.config.iter().try_for_each(|(n, _)| write!(f, " config={n}"))?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// Millionths as parts of a hundred: `12.5`.
fn percent(millionths: u32) -> String {
    let (whole, rest) = (millionths / 10_000, millionths % 10_000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:04}").trim_end_matches('0').to_owned() }
}

/// A duration in one unit, exactly: `250ms`, `9s`, `41180us`.
pub fn duration(d: Duration) -> String {
    let micros = d.as_micros();
    match () {
        () if micros.is_multiple_of(1_000_000) => format!("{}s", micros / 1_000_000),
        () if micros.is_multiple_of(1000) => format!("{}ms", micros / 1000),
        () => format!("{micros}us"),
    }
}
