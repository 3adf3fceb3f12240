//! A lab: a switch, nodes, and the real daemons on them, each in a network namespace of its own.
//!
//! Namespaces and directories are called `hactl-test-PID-NUMBER…`. Dropping a [`Lab`] ends everything that runs in its
//! namespaces, by process id, and removes them, also when the test panics; SIGINT and SIGTERM do the same for all labs; and
//! what a killed run left behind is removed by the next one.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::sys;

const PREFIX: &str = "hactl-test-";

/// The longest that anything in a lab is waited for, unless the test says otherwise.
pub const SOON: Duration = Duration::from_secs(10);

/// Held for writing once the program is to end, so that nothing new is made or started.
static GATE: RwLock<()> = RwLock::new(());

fn gate() -> RwLockReadGuard<'static, ()> {
    GATE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Seconds since the epoch.
pub fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64()
}

/// Runs a command to its end. Panics with its words if it fails.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    checked(command, &output)
}

fn checked(command: &Command, output: &Output) -> String {
    assert!(
        output.status.success(),
        "{command:?}: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn run_with_input(command: &mut Command, input: &str) -> String {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|e| panic!("{command:?}: {e}"));
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input is taken");
    let output = child.wait_with_output().expect("the end of a child");
    checked(command, &output)
}

/// A program in a network namespace.
pub fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

/// Looks every few milliseconds until there is something. Panics after `limit`.
pub fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {limit:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A list that one thread adds to and others wait on.
#[derive(Debug)]
pub struct Log<T> {
    items: Mutex<Vec<T>>,
    more: Condvar,
}

impl<T: Clone + std::fmt::Debug> Log<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self { items: Mutex::new(Vec::new()), more: Condvar::new() })
    }

    pub fn add(&self, item: T) {
        self.items.lock().expect("no panic while adding").push(item);
        self.more.notify_all();
    }

    pub fn all(&self) -> Vec<T> {
        self.items.lock().expect("no panic while adding").clone()
    }

    /// Waits until `look` finds something among all items. Panics after `limit`, with what there is.
    #[track_caller]
    pub fn wait<R>(&self, what: &str, limit: Duration, mut look: impl FnMut(&[T]) -> Option<R>) -> R {
        let end = Instant::now() + limit;
        let mut items = self.items.lock().expect("no panic while adding");
        loop {
            if let Some(found) = look(&items) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let text: String = items.iter().fold(String::new(), |mut s, i| {
                    let _ = write!(s, "\n  {i:?}");
                    s
                });
                drop(items);
                panic!("{what}: not within {limit:?}; there is{text}");
            }
            items = self.more.wait_timeout(items, left).expect("no panic while adding").0;
        }
    }
}

/// A line and when it was read.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: f64,
    pub text: String,
}

fn follow(
    stream: impl Read + Send + 'static,
    see: impl Fn(&str) + Send + 'static,
) -> (Arc<Log<Line>>, thread::JoinHandle<()>) {
    let log = Log::new();
    let to = Arc::clone(&log);
    let thread = thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(text) = line else { break };
            let at = wall();
            see(&text);
            to.add(Line { at, text });
        }
    });
    (log, thread)
}

/// A program that a test started: its output is read as it comes, and it is killed when dropped.
pub struct Running {
    child: Child,
    what: String,
    pub out: Arc<Log<Line>>,
    pub err: Arc<Log<Line>>,
    readers: Vec<thread::JoinHandle<()>>,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit status; `None` if a signal killed it.
    pub status: Option<i32>,
    pub out: Vec<Line>,
    pub err: String,
}

impl Running {
    pub fn start(command: &mut Command, input: Stdio) -> Self {
        Self::watched(command, input, |_| {})
    }

