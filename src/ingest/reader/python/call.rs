//! What calls of the libraries people move data with mean.

use super::Script;
use super::sql::{is_query, looks_like_sql};
use super::text::{HOLE, HOLE_END, Text};
use super::value::{Value, add};
use crate::ingest::reader::name_of;
use crate::lineage::{Name, Relation};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Calls whose string argument is SQL, whatever it looks like.
const SQL_CALLS: [&str; 15] = [
    "execute",
    "executemany",
    "executescript",
    "execute_async",
    "read_sql",
    "read_sql_query",
    "sql",
    "read_gbq",
    "read_database",
    "read_database_uri",
    "exec_driver_sql",
    "copy_expert",
    "run_query",
    "get_pandas_df",
    "get_records",
];
/// Keywords whose argument is SQL, whatever is called: Airflow's operators, readers of data frames.
const SQL_KEYWORDS: [&str; 3] = ["sql", "hql", "bql"];
/// Methods of strings that leave SQL what it is.
const TEXT_METHODS: [&str; 7] = ["strip", "lstrip", "rstrip", "removesuffix", "render", "substitute", "safe_substitute"];
/// Calls that hand their string on.
const TEXT_CALLS: [&str; 5] = ["text", "SQL", "dedent", "cleandoc", "Template"];
/// Calls that give a data frame a name which SQL of the same script reads.
const VIEW_CALLS: [&str; 6] = [
    "createOrReplaceTempView",
    "createTempView",
    "registerTempTable",
    "create_or_replace_temp_view",
    "create_temp_view",
    "createOrReplaceView",
];
/// Methods that leave a data frame's rows and columns as they are.
const SAME_ROWS: [&str; 24] = [
    "mode",
    "format",
    "option",
    "options",
    "partitionBy",
    "partition_by",
    "bucketBy",
    "sortBy",
    "cache",
    "persist",
    "repartition",
    "coalesce",
    "checkpoint",
    "alias",
    "toPandas",
    "to_pandas",
    "to_dataframe",
    "to_arrow",
    "df",
    "pl",
    "collect",
    "fetchall",
    "result",
    "fetchdf",
];
/// Calls whose text is for people to read, SQL or not.
const MESSAGES: [&str; 9] = ["print", "pprint", "debug", "info", "warning", "warn", "error", "critical", "exception"];
/// Formats that a reader or writer of Spark takes paths of.
const FORMATS: [&str; 8] = ["parquet", "csv", "json", "orc", "text", "avro", "delta", "xml"];

/// Words kept of a chain of calls: what it began with no longer matters so far on.
const MAX_WORDS: usize = 64;

/// Names that stand before a call, `spark.read.format("x").load` as its words.
#[derive(Default)]
pub struct Chain {
    words: Vec<String>,
    line: u32,
    /// A reader's or writer's option `dbtable`, or `query`.
    table: Option<Value>,
    /// A call of it was met: its words are not one name.
    called: bool,
}

impl Chain {
    /// Goes on with a dotted name.
    pub fn extend(&mut self, name: &str, line: u32) {
        self.words.extend(name.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        self.words.drain(..self.words.len().saturating_sub(MAX_WORDS));
        self.line = line;
    }

    /// Whether the call of its last name writes a message and does no more.
    pub fn only_tells(&self) -> bool {
        self.words.last().is_some_and(|word| MESSAGES.contains(&word.as_str()))
    }

    /// What its last name is a method of, where that is all that stands before it.
    fn owner(&self) -> Option<String> {
        let (_, owner) = self.words.split_last()?;
        (!owner.is_empty()).then(|| owner.join("."))
    }

    /// Its last name.
    pub fn last(&self) -> Option<&str> {
        self.words.last().map(String::as_str)
    }

    /// Whether it is one name without a dot, and nothing else.
    pub fn is_one_name(&self) -> bool {
        self.words.len() == 1 && !self.called
    }

    /// The line of its last name.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whether it begins with one of these.
    pub fn begins(&self, words: &[&str]) -> bool {
        self.words.first().is_some_and(|word| words.contains(&word.as_str()))
    }

    fn holds(&self, words: &[&str]) -> bool {
        self.words.iter().any(|word| words.contains(&word.as_str()))
    }
}

/// Arguments by name or place.
pub(super) struct Arguments(pub Vec<(String, Value)>);

impl Arguments {
    /// The argument at `place`, or under one of `names`.
    pub fn get(&self, place: usize, names: &[&str]) -> Option<&Value> {
        let place = place.to_string();
        self.0.iter().find(|(key, _)| *key == place || names.contains(&key.as_str())).map(|(_, v)| v)
    }

