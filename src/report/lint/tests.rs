//! What each form makes of text that means something to it.

use super::{Report, concise, github, junit, text};
use crate::conf::Version;
use crate::finding::{Finding, Place, Severity};

/// A finding whose texts hold what must not get through.
fn hostile() -> Finding {
    let place = Place {
        file: "a,b:<c>.conf".into(),
        line: 3,
        column: 5,
        end_column: 8,
        text: "\tx & <y> \"z\"".into(),
        mark: 1..4,
        note: String::new(),
        primary: true,
    };
    let other = Place { line: 9, mark: 0..0, note: "first <here>".into(), primary: false, ..place.clone() };
    let message = "it's 100% <wrong>\u{1b}[2J\nand more";
    Finding::new("some-id", Severity::Critical, message, "Use a & b, 5%.")
        .place(place)
        .place(other)
        .fact("a \u{7} fact")
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn report(findings: &[Finding]) -> Report<'_> {
    Report { files: &[], nodes: &[], version: Version::V2_4, holds: &[], findings, ignored: 0, fixable: 0 }
}

#[test]
fn a_workflow_command_is_one_line_and_ends_where_it_should() {
    assert_eq!(
        written(|out| github::finding(out, &hostile())),
        "::error title=some-id,file=a%2Cb%3A<c>.conf,line=3,endLine=3,col=5,endColumn=8::it's 100%25 \
         <wrong>\u{fffd}[2J\u{fffd}and more%0Aa,b:<c>.conf:9:5: first <here>%0Aa \u{fffd} fact%0Afix: Use a & b, 5%25.\n"
    );
}

#[test]
fn xml_holds_no_markup_but_its_own_and_nothing_that_it_cannot_hold() {
    let findings = [hostile()];
    let said = written(|out| junit::write(out, &report(&findings)));
    let case = "    <testcase classname=\"a,b:&lt;c&gt;.conf\" name=\"some-id at 3:5\">
      <failure type=\"critical\" message=\"it&apos;s 100% &lt;wrong&gt;\u{fffd}[2J\u{fffd}and more\">a,b:&lt;c&gt;.conf:3:5: x &amp; &lt;y&gt; &quot;z&quot;
a,b:&lt;c&gt;.conf:9:5: x &amp; &lt;y&gt; &quot;z&quot;
  first &lt;here&gt;
a \u{fffd} fact
fix: Use a &amp; b, 5%.</failure>
    </testcase>
";
    assert!(said.contains(case), "{said}");
    assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said}");
}

#[test]
fn a_line_for_editors_is_one_line() {
    let said = written(|out| concise(out, &hostile()));
    assert_eq!(said, "a,b:<c>.conf:3:5: critical[some-id] it's 100% <wrong>\u{fffd}[2J\u{fffd}and more\n");
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
    let style = text::Style { color: false, width: Some(60), all: false };
    let said = written(|out| text::finding(out, &hostile(), &style, &mut |_, _| None));
    assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{said}");
    assert!(said.starts_with("critical[some-id]: it's 100% <wrong>"), "{said}");
    assert!(said.contains("\n9 |     x & <y> \"z\"\n  | - first <here>\n"), "{said}");
}

#[test]
fn the_last_line_counts_and_the_first_names_the_worst() {
    let with = |severity, message: &str| Finding::new("some-id", severity, message, "");
    let findings = [
        with(Severity::Critical, "this is worst"),
        with(Severity::Warning, "less so"),
        with(Severity::Info, "hardly"),
        with(Severity::Info, "nor this"),
    ];
    let files: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
    let all = Report { files: &files, nodes: &files, ignored: 7, ..report(&findings) };
    assert_eq!(all.tally(), "1 critical, 1 warning, 2 info in a, b, c and 2 more; 7 ignored by comments");
    let first = (Some(Severity::Critical), "CRITICAL", "this is worst (and 1 more finding)".to_owned());
    assert_eq!(all.verdict(), first);
    let holds = [(2, "vrrp_instance"), (0, "vrrp_sync_group")];
    let fine = Report { files: &files[..2], nodes: &files[..2], holds: &holds, ..report(&findings[2..]) };
    let said = "a and b: nothing wrong found in 2 vrrp_instances, by keepalived 2.4.4; 2 remarks".to_owned();
    assert_eq!(fine.verdict(), (None, "OK", said));
}
