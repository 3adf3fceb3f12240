//! `address-dropped`

use crate::conf::Kind;
use crate::finding::{Page, Severity};
use crate::lint::{Check, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-dropped",
        title: "a virtual address that keepalived does not take",
        text: "\
What it is
  A line of an address list is not one that keepalived can use: no address at all, two of them with a comma, an option
  without its value, a label that is too long, or an address of the other family than the rest.

Why it hurts
  The address is never set on any interface, on any node, in any state. What clients reach by it is unreachable, while
  the instance looks healthy and says MASTER. When the other node has the line right, their lists of addresses differ,
  and up to 2.3.2 both reject each other's adverts for that.

Example
  virtual_ipaddress {
      10.0.0.10, 10.0.0.11    # two lines, no comma
      2001:db8::10            # needs an instance of its own
  }

What keepalived does
  Says «VRRP parsed invalid IP 10.0.0.10,. skipping IP...», «address family must match VRRP instance … - ignoring» or
  «removing address», and goes on with the other lines; `-t` exits 5.

How to fix
  Write one address a line, as in `10.0.0.10/24 dev eth0 label eth0:1`. Put addresses of the other family into a
  second instance, or into `virtual_ipaddress_excluded`, which takes both. A label has at most 15 characters.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Write one address a line: ADDRESS/PREFIX, then its options.",
    check: Check::Problems(&[Kind::AddressDropped]),
};
