//! Whose reading of the language it is, and whether that made a difference.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::vrrp::{Profile, profile};

thread_local! {
    /// Whether a version was asked something here that [`Version::V2_2`] answers in another way.
    static DIFFERS: Cell<bool> = const { Cell::new(false) };
}

/// Does something by the rules of a version, and tells whether it would have come out the same by those of
/// [`Version::V2_2`]: whatever it asked of the version has the same answer for both. It must not leave the thread, nor
/// depend on more than its input and the version.
pub fn same_for_oldest<T>(act: impl FnOnce() -> T) -> (T, bool) {
    let before = DIFFERS.replace(false);
    let result = act();
    let differs = DIFFERS.get();
    DIFFERS.set(before || differs);
    (result, !differs)
}

/// Whose reading of the language: a release of keepalived, from 2.2.7 on. What it is can only be learnt by ways that
/// [`same_for_oldest`] notices.
#[derive(Clone, Copy)]
pub struct Version {
    release: (u8, u8, u8),
}

impl Version {
    /// keepalived 2.2.7, of Debian 12: the oldest that is known here.
    pub const V2_2: Self = Self { release: (2, 2, 7) };
    /// keepalived 2.4 as it is now: the newest that is known here.
    pub const V2_4: Self = Self { release: (2, 4, 4) };

    /// A release, if it is one that is known here.
    pub fn new(major: u8, minor: u8, patch: u8) -> Option<Self> {
        let version = Self { release: (major, minor, patch) };
        (Self::V2_2.release..=Self::V2_4.release).contains(&version.release).then_some(version)
    }

    /// The release that is meant.
    pub fn release(self) -> (u8, u8, u8) {
        if self.release != Self::V2_2.release {
            DIFFERS.set(true);
        }
        self.release
    }

    /// Whether it is this release or a later one.
    pub fn at_least(self, major: u8, minor: u8, patch: u8) -> bool {
        let release = (major, minor, patch);
        let answer = self.release >= release;
        if answer != (Self::V2_2.release >= release) {
            DIFFERS.set(true);
        }
        answer
    }

    /// Its series, as it is said: `2.2`.
    pub fn series(self) -> String {
        let (major, minor, _) = self.release();
        format!("{major}.{minor}")
    }

    /// How its state machine behaves: what changed came with 2.3.3.
    pub fn profile(self) -> &'static Profile {
        if self.at_least(2, 3, 3) { &profile::KEEPALIVED_2_4 } else { &profile::KEEPALIVED_2_2 }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.release() == other.release()
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.release().cmp(&other.release())
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::V2_4
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.release();
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Version({self})")
    }
}

impl FromStr for Version {
    type Err = String;

    /// `2.2.7`, or `2.2` for the last of a series that is known here.
    fn from_str(s: &str) -> Result<Self, String> {
        let known = |s: &str| -> Option<Self> {
            let mut parts = s.strip_prefix('v').unwrap_or(s).split('.').map(str::parse::<u8>);
            let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
            let patch = match parts.next() {
                Some(patch) => patch.ok()?,
                None => match (major, minor) {
                    (2, 2) => 8,
                    (2, 3) => 4,
                    (2, 4) => Self::V2_4.release.2,
                    _ => return None,
                },
            };
            if parts.next().is_some() { None } else { Self::new(major, minor, patch) }
        };
        known(s)
            .ok_or_else(|| format!("keepalived {} to {} are known here, written like 2.2.7", Self::V2_2, Self::V2_4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_with_another_answer_for_the_oldest_are_noticed() {
        let same = |act: fn(Version)| same_for_oldest(|| act(Version::V2_4)).1;
        assert!(same(|_| ()));
        assert!(same(|v| assert!(v.at_least(2, 2, 7) && !v.at_least(2, 5, 0))));
        assert!(!same(|v| assert!(v.at_least(2, 2, 8))));
        assert!(!same(|v| assert_eq!(v.release(), (2, 4, 4))));
        assert!(!same(|v| drop(v.series())));
        assert!(!same(|v| drop(v.to_string())));
        assert!(!same(|v| drop(format!("{v:?}"))));
        assert!(!same(|v| assert_eq!(v.profile().name, profile::KEEPALIVED_2_4.name)));
        assert!(!same(|v| assert!(v != Version::V2_2)));
        assert!(!same(|v| assert!(v > Version::V2_2)));
        let ((inner, after), outer) = same_for_oldest(|| {
            let inner = same_for_oldest(|| Version::V2_4.profile()).1;
            (inner, same_for_oldest(|| ()).1)
        });
        assert_eq!((inner, after, outer), (false, true, false));
    }
}