    /// Starts a program each of whose lines is shown to `see` before it is logged.
    pub fn watched(command: &mut Command, input: Stdio, see: impl Fn(&str) + Send + 'static) -> Self {
        let what = format!("{command:?}");
        let _open = gate();
        let child = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|e| panic!("{what}: {e}"));
        let (out, one) = follow(child.stdout.take().expect("a pipe"), see);
        let (err, two) = follow(child.stderr.take().expect("a pipe"), |_| {});
        Self { child, what, out, err, readers: vec![one, two] }
    }

    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    pub fn signal(&self, signal: i32) {
        sys::kill(self.pid(), signal);
    }

    /// Writes a line to its standard input, which has to be a pipe.
    pub fn say(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        input.write_all(line.as_bytes()).and_then(|()| input.write_all(b"\n")).expect("it reads");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let what = self.what.clone();
        let status = until(&format!("the end of {what}"), SOON, || self.child.try_wait().expect("a child of ours"));
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        let err = self.err.all().into_iter().map(|l| l.text + "\n").collect();
        Ended { status: status.code(), out: self.out.all(), err }
    }

    /// Sends a signal, then waits for its end.
    #[track_caller]
    pub fn end(self, signal: i32) -> Ended {
        self.signal(signal);
        self.ended()
    }

    /// Waits for the JSON object that `look` accepts, the `count`th such.
    #[track_caller]
    pub fn object(&self, what: &str, limit: Duration, count: usize, look: impl Fn(&Value) -> bool) -> (f64, Value) {
        let mut done = 0;
        let mut found: Vec<(f64, Value)> = Vec::new();
        self.out.wait(what, limit, |lines| {
            for line in &lines[done..] {
                let value: Value = serde_json::from_str(&line.text).unwrap_or_else(|e| panic!("{}: {e}", line.text));
                if look(&value) {
                    found.push((line.at, value));
                }
            }
            done = lines.len();
            found.get(count - 1).cloned()
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// All JSON objects of a type.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        let parse = |l: &Line| serde_json::from_str(&l.text).unwrap_or_else(|e| panic!("{}: {e}", l.text));
        self.out.iter().map(parse).filter(|v: &Value| v["type"] == kind).collect()
    }

    /// The one JSON object of a type.
    #[track_caller]
    pub fn object(&self, kind: &str) -> Value {
        let mut all = self.objects(kind);
        assert_eq!(all.len(), 1, "objects of type {kind}: {all:?}\n{}", self.err);
        all.remove(0)
    }

    pub fn text(&self) -> String {
        self.out.iter().flat_map(|l| [l.text.as_str(), "\n"]).collect()
    }
}

/// What a daemon said about itself.
#[derive(Clone, Debug)]
pub struct Notice {
    pub at: f64,
    pub node: String,
    pub state: String,
}

/// A switch and its nodes.
pub struct Lab {
    name: String,
    /// The switch's namespace, with the bridge `br0`.
    pub switch: String,
    pub dir: PathBuf,
    namespaces: Mutex<Vec<String>>,
    /// Process ids of speakers that were started.
    speakers: Mutex<Vec<i32>>,
    pub notices: Arc<Log<Notice>>,
}

impl Lab {
    /// Remembers a speaker, whose traces go with the lab.
    pub fn started(&self, pid: i32) {
        if let Ok(mut speakers) = self.speakers.lock() {
            speakers.push(pid);
        }
    }

    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let name = format!("{PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let dir = std::env::temp_dir().join(&name);
        let switch = format!("{name}-sw");
        let lab =
            Self { name, switch, dir, namespaces: Mutex::default(), speakers: Mutex::default(), notices: Log::new() };
        {
            let _open = gate();
            fs::create_dir(&lab.dir).expect("a new directory");
        }
        lab.namespace(&lab.switch, false);
        ip(&lab.switch, "link add br0 type bridge mcast_snooping 0\nlink set br0 up\n");
        lab
    }

    fn namespace(&self, name: &str, ipv6: bool) {
        let _open = gate();
        self.namespaces.lock().expect("no panic here").push(name.to_owned());
        run(Command::new("ip").args(["netns", "add", name]));
        if !ipv6 {
            let off = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"];
            run(inside(name, "sysctl").arg("-qw").args(off));
        }
    }

    /// A node without addresses, which therefore has nothing to say by itself.
    pub fn bare(&self, name: &str, host: u8) -> Node<'_> {
        self.any_node(name, host, false, "")
    }

    pub fn node(&self, name: &str, host: u8) -> Node<'_> {
        self.any_node(name, host, false, &format!("addr add 10.77.0.{host}/24 brd + dev eth0\n"))
    }

    pub fn node_ipv6(&self, name: &str, host: u8) -> Node<'_> {
        let addresses =
            format!("addr add fe80::{host}/64 dev eth0 nodad\naddr add 2001:db8:77::{host}/64 dev eth0 nodad\n");
        self.any_node(name, host, true, &addresses)
    }

    fn any_node(&self, name: &str, host: u8, ipv6: bool, addresses: &str) -> Node<'_> {
        let ns = format!("{}-{name}", self.name);
        let dir = self.dir.join(name);
        fs::create_dir(&dir).expect("a new directory");
        self.namespace(&ns, ipv6);
        let mac = format!("02:00:0a:4d:00:{host:02x}");
        let quiet = if ipv6 { "link set eth0 addrgenmode none\n" } else { "" };
        let setup = format!("link set lo up\n{quiet}link set eth0 up\n{addresses}");
        let address = if ipv6 { format!("fe80::{host}") } else { format!("10.77.0.{host}") };
        let node = Node { lab: self, name: name.to_owned(), ns, dir, address, mac, setup, daemon: None, fifo: None };
        node.plug_in();
        node
    }

    /// Waits for a daemon to say that its state is `state`, after the moment `since`. Gives the moment.
    #[track_caller]
    pub fn expect(&self, node: &str, state: &str, since: f64) -> f64 {
        self.notices.wait(&format!("{node} becomes {state}"), SOON, |all| {
            all.iter().find(|n| n.at >= since && n.node == node && n.state == state).map(|n| n.at)
        })
    }
}

