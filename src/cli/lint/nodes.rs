//! Configurations to nodes: which files, as which node, with what name.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::LintArgs;
use crate::cli::Error;
use crate::cli::files::{self, Files};
use crate::conf::{self, LoadError, Loader, Options, Reading, SourceMap, Version, resolve, same_for_oldest};
use crate::lint::Node;

/// What standard input is called.
pub const STDIN: &str = "<stdin>";

/// A configuration, read as one node.
struct Input {
    file: String,
    config_id: Option<String>,
    /// What messages call it.
    name: String,
}

/// All configurations, whose files are read once however often they are looked at.
pub struct Inputs {
    all: Vec<Input>,
    files: Vec<String>,
    options: Options,
    texts: Texts,
}

impl Inputs {
    /// Of the arguments.
    pub fn new(args: &LintArgs) -> Result<Self, Error> {
        let mut files: Vec<String> = Vec::new();
        for path in &args.files {
            let name = path.to_str();
            let name = name.ok_or_else(|| Error::Other(format!("{}: the name is not UTF-8", path.display())))?;
            files.push(if name == "-" { STDIN.to_owned() } else { name.to_owned() });
        }
        if files.is_empty() {
            files.push(super::DEFAULT.to_owned());
        }
        if files.iter().filter(|f| *f == STDIN).count() > 1 {
            return Err(Error::Other("standard input can be one configuration, not two".into()));
        }
        let ids = &args.config_ids;
        let all = match (files.len(), ids.len()) {
            (_, 0) => {
                let names = names(&files);
                let input = |(file, name): (&String, String)| Input { file: file.clone(), config_id: None, name };
                files.iter().zip(names).map(input).collect()
            }
            (1, _) => {
                let input =
                    |id: &String| Input { file: files[0].clone(), config_id: Some(id.clone()), name: id.clone() };
                ids.iter().map(input).collect()
            }
            (n, m) if n == m => {
                let input = |(file, id): (&String, &String)| Input {
                    file: file.clone(),
                    config_id: Some(id.clone()),
                    name: id.clone(),
                };
                files.iter().zip(ids).map(input).collect::<Vec<Input>>()
            }
            (n, m) => {
                let text = format!("{n} configurations and {m} --config-id: give one for each configuration");
                return Err(Error::Other(text));
            }
        };
        let mut options = files::options(Version::default());
        options.definitions = args.definitions.iter().cloned().collect();
        let mut texts = Texts::default();
        if files.iter().any(|f| f == STDIN) {
            let text = files::bounded(std::io::stdin().lock());
            let text = text.map_err(|e| Error::Other(format!("cannot read standard input: {e}")))?;
            texts.known().insert(STDIN.to_owned(), Ok(Arc::new(text)));
        }
        for file in &files {
            if texts.shared(file).is_ok_and(|text| text.len() > SourceMap::MAX_SIZE) {
                let most = SourceMap::MAX_SIZE >> 20;
                return Err(Error::Other(format!("cannot read {file}: it is larger than {most} MiB")));
            }
        }
        Ok(Self { all, files, options, texts })
    }

    /// The configurations, as they were named.
    pub fn names(&self) -> &[String] {
        &self.files
    }

    /// How many nodes there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The `config-id` that is taken when none is given, and whether it is.
    pub fn assumed_id(&self) -> Option<&str> {
        self.all.iter().all(|i| i.config_id.is_none()).then_some(self.options.config_id.as_str())
    }

    /// The texts of the files that were read.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// Reads all, by the rules of a version, and behind them all by those of an older one, if it reads anything otherwise.
    pub fn read(&self, texts: &Texts, version: Version, older: Option<Version>) -> Result<Vec<Node>, Error> {
        let (nodes, same) = same_for_oldest(|| self.read_as(texts, version, Reading::AsMeant));
        let mut nodes = nodes?;
        if let Some(older) = older.filter(|older| !(same && *older == Version::V2_2)) {
            nodes.extend(self.read_as(texts, older, Reading::AsMeant)?);
        }
        Ok(nodes)
    }

    /// Reads all in one way.
    pub fn read_as(&self, texts: &Texts, version: Version, reading: Reading) -> Result<Vec<Node>, Error> {
        let read = |input: &Input| {
            let mut options = Options { version, reading, ..self.options.clone() };
            if let Some(id) = &input.config_id {
                options.config_id.clone_from(id);
            }
            let mut loader = texts.clone();
            let conf = conf::read(&input.file, &mut loader, &options).map_err(|e| Error::Other(e.to_string()))?;
            let run = resolve(&conf, version);
            Ok(Node { name: input.name.clone(), conf, run })
        };
        self.all.iter().map(read).collect()
    }
}

