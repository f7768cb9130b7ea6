//! dbt's `manifest.json` (models, sources, what depends on what, their SQL, tests, exposures) and `catalog.json` (the columns there are).
//!
//! Read as every version since manifest v1 writes them: what is missing or null is left out, what is not as expected costs its node. Tests
//! of columns (`not_null`, `unique`, `relationships`) become what they claim; an exposure is a view `exposure.NAME`, so that what
//! it depends on has it as a consumer; an ephemeral model is looked through.

mod jinja;
mod layout;
mod model;

use super::{Lines, Place, append, names_mut, relocate, retain_names};
use crate::lineage::{self, Asset, Column, Diagnostic, Edge, Facts, ForeignKey, Kind, Name, Relation, Severity, Span};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::marker::PhantomData;

pub use layout::Layout;
pub use model::model;

#[derive(Deserialize)]
struct Artifact<'a> {
    metadata: Metadata,
    #[serde(borrow)]
    nodes: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    sources: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    exposures: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata {
    dbt_schema_version: String,
    adapter_type: Option<String>,
}

#[derive(Deserialize)]
struct Node<'a> {
    resource_type: String,
    database: Option<String>,
    schema: Option<String>,
    #[serde(alias = "identifier")]
    alias: Option<String>,
    name: String,
    source_name: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    config: NodeConfig,
    #[serde(default, deserialize_with = "given")]
    columns: Ordered<NodeColumn>,
    #[serde(default, deserialize_with = "given")]
    depends_on: DependsOn,
    language: Option<String>,
    #[serde(borrow, alias = "compiled_sql")]
    compiled_code: Option<&'a RawValue>,
    #[serde(borrow, alias = "raw_sql")]
    raw_code: Option<&'a RawValue>,
    // Of tests.
    column_name: Option<String>,
    attached_node: Option<String>,
    test_metadata: Option<TestMetadata>,
}

#[derive(Default, Deserialize)]
struct NodeConfig {
    materialized: Option<String>,
}

#[derive(Default, Deserialize)]
struct DependsOn {
    #[serde(default, deserialize_with = "given")]
    nodes: Vec<String>,
}

#[derive(Deserialize)]
struct NodeColumn {
    name: String,
    description: Option<String>,
    data_type: Option<String>,
}

#[derive(Deserialize)]
struct TestMetadata {
    name: String,
    #[serde(default, deserialize_with = "given")]
    kwargs: TestArguments,
}

#[derive(Default, Deserialize)]
struct TestArguments {
    column_name: Option<String>,
    field: Option<String>,
}

#[derive(Deserialize)]
struct Exposure {
    name: String,
    r#type: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "given")]
    depends_on: DependsOn,
}

/// A map's values in the order written, which is that of the table's columns.
struct Ordered<T>(Vec<T>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, T>()? {
                    values.push(value);
                }
                Ok(Ordered(values))
            }
        }
        deserializer.deserialize_map(Values(PhantomData))
    }
}

/// Null is the same as nothing.
fn given<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
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

