//! What clients of an address see while it moves: short requests one after the other, connections that are held, who has
//! the address. Knows neither sockets nor clocks; times are since the beginning.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::judge::Level;
use crate::wire::Mac;

/// How a held connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// With a reset.
    Reset,
    /// The peer ended it.
    Closed,
    /// Nothing answers.
    Hung,
}

/// The address has another holder, or another master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// When it was seen.
    pub at: Duration,
    /// Who was it before.
    pub from: String,
    /// Who is it now.
    pub to: String,
}

/// Moves that are remembered each; all are counted.
const MOST_MOVES: usize = 100;

/// A held connection from which nothing is heard for so long hangs: each is asked once a second.
pub const SILENT: Duration = Duration::from_secs(3);

/// What is known of who has the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Holder {
    now: Option<String>,
    moves: Vec<Move>,
    count: u32,
}

impl Holder {
    fn is(&mut self, who: String, at: Duration) -> bool {
        let before = self.now.replace(who.clone());
        let Some(from) = before.filter(|b| *b != who) else { return false };
        self.count += 1;
        if self.moves.len() < MOST_MOVES {
            self.moves.push(Move { at, from, to: who });
        }
        true
    }
}

/// Everything so far.
#[derive(Clone, Debug)]
pub struct Story {
    /// From one request to the next.
    interval: Duration,
    good: u32,
    failures: Vec<(&'static str, u32)>,
    /// Requests under way, by number, with their beginnings.
    open: BTreeMap<u32, Duration>,
    asked: u32,
    first_good: Option<Duration>,
    last_good: Duration,
    /// The longest time between two good requests, and when it began.
    silence: (Duration, Duration),
    held: Vec<Option<(Loss, Duration)>>,
    /// Since when each held connection waits for an answer.
    waiting: Vec<Option<Duration>>,
    holder: Holder,
    master: Holder,
    /// When something was last not as it should be.
    unsteady: Duration,
    /// The end of the last silence that clients notice.
    resumed: Option<Duration>,
    /// Why moves cannot be seen from here, if so.
    blind: Option<String>,
}

impl Story {
    /// Before the first request; so many connections are held.
    pub fn new(interval: Duration, held: usize) -> Self {
        Self {
            interval,
            good: 0,
            failures: Vec::new(),
            open: BTreeMap::new(),
            asked: 0,
            first_good: None,
            last_good: Duration::ZERO,
            silence: (Duration::ZERO, Duration::ZERO),
            held: vec![None; held],
            waiting: vec![None; held],
            holder: Holder::default(),
            master: Holder::default(),
            unsteady: Duration::ZERO,
            resumed: None,
            blind: None,
        }
    }

    /// Moves cannot be seen from here.
    pub fn is_blind(&mut self, why: String) {
        self.blind = Some(why);
    }

    /// A silence that is more than a late request.
    fn notable(&self) -> Duration {
        (self.interval * 5).max(Duration::from_secs(1))
    }

    /// A request begins; its number.
    pub fn asks(&mut self, at: Duration) -> u32 {
        self.asked += 1;
        self.open.insert(self.asked, at);
        self.asked
    }

    /// A request is no longer under way: it was good, or failed.
    pub fn answered(&mut self, number: u32) {
        self.open.remove(&number);
    }

    /// A request was good.
    pub fn good(&mut self, at: Duration) {
        self.good += 1;
        if self.first_good.is_none() {
            self.first_good = Some(at);
            self.last_good = at;
        }
        // They may end in another order than they began.
        let gap = at.saturating_sub(self.last_good);
        if gap > self.silence.0 {
            self.silence = (gap, self.last_good);
        }
        if gap > self.notable() {
            self.resumed = Some(at);
        }
        if gap > self.interval * 3 {
            self.unsteady = self.unsteady.max(at);
        }
        self.last_good = self.last_good.max(at);
    }

    /// A request failed.
    pub fn failed(&mut self, id: &'static str, at: Duration) {
        match self.failures.iter_mut().find(|f| f.0 == id) {
            Some(f) => f.1 += 1,
            None => self.failures.push((id, 1)),
        }
        self.unsteady = self.unsteady.max(at);
    }

    /// A held connection was lost.
    pub fn lost(&mut self, place: usize, how: Loss, at: Duration) {
        if let Some(end @ None) = self.held.get_mut(place) {
            *end = Some((how, at));
            self.unsteady = self.unsteady.max(at);
        }
    }

