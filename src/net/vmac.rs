//! A virtual router's own interface: a macvlan with the virtual MAC address (RFC 5798 §7.3) on top of the interface that
//! the virtual router is configured on. **This changes the system**; watching never uses it.
//!
//! Private mode, as keepalived makes it: what another router sends with this very MAC as its source is delivered to the
//! macvlan and nowhere else, so adverts have to be received there: [`Vmac::receiver`]. Adverts go out of it with the base interface's address
//! as their source; it needs none of its own for that.

use std::fs;
use std::io;
use std::net::IpAddr;

use super::link;
use super::netlink::{Netlink, NetlinkError};
use super::vrrp_socket::{Family, Protocol, Receiver, Sender, SocketError};

/// Names are tried up to this number.
const LAST_NUMBER: u32 = 99;

/// Why the interface could not be made or removed.
#[derive(Debug, thiserror::Error)]
pub enum VmacError {
    /// There is no interface to put it on.
    #[error("there is no interface {name} here; there is {}", known.join(", "))]
    NoSuchInterface {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// An interface with this MAC address is there already.
    #[error(
        "interface {holder} on {base} has the virtual MAC of VRID {vrid} already: if no other VRRP daemon runs here, \
         remove it with `ip link delete {holder}`"
    )]
    Held {
        /// The interface that has it.
        holder: String,
        /// What both are on top of.
        base: String,
        /// The virtual router.
        vrid: u8,
    },
    /// No name is free.
    #[error("cannot make an interface for VRID {vrid} on {base}: each name up to vrrp{LAST_NUMBER}.{vrid} is taken")]
    NoName {
        /// What it was to be on top of.
        base: String,
        /// The virtual router.
        vrid: u8,
    },
    /// A kernel setting could not be written.
    #[error("cannot write {value} to {path}: {source}")]
    Setting {
        /// The file below /proc/sys.
        path: String,
        /// What was to be written.
        value: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel refused something else.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
}

/// Is told what is about to be changed, so that it can be undone if this process is killed.
pub trait Notes {
    /// An interface is about to be made, or, `gone`, has not been made.
    fn link(&mut self, name: &str, gone: bool);
    /// A setting is about to be changed, or to be relied on; `value` is what it is to become again.
    fn setting(&mut self, path: &str, value: &str);
    /// What a setting that reads as changed was before, if that is known to have been this program's doing.
    fn original(&self, path: &str) -> Option<String>;
}

/// Takes no notes.
impl Notes for () {
    fn link(&mut self, _: &str, _: bool) {}
    fn setting(&mut self, _: &str, _: &str) {}
    fn original(&self, _: &str) -> Option<String> {
        None
    }
}

/// The interface, for as long as this lives.
#[derive(Debug)]
pub struct Vmac {
    netlink: Netlink,
    base: (u32, String),
    index: u32,
    name: String,
    mac: [u8; 6],
    family: Family,
    /// The base interface's setting to be restored.
    restore: Option<(String, String)>,
    removed: bool,
}

impl Vmac {
    /// Makes the interface `vrrp.VRID`, or `vrrp6.VRID` for IPv6, or `vrrp1.VRID` and so on when that name is taken, and
    /// sets it up.
    ///
    /// So that only it answers for the addresses on it, `arp_ignore` of the base interface becomes 1 (IPv4), and 0 again
    /// when this is removed, unless another virtual router's interface is there then, which needs it still. Nothing else
    /// of the base changes.
    pub fn open(base: &str, vrid: u8, family: Family) -> Result<Self, VmacError> {
        Self::open_noting(base, vrid, family, &mut ())
    }

