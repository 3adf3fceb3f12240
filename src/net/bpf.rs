//! The filter that the kernel runs on each frame: only what is decoded passes, so a busy interface costs nothing.
//!
//! Classic BPF (`struct sock_filter`, <https://docs.kernel.org/networking/filter.html>): two registers, A and X, sixteen
//! cells of memory, forward jumps only, and a load beyond the end of the frame rejects it. What passes:
//!
//! * ARP;
//! * IPv4 with protocol 112 (VRRP) or 2 (IGMP), every fragment of it;
//! * IPv4 with protocol 51 (AH) whose next header is 112; a fragment that is not the first does not say, and passes;
//! * IPv6 with next header 112, or 58 (ICMPv6) of type 136 (neighbour advertisement), both also behind up to four
//!   extension headers (hop-by-hop options, routing, fragment, AH, destination options);
//! * IPv6 behind a fifth extension header, whatever it is: not worth more instructions, and nobody sends it;
//! * of IPv6 fragments that are not the first, those that claim to continue VRRP or one of the extension headers. Of
//!   ICMPv6 they could be anything, and RFC 6980 forbids fragmented neighbour advertisements.
//!
//! Each of these on Ethernet behind up to three VLAN tags that are in the bytes (0x8100, 0x88a8, 0x9100). The kernel takes
//! the outermost tag out before the filter runs, except for frames that this host itself sends with a tag in the bytes.

use libc::sock_filter;

use crate::frame::LinkType;

/// How much of a frame is kept: all of it. What tcpdump asks for by default.
const KEEP: u32 = 0x40000;

/// VLAN tags in the bytes that are looked behind.
const MAX_TAGS: u32 = 3;

/// IPv6 extension headers that are looked behind.
const MAX_EXTENSIONS: usize = 4;

const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_ARP: u32 = 0x0806;
const ETHERTYPE_IPV6: u32 = 0x86dd;
const ETHERTYPE_TAGS: [u32; 3] = [0x8100, 0x88a8, 0x9100];

const HOP_BY_HOP: u32 = 0;
const IGMP: u32 = 2;
const ROUTING: u32 = 43;
const FRAGMENT: u32 = 44;
const AH: u32 = 51;
const ICMPV6: u32 = 58;
const DESTINATION_OPTIONS: u32 = 60;
const VRRP: u32 = 112;

const NEIGHBOUR_ADVERTISEMENT: u32 = 136;

/// The program has a fault. It is fixed at build time, so a test finds this and no user does.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AssembleError {
    /// A jump to a label that was never placed, or that lies behind the jump.
    #[error("instruction {0} of the filter jumps to a label that does not follow it")]
    Unplaced(usize),
    /// A conditional jump over more than 255 instructions.
    #[error("instruction {0} of the filter jumps too far")]
    TooFar(usize),
}

