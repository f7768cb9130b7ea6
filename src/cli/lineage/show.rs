//! The lineage of files as text, JSON and graphs.

use super::files::File;
use crate::cli::terminal::{Style, counted, one_line};
use crate::each::Each;
use crate::layout::text;
use crate::lineage::script::{ColumnRef, Script};
use crate::lineage::{BY, ColumnSource, Diagnostic, Kind, Name, Output, Relation, Severity, Statement};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Display;
use std::io::{self, Write};

/// The shape of contract §7, pretty-printed; each statement as it is written, for all of them at once are many times the size of their files.
pub fn json(out: &mut impl Write, files: &[File]) -> io::Result<()> {
    let (sources, targets, intermediate) = together(files);
    let column = |c: &ColumnRef| json!({"table": c.table, "column": c.column});
    let columns: BTreeSet<&(ColumnRef, ColumnRef)> = files.iter().flat_map(|f| &f.script.columns).collect();
    let report = Report {
        files: Each(files.iter().map(of_file)),
        tables: json!({"sources": sources, "targets": targets, "intermediate": intermediate}),
        columns: Each(columns.iter().map(|(s, t)| json!({"source": column(s), "target": column(t)}))),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Report<F: Serialize, C: Serialize> {
    files: F,
    tables: Json,
    columns: C,
}

#[derive(Serialize)]
struct OfFile<'a, S: Serialize> {
    path: &'a str,
    dialect: &'a str,
    dialect_reason: &'a str,
    coverage: f32,
    statements: S,
    diagnostics: &'a [Diagnostic],
}

fn of_file(file: &File) -> impl Serialize + use<'_> {
    let facts = &file.script.facts;
    OfFile {
        path: &file.path,
        dialect: &facts.dialect,
        dialect_reason: &file.why,
        coverage: facts.coverage,
        statements: Each(facts.statements.iter().map(statement)),
        diagnostics: &facts.diagnostics,
    }
}

/// Sources, targets and what lies between over several files; names in any case are the same.
fn together(files: &[File]) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let all = |pick: fn(&Script) -> &Vec<String>| -> BTreeMap<String, &str> {
        files.iter().flat_map(|f| pick(&f.script)).map(|name| (name.to_lowercase(), name.as_str())).collect()
    };
    let (mut sources, mut targets, mut middle) = (all(|s| &s.sources), all(|s| &s.targets), all(|s| &s.intermediate));
    if files.len() > 1 {
        let both: Vec<_> = sources.iter().filter(|(key, _)| targets.contains_key(*key)).map(|(k, v)| (k.clone(), *v)).collect();
        middle.extend(both);
        sources.retain(|key, _| !middle.contains_key(key));
        targets.retain(|key, _| !middle.contains_key(key));
    }
    // What is only declared brings nothing in: it is where data comes from, as a table without its declaration is.
    let fed = fed(files);
    sources.extend(middle.extract_if(.., |key, _| !fed.contains(key)));
    let names = |map: BTreeMap<String, _>| map.into_values().collect();
    (names(sources), names(targets), names(middle))
}

/// What something more than its declaration writes, in lower case.
fn fed(files: &[File]) -> HashSet<String> {
    let statements = files.iter().flat_map(|file| &file.script.facts.statements);
    let takes_away = |kind: &str| ["TRUNCATE", "DELETE"].iter().any(|word| kind.starts_with(word));
    let filling = statements.filter(|s| (s.kind != "CREATE TABLE" || !s.reads.is_empty()) && !takes_away(&s.kind));
    filling.flat_map(|s| &s.writes).map(|name| name.to_string().to_lowercase()).collect()
}

