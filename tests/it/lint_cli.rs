//! `hactl lint` as a user meets it: arguments, forms of output, exit statuses.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{command, hactl, hactl_with, objects, status, stderr, stdout};

/// A directory with files.
fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Runs `hactl lint` there.
fn lint(dir: &Path, args: &[&str]) -> Output {
    lint_command(dir, args).output().unwrap()
}

fn lint_command(dir: &Path, args: &[&str]) -> Command {
    let mut command = command(&[&["lint"], args].concat());
    command.current_dir(dir).stdin(Stdio::null());
    command
}

/// What concise output says without its last line.
fn concise(dir: &Path, args: &[&str]) -> Vec<String> {
    let o = lint(dir, &[&["--format", "concise", "-q"], args].concat());
    stdout(&o).lines().map(str::to_owned).collect()
}

const HEALTHY: &str = "\
global_defs {
    enable_script_security
    vrrp_version 3
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1
    virtual_ipaddress {
        10.0.0.100/24
    }
}
";

/// A slip in a word, in the tenth line.
fn slip() -> String {
    HEALTHY.replace("    advert_int 1", "    advrt_int 1")
}

#[test]
fn a_healthy_configuration_is_said_to_be() {
    let d = dir(&[("a.conf", HEALTHY)]);
    let o = lint(d.path(), &["a.conf"]);
    let said = "OK  a.conf: nothing wrong found in 1 vrrp_instance, by keepalived 2.4.4\n";
    assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o).as_str()), (0, said, ""));
    let o = lint(d.path(), &["a.conf", "--format", "concise"]);
    assert_eq!((status(&o), stdout(&o).as_str()), (0, "no findings in a.conf\n"));
    let o = lint(d.path(), &["a.conf", "--format", "github"]);
    assert_eq!((status(&o), stdout(&o).as_str()), (0, ""));
}

#[test]
fn a_finding_shows_its_line_and_the_change_to_make() {
    let d = dir(&[("a.conf", &slip())]);
    let o = lint(d.path(), &["a.conf"]);
    let said = "\
WARNING  a.conf:10: `advrt_int` is no keyword of vrrp_instance; keepalived passes over the line; did you mean `advert_int`?

warning[unknown-keyword]: `advrt_int` is no keyword of vrrp_instance; keepalived passes over the line; did you mean `advert_int`?
  --> a.conf:10:5
   |
10 |     advrt_int 1
   |     ^^^^^^^^^
   |
   = help: Write `advert_int`.

1 warning in a.conf; `hactl explain ID` says more of each
";
    assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o).as_str()), (1, said, ""));
    // The verdict alone
    let o = lint(d.path(), &["a.conf", "-q"]);
    assert_eq!(stdout(&o), said.lines().next().unwrap().to_owned() + "\n");
    // Colours only when they are asked for
    let o = lint(d.path(), &["a.conf", "--color", "always"]);
    assert!(stdout(&o).starts_with("\x1b[1;33mWARNING\x1b[0m  a.conf:10: "), "{}", stdout(&o));
    let o = lint_command(d.path(), &["a.conf"]).env("NO_COLOR", "1").output().unwrap();
    assert_eq!(stdout(&o), said);
}

