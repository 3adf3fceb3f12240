//! Authentication of adverts: passwords, the Authentication Header, and keepalived 2.4's HMAC trailer.
//!
//! Nothing of a secret is ever formatted: [`Secret`] and [`Keys`] print as masks, and only comparisons leave here.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use hmac::{Hmac, KeyInit, Mac as _};
use md5::Md5;
use sha2::Sha256;

use super::link::{u16_at, u32_at};
use super::packet::{AhHeader, IpContext, is_multicast};

/// Length of keepalived's HMAC trailer.
pub const TRAILER_LEN: usize = 28;
/// Length of the AH that keepalived sends: 12 bytes of fields and a 96-bit ICV.
pub const AH_LEN: usize = 24;

/// The eight bytes of a v2 password. Two can be compared; neither can be printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret(pub(crate) [u8; 8]);

impl Secret {
    /// A password as keepalived uses it: eight bytes count, padded with zeroes.
    pub fn new(password: &[u8]) -> Self {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(password) {
            *to = *from;
        }
        Self(bytes)
    }

    /// The bytes, for a digest or a built advert.
    pub(crate) const fn bytes(self) -> [u8; 8] {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

/// How an advert is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all: v2 type 0, or v3.
    None,
    /// v2 type 1: a password in clear (RFC 2338 §5.3.6.2).
    Pass(Secret),
    /// v2 type 2: an Authentication Header before the VRRP message (RFC 2338 §5.3.6.3).
    Ah,
    /// keepalived 2.4's trailer after the message.
    Hmac,
    /// A type that no RFC defines.
    Unknown(u8),
}

impl Auth {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass(_) => "pass",
            Self::Ah => "ah",
            Self::Hmac => "hmac",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Outcome of verifying a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthCheck {
    /// The digest is right under the given key.
    Ok,
    /// It is not.
    Bad,
    /// No key for it was given.
    NoKey,
}

impl AuthCheck {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Bad => "bad",
            Self::NoKey => "no-key",
        }
    }
}

/// Keys to verify digests with.
#[derive(Clone, Default)]
pub struct Keys {
    hmac: BTreeMap<u8, Box<[u8]>>,
    ah: Option<[u8; 8]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys {{ hmac ids: {:?}, ah: {} }}", self.hmac.keys(), self.ah.is_some())
    }
}

impl Keys {
    /// Adds a key of the HMAC trailer under its id; a later key of the same id replaces it.
    pub fn add_hmac(&mut self, id: u8, key: &[u8]) {
        self.hmac.insert(id, key.into());
    }

    /// Sets the password that AH digests are keyed with. As in keepalived, eight bytes count, padded with zeroes.
    pub fn set_ah(&mut self, password: &[u8]) {
        self.ah = Some(Secret::new(password).0);
    }

    /// The ids of the HMAC keys, ascending.
    pub fn hmac_ids(&self) -> impl Iterator<Item = u8> {
        self.hmac.keys().copied()
    }

    /// The key of an id.
    pub fn hmac(&self, id: u8) -> Option<&[u8]> {
        self.hmac.get(&id).map(AsRef::as_ref)
    }
}

/// keepalived 2.4's authentication trailer: 28 bytes after the VRRP message, outside its IPv4 checksum.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---------------+---------------+-------------------------------+
/// |  ext type (1) |    key id     |           reserved            |
/// +---------------+---------------+-------------------------------+
/// |                     seconds since 1970 (UTC)                  |
/// +-------------------------------+-------------------------------+
/// |      fraction of 1/65536 s    |            counter            |
/// +-------------------------------+-------------------------------+
/// |         leftmost 128 bits of HMAC-SHA-256 (16 bytes)          |
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HmacTrailer {
    /// Which key signed it.
    pub key_id: u8,
    /// Reserved field; must be 0.
    pub reserved: u16,
    /// The sender's clock: seconds since 1970.
    pub seconds: u32,
    /// The sender's clock: fraction in 1/65536 s.
    pub subsec: u16,
    /// Tie breaker within one clock tick.
    pub counter: u16,
}

impl HmacTrailer {
    /// The sender's clock in microseconds since 1970.
    pub fn micros(&self) -> i64 {
        i64::from(self.seconds) * 1_000_000 + ((i64::from(self.subsec) * 1_000_000) >> 16)
    }

    /// Reads a trailer; `None` when the bytes are not one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != TRAILER_LEN || bytes[0] != 1 {
            return None;
        }
        Some(Self {
            key_id: bytes[1],
            reserved: u16_at(bytes, 2)?,
            seconds: u32_at(bytes, 4)?,
            subsec: u16_at(bytes, 8)?,
            counter: u16_at(bytes, 10)?,
        })
    }
}

/// The 16 bytes that sign `message` (a whole VRRP message) and the first 12 bytes of its trailer.
///
/// The input has a pseudo-header of its own: family, VRRP version, VRID, 0, and the source address in 16 bytes. The IP
/// header and the destination are left out, so one signature serves every unicast copy.
pub(crate) fn hmac_sha256_128(key: &[u8], src: IpAddr, message: &[u8], trailer: &[u8]) -> Option<[u8; 16]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    let (family, mut address) = (if src.is_ipv4() { 4 } else { 6 }, [0; 16]);
    match src {
        IpAddr::V4(a) => address[..4].copy_from_slice(&a.octets()),
        IpAddr::V6(a) => address = a.octets(),
    }
    mac.update(&[family, message.first()? >> 4, *message.get(1)?, 0]);
    mac.update(&address);
    // The checksum field (bytes 6 and 7) reads as zero.
    mac.update(message.get(..6)?);
    mac.update(&[0, 0]);
    mac.update(message.get(8..)?);
    mac.update(trailer.get(..12)?);
    mac.update(&[0; 16]);
    mac.finalize().into_bytes()[..16].try_into().ok()
}