/// What a dbt artifact says, in the lines of `layout` if it has none of its own, and the lines that are models' SQL; `None` for any other
/// JSON.
pub fn read(text: &str, layout: Option<&Layout>) -> Option<(Facts, Vec<Span>)> {
    let artifact: Artifact<'_> = serde_json::from_str(text).ok()?;
    let lines = Lines::of(text);
    let line = |raw: &RawValue| {
        let byte = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        layout.map_or_else(|| lines.line(byte), |layout| layout.line(byte))
    };
    let mut facts = Facts { coverage: 1.0, ..Facts::default() };
    let entries = artifact.nodes.iter().chain(&artifact.sources);
    if artifact.metadata.dbt_schema_version.contains("/catalog/") {
        for (id, raw) in entries {
            match serde_json::from_str(raw.get()) {
                Ok(node) => facts.assets.push(catalogued(node, line(raw))),
                Err(e) => facts.diagnostics.push(unreadable(id, &e, line(raw))),
            }
        }
        return Some((facts, Vec::new()));
    }
    let mut project = Project { code: layout.is_some().then_some(&line), ..Project::default() };
    for (id, raw) in entries {
        match serde_json::from_str(raw.get()) {
            Ok(node) => project.add(id, node, line(raw)),
            Err(e) => facts.diagnostics.push(unreadable(id, &e, line(raw))),
        }
    }
    let dialect = artifact.metadata.adapter_type.as_deref().and_then(lineage::dialect::find).map_or("auto", |d| d.id);
    project.say(dialect, &mut facts);
    for (id, raw) in &artifact.exposures {
        match serde_json::from_str(raw.get()) {
            Ok(exposure) => project.expose(exposure, line(raw), &mut facts),
            Err(e) => facts.diagnostics.push(unreadable(id, &e, line(raw))),
        }
    }
    if project.cut.get() {
        let message =
            "Models are made of each other through more ephemeral ones than are looked through: some sources are left out".to_owned();
        facts.diagnostics.push(Diagnostic::new(1, Severity::Warning, message));
    }
    let code = project.nodes.iter().filter_map(|(_, node, _)| project.place(node)).collect();
    Some((facts, code))
}

/// Most ephemeral models looked through for one model: projects have a few in a row.
const MAX_EPHEMERAL: usize = 1_000;
/// What is met there in a whole project: models that each look through those of the others would take time and edges by the square.
const MAX_LOOKED_THROUGH: usize = 200_000;

/// The nodes of a manifest.
#[derive(Default)]
struct Project<'a> {
    nodes: Vec<(&'a str, Node<'a>, u32)>,
    /// Where text stands, if its line ends are the artifact's.
    code: Option<&'a dyn Fn(&RawValue) -> u32>,
    at: HashMap<&'a str, usize>,
    /// Models met through ephemeral ones so far.
    looked_through: Cell<usize>,
    /// Some were not.
    cut: Cell<bool>,
}

impl<'a> Project<'a> {
    fn add(&mut self, id: &'a str, node: Node<'a>, line: u32) {
        self.at.insert(id, self.nodes.len());
        self.nodes.push((id, node, line));
    }

