//! `--fix`: makes the changes that keep what keepalived does, and writes them.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use super::nodes::{Inputs, Texts};
use crate::cli::Error;
use crate::cli::files::bounded;
use crate::conf::{Reading, Version};
use crate::finding::Severity;
use crate::lint::fix::{Draft, Meaning, keeps};
use crate::lint::{Context, Diagnostic, Node, Selection, judge};

/// How often changes are made that had to wait for others.
const MOST_PASSES: usize = 10;
/// How many changes are tried one by one.
const MOST_SINGLE: usize = 200;

/// What changes change that keep everything one by one.
const TOGETHER: &str = "something together with other changes";

/// What is to be changed.
pub struct Plan {
    /// The files, as they were named.
    pub files: Vec<Changed>,
    /// The texts as they will be.
    pub texts: Texts,
    /// What was found before.
    pub before: Vec<Node>,
    /// How many findings have their change made.
    pub made: usize,
    /// Changes that are not made, and why: a sentence each.
    pub refused: Vec<String>,
}

/// A file that is changed.
pub struct Changed {
    pub name: String,
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

/// Works out which changes keep what keepalived does.
pub fn plan(inputs: &Inputs, version: Version, context: &Context<'_>, selection: &Selection) -> Result<Plan, Error> {
    let ask = |texts: &Texts| -> Result<(Vec<Node>, Vec<Diagnostic>), Error> {
        let nodes = inputs.read(texts, version, None)?;
        let found = judge(&nodes, context, selection);
        Ok((nodes, found))
    };
    let (before, mut found) = ask(inputs.texts())?;
    let mut plan = Plan { files: Vec::new(), texts: inputs.texts().clone(), before, made: 0, refused: Vec::new() };
    let mut refused = BTreeSet::new();
    let mut changed = BTreeSet::new();
    for _ in 0..MOST_PASSES {
        let nodes = inputs.read(&plan.texts, version, None)?;
        let able: Vec<&Diagnostic> =
            found.iter().filter(|d| !d.edits.is_empty() && !refused.contains(&key(&nodes, d))).collect();
        let draft = Draft::of(&nodes, &able);
        if draft.done.is_empty() {
            break;
        }
        let tried = Tried { inputs, versions: versions(version), ask: &ask, found: &found };
        if let Ok((texts, more)) = tried.keeps(&plan.texts, &draft)? {
            plan.made += draft.done.len();
            changed.extend(draft.texts.into_keys());
            (plan.texts, found) = (texts, more);
            continue;
        }
        // One of them does not, or only together they do not.
        let mut bad = Vec::new();
        for (n, row) in draft.done.iter().enumerate() {
            let why = if n < MOST_SINGLE {
                tried.keeps(&plan.texts, &Draft::of(&nodes, &[able[*row]]))?.err()
            } else {
                Some(TOGETHER)
            };
            bad.extend(why.map(|why| (able[*row], why)));
        }
        if bad.is_empty() {
            bad = draft.done.iter().skip(1).map(|row| (able[*row], TOGETHER)).collect();
        }
        for (d, why) in bad {
            refused.insert(key(&nodes, d));
            plan.refused.push(format!("{} is not changed for {}: it would change {why}", at(&nodes, d), d.id));
        }
    }
    for name in changed {
        let (Some(old), Some(new)) = (inputs.texts().get(&name), plan.texts.get(&name)) else { continue };
        if old != new {
            plan.files.push(Changed { name, old, new });
        }
    }
    Ok(plan)
}

/// What is read again to be sure.
fn versions(version: Version) -> BTreeSet<Version> {
    BTreeSet::from([Version::V2_2, Version::V2_4, version])
}

/// What tells a finding from others when its place has moved.
fn key(nodes: &[Node], d: &Diagnostic) -> (&'static str, String, String) {
    let file = d.labels.first().and_then(|l| Some((nodes.get(l.node)?, l.span)));
    let file = file.map_or_else(String::new, |(node, span)| node.conf.sources.name(span.file).to_owned());
    (d.id, file, d.message.clone())
}

fn at(nodes: &[Node], d: &Diagnostic) -> String {
    let Some(label) = d.labels.first() else { return String::new() };
    let Some(node) = nodes.get(label.node) else { return String::new() };
    let sources = &node.conf.sources;
    format!("{}:{}", sources.name(label.span.file), sources.position(label.span).line)
}

type Asked = Result<(Vec<Node>, Vec<Diagnostic>), Error>;

struct Tried<'a> {
    inputs: &'a Inputs,
    versions: BTreeSet<Version>,
    ask: &'a dyn Fn(&Texts) -> Asked,
    found: &'a [Diagnostic],
}

