//! The differences there are, each with its reason.

/// A piece of the names of some cases, and why hactl and keepalived say different things of them.
pub struct Known {
    pub names: &'static [&'static str],
    /// What is different about the line or the machine.
    pub why: &'static str,
}

pub const KNOWN: &[Known] = &[
    Known {
        names: &[
            ".eth9.conf",
            "_eth9.conf",
            "unknown-inside.conf",
            "track_interface.name.unknown.conf",
            ".dev.sixteen--letters.conf",
            ".oif.sixteen--letters.conf",
            ".iif.sixteen--letters.conf",
            "interface_up_down_delays.entry-9.conf",
            "linkbeat_interfaces.entry-7.conf",
            "garp_group.interfaces.entry-3.conf",
        ],
        why: "The machine has no interface of this name. A file alone does not say which there are; `--host` looks.",
    },
    Known {
        names: &[".vrf.", "use_vmac.eth1.conf", "vrrp_instance.interface.lo.conf"],
        why: "The machine has an interface of this name, and it is of another sort than is needed here.",
    },
    Known {
        names: &[
            ".scope.nosuch.conf",
            ".dsfield.nosuch.conf",
            ".tos.nosuch.conf",
            ".realms.nosuch.conf",
            ".table.nosuch.conf",
            ".lookup.nosuch.conf",
            "group.nosuch.conf",
            ".ipproto.nosuch.conf",
        ],
        why: "The machine's /etc/iproute2, /etc/group or /etc/protocols has no such name; another machine's may.",
    },
    Known {
        names: &["nosuchuser", "nosuchgroup", "nosuchscript", "no_such_script"],
        why: "The machine has no such user, group or script. `--host` looks.",
    },
    Known {
        names: &["global_defs.vrrp_iptables.", "global_defs.vrrp_ipsets."],
        why: "Debian builds keepalived without iptables; others know these keywords.",
    },
    Known {
        names: &["_cpu_affinity.100000.conf"],
        why: "The machine has fewer processors; keepalived takes up to 4095.",
    },
    Known {
        names: &["file.net-namespace"],
        why: "keepalived begins anew in the namespace and forgets what it complained of.",
    },
    Known {
        names: &["vrrp_script.user.nobody.conf"],
        why: "keepalived's own check ends by a signal: it gives no verdict.",
    },
    Known {
        names: &[
            "group-twice-list.whole",
            "group-after-twice-list.whole",
            "vrrp_sync_group.group.",
            "track_group.group.twice",
        ],
        why: "keepalived passes over the first line of a second `group`, then reads its rest as keywords. hactl tells of \
              the second list once.",
    },
    Known {
        names: &["garp_group.interfaces.entry-", "garp_group.interfaces.twice"],
        why: "keepalived reads the list to its end before it tells of an entry, and tells of the line where it ends.",
    },
    Known {
        names: &["syntax.instance.quoted-open.conf"],
        why: "keepalived does not tell of words that follow a quoted brace; hactl does.",
    },
    Known {
        names: &["top.virtual_server_group.neither.conf"],
        why: "keepalived takes the line after the name for the whole block and stops there; hactl reads on to the `}`.",
    },
];

/// Why a case differs, where that is known.
pub fn reason(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|k| k.names.iter().any(|n| name.contains(n)))
}