    fn node(&self, id: &str) -> Option<&Node<'a>> {
        self.at.get(id).map(|at| &self.nodes[*at].1)
    }

    /// The lines of a model's SQL, if it has lines of its own.
    fn place(&self, node: &Node) -> Option<Span> {
        let line = self.code?(node.code()?);
        let lines = node.sql()?.matches('\n').count() as u32;
        Some(Span { line, line_end: line + lines, ..Span::default() })
    }

    /// The relations that `depends_on` comes down to.
    fn relations(&self, depends_on: &DependsOn) -> BTreeSet<Name> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = depends_on.nodes.iter().map(String::as_str).collect();
        while let Some(id) = open.pop() {
            let Some(node) = self.node(id) else { continue };
            let through = !seen.is_empty() || node.is_ephemeral();
            if through && (seen.len() >= MAX_EPHEMERAL || self.looked_through.get() >= MAX_LOOKED_THROUGH) {
                self.cut.set(true);
                continue;
            }
            self.looked_through.set(self.looked_through.get() + usize::from(through));
            if node.is_relation() {
                found.insert(node.relation());
            } else if node.is_ephemeral() && seen.insert(id) {
                open.extend(node.depends_on.nodes.iter().map(String::as_str));
            }
        }
        found
    }

    fn say(&self, dialect: &str, facts: &mut Facts) {
        let mut tested: HashMap<&str, Vec<&Node<'a>>> = HashMap::new();
        for (_, test, _) in self.nodes.iter().filter(|(_, n, _)| n.resource_type == "test" && n.test_metadata.is_some()) {
            if let Some(id) = test.attached_node.as_ref().or(test.depends_on.nodes.last()) {
                tested.entry(id).or_default().push(test);
            }
        }
        for (id, node, line) in self.nodes.iter().filter(|(_, n, _)| n.is_relation()) {
            let name = node.relation();
            // What a model is made of is said where its SQL stands.
            let place = self.place(node).unwrap_or_else(|| at_line(*line));
            let line = &place.line;
            for source in self.relations(&node.depends_on).into_iter().filter(|s| *s != name) {
                let (from, to) = (Some(name.clone()), Some(source));
                facts.edges.push(Edge { relation: Relation::Derives, from, to, line: *line, confidence: 1.0 });
            }
            let query = self.query(node, &name, dialect, *line);
            let mut asset = Asset { span: place, ..node.asset(name, *line, query.as_ref()) };
            if let Some(tests) = tested.get(id) {
                let places = places(&asset.columns);
                tests.iter().for_each(|test| self.claim(test, &mut asset, &places));
            }
            facts.assets.push(asset);
            if let Some(mut query) = query {
                query.assets.clear();
                append(facts, query);
            }
        }
    }

    /// A model's query as the view it defines: as compiled, or as written when nothing was compiled. Lines inside a JSON string are
    /// those of the string, unless the layout has them.
    fn query(&self, node: &Node, name: &Name, dialect: &str, line: u32) -> Option<Facts> {
        if node.language.as_deref().is_some_and(|l| l != "sql") || node.resource_type == "seed" {
            return None;
        }
        let sql = node.sql()?;
        let mut facts = model::defined(&sql, dialect, name);
        let within = self.code.is_some();
        relocate(&mut facts, &|at, _| Place { line: if within { line + at.saturating_sub(1) } else { line }, byte: 0 });
        if node.compiled_code.is_none() {
            // `ref` and `source` name what the manifest knows in full; ephemeral models are no relations.
            let known: HashMap<String, Option<Name>> = node
                .depends_on
                .nodes
                .iter()
                .filter_map(|id| self.node(id))
                .map(|n| {
                    let key = n.source_name.iter().chain([&n.name]).map(|part| part.to_lowercase()).collect::<Vec<_>>().join(".");
                    (key, n.is_relation().then(|| n.relation()))
                })
                .collect();
            retain_names(&mut facts, &|name| known.get(&name.key()).is_none_or(Option::is_some));
            names_mut(&mut facts, &mut |name| {
                if let Some(Some(relation)) = known.get(&name.key()) {
                    *name = relation.clone();
                }
            });
        }
        Some(facts)
    }

    /// What a test of a column claims of it.
    fn claim(&self, test: &Node, asset: &mut Asset, places: &HashMap<String, usize>) {
        let Some(metadata) = &test.test_metadata else { return };
        let Some(name) = test.column_name.as_ref().or(metadata.kwargs.column_name.as_ref()) else { return };
        let Some(column) = places.get(&name.to_lowercase()).map(|at| &mut asset.columns[*at]) else { return };
        match metadata.name.as_str() {
            "not_null" => column.nullable = Some(false),
            "unique" => column.unique = true,
            "relationships" => {
                let mut others =
                    test.depends_on.nodes.iter().filter_map(|id| self.node(id)).filter(|n| n.is_relation()).map(|n| n.relation());
                // A table may refer to itself.
                let references = others.rfind(|n| *n != asset.name).unwrap_or_else(|| asset.name.clone());
                let (columns, line) = (vec![column.name.clone()], column.line);
                let referenced_columns = metadata.kwargs.field.iter().cloned().collect();
                asset.foreign_keys.push(ForeignKey { columns, references, referenced_columns, line });
            }
            _ => {}
        }
    }

    fn expose(&self, exposure: Exposure, line: u32, facts: &mut Facts) {
        let name = Name::new(["exposure", &exposure.name]);
        for source in self.relations(&exposure.depends_on) {
            let (from, to) = (Some(name.clone()), Some(source));
            facts.edges.push(Edge { relation: Relation::Derives, from, to, line, confidence: 1.0 });
        }
        facts.assets.push(Asset {
            kind: Kind::View,
            name,
            span: at_line(line),
            columns: Vec::new(),
            foreign_keys: Vec::new(),
            signature: exposure.r#type.unwrap_or_default(),
            comment: exposure.description.filter(|d| !d.is_empty()),
            exact: false,
        });
    }
}

