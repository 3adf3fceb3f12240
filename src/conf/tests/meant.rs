//! Configurations with mistakes, read as they were meant: one problem each.

use super::*;

fn as_meant(text: impl AsRef<[u8]>, version: Version) -> Conf {
    let mut memory = Memory(BTreeMap::from([("k.conf", text.as_ref().to_vec())]));
    let options = Options { version, config_id: "a".into(), reading: Reading::AsMeant, ..Options::default() };
    crate::conf::read("k.conf", &mut memory, &options).unwrap()
}

/// Each problem's line and kind, in the order of the lines.
fn found(conf: &Conf) -> Vec<(u32, &'static str)> {
    let mut found = problems(conf);
    found.sort_unstable();
    found
}

fn meant(text: &str) -> Vec<(u32, &'static str)> {
    found(&as_meant(text, Version::V2_4))
}

/// Names of instances with their priorities and numbers of addresses.
fn model(conf: &Conf) -> Vec<(String, i64, usize)> {
    let one = |i: &crate::conf::model::VrrpInstance| {
        (i.name.value.clone(), i.priority.map_or(-1, |p| i64::from(p.value)), i.addresses.len())
    };
    conf.instances.iter().map(one).collect()
}

/// Two instances, a script and a group, without a mistake.
const HEALTHY: &str = "\
global_defs {
    router_id A
}
vrrp_script chk {
    script \"/bin/true\"
    interval 2
}
vrrp_instance A {
    state BACKUP
    interface eth0
    virtual_router_id 1
    priority 90
    authentication {
        auth_type PASS
        auth_pass hunter2
    }
    track_script {
        chk weight 5
    }
    virtual_ipaddress {
        10.0.0.1/24
        10.0.0.2/24
    }
    nopreempt
}
vrrp_instance B {
    interface eth1
    virtual_router_id 2
    priority 80
    virtual_ipaddress {
        10.0.0.3
    }
}
vrrp_sync_group G {
    group {
        A
        B
    }
}
";

fn expected_model() -> Vec<(String, i64, usize)> {
    vec![("A".into(), 90, 2), ("B".into(), 80, 1)]
}

/// The healthy configuration with a change, the problems it then has and that the model is still whole.
#[track_caller]
fn changed(from: &str, to: &str, expected: &[(u32, &str)]) {
    assert_eq!(HEALTHY.matches(from).count(), 1, "{from:?}");
    let conf = as_meant(HEALTHY.replace(from, to), Version::V2_4);
    let sentences: Vec<_> = conf.problems.iter().map(|p| &p.sentence).collect();
    assert_eq!(found(&conf), expected, "{sentences:#?}");
    assert_eq!(model(&conf), expected_model(), "{sentences:#?}");
    assert_eq!(conf.groups[0].members.len(), 2);
    assert_eq!((conf.scripts.len(), conf.instances[0].track.scripts.len()), (1, 1));
}

#[test]
fn what_is_right_has_no_problem() {
    assert_eq!(meant(HEALTHY), []);
    assert_eq!(model(&as_meant(HEALTHY, Version::V2_2)), expected_model());
}

#[test]
fn a_misspelt_block_is_read_as_the_one_that_was_meant() {
    changed("vrrp_instance A {", "vrrp_instence A {", &[(8, "unknown-keyword")]);
    changed("vrrp_instance B {", "Vrrp_Instance B\n{", &[(26, "unknown-keyword")]);
    changed("authentication {", "authenticaton {", &[(13, "unknown-keyword")]);
    changed("track_script {", "track_scripts {", &[(17, "unknown-keyword")]);
    changed("virtual_ipaddress {\n        10.0.0.3", "virtual_ip {\n        10.0.0.3", &[(30, "unknown-keyword")]);
    changed("global_defs {", "global {", &[(1, "unknown-keyword")]);
    // And what is wrong in it is found.
    changed("vrrp_instance A {", "vrrp_instence A {\n frob", &[(8, "unknown-keyword"), (9, "unknown-keyword")]);
}

