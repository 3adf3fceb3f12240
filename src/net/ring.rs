//! The memory a capture socket shares with the kernel: a TPACKET_V3 receive ring.
//!
//! The ring is a circle of blocks. The kernel fills one block with whole frames and hands it over by setting a bit in its
//! status word, when it is full or when its time is over; the reader hands it back by clearing the word. Layout:
//! <https://docs.kernel.org/networking/packet_mmap.html>.

#![expect(unsafe_code, reason = "reads memory that the kernel writes")]

use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{tpacket_block_desc, tpacket_hdr_v1, tpacket3_hdr};

use super::sys;

/// Bytes in a block: a multiple of the page size, and room for the largest frame there is (64 KiB less the headers).
///
/// Small, because a block is handed over with a single frame in it when its time is over: with few adverts a second it
/// is the number of blocks that says how long a reader may pause.
pub(super) const BLOCK_SIZE: usize = 64 * 1024;

/// After this many milliseconds a block is handed over, full or not.
const BLOCK_MILLIS: u32 = 20;

/// Where the part of a block's description begins that this version of the ring has.
const DESCRIPTION: usize = offset_of!(tpacket_block_desc, hdr);

/// The kernel described a frame that is not inside its block.
#[derive(Debug)]
pub(super) struct Broken;

/// A frame's place in the ring, and what the kernel says about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Offset of the first captured byte from the start of the ring, and the number of bytes.
    start: usize,
    len: usize,
    /// The kernel's own words.
    pub header: tpacket3_hdr,
}

/// A mapped ring.
#[derive(Debug)]
pub(super) struct Ring {
    base: NonNull<u8>,
    blocks: usize,
    /// The block that is being read, or that will be read next.
    block: usize,
    /// Whether `block` has been handed over and not been given back.
    held: bool,
    /// Frames of `block` not yet read, and the offset of the first of them in the block.
    left: u32,
    offset: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is reached through this value alone.
unsafe impl Send for Ring {}

impl Ring {
    /// Allocates a ring of `blocks` blocks for a packet socket, and maps it.
    pub fn map(socket: BorrowedFd<'_>, blocks: usize) -> io::Result<Self> {
        // Unused by this version except that it has to divide the block.
        const FRAME_SIZE: usize = 2048;
        sys::set_ring_version_3(socket)?;
        sys::set_receive_ring(
            socket,
            &libc::tpacket_req3 {
                tp_block_size: BLOCK_SIZE as u32,
                tp_block_nr: blocks as u32,
                tp_frame_size: FRAME_SIZE as u32,
                tp_frame_nr: (blocks * (BLOCK_SIZE / FRAME_SIZE)) as u32,
                tp_retire_blk_tov: BLOCK_MILLIS,
                tp_sizeof_priv: 0,
                tp_feature_req_word: 0,
            },
        )?;
        let base = sys::map_shared(socket, blocks * BLOCK_SIZE)?;
        Ok(Self { base, blocks, block: 0, held: false, left: 0, offset: 0 })
    }

    /// The next frame, if there is one. A block goes back to the kernel when the frame after its last one is asked for,
    /// so the bytes of a frame stay until then.
    pub fn advance(&mut self) -> Result<Option<Slot>, Broken> {
        while self.left == 0 {
            if self.held {
                self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
                self.held = false;
                self.block = (self.block + 1) % self.blocks;
            }
            if self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
                return Ok(None);
            }
            self.held = true;
            let description: tpacket_hdr_v1 = self.read(DESCRIPTION).ok_or(Broken)?;
            // Old kernels hand over empty blocks when their time is over.
            self.left = description.num_pkts;
            self.offset = description.offset_to_first_pkt as usize;
        }
        let offset = self.offset;
        let header: tpacket3_hdr = self.read(offset).ok_or(Broken)?;
        let (start, len) = (offset + usize::from(header.tp_mac), header.tp_snaplen as usize);
        if start.checked_add(len).is_none_or(|end| end > BLOCK_SIZE) {
            return Err(Broken);
        }
        self.left -= 1;
        self.offset = offset.saturating_add(header.tp_next_offset as usize);
        Ok(Some(Slot { start: self.block * BLOCK_SIZE + start, len, header }))
    }

    /// The bytes of the frame that the last [`Ring::advance`] gave.
    pub fn bytes(&self, slot: &Slot) -> &[u8] {
        if !self.held || slot.start / BLOCK_SIZE != self.block {
            return &[];
        }
        // SAFETY: `advance` checked that the bytes lie in the block, which is ours until `advance` runs again; that needs
        // `&mut self` and so ends this borrow. The check above covers a slot that was kept for longer.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr().add(slot.start), slot.len) }
    }

    /// The status word of the present block.
    fn status(&self) -> &AtomicU32 {
        const OFFSET: usize = DESCRIPTION + offset_of!(tpacket_hdr_v1, block_status);
        // SAFETY: the word is inside the mapping, aligned (blocks begin at pages), and lives as long as `self`. The kernel
        // accesses it atomically too.
        unsafe { AtomicU32::from_ptr(self.base.as_ptr().add(self.block * BLOCK_SIZE + OFFSET).cast()) }
    }

    /// A structure of the kernel's at `offset` in the present block, which has been handed over.
    fn read<T: Described>(&self, offset: usize) -> Option<T> {
        if offset.checked_add(size_of::<T>())? > BLOCK_SIZE {
            return None;
        }
        // SAFETY: it lies in the block, which is inside the mapping and not written by the kernel while it is handed over;
        // any bytes make a valid `T`.
        Some(unsafe { ptr::read_unaligned(self.base.as_ptr().add(self.block * BLOCK_SIZE + offset).cast()) })
    }
}

/// A structure of integers that the kernel writes into the ring.
///
/// # Safety
/// Any bytes have to be a valid value.
unsafe trait Described: Copy {}
// SAFETY: integers only.
unsafe impl Described for tpacket_hdr_v1 {}
// SAFETY: integers only.
unsafe impl Described for tpacket3_hdr {}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this address and length, and nothing borrows from `self` any more.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.blocks * BLOCK_SIZE) };
    }
}
