//! Facts from a few words, for the tables of tests: one statement a line.
//!
//! ```text
//! table dbo.Orders(id, total, customer_id>dbo.Customers.id)     a table, with a foreign key
//! table t(id, total!)                                           … with a column that the database gives its values
//! view v <- a, b                                                a view and what it derives from
//! view v = x:a.x y:a.y+a.z *b ?a.k                              … with its outputs, a star, a filter
//! proc p | func f | trigger g on t                              routines
//! func f = x:a.x *b                                             … with what it gives back, which is `f()` wherever rows are read
//! synonym s for t                                               another name of a table
//! fires f on t                                                  a trigger of t runs the function
//! pass t.x to f | keep f in t.x                                 what a routine is called with, and where that goes
//! a <- b | read t | p reads t | t by p | p calls q | exec q     relations
//! insert t(x, y) = :a.x :a.y | insert t = x:a.x                 a projection into a table
//! p: insert … | p: uses t.a                                     … within a routine
//! alter t.x note                                                a comment on a table and its column
//! insert t = x:u.@                                              a row of u as one value
//! ```

use super::link::{FileFacts, link};
use super::{Graph, Linked};
use crate::lineage::{
    Asset, Column, ColumnSource, Edge, FIRED, Facts, ForeignKey, Kind, Name, Output, Projection, Relation, Span, Star, Statement, Subtype,
};
use std::sync::Arc;

pub(super) fn name(text: &str) -> Name {
    Name::new(text.trim().split('.'))
}

/// `(repository/path, dialect, script)`.
pub(super) type Script<'a> = (&'a str, &'a str, &'a str);

