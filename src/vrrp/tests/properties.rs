//! What must hold for any sequence of events.

use proptest::prelude::*;

use super::*;
use crate::vrrp::{Announcing, Fault, State, Timer};

/// A step of time and an event; `None` lets the next deadline come.
type Step = (u64, Option<Event>);

fn any_fault() -> impl Strategy<Value = Fault> {
    prop::sample::select(Fault::ALL.to_vec())
}

fn any_heard() -> impl Strategy<Value = Event> {
    let priority = prop_oneof![Just(0), Just(1), Just(100), Just(254), Just(255), any::<u8>()];
    // 0 to 4095 centiseconds can be on the wire
    (priority, 1u8..5, prop_oneof![Just(100), 0u64..4096]).prop_map(|(p, n, cs)| hears_every(p, n, cs * 10_000))
}

fn any_params() -> impl Strategy<Value = Params> {
    let numbers = (
        prop::sample::select(ALL.to_vec()),
        2u8..=3,
        prop_oneof![Just(255u8), 1u8..=254],
        1u64..=5,
        0u64..8,
        1u8..=4,
        0u64..5,
    );
    let announcing = (0u8..3, 0u64..8, 0u8..3, 0u64..8, 0u64..4);
    (numbers, any::<[bool; 5]>(), announcing).prop_map(|(numbers, flags, announcing)| {
        let (profile, version, priority, interval, preempt_delay, down_timer_adverts, startup_delay) = numbers;
        let (repeat, delay, lower_repeat, lower_delay, refresh) = announcing;
        let second = |n: u64| micros(n * 1_000_000);
        Params {
            version,
            priority,
            advert_int: second(interval),
            preempt_delay: second(preempt_delay),
            down_timer_adverts,
            startup_delay: second(startup_delay),
            wants_master: flags[0],
            preempt: flags[1],
            lower_prio_no_advert: flags[2],
            steady: true,
            higher_prio_send_advert: flags[3],
            grouped: flags[4],
            announcing: Announcing {
                repeat,
                delay: second(delay),
                lower_repeat,
                lower_delay: second(lower_delay),
                refresh: second(refresh),
                refresh_repeat: 1,
            },
            ..params(profile)
        }
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => any_heard(),
        2 => Just(Event::Start),
        1 => Just(Event::Stop),
        2 => Just(Event::Timer),
        2 => Just(Event::Rejected),
        2 => any::<u8>().prop_map(Event::Priority),
        2 => any_fault().prop_map(Event::Fault),
        3 => any_fault().prop_map(Event::Cleared),
        1 => Just(Event::Pending),
        2 => Just(Event::Settled),
        1 => any_params().prop_map(|p| Event::Reload(Box::new(p))),
        1 => (1u8..5).prop_map(|n| Event::Source(address(n))),
        1 => Just(Event::AddressLost),
        1 => Just(Event::Resign),
        1 => Just(Event::Advertise),
        1 => any::<bool>().prop_map(Event::Preempt),
        1 => Just(Event::GroupMaster),
        1 => Just(Event::GroupBackup),
        1 => Just(Event::GroupFault),
        1 => Just(Event::GroupRecovered),
    ]
}

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = prop_oneof![Just(0), 0u64..2_000_000, Just(u64::MAX / 1_000_000)];
    prop::collection::vec((wait, prop_oneof![2 => any_event().prop_map(Some), 1 => Just(None)]), 1..120)
}

/// What the outside of a router has been told so far.
#[derive(Default)]
struct Outside {
    holds_addresses: bool,
    state: Option<State>,
}

