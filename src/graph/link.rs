//! From what files say to one graph: names become identities, stars become columns, statements become edges.

use super::Linked;
use super::assemble::{Detail, End, Stated, assemble};
use super::column::Columns;
use super::identity::{Identities, Mention, Role, Scope};
use super::trigger::name_after_tables;
use crate::lineage::{Facts, Name, Output, Relation, Statement};
use std::collections::HashSet;

/// One file of the project with its facts.
#[derive(Clone, Copy, Debug)]
pub struct FileFacts<'a> {
    /// The file's id in the store.
    pub file_id: &'a str,
    /// The repository it belongs to (used to prefer definitions nearby when a name is ambiguous).
    pub repository_id: &'a str,
    /// Relative path; the name of the file's node.
    pub path: &'a str,
    /// What it says.
    pub facts: &'a Facts,
}

/// A node or relation made by hand through the API; ids are URNs or free text chosen by the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Manual {
    /// `POST /api/v1/graph/entity`.
    Entity {
        /// The client's id, kept as the node's URN when it is one, else made part of it.
        id: String,
        /// Free text; mapped to a [`crate::lineage::Kind`] when it names one, else kept in the properties as `entity_type`.
        entity_type: String,
        /// Name.
        name: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
    /// `POST /api/v1/graph/relationship`: `source` consumes `target`.
    Relationship {
        /// Id of the consumer.
        source: String,
        /// Id of what is consumed.
        target: String,
        /// Free text; mapped to a [`crate::lineage::Relation`] when it names one, else `DERIVES` with the text in the properties.
        relation: String,
        /// Properties.
        properties: serde_json::Map<String, serde_json::Value>,
    },
}

/// Something about the project as a whole that a person should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The name concerned.
    pub name: String,
    /// One sentence.
    pub message: String,
    /// The file that mentions it.
    pub file_id: String,
    /// 1-based line.
    pub line: u32,
}

/// Links the facts of all files of one project. The result does not depend on the order of `files`.
pub fn link(project: &str, files: &[FileFacts<'_>], manual: &[Manual]) -> Linked {
    let renamed = name_after_tables(files);
    let mut files: Vec<FileFacts<'_>> = files.iter().zip(&renamed).map(|(f, facts)| FileFacts { facts, ..*f }).collect();
    files.sort_by_key(|f| (f.path, f.repository_id, f.file_id));
    let mentions: Vec<Vec<Mention<'_>>> = files.iter().map(|f| mentions(f.facts)).collect();
    let derived: Vec<Vec<(&Name, &Name)>> = files.iter().map(|f| derived(f.facts)).collect();
    let names = Identities::new(&files, &mentions, &derived);
    drop((mentions, derived));

    let mut edges = Vec::new();
    state_edges(&files, &names, &mut edges);
    let columns = Columns::find(&files, &names, &mut edges);
    assemble(project, &files, &names, columns, edges, manual)
}

/// The roles of the two ends of a stated relation; `None` for relations that linking makes itself.
fn roles(relation: Relation) -> Option<(Role, Role)> {
    match relation {
        Relation::Derives | Relation::References => Some((Role::Data, Role::Data)),
        Relation::Reads => Some((Role::Owner, Role::Data)),
        Relation::WrittenBy => Some((Role::Data, Role::Owner)),
        Relation::Calls => Some((Role::Owner, Role::Callee)),
        Relation::FiresOn => Some((Role::Trigger, Role::Data)),
        Relation::Mentions => Some((Role::Owner, Role::Any)),
        Relation::ColumnOf | Relation::DefinedIn => None,
    }
}

/// Every name a file mentions, in a fixed order.
fn mentions(facts: &Facts) -> Vec<Mention<'_>> {
    let executed = |s: &&Statement| ["EXEC", "CALL", "CREATE TRIGGER"].iter().any(|k| s.kind.starts_with(k));
    let executed: HashSet<&Name> = facts.statements.iter().filter(executed).flat_map(|s| &s.calls).collect();
    let mut mentions = Vec::new();
    for edge in &facts.edges {
        let Some((from, to)) = roles(edge.relation) else { continue };
        // A document names many things that are none of ours, and an expression calls the functions every engine has.
        let keep = match edge.relation {
            Relation::Mentions => false,
            Relation::Calls => edge.to.as_ref().is_some_and(|n| n.0.len() > 1 || executed.contains(n)),
            _ => true,
        };
        mentions.extend(edge.from.iter().map(|name| Mention { name, role: from, line: edge.line, keep: true }));
        mentions.extend(edge.to.iter().map(|name| Mention { name, role: to, line: edge.line, keep }));
    }
    for asset in &facts.assets {
        mentions.extend(asset.foreign_keys.iter().map(|k| Mention { name: &k.references, role: Role::Data, line: k.line, keep: true }));
    }
    for statement in &facts.statements {
        let line = statement.span.line;
        for projection in &statement.projections {
            mentions.push(Mention { name: &projection.target, role: Role::Data, line, keep: true });
            for output in projection.branches.iter().flatten() {
                let (line, star, sources) = match output {
                    Output::Star(star) => (star.line, Some(&star.table), &[][..]),
                    Output::Column { sources, span, .. } => (span.line, None, sources.as_slice()),
                };
                let read = star.into_iter().chain(sources.iter().flat_map(|s| &s.tables));
                mentions.extend(read.map(|name| Mention { name, role: Role::Data, line, keep: true }));
            }
            let filters = projection.indirect.iter().flat_map(|s| &s.tables);
            mentions.extend(filters.map(|name| Mention { name, role: Role::Data, line, keep: true }));
        }
    }
    mentions
}

/// Pairs of names of which one is made from the other.
fn derived(facts: &Facts) -> Vec<(&Name, &Name)> {
    let stated = facts.edges.iter().filter(|e| e.relation == Relation::Derives);
    stated.filter_map(|e| Some((e.from.as_ref()?, e.to.as_ref()?))).filter(|(a, b)| a != b).collect()
}

fn state_edges<'a>(files: &[FileFacts<'a>], names: &Identities, out: &mut Vec<Stated<'a>>) {
    for (file, f) in files.iter().enumerate() {
        let file = file as u32;
        let mut scope = Scope::new(names, file);
        for edge in &f.facts.edges {
            let Some((from, to)) = roles(edge.relation) else { continue };
            let mut end = |name: &'a Option<Name>, role| match name {
                None => Some(End::File(file)),
                Some(name) => scope.resolve(name, role).map(End::Asset),
            };
            let (Some(from), Some(to)) = (end(&edge.from, from), end(&edge.to, to)) else { continue };
            out.push(Stated { confidence: edge.confidence, ..Stated::new(from, to, edge.relation, file, (edge.line, edge.line)) });
        }
    }
    for (ident, identity) in names.list.iter().enumerate() {
        let from = End::Asset(ident as u32);
        for (file, asset) in &identity.definitions {
            let asset = &files[*file as usize].facts.assets[*asset as usize];
            let lines = (asset.span.line, asset.span.line_end);
            out.push(Stated::new(from, End::File(*file), Relation::DefinedIn, *file, lines));
            for key in &asset.foreign_keys {
                let Some(to) = names.resolve(*file, &key.references, Role::Data) else { continue };
                let stated = Stated::new(from, End::Asset(to), Relation::References, *file, (key.line, key.line));
                out.push(Stated { detail: Detail::ForeignKey(key), ..stated });
            }
        }
    }
}