/// Runs lines of `ip` in a namespace.
pub fn ip(namespace: &str, lines: &str) {
    run_with_input(Command::new("ip").args(["-n", namespace, "-batch", "-"]), lines);
}

/// hactl in a namespace. `args` is split at spaces.
pub fn hactl(namespace: &str, args: &str) -> Running {
    Running::start(inside(namespace, env!("CARGO_BIN_EXE_hactl")).args(args.split(' ')), Stdio::null())
}

/// hactl with JSON output, listening already.
#[track_caller]
pub fn listening(namespace: &str, args: &str) -> Running {
    let running = hactl(namespace, &format!("{args} --json --for 2m"));
    running.object(&format!("{args} begins"), SOON, 1, |v| v["type"] == "start");
    running
}

/// tcpdump in a namespace, listening already.
#[track_caller]
pub fn tcpdump(namespace: &str, interface: &str, filter: &str) -> Tcpdump {
    tcpdump_with(namespace, &["-i", interface, filter])
}

#[track_caller]
pub fn tcpdump_with(namespace: &str, args: &[&str]) -> Tcpdump {
    let mut command = inside(namespace, "tcpdump");
    command.args(["-Z", "root", "-l", "--immediate-mode", "-nn", "-tt", "-v"]).args(args);
    let running = Running::start(&mut command, Stdio::null());
    running
        .err
        .wait("tcpdump listens", SOON, |lines| lines.iter().find(|l| l.text.contains("listening on")).map(|_| ()));
    Tcpdump(running)
}

/// This program in a namespace, to send: see `main`.
pub fn helper(namespace: &str, args: &[&str]) -> Running {
    let myself = std::env::current_exe().expect("a path");
    Running::start(inside(namespace, myself.to_str().expect("a path of text")).args(args), Stdio::null())
}