#[test]
fn a_misspelt_keyword_is_read_as_the_one_that_was_meant() {
    changed("priority 90", "priorty 90", &[(12, "unknown-keyword")]);
    changed("priority 90", "PRIORITY 90", &[(12, "unknown-keyword")]);
    changed("priority 90", "priority90", &[(12, "unknown-keyword")]);
    changed("priority 90", "priority=90", &[(12, "unknown-keyword")]);
    changed("virtual_router_id 1\n", "virtual-router-id 1\n", &[(11, "unknown-keyword")]);
    changed("    nopreempt", "    frobnicate 7", &[(24, "unknown-keyword")]);
    changed("    nopreempt", "    interval 7", &[(24, "unknown-keyword")]);
}

#[test]
fn a_block_that_nobody_knows_is_passed_over() {
    changed("    nopreempt", "    frob {\n a {\n b\n }\n priority 1\n }\n nopreempt", &[(24, "unknown-keyword")]);
    changed("vrrp_script chk", "frob {\n vrrp\n}\nvrrp_script chk", &[(4, "unknown-keyword")]);
    // Nothing closes its `{`.
    changed("    nopreempt", "    frob {\n nopreempt", &[(24, "unknown-keyword")]);
    changed("vrrp_script chk", "frob {\nvrrp_script chk", &[(4, "unknown-keyword")]);
    // All of the file in a block of its own
    let conf = as_meant(format!("keepalived {{\n{HEALTHY}}}\n"), Version::V2_4);
    assert_eq!((found(&conf), model(&conf)), (vec![(1, "unknown-keyword")], expected_model()));
}

#[test]
fn a_block_without_its_end_is_one_problem() {
    // The instance, before another and before the group, and at the end
    changed("    nopreempt\n}\n", "    nopreempt\n", &[(8, "missing-close")]);
    changed("        10.0.0.3\n    }\n}\n", "        10.0.0.3\n    }\n", &[(26, "missing-close")]);
    changed("        B\n    }\n}\n", "        B\n    }\n", &[(34, "missing-close")]);
    changed("    interval 2\n}\n", "    interval 2\n", &[(4, "missing-close")]);
    // A list, in the middle and at the end of its block
    changed("        chk weight 5\n    }\n", "        chk weight 5\n", &[(17, "missing-close")]);
    changed("        10.0.0.2/24\n    }\n", "        10.0.0.2/24\n", &[(20, "missing-close")]);
    changed("        10.0.0.3\n    }\n", "        10.0.0.3\n", &[(30, "missing-close")]);
    changed("        auth_pass hunter2\n    }\n", "        auth_pass hunter2\n", &[(13, "missing-close")]);
    // Two in one block
    changed("        10.0.0.3\n    }\n}\n", "        10.0.0.3\n", &[(26, "missing-close"), (30, "missing-close")]);
    let conf = as_meant(HEALTHY.replace("    nopreempt\n}\n", "    nopreempt\n"), Version::V2_4);
    let [p] = &conf.problems[..] else { panic!("{:?}", conf.problems) };
    assert_eq!(p.sentence, "`vrrp_instance A` lacks its `}`; what follows is read as a part of it");
    assert_eq!(p.help.as_deref(), Some("Write `}` behind the last line of `vrrp_instance A`."));
    assert_eq!(conf.sources.written(p.related[0].0), b"vrrp_instance");
    assert_eq!(conf.sources.position(p.related[0].0).line, 25);
}