/// Where columns stand, by their names in lower case.
fn places(columns: &[Column]) -> HashMap<String, usize> {
    (0..columns.len()).rev().map(|at| (columns[at].name.to_lowercase(), at)).collect()
}

fn unreadable(id: &str, error: &serde_json::Error, line: u32) -> Diagnostic {
    Diagnostic::new(line, Severity::Warning, format!("'{id}' is not as dbt writes it: {error}"))
}

impl Node<'_> {
    /// Its SQL: as compiled, or as written when nothing was compiled.
    fn code(&self) -> Option<&RawValue> {
        self.compiled_code.or(self.raw_code)
    }

    fn sql(&self) -> Option<String> {
        let sql: String = serde_json::from_str::<Option<String>>(self.code()?.get()).ok()??;
        (!sql.trim().is_empty()).then_some(sql)
    }

    /// Whether it exists in the database: tests, analyses and ephemeral models do not.
    fn is_relation(&self) -> bool {
        matches!(self.resource_type.as_str(), "model" | "seed" | "snapshot" | "source") && !self.is_ephemeral()
    }

    fn is_ephemeral(&self) -> bool {
        self.config.materialized.as_deref() == Some("ephemeral")
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
        let mut places = places(&columns);
        for described in &self.columns.0 {
            let at = *places.entry(described.name.to_lowercase()).or_insert_with(|| {
                columns.push(Column { name: described.name.clone(), line, ..Column::default() });
                columns.len() - 1
            });
            columns[at].data_type = described.data_type.clone().unwrap_or_default().to_uppercase();
            columns[at].comment = described.description.clone().filter(|d| !d.is_empty());
        }
        let comment = self.description.clone().filter(|d| !d.is_empty());
        Asset { kind, name, span: at_line(line), columns, foreign_keys: Vec::new(), signature: String::new(), comment, exact: false }
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
        exact: false,
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
        let facts = read(MANIFEST, None).unwrap().0;
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
            None,
        )
        .unwrap()
        .0;
        assert_eq!((facts.assets[0].kind, facts.assets[0].columns[0].name.as_str()), (Kind::View, "y"));
    }

    #[test]
    fn other_json_is_not_dbts() {
        for text in ["", "[]", "{\"nodes\": {}}", "{\"metadata\": {}, \"nodes\": []}"] {
            assert!(read(text, None).is_none(), "{text}");
        }
    }

    #[test]
    fn ephemeral_models_are_looked_through_so_far_and_no_further() {
        let node = |name: String, kind: &str, of: String| {
            format!(
                "\"{name}\": {{\"resource_type\": \"model\", \"name\": \"{name}\", \"config\": {{\"materialized\": \"{kind}\"}}, \"depends_on\": {{\"nodes\": [{of}]}}}}"
            )
        };
        let manifest = |count: usize| {
            let all: Vec<String> = (0..count).map(|i| format!("\"t{i}\"")).collect();
            let tables = (0..count).map(|i| node(format!("t{i}"), "table", String::new()));
            let readers = (0..count).map(|i| node(format!("r{i}"), "view", "\"e\"".to_owned()));
            let nodes: Vec<String> = tables.chain(readers).chain([node("e".to_owned(), "ephemeral", all.join(", "))]).collect();
            format!("{{\"metadata\": {{\"dbt_schema_version\": \"/manifest/v12\"}}, \"nodes\": {{{}}}}}", nodes.join(", "))
        };
        for (count, whole) in [(20, true), (1_000, false)] {
            let facts = read(&manifest(count), None).unwrap().0;
            assert_eq!(facts.edges.len() >= count * count, whole, "{count}");
            assert!(facts.edges.len() <= MAX_LOOKED_THROUGH, "{count}");
            assert_eq!(facts.diagnostics.is_empty(), whole, "{count}");
        }
    }
}
