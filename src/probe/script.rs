//! A script as keepalived's `MISC_CHECK` and `vrrp_script` run it, and what its end means.
//!
//! The command is split into words and run without a shell. Only a file that is not executable, and a command that is
//! nothing but a redirection, go through `sh`, as in keepalived. keepalived takes a script that cannot be run for good;
//! here it is not known, and the difference is told: such a check is blind.
//!
//! Scripts that are tracked like to mend what they find broken. Before one is run its text is looked at, and one that
//! kills or restarts something is not run unless that was said. This sees what is written in the command, in the files
//! that it names and in the scripts that those call (`harm.rs`); it rather refuses a harmless script than runs a harmful
//! one.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::check::{At, Attempt, Check, Found};
use super::harm::{expanded, harm};
use super::outcome::{Fact, Phases};
use super::reason::{Reason, quoted};
use crate::net::{end_process_group, monotonic, wait_any};

/// Between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);
/// After SIGKILL: a process that the kernel does not let go.
const GIVE_UP: Duration = Duration::from_secs(2);
/// For the end of the output once the script itself has ended: a process that it left behind may hold it open.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// Output that is kept.
const OUTPUT: usize = 4096;
/// Text of a script that is looked at.
const TEXT: u64 = 1 << 20;

/// What the end of a script means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Meaning {
    /// `vrrp_script`: 0 is good, and what took too long is not.
    #[default]
    Track,
    /// `MISC_CHECK`: 0 is good, also of one that took too long and exits by itself at SIGTERM. keepalived looks at the
    /// status alone there, and takes for a failure only what a signal has ended (2.2.7 and 2.3.4: check_misc.c,
    /// `misc_check_child_thread`).
    Misc,
    /// `MISC_CHECK` with `misc_dynamic`: 2 to 255 are good too, and set the weight to 0 to 253.
    MiscDynamic,
}

/// A script to run.
#[derive(Clone, Debug)]
pub struct Script {
    /// The command, as it stands in the configuration.
    pub command: String,
    /// What its end means.
    pub meaning: Meaning,
    /// How long it may take.
    pub timeout: Duration,
    /// Who runs it: a user's and a group's number, with no further groups. Whoever runs this process if absent.
    pub account: Option<(u32, u32)>,
    /// Whether it is run even if it kills or restarts something.
    pub run_anyway: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
struct Ran {
    /// Whether it counts as good, and if not why.
    result: Result<(), Reason>,
    /// Its status, its output, the weight that it sets.
    facts: Vec<Fact>,
}

impl Ran {
    fn not(reason: Reason) -> Self {
        Self { result: Err(reason), facts: Vec::new() }
    }
}

/// The words of a command.
///
/// # Errors
/// When there is none.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let words = shell_words::split(command).map_err(|_| format!("a quote is not closed in {command:?}"))?;
    if words.is_empty() { Err("there is no command".into()) } else { Ok(words) }
}

/// Where a program is, as `execvp` finds it.
fn program(word: &str) -> Option<PathBuf> {
    let runs = |path: &Path| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    if word.contains('/') {
        return Some(PathBuf::from(word)).filter(|path| runs(path));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    std::env::split_paths(&path).map(|dir| dir.join(word)).find(|path| runs(path))
}

/// The command with the words and, where one is needed, the shell that it is run with; for people too.
fn resolved(words: &[String]) -> Vec<String> {
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let redirection = first.starts_with(['<', '>']);
    if !redirection && (program(first).is_some() || !Path::new(first).is_file()) {
        return words.to_vec();
    }
    let quote = |word: &String| format!("'{}'", word.replace('\'', r"'\''"));
    let first = if redirection { first.clone() } else { quote(first) };
    let line: Vec<String> = std::iter::once(first).chain(rest.iter().map(quote)).collect();
    vec!["/bin/sh".into(), "-c".into(), line.join(" ")]
}

/// Something that a script does to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// The file and line, or nothing if it is the command itself.
    pub place: Option<(PathBuf, usize)>,
    /// The words that do it.
    pub words: String,
}