#[test]
fn a_brace_that_ends_a_block_early_is_one_problem() {
    changed("    priority 90\n", "    }\n    priority 90\n", &[(12, "extra-close")]);
    changed("    nopreempt\n", "    }\n    nopreempt\n", &[(24, "extra-close")]);
    changed("        auth_pass", "        }\n        auth_pass", &[(15, "extra-close")]);
    changed("        10.0.0.2/24", "        }\n        10.0.0.2/24", &[(22, "extra-close")]);
    changed("        B\n", "        }\n        B\n", &[(37, "extra-close")]);
    changed("    track_script {\n", "    }\n    track_script {\n", &[(17, "extra-close")]);
    // At the end, and at the beginning
    changed("    nopreempt\n}\n", "    nopreempt\n}\n}\n", &[(26, "extra-close")]);
    changed("global_defs {", "}\nglobal_defs {", &[(1, "extra-close")]);
    let conf = as_meant(HEALTHY.replace("    priority 90\n", "    }\n    priority 90\n"), Version::V2_4);
    let [p] = &conf.problems[..] else { panic!("{:?}", conf.problems) };
    assert_eq!(p.sentence, "this `}` ends `vrrp_instance A` early; what follows is lost");
    assert_eq!(conf.sources.written(p.related[1].0), b"priority");
}

#[test]
fn a_block_without_its_beginning_is_one_problem() {
    changed("vrrp_instance A {", "vrrp_instance A", &[(8, "missing-open")]);
    changed("authentication {", "authentication", &[(13, "missing-open")]);
    changed("track_script {", "track_script", &[(17, "missing-list-open")]);
    changed(
        "virtual_ipaddress {\n        10.0.0.3",
        "virtual_ipaddress\n        10.0.0.3",
        &[(30, "missing-list-open")],
    );
    // Without its end, too
    changed(
        "track_script {\n        chk weight 5\n    }",
        "track_script\n        chk weight 5",
        &[(17, "missing-list-open")],
    );
    changed(
        "vrrp_script chk {\n    script \"/bin/true\"\n    interval 2\n}",
        "vrrp_script chk\n    script \"/bin/true\"\n    interval 2\n",
        &[(4, "missing-open")],
    );
}

#[test]
fn a_brace_that_begins_nothing_is_one_problem() {
    changed("priority 90", "priority 90 {", &[(12, "unexpected-open")]);
    changed("priority 90", "priority 90 {\n}", &[(12, "unexpected-open")]);
    changed("    state BACKUP\n", "    {\n state BACKUP\n }\n", &[(9, "unexpected-open")]);
    changed("        10.0.0.1/24\n", "        {\n10.0.0.1/24\n}\n", &[(21, "unexpected-open")]);
    changed("vrrp_script chk", "{\nvrrp_script chk", &[(4, "unexpected-open")]);
}

#[test]
fn a_block_in_the_wrong_place_is_one_problem() {
    // A block of the top level in an instance
    let script = "    vrrp_script other {\n        script /bin/false\n    }\n    nopreempt\n";
    let conf = as_meant(HEALTHY.replace("    nopreempt\n", script), Version::V2_4);
    assert_eq!(found(&conf), [(24, "unknown-keyword")]);
    assert_eq!((conf.scripts.len(), conf.instances[0].preempt.is_some()), (2, true));
    // Without indentation, what follows tells it.
    let flat = HEALTHY.replace("    nopreempt\n", script).replace("    ", "");
    assert_eq!(meant(&flat), [(24, "unknown-keyword")]);
    // A block of an instance at the top level
    let conf = as_meant(format!("{HEALTHY}authentication {{\n auth_type FOO\n}}\n"), Version::V2_4);
    assert_eq!(found(&conf), [(40, "unknown-keyword"), (41, "bad-word")]);
    assert_eq!(model(&conf), expected_model());
    // A keyword of the instance in a block of it whose braces match
    changed("        auth_pass", "        smtp_alert\n        auth_pass", &[(15, "unknown-keyword")]);
}

#[test]
fn quotes_that_do_not_end_are_one_problem() {
    changed("script \"/bin/true\"", "script \"/bin/true", &[(5, "unmatched-quote")]);
    changed("script \"/bin/true\"", "script /bin/true\"", &[(5, "unmatched-quote")]);
    changed("vrrp_instance A {", "vrrp_instance \"A {", &[(8, "unmatched-quote")]);
    changed("auth_pass hunter2", "auth_pass \"hunter2 # secret }", &[(15, "unmatched-quote")]);
    changed("interface eth1", "interface \"eth1", &[(27, "unmatched-quote")]);
}

