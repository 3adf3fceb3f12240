//! The pages behind the findings.

use crate::finding::Page;

/// All of them, by id.
pub const PAGES: &[Page] = &[
    Page {
        id: "listen-needs-nonlocal-bind",
        title: "nginx listens on a VIP that this host may not have, and the kernel forbids it",
        text: "\
What it means
  nginx is to listen on an address that keepalived moves. On the node that does not have the address the kernel refuses
  it (`bind() … failed (99: Cannot assign requested address)`), and nginx does not start at all. A check of nginx then
  fails on that node, and it can never become master.

How it is decided
  The address of a `listen` is one of the keepalived.conf beside it, `net.ipv4.ip_nonlocal_bind` (for IPv6
  `net.ipv6.ip_nonlocal_bind`) is 0 on this host, and no wildcard `listen` of the same port is there, with which nginx
  makes no socket for the address. It is only asked when the nginx.conf is that of this host. Critical where the address
  is on another host now; a warning where it is here, and the trouble waits for the next failover.

What it can be confused with
  A running nginx that had the address when it started keeps its socket; only a start or an upgrade fails.

How to confirm
  `sysctl net.ipv4.ip_nonlocal_bind`, and `nginx -t` on the backup.

How to fix
  `net.ipv4.ip_nonlocal_bind = 1` in a file of /etc/sysctl.d on all nodes, then `sysctl --system`. Or a wildcard listen.
",
    },
    Page {
        id: "listen-not-a-vip",
        title: "nginx listens on an address that is neither a VIP nor this host's",
        text: "\
What it means
  Clients of the VIPs do not reach what listens there, and nginx may not start: the address is nobody's.

How it is decided
  The address of a `listen` is not among the virtual_ipaddress entries of the keepalived.conf beside it and, where the
  nginx.conf is this host's, on none of its interfaces.

What it can be confused with
  An address that another program adds later.

How to confirm
  `ip address`, and the virtual_ipaddress blocks.

How to fix
  Correct the address; it is often a typing error, or left over from a move.
",
    },
    Page {
        id: "upstream-keepalive-outlives-server",
        title: "nginx keeps idle connections for longer than servers usually do",
        text: "\
What it means
  A server that closes an idle connection at the moment in which nginx sends a request on it makes that request fail:
  `upstream prematurely closed connection`, a sporadic 502. nginx repeats only requests that are safe to repeat.

How it is decided
  The upstream keeps connections, and uses them. How long its servers keep them is not looked at.

What it can be confused with
  A server that dies, or a firewall that forgets idle connections.

How to confirm
  The idle time of the servers: 5 s in Node, 30 s in Jetty, 75 s in nginx.

How to fix
  `keepalive_timeout` in the upstream, below the idle time of its servers; or a longer idle time there.
",
    },
    Page {
        id: "upstream-keepalive-unused",
        title: "an upstream keeps connections that no request can use again",
        text: "\
What it means
  Before version 1.30 nginx speaks HTTP/1.0 to an upstream and sends `Connection: close`, so that every request opens a
  connection although `keepalive` is there. Under load this host runs out of ports, and each request pays for a
  handshake.

How it is decided
  A proxy_pass to an upstream with `keepalive` is under `proxy_http_version 1.0` or none, or under no
  `proxy_set_header Connection` that is empty; or a fastcgi_pass to it has no `fastcgi_keep_conn on`. A block with any proxy_set_header inherits none from around it.

What it can be confused with
  A `Connection` header from a variable, for WebSockets: it is taken for right.

How to confirm
  `ss -tn state time-wait dst SERVER` grows with the number of requests.

How to fix
  `proxy_http_version 1.1;` and `proxy_set_header Connection \"\";` beside the proxy_pass.
",
    },
    Page {
        id: "upstream-name-unresolved",
        title: "a name in nginx.conf is not resolved, and nginx does not start without it",
        text: "\
What it means
  nginx resolves the names of upstream servers and of proxy_pass once, when it starts. One that is not resolved is an
  error (`host not found in upstream`): nginx does not start, and a reload keeps the old configuration. After a power
  cut the name server may come up later than nginx.

How it is decided
  The name was asked for on this host and not found. Names with `resolve` and targets with variables are left out.

What it can be confused with
  A name that only the host of the configuration knows.

How to confirm
  `getent hosts NAME` there, and `nginx -t`.

How to fix
  /etc/hosts or addresses; or `resolve`, or a variable in proxy_pass, with a `resolver`.
",
    },
    Page {
        id: "upstream-single-server",
        title: "max_fails and fail_timeout do nothing in an upstream with one server",
        text: "\
What it means
  nginx takes a server out after max_fails failures only if there is another one. With a single server every request
  goes there, dead or not, and waits for proxy_connect_timeout.

How it is decided
  The upstream has one `server`, and that has one of the two parameters.

What it can be confused with
  A name with several addresses, each of which counts as a server.

How to confirm
  Stop the server: each request takes the time of proxy_connect_timeout or is refused.

How to fix
  A second server or a `backup`; and a short proxy_connect_timeout.
",
    },
    Page {
        id: "vip-without-listen",
        title: "a VIP on which nginx does not listen",
        text: "\
What it means
  keepalived moves an address for which this nginx has no socket: clients of it are refused, on whichever node it is.

How it is decided
  No `listen` of the nginx.conf names the address, and none is a wildcard of its family. IPv6 needs `listen [::]:PORT`.

What it can be confused with
  An address that is for another program on the same nodes.

How to confirm
  `hactl probe tcp ADDRESS:PORT`

How to fix
  Add the listen, or a wildcard.
",
    },
];
