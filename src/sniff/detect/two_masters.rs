//! `split-brain`

use super::{Context, Detector};
use crate::finding::{Finding, Page};
use crate::sniff::Observer;

pub(super) const SPLIT_BRAIN: Detector = Detector { page: Page { id: "split-brain", title: "", text: "" }, check };

fn check(_observer: &Observer, _cx: &Context, _out: &mut Vec<Finding>) {}