#[test]
fn signs_that_only_look_like_those_of_the_language_are_one_problem_a_line() {
    changed("vrrp_instance A {", "vrrp_instance A ｛", &[(8, "look-alike")]);
    changed("    nopreempt\n}", "    nopreempt\n｝", &[(25, "look-alike")]);
    changed("    priority 90", "\u{a0}\u{a0}priority\u{3000}90", &[(12, "look-alike")]);
    changed("    priority 90", "    priority 90 ＃ 主 {", &[(12, "look-alike")]);
    changed("    priority 90", "    priority 90！主 {", &[(12, "look-alike")]);
    changed("global_defs {", "\u{feff}global_defs {", &[(1, "look-alike")]);
    changed("script \"/bin/true\"", "script “/bin/true”", &[(5, "look-alike")]);
    changed("    nopreempt", "    nopreempt # ｛ ＃ \u{a0}", &[]);
    let conf = as_meant("\u{feff}global_defs {\n}\n", Version::V2_2);
    assert_eq!(
        conf.problems[0].sentence,
        "a byte order mark (U+FEFF) is no blank; keepalived takes it for a part of the word"
    );
    assert_eq!(conf.problems[0].help.as_deref(), Some("Delete a byte order mark (U+FEFF)."));
}

#[test]
fn headings_are_one_problem_each() {
    changed("vrrp_script chk", "-- scripts {\nvrrp_script chk", &[(4, "unknown-keyword")]);
    changed("    nopreempt", "    // not \"yet\n    nopreempt", &[(24, "unknown-keyword")]);
    changed("    nopreempt", "    ; priority 1\n    nopreempt", &[(24, "unknown-keyword")]);
    changed("        10.0.0.2/24", "        // 10.0.0.9\n        10.0.0.2/24", &[(22, "unknown-keyword")]);
    changed("    nopreempt", "    /* one\n priority 1\n } */\n    nopreempt", &[(24, "unknown-keyword")]);
    changed("    nopreempt", "    /* one */\n    nopreempt", &[(24, "unknown-keyword")]);
    changed("    nopreempt\n}", "    nopreempt\n} -- of A", &[(25, "unknown-keyword")]);
}

#[test]
fn the_tutorial_has_its_two_headings_only() {
    let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/conf/tutorial.conf")).unwrap();
    let conf = as_meant(&text, Version::V2_2);
    assert_eq!(found(&conf), [(1, "unknown-keyword"), (16, "unknown-keyword")]);
    let p = &conf.problems[0];
    assert_eq!(
        p.sentence,
        "`--全局配置` is no keyword of the top level, and `--` begins no comment; keepalived passes over the line"
    );
    assert_eq!(p.help.as_deref(), Some("Begin the line with `#`, or delete it."));
    // The edit keeps the meaning.
    let mut edited = text;
    for p in conf.problems.iter().rev() {
        let [edit] = &p.edits[..] else { panic!("{p:?}") };
        edited.splice(edit.span.start as usize..edit.span.end as usize, edit.text.bytes());
    }
    assert!(edited.starts_with("# --全局配置\nglobal_defs {".as_bytes()));
    let again = as_meant(&edited, Version::V2_2);
    assert_eq!((found(&again), model(&again)), (vec![], model(&conf)));
}