/// The same, listening to what is said to it.
pub fn helper_told(namespace: &str, args: &[&str]) -> Running {
    let myself = std::env::current_exe().expect("a path");
    Running::start(inside(namespace, myself.to_str().expect("a path of text")).args(args), Stdio::piped())
}

/// Sends whole frames from a namespace's eth0.
pub fn inject(namespace: &str, frames: &[&str]) {
    let ended = helper(namespace, &[&["__inject", "eth0"], frames].concat()).ended();
    assert_eq!(ended.status, Some(0), "{}", ended.err);
}

impl Drop for Lab {
    fn drop(&mut self) {
        let namespaces = self.namespaces.lock().map(|n| n.clone()).unwrap_or_default();
        remove_namespaces(&namespaces);
        for pid in self.speakers.lock().map(|s| s.clone()).unwrap_or_default() {
            forget_speaker(pid);
        }
        if std::env::var_os("HACTL_LAB_KEEP").is_some() {
            eprintln!("kept {}", self.dir.display());
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Ends what runs in namespaces, and removes them.
fn remove_namespaces(namespaces: &[String]) {
    let ip = |args: &[&str]| Command::new("ip").args(["netns"]).args(args).stdin(Stdio::null()).output();
    for ns in namespaces {
        // A process may have forked while the list was made.
        for _ in 0..10 {
            let Ok(output) = ip(&["pids", ns]) else { break };
            let pids = String::from_utf8_lossy(&output.stdout).into_owned();
            if pids.trim().is_empty() {
                break;
            }
            for pid in pids.lines().filter_map(|l| l.trim().parse().ok()) {
                sys::kill(pid, libc::SIGKILL);
                forget_speaker(pid);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
    for ns in namespaces {
        let _ = ip(&["del", ns]);
    }
}

/// Removes what a killed speaker has written down.
fn forget_speaker(pid: i32) {
    let suffix = format!("-{pid}");
    for entry in fs::read_dir("/run/hactl").into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with("speak-") && name.ends_with(&suffix)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes the namespaces and directories of all labs whose process `of` accepts.
fn remove_labs(of: impl Fn(i32) -> bool) {
    let wanted = |name: &str| {
        let pid = name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()?;
        of(pid).then(|| name.to_owned())
    };
    let names = |dir: &Path| -> Vec<String> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.filter_map(|e| wanted(e.file_name().to_str()?)).collect()
    };
    remove_namespaces(&names(Path::new("/run/netns")));
    for name in names(&std::env::temp_dir()) {
        let _ = fs::remove_dir_all(std::env::temp_dir().join(name));
    }
}

/// Removes what killed runs have left, and makes SIGINT and SIGTERM remove what this one has made.
pub fn tidy() {
    remove_labs(|pid| !sys::exists(pid));
    let signals = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];
    let Ok(mut signals) = signal_hook::iterator::Signals::new(signals) else { return };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _closed = GATE.write();
            let own = std::process::id() as i32;
            remove_labs(|pid| pid == own);
            std::process::exit(128 + signal);
        }
    });
}

/// A router or host: a namespace with eth0, and what runs in it.
pub struct Node<'a> {
    pub lab: &'a Lab,
    pub name: String,
    pub ns: String,
    pub dir: PathBuf,
    /// The source address of its adverts.
    pub address: String,
    pub mac: String,
    /// What makes its eth0 ready.
    setup: String,
    daemon: Option<Running>,
    fifo: Option<PathBuf>,
}

impl Node<'_> {
    /// Makes its eth0 and connects it to the switch.
    pub fn plug_in(&self) {
        let Self { name, mac, ns, .. } = self;
        ip(
            &self.lab.switch,
            &format!(
                "link add p-{name} type veth peer name eth0 address {mac} netns {ns}\nlink set p-{name} master br0 up\n"
            ),
        );
        ip(ns, &self.setup);
    }

