//! Lineage of one script from end to end: what it reads from outside, what it leaves behind, and which column becomes which.

use super::draft::Event;
use super::scope::Schema;
use super::{ARGUMENT, ColumnSource, Facts, Kind, Name, Output, Projection, ROWS, Relation, Statement};
use foldhash::{HashMap, HashSet};
use given::{Given, is_here};
use std::collections::{BTreeMap, BTreeSet};

mod given;

/// A column of a relation. An empty table: the text leaves open which of several it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// Qualified name as written, or empty.
    pub table: String,
    /// Column name, `*` for all of them.
    pub column: String,
}

/// What a script does as a whole.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The facts it was computed from.
    pub facts: Facts,
    /// Relations read and never written here, sorted.
    pub sources: Vec<String>,
    /// Relations written and never read here, sorted.
    pub targets: Vec<String>,
    /// Relations both written and read, sorted.
    pub intermediate: Vec<String>,
    /// Every relation read, sorted.
    pub reads: Vec<String>,
    /// Every relation written or deleted from, sorted.
    pub writes: Vec<String>,
    /// Source and target column, columns in between left out, sorted.
    pub columns: Vec<(ColumnRef, ColumnRef)>,
    /// Every column touched, as `table.column`, sorted.
    pub read_columns: Vec<String>,
}

/// Analyses `text` and follows its columns to the end. `schema` gives the columns of relations by name; what the script itself
/// creates is added to it.
pub fn follow(text: &str, dialect: &str, schema: &BTreeMap<String, Vec<String>>) -> Script {
    let mut known = Schema::default();
    for (table, columns) in schema {
        known.add(table, columns.clone());
    }
    let (mut facts, mut events) = super::analyze_with(text, dialect, &known);
    let created: HashSet<&Name> = facts.statements.iter().filter(|s| s.kind == "CREATE TABLE").flat_map(|s| &s.writes).collect();
    let declared: Vec<(String, Vec<String>)> = facts
        .assets
        .iter()
        .filter(|a| a.kind == Kind::Table && !a.columns.is_empty() && created.contains(&a.name))
        .map(|a| (a.name.to_string(), a.columns.iter().map(|c| c.name.clone()).collect()))
        .collect();
    if !declared.is_empty() {
        for (table, columns) in declared {
            known.add(&table, columns);
        }
        (facts, events) = super::analyze_with(text, dialect, &known);
    }
    let mut walk = Walk::new(&known, &facts.statements);
    for event in &events {
        walk.event(event, &facts.statements);
    }
    walk.finish(facts)
}

/// What facts already read say as a whole; their statements are taken in order. Data that flows outside statements (a script's data
/// frames) counts for sources and targets.
pub fn of(facts: Facts, schema: &BTreeMap<String, Vec<String>>) -> Script {
    let mut known = Schema::default();
    for (table, columns) in schema {
        known.add(table, columns.clone());
    }
    let mut walk = Walk::new(&known, &facts.statements);
    for at in 0..facts.statements.len() {
        walk.event(&Event::Statement(at), &facts.statements);
    }
    for edge in &facts.edges {
        let (read, written) = match edge.relation {
            Relation::Reads => (&edge.to, &None),
            Relation::WrittenBy => (&None, &edge.from),
            Relation::Derives => (&edge.to, &edge.from),
            _ => continue,
        };
        for (names, all, name) in [(&mut walk.read, &mut walk.all_reads, read), (&mut walk.written, &mut walk.all_writes, written)] {
            if let Some(name) = name.as_ref().filter(|name| !name.is_rows()) {
                names.entry(name.key()).or_insert_with(|| name.to_string());
                all.insert(name.to_string());
            }
        }
    }
    walk.finish(facts)
}

