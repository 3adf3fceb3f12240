//! hactl beside real daemons: keepalived and FRR in network namespaces, watched live.
//!
//! Every expectation is a literal, or comes from the daemons' own notifications, or from tcpdump on the same interface.
//! Needs root and the tools that a test names. What cannot run here is listed as ignored with the reason in its kind; with
//! `HACTL_LAB=required` it fails instead. `HACTL_LAB_KEEP=1` keeps the daemons' files.

mod capture;
mod failover;
mod keepalive;
mod netns;
mod probe;
mod probe_keepalive;
mod probe_peers;
mod probe_vip;
mod program;
mod screen;
mod simulate;
mod speak;
mod speaker;
mod sys;
mod takeover;

use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, io};

use libtest_mimic::{Arguments, Trial};

/// One test.
struct Test {
    name: &'static str,
    /// Programs it needs beside `ip` and `sysctl`.
    tools: &'static [&'static str],
    /// Whether the others have to wait while it runs.
    alone: bool,
    run: fn(),
}

const fn test(name: &'static str, tools: &'static [&'static str], run: fn()) -> Test {
    Test { name, tools, alone: false, run }
}

const KEEPALIVED: &[&str] = &["keepalived", "tcpdump"];
const FAULTS: &[&str] = &["keepalived", "tcpdump", "nft"];
const FRR: &[&str] = &["/usr/lib/frr/zebra", "/usr/lib/frr/vrrpd", "vtysh", "tcpdump"];
const SCREEN: &[&str] = &["keepalived", "tcpdump", "tmux", "bash", "stty", "setpriv"];

/// Longest first, as some run at the same time.
const TESTS: &[Test] = &[
    test("takeover::cascade_ah", KEEPALIVED, takeover::cascade_ah),
    test("takeover::cascade_pass", KEEPALIVED, takeover::cascade_pass),
    test("takeover::frr_version_2", FRR, takeover::frr_version_2),
    test(
        "simulate::random_elections",
        &["keepalived", "tcpdump", "nft", "python3", "nice"],
        simulate::random_elections,
    ),
    test("failover::a_deaf_backup_is_a_split_brain_until_it_hears", FAULTS, failover::deaf),
    test("failover::a_returning_better_node_preempts", KEEPALIVED, failover::preempt),
    test("failover::crash_of_frr", FRR, failover::crash_frr),
    test("screen::at_80_by_24", SCREEN, screen::small),
    test("screen::at_160_by_50", SCREEN, screen::large),
    test("screen::simulations", &["tmux", "bash", "stty"], screen::simulations),
    test("screen::checks", &["/usr/sbin/nginx", "tmux", "bash", "stty"], screen::checks),
    test("takeover::cascade_unicast", KEEPALIVED, takeover::cascade_unicast),
    test("takeover::cascade_ipv6", KEEPALIVED, takeover::cascade_ipv6),
    test("takeover::cascade_version_3", KEEPALIVED, takeover::cascade_version_3),
    test("takeover::frr_version_3", FRR, takeover::frr_version_3),
    test("takeover::frr_ipv6", FRR, takeover::frr_ipv6),
    test("takeover::crash", KEEPALIVED, takeover::crash),
    test("takeover::stop", KEEPALIVED, takeover::stop),
    test("takeover::paused", KEEPALIVED, takeover::paused),
    test("takeover::unicast_after_an_address_changed", KEEPALIVED, takeover::unicast_after_an_address_changed),
    test("takeover::no_preempt", KEEPALIVED, takeover::no_preempt),
    test("takeover::preempt_delay", KEEPALIVED, takeover::preempt_delay),
    test("takeover::equal_priority", FAULTS, takeover::ties),
    test("takeover::holds_and_hands_over", KEEPALIVED, takeover::holds_and_hands_over),
    test("keepalive::as_the_kernel_does", &["tcpdump", "nft"], keepalive::as_the_kernel_does),
    test("speak::other_password", KEEPALIVED, speak::other_password),
    test("speak::vmac", KEEPALIVED, speak::vmac),
    test("speak::vmac_unicast", &["tcpdump"], speak::vmac_unicast),
    test("speak::release_on_exit", &["tcpdump", "sh", "head"], speak::release_on_exit),
    test("speak::consent", KEEPALIVED, speak::consent),
    test("speak::observe", KEEPALIVED, speak::observe),
    test("speak::other_addresses", KEEPALIVED, speak::other_addresses),
    test("speak::gratuitous_arp", &["tcpdump"], speak::gratuitous_arp),
    test("speak::neighbour_advertisements", &["tcpdump"], speak::neighbour_advertisements),
    test("speak::wire_format", &["tcpdump"], speak::wire_format),
    test("speak::leftovers", &[], speak::leftovers),
    test("speak::faults", KEEPALIVED, speak::faults),
    test("speak::signed", &["tcpdump"], speak::signed),
    test("speak::joins_the_group", &["tcpdump"], speak::joins_the_group),
    test("takeover::traffic_follows", KEEPALIVED, takeover::traffic),
    test("failover::crash", KEEPALIVED, failover::crash),
    test("failover::crash_unicast", KEEPALIVED, failover::crash_unicast),
    test("failover::crash_vmac", KEEPALIVED, failover::crash_vmac),
    test("failover::clean_stop", KEEPALIVED, failover::clean_stop),
    test("failover::crash_ipv6_subsecond", KEEPALIVED, failover::crash_ipv6),
    test("probe_vip::who_has_it", &["keepalived", "sleep"], probe_vip::who_has_it),
    test("probe_vip::through_a_crash", &["keepalived"], probe_vip::through_a_crash),
    test("probe_vip::through_a_stop", &["keepalived"], probe_vip::through_a_stop),
    test("probe_vip::through_a_stop_ipv6", &["keepalived"], probe_vip::through_a_stop_ipv6),
    test("probe_vip::connections_that_hang", &["keepalived", "nft"], probe_vip::connections_that_hang),
    test("probe_vip::ipv6", &["keepalived"], probe_vip::ipv6),
    test("probe_vip::virtual_mac", &["keepalived", "nft"], probe_vip::virtual_mac),
    test("probe_vip::unprivileged", &["setpriv"], probe_vip::unprivileged),
    test("capture::sniff_sees_what_tcpdump_sees", KEEPALIVED, capture::same_as_tcpdump),
    test("capture::tagged_frames_are_grouped_by_vlan", &[], capture::vlans),
    test("capture::authentication_and_extension_headers_pass_the_filter", &[], capture::headers),
    test("capture::watching_transmits_nothing_and_joins_nothing", &["tcpdump"], capture::silent),
    test("probe_peers::silent", &["nft", probe_peers::CHECK_TCP, "fping", "python3"], probe_peers::silent),
    test("probe_peers::nobody_there", &[], probe_peers::nobody_there),
    test("probe_peers::idle_limits", &[probe_peers::NGINX], probe_peers::idle_limits),
    test("probe_peers::hostile", &[probe_peers::CHECK_TCP, "python3"], probe_peers::hostile),
    test("probe_peers::web", &[probe_peers::NGINX, probe_peers::CHECK_TCP, "curl", "genhash"], probe_peers::web),
    test(
        "probe_peers::mail_and_names",
        &["/usr/bin/aiosmtpd", "/usr/sbin/dnsmasq", probe_peers::CHECK_TCP, "nslookup"],
        probe_peers::mail_and_names,
    ),
    test("probe::scripts_as_the_daemon_judges_them", &["keepalived", "sh"], probe::scripts),
    test("probe::scripts_that_cannot_be_started", &["keepalived", "sh"], probe::blind_scripts),
    test("probe::nginx_and_an_address_that_is_elsewhere", &["/usr/sbin/nginx"], probe::address_elsewhere),
    test("probe_keepalive::limit_silent", &["nft"], probe_keepalive::limit_silent),
    test("probe_keepalive::limit_reset", &["nft"], probe_keepalive::limit_reset),
    test("probe_keepalive::sockets", &["nft", "ss", "setpriv"], probe_keepalive::sockets),
    test("probe_keepalive::silence", &["nft"], probe_keepalive::silence),
    test("probe_keepalive::forgotten", &["nft"], probe_keepalive::forgotten),
    test("probe_keepalive::answered", &[], probe_keepalive::answered),
    test("probe_keepalive::ipv6", &["nft", "ss"], probe_keepalive::ipv6),
    test("probe_keepalive::closed", &[], probe_keepalive::closed),
    test("probe_keepalive::unprivileged", &["setpriv"], probe_keepalive::unprivileged),
    test("program::without_privileges_it_says_what_to_do", &["setpriv"], program::unprivileged),
    test("program::a_missing_interface_names_those_there_are", &[], program::missing_interface),
    test("program::an_interface_deleted_while_watching_is_an_error", &[], program::deleted_interface),
    test("program::signals_end_with_the_verdict", KEEPALIVED, program::signals),
    test("program::tcpdump_through_a_pipe_is_live", KEEPALIVED, program::pipe),
    Test { name: "capture::a_flood_costs_no_advert", tools: FAULTS, alone: true, run: capture::flood },
];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["__inject", interface, ref frames @ ..] => return inject(interface, frames),
        ["__ping", to, count] => return ping(to, count),
        ["__flood", to, count, millis] => return flood(to, count, millis),
        ["__serve", port] => return serve(port),
        ["__tcp-local", peer] => return keepalive::local(peer),
        ["__peers", address] => return probe_peers::peers(address),
        ["__tcp-mute", address] => return probe_keepalive::mute(address),
        ["__tcp-peer", address] => return keepalive::peer(address),
        _ => {}
    }
    let mut arguments = Arguments::from_args();
    // They wait for timers more than they compute.
    arguments.test_threads.get_or_insert(3);
    let here = if arguments.list { Ok(()) } else { can_make_a_lab() };
    let required = env::var("HACTL_LAB").is_ok_and(|v| v == "required");
    let mut skipped = 0;
    let mut trials = Vec::new();
    for test in TESTS {
        let problem = here.clone().err().or_else(|| {
            let missing: Vec<&str> = test.tools.iter().copied().filter(|t| !is_installed(t)).collect();
            (!missing.is_empty()).then(|| format!("needs {}", missing.join(", ")))
        });
        trials.push(match problem {
            None => Trial::test(test.name, || {
                perform(test);
                Ok(())
            }),
            Some(why) => {
                skipped += usize::from(!required);
                let kind = format!("SKIP {why}");
                Trial::test(test.name, move || Err(why.into())).with_kind(kind).with_ignored_flag(!required)
            }
        });
    }
    if here.is_ok() && !arguments.list {
        sys::hurry();
        netns::tidy();
    }
    let exit = libtest_mimic::run(&arguments, trials).exit_code();
    if skipped > 0 {
        eprintln!("lab: {skipped} of {} tests SKIPPED, see above for what they need", TESTS.len());
    }
    exit
}

