//! Statements that define things: CREATE, ALTER, DROP, RENAME, COMMENT. The columns of tables are read by our own reader, which
//! knows no dialect and needs none: what it does not know it steps over.

use super::draft::{Context, Draft, Event};
use super::engine::Engine;
use super::scope::{Shape, Temp, temp_key};
use super::statement::{ident, starts_query};
use super::token::{Tok, Tokens};
use super::{Asset, Column, Kind, Name, Output, Projection, Span, Star};
use sqlparser::tokenizer::{Token, Word};

mod alter;
pub(crate) mod computed;
mod feed;
mod model;
mod other;
mod table;

/// Words that may stand between CREATE and the kind of object.
const MODIFIERS: [&str; 33] = [
    "OR",
    "REPLACE",
    "ALTER",
    "GLOBAL",
    "LOCAL",
    "TEMP",
    "TEMPORARY",
    "TRANSIENT",
    "EXTERNAL",
    "UNLOGGED",
    "VOLATILE",
    "MULTISET",
    "SET",
    "MATERIALIZED",
    "RECURSIVE",
    "SECURE",
    "FORCE",
    "NO",
    "NOFORCE",
    "EDITIONABLE",
    "NONEDITIONABLE",
    "HYBRID",
    "INTERACTIVE",
    "DYNAMIC",
    "ICEBERG",
    "FOREIGN",
    "LIVE",
    "STREAMING",
    "REFRESH",
    "PRIVATE",
    "INTERLEAVED",
    "SNAPSHOT",
    "WINDOW",
];