struct Walk<'a> {
    schema: &'a Schema,
    given: Given,
    /// The routine whose statement or result is at hand.
    caller: Option<Name>,
    read: BTreeMap<String, String>,
    written: BTreeMap<String, String>,
    /// Read and written by one and the same statement.
    loops: HashSet<String>,
    tables: HashMap<String, Table>,
    all_reads: BTreeSet<String>,
    all_writes: BTreeSet<String>,
    touched: BTreeSet<String>,
    consumed: HashSet<(String, String)>,
    /// Relations that hold nothing any more when they are written next, by which they may still be read.
    emptied: HashSet<String>,
}

/// Columns that the script put into a relation: lower-case name to the name as written and what it is made of.
#[derive(Clone, Default)]
struct Table {
    name: String,
    columns: BTreeMap<String, (String, BTreeSet<ColumnRef>)>,
    order: Vec<String>,
    /// The script made it, with these columns and no others.
    whole: bool,
}

impl<'a> Walk<'a> {
    fn new(schema: &'a Schema, statements: &[Statement]) -> Self {
        Walk {
            schema,
            given: Given::of(statements),
            caller: None,
            read: BTreeMap::new(),
            written: BTreeMap::new(),
            loops: HashSet::default(),
            tables: HashMap::default(),
            all_reads: BTreeSet::new(),
            all_writes: BTreeSet::new(),
            touched: BTreeSet::new(),
            consumed: HashSet::default(),
            emptied: HashSet::default(),
        }
    }

    fn event(&mut self, event: &Event, statements: &[Statement]) {
        match event {
            Event::Statement(at) => {
                if let Some(statement) = statements.get(*at) {
                    self.statement(statement);
                }
            }
            Event::Drop(name) => {
                let key = name.key();
                self.tables.remove(&key);
                if !self.read.contains_key(&key) {
                    self.written.remove(&key);
                }
            }
            Event::Empty(name) => {
                self.emptied.insert(name.key());
            }
            Event::Rename(old, new) => self.rename(old, new),
            Event::Swap(a, b) => {
                let between = Name::new([format!("{a} <-> {b}")]);
                self.rename(a, &between);
                self.rename(b, a);
                self.rename(&between, b);
            }
        }
    }

