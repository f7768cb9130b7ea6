//! Triggers of one name on several tables.
//!
//! In some databases a trigger's name is its table's, not its schema's: fourteen tables may each have a `last_updated`. Where a
//! name fires on several tables of a project, each trigger is called after its table (`actor.last_updated`).

use super::link::FileFacts;
use crate::lineage::{Asset, Facts, Kind, Name, Relation};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The facts of each file, with such triggers renamed.
pub(super) fn name_after_tables<'a>(files: &[FileFacts<'a>]) -> Vec<Cow<'a, Facts>> {
    let mut tables: HashMap<String, HashSet<String>> = HashMap::new();
    for trigger in files.iter().flat_map(|f| f.facts.assets.iter().filter_map(|a| fires_on(f.facts, a).map(|t| (a, t)))) {
        tables.entry(trigger.0.name.key()).or_default().insert(trigger.1.last().to_lowercase());
    }
    tables.retain(|_, on| on.len() > 1);
    files.iter().map(|f| rename(f.facts, &tables)).collect()
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

fn rename<'a>(facts: &'a Facts, shared: &HashMap<String, HashSet<String>>) -> Cow<'a, Facts> {
    let shares = |a: &&Asset| a.kind == Kind::Trigger && shared.contains_key(&a.name.key());
    let mut renamed: HashMap<&Name, Vec<(&Asset, Name)>> = HashMap::new();
    for asset in facts.assets.iter().filter(shares) {
        if let Some(table) = fires_on(facts, asset) {
            let name = Name(table.0.iter().cloned().chain([asset.name.last().to_owned()]).collect());
            renamed.entry(&asset.name).or_default().push((asset, name));
        }
    }
    if renamed.is_empty() {
        return Cow::Borrowed(facts);
    }
    let at = |name: &mut Name, line: u32| {
        let near = renamed.get(name).into_iter().flatten().filter(|(a, _)| a.span.line <= line && line <= a.span.line_end);
        // Where several share the line, the one that begins last.
        if let Some((_, new)) = near.max_by_key(|(a, _)| a.span.start) {
            *name = new.clone();
        }
    };
    let mut changed = facts.clone();
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
    Cow::Owned(changed)
}
