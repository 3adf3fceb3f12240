//! A verdict that still knows where in the text it is.

use super::excerpt::Excerpts;
use super::{Node, Rule};
use crate::conf::{Edit, How, Problem, Span};
use crate::finding::{Confidence, Finding, GroupId, Severity};

/// A piece of a node's text and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Which of the nodes.
    pub node: usize,
    /// Where it is written.
    pub span: Span,
    /// What it shows; empty when the message says it.
    pub note: String,
}

/// A verdict of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule's id.
    pub id: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence that names addresses and numbers, without secrets.
    pub message: String,
    /// Where it is, the place that it is about first.
    pub labels: Vec<Label>,
    /// What else shows it.
    pub facts: Vec<String>,
    /// The change to make.
    pub fix: String,
    /// What could not be seen from here and would settle it.
    pub unseen: Option<String>,
    /// The virtual router it concerns, if one.
    pub group: Option<GroupId>,
    /// Edits of the first label's node that make the change without changing what keepalived does with the file.
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    /// Adds a place, the first one being what it is about.
    #[must_use]
    pub fn at(self, node: usize, span: Span) -> Self {
        self.label(node, span, "")
    }

    /// Adds a place with what it shows.
    #[must_use]
    pub fn label(mut self, node: usize, span: Span, note: impl Into<String>) -> Self {
        self.labels.push(Label { node, span, note: note.into() });
        self
    }

    /// Says how bad it is, where that is not the rule's own.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Says which change to make.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, fact: impl Into<String>) -> Self {
        self.facts.push(fact.into());
        self
    }

    /// Names the virtual router.
    #[must_use]
    pub fn group(mut self, vrid: u8, ipv6: bool) -> Self {
        self.group = Some(GroupId { vlans: crate::wire::Vlans::default(), vrid, ipv6 });
        self
    }

    /// Says that it is only likely, and what would settle it.
    #[must_use]
    pub fn likely(mut self, unseen: impl Into<String>) -> Self {
        self.confidence = Confidence::Likely;
        self.unseen = Some(unseen.into());
        self
    }

    /// Adds an edit that keeps the meaning.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// As the whole program shows what it finds. Each label brings the ways by which its text came to be read there.
    pub fn finding(&self, nodes: &[Node], excerpts: &mut Excerpts) -> Finding {
        let mut finding = Finding::new(self.id, self.severity, self.message.clone(), self.fix.clone());
        finding.confidence = self.confidence;
        finding.unseen.clone_from(&self.unseen);
        finding.group = self.group;
        for (i, label) in self.labels.iter().enumerate() {
            let Some(node) = nodes.get(label.node) else { continue };
            let mut place = excerpts.place(label.node, node, label.span, label.note.clone());
            place.primary = i == 0;
            finding = finding.place(place);
            for step in node.conf.sources.expansions(label.span) {
                let note = match (step.how, &step.values) {
                    (How::Definition, _) => "used here".to_owned(),
                    (How::Repetition, Some(values)) => format!("repeated here, with {values}"),
                    (How::Repetition, None) => "repeated here".to_owned(),
                    (How::Include, _) => "included here".to_owned(),
                };
                finding = finding.place(excerpts.place(label.node, node, step.at, note));
            }
        }
        self.facts.iter().fold(finding, |f, fact| f.fact(fact.clone()))
    }
}

/// What one rule finds.
#[derive(Debug)]
pub struct Found {
    id: &'static str,
    severity: Severity,
    fix: &'static str,
    all: Vec<Diagnostic>,
}

impl Found {
    pub(super) fn new(rule: &Rule) -> Self {
        Self { id: rule.page.id, severity: rule.severity, fix: rule.fix, all: Vec::new() }
    }

    pub(super) fn into_all(self) -> Vec<Diagnostic> {
        self.all
    }

    /// A diagnostic of this rule, to be completed and given to [`Self::push`].
    pub fn say(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            id: self.id,
            severity: self.severity,
            confidence: Confidence::Certain,
            message: message.into(),
            labels: Vec::new(),
            facts: Vec::new(),
            fix: self.fix.to_owned(),
            unseen: None,
            group: None,
            edits: Vec::new(),
        }
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.all.push(diagnostic);
    }

    /// Adds what reading met.
    pub(super) fn problem(&mut self, node: usize, problem: &Problem) {
        let mut d = self.say(problem.sentence.clone()).at(node, problem.span);
        for (span, note) in &problem.related {
            d = d.label(node, *span, note.clone());
        }
        if let Some(help) = &problem.help {
            d.fix.clone_from(help);
        }
        d.edits.clone_from(&problem.edits);
        self.push(d);
    }
}