    /// What was said of `old` so far is from now on said of `new`.
    fn rename(&mut self, old: &Name, new: &Name) {
        let (from, to) = (old.key(), new.key());
        for map in [&mut self.read, &mut self.written] {
            if map.remove(&from).is_some() {
                map.insert(to.clone(), new.to_string());
            }
        }
        if let Some(mut table) = self.tables.remove(&from) {
            table.name = new.to_string();
            self.tables.insert(to, table);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.caller.clone_from(&statement.owner);
        // What is deleted from is touched, but nothing flows into it; into the table of an OUTPUT it does.
        let deletes = matches!(statement.kind.as_str(), "DELETE" | "TRUNCATE");
        let flows = |name: &Name| !deletes || statement.projections.iter().any(|p| p.target == *name);
        for name in &statement.reads {
            self.read.insert(name.key(), name.to_string());
            self.all_reads.insert(name.to_string());
        }
        for name in &statement.writes {
            if flows(name) {
                self.written.insert(name.key(), name.to_string());
                if statement.reads.contains(name) {
                    self.loops.insert(name.key());
                }
            }
            self.all_writes.insert(name.to_string());
        }
        for source in &statement.columns_read {
            // What a routine reads is touched there.
            for column in self.resolve(source).into_iter().filter(|c| !c.table.ends_with(ROWS)) {
                let text = if column.table.is_empty() { column.column } else { format!("{}.{}", column.table, column.column) };
                self.touched.insert(text);
            }
        }
        let creates = statement.kind.starts_with("CREATE") || statement.kind == "SELECT INTO";
        let mut flows: Vec<(Name, Vec<Flowing>)> = Vec::new();
        for projection in statement.projections.iter().filter(|p| !p.target.is_rows()) {
            flows.push((projection.target.clone(), self.projection(projection, !creates)));
        }
        for (target, columns) in flows {
            let table = self.tables.entry(target.key()).or_default();
            table.name = target.to_string();
            if self.emptied.remove(&target.key()) {
                if creates {
                    *table = Table { name: target.to_string(), ..Table::default() };
                }
                table.columns.values_mut().for_each(|(_, sources)| sources.clear());
            }
            table.whole |= creates;
            for flowing in columns {
                let key = flowing.name.to_lowercase();
                if !table.columns.contains_key(&key) {
                    table.order.push(key.clone());
                }
                table
                    .columns
                    .entry(key)
                    .or_insert_with(|| (flowing.name, BTreeSet::new()))
                    .1
                    .extend(flowing.sources.into_iter().filter(|c| c.column != ARGUMENT));
            }
        }
    }

    /// The columns of the target with what flows into each, columns made here looked through; `fills` those that it has.
    fn projection(&mut self, projection: &Projection, fills: bool) -> Vec<Flowing> {
        let fixed = projection.columns.clone().or_else(|| self.schema.columns(&projection.target).filter(|_| fills).cloned());
        let mut names: Vec<String> = fixed.clone().unwrap_or_default();
        let mut all: Vec<Flowing> = Vec::new();
        for (arm, outputs) in projection.branches.iter().enumerate() {
            let expanded = self.expand(outputs);
            let open = expanded.iter().any(|f| f.name == "*");
            if arm == 0 && fixed.is_none() && !open {
                names = expanded.iter().map(|f| f.name.clone()).collect();
            }
            for (at, flowing) in expanded.into_iter().enumerate() {
                let name = match names.get(at) {
                    Some(name) if !open && !projection.by_name => name.clone(),
                    _ => flowing.name,
                };
                // A value goes to a place whose name nobody tells.
                if !name.is_empty() {
                    all.push(Flowing { name, sources: flowing.sources });
                }
            }
        }
        all
    }

    fn expand(&mut self, outputs: &[Output]) -> Vec<Flowing> {
        let mut list = Vec::new();
        for output in outputs {
            match output {
                Output::Column { name, sources, .. } => {
                    let mut found = BTreeSet::new();
                    for source in sources {
                        if !self.counts(source) {
                            continue;
                        }
                        for column in self.resolve(source) {
                            found.extend(self.through(column));
                        }
                    }
                    list.push(Flowing { name: name.clone(), sources: found });
                }
                Output::Star(star) => {
                    let columns = self.columns_of(&star.table);
                    if columns == ["*"] {
                        list.extend(self.expand(&star.replace));
                    }
                    for column in columns.into_iter().filter(|c| !star.leaves_out(c)) {
                        if let Some(replaced) = star.replaced(&column) {
                            list.extend(self.expand(std::slice::from_ref(replaced)));
                            continue;
                        }
                        let name = star.shown(&column).to_owned();
                        let sources = self.through(ColumnRef { table: star.table.to_string(), column });
                        list.push(Flowing { name, sources });
                    }
                }
            }
        }
        list
    }

    /// The columns of a relation as far as they are known, and `*` for the others.
    fn columns_of(&mut self, table: &Name) -> Vec<String> {
        let filled = self.tables.get(&table.key());
        let made = filled.map(|made| {
            let filled = made.order.iter().filter_map(|k| made.columns.get(k)).map(|c| c.0.clone());
            let rest = (!made.whole && !made.columns.contains_key("*")).then(|| "*".to_owned());
            filled.chain(rest).collect::<Vec<_>>()
        });
        let known = match (filled, self.schema.columns(table)) {
            (Some(filled), Some(columns)) if !filled.whole => Some(columns.clone()),
            (None, columns) => columns.cloned(),
            (Some(_), _) => made,
        };
        // Of a function that the script does not have nothing is known.
        let unknown = || if table.is_rows() { self.given_columns(table) } else { vec!["*".into()] };
        known.filter(|c| !c.is_empty()).unwrap_or_else(unknown)
    }

    /// The columns a source can be, narrowed by what is known of its candidates.
    fn resolve(&mut self, source: &ColumnSource) -> Vec<ColumnRef> {
        let of = |table: &Name| ColumnRef { table: table.to_string(), column: source.column.clone() };
        if source.tables.iter().any(Name::is_rows) && !source.is_argument() {
            return self.resolve_given(source);
        }
        let row = if source.is_row() { source.tables.first() } else { source.called_like() };
        if let Some(table) = row {
            let columns = self.columns_of(table);
            let has = |name: &str| columns.iter().any(|c| c == "*" || c.eq_ignore_ascii_case(name));
            if source.is_row() || !has(&source.column) {
                return columns
                    .into_iter()
                    .filter(|column| source.has(column))
                    .map(|column| ColumnRef { table: table.to_string(), column })
                    .collect();
            }
        }
        if source.outer.is_empty()
            && let [only] = &*source.tables
        {
            return vec![of(only)];
        }
        if source.column == "*" {
            return source.tables.iter().map(of).collect();
        }
        for candidates in [&*source.tables, &*source.outer] {
            let mut open = Vec::new();
            for table in candidates {
                let made = self.tables.get(&table.key());
                let sure = made.is_some_and(|t| t.columns.contains_key(&source.column.to_lowercase()))
                    || self.schema.columns(table).is_some_and(|c| c.iter().any(|c| c.eq_ignore_ascii_case(&source.column)));
                if sure {
                    return vec![of(table)];
                }
                if self.schema.columns(table).is_none() && made.is_none_or(|t| !t.whole || t.columns.contains_key("*")) {
                    open.push(table);
                }
            }
            match open.as_slice() {
                [only] => return vec![of(only)],
                [] => {}
                _ => break,
            }
        }
        vec![ColumnRef { table: String::new(), column: source.column.clone() }]
    }

    /// What a column is made of when the script made it; itself otherwise.
    fn through(&mut self, column: ColumnRef) -> BTreeSet<ColumnRef> {
        if column.column == ARGUMENT || is_here(&column) {
            return BTreeSet::from([column]);
        }
        if column.table.ends_with(ROWS) {
            let mut made = self.given(&column.table, &column.column).unwrap_or_default();
            // What the caller gives for its arguments stands beside.
            made.retain(|c| c.column != ARGUMENT);
            return self.of_caller(made);
        }
        let key = column.table.to_lowercase();
        let Some(table) = self.tables.get(&key) else { return BTreeSet::from([column]) };
        let name = column.column.to_lowercase();
        if let Some((_, sources)) = table.columns.get(&name) {
            self.consumed.insert((key, name));
            return sources.clone();
        }
        if let Some((_, sources)) = table.columns.get("*") {
            self.consumed.insert((key, "*".into()));
            return sources.iter().map(|s| ColumnRef { table: s.table.clone(), column: column.column.clone() }).collect();
        }
        BTreeSet::from([column])
    }

    fn finish(self, facts: Facts) -> Script {
        let keep = |from: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
            from.iter().filter(|(k, _)| !other.contains_key(*k) || self.loops.contains(*k)).map(|(_, v)| v.clone()).collect()
        };
        let sources = keep(&self.read, &self.written);
        let targets = keep(&self.written, &self.read);
        let intermediate =
            self.read.iter().filter(|(k, _)| self.written.contains_key(*k) && !self.loops.contains(*k)).map(|(_, v)| v.clone()).collect();
        let mut columns = BTreeSet::new();
        for (key, table) in &self.tables {
            for (column, (name, from)) in &table.columns {
                if self.consumed.contains(&(key.clone(), column.clone())) && !self.loops.contains(key) {
                    continue;
                }
                for source in from {
                    columns.insert((source.clone(), ColumnRef { table: table.name.clone(), column: name.clone() }));
                }
            }
        }
        Script {
            facts,
            sources,
            targets,
            intermediate,
            reads: relations(self.all_reads),
            writes: relations(self.all_writes),
            columns: columns.into_iter().collect(),
            read_columns: self.touched.into_iter().collect(),
        }
    }
}