/// The filter for frames of this link type. Only Ethernet and raw IP are captured live; anything else gets the latter.
pub fn program(link: LinkType) -> Result<Vec<sock_filter>, AssembleError> {
    let mut asm = Assembler::default();
    let (ipv4, ipv6) = (asm.label(), asm.label());
    let (accept, reject) = (asm.label(), asm.label());

    // From here to `ipv4` and `ipv6` with X at the start of the IP header.
    if link == LinkType::Ethernet {
        for tags in 0..=MAX_TAGS {
            let next = asm.label();
            let ethertype = 12 + 4 * tags;
            asm.set_x(ethertype + 2);
            asm.load_half_at(ethertype);
            asm.jump_if_equal(ETHERTYPE_IPV4, ipv4);
            asm.jump_if_equal(ETHERTYPE_IPV6, ipv6);
            asm.jump_if_equal(ETHERTYPE_ARP, accept);
            if tags < MAX_TAGS {
                for tag in ETHERTYPE_TAGS {
                    asm.jump_if_equal(tag, next);
                }
            }
            asm.jump(reject);
            asm.place(next);
        }
    } else {
        asm.set_x(0);
        asm.load_byte_at_x(0);
        asm.and(0xf0);
        asm.jump_if_equal(0x40, ipv4);
        asm.jump_if_equal(0x60, ipv6);
        asm.jump(reject);
    }

    asm.place(ipv4);
    let ah = asm.label();
    asm.load_byte_at_x(9); // protocol
    asm.jump_if_equal(VRRP, accept);
    asm.jump_if_equal(IGMP, accept);
    asm.jump_if_equal(AH, ah);
    asm.jump(reject);
    asm.place(ah);
    asm.load_half_at_x(6); // flags and fragment offset
    asm.jump_if_any(0x1fff, accept);
    asm.load_byte_at_x(0); // version, and header length in words
    asm.and(0x0f);
    asm.shift_left(2);
    asm.advance_x();
    asm.load_byte_at_x(0); // AH: next header
    asm.jump_if_equal(VRRP, accept);
    asm.jump(reject);

    asm.place(ipv6);
    asm.load_byte_at_x(6); // next header
    asm.store();
    asm.set(40);
    asm.advance_x();
    asm.load_stored();
    // Here and before each turn: A has a header's number, X is where it starts.
    for _ in 0..MAX_EXTENSIONS {
        let (icmp, options, fragment, ah, next) = (asm.label(), asm.label(), asm.label(), asm.label(), asm.label());
        asm.jump_if_equal(VRRP, accept);
        asm.jump_if_equal(ICMPV6, icmp);
        asm.jump_if_equal(HOP_BY_HOP, options);
        asm.jump_if_equal(ROUTING, options);
        asm.jump_if_equal(DESTINATION_OPTIONS, options);
        asm.jump_if_equal(FRAGMENT, fragment);
        asm.jump_if_equal(AH, ah);
        asm.jump(reject);

        asm.place(icmp);
        asm.load_byte_at_x(0); // type
        asm.jump_if_equal(NEIGHBOUR_ADVERTISEMENT, accept);
        asm.jump(reject);

        asm.place(options);
        asm.load_byte_at_x(0); // next header
        asm.store();
        asm.load_byte_at_x(1); // length in units of 8 bytes, less the first
        asm.add(1);
        asm.shift_left(3);
        asm.jump(next);

        asm.place(fragment);
        let first = asm.label();
        asm.load_byte_at_x(0); // next header
        asm.store();
        asm.load_half_at_x(2); // fragment offset and flags
        asm.jump_unless_any(0xfff8, first);
        asm.load_stored();
        for number in [VRRP, HOP_BY_HOP, ROUTING, AH, DESTINATION_OPTIONS] {
            asm.jump_if_equal(number, accept);
        }
        asm.jump(reject);
        asm.place(first);
        asm.set(8);
        asm.jump(next);

        asm.place(ah);
        asm.load_byte_at_x(0); // next header
        asm.store();
        asm.load_byte_at_x(1); // length in words, less two
        asm.add(2);
        asm.shift_left(2);

        asm.place(next); // A is the length of this header
        asm.advance_x();
        asm.load_stored();
    }
    let icmp = asm.label();
    for number in [VRRP, HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION_OPTIONS] {
        asm.jump_if_equal(number, accept);
    }
    asm.jump_if_equal(ICMPV6, icmp);
    asm.jump(reject);
    asm.place(icmp);
    asm.load_byte_at_x(0); // type
    asm.jump_if_equal(NEIGHBOUR_ADVERTISEMENT, accept);

    asm.place(reject);
    asm.give(0);
    asm.place(accept);
    asm.give(KEEP);
    asm.finish()
}

/// A place in the program, to jump to.
#[derive(Clone, Copy)]
struct Label(usize);

/// An instruction whose jump, if any, is still a label.
struct Line {
    code: u32,
    k: u32,
    jump: Jump,
}

#[derive(Clone, Copy)]
enum Jump {
    None,
    /// Unconditional: the distance is `k`.
    Always(Label),
    IfTrue(Label),
    IfFalse(Label),
}

/// Writes a program line by line. A jump that is not taken goes on to the next line.
#[derive(Default)]
struct Assembler {
    lines: Vec<Line>,
    /// The line each label stands before.
    labels: Vec<Option<usize>>,
}