    pub fn text(&self, place: usize, names: &[&str]) -> Option<&str> {
        self.get(place, names)?.text.as_ref().map(|t| t.text.as_str())
    }

    fn line(&self, place: usize, names: &[&str]) -> Option<u32> {
        Some(self.get(place, names)?.text.as_ref()?.line())
    }

    /// A table named by an argument, with the schema that another names.
    fn table(&self, place: usize, names: &[&str]) -> Option<Name> {
        let name = name_of(self.text(place, names)?)?;
        // awswrangler's `dataset` is true or false.
        let schema = ["schema", "schema_name", "dataset", "database"].iter().find_map(|key| self.text(usize::MAX, &[key]));
        match schema.and_then(name_of) {
            Some(schema) if name.0.len() == 1 => Some(Name::new(schema.0.iter().chain(&*name.0))),
            _ => Some(name),
        }
    }

    /// Where a job of BigQuery puts its rows: what its configuration says, or its operator's.
    fn destination(&self) -> Option<Name> {
        if let Some(config) = self.get(usize::MAX, &["job_config"]) {
            return config.handle.clone();
        }
        let table = self.get(usize::MAX, &["configuration"])?.item("query")?.item("destinationTable")?;
        let part = |key: &str| name_of(&table.item(key)?.text.as_ref()?.text);
        let parts = [part("projectId"), part("datasetId"), Some(part("tableId")?)];
        Some(Name::new(parts.into_iter().flatten().flat_map(|name| name.0.to_vec())))
    }

    /// A path named by an argument.
    fn path(&self, place: usize, names: &[&str]) -> Option<Name> {
        let path = self.text(place, names).filter(|p| p.len() <= MAX_PATH)?.trim();
        // A computed part stays as the script has it; a path that is nothing else is not known.
        let mut known = path;
        while let (Some(open), Some(close)) = (known.find(HOLE), known.find(HOLE_END)) {
            known = if open == 0 { &known[close + HOLE_END.len_utf8()..] } else { &known[..open] };
        }
        let shown = path.replace(HOLE, "{").replace(HOLE_END, "}");
        known.contains(char::is_alphanumeric).then(|| Name::new([format!("path:{shown}")]))
    }
}

/// The list or dictionary that a function of Python's own makes of others.
fn listed(function: &str, Arguments(given): &Arguments) -> Option<Value> {
    let lists = || given.iter().filter(|(key, _)| key != "strict").map(|(_, list)| list);
    match (function, given.as_slice()) {
        ("zip", [_, _, ..]) if lists().all(Value::goes_by_place) => {
            let last = |list: &Value| list.items.iter().filter_map(|(place, _)| place.parse::<usize>().ok()).max();
            let rounds = 1 + lists().filter_map(last).min()?;
            let of = |list: &Value, at: usize| list.item(&at.to_string()).cloned().unwrap_or_default();
            let row = |at: usize| lists().enumerate().map(|(place, list)| (place.to_string(), of(list, at))).collect();
            Some(Value::group((0..rounds).map(|at| (at.to_string(), Value::group(row(at)))).collect()))
        }
        ("list" | "tuple", [(_, list)]) if list.goes_by_place() => Some(list.clone()),
        ("dict", [(key, list)]) if key == "0" && list.is_list() => {
            let pair = |(_, pair): &(String, Value)| Some((pair.item("0")?.text.as_ref()?.text.clone(), pair.item("1")?.clone()));
            // A dictionary, or pairs.
            Some(list.items.iter().map(pair).collect::<Option<Vec<_>>>().map_or_else(|| list.clone(), Value::group))
        }
        ("dict", all) if all.iter().all(|(key, _)| key.parse::<usize>().is_err()) => Some(Value::group(all.to_vec())),
        _ => None,
    }
}

/// Longest path taken as one: Linux' limit.
const MAX_PATH: usize = 4096;

impl Script<'_> {
    /// What the call of the chain's last name gives. `on` is what its method belongs to.
    pub(super) fn call(&mut self, chain: &mut Chain, on: Value, arguments: Vec<(String, Value)>) -> Value {
        let ways = arguments.iter().map(|(_, value)| value).chain([&on]).map(|value| value.ways().len()).max().unwrap_or(0);
        if ways < 2 {
            let value = self.call_once(chain, on, arguments);
            chain.called = true;
            return value;
        }
        // A string that is one of several: the call in each way.
        let mut result: Option<Value> = None;
        for way in 0..ways {
            let cost = arguments.iter().map(|(_, value)| value.weight()).sum::<usize>() + on.weight();
            if !self.spend(cost) {
                return Value::default();
            }
            let given = arguments.iter().map(|(key, value)| (key.clone(), value.way(way))).collect();
            let value = self.call_once(chain, on.way(way), given);
            result = Some(
                result.map_or_else(|| value.clone(), |before| if before.is_same(&value) { before } else { before.with(value.clone()) }),
            );
        }
        chain.called = true;
        result.unwrap_or_default()
    }

