//! Functions in FROM: those whose rows a routine of the project may give, and those that stand for a table or a file.

use super::super::Resolver;
use super::super::expression::is_one_of;
use super::super::relation::{Relation, Source, merge};
use crate::lineage::expr::{Part, argument};
use crate::lineage::{ColumnSource, Name, Output, Star, Subtype};
use sqlparser::ast::{FunctionArg, Ident, ObjectName, TableAlias};
use std::rc::Rc;

impl Resolver<'_> {
    /// `name(args)` in FROM.
    pub(super) fn called(&mut self, name: &ObjectName, args: &[FunctionArg], alias: Option<&TableAlias>, line: u32) {
        let full = self.name(name);
        // Databricks: a table read as a stream.
        if full.0.len() == 1
            && full.last().eq_ignore_ascii_case("stream")
            && let [FunctionArg::Unnamed(sqlparser::ast::FunctionArgExpr::Expr(streamed))] = args
        {
            let parts: &[Ident] = match streamed {
                sqlparser::ast::Expr::Identifier(i) => std::slice::from_ref(i),
                sqlparser::ast::Expr::CompoundIdentifier(list) => list,
                _ => &[],
            };
            if !parts.is_empty() {
                let relation = self.named(self.name(&ObjectName::from(parts.to_vec())), line);
                return self.aliased(relation, alias);
            }
        }
        // Databricks: the changes of a table.
        let changes = full.last().eq_ignore_ascii_case("table_changes") && self.grammar.is(&["databricks", "spark"]);
        if let (true, Some(text)) = (changes || full.last().eq_ignore_ascii_case("identifier"), literal(args)) {
            let relation = self.named(Name::new(text.split('.')), line);
            return self.aliased(relation, alias);
        }
        if self.grammar.is(&["snowflake"]) && full.0[0].starts_with('@') {
            let relation = self.named(full, line);
            return self.aliased(relation, alias);
        }
        if self.grammar.is(&["clickhouse"]) && full.0.len() == 1 {
            let texts: Vec<String> = args.iter().map(|a| a.to_string().trim_matches('\'').to_owned()).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            if let Some(name) = function_target(full.last(), &texts) {
                let relation = self.stored(vec![full.last().to_lowercase()], name, line);
                return self.aliased(relation, alias);
            }
        }
        let files = files_read(&full, args);
        if let [path] = files.as_slice() {
            let relation = self.stored(vec![full.last().to_lowercase()], path.clone(), line);
            return self.aliased(relation, alias);
        }
        if !files.is_empty() {
            files.iter().for_each(|path| self.found.read(path, line));
            self.found.cut |= files.len() > MAX_FILES;
            let rows = files.into_iter().take(MAX_FILES).map(|path| vec![Output::Star(Star::of(path, line))]).collect();
            let names = vec![full.last().to_lowercase()];
            return self.aliased(Relation { names, ..Relation::derived(Rc::new(rows)) }, alias);
        }
        let mut sources = self.arguments(args);
        // T-SQL: the nodes of an XML column.
        if let ([column @ .., nodes], true) = (name.0.as_slice(), self.grammar.is_tsql())
            && nodes.as_ident().is_some_and(|i| i.value.eq_ignore_ascii_case("nodes"))
        {
            let idents: Vec<Ident> = column.iter().filter_map(|p| p.as_ident().cloned()).collect();
            merge(&mut sources, self.column(&idents));
        }
        // `FROM t(NOLOCK, INDEX(i))`: an old way to write table hints.
        if self.grammar.is_tsql() && !args.is_empty() && args.iter().all(|arg| is_hint(&arg.to_string())) {
            let relation = self.named(full, line);
            return self.aliased(relation, alias);
        }
        self.function_table(&full, sources, alias, line);
    }

    pub(crate) fn arguments(&mut self, args: &[FunctionArg]) -> Vec<ColumnSource> {
        let list = args.iter().filter_map(argument).map(|e| (Part::Expr(e), Subtype::Transformation)).collect();
        self.walk(list, Subtype::Identity)
    }

    pub(crate) fn function_table(&mut self, name: &Name, sources: Vec<ColumnSource>, alias: Option<&TableAlias>, line: u32) {
        self.call(name, line);
        let relation = self.given(name, vec![name.last().to_lowercase()], sources, line);
        self.aliased(relation, alias);
    }

    /// The rows of a table function, of whose name the project may have one.
    pub(super) fn given(&mut self, name: &Name, names: Vec<String>, arguments: Vec<ColumnSource>, line: u32) -> Relation {
        let columns = self.function_columns(name);
        if !columns.is_empty() || self.is_method(name) {
            return Relation::made(names, columns, arguments);
        }
        let rows = name.rows();
        self.found.read(&rows, line);
        let source = Source::Given { rows, names: Vec::new(), arguments };
        Relation { names, source, origin: None }
    }

    /// The columns that a built-in table function always has; empty when they are not known.
    pub(crate) fn function_columns(&self, name: &Name) -> Vec<String> {
        let columns: &[&str] = match name.last().to_lowercase().as_str() {
            "flatten" => &["seq", "key", "path", "index", "value", "this"],
            "split_to_table" => &["seq", "index", "value"],
            "string_split" => &["value", "ordinal"],
            "json_each" | "json_tree" if self.grammar.is(&["sqlite", "duckdb"]) => {
                &["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]
            }
            "json_each" | "jsonb_each" | "json_each_text" | "jsonb_each_text" => &["key", "value"],
            "json_array_elements" | "jsonb_array_elements" | "json_array_elements_text" | "jsonb_array_elements_text" => &["value"],
            "explode" | "explode_outer" => &["col", "key", "value"],
            "posexplode" | "posexplode_outer" => &["pos", "col", "key", "value"],
            _ => &[],
        };
        let one = matches!(*name.0, [_]);
        columns.iter().filter(|_| one).map(|c| (*c).to_owned()).collect()
    }
}

