//! A configuration as it takes effect, and how two differ: as text and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::conf::SourceMap;
use crate::conf::effective::{Origin, Section, Setting, Shown};
use crate::lint::{Difference, Node};
use crate::report::json::line;
use crate::report::printable;

/// Where a comment begins, if the line leaves room.
const COLUMN: usize = 44;

fn at(sources: &SourceMap, origin: &Origin) -> Option<(String, u32)> {
    match origin {
        Origin::Set(span) | Origin::Inherited(span) | Origin::Mended { span, .. } => {
            Some((sources.name(span.file).to_owned(), sources.position(*span).line))
        }
        Origin::Default | Origin::Derived => None,
    }
}

fn remark(sources: &SourceMap, setting: &Setting) -> String {
    let place = at(sources, &setting.origin).map_or(String::new(), |(file, line)| format!("{file}:{line}"));
    match &setting.origin {
        Origin::Set(_) => String::new(),
        Origin::Default => "default".to_owned(),
        Origin::Derived => "derived".to_owned(),
        Origin::Inherited(_) => format!("from {place}"),
        Origin::Mended { said, .. } if matches!(setting.value, Shown::Secret(_)) || said.contains("****") => {
            format!("{place} says something else")
        }
        Origin::Mended { said, .. } => format!("{place} says {said}"),
    }
}

/// One line with its remark in a column of its own.
fn put(out: &mut dyn Write, depth: usize, text: &str, remark: &str) -> io::Result<()> {
    let text = printable(&format!("{:1$}{text}", "", depth * 4));
    if remark.is_empty() {
        return writeln!(out, "{text}");
    }
    let pad = COLUMN.saturating_sub(text.chars().count());
    writeln!(out, "{text}{:pad$}  # {}", "", printable(remark))
}

/// Blocks in the words of keepalived.conf; what is not set says so in a comment, and what is off is one.
pub fn dump(out: &mut dyn Write, sources: &SourceMap, sections: &[Section], depth: usize) -> io::Result<()> {
    for s in sections {
        let inner = if s.keyword.is_empty() { depth } else { depth + 1 };
        if !s.keyword.is_empty() {
            let name = if s.name.is_empty() { String::new() } else { format!(" {}", s.name) };
            let place = s
                .span
                .map_or(String::new(), |span| format!("{}:{}", sources.name(span.file), sources.position(span).line));
            put(out, depth, &format!("{}{name} {{", s.keyword), &place)?;
        }
        for setting in &s.settings {
            let remark = remark(sources, setting);
            match &setting.value {
                Shown::List(lines) => {
                    put(out, inner, &format!("{} {{", setting.name), &remark)?;
                    lines.iter().try_for_each(|l| put(out, inner + 1, l, ""))?;
                    put(out, inner, "}", "")?;
                }
                Shown::Flag(true) => put(out, inner, setting.name, &remark)?,
                // There is no way to write it, and no need.
                Shown::Flag(false) => put(out, inner, &format!("#{} off", setting.name), &remark)?,
                Shown::Text(text) if setting.origin == Origin::Default && text.contains([' ', '\'']) => {
                    put(out, inner, &format!("#{}: {text}", setting.name), &remark)?;
                }
                value => put(out, inner, format!("{} {value}", setting.name).trim_end(), &remark)?,
            }
        }
        dump(out, sources, &s.sections, inner)?;
        if !s.keyword.is_empty() {
            put(out, depth, "}", "")?;
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct SettingObject<'a> {
    name: &'static str,
    value: serde_json::Value,
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
struct SectionObject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    block: &'static str,
    name: &'a str,
    settings: Vec<SettingObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<SectionObject<'a>>,
}

fn value(shown: &Shown) -> serde_json::Value {
    match shown {
        Shown::Flag(on) => (*on).into(),
        Shown::List(lines) => lines.clone().into(),
        shown => shown.to_string().into(),
    }
}

fn setting<'a>(sources: &SourceMap, s: &'a Setting) -> SettingObject<'a> {
    let place = at(sources, &s.origin);
    SettingObject {
        name: s.name,
        value: value(&s.value),
        from: match s.origin {
            Origin::Set(_) => "set",
            Origin::Default => "default",
            Origin::Inherited(_) => "inherited",
            Origin::Mended { .. } => "mended",
            Origin::Derived => "derived",
        },
        said: match &s.origin {
            Origin::Mended { said, .. } => Some(said),
            _ => None,
        },
        file: place.as_ref().map(|p| p.0.clone()),
        line: place.map(|p| p.1),
    }
}

