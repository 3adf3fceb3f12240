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