/// Whether it is one of T-SQL's table hints: `NOLOCK`, `INDEX(i)`, `INDEX = i`.
pub(crate) fn is_hint(text: &str) -> bool {
    const HINTS: [&str; 15] = [
        "nolock",
        "readpast",
        "updlock",
        "rowlock",
        "paglock",
        "tablock",
        "tablockx",
        "xlock",
        "holdlock",
        "readuncommitted",
        "readcommitted",
        "repeatableread",
        "serializable",
        "noexpand",
        "forceseek",
    ];
    let of_index = |rest: &str| rest.trim_start().starts_with(['(', '=']);
    is_one_of(&HINTS, text) || text.get(..5).is_some_and(|w| w.eq_ignore_ascii_case("INDEX") && of_index(&text[5..]))
}

/// ClickHouse: the table or file that a table function stands for, by its arguments.
pub(crate) fn function_target(function: &str, args: &[&str]) -> Option<Name> {
    match function.to_lowercase().as_str() {
        // remote('host', 'db.t'), cluster('name', db, t)
        "remote" | "remotesecure" | "cluster" | "clusterallreplicas" => {
            let parts = args.get(1..3.min(args.len()))?;
            match parts {
                [both] | [both, _] if both.contains('.') => Some(Name::new(both.split('.'))),
                [database, table] => Some(Name::new([*database, *table])),
                _ => None,
            }
        }
        "s3" | "url" | "file" | "hdfs" | "gcs" | "azureblobstorage" | "s3cluster" => {
            let path = args.iter().find(|a| a.contains(['/', '.'])).or(args.first())?;
            Some(Name::new([format!("path:{path}")]))
        }
        _ => None,
    }
}

/// Files of one list that columns are followed to: what is longer was written by no one, and takes a pattern.
const MAX_FILES: usize = 64;

/// The files that a table function reads: `read_csv('path')`, `read_parquet(['a', 'b'])`.
fn files_read(name: &Name, args: &[FunctionArg]) -> Vec<Name> {
    const READERS: [&str; 13] = [
        "read_csv",
        "read_csv_auto",
        "read_parquet",
        "parquet_scan",
        "read_json",
        "read_json_auto",
        "read_ndjson",
        "read_text",
        "delta_scan",
        "iceberg_scan",
        "read_files",
        "cloud_files",
        "s3",
    ];
    if name.0.len() != 1 || !READERS.contains(&name.last().to_lowercase().as_str()) {
        return Vec::new();
    }
    let paths = match args.iter().find_map(argument) {
        Some(sqlparser::ast::Expr::Array(list)) => list.elem.iter().filter_map(text).collect(),
        first => first.and_then(text).into_iter().collect::<Vec<_>>(),
    };
    paths.into_iter().map(|path| Name::new([format!("path:{path}")])).collect()
}

/// The text that is the first argument.
fn literal(args: &[FunctionArg]) -> Option<String> {
    text(args.iter().find_map(argument)?)
}

fn text(expr: &sqlparser::ast::Expr) -> Option<String> {
    match expr {
        sqlparser::ast::Expr::Value(v) => v.value.clone().into_string(),
        _ => None,
    }
}