/// What reading each file gave.
type Known = HashMap<String, Result<Arc<Vec<u8>>, LoadError>>;

/// The texts of files, each read from the file system once, whoever asks.
#[derive(Clone, Default)]
pub struct Texts {
    known: Arc<Mutex<Known>>,
}

impl Texts {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever held it did not get to leave it half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of a file that was read.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.known().get(name)?.as_ref().ok().map(|text| text.to_vec())
    }

    /// The same with other texts in the place of some: wherever a file goes by another name too.
    pub fn with(&self, changed: &BTreeMap<String, Vec<u8>>) -> Self {
        let mut known = self.known().clone();
        let real = |name: &str| std::fs::canonicalize(name).ok();
        let changed: Vec<_> = changed.iter().map(|(name, text)| (name, real(name), text)).collect();
        for (name, text) in &mut known {
            let same = changed.iter().find(|(n, path, _)| *n == name || path.is_some() && *path == real(name));
            if let Some((.., new)) = same {
                *text = Ok(Arc::new((*new).clone()));
            }
        }
        Self { known: Arc::new(Mutex::new(known)) }
    }
}

impl Loader for Texts {
    fn expand(&mut self, pattern: &str, from: &str) -> Vec<String> {
        Files.expand(pattern, from)
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.shared(name).map(|text| text.to_vec())
    }

    fn shared(&mut self, name: &str) -> Result<Arc<Vec<u8>>, LoadError> {
        self.known().entry(name.to_owned()).or_insert_with(|| Files.read(name).map(Arc::new)).clone()
    }
}

/// What nodes are called whose files have these names: without directory and ending, or by what tells them apart.
fn names(files: &[String]) -> Vec<String> {
    let parts = |file: &String| -> Vec<String> {
        let path = Path::new(file);
        let part = |p: Option<&std::ffi::OsStr>| p.map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let mut all =
            vec![if file == STDIN { "stdin".to_owned() } else { part(path.file_stem()) }, part(path.file_name())];
        let above = path.parent().into_iter().flat_map(Path::components);
        all.extend(above.rev().map(|c| c.as_os_str().to_string_lossy().into_owned()));
        all
    };
    let parts: Vec<Vec<String>> = files.iter().map(parts).collect();
    let mut names: Vec<String> = parts.iter().map(|p| p[0].clone()).collect();
    let alike =
        |names: &[String], i: usize| -> Vec<usize> { (0..names.len()).filter(|j| names[*j] == names[i]).collect() };
    let stems = names.clone();
    for i in 0..files.len() {
        let same = alike(&stems, i);
        if same.len() < 2 || same[0] < i {
            continue;
        }
        let deepest = same.iter().map(|j| parts[*j].len()).max().unwrap_or(0);
        let apart = (1..deepest).find(|depth| {
            let at: Vec<Option<&String>> = same.iter().map(|j| parts[*j].get(*depth)).collect();
            at.iter().enumerate().all(|(k, name)| name.is_some() && !at[..k].contains(name))
        });
        for (n, j) in same.iter().enumerate() {
            names[*j] = match apart {
                Some(depth) => parts[*j][depth].clone(),
                None if n == 0 => files[*j].clone(),
                // The same file twice, or one that only a whole name tells apart.
                None if same[..n].iter().any(|k| files[*k] == files[*j]) => format!("{} ({})", files[*j], n + 1),
                None => files[*j].clone(),
            };
        }
    }
    // What told some apart may be another's name.
    for i in 0..files.len() {
        if alike(&names, i).len() > 1 {
            names[i].clone_from(&files[i]);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_called_by_what_tells_their_files_apart() {
        let names = |files: &[&str]| names(&files.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["/etc/keepalived/keepalived.conf"]), ["keepalived"]);
        assert_eq!(names(&["x/a.conf", "b.conf"]), ["a", "b"]);
        assert_eq!(names(&["a/keepalived.conf", "b/keepalived.conf"]), ["a", "b"]);
        assert_eq!(names(&["lb1/etc/keepalived/k.conf", "lb2/etc/keepalived/k.conf"]), ["lb1", "lb2"]);
        assert_eq!(names(&["k.conf", "b/k.conf"]), ["k.conf", "b/k.conf"]);
        assert_eq!(names(&["a.conf", "a.cfg"]), ["a.conf", "a.cfg"]);
        assert_eq!(names(&["a.conf", "a.conf"]), ["a.conf", "a.conf (2)"]);
        assert_eq!(names(&["a/k.conf", "b/k.conf", "a.conf"]), ["a/k.conf", "b", "a"]);
        assert_eq!(names(&[STDIN, "b.conf"]), ["stdin", "b"]);
    }
}