/// The ICV keepalived puts into its AH: HMAC-MD5-96 over IP header, AH and VRRP message.
///
/// Mutable IP fields read as zero: TOS, flags and fragment offset, checksum. TTL does so only in unicast adverts;
/// keepalived signs the 255 of a multicast one, where RFC 2402 §3.3.3.1.1.1 would have it zero too.
pub(crate) fn ah_icv(key: &[u8], ip_header: &[u8], ah: &[u8], message: &[u8], multicast: bool) -> Option<[u8; 12]> {
    let mut header = ip_header.to_vec();
    for i in [1, 6, 7, 10, 11] {
        *header.get_mut(i)? = 0;
    }
    if !multicast {
        *header.get_mut(8)? = 0;
    }
    let mut mac = Hmac::<Md5>::new_from_slice(key).ok()?;
    mac.update(&header);
    mac.update(ah.get(..12)?);
    mac.update(&[0; 12]);
    mac.update(message);
    mac.finalize().into_bytes()[..12].try_into().ok()
}

/// The bytes under a digest, kept so that others than the decoder can verify it: each peer has keys of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    src: IpAddr,
    /// IP header and AH, or nothing and the trailer.
    header: Box<[u8]>,
    digest: Box<[u8]>,
    message: Box<[u8]>,
    /// The key id of a trailer; `None` for AH.
    key_id: Option<u8>,
    multicast: bool,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message of a v2 advert may end with a password.
        write!(f, "Signed {{ key id: {:?}, {} bytes }}", self.key_id, self.message.len())
    }
}

impl Signed {
    pub(crate) fn hmac(cx: &IpContext<'_>, message: &[u8], trailer: &[u8], key_id: u8) -> Self {
        let (header, digest, message) = (Box::default(), trailer.into(), message.into());
        Self { src: cx.src, header, digest, message, key_id: Some(key_id), multicast: is_multicast(cx.dst) }
    }

    /// Empty parts verify with no key, so that an AH that points outside the frame is not right.
    pub(crate) fn ah(cx: &IpContext<'_>, ah: AhHeader, message: &[u8]) -> Self {
        let part = |from: usize, to: usize| cx.data.get(from..to).unwrap_or_default().into();
        Self {
            src: cx.src,
            header: part(cx.header.0, cx.header.1),
            digest: part(ah.at, ah.at + ah.len),
            message: message.into(),
            key_id: None,
            multicast: is_multicast(cx.dst),
        }
    }

    /// Verifies the digest with these keys.
    pub fn verify(&self, keys: &Keys) -> AuthCheck {
        let right = if let Some(id) = self.key_id {
            let Some(key) = keys.hmac(id) else { return AuthCheck::NoKey };
            let mac = hmac_sha256_128(key, self.src, &self.message, &self.digest);
            mac.is_some_and(|mac| self.digest.get(12..TRAILER_LEN) == Some(&mac))
        } else {
            let Some(key) = keys.ah else { return AuthCheck::NoKey };
            // Another length or IPv6: not the algorithm that the password belongs to.
            let ours = self.digest.len() == AH_LEN && self.src.is_ipv4();
            let icv = ah_icv(&key, &self.header, &self.digest, &self.message, self.multicast);
            ours && icv.is_some_and(|icv| self.digest.get(12..) == Some(&icv))
        };
        if right { AuthCheck::Ok } else { AuthCheck::Bad }
    }
}

/// Reads a key as keepalived writes it: `hex:` and hexadecimal digits, or the text itself.
///
/// # Errors
/// A sentence without the key in it: wrong digits, or a length outside the 32 to 64 bytes that keepalived takes.
pub fn parse_key(text: &str) -> Result<Vec<u8>, String> {
    let key = match text.strip_prefix("hex:") {
        None => text.as_bytes().to_vec(),
        Some(hex) => {
            if !hex.is_ascii() || hex.len() % 2 != 0 {
                return Err("the hexadecimal key has an odd number of digits or other characters".into());
            }
            let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
            hex.as_bytes()
                .chunks_exact(2)
                .map(|p| Some(digit(p[0])? << 4 | digit(p[1])?))
                .collect::<Option<Vec<u8>>>()
                .ok_or("the hexadecimal key holds something other than the digits 0-9 and a-f")?
        }
    };
    if !(32..=64).contains(&key.len()) {
        return Err(format!("the key is {} bytes long; keepalived takes 32 to 64", key.len()));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_debug_output() {
        let mut keys = Keys::default();
        keys.set_ah(b"s3cr3t");
        keys.add_hmac(1, b"abcdefghijklmnopqrstuvwxyz012345");
        let shown = format!("{keys:?} {:?}", Auth::Pass(Secret(*b"hunter2\0")));
        assert!(!shown.contains("s3cr3t") && !shown.contains("abc") && !shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn keys_are_read_as_keepalived_reads_them() {
        assert_eq!(parse_key(&format!("hex:{}", "00ff".repeat(16))).unwrap()[..2], [0x00, 0xff]);
        assert_eq!(parse_key(&"k".repeat(32)).unwrap().len(), 32);
        assert!(parse_key("hex:00").unwrap_err().contains("1 bytes"));
        assert!(parse_key("hex:0").unwrap_err().contains("odd"));
        assert!(!parse_key("topsecretbutshort").unwrap_err().contains("topsecret"));
    }
}
