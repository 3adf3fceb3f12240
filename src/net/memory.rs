//! Memory for much text.

/// A heap that grows by this much at once.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ROOM: usize = 96 << 20;

/// What the kernel calls a large page, on the processors that have one size.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE_PAGE: usize = 2 << 20;

/// Prepares the heap for some tens of megabytes: the kernel is asked to fill it in large pages, where it would stop the
/// program for each 4 KiB else, which takes longer than to write there. Room that is not used costs nothing. Without glibc,
/// or where the kernel has no large pages to give, nothing happens. To be called by the main thread, whose heap it is.
#[allow(unsafe_code)]
pub fn expect_much() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: mallopt only sets figures of the allocator, for allocations to come: the heap grows by ROOM at once and
        // is not cut back, and large blocks come from it too.
        unsafe {
            libc::mallopt(libc::M_TOP_PAD, ROOM as libc::c_int);
            libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
            libc::mallopt(libc::M_MMAP_THRESHOLD, 64 << 20);
        }
        // So large that it has to grow now.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGE_PAGE)));
        // SAFETY: sbrk(0) moves nothing and gives the heap's end. The advice is for whole pages between two addresses of the
        // heap, which has just grown by ROOM; it changes how they are filled, not what is in them, and may be refused.
        unsafe {
            let end = libc::sbrk(0) as usize;
            let start = (end - ROOM).next_multiple_of(LARGE_PAGE);
            libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE);
        }
    }
}
