//! This host's TCP connections: which of them would not notice that their peer is dead, and for how long.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::net::sock_diag::{SockDiag, TcpSocket, TcpState, Timer};
use crate::net::socket_owner::{Owner, Patience, owners, patience, setting};

/// What this kernel is set to; sockets may have their own, which only they themselves tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// tcp_keepalive_intvl
    pub interval: Duration,
    /// tcp_keepalive_probes
    pub probes: u32,
    /// tcp_retries2
    pub retries2: u32,
    /// The longest retransmission timeout: tcp_rto_max_ms, 120 s before Linux 6.15.
    pub rto_max: Duration,
}

impl Kernel {
    /// Of this network namespace; what cannot be read is the kernel's default.
    pub fn of_this_host() -> Self {
        let read = |name: &str, default: u64| setting(&format!("net/ipv4/{name}")).unwrap_or(default);
        let number = |name: &str, default: u64| u32::try_from(read(name, default)).unwrap_or(u32::MAX);
        Self {
            interval: Duration::from_secs(read("tcp_keepalive_intvl", 75)),
            probes: number("tcp_keepalive_probes", 9),
            retries2: number("tcp_retries2", 15),
            rto_max: Duration::from_millis(read("tcp_rto_max_ms", 120_000)),
        }
    }
}

/// How a connection would notice that its peer is dead. What is worse comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notices {
    /// Never: nothing is sent that would have to be answered.
    Never,
    /// Data is unacknowledged: at the latest after this time, when retransmissions are used up.
    Data(Duration),
    /// The peer's window is closed: it is asked until retries are used up.
    Window(Duration),
    /// Keepalive asks and gives up, after this time if nothing is heard.
    Keepalive(Duration),
    /// It has been told already: the peer has ended it.
    Told,
}

impl Notices {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Data(_) => "retransmission",
            Self::Window(_) => "window-probe",
            Self::Keepalive(_) => "keepalive",
            Self::Told => "closed-by-peer",
        }
    }

    /// Within which time.
    pub const fn within(self) -> Option<Duration> {
        match self {
            Self::Data(d) | Self::Window(d) | Self::Keepalive(d) => Some(d),
            Self::Never | Self::Told => None,
        }
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// As the kernel tells it.
    pub socket: TcpSocket,
    /// Whose it is, where that can be seen.
    pub owner: Option<Owner>,
    /// How it would notice a dead peer.
    pub notices: Notices,
    /// What its program has set, where that can be asked.
    pub patience: Option<Patience>,
}

impl Connection {
    /// Whether the time rests on what this host is set to: the program may have set another, longer or shorter.
    pub fn is_assumed(&self) -> bool {
        self.patience.is_none() && self.notices.within().is_some()
    }

    /// Since data went either way.
    pub fn idle(&self) -> Option<Duration> {
        self.socket.info.map(|i| i.last_data_sent.min(i.last_data_received))
    }

    /// Whether its peer does not answer now: the same data was sent again, and again.
    pub fn is_stuck(&self) -> bool {
        matches!(self.socket.timer, Timer::Retransmission) && self.socket.tries >= 2
    }
}

/// Which connections are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// With this address at either end.
    pub address: Option<IpAddr>,
    /// With this port at either end.
    pub port: Option<u16>,
    /// Also those of this host with itself.
    pub local: bool,
}

impl Wanted {
    fn has(&self, s: &TcpSocket) -> bool {
        let ends = [s.local, s.remote];
        let itself = s.local.ip() == s.remote.ip() || s.remote.ip().is_loopback();
        (self.local || !itself)
            && self.address.is_none_or(|a| ends.iter().any(|e| e.ip() == a.to_canonical()))
            && self.port.is_none_or(|p| ends.iter().any(|e| e.port() == p))
    }
}

