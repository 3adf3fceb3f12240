//! What a script kills or restarts, as far as its text tells.
//!
//! Texts are read as a shell reads them, roughly: comments, quotes, pipes, `$(…)` and the patterns of `case` are known.
//! What is only said (`echo`, `logger`) or looked for (`grep`, `test`) is done by nobody, unless it goes into a file that
//! is no log or through a pipe into something that may obey it. Variables that are given plain words (`CTL=/bin/systemctl`)
//! are read as those. Where the reading is in doubt, what is written counts.

/// The first thing in a text that kills or restarts something, and its line.
pub(super) fn harm(text: &str) -> Option<(usize, String)> {
    let mut reader = Reader { text: expanded(text).chars().collect(), at: 0, line: 1, depth: 0 };
    reader.commands(End::Text).err()
}

/// Variables that are looked at, the longest value, and how long a text may become by them: what is behind that is read as
/// it stands.
const VARIABLES: usize = 200;
const VALUE: usize = 200;
const EXPANDED: usize = 128 << 10;

/// The text with plain words in the place of the variables that are given them anywhere; all of them, where there are
/// several. What a variable is that is given anything else is not known.
pub(super) fn expanded(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " _./:@%+-".contains(c);
    let mut known: Vec<(&str, String)> = Vec::new();
    for part in text.split(['\n', ';', '&', '|', '(']) {
        let part = part.trim_start();
        let part =
            ["export ", "local ", "readonly ", "declare "].iter().find_map(|w| part.strip_prefix(w)).unwrap_or(part);
        let Some((name, value)) = part.split_once('=') else { continue };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => value[1..].split(quote).next().unwrap_or(""),
            None => value.split_whitespace().next().unwrap_or(""),
        };
        let plain = !value.is_empty() && value.len() <= VALUE && value.chars().all(is_plain);
        if name.is_empty() || !name.chars().all(is_name) || !plain {
            continue;
        }
        if let Some((_, all)) = known.iter_mut().find(|(n, _)| *n == name) {
            if all.len() < VALUE {
                *all = format!("{all} {value}");
            }
        } else if known.len() < VARIABLES {
            known.push((name, value.to_owned()));
        }
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|_| out.len() < EXPANDED) {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let inner = after.strip_prefix('{').unwrap_or(after);
        let length = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
        let whole = if inner.len() == after.len() {
            Some(length)
        } else {
            inner[length..].starts_with('}').then_some(length + 2)
        };
        let value = known.iter().find(|(n, _)| *n == &inner[..length]).map(|(_, value)| value);
        if let (Some(value), Some(whole)) = (value, whole) {
            out.push_str(value);
            rest = &after[whole..];
        } else {
            out.push('$');
            rest = after;
        }
    }
    out + rest
}

/// Substitutions within substitutions that are followed; deeper ones are read as if they were not there.
const DEPTH: usize = 30;

/// What a command does with its words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Whatever they say.
    Does,
    /// Says them.
    Says,
    /// Looks for them, or at them; what comes in through a pipe it does not obey.
    Reads,
    /// Begins the patterns of `case`.
    Case,
}

impl Manner {
    /// By its first word that is not the shell's own.
    fn of(command: &str) -> Option<Self> {
        const OWN: [&str; 11] = ["if", "then", "else", "elif", "while", "until", "do", "!", "{", "(", "time"];
        let mut words = command.split_whitespace().map(|w| w.trim_start_matches(['(', '"', '\'']));
        let first = words.find(|w| !w.is_empty() && !w.ends_with("()") && !OWN.contains(w))?;
        let name = first.trim_end_matches(['"', '\'']).rsplit('/').next().unwrap_or("");
        Some(match name {
            "echo" | "printf" | "log" | "warn" | "info" | "debug" => Self::Says,
            "logger" | "mail" | "mailx" | "wall" | "systemd-cat" | "grep" | "egrep" | "fgrep" | "zgrep" | "test"
            | "[" | "[[" | "cat" | "ls" | "stat" | "head" | "tail" | "wc" | "cut" | "tr" | "sort" | "uniq" | "who"
            | "last" | "man" | "which" | "type" | "hash" | "pgrep" | "pidof" => Self::Reads,
            // What it does is said by the next word.
            "command" => match words.next()? {
                "-v" | "-V" => Self::Reads,
                _ => Self::Does,
            },
            "case" => Self::Case,
            _ if name.starts_with("log_") => Self::Says,
            _ => Self::Does,
        })
    }
}