impl Engine<'_> {
    /// Reads CREATE, ALTER, DROP, RENAME, COMMENT and their like, routines excepted.
    pub(crate) fn define_statement(&mut self, t: &Tokens, from: usize, to: usize, context: &mut Context) {
        // What is changed twice is not what it was.
        if self.ahead {
            return;
        }
        match t.word(from).map(str::to_uppercase).as_deref() {
            // What is cached as it is goes nowhere.
            Some("CACHE") if t.find(from, to, |i| t.any(i, &["SELECT", "WITH"]) || t.open(i) && starts_query(t, i)).is_none() => {}
            Some("CREATE" | "ALTER" | "CACHE" | "REPLACE" | "DEFINE") => {
                let mut at = from + 1;
                let mut materialized = false;
                // Spark keeps what is cached for the session, as it does a temporary view.
                let mut temporary = t.is(from, "CACHE");
                while t.any(at, &MODIFIERS) || t.any(at, &["ALGORITHM", "DEFINER", "SQL", "LAZY"]) {
                    materialized |= t.any(at, &["MATERIALIZED", "DYNAMIC", "LIVE"]);
                    temporary |= t.any(at, &["TEMP", "TEMPORARY", "VOLATILE"]);
                    at = match t.word(at).map(str::to_uppercase).as_deref() {
                        // ALGORITHM=x DEFINER=`a`@`b` SQL SECURITY x, before VIEW.
                        Some("ALGORITHM" | "DEFINER" | "SQL") => t.find(at, to, |i| t.any(i, &["VIEW", "TABLE", "EVENT"])).unwrap_or(to),
                        _ => at + 1,
                    };
                }
                let alter = t.is(from, "ALTER");
                match t.word(at).map(str::to_uppercase).as_deref() {
                    Some("VIEW") => self.create_view(t, from, at + 1, to, materialized, temporary, context),
                    Some("TABLE" | "EXTERNAL") if alter => self.alter_table(t, from, at + 1, to, context),
                    Some("TABLE") => {
                        // In the place of what held other rows.
                        let replaced = if t.is(from, "REPLACE") || t.is(from + 2, "REPLACE") { self.name_at(t, at + 1) } else { None };
                        if let Some((mut name, _)) = replaced.filter(|_| context.certain()) {
                            self.at_home(&mut name);
                            self.events.push(Event::Empty(name));
                        }
                        self.create_table(t, from, at + 1, to, temporary, context);
                    }
                    Some("DICTIONARY") if !alter => self.create_dictionary(t, from, at + 1, to, context),
                    Some("FLOW") if !alter => match t.find(at, to, |i| t.seq(i, &["CDC", "INTO"])) {
                        Some(cdc) => self.apply_changes(t, from, cdc + 2, to, context),
                        None => self.flow(t, at, to, context),
                    },
                    Some("STREAM") if !alter => self.create_stream(t, from, at + 1, to, context),
                    Some("MODEL") if !alter => self.create_model(t, from, at + 1, to, context),
                    Some("SNOWFLAKE") if !alter && t.is(at + 2, "ML") => self.create_trained(t, from, at + 5, to, context),
                    Some("SEMANTIC") if !alter && t.is(at + 1, "VIEW") => self.create_semantic_view(t, from, at + 2, to, context),
                    Some("SEQUENCE") if !alter => self.plain_asset(Kind::Sequence, t, from, at + 1, to),
                    Some("AGGREGATE") if !alter => self.plain_asset(Kind::Function, t, from, at + 1, to),
                    Some("SYNONYM" | "ALIAS") if !alter => self.create_synonym(t, from, at + 1, to, context),
                    Some("PUBLIC") if t.is(at + 1, "SYNONYM") => self.create_synonym(t, from, at + 2, to, context),
                    Some(_) => self.other_object(t, from, at, to, context),
                    None => {}
                }
            }
            Some("DROP") => self.drop_statement(t, from, to, context),
            Some("RENAME") => {
                let object = t.is(from + 1, "OBJECT");
                let start = from + 1 + usize::from(object || t.any(from + 1, &["TABLE", "VIEW"]));
                for (first, _) in t.commas(start, to) {
                    if let Some((old, after)) = self.name_at(t, first)
                        && t.is(after, "TO")
                        && let Some((new, _)) = self.name_at(t, after + 1)
                    {
                        let new = if object { alter::qualified_like(new, &old) } else { new };
                        self.rename(old, new, t.span(from, to), context);
                    }
                }
            }
            // ClickHouse: `EXCHANGE TABLES a AND b`.
            Some("EXCHANGE") if t.is(from + 1, "TABLES") => {
                if let Some((a, and)) = self.name_at(t, from + 2)
                    && let Some((b, _)) = self.name_at(t, and + 1)
                {
                    self.exchange(a, b, t, from, to, context);
                }
            }
            Some("COMMENT") => self.comment(t, from, to),
            _ => {}
        }
    }

    fn plain_asset(&mut self, kind: Kind, t: &Tokens, from: usize, at: usize, to: usize) {
        let at = skip_exists(t, at);
        if let Some((name, _)) = self.name_at(t, at) {
            self.define(asset(kind, name, t.span(from, to), &Shape::new()));
        }
    }

    fn create_synonym(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &Context) {
        let at = skip_exists(t, at);
        let Some((name, after)) = self.name_at(t, at) else { return };
        self.define(asset(Kind::Synonym, name.clone(), t.span(from, to), &Shape::new()));
        if t.is(after, "FOR")
            && let Some((target, _)) = self.name_at(t, after + 1)
        {
            self.finish(copied("CREATE SYNONYM", &target, &name, t.span(from, to), t.line(from)), context);
        }
    }

    /// Snowflake's stream: the changes of a table or view, with its columns.
    fn create_stream(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &Context) {
        let at = skip_exists(t, at);
        let Some((name, after)) = self.name_at(t, at) else { return };
        let on = t.find(after, to, |i| t.is(i, "ON") && t.any(i + 1, &["TABLE", "VIEW", "EXTERNAL", "DYNAMIC"]));
        let Some((source, _)) = on.and_then(|on| self.name_at(t, on + 2 + usize::from(t.is(on + 2, "TABLE")))) else { return };
        let (span, line) = (t.span(from, to), t.line(from));
        self.define(asset(Kind::View, name.clone(), span, &Shape::new()));
        self.finish(copied("CREATE STREAM", &source, &name, span, line), context);
    }

    #[allow(clippy::too_many_arguments)]
    fn create_view(&mut self, t: &Tokens, from: usize, at: usize, to: usize, materialized: bool, temporary: bool, context: &mut Context) {
        let at = skip_exists(t, at);
        let Some((name, after)) = self.name_at(t, at) else {
            return self.rescue("CREATE VIEW", t, from, to, context, "no name found");
        };
        let body = t.find(after, to, |i| {
            t.is(i, "AS")
                && (t.any(i + 1, &["SELECT", "WITH", "VALUES", "TABLE", "FROM", "PIVOT", "UNPIVOT", "LOCKING", "LOCK"]) || t.open(i + 1))
        });
        let Some(body) = body else {
            // Spark: a view of files.
            if let (true, Some((path, line))) = (temporary && t.is(after, "USING"), option_path(t, after, to)) {
                let star = vec![vec![Output::Star(Star::of(path.clone(), line))]];
                self.renew(&name, Temp::default(), context);
                return self.fill(&name, None, star, vec![(path, line)], Vec::new());
            }
            if t.is(from, "ALTER") {
                // ALTER VIEW … RENAME TO, SET …
                if let (Some(i), true) = (t.find(after, to, |i| t.is(i, "TO")), t.is(after, "RENAME"))
                    && let Some((new, _)) = self.name_at(t, i + 1)
                {
                    self.rename(name, new, t.span(from, to), context);
                }
                return;
            }
            return self.rescue("CREATE VIEW", t, from, to, context, "no query found");
        };
        let mut columns = None;
        let mut comments = Vec::new();
        if t.open(after) {
            let (start, end) = t.inner(after, body);
            let parts = t.commas(start, end);
            columns = Some(parts.iter().filter_map(|(from, _)| ident(t, *from)).collect::<Vec<_>>());
            comments = parts
                .iter()
                .map(|(from, to)| t.find(*from, *to, |i| t.is(i, "COMMENT")).and_then(|i| t.string(i + 1)).map(str::to_owned))
                .collect();
        }
        let kind = if materialized { Kind::MaterializedView } else { Kind::View };
        let span = t.span(from, to);
        let end = view_tail(t, body, to);
        let statement = if materialized { "CREATE MATERIALIZED VIEW" } else { "CREATE VIEW" };
        if !temporary && !context.instead() {
            let mut made = name.clone();
            self.made_at_home(&mut made);
            if self.defines(&made) {
                self.redefined.insert(made.key());
            }
        }
        if temporary {
            return self.create_from_query(t, from, body + 1, end, &name, columns, Kind::Table, statement, true, context);
        }
        self.create_from_query(t, from, body + 1, end, &name, columns.clone(), kind, statement, false, context);
        // ClickHouse: rows go on into a table, which may stand behind ON CLUSTER or REFRESH EVERY … APPEND.
        if let Some((target, _)) = t.find(after, body, |i| t.is(i, "TO")).and_then(|to| self.name_at(t, to + 1)) {
            self.finish(Draft { defines: false, ..copied("INSERT", &name, &target, span, t.line(from)) }, context);
        }
        let comment = t.find(after, body, |i| t.is(i, "COMMENT")).and_then(|i| t.string(i + 1).or(t.string(i + 2))).map(str::to_owned);
        if let Some(asset) = self.asset(&name) {
            asset.span = span;
            asset.comment = comment;
            for (column, comment) in asset.columns.iter_mut().zip(comments) {
                column.comment = comment;
            }
        }
    }

    /// A view or table made of the query at `body..end`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn create_from_query(
        &mut self,
        t: &Tokens,
        from: usize,
        body: usize,
        end: usize,
        name: &Name,
        columns: Option<Vec<String>>,
        kind: Kind,
        statement: &str,
        temporary: bool,
        context: &mut Context,
    ) {
        let span = t.span(from, end);
        match self.resolve(&t.list[body..end], context) {
            Ok((mut shape, mut found)) => {
                found.nested.clear();
                let indirect = std::mem::take(&mut found.indirect);
                let mut draft = Draft { kind: statement.into(), span, confidence: 1.0, derives: true, defines: true, ..Draft::default() };
                self.take(&mut draft, found, None);
                if temporary {
                    self.renew(name, Temp::default(), context);
                    self.fill(name, columns.as_deref(), shape, draft.sources(), indirect);
                    return self.finish(draft, context);
                }
                // What held a temporary of this name now stores rows.
                self.temps.remove(&temp_key(name));
                draft.writes.push((name.clone(), t.line(from)));
                let mut made = asset(kind, name.clone(), span, &shape);
                if let Some(list) = &columns {
                    made.columns = list.iter().map(|c| Column { name: c.clone(), line: t.line(from), ..Column::default() }).collect();
                }
                if context.owner.is_none() || kind != Kind::Table || !name.0.is_empty() {
                    self.define(made);
                }
                shape.retain(|outputs| !outputs.is_empty());
                if !shape.is_empty() {
                    draft.projections.push(Projection { target: name.clone(), columns, by_name: false, branches: shape, indirect });
                }
                self.finish(draft, context);
            }
            Err(why) => {
                let found = self.salvage(t, body, end);
                let reads = found.reads;
                self.lost += end - from;
                self.diagnose_statement(span, super::Severity::Warning, format!("{statement} {name} understood only in part: {why}"));
                if temporary {
                    self.renew(name, Temp::default(), context);
                    return self.fill(name, columns.as_deref(), Shape::new(), reads, Vec::new());
                }
                let mut made = asset(kind, name.clone(), span, &Shape::new());
                made.columns = columns.iter().flatten().map(|c| Column { name: c.clone(), line: span.line, ..Column::default() }).collect();
                self.define(made);
                let draft = Draft {
                    kind: statement.into(),
                    span,
                    reads,
                    writes: vec![(name.clone(), span.line)],
                    confidence: 0.4,
                    defines: true,
                    derives: true,
                    ..Draft::default()
                };
                self.finish(draft, context);
            }
        }
    }
}

