//! Every capture says where it comes from.

use std::process::Command;

use crate::support::{have, root};

#[test]
fn every_capture_has_its_provenance_and_the_reverse() {
    if !have("python3") {
        return;
    }
    let o = Command::new("python3").arg(root().join("scripts/check-fixtures")).output().unwrap();
    assert!(o.status.success(), "{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr));
}
