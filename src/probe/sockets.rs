//! This host's TCP connections: which of them would not notice that their peer is dead, and for how long.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use crate::net::sock_diag::{SockDiag, TcpSocket, TcpState, Timer};
use crate::net::socket_owner::{Owner, owners, setting};

/// What this kernel is set to; sockets may have their own, which it does not tell.
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
}

impl Connection {
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
            let notices = judge(&socket, kernel)?;
            Some(Connection { owner: owners.get(&socket.inode).cloned(), socket, notices })
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

/// How a connection would notice a dead peer; nothing for what no process waits for or what does not stand yet.
pub fn judge(s: &TcpSocket, kernel: &Kernel) -> Option<Notices> {
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
    Some(match s.timer {
        Timer::Retransmission => Notices::Data(data(s, kernel)),
        Timer::Persist => {
            let rto = s.info.map_or(kernel.rto_max, |i| i.rto);
            let doubled = |n: u32| rto.saturating_mul(1 << n.min(20)).min(kernel.rto_max);
            let rest = (tries..kernel.retries2).map(|n| doubled(n + 1)).sum::<Duration>();
            Notices::Window(s.expires + rest)
        }
        Timer::Keepalive => Notices::Keepalive(s.expires + kernel.interval * kernel.probes.saturating_sub(tries)),
        // Written, and not sent or just acknowledged: it will be sent and sent again.
        _ if s.unacknowledged > 0 => Notices::Data(data(s, kernel)),
        _ if s.state == TcpState::CloseWait => Notices::Told,
        _ => Notices::Never,
    })
}

/// When retransmissions are used up: `retransmits_timed_out` of the kernel, which compares the time since the first of
/// them with the sum of `tcp_retries2` + 1 timeouts from 200 ms on, each time that the timer runs out.
fn data(s: &TcpSocket, kernel: &Kernel) -> Duration {
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
        assert_eq!(judge(&s, &KERNEL), Some(Notices::Never));
        s.state = TcpState::CloseWait;
        assert_eq!(judge(&s, &KERNEL), Some(Notices::Told));
        s.inode = 0;
        assert_eq!(judge(&s, &KERNEL), None);
        assert_eq!(
            judge(&TcpSocket { state: TcpState::SynSent, ..socket(Timer::Retransmission, 1, 0) }, &KERNEL),
            None
        );
    }

    #[test]
    fn keepalive_has_its_probes_left() {
        // 100 s + 9 x 75 s; with 4 probes out 10 s + 5 x 75 s.
        let fresh = judge(&socket(Timer::Keepalive, 100_000, 0), &KERNEL);
        assert_eq!(fresh, Some(Notices::Keepalive(Duration::from_secs(775))));
        let late = judge(&socket(Timer::Keepalive, 10_000, 4), &KERNEL);
        assert_eq!(late, Some(Notices::Keepalive(Duration::from_secs(385))));
    }

    #[test]
    fn data_is_given_up_as_the_kernel_does() {
        // 0.2 s to the first retransmission; since then timeouts of 0.4 + 0.8 + ... + 102.4 = 204.4 s and 6 times 120 s are
        // 924.4 s, just short of the 924.6 s that are allowed, so there is one more.
        let s = socket(Timer::Retransmission, 200, 0);
        assert_eq!(judge(&s, &KERNEL), Some(Notices::Data(Duration::from_millis(1_044_600))));
        // After three retransmissions the timeout is 1.6 s: 1.2 s have gone by before, half of this one is left.
        let mut s = socket(Timer::Retransmission, 800, 3);
        s.info = Some(TcpInfo { rto: Duration::from_millis(1_600), backoff: 3, retransmits: 3, ..TcpInfo::default() });
        // 1044.4 s - 1.2 s - 0.8 s
        assert_eq!(judge(&s, &KERNEL), Some(Notices::Data(Duration::from_millis(1_042_400))));
        // tcp_retries2 3: 0.2 + 0.4 + 0.8 + 1.6 = 3 s after the first.
        let three = Kernel { retries2: 3, ..KERNEL };
        assert_eq!(
            judge(&socket(Timer::Retransmission, 200, 0), &three),
            Some(Notices::Data(Duration::from_millis(6_200)))
        );
    }

    #[test]
    fn what_is_stuck_comes_first_and_never_before_late() {
        let of = |timer, expires, tries| {
            let socket = socket(timer, expires, tries);
            let notices = judge(&socket, &KERNEL).unwrap();
            Connection { socket, owner: None, notices }
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
