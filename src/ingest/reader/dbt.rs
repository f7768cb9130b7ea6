//! dbt's `manifest.json` (models, sources, what depends on what, compiled SQL) and `catalog.json` (the columns there are).

use super::{Lines, append, relocate};
use crate::lineage::{self, Asset, Column, Diagnostic, Edge, Facts, Kind, Name, Relation, Severity, Span};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize)]
struct Artifact<'a> {
    metadata: Metadata,
    #[serde(borrow)]
    nodes: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    sources: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata {
    dbt_schema_version: String,
    adapter_type: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    resource_type: String,
    database: Option<String>,
    schema: Option<String>,
    #[serde(alias = "identifier")]
    alias: Option<String>,
    name: String,
    description: Option<String>,
    #[serde(default)]
    config: NodeConfig,
    #[serde(default)]
    columns: BTreeMap<String, NodeColumn>,
    #[serde(default)]
    depends_on: DependsOn,
    #[serde(alias = "compiled_sql")]
    compiled_code: Option<String>,
}

#[derive(Default, Deserialize)]
struct NodeConfig {
    materialized: Option<String>,
}

#[derive(Default, Deserialize)]
struct DependsOn {
    #[serde(default)]
    nodes: Vec<String>,
}

#[derive(Deserialize)]
struct NodeColumn {
    name: String,
    description: Option<String>,
    data_type: Option<String>,
}

#[derive(Deserialize)]
struct CatalogNode {
    metadata: CatalogMetadata,
    columns: BTreeMap<String, CatalogColumn>,
}

