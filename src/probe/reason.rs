//! Why a check failed: what the kernel or the protocol said, and what that usually means.

/// Why a check failed. The id is stable, in JSON and for scripts; the sentence names addresses and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In kebab case: `refused`, `timeout-syn`, `status`.
    pub id: &'static str,
    /// What happened, as one sentence without a full stop.
    pub sentence: String,
    /// What that usually means and where to look.
    pub usually: &'static str,
}

/// All ids with what they usually mean. A reason that is not here does not exist.
pub const REASONS: &[(&str, &str)] = &[
    ("refused", "the host is up and nothing listens on the port, or a firewall answers with a reset"),
    ("timeout-syn", "the host is down, the address is not there, or a firewall drops the packets"),
    ("timeout-read", "the service accepted the connection and does not answer: it hangs or is overloaded"),
    ("timeout-reply", "nothing came back: the host is down, or a firewall drops the packets"),
    (
        "reset",
        "the service or a device on the way ended the connection at once: a crash, a full backlog, an access list",
    ),
    ("closed", "the service ended the connection before it answered: a proxy without a backend, an access list"),
    ("no-route", "this host has no way to that network, or the gateway says so"),
    (
        "unreachable",
        "a router or the host itself answers with ICMP: the host does not answer ARP, or a firewall rejects",
    ),
    (
        "no-neighbour",
        "the host is down, has not this address, or is in another VLAN; or the prefix length here is wrong, or a firewall \
         rule of this host rejects",
    ),
    (
        "prohibited",
        "a firewall, on the way or on the host itself, rejects it and says so; or a router has a route that prohibits it",
    ),
    (
        "mtu",
        "the packet is larger than the path carries and must not be fragmented: a tunnel on the way, or jumbo frames on \
         one side only",
    ),
    ("name", "the name server does not know it, or there is none that answers"),
    ("local", "nothing was asked: this host could not make the socket; the service may be well"),
    ("unchecked", "nobody has asked: only keepalived itself can, or what it takes is not there; it may be well"),
    ("interrupted", "it was ended before anything was certain: let it go on for longer"),
    ("permission", "a firewall rule on this host, or a missing privilege"),
    ("status", "the service answers with a status that does not count as good: look at its own log"),
    ("empty", "the service ended the connection without a byte: a proxy without a backend, or not the protocol"),
    ("protocol", "what answers does not speak this protocol, or not this version of it"),
    ("digest", "another page than the one that the digest is of"),
    ("pattern", "the answer does not say what it should"),
    ("too-large", "the answer is larger than allowed"),
    ("tls-handshake", "the two sides have no version, cipher or name in common, or this is not TLS"),
    ("certificate-expired", "the certificate has to be renewed, or the clock of this host is wrong"),
    ("certificate-not-yet-valid", "the certificate was installed too soon, or the clock of this host is wrong"),
    ("certificate-name", "the certificate is for other names than the one asked for: a default server answers"),
    (
        "certificate-version",
        "it was made by an old or a careless tool: clients ask for version 3, and many take no other",
    ),
    ("certificate-untrusted", "the issuer is not one that this host trusts: self-signed, or a missing intermediate"),
    (
        "client-certificate",
        "mutual TLS: the service is up and takes only clients that show a certificate, which this probe has not",
    ),
    (
        "rejected",
        "a firewall rejects it, on the way or on this host: port unreachable is what nft and iptables say unless told otherwise",
    ),
    ("rcode", "the name server answers that it cannot or will not"),
    ("answer", "the answer is not to the question"),
    (
        "endless",
        "the server says a little at a time; keepalived waits for as long as each piece comes within connect_timeout",
    ),
    ("exit-status", "the script says so"),
    ("signal", "the script was killed: by its time limit, by the kernel for memory, or by somebody"),
    (
        "not-run",
        "the script is not there, not executable, or its `#!` line names no interpreter: a carriage return at its end?",
    ),
    ("dangerous", "running it changes services; read it, and say --run-anyway if that is what you want"),
    ("timeout-script", "the script waits for something: a lock, a name server, a service that hangs"),
    ("ttl-exceeded", "the way is longer than the time to live allows, or goes round in a circle"),
    ("file-number", "who writes the file wants the server down: a script, or an operator for maintenance"),
    ("no-socket", "the service that makes the socket does not run, or makes it elsewhere"),
    (
        "keepalive-reset",
        "the peer or a device on the way no longer knows the connection: a restart, a failover without its state, an idle \
         limit below the keepalive time",
    ),
    (
        "keepalive-timeout",
        "the host is gone, or a device on the way has forgotten the connection and drops what belongs to it; ICMP that says \
         more is lost on the kernel, which passes over what is about keepalive probes: see `probe icmp`",
    ),
    (
        "idle-closed",
        "the service's own idle limit, which keepalive does not prolong (nginx: client_header_timeout before a request, \
         keepalive_timeout after one)",
    ),
    ("unsteady", "connections were lost at an age at which others lived: a limit by their number, or a restart"),
    ("nobody", "no host answers for the address: no master, or its announcement is filtered"),
    (
        "not-master",
        "the address was left behind on a node that is not master, or that node does not hear the master; clients go there",
    ),
    ("unserved", "no node took the address over, or the service does not run on the one that did"),
    (
        "interruption",
        "the takeover took long: VRRP timers, gratuitous ARP that was not heard, a service that starts only then",
    ),
    ("hung", "a device on the way drops what belongs to connections from before; clients wait until they give up"),
    ("lost", "who has the address now does not know the connections from before: clients have to connect again"),
    ("unmoved", "nothing moved meanwhile: stop keepalived on the master, or pull its cable, while it runs"),
    ("several", "more than one host answers for the address: two masters, an address left behind, or proxy ARP"),
];

impl Reason {
    /// One of [`REASONS`], told by its id.
    pub fn new(id: &'static str, sentence: impl Into<String>) -> Self {
        let usually = REASONS.iter().find(|(known, _)| *known == id).map_or("", |(_, usually)| usually);
        debug_assert!(!usually.is_empty(), "{id} is not in the table of reasons");
        Self { id, sentence: sentence.into(), usually }
    }
}

/// Bytes of the peer for a sentence: on one line, without what a terminal obeys, and not too many.
pub(super) fn quoted(bytes: &[u8]) -> String {
    const MOST: usize = 60;
    let more = if bytes.len() > MOST { "…" } else { "" };
    // Apostrophes need no escape between these quotes.
    let text = bytes.get(..MOST).unwrap_or(bytes).escape_ascii().to_string().replace("\\'", "'");
    format!("\"{text}{more}\"")
}