fn section<'a>(sources: &SourceMap, s: &'a Section) -> SectionObject<'a> {
    SectionObject {
        r#type: None,
        node: None,
        block: s.keyword,
        name: &s.name,
        settings: s.settings.iter().map(|x| setting(sources, x)).collect(),
        blocks: s.sections.iter().map(|x| section(sources, x)).collect(),
    }
}

/// One object a block: `block`.
pub fn dump_json(out: &mut dyn Write, node: &Node, sections: &[Section]) -> io::Result<()> {
    for s in sections {
        let object = section(&node.conf.sources, s);
        line(out, &SectionObject { r#type: Some("block"), node: Some(&node.name), ..object })?;
    }
    Ok(())
}

/// What one side has, with where it is from.
fn side(node: &Node, s: Option<&Setting>) -> String {
    let Some(s) = s else { return format!("{}: nothing", node.name) };
    let place = at(&node.conf.sources, &s.origin).map_or(String::new(), |(file, line)| format!("  ({file}:{line})"));
    let how = match &s.origin {
        Origin::Default => "  (default)".to_owned(),
        Origin::Mended { .. } | Origin::Set(_) | Origin::Inherited(_) => place,
        Origin::Derived => String::new(),
    };
    let value = match &s.value {
        Shown::Text(text) if text.is_empty() => "is there".to_owned(),
        value => value.to_string(),
    };
    format!("{}: {value}{how}", node.name)
}

/// How two nodes differ, for people: first what should be the same, then what may well differ.
pub fn diff(out: &mut dyn Write, nodes: &[Node; 2], all: &[Difference]) -> io::Result<()> {
    for (title, wanted) in [("Differences that matter", false), ("Differences that are normal between nodes", true)] {
        let list: Vec<&Difference> = all.iter().filter(|d| d.normal.is_some() == wanted).collect();
        if list.is_empty() {
            continue;
        }
        writeln!(out, "{title}")?;
        let mut path: &[String] = &[];
        for d in list {
            if d.path != path && !d.name.is_empty() {
                writeln!(out, "  {}", printable(&d.path.join(" / ")))?;
                path = &d.path;
            }
            let secret = |s: &Option<Setting>| s.as_ref().is_some_and(|s| matches!(s.value, Shown::Secret(_)));
            if d.name.is_empty() {
                let has = usize::from(d.sides[0].is_none());
                let text = format!("{} is on {} only", d.path.join(" / "), nodes[has].name);
                let there = side(&nodes[has], d.sides[has].as_ref());
                writeln!(
                    out,
                    "  {}",
                    printable(&format!("{text}{}", there.split("there").nth(1).unwrap_or_default()))
                )?;
                path = &[];
                continue;
            }
            let why = d.normal.map_or(String::new(), |why| format!("  ({why})"));
            writeln!(out, "    {}{why}", d.name)?;
            if d.sides.iter().all(secret) {
                writeln!(out, "      not the same (secrets are never shown)")?;
                continue;
            }
            for (node, s) in nodes.iter().zip(&d.sides) {
                writeln!(out, "      {}", printable(&side(node, s.as_ref())))?;
            }
        }
        writeln!(out)?;
    }
    let odd = all.iter().filter(|d| d.normal.is_none()).count();
    let names = format!("{} and {}", printable(&nodes[0].name), printable(&nodes[1].name));
    match (all.len(), odd) {
        (0, _) => writeln!(out, "{names} mean the same"),
        (n, 0) => writeln!(out, "{names} differ in {n} settings, as nodes of one cluster do"),
        (n, odd) => writeln!(out, "{names} differ in {n} settings, {odd} of which should be looked at"),
    }
}

#[derive(Serialize)]
struct DifferenceObject<'a> {
    r#type: &'static str,
    path: &'a [String],
    name: &'static str,
    normal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    nodes: [&'a str; 2],
    sides: [Option<SettingObject<'a>>; 2],
}

/// The same as objects: `difference`.
pub fn diff_json(out: &mut dyn Write, nodes: &[Node; 2], all: &[Difference]) -> io::Result<()> {
    for d in all {
        let [a, b] = [0, 1].map(|i| d.sides[i].as_ref().map(|s| setting(&nodes[i].conf.sources, s)));
        let object = DifferenceObject {
            r#type: "difference",
            path: &d.path,
            name: d.name,
            normal: d.normal.is_some(),
            why: d.normal,
            nodes: [&nodes[0].name, &nodes[1].name],
            sides: [a, b],
        };
        line(out, &object)?;
    }
    Ok(())
}