/// What ends a list of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Text,
    Parenthesis,
    Backtick,
}

/// A command as far as it was read.
#[derive(Default)]
struct Current {
    text: String,
    /// Its first line.
    line: usize,
    manner: Option<Manner>,
    /// Where its output goes, from the first sign of it on.
    output: Option<usize>,
}

/// A list of commands as far as it was read.
#[derive(Default)]
struct List {
    now: Current,
    /// Quotes that are open, and how many of them were when this command began: those belong to an earlier one.
    quotes: Vec<char>,
    outer: usize,
    /// Parentheses that are open.
    open: usize,
    /// What was said or read in this pipeline so far, which the next command is given.
    piped: Vec<(usize, String)>,
    pipe: bool,
    /// `case`s that are open, and whether a pattern comes now.
    cases: usize,
    pattern: bool,
    /// What all of it says.
    said: String,
}

type Harm = (usize, String);

struct Reader {
    text: Vec<char>,
    at: usize,
    line: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    /// Whether the rest of the line has this.
    fn line_has(&self, c: char) -> bool {
        self.text[self.at..].iter().take_while(|n| **n != '\n').any(|n| *n == c)
    }

    /// Reads commands until their end. What they say is given back, for who uses it as words.
    fn commands(&mut self, end: End) -> Result<String, Harm> {
        let mut list = List { now: Current { line: self.line, ..Current::default() }, ..List::default() };
        let mut before = '\n';
        while let Some(c) = self.peek(0) {
            if list.pattern && self.skip_pattern(&mut list) {
                before = ' ';
                continue;
            }
            self.at += 1;
            // A quote that was opened in this command.
            let quoted = list.quotes.len() > list.outer;
            let literal = quoted && matches!(list.manner(), Manner::Says | Manner::Reads);
            let single = quoted && list.quotes.last() == Some(&'\'');
            match c {
                '\\' if self.peek(0) == Some('\n') => {
                    self.at += 1;
                    self.line += 1;
                    list.push(' ', self.line - 1);
                    before = ' ';
                    continue;
                }
                '\\' if !single => {
                    list.push(c, self.line);
                    if let Some(next) = self.peek(0) {
                        self.at += 1;
                        list.push(next, self.line);
                    }
                    before = '\\';
                    continue;
                }
                '#' if !quoted && (before.is_whitespace() || before == ';') => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '"' | '\'' => {
                    list.push(c, self.line);
                    if list.quotes.last() == Some(&c) {
                        list.quotes.pop();
                        list.outer = list.outer.min(list.quotes.len());
                    } else if !quoted && self.line_has(c) {
                        list.quotes.push(c);
                    }
                }
                '$' if self.peek(0) == Some('(') && !(literal && single) && self.depth < DEPTH => {
                    self.at += 1;
                    self.within(&mut list, End::Parenthesis)?;
                }
                '`' if end == End::Backtick => {
                    list.finish(false)?;
                    return Ok(list.said);
                }
                '`' if literal && single => list.push(c, self.line),
                '`' if self.line_has('`') && self.depth < DEPTH => self.within(&mut list, End::Backtick)?,
                '$' | '`' if self.depth >= DEPTH && !(literal && single) => {
                    list.now.manner = Some(Manner::Does);
                    list.push(c, self.line);
                }
                '\n' => {
                    // Nobody's quotes are read over the end of a line: an apostrophe may be one.
                    list.quotes.clear();
                    list.finish(false)?;
                    self.line += 1;
                    list.begin(self.line);
                }
                ';' | '|' | '&' | '`' if !literal => {
                    let next = self.peek(0);
                    if c == '&' && (before == '>' || next == Some('>') && list.manner() == Manner::Says) {
                        list.now.output.get_or_insert(list.now.text.len());
                        list.push(c, self.line);
                        before = c;
                        continue;
                    }
                    let pipe = c == '|' && next != Some('|');
                    if matches!((c, next), ('|', Some('|' | '&')) | ('&', Some('&'))) {
                        self.at += 1;
                    }
                    list.finish(pipe)?;
                    list.begin(self.line);
                    if c == ';' && matches!(next, Some(';' | '&')) && list.cases > 0 {
                        self.at += 1;
                        self.at += usize::from(self.peek(0) == Some('&'));
                        list.pattern = true;
                    }
                }
                '(' if !quoted => {
                    list.open += 1;
                    list.push(c, self.line);
                }
                ')' if !quoted && list.open == 0 && end == End::Parenthesis => {
                    list.finish(false)?;
                    return Ok(list.said);
                }
                c => {
                    if c == ')' && !quoted {
                        list.open = list.open.saturating_sub(1);
                    }
                    if c == '>' && !quoted {
                        list.now.output.get_or_insert(list.now.text.len());
                    }
                    list.push(c, self.line);
                    if c.is_whitespace() {
                        list.looked_at();
                    }
                }
            }
            if list.begins_case(self.peek(0)) {
                list.now.text.clear();
                list.begin(self.line);
                list.cases += 1;
                list.pattern = true;
            }
            before = c;
        }
        list.finish(false)?;
        Ok(list.said)
    }