#[test]
fn each_form_says_the_same() {
    let d = dir(&[("a,b:1.conf", &slip())]);
    let message =
        "`advrt_int` is no keyword of vrrp_instance; keepalived passes over the line; did you mean `advert_int`?";
    let fix = "Write `advert_int`.";
    let said = |format: &str| {
        let o = lint(d.path(), &["a,b:1.conf", "--format", format]);
        assert_eq!((status(&o), stderr(&o).as_str()), (1, ""));
        stdout(&o)
    };
    assert_eq!(
        said("concise"),
        format!("a,b:1.conf:10:5: warning[unknown-keyword] {message}\n1 warning in a,b:1.conf\n")
    );
    assert_eq!(
        said("github"),
        format!(
            "::warning title=unknown-keyword,file=a%2Cb%3A1.conf,line=10,endLine=10,col=5,endColumn=14::{message}%0Afix: {fix}\n"
        )
    );
    let junit = format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"hactl lint\" tests=\"1\" failures=\"1\" errors=\"0\">
  <testsuite name=\"hactl lint\" tests=\"1\" failures=\"1\" errors=\"0\">
    <testcase classname=\"a,b:1.conf\" name=\"unknown-keyword at 10:5\">
      <failure type=\"warning\" message=\"{message}\">a,b:1.conf:10:5: advrt_int 1
fix: {fix}</failure>
    </testcase>
  </testsuite>
</testsuites>
"
    );
    assert_eq!(said("junit"), junit);
    assert_eq!(said("json"), stdout(&lint(d.path(), &["a,b:1.conf", "--json"])));
    let all = objects(&lint(d.path(), &["a,b:1.conf", "--json"]));
    let expected = json!([
        {"type": "start", "schema": 1, "version": env!("CARGO_PKG_VERSION"), "command": "lint", "source": "a,b:1.conf"},
        {"type": "finding", "id": "unknown-keyword", "severity": "warning", "confidence": "certain", "message": message,
         "evidence": [{"file": "a,b:1.conf", "line": 10, "column": 5, "end_column": 14, "note": ""}], "fix": fix},
        {"type": "summary", "files": ["a,b:1.conf"], "nodes": ["a,b:1"], "keepalived": "2.4.4",
         "findings": {"critical": 0, "warning": 1, "info": 0}, "exit": 1},
    ]);
    assert_eq!(Value::from(all), expected);
}

#[test]
fn the_exit_status_can_be_left_out_of_it() {
    let d = dir(&[("a.conf", &slip())]);
    let o = lint(d.path(), &["a.conf", "--exit-zero", "--json"]);
    assert_eq!((status(&o), &objects(&o).last().unwrap()["exit"]), (0, &Value::from(0)));
}

#[test]
fn rules_can_be_chosen() {
    let d = dir(&[("a.conf", &slip())]);
    for (args, wanted) in [
        (&["--ignore", "unknown-keyword"][..], 0),
        (&["--select", "unknown-keyword"], 1),
        (&["--select", "unknown-keyword", "--ignore", "unknown-keyword"], 0),
    ] {
        assert_eq!(status(&lint(d.path(), &[&["a.conf"], args].concat())), wanted, "{args:?}");
    }
    for option in ["--select", "--ignore"] {
        let o = lint(d.path(), &["a.conf", option, "unknown-keyword,unknown-keywrd"]);
        let said = format!(
            "hactl: {option}: there is no rule with the id \"unknown-keywrd\"; did you mean unknown-keyword? (`hactl explain` \
             lists all)\n"
        );
        assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o)), (3, "", said));
    }
}