#[derive(Deserialize)]
struct CatalogMetadata {
    r#type: String,
    database: Option<String>,
    schema: String,
    name: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct CatalogColumn {
    name: String,
    r#type: String,
    index: u32,
    comment: Option<String>,
}

/// What a dbt artifact says; `None` for any other JSON.
pub fn read(text: &str) -> Option<Facts> {
    let artifact: Artifact<'_> = serde_json::from_str(text).ok()?;
    let lines = Lines::of(text);
    let line = |raw: &RawValue| lines.line((raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let entries = artifact.nodes.iter().chain(&artifact.sources);
    if artifact.metadata.dbt_schema_version.contains("/catalog/") {
        for (id, raw) in entries {
            match serde_json::from_str(raw.get()) {
                Ok(node) => facts.assets.push(catalogued(node, line(raw))),
                Err(e) => facts.diagnostics.push(unreadable(id, &e, line(raw))),
            }
        }
        return Some(facts);
    }
    let mut nodes: Vec<(&String, Node, u32)> = Vec::new();
    for (id, raw) in entries {
        match serde_json::from_str(raw.get()) {
            Ok(node) => nodes.push((id, node, line(raw))),
            Err(e) => facts.diagnostics.push(unreadable(id, &e, line(raw))),
        }
    }
    let names: HashMap<&str, Name> =
        nodes.iter().filter(|(_, n, _)| n.is_relation()).map(|(id, n, _)| (id.as_str(), n.relation())).collect();
    let dialect = artifact.metadata.adapter_type.as_deref().and_then(lineage::dialect::find).map_or("auto", |d| d.id);
    for (id, node, line) in &nodes {
        let Some(name) = names.get(id.as_str()) else { continue };
        for source in node.depends_on.nodes.iter().filter_map(|id| names.get(id.as_str())) {
            facts.edges.push(Edge {
                relation: Relation::Derives,
                from: Some(name.clone()),
                to: Some(source.clone()),
                line: *line,
                confidence: 1.0,
            });
        }
        let compiled = node.compiled_code.as_ref().map(|sql| compiled(name, sql, dialect, *line));
        facts.assets.push(node.asset(name.clone(), *line, compiled.as_ref()));
        if let Some(mut compiled) = compiled {
            compiled.assets.clear();
            append(&mut facts, compiled);
        }
    }
    Some(facts)
}

fn unreadable(id: &str, error: &serde_json::Error, line: u32) -> Diagnostic {
    Diagnostic { line, message: format!("'{id}' is not as dbt writes it: {error}"), severity: Severity::Warning }
}

/// A model's compiled query as the view it defines: lines inside a JSON string are those of the string.
fn compiled(name: &Name, sql: &str, dialect: &str, line: u32) -> Facts {
    // One quoting that the dialect reads; the parts are put back into the facts without quotes.
    let (open, close) = match dialect {
        "tsql" | "fabric" => ('[', ']'),
        "mysql" | "bigquery" | "spark" | "databricks" | "hive" | "athena" => ('`', '`'),
        _ => ('"', '"'),
    };
    let quoted: Vec<String> = name.0.iter().map(|part| format!("{open}{part}{close}")).collect();
    let mut facts = lineage::analyze(&format!("CREATE VIEW {} AS {sql}", quoted.join(".")), dialect);
    relocate(&mut facts, &|_| line, (0, 0));
    facts
}

impl Node {
    /// Whether it exists in the database: tests, analyses and ephemeral models do not.
    fn is_relation(&self) -> bool {
        matches!(self.resource_type.as_str(), "model" | "seed" | "snapshot" | "source")
            && self.config.materialized.as_deref() != Some("ephemeral")
    }

    fn relation(&self) -> Name {
        let last = self.alias.as_ref().unwrap_or(&self.name);
        Name::new([self.database.as_ref(), self.schema.as_ref(), Some(last)].into_iter().flatten().filter(|part| !part.is_empty()))
    }

    fn asset(&self, name: Name, line: u32, compiled: Option<&Facts>) -> Asset {
        let kind = match (self.resource_type.as_str(), self.config.materialized.as_deref()) {
            ("model", Some("view") | None) => Kind::View,
            ("model", Some("materialized_view" | "dynamic_table")) => Kind::MaterializedView,
            _ => Kind::Table,
        };
        // The query's own columns come in its order; the manifest adds types and descriptions, and is all there is for sources.
        let mut columns: Vec<Column> = compiled.and_then(|f| f.assets.first()).map_or_else(Vec::new, |a| a.columns.clone());
        for described in self.columns.values() {
            let at = columns.iter().position(|c| c.name.eq_ignore_ascii_case(&described.name)).unwrap_or_else(|| {
                columns.push(Column { name: described.name.clone(), line, ..Column::default() });
                columns.len() - 1
            });
            columns[at].data_type = described.data_type.clone().unwrap_or_default().to_uppercase();
            columns[at].comment = described.description.clone().filter(|d| !d.is_empty());
        }
        let comment = self.description.clone().filter(|d| !d.is_empty());
        Asset { kind, name, span: at_line(line), columns, foreign_keys: Vec::new(), signature: String::new(), comment }
    }
}

fn catalogued(node: CatalogNode, line: u32) -> Asset {
    let upper = node.metadata.r#type.to_uppercase();
    let kind = match upper.as_str() {
        kind if kind.contains("MATERIALIZED") => Kind::MaterializedView,
        kind if kind.contains("VIEW") => Kind::View,
        _ => Kind::Table,
    };
    let mut columns: Vec<CatalogColumn> = node.columns.into_values().collect();
    columns.sort_by_key(|c| c.index);
    let columns = columns.into_iter().map(|c| Column {
        name: c.name,
        data_type: c.r#type.to_uppercase(),
        comment: c.comment,
        line,
        ..Column::default()
    });
    Asset {
        kind,
        name: Name::new(
            node.metadata.database.into_iter().chain([node.metadata.schema, node.metadata.name]).filter(|part| !part.is_empty()),
        ),
        span: at_line(line),
        columns: columns.collect(),
        foreign_keys: Vec::new(),
        signature: String::new(),
        comment: node.metadata.comment,
    }
}

fn at_line(line: u32) -> Span {
    Span { line, line_end: line, start: 0, end: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"metadata": {"dbt_schema_version": "https://schemas/dbt/manifest/v12.json", "adapter_type": "postgres"},
"nodes": {
"model.shop.orders": {"resource_type": "model", "database": "db", "schema": "marts", "alias": "orders", "name": "orders",
  "config": {"materialized": "table"}, "depends_on": {"nodes": ["source.shop.raw.orders", "model.shop.inner"]},
  "columns": {"id": {"name": "id", "data_type": "integer", "description": "Key"}}},
"model.shop.inner": {"resource_type": "model", "schema": "marts", "name": "inner", "config": {"materialized": "ephemeral"}},
"test.shop.unique": {"resource_type": "test", "schema": "t", "name": "unique"},
"model.shop.odd": {"resource_type": 7}},
"sources": {"source.shop.raw.orders": {"resource_type": "source", "database": "db", "schema": "raw", "identifier": "orders_v1", "name": "orders"}}}"#;

    #[test]
    fn models_and_sources_become_tables_and_dependencies_edges() {
        let facts = read(MANIFEST).unwrap();
        let assets: Vec<_> = facts.assets.iter().map(|a| (a.name.to_string(), a.kind, a.span.line)).collect();
        assert_eq!(assets, [("db.marts.orders".into(), Kind::Table, 3), ("db.raw.orders_v1".into(), Kind::Table, 9)]);
        let column = &facts.assets[0].columns[0];
        assert_eq!((column.data_type.as_str(), column.comment.as_deref()), ("INTEGER", Some("Key")));
        let edge = &facts.edges[0];
        assert_eq!(
            (edge.from.as_ref().unwrap().key(), edge.to.as_ref().unwrap().key()),
            ("db.marts.orders".into(), "db.raw.orders_v1".into())
        );
        assert_eq!((facts.diagnostics.len(), facts.diagnostics[0].severity), (1, Severity::Warning));
    }

    #[test]
    fn a_catalogue_gives_columns_in_their_order() {
        let facts = read(
            r#"{"metadata": {"dbt_schema_version": "https://x/dbt/catalog/v1.json"}, "nodes": {"model.a": {"metadata": {"type": "VIEW",
            "schema": "main", "name": "a", "database": null, "comment": null}, "columns": {
            "x": {"name": "x", "type": "integer", "index": 2}, "y": {"name": "y", "type": "text", "index": 1}}}}}"#,
        )
        .unwrap();
        assert_eq!((facts.assets[0].kind, facts.assets[0].columns[0].name.as_str()), (Kind::View, "y"));
    }

    #[test]
    fn other_json_is_not_dbts() {
        for text in ["", "[]", "{\"nodes\": {}}", "{\"metadata\": {}, \"nodes\": []}"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
