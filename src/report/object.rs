//! A JSON object written straight into memory, for the lines of single frames: there may be millions of them, and they
//! hold nothing but numbers, addresses and fixed words, so no text needs escaping.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};

use crate::time::Timestamp;
use crate::wire::Mac;

/// An object under construction. Field names and words are literals of this program.
pub(super) struct Object(Vec<u8>);

impl Object {
    /// An object of a type.
    pub fn new(kind: &'static str) -> Self {
        let mut buf = Vec::with_capacity(640);
        buf.extend_from_slice(b"{\"type\":\"");
        buf.extend_from_slice(kind.as_bytes());
        buf.push(b'"');
        Self(buf)
    }

    fn name(&mut self, name: &'static str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// A number.
    pub fn number(&mut self, name: &'static str, value: impl Into<u64>) -> &mut Self {
        self.name(name);
        digits(&mut self.0, value.into());
        self
    }

    /// A number, if there is one.
    pub fn number_if(&mut self, name: &'static str, value: Option<impl Into<u64>>) -> &mut Self {
        if let Some(v) = value {
            self.number(name, v);
        }
        self
    }

    /// A word.
    pub fn word(&mut self, name: &'static str, value: &'static str) -> &mut Self {
        self.name(name);
        quoted(&mut self.0, |b| b.extend_from_slice(value.as_bytes()));
        self
    }

    /// A word, if there is one.
    pub fn word_if(&mut self, name: &'static str, value: Option<&'static str>) -> &mut Self {
        if let Some(v) = value {
            self.word(name, v);
        }
        self
    }

    /// True or false.
    pub fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.name(name);
        self.0.extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// An address.
    pub fn ip(&mut self, name: &'static str, value: IpAddr) -> &mut Self {
        self.name(name);
        quoted(&mut self.0, |b| address(b, value));
        self
    }

    /// A hardware address, if there is one.
    pub fn mac(&mut self, name: &'static str, value: Option<Mac>) -> &mut Self {
        let Some(Mac(bytes)) = value else { return self };
        self.name(name);
        quoted(&mut self.0, |b| {
            for (i, byte) in bytes.iter().enumerate() {
                if i > 0 {
                    b.push(b':');
                }
                const HEX: &[u8; 16] = b"0123456789abcdef";
                b.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        });
        self
    }

    /// A list.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        values: impl IntoIterator<Item = T>,
        item: impl Fn(&mut Vec<u8>, T),
    ) -> &mut Self {
        self.name(name);
        self.0.push(b'[');
        for (i, v) in values.into_iter().enumerate() {
            if i > 0 {
                self.0.push(b',');
            }
            item(&mut self.0, v);
        }
        self.0.push(b']');
        self
    }

    /// Frame number, time and seconds, the way every frame's line begins.
    pub fn seen(&mut self, number: u64, time: Timestamp) -> &mut Self {
        self.number("frame", number);
        self.name("time");
        quoted(&mut self.0, |b| {
            let _ = write!(b, "{}", time.rfc3339());
        });
        self.name("t");
        seconds(&mut self.0, time.nanos);
        self
    }

    /// Seconds with their fraction, exactly.
    pub fn seconds(&mut self, name: &'static str, nanos: i64) -> &mut Self {
        self.name(name);
        seconds(&mut self.0, nanos);
        self
    }

    /// Ends the object and writes it as one line.
    pub fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.0.extend_from_slice(b"}\n");
        out.write_all(&self.0)
    }
}

/// An address in quotes, as an item of a list.
pub(super) fn ip_item(buf: &mut Vec<u8>, value: &IpAddr) {
    quoted(buf, |b| address(b, *value));
}

/// A number as an item of a list.
pub(super) fn number_item(buf: &mut Vec<u8>, value: u16) {
    digits(buf, u64::from(value));
}

/// A word as an item of a list.
pub(super) fn word_item(buf: &mut Vec<u8>, value: &'static str) {
    quoted(buf, |b| b.extend_from_slice(value.as_bytes()));
}

fn quoted(buf: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    buf.push(b'"');
    content(buf);
    buf.push(b'"');
}

fn digits(buf: &mut Vec<u8>, mut n: u64) {
    let mut text = [0; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    buf.extend_from_slice(&text[at..]);
}

fn address(buf: &mut Vec<u8>, value: IpAddr) {
    match value {
        IpAddr::V4(a) => v4(buf, a),
        IpAddr::V6(a) => {
            let _ = write!(buf, "{a}"); // into memory: cannot fail
        }
    }
}

fn v4(buf: &mut Vec<u8>, a: Ipv4Addr) {
    for (i, octet) in a.octets().into_iter().enumerate() {
        if i > 0 {
            buf.push(b'.');
        }
        digits(buf, u64::from(octet));
    }
}

/// Seconds as an exact decimal without superfluous zeroes, but always with a fraction.
fn seconds(buf: &mut Vec<u8>, nanos: i64) {
    if nanos < 0 {
        buf.push(b'-');
    }
    let n = nanos.unsigned_abs();
    digits(buf, n / 1_000_000_000);
    let mut fraction = n % 1_000_000_000;
    let mut text = [b'0'; 9];
    for place in text.iter_mut().rev() {
        *place = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
    let last = text.iter().rposition(|d| *d != b'0').unwrap_or(0);
    buf.push(b'.');
    buf.extend_from_slice(&text[..=last]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_one_line_of_json() {
        let mut out = Vec::new();
        let mut o = Object::new("x");
        o.seen(7, Timestamp::from_nanos(1_700_000_000_120_000_789));
        o.ip("a", "10.0.0.255".parse().unwrap()).ip("b", "fe80::1".parse().unwrap());
        o.mac("m", Some(Mac([0, 0x5e, 1, 0xab, 0xff, 9]))).mac("none", None).flag("f", true);
        o.number_if("n", Some(0u8)).number_if("gone", None::<u8>).word_if("w", None);
        o.list("l", [1u16, 4095], number_item).list("e", [], word_item);
        o.end(&mut out).unwrap();
        let expected = concat!(
            r#"{"type":"x","frame":7,"time":"2023-11-14T22:13:20.120000789Z","t":1700000000.120000789,"a":"10.0.0.255","#,
            r#""b":"fe80::1","m":"00:5e:01:ab:ff:09","f":true,"n":0,"l":[1,4095],"e":[]}"#,
            "\n"
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn seconds_are_exact_at_any_precision() {
        let text = |nanos| {
            let mut b = Vec::new();
            seconds(&mut b, nanos);
            String::from_utf8(b).unwrap()
        };
        assert_eq!(text(1_700_000_000_000_000_000), "1700000000.0");
        assert_eq!(text(1_500_000_000), "1.5");
        assert_eq!(text(-1), "-0.000000001");
        assert_eq!(text(i64::MIN), "-9223372036.854775808");
    }
}
