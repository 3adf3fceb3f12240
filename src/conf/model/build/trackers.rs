//! What virtual routers and static entries can follow: scripts, processes, files, BFD instances and groups.

use std::net::IpAddr;

use super::{Builder, Field, named, names, set, used};
use crate::conf::model::{Bfd, TrackFile, TrackGroup, TrackProcess, VrrpScript};
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::source::{Span, Spanned};
use crate::conf::tree::Node;
use crate::conf::value::Value;

impl Builder<'_> {
    pub(super) fn script(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut s = VrrpScript { name: name.value, span: name.span, ..VrrpScript::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "script" => set(&mut s.command, node, out),
                "interval" => set(&mut s.interval, node, out),
                "timeout" => set(&mut s.timeout, node, out),
                "weight" => {
                    set(&mut s.weight, node, out);
                    s.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "rise" => set(&mut s.rise, node, out),
                "fall" => set(&mut s.fall, node, out),
                "user" => set(&mut s.user, node, out),
                "init_fail" => set(&mut s.init_fail, node, out),
                _ => {}
            }
        }
        if s.command.is_none() {
            let sentence = format!("script {} has no `script`; keepalived drops it", quote(s.name.as_bytes()));
            self.report(s.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(s.name);
            return;
        }
        self.name_twice("vrrp_script", &s.name, s.span);
        self.names.scripts.insert(s.name.clone());
        self.conf.scripts.push(s);
    }

    pub(super) fn process(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut p = TrackProcess { name: name.value, span: name.span, ..TrackProcess::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "process" => set(&mut p.process, node, out),
                "weight" => {
                    set(&mut p.weight, node, out);
                    p.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "quorum" | "quorum_max" => {
                    let (least, most) = (p.quorum.map(|q| q.value), p.quorum_max.map(|q| q.value));
                    let given = u32::of(node);
                    let (least, most) = if name == "quorum" { (given, most) } else { (least, given) };
                    if least.is_some_and(|least| most.is_some_and(|most| least > most)) {
                        let sentence = "`quorum` is more than `quorum_max`; keepalived passes over the line";
                        out.push(Problem::new(node.span(), Kind::BadNumber, sentence));
                    } else if name == "quorum" {
                        set(&mut p.quorum, node, out);
                    } else {
                        set(&mut p.quorum_max, node, out);
                    }
                }
                "delay" => {
                    set(&mut p.fork_delay, node, out);
                    p.terminate_delay = p.fork_delay;
                }
                "param_match" => set(&mut p.param_match, node, out),
                "full_command" => set(&mut p.full_command, node, out),
                "fork_delay" => set(&mut p.fork_delay, node, out),
                "terminate_delay" => set(&mut p.terminate_delay, node, out),
                _ => {}
            }
        }
        if p.process.is_none() {
            let sentence = format!("process {} has no `process`; keepalived drops it", quote(p.name.as_bytes()));
            self.report(p.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(p.name);
            return;
        }
        self.name_twice("vrrp_track_process", &p.name, p.span);
        self.names.processes.insert(p.name.clone());
        self.conf.processes.push(p);
    }

    pub(super) fn file(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut f = TrackFile { name: name.value, span: name.span, ..TrackFile::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "file" => set(&mut f.file, node, out),
                "weight" => {
                    set(&mut f.weight, node, out);
                    f.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "init_file" => {
                    set(&mut f.init, node, out);
                    f.overwrite = node.words.iter().any(|w| w.is("overwrite"));
                }
                _ => {}
            }
        }
        if f.file.is_none() {
            let sentence = format!("tracked file {} has no `file`; keepalived drops it", quote(f.name.as_bytes()));
            self.report(f.span, Kind::Untrackable, sentence);
            self.names.dropped.insert(f.name);
            return;
        }
        self.name_twice("track_file", &f.name, f.span);
        self.names.files.insert(f.name.clone());
        self.conf.files.push(f);
    }

    pub(super) fn bfd(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let shown = quote(name.value.as_bytes());
        // Those who track it know it by its name, even if there is none. One that says neither is for both.
        let says = |keyword| used(node).any(|(name, _)| name == keyword);
        let (routers, checkers) = (says("vrrp"), says("checker"));
        if routers || !checkers {
            self.names.bfds.insert(name.value.clone());
        }
        if (checkers || !routers) && name.value.len() <= 31 {
            self.names.checked_bfds.insert(name.value.clone());
        }
        if name.value.len() > 31 {
            let sentence = format!("{shown} is longer than 31 characters; keepalived passes over the whole block");
            return self.report(name.span, Kind::BlockName, sentence);
        }
        let mut b = Bfd { name: name.value, span: name.span, ..Bfd::default() };
        for (name, node) in used(node) {
            let out = &mut self.problems;
            match name {
                "neighbor_ip" | "neighbour_ip" => {
                    let Some(address) = IpAddr::of(node) else { return };
                    if let Some((other, first)) = self.names.neighbors.get(&address) {
                        let sentence = format!(
                            "{address} is the neighbour of {} already; keepalived drops {shown}",
                            quote(other.as_bytes())
                        );
                        let problem = Problem::new(b.span, Kind::Untrackable, sentence);
                        out.push(problem.related(node.span(), "its neighbour").related(*first, "the other one"));
                        return;
                    }
                    set(&mut b.neighbor, node, out);
                }
                "source_ip" => set(&mut b.source, node, out),
                "min_rx" => set(&mut b.min_rx, node, out),
                "min_tx" => set(&mut b.min_tx, node, out),
                "idle_tx" => set(&mut b.idle_tx, node, out),
                "multiplier" => set(&mut b.multiplier, node, out),
                "passive" => set(&mut b.passive, node, out),
                "ttl" | "hoplimit" => set(&mut b.ttl, node, out),
                "max_hops" => set(&mut b.max_hops, node, out),
                "multihop" => set(&mut b.multihop, node, out),
                "weight" => {
                    set(&mut b.weight, node, out);
                    b.reverse = matches!(node.value, Some(Value::Weight(_, true)));
                }
                "vrrp" => set(&mut b.vrrp, node, out),
                _ => set(&mut b.checker, node, out),
            }
        }
        let Some(neighbor) = b.neighbor else {
            let sentence = format!("BFD instance {shown} has no `neighbor_ip`; keepalived drops it");
            return self.report(b.span, Kind::Untrackable, sentence);
        };
        if let Some(source) = b.source.filter(|s| s.value.is_ipv4() != neighbor.value.is_ipv4()) {
            let sentence = format!("`source_ip` of {shown} is not of its neighbour's family; keepalived drops it");
            let problem = Problem::new(b.span, Kind::Untrackable, sentence).related(source.span, "the source");
            return self.problems.push(problem);
        }
        if let Some(hops) = &mut b.max_hops
            && let ttl = b.ttl.map_or(if neighbor.value.is_ipv4() { 255 } else { 64 }, |t| i32::from(t.value))
            && hops.value > ttl
        {
            let sentence = format!("`max_hops` of {shown} is more than its TTL {ttl}; keepalived uses that");
            self.problems.push(Problem::new(hops.span, Kind::Lowered, sentence));
            hops.value = ttl;
        }
        self.names.neighbors.insert(neighbor.value, (b.name.clone(), b.span));
        self.conf.bfds.push(b);
    }

    pub(super) fn track_group(&mut self, node: &Node) {
        let Some(name) = named(node) else { return };
        let mut members: Option<(Span, Vec<Spanned<String>>)> = None;
        for (_, node) in used(node) {
            if let Some((first, _)) = &members {
                let sentence = "`group` is said before; keepalived passes over this list";
                let problem = Problem::new(node.span(), Kind::AlreadySet, sentence).related(*first, "first set here");
                self.problems.push(problem);
            } else {
                let list = names(node);
                if list.is_empty() {
                    self.report(node.span(), Kind::EmptyList, "`group` names no instance");
                    continue;
                }
                members = Some((node.span(), list));
            }
        }
        self.names.track_groups.insert(name.value.clone());
        self.conf.track_groups.push(TrackGroup { name, members: members.unwrap_or_default().1 });
    }
}