    fn call_once(&mut self, chain: &mut Chain, on: Value, arguments: Vec<(String, Value)>) -> Value {
        let function = chain.words.last().cloned().unwrap_or_default();
        let arguments = Arguments(arguments);
        if let Some(value) = self.called(chain, &on, &arguments) {
            return value;
        }
        if let Some(text) = &on.text {
            return match function.as_str() {
                "format" if !self.spend(text.size()) => Value::default(),
                "format" => {
                    let by: HashMap<&str, &Value> = arguments.0.iter().rev().map(|(key, value)| (key.as_str(), value)).collect();
                    self.filled(|bounded| text.formatted(&|key| bounded(by.get(key)?.text.as_ref()?)))
                }
                "replace" => self.replaced(text, &arguments),
                "join" if let Some(list) = arguments.get(0, &[]).filter(|list| !list.either && !list.items.is_empty()) => {
                    self.put_between(text, list)
                }
                "lower" | "upper" if self.spend(text.size()) => {
                    let mut made = Text::clone(text);
                    made.text = if function == "lower" { made.text.to_lowercase() } else { made.text.to_uppercase() };
                    Value::of(made)
                }
                word if TEXT_METHODS.contains(&word) => on,
                _ => Value::group(arguments.0),
            };
        }
        if !chain.holds(&["read", "readStream", "write", "writeStream"])
            && TEXT_CALLS.contains(&function.as_str())
            && let Some(text) = arguments.get(0, &["text"]).filter(|v| v.text.is_some())
        {
            return text.clone();
        }
        // What the environment does not say is the script's default.
        if (function == "getenv" || function == "get" && chain.holds(&["environ"]))
            && let Some(default) = arguments.get(1, &["default"]).filter(|v| v.text.is_some())
        {
            return default.clone();
        }
        if function == "Identifier" {
            return self.identifier(&arguments);
        }
        if let ([_], false) = (&chain.words[..], arguments.0.is_empty())
            && let Some(list) = listed(&function, &arguments)
            && self.spend(list.weight())
        {
            return list;
        }
        if let ("append", Some(list), [(_, item)]) = (function.as_str(), chain.owner(), arguments.0.as_slice())
            && (item.text.is_some() || item.own.is_some())
        {
            self.append(&list, item.clone());
        }
        if arguments.0.iter().any(|(key, _)| key == "inplace") {
            self.changed(&chain.words.join("."), &BTreeSet::new());
        }
        if let Some(value) = self.handed(&function, &on, &arguments) {
            return value;
        }
        if let Some(value) = self.moves(&function, chain, &on, &arguments) {
            return value;
        }
        if let Some(value) = self.shaped(&function, chain, &on, &arguments) {
            return value;
        }
        if function == "concat"
            && let Some(value) = self.concatenated(chain, &arguments)
        {
            return value;
        }
        let mut result = self.queries(&function, &arguments);
        if let Some(table) = arguments.destination() {
            self.write(Some(table), &result, chain.line);
        }
        let same = SAME_ROWS.contains(&function.as_str());
        if let (true, Some(_)) = (same, &on.query) {
            let alias = arguments.text(0, &["alias"]).filter(|alias| function == "alias" && self.left > alias.len());
            if let Some(alias) = alias.map(str::to_owned) {
                self.left -= alias.len();
                self.aliases.insert(alias);
            }
            return on;
        }
        let handle = on.handle.clone().filter(|_| same);
        add(&mut result.tables, &on.tables);
        if !result.is_known()
            && !SQL_CALLS.contains(&function.as_str())
            && let Some(value) = self.called_alike(chain, &on, &arguments)
        {
            return value;
        }
        // What a function of the script is given may be in what it gives back.
        if let Some(known) = self.results.get(&function).filter(|_| chain.words.len() <= 2).cloned() {
            add(&mut result.tables, &known.tables);
            (result.text, result.items) = (known.text, known.items);
            result.query = result.query.or(known.query);
        }
        for (_, argument) in &arguments.0 {
            add(&mut result.tables, &argument.tables);
        }
        if result.text.is_none() && on.query.is_none() {
            result.columns = self.expression_of(&function, chain, &on, &arguments).map(Rc::new);
        }
        if result.text.is_none() && result.items.is_empty() && (function == "items" || function == "values") {
            result.items = on.items;
        }
        result.handle = handle;
        let weight = result.weight();
        if self.spend(weight) { result } else { Value::default() }
    }