#[test]
fn what_cannot_be_read_is_one_line_and_could_not_be_looked_at() {
    let d = dir(&[("a.conf", HEALTHY), ("exec.conf", HEALTHY)]);
    assert!(Command::new("mkfifo").arg(d.path().join("fifo")).status().unwrap().success());
    symlink("loop", d.path().join("loop")).unwrap();
    assert!(Command::new("chmod").arg("+x").arg(d.path().join("exec.conf")).status().unwrap().success());
    let large = fs::File::create(d.path().join("large.conf")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    for (args, says) in [
        (&["none.conf"][..], "cannot read none.conf: there is no such file"),
        (&["a.conf", "none.conf"], "cannot read none.conf: there is no such file"),
        (&["."], "cannot read .: it is not a regular file"),
        (&["fifo"], "cannot read fifo: it is not a regular file"),
        (&["/dev/null"], "cannot read /dev/null: it is not a regular file"),
        (&["loop"], "cannot read loop: Too many levels of symbolic links (os error 40)"),
        (&["large.conf"], "cannot read large.conf: it is larger than 64 MiB"),
        (&["exec.conf"], "keepalived does not read exec.conf: it is executable; clear its execute bits"),
        (&["-", "-"], "standard input can be one configuration, not two"),
        (
            &["a.conf", "a.conf", "--config-id", "x"],
            "2 configurations and 1 --config-id: give one for each configuration",
        ),
    ] {
        for more in [&[][..], &["--json"], &["--format", "junit"]] {
            let o = lint(d.path(), &[args, more].concat());
            assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o)), (3, "", format!("hactl: {says}\n")), "{args:?}");
        }
    }
    for args in [
        &["a.conf", "--format", "xml"][..],
        &["a.conf", "--format", "full", "--json"],
        &["a.conf", "--keepalived-version", "2.1"],
        &["a.conf", "--keepalived-version", "three"],
        &["a.conf", "--define", "NAME"],
        &["a.conf", "--define", "1=2"],
    ] {
        let o = lint(d.path(), args);
        assert_eq!((status(&o), stdout(&o).as_str(), stderr(&o).is_empty()), (3, "", false), "{args:?}");
    }
    #[cfg(target_os = "linux")]
    {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let o = lint_command(d.path(), &[]).arg(OsStr::from_bytes(b"a\xff.conf")).output().unwrap();
        assert_eq!((status(&o), stderr(&o).as_str()), (3, "hactl: a\u{fffd}.conf: the name is not UTF-8\n"));
    }
    // Nothing named: what keepalived itself reads. Here it is not there.
    if !Path::new("/etc/keepalived/keepalived.conf").exists() {
        let o = hactl(&["lint"]);
        let says = "hactl: cannot read /etc/keepalived/keepalived.conf: there is no such file\n";
        assert_eq!((status(&o), stderr(&o).as_str()), (3, says));
    }
}

#[test]
fn standard_input_is_a_configuration_too() {
    let o = hactl_with(&["lint", "-", "--format", "concise"], slip().as_bytes());
    let said = stdout(&o);
    assert!(said.starts_with("<stdin>:10:5: warning[unknown-keyword] "), "{said}");
    assert_eq!(status(&o), 1);
}

#[test]
fn one_file_can_be_several_nodes() {
    let text = slip()
        .replace("    advrt_int 1", "    @lb1 advrt_int 1\n    @lb2 advert_int 1")
        .replace("    priority 150", "    @^lb3 priority 150\n    @lb3 priority 100");
    let d = dir(&[("ha.conf", &text)]);
    let concise = |args: &[&str]| concise(d.path(), &[&["ha.conf"], args].concat()).len();
    assert_eq!(concise(&["--config-id", "lb1"]), 1);
    assert_eq!(concise(&["--node-name", "lb2"]), 0);
    let o = lint(d.path(), &["ha.conf", "--config-id", "lb1,lb2", "--json"]);
    assert_eq!(objects(&o).last().unwrap()["nodes"], json!(["lb1", "lb2"]));
    let o = lint(d.path(), &["ha.conf", "--config-id", "lb2", "--config-id", "lb3"]);
    let said = "OK  ha.conf as lb2 and lb3: nothing wrong found in 2 vrrp_instances, by keepalived 2.4.4\n";
    assert_eq!((status(&o), stdout(&o).as_str()), (0, said));
}

#[test]
fn definitions_can_be_given() {
    let text = HEALTHY.replace("priority 150", "$WORD 150");
    let d = dir(&[("a.conf", &text)]);
    assert_eq!(status(&lint(d.path(), &["a.conf"])), 1);
    assert_eq!(status(&lint(d.path(), &["a.conf", "--define", "WORD=priority"])), 0);
    assert_eq!(status(&lint(d.path(), &["a.conf", "--define", "$WORD=priority"])), 0);
}

