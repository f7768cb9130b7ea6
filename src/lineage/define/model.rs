//! What is made of relations without being one: models that learn from rows, semantic views over tables.

use super::{asset, copied, skip_exists};
use crate::lineage::draft::{Context, Draft};
use crate::lineage::engine::Engine;
use crate::lineage::scope::Shape;
use crate::lineage::statement::starts_query;
use crate::lineage::token::Tokens;
use crate::lineage::{Column, Kind, Name, Span};
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// SQLMesh's `MODEL (name s.t, kind FULL, …)`, whose query comes next.
    pub(crate) fn announce_model(&mut self, t: &Tokens, from: usize, to: usize) {
        let (start, end) = t.inner(from + 1, to);
        let said = |word: &str| t.commas(start, end).into_iter().find(|(from, _)| t.is(*from, word)).map(|(from, _)| from + 1);
        let stored = said("KIND").is_some_and(|kind| !t.any(kind, &["VIEW", "EMBEDDED"]));
        let name = said("NAME").and_then(|name| self.name_at(t, name));
        self.announced = name.map(|(name, _)| (name, if stored { Kind::Table } else { Kind::View }));
    }

    /// `CREATE MODEL m … AS SELECT …` (BigQuery, Snowflake), `CREATE MODEL m FROM (SELECT …) …` or `FROM t` (Redshift): its columns are those
    /// that it learns from.
    pub(super) fn create_model(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        let Some((name, after)) = self.name_at(t, skip_exists(t, at)) else {
            return self.rescue("CREATE MODEL", t, from, to, context, "no name found");
        };
        let query = |i: usize| t.any(i, &["SELECT", "WITH"]) || t.open(i) && starts_query(t, i);
        let rows = t.find(after, to, |i| t.is(i, "AS") && query(i + 1) || t.is(i, "FROM")).map(|i| i + 1);
        let (span, line) = (t.span(from, to), t.line(from));
        if let Some(rows) = rows.filter(|i| query(*i)) {
            let (start, end) = if t.open(rows) { t.inner(rows, to) } else { (rows, to) };
            return self.create_from_query(t, from, start, end, &name, None, Kind::Table, "CREATE MODEL", false, context);
        }
        // A model may come from files or another service, too.
        let source = rows.filter(|i| !t.any(*i, &["INTERNAL", "SAGEMAKER", "MODEL"])).and_then(|i| self.name_at(t, i));
        self.learn(name, source.map(|(source, _)| source), span, line, context);
    }

    /// Snowflake's `CREATE SNOWFLAKE.ML.FORECAST m (INPUT_DATA => TABLE(t), …)`, where a reference to a table or a query may stand for `TABLE(t)`.
    pub(super) fn create_trained(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        let Some((name, after)) = self.name_at(t, skip_exists(t, at)) else {
            return self.rescue("CREATE MODEL", t, from, to, context, "no name found");
        };
        let (span, line) = (t.span(from, to), t.line(from));
        let (start, end) = if t.open(after) { t.inner(after, to) } else { (to, to) };
        let data = t.find(start, end, |i| t.is(i, "INPUT_DATA") && t.at(i + 1, &Token::RArrow) && t.open(i + 3)).map(|i| i + 2);
        let (first, last) = data.map_or((end, end), |data| t.inner(data + 1, end));
        // SYSTEM$REFERENCE('TABLE', 't'), SYSTEM$QUERY_REFERENCE('SELECT …')
        let place = data.map_or(0, |data| usize::from(!t.is(data, "SYSTEM$QUERY_REFERENCE")));
        let refers = data.is_some_and(|data| !t.is(data, "TABLE"));
        let quoted = (first..last).filter(|_| refers).filter_map(|i| t.string(i)).nth(place).map(|text| {
            let mut tokens = Tokens::read(text, self.grammar, 0, line);
            tokens.stand_at(span);
            tokens
        });
        let (t, from, first, last) = quoted.as_ref().map_or((t, from, first, last), |tokens| (tokens, 0, 0, tokens.list.len()));
        if t.any(first, &["SELECT", "WITH"]) {
            let mut inner = Context { stands_at: Some(span), ..context.clone() };
            return self.create_from_query(t, from, first, last, &name, None, Kind::Table, "CREATE MODEL", false, &mut inner);
        }
        let source = (first < last).then(|| self.name_at(t, first)).flatten();
        self.learn(name, source.map(|(source, _)| source), span, line, context);
    }

    /// A model learns from all of a relation, or from what is not said.
    fn learn(&mut self, name: Name, source: Option<Name>, span: Span, line: u32, context: &mut Context) {
        self.define(asset(Kind::Table, name.clone(), span, &Shape::new()));
        let draft = match source {
            Some(source) => copied("CREATE MODEL", &source, &name, span, line),
            None => {
                Draft { kind: "CREATE MODEL".into(), span, writes: vec![(name, line)], confidence: 1.0, defines: true, ..Draft::default() }
            }
        };
        self.finish(draft, context);
    }

    /// Snowflake's `CREATE SEMANTIC VIEW v TABLES (a AS db.t, …) FACTS (a.x AS …) DIMENSIONS (…) METRICS (…)`.
    pub(super) fn create_semantic_view(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        let Some((name, after)) = self.name_at(t, skip_exists(t, at)) else {
            return self.rescue("CREATE SEMANTIC VIEW", t, from, to, context, "no name found");
        };
        let span = t.span(from, to);
        let mut view = asset(Kind::View, name.clone(), span, &Shape::new());
        let mut draft = Draft { kind: "CREATE SEMANTIC VIEW".into(), span, confidence: 1.0, ..Draft::default() };
        (draft.defines, draft.derives) = (true, true);
        draft.writes.push((name, t.line(from)));
        let mut next = after;
        while let Some(part) = t.find(next, to, |i| t.open(i)) {
            next = t.skip(part, to);
            let (start, end) = t.inner(part, to);
            for (first, _) in t.commas(start, end) {
                let line = t.line(first);
                if t.is(part - 1, "TABLES") {
                    let table = first + 2 * usize::from(t.is(first + 1, "AS"));
                    draft.reads.extend(self.name_at(t, table).map(|(table, _)| (table, line)));
                } else if t.any(part - 1, &["FACTS", "DIMENSIONS", "METRICS"]) {
                    let named = self.name_at(t, first + usize::from(t.any(first, &["PUBLIC", "PRIVATE"])));
                    view.columns.extend(named.map(|(column, _)| Column { name: column.last().to_owned(), line, ..Column::default() }));
                }
            }
        }
        self.define(view);
        self.finish(draft, context);
    }
}
