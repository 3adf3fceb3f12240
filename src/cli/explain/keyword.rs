//! `hactl explain keyword`: what keepalived.conf has, and what follows it.

use std::fmt::Write as _;
use std::io::Write;

use super::nearest;
use crate::cli::Error;
use crate::cli::output::{Output, width};
use crate::conf::schema::{Again, KEYWORDS, Keyword, Place, Takes};
use crate::report::json;

#[derive(serde::Serialize)]
struct KeywordObject {
    r#type: &'static str,
    name: &'static str,
    block: &'static str,
    argument: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    default: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<&'static str>,
    required: bool,
    /// What a second one does: it `adds`, the `last` or the `first` counts, or it `replaces` with a message.
    again: &'static str,
    note: &'static str,
}

/// The path of what stands outside all blocks.
const TOP: &str = "(top)";

/// A keyword in one of the blocks that have it.
type Found = (&'static str, &'static Keyword);

/// Every keyword in every block, block by block.
fn all() -> Vec<Found> {
    let rows = |place: &'static Place| {
        let rows = KEYWORDS.iter().filter(move |k| k.place == *place);
        rows.flat_map(|k| place.paths().iter().map(move |path| (*path, k)))
    };
    let mut all: Vec<Found> = Place::ALL.iter().flat_map(rows).collect();
    // Blocks of two names stay together.
    all.sort_by_key(|(path, _)| Place::ALL.iter().position(|p| p.paths().contains(path)));
    all
}

/// Whether a block is meant: by its whole path or the end of it.
fn is_block(path: &str, wanted: &str) -> bool {
    path.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Whether a word is a keyword, of whichever block.
pub fn is_known(name: &str) -> bool {
    KEYWORDS.iter().any(|k| k.name == name)
}

fn since(k: &Keyword) -> Option<String> {
    k.since.map(|(major, minor, patch)| format!("{major}.{minor}.{patch}"))
}

/// What is asked for: a name, or a block and a name.
fn find(wanted: &str) -> Result<Vec<Found>, Error> {
    let all = all();
    let (block, name) = match wanted.rsplit_once('/') {
        Some((block, name)) => (Some(block), name),
        None => (None, wanted),
    };
    let named: Vec<Found> = all.iter().copied().filter(|(_, k)| k.name == name).collect();
    let found: Vec<Found> =
        named.iter().copied().filter(|(path, _)| block.is_none_or(|block| is_block(path, block))).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let text = if let Some(block) = block.filter(|_| !named.is_empty()) {
        let blocks: Vec<&str> = named.iter().map(|(path, _)| *path).collect();
        format!("{block} has no keyword {name:?}; it belongs in {}", blocks.join(", "))
    } else {
        let near =
            nearest(name, all.iter().map(|(_, k)| k.name)).map_or(String::new(), |n| format!("; did you mean {n}?"));
        format!("keepalived.conf has no keyword {name:?}{near} (`hactl explain keyword` lists all)")
    };
    Err(Error::Other(text))
}

/// Explains a keyword, or lists all.
pub fn run(wanted: Option<&str>, as_json: bool, out: &mut Output) -> Result<(), Error> {
    let found = wanted.map_or_else(|| Ok(all()), find)?;
    if as_json {
        for (path, k) in found {
            json::line(out, &object(path, k))?;
        }
        return Ok(());
    }
    if wanted.is_none() {
        return list(&found, out);
    }
    for (n, (k, paths)) in alike(&found).iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", described(k, paths, usize::from(width())))?;
    }
    Ok(())
}

fn object(path: &'static str, k: &'static Keyword) -> KeywordObject {
    let (min, max) = k.takes.range().unzip();
    KeywordObject {
        r#type: "keyword",
        name: k.name,
        block: path,
        argument: k.argument(),
        min,
        max,
        unit: k.unit,
        default: k.default,
        since: since(k),
        replaced_by: k.old.map(|(newer, _)| newer),
        required: k.required,
        again: match k.again {
            Again::Adds => "adds",
            Again::Last => "last",
            Again::Replaces => "replaces",
            Again::First => "first",
        },
        note: k.note,
    }
}

/// Block by block, one keyword a line.
fn list(found: &[Found], out: &mut Output) -> Result<(), Error> {
    let mut before = None;
    for (path, k) in found {
        if before.replace(path).is_some_and(|b| b != path) {
            writeln!(out)?;
        }
        let block = if *path == TOP { String::new() } else { format!("{path}/") };
        writeln!(out, "{}", format!("{block}{} {}", k.name, k.argument()).trim_end())?;
    }
    Ok(())
}

/// Keywords that are the same in several blocks, once with all of these.
fn alike(found: &[Found]) -> Vec<(&'static Keyword, Vec<&'static str>)> {
    let mut groups: Vec<(&Keyword, Vec<&str>)> = Vec::new();
    for (path, k) in found {
        let same = |other: &Keyword| Keyword { place: k.place, ..*other } == **k;
        match groups.iter_mut().find(|(other, _)| same(other)) {
            Some((_, paths)) => paths.push(path),
            None => groups.push((k, vec![path])),
        }
    }
    groups
}

