//! `hactl explain`: the text behind an id.

mod keyword;

use std::io::Write;

use clap::Args;

use super::Error;
use super::args::CommonArgs;
use super::output::Output;
use crate::finding::Page;
use crate::report::json;
use crate::sniff::DETECTORS;
use crate::wire::Problem;

pub const EXAMPLES: &str = "\
Examples:
  hactl explain                  every id with its title
  hactl explain split-brain      what it means, how it is decided, how to fix it
  hactl explain keyword          every keyword of keepalived.conf
  hactl explain keyword priority what follows it, its default, the blocks it stands in
";

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Id of a finding or of an advert's problem, or `keyword`; without it, all ids are listed
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// After `keyword`: a keyword of keepalived.conf, or BLOCK/KEYWORD; without it, all keywords are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// All keywords as a page in Markdown
    #[arg(long, hide = true)]
    markdown: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(serde::Serialize)]
struct PageObject {
    r#type: &'static str,
    id: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'static str,
}

/// Every page there is: those of findings, and the sentences of [`Problem`]s.
pub fn pages() -> Vec<Page> {
    let problems = Problem::ALL.iter().filter(|p| !DETECTORS.iter().any(|d| d.page.id == p.id()));
    let mut pages: Vec<Page> = DETECTORS.iter().map(|d| d.page).collect();
    pages.sort_by_key(|p| p.id);
    pages.extend(problems.map(|p| Page { id: p.id(), title: p.about(), text: "" }));
    pages
}

pub fn run(args: &ExplainArgs) -> Result<u8, Error> {
    let mut out = Output::new(false, args.common.color);
    if args.id.as_deref() == Some("keyword") {
        if args.markdown {
            write!(out, "{}", keyword::markdown())?;
        } else {
            keyword::run(args.name.as_deref(), args.common.json, &mut out)?;
        }
        out.flush()?;
        return Ok(0);
    }
    if let Some(name) = &args.name {
        let id = args.id.as_deref().unwrap_or_default();
        return Err(Error::Other(format!(
            "one id at a time: {id} or {name}? (a keyword: `hactl explain keyword {name}`)"
        )));
    }
    let pages = pages();
    let wanted: Vec<&Page> = match &args.id {
        None => pages.iter().collect(),
        Some(id) => {
            let Some(page) = pages.iter().find(|p| p.id == id) else {
                if keyword::is_known(id) {
                    let text = format!("{id} is a keyword of keepalived.conf: `hactl explain keyword {id}`");
                    return Err(Error::Other(text));
                }
                let near =
                    nearest(id, pages.iter().map(|p| p.id)).map_or(String::new(), |n| format!("; did you mean {n}?"));
                let text = format!("there is no finding with the id {id:?}{near} (`hactl explain` lists all)");
                return Err(Error::Other(text));
            };
            vec![page]
        }
    };
    for page in &wanted {
        if args.common.json {
            json::line(&mut out, &PageObject { r#type: "page", id: page.id, title: page.title, text: page.text })?;
        } else if args.id.is_none() {
            if page.text.is_empty() {
                continue;
            }
            writeln!(out, "{:<24} {}", page.id, page.title)?;
        } else {
            writeln!(out, "{}: {}\n", page.id, page.title)?;
            write!(out, "{}", page.text)?;
        }
    }
    if args.id.is_none() && !args.common.json {
        writeln!(out, "\nProblems of single adverts (in `hactl decode`):")?;
        for page in wanted.iter().filter(|p| p.text.is_empty()) {
            writeln!(out, "{:<24} {}", page.id, page.title)?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// The id that takes the fewest edits, if few are enough.
pub fn nearest<'a>(id: &str, ids: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    ids.map(|known| (distance(id, known), known)).filter(|(d, _)| *d <= 4).min().map(|(_, known)| known)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_id_finds_its_neighbour() {
        let pages = pages();
        let near = |id| nearest(id, pages.iter().map(|p| p.id));
        assert_eq!(near("splitbrain"), Some("split-brain"));
        assert_eq!(near("something else entirely"), None);
    }

    #[test]
    fn ids_are_unique_and_pages_have_all_sections() {
        let pages = pages();
        for (i, p) in pages.iter().enumerate() {
            assert!(!pages[..i].iter().any(|q| q.id == p.id), "{} twice", p.id);
            assert!(p.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", p.id);
        }
        let heads =
            ["What it means", "How it is decided", "What it can be confused with", "How to confirm", "How to fix"];
        for d in DETECTORS {
            let places: Vec<_> = heads.iter().map(|h| d.page.text.find(&format!("{h}\n"))).collect();
            assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}: {places:?}", d.page.id);
            assert!(d.page.text.lines().all(|l| l.chars().count() <= 120), "{} has a long line", d.page.id);
        }
    }
}
