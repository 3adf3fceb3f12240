//! `hactl simulate` beside real daemons, in scenarios that are made up.

use std::path::Path;
use std::process::Command;

use crate::netns::run;

/// Three seeds of `scripts/random-elections`: a failing check, crashes and a link that goes, three nodes. The hundreds that
/// were played by hand allow 60 ms; here two processors serve all labs, and what takes a daemon its time is not the point.
pub fn random_elections() {
    let dir = tempfile::tempdir().expect("a directory");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/random-elections");
    let mut command = Command::new("nice");
    command.args(["-n", "-19"]).arg(script).args(["--hactl", env!("CARGO_BIN_EXE_hactl")]);
    command.arg("--keep").arg(dir.path()).args(["--seed", "2012", "--count", "3", "--jobs", "3", "--noise", "0.25"]);
    let told = run(&mut command);
    assert!(told.contains("3 scenarios: "), "{told}");
    assert!(told.contains(" 0 differ, 0 failed"), "{told}");
}