    /// A held connection waits for an answer, since this moment, or does not.
    pub fn waits(&mut self, place: usize, since: Option<Duration>) {
        if let Some(waiting) = self.waiting.get_mut(place) {
            *waiting = since;
        }
    }

    /// Whether it has done so for too long.
    pub fn waits_long(&self, place: usize, now: Duration) -> bool {
        self.waiting.get(place).is_some_and(|w| w.is_some_and(|since| now.saturating_sub(since) > SILENT))
    }

    /// Whether a held connection still stands.
    pub fn stands(&self, place: usize) -> bool {
        self.held.get(place).is_some_and(Option::is_none)
    }

    /// Somebody has the address.
    pub fn holder(&mut self, mac: Mac, at: Duration) {
        if self.holder.is(mac.to_string(), at) {
            self.unsteady = self.unsteady.max(at);
        }
    }

    /// Somebody is master of the address.
    pub fn master(&mut self, address: IpAddr, at: Duration) {
        if self.master.is(address.to_string(), at) {
            self.unsteady = self.unsteady.max(at);
        }
    }

    /// Whether the address has moved. Where that cannot be seen, an interruption that is over stands for it.
    pub fn has_moved(&self) -> bool {
        self.holder.count + self.master.count > 0 || (self.blind.is_some() && self.resumed.is_some())
    }

    /// How long clients have had no answer, at a time.
    pub fn silent_for(&self, now: Duration) -> Duration {
        now.saturating_sub(self.last_good)
    }

    /// Whether a move is over: the address has moved, and everything has been steady for a while. A connection with
    /// unacknowledged data tries again at the latest after as long as it was cut off.
    pub fn is_over(&self, now: Duration) -> bool {
        let settle = (self.silence.0 + Duration::from_secs(1)).max(SILENT + Duration::from_secs(1));
        let steady = self.silent_for(now) <= self.interval * 3;
        self.has_moved() && steady && now.saturating_sub(self.unsteady) >= settle
    }

    /// In one line, while it goes on.
    pub fn progress(&self, now: Duration) -> String {
        let failed: u32 = self.failures.iter().map(|f| f.1).sum();
        let standing = self.held.iter().filter(|h| h.is_none()).count();
        let silent = self.silent_for(now);
        let silent =
            if silent > self.notable() { format!(", SILENT for {:.1} s", silent.as_secs_f64()) } else { String::new() };
        let who = self.holder.now.as_ref().map_or(String::new(), |mac| format!("; at {mac}"));
        let master = self.master.now.as_ref().map_or(String::new(), |m| format!(", master {m}"));
        let moved = if self.has_moved() { ", moved" } else { "" };
        format!(
            "{:.0} s: {} good, {failed} failed{silent}; {standing} of {} connections held{who}{master}{moved}",
            now.as_secs_f64(),
            self.good,
            self.held.len()
        )
    }

    /// What it came to.
    pub fn end(mut self, now: Duration, interrupted: bool) -> Through {
        // A younger one may only be late.
        let unanswered = self.open.values().filter(|at| now.saturating_sub(**at) > self.notable()).count() as u32;
        if unanswered > 0 {
            self.failures.push(("unanswered", unanswered));
        }
        let open = self.silent_for(now);
        let silent = open > self.notable();
        let silence = if open > self.silence.0 && silent { (open, self.last_good) } else { self.silence };
        let count = |how| self.held.iter().filter(|h| h.is_some_and(|h| h.0 == how)).count() as u32;
        let (reset, closed, hung) = (count(Loss::Reset), count(Loss::Closed), count(Loss::Hung));
        let held = self.held.len() as u32;
        Through {
            lasted: now,
            interval: self.interval,
            interrupted,
            good: self.good,
            moved: self.has_moved(),
            silence: silence.0,
            silent_from: silence.1,
            silent,
            held,
            survived: held - reset - closed - hung,
            reset,
            closed,
            hung,
            failures: self.failures,
            moves: self.holder.moves,
            masters: self.master.moves,
            holder: self.holder.now,
            master: self.master.now,
            blind: self.blind,
        }
    }
}

/// What clients saw of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// How long was looked.
    pub lasted: Duration,
    /// From one request to the next.
    pub interval: Duration,
    /// Whether somebody ended it.
    pub interrupted: bool,
    /// Good requests.
    pub good: u32,
    /// Others, by reason; `unanswered` are those that were still under way at the end, for longer than is usual.
    pub failures: Vec<(&'static str, u32)>,
    /// Whether the address has moved, as far as that can be seen.
    pub moved: bool,
    /// The longest time without a good request.
    pub silence: Duration,
    /// When that began.
    pub silent_from: Duration,
    /// Whether it has not ended.
    pub silent: bool,
    /// Connections that were held,
    pub held: u32,
    /// and of them those that still stand,
    pub survived: u32,
    /// were reset,
    pub reset: u32,
    /// were ended by the peer,
    pub closed: u32,
    /// or hang.
    pub hung: u32,
    /// Changes of the hardware address.
    pub moves: Vec<Move>,
    /// Changes of the master that announces it.
    pub masters: Vec<Move>,
    /// The hardware address at the end.
    pub holder: Option<String>,
    /// The master at the end.
    pub master: Option<String>,
    /// Why moves could not be seen, if so.
    pub blind: Option<String>,
}

impl Through {
    /// All requests.
    pub fn requests(&self) -> u32 {
        self.good + self.failed()
    }