fn statement(statement: &Statement) -> Json {
    let sources = |list: &[ColumnSource]| -> Vec<Json> {
        let column = |s: &ColumnSource| if s.is_row() { "*".to_owned() } else { s.column.clone() };
        let of = |s: &ColumnSource, t: &Name| json!({"table": t.to_string(), "column": column(s), "subtype": s.subtype});
        list.iter().flat_map(|s| s.tables.iter().filter(|t| t.returned_by().is_empty()).map(move |t| of(s, t))).collect()
    };
    let flow = |target: &Name, column: &str, sources: Vec<Json>, expression: &str, kind: &str| {
        json!({
            "target": {"table": target.to_string(), "column": column},
            "sources": sources,
            "expression": expression,
            "kind": kind,
            "confidence": statement.confidence,
        })
    };
    let mut columns = Vec::new();
    // What routines hand on by other ways than rows has names of ours.
    let told = |name: &Name| name.returned_by().is_empty();
    for projection in statement.projections.iter().filter(|p| told(&p.target)) {
        for branch in &projection.branches {
            for (at, output) in branch.iter().enumerate() {
                let (name, list, expression) = match output {
                    Output::Column { name, sources: list, expression, .. } => (name.as_str(), sources(list), expression.as_str()),
                    Output::Star(star) => ("*", vec![json!({"table": star.table.to_string(), "column": "*"})], ""),
                };
                let name = projection.columns.as_ref().and_then(|c| c.get(at)).map_or(name, String::as_str);
                columns.push(flow(&projection.target, name, list, expression, "direct"));
            }
        }
        if !projection.indirect.is_empty() {
            columns.push(flow(&projection.target, "*", sources(&projection.indirect), "", "indirect"));
        }
    }
    let names = |list: &[Name]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "line_start": statement.span.line,
        "line_end": statement.span.line_end,
        "kind": statement.kind,
        "owner": statement.owner.as_ref().map(ToString::to_string),
        "reads": names(&statement.reads),
        "writes": names(&statement.writes),
        "columns": columns,
        "calls": names(&statement.calls),
        "confidence": statement.confidence,
    })
}

/// Words for people.
pub fn text(out: &mut impl Write, files: &[File], style: Style) -> io::Result<()> {
    let Style { bold, dim, plain, .. } = style;
    // Names are whatever a file says.
    let clean = |name: &dyn Display| one_line(&name.to_string());
    let listed = |names: &[Name]| names.iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let routines = routines(files);
    for file in files {
        let facts = &file.script.facts;
        if facts.statements.is_empty() && facts.assets.is_empty() && facts.edges.is_empty() && facts.diagnostics.is_empty() {
            writeln!(out, "{bold}{}{plain}  (nothing in it)", clean(&file.path))?;
            continue;
        }
        // Without a mark the dialect is only the default's name.
        let dialect = Some(&facts.dialect).filter(|d| !d.is_empty() && (file.marked || file.why.is_empty()));
        let mut about: Vec<String> = dialect.cloned().into_iter().collect();
        about.push(counted(facts.statements.len(), "statement"));
        about.push(format!("{} % understood", percent(facts.coverage)));
        writeln!(out, "{bold}{}{plain}  ({})", clean(&file.path), about.join(", "))?;
        if !file.why.is_empty() {
            writeln!(out, "  {dim}{}{plain}", clean(&file.why))?;
        }
        for asset in &facts.assets {
            let kind = asset.kind.to_string().replace('_', " ");
            writeln!(out, "  {dim}line {:<5}{plain} defines {kind} {}", asset.span.line, clean(&asset.name))?;
        }
        for statement in facts.statements.iter().filter(|s| !s.reads.is_empty() || !s.writes.is_empty() || !s.calls.is_empty()) {
            write!(out, "  {dim}line {:<5}{plain} {}", statement.span.line, statement.kind)?;
            if let Some(owner) = &statement.owner {
                write!(out, " in {}", clean(owner))?;
            }
            for (word, names) in [("->", &statement.writes), ("<-", &statement.reads), ("calls", &statement.calls)] {
                if !names.is_empty() {
                    write!(out, "  {word} {}", listed(names))?;
                }
            }
            if statement.confidence < 1.0 {
                write!(out, "  {dim}(confidence {:.1}){plain}", statement.confidence)?;
            }
            writeln!(out)?;
        }
        for ((line, target), (sources, confidence)) in elsewhere(file, &routines) {
            let (target, sources) = (clean(&target), clean(&sources.into_iter().collect::<Vec<_>>().join(", ")));
            writeln!(out, "  {dim}line {line:<5}{plain} flow  -> {target}  <- {sources}  {dim}(confidence {confidence:.1}){plain}")?;
        }
        let mut columns: BTreeMap<&ColumnRef, Vec<String>> = BTreeMap::new();
        for (source, target) in &file.script.columns {
            let table = if source.table.is_empty() { "?" } else { &source.table };
            columns.entry(target).or_default().push(format!("{table}.{}", source.column));
        }
        for (target, sources) in columns {
            writeln!(out, "  {}.{} <- {}", clean(&target.table), clean(&target.column), clean(&sources.join(", ")))?;
        }
        for d in &facts.diagnostics {
            let word = match d.severity {
                Severity::Error => "error: ",
                Severity::Warning => "warning: ",
                Severity::Info => "",
            };
            writeln!(out, "  {dim}line {:<5}{plain} {word}{}", d.line, clean(&d.message))?;
        }
    }
    let (sources, targets, middle) = together(files);
    for (title, names) in [("sources", sources), ("targets", targets), ("in between", middle)] {
        if !names.is_empty() {
            writeln!(out, "{bold}{title}:{plain} {}", clean(&names.join(", ")))?;
        }
    }
    if files.len() > 1 {
        let sum = |count: fn(&File) -> usize| files.iter().map(count).sum::<usize>();
        let failed = sum(|f| f.script.facts.statements_failed());
        let all = counted(sum(|f| f.script.facts.statements.len()), "statement");
        writeln!(out, "{bold}in all:{plain} {}, {all}, {failed} not understood", counted(files.len(), "file"))?;
    }
    Ok(())
}