/// A statement that gives `target` all columns of `source`.
fn copied(kind: &str, source: &Name, target: &Name, span: Span, line: u32) -> Draft {
    let star = Output::Star(Star::of(source.clone(), line));
    let projection = Projection { target: target.clone(), columns: None, by_name: false, branches: vec![vec![star]], indirect: Vec::new() };
    Draft {
        kind: kind.into(),
        span,
        reads: vec![(source.clone(), line)],
        writes: vec![(target.clone(), line)],
        projections: vec![projection],
        confidence: 1.0,
        defines: true,
        derives: true,
        ..Draft::default()
    }
}

/// An asset with the columns that a query's outputs name.
pub(crate) fn asset(kind: Kind, name: Name, span: Span, shape: &Shape) -> Asset {
    let outputs = shape.first().map(Vec::as_slice).unwrap_or_default();
    let known = !outputs.iter().any(|o| matches!(o, Output::Star(_)));
    let mut columns = Vec::with_capacity(if known { outputs.len() } else { 0 });
    columns.extend(outputs.iter().filter(|_| known).filter_map(|o| match o {
        Output::Column { name, span: at, .. } => Some(Column { name: name.clone(), line: at.line.max(span.line), ..Column::default() }),
        Output::Star(_) => None,
    }));
    Asset { kind, name, span, columns, foreign_keys: Vec::new(), signature: String::new(), comment: None, exact: false }
}

