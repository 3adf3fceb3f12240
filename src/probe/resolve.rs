//! A host's addresses.

use std::net::{IpAddr, SocketAddr};

use super::reason::Reason;
use super::target::Host;
use crate::net::probe_socket;

/// Which addresses are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// All.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Whether an address is of this family.
    pub const fn has(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::V4 => "IPv4 ",
            Self::V6 => "IPv6 ",
        }
    }
}

/// All addresses of a host in the resolver's order, each once.
pub(super) async fn addresses(host: &Host, port: u16, family: Family) -> Result<Vec<SocketAddr>, Reason> {
    let mut found = match host {
        Host::Address(address, zone) => {
            let mut one = SocketAddr::new(*address, port);
            if let (Some(zone), SocketAddr::V6(v6)) = (zone, &mut one) {
                let index = zone.parse().or_else(|_| probe_socket::interface_index(zone));
                v6.set_scope_id(index.map_err(|_| Reason::new("local", format!("there is no interface {zone} here")))?);
            }
            vec![one]
        }
        Host::Name(name) => {
            let all = tokio::net::lookup_host((name.as_str(), port)).await;
            let all = all.map_err(|e| Reason::new("name", format!("{name}: {}", said(&e))))?;
            let mut list: Vec<SocketAddr> = Vec::new();
            for a in all {
                if !list.contains(&a) {
                    list.push(a);
                }
            }
            list
        }
    };
    found.retain(|a| family.has(a.ip()));
    if found.is_empty() {
        return Err(Reason::new("name", format!("{host} has no {}address", family.word())));
    }
    Ok(found)
}

/// The resolver's words, without Rust's.
fn said(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned()
}
