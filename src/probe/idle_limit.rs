//! How long a connection may be idle before the service ends it or the path forgets it.
//!
//! Many connections wait, each until its own age; then keepalive asks once, so no data of an application is needed; a request
//! before may make them used ones. What is
//! answered is known to live at that age; the first that is not ends the round, and the next one looks between the two.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::check::At;
use super::kernel;
use super::reason::Reason;
use super::resolve::{self, Family};
use super::runtime::{block_on, stopped};
use super::target::Target;
use super::tcp::connect;
use crate::net::monotonic;
use crate::net::probe_socket::{self, KeepaliveOptions, Origin, Said};
use crate::net::sock_diag::{Ends, SockDiag};

/// How exact it is to be.
const EXACT: Duration = Duration::from_secs(1);

/// Three probes, a second apart, and what timers are late.
const PATIENCE: Duration = Duration::from_secs(6);

/// How a connection of some age was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The probe was answered.
    Answered,
    /// The probe was answered with a reset.
    Reset,
    /// No probe was answered.
    Silent,
    /// It was reset before it was asked, at this age.
    ResetAt(Duration),
    /// The service ended it before it was asked, at this age.
    ClosedAt(Duration),
}

impl Fate {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Reset | Self::ResetAt(_) => "rst",
            Self::Silent => "silence",
            Self::ClosedAt(_) => "fin",
        }
    }
}

/// What is known so far, and what to look at next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// Look no further.
    pub max: Duration,
    /// What is asked, once that is known.
    pub address: Option<IpAddr>,
    /// At most so many connections at once.
    pub sockets: usize,
    /// The greatest age at which a probe was answered.
    pub lives: Duration,
    /// The least age beyond that at which one was lost, and how.
    pub lost: Option<(Duration, Fate)>,
    /// Rounds that are over.
    pub rounds: u32,
    /// Whether a later round contradicted an earlier one.
    pub unsteady: bool,
}

impl Search {
    /// For ages up to `max`, with enough connections for two rounds.
    pub fn new(max: Duration) -> Self {
        let sockets = (max.as_secs_f64().sqrt().ceil() as usize).clamp(8, 128);
        Self { max, address: None, sockets, lives: Duration::ZERO, lost: None, rounds: 0, unsteady: false }
    }

    /// The longest that it may take: two rounds with the time for an answer.
    pub fn longest(&self) -> Duration {
        (self.max + PATIENCE) * 2
    }

    /// The ages to look at in the next round; none when it is known.
    pub fn ages(&self) -> Vec<Duration> {
        // The second round looks a little beyond the age that was lost, too: what was lost by chance is found out.
        let (from, to, control) = match self.lost {
            None if self.rounds == 0 => (Duration::ZERO, self.max, Some(self.max)),
            // It ends by itself at that age, so it must not be asked just then.
            Some((lost, Fate::ResetAt(_) | Fate::ClosedAt(_))) if self.rounds == 1 => return vec![lost + EXACT],
            Some((lost, _)) if self.rounds == 1 => (self.lives, lost, Some(lost + EXACT / 2)),
            Some((lost, _)) if lost.saturating_sub(self.lives) > EXACT && self.rounds < 4 => (self.lives, lost, None),
            _ => return Vec::new(),
        };
        let width = to.saturating_sub(from);
        let parts = usize::try_from(width.as_secs() + u64::from(width.subsec_nanos() > 0)).unwrap_or(usize::MAX);
        let parts = u32::try_from(parts.clamp(1, self.sockets)).unwrap_or(1);
        (1..parts).map(|n| from + width * n / parts).chain(control).collect()
    }

    /// Takes what a round has found.
    pub fn add(&mut self, round: &[(Duration, Fate)]) {
        self.rounds += 1;
        let lives = round.iter().filter(|(_, f)| *f == Fate::Answered).map(|(age, _)| *age).max();
        self.lives = self.lives.max(lives.unwrap_or_default());
        if let Some((lost, _)) = self.lost.filter(|(lost, _)| *lost <= self.lives) {
            self.unsteady |= lost <= self.lives;
            self.lost = None;
        }
        for (age, fate) in round {
            let at = match fate {
                Fate::Answered => continue,
                Fate::ResetAt(at) | Fate::ClosedAt(at) => *at,
                Fate::Reset | Fate::Silent => *age,
            };
            if at <= self.lives && !self.lives.is_zero() {
                self.unsteady = true;
            } else if self.lost.is_none_or(|(lost, _)| at < lost) {
                self.lost = Some((at, *fate));
            }
        }
        // What ends by itself lived until then.
        if let Some((at, Fate::ResetAt(_) | Fate::ClosedAt(_))) = self.lost {
            self.lives = self.lives.max(at.saturating_sub(EXACT));
        }
    }

