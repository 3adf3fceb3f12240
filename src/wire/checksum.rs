//! The Internet checksum (RFC 1071) and the ways VRRP has used it.

use std::net::IpAddr;

use super::PROTO_VRRP;

/// Which bytes a VRRP checksum covers. Specifications and daemons disagree, so all known forms are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The VRRP message alone: v2 (RFC 3768 §5.3.8) and v3 over IPv4 since RFC 9568 §5.2.8.
    Plain,
    /// With a pseudo-header of the real addresses: v3 over IPv6, and over IPv4 as keepalived and FRR read RFC 5798.
    PseudoHeader,
    /// With a pseudo-header that names the group though the advert was sent to one host: keepalived up to 1.3.6.
    PseudoHeaderGroup,
}

impl Form {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::PseudoHeader => "pseudo-header",
            Self::PseudoHeaderGroup => "pseudo-header-group",
        }
    }
}

/// What checking a checksum came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One form matched.
    Ok(Form),
    /// No known form matched.
    Bad,
    /// Not all the bytes it covers are here, e.g. a routing header hides the final destination.
    Unverifiable,
}

/// A running one's complement sum.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum(u32);

impl Sum {
    /// Adds bytes as big-endian 16-bit words; an odd last byte counts as the high half of a word.
    #[must_use]
    pub fn add(mut self, data: &[u8]) -> Self {
        let mut words = data.chunks_exact(2);
        for w in &mut words {
            self.0 += u32::from(u16::from_be_bytes([w[0], w[1]]));
            // Fold as we go: 64 KiB of 0xffff words would still fit, but nothing promises the caller stays below.
            self.0 = (self.0 & 0xffff) + (self.0 >> 16);
        }
        if let [last] = words.remainder() {
            self.0 += u32::from(*last) << 8;
        }
        self
    }

    /// Adds the pseudo-header of RFC 5798 §5.2.8: addresses, protocol and the message's length.
    #[must_use]
    pub fn add_pseudo_header(self, src: IpAddr, dst: IpAddr, len: usize) -> Self {
        let sum = match (src, dst) {
            (IpAddr::V4(s), IpAddr::V4(d)) => self.add(&s.octets()).add(&d.octets()),
            (IpAddr::V6(s), IpAddr::V6(d)) => self.add(&s.octets()).add(&d.octets()),
            // One packet has one family; nothing sensible can be summed otherwise.
            _ => self,
        };
        let len = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
        sum.add(&len).add(&[0, PROTO_VRRP])
    }

    /// The checksum to store: the complement of the folded sum. Zero over data that includes a right checksum.
    pub fn finish(self) -> u16 {
        let mut s = self.0;
        while s > 0xffff {
            s = (s & 0xffff) + (s >> 16);
        }
        !(s as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071() {
        // RFC 1071 §3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2, so its complement is 220d
        assert_eq!(Sum::default().add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]).finish(), 0x220d);
        assert_eq!(Sum::default().add(&[0x12]).finish(), !0x1200);
    }
}
