//! Names as written, and what they give away.

use crate::lineage::Name;
use crate::lineage::dialect::Grammar;
use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, ObjectName, ObjectNamePart};

/// Formats that stand for a schema when files are queried in place: ``parquet.`path/` ``.
const FILE_FORMATS: [&str; 8] = ["parquet", "json", "csv", "orc", "avro", "delta", "text", "binaryfile"];

/// Temporaries by their very name: `#t`, `@t`.
pub(crate) fn is_temp(name: &Name) -> bool {
    name.last().starts_with(['#', '@'])
}

/// Whether a temporary of this key can be a caller's: T-SQL's tables.
pub(crate) fn is_lent(key: &str) -> bool {
    key.starts_with('#')
}

/// The key of a temporary in [`Temps`](super::Temps): its last part, since tempdb..#t is #t, Spark's global_temp.t is t, and so is
/// BigQuery's _SESSION.t.
pub(crate) fn temp_key(name: &Name) -> String {
    match &*name.0 {
        [first, last] if ["global_temp", "_session"].iter().any(|s| first.eq_ignore_ascii_case(s)) => last.to_lowercase(),
        _ if is_temp(name) => name.last().to_lowercase(),
        _ => name.key(),
    }
}

/// A name as written, quotes removed, empty parts (`db..t`) left out; a file queried in place is `path:…`.
pub(crate) fn object_name(name: &ObjectName, grammar: Grammar) -> Name {
    // IDENTIFIER('schema.table')
    if let [ObjectNamePart::Function(f)] = name.0.as_slice()
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(text)))] = f.args.as_slice()
        && let Some(text) = text.value.clone().into_string()
    {
        return Name::new(text.split('.').map(|part| part.trim_matches('"')));
    }
    let parts = name.0.iter().filter_map(ObjectNamePart::as_ident).filter(|i| !i.value.is_empty());
    from_parts(&parts.map(|i| (i.value.as_str(), i.quote_style.is_some())).collect::<Vec<_>>(), grammar)
}

/// A name of parts, each with whether it was quoted. Never empty.
pub(crate) fn from_parts(parts: &[(&str, bool)], grammar: Grammar) -> Name {
    if let [(format, false), (path, true)] = parts
        && path.contains('/')
        && FILE_FORMATS.contains(&format.to_lowercase().as_str())
    {
        return Name::new([format!("path:{path}")]);
    }
    if let [(path, true)] = parts
        && path.contains("://")
        && !path.starts_with("path:")
    {
        return Name::new([format!("path:{path}")]);
    }
    // Databricks: a table of the same pipeline.
    let parts = match parts {
        [(live, false), rest @ ..] if !rest.is_empty() && live.eq_ignore_ascii_case("live") && grammar.is(&["databricks"]) => rest,
        _ => parts,
    };
    // BigQuery quotes a whole path at once.
    let split = grammar.is(&["bigquery"]);
    if !split && !parts.is_empty() && parts.iter().all(|(p, _)| !p.is_empty()) {
        return Name::new(parts.iter().map(|(p, _)| *p));
    }
    let name = Name::new(parts.iter().flat_map(|(p, quoted)| p.split(move |c| split && *quoted && c == '.')).filter(|p| !p.is_empty()));
    if name.0.is_empty() { Name::new(["?"]) } else { name }
}

pub(crate) fn idents(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|p| p.as_ident().map_or_else(|| p.to_string(), |i| i.value.clone())).filter(|p| !p.is_empty()).collect()
}

pub(crate) fn last(name: &ObjectName) -> String {
    idents(name).pop().unwrap_or_default()
}

pub(crate) fn lower(name: &ObjectName) -> String {
    last(name).to_lowercase()
}
