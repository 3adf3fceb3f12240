//! Keywords of virtual servers, real servers and their checkers.

use super::{Naming, Rows, row};
#[allow(clippy::enum_glob_use, reason = "three hundred rows read better without the names of the enums")]
use super::{Place::*, Takes::*};

/// Most that 32 bits hold.
const U32: i64 = 4_294_967_295;
/// Most that a weight of IPVS is.
const WEIGHT: i64 = 2_147_483_647;
/// Microseconds that 32 bits hold: 4294.967295 s.
const MICROS: u64 = 4_294_967_295;
/// Most microseconds of the timers of checkers: 18446744073709.551614 s.
const TIMER: u64 = 18_446_744_073_709_551_614;

/// What the kernel can schedule by.
const SCHEDULERS: &[&str] =
    &["rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos"];

/// Record types that a `DNS_CHECK` can ask for.
pub(in crate::conf) const RECORDS: &[&str] = &["A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"];

/// Options of regular expressions, as PCRE2 has them.
const REGEX: &[&str] = &[
    "allow_empty_class",
    "alt_bsux",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "extended",
    "firstline",
    "match_unset_backref",
    "multiline",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
    "never_backslash_c",
    "alt_circumflex",
    "alt_verbnames",
    "use_offset_limit",
];

/// How a method is written.
const METHOD: &str = "NAT|DR|TUN [type ipip|gue|gre] [port 1..65535] [nocsum|csum|remcsum]";