    /// `text.join(list)` of strings that are known; what is not is a hole.
    fn put_between(&mut self, between: &Text, list: &Value) -> Value {
        let size = list.items.iter().map(|(_, item)| item.text.as_ref().map_or(1, |t| t.size()) + between.size()).sum();
        if !self.spend(size) {
            return Value::default();
        }
        let mut whole: Option<Text> = None;
        for (_, item) in list.items.iter() {
            let part = item.text.as_deref().cloned().unwrap_or_else(|| {
                let mut hole = Text::on(between.line(), "");
                hole.hole("…");
                hole
            });
            match &mut whole {
                None => whole = Some(part),
                Some(whole) => {
                    whole.text.push_str(&between.text.replace('\n', " "));
                    whole.join(&part);
                }
            }
        }
        whole.map_or_else(Value::default, Value::of)
    }

    /// `text.replace("old", new)`; what is not known of the new is a hole.
    fn replaced(&mut self, text: &Text, arguments: &Arguments) -> Value {
        if !self.spend(text.size()) {
            return Value::default();
        }
        let mut made = text.clone();
        let new = arguments.text(1, &[]).map_or_else(|| format!("{HOLE}…{HOLE_END}"), str::to_owned);
        if let Some(old) = arguments.text(0, &[]).filter(|old| !old.is_empty() && ![*old, &new].iter().any(|t| t.contains('\n'))) {
            let longer = text.text.matches(old).count().saturating_mul(new.len());
            if self.spend(longer) {
                made.text = made.text.replace(old, &new);
            }
        }
        Value::of(made)
    }

    /// psycopg's `Identifier("schema", "table")`: a name in quotes.
    fn identifier(&mut self, arguments: &Arguments) -> Value {
        if !self.spend(arguments.0.iter().filter_map(|(_, v)| v.text.as_ref()).map(|t| t.text.len()).sum()) {
            return Value::default();
        }
        let parts: Option<Vec<String>> =
            arguments.0.iter().map(|(_, v)| v.text.as_ref().map(|t| format!("\"{}\"", t.text.replace('"', "\"\"")))).collect();
        match (parts, arguments.0.first().and_then(|(_, v)| v.text.as_ref())) {
            (Some(parts), Some(first)) => Value::of(Text::on(first.line(), &parts.join("."))),
            _ => Value::default(),
        }
    }