/// Runs a test, and the ones that have to be alone alone.
fn perform(test: &Test) {
    static MACHINE: RwLock<()> = RwLock::new(());
    if test.alone {
        let _all = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        (test.run)();
    } else {
        let _some = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
        (test.run)();
    }
}

fn is_installed(tool: &str) -> bool {
    if tool.starts_with('/') {
        return Path::new(tool).exists();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(tool).is_file())
}

/// Whether namespaces with bridges can be made here.
fn can_make_a_lab() -> Result<(), String> {
    if !sys::is_root() {
        return Err("needs root".into());
    }
    if let Some(missing) = ["ip", "sysctl"].into_iter().find(|t| !is_installed(t)) {
        return Err(format!("needs {missing}"));
    }
    let name = format!("hactl-test-{}-probe", std::process::id());
    let ip = |args: &str| {
        let status = Command::new("ip").args(args.split(' ')).stdin(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|s| s.success())
    };
    let made = ip(&format!("netns add {name}"));
    let works = made && ip(&format!("-n {name} link add br0 type bridge"));
    if made {
        ip(&format!("netns del {name}"));
    }
    if works { Ok(()) } else { Err("needs permission to make network namespaces and bridges".into()) }
}

fn ended(result: std::io::Result<String>) -> ExitCode {
    match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

/// Sends frames, in hexadecimal, from the namespace this was started in.
fn inject(interface: &str, frames: &[&str]) -> ExitCode {
    let frames: Vec<Vec<u8>> = frames.iter().map(|f| bytes(f)).collect();
    ended(sys::inject(interface, &frames).map(|()| "sent".into()))
}

/// Sends echo requests from the namespace this was started in.
fn ping(to: &str, count: &str) -> ExitCode {
    let sent = sys::ping(to.parse().expect("an address"), count.parse().expect("a number"));
    ended(sent.map(|()| "sent".into()))
}

/// Sends back whatever it is sent, to each that connects, and says so of each connection.
fn serve(port: &str) -> ExitCode {
    let go = || {
        let listener = TcpListener::bind(("::", port.parse().expect("a port")))?;
        println!("listening");
        for stream in listener.incoming() {
            let stream = stream?;
            println!("connection");
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
        Ok(String::new())
    };
    ended(go())
}

/// Sends datagrams to the discard port from the namespace this was started in, and says how many a second.
fn flood(to: &str, count: &str, millis: &str) -> ExitCode {
    let go = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect((to, 9))?;
        let (count, millis) = (count.parse().expect("a number"), millis.parse().expect("a number"));
        let started = Instant::now();
        let sent = sys::flood(&socket, count, Duration::from_millis(millis))?;
        Ok(format!("{sent} {}", started.elapsed().as_secs_f64()))
    };
    ended(go())
}

/// Bytes from hexadecimal digits; spaces do not matter.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}