#[test]
fn many_alike_are_counted_and_not_all_shown() {
    let scripts = (0..100).map(|i| format!("vrrp_script s{i} {{\n    script /bin/true\n    intervall {i}\n}}\n"));
    let d = dir(&[("a.conf", &(slip() + &scripts.collect::<String>()))]);
    let count = |args: &[&str]| stdout(&lint(d.path(), &[&["a.conf", "--select", "unknown-keyword"], args].concat()));
    let said = count(&[]);
    assert_eq!(said.matches("warning[unknown-keyword]").count(), 20, "{said}");
    assert!(said.contains("\n… and 81 more unknown-keyword in a.conf (`-v` shows all)\n"), "{said}");
    assert!(said.ends_with("\n101 warnings in a.conf; `hactl explain ID` says more of each\n"), "{said}");
    assert_eq!(count(&["-v"]).matches("warning[unknown-keyword]").count(), 101);
    assert_eq!(count(&["--json"]).lines().count(), 103);
    assert_eq!(count(&["--format", "concise"]).lines().count(), 102);
}

#[test]
fn comments_leave_findings_out() {
    let text = slip().replace("    advrt_int 1", "    advrt_int 1  # hactl: ignore=unknown-keyword");
    let d = dir(&[("a.conf", &text)]);
    let o = lint(d.path(), &["a.conf", "--format", "concise"]);
    assert_eq!((status(&o), stdout(&o).as_str()), (0, "no findings in a.conf; 1 ignored by comments\n"));
    let summary = objects(&lint(d.path(), &["a.conf", "--json"])).pop().unwrap();
    assert_eq!(summary["ignored"], 1);
    // At an `include` it speaks of all that is included there.
    let main = "include a.conf # hactl: ignore=unknown-keyword\n";
    let d = dir(&[("a.conf", &slip()), ("main.conf", main)]);
    assert_eq!(concise(d.path(), &["a.conf"]).len(), 1);
    assert_eq!(concise(d.path(), &["main.conf"]).len(), 0);
    let d = dir(&[("a.conf", &format!("# hactl: ignore-file=unknown-keyword\n{}", slip()))]);
    assert_eq!(concise(d.path(), &["a.conf"]).len(), 0);
}

#[test]
fn what_only_an_older_keepalived_says_is_a_note() {
    let text = HEALTHY.replace("    advert_int 1", "    advert_int 1\n    timer_expired_backup");
    let text = format!("{text}{}", text.replace("VI_1", "VI_2").replace("51", "52").replace(".100", ".101"));
    let d = dir(&[("a.conf", &text)]);
    let o = lint(d.path(), &["a.conf"]);
    let said = "\
OK  a.conf: nothing wrong found in 2 vrrp_instances, by keepalived 2.4.4; 1 remark

info[keyword-too-new]: with keepalived 2.2.7 (Debian 12): `timer_expired_backup` exists since keepalived 2.2.8; 2.2.7 does not know it
  --> a.conf:11:5
   |
11 |     timer_expired_backup
   |     ^^^^^^^^^^^^^^^^^^^^
...
26 |     timer_expired_backup
   |     -------------------- and here
   |
   = note: there it is a warning; `--keepalived-version 2.2.7` judges by that version
   = help: Upgrade keepalived on this node, take the line out, or judge by the version that runs (`--keepalived-version`).

1 info in a.conf; `hactl explain ID` says more of each
";
    assert_eq!((status(&o), stdout(&o).as_str()), (0, said));
    let by = |version: &str| {
        let o = lint(d.path(), &["a.conf", "--keepalived-version", version, "--json"]);
        let tally = objects(&o).last().unwrap()["findings"].clone();
        (status(&o), tally["warning"].as_u64().unwrap(), tally["info"].as_u64().unwrap())
    };
    assert_eq!(by("2.2.7"), (1, 2, 0));
    assert_eq!(by("2.2"), (0, 0, 0));
    assert_eq!(by("2.4.4"), (0, 0, 0));
}

