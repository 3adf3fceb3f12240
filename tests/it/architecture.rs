//! The layers of ARCHITECTURE.md, held by reading the source.

use std::path::{Path, PathBuf};

use crate::support::root;

/// What each module may use. A module is a directory or file of src; `main` is src/bin and src/lib.rs.
const ALLOWED: &[(&str, &[&str])] = &[
    ("time", &[]),
    ("frame", &["time"]),
    ("wire", &["frame", "time"]),
    ("pcap", &["frame", "time"]),
    ("net", &["frame", "time"]),
    ("vrrp", &["time", "wire"]),
    ("finding", &["time", "wire"]),
    ("conf", &["time", "vrrp", "wire"]),
    ("simulate", &["conf", "finding", "frame", "pcap", "time", "vrrp", "wire"]),
    ("lint", &["conf", "finding", "time", "vrrp", "wire"]),
    ("sniff", &["finding", "frame", "time", "vrrp", "wire"]),
    ("probe", &["conf", "finding", "frame", "net", "time", "vrrp", "wire"]),
    ("speak", &["finding", "frame", "net", "time", "vrrp", "wire"]),
    ("report", &["conf", "finding", "lint", "probe", "simulate", "sniff", "speak", "time", "vrrp", "wire"]),
    ("tui", &["finding", "frame", "pcap", "probe", "report", "simulate", "sniff", "speak", "time", "vrrp", "wire"]),
    (
        "cli",
        &[
            "conf", "finding", "frame", "lint", "net", "pcap", "probe", "report", "simulate", "sniff", "speak", "time",
            "tui", "vrrp", "wire",
        ],
    ),
];

/// Files that may use more than their module, and what.
const DOORS: &[(&str, &[&str])] = &[("sniff/source.rs", &["net", "pcap", "simulate"])];

/// Crates that only some modules may name.
const CRATES: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("annotate_snippets", &["report"]),
    ("comfy_table", &["report"]),
    ("jiff", &["report"]),
    ("similar", &["report"]),
    ("serde", &["report", "cli"]),
    ("serde_json", &["report", "cli"]),
    ("pnet", &["wire", "net"]),
    ("socket2", &["net"]),
    ("libc", &["net"]),
    ("signal_hook", &["net"]),
    ("netlink_packet_core", &["net"]),
    ("netlink_packet_route", &["net"]),
    ("netlink_sys", &["net"]),
    ("tokio", &["probe"]),
    ("flate2", &["pcap"]),
    ("hmac", &["wire"]),
    ("md5", &["probe", "wire"]),
    ("sha2", &["wire"]),
    ("arrayvec", &["vrrp"]),
    ("strsim", &["conf", "simulate"]),
    ("toml", &["simulate"]),
    ("regex", &["probe"]),
    ("rustls", &["probe"]),
    ("rustls_native_certs", &["probe"]),
    ("simple_dns", &["probe"]),
    ("x509_parser", &["probe"]),
];

/// The parts of net that transmit or change the system, and the modules that may use them: none that watches.
const ACTIVE: &[(&[&str], &[&str])] = &[
    (&["announce", "netlink", "vmac", "vrrp_socket"], &["net", "speak"]),
    (&["probe_socket", "ask_socket"], &["net", "probe"]),
];

/// Where a clock may be asked; each other place is told what time it is.
const CLOCKS: &[&str] = &["net/clock.rs", "net/capture.rs", "sniff/source.rs", "cli/", "tui/drive.rs"];

/// Files of tests beside those named so: a module of each is `#[cfg(test)]`.
const TEST_FILES: &[&str] = &["sniff/bounds.rs"];

struct Line {
    file: String,
    number: usize,
    /// Without comments and text in quotes.
    code: String,
}

impl Line {
    fn module(&self) -> &str {
        let first = self.file.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    fn at(&self) -> String {
        format!("src/{}:{}: {}", self.file, self.number, self.code.trim())
    }
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The product's code: no tests, comments or text.
fn source() -> Vec<Line> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, &mut paths);
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let file = path.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        if file.contains("/tests/") || file.ends_with("/tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // A file's own tests are its last module.
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (i, line) in product.lines().enumerate() {
            lines.push(Line { file: file.clone(), number: i + 1, code: code(line) });
        }
    }
    assert!(lines.len() > 5000, "only {} lines of source", lines.len());
    lines
}

