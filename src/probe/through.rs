//! Holds connections and makes requests through a move of the address.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, Sleep, interval, sleep, timeout};

use super::check::{At, Check};
use super::holders::Sighting;
use super::plain::Plain;
use super::reason::Reason;
use super::run::Options;
use super::runtime::{block_on, stopped};
use super::story::{Loss, SILENT, Story, Through};
use super::target::Target;
use super::tcp::{self, OverTcp};
use super::vip::{Link, Listener, scoped};
use super::{kernel, resolve};
use crate::net::probe_socket::{last_heard, set_quick_keepalive};
use crate::net::{interfaces, monotonic};
use crate::time::Instant;

/// Requests that may be under way at the same time.
const MOST_REQUESTS: usize = 400;
/// How much of an answer is looked through.
const MOST_ANSWER: usize = 64 * 1024;

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The address and its port.
    pub target: Target,
    /// The port.
    pub port: u16,
    /// How to get there. The timeout is that of each request.
    pub options: Options,
    /// Connections to hold.
    pub held: u32,
    /// From one request to the next.
    pub interval: Duration,
    /// What to say, in each request and on the held connections.
    pub send: Option<Vec<u8>>,
    /// What the answer has to contain.
    pub expect: Option<Vec<u8>>,
    /// When to end at the latest.
    pub limit: Duration,
}

/// How it went, and where.
pub type Told = Result<(SocketAddr, Through), (Option<SocketAddr>, Reason)>;

/// Holds and asks until a move is over, the time is, or there is something to read from `stop`. `progress` is told how it
/// stands a few times a second.
///
/// # Errors
/// When the system has no more of what it takes. That the address cannot be reached at the beginning is the inner error.
pub fn through(plan: &Plan, stop: UnixStream, progress: &mut dyn FnMut(&str)) -> io::Result<Told> {
    block_on(drive(plan, stop, progress))
}

type Shared = Arc<Mutex<Story>>;

fn lock(story: &Shared) -> MutexGuard<'_, Story> {
    story.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn drive(plan: &Plan, stop: UnixStream, progress: &mut dyn FnMut(&str)) -> io::Result<Told> {
    let stopped = stopped(Some(stop))?;
    tokio::pin!(stopped);
    // The beginning has the same limit as what follows.
    let end = sleep(plan.limit);
    tokio::pin!(end);
    let found = tokio::select! {
        found = timeout(plan.options.timeout, resolve::addresses(&plan.target.host, plan.port, plan.options.family)) => {
            found.unwrap_or_else(|_| Err(Reason::new("name", "the name server does not answer")))
        }
        ended = too_early(stopped.as_mut(), end.as_mut(), plan.limit) => Err(ended),
    };
    let address = match found {
        Ok(list) => list[0],
        Err(reason) => return Ok(Err((None, reason))),
    };
    let link = Link::of(address, plan.options.origin.interface.as_deref(), &interfaces());
    let address = scoped(address, link.as_ref().ok().and_then(Option::as_ref));
    let held = tokio::select! {
        held = hold(plan, address) => held,
        ended = too_early(stopped.as_mut(), end.as_mut(), plan.limit) => Err(ended),
    };
    let held = match held {
        Ok(held) => held,
        Err(reason) => return Ok(Err((Some(address), reason))),
    };
    let begun = monotonic();
    let story: Shared = Arc::new(Mutex::new(Story::new(plan.interval, held.len())));
    let mut holding = JoinSet::new();
    for (place, stream) in held.iter().enumerate() {
        let (stream, story, plan) = (Arc::clone(stream), Arc::clone(&story), plan.clone());
        holding.spawn(async move { keep(&stream, place, &story, &plan, begun).await });
    }
    let nowhere =
        if address.ip().is_loopback() { "it is this host itself" } else { "it is in no network of this host" };
    match link.and_then(|link| link.ok_or_else(|| Reason::new("local", nowhere))) {
        Ok(link) => {
            if let Some(here) = &link.here {
                lock(&story)
                    .is_blind(format!("this host has it itself ({here}); other clients may see something else"));
            }
            match Listener::open(&link) {
                Ok(listener) => drop(holding.spawn(watch(listener, Arc::clone(&story), begun))),
                Err(reason) => lock(&story).is_blind(reason.sentence),
            }
        }
        Err(reason) => lock(&story).is_blind(reason.sentence),
    }
    let mut requests = JoinSet::new();
    let mut tick = interval(plan.interval);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut look = interval(Duration::from_millis(250));
    let interrupted = loop {
        tokio::select! {
            () = &mut stopped => break true,
            _ = look.tick() => {
                let now = monotonic().since(begun);
                if now >= plan.limit || lock(&story).is_over(now) {
                    break false;
                }
                progress(&lock(&story).progress(now));
            }
            _ = tick.tick() => {
                while requests.try_join_next().is_some() {}
                if requests.len() < MOST_REQUESTS {
                    requests.spawn(request(plan.clone(), address, Arc::clone(&story), begun));
                }
            }
        }
    };
    let now = monotonic().since(begun);
    holding.shutdown().await;
    requests.shutdown().await;
    let mut story = lock(&story).clone();
    for (place, stream) in held.iter().enumerate() {
        // The kernel asks once a second whether the other side is still there.
        let silent = last_heard(stream.as_fd()).is_ok_and(|silent| silent > SILENT);
        if story.stands(place) && (silent || story.waits_long(place, now)) {
            story.lost(place, Loss::Hung, now);
        }
    }
    Ok(Ok((address, story.end(now, interrupted))))
}

