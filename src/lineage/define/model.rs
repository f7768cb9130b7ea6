//! What is made of relations without being one: models that learn from rows, semantic views over tables.

use super::{asset, copied, skip_exists};
use crate::lineage::engine::{Context, Draft, Engine};
use crate::lineage::scope::Shape;
use crate::lineage::statement::starts_query;
use crate::lineage::token::Tokens;
use crate::lineage::{Column, Kind};

impl Engine<'_> {
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
        self.define(asset(Kind::Table, name.clone(), span, &Shape::new()));
        // A model may come from files or another service, too.
        let source = rows.filter(|i| !t.any(*i, &["INTERNAL", "SAGEMAKER", "MODEL"])).and_then(|i| self.name_at(t, i));
        let draft = match source {
            Some((source, _)) => copied("CREATE MODEL", &source, &name, span, line),
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
