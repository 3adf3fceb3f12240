//! Links the unwinder into the program where the compiler has it as an archive, so that the program needs no library but
//! libc: it is copied to hosts that may have no libgcc_s, and starts a little sooner. A linker that prefers the shared
//! library all the same makes a program that works as well.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|v| v == value);
    let same_host = env::var("HOST").is_ok_and(|host| is("TARGET", &host));
    if same_host && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && has_archive() {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}

/// Whether `cc` knows where `libgcc_eh.a` is: it answers with no more than the name when it does not.
fn has_archive() -> bool {
    let output = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output();
    output.is_ok_and(|o| Path::new(String::from_utf8_lossy(&o.stdout).trim()).is_absolute())
}