/// A keyword as a person reads it.
fn described(k: &Keyword, paths: &[&str], width: usize) -> String {
    let mut text = format!("{}\n", format!("{} {}", k.name, k.argument()).trim_end());
    let mut say = |head: &str, what: &str| {
        let mut line = format!("  {head:<9}");
        let mut lines = String::new();
        for word in what.split(' ') {
            if line.trim_end().len() > 11 && line.chars().count() + 1 + word.chars().count() > width.max(40) {
                let _ = writeln!(lines, "{}", line.trim_end());
                line = " ".repeat(11);
            }
            line.push(' ');
            line.push_str(word);
        }
        let _ = writeln!(lines, "{}", line.trim_end());
        text.push_str(&lines);
    };
    let blocks: Vec<&str> = paths.iter().map(|p| if *p == TOP { "the top level" } else { p }).collect();
    say("in", &blocks.join(", "));
    say("", k.note);
    if !k.default.is_empty() {
        say("default", k.default);
    }
    if let Some(since) = since(k) {
        say("since", &format!("keepalived {since}"));
    }
    if let Some((newer, told)) = k.old {
        say("old name", &format!("of {newer}{}", if told { "; keepalived reports it" } else { "" }));
    }
    if k.required {
        say("required", "its block is of no use without it");
    }
    let twice = match (k.again, k.takes) {
        (_, Takes::Flag | Takes::Option(_)) | (Again::Last, Takes::Block(..)) => None,
        (Again::Adds, _) => Some("each one adds to those before"),
        (Again::Last, _) => Some("the last one counts, and nobody says so"),
        (Again::Replaces, _) => Some("the last one counts, with a message"),
        (Again::First, _) => Some("the first one counts, with a message"),
    };
    if let Some(twice) = twice {
        say("twice", twice);
    }
    text
}

/// All of them as a page of the manual.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Keywords of keepalived.conf\n\n\
         What `hactl` knows of keepalived 2.2.7 to 2.4.4, block by block. This page is made from the rows of `src/conf/schema/`:\n\
         `hactl explain keyword --markdown > docs/keywords.md`. `hactl explain keyword NAME` says the same of one.\n",
    );
    let cell = |text: &str| text.replace('|', "\\|");
    for place in Place::ALL {
        let rows: Vec<&Keyword> = KEYWORDS.iter().filter(|k| k.place == *place).collect();
        let head = match place {
            Place::Anywhere => "Anywhere".to_owned(),
            Place::Top => "Outside all blocks".to_owned(),
            _ => place.paths().iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(" and "),
        };
        let _ =
            write!(text, "\n## {head}\n\n| keyword | takes | default | since | |\n| --- | --- | --- | --- | --- |\n");
        for k in rows {
            let argument = k.argument();
            let argument = if argument.is_empty() { String::new() } else { format!("`{}`", cell(&argument)) };
            let old = k.old.map_or(String::new(), |(newer, _)| format!("Old name of `{newer}`. "));
            let _ = writeln!(
                text,
                "| `{}` | {argument} | {} | {} | {old}{} |",
                k.name,
                cell(k.default),
                since(k).unwrap_or_default(),
                cell(k.note)
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_the_end_of_their_path() {
        let blocks = |wanted| find(wanted).map(|f| f.iter().map(|(path, _)| *path).collect::<Vec<_>>());
        assert_eq!(blocks("vrrp_instance/priority").unwrap(), ["vrrp_instance"]);
        assert_eq!(blocks("HTTP_GET/url/path").unwrap(), ["virtual_server/real_server/HTTP_GET/url"]);
        assert_eq!(
            blocks("track_script/weight").unwrap(),
            ["vrrp_instance/track_script", "vrrp_sync_group/track_script"]
        );
        assert!(blocks("priority").unwrap().len() > 2);
        let said = |wanted| blocks(wanted).unwrap_err().to_string();
        assert_eq!(
            said("priorty"),
            "keepalived.conf has no keyword \"priorty\"; did you mean priority? (`hactl explain keyword` lists all)"
        );
        assert_eq!(
            said("global_defs/advert_int"),
            "global_defs has no keyword \"advert_int\"; it belongs in vrrp_instance"
        );
    }

    #[test]
    fn what_is_the_same_in_several_blocks_is_said_once() {
        let found = find("connect_port").unwrap();
        assert_eq!((found.len(), alike(&found).len()), (8, 1));
        let text = described(found[0].1, &["a", "b"], 60);
        let expected = "\
connect_port 1..65535
  in        a, b
            Port to connect to.
  default   that of the real server
  twice     the last one counts, and nobody says so
";
        assert_eq!(text, expected);
    }
}