#[test]
fn a_line_does_not_go_on_behind_a_backslash() {
    changed("vrrp_instance A {", "vrrp_instance A \\\n{", &[(8, "trailing-backslash")]);
    changed("    priority 90", "    priority \\\n  90", &[(12, "trailing-backslash")]);
    changed("    priority 90", "    priority 90 \\", &[(12, "trailing-backslash")]);
    changed("    track_script {", "    track_script { \\", &[(17, "trailing-backslash")]);
    // In a definition it does.
    changed("    priority 90", "$P=priority 90 \\\n nopreempt\n $P", &[]);
    let comment = as_meant(HEALTHY.replace("    nopreempt", "    # \\\n    nopreempt # a \\"), Version::V2_2);
    assert_eq!(
        (found(&comment), model(&comment)),
        (vec![(24, "comment-backslash"), (25, "comment-backslash")], expected_model())
    );
    let edits: Vec<_> = comment.problems.iter().map(|p| p.edits.len()).collect();
    assert_eq!(edits, [0, 1]);
}

#[test]
fn definitions_that_are_not_there_are_one_problem() {
    let with = |from: &str, to: &str| as_meant(HEALTHY.replace(from, to), Version::V2_4);
    let conf = with("priority 80", "priority $NONE");
    assert_eq!(found(&conf), [(29, "no-definition")]);
    assert_eq!(
        conf.problems[0].sentence,
        "no definition of `$NONE` comes before this line; keepalived takes the word as it is"
    );
    assert_eq!(found(&with("interface eth1", "interface ${NONE}")), [(27, "no-definition")]);
    assert_eq!(found(&with("10.0.0.3", "${NET}.3")), [(31, "no-definition")]);
    assert_eq!(found(&with("10.0.0.3", "$VIP")), [(31, "no-definition")]);
    assert_eq!(found(&with("    nopreempt", "    $BODY")), [(24, "no-definition")]);
    // A secret may begin so, and a script may know it.
    for fine in ["auth_pass $unter2", "auth_pass \"${nter}\""] {
        assert_eq!(found(&with("auth_pass hunter2", fine)), []);
    }
    assert_eq!(found(&with("\"/bin/true\"", "\"/bin/sh -c 'test $A = ${B}'\"")), []);
    changed("    priority 80", "    $P = 80\n    priority $P", &[(29, "unknown-keyword")]);
}

#[test]
fn what_was_there_before_is_shown() {
    let conf = as_meant(
        HEALTHY.replace("    nopreempt", "    notify /bin/a\n    notify /bin/b").replace("_instance B", "_instance A"),
        Version::V2_4,
    );
    let shown: Vec<_> = conf
        .problems
        .iter()
        .map(|p| {
            let [(span, note)] = &p.related[..] else { panic!("{p:?}") };
            (p.kind.as_str(), conf.sources.position(p.span).line, note.as_str(), conf.sources.position(*span).line)
        })
        .collect();
    assert_eq!(shown, [("already-set", 25, "first set here", 24), ("duplicate-name", 27, "the first one is here", 8)]);
    // What is wrong in a block that is passed over is found as well.
    let conf =
        as_meant(HEALTHY.replace("_instance B", "_instance A").replace("priority 80", "priority 800"), Version::V2_4);
    assert_eq!(found(&conf), [(26, "duplicate-name"), (29, "bad-number")]);
    assert_eq!(conf.instances.len(), 1);
}

#[test]
fn an_old_name_can_be_changed() {
    let conf = as_meant(
        "vrrp_track_file f {\n file /f\n}\n$N=vrrp_track_file\n$N g {\n file /f\n}\n\"vrrp_track_file\" h {\n file /f\n}\n",
        Version::V2_2,
    );
    let edits: Vec<_> = conf.problems.iter().map(|p| (conf.sources.written(p.span), p.edits.len())).collect();
    assert_eq!(edits, [(&b"vrrp_track_file"[..], 1), (b"vrrp_track_file", 1), (b"\"vrrp_track_file\"", 0)]);
    assert_eq!(conf.problems[0].edits[0].text, "track_file");
}