impl Tried<'_> {
    /// The texts with the changes and what is found in them, or what they would change.
    fn keeps(&self, texts: &Texts, draft: &Draft) -> Result<Result<(Texts, Vec<Diagnostic>), &'static str>, Error> {
        let new = texts.with(&draft.texts);
        for version in &self.versions {
            let before = self.inputs.read_as(texts, *version, Reading::AsTaken)?;
            let after = self.inputs.read_as(&new, *version, Reading::AsTaken)?;
            for (a, b) in before.iter().zip(&after) {
                let (a, b) = (Meaning { conf: &a.conf, run: &a.run }, Meaning { conf: &b.conf, run: &b.run });
                if let Err(why) = keeps(&a, &b, draft) {
                    return Ok(Err(why));
                }
            }
        }
        let (_, found) = (self.ask)(&new)?;
        let bad = |all: &[Diagnostic]| all.iter().filter(|d| d.severity > Severity::Info).count();
        Ok(if bad(&found) > bad(self.found) { Err("what else is found") } else { Ok((new, found)) })
    }
}

/// Writes a changed file: keeps the old text beside it, under a name that no `include` finds, and puts the new one in its
/// place in one step. Gives the name of what was kept.
pub fn write(file: &Changed) -> Result<String, Error> {
    let fail = |what: &str, e: &dyn std::fmt::Display| Error::Other(format!("{}: {what}: {e}", file.name));
    let path = fs::canonicalize(&file.name).map_err(|e| fail("cannot find it any more", &e))?;
    let meta = fs::metadata(&path).map_err(|e| fail("cannot read it any more", &e))?;
    let directory = path.parent().unwrap_or(Path::new("/"));
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if meta.nlink() > 1 {
        let why = "it has other names (hard links), which would keep the old text; nothing was written";
        return Err(Error::Other(format!("{}: {why}", file.name)));
    }
    unchanged(&path, file)?;
    let (backup, kept) = create(directory, &format!(".{name}.orig"), &file.old, &meta)
        .map_err(|e| fail("cannot keep its old text beside it", &e))?;
    let (fresh, _) = create(directory, &format!(".{name}.new"), &file.new, &meta).map_err(|e| {
        drop(fs::remove_file(&backup));
        fail("cannot write beside it", &e)
    })?;
    let replaced =
        unchanged(&path, file).and_then(|()| fs::rename(&fresh, &path).map_err(|e| fail("cannot replace it", &e)));
    if let Err(e) = replaced {
        // Nothing was done: nothing stays.
        drop(fs::remove_file(&fresh));
        drop(fs::remove_file(&backup));
        return Err(e);
    }
    // The name is there after a crash too; if not, the old text is.
    drop(File::open(directory).and_then(|d| d.sync_all()));
    Ok(kept)
}

/// Whether a file still holds what was read of it.
fn unchanged(path: &Path, file: &Changed) -> Result<(), Error> {
    let now = File::open(path).and_then(bounded);
    let now = now.map_err(|e| Error::Other(format!("{}: cannot read it any more: {e}", file.name)))?;
    if now == file.old {
        return Ok(());
    }
    Err(Error::Other(format!("{} has changed meanwhile; nothing was written: run hactl lint --fix again", file.name)))
}

/// Makes a file that is not there, with this name or a number behind it, as much like another as possible.
fn create(directory: &Path, name: &str, text: &[u8], like: &Metadata) -> io::Result<(PathBuf, String)> {
    for n in 0..1000 {
        let name = if n == 0 { name.to_owned() } else { format!("{name}.{n}") };
        let path = directory.join(&name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = match file {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            other => other?,
        };
        let filled = file.write_all(text).and_then(|()| {
            let meta = file.metadata()?;
            if (meta.uid(), meta.gid()) != (like.uid(), like.gid()) {
                fchown(&file, Some(like.uid()), Some(like.gid()))?;
            }
            // Behind the owner, which takes some bits away.
            file.set_permissions(like.permissions())?;
            file.sync_all()
        });
        return match filled {
            Ok(()) => Ok((path, name)),
            Err(e) => {
                drop(fs::remove_file(&path));
                Err(e)
            }
        };
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("there are a thousand {name} already")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_stays_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.conf");
        let name = path.to_str().unwrap().to_owned();
        let file = Changed { name: name.clone(), old: b"old".to_vec(), new: b"new".to_vec() };
        let says = |end: &str| {
            let why = write(&file).unwrap_err().to_string();
            assert!(why.starts_with(&name) && why.ends_with(end), "{why}");
            let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            left.len()
        };
        assert_eq!(says("cannot find it any more: No such file or directory (os error 2)"), 0);
        fs::write(&path, "other").unwrap();
        assert_eq!(says(" has changed meanwhile; nothing was written: run hactl lint --fix again"), 1);
        assert_eq!(fs::read(&path).unwrap(), b"other");
        fs::write(&path, "old").unwrap();
        fs::hard_link(&path, dir.path().join("b.conf")).unwrap();
        assert_eq!(says("would keep the old text; nothing was written"), 2);
        fs::remove_file(dir.path().join("b.conf")).unwrap();
        assert_eq!(write(&file).unwrap(), ".a.conf.orig");
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read(dir.path().join(".a.conf.orig")).unwrap()),
            (b"new".to_vec(), b"old".to_vec())
        );
    }
}
