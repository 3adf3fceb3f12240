//! Which word somebody may have meant.

use std::borrow::Cow;

/// The word that is most like a given one, when that may be a slip for it: letters dropped, doubled, changed or in the
/// wrong order, capitals, hyphens, full-width letters, or an end left out. None where two are equally like it.
pub(super) fn similar<'a>(given: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that is to be set has so long a name.
    if given.is_empty() || given.len() > 128 {
        return None;
    }
    let given = plain(given);
    let most = most(&given);
    let (mut best, mut tie) = (None, false);
    for word in words {
        let other = plain(word);
        let near = given.len().abs_diff(other.len()) <= most;
        let mut distance = if near { strsim::osa_distance(&given, &other) } else { usize::MAX };
        if distance > most && given.len() >= 5 && other.starts_with(&*given) {
            distance = 1;
        }
        if distance > most {
            continue;
        }
        match best {
            // Of words that one begins, the shortest is meant.
            Some((d, w)) if d == distance => {
                let w: &str = w;
                if other.starts_with(&*given) && w.starts_with(word) {
                    best = Some((d, word));
                } else {
                    tie |= w != word && !(w.len() < word.len() && other.starts_with(&*plain(w)));
                }
            }
            Some((d, _)) if d < distance => {}
            _ => (best, tie) = (Some((distance, word)), false),
        }
    }
    best.filter(|_| !tie).map(|(_, word)| word)
}

/// How many slips a word may have.
fn most(word: &str) -> usize {
    match word.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// Without what differs by habit or keyboard only.
fn plain(word: &str) -> Cow<'_, str> {
    let odd = |c: char| c.is_ascii_uppercase() || c == '-' || !c.is_ascii();
    if !word.contains(odd) {
        return Cow::Borrowed(word);
    }
    let one = |c: char| match narrow(c).unwrap_or(c) {
        '-' => '_',
        c => c.to_ascii_lowercase(),
    };
    Cow::Owned(word.chars().map(one).collect())
}

/// The ASCII character of which a character is the full-width form.
fn narrow(c: char) -> Option<char> {
    let code = u32::from(c);
    (0xff01..=0xff5e).contains(&code).then(|| char::from_u32(code - 0xfee0)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let words =
            ["priority", "preempt", "nopreempt", "virtual_ipaddress", "virtual_ipaddress_excluded", "vrf", "state"];
        let of = |given| similar(given, words);
        assert_eq!(of("priorty"), Some("priority"));
        assert_eq!(of("pritority"), Some("priority"));
        assert_eq!(of("Priority"), Some("priority"));
        assert_eq!(of("STATE"), Some("state"));
        assert_eq!(of("virtual-ipaddress"), Some("virtual_ipaddress"));
        assert_eq!(of("ｐｒｉｏｒｉｔｙ"), Some("priority"));
        assert_eq!(of("virtual_ip"), Some("virtual_ipaddress"));
        assert_eq!(of("virtual_ipaddress_ex"), Some("virtual_ipaddress_excluded"));
        assert_eq!(of("preept"), Some("preempt"));
        assert_eq!(of("prioritize_all"), None);
        assert_eq!(of("vr"), Some("vrf"));
        assert_eq!(of("x"), None);
        assert_eq!(of(""), None);
        assert_eq!(of(&"p".repeat(5000)), None);
        // As like the one as the other
        assert_eq!(similar("track_fil", ["track_file", "track_fill"]), None);
        assert_eq!(similar("auth", ["auth_type", "auth_pass"]), None);
    }
}
