//! What would be served and checked: each value as keepalived completes it, with the line that sets it where one does.

use std::net::IpAddr;
use std::time::Duration;

use crate::conf::model::{Check, Family, Granularity, Method, Notify, Protocol, Service, Set};
use crate::conf::source::{Span, Spanned};

/// A value that holds, and the line that sets it. A default, or what keepalived makes of a contradiction, has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective<T> {
    /// The value.
    pub value: T,
    /// Where it is set.
    pub set: Option<Span>,
}

impl<T> Effective<T> {
    /// What holds where nothing is said.
    pub const fn default(value: T) -> Self {
        Self { value, set: None }
    }

    /// What is said, else a default.
    pub fn of(set: Set<T>, default: T) -> Self {
        set.map_or(Self::default(default), Self::from)
    }

    /// Whether nothing sets it.
    pub const fn is_default(&self) -> bool {
        self.set.is_none()
    }

    /// The same with another form of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Effective<U> {
        Effective { value: f(self.value), set: self.set }
    }
}

impl<T> From<Spanned<T>> for Effective<T> {
    fn from(set: Spanned<T>) -> Self {
        Self { value: set.value, set: Some(set.span) }
    }
}

/// A virtual server.
#[derive(Clone, Debug, PartialEq)]
pub struct RunVirtualServer {
    /// Where its first line is.
    pub span: Span,
    /// What it serves.
    pub service: Service,
    /// Its family, where something says it.
    pub family: Option<Family>,
    /// Its protocol; none for marks.
    pub protocol: Option<Effective<Protocol>>,
    /// Its scheduler.
    pub scheduler: Effective<String>,
    /// Flags that have an effect.
    pub flags: Vec<Spanned<&'static str>>,
    /// How packets are forwarded to servers that do not say it.
    pub method: Effective<Method>,
    /// How long a client keeps its server, if it does.
    pub persistence: Effective<Option<Duration>>,
    /// How much of a client's address counts; all of it when it is not said.
    pub granularity: Option<Effective<Granularity>>,
    /// What tells clients apart, other than their addresses.
    pub persistence_engine: Option<Effective<String>>,
    /// Whether it checks only while its address is here.
    pub ha_suspend: Effective<bool>,
    /// Whether it sends mails.
    pub smtp_alert: Effective<bool>,
    /// Whether scripts run when keepalived ends.
    pub omega: Effective<bool>,
    /// Weight of servers that have to be up.
    pub quorum: Effective<u32>,
    /// By how much more or less for it to change.
    pub hysteresis: Effective<u32>,
    /// Scripts at changes of the quorum.
    pub notify: Vec<Notify>,
    /// Where clients go without a quorum.
    pub sorry: Option<RunSorryServer>,
    /// Its real servers.
    pub servers: Vec<RunRealServer>,
}

/// A sorry server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSorryServer {
    /// Where its line is.
    pub span: Span,
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: Effective<u16>,
    /// How packets are forwarded to it.
    pub method: Effective<Method>,
    /// Whether it stays with weight 0.
    pub inhibit: Effective<bool>,
}

/// A real server.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRealServer {
    /// Where its first line is.
    pub span: Span,
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: Effective<u16>,
    /// Its weight.
    pub weight: Effective<u32>,
    /// How packets are forwarded to it.
    pub method: Effective<Method>,
    /// Connections above which it gets no new ones; 0 for any number.
    pub upper_threshold: Effective<u32>,
    /// Connections below which it gets new ones again.
    pub lower_threshold: Effective<u32>,
    /// Whether it stays with weight 0 when it is down.
    pub inhibit: Effective<bool>,
    /// Whether it begins as down.
    pub alpha: Effective<bool>,
    /// Whether it sends mails.
    pub smtp_alert: Effective<bool>,
    /// Host that its web checkers ask for.
    pub virtual_host: Option<Effective<String>>,
    /// Scripts at its changes.
    pub notify: Vec<Notify>,
    /// Its checkers. Without any it is always up.
    pub checkers: Vec<RunChecker>,
}

/// A checker.
#[derive(Clone, Debug, PartialEq)]
pub struct RunChecker {
    /// Where its first line is.
    pub span: Span,
    /// What it does, as it is said.
    pub check: Check,
    /// Where it connects to, if it connects.
    pub target: Option<(Effective<IpAddr>, Effective<u16>)>,
    /// Host that a web checker asks for, where its pages do not say it.
    pub virtual_host: Option<Effective<String>>,
    /// When it checks; none for what only follows a file or a session.
    pub timing: Option<RunTiming>,
    /// After which a script has failed.
    pub script_timeout: Option<Effective<Duration>>,
    /// Whether it begins as failed.
    pub alpha: Effective<bool>,
    /// Whether it logs every failure.
    pub log_all_failures: Effective<bool>,
}

/// When a checker checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunTiming {
    /// From one check to the next.
    pub delay_loop: Effective<Duration>,
    /// The first check comes after a random part of it.
    pub warmup: Effective<Duration>,
    /// How often to try again before the server counts as down.
    pub retry: Effective<u32>,
    /// How long to wait before that.
    pub delay_before_retry: Effective<Duration>,
    /// How long to wait for a connection, if it connects.
    pub connect_timeout: Option<Effective<Duration>>,
}
