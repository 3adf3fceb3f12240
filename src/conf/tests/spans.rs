//! Where text is written, and how it came to where it is read.

use super::*;
use crate::conf::source::How;

/// A span's text and place, and each step from there outwards with its values.
fn way(conf: &Conf, span: Span) -> String {
    let place = |span: Span| {
        let at = conf.sources.position(span);
        let text = &conf.sources.text(span.file)[span.start as usize..span.end as usize];
        format!("{}:{}:{} `{}`", conf.sources.name(span.file), at.line, at.column, String::from_utf8_lossy(text))
    };
    let mut way = vec![place(span)];
    for step in conf.sources.expansions(span) {
        let how = match step.how {
            How::Definition => "used",
            How::Repetition => "repeated",
            How::Include => "included",
        };
        let values = step.values.as_ref().map_or(String::new(), |v| format!(" with {v}"));
        way.push(format!("{how} at {}{values}", place(step.at)));
    }
    way.join(", ")
}

fn problem_ways(conf: &Conf) -> Vec<String> {
    conf.problems.iter().map(|p| way(conf, p.span)).collect()
}

fn words(conf: &Conf) -> Vec<String> {
    fn walk(conf: &Conf, nodes: &[Node], into: &mut Vec<String>) {
        for n in nodes {
            into.extend(n.words.iter().map(|w| way(conf, w.span)));
            walk(conf, n.nodes(), into);
        }
    }
    let mut all = Vec::new();
    walk(conf, &conf.tree, &mut all);
    all
}

#[test]
fn text_of_a_definition_is_where_it_is_written_and_used() {
    let conf = conf("$A=priority 300\nvrrp_instance V {\n  $A\n  ${A} x\n}\n", Version::V2_4);
    let expected = [
        "k.conf:1:13 `300`, used at k.conf:3:3 `$A`",
        "k.conf:1:13 `300`, used at k.conf:4:3 `${A}`",
        "k.conf:4:8 `x`",
    ];
    assert_eq!(problem_ways(&conf), expected);
    // As keepalived tells of them: on the line of the use.
    let lines = conf.problems.iter().map(|p| conf.sources.position(conf.sources.used(p.span)).line);
    assert_eq!(lines.collect::<Vec<_>>(), [3, 4, 4]);
    let said = conf.instances[0].priority.unwrap().span;
    assert_eq!(way(&conf, said), "k.conf:4:3 `${A} x`");
}

#[test]
fn a_word_of_several_origins_is_where_they_meet() {
    let conf = conf("$NET=10.0.0\n$A=${NET}.300\nx ${NET}.1 $A \"${NET}\" 8${NET}\n", Version::V2_4);
    let expected = [
        "k.conf:3:1 `x`",
        "k.conf:3:3 `${NET}.1`",
        "k.conf:2:4 `${NET}.300`, used at k.conf:3:12 `$A`",
        "k.conf:3:15 `\"${NET}\"`",
        "k.conf:3:24 `8${NET}`",
    ];
    assert_eq!(words(&conf), expected);
    let inner = self::conf("$B=b c\n$A=a $B d\nx $A\n", Version::V2_4);
    let expected = [
        "k.conf:3:1 `x`",
        "k.conf:2:4 `a`, used at k.conf:3:3 `$A`",
        "k.conf:1:4 `b`, used at k.conf:2:6 `$B`, used at k.conf:3:3 `$A`",
        "k.conf:1:6 `c`, used at k.conf:2:6 `$B`, used at k.conf:3:3 `$A`",
        "k.conf:2:9 `d`, used at k.conf:3:3 `$A`",
    ];
    assert_eq!(words(&inner), expected);
}

