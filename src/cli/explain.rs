//! `hactl explain`: the text behind an id.

mod keyword;

use std::io::Write;

use clap::Args;

use super::Error;
use super::args::CommonArgs;
use super::output::Output;
use crate::finding::Page;
use crate::lint::RULES;
use crate::probe::nginx::PAGES;
use crate::report::json;
use crate::sniff::DETECTORS;
use crate::wire::Problem;

pub const EXAMPLES: &str = "\
Examples:
  hactl explain                  every id with its title
  hactl explain split-brain      what it means, how it is decided, how to fix it
  hactl explain weight-tie       the same of what `hactl lint` finds
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
    about: &'static str,
    title: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'static str,
}

/// What a page is about. An id has one for each that it is found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// A finding in what was captured.
    Wire,
    /// A finding in configurations.
    Configuration,
    /// A finding in an nginx.conf.
    Nginx,
    /// A problem of a single advert.
    Advert,
}

impl About {
    const ALL: [Self; 4] = [Self::Wire, Self::Configuration, Self::Nginx, Self::Advert];

    /// The word used in JSON.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Configuration => "configuration",
            Self::Nginx => "nginx",
            Self::Advert => "advert",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Wire => "On the wire",
            Self::Configuration => "In configurations",
            Self::Nginx => "In an nginx.conf",
            Self::Advert => "In a single advert",
        }
    }

    const fn commands(self) -> &'static str {
        match self {
            Self::Wire => "hactl watch",
            Self::Configuration => "hactl lint",
            Self::Nginx => "hactl probe nginx",
            Self::Advert => "hactl decode",
        }
    }
}

/// Every page there is: those of findings, and the sentences of [`Problem`]s whose id no finding on the wire has.
fn pages() -> Vec<(About, Page)> {
    let problems = Problem::ALL.iter().filter(|p| !DETECTORS.iter().any(|d| d.page.id == p.id()));
    let mut pages: Vec<(About, Page)> = DETECTORS.iter().map(|d| (About::Wire, d.page)).collect();
    pages.extend(RULES.iter().map(|r| (About::Configuration, r.page)));
    pages.extend(PAGES.iter().map(|p| (About::Nginx, *p)));
    pages.sort_by_key(|(about, p)| (*about, p.id));
    pages.extend(problems.map(|p| (About::Advert, Page { id: p.id(), title: p.about(), text: "" })));
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
    let wanted: Vec<&(About, Page)> = match &args.id {
        None => pages.iter().collect(),
        Some(id) => {
            let wanted: Vec<_> = pages.iter().filter(|(_, p)| p.id == id).collect();
            if wanted.is_empty() {
                if keyword::is_known(id) {
                    let text = format!("{id} is a keyword of keepalived.conf: `hactl explain keyword {id}`");
                    return Err(Error::Other(text));
                }
                let near = nearest(id, pages.iter().map(|(_, p)| p.id));
                let near = near.map_or(String::new(), |n| format!("; did you mean {n}?"));
                let text = format!("there is no finding with the id {id:?}{near} (`hactl explain` lists all)");
                return Err(Error::Other(text));
            }
            wanted
        }
    };
    if args.common.json {
        for (about, page) in &wanted {
            let Page { id, title, text } = *page;
            json::line(&mut out, &PageObject { r#type: "page", id, about: about.as_str(), title, text })?;
        }
    } else if args.id.is_none() {
        list(&mut out, &pages)?;
    } else if let [(_, page)] = wanted.as_slice() {
        writeln!(out, "{}: {}\n", page.id, page.title)?;
        write!(out, "{}", page.text)?;
    } else {
        for (i, (about, page)) in wanted.iter().enumerate() {
            writeln!(out, "{}{}", if i == 0 { page.id } else { "" }, if i == 0 { "\n" } else { "" })?;
            writeln!(out, "{}: {}\n", about.heading(), page.title)?;
            write!(out, "{}", page.text)?;
        }
    }
    out.flush()?;
    Ok(0)
}

/// Ids with their titles, by what they are about.
fn list(out: &mut Output, pages: &[(About, Page)]) -> std::io::Result<()> {
    let width = pages.iter().map(|(_, p)| p.id.len()).max().unwrap_or(0);
    for (i, about) in About::ALL.into_iter().enumerate() {
        let gap = if i == 0 { "" } else { "\n" };
        writeln!(out, "{gap}{} ({}):", about.heading(), about.commands())?;
        for (_, page) in pages.iter().filter(|(a, _)| *a == about) {
            writeln!(out, "  {:<width$}  {}", page.id, page.title)?;
        }
    }
    Ok(())
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
        let near = |id| nearest(id, pages.iter().map(|(_, p)| p.id));
        assert_eq!(near("splitbrain"), Some("split-brain"));
        assert_eq!(near("something else entirely"), None);
    }

    #[test]
    fn ids_are_unique_in_what_they_are_about_and_pages_have_all_sections() {
        let pages = pages();
        for (i, (about, p)) in pages.iter().enumerate() {
            assert!(!pages[..i].iter().any(|(a, q)| a == about && q.id == p.id), "{} twice", p.id);
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
