//! The words for certificates: whom they are for, until when, and who signed them.

use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::probe::outcome::{Fact, Value};
use crate::probe::reason::Reason;
use crate::time::Timestamp;

/// Names of a certificate, and certificates of a chain, that are told.
const TOLD: usize = 20;
const DAY: i64 = 86_400;

/// When a certificate begins and ceases to be valid.
pub(super) fn validity(certificate: &X509Certificate<'_>) -> (i64, i64) {
    let validity = certificate.validity();
    (validity.not_before.timestamp(), validity.not_after.timestamp())
}

/// What is wrong when it is not between these now.
pub(super) fn outside(from: i64, until: i64, now: i64) -> Option<Reason> {
    let sentence = if now > until {
        format!("the certificate expired {} ago, at {}", span(now - until), date(until))
    } else if now < from {
        let sentence = format!("the certificate becomes valid in {}, at {}", span(from - now), date(from));
        return Some(Reason::new("certificate-not-yet-valid", sentence));
    } else {
        return None;
    };
    Some(Reason::new("certificate-expired", sentence))
}

/// What is told of a chain.
pub(super) fn facts(chain: &[CertificateDer<'_>], now: i64) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(Ok((_, leaf))) = chain.first().map(|c| X509Certificate::from_der(c)) {
        let until = leaf.validity().not_after.timestamp();
        facts.push(Fact::text("certificate_subject", leaf.subject().to_string()));
        facts.push(Fact::text("certificate_issuer", leaf.issuer().to_string()));
        let mut names = names(&leaf);
        let all = names.len();
        names.truncate(TOLD);
        facts.push(Fact { name: "certificate_names", value: Value::List(names) });
        if all > TOLD {
            facts.push(Fact::number("certificate_names_in_all", i64::try_from(all).unwrap_or(i64::MAX)));
        }
        facts.push(Fact::text("certificate_until", date(until)));
        // Whole days on either side, as the sentence counts them: on the day around the end 0, so it is said beside.
        facts.push(Fact::number("certificate_days", (until - now) / DAY));
        facts.push(Fact::bool("certificate_expired", now > until));
    }
    let above = chain.iter().skip(1).take(TOLD).map(|c| match X509Certificate::from_der(c) {
        Ok((_, c)) => format!("{} by {}", c.subject(), c.issuer()),
        Err(_) => "a certificate that cannot be read".to_owned(),
    });
    let above: Vec<String> = above.collect();
    if !above.is_empty() {
        facts.push(Fact { name: "chain", value: Value::List(above) });
    }
    facts
}

/// The names and addresses that a certificate is for.
pub(super) fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
        },
        _ => None,
    };
    names.value.general_names.iter().filter_map(text).collect()
}

/// A number of seconds for people.
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        DAY.. => (seconds / DAY, "day"),
        3600.. => (seconds / 3600, "hour"),
        _ => (seconds.max(60) / 60, "minute"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

/// A time of a certificate.
fn date(seconds: i64) -> String {
    // Certificates know years up to 9999; a timestamp of ours ends in 2262.
    match seconds.checked_mul(1_000_000_000) {
        Some(nanos) => Timestamp { nanos, digits: 0 }.rfc3339().to_string(),
        None => "a time beyond the year 2262".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_sentence_agree() {
        use rcgen::{CertificateParams, KeyPair, date_time_ymd};
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2026, 11, 20);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().clone();
        let until = 1_795_132_800; // 2026-11-20
        let told = |now: i64| {
            let facts = facts(std::slice::from_ref(&der), now);
            let value = |name| facts.iter().find(|f| f.name == name).unwrap().value.clone();
            let sentence = outside(0, until, now).map(|r| r.sentence);
            (value("certificate_days"), value("certificate_expired"), sentence)
        };
        let expired = |ago: &str| Some(format!("the certificate expired {ago} ago, at 2026-11-20T00:00:00Z"));
        // 6 days and 12 hours, less than a day, the last second, less than a day to go, and 47 days and a bit.
        let rows = [
            (until + 6 * DAY + DAY / 2, -6, true, expired("6 days")),
            (until + DAY / 2, 0, true, expired("12 hours")),
            (until + 1, 0, true, expired("1 minute")),
            (until, 0, false, None),
            (until - DAY / 2, 0, false, None),
            (until - 47 * DAY - 9, 47, false, None),
        ];
        for (now, days, ended, sentence) in rows {
            assert_eq!(told(now), (Value::Number(days), Value::Bool(ended), sentence), "{}", now - until);
        }
    }
}