/// Every line, with what is left when a piece of it is changed.
fn mistakes(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (at, sign) in text.char_indices().filter(|(_, c)| matches!(c, '{' | '}')) {
        let line = text[..at].matches('\n').count() + 1;
        let (before, after) = (&text[..at], &text[at + 1..]);
        all.push((format!("line {line} without {sign}"), format!("{before}{after}")));
        all.push((format!("line {line} with {sign}{sign}"), format!("{before}{sign}{sign}{after}")));
        let line_of_its_own = before.rfind('\n').map_or(0, |n| n + 1);
        let (before, rest) = text.split_at(line_of_its_own);
        all.push((format!("line {line} behind a {sign}"), format!("{before}{sign}\n{rest}")));
    }
    let mut start = 0;
    for (n, line) in (1..).zip(text.split_inclusive('\n')) {
        let word = line.trim_start().split([' ', '\n']).next().unwrap();
        if super::super::tree::is_keyword(word.as_bytes()) {
            let at = start + line.find(word).unwrap();
            let (before, after) = (&text[..at], &text[at + word.len()..]);
            let middle = word.len() / 2;
            all.push((
                format!("line {n} lacks a letter"),
                format!("{before}{}{}{after}", &word[..middle], &word[middle + 1..]),
            ));
            all.push((
                format!("line {n} has one more"),
                format!("{before}{}x{}{after}", &word[..middle], &word[middle..]),
            ));
            all.push((format!("line {n} in capitals"), format!("{before}{}{after}", word.to_uppercase())));
        }
        start += line.len();
    }
    all
}

#[test]
fn any_one_mistake_is_one_problem() {
    let indented = HEALTHY.to_owned();
    let flat = HEALTHY.replace("    ", "");
    let compact =
        HEALTHY.replace("\n        A\n        B\n    ", " A B ").replace("{\n        10.0.0.3\n    }", "{ 10.0.0.3 }");
    let mut failed = Vec::new();
    let mut count = 0;
    for text in [indented, flat, compact] {
        for (what, text) in mistakes(&text) {
            count += 1;
            let conf = as_meant(&text, Version::V2_4);
            let found = found(&conf);
            if found.len() != 1 || model(&conf) != expected_model() {
                failed.push(format!("{what}: {found:?} {:?}", model(&conf)));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {count}: {failed:#?}", failed.len());
    assert_eq!(count, 387);
}

#[test]
fn one_mistake_in_text_that_is_used_often_is_one_problem() {
    let text =
        "$I=vrrp_instance V${N} { \\\n interfase eth0 \\\n virtual_router_id ${N} \\\n }\n~SEQ(N, 254, 258) $I\n";
    let conf = as_meant(text, Version::V2_4);
    assert_eq!(found(&conf), [(2, "unknown-keyword"), (3, "bad-vrid")]);
    let number = conf.problems.iter().find(|p| p.kind.as_str() == "bad-vrid").unwrap();
    assert!(number.sentence.contains(" `256` is not "), "{}", number.sentence);
    assert!(number.sentence.ends_with("; the same 2 times more where this text is used"), "{}", number.sentence);
    assert_eq!(conf.instances.len(), 5);
}

#[test]
fn the_oldest_takes_whole_seconds_of_a_scripts_times() {
    let seconds = |text: &str, version| {
        let conf = as_meant(format!("vrrp_script s {{\n script /bin/true\n interval {text}\n}}\n"), version);
        let interval = conf.scripts[0].interval.as_ref().map(|i| i.value.as_millis());
        (interval, found(&conf).len())
    };
    // As keepalived 2.2.7 of Debian 12 ran a script.
    assert_eq!(seconds("0.5", Version::V2_2), (Some(1_000), 1));
    assert_eq!(seconds("1.5", Version::V2_2), (Some(1_000), 1));
    assert_eq!(seconds("3.7", Version::V2_2), (Some(3_000), 1));
    assert_eq!(seconds("3", Version::V2_2), (Some(3_000), 0));
    assert_eq!(seconds("3.7", Version::V2_4), (Some(3_700), 0));
    assert_eq!(seconds("x", Version::V2_2), (None, 1));
}