#[test]
fn the_names_of_nodes_matter_and_are_asked_for() {
    let text = HEALTHY.replace("    priority 150", "    @lb1 priority 150\n    @lb2 priority 100");
    let d = dir(&[("ha.conf", &text)]);
    let said = concise(d.path(), &["ha.conf"]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("ha.conf:9:5: info[config-id-assumed] what is read depends on the node; "), "{said:?}");
    assert_eq!(concise(d.path(), &["ha.conf", "--config-id", "lb1"]).len(), 0);
}

/// Configurations in which a secret stands in each way that one can.
const SECRETS: &[&str] = &[
    "auth_pass s3cr3tpw",
    "auth_pass s3cr3tpw s3cr3tpw",
    "auth_pass \"s3cr3tpw",
    "auth_pas s3cr3tpw",
    "auth_passs3cr3tpw",
    "Auth_Pass s3cr3tpw",
    "s3cr3tpw",
    "auth_pass ${PASS}",
    "$AUTH",
    "auth_pass s3cr3tpws3cr3tpws3cr3tpw",
    "auth_pass {\n s3cr3tpw\n }",
    "auth_pass s3cr3tpw } prioritty 90 {",
    "} autentication {\n auth_type PASS\n auth_pass s3cr3tpw\n",
    "} auth_hmac {\n key 1 s3cr3tpw\n",
    "} auth_hmac {\n key 300 s3cr3tpw\n key s3cr3tpw\n kei 1 s3cr3tpw\n",
    "auth_pass s3cr3tpw \\",
    "auth_pass\ts3cr3tpw\u{7}",
    "} auth_pass s3cr3tpw\n{",
    "@other auth_pass s3cr3tpw",
    "auth_pass ~SEQ(S, 3) s3cr3tpw",
    "~LST(S, s3cr3tpw s3cr3tpw2) auth_pass ${S}",
];

#[test]
fn no_form_of_output_holds_a_secret() {
    const DEFINITIONS: [&str; 3] =
        ["", "$PASS=s3cr3tpw\n$AUTH=auth_pass s3cr3tpw\n", "$PASS = s3cr3tpw\n$AUTH=auth_pas s3cr3tpw x\n"];
    for secret in SECRETS {
        for definitions in DEFINITIONS.iter().filter(|d| secret.contains('$') || d.is_empty()) {
            let text =
                HEALTHY.replace("    advert_int 1", &format!("authentication {{\nauth_type PASS\n{secret}\n}}\n"));
            let text = format!("{definitions}{text}");
            let d = dir(&[("a.conf", &text), ("b.conf", &text.replace("s3cr3tpw", "0ther"))]);
            for version in [&["--keepalived-version", "2.2.7"][..], &["--keepalived-version", "2.4.4"], &[]] {
                for format in ["full", "github", "junit", "json"] {
                    for files in [&["a.conf"][..], &["a.conf", "b.conf"]] {
                        let o =
                            lint(d.path(), &[files, version, &["-v", "--fix-preview", "--format", format]].concat());
                        let said = stdout(&o) + &stderr(&o);
                        for part in ["s3cr", "3tpw", "0the"] {
                            assert!(!said.contains(part), "{text}\n{said}");
                        }
                    }
                }
            }
        }
    }
}

/// A pair of settings that do not go together, one to round, and one that is passed over.
const MENDABLE: &str = "\
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 1.5
    nopreempt
    preempt_delay 300   # as they said
    authentication {
        auth_type PASS
        auth_pass s3cr3tpw
    }
    virtual_ipaddress {
        10.0.0.100/24
    }
}
";

/// What becomes of it.
const MENDED: &str = "\
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 2
    nopreempt
    # as they said
    authentication {
        auth_type PASS
        auth_pass s3cr3tpw
    }
    virtual_ipaddress {
        10.0.0.100/24
    }
}
";