pub(crate) fn skip_exists(t: &Tokens, at: usize) -> usize {
    if t.seq(at, &["IF", "NOT", "EXISTS"]) {
        at + 3
    } else if t.seq(at, &["IF", "EXISTS"]) {
        at + 2
    } else {
        at
    }
}

/// The path among the options at `from..to`: `OPTIONS (path '/a/b')`.
pub(crate) fn option_path(t: &Tokens, from: usize, to: usize) -> Option<(Name, u32)> {
    let at = (from..to).find(|i| t.is(*i, "PATH") || t.string(*i).is_some_and(|key| key.eq_ignore_ascii_case("path")))?;
    let path = t.string(at + 1).or_else(|| t.string(at + 2))?;
    Some((Name::new([format!("path:{path}")]), t.line(at)))
}

/// Where the query of a view ends: before `WITH CHECK OPTION`, `WITH NO DATA` and their like.
fn view_tail(t: &Tokens, from: usize, to: usize) -> usize {
    t.find(from + 1, to, |i| {
        // ClickHouse: a comment at the end.
        t.is(i, "COMMENT") && t.string(i + 1).is_some() && i + 2 == to
            // A CTE may be called so.
            || t.is(i, "WITH") && !t.is(i + 2, "AS") && !t.open(i + 2)
                && (t.any(i + 1, &["CHECK", "DATA", "LOCAL", "CASCADED"]) || t.is(i + 1, "NO") || t.seq(i + 1, &["READ", "ONLY"]))
    })
    .unwrap_or(to)
}

/// Tokens as text.
pub(crate) fn text(tokens: &[Tok]) -> String {
    let mut out = String::new();
    let mut previous: Option<&Token> = None;
    for tok in tokens {
        let tight = matches!(
            tok.token,
            Token::LParen
                | Token::RParen
                | Token::Comma
                | Token::Period
                | Token::DoubleColon
                | Token::Lt
                | Token::Gt
                | Token::LBracket
                | Token::RBracket
        );
        let after_tight = matches!(
            previous,
            None | Some(Token::LParen | Token::Period | Token::Colon | Token::DoubleColon | Token::Lt | Token::LBracket)
        );
        if !tight && !after_tight {
            out.push(' ');
        }
        match &tok.token {
            Token::Word(Word { value, .. }) => out.push_str(value),
            // As it is written.
            Token::SingleQuotedString(value) => out.push_str(&format!("'{}'", value.replace('\'', "''"))),
            other => out.push_str(&other.to_string()),
        }
        previous = Some(&tok.token);
    }
    out
}