    /// Writes keepalived's configuration anew, for its next start.
    pub fn configure_again(&self, instance: &str) {
        let fifo = self.dir.join("notify");
        // The notification is written after all announcements, so one of them has to do.
        let global = format!(
            "global_defs {{\n  vrrp_notify_fifo {}\n  script_user root\n  vrrp_garp_master_repeat 1\n}}\n",
            fifo.display()
        );
        fs::write(self.dir.join("keepalived.conf"), global + instance).expect("a file is written");
    }

    /// Writes keepalived's configuration and listens to its notifications.
    pub fn configure(&mut self, instance: &str) {
        let fifo = self.dir.join("notify");
        sys::make_fifo(&fifo);
        self.configure_again(instance);
        // Open for reading and writing, so that the end of a daemon is not the end of the file.
        let stream = OpenOptions::new().read(true).write(true).open(&fifo).expect("a FIFO opens");
        self.fifo = Some(fifo);
        let (log, node) = (Arc::clone(&self.lab.notices), self.name.clone());
        thread::spawn(move || read_notices(stream, &node, &log));
    }

    /// Starts keepalived, in its own process group.
    pub fn start(&mut self) {
        let path = |name: &str| self.dir.join(name);
        let mut command = inside(&self.ns, "keepalived");
        command.args(["-n", "-l", "-P", "-f"]).arg(path("keepalived.conf"));
        command.arg("-p").arg(path("keepalived.pid")).arg("-r").arg(path("vrrp.pid"));
        self.daemon = Some(Running::start(command.process_group(0), Stdio::null()));
    }

    fn daemon(&self) -> &Running {
        self.daemon.as_ref().expect("it was started")
    }

    /// Kills keepalived: its addresses stay.
    pub fn crash(&mut self) {
        sys::kill_group(self.daemon().pid(), libc::SIGKILL);
        self.daemon.take().expect("it was started").ended();
        // The orphan is a zombie for a while, which the next keepalived would take for a running one.
        for name in ["keepalived.pid", "vrrp.pid"] {
            let _ = fs::remove_file(self.dir.join(name));
        }
    }

    /// Ends keepalived cleanly: it resigns. The parent passes the signal on to its child.
    pub fn stop(&mut self) {
        self.daemon.take().expect("it was started").end(libc::SIGTERM);
    }

    /// Gives nft's own words to it.
    pub fn nft(&self, text: &str) {
        run_with_input(inside(&self.ns, "nft").args(["-f", "-"]), text);
    }

    /// From now on it hears no VRRP.
    pub fn deaf(&self) {
        self.nft("table inet lab { chain in { type filter hook input priority 0; meta l4proto 112 drop; }; }\n");
    }

    /// It hears again.
    pub fn hear(&self) {
        self.nft("delete table inet lab\n");
    }

    /// Drops everything that arrives here, before it is routed; a tap still sees it.
    pub fn sink(&self) {
        self.nft("table inet lab { chain pre { type filter hook prerouting priority -300; udp dport 9 drop; }; }\n");
    }

    /// Prepares FRR with the configuration `lines` of eth0: VRID 51, its macvlan with the virtual address 10.77.0.110.
    pub fn configure_frr(&self, lines: &str) {
        ip(
            &self.ns,
            "link add vrrp4-2-51 link eth0 type macvlan mode bridge\nlink set vrrp4-2-51 address 00:00:5e:00:01:33\n\
             addr add 10.77.0.110/24 dev vrrp4-2-51\nlink set vrrp4-2-51 up\n",
        );
        self.write_frr(lines);
    }