const DIFF: &str = "
--- a.conf
+++ a.conf
@@ -3,9 +3,9 @@
     interface eth0
     virtual_router_id 51
     priority 150
-    advert_int 1.5
+    advert_int 2
     nopreempt
-    preempt_delay 300   # as they said
+    # as they said
     authentication {
         auth_type PASS
         auth_pass ********
";

/// All names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const FIXABLE: [&str; 2] = ["--select", "rounded,preempt-delay-ignored"];

#[test]
fn fix_makes_the_changes_that_keep_the_meaning() {
    let d = dir(&[("a.conf", MENDABLE)]);
    let path = d.path().join("a.conf");
    let modes = |mode: &str| assert!(Command::new("chmod").arg(mode).arg(&path).status().unwrap().success());
    modes("0640");
    let args = |more: &'static str| [&["a.conf", more][..], &FIXABLE].concat();
    let o = lint(d.path(), &args("-q"));
    assert_eq!(status(&o), 1);
    // A look at it first: nothing is written.
    let o = lint(d.path(), &args("--fix-preview"));
    let said = stdout(&o);
    let (verdict, rest) = said.split_once('\n').unwrap();
    let other = " (and 1 more finding)";
    assert!(verdict.starts_with("WARNING  a.conf:6: ") && verdict.ends_with(other), "{said}");
    let next = "--fix would make 2 changes in a.conf; nothing is written\n\nwarning[rounded]: ";
    assert!(rest.starts_with(&format!("{DIFF}{next}")), "{said}");
    assert_eq!((status(&o), fs::read_to_string(&path).unwrap().as_str()), (1, MENDABLE));
    assert_eq!(names(d.path()), ["a.conf"]);
    // And then for good.
    let o = lint(d.path(), &args("--fix"));
    let done = "made 2 changes in a.conf; the old text is in .a.conf.orig, beside it\n";
    let fine = "OK  a.conf: nothing wrong found in 1 vrrp_instance, by keepalived 2.4.4\n";
    assert_eq!((status(&o), stdout(&o)), (0, format!("{fine}{DIFF}{done}")));
    assert_eq!(fs::read_to_string(&path).unwrap(), MENDED);
    assert_eq!(fs::read_to_string(d.path().join(".a.conf.orig")).unwrap(), MENDABLE);
    for name in ["a.conf", ".a.conf.orig"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(d.path().join(name)).unwrap().permissions());
        assert_eq!(mode & 0o7777, 0o640, "{name}");
    }
    // There is nothing more to do, and nothing is done.
    let o = lint(d.path(), &args("--fix"));
    assert_eq!(stdout(&o), format!("{fine}\nnothing to change that keeps what keepalived does\n"));
    assert_eq!(names(d.path()), [".a.conf.orig", "a.conf"]);
    // What was kept is never lost.
    fs::write(&path, MENDABLE).unwrap();
    let o = lint(d.path(), &[&args("--fix")[..], &["--json"]].concat());
    let fix = json!({"type": "fix", "file": "a.conf", "written": true, "backup": ".a.conf.orig.1"});
    assert_eq!((status(&o), &objects(&o)[1]), (0, &fix));
    assert_eq!(names(d.path()), [".a.conf.orig", ".a.conf.orig.1", "a.conf"]);
}