/// Waits for an end that comes before there is anything to look at.
async fn too_early(stopped: impl Future<Output = ()>, end: Pin<&mut Sleep>, limit: Duration) -> Reason {
    tokio::select! {
        () = stopped => Reason::new("local", "interrupted before the connections stood"),
        () = end => {
            let limit = humantime::format_duration(limit);
            Reason::new("local", format!("the connections did not stand within {limit}"))
        }
    }
}

/// Makes the connections that are held.
async fn hold(plan: &Plan, address: SocketAddr) -> Result<Vec<Arc<TcpStream>>, Reason> {
    let mut held = Vec::new();
    for n in 0..plan.held {
        let at = at(plan, address);
        let stream = match tcp::stands(&at).await {
            Ok((stream, None)) => stream,
            Ok((_, Some(_))) => return Err(Reason::new("reset", "a connection to be held was reset at once")),
            Err(mut reason) => {
                reason.sentence = format!("connection {} of {}: {}", n + 1, plan.held, reason.sentence);
                return Err(reason);
            }
        };
        set_quick_keepalive(stream.as_fd()).map_err(|e| Reason::new("local", format!("cannot set keepalive: {e}")))?;
        held.push(Arc::new(stream));
    }
    Ok(held)
}

fn at(plan: &Plan, address: SocketAddr) -> At<'_> {
    At {
        target: &plan.target,
        address,
        origin: &plan.options.origin,
        timeout: plan.options.timeout,
        each_step: false,
        so_far: &|_| {},
    }
}

/// One short connection.
async fn request(plan: Plan, address: SocketAddr, story: Shared, begun: Instant) {
    let started = monotonic().since(begun);
    let number = lock(&story).asks(started);
    let plain = Plain { payload: plan.send.clone(), expect: plan.expect.clone(), ..Plain::default() };
    let found = OverTcp::new("tcp", move |_| plain.dialog()).attempt(at(&plan, address)).await;
    let ended = found.phases.total.map_or_else(|| monotonic().since(begun), |took| started + took);
    let mut story = lock(&story);
    story.answered(number);
    match found.result {
        Ok(()) => story.good(ended),
        Err(reason) => story.failed(reason.id, ended),
    }
}

/// Sees who has the address.
async fn watch(mut listener: Listener, story: Shared, begun: Instant) {
    let mut tick = interval(Duration::from_secs(1));
    loop {
        let sighting = tokio::select! {
            sighting = listener.next() => sighting,
            _ = tick.tick() => {
                // An interface that is down may come back.
                let _ = listener.ask().await;
                continue;
            }
        };
        let now = monotonic().since(begun);
        match sighting {
            Sighting::Answer(mac) | Sighting::Announcement(mac) => lock(&story).holder(mac, now),
            Sighting::Master(address) => lock(&story).master(address, now),
        }
    }
}

/// Holds a connection until it is lost.
async fn keep(stream: &TcpStream, place: usize, story: &Shared, plan: &Plan, begun: Instant) {
    let how = match talk(stream, place, story, plan, begun).await {
        Ok(()) => Loss::Closed,
        Err(e) => match kernel::failure(&e, None).id {
            "reset" => Loss::Reset,
            // The kernel has given up.
            _ => Loss::Hung,
        },
    };
    lock(story).lost(place, how, monotonic().since(begun));
}

/// Says what there is to say, again and again; ends when the peer ends the connection.
async fn talk(stream: &TcpStream, place: usize, story: &Shared, plan: &Plan, begun: Instant) -> io::Result<()> {
    let mut buffer = vec![0; 4096];
    let mut answer = Vec::new();
    loop {
        let asked = monotonic();
        let mut open = plan.expect.is_some() && plan.send.is_some();
        // The other side's kernel may be there, and the service is not.
        lock(story).waits(place, open.then(|| asked.since(begun)));
        if let Some(text) = &plan.send {
            write(stream, text).await?;
        }
        answer.clear();
        loop {
            let spent = monotonic().since(asked);
            let patience = if plan.send.is_some() && !open { plan.interval } else { Duration::from_hours(24) };
            if spent >= patience {
                break;
            }
            let Ok(n) = timeout(patience.saturating_sub(spent), tcp::read(stream, &mut buffer)).await else { continue };
            let n = n?;
            if n == 0 {
                return Ok(());
            }
            if let Some(expected) = plan.expect.as_ref().filter(|_| open) {
                answer.extend_from_slice(&buffer[..n.min(MOST_ANSWER.saturating_sub(answer.len()))]);
                open = !(expected.is_empty() || answer.windows(expected.len()).any(|w| w == expected));
                if !open {
                    lock(story).waits(place, None);
                }
            }
        }
    }
}

async fn write(stream: &TcpStream, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        stream.writable().await?;
        match stream.try_write(data) {
            Ok(n) => data = &data[n..],
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