impl Assembler {
    fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    fn place(&mut self, label: Label) {
        let here = self.lines.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = Some(here);
        }
    }

    fn line(&mut self, code: u32, k: u32, jump: Jump) {
        self.lines.push(Line { code, k, jump });
    }

    /// A = the two bytes at an offset from the start of the frame.
    fn load_half_at(&mut self, offset: u32) {
        self.line(libc::BPF_LD | libc::BPF_H | libc::BPF_ABS, offset, Jump::None);
    }

    /// A = the two bytes at an offset from X.
    fn load_half_at_x(&mut self, offset: u32) {
        self.line(libc::BPF_LD | libc::BPF_H | libc::BPF_IND, offset, Jump::None);
    }

    /// A = the byte at an offset from X.
    fn load_byte_at_x(&mut self, offset: u32) {
        self.line(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, offset, Jump::None);
    }

    /// A = a constant.
    fn set(&mut self, k: u32) {
        self.line(libc::BPF_LD | libc::BPF_IMM, k, Jump::None);
    }

    /// X = a constant.
    fn set_x(&mut self, k: u32) {
        self.line(libc::BPF_LDX | libc::BPF_IMM, k, Jump::None);
    }

    /// Puts A aside.
    fn store(&mut self) {
        self.line(libc::BPF_ST, 0, Jump::None);
    }

    /// A = what was put aside.
    fn load_stored(&mut self) {
        self.line(libc::BPF_LD | libc::BPF_MEM, 0, Jump::None);
    }

    fn and(&mut self, k: u32) {
        self.line(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, k, Jump::None);
    }

    fn add(&mut self, k: u32) {
        self.line(libc::BPF_ALU | libc::BPF_ADD | libc::BPF_K, k, Jump::None);
    }

    fn shift_left(&mut self, k: u32) {
        self.line(libc::BPF_ALU | libc::BPF_LSH | libc::BPF_K, k, Jump::None);
    }

    /// X = X + A.
    fn advance_x(&mut self) {
        self.line(libc::BPF_ALU | libc::BPF_ADD | libc::BPF_X, 0, Jump::None);
        self.line(libc::BPF_MISC | libc::BPF_TAX, 0, Jump::None);
    }

    fn jump(&mut self, to: Label) {
        self.line(libc::BPF_JMP | libc::BPF_JA, 0, Jump::Always(to));
    }

    fn jump_if_equal(&mut self, k: u32, to: Label) {
        self.line(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, k, Jump::IfTrue(to));
    }

    /// Jumps if A has any of these bits.
    fn jump_if_any(&mut self, bits: u32, to: Label) {
        self.line(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, bits, Jump::IfTrue(to));
    }

    /// Jumps if A has none of these bits.
    fn jump_unless_any(&mut self, bits: u32, to: Label) {
        self.line(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, bits, Jump::IfFalse(to));
    }

    /// Ends with the number of bytes to keep; 0 rejects the frame.
    fn give(&mut self, bytes: u32) {
        self.line(libc::BPF_RET | libc::BPF_K, bytes, Jump::None);
    }

    fn finish(&self) -> Result<Vec<sock_filter>, AssembleError> {
        let distance = |from: usize, to: Label| {
            let place = self.labels.get(to.0).copied().flatten();
            place.and_then(|place| place.checked_sub(from + 1)).ok_or(AssembleError::Unplaced(from))
        };
        let near = |from, to| u8::try_from(distance(from, to)?).map_err(|_| AssembleError::TooFar(from));
        let instruction = |(at, line): (usize, &Line)| {
            let (jt, jf, k) = match line.jump {
                Jump::None => (0, 0, line.k),
                Jump::Always(to) => (0, 0, distance(at, to)? as u32),
                Jump::IfTrue(to) => (near(at, to)?, 0, line.k),
                Jump::IfFalse(to) => (0, near(at, to)?, line.k),
            };
            Ok(sock_filter { code: line.code as u16, jt, jf, k })
        };
        self.lines.iter().enumerate().map(instruction).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs a program as the kernel would: the number of bytes to keep. Panics on what the kernel would refuse to load.
    fn run(program: &[sock_filter], frame: &[u8]) -> u32 {
        let load = |offset: Option<u32>, width: usize| -> Option<u32> {
            let start = offset? as usize;
            let bytes = frame.get(start..start.checked_add(width)?)?;
            Some(bytes.iter().fold(0, |n, &b| n << 8 | u32::from(b)))
        };
        let (mut a, mut x, mut memory, mut at) = (0u32, 0u32, [0u32; 16], 0usize);
        loop {
            let i = program[at];
            at += 1;
            // Codes as numbers, from linux/bpf_common.h, so that a wrong constant above would show.
            let loaded = match i.code {
                0x20 => load(Some(i.k), 4),
                0x28 => load(Some(i.k), 2),
                0x30 => load(Some(i.k), 1),
                0x40 => load(x.checked_add(i.k), 4),
                0x48 => load(x.checked_add(i.k), 2),
                0x50 => load(x.checked_add(i.k), 1),
                0x00 => Some(i.k),
                0x60 => Some(memory[i.k as usize]),
                0x01 => {
                    x = i.k;
                    Some(a)
                }
                0x02 => {
                    memory[i.k as usize] = a;
                    Some(a)
                }
                0x04 => Some(a.wrapping_add(i.k)),
                0x0c => Some(a.wrapping_add(x)),
                0x54 => Some(a & i.k),
                0x64 => Some(a << i.k),
                0x07 => {
                    x = a;
                    Some(a)
                }
                0x05 => {
                    at += i.k as usize;
                    Some(a)
                }
                0x15 => {
                    at += usize::from(if a == i.k { i.jt } else { i.jf });
                    Some(a)
                }
                0x45 => {
                    at += usize::from(if a & i.k != 0 { i.jt } else { i.jf });
                    Some(a)
                }
                0x06 => return i.k,
                other => panic!("instruction {} has code {other:#x}", at - 1),
            };
            match loaded {
                Some(value) => a = value,
                None => return 0,
            }
        }
    }

    fn passes(link: LinkType, frame: &[u8]) -> bool {
        run(&program(link).expect("assembles"), frame) != 0
    }

    /// Stacks of tags in the bytes, from none to three, of every kind.
    const TAGS: [&[u16]; 7] =
        [&[], &[0x8100], &[0x88a8], &[0x9100], &[0x88a8, 0x8100], &[0x9100, 0x8100], &[0x88a8, 0x9100, 0x8100]];

    fn ethernet(tags: &[u16], ethertype: u16, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x01, 0, 0x5e, 0, 0, 18, 0, 0, 0x5e, 0, 1, 51];
        for (i, tag) in tags.iter().enumerate() {
            frame.extend(tag.to_be_bytes());
            frame.extend((100 + i as u16).to_be_bytes());
        }
        frame.extend(ethertype.to_be_bytes());
        frame.extend(payload);
        frame
    }

    /// IPv4 with options of so many words, and fragment offset in units of 8 bytes.
    fn ipv4(protocol: u8, options: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45 + options, 0xc0, 0, 0, 0, 1];
        packet.extend(fragment.to_be_bytes());
        packet.extend([255, protocol, 0, 0, 10, 77, 0, 1, 224, 0, 0, 18]);
        // The router alert option, and what would deceive a filter that does not skip options.
        packet.extend([148, 4, 0, 0, 112, 112, 112, 112].iter().cycle().take(usize::from(options) * 4));
        packet.extend(payload);
        packet
    }

    fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, payload.len() as u8, next, 255];
        packet.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        packet.extend([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 18]);
        packet.extend(payload);
        packet
    }

    /// An extension header of the kind `kind` that leads to `next`, `more` units longer than the shortest.
    fn extension(kind: u8, next: u8, more: u8) -> Vec<u8> {
        let len = match kind {
            44 => 8,
            51 => 12 + 4 * usize::from(more),
            _ => 8 + 8 * usize::from(more),
        };
        let mut header = vec![0; len];
        header[0] = next;
        header[1] = match kind {
            44 => 0,
            51 => 1 + more,
            _ => more,
        };
        header
    }

    /// The chain of these extension headers before `last`, and the number of the first.
    fn chain(kinds: &[u8], last: u8, payload: &[u8]) -> (u8, Vec<u8>) {
        let mut bytes = Vec::new();
        for (i, &kind) in kinds.iter().enumerate() {
            bytes.extend(extension(kind, kinds.get(i + 1).copied().unwrap_or(last), i as u8));
        }
        bytes.extend(payload);
        (kinds.first().copied().unwrap_or(last), bytes)
    }

    const ADVERT: [u8; 12] = [0x31, 51, 100, 1, 0, 100, 0, 0, 10, 77, 0, 110];
    const NA: [u8; 24] = [136, 0, 0, 0, 0x20, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// On Ethernet behind every stack of tags, and on an interface without a link header.
    fn everywhere(ethertype: u16, packet: &[u8]) -> Vec<bool> {
        let mut results: Vec<_> =
            TAGS.iter().map(|tags| passes(LinkType::Ethernet, &ethernet(tags, ethertype, packet))).collect();
        results.push(passes(LinkType::Raw, packet));
        results
    }

    #[track_caller]
    fn accepted(ethertype: u16, packet: &[u8]) {
        assert!(everywhere(ethertype, packet).iter().all(|&r| r), "{:?}", everywhere(ethertype, packet));
    }

    #[track_caller]
    fn rejected(ethertype: u16, packet: &[u8]) {
        assert!(everywhere(ethertype, packet).iter().all(|&r| !r), "{:?}", everywhere(ethertype, packet));
    }

    #[test]
    fn the_kernel_would_load_the_programs() {
        // BPF_MAXINSNS is 4096; jumps stay inside and a return is last.
        for link in [LinkType::Ethernet, LinkType::Raw] {
            let program = program(link).expect("assembles");
            assert!(program.len() < 256, "{}", program.len());
            for (at, i) in program.iter().enumerate() {
                let far = if i.code == 0x05 { i.k as usize } else { usize::from(i.jt.max(i.jf)) };
                assert!(at + 1 + far < program.len() || i.code == 0x06);
            }
            assert_eq!(program.last().map(|i| i.code), Some(0x06));
        }
    }

    #[test]
    fn arp_passes_behind_every_tag() {
        for tags in TAGS {
            assert!(passes(LinkType::Ethernet, &ethernet(tags, 0x0806, &[0; 28])));
        }
        assert!(!passes(LinkType::Raw, &[0; 28]));
    }

    #[test]
    fn ipv4_vrrp_igmp_and_ah_pass() {
        for options in [0, 1, 2, 10] {
            accepted(0x0800, &ipv4(112, options, 0, &ADVERT));
            accepted(0x0800, &ipv4(2, options, 0, &[0x16, 0, 0, 0, 224, 0, 0, 18]));
            accepted(0x0800, &ipv4(51, options, 0, &[112, 4, 0, 0, 0, 0, 0, 1]));
            // AH around TCP, UDP, ICMP
            for next in [6, 17, 1] {
                rejected(0x0800, &ipv4(51, options, 0, &[next, 4, 0, 0, 112, 112, 112, 112]));
            }
        }
    }

    #[test]
    fn ipv4_fragments_pass_with_their_protocol() {
        for fragment in [0x2000, 0x2001, 0x0001, 0x1fff] {
            accepted(0x0800, &ipv4(112, 0, fragment, &[0; 8]));
            accepted(0x0800, &ipv4(2, 0, fragment, &[0; 8]));
            rejected(0x0800, &ipv4(17, 0, fragment, &[112; 8]));
        }
        // Of AH, the first fragment says what is inside; later ones do not.
        rejected(0x0800, &ipv4(51, 0, 0x2000, &[6; 8]));
        accepted(0x0800, &ipv4(51, 0, 0x2001, &[6; 8]));
        // "Don't fragment" is no fragment.
        rejected(0x0800, &ipv4(51, 0, 0x4000, &[6; 8]));
    }

    #[test]
    fn ordinary_traffic_does_not_pass() {
        for protocol in [1, 6, 17, 47, 50, 89, 132] {
            rejected(0x0800, &ipv4(protocol, 0, 0, &[112; 20]));
        }
        for next in [6, 17, 50, 59, 89, 132] {
            rejected(0x86dd, &ipv6(next, &[112; 20]));
        }
        // Echo request and reply, router solicitation and advertisement, neighbour solicitation, MLDv2 report.
        for kind in [128, 129, 133, 134, 135, 143] {
            rejected(0x86dd, &ipv6(58, &[kind; 24]));
        }
        let (first, report) = chain(&[0], 58, &[143; 24]);
        rejected(0x86dd, &ipv6(first, &report));
        // LLDP, IS-IS length, MPLS, PPPoE
        for ethertype in [0x88cc, 0x0040, 0x8847, 0x8864] {
            assert!(!passes(LinkType::Ethernet, &ethernet(&[], ethertype, &ipv4(112, 0, 0, &ADVERT))));
        }
        // A fourth tag is too deep.
        assert!(!passes(LinkType::Ethernet, &ethernet(&[0x8100; 4], 0x0800, &ipv4(112, 0, 0, &ADVERT))));
        // A version that is neither 4 nor 6
        assert!(!passes(LinkType::Raw, &[0x55; 60]));
    }

    #[test]
    fn ipv6_vrrp_and_neighbour_advertisements_pass() {
        accepted(0x86dd, &ipv6(112, &ADVERT));
        accepted(0x86dd, &ipv6(58, &NA));
    }

    #[test]
    fn ipv6_extension_headers_are_walked() {
        let kinds: [&[u8]; 10] =
            [&[0], &[43], &[44], &[51], &[60], &[0, 60], &[51, 51], &[0, 43, 60], &[44, 51, 60], &[0, 60, 44, 51]];
        for kinds in kinds {
            let (first, vrrp) = chain(kinds, 112, &ADVERT);
            accepted(0x86dd, &ipv6(first, &vrrp));
            let (first, na) = chain(kinds, 58, &NA);
            accepted(0x86dd, &ipv6(first, &na));
            for last in [6, 17, 59] {
                let (first, other) = chain(kinds, last, &[112; 20]);
                rejected(0x86dd, &ipv6(first, &other));
            }
            let (first, echo) = chain(kinds, 58, &[128; 20]);
            rejected(0x86dd, &ipv6(first, &echo));
        }
        // A fifth passes whatever follows.
        let (first, deep) = chain(&[0, 60, 60, 60, 60], 17, &[0; 8]);
        accepted(0x86dd, &ipv6(first, &deep));
    }

    #[test]
    fn later_ipv6_fragments_pass_by_what_they_claim_to_continue() {
        for (next, wanted) in
            [(112, true), (51, true), (60, true), (0, true), (43, true), (6, false), (17, false), (58, false)]
        {
            let fragment = ipv6(44, &[next, 0, 0x00, 0x08, 0, 0, 0, 1, 112, 136, 112, 136, 0, 0, 0, 0]);
            assert_eq!(everywhere(0x86dd, &fragment), vec![wanted; TAGS.len() + 1], "{next}");
        }
        // The first fragment (offset 0, more to come) is looked into.
        accepted(0x86dd, &ipv6(44, &[112, 0, 0, 1, 0, 0, 0, 1, 0x31, 51, 100, 1]));
        rejected(0x86dd, &ipv6(44, &[17, 0, 0, 1, 0, 0, 0, 1, 112, 112, 112, 112]));
    }

    #[test]
    fn a_frame_too_short_to_tell_is_rejected() {
        let (first, walked) = chain(&[0, 51], 58, &NA);
        let cases = [
            // (ethertype, packet, bytes of the packet that are needed)
            (0x0800, ipv4(112, 0, 0, &ADVERT), 10),
            (0x0800, ipv4(51, 2, 0, &[112, 4, 0, 0]), 29),
            (0x86dd, ipv6(112, &ADVERT), 7),
            (0x86dd, ipv6(58, &NA), 41),
            (0x86dd, ipv6(first, &walked), 40 + 8 + 16 + 1),
        ];
        for (ethertype, packet, needed) in cases {
            for len in 0..=packet.len() {
                assert_eq!(passes(LinkType::Raw, &packet[..len]), len >= needed, "{len} of {packet:?}");
                for tags in TAGS {
                    let frame = ethernet(tags, ethertype, &packet[..len]);
                    assert_eq!(passes(LinkType::Ethernet, &frame), len >= needed, "{len} of {packet:?}");
                }
            }
        }
        for len in 0..14 {
            assert!(!passes(LinkType::Ethernet, &ethernet(&[], 0x0806, &[])[..len]));
        }
    }

    #[test]
    fn a_fault_in_the_program_is_told() {
        let mut asm = Assembler::default();
        let behind = asm.label();
        asm.place(behind);
        asm.jump(behind);
        assert_eq!(asm.finish().err(), Some(AssembleError::Unplaced(0)));
        let mut asm = Assembler::default();
        let far = asm.label();
        asm.jump_if_equal(0, far);
        (0..256).for_each(|_| asm.set(0));
        asm.place(far);
        assert_eq!(asm.finish().err(), Some(AssembleError::TooFar(0)));
    }

    /// The same decision, written as one would without a machine of two registers.
    fn wanted(link: LinkType, frame: &[u8]) -> Option<bool> {
        let half = |at: usize| Some(u16::from_be_bytes([*frame.get(at)?, *frame.get(at + 1)?]));
        let byte = |at: usize| frame.get(at).copied();
        let (version, ip) = if link == LinkType::Ethernet {
            let mut at = 12;
            let mut tags = 0;
            while tags < 3 && matches!(half(at)?, 0x8100 | 0x88a8 | 0x9100) {
                at += 4;
                tags += 1;
            }
            match half(at)? {
                0x0800 => (4, at + 2),
                0x86dd => (6, at + 2),
                0x0806 => return Some(true),
                _ => return Some(false),
            }
        } else {
            (byte(0)? >> 4, 0)
        };
        if version == 4 {
            return match byte(ip + 9)? {
                112 | 2 => Some(true),
                51 if half(ip + 6)? & 0x1fff != 0 => Some(true),
                51 => Some(byte(ip + usize::from(byte(ip)? & 15) * 4)? == 112),
                _ => Some(false),
            };
        }
        if version != 6 {
            return Some(false);
        }
        let (mut next, mut at) = (byte(ip + 6)?, ip + 40);
        for walked in 0.. {
            match next {
                112 => return Some(true),
                58 => return Some(byte(at)? == 136),
                0 | 43 | 44 | 51 | 60 if walked == 4 => return Some(true),
                0 | 43 | 60 => {
                    next = byte(at)?;
                    at += (usize::from(byte(at + 1)?) + 1) * 8;
                }
                51 => {
                    next = byte(at)?;
                    at += (usize::from(byte(at + 1)?) + 2) * 4;
                }
                44 => {
                    next = byte(at)?;
                    if half(at + 2)? & 0xfff8 != 0 {
                        return Some(matches!(next, 112 | 0 | 43 | 51 | 60));
                    }
                    at += 8;
                }
                _ => return Some(false),
            }
        }
        None
    }

    proptest! {
        /// Bytes that are mostly numbers the filter looks for, so that the walk goes deep.
        #[test]
        fn any_bytes_are_judged_as_the_plain_code_would(
            tags in prop::sample::select(TAGS.to_vec()),
            ethertype in prop::sample::select(vec![0x0800u16, 0x86dd, 0x0806, 0x8100, 0x1234]),
            first in prop::sample::select(vec![0x45u8, 0x46, 0x4f, 0x60, 0x6f]),
            numbers in prop::collection::vec(
                prop::sample::select(vec![0u8, 0, 0, 1, 2, 6, 17, 43, 44, 51, 58, 60, 112, 136, 255]), 0..120),
        ) {
            let mut packet = numbers;
            if let Some(byte) = packet.first_mut() {
                *byte = first;
            }
            let frame = ethernet(tags, ethertype, &packet);
            prop_assert_eq!(passes(LinkType::Ethernet, &frame), wanted(LinkType::Ethernet, &frame).unwrap_or(false));
            prop_assert_eq!(passes(LinkType::Raw, &packet), wanted(LinkType::Raw, &packet).unwrap_or(false));
        }
    }
}