fn code(line: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => {
                chars.next();
            }
            '"' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            c if !quoted => out.push(c),
            _ => {}
        }
    }
    out
}

/// The modules after `crate::` in a line, also in `crate::{a, b}`.
fn used(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => found.extend(list.split('}').next().unwrap().split(',').map(|w| word(w.trim()))),
            None => found.push(word(rest)),
        }
    }
    found.retain(|w| !w.is_empty());
    found
}

#[test]
fn no_layer_uses_one_above_it() {
    let mut wrong = Vec::new();
    for line in source().iter().filter(|l| !matches!(l.module(), "lib" | "bin")) {
        let Some((_, allowed)) = ALLOWED.iter().find(|a| a.0 == line.module()) else {
            panic!("{}: a module without a row in the table", line.at());
        };
        for module in used(&line.code) {
            let door = DOORS.iter().any(|d| d.0 == line.file && d.1.contains(&module.as_str()));
            if module != line.module() && !allowed.contains(&module.as_str()) && !door {
                wrong.push(line.at());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    for (i, (module, allowed)) in ALLOWED.iter().enumerate() {
        for other in *allowed {
            let at = ALLOWED.iter().position(|a| a.0 == *other);
            assert!(at.is_some_and(|at| at < i), "{module} uses {other}, which is not above it in the table");
        }
    }
}

#[test]
fn each_crate_stays_in_its_layer() {
    let mut wrong = Vec::new();
    for line in source().iter().filter(|l| l.module() != "bin") {
        for (name, modules) in CRATES {
            let path = format!("{name}::");
            let named = line.code.match_indices(&path).any(|(at, _)| {
                // Neither the end of a longer word nor a module of ours, as in wire::hmac::
                !line.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !modules.contains(&line.module()) {
                wrong.push(line.at());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_drivers_ask_a_clock() {
    let asks = |l: &Line| l.code.contains("Instant::now") || l.code.contains("SystemTime");
    let wrong: Vec<String> = source()
        .iter()
        .filter(|l| asks(l) && !CLOCKS.iter().any(|c| l.file == *c || c.ends_with('/') && l.file.starts_with(c)))
        .map(Line::at)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_code_is_in_net_only() {
    let word = |l: &Line| l.code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe");
    let wrong: Vec<String> = source().iter().filter(|l| word(l) && l.module() != "net").map(Line::at).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_that_watches_transmits() {
    for (parts, modules) in ACTIVE {
        let names = |l: &Line| {
            let words = l.code.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            let mut words = words.flat_map(|w| w.split_inclusive("::"));
            words.any(|w| w.strip_suffix("::").is_some_and(|w| parts.contains(&w)))
        };
        let wrong: Vec<String> =
            source().iter().filter(|l| names(l) && !modules.contains(&l.module())).map(Line::at).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

/// Whether a line ends the program when something is not as it thinks. A method of ours may be called `expect`; that of
/// options and results takes a text.
fn panics(code: &str) -> bool {
    let macros = ["panic!(", "unreachable!(", "todo!(", "unimplemented!("];
    let code = code.trim_end();
    code.contains(".unwrap()")
        || code.contains(".expect()")
        || code.ends_with(".expect(")
        || macros.iter().any(|m| code.contains(m))
}

#[test]
fn the_product_does_not_panic() {
    let wrong: Vec<String> =
        source().iter().filter(|l| panics(&l.code) && !TEST_FILES.contains(&&*l.file)).map(Line::at).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_rules_see_what_they_forbid() {
    assert!(panics(&code("let a = b.expect(\"it is there\");")) && panics("    a.unwrap()"));
    assert!(panics("    _ => unreachable!(),") && panics("    let a = b.expect("));
    assert!(!panics(&code("a.expect(Group { segment }); // .unwrap()")) && !panics("a.unwrap_or(1)"));
    assert_eq!(used("use crate::{net, pcap::Reader};"), ["net", "pcap"]);
    assert_eq!(used("let x = crate::time::now(crate::cli::run());"), ["time", "cli"]);
    assert_eq!(code("a(\"crate::cli // \\\"\"); // crate::tui"), "a(); ");
}