    /// A substitution within a command.
    fn within(&mut self, list: &mut List, end: End) -> Result<(), Harm> {
        self.depth += 1;
        let said = self.commands(end);
        self.depth -= 1;
        // A word that is not known, and what is.
        list.push(' ', self.line);
        list.push('…', self.line);
        list.now.text.push_str(&said?);
        list.push(' ', self.line);
        list.looked_at();
        Ok(())
    }

    /// Passes over what comes before a pattern of `case`, then over the pattern. What is none ends the `case`.
    fn skip_pattern(&mut self, list: &mut List) -> bool {
        let Some(c) = self.peek(0) else { return false };
        if c.is_whitespace() {
            self.at += 1;
            self.line += usize::from(c == '\n');
            list.begin(self.line);
            return true;
        }
        if c == '#' {
            while self.peek(0).is_some_and(|c| c != '\n') {
                self.at += 1;
            }
            return true;
        }
        list.pattern = false;
        let line: String = self.text[self.at..].iter().take(200).take_while(|c| **c != '\n').collect();
        if line.strip_prefix("esac").is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')) {
            // The word itself ends it.
            return false;
        }
        let Some(length) = pattern(&line) else {
            list.cases = 0;
            return false;
        };
        self.at += length;
        list.begin(self.line);
        true
    }
}

/// How many characters the pattern of `case` has that a line begins with, its parenthesis included.
fn pattern(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = '|';
    let mut gap = false;
    for (i, c) in line.chars().enumerate() {
        if let Some(q) = quote {
            // A substitution is a command.
            if q == '"' && (c == '`' || c == '(' && before == '$') {
                return None;
            }
            quote = Some(q).filter(|q| *q != c);
            before = c;
            continue;
        }
        match c {
            ')' => return Some(i + 1),
            // Two words are a command.
            c if gap && !matches!(c, '|' | ' ' | '\t') => return None,
            '"' | '\'' => quote = Some(c),
            '(' if i > 0 && !matches!(before, '?' | '*' | '+' | '@' | '!') => return None,
            ';' | '&' | '`' | '<' | '>' | '=' | '{' => return None,
            ' ' | '\t' => {
                gap = before != '|' || gap;
                continue;
            }
            _ => {}
        }
        gap = false;
        before = c;
    }
    None
}

impl List {
    fn begin(&mut self, line: usize) {
        self.now = Current { line, ..Current::default() };
        self.outer = self.quotes.len();
    }

    fn push(&mut self, c: char, line: usize) {
        if self.now.text.is_empty() {
            if c.is_whitespace() {
                return;
            }
            self.now.line = line;
        }
        self.now.text.push(c);
    }

    /// Once its first word is complete, what the command is like is known.
    fn looked_at(&mut self) {
        const FAR: usize = 200;
        if self.now.manner.is_none() {
            self.now.manner =
                Manner::of(&self.now.text).or_else(|| (self.now.text.len() > FAR).then_some(Manner::Does));
        }
    }

    fn manner(&self) -> Manner {
        self.now.manner.unwrap_or(Manner::Does)
    }

    /// Whether `case WORD in` was read just now.
    fn begins_case(&self, next: Option<char>) -> bool {
        self.now.manner == Some(Manner::Case)
            && self.quotes.len() == self.outer
            && next.is_none_or(char::is_whitespace)
            && self.now.text.strip_suffix("in").is_some_and(|t| t.ends_with(char::is_whitespace))
    }