    /// Calls that read or write a table or a path, or name a data frame. `None`: it is another.
    fn moves(&mut self, function: &str, chain: &mut Chain, on: &Value, arguments: &Arguments) -> Option<Value> {
        let reading = chain.holds(&["read", "readStream"]);
        let writing = chain.holds(&["write", "writeStream", "writeTo"]);
        let line = |place: usize, names: &[&str]| arguments.line(place, names).unwrap_or(chain.line);
        let whole = |value: Value| Some(value);
        match function {
            "option" | "options" if reading || writing => {
                let table = match function {
                    "option" if matches!(arguments.text(0, &[]), Some(key) if is_table_option(key)) => arguments.get(1, &[]),
                    _ => arguments.0.iter().find(|(key, _)| is_table_option(key)).map(|(_, v)| v),
                };
                chain.table = table.cloned().or(chain.table.take());
                whole(on.clone())
            }
            "load" if reading && chain.table.is_some() => whole(self.read_option(chain)),
            "save" if writing && chain.table.is_some() => {
                let table = chain.table.as_ref().and_then(|v| v.text.as_ref()).and_then(|t| name_of(&t.text));
                whole(self.write(table, on, chain.line))
            }
            _ if reading && (FORMATS.contains(&function) || function == "load") => {
                whole(self.read(arguments.path(0, &["path", "paths"]), line(0, &["path"])))
            }
            _ if writing && (FORMATS.contains(&function) || function == "save" || function == "start") => {
                whole(self.write(arguments.path(0, &["path"]), on, line(0, &["path"])))
            }
            "jdbc" if reading => whole(self.read(arguments.table(1, &["table", "dbtable"]), line(1, &["table"]))),
            "jdbc" if writing => whole(self.write(arguments.table(1, &["table"]), on, line(1, &["table"]))),
            "read" | "read_stream" if chain.words.first().is_some_and(|w| w == "dlt") => {
                whole(self.read(arguments.table(0, &["name"]), line(0, &["name"])))
            }
            // Of a decorator: the name of what the function below it makes.
            "table" | "view" if chain.words.first().is_some_and(|w| w == "dlt") => {
                whole(Value { handle: arguments.table(usize::MAX, &["name"]), ..Value::default() })
            }
            "table" | "read_sql_table" | "read_table" if function != "table" || chain.words.len() > 1 => {
                let names = ["table_name", "tableName", "name", "table"];
                let table = arguments.table(0, &names);
                // pandas' read_table takes a file.
                let path = function == "read_table" && arguments.text(0, &names).is_some_and(|t| t.contains('/') || table.is_none());
                whole(self.read(if path { arguments.path(0, &names) } else { table }, line(0, &names)))
            }
            "ref" | "source" if chain.words.first().is_some_and(|w| w == "dbt") => {
                let parts: Vec<&str> = (0..2).filter_map(|place| arguments.text(place, &[])).collect();
                let name = if function == "ref" { parts.last().and_then(|p| name_of(p)) } else { name_of(&parts.join(".")) };
                whole(self.read(name, line(0, &[])))
            }
            "read_csv" | "read_parquet" | "read_json" | "read_excel" | "read_orc" | "read_feather" | "read_pickle" | "read_delta"
            | "read_ndjson" | "read_ipc" | "read_avro" | "scan_csv" | "scan_parquet" | "scan_delta" | "scan_ndjson" => {
                let names = ["path", "filepath_or_buffer", "source", "io", "path_or_buf"];
                whole(self.read(arguments.path(0, &names), line(0, &names)))
            }
            "to_csv" | "to_parquet" | "to_json" | "to_excel" | "to_orc" | "to_feather" | "to_pickle" | "to_delta" | "write_csv"
            | "write_parquet" | "write_ndjson" | "write_delta" | "write_json" | "sink_parquet" | "sink_csv" => {
                // awswrangler takes the data frame first and may name a table; others are methods of it.
                let frame = arguments.get(usize::MAX, &["df"]);
                let names = ["path", "path_or_buf", "excel_writer", "target", "file"];
                let place = if frame.is_some() { usize::MAX } else { 0 };
                let path = arguments.path(place, &names);
                let line = line(place, &names);
                if let Some(table) = arguments.table(usize::MAX, &["table"]).filter(|_| frame.is_some()) {
                    self.write(Some(table), frame.unwrap_or(on), line);
                }
                whole(self.write(path, frame.unwrap_or(on), line))
            }
            "to_sql" | "saveAsTable" | "insertInto" | "to_gbq" | "writeTo" | "save_as_table" | "toTable" | "write_database" => {
                let frame = arguments.get(usize::MAX, &["df"]);
                let names = ["name", "con_table", "table_name", "destination_table", "tableName", "table"];
                let place = usize::from(frame.is_none() && on.tables.is_empty() && on.query.is_none() && self.frame_first(arguments));
                let table = arguments.table(place, &names);
                let line = line(place, &names);
                let frame = frame.or_else(|| arguments.get(0, &[]).filter(|_| place == 1)).unwrap_or(on).clone();
                whole(self.put_into(table, &frame, function != "insertInto", line))
            }
            "QueryJobConfig" => whole(Value { handle: arguments.table(usize::MAX, &["destination"]), ..Value::default() }),
            "copy_table" => {
                let rows = self.read(arguments.table(0, &["sources"]), line(0, &["sources"]));
                whole(self.write(arguments.table(1, &["destination"]), &rows, line(1, &["destination"])))
            }
            "load_table_from_dataframe" | "load_table_from_uri" | "insert_rows_from_dataframe" => {
                let table = arguments.table(1, &["destination", "table"]);
                let mut frame = arguments.get(0, &["dataframe"]).cloned().unwrap_or_default();
                if let (true, Some(path)) = (function.ends_with("uri"), arguments.path(0, &["source_uris"])) {
                    frame = self.read(Some(path), line(0, &[]));
                }
                whole(self.write(table, &frame, line(1, &["destination"])))
            }
            "write_pandas" => {
                let frame = [0, 1].into_iter().filter_map(|p| arguments.get(p, &["df"])).find(|v| v.text.is_none() && !v.tables.is_empty());
                let names = ["table_name"];
                let place = if arguments.text(1, &[]).is_some() { 1 } else { 2 };
                let table = arguments.table(place, &names);
                let frame = frame.cloned().unwrap_or_default();
                whole(self.write(table, &frame, line(place, &names)))
            }
            "copy_from" if arguments.text(1, &["table"]).is_some() => {
                whole(self.write(arguments.table(1, &["table"]), &Value::default(), line(1, &["table"])))
            }
            "callproc" => {
                if let Some(name) = arguments.table(0, &["procname"]) {
                    self.edge(Relation::Calls, None, Some(&name), line(0, &["procname"]), 1.0);
                }
                whole(Value::default())
            }
            "forName" | "forPath" if chain.holds(&["DeltaTable"]) => {
                let last = arguments.0.len().saturating_sub(1);
                let name = if function == "forName" { arguments.table(last, &[]) } else { arguments.path(last, &[]) };
                whole(Value { handle: name.clone(), ..name.map(Value::table).unwrap_or_default() })
            }
            "merge" | "delete" | "update" if on.handle.is_some() => {
                let frame = arguments.get(0, &["source"]).filter(|_| function == "merge").cloned().unwrap_or_default();
                whole(self.write(on.handle.clone(), &Value { query: None, ..frame }, chain.line))
            }
            "register" if self.duckdb && arguments.text(0, &["view_name"]).is_some() => {
                let (name, frame) = (arguments.text(0, &["view_name"])?, arguments.get(1, &["python_object"])?.clone());
                self.session.view(name, &frame, line(0, &[]));
                whole(Value::default())
            }
            // Copies the query.
            _ if VIEW_CALLS.contains(&function) && !self.spend(on.query.as_ref().map_or(1, |q| q.text.len())) => None,
            _ if VIEW_CALLS.contains(&function) => {
                self.session.view(arguments.text(0, &["name", "viewName"])?, on, line(0, &["name"]));
                whole(Value::default())
            }
            _ => None,
        }
    }

