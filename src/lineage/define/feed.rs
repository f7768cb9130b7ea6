//! What is kept filled from somewhere else: ClickHouse's dictionaries, the flows and change feeds of Databricks.

use super::{asset, copied, skip_exists};
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::Shape;
use crate::lineage::token::{Tok, Tokens, make_word};
use crate::lineage::{Kind, Name};

impl Engine<'_> {
    /// `CREATE DICTIONARY d (columns) … SOURCE(CLICKHOUSE(DB 'a' TABLE 'b'))`: its rows are those of a table, a query or a file.
    pub(super) fn create_dictionary(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        let Some((name, after)) = self.name_at(t, skip_exists(t, at)) else { return };
        let (span, line) = (t.span(from, to), t.line(from));
        let mut made = asset(Kind::Table, name.clone(), span, &Shape::new());
        let listed = t.find(after, to, |i| t.open(i)).filter(|open| !t.is(open - 1, "SOURCE"));
        if let Some(open) = listed {
            let (start, end) = t.inner(open, to);
            made.columns = self.read_columns(t, start, end).columns;
        }
        let listed_columns = made.columns.clone();
        self.define(made);
        let source = t.find(after, to, |i| t.is(i, "SOURCE") && t.open(i + 1));
        let (start, end) = source.map_or((to, to), |i| t.inner(i + 1, to));
        let option = |word: &str| (start..end).find(|i| t.is(*i, word)).map(|i| i + 1);
        let text = |word: &str| option(word).and_then(|i| t.string(i).or_else(|| t.word(i))).map(str::to_owned);
        if let Some(query) = option("QUERY").and_then(|i| super::super::split::text_of(t, i)) {
            let columns = listed_columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
            let mut tokens = Tokens::read(query, self.grammar, 0, line);
            tokens.stand_at(span);
            let mut inner = Context { stands_at: Some(span), ..context.clone() };
            let (end, listed) = (tokens.list.len(), (!columns.is_empty()).then_some(columns));
            self.create_from_query(&tokens, 0, 0, end, &name, listed, Kind::Table, "CREATE DICTIONARY", false, &mut inner);
            if let Some(asset) = self.asset(&name) {
                asset.columns = listed_columns;
            }
            return;
        }
        let table = text("TABLE").map(|table| Name::new(text("DB").into_iter().chain([table])));
        let file = || text("PATH").or_else(|| text("URL")).map(|path| Name::new([format!("path:{path}")]));
        let draft = match table.or_else(file) {
            Some(source) => copied("CREATE DICTIONARY", &source, &name, span, line),
            None => Draft {
                kind: "CREATE DICTIONARY".into(),
                span,
                writes: vec![(name, line)],
                confidence: 1.0,
                defines: true,
                ..Draft::default()
            },
        };
        self.finish(draft, context);
    }

    /// `APPLY CHANGES INTO t FROM s KEYS (k) … COLUMNS * EXCEPT (a)`, `AUTO CDC INTO t FROM …`: rows of `s` by their keys.
    pub(in crate::lineage) fn apply_changes(&mut self, t: &Tokens, from: usize, target: usize, to: usize, context: &mut Context) {
        let parts = self.name_at(t, target).and_then(|(_, after)| {
            let source = t.find(after, to, |i| t.is(i, "FROM"))?;
            let end = t.find(source, to, |i| t.any(i, &["KEYS", "IGNORE", "WHERE", "APPLY", "SEQUENCE"])).unwrap_or(to);
            Some((after, source, end))
        });
        let Some((after, source, end)) = parts else { return self.rescue("APPLY CHANGES", t, from, to, context, "no source found") };
        let like = &t.list[from];
        let columns = t.find(end, to, |i| t.is(i, "COLUMNS"));
        let columns_end = columns.map(|i| t.find(i, to, |i| t.any(i, &["STORED", "TRACK"])).unwrap_or(to));
        let filter = t.find(end, to, |i| t.is(i, "WHERE"));
        let mut list: Vec<Tok> = ["INSERT", "INTO"].iter().map(|w| make_word(w, like)).collect();
        list.extend_from_slice(&t.list[target..after]);
        list.push(make_word("SELECT", like));
        match columns.zip(columns_end) {
            Some((start, end)) if t.open(start + 1) => {
                let (start, end) = t.inner(start + 1, end);
                list.extend_from_slice(&t.list[start..end]);
            }
            Some((start, end)) => list.extend_from_slice(&t.list[start + 1..end]),
            None => list.push(crate::lineage::token::made(sqlparser::tokenizer::Token::Mul, like)),
        }
        list.extend_from_slice(&t.list[source..end]);
        if let Some(start) = filter {
            let end = t.find(start, to, |i| t.any(i, &["APPLY", "SEQUENCE", "COLUMNS", "STORED"])).unwrap_or(to);
            list.extend_from_slice(&t.list[start..end]);
        }
        let tokens = Tokens::of(list);
        self.statement(&tokens, 0, tokens.list.len(), context);
    }

    /// `CREATE FLOW f AS INSERT INTO t …`
    pub(super) fn flow(&mut self, t: &Tokens, at: usize, to: usize, context: &mut Context) {
        if let Some(insert) = t.find(at, to, |i| t.is(i, "INSERT")) {
            self.statement(t, insert, to, context);
        }
    }
}