    /// The end of a command, perhaps at a pipe.
    fn finish(&mut self, pipe: bool) -> Result<(), Harm> {
        let now = std::mem::take(&mut self.now);
        let text = now.text.trim();
        if text.is_empty() {
            // A pipeline may go on in the next line.
            if !self.pipe {
                self.piped.clear();
            }
            return Ok(());
        }
        let manner = now.manner.or_else(|| Manner::of(text)).unwrap_or(Manner::Does);
        if text == "esac" {
            self.cases = self.cases.saturating_sub(1);
        }
        let is_told = match manner {
            Manner::Reads => true,
            Manner::Says => now.output.is_none_or(|at| is_log(now.text.get(at..).unwrap_or(""))),
            Manner::Does | Manner::Case => false,
        };
        if !is_told && harmful(text) {
            return Err((now.line, text.to_owned()));
        }
        if self.pipe && manner != Manner::Reads {
            // It may do what it is told.
            if let Some(told) = self.piped.iter().find(|(_, text)| harmful(text)) {
                return Err(told.clone());
            }
        }
        if manner == Manner::Says {
            self.said.push(' ');
            self.said.push_str(text);
        }
        self.pipe = pipe;
        if pipe {
            self.piped.push((now.line, text.to_owned()));
        } else {
            self.piped.clear();
        }
        Ok(())
    }
}

/// Whether what is said goes where nobody obeys it: `>&2`, `> /dev/null`, `>> /var/log/check.log`, `>> "$LOG"`.
fn is_log(output: &str) -> bool {
    let to = output.trim_start_matches(['>', '|']).trim_start().to_ascii_lowercase();
    let mut words = to.split_whitespace();
    let first = words.next().unwrap_or("");
    let known = |word: &str| {
        let word = word.trim_matches(['"', '\'', '}']);
        matches!(word, "&1" | "&2" | "/dev/null" | "/dev/stderr" | "/dev/stdout" | "/dev/kmsg" | "/dev/console")
            || word.contains("/log/")
            || word.ends_with(".log")
            || word.starts_with('$') && word.contains("log")
    };
    // Of several only a `2>&1` is of no matter.
    known(first) && words.all(|w| !w.contains('>') || w == "2>&1")
}

/// What services are told so that they end or begin anew.
const VERBS: [&str; 15] = [
    "stop",
    "restart",
    "try-restart",
    "force-reload",
    "force-stop",
    "force-restart",
    "kill",
    "graceful",
    "graceful-stop",
    "shutdown",
    "reboot",
    "poweroff",
    "halt",
    "delete",
    "down",
];