pub(super) fn linked(files: &[Script<'_>]) -> Linked {
    let facts: Vec<Arc<Facts>> = files.iter().map(|(_, dialect, script)| facts(dialect, script).into()).collect();
    let ids: Vec<String> = files.iter().map(|(path, ..)| format!("id of {path}")).collect();
    let mut inputs = Vec::new();
    for ((full, ..), (facts, id)) in files.iter().zip(facts.iter().zip(&ids)) {
        let (repository_id, path) = full.split_once('/').unwrap_or(("r", full));
        inputs.push(FileFacts { file_id: id, repository_id, repository: repository_id, path, facts });
    }
    link("p", &inputs, &[])
}

pub(crate) fn graph(script: &str) -> Graph {
    Graph::build("p", linked(&[("f.sql", "tsql", script)]))
}

/// Every edge as `from RELATION to`, without DEFINED_IN and COLUMN_OF; ends as `kind:key`.
pub(super) fn edges(linked: &Linked) -> Vec<String> {
    let end = |ix: u32| linked.nodes[ix as usize].urn("p").strip_prefix("urn:headwater:p:").unwrap_or_default().to_owned();
    let wanted = linked.edges.iter().filter(|e| !matches!(e.relation, Relation::DefinedIn | Relation::ColumnOf));
    wanted
        .map(|e| {
            let arrow = if e.subtypes.flow() == crate::lineage::Flow::Indirect { "~" } else { "" };
            let expression = e.transformation.as_ref().map(|t| format!(" [{t}]")).unwrap_or_default();
            format!("{} {arrow}{} {}{expression}", end(e.from), e.relation.as_str(), end(e.to))
        })
        .collect()
}

pub(super) fn facts(dialect: &str, script: &str) -> Facts {
    let mut facts = Facts { dialect: dialect.to_owned(), coverage: 1.0, ..Facts::default() };
    let lines = script.lines().map(str::trim).enumerate().filter(|(_, l)| !l.is_empty());
    for (at, text) in lines {
        line(&mut facts, at as u32 + 1, text);
    }
    facts
}

fn line(facts: &mut Facts, line: u32, text: &str) {
    let span = Span { line, line_end: line, start: line * 100, end: line * 100 + 99 };
    let (owner, text) = match text.split_once(": ") {
        Some((owner, rest)) => (Some(name(owner)), rest),
        None => (None, text),
    };
    let mut edge = |relation, from: Option<&str>, to: Option<&str>| {
        facts.edges.push(Edge { relation, from: from.map(name), to: to.map(name), line, confidence: 1.0 });
    };
    let statement = |kind: &str| Statement {
        kind: kind.to_owned(),
        span,
        owner: owner.clone(),
        reads: Vec::new(),
        writes: Vec::new(),
        calls: Vec::new(),
        projections: Vec::new(),
        columns_read: Vec::new(),
        confidence: 1.0,
    };
    let asset = |kind, text: &str| Asset {
        kind,
        name: name(text),
        span,
        columns: Vec::new(),
        foreign_keys: Vec::new(),
        signature: String::new(),
        comment: None,
        exact: false,
    };
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "table" => facts.assets.push(table(asset(Kind::Table, rest.split('(').next().unwrap_or(rest)), rest, line)),
        "view" if rest.contains('=') => {
            let projection = projection(rest, line);
            facts.assets.push(asset(Kind::View, &projection.target.to_string()));
            facts.statements.push(Statement { projections: vec![projection], ..statement("CREATE VIEW") });
        }
        "view" => {
            let (view, sources) = rest.split_once("<-").unwrap_or((rest, ""));
            for source in sources.split(',').filter(|s| !s.trim().is_empty()) {
                edge(Relation::Derives, Some(view), Some(source));
            }
            facts.assets.push(asset(Kind::View, view));
        }
        "synonym" => {
            let (synonym, target) = rest.split_once(" for ").unwrap_or((rest, ""));
            edge(Relation::Derives, Some(synonym), Some(target));
            facts.assets.push(asset(Kind::Synonym, synonym));
            let projections = vec![projection(&format!("{synonym} = *{target}"), line)];
            facts.statements.push(Statement { projections, ..statement("CREATE SYNONYM") });
        }
        "fires" => {
            let (function, table) = rest.split_once(" on ").unwrap_or((rest, ""));
            let target = name(function).returned(FIRED);
            facts.edges.push(Edge {
                relation: Relation::Derives,
                from: Some(target.clone()),
                to: Some(name(table)),
                line,
                confidence: 1.0,
            });
            let projections = vec![Projection { target, by_name: true, ..projection(&format!("f = *{table}"), line) }];
            facts.statements.push(Statement { projections, ..statement("CREATE TRIGGER") });
        }
        "pass" => {
            let (made_of, function) = rest.split_once(" to ").unwrap_or((rest, ""));
            let projections = vec![Projection { target: name(function).passed("1"), ..projection(&format!("f = :{made_of}"), line) }];
            facts.statements.push(Statement { projections, ..statement("CALL") });
        }
        "keep" => {
            let (function, column) = rest.split_once(" in ").unwrap_or((rest, ""));
            let (table, column) = column.rsplit_once('.').unwrap_or((column, ""));
            let sources = vec![ColumnSource::passed(&name(function), "1")];
            let output = Output::Column { name: String::new(), sources, expression: String::new(), span };
            let projections = vec![Projection { branches: vec![vec![output]], ..projection(&format!("{table}({column}) = "), line) }];
            facts.statements.push(Statement { projections, ..statement("INSERT") });
        }
        "proc" => facts.assets.push(asset(Kind::Procedure, rest)),
        "func" if rest.contains('=') => {
            let projection = projection(rest, line);
            facts.assets.push(asset(Kind::Function, &projection.target.to_string()));
            let projections = vec![Projection { target: projection.target.rows(), ..projection }];
            facts.statements.push(Statement { projections, ..statement("SELECT") });
        }
        "func" => facts.assets.push(asset(Kind::Function, rest)),
        "trigger" => {
            let (trigger, on) = rest.split_once(" on ").unwrap_or((rest, ""));
            edge(Relation::FiresOn, Some(trigger), Some(on));
            facts.assets.push(asset(Kind::Trigger, trigger));
        }
        "alter" => {
            let [column, said] = rest.split_whitespace().collect::<Vec<_>>()[..] else { panic!("cannot read `{text}`") };
            let (relation, column) = column.rsplit_once('.').unwrap_or((column, ""));
            let comment = Some(said.to_owned());
            let column = Column { name: column.to_owned(), comment: comment.clone(), ..Column::default() };
            facts.alters.push(Asset { columns: vec![column], comment, ..asset(Kind::External, relation) });
        }
        "read" => edge(Relation::Reads, None, Some(rest)),
        "exec" => {
            edge(Relation::Calls, None, Some(rest));
            facts.statements.push(Statement { calls: vec![name(rest)], ..statement("EXEC") });
        }
        "insert" => facts.statements.push(Statement { projections: vec![projection(rest, line)], ..statement("INSERT") }),
        "uses" => {
            let columns_read = rest.split_whitespace().map(|s| source(s, Subtype::Identity)).collect();
            facts.statements.push(Statement { columns_read, ..statement("SELECT") });
        }
        _ => match text.split_whitespace().collect::<Vec<_>>()[..] {
            [from, "<-", to] => edge(Relation::Derives, Some(from), Some(to)),
            [from, "reads", to] => edge(Relation::Reads, Some(from), Some(to)),
            [from, "by", to] => edge(Relation::WrittenBy, Some(from), Some(to)),
            [from, "calls", to] => edge(Relation::Calls, Some(from), Some(to)),
            _ => panic!("cannot read `{text}`"),
        },
    }
}