/// The connections of this network namespace, worst first.
///
/// # Errors
/// When the kernel cannot be asked.
pub fn look(wanted: &Wanted, kernel: &Kernel) -> io::Result<Vec<Connection>> {
    let sockets = SockDiag::open()?.connections()?;
    let owners = owners();
    let mut all: Vec<Connection> = sockets
        .into_iter()
        .filter(|s| wanted.has(s))
        .filter_map(|socket| {
            // Only what has a time is worth the question.
            let notices = judge(&socket, kernel, None)?;
            let owner = owners.get(&socket.inode).cloned();
            let asked = owner.as_ref().filter(|_| notices.within().is_some());
            let patience = asked.and_then(|owner| patience(owner, socket.inode));
            let notices = judge(&socket, kernel, patience.as_ref())?;
            Some(Connection { socket, owner, notices, patience })
        })
        .collect();
    sort(&mut all);
    Ok(all)
}

fn sort(all: &mut [Connection]) {
    all.sort_by_key(|c| {
        let rank = match c.notices {
            _ if c.is_stuck() => 0,
            Notices::Never => 1,
            Notices::Told => 3,
            _ => 2,
        };
        (rank, std::cmp::Reverse(c.notices.within()), c.socket.remote, c.socket.local)
    });
}

/// How a connection would notice a dead peer, by what its program has set or else what this host is set to; nothing for
/// what no process waits for or what does not stand yet.
pub fn judge(s: &TcpSocket, kernel: &Kernel, own: Option<&Patience>) -> Option<Notices> {
    let stands = matches!(
        s.state,
        TcpState::Established
            | TcpState::CloseWait
            | TcpState::FinWait1
            | TcpState::FinWait2
            | TcpState::LastAck
            | TcpState::Closing
    );
    if !stands || s.inode == 0 {
        return None;
    }
    let tries = u32::from(s.tries);
    let user_timeout = own.and_then(|o| o.user_timeout);
    Some(match s.timer {
        Timer::Retransmission => Notices::Data(data(s, kernel, user_timeout)),
        Timer::Persist => {
            let rto = s.info.map_or(kernel.rto_max, |i| i.rto);
            let doubled = |n: u32| rto.saturating_mul(1 << n.min(20)).min(kernel.rto_max);
            let rest = (tries..kernel.retries2).map(|n| doubled(n + 1)).sum::<Duration>();
            let most = user_timeout.map_or(rest, |limit| rest.min(limit));
            Notices::Window(s.expires + most)
        }
        Timer::Keepalive => {
            let (interval, probes) = own.map_or((kernel.interval, kernel.probes), |o| (o.interval, o.probes));
            Notices::Keepalive(match user_timeout {
                Some(limit) => s.expires + interval * looks(s, interval, limit),
                None => s.expires + interval * probes.saturating_sub(tries),
            })
        }
        // Written, and not sent or just acknowledged: it will be sent and sent again.
        _ if s.unacknowledged > 0 => Notices::Data(data(s, kernel, user_timeout)),
        _ if s.state == TcpState::CloseWait => Notices::Told,
        _ => Notices::Never,
    })
}

/// How often the keepalive timer runs out after the next time until a user timeout is over: that is looked at then, once
/// a probe is out, whatever their number (tcp_keepalive_timer of the kernel).
fn looks(s: &TcpSocket, interval: Duration, limit: Duration) -> u32 {
    let silent = s.info.map(|i| i.silent()).unwrap_or_default() + s.expires;
    let left = limit.saturating_sub(silent).as_millis().div_ceil(interval.as_millis().max(1));
    u32::try_from(left).unwrap_or(u32::MAX).max(u32::from(s.tries == 0))
}