/// What a command kills or restarts, by its text and that of the files that it names.
pub fn danger(command: &str) -> Option<Danger> {
    if let Some((_, words)) = harm(command) {
        return Some(Danger { place: None, words });
    }
    let mut seen = BTreeSet::new();
    let words = words(command).unwrap_or_default();
    let path =
        |(i, word): (usize, &String)| if i == 0 { program(word).unwrap_or_else(|| word.into()) } else { word.into() };
    let paths: Vec<PathBuf> = words.iter().enumerate().map(path).collect();
    let asked = |i: usize| asks_for_status(&paths[i], &words[i + 1..]);
    let files = paths.iter().enumerate().filter(|(i, _)| !asked(*i));
    files.map(|(_, path)| path.clone()).find_map(|path| danger_in(path, 0, &mut seen))
}

/// Whether this is a script of the system that can do anything, and is asked for one thing that harms nobody:
/// `service haproxy status`, `/etc/init.d/haproxy status`.
fn asks_for_status(path: &Path, after: &[String]) -> bool {
    let is = |at: usize| after.get(at).is_some_and(|word| word == "status");
    let service = ["/usr/sbin/service", "/sbin/service"].iter().any(|s| path == Path::new(s));
    service && is(1) && after.len() == 2 || path.starts_with("/etc/init.d") && is(0) && after.len() == 1
}