/// Files and locations are sources and targets, but no relations.
fn relations(names: BTreeSet<String>) -> Vec<String> {
    names.into_iter().filter(|n| !n.starts_with("path:")).collect()
}

/// One column of a target and what flows into it.
#[derive(Clone)]
struct Flowing {
    name: String,
    sources: BTreeSet<ColumnRef>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `target.column<-table.column` for every pair, in order.
    fn columns(sql: &str, dialect: &str, schema: &[(&str, &[&str])]) -> Vec<String> {
        let schema = schema.iter().map(|(t, c)| ((*t).to_owned(), c.iter().map(|c| (*c).to_owned()).collect())).collect();
        let script = follow(sql, dialect, &schema);
        script.columns.iter().map(|(s, t)| format!("{}.{}<-{}.{}", t.table, t.column, s.table, s.column)).collect()
    }

    #[test]
    fn a_table_written_and_read_is_in_between() {
        let script = follow("CREATE TABLE b AS SELECT * FROM a; INSERT INTO c SELECT x FROM b; DELETE FROM d", "ansi", &BTreeMap::new());
        assert_eq!((script.sources, script.targets, script.intermediate), (vec!["a".into()], vec!["c".into()], vec!["b".into()]));
        assert_eq!(script.writes, ["b", "c", "d"]);
    }