    /// The same for IPv6: its macvlan with fe80::110, and a link-local address of its own to send from.
    pub fn configure_frr_ipv6(&self, lines: &str) {
        ip(
            &self.ns,
            "link add vrrp6-2-51 link eth0 type macvlan mode bridge\nlink set vrrp6-2-51 address 00:00:5e:00:02:33\n\
             link set vrrp6-2-51 addrgenmode none\naddr add fe80::51/64 dev vrrp6-2-51 nodad\n\
             addr add fe80::110/64 dev vrrp6-2-51 nodad\nlink set vrrp6-2-51 up\n",
        );
        self.write_frr(lines);
    }

    fn write_frr(&self, lines: &str) {
        let text = format!(
            "log file {}/vrrpd.log\nlog timestamp precision 6\ndebug vrrp\ninterface eth0\n{lines}",
            self.dir.display()
        );
        fs::write(self.dir.join("frr.conf"), text).expect("a file is written");
        File::create(self.dir.join("vrrpd.log")).expect("a file is made");
        run(Command::new("chown").args(["-R", "frr:frr"]).arg(&self.dir));
    }

    fn frr_daemon(&self, daemon: &str) -> i32 {
        let path = |name: &str| self.dir.join(name);
        let mut command = inside(&self.ns, &format!("/usr/lib/frr/{daemon}"));
        // It goes into the background, where it must not hold on to a pipe of ours.
        command.env("TZ", "UTC").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.arg("-d").arg("--vty_socket").arg(&self.dir).arg("-z").arg(path("zserv.api"));
        command.arg("-i").arg(path(&format!("{daemon}.pid"))).arg("-f").arg(path("frr.conf"));
        let status = command.status().expect("FRR starts");
        assert!(status.success(), "{daemon}: {status}");
        let read = || fs::read_to_string(path(&format!("{daemon}.pid"))).ok()?.trim().parse().ok();
        until("FRR writes its process id", SOON, read)
    }

    /// Starts FRR. Gives vrrpd's process id.
    pub fn start_frr(&self) -> i32 {
        self.frr_daemon("zebra");
        until("zebra knows the interfaces", SOON, || {
            UnixStream::connect(self.dir.join("zserv.api")).ok()?;
            let mut show = inside(&self.ns, "vtysh");
            show.arg("--vty_socket").arg(&self.dir).args(["-c", "show interface brief"]);
            let shown = show.stdin(Stdio::null()).output().ok()?.stdout;
            let up = |l: &str| l.starts_with("vrrp") && l.split_whitespace().nth(1) == Some("up");
            String::from_utf8_lossy(&shown).lines().any(up).then_some(())
        });
        self.frr_daemon("vrrpd")
    }

    /// Waits until vrrpd's own log says that it became `state` (`Master`, `Backup`) after the moment `since`. Keepalived's
    /// words are used for the notice.
    #[track_caller]
    pub fn frr_state(&self, state: &str, since: f64) -> f64 {
        let log = self.dir.join("vrrpd.log");
        let at = until(&format!("{} becomes {state}", self.name), SOON, || {
            let text = fs::read_to_string(&log).ok()?;
            let ends = format!(" -> {state}");
            text.lines().filter(|l| l.ends_with(&ends)).filter_map(frr_time).find(|at| *at >= since)
        });
        self.lab.notices.add(Notice { at, node: self.name.clone(), state: state.to_uppercase() });
        at
    }
}

impl Drop for Node<'_> {
    fn drop(&mut self) {
        if let Some(daemon) = &self.daemon {
            sys::kill_group(daemon.pid(), libc::SIGKILL);
        }
        if let Some(mut fifo) = self.fifo.as_ref().and_then(|f| OpenOptions::new().read(true).write(true).open(f).ok())
        {
            let _ = fifo.write_all(b"END\n");
        }
    }
}

/// Reads lines like `INSTANCE "VI_1" MASTER 100` until one that says END.
fn read_notices(stream: File, node: &str, log: &Log<Notice>) {
    for line in BufReader::new(stream).lines() {
        let at = wall();
        let Ok(line) = line else { return };
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["END"] => return,
            // MASTER_RX_LOWER_PRI and the like are events, not states.
            ["INSTANCE", _, state, _] if !state.starts_with("MASTER_") => {
                log.add(Notice { at, node: node.to_owned(), state: state.to_owned() });
            }
            _ => {}
        }
    }
}