/// Flows that no statement states: data frames, a manifest's dependencies. By line and target.
fn elsewhere(file: &File, routines: &HashSet<String>) -> BTreeMap<(u32, String), (BTreeSet<String>, f32)> {
    let facts = &file.script.facts;
    let stated: HashSet<(&Name, &Name)> =
        facts.statements.iter().flat_map(|s| s.writes.iter().flat_map(|t| s.reads.iter().map(move |r| (t, r)))).collect();
    let mut flows: BTreeMap<(u32, String), (BTreeSet<String>, f32)> = BTreeMap::new();
    for edge in facts.edges.iter().filter(|e| e.relation == Relation::Derives) {
        if let (Some(target), Some(source)) = (&edge.from, &edge.to)
            && !stated.contains(&(target, source))
            && is_there(source, routines)
        {
            let flow = flows.entry((edge.line, shown(target))).or_insert((BTreeSet::new(), edge.confidence));
            flow.0.insert(source.to_string());
            flow.1 = flow.1.min(edge.confidence);
        }
    }
    flows
}

/// A name without the way in which what it stands for comes back.
fn shown(name: &Name) -> String {
    let text = name.to_string();
    text.split_once(BY).map_or(text.clone(), |(routine, _)| format!("{routine}()"))
}

/// What the routines of the files give back, by its last name in lower case.
fn routines(files: &[File]) -> HashSet<String> {
    let assets = files.iter().flat_map(|f| &f.script.facts.assets).filter(|a| matches!(a.kind, Kind::Function | Kind::Procedure));
    assets.map(|a| a.name.rows().last().to_lowercase()).collect()
}

/// Whether it is a relation, or what one of `routines` gives back: the functions of an engine are none.
fn is_there(name: &Name, routines: &HashSet<String>) -> bool {
    !name.is_rows() || routines.contains(&name.last().to_lowercase())
}

/// Rounded down to a tenth: what is not all is never shown as 100.
fn percent(share: f32) -> String {
    let tenths = (f64::from(share) * 1000.0).floor() / 10.0;
    if tenths.fract() == 0.0 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

/// Every relation, by name; and flows among them, from the first to the second.
fn flows(files: &[File]) -> (Vec<String>, Vec<(usize, usize)>) {
    let (mut edges, mut nodes) = (BTreeSet::new(), BTreeSet::new());
    let routines = routines(files);
    for facts in files.iter().map(|f| &f.script.facts) {
        let stated = facts.statements.iter().flat_map(|s| s.writes.iter().flat_map(|t| s.reads.iter().map(move |r| (r, t))));
        let derived = facts.edges.iter().filter(|e| e.relation == Relation::Derives);
        let derived = derived.filter_map(|e| Some((e.to.as_ref().filter(|to| is_there(to, &routines))?, e.from.as_ref()?)));
        edges.extend(stated.chain(derived).filter(|(s, t)| s != t).map(|(s, t)| (s.to_string(), t.to_string())));
        nodes.extend(facts.statements.iter().flat_map(|s| s.reads.iter().chain(&s.writes)).map(ToString::to_string));
    }
    nodes.extend(edges.iter().flat_map(|(s, t)| [s.clone(), t.clone()]));
    let ids: BTreeMap<&String, usize> = nodes.iter().enumerate().map(|(id, name)| (name, id)).collect();
    let edges = edges.iter().map(|(s, t)| (ids[s], ids[t])).collect();
    (nodes.into_iter().collect(), edges)
}

/// Graphviz.
pub fn dot(out: &mut impl Write, files: &[File]) -> io::Result<()> {
    let (nodes, edges) = flows(files);
    text::dot(out, &nodes.iter().map(String::as_str).collect::<Vec<_>>(), &edges)
}

/// Mermaid.
pub fn mermaid(out: &mut impl Write, files: &[File]) -> io::Result<()> {
    let (nodes, edges) = flows(files);
    text::mermaid(out, &nodes.iter().map(String::as_str).collect::<Vec<_>>(), &edges)
}