    #[test]
    fn rows_kept_by_a_delete_flow_from_where_they_are_deleted() {
        let script = follow("DELETE FROM dbo.T OUTPUT deleted.a INTO dbo.Archive (b) WHERE c < 1", "tsql", &BTreeMap::new());
        assert_eq!((script.sources, script.targets), (vec!["dbo.T".into()], vec!["dbo.Archive".into()]));
        assert_eq!(script.writes, ["dbo.Archive", "dbo.T"]);
        let script = follow("DELETE dbo.T OUTPUT deleted.* INTO dbo.Archive", "tsql", &BTreeMap::new());
        assert_eq!((script.sources, script.targets), (vec!["dbo.T".into()], vec!["dbo.Archive".into()]));
        let script = follow("DELETE FROM dbo.T OUTPUT deleted.a WHERE c < 1", "tsql", &BTreeMap::new());
        assert_eq!((script.sources, script.targets), (vec![], vec![]));
    }

    #[test]
    fn columns_run_through_tables_in_between() {
        let sql = "CREATE TABLE b AS SELECT x + y AS z FROM a; INSERT INTO c (w) SELECT z FROM b";
        assert_eq!(columns(sql, "ansi", &[]), ["c.w<-a.x", "c.w<-a.y"]);
    }

    #[test]
    fn stars_expand_when_columns_are_known_and_stand_for_themselves_when_not() {
        assert_eq!(columns("INSERT INTO b SELECT * FROM a", "ansi", &[]), ["b.*<-a.*"]);
        assert_eq!(columns("INSERT INTO b SELECT * FROM a", "ansi", &[("a", &["x", "y"])]), ["b.x<-a.x", "b.y<-a.y"]);
        let made = "CREATE TABLE a (x int, y int); INSERT INTO b SELECT * FROM a";
        assert_eq!(columns(made, "ansi", &[]), ["b.x<-a.x", "b.y<-a.y"]);
    }

    #[test]
    fn an_unclear_column_has_no_table_until_the_schema_says() {
        let sql = "INSERT INTO t SELECT x FROM a JOIN b ON a.i = b.i";
        assert_eq!(columns(sql, "ansi", &[]), ["t.x<-.x"]);
        assert_eq!(columns(sql, "ansi", &[("a", &["i"]), ("b", &["i", "x"])]), ["t.x<-b.x"]);
    }