#[rustfmt::skip]
pub(super) const ROWS: &[Rows] = &[
    (&[Ssl], &[
        row("password", Password).lenient().replaces().default("none").shape("PASSWORD").note("Opens the key."),
        row("ca", Word).lenient().replaces().default("none").shape("PATH").note("Certificates that are trusted."),
        row("certificate", Word).lenient().replaces().default("none").shape("PATH").note("Own certificate."),
        row("key", Word).lenient().replaces().default("none").shape("PATH").note("Own key."),
    ]),
    (&[VirtualServer], &[
        row("ip_family", OneOf(&["inet", "inet6"])).default("that of its address").note("Family of a service by mark or group."),
        row("retry", Int(1, U32)).default("1; MISC_CHECK 0, DNS_CHECK 3").note("How often its checkers try again before a server counts as down."),
        row("delay_before_retry", Seconds(0, TIMER)).default("1; HTTP_GET and SSL_GET 3, DNS_CHECK delay_loop").note("How long they wait before they try again."),
        row("warmup", Seconds(0, TIMER)).default("delay_loop").note("The first check comes after a random part of this; 0 for at once."),
        row("connect_timeout", Seconds(1, MICROS)).default("5").note("How long they wait for a connection, and for each answer."),
        row("delay_loop", Seconds(1, TIMER)).default("60").note("From one check to the next."),
        row("inhibit_on_failure", Flag).note("A server that is down stays, with weight 0. A word behind it is not read here: `off` turns it on."),
        row("lb_algo", OneOf(SCHEDULERS)).default("wlc, with a message").note("How IPVS chooses a server, in small letters only."),
        row("lvs_sched", OneOf(SCHEDULERS)).default("wlc, with a message").note("The same as `lb_algo`."),
        row("hashed", Flag).note("An old word without effect, reported unless the scheduler is sh or mh already."),
        row("ops", Flag).note("Schedules each packet for itself; with UDP only."),
        row("flag-1", Flag).note("The first flag of the scheduler."),
        row("flag-2", Flag).note("The second flag of the scheduler."),
        row("flag-3", Flag).note("The third flag of the scheduler."),
        row("sh-port", Flag).note("Hashes the port too. It has to stand behind `lb_algo sh`."),
        row("sh-fallback", Flag).note("Goes to another server when the hashed one is down. It has to stand behind `lb_algo sh`."),
        row("mh-port", Flag).note("Hashes the port too. It has to stand behind `lb_algo mh`."),
        row("mh-fallback", Flag).note("Goes to another server when the hashed one is down. It has to stand behind `lb_algo mh`."),
        row("lb_kind", Method).shape(METHOD).default("NAT, with a message").note("How packets get to the servers, in capitals only. gue needs a port."),
        row("lvs_method", Method).shape(METHOD).default("NAT, with a message").note("The same as `lb_kind`."),
        row("persistence_engine", Short(16)).clamped().default("none").note("What tells clients apart; the kernel knows `sip`."),
        row("persistence_timeout", OptInt(1, 2_678_400, 360)).unit("seconds").default("off; 360 when bare").note("How long a client keeps its server."),
        row("persistence_granularity", Mask).default("255.255.255.255; 128 for IPv6").note("How much of a client's address counts: for IPv4 a netmask, which nobody checks. It turns persistence on."),
        row("protocol", AnyCase(&["TCP", "UDP", "SCTP"])).default("UDP, with a message").note("What is served. A service by mark passes over it."),
        row("ha_suspend", Flag).note("Checks only while the service's address is on this node. Not with marks."),
        row("smtp_alert", Bool).default("as in global_defs; off").note("Whether it sends mails."),
        row("virtualhost", Word).lenient().default("none").note("Host that HTTP_GET and SSL_GET ask for."),
        row("snmp_name", Word).lenient().exact().default("none").note("Its name in SNMP. Only builds with SNMP know it."),
        row("alpha", Flag).note("Servers begin as down. A word behind it is not read here: `off` turns it on."),
        row("omega", Flag).note("Runs notify_down and quorum_down when keepalived ends."),
        row("quorum_up", Command).once().default("none").note("Runs when the quorum is reached."),
        row("quorum_down", Command).once().default("none").note("Runs when the quorum is lost."),
        row("quorum", Int(1, U32)).or(1).default("1").note("Weight of servers that have to be up. More than all weights together is lowered to that with a message."),
        row("hysteresis", Int(0, U32)).default("0").note("By how much the weight has to be beyond the quorum for it to be reached or lost. Less than the quorum."),
        row("weight", Int(1, WEIGHT)).default("1").note("Weight of servers that do not say their own."),
        row("sorry_server", Server).default("none").note("Where clients go without a quorum. Of its family, unless it is reached through a tunnel."),
        row("sorry_server_inhibit", Flag).note("Keeps it with weight 0. It has to stand behind `sorry_server`."),
        row("sorry_server_lvs_method", Method).shape(METHOD).default("that of the virtual server").note("How packets get to it. It has to stand behind `sorry_server`."),
        row("real_server", Block(RealServer, Naming::Server)).shape("ADDRESS [PORT]").required().note("A server. Without any the virtual server is dropped; one that is there already is dropped with a message."),
    ]),
    (&[RealServer], &[
        row("weight", Int(0, WEIGHT)).default("that of the virtual server").note("Its share; 0 for no new connections."),
        row("lvs_method", Method).shape(METHOD).default("that of the virtual server").note("How packets get to it."),
        row("uthreshold", Int(0, U32)).default("0: any number").note("Connections above which it gets no new ones."),
        row("lthreshold", Int(0, U32)).default("0").note("Connections below which it gets new ones again."),
        row("inhibit_on_failure", Bool).default("that of the virtual server").note("Stays with weight 0 when it is down."),
        row("notify_up", Command).once().default("none").note("Runs when it comes up."),
        row("notify_down", Command).once().default("none").note("Runs when it goes down."),
        row("alpha", Bool).default("that of the virtual server").note("Begins as down."),
        row("retry", Int(1, U32)).default("that of the virtual server").note("How often its checkers try again before it counts as down."),
        row("delay_before_retry", Seconds(0, TIMER)).default("that of the virtual server").note("How long they wait before they try again."),
        row("warmup", Seconds(0, TIMER)).default("that of the virtual server").note("The first check comes after a random part of this; 0 for at once."),
        row("connect_timeout", Seconds(1, MICROS)).default("that of the virtual server").note("How long they wait for a connection, and for each answer."),
        row("delay_loop", Seconds(1, TIMER)).default("that of the virtual server").note("From one check to the next."),
        row("smtp_alert", Bool).default("as in global_defs; on").note("Whether it sends mails."),
        row("virtualhost", Word).lenient().default("that of the virtual server").note("Host that HTTP_GET and SSL_GET ask for."),
        row("snmp_name", Word).lenient().exact().default("none").note("Its name in SNMP. Only builds with SNMP know it."),
        row("MISC_CHECK", Block(MiscCheck, Naming::None)).note("Runs a script."),
        row("SMTP_CHECK", Block(SmtpCheck, Naming::None)).note("Greets a mail server."),
        row("TCP_CHECK", Block(TcpCheck, Naming::None)).note("Connects. Its braces are needed even when there is nothing in them."),
        row("PING_CHECK", Block(PingCheck, Naming::None)).note("Sends an ICMP echo. The sysctl ping_group_range has to let it."),
        row("UDP_CHECK", Block(UdpCheck, Naming::None)).note("Sends a datagram; an ICMP error is a failure."),
        row("HTTP_GET", Block(HttpGet, Naming::None)).note("Asks for pages. Without a usable `url` keepalived 2.2.7 crashes."),
        row("SSL_GET", Block(SslGet, Naming::None)).note("Asks for pages over TLS. Without a usable `url` keepalived 2.2.7 crashes."),
        row("DNS_CHECK", Block(DnsCheck, Naming::None)).note("Asks a name server."),
        row("FILE_CHECK", Block(FileCheck, Naming::None)).note("Follows the number in a file."),
        row("BFD_CHECK", Block(BfdCheck, Naming::None)).note("Follows a BFD session."),
    ]),
    // What all checkers share that connect
    (&[HttpGet, SslGet, TcpCheck, UdpCheck, PingCheck, SmtpCheck, SmtpHost, DnsCheck], &[
        row("connect_ip", Source).default("that of the real server").note("Where to connect, in bindto's family. A link-local address needs bind_if."),
        row("connect_port", Int(1, 65_535)).default("that of the real server").note("Port to connect to."),
        row("bindto", Source).default("what the kernel chooses").note("Own address, in connect_ip's family."),
        row("bind_port", Int(1, 65_535)).default("any").note("Own port."),
        row("bind_if", Short(15)).default("none").note("Interface to connect through; link-local addresses need it."),
        row("connect_timeout", Seconds(1, MICROS)).default("that of the real server").note("How long to wait for a connection, and for each answer."),
        row("fwmark", Int(0, U32)).default("0").note("Mark on its packets."),
    ]),
    (&[HttpGet, SslGet, TcpCheck, UdpCheck, PingCheck, SmtpCheck, SmtpHost], &[
        row("retry", Int(0, U32)).default("that of the real server").note("How often it tries again before the server counts as down."),
    ]),
    (&[DnsCheck], &[
        row("retry", Int(0, U32)).default("that of the real server; 3").note("How often it tries again before the server counts as down."),
        row("delay_before_retry", Seconds(0, TIMER)).default("that of the real server; delay_loop").note("How long it waits before it tries again."),
        row("type", AnyCase(RECORDS)).default("SOA").note("Type of record to ask for."),
        row("name", Domain).once().default(".").note("Name to ask for. One with a single letter before its first dot is refused."),
    ]),
    (&[HttpGet, SslGet], &[
        row("delay_before_retry", Seconds(0, TIMER)).default("that of the real server; 3").note("How long it waits before it tries again."),
        row("nb_get_retry", Int(0, U32)).default("as retry").deprecated("retry").note("keepalived reports the old name."),
        row("virtualhost", Word).lenient().default("that of the real server").note("Host to ask for."),
        row("http_protocol", OneOf(&["1.0", "1.1", "1.0C", "1.0c"])).lenient().default("1.0").note("Version of HTTP; 1.0C closes the connection."),
        row("enable_sni", Bool).default("off").note("Names the virtual host in the TLS greeting."),
        row("sni_name", OptWord).since(2, 4, 4).default("virtualhost").note("Names this host in the TLS greeting, and turns that on."),
        row("fast_recovery", Bool).default("off").note("Does not wait between its pages while the server is down."),
    ]),
    (&[HttpGet], &[
        row("url", Block(HttpUrl, Naming::None)).required().note("A page. All of them have to be right."),
    ]),
    (&[SslGet], &[
        row("tls_compliant", Bool).since(2, 2, 8).default("off").note("Wants the connection closed as TLS asks for."),
        row("url", Block(SslUrl, Naming::None)).required().note("A page. All of them have to be right."),
    ]),
    (&[HttpUrl, SslUrl], &[
        row("path", Word).required().note("Path of the page. Without it keepalived drops the page."),
        row("digest", Digits(32)).once().default("none").note("MD5 of the page's body, as `genhash` prints it."),
        row("status_code", Codes(100, 599)).adds().silent().default("200-299").note("Status codes that are right."),
        row("virtualhost", Word).lenient().default("that of the checker").note("Host to ask for."),
        row("regex", Regex).logged().default("none").note("What the page has to hold, in quotes. Only the log says when it is malformed."),
        row("regex_no_match", Flag).note("The page must not hold it."),
        row("regex_options", Options(REGEX)).adds().default("none").note("Options of PCRE2, such as caseless. Unknown ones are passed over without a word."),
        row("regex_min_offset", Logged).logged().default("0").note("Where a match may begin at the earliest."),
        row("regex_max_offset", Logged).logged().default("the end").note("Where a match may begin at the latest."),
        row("regex_stack", LoggedPair).logged().shape("START MOST").unit("bytes").default("PCRE2's").note("Stack of the matcher."),
    ]),
    (&[SslUrl], &[
        row("tls_compliant", Bool).since(2, 2, 8).default("that of the checker").note("Wants the connection closed as TLS asks for."),
    ]),
    (&[TcpCheck, UdpCheck, PingCheck, SmtpCheck, SmtpHost, MiscCheck], &[
        row("delay_before_retry", Seconds(0, TIMER)).default("that of the real server").note("How long it waits before it tries again."),
    ]),
    (&[HttpGet, SslGet, TcpCheck, UdpCheck, PingCheck, SmtpCheck, SmtpHost, DnsCheck, MiscCheck], &[
        row("warmup", Seconds(0, TIMER)).default("that of the real server").note("The first check comes after a random part of this; 0 for at once."),
        row("delay_loop", Seconds(1, TIMER)).default("that of the real server").note("From one check to the next."),
        row("log_all_failures", Bool).default("checker_log_all_failures").note("Logs every failed check, not only the one that counts."),
    ]),
    (&[HttpGet, SslGet, TcpCheck, UdpCheck, PingCheck, SmtpCheck, SmtpHost, DnsCheck, MiscCheck, BfdCheck], &[
        row("alpha", Bool).default("that of the real server").note("Begins as failed."),
    ]),
    (&[UdpCheck], &[
        row("payload", Hex).lenient().default("some octets").note("What to send. Blanks may stand between octets, `0x` not before them. 2.2.7 takes no octet ff."),
        row("require_reply", HexPattern).default("off").note("Waits for an answer: any when bare, else one that begins with this."),
        row("min_reply_length", Int(0, 65_535)).unit("bytes").default("0").note("Least length of the answer; not more than max_reply_length."),
        row("max_reply_length", Int(0, 65_535)).unit("bytes").default("255").note("Most length of the answer."),
    ]),
    (&[SmtpCheck], &[
        row("helo_name", Word).lenient().default("smtpchecker.keepalived.org").note("How it greets."),
        row("host", Block(SmtpHost, Naming::None)).note("Another server to check. Several SMTP_CHECK replace it; only the log says so."),
    ]),
    (&[MiscCheck], &[
        row("retry", Int(0, U32)).default("that of the real server; 0").note("How often it tries again before the server counts as down."),
        row("misc_path", CommandWord).silent().required().note("What to run, in quotes when it has arguments: further words are not read. Without it keepalived drops the checker."),
        row("misc_timeout", Int(0, 4294)).unit("seconds").default("delay_loop").note("After which a run is ended and has failed."),
        row("misc_dynamic", Flag).note("Its exit status 2 to 255 is the weight plus 2."),
        row("user", Words).lenient().shape("USER [GROUP]").default("script_user").note("Who runs it. Without that user keepalived drops the checker."),
    ]),
    (&[FileCheck], &[
        row("track_file", Word).required().note("Name of a `track_file` that is defined before."),
        row("weight", Weight(2_147_483_647)).lenient().default("that of the track_file").note("What the number is multiplied with."),
    ]),
    (&[BfdCheck], &[
        row("name", Word).lenient().exact().required().note("Name of a `bfd_instance` that is defined before."),
    ]),
];
