//! Triggers of one name on several tables.
//!
//! In some databases a trigger's name is its table's, not its schema's: fourteen tables may each have a `last_updated`. Where a
//! name fires on several tables of a project, each trigger is called after its table (`actor.last_updated`).

use super::file::Slot;
use crate::lineage::{Asset, Facts, Kind, Name, Relation};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The triggers of a project: by name, the files that define one so called and the table that it fires on.
#[derive(Debug, Default)]
pub(super) struct Triggers {
    on: HashMap<String, Vec<(Slot, String)>>,
    /// Names that fired on several tables when asked last.
    shared: HashSet<String>,
    /// Names that came or went since.
    moved: HashSet<String>,
}

impl Triggers {
    pub(super) fn insert(&mut self, slot: Slot, facts: &Facts) {
        for (name, table) in triggers(facts) {
            self.moved.insert(name.clone());
            self.on.entry(name).or_default().push((slot, table));
        }
    }

    pub(super) fn remove(&mut self, slot: Slot, facts: &Facts) {
        for (name, _) in triggers(facts) {
            if let Some(on) = self.on.get_mut(&name) {
                on.retain(|(by, _)| *by != slot);
            }
            self.moved.insert(name);
        }
    }

    /// Files whose triggers are called otherwise than when asked last.
    pub(super) fn turned(&mut self) -> Vec<Slot> {
        let mut files = Vec::new();
        for name in std::mem::take(&mut self.moved) {
            let on = self.on.get(&name).map_or(&[][..], Vec::as_slice);
            let several = on.iter().any(|(_, table)| *table != on[0].1);
            if self.shared.contains(&name) != several {
                files.extend(on.iter().map(|(slot, _)| *slot));
            }
            if on.is_empty() {
                self.on.remove(&name);
            }
            if several {
                self.shared.insert(name);
            } else {
                self.shared.remove(&name);
            }
        }
        files
    }

    /// The facts of a file with such triggers renamed.
    pub(super) fn rename(&self, facts: &Arc<Facts>) -> Arc<Facts> {
        if self.shared.is_empty() { facts.clone() } else { rename(facts, &self.shared) }
    }
}

/// Names of the triggers in `facts`, and the tables they fire on.
fn triggers(facts: &Facts) -> impl Iterator<Item = (String, String)> {
    facts.assets.iter().filter_map(|a| fires_on(facts, a).map(|table| (a.name.key(), table.last().to_lowercase())))
}

/// What a trigger fires on, as the statement that defines it says.
fn fires_on<'f>(facts: &'f Facts, asset: &Asset) -> Option<&'f Name> {
    let lines = asset.span.line..=asset.span.line_end;
    let of_it =
        |e: &&crate::lineage::Edge| e.relation == Relation::FiresOn && e.from.as_ref() == Some(&asset.name) && lines.contains(&e.line);
    if asset.kind != Kind::Trigger {
        return None;
    }
    facts.edges.iter().find(of_it)?.to.as_ref()
}

fn rename(facts: &Arc<Facts>, shared: &HashSet<String>) -> Arc<Facts> {
    let shares = |a: &&Asset| a.kind == Kind::Trigger && shared.contains(&a.name.key());
    let mut renamed: HashMap<&Name, Vec<(&Asset, Name)>> = HashMap::new();
    for asset in facts.assets.iter().filter(shares) {
        if let Some(table) = fires_on(facts, asset) {
            let name = Name::new(table.0.iter().map(String::as_str).chain([asset.name.last()]));
            renamed.entry(&asset.name).or_default().push((asset, name));
        }
    }
    if renamed.is_empty() {
        return facts.clone();
    }
    let at = |name: &mut Name, line: u32| {
        let near = renamed.get(name).into_iter().flatten().filter(|(a, _)| a.span.line <= line && line <= a.span.line_end);
        // Where several share the line, the one that begins last.
        if let Some((_, new)) = near.max_by_key(|(a, _)| a.span.start) {
            *name = new.clone();
        }
    };
    let mut changed = Facts::clone(facts);
    for asset in changed.assets.iter_mut().filter(|a| a.kind == Kind::Trigger) {
        at(&mut asset.name, asset.span.line);
    }
    for edge in &mut changed.edges {
        if let Some(from) = &mut edge.from {
            at(from, edge.line);
        }
        if let (Relation::WrittenBy, Some(to)) = (edge.relation, &mut edge.to) {
            at(to, edge.line);
        }
    }
    for statement in &mut changed.statements {
        if let Some(owner) = &mut statement.owner {
            at(owner, statement.span.line);
        }
    }
    Arc::new(changed)
}