    #[test]
    fn what_routines_give_back_is_looked_through_wherever_they_stand() {
        let function = "CREATE FUNCTION dbo.f (@a int) RETURNS TABLE AS RETURN (SELECT s.x, s.y + @a AS y FROM dbo.s)";
        let procedure = "CREATE PROCEDURE dbo.p AS IF 1 = 1 SELECT a, b FROM dbo.s ELSE SELECT c, d FROM dbo.r";
        for (routine, use_of, expect) in [
            (function, "INSERT INTO t (m, n) SELECT f.y, f.x FROM dbo.f(1) f", &["t.m<-dbo.s.y", "t.n<-dbo.s.x"][..]),
            (function, "INSERT INTO t (m, n) SELECT f.* FROM u CROSS APPLY f(u.k) f", &["t.m<-dbo.s.x", "t.n<-dbo.s.y"]),
            (function, "INSERT INTO t (m) SELECT f.y FROM u CROSS APPLY f(u.k) f", &["t.m<-dbo.s.y", "t.m<-u.k"]),
            (procedure, "INSERT INTO t (m, n) EXEC dbo.p", &["t.m<-dbo.r.c", "t.m<-dbo.s.a", "t.n<-dbo.r.d", "t.n<-dbo.s.b"]),
            (procedure, "INSERT INTO t (m) SELECT g.z FROM u CROSS APPLY dbo.g(u.k) g", &["t.m<-u.k"]),
        ] {
            let sorted = |sql: String| {
                let mut list = columns(&sql, "tsql", &[]);
                list.sort();
                list
            };
            assert_eq!(sorted(format!("{routine}\nGO\n{use_of}")), expect, "{use_of}");
            assert_eq!(sorted(format!("{use_of}\nGO\n{routine}")), expect, "{use_of}");
        }
    }

    #[test]
    fn what_routines_in_a_circle_give_back_is_the_same_in_any_order() {
        let make = |name: &str, rows: &str, other: &str| {
            format!("CREATE FUNCTION {name}() RETURNS TABLE AS RETURN SELECT {rows} UNION ALL SELECT a FROM {other}()\nGO\n")
        };
        let (f, g) = (make("f", "a FROM s", "g"), make("g", "b AS a FROM u", "f"));
        let (m, n) = ("INSERT INTO t (m) SELECT a FROM f()\nGO\n", "INSERT INTO t (n) SELECT a FROM g()\nGO\n");
        for sql in [[&f, &g, m, n], [&g, &f, m, n], [&f, &g, n, m], [n, m, &g, &f]] {
            assert_eq!(columns(&sql.concat(), "tsql", &[]), ["t.m<-s.a", "t.n<-s.a", "t.m<-u.b", "t.n<-u.b"], "{sql:?}");
        }
    }

    #[test]
    fn what_a_procedure_makes_of_a_temporary_of_its_caller_is_made_of_what_that_one_has() {
        let more = "CREATE PROCEDURE more AS UPDATE #t SET w = v * 2\nGO\n";
        let call = |from: &str, to: &str| {
            let make = format!("CREATE PROCEDURE {to}_p AS SELECT a AS v, 0 AS w INTO #t FROM {from} EXEC more ");
            make + &format!("INSERT {to} (w) SELECT w FROM #t\nGO\n")
        };
        let sql = more.to_owned() + &call("s", "t") + &call("r", "u");
        assert_eq!(columns(&sql, "tsql", &[]), ["u.w<-r.a", "t.w<-s.a"]);
        let sql = sql.replace(" more ", " [more where used] ");
        assert_eq!(columns(&sql, "tsql", &[]), ["u.w<-r.a", "t.w<-s.a"]);
    }

    #[test]
    fn set_operations_map_by_position() {
        assert_eq!(columns("INSERT INTO t SELECT x FROM a UNION ALL SELECT y FROM b", "ansi", &[]), ["t.x<-a.x", "t.x<-b.y"]);
        assert_eq!(
            columns("INSERT INTO t SELECT z FROM (SELECT x AS z FROM a UNION SELECT y FROM b) q", "ansi", &[]),
            ["t.z<-a.x", "t.z<-b.y"]
        );
    }

    #[test]
    fn every_branch_of_a_merge_and_both_sides_of_an_update_count() {
        let merge = "MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET v = s.v, n = 1 WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.w)";
        assert_eq!(columns(merge, "tsql", &[]), ["t.k<-s.k", "t.v<-s.v", "t.v<-s.w"]);
        assert_eq!(columns("UPDATE a SET x = b.y + a.z FROM t a JOIN b ON a.i = b.i", "tsql", &[]), ["t.x<-b.y", "t.x<-t.z"]);
    }