    /// As [`Self::open`], with notes of what changes. If `arp_ignore` is 1 already for another virtual router's sake, the
    /// notes say what it was, and whoever is removed last restores it.
    pub fn open_noting(base: &str, vrid: u8, family: Family, notes: &mut dyn Notes) -> Result<Self, VmacError> {
        let base_index = link::index(base).map_err(|_| VmacError::NoSuchInterface {
            name: base.to_owned(),
            known: link::interfaces().into_iter().map(|i| i.name).collect(),
        })?;
        let mac = [0x00, 0x00, 0x5e, 0x00, if family == Family::V4 { 1 } else { 2 }, vrid];
        let mut netlink = Netlink::open()?;
        if let Some((_, holder)) = netlink.find_macvlan(base_index, mac)? {
            return Err(VmacError::Held { holder, base: base.to_owned(), vrid });
        }
        let restore = if family == Family::V4 { original(base, notes)? } else { None };
        if let Some((path, value)) = &restore {
            notes.setting(path, value);
        }
        let (index, name) = make(&mut netlink, (base_index, base), vrid, family, mac, notes)?;
        let mut vmac =
            Self { netlink, base: (base_index, base.to_owned()), index, name, mac, family, restore, removed: false };
        // From here on an error removes it again.
        vmac.set_up()?;
        Ok(vmac)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its number.
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Its hardware address.
    pub const fn mac(&self) -> [u8; 6] {
        self.mac
    }

    /// What sends adverts with the virtual MAC.
    pub fn sender(&self) -> Result<Sender, SocketError> {
        Sender::open(&self.name, self.family)
    }

    /// What hears adverts to `group`, also those that another router sends with the virtual MAC. The base interface joins
    /// the group, and this one does not: no report may carry the virtual MAC from a host that is not master.
    pub fn receiver(&self, protocol: Protocol, group: IpAddr) -> Result<Receiver, SocketError> {
        Receiver::open_on_macvlan(&self.name, &self.base.1, protocol, group)
    }

    /// Removes it, with every address on it.
    pub fn close(mut self) -> Result<(), VmacError> {
        self.remove()
    }

    fn set_up(&mut self) -> Result<(), VmacError> {
        match self.netlink.set_addrgenmode_none(self.index) {
            // A kernel without IPv6 has nothing to be told.
            Err(e) if self.family == Family::V4 && e.raw_os_error().is_some() => {}
            other => other?,
        }
        let name = self.name.clone();
        // Its addresses are known to the neighbours by its own MAC, and those of the base are not.
        write("ipv4", &name, "arp_ignore", "1")?;
        match self.family {
            Family::V4 => {
                // What comes from the base's network comes in here, though the route there leads through the base.
                // The stricter of this and `all` counts, unless one of them is 2.
                let strict = read("ipv4", "all", "rp_filter").is_ok_and(|all| all != "0");
                write("ipv4", &name, "rp_filter", if strict { "2" } else { "0" })?;
                write("ipv4", &name, "accept_local", "1")?;
                write("ipv4", &name, "promote_secondaries", "1")?;
                write_if_there("ipv6", &name, "disable_ipv6", "1")?;
                self.silence_base()?;
            }
            Family::V6 => {
                write("ipv6", &name, "disable_ipv6", "0")?;
                // Else it would take addresses and routes of its own from router advertisements.
                write("ipv6", &name, "accept_ra", "0")?;
                write("ipv6", &name, "autoconf", "0")?;
                write("ipv6", &name, "accept_dad", "0")?;
            }
        }
        Ok(self.netlink.set_up(self.index)?)
    }

    /// Keeps the base interface from answering ARP requests for the addresses on the macvlan with its own MAC.
    fn silence_base(&mut self) -> Result<(), VmacError> {
        let (_, base) = &self.base;
        if read("ipv4", base, "arp_ignore")? == "0" {
            write("ipv4", base, "arp_ignore", "1")?;
        }
        Ok(())
    }

    fn remove(&mut self) -> Result<(), VmacError> {
        if self.removed {
            return Ok(());
        }
        self.netlink.delete_link(self.index)?;
        self.removed = true;
        if let Some((path, before)) = &self.restore
            && !has_vmac(&mut self.netlink, self.base.0)?
        {
            set_back(path, before)?;
            self.restore = None;
        }
        Ok(())
    }
}

/// Gives a base interface the `arp_ignore` back that it had before a process that was killed changed it, unless a virtual
/// router's interface still needs the change. Other paths and values are not touched. Says whether it was given back.
pub fn restore(netlink: &mut Netlink, path: &str, before: &str) -> Result<bool, VmacError> {
    let base = path.strip_prefix("/proc/sys/net/ipv4/conf/").and_then(|rest| rest.strip_suffix("/arp_ignore"));
    let Some(base) = base.filter(|base| before == "0" && !base.contains('/') && !matches!(*base, "." | "..")) else {
        return Ok(false);
    };
    let Ok(index) = link::index(base) else { return Ok(false) };
    if read("ipv4", base, "arp_ignore")? != "1" || has_vmac(netlink, index)? {
        return Ok(false);
    }
    set_back(path, before)?;
    Ok(true)
}

/// Whether an interface has a virtual router's interface of IPv4 on top of it.
fn has_vmac(netlink: &mut Netlink, base: u32) -> Result<bool, NetlinkError> {
    Ok(netlink.macvlans(base)?.iter().any(|other| other.mac.starts_with(&[0x00, 0x00, 0x5e, 0x00, 0x01])))
}

/// The base interface's setting that is going to be changed, or was by another of ours, with its value before.
fn original(base: &str, notes: &dyn Notes) -> Result<Option<(String, String)>, VmacError> {
    let path = path("ipv4", base, "arp_ignore");
    let before = match read("ipv4", base, "arp_ignore")?.as_str() {
        "0" => Some("0".to_owned()),
        "1" => notes.original(&path),
        _ => None,
    };
    Ok(before.map(|before| (path, before)))
}

fn set_back(path: &str, before: &str) -> Result<(), VmacError> {
    match fs::write(path, before) {
        // The base is gone, and its settings with it.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(VmacError::Setting { path: path.to_owned(), value: before.to_owned(), source }),
        Ok(()) => Ok(()),
    }
}

impl Drop for Vmac {
    fn drop(&mut self) {
        // Nobody is left to be told of an error; `close` tells.
        let _ = self.remove();
    }
}

/// Makes the interface under the first free name.
fn make(
    netlink: &mut Netlink,
    (base_index, base): (u32, &str),
    vrid: u8,
    family: Family,
    mac: [u8; 6],
    notes: &mut dyn Notes,
) -> Result<(u32, String), VmacError> {
    for name in names(vrid, family).filter(|name| !link::exists(name)) {
        notes.link(&name, false);
        match netlink.add_macvlan(base_index, &name, mac) {
            Err(NetlinkError::NameTaken { .. }) => notes.link(&name, true),
            Err(e) => {
                notes.link(&name, true);
                return Err(e.into());
            }
            Ok(index) => return Ok((index, name)),
        }
    }
    Err(VmacError::NoName { base: base.to_owned(), vrid })
}

fn names(vrid: u8, family: Family) -> impl Iterator<Item = String> {
    let first = if family == Family::V4 { format!("vrrp.{vrid}") } else { format!("vrrp6.{vrid}") };
    // Number 6 is left to IPv6.
    let more = (1..=LAST_NUMBER).filter(|&number| number != 6).map(move |number| format!("vrrp{number}.{vrid}"));
    std::iter::once(first).chain(more)
}

/// Where the kernel keeps a setting of an interface. These files are those of the network namespace that asks.
fn path(family: &str, interface: &str, setting: &str) -> String {
    format!("/proc/sys/net/{family}/conf/{interface}/{setting}")
}

fn read(family: &str, interface: &str, setting: &str) -> Result<String, VmacError> {
    let path = path(family, interface, setting);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(source) => Err(VmacError::Setting { path, value: "a new value".into(), source }),
    }
}

fn write(family: &str, interface: &str, setting: &str, value: &str) -> Result<(), VmacError> {
    let path = path(family, interface, setting);
    fs::write(&path, value).map_err(|source| VmacError::Setting { path, value: value.to_owned(), source })
}

fn write_if_there(family: &str, interface: &str, setting: &str, value: &str) -> Result<(), VmacError> {
    match write(family, interface, setting, value) {
        Err(VmacError::Setting { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
