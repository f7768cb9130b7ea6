//! Queries that define a relation: a manifest's, and those of a dbt project as it is written.

use crate::ingest::reader::{Place, append, names_mut, relocate};
use crate::lineage::{self, Edge, Facts, Kind, Name, Relation, dependencies};

/// What stands for the relation that a model's query defines, until it is put back: a name that every dialect reads without quotes.
const MODEL: &str = "headwater_model";
/// Likewise, for the name that it is given in the database.
const ALIAS: &str = "headwater_alias";

/// A model's query read as the definition of `name`. Bytes are those of the query.
pub fn defined(sql: &str, dialect: &str, name: &Name) -> Facts {
    let head = format!("CREATE VIEW {MODEL} AS ");
    let mut facts = lineage::analyze(&format!("{head}{sql}"), dialect);
    relocate(&mut facts, &|line, byte| Place { line, byte: byte.saturating_sub(head.len() as u32) });
    names_mut(&mut facts, &mut |found| {
        if *found.0 == [MODEL] {
            *found = name.clone();
        }
    });
    facts
}

/// A model is made of all that its templates name, whichever way of an IF they stand in.
fn depend(facts: &mut Facts, model: &Name, text: &str) {
    for relation in dependencies(text) {
        let name = Name::new(relation.split('.'));
        let read = |s: &lineage::Statement| s.reads.iter().any(|read| read.key() == name.key());
        if name.key() != model.key() && !facts.statements.iter().any(read) {
            let line = text.find(name.last()).map_or(1, |at| 1 + text[..at].matches('\n').count() as u32);
            facts.edges.push(Edge { relation: Relation::Derives, from: Some(model.clone()), to: Some(name), line, confidence: 1.0 });
        }
    }
}

/// Folders whose SQL files dbt takes as models.
const MODEL_FOLDERS: [&str; 2] = ["models", "snapshots"];

/// A model of a dbt project as it is written: a query in a file below `models` or `snapshots`, the file's name being the relation's.
/// `None`: it is none.
pub fn model(path: &str, text: &str, dialect: &str, plain: &Facts) -> Option<Facts> {
    let mut folders = path.rsplit('/');
    let stem = folders.next()?.split('.').next()?;
    let templated = ["{{", "{%"].iter().any(|open| text.contains(open));
    let query = matches!(&plain.statements[..], [only] if only.kind == "SELECT");
    if !(templated && query && folders.any(|f| MODEL_FOLDERS.contains(&f))) {
        return None;
    }
    // What comes before and after may have the same words: comments, the query's own columns.
    let config = text.find("config(").unwrap_or(text.len());
    let settings = &text[..text[config..].find("}}").map_or(text.len(), |end| config + end)];
    let configured = |key: &str| {
        settings[config..].match_indices(key).find_map(|(at, _)| {
            let after = settings[config + at + key.len()..].trim_start().strip_prefix('=')?.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
            Some((config + at, after[1..].split(quote).next()?))
        })
    };
    let alias = configured("alias");
    let snapshot = || text.split_once("{% snapshot ")?.1.split_whitespace().next();
    let name = Name::new([alias.map(|(_, name)| name).or_else(snapshot).unwrap_or(stem)]);
    let mut facts = defined(text, dialect, &name);
    if !matches!(configured("materialized"), None | Some((_, "view"))) || path.contains("snapshots/") {
        facts.assets.iter_mut().filter(|a| a.name == name).for_each(|a| a.kind = Kind::Table);
    }
    if name.last() != stem && !path.contains("snapshots/") {
        // `ref` goes by the file's name.
        let alias = alias.map_or(0, |(at, _)| at);
        let mut called = lineage::analyze(&format!("CREATE SYNONYM {MODEL} FOR {ALIAS}"), dialect);
        let line = 1 + text[..alias].matches('\n').count() as u32;
        let place = |byte: u32| (alias + if byte == 0 { 0 } else { "alias".len() }) as u32;
        relocate(&mut called, &|_, byte| Place { line, byte: place(byte) });
        names_mut(&mut called, &mut |found| match &*found.0 {
            [only] if only == MODEL => *found = Name::new([stem]),
            [only] if only == ALIAS => *found = name.clone(),
            _ => {}
        });
        append(&mut facts, called);
    }
    depend(&mut facts, &name, text);
    facts.assets.iter().any(|a| a.name == name).then_some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_settings_are_those_of_its_config_whatever_else_has_their_names() {
        let config = "{{ config(materialized='table', alias='orders') }}";
        for (text, name, kind) in [
            (config.to_owned(), "orders", Kind::Table),
            (format!("-- the alias = 'wrong'; materialized where it is large\n{config}"), "orders", Kind::Table),
            ("{{ config(tags=['alias', 'materialized'], materialized = \"table\", alias = \"orders\") }}".into(), "orders", Kind::Table),
            ("{{ config(tags=['x']) }}".into(), "stem", Kind::View),
        ] {
            let text = format!("{text}\nSELECT a FROM {{{{ ref('t') }}}} WHERE alias = 'b' AND materialized = 'c'");
            let facts = model("models/stem.sql", &text, "postgres", &lineage::analyze(&text, "postgres")).unwrap();
            let made = facts.assets.iter().find(|a| a.name == Name::new([name]));
            assert_eq!(made.map(|a| a.kind), Some(kind), "{text}");
            let synonym = facts.assets.iter().find(|a| a.kind == Kind::Synonym);
            assert_eq!(synonym.is_some(), name != "stem", "{text}");
            if let Some(synonym) = synonym {
                let setting = text.rfind("orders").unwrap();
                assert!(text[synonym.span.start as usize..setting].starts_with("alias"), "{text}");
            }
        }
    }
}