#[test]
fn lines_of_a_definition_of_several_are_each_where_they_are_written() {
    let text = "$P=3\n$BODY= interface eth0 \\\n  priority 300 \\\n  virtual_ipaddress { 10.0.0.x } \\\n  priority ${P}00\nvrrp_instance V {\n  $BODY\n}\n";
    let conf = conf(text, Version::V2_4);
    let expected = [
        "k.conf:3:12 `300`, used at k.conf:7:3 `$BODY`",
        "k.conf:5:12 `${P}00`, used at k.conf:7:3 `$BODY`",
        "k.conf:4:23 `10.0.0.x`, used at k.conf:7:3 `$BODY`",
    ];
    assert_eq!(problem_ways(&conf), expected);
    let block = conf.tree[0].nodes()[2].block.as_ref().unwrap();
    assert_eq!(way(&conf, block.open.unwrap()), "k.conf:4:21 `{`, used at k.conf:7:3 `$BODY`");
    assert_eq!(way(&conf, block.close.unwrap()), "k.conf:4:32 `}`, used at k.conf:7:3 `$BODY`");
}

#[test]
fn text_of_a_repetition_is_where_it_is_written_and_says_its_values() {
    let conf = conf("~SEQ(I, 2, 3) x a${I} $I\n~LST({A,B}, {1,one}, {2}) y $A${B}\n", Version::V2_4);
    let expected = [
        "k.conf:1:15 `x`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 2",
        "k.conf:1:17 `a${I}`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 2",
        "k.conf:1:23 `$I`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 2",
        "k.conf:1:15 `x`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 3",
        "k.conf:1:17 `a${I}`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 3",
        "k.conf:1:23 `$I`, repeated at k.conf:1:1 `~SEQ(I, 2, 3)` with I = 3",
        "k.conf:2:27 `y`, repeated at k.conf:2:1 `~LST({A,B}, {1,one}, {2})` with A = 1, B = one",
        "k.conf:2:29 `$A${B}`, repeated at k.conf:2:1 `~LST({A,B}, {1,one}, {2})` with A = 1, B = one",
        "k.conf:2:27 `y`, repeated at k.conf:2:1 `~LST({A,B}, {1,one}, {2})` with A = 2, B = ",
        "k.conf:2:29 `$A`, repeated at k.conf:2:1 `~LST({A,B}, {1,one}, {2})` with A = 2, B = ",
    ];
    let got = words(&conf);
    // No blank follows `$A`, so it stays.
    assert_eq!(got, expected);
    let nested = self::conf("$N=1\n~SEQ(I, 1, $N) ~SEQx(J, 10, 10) $I-${J}\n", Version::V2_4);
    let steps =
        "repeated at k.conf:2:16 `~SEQx(J, 10, 10)` with J = a, repeated at k.conf:2:1 `~SEQ(I, 1, $N)` with I = 1";
    assert_eq!(words(&nested), [format!("k.conf:2:33 `$I-${{J}}`, {steps}")]);
}

#[test]
fn a_definition_that_is_repeated_has_both_steps() {
    let text = "$INST=vrrp_instance V${I} { \\\n priority ${I}99 \\\n }\n~SEQ(I, 1, 2) $INST\n";
    let conf = conf(text, Version::V2_4);
    let step = "used at k.conf:4:15 `$INST`, repeated at k.conf:4:1 `~SEQ(I, 1, 2)`";
    assert_eq!(problem_ways(&conf), [format!("k.conf:2:11 `${{I}}99`, {step} with I = 2")]);
    let names: Vec<String> = conf.instances.iter().map(|i| way(&conf, i.name.span)).collect();
    let expected =
        [format!("k.conf:1:21 `V${{I}}`, {step} with I = 1"), format!("k.conf:1:21 `V${{I}}`, {step} with I = 2")];
    assert_eq!(names, expected);
}