/// What a script does, and the scripts that it calls or sources.
fn danger_in(path: PathBuf, depth: usize, seen: &mut BTreeSet<PathBuf>) -> Option<Danger> {
    /// Deeper and more than this nobody writes checks.
    const DEPTH: usize = 4;
    const MOST: usize = 50;
    if depth > DEPTH || seen.len() >= MOST || !seen.insert(path.clone()) {
        return None;
    }
    let text = script_text(&path)?;
    if let Some((line, words)) = harm(&text) {
        return Some(Danger { place: Some((path, line)), words });
    }
    // What is installed is no check of somebody's own: /usr/bin holds scripts that can do anything.
    let own =
        |word: &&str| word.contains('/') && !["/usr/", "/bin/", "/sbin/", "/lib"].iter().any(|p| word.starts_with(p));
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let delimits = |c: char| c.is_whitespace() || "\"'()[]{}<>,$=;|&`".contains(c);
    let mut sourced = false;
    for word in expanded(&text).split(delimits).filter(|w| !w.is_empty()) {
        // A file that is only named, a configuration or a log, does nothing; `. lib.sh` names one without a path.
        for file in [folder.join(word), PathBuf::from(word)] {
            let runs = sourced || own(&word) && is_executable(&file);
            if let Some(danger) = runs.then(|| danger_in(file, depth + 1, seen)).flatten() {
                return Some(danger);
            }
        }
        sourced = matches!(word, "." | "source" | "sh" | "bash");
    }
    None
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// The text of a file, unless it is a program or none at all.
fn script_text(path: &Path) -> Option<String> {
    // Neither a pipe nor a device is opened: that could block, or do something.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(TEXT).read_to_end(&mut bytes).ok()?;
    (!bytes.get(..1024).unwrap_or(&bytes).contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The output of a script, of which the beginning is kept.
#[derive(Debug, Default)]
struct Output {
    text: Vec<u8>,
    more: bool,
}

impl Output {
    /// Takes what can be read without waiting. Whether there may be more.
    fn take_from(&mut self, pipe: &mut File) -> bool {
        let mut buffer = [0; 4096];
        match pipe.read(&mut buffer) {
            Ok(0) => false,
            Ok(n) => {
                // What is not kept is still read, or the script would wait.
                let room = (OUTPUT - self.text.len()).min(n);
                self.text.extend_from_slice(&buffer[..room]);
                self.more |= room < n;
                true
            }
            Err(e) => e.kind() == io::ErrorKind::Interrupted,
        }
    }
}

/// What a script is heard by. It is this thread that listens and no other: what a script leaves behind may hold its output
/// open for ever, and neither a thread nor a pipe may be left behind with it.
struct Ears {
    /// Where its output comes from, as long as somebody may write there.
    pipes: Vec<File>,
    /// At its end once the script is.
    ended: PipeReader,
    output: Output,
}

impl Ears {
    /// Listens until the script has ended, for at most this time. Whether it has.
    fn until_end(&mut self, time: Duration) -> io::Result<bool> {
        self.listen(time, true)
    }

    /// Listens until nobody can write any more, for at most this time.
    fn last_words(&mut self, time: Duration) -> io::Result<()> {
        self.listen(time, false).map(drop)
    }

    fn listen(&mut self, time: Duration, for_end: bool) -> io::Result<bool> {
        let begun = monotonic();
        while for_end || !self.pipes.is_empty() {
            let left = time.saturating_sub(monotonic().since(begun));
            let mut all: Vec<_> = self.pipes.iter().map(AsFd::as_fd).collect();
            let end = all.len();
            all.extend(for_end.then(|| self.ended.as_fd()));
            let ready = wait_any(&all, left)?;
            let mut place = 0..;
            let output = &mut self.output;
            self.pipes.retain_mut(|pipe| !place.next().is_some_and(|p| ready.contains(p)) || output.take_from(pipe));
            if ready.contains(end) {
                return Ok(true);
            }
            // What is there was taken, also where this thread had to wait for its turn.
            if left.is_zero() {
                break;
            }
        }
        Ok(false)
    }
}

fn start(script: &Script, words: &[String]) -> io::Result<Child> {
    let (first, rest) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(first);
    command.args(rest).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    if let Some((uid, gid)) = script.account {
        command.uid(uid).gid(gid); // as root this clears the supplementary groups too
    }
    command.spawn()
}

/// Waits for the end of a script and ends it when its time is up. Whether it has ended, and whether it took too long.
fn wait(ears: &mut Ears, group: u32, timeout: Duration) -> io::Result<(bool, bool)> {
    if ears.until_end(timeout)? {
        return Ok((true, false));
    }
    let _ = end_process_group(group, false); // gone already: its end is on the way
    let ended = ears.until_end(GRACE)?;
    // Also when it obeyed: those that it started may not have.
    let _ = end_process_group(group, true);
    Ok((ended || ears.until_end(GIVE_UP)?, true))
}

/// What the kernel has against starting an executable file, as a clause: it is no program, and neither a script with an
/// interpreter that is there. Nothing if it would be started or cannot be read.
pub fn unstartable(path: &Path) -> Option<String> {
    // As much of the first line as the kernel looks at.
    let mut first = Vec::new();
    File::open(path).ok()?.take(256).read_to_end(&mut first).ok()?;
    if first.starts_with(b"\x7fELF") {
        return None;
    }
    let Some(line) = first.strip_prefix(b"#!") else {
        return Some("is neither a program nor a script with a `#!` line".to_owned());
    };
    // A carriage return before the end of the line is part of the name, here as for the kernel.
    let line = line.split(|b| *b == b'\n').next().unwrap_or(line).trim_ascii_start();
    let name = line.split(|b| matches!(b, b' ' | b'\t')).next().unwrap_or(line);
    let missing = !Path::new(OsStr::from_bytes(name)).exists();
    missing.then(|| format!("names the interpreter {}, which is not there", quoted(name)))
}

/// What keepalived makes of a track script that it cannot start (2.2.7: measured with one that was removed, one without
/// `#!` and one with an interpreter that is not there).
const IN_VAIN: &str = "keepalived takes each run of it for a success, and says nothing";

/// Runs a script and waits for its end: at most its time and four seconds.
fn run(script: &Script, leash: &Leash) -> Ran {
    let words = match words(&script.command) {
        Ok(words) => words,
        Err(e) => return Ran::not(Reason::new("not-run", e)),
    };
    if let Some(danger) = danger(&script.command).filter(|_| !script.run_anyway) {
        let place = match &danger.place {
            Some((path, line)) => format!("line {line} of {}", path.display()),
            None => "the command".into(),
        };
        let sentence = format!("it was not run, because {place} does {}", quoted(danger.words.as_bytes()));
        return Ran::not(Reason::new("dangerous", sentence));
    }
    let words = resolved(&words);
    let by_shell = words.first().is_some_and(|w| w == "/bin/sh") && words.len() == 3 && words[1] == "-c";
    let failed = |e: &io::Error| {
        let first = quoted(words[0].as_bytes());
        let sentence = match e.raw_os_error() {
            Some(2) if !words[0].contains('/') => {
                format!("there is no program {first}; no shell is used, `sh -c '…'` asks for one")
            }
            // ENOEXEC, and ENOENT for a file that is there.
            Some(8 | 2) => match unstartable(Path::new(&words[0])) {
                Some(why) => format!("{first} {why}; {IN_VAIN}"),
                None => format!("{first} could not be run: {e}"),
            },
            _ => format!("{first} could not be run: {e}"),
        };
        Ran::not(Reason::new("not-run", sentence))
    };
    let mut child = match leash.start(|| start(script, &words)) {
        Ok(Some(child)) => child,
        Ok(None) => return Ran::not(Reason::new("interrupted", "it was not started, because nobody waits for it")),
        Err(e) => return failed(&e),
    };
    let group = child.id();
    let pipes = [child.stdout.take().map(OwnedFd::from), child.stderr.take().map(OwnedFd::from)];
    let heard = io::pipe().and_then(|(ended, tells)| {
        let waits = thread::Builder::new().name("script".into()).spawn(move || {
            let status = child.wait();
            drop(tells); // which tells it
            status
        })?;
        let pipes = pipes.into_iter().flatten().map(File::from).collect();
        let mut ears = Ears { pipes, ended, output: Output::default() };
        let (ended, timed_out) = wait(&mut ears, group, script.timeout)?;
        ears.last_words(LAST_WORDS)?;
        let status = if ended { waits.join().ok().and_then(Result::ok) } else { None };
        Ok((status, timed_out, ears.output))
    });
    match heard {
        Ok((status, timed_out, output)) => judged(script, status, timed_out, by_shell, &output),
        Err(e) => {
            let _ = end_process_group(group, true);
            failed(&e)
        }
    }
}

fn judged(script: &Script, status: Option<ExitStatus>, timed_out: bool, by_shell: bool, output: &Output) -> Ran {
    let code = status.and_then(|s| s.code());
    let signal = status.and_then(|s| s.signal());
    let mut facts = Vec::new();
    facts.extend(code.map(|code| Fact::number("exit_status", code)));
    facts.extend(signal.map(|signal| Fact::number("signal", signal)));
    if timed_out {
        facts.push(Fact::bool("timed_out", true));
    }
    let late = || {
        let end = match (status, signal) {
            (None, _) => "and could not be ended",
            (_, Some(9)) => "and had to be killed",
            (_, Some(_)) => "and ended at SIGTERM",
            _ => "and ended when it was asked to",
        };
        let limit = humantime::format_duration(script.timeout);
        Err(Reason::new("timeout-script", format!("it took longer than {limit} {end}")))
    };
    let result = match (code, signal) {
        _ if timed_out && (script.meaning == Meaning::Track || code.is_none()) => late(),
        (Some(code @ (126 | 127)), _) if by_shell => {
            let why = if code == 127 { "not found" } else { "not executable" };
            Err(Reason::new("not-run", format!("the shell says with status {code} that it is {why}")))
        }
        (Some(0), _) => Ok(()),
        (Some(code), _) if script.meaning == Meaning::MiscDynamic && code >= 2 => {
            facts.push(Fact::number("weight", code - 2));
            Ok(())
        }
        (Some(code), _) => Err(Reason::new("exit-status", format!("it exited with status {code}"))),
        (None, Some(signal)) => Err(Reason::new("signal", format!("it was killed by {}", signal_name(signal)))),
        (None, None) => Err(Reason::new("signal", "its end could not be seen")),
    };
    if !output.text.is_empty() {
        facts.push(Fact::text("output", String::from_utf8_lossy(&output.text)));
    }
    if output.more {
        facts.push(Fact::bool("output_cut", true));
    }
    Ran { result, facts }
}

fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}

/// What ends a script that nobody waits for any more, however far it has come by then.
#[derive(Debug, Default)]
struct Leash {
    stage: Mutex<Stage>,
    changed: Condvar,
}

#[derive(Debug, Default, PartialEq)]
enum Stage {
    /// Its text is looked at.
    #[default]
    Before,
    /// The kernel is asked to start it.
    Starting,
    /// As this process group.
    Runs(u32),
    /// It has ended, or could not be started.
    Over,
    /// Nobody waits for it.
    Unwanted,
}

impl Leash {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts something with a process group of its own; nothing if nobody waits for it any more.
    fn start(&self, start: impl FnOnce() -> io::Result<Child>) -> io::Result<Option<Child>> {
        {
            let mut stage = self.stage();
            if *stage == Stage::Unwanted {
                return Ok(None);
            }
            *stage = Stage::Starting;
        }
        let started = start();
        let mut stage = self.stage();
        match &started {
            Ok(child) if *stage == Stage::Unwanted => drop(end_process_group(child.id(), true)),
            Ok(child) => *stage = Stage::Runs(child.id()),
            Err(_) => *stage = Stage::Over,
        }
        self.changed.notify_all();
        started.map(Some)
    }

    /// It has ended: its group may be another's soon.
    fn over(&self) {
        *self.stage() = Stage::Over;
    }

    /// Nobody waits for it any more.
    fn cut(&self) {
        // This process may end right after this, and what is just being started would live on.
        let starting = |stage: &mut Stage| *stage == Stage::Starting;
        let (mut stage, _) =
            self.changed.wait_timeout_while(self.stage(), GIVE_UP, starting).unwrap_or_else(PoisonError::into_inner);
        if let Stage::Runs(group) = *stage {
            let _ = end_process_group(group, true); // gone already
        }
        *stage = Stage::Unwanted;
    }
}

/// Whoever waits for a script: when this is dropped, nobody does.
struct Waits(Arc<Leash>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.cut();
    }
}

impl Check for Script {
    fn kind(&self) -> &'static str {
        "script"
    }

    fn has_address(&self) -> bool {
        false
    }

    fn attempt<'a>(&'a self, at: At<'a>) -> Attempt<'a> {
        let script = Self { timeout: at.timeout, ..self.clone() };
        Box::pin(async move {
            let leash = Arc::new(Leash::default());
            let waits = Waits(leash.clone());
            let ran = tokio::task::spawn_blocking(move || {
                let ran = run(&script, &leash);
                leash.over();
                ran
            });
            let ran = ran.await.unwrap_or_else(|e| Ran::not(Reason::new("local", e.to_string())));
            drop(waits);
            Found { result: ran.result, phases: Phases::default(), facts: ran.facts }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::sync::mpsc;
    use std::task::Poll;

    use tokio::runtime::Builder;

    use super::*;
    use crate::net::probe_socket::Origin;
    use crate::probe::target::{Host, Target};

    fn script(command: &str, meaning: Meaning) -> Script {
        Script { command: command.into(), meaning, timeout: Duration::from_mins(1), account: None, run_anyway: false }
    }

    fn ran(script: &Script) -> (Result<(), (&'static str, String)>, Vec<Fact>) {
        let ran = run(script, &Leash::default());
        (ran.result.map_err(|r| (r.id, r.sentence)), ran.facts)
    }

    fn file(dir: &tempfile::TempDir, name: &str, text: &str, mode: u32) -> String {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_status_has_the_meaning_that_keepalived_gives_it() {
        let ends = |code: i32, meaning| {
            let (result, facts) = ran(&script(&format!("sh -c 'exit {code}'"), meaning));
            let weight = facts.iter().find(|f| f.name == "weight").cloned();
            assert_eq!(facts[0], Fact::number("exit_status", code));
            (result.map_err(|(id, _)| id), weight)
        };
        for meaning in [Meaning::Track, Meaning::Misc, Meaning::MiscDynamic] {
            assert_eq!(ends(0, meaning), (Ok(()), None));
            assert_eq!(ends(1, meaning), (Err("exit-status"), None));
        }
        assert_eq!(ends(2, Meaning::Track), (Err("exit-status"), None));
        assert_eq!(ends(2, Meaning::Misc), (Err("exit-status"), None));
        assert_eq!(ends(2, Meaning::MiscDynamic), (Ok(()), Some(Fact::number("weight", 0))));
        assert_eq!(ends(255, Meaning::MiscDynamic), (Ok(()), Some(Fact::number("weight", 253))));
        let (result, facts) = ran(&script("sh -c 'echo out; echo err >&2; exit 3'", Meaning::Track));
        assert_eq!(result, Err(("exit-status", "it exited with status 3".into())));
        assert!(
            matches!(&facts[1], Fact { name: "output", value: super::super::outcome::Value::Text(t) } if t.len() == 8)
        );
        let (result, facts) = ran(&Script { run_anyway: true, ..script("sh -c 'kill -SEGV $$'", Meaning::Misc) });
        assert_eq!(result, Err(("signal", "it was killed by SIGSEGV".into())));
        assert_eq!(facts, [Fact::number("signal", 11)]);
    }

    #[test]
    fn what_cannot_be_run_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let fails = |command: &str, sentence: &str| {
            let (result, _) = ran(&script(command, Meaning::Track));
            assert_eq!(result, Err(("not-run", sentence.to_owned())));
        };
        fails("", "there is no command");
        fails("echo 'a", r#"a quote is not closed in "echo 'a""#);
        fails("exit 3", r#"there is no program "exit"; no shell is used, `sh -c '…'` asks for one"#);
        fails("/nowhere/check a", r#""/nowhere/check" could not be run: No such file or directory (os error 2)"#);
        let lost = file(&dir, "lost", "#!/nowhere/sh\n", 0o755);
        let (result, _) = ran(&script(&lost, Meaning::Track));
        let lost = quoted(lost.as_bytes());
        let vain = "keepalived takes each run of it for a success, and says nothing";
        let sentence = format!("{lost} names the interpreter \"/nowhere/sh\", which is not there; {vain}");
        assert_eq!(result, Err(("not-run", sentence)));
        let bare = file(&dir, "bare", "exit 0\n", 0o755);
        let (result, _) = ran(&script(&bare, Meaning::Track));
        let sentence =
            format!("{} is neither a program nor a script with a `#!` line; {vain}", quoted(bare.as_bytes()));
        assert_eq!(result, Err(("not-run", sentence)));
        let edited = file(&dir, "edited", "#! /bin/sh\r\nexit 0\r\n", 0o755);
        let why = Some("names the interpreter \"/bin/sh\\r\", which is not there".to_owned());
        assert_eq!(unstartable(Path::new(&edited)), why);
        let good = file(&dir, "good", "#! \t/bin/sh -e\nexit 0\n", 0o755);
        assert_eq!((unstartable(Path::new(&good)), unstartable(Path::new("/bin/sh"))), (None, None));
        let plain = file(&dir, "plain", "exit 0\n", 0o644);
        fails(&plain, "the shell says with status 126 that it is not executable");
    }

    #[test]
    fn a_redirection_asks_whether_a_file_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let there = file(&dir, "there", "", 0o644);
        assert_eq!(ran(&script(&format!("</{there}"), Meaning::Track)).0, Ok(()));
        assert_eq!(ran(&script("</nowhere/at/all", Meaning::Track)).0.unwrap_err().0, "exit-status");
    }

    #[test]
    fn a_script_that_hangs_is_ended_and_its_children_with_it() {
        let hang = |command: &str, meaning| {
            let script = Script { timeout: Duration::from_millis(50), ..script(command, meaning) };
            ran(&script)
        };
        let (result, facts) = hang("sleep 100", Meaning::Misc);
        assert_eq!(result, Err(("timeout-script", "it took longer than 50ms and ended at SIGTERM".into())));
        assert_eq!(facts, [Fact::number("signal", 15), Fact::bool("timed_out", true)]);
        // Deaf to SIGTERM, as is the child that holds the output open.
        let (result, facts) = hang(r#"sh -c 'trap "" TERM; echo begun; sleep 100'"#, Meaning::Track);
        assert_eq!(result, Err(("timeout-script", "it took longer than 50ms and had to be killed".into())));
        assert_eq!(facts[2], Fact::text("output", "begun\n"));
        // Ends by itself when asked: MISC_CHECK looks at the status.
        let asked = r#"sh -c 'trap "exit 0" TERM; sleep 100 & wait'"#;
        assert_eq!(hang(asked, Meaning::Misc).0, Ok(()));
        assert_eq!(hang(asked, Meaning::Track).0.unwrap_err().0, "timeout-script");
    }

    #[test]
    fn what_a_script_leaves_behind_costs_nothing() {
        const ALONE: &str = "HACTL_TEST_ALONE";
        // All that this process has is counted, so the other tests must not be in it.
        if std::env::var_os(ALONE).is_none() {
            let name = "probe::script::tests::what_a_script_leaves_behind_costs_nothing";
            let mut alone = Command::new(std::env::current_exe().unwrap());
            let o = alone.args(["--exact", name, "--test-threads=1"]).env(ALONE, "1").output().unwrap();
            assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stdout));
            assert!(String::from_utf8_lossy(&o.stdout).contains("1 passed"), "the name has changed");
            return;
        }
        let count = |what: &str| fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
        let before = (count("fd"), count("task"));
        let mut groups = Vec::new();
        for _ in 0..5 {
            let leaves = script("sh -c 'echo up; sleep 1000 & exit 0'", Meaning::Track);
            let leash = Leash::default();
            let ran = run(&leaves, &leash);
            groups.push(leash);
            assert_eq!((ran.result, &ran.facts[1]), (Ok(()), &Fact::text("output", "up\n")));
        }
        // A thread that was waited for is seen a moment longer.
        let begun = monotonic();
        while (count("fd"), count("task")) != before && monotonic().since(begun) < Duration::from_secs(10) {
            thread::yield_now();
        }
        let after = (count("fd"), count("task"));
        // They still hold what they were given.
        let end =
            |leash: &Leash| matches!(*leash.stage(), Stage::Runs(group) if end_process_group(group, true).is_ok());
        let ended: Vec<bool> = groups.iter().map(end).collect();
        assert_eq!((ended, after), (vec![true; 5], before));
    }

    #[test]
    fn what_nobody_waits_for_is_not_started() {
        let dir = tempfile::tempdir().unwrap();
        let proof = dir.path().join("proof");
        let check = script(&format!("sh -c 'echo $$ >{}; exec sleep 1000'", proof.display()), Meaning::Track);
        let host = Host::Address("0.0.0.0".parse().unwrap(), None);
        let target = Target { text: check.command.clone(), host, port: None, scheme: None, path: None };
        let at = At {
            target: &target,
            address: "0.0.0.0:0".parse().unwrap(),
            origin: &Origin::default(),
            timeout: Duration::from_mins(1),
            each_step: false,
            so_far: &|_| {},
        };
        // One thread, which is busy: the script's turn comes after nobody waits for it.
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let (free, busy) = mpsc::channel::<()>();
        let begun = monotonic();
        runtime.block_on(async {
            tokio::task::spawn_blocking(move || busy.recv());
            let mut attempt = check.attempt(at);
            let once = std::future::poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context).is_pending()));
            assert!(once.await);
            drop(attempt);
            free.send(()).unwrap();
        });
        drop(runtime); // which waits for its threads
        assert!(monotonic().since(begun) < Duration::from_secs(30) && !proof.exists());
    }

    #[test]
    fn what_nobody_waits_for_ends_also_where_it_is_just_started() {
        let leash = Leash::default();
        let (tell, told) = mpsc::channel();
        let child = thread::scope(|scope| {
            let cut = || leash.cut();
            scope.spawn(move || {
                told.recv().unwrap();
                cut();
            });
            // Whether the leash is cut before, while or after the kernel starts it, it ends.
            leash.start(|| {
                tell.send(()).unwrap();
                Command::new("sleep").arg("1000").process_group(0).spawn()
            })
        });
        assert_eq!(child.unwrap().unwrap().wait().unwrap().signal(), Some(9));
        assert_eq!(*leash.stage(), Stage::Unwanted);
        assert!(leash.start(|| panic!("it is not started")).unwrap().is_none());
    }

    #[test]
    fn output_costs_bounded_memory() {
        let (result, facts) = ran(&script("sh -c 'head -c 3000000 /dev/zero | tr \\\\0 x'", Meaning::Track));
        assert_eq!(result, Ok(()));
        assert_eq!(facts[1], Fact::text("output", "x".repeat(OUTPUT)));
        assert_eq!(facts[2], Fact::bool("output_cut", true));
    }

    #[test]
    fn a_script_has_the_rights_of_its_user_and_no_more() {
        let ids = r#"sh -c 'test "$(id -u) $(id -g) $(id -G)" = "65534 65533 65533"'"#;
        let own = fs::metadata("/proc/self").unwrap().uid();
        assert_eq!(ran(&script(&format!("sh -c 'test $(id -u) = {own}'"), Meaning::Track)).0, Ok(()));
        if own != 0 {
            eprintln!("SKIPPED: only root can run a script as another user");
            return;
        }
        let other = Script { account: Some((65534, 65533)), ..script(ids, Meaning::Track) };
        assert_eq!(ran(&other).0, Ok(()));
    }

    #[test]
    fn what_a_script_calls_is_read_too() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let log = write("log", "systemctl restart nginx\n");
        let only = write("only.sh", &format!("#!/bin/sh\ngrep -q x {log}\n"));
        let inner = write("inner.sh", "#!/bin/sh\necho a\nsystemctl restart nginx\n");
        write("lib.sh", "nginx -s stop\n");
        let calls = write("calls.sh", &format!("#!/bin/sh\nif true; then {inner} x; fi\n"));
        let sources = write("sources.sh", "#!/bin/sh\n. lib.sh\n");
        let again = write("again.sh", &format!("#!/bin/sh\n{}/again.sh\n", dir.path().display()));
        for name in ["inner.sh", "again.sh"] {
            std::fs::set_permissions(dir.path().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let found = |command: &str| {
            let place = danger(command)?.place?;
            Some((place.0.file_name()?.to_str()?.to_owned(), place.1))
        };
        assert_eq!(found(&calls), Some(("inner.sh".to_owned(), 3)));
        assert_eq!(found(&sources), Some(("lib.sh".to_owned(), 1)));
        assert_eq!((found(&again), found(&only)), (None, None));
    }

    #[test]
    fn common_checks_are_run_as_they_are() {
        for command in [
            "killall -0 haproxy",
            "/usr/bin/killall -0 haproxy",
            "pidof haproxy",
            "pgrep -x haproxy",
            "pkill -0 -x haproxy",
            "systemctl is-active --quiet haproxy",
            "service haproxy status",
            "/usr/sbin/service haproxy status",
            "sudo /usr/sbin/service haproxy status",
            "/etc/init.d/haproxy status",
            "sh -c 'kill -0 $(cat /run/haproxy.pid)'",
            "sh -c 'pidof nginx || echo nginx is dead, reboot it >&2'",
            "curl -sf -o /dev/null http://localhost/stop",
        ] {
            assert_eq!(danger(command), None, "{command}");
        }
        for command in
            ["service haproxy restart", "service haproxy status stop", "/etc/init.d/haproxy stop", "killall haproxy"]
        {
            assert!(danger(command).is_some(), "{command}");
        }
        let dir = tempfile::tempdir().unwrap();
        let text = "#!/bin/sh\n# reboot\nusage() { echo \"usage: $0 start|stop|reboot\"; }\ncase \"$1\" in\nreboot|halt) \
                    exit 1;;\nesac\nkillall -0 haproxy || { echo \"dead: reboot\" >&2; exit 1; }\n";
        assert_eq!(danger(&file(&dir, "check", text, 0o755)), None);
    }

    #[test]
    fn what_kills_or_restarts_is_not_run_unless_that_was_said() {
        let dir = tempfile::tempdir().unwrap();
        let proof = dir.path().join("proof");
        let text = format!("#!/bin/sh\ntouch {}\nfalse && killall nothing-by-this-name\nexit 0\n", proof.display());
        let path = file(&dir, "check", &text, 0o755);
        for command in [path.clone(), format!("sh {path}")] {
            let (result, facts) = ran(&script(&command, Meaning::Track));
            let sentence = format!("it was not run, because line 3 of {path} does \"killall nothing-by-this-name\"");
            assert_eq!(result, Err(("dangerous", sentence)));
            assert_eq!(facts, []);
            assert!(!proof.exists());
        }
        let (result, _) = ran(&script("sh -c 'kill -9 $$'", Meaning::Track));
        assert_eq!(result.unwrap_err().1, r#"it was not run, because the command does "sh -c 'kill -9 $$'""#);
        assert_eq!(ran(&Script { run_anyway: true, ..script(&path, Meaning::Track) }).0, Ok(()));
        assert!(proof.exists());
    }
}
