//! Queries that define a relation: a manifest's, and those of a dbt project as it is written.

use super::jinja::{Template, Written, tag_end};
use crate::ingest::reader::{Lines, Place, append, names_mut, relocate};
use crate::lineage::{self, Column, Diagnostic, Edge, Facts, Kind, Name, Output, Relation, Statement};
use std::collections::HashSet;

/// What stands for the relation that a model's query defines, until it is put back: a name that every dialect reads without quotes.
const MODEL: &str = "headwater_model";
/// Likewise, for the name that it is given in the database.
const ALIAS: &str = "headwater_alias";

/// A model's query read as the definition of `name`: by each way through its template. Bytes are those of the query.
pub fn defined(sql: &str, dialect: &str, name: &Name) -> Facts {
    defined_by(sql, Template::of(sql).as_ref(), dialect, name)
}

fn defined_by(sql: &str, template: Option<&Template<'_>>, dialect: &str, name: &Name) -> Facts {
    let ways = template.map(Template::ways).unwrap_or_default().into_iter();
    let read = ways.map(|way| {
        let mut facts = defined_as(&way.text, dialect, name);
        relocate_written(&mut facts, sql, &way);
        facts
    });
    read.reduce(joined).unwrap_or_else(|| defined_as(sql, dialect, name))
}

fn defined_as(sql: &str, dialect: &str, name: &Name) -> Facts {
    let head = format!("CREATE VIEW {MODEL} AS ");
    let mut facts = lineage::analyze(&format!("{head}{sql}"), dialect);
    relocate(&mut facts, &|line, byte| Place { line, byte: byte.saturating_sub(head.len() as u32) });
    names_mut(&mut facts, &mut |found| {
        if *found.0 == [MODEL] {
            *found = name.clone();
        }
    });
    // What a macro stands for has columns that only running would tell. Those of several arms go by their places.
    facts.assets.iter_mut().for_each(|a| a.columns.retain(|c| !c.name.contains("{{")));
    for projection in facts.statements.iter_mut().flat_map(|s| &mut s.projections) {
        if let [only] = &mut projection.branches[..] {
            only.retain(|o| !matches!(o, Output::Column { name, .. } if name.contains("{{")));
        }
    }
    facts
}

/// Moves facts found in what a template writes to where it stands in the template.
fn relocate_written(facts: &mut Facts, sql: &str, way: &Written) {
    let (lines, written) = (Lines::of(sql), Lines::of(&way.text));
    relocate(facts, &|line, byte| {
        // Some places are lines without a byte.
        let at = if byte == 0 { written.start(line) } else { byte as usize };
        let place = way.place(at.min(way.text.len())).min(sql.len());
        Place { line: lines.line(place), byte: place as u32 }
    });
}

/// What two ways through a template say of one model.
fn joined(mut facts: Facts, other: Facts) -> Facts {
    for asset in other.assets {
        match facts.assets.iter_mut().find(|a| a.name == asset.name) {
            Some(known) => {
                let new = |c: &Column| !known.columns.iter().any(|k| k.name.eq_ignore_ascii_case(&c.name));
                let more: Vec<Column> = asset.columns.into_iter().filter(new).collect();
                known.columns.extend(more);
            }
            None => facts.assets.push(asset),
        }
    }
    let more: Vec<Statement> = other.statements.into_iter().filter(|s| !facts.statements.contains(s)).collect();
    facts.statements.extend(more);
    let more: Vec<Edge> = other.edges.into_iter().filter(|e| !facts.edges.contains(e)).collect();
    facts.edges.extend(more);
    let more: Vec<Diagnostic> = other.diagnostics.into_iter().filter(|d| !facts.diagnostics.contains(d)).collect();
    facts.diagnostics.extend(more);
    facts.coverage = facts.coverage.min(other.coverage);
    facts.tokens = facts.tokens.max(other.tokens);
    facts
}

/// Folders whose SQL files dbt takes as models.
const MODEL_FOLDERS: [&str; 2] = ["models", "snapshots"];

/// A model of a dbt project as it is written: a query in a file below `models` or `snapshots`, the file's name being the relation's.
/// `None`: it is none.
pub fn model(path: &str, text: &str, dialect: &str) -> Option<Facts> {
    let mut folders = path.rsplit('/');
    let stem = folders.next()?.split('.').next()?;
    if !(["{{", "{%"].iter().any(|open| text.contains(open)) && folders.any(|f| MODEL_FOLDERS.contains(&f))) {
        return None;
    }
    let template = Template::of(text);
    let way = template.as_ref().and_then(|t| t.ways().into_iter().next());
    let plain = lineage::analyze(way.as_ref().map_or(text, |way| &way.text), dialect);
    if !matches!(&plain.statements[..], [only] if only.kind == "SELECT") {
        return None;
    }
    let snapshot = || text.split_once("{% snapshot ")?.1.split_whitespace().next();
    let alias = configured(text, "alias");
    let name = Name::new([alias.map(|(value, _)| value).or_else(snapshot).unwrap_or(stem)]);
    let mut facts = defined_by(text, template.as_ref(), dialect, &name);
    if !matches!(configured(text, "materialized"), None | Some(("view", _))) || path.contains("snapshots/") {
        facts.assets.iter_mut().filter(|a| a.name == name).for_each(|a| a.kind = Kind::Table);
    }
    if let Some(template) = &template {
        depend(&mut facts, &name, text, template);
    }
    if name.last() != stem && !path.contains("snapshots/") {
        // `ref` goes by the file's name.
        let alias = alias.map_or(0, |(_, at)| at);
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
    facts.assets.iter().any(|a| a.name == name).then_some(facts)
}

/// What `config(key='value')` says, and where the key stands.
fn configured<'t>(text: &'t str, key: &str) -> Option<(&'t str, usize)> {
    let from = text.find("config(")?;
    let config = &text[from..tag_end(text, from)?];
    let word = |at: usize| !config[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    config.match_indices(key).filter(|(at, _)| word(*at)).find_map(|(at, _)| {
        let after = config[at + key.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        Some((after[1..].split(quote).next()?, from + at))
    })
}

/// The relations that a template names anywhere are what the model depends on, also where no query reads them.
fn depend(facts: &mut Facts, name: &Name, text: &str, template: &Template<'_>) {
    let lines = Lines::of(text);
    let mut known: HashSet<String> = facts.statements.iter().flat_map(|s| &s.reads).map(Name::key).collect();
    known.insert(name.key());
    for (call, at) in template.relations() {
        let parts: Vec<&str> = call.split('\'').skip(1).step_by(2).collect();
        let is_source = call.starts_with("source");
        let relation = Name::new(parts[if is_source { 0 } else { parts.len() - 1 }..].iter().copied());
        if is_source && !facts.outside.contains(&relation) {
            facts.outside.push(relation.clone());
        }
        if known.insert(relation.key()) {
            let (from, to) = (Some(name.clone()), Some(relation));
            facts.edges.push(Edge { relation: Relation::Derives, from, to, line: lines.line(at), confidence: 1.0 });
        }
    }
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
            (
                "{{ config(post_hook=\"GRANT SELECT ON {{ this }} TO r\", alias='orders', materialized='table') }}".into(),
                "orders",
                Kind::Table,
            ),
        ] {
            let text = format!("{text}\nSELECT a FROM {{{{ ref('t') }}}} WHERE alias = 'b' AND materialized = 'c'");
            let facts = model("models/stem.sql", &text, "postgres").unwrap();
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