#[test]
fn lines_of_included_files_know_each_include() {
    let conf = files(
        &[("k.conf", b"include b\n  include b\n$D=x\n"), ("b", b"# b\ninclude c\n"), ("c", b"foo $D\n$D=y\n")],
        Version::V2_4,
    );
    let expected = [
        "c:1:1 `foo`, included at b:2:1 `include c`, included at k.conf:1:1 `include b`",
        "c:1:5 `$D`, included at b:2:1 `include c`, included at k.conf:1:1 `include b`",
        "c:1:1 `foo`, included at b:2:1 `include c`, included at k.conf:2:3 `include b`",
        // Where the definition of the other file is written; how that file came in is not said.
        "c:2:4 `y`, used at c:1:5 `$D`, included at b:2:1 `include c`, included at k.conf:2:3 `include b`",
    ];
    assert_eq!(words(&conf), expected);
    assert_eq!(conf.sources.name(conf.sources.used(conf.tree[0].words[0].span).file), "c");
    let named = files(&[("k.conf", b"$F=b\ninclude ${F}*\n"), ("b", b"foo\n")], Version::V2_4);
    assert_eq!(words(&named), ["b:1:1 `foo`, included at k.conf:2:1 `include ${F}*`"]);
}

#[test]
fn what_is_written_nowhere_stands_where_it_is_used() {
    let mut memory = Memory(BTreeMap::from([("k.conf", b"$X=a ${_PWD}\nx $GIVEN ${_INSTANCE}.$X\n".to_vec())]));
    let options = Options {
        config_id: "node".into(),
        directory: "/etc".into(),
        definitions: BTreeMap::from([("GIVEN".into(), "one two".into())]),
        ..Options::default()
    };
    let conf = crate::conf::read("k.conf", &mut memory, &options).unwrap();
    let texts: Vec<_> = conf.tree[0].words.iter().map(Word::str).collect();
    assert_eq!(texts, ["x", "one", "two", "node.a", "/etc"]);
    let expected = [
        "k.conf:2:1 `x`",
        "k.conf:2:3 `$GIVEN`",
        "k.conf:2:3 `$GIVEN`",
        "k.conf:2:10 `${_INSTANCE}.$X`",
        "k.conf:1:6 `${_PWD}`, used at k.conf:2:23 `$X`",
    ];
    assert_eq!(words(&conf), expected);
}

#[test]
fn columns_count_characters() {
    let conf = conf("vrrp_instance 主备 {\n  state 主 # 备\n}\n", Version::V2_4);
    let p = &conf.problems[0];
    let (start, end) = (conf.sources.position(p.span), conf.sources.end(p.span));
    assert_eq!((start.line, start.column, end.column), (2, 9, 10));
    let close = conf.tree[0].block.as_ref().unwrap().open.unwrap();
    assert_eq!(conf.sources.position(close).column, 18);
}

#[test]
fn secrets_are_known_where_they_are_written() {
    let text = "$P=hunter2\n$Q=hunt\n~LST({I,S}, {1,hunter2}) $INST\n$INST=vrrp_instance V${I} { \\\n authentication { \\\n auth_pass ${S} \\\n } \\\n }\n\
        ~LST({I,S}, {1,hunter2}) $INST\nvrrp_instance W {\n authentication {\n auth_pass ${Q}er2\n auth_pass $P\n auth_passhunter2\n key hunter2 x\n }\n}\n\
        virtual_server {\n auth_pass hunter2\n}\n";
    let conf = conf(text, Version::V2_4);
    let sources = &conf.sources;
    let mut hidden = text.as_bytes().to_vec();
    for span in sources.secrets() {
        hidden[span.start as usize..span.end as usize].fill(b'*');
    }
    let hidden = String::from_utf8(hidden).unwrap();
    // The first `~LST` comes before its definition, so nothing there is known to be a secret.
    assert_eq!(hidden.matches("hunt").count(), 1, "{hidden}");
    let name = conf.instances[0].name.span;
    assert_eq!(
        way(&conf, name),
        "k.conf:4:21 `V${I}`, used at k.conf:9:26 `$INST`, repeated at k.conf:9:1 `~LST({I,S}, {1,hunter2})`"
    );
}