    /// Whether the first argument is a data frame and no name.
    fn frame_first(&self, arguments: &Arguments) -> bool {
        arguments.get(0, &[]).is_some_and(|v| v.text.is_none() && !v.tables.is_empty())
    }

    /// A reader whose option names a table, or a query in brackets.
    fn read_option(&mut self, chain: &Chain) -> Value {
        let Some(text) = chain.table.as_ref().and_then(|v| v.text.clone()) else { return Value::default() };
        if let Some(table) = name_of(&text.text) {
            return self.read(Some(table), text.line());
        }
        if !self.spend(text.size()) {
            return Value::default();
        }
        let mut query = Text::on(text.line(), if text.text.trim_start().starts_with('(') { "SELECT * FROM " } else { "" });
        query.bytes = text.bytes;
        query.join(&text);
        let tables = self.run(&query, true).unwrap_or_default();
        Value { tables, query: Some(Rc::new(query)), ..Value::default() }
    }

    /// A data frame read from a relation; a name that is a data frame of the script's own stands for what that is made of.
    fn read(&mut self, name: Option<Name>, line: u32) -> Value {
        let Some(name) = name else { return Value::default() };
        if let Some(frame) = self.session.frame(&name) {
            return frame.clone();
        }
        self.edge(Relation::Reads, None, Some(&name), line, 1.0);
        let query = Some(Rc::new(self.session.all_of(&name, line)));
        Value { query, ..Value::table(name) }
    }