fn table(mut asset: Asset, text: &str, line: u32) -> Asset {
    let inside = text.split_once('(').map_or("", |(_, c)| c.trim_end_matches(')'));
    for column in inside.split(',').map(str::trim).filter(|c| !c.is_empty()) {
        let (column, key) = column.split_once('>').map_or((column, None), |(c, k)| (c, Some(k)));
        let (column, generated) = column.strip_suffix('!').map_or((column, false), |column| (column, true));
        asset.columns.push(Column { name: column.to_owned(), data_type: "INT".to_owned(), line, generated, ..Column::default() });
        if let Some((references, referenced)) = key.and_then(|k| k.rsplit_once('.')) {
            let (columns, referenced_columns) = (vec![column.to_owned()], vec![referenced.to_owned()]);
            asset.foreign_keys.push(ForeignKey { columns, references: name(references), referenced_columns, line });
        }
    }
    asset
}

fn projection(text: &str, line: u32) -> Projection {
    let (target, outputs) = text.split_once('=').unwrap_or((text, ""));
    let (target, columns) = target.trim().trim_end_matches(')').split_once('(').map_or((target, None), |(t, c)| (t, Some(c)));
    let mut indirect = Vec::new();
    let mut branches = Vec::new();
    for arm in outputs.split(" UNION ") {
        let mut branch = Vec::new();
        for output in arm.split_whitespace() {
            if let Some(filter) = output.strip_prefix('?') {
                indirect.push(source(filter, Subtype::Filter));
            } else if let Some(star) = output.strip_prefix('*') {
                let (table, except) = star.split_once('-').unwrap_or((star, ""));
                let except = except.split('-').filter(|e| !e.is_empty()).map(str::to_owned).collect();
                branch.push(Output::Star(Star { except, ..Star::of(name(table), line) }));
            } else {
                let (alias, made_of) = output.split_once(':').unwrap_or((output, ""));
                let sources: Vec<ColumnSource> =
                    made_of.split('+').filter(|s| !s.is_empty()).map(|s| source(s, Subtype::Identity)).collect();
                let expression = if sources.len() == 1 { String::new() } else { made_of.to_owned() };
                branch.push(Output::Column {
                    name: alias.to_owned(),
                    sources,
                    expression,
                    span: Span { line, line_end: line, ..Span::default() },
                });
            }
        }
        branches.push(branch);
    }
    let columns = columns.map(|c| c.split(',').map(|c| c.trim().to_owned()).collect());
    Projection { target: name(target), columns, by_name: false, branches, indirect }
}

/// `t.a`, or `t|u.a` when the text does not say whose.
fn source(text: &str, subtype: Subtype) -> ColumnSource {
    let (tables, column) = text.rsplit_once('.').unwrap_or(("", text));
    if column == "@" {
        return ColumnSource::row(name(tables), &[]);
    }
    ColumnSource { tables: tables.split('|').map(name).collect(), subtype, ..ColumnSource::of(Name::default(), column) }
}