#[test]
fn fix_follows_links_and_includes_and_changes_nothing_else() {
    let main = "include conf.d/*.conf\ninclude conf.d/*\n";
    let d = dir(&[("main.conf", main), ("conf.d/b.conf", ""), ("real.txt", MENDABLE)]);
    symlink("../real.txt", d.path().join("conf.d/a.conf")).unwrap();
    let o = lint(d.path(), &[&["main.conf", "--fix"][..], &FIXABLE].concat());
    let said = stdout(&o);
    assert!(
        said.contains("\nmade 2 changes in conf.d/a.conf; the old text is in .real.txt.orig, beside it\n"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(d.path().join("real.txt")).unwrap(), MENDED);
    assert!(fs::symlink_metadata(d.path().join("conf.d/a.conf")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(d.path().join("main.conf")).unwrap(), main);
    assert_eq!(names(&d.path().join("conf.d")), ["a.conf", "b.conf"]);
    // What is kept beside an included file is not included in its turn.
    let d = dir(&[("main.conf", "include conf.d/*\n"), ("conf.d/a.conf", MENDABLE)]);
    for _ in 0..2 {
        lint(d.path(), &[&["main.conf", "--fix"][..], &FIXABLE].concat());
    }
    assert_eq!(names(&d.path().join("conf.d")), [".a.conf.orig", "a.conf"]);
    assert_eq!(fs::read_to_string(d.path().join("conf.d/a.conf")).unwrap(), MENDED);
}

#[test]
fn fix_refuses_what_would_change_more() {
    // The same text for two: for one of them it counts.
    let one = |n: u8, more: &str| {
        let rest = format!("interface eth0\nvirtual_router_id {n}\nvirtual_ipaddress {{\n10.0.0.{n}\n}}\n");
        format!("vrrp_instance V{n} {{\nstate BACKUP\npriority 100\n{rest}$DELAY\n{more}\n}}\n")
    };
    let text = format!("$DELAY=preempt_delay 300\n{}{}", one(1, "nopreempt"), one(2, ""));
    let d = dir(&[("a.conf", &text)]);
    let o = lint(d.path(), &[&["a.conf", "--fix"][..], &FIXABLE].concat());
    let said = stdout(&o);
    let why = "a.conf:1 is not changed for preempt-delay-ignored: it would change what its vrrp_instances do\n";
    assert!(said.contains(why), "{said}");
    assert_eq!((status(&o), fs::read_to_string(d.path().join("a.conf")).unwrap()), (1, text));
    assert_eq!(names(d.path()), ["a.conf"]);
    // Nor what has no place to be written to.
    let said = "hactl: --fix cannot change standard input; name the file, or use --fix-preview\n";
    let o = hactl_with(&["lint", "-", "--fix"], MENDABLE.as_bytes());
    assert_eq!((status(&o), stderr(&o).as_str()), (3, said));
    let o = hactl_with(&["lint", "-", "--fix-preview"], MENDABLE.as_bytes());
    assert!(stdout(&o).contains("\n+    advert_int 2\n"), "{}", stdout(&o));
}

#[test]
fn without_fix_nothing_is_written() {
    let d = dir(&[("a.conf", MENDABLE)]);
    for format in ["full", "concise", "github", "junit", "json"] {
        lint(d.path(), &["a.conf", "-v", "--format", format]);
        lint(d.path(), &["a.conf", "-v", "--format", format, "--fix-preview"]);
    }
    assert_eq!(names(d.path()), ["a.conf"]);
    assert_eq!(fs::read_to_string(d.path().join("a.conf")).unwrap(), MENDABLE);
}

#[test]
fn pages_of_what_is_found_on_the_wire_and_in_configurations_are_in_one_list() {
    let said = stdout(&hactl(&["explain"]));
    let at = |text: &str| said.find(text).unwrap_or_else(|| panic!("{text}: {said}"));
    let wire = at("On the wire (hactl watch):\n");
    let configurations = at("\nIn configurations (hactl lint):\n");
    let adverts = at("\nIn a single advert (hactl decode):\n");
    assert!(wire < at("\n  split-brain ") && at("\n  split-brain ") < configurations);
    assert!(configurations < at("\n  unknown-keyword ") && at("\n  unknown-keyword ") < adverts);
    assert!(adverts < at("\n  ttl-not-255 "));
    // An id of both has both texts.
    let said = stdout(&hactl(&["explain", "version-mismatch"]));
    assert!(said.starts_with("version-mismatch\n\nOn the wire: members "), "{said}");
    assert!(said.contains("\n\nIn configurations: nodes "), "{said}");
    let lines = stdout(&hactl(&["explain", "version-mismatch", "--json"]));
    let about: Vec<Value> = lines.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["about"].clone()).collect();
    assert_eq!(about, ["wire", "configuration"]);
    // One of one has it alone.
    let said = stdout(&hactl(&["explain", "unknown-keyword"]));
    assert!(
        said.starts_with(
            "unknown-keyword: a line begins with a word that keepalived does not know here\n\nWhat it is\n"
        )
    );
}

/// The pair of the README: a check that can never move the master, and a slip in a word.
fn pair() -> tempfile::TempDir {
    let node = |priority, interval| {
        format!(
            "\
global_defs {{
    enable_script_security
    script_user root
}}
vrrp_script chk_nginx {{
    script \"/usr/local/bin/check_nginx\"
    interval 2
    weight -20
}}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    {interval} 1
    virtual_ipaddress {{
        10.77.0.100/24
    }}
    track_script {{
        chk_nginx
    }}
}}
"
        )
    };
    dir(&[("a.conf", &node(150, "advert_int")), ("b.conf", &node(100, "advrt_int"))])
}

