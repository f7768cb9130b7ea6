//! What a method of a data frame is as a query about the query that gives its rows.

use super::{Columns, ROWS, is_name, named};
use crate::ingest::reader::python::Script;
use crate::ingest::reader::python::call::{Arguments, Chain};
use crate::ingest::reader::python::text::Text;
use crate::ingest::reader::python::tokens::Token;
use crate::ingest::reader::python::value::{Value, add};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Frames in frames that are followed: people chain a dozen methods, and set some dozens of columns.
const MAX_NESTED: usize = 100;

/// Longest query that is made of frames.
const MAX_QUERY: usize = 256 * 1024;

/// Methods after which the columns of a frame are the same, each of its own column.
const SAME_COLUMNS: [&str; 28] = [
    "distinct",
    "dropDuplicates",
    "drop_duplicates",
    "unique",
    "sort",
    "orderBy",
    "sort_values",
    "sort_index",
    "limit",
    "head",
    "tail",
    "sample",
    "fillna",
    "fill_null",
    "dropna",
    "drop_nulls",
    "fill",
    "reset_index",
    "copy",
    "clone",
    "hint",
    "lazy",
    "withWatermark",
    "infer_objects",
    "astype",
    "repartitionByRange",
    "localCheckpoint",
    "unpersist",
];
impl Script<'_> {
    /// What a method makes of the columns of a frame that a query gives. `None`: it is not known.
    pub(in crate::ingest::reader::python) fn shaped(
        &mut self,
        function: &str,
        chain: &Chain,
        on: &Value,
        arguments: &Arguments,
    ) -> Option<Value> {
        on.query.as_ref()?;
        let line = chain.line();
        let places = || arguments.0.iter().filter(|(key, _)| key.bytes().all(|b| b.is_ascii_digit())).map(|(_, value)| value);
        let named = || arguments.0.iter().filter(|(key, _)| is_name(key));
        if let Some(keys) = &on.columns {
            return self.grouped(function, &keys.names.clone(), on, arguments, line);
        }
        match function {
            "select" => {
                let mut list = self.items(on, &mut places())?;
                for (name, value) in named() {
                    list.push(self.item(on, value, Some(name))?);
                }
                self.about(on, &list, "", line)
            }
            "selectExpr" => {
                let list: Vec<String> = places().flat_map(Value::texts).map(|text| self.unaliased(&text.text)).collect();
                self.about(on, &list, "", line)
            }
            "withColumn" => self.put(on, vec![(arguments.text(0, &["colName"])?.to_owned(), arguments.get(1, &["col"])?)], line),
            "withColumns" => {
                let columns = arguments.get(0, &[])?.items.clone();
                self.put(on, columns.iter().map(|(name, value)| (name.clone(), value)).collect(), line)
            }
            "assign" => self.put(on, named().map(|(name, value)| (name.clone(), value)).collect(), line),
            "with_columns" => {
                let own = |value: &Value| value.columns.as_ref().and_then(|c| c.alias.clone().or(c.names.iter().next().cloned()));
                let list: Option<Vec<(String, &Value)>> = places().map(|value| Some((own(value)?, value))).collect();
                self.put(on, list?.into_iter().chain(named().map(|(name, value)| (name.clone(), value))).collect(), line)
            }
            "withColumnRenamed" => self.renamed(on, &[(arguments.text(0, &[])?, arguments.text(1, &[])?)], line),
            "rename" | "withColumnsRenamed" => {
                let columns = arguments.get(0, &["columns"])?.items.clone();
                let pairs: Vec<(&str, &str)> =
                    columns.iter().filter_map(|(old, new)| Some((old.as_str(), new.text.as_ref()?.text.as_str()))).collect();
                self.renamed(on, &pairs, line)
            }
            "toDF" => {
                let names: Vec<String> = places().flat_map(Value::texts).map(|text| text.text.clone()).collect();
                let good = !names.is_empty() && names.iter().all(|name| is_name(name));
                if good { self.about(on, &["*".to_owned()], &format!(" ({})", names.join(", ")), line) } else { None }
            }
            "drop" => {
                let gone: Vec<String> = arguments.0.iter().flat_map(|(_, value)| value.texts()).map(|text| text.text.clone()).collect();
                if gone.is_empty() { Some(on.clone()) } else { self.about(on, &[all_but(&gone)?], "", line) }
            }
            "filter" | "where" => {
                let value = arguments.get(0, &["condition", "predicate", "items"]);
                // pandas' picks columns.
                let names = |v: &&Value| v.text.is_none() && !v.items.is_empty() && v.items.iter().all(|(_, item)| item.text.is_some());
                if let Some(columns) = value.filter(names) {
                    let list = self.items(on, &mut std::iter::once(columns))?;
                    return self.about(on, &list, "", line);
                }
                self.filtered(on, value, line)
            }
            "query" if arguments.text(0, &["expr"]).is_some() => Some(on.clone()),
            _ if SAME_COLUMNS.contains(&function) => Some(on.clone()),
            "groupBy" | "groupby" | "group_by" => {
                let mut names = BTreeSet::new();
                for value in arguments.0.iter().filter(|(key, _)| matches!(key.as_str(), "by" | "0") || key.parse::<usize>().is_ok()) {
                    names.extend(self.keys(on, &value.1)?);
                }
                let columns = Some(Rc::new(Columns { names, ..Columns::default() }));
                Some(Value { columns, ..on.clone() })
            }
            "join" | "merge" | "crossJoin" => self.joined(on, arguments, line),
            "union" | "unionAll" | "unionByName" | "vstack" => {
                let other = arguments.get(0, &["other"])?;
                self.stacked(&[on, other], function == "unionByName", line)
            }
            _ => None,
        }
    }

    /// pandas' and polars' `concat([a, b])`.
    pub(in crate::ingest::reader::python) fn concatenated(&mut self, chain: &Chain, arguments: &Arguments) -> Option<Value> {
        let list = arguments.get(0, &["objs", "items"])?.items.clone();
        if !chain.begins(&["pd", "pandas", "pl", "polars"]) || arguments.get(usize::MAX, &["axis", "how"]).is_some() {
            return None;
        }
        let frames: Vec<&Value> = list.iter().map(|(_, value)| value).collect();
        self.stacked(&frames, true, chain.line())
    }

    /// `frame[["a", "b"]]`, and `frame[condition]`; of a frame's one column it is an expression.
    pub(in crate::ingest::reader::python) fn subscript(&mut self, on: &Value, keys: &[(String, Value)], line: u32) -> Option<Value> {
        let ([(_, key)], true) = (keys, on.query.is_some() && on.columns.is_none()) else { return None };
        match (&key.text, &key.columns) {
            (Some(text), _) if is_name(&text.text) => {
                Some(Value { columns: Some(Rc::new(Columns::copy(&text.text))), tables: on.tables.clone(), ..Value::default() })
            }
            (None, Some(_)) => self.filtered(on, Some(key), line),
            (None, None) if !key.items.is_empty() => {
                let list = self.items(on, &mut std::iter::once(key))?;
                self.about(on, &list, "", line)
            }
            _ => None,
        }
    }

    /// `frame["c"] = value`; whether it could be followed.
    pub(in crate::ingest::reader::python) fn set_column(&mut self, frame: &str, target: &[Token], value: &Value, line: u32) -> bool {
        let [Token::Punct('['), Token::Text(name), Token::Punct(']')] = target else { return false };
        let Some(on) = self.lookup(frame).filter(|on| on.query.is_some() && on.columns.is_none()).cloned() else { return false };
        let Some(made) = self.put(&on, vec![(name.text.clone(), value)], line) else { return false };
        self.assign(frame, made);
        true
    }

    /// The frame with these columns in the places of those of their names, or beside them.
    fn put(&mut self, on: &Value, columns: Vec<(String, &Value)>, line: u32) -> Option<Value> {
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let mut list = vec![all_but(&names)?];
        for (name, value) in columns {
            let constant = value.columns.is_none() && value.tables.is_empty() && value.items.is_empty();
            list.push(if constant { format!("NULL{}", named(Some(&name))?) } else { self.item(on, value, Some(&name))? });
        }
        self.about(on, &list, "", line)
    }

    fn renamed(&mut self, on: &Value, pairs: &[(&str, &str)], line: u32) -> Option<Value> {
        let old: Vec<String> = pairs.iter().map(|(old, _)| (*old).to_owned()).collect();
        let mut list = vec![all_but(&old)?];
        for (old, new) in pairs {
            list.push(format!("{ROWS}.{old}{}", named(Some(new))?));
        }
        self.about(on, &list, "", line)
    }

    fn filtered(&mut self, on: &Value, condition: Option<&Value>, line: u32) -> Option<Value> {
        let all = ["*".to_owned()];
        let condition = condition?;
        if let (Some(text), None) = (&condition.text, &condition.columns) {
            return self.about(on, &all, &format!(" WHERE {}", self.unaliased(&text.text)), line);
        }
        match &condition.columns {
            Some(columns) if !columns.names.is_empty() && condition.tables.is_subset(&on.tables) => {
                let condition = self.sql_of(&Columns { aggregate: false, made: true, ..Columns::clone(columns) });
                self.about(on, &all, &format!(" WHERE {condition} IS NOT NULL"), line)
            }
            _ => Some(on.clone()),
        }
    }

    /// What follows `groupBy`: `agg` of expressions, or of pandas' and Spark's dictionaries.
    fn grouped(&mut self, function: &str, keys: &BTreeSet<String>, on: &Value, arguments: &Arguments, line: u32) -> Option<Value> {
        if !matches!(function, "agg" | "aggregate") {
            return None;
        }
        let mut list: Vec<String> = keys.iter().map(|key| format!("{ROWS}.{key}")).collect();
        for (key, value) in &arguments.0 {
            let place = key.bytes().all(|b| b.is_ascii_digit());
            if value.columns.is_some() || place && value.text.is_none() && value.items.iter().all(|(_, item)| item.columns.is_some()) {
                if place {
                    list.extend(self.items(on, &mut std::iter::once(value))?);
                } else {
                    list.push(self.item(on, value, Some(key))?);
                }
                continue;
            }
            // agg(total=("x", "sum")) and agg({"x": "sum"})
            let said = |item: Option<&Value>| item.and_then(|v| v.text.as_ref()).map_or("…", |text| &text.text).to_owned();
            let pairs: Vec<(String, String, String)> = if place {
                let pair =
                    |(column, by): &(String, Value)| (column.clone(), column.clone(), format!("{{\"{column}\": \"{}\"}}", said(Some(by))));
                value.items.iter().map(pair).collect()
            } else {
                let column = said(value.item("0"));
                let text = format!("(\"{column}\", \"{}\")", said(value.item("1")));
                vec![(column, key.clone(), text)]
            };
            for (column, name, text) in pairs {
                is_name(&column).then_some(())?;
                let made = self.sql_of(&Columns { made: true, aggregate: true, text, ..Columns::copy(&column) });
                list.push(made + &self::named(Some(&name))?);
            }
        }
        let keys: Vec<String> = keys.iter().map(|key| format!("{ROWS}.{key}")).collect();
        let by = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        let frame = Value { columns: None, ..on.clone() };
        self.about(&frame, &list, &by, line)
    }

    fn joined(&mut self, on: &Value, arguments: &Arguments, line: u32) -> Option<Value> {
        let other = arguments.get(0, &["other", "right"])?;
        let query = other.query.clone().filter(|_| other.columns.is_none())?;
        let keys = |names: &[&str]| arguments.get(usize::MAX, names).and_then(|value| self.keys(on, value));
        let using = arguments.get(1, &["on"]).filter(|v| v.columns.is_none()).and_then(|value| self.keys(on, value));
        let (left, right) = (keys(&["left_on"]), arguments.get(usize::MAX, &["right_on"]).and_then(|value| self.keys(other, value)));
        let condition = match (using, left, right) {
            (Some(using), ..) => format!(" USING ({})", using.join(", ")),
            (None, Some(left), Some(right)) if left.len() == right.len() => {
                let pairs = left.iter().zip(&right).map(|(l, r)| format!("{ROWS}.{l} = headwater_other.{r}"));
                format!(" ON {}", pairs.collect::<Vec<_>>().join(" AND "))
            }
            _ => match arguments.get(1, &["on"]).and_then(|value| value.columns.clone()).filter(|c| !c.names.is_empty()) {
                Some(both) => {
                    let names: Vec<&str> = both.names.iter().map(String::as_str).collect();
                    format!(" ON {}({}) IS NOT NULL", self.session.made(&both.text), names.join(", "))
                }
                None => String::new(),
            },
        };
        let how = arguments.text(2, &["how"]).unwrap_or_default();
        let list = if how.contains("semi") || how.contains("anti") { format!("{ROWS}.*") } else { "*".to_owned() };
        let join = if condition.is_empty() { "CROSS JOIN (" } else { "JOIN (" };
        let mut tail = Text::on(line, join);
        self.within(&mut tail, &query, line)?;
        tail.text.push_str(") headwater_other");
        tail.text.push_str(&condition);
        let made = self.over(on, &[list], &tail, line)?;
        let mut tables = made.tables.clone();
        add(&mut tables, &other.tables);
        Some(Value { tables, ..made })
    }

    /// Rows of one frame after those of another.
    fn stacked(&mut self, frames: &[&Value], by_name: bool, line: u32) -> Option<Value> {
        let mut all = Text::default();
        let mut tables = BTreeSet::new();
        for (n, frame) in frames.iter().enumerate() {
            let query = frame.query.clone().filter(|_| frame.columns.is_none())?;
            let head = match (n, by_name) {
                (0, _) => "SELECT * FROM (",
                (_, false) => " UNION ALL SELECT * FROM (",
                (_, true) => " UNION ALL BY NAME SELECT * FROM (",
            };
            all.join(&Text::on(line, head));
            self.within(&mut all, &query, line)?;
            all.text.push_str(&format!(") {ROWS}"));
            add(&mut tables, &frame.tables);
        }
        (!frames.is_empty()).then(|| Value { query: Some(Rc::new(all)), tables, ..Value::default() })
    }

    /// A query about the rows of a frame.
    fn about(&mut self, on: &Value, list: &[String], tail: &str, line: u32) -> Option<Value> {
        self.over(on, list, &Text::on(line, tail), line)
    }

    fn over(&mut self, on: &Value, list: &[String], tail: &Text, line: u32) -> Option<Value> {
        let mut query = Text::on(line, &format!("SELECT {} FROM (", list.join(", ")));
        (!list.is_empty()).then_some(())?;
        self.within(&mut query, on.query.as_ref()?, line)?;
        query.text.push_str(&format!(") {ROWS} "));
        query.join(tail);
        let size = query.size();
        self.spend(size).then(|| Value { query: Some(Rc::new(query)), tables: on.tables.clone(), ..Value::default() })
    }

    /// Puts a query into another.
    fn within(&mut self, outer: &mut Text, query: &Text, line: u32) -> Option<()> {
        if query.text.matches(&format!(") {ROWS}")).count() >= MAX_NESTED || outer.text.len() + query.text.len() > MAX_QUERY {
            self.give_up(line, "a frame is made of more others than are followed");
            return None;
        }
        if !self.spend(query.size()) {
            return None;
        }
        outer.join(query);
        // Its last line may end in a comment.
        let end = outer.text.trim_end().len();
        if outer.text[..end].ends_with(';') {
            outer.text.replace_range(end - 1..end, " ");
        }
        outer.push('\n', line);
        outer.bytes = query.bytes;
        Some(())
    }
}

/// All columns but these.
fn all_but(names: &[String]) -> Option<String> {
    (!names.is_empty() && names.iter().all(|name| is_name(name))).then(|| format!("* EXCEPT ({})", names.join(", ")))
}