/// When retransmissions are used up: `retransmits_timed_out` of the kernel, which compares the time since the first of
/// them with the sum of `tcp_retries2` + 1 timeouts from 200 ms on, each time that the timer runs out; or with the user
/// timeout, to which the timer is cut.
fn data(s: &TcpSocket, kernel: &Kernel, user_timeout: Option<Duration>) -> Duration {
    const RTO_MIN: Duration = Duration::from_millis(200);
    let doubled = |base: Duration, n: u32| base.saturating_mul(1 << n.min(20)).min(kernel.rto_max);
    let allowed: Duration = (0..=kernel.retries2.min(1000)).map(|n| doubled(RTO_MIN, n)).sum();
    let info = s.info.unwrap_or_default();
    let mut rto = info.rto.max(RTO_MIN);
    let first = rto / (1 << u32::from(info.backoff).min(20));
    let mut tries = u32::from(info.retransmits);
    // What has gone by since the first retransmission: the timeouts that have run out since, and part of this one.
    let mut gone: Duration = (1..tries).map(|n| doubled(first, n)).sum();
    if tries > 0 {
        gone += rto.saturating_sub(s.expires);
    }
    if let Some(limit) = user_timeout {
        let wait = if tries > 0 { Duration::ZERO } else { s.expires };
        return wait + limit.saturating_sub(gone);
    }
    let (mut at, mut step) = (s.expires, s.expires);
    loop {
        gone += if tries > 0 { step } else { Duration::ZERO };
        if tries > 0 && gone >= allowed {
            return at;
        }
        tries += 1;
        rto = (rto * 2).min(kernel.rto_max);
        step = rto.max(Duration::from_millis(1));
        at += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::sock_diag::TcpInfo;

    const KERNEL: Kernel =
        Kernel { interval: Duration::from_secs(75), probes: 9, retries2: 15, rto_max: Duration::from_mins(2) };

    fn socket(timer: Timer, expires: u64, tries: u8) -> TcpSocket {
        TcpSocket {
            state: TcpState::Established,
            local: "10.0.0.9:43210".parse().unwrap(),
            remote: "10.0.0.1:80".parse().unwrap(),
            interface: 0,
            timer,
            expires: Duration::from_millis(expires),
            tries,
            unread: 0,
            unacknowledged: 0,
            uid: 0,
            inode: 1,
            info: Some(TcpInfo { rto: Duration::from_millis(200), ..TcpInfo::default() }),
        }
    }

    #[test]
    fn an_idle_connection_without_keepalive_never_notices() {
        let mut s = socket(Timer::Off, 0, 0);
        assert_eq!(judge(&s, &KERNEL, None), Some(Notices::Never));
        s.state = TcpState::CloseWait;
        assert_eq!(judge(&s, &KERNEL, None), Some(Notices::Told));
        s.inode = 0;
        assert_eq!(judge(&s, &KERNEL, None), None);
        assert_eq!(
            judge(&TcpSocket { state: TcpState::SynSent, ..socket(Timer::Retransmission, 1, 0) }, &KERNEL, None),
            None
        );
    }

    #[test]
    fn keepalive_has_its_probes_left() {
        // 100 s + 9 x 75 s; with 4 probes out 10 s + 5 x 75 s.
        let fresh = judge(&socket(Timer::Keepalive, 100_000, 0), &KERNEL, None);
        assert_eq!(fresh, Some(Notices::Keepalive(Duration::from_secs(775))));
        let late = judge(&socket(Timer::Keepalive, 10_000, 4), &KERNEL, None);
        assert_eq!(late, Some(Notices::Keepalive(Duration::from_secs(385))));
    }

    #[test]
    fn what_a_program_has_set_decides() {
        let own = |user_timeout: Option<u64>| Patience {
            interval: Duration::from_secs(10),
            probes: 3,
            user_timeout: user_timeout.map(Duration::from_secs),
        };
        let with = |s: &TcpSocket, own: &Patience| judge(s, &KERNEL, Some(own)).unwrap().within().unwrap().as_millis();
        // 20 s + 3 x 10 s; with one probe out 5 s + 2 x 10 s.
        assert_eq!(with(&socket(Timer::Keepalive, 20_000, 0), &own(None)), 50_000);
        assert_eq!(with(&socket(Timer::Keepalive, 5_000, 1), &own(None)), 25_000);
        // Silent for 40 s when the timer runs out in 20 s. A user timeout of 95 s is over at 100 s of silence, one of 30 s
        // once a probe is out.
        let mut s = socket(Timer::Keepalive, 20_000, 0);
        s.info = Some(TcpInfo {
            last_ack_received: Duration::from_secs(20),
            last_data_received: Duration::from_secs(25),
            ..TcpInfo::default()
        });
        assert_eq!((with(&s, &own(Some(95))), with(&s, &own(Some(30)))), (80_000, 30_000));
        // Data: from the first retransmission, which comes in 0.2 s.
        assert_eq!(with(&socket(Timer::Retransmission, 200, 0), &own(Some(60))), 60_200);
        let mut s = socket(Timer::Retransmission, 800, 3);
        s.info = Some(TcpInfo { rto: Duration::from_millis(1_600), backoff: 3, retransmits: 3, ..TcpInfo::default() });
        // 1.2 s + 0.8 s have gone by.
        assert_eq!(with(&s, &own(Some(60))), 58_000);
    }

    #[test]
    fn what_rests_on_this_host_alone_is_assumed() {
        let of = |timer, patience: Option<Patience>| {
            let socket = socket(timer, 1_000, 0);
            let notices = judge(&socket, &KERNEL, patience.as_ref()).unwrap();
            Connection { socket, owner: None, notices, patience }.is_assumed()
        };
        let own = Patience { interval: Duration::from_secs(75), probes: 9, user_timeout: None };
        assert!(of(Timer::Keepalive, None) && of(Timer::Retransmission, None));
        assert!(!of(Timer::Keepalive, Some(own)) && !of(Timer::Off, None));
    }

    #[test]
    fn data_is_given_up_as_the_kernel_does() {
        // 0.2 s to the first retransmission; since then timeouts of 0.4 + 0.8 + ... + 102.4 = 204.4 s and 6 times 120 s are
        // 924.4 s, just short of the 924.6 s that are allowed, so there is one more.
        let s = socket(Timer::Retransmission, 200, 0);
        assert_eq!(judge(&s, &KERNEL, None), Some(Notices::Data(Duration::from_millis(1_044_600))));
        // After three retransmissions the timeout is 1.6 s: 1.2 s have gone by before, half of this one is left.
        let mut s = socket(Timer::Retransmission, 800, 3);
        s.info = Some(TcpInfo { rto: Duration::from_millis(1_600), backoff: 3, retransmits: 3, ..TcpInfo::default() });
        // 1044.4 s - 1.2 s - 0.8 s
        assert_eq!(judge(&s, &KERNEL, None), Some(Notices::Data(Duration::from_millis(1_042_400))));
        // tcp_retries2 3: 0.2 + 0.4 + 0.8 + 1.6 = 3 s after the first.
        let three = Kernel { retries2: 3, ..KERNEL };
        assert_eq!(
            judge(&socket(Timer::Retransmission, 200, 0), &three, None),
            Some(Notices::Data(Duration::from_millis(6_200)))
        );
    }

    #[test]
    fn what_is_stuck_comes_first_and_never_before_late() {
        let of = |timer, expires, tries| {
            let socket = socket(timer, expires, tries);
            let notices = judge(&socket, &KERNEL, None).unwrap();
            Connection { socket, owner: None, notices, patience: None }
        };
        let mut all = vec![
            of(Timer::Keepalive, 1_000, 0),
            of(Timer::Keepalive, 9_000, 0),
            of(Timer::Off, 0, 0),
            of(Timer::Retransmission, 200, 2),
        ];
        sort(&mut all);
        let order: Vec<(Timer, u64)> =
            all.iter().map(|c| (c.socket.timer, c.socket.expires.as_millis() as u64)).collect();
        assert_eq!(
            order,
            [(Timer::Retransmission, 200), (Timer::Off, 0), (Timer::Keepalive, 9_000), (Timer::Keepalive, 1_000)]
        );
    }

    #[test]
    fn an_address_or_port_may_be_wanted() {
        let s = socket(Timer::Off, 0, 0);
        let has = |address: Option<&str>, port| {
            Wanted { address: address.map(|a| a.parse().unwrap()), port, local: false }.has(&s)
        };
        assert!(has(None, None) && has(Some("10.0.0.1"), None) && has(Some("10.0.0.9"), Some(80)));
        assert!(!has(Some("10.0.0.2"), None) && !has(None, Some(81)));
        let mut own = s.clone();
        own.remote = "10.0.0.9:80".parse().unwrap();
        assert!(!Wanted::default().has(&own) && Wanted { local: true, ..Wanted::default() }.has(&own));
    }
}