/// Whether a program of which nothing is known (`$CTL`, the output of another) is told to end or restart something.
fn unknown_is_told(command: &str) -> bool {
    const BEFORE: [&str; 14] =
        ["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "sudo", "exec", "nohup", "command"];
    let words = command.split_whitespace().map(|w| w.trim_matches(['"', '\'', '(', ')']));
    let mut words = words.filter(|w| !w.is_empty()).skip_while(|w| BEFORE.contains(w));
    let unknown = words.next().is_some_and(|w| w.starts_with(['$', '…', '`']));
    unknown && words.any(|w| VERBS.contains(&w))
}

/// Words of one command that are looked at behind the name of a program.
const FAR: usize = 200;

fn harmful(command: &str) -> bool {
    if unknown_is_told(command) {
        return true;
    }
    let delimits = |c: char| c.is_whitespace() || "\"'()[]{}<>,$=\\".contains(c);
    let words: Vec<&str> = command.split(delimits).filter(|w| !w.is_empty()).collect();
    (0..words.len()).any(|i| {
        let name = words[i].rsplit('/').next().unwrap_or("");
        let behind = &words[i + 1..];
        let after = &behind[..behind.len().min(FAR)];
        // What goes on for longer than anybody reads is not trusted.
        let any = |verbs: &[&str]| behind.len() > FAR || after.iter().any(|w| verbs.contains(w));
        match name {
            // A script of System V: /etc/init.d/nginx restart.
            _ if words[i].contains("init.d/") => any(&VERBS),
            "systemctl" => any(&[
                "stop",
                "restart",
                "try-restart",
                "reload-or-restart",
                "try-reload-or-restart",
                "kill",
                "isolate",
                "reboot",
                "poweroff",
                "halt",
                "kexec",
                "rescue",
                "emergency",
            ]),
            "service" | "rc-service" | "invoke-rc.d" | "docker" | "podman" | "sv" | "monit" | "pm2" | "kubectl"
            | "pcs" | "crm" | "s6-rc" => any(&VERBS) || any(&["rm", "reload", "drain", "disable", "standby"]),
            // No service, and what takes all of them with it.
            "ip" | "ifconfig" => any(&["down", "del", "delete", "flush"]),
            "start-stop-daemon" => after.iter().any(|w| matches!(*w, "--stop" | "-K")),
            "killproc" | "s6-svc" | "ifdown" => true,
            "svc" => after.first().is_some_and(|w| w.starts_with('-') && w.contains(['d', 't', 'k', 'i', 'x'])),
            "haproxy" => after.iter().any(|w| matches!(*w, "-sf" | "-st")),
            // apachectl, initctl, supervisorctl, rabbitmqctl; rcnginx
            _ if name.ends_with("ctl") || name.strip_prefix("rc").is_some_and(|n| !n.is_empty()) => any(&VERBS),
            // A script that is called what it does.
            "shutdown.sh" | "stop.sh" | "restart.sh" | "reboot.sh" | "kill.sh" => true,
            "kill" | "pkill" | "killall" | "killall5" | "skill" => !asks_only(after),
            "fuser" => {
                after.iter().any(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('k') || *w == "--kill")
            }
            "nginx" => after.windows(2).any(|w| w[0] == "-s" && matches!(w[1], "stop" | "quit" | "reload" | "reopen")),
            "reboot" | "shutdown" | "poweroff" | "halt" => i == 0 || !words[i - 1].starts_with('-'),
            "init" | "telinit" => after.first().is_some_and(|w| matches!(*w, "0" | "1" | "6")),
            // os.kill(pid, 9), process.kill(pid)
            _ if name.ends_with(".kill") || name.ends_with(".killpg") => after.last() != Some(&"0"),
            _ => false,
        }
    })
}

/// Whether these arguments of `kill` only ask if a process is there: signal 0, a list of signals.
fn asks_only(words: &[&str]) -> bool {
    let zero =
        |pair: &[&str]| matches!(pair[0], "-s" | "-n" | "--signal" | "-signal") && matches!(pair[1], "0" | "EXIT");
    let one = |w: &&str| matches!(*w, "-0" | "-s0" | "-n0" | "-l" | "-L" | "--list" | "--help" | "--version" | "-V");
    words.iter().any(one) || words.windows(2).any(zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kills_or_restarts_is_seen() {
        for (text, seen) in [
            ("systemctl restart nginx", true),
            ("/bin/systemctl --no-block stop nginx.service", true),
            ("systemctl is-active nginx", false),
            ("service nginx restart", true),
            ("service nginx status", false),
            ("/etc/init.d/nginx stop", true),
            ("pidof nginx || systemctl restart nginx", true),
            ("if ! pgrep nginx; then service nginx stop; fi", true),
            ("killall -0 haproxy", false),
            ("/usr/bin/killall haproxy", true),
            ("killall -s 0 haproxy", false),
            ("killall -9 haproxy", true),
            ("kill -0 $(cat /run/x.pid)", false),
            ("kill -0 `cat /run/x.pid`", false),
            ("kill $(cat /run/x.pid)", true),
            ("kill 0", true),
            ("kill -s 0 1", false),
            ("pkill -f nginx", true),
            ("pkill -0 nginx", false),
            ("pgrep x | xargs kill -9", true),
            ("curl -f http://localhost/stop", false),
            ("# systemctl restart nginx", false),
            ("true # kill it", false),
            ("true\n  #kill\nsystemctl \\\n restart x", true),
            ("sh -c \"kill -9 1\"", true),
            ("subprocess.call(['systemctl', 'restart', 'x'])", true),
            ("os.kill(pid, 0)", false),
            ("os.kill(pid, 9)", true),
            ("docker restart web", true),
            ("docker inspect web", false),
            ("shutdown -r now", true),
            ("fuser -k 80/tcp", true),
            ("fuser 80/tcp", false),
            ("nc -z localhost 80 && exit 0; skill=1", true), // rather once too often
            ("CMD=kill; $CMD -9 1", true),
            // Behind a variable, or what another program says.
            ("SYSTEMCTL=/bin/systemctl\n$SYSTEMCTL restart nginx", true),
            ("SYSTEMCTL=/bin/systemctl\n$SYSTEMCTL is-active nginx", false),
            ("export CTL=\"/bin/systemctl\"; ${CTL} stop x", true),
            ("A=is-active\nA=restart\nsystemctl $A nginx", true),
            ("INIT=/etc/init.d/nginx; $INIT restart", true),
            ("INIT=/etc/init.d/nginx; $INIT status", false),
            ("$(command -v systemctl) stop keepalived", true),
            ("`which systemctl` restart nginx", true),
            ("if ! $DAEMON; then sudo \"$CTL\" restart; fi", true),
            ("$CTL status; curl -f http://localhost/stop", false),
            ("/usr/bin/curl -d stop http://localhost/$X", false),
            // Other ways.
            ("start-stop-daemon --stop --pidfile /run/x", true),
            ("start-stop-daemon --status --pidfile /run/x", false),
            ("killproc nginx", true),
            ("monit restart nginx", true),
            ("monit status", false),
            ("pm2 restart all", true),
            ("svc -t /service/x", true),
            ("svstat /service/x", false),
            ("rcnginx restart", true),
            ("rcnginx status", false),
            ("apachectl graceful", true),
            ("apachectl -t", false),
            ("kubectl rollout restart deployment/x", true),
            ("kubectl get pods", false),
            ("/opt/tomcat/bin/shutdown.sh", true),
            ("haproxy -f /etc/haproxy.cfg -sf 1234", true),
            ("haproxy -c -f /etc/haproxy.cfg", false),
            ("ip link set eth0 down", true),
            ("ip addr del 10.0.0.1/24 dev eth0", true),
            ("ip -br link show up", false),
            ("ifdown eth0", true),
            ("sysctl -n net.ipv4.ip_forward", false),
        ] {
            assert_eq!(harm(text).is_some(), seen, "{text}");
        }
        assert_eq!(harm("true\n\nfalse || kill -9 1 # so"), Some((3, "kill -9 1".into())));
    }

    #[test]
    fn what_is_only_said_or_looked_for_is_done_by_nobody() {
        for (text, seen) in [
            ("echo 'no reboot needed'", false),
            ("echo \"nginx is dead; service nginx restart would help\"", false),
            ("if ! pidof nginx; then echo \"kill it | restart\" >&2; exit 1; fi", false),
            ("echo \"$(date) shutdown of nginx seen\" >> /var/log/check.log", false),
            ("echo reboot >> \"$LOGFILE\" 2>&1", false),
            ("logger -t check \"reboot is due\"", false),
            ("log_failure_msg 'kill -9 would help'", false),
            ("printf 'usage: %s {start|stop|reboot}\\n' \"$0\"", false),
            ("echo it\\'s up; curl -f http://localhost/", false),
            ("grep -c shutdown /var/log/nginx/error.log", false),
            ("last reboot | head -1", false),
            ("[ -e /run/reboot ] || exit 0", false),
            ("[[ $state == halt ]] && exit 1", false),
            ("command -v killall >/dev/null || exit 0", false),
            ("up=$(grep -c reboot /var/log/messages)", false),
            ("echo reboot | mail -s check root", false),
            ("echo reboot | tr a b | grep -q x", false),
            ("kill -0 \"$(cat /var/run/haproxy.pid)\"", false),
            ("kill -0 $(cat /var/run/haproxy.pid) 2>/dev/null", false),
            ("[ \"$(systemctl is-active nginx)\" = active ]", false),
            ("pgrep -x haproxy > /dev/null && exit 0", false),
            ("timeout -k 1 2 curl -sf http://localhost/", false),
            ("echo \"# not a comment\"", false),
            // And what is done all the same.
            ("echo \"# not a comment\"; reboot", true),
            ("echo reboot | sh", true),
            ("echo reboot | tr a b | sh", true),
            ("echo reboot |\n  sh", true),
            ("echo kill -9 1 > /tmp/x.sh; sh /tmp/x.sh", true),
            ("echo reboot &> /tmp/x.sh", true),
            ("echo \"$(reboot)\"", true),
            ("echo \"up: `killall haproxy`\"", true),
            ("echo '$(reboot)'", false),
            ("$(echo reboot) now", true),
            ("systemctl $(echo restart) nginx", true),
            ("x=$(true; killall nginx)", true),
            ("echo dead && reboot", true),
            ("echo dead || killall haproxy", true),
            ("echo dead; kill -9 1", true),
            ("echo dead & reboot", true),
            ("echo it's dead; reboot", true),
            ("echo 'dead'; reboot # it's", true),
            ("sh -c 'true; echo a; reboot'", true),
            ("sh -c \"echo a | cat; killall haproxy\"", true),
            ("if test -e /x; then reboot; fi", true),
            ("grep -q x /y && systemctl restart nginx", true),
            ("cat /x | xargs kill", true),
            ("grep reboot /x | sh", true),
            ("(echo a; reboot)", true),
            ("sudo reboot", true),
            ("command reboot", true),
            ("kill $(cat /run/x.pid)", true),
            ("kill $(printf -- -0)", false),
            ("kill -9 `pidof x` -0x", true),
        ] {
            assert_eq!(harm(text).is_some(), seen, "{text}");
        }
        assert_eq!(harm("echo a\necho reboot |\n  sh"), Some((2, "echo reboot".into())));
    }

    #[test]
    fn patterns_of_case_are_no_commands() {
        // As /usr/sbin/service of Debian and Ubuntu has it.
        let service = "case \"${ACTION}\" in\n  restart|status|try-restart)\n     exec systemctl $sctl_args ${ACTION} ${UNIT}\n  \
                       ;;\n  halt|reboot|poweroff) echo \"not here\" ;; # no\n  *)\n     exit 1\nesac\n";
        assert_eq!(harm(service), None);
        for (text, seen) in [
            ("case $1 in reboot) exit 0;; esac", false),
            ("case $1 in (reboot | halt) exit 0;; esac", false),
            ("case $1 in\n\"reboot now\") exit 0;;\n@(halt|shutdown)) exit 1;;\nesac", false),
            ("x() { case $1 in a) case $2 in reboot) :;; esac;; shutdown) exit;; esac; }", false),
            ("echo $(case $1 in reboot) echo 1;; esac)", false),
            ("case $1 in\nreboot) reboot;;\nesac", true),
            ("case $1 in a) true;; esac; reboot", true),
            ("case $1 in a) true\nesac\nreboot", true),
            ("case $1 in a) true;; esac\n(reboot)", true),
            ("case $1 in\na) true;;\nkill) systemctl restart x;;\nesac", true),
            ("case $1 in a) ;; reboot", true),
            ("case one in\nkill -9 1 )", true),
            ("case one in\n\"kill\" \"1\" )", true),
            ("case $1 in \"$(reboot)\") true;; esac", true),
            ("case $1 in \"`reboot`\") true;; esac", true),
            ("case one in\nos.kill(pid, 9)", true),
            ("echo case x in; reboot", true),
            ("true case x in reboot)", true),
            ("case $1 in a) echo \"$(reboot)\";; esac", true),
        ] {
            assert_eq!(harm(text).is_some(), seen, "{text}");
        }
        assert_eq!(harm("case $1 in\na)\n  true;;\nb)\n\n  reboot;;\nesac"), Some((6, "reboot".into())));
    }

    #[test]
    fn no_text_is_too_strange_to_read() {
        // Deep, long, and cut anywhere: it ends, and soon.
        for text in ["$(", "`", "\"$(", "case x in ", "if ", "echo '", "((", ";;", "echo \"`", "\\"] {
            assert_eq!(harm(&text.repeat(50_000)), None, "{text}");
        }
        let long = format!("a=\"{}\"\n{}", "systemctl ".repeat(19), "$a ".repeat(20_000));
        assert!(expanded(&long).len() < EXPANDED + VALUE + long.len());
        assert_eq!(harm(&long).map(|(line, _)| line), Some(2));
        assert!(harm(&format!("systemctl {}stop nginx", "x ".repeat(5000))).is_some());
        assert!(harm(&("$(".repeat(1000) + "reboot")).is_some());
        assert!(harm(&("echo \"$(".repeat(1000) + "reboot")).is_some());
    }
}