impl Outside {
    /// Takes what an event gave; says what is wrong with it.
    fn take(&mut self, before: State, event: &Event, actions: &[Action], router: &VirtualRouter) -> Result<(), String> {
        let mut state = before;
        let mut releases = 0;
        let mut rounds = 0;
        for action in actions {
            match *action {
                Action::SendAdvert { priority: 0 } if before != State::Master => {
                    return Err("release as no master".into());
                }
                Action::SendAdvert { priority: 0 } => releases += 1,
                Action::SendAdvert { priority } => {
                    let owner = router.params().is_owner();
                    if before != State::Master && router.state() != State::Master {
                        return Err(format!("advert {priority} as no master"));
                    }
                    if priority == 255 && !owner && !matches!(event, Event::Reload(_)) {
                        return Err("advert 255 of no owner".into());
                    }
                }
                // One that was deleted is added again.
                Action::AddAddresses if self.holds_addresses && *event != Event::AddressLost => {
                    return Err("added twice".into());
                }
                Action::AddAddresses => self.holds_addresses = true,
                Action::RemoveAddresses if !self.holds_addresses => return Err("removed what is not there".into()),
                Action::RemoveAddresses => self.holds_addresses = false,
                Action::ChangeAddresses if !self.holds_addresses => return Err("changed what is not there".into()),
                Action::Announce { rounds: n } => rounds += u32::from(n),
                Action::Report(t) => {
                    if t.from != state || t.from == t.to {
                        return Err(format!("{} to {} from {state}", t.from, t.to));
                    }
                    state = t.to;
                    self.state = Some(t.to);
                }
                Action::ChangeAddresses | Action::Ready => {}
            }
        }
        if state != router.state() {
            return Err(format!("told {state}, is {}", router.state()));
        }
        if self.holds_addresses != (state == State::Master) {
            return Err(format!("addresses held in {state}: {}", self.holds_addresses));
        }
        let left = before == State::Master && state != State::Master;
        let tells = matches!(event, Event::Stop | Event::Fault(_) | Event::Resign | Event::GroupFault);
        let lost = *event == Event::AddressLost;
        if left && tells && releases == 0 || releases > 0 && !(left && (tells || lost)) || releases > 2 {
            return Err(format!("{releases} releases at {event:?}"));
        }
        if rounds > 0 && state != State::Master {
            return Err("announced as no master".into());
        }
        if rounds > 5 {
            return Err(format!("{rounds} rounds at once"));
        }
        if router.armed().is_some() != matches!(state, State::Backup | State::Master) {
            return Err(format!("{:?} in {state}", router.armed()));
        }
        if router.priority() == 0 {
            return Err("priority 0".into());
        }
        if router.priority() == 255 && !router.params().is_owner() {
            return Err("priority 255 of no owner".into());
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    // holds: rfc3768-6.4.2-6 rfc3768-6.4.2-8 rfc3768-6.4.3-6 rfc3768-6.4.3-9 rfc5798-6.4.2-6 rfc5798-6.4.2-7
    // holds: rfc5798-6.4.2-10 rfc5798-6.4.3-6 rfc5798-6.4.3-8 rfc5798-6.4.3-11 rfc9568-6.4.2-6 rfc9568-6.4.2-7
    // holds: rfc9568-6.4.2-10 rfc9568-6.4.3-6 rfc9568-6.4.3-8 rfc9568-6.4.3-11
    #[test]
    fn any_events_keep_the_invariants(params in any_params(), steps in any_steps()) {
        let mut router = VirtualRouter::new(params.clone());
        let mut twin = VirtualRouter::new(params);
        let mut outside = Outside::default();
        let mut now = Instant::ZERO;
        for (wait, event) in steps {
            let (at, event) = match event {
                None => match router.next_deadline() {
                    Some((due, _)) => (due.max(now), Event::Timer),
                    None => continue,
                },
                Some(event) => (now.after(micros(wait)), event),
            };
            now = at;
            let before = router.state();
            let actions = router.handle(now, event.clone());
            prop_assert_eq!(&actions, &twin.handle(now, event.clone()), "the same events, other actions");
            if let Err(wrong) = outside.take(before, &event, &actions, &router) {
                return Err(TestCaseError::fail(format!("{wrong}: {event:?} in {before} gave {}", told(&actions))));
            }
        }
    }

    /// However many adverts come, no more than sixteen announcements wait; one more when it becomes master once more.
    #[test]
    fn announcements_are_bounded(params in any_params(), steps in any_steps()) {
        let announcing = Announcing { refresh: Duration::ZERO, ..params.announcing };
        let mut router = VirtualRouter::new(Params { grouped: false, announcing, ..params });
        let _ = router.handle(Instant::ZERO, Event::Start);
        let mut now = Instant::ZERO;
        for (wait, event) in steps {
            now = now.after(micros(wait.min(100_000)));
            for _ in 0..20 {
                let event = event.clone().filter(|e| !matches!(e, Event::Reload(_)));
                let _ = router.handle(now, event.unwrap_or(Event::Timer));
            }
        }
        let (mut sent, end) = (0, now.after(micros(60_000_000)));
        while let Some((due, timer)) = router.next_deadline().filter(|(due, _)| *due < end) {
            now = now.max(due);
            let actions = router.handle(now, Event::Timer);
            sent += usize::from(timer == Timer::Announce && !actions.is_empty());
        }
        prop_assert!(sent <= 17, "{sent} announcements");
    }

    /// A timer that is asked too early changes nothing.
    #[test]
    fn a_timer_before_its_time_changes_nothing(params in any_params(), steps in any_steps()) {
        let mut router = VirtualRouter::new(params);
        let mut now = Instant::ZERO;
        for (wait, event) in steps {
            now = now.after(micros(wait.min(5_000_000)));
            let _ = router.handle(now, event.unwrap_or(Event::Timer));
            if let Some((due, timer)) = router.next_deadline().filter(|(due, _)| *due > now) {
                let early = Instant::from_micros(due.as_micros() - 1);
                prop_assert!(router.handle(early, Event::Timer).is_empty());
                prop_assert_eq!(router.next_deadline(), Some((due, timer)));
                now = early;
            }
            prop_assert!(matches!(router.next_deadline(), None | Some((_, Timer::MasterDown | Timer::Advert | Timer::Announce))));
        }
    }
}