    /// What may be set so that the path does not forget: idle time and interval in seconds, so that one lost probe does
    /// not matter. Nothing when there is no limit, or none that leaves room.
    pub fn settings(&self) -> Option<(u64, u64)> {
        self.lost?;
        let lives = self.lives.as_secs();
        let interval = (lives / 10).clamp(1, 60);
        let idle = lives * 3 / 4;
        (idle >= 1 && idle + 2 * interval <= lives).then_some((idle, interval))
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The round, from 1.
    pub round: u32,
    /// Its connections that are known.
    pub known: usize,
    /// All of them.
    pub all: usize,
    /// Since the round began.
    pub elapsed: Duration,
    /// When the last is asked.
    pub until: Duration,
}

/// What to search, and from where.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The service.
    pub target: Target,
    /// Which addresses.
    pub family: Family,
    /// Where it comes from.
    pub origin: Origin,
    /// For a connection to stand.
    pub timeout: Duration,
    /// What is said on each connection before it is left alone: a request, for what a service does with a used one.
    pub send: Option<Vec<u8>>,
}

/// Searches; ends early, with what is known, once there is something to read from `stop`. True when it was.
///
/// # Errors
/// The outer one when the system has no more of what it takes; the inner one when there is no connection.
pub fn find(
    asked: &Asked,
    search: &mut Search,
    stop: UnixStream,
    progress: &mut dyn FnMut(&Progress),
) -> io::Result<Result<bool, Reason>> {
    block_on(async {
        let stopped = stopped(Some(stop))?;
        let diag = Arc::new(Mutex::new(SockDiag::open()?));
        let addresses = resolve::addresses(&asked.target.host, asked.target.port.unwrap_or(0), asked.family);
        let address = match timeout(asked.timeout, addresses).await {
            Ok(Ok(all)) => all[0],
            Ok(Err(reason)) => return Ok(Err(reason)),
            Err(_) => return Ok(Err(Reason::new("name", "the name server does not answer"))),
        };
        search.address = Some(address.ip());
        tokio::select! {
            found = rounds(asked, address, search, &diag, progress) => Ok(found.map(|()| false)),
            () = stopped => Ok(Ok(true)),
        }
    })
}

async fn rounds(
    asked: &Asked,
    address: SocketAddr,
    search: &mut Search,
    diag: &Arc<Mutex<SockDiag>>,
    progress: &mut dyn FnMut(&Progress),
) -> Result<(), Reason> {
    loop {
        let ages = search.ages();
        let Some(until) = ages.last().copied() else { return Ok(()) };
        let begun = monotonic();
        let (mut running, all) = (JoinSet::new(), ages.len());
        for age in ages {
            let (asked, diag) = (asked.clone(), Arc::clone(diag));
            running.spawn(async move { (age, one(&asked, address, age, &diag).await) });
        }
        let (mut known, mut failed): (Vec<(Duration, Fate)>, Option<Reason>) = (Vec::new(), None);
        loop {
            progress(&Progress {
                round: search.rounds + 1,
                known: known.len(),
                all,
                elapsed: monotonic().since(begun),
                until,
            });
            match timeout(Duration::from_millis(500), running.join_next()).await {
                Err(_) => {}
                Ok(None) => break,
                Ok(Some(Ok((age, Ok(fate))))) => {
                    known.push((age, fate));
                    if fate != Fate::Answered {
                        break;
                    }
                    // Known now, also when it is ended before the round is over.
                    search.lives = search.lives.max(age);
                }
                Ok(Some(Ok((_, Err(reason))))) => failed = Some(reason),
                Ok(Some(Err(e))) => failed = Some(Reason::new("local", e.to_string())),
            }
        }
        running.shutdown().await;
        match failed {
            Some(reason) if known.is_empty() => return Err(reason),
            _ => search.add(&known),
        }
    }
}