    #[test]
    fn rename_swap_and_drop_change_what_names_mean() {
        let targets = |sql: &str| follow(sql, "ansi", &BTreeMap::new()).targets;
        assert_eq!(targets("INSERT INTO a SELECT * FROM s; ALTER TABLE a RENAME TO b"), ["b"]);
        assert_eq!(targets("INSERT INTO a SELECT * FROM s; ALTER TABLE a SWAP WITH b"), ["b"]);
        assert_eq!(targets("INSERT INTO a SELECT * FROM s; DROP TABLE a"), Vec::<String>::new());
    }

    #[test]
    fn a_table_dropped_and_made_on_either_way_of_an_if_holds_what_each_makes() {
        let sql = "CREATE PROCEDURE p AS IF @all = 1 BEGIN DROP TABLE IF EXISTS w SELECT a INTO w FROM x END \
                   ELSE BEGIN DROP TABLE IF EXISTS w SELECT a INTO w FROM y END INSERT t (a) SELECT a FROM w";
        assert_eq!(columns(sql, "tsql", &[]), ["t.a<-x.a", "t.a<-y.a"]);
    }

    #[test]
    fn a_table_made_or_filled_anew_holds_nothing_of_before() {
        for (first, again) in [
            ("SELECT a INTO w FROM x", "DROP TABLE w SELECT a INTO w FROM y"),
            ("INSERT w (a) SELECT a FROM x", "TRUNCATE TABLE w INSERT w (a) SELECT a FROM y"),
        ] {
            let sql = format!("{first} INSERT t (a) SELECT a FROM w {again} INSERT u (a) SELECT a FROM w");
            assert_eq!(columns(&sql, "tsql", &[]), ["t.a<-x.a", "u.a<-y.a"], "{again}");
        }
        let make = |source: &str, target: &str| {
            format!("CREATE OR REPLACE TABLE w AS SELECT a FROM {source}; INSERT INTO {target} (a) SELECT a FROM w;")
        };
        assert_eq!(columns(&(make("x", "t") + &make("y", "u")), "snowflake", &[]), ["t.a<-x.a", "u.a<-y.a"]);
        let own = "CREATE OR REPLACE TABLE w AS SELECT a FROM x; CREATE OR REPLACE TABLE w AS SELECT a FROM w";
        assert_eq!(columns(own, "snowflake", &[]), ["w.a<-x.a"]);
    }

    #[test]
    fn rows_put_into_a_table_and_output_do_not_make_it_one_in_between() {
        let put = "INSERT a (x) OUTPUT inserted.x INTO @o SELECT x FROM c";
        let merge = "MERGE a USING c ON c.k = a.k WHEN NOT MATCHED THEN INSERT (x) VALUES (c.x) OUTPUT inserted.x INTO @o;";
        let old = "UPDATE a SET x = c.x OUTPUT deleted.x INTO @o FROM a JOIN c ON c.k = a.k";
        for (change, targets) in [(put, &["a", "b"][..]), (merge, &["a", "b"]), (old, &["b"])] {
            let sql = format!("DECLARE @o TABLE (x int) {change} INSERT b (x) SELECT x FROM @o");
            assert_eq!(follow(&sql, "tsql", &BTreeMap::new()).targets, targets, "{change}");
            assert!(change == old || columns(&sql, "tsql", &[]).contains(&"b.x<-c.x".to_owned()), "{change}");
        }
    }

    #[test]
    fn what_filters_is_read_but_does_not_flow() {
        let script = follow("INSERT INTO t SELECT x FROM a WHERE y > 1 GROUP BY z", "ansi", &BTreeMap::new());
        assert_eq!(script.read_columns, ["a.x", "a.y", "a.z"]);
        assert_eq!(script.columns.len(), 1);
    }
}
