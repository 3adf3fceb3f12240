//! The screens of `hactl watch`, of a simulation and of the demonstrations, in a terminal that tmux emulates.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::netns::{Instance, Lab, Running, SOON, inside, ip, until, wall};
use crate::program::{NOBODY, public_copy};
use crate::sys;

/// A terminal on the switch of a lab, with a shell in it. tmux runs in the namespace, so it ends with the lab.
struct Terminal<'a> {
    lab: &'a Lab,
    socket: PathBuf,
    columns: usize,
    rows: usize,
}

/// Without the space after it, which is cut off where a line ends.
const PROMPT: &str = "ready>";

impl<'a> Terminal<'a> {
    fn open(lab: &'a Lab, columns: usize, rows: usize) -> Self {
        let bin = lab.dir.join("bin");
        let path = format!("PATH={}:{}", bin.display(), std::env::var("PATH").expect("a PATH"));
        let socket = lab.dir.join("tmux");
        let size = ["-x", &columns.to_string(), "-y", &rows.to_string()].map(str::to_owned);
        let mut start = inside(&lab.switch, "tmux");
        start.arg("-S").arg(&socket).args(["-f", "/dev/null", "new-session", "-d"]).args(size);
        let shell = ["env", "-i", &path, "TERM=screen", "LANG=C.UTF-8", "TZ=UTC", "PS1=ready> ", "HOME=/", "HISTFILE="];
        start.args(shell).args(["bash", "--norc", "--noprofile", "-i"]);
        start.env("LANG", "C.UTF-8").env_remove("TMUX").current_dir(&lab.dir).stdin(Stdio::null());
        let output = start.output().expect("tmux starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let terminal = Self { lab, socket, columns, rows };
        // The line of tmux itself would take one row.
        terminal.tmux(&["set", "-g", "status", "off"]);
        terminal.resize(columns, rows);
        terminal.shows("a prompt", SOON, |s| s.contains(PROMPT));
        terminal
    }

    fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-u").arg("-S").arg(&self.socket).args(args).env("LANG", "C.UTF-8").env_remove("TMUX");
        command.stdin(Stdio::null()).output().expect("tmux runs")
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "tmux {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn resize(&self, columns: usize, rows: usize) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the terminal shows what `look` accepts.
    #[track_caller]
    fn shows(&self, what: &str, limit: Duration, look: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let end = std::time::Instant::now() + limit;
        while std::time::Instant::now() < end {
            last = self.text();
            if look(&last) {
                return last;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{what}: not within {limit:?} on the terminal\n{last}");
    }

    /// Types a line into the shell.
    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Whether a program has the alternate screen, and whether the cursor is seen.
    fn modes(&self) -> String {
        self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{mouse_any_flag}"])
            .trim()
            .to_owned()
    }

    /// What `stty -a` says in the shell.
    fn stty(&self, name: &str) -> String {
        self.line(&format!("stty -a > {name}.new; mv {name}.new {name}"));
        until("stty", SOON, || fs::read_to_string(self.lab.dir.join(name)).ok())
    }

    /// The program that the shell runs.
    fn foreground(&self) -> i32 {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let shell = shell.trim();
        until("a program in the shell", SOON, || {
            let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok()?;
            children.split_whitespace().next()?.parse().ok()
        })
    }

    /// Starts the screen and waits until it shows the master.
    fn watch(&self) {
        self.line("clear; hactl watch br0; echo status=$?");
        let shown = self.shows("the master", Duration::from_secs(2), |s| {
            let mut lines = s.lines();
            lines.next().is_some_and(|l| l.contains("watch br0"))
                && lines.next().is_some_and(|l| l.contains("master") && l.contains("10.77.0."))
        });
        assert_eq!(self.modes().split(' ').next(), Some("1"), "an alternate screen\n{shown}");
        self.fits(&shown);
    }

    /// The footer is at the bottom and nothing runs over the edge.
    fn fits(&self, shown: &str) {
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), self.rows, "{shown}");
        assert!(lines[self.rows - 1].contains("quit"), "the keys are not in the last row\n{shown}");
        let widest = lines.iter().map(|l| l.chars().count()).max().unwrap_or_default();
        assert!(widest <= self.columns, "{widest} columns\n{shown}");
    }

    /// Waits for the shell's prompt after the program's end, and checks that the terminal is as before.
    fn given_back(&self, before: &str, name: &str) {
        let shown =
            self.shows("the status and a prompt", SOON, |s| s.contains("status=") && s.trim_end().ends_with(PROMPT));
        assert!(shown.contains("status=0"), "{shown}");
        assert_eq!(self.modes(), "0 1 0 0", "{shown}");
        assert_eq!(self.stty(name), before);
    }
}

fn tour(columns: usize, rows: usize) {
    let lab = Lab::new();
    let (mut a, mut b) = (lab.node("a", 1), lab.node("b", 2));
    let instance = |priority| Instance { priority, advert: "0.5", version: 3, ..Instance::default() }.text();
    a.configure(&instance(200));
    b.configure(&instance(100));
    a.start();
    public_copy(&lab);
    let mut terminal = Terminal::open(&lab, columns, rows);
    let before = terminal.stty("before");

    // Who may not listen sees no screen.
    terminal.line(&format!("clear; setpriv {} hactl watch br0; echo status=$?", NOBODY.join(" ")));
    let shown = terminal.shows("advice", SOON, |s| s.contains("status=3"));
    assert!(shown.contains("setcap"), "{shown}");
    assert_eq!(terminal.modes(), "0 1 0 0", "{shown}");

    lab.expect("a", "MASTER", 0.0);
    b.start();
    lab.expect("b", "BACKUP", 0.0);
    terminal.watch();
    let since = wall();
    a.crash();
    lab.expect("b", "MASTER", since);
    // 3 × 0.5 s + 0.5 × 156/256 s
    let shown = terminal.shows("the failover and its reason", Duration::from_secs(2), |s| {
        // At 80 columns the sentence takes two lines.
        let words = s.split_whitespace().collect::<Vec<_>>().join(" ");
        words.contains("10.77.0.2 (100) takes over: 10.77.0.1 silent for 1.8") && words.contains("(expected 1.805)")
    });
    terminal.fits(&shown);

    for (columns, rows) in [(100, 30), (60, 16), (columns, rows)] {
        terminal.resize(columns, rows);
        (terminal.columns, terminal.rows) = (columns, rows);
        let shown = terminal.shows("the new size", SOON, |s| {
            s.lines().count() == rows && s.lines().last().is_some_and(|l| l.contains("quit"))
        });
        terminal.fits(&shown);
        assert!(shown.contains("10.77.0.2"), "{shown}");
    }

    terminal.tmux(&["send-keys", "q"]);
    terminal.given_back(&before, "after-q");

    terminal.watch();
    sys::kill(terminal.foreground(), libc::SIGTERM);
    terminal.given_back(&before, "after-sigterm");

    terminal.watch();
    terminal.tmux(&["send-keys", "C-c"]);
    terminal.given_back(&before, "after-ctrl-c");
    terminal.try_tmux(&["kill-server"]);
}

pub fn small() {
    tour(80, 24);
}

pub fn large() {
    tour(160, 50);
}

/// The screens that need no network: `simulate --tui` and both demonstrations.
pub fn simulations() {
    let lab = Lab::new();
    for (name, priority) in [("a", 102), ("b", 100)] {
        let text = Instance { priority, ..Instance::default() }.text();
        fs::write(lab.dir.join(format!("{name}.conf")), text).expect("a configuration is written");
    }
    public_copy(&lab);
    let mut terminal = Terminal::open(&lab, 80, 24);
    let before = terminal.stty("before");
    let press = |terminal: &Terminal<'_>, key: &str| drop(terminal.tmux(&["send-keys", key]));

    terminal.line("clear; hactl simulate a.conf b.conf --tui; echo status=$?");
    terminal.shows("time that passes", SOON, |s| s.contains("a becomes MASTER in 1."));
    // To the election, then a clean stop: b waits 156/256 s.
    press(&terminal, "n");
    terminal.shows("the election", SOON, |s| s.contains("t = 3.602 s") && s.contains("PAUSED"));
    press(&terminal, "s");
    terminal.shows("a fault", SOON, |s| s.contains("3.602 s: stop a") && s.contains("1 fault of yours"));
    press(&terminal, "n");
    let shown = terminal.shows("what comes of it", SOON, |s| s.contains("OK  51/v4: b is master (100), one takeover"));
    terminal.fits(&shown);
    press(&terminal, "g");
    terminal.shows("the beginning", SOON, |s| s.contains("t = 0.000 s"));
    press(&terminal, "G");
    terminal.shows("the same again", SOON, |s| s.contains("OK  51/v4: b is master (100), one takeover"));
    press(&terminal, "w");
    terminal.shows("a scenario", SOON, |s| s.contains("hactl-scenario.toml"));
    for (columns, rows) in [(20, 4), (160, 50), (80, 24)] {
        terminal.resize(columns, rows);
        (terminal.columns, terminal.rows) = (columns, rows);
        let what = if columns == 20 { "too small" } else { "masters" };
        terminal.shows("the new size", SOON, |s| s.lines().count() == rows && s.contains(what));
    }
    press(&terminal, "q");
    terminal.given_back(&before, "after-q");
    let shown = terminal.text();
    assert!(shown.contains("--at '3.602s stop a' --for 30s"), "{shown}");
    terminal.line("clear; hactl simulate hactl-scenario.toml; echo status=$?");
    terminal.shows("the scenario again", SOON, |s| s.contains("status=0") && s.contains("b is master (100)"));

    terminal.line("clear; hactl simulate a.conf b.conf --tui; echo status=$?");
    terminal.shows("the screen", SOON, |s| s.contains("a becomes MASTER"));
    press(&terminal, "C-c");
    terminal.given_back(&before, "after-ctrl-c");

    terminal.line("clear; hactl watch --demo; echo status=$?");
    terminal.shows("the pair", SOON, |s| s.contains("each with one master") && s.contains("1 kill a"));
    press(&terminal, "1");
    terminal.shows("a dead node", SOON, |s| s.contains("demo: a was killed") && s.contains("1 start a"));
    press(&terminal, "q");
    terminal.given_back(&before, "after-watch");

    terminal.line("clear; hactl speak --demo; echo status=$?");
    terminal.shows("the neighbour", SOON, |s| s.contains("a is a simulated keepalived") && s.contains("1 kill a"));
    press(&terminal, "1");
    terminal.shows("a dead neighbour", SOON, |s| s.contains("is down: 1 starts it"));
    press(&terminal, "q");
    terminal.given_back(&before, "after-speak");
    terminal.try_tmux(&["kill-server"]);
}

/// The checks of a configuration, with a real nginx that goes and comes again.
pub fn checks() {
    let lab = Lab::new();
    ip(&lab.switch, "link set lo up\n");
    let dir = lab.dir.display();
    let text = format!(
        "daemon off;\npid {dir}/nginx.pid;\nerror_log {dir}/error.log;\nevents {{ }}\nhttp {{\n    log_format at '$msec $request';\n    \
         access_log {dir}/access.log at;\n    server {{\n        listen 127.0.0.1:8080;\n        return 200 ok;\n    }}\n}}\n"
    );
    fs::write(lab.dir.join("nginx.conf"), text).expect("a configuration is written");
    let text = "virtual_server 10.77.0.110 80 {\n    delay_loop 0.5\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    \
                real_server 127.0.0.1 8080 {\n        HTTP_GET {\n            url {\n                path /\n                \
                status_code 200\n            }\n            connect_timeout 1\n            retry 1\n            \
                delay_before_retry 0.2\n        }\n    }\n}\n";
    fs::write(lab.dir.join("lvs.conf"), text).expect("a configuration is written");
    let conf = lab.dir.join("nginx.conf");
    let nginx = || Running::start(inside(&lab.switch, "/usr/sbin/nginx").arg("-c").arg(&conf), Stdio::null());
    let served = nginx();
    public_copy(&lab);
    let terminal = Terminal::open(&lab, 80, 24);
    let before = terminal.stty("before");
    until("a socket of nginx", SOON, || lab.dir.join("nginx.pid").exists().then_some(()));
    terminal.line("clear; hactl probe config lvs.conf --watch --at-once; echo status=$?");
    let shown =
        terminal.shows("a good check", SOON, |s| s.contains("OK  1 of 1 real servers up") && s.contains("served"));
    terminal.fits(&shown);
    served.end(libc::SIGTERM);
    let shown = terminal.shows("a death", SOON, |s| s.contains("NO QUORUM") && s.contains("DOWN: removed from"));
    assert!(shown.contains("HTTP_GET failed, 1 of 2: refused"), "{shown}");
    terminal.fits(&shown);
    let again = nginx();
    terminal.shows("its return", SOON, |s| s.contains("quorum gained") && s.contains("served"));
    terminal.tmux(&["send-keys", "Down"]);
    terminal.tmux(&["send-keys", "Enter"]);
    // 0.5 + 2 × 1 + 0.2 s
    terminal.shows("the formula", SOON, |s| s.contains("within 2.700 s at worst"));
    let log = lab.dir.join("access.log");
    let lines = || fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect::<Vec<_>>();
    let n = lines().len();
    until("three checks more", SOON, || (lines().len() >= n + 3).then_some(()));
    terminal.tmux(&["send-keys", "q"]);
    terminal.tmux(&["send-keys", "q"]);
    terminal.given_back(&before, "after-q");
    again.end(libc::SIGTERM);
    // What nginx saw: keepalived's request, and a delay_loop from the end of a check to the next.
    let all = lines();
    assert!(all.iter().all(|l| l.ends_with(" GET / HTTP/1.0")), "{all:?}");
    let times: Vec<f64> = all[n..].iter().filter_map(|l| l.split(' ').next()?.parse().ok()).collect();
    let gaps: Vec<f64> = times.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(gaps.len() >= 2 && gaps.iter().all(|g| (0.498..2.0).contains(g)), "{gaps:?}");
    terminal.try_tmux(&["kill-server"]);
}