    /// A data frame written to a relation.
    fn write(&mut self, name: Option<Name>, frame: &Value, line: u32) -> Value {
        self.put_into(name, frame, true, line)
    }

    /// As [`Script::write`]; whether its columns go by their names.
    fn put_into(&mut self, name: Option<Name>, frame: &Value, by_name: bool, line: u32) -> Value {
        let Some(name) = name else { return Value::default() };
        // A file's columns are not known, so that all of them says no more than the file.
        let rows = frame.query.clone().filter(|query| frame.columns.is_none() && !self.session.is_file(query));
        match rows.filter(|query| self.spend(query.text.len())) {
            Some(query) => self.session.insert(&name, &query, by_name, line),
            None => {
                self.edge(Relation::WrittenBy, Some(&name), None, line, 1.0);
                self.derive(&name, &frame.tables.clone(), line);
            }
        }
        Value::default()
    }

    /// Calls that run SQL, or take a string that looks like it.
    pub(super) fn queries(&mut self, function: &str, arguments: &Arguments) -> Value {
        let mut result = Value::default();
        let mut ran = 0;
        for (at, (key, argument)) in arguments.0.iter().enumerate() {
            let surely = SQL_KEYWORDS.contains(&key.as_str()) || SQL_CALLS.contains(&function) && (at == 0 || key == "query");
            for text in argument.texts() {
                if surely && function.starts_with("read_sql") && name_of(&text.text).is_some() {
                    let read = self.read(arguments.table(at, &[key]), text.line());
                    add(&mut result.tables, &read.tables);
                    continue;
                }
                if !self.spend(text.size()) || !looks_like_sql(&text.text, surely) {
                    continue;
                }
                if let Some(tables) = self.run(&text, surely) {
                    add(&mut result.tables, &tables);
                    ran += 1;
                    result.query = (ran == 1 && is_query(&text.text)).then_some(text);
                }
            }
        }
        result
    }
}

fn is_table_option(key: &str) -> bool {
    key.eq_ignore_ascii_case("dbtable") || key.eq_ignore_ascii_case("query")
}