/// The time at the start of a line of FRR's log, which is in UTC here: `2026/11/22 18:00:36.840123 `.
fn frr_time(line: &str) -> Option<f64> {
    let mut words = line.split(' ');
    let text = format!("{}T{}Z", words.next()?.replace('/', "-"), words.next()?);
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_microsecond() as f64 / 1e6)
}

/// A running tcpdump that prints what it hears.
pub struct Tcpdump(Running);

/// A packet as tcpdump describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub t: f64,
    pub ip_id: Option<u64>,
    pub src: String,
}

impl Tcpdump {
    pub fn pid(&self) -> i32 {
        self.0.pid()
    }

    /// Waits until it has printed `count` packets.
    #[track_caller]
    pub fn heard(&self, count: usize) {
        self.0
            .out
            .wait(&format!("{count} packets on the wire"), SOON, |lines| (packets(lines).len() >= count).then_some(()));
    }

    /// Waits until it has printed a packet of this address.
    #[track_caller]
    pub fn heard_from(&self, src: &str) {
        let from = |lines: &[Line]| packets(lines).iter().any(|p| p.src == src).then_some(());
        self.0.out.wait(&format!("a packet from {src}"), SOON, from);
    }

    /// How many packets it has printed.
    pub fn count(&self) -> usize {
        packets(&self.0.out.all()).len()
    }

    /// Waits for so many more packets than now.
    #[track_caller]
    pub fn more(&self, count: usize) {
        self.heard(self.count() + count);
    }

    /// Ends it and gives all packets.
    pub fn end(self) -> Vec<Heard> {
        let ended = self.0.end(libc::SIGINT);
        assert_eq!(ended.status, Some(0), "{}", ended.err);
        packets(&ended.out)
    }
}

/// With -v an IPv4 packet is two lines: `TIME IP (tos 0xc0, ttl 255, id 7, …` and `    SRC > DST: …`; an IPv6 packet is one:
/// `TIME IP6 (…) SRC > DST: …`.
fn packets(lines: &[Line]) -> Vec<Heard> {
    let mut all = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let Some((time, rest)) = line.text.split_once(' ') else { continue };
        let Ok(t) = time.parse() else { continue };
        let ip_id = rest.split_once(", id ").and_then(|(_, r)| r.split(',').next()?.parse().ok());
        let text = if rest.contains(" > ") { rest } else { lines.get(i + 1).map_or("", |l| l.text.as_str()) };
        let Some((before, _)) = text.split_once(" > ") else { continue };
        let src = before.rsplit(' ').next().unwrap_or_default().to_owned();
        all.push(Heard { t, ip_id, src });
    }
    all
}

/// A keepalived configuration of one instance, VI_1 with VRID 51 on eth0.
#[derive(Clone, Debug)]
pub struct Instance {
    pub priority: u8,
    pub vips: &'static [&'static str],
    pub advert: &'static str,
    pub version: u8,
    /// More lines.
    pub extra: String,
}

impl Default for Instance {
    /// Version 2, one address, adverts every second, no authentication.
    fn default() -> Self {
        Self { priority: 100, vips: &["10.77.0.110"], advert: "1", version: 2, extra: String::new() }
    }
}

impl Instance {
    pub fn text(&self) -> String {
        let Self { priority, advert, version, extra, .. } = self;
        let vips = self.vips.join("\n    ");
        format!(
            "vrrp_instance VI_1 {{\n  state BACKUP\n  interface eth0\n  virtual_router_id 51\n  priority {priority}\n  \
             advert_int {advert}\n  version {version}\n  {extra}\n  virtual_ipaddress {{\n    {vips}\n  }}\n}}\n"
        )
    }
}