    /// Whether the address goes back and forth faster than masters do: then two hosts answer for it.
    pub fn contested(&self) -> bool {
        const BACK_AND_FORTH: usize = 3;
        const QUICK: Duration = Duration::from_secs(3);
        self.moves.windows(BACK_AND_FORTH).any(|m| m[BACK_AND_FORTH - 1].at.saturating_sub(m[0].at) <= QUICK)
    }

    /// Requests that were not good.
    pub fn failed(&self) -> u32 {
        self.failures.iter().map(|f| f.1).sum()
    }

    /// How well it went: two hosts that answer for the address, a connection that hangs, a service that never answered, is
    /// still away or was for longer than `crit` is critical; connections that were lost, or a silence longer than `warn`,
    /// are a warning; where nothing has moved there is nothing to say, and what the service then closes is its own custom.
    /// A request that failed counts by the silence that it makes: some do in every move, and `warn` says how much of that
    /// is too much.
    pub fn level(&self, warn: Duration, crit: Option<Duration>) -> Level {
        self.judged(warn, crit).map_or(Level::Ok, |j| j.0)
    }

    /// What keeps it from being well, with the id of its reason.
    pub fn judged(&self, warn: Duration, crit: Option<Duration>) -> Option<(Level, &'static str)> {
        let unserved = self.good == 0 && self.requests() > 0;
        let bad = [
            (self.silent || unserved, Level::Critical, "unserved"),
            (self.contested(), Level::Critical, "several"),
            (self.hung > 0, Level::Critical, "hung"),
            (crit.is_some_and(|crit| self.silence > crit), Level::Critical, "interruption"),
            (self.silence > warn, Level::Warning, "interruption"),
            (self.reset > 0 || self.moved && self.closed > 0, Level::Warning, "lost"),
            (!self.moved, Level::Unknown, "unmoved"),
        ];
        bad.into_iter().find(|(holds, ..)| *holds).map(|(_, level, id)| (level, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    const A: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const B: Mac = Mac([2, 0, 0, 0, 0, 2]);

    /// Good requests every 100 ms.
    fn steady(story: &mut Story, from: u64, until: u64) {
        (from..=until).step_by(100).for_each(|t| story.good(ms(t)));
    }

    #[test]
    fn back_and_forth_is_no_failover() {
        let mut s = Story::new(ms(100), 0);
        s.holder(A, ms(0));
        // A move and back again may be a failover and a return.
        s.holder(B, ms(5000));
        s.holder(A, ms(5500));
        steady(&mut s, 0, 6000);
        let seen = |s: &Story| {
            let t = s.clone().end(ms(10_000), false);
            (t.contested(), t.moves.len())
        };
        assert_eq!(seen(&s), (false, 2));
        s.holder(B, ms(8001));
        assert_eq!(seen(&s), (false, 3));
        s.holder(A, ms(8400));
        assert_eq!(seen(&s), (true, 4));
    }

    #[test]
    fn a_move_with_a_silence_and_lost_connections() {
        let mut s = Story::new(ms(100), 4);
        s.holder(A, ms(0));
        steady(&mut s, 0, 5000);
        assert!(!s.has_moved() && !s.is_over(ms(5000)));
        // It is away from 5.0 s to 8.6 s.
        s.failed("timeout-syn", ms(7000));
        assert_eq!(s.silent_for(ms(8000)), ms(3000));
        assert!(
            s.progress(ms(8000)).contains("51 good, 1 failed, SILENT for 3.0 s; 4 of 4 connections held; at 02:00:")
        );
        s.holder(B, ms(8550));
        s.lost(0, Loss::Reset, ms(8700));
        s.lost(1, Loss::Closed, ms(8700));
        s.lost(1, Loss::Reset, ms(8800));
        steady(&mut s, 8600, 13_200);
        // 3.6 s of silence and a second after 8.7 s.
        assert!(!s.is_over(ms(13_299)) && s.is_over(ms(13_300)));
        s.lost(2, Loss::Hung, ms(13_300));
        let t = s.end(ms(13_300), false);
        assert_eq!((t.silence, t.silent_from, t.silent, t.moved), (ms(3600), ms(5000), false, true));
        assert_eq!((t.held, t.survived, t.reset, t.closed, t.hung), (4, 1, 1, 1, 1));
        assert_eq!((t.requests(), t.good), (99, 98));
        let moved = Move { at: ms(8550), from: "02:00:00:00:00:01".into(), to: "02:00:00:00:00:02".into() };
        assert_eq!(t.moves, [moved]);
        assert_eq!(t.level(ms(1000), None), Level::Critical);
        let t = Through { hung: 0, ..t };
        assert_eq!(t.level(ms(1000), None), Level::Warning);
        let t = Through { reset: 0, closed: 0, ..t };
        assert_eq!(t.level(ms(3599), None), Level::Warning);
        assert_eq!((t.level(ms(3600), None), t.level(ms(3600), Some(ms(3599)))), (Level::Ok, Level::Critical));
    }

    #[test]
    fn without_a_move_there_is_nothing_to_say() {
        let mut s = Story::new(ms(100), 1);
        s.master("10.0.0.1".parse().unwrap(), ms(0));
        s.master("10.0.0.1".parse().unwrap(), ms(1000));
        steady(&mut s, 0, 60_000);
        assert!(!s.is_over(ms(60_000)));
        let t = s.clone().end(ms(60_000), true);
        assert_eq!((t.moved, t.level(ms(1000), None)), (false, Level::Unknown));
        s.master("10.0.0.2".parse().unwrap(), ms(60_000));
        assert_eq!(s.end(ms(60_000), false).level(ms(1000), None), Level::Ok);
    }

    #[test]
    fn requests_under_way_count_when_they_are_late() {
        let mut s = Story::new(ms(100), 0);
        assert_eq!((s.asks(ms(0)), s.asks(ms(100)), s.asks(ms(1000))), (1, 2, 3));
        let t = s.clone().end(ms(1101), false);
        assert_eq!((t.requests(), t.good, &t.failures[..], t.silent), (2, 0, &[("unanswered", 2)][..], true));
        assert_eq!(t.level(ms(10_000), None), Level::Critical);
        let t = s.clone().end(ms(1000), false);
        assert_eq!((t.requests(), t.level(ms(10_000), None)), (0, Level::Unknown));
        s.answered(1);
        s.answered(2);
        s.good(ms(1050));
        s.good(ms(1060));
        let t = s.end(ms(2000), false);
        assert_eq!((t.requests(), t.good, t.silent), (2, 2, false));
    }

    #[test]
    fn a_service_that_only_refuses_is_critical_moved_or_not() {
        let mut s = Story::new(ms(100), 0);
        s.failed("refused", ms(0));
        s.failed("refused", ms(100));
        assert_eq!(s.clone().end(ms(200), false).level(ms(1000), None), Level::Critical);
        s.good(ms(200));
        assert_eq!(s.end(ms(300), false).level(ms(1000), None), Level::Unknown);
    }

    #[test]
    fn who_cannot_see_moves_takes_an_interruption_for_one() {
        let mut s = Story::new(ms(100), 0);
        s.is_blind("why".into());
        steady(&mut s, 0, 1000);
        assert!(!s.has_moved());
        steady(&mut s, 2100, 6200);
        assert!(s.has_moved() && s.is_over(ms(6200)));
        // And what has not come back is away.
        let t = s.end(ms(9000), false);
        assert_eq!((t.silent, t.silence, t.level(ms(10_000), None)), (true, ms(2800), Level::Critical));
    }
}