#[test]
fn the_readme_shows_what_is_said() {
    let d = pair();
    let o = lint(d.path(), &["a.conf", "b.conf"]);
    let readme = fs::read_to_string(crate::support::root().join("README.md")).unwrap();
    let shown = readme.split("$ hactl lint a.conf b.conf\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!((status(&o), stdout(&o).as_str()), (2, shown));
}

#[test]
fn the_narrow_terminal_and_wide_characters_are_no_trouble() {
    // A long line is cut around its mark; tabs and wide characters keep the mark in its place.
    let long = format!("    {} priorty 1", "x".repeat(300));
    let text = HEALTHY.replace("    advert_int 1", &format!("{long}\n\t全局\t配置"));
    let d = dir(&[("a.conf", &text)]);
    let said = stdout(&lint(d.path(), &["a.conf", "--select", "unknown-keyword"]));
    assert!(said.lines().filter(|l| l.contains(" | ")).all(|l| l.chars().count() <= 150), "{said}");
    let marked = "\n11 |     全局    配置\n   |     ^^^^\n";
    assert!(said.contains(marked), "{said}");
}

#[test]
fn an_included_file_is_shown_with_the_way_to_it() {
    let main = "global_defs {\n    router_id a\n}\ninclude conf.d/*.conf\n";
    let d = dir(&[("main.conf", main), ("conf.d/a.conf", &slip())]);
    let said = stdout(&lint(d.path(), &["main.conf", "--select", "unknown-keyword"]));
    let shown = "\
  --> conf.d/a.conf:10:5
   |
10 |     advrt_int 1
   |     ^^^^^^^^^
   |
  ::: main.conf:4:1
   |
 4 | include conf.d/*.conf
   | --------------------- included here
";
    assert!(said.contains(shown), "{said}");
    let finding = &objects(&lint(d.path(), &["main.conf", "--select", "unknown-keyword", "--json"]))[1];
    let evidence = json!([
        {"file": "conf.d/a.conf", "line": 10, "column": 5, "end_column": 14, "note": ""},
        {"file": "main.conf", "line": 4, "column": 1, "end_column": 22, "note": "included here"},
    ]);
    assert_eq!(finding["evidence"], evidence);
}

#[test]
fn a_file_that_is_not_there_is_a_finding_where_it_is_included() {
    let d = dir(&[("a.conf", &format!("include none.conf\n{HEALTHY}"))]);
    let said = concise(d.path(), &["a.conf"]);
    assert!(said.len() == 1 && said[0].starts_with("a.conf:1:1: ") && said[0].contains("[include] "), "{said:?}");
}
