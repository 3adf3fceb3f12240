//! Settings that programs come with, and nginx's way to write them.

use std::time::Duration;

use super::settings::{Keepalive, Kernel};
use crate::simulate::words::none_such;

/// Where a figure of keepalive comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The kernel's.
    Kernel,
    /// So many seconds, or probes.
    Own(u32),
}

/// What a program does with its connections unless it is told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its word.
    pub name: &'static str,
    /// Whether its sockets have `SO_KEEPALIVE`.
    pub on: bool,
    /// Idle time, interval and probes.
    pub figures: [Origin; 3],
    /// Where this is from, and what else there is to know.
    pub source: &'static str,
}

const KERNEL: [Origin; 3] = [Origin::Kernel; 3];

/// All of them.
pub const PRESETS: &[Preset] = &[
    row("linux", true, KERNEL, "include/net/tcp.h: 7200 s, 75 s, 9 probes, for a socket with SO_KEEPALIVE"),
    row("nginx", false, KERNEL, "listen: so_keepalive is off unless written; proxy_socket_keepalive is off"),
    row("haproxy", false, KERNEL, "option tcpka, clitcpka and srvtcpka are off unless written"),
    row("apache", true, KERNEL, "server/listen.c: SO_KEEPALIVE on every listening socket"),
    row("postgres", true, KERNEL, "tcp_keepalives_idle, _interval and _count are 0: the kernel's; libpq keepalives=1"),
    row("mysql", true, KERNEL, "check_connection() calls vio_keepalive(); no figures of its own"),
    row("redis", true, own(300, 100, 3), "redis.conf tcp-keepalive 300; anet.c: a third of it between 3 probes"),
    row("openssh", true, KERNEL, "TCPKeepAlive yes in ssh_config and sshd_config"),
    row("go", true, own(15, 15, 9), "net.Dialer and net.ListenConfig: 15 s, 15 s, 9 probes"),
    row("java", false, KERNEL, "java.net.Socket: SO_KEEPALIVE is false unless set"),
    row("python", false, KERNEL, "socket: SO_KEEPALIVE is off unless set"),
    row("node", false, KERNEL, "net.Socket: off; setKeepAlive(true, ms) sends 10 probes 1 s apart (libuv)"),
    row(
        "node-http",
        true,
        own(1, 1, 10),
        "http.globalAgent: keepAlive with keepAliveMsecs 1000; libuv sends 10 probes 1 s apart",
    ),
    row(
        "curl",
        true,
        [Origin::Own(60), Origin::Own(60), Origin::Kernel],
        "curl --keepalive-time: 60 s, also between probes",
    ),
];

const fn own(idle: u32, interval: u32, probes: u32) -> [Origin; 3] {
    [Origin::Own(idle), Origin::Own(interval), Origin::Own(probes)]
}

const fn row(name: &'static str, on: bool, figures: [Origin; 3], source: &'static str) -> Preset {
    Preset { name, on, figures, source }
}

impl Preset {
    /// Its figures on this kernel, whether it uses them or not.
    pub fn keepalive(&self, kernel: &Kernel) -> Keepalive {
        let [idle, interval, probes] = self.figures;
        let time = |o: Origin, kernel: Duration| match o {
            Origin::Kernel => kernel,
            Origin::Own(n) => Duration::from_secs(n.into()),
        };
        Keepalive {
            idle: time(idle, kernel.keepalive.idle),
            interval: time(interval, kernel.keepalive.interval),
            probes: match probes {
                Origin::Kernel => kernel.keepalive.probes,
                Origin::Own(n) => n,
            },
        }
    }
}

/// The preset of this name.
pub fn preset(name: &str) -> Result<&'static Preset, String> {
    let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
    PRESETS.iter().find(|p| p.name == name).ok_or_else(|| none_such("preset", name, &names))
}

/// nginx's `so_keepalive=on|off|[keepidle]:[keepintvl]:[keepcnt]`, also within its `listen` line. `None` is off.
pub fn nginx(text: &str, kernel: &Kernel) -> Result<Option<Keepalive>, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let marked = words.iter().find_map(|w| w.strip_prefix("so_keepalive="));
    let value = match (marked, words.as_slice()) {
        (Some(value), _) => value.trim_end_matches(';'),
        (None, [one]) => one.trim_end_matches(';'),
        (None, _) => return Err("there is no so_keepalive= in it".into()),
    };
    let parts: Vec<&str> = match value {
        "on" => return Ok(Some(kernel.keepalive)),
        "off" => return Ok(None),
        text => text.split(':').collect(),
    };
    let form = || format!("{value:?} is not on, off or IDLE:INTERVAL:COUNT as in 30m::10");
    let [idle, interval, probes] = parts.as_slice() else { return Err(form()) };
    if [idle, interval, probes].iter().all(|p| p.is_empty()) {
        return Err(form());
    }
    let time = |text: &str, kernel: Duration| match text {
        "" => Ok(kernel),
        t => nginx_time(t)
            .filter(|d| (1..=32_767).contains(&d.as_secs()))
            .ok_or_else(|| format!("{t:?} is not a time of nginx such as 30m or 90s, of 1 to 32767 seconds")),
    };
    let count = match *probes {
        "" => kernel.keepalive.probes,
        n => {
            let n = n.parse().ok().filter(|n| (1..=127).contains(n));
            n.ok_or_else(|| format!("{probes:?} is not a number of probes from 1 to 127"))?
        }
    };
    Ok(Some(Keepalive {
        idle: time(idle, kernel.keepalive.idle)?,
        interval: time(interval, kernel.keepalive.interval)?,
        probes: count,
    }))
}

/// A time as nginx reads it (`ngx_parse_time`): `90`, `1m30s`; seconds without a unit.
fn nginx_time(text: &str) -> Option<Duration> {
    let mut seconds: u64 = 0;
    let mut number: Option<u64> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit.into())?);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 7 * 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    Some(Duration::from_secs(seconds.checked_add(number.unwrap_or(0))?))
}