/// One connection: left alone until it is of this age, then asked.
async fn one(asked: &Asked, address: SocketAddr, age: Duration, diag: &Mutex<SockDiag>) -> Result<Fate, Reason> {
    // Not before it is told to, and then three times.
    let quiet = KeepaliveOptions {
        idle: Duration::from_secs(32_767),
        interval: Duration::from_secs(1),
        probes: 3,
        user_timeout: None,
    };
    let at = At {
        target: &asked.target,
        address,
        origin: &asked.origin,
        timeout: asked.timeout,
        each_step: false,
        so_far: &|_| {},
    };
    let mut stream = connect(&at).await?;
    probe_socket::set_keepalive(stream.as_fd(), &quiet).map_err(|e| kernel::local(&e))?;
    let local = stream.local_addr().map_err(|e| Reason::new("local", e.to_string()))?;
    if let Some(request) = &asked.send {
        let sent = timeout(asked.timeout, stream.write_all(request)).await;
        let sent = sent.map_err(|_| Reason::new("timeout-read", "the service takes no request"))?;
        sent.map_err(|e| kernel::failure(&e, None))?;
    }
    let connected = monotonic();
    let mut idle_since = connected;
    loop {
        let now = monotonic();
        let left = age.saturating_sub(now.since(idle_since));
        if left.is_zero() {
            break;
        }
        if now.since(connected) > age * 2 + PATIENCE {
            return Err(Reason::new("protocol", "the service talks by itself, so its connections are never idle"));
        }
        if timeout(left, stream.readable()).await.is_ok() {
            let now = monotonic();
            match read(&stream) {
                Heard::Data => idle_since = now,
                Heard::Nothing => {}
                Heard::End => return Ok(Fate::ClosedAt(now.since(idle_since))),
                Heard::Reset => return Ok(Fate::ResetAt(now.since(idle_since))),
                Heard::Dead => return Ok(Fate::Silent),
            }
        }
    }
    let begun = monotonic();
    probe_socket::set_keepalive_idle(stream.as_fd(), Duration::from_secs(1)).map_err(|e| kernel::local(&e))?;
    let interface = asked.origin.interface.as_deref().and_then(|name| probe_socket::interface_index(name).ok());
    let ends = Ends { local, remote: address, interface };
    let mut told = false;
    let mut pause = Duration::from_millis(5);
    while monotonic().since(begun) < PATIENCE {
        if timeout(pause, stream.readable()).await.is_ok() {
            match read(&stream) {
                Heard::Data => return Ok(Fate::Answered),
                Heard::Nothing => sleep(pause).await,
                Heard::End => return Ok(Fate::ClosedAt(begun.since(idle_since))),
                Heard::Reset => return Ok(Fate::Reset),
                Heard::Dead => return Ok(Fate::Silent),
            }
        }
        let seen = diag.lock().ok().and_then(|mut d| d.connection(ends).ok().flatten());
        told |= seen.is_some();
        let since = monotonic().since(begun);
        if seen.and_then(|s| s.info).is_some_and(|i| i.last_ack_received <= since && since < age) {
            return Ok(Fate::Answered);
        }
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    if told {
        Ok(Fate::Silent)
    } else {
        Err(Reason::new("local", "this kernel does not tell of its connections (tcp_diag): nothing is known of probes"))
    }
}

enum Heard {
    Data,
    Nothing,
    End,
    Reset,
    Dead,
}

fn read(stream: &TcpStream) -> Heard {
    let mut buffer = [0; 4096];
    match stream.try_read(&mut buffer) {
        Ok(0) => Heard::End,
        Ok(_) => Heard::Data,
        Err(e) => match Said::by(&e) {
            Said::Reset => Heard::Reset,
            Said::TimedOut => Heard::Dead,
            _ => {
                // What ICMP says is not the end of it.
                let _ = probe_socket::icmp_error(stream.as_fd());
                Heard::Nothing
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn two_rounds_find_it_to_a_second() {
        let mut search = Search::new(s(400));
        assert_eq!((search.sockets, search.longest()), (20, s(812)));
        let first = search.ages();
        assert_eq!((first.len(), first[0], first[19]), (20, s(20), s(400)));
        search.add(&[(s(320), Fate::Answered), (s(340), Fate::Answered), (s(360), Fate::Silent)]);
        assert_eq!((search.lives, search.lost), (s(340), Some((s(360), Fate::Silent))));
        let second = search.ages();
        assert_eq!((second.len(), second[0], second[19]), (20, s(341), Duration::from_millis(360_500)));
        search.add(&[(s(349), Fate::Answered), (s(350), Fate::Silent)]);
        assert_eq!((search.lives, search.lost, search.unsteady), (s(349), Some((s(350), Fate::Silent)), false));
        assert!(search.ages().is_empty());
        assert_eq!(search.settings(), Some((261, 34)));
    }

    #[test]
    fn what_ends_by_itself_is_tried_once_more() {
        let mut search = Search::new(s(100));
        search.add(&[(s(60), Fate::ClosedAt(Duration::from_millis(59_900)))]);
        assert_eq!(search.ages(), [Duration::from_millis(60_900)]);
        search.add(&[(Duration::from_millis(59_900), Fate::ClosedAt(Duration::from_millis(59_890)))]);
        assert!(search.ages().is_empty() && !search.unsteady);
        assert_eq!(search.lost.unwrap().0, Duration::from_millis(59_890));
    }

    #[test]
    fn what_was_lost_by_chance_is_found_out() {
        let mut search = Search::new(s(64));
        search.add(&[(s(8), Fate::Answered), (s(16), Fate::Reset)]);
        search.add(&[(s(15), Fate::Answered), (s(16), Fate::Answered)]);
        assert_eq!((search.lost, search.unsteady, search.lives), (None, true, s(16)));
        assert!(search.ages().is_empty());
    }

    #[test]
    fn without_a_limit_there_is_nothing_to_set() {
        let mut search = Search::new(s(8));
        search.add(&[(s(8), Fate::Answered)]);
        assert!(search.ages().is_empty());
        assert_eq!(search.settings(), None);
    }
}
