//! Statements inside `WITH` that change rows and give some back.

use super::relation::{Level, Relation, Source, column_of, flatten, merge, rename};
use super::{Resolver, Shape, name};
use crate::lineage::token::{Tok, made, make_ident, make_word, push_name};
use crate::lineage::{Name, Output, Span, Star, Subtype};
use sqlparser::ast::{
    AssignmentTarget, Cte, Expr, FromTable, Ident, Merge, MergeAction, MergeInsertKind, MergeUpdateKind, ObjectName, OutputClause,
    SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableObject, UpdateTableFromKind,
};
use sqlparser::tokenizer::Token;
use std::rc::Rc;

/// CTEs before a changing one that it may read, the nearest: they are read again with each, so that a statement of thousands would take hours.
/// People write a dozen.
const MAX_BEFORE: usize = 32;

impl Resolver<'_> {
    /// What `RETURNING` of a statement gives.
    pub(super) fn returned(&mut self, statement: &Statement) -> Vec<Output> {
        let put = match statement {
            Statement::Insert(insert) => {
                let shape = insert.source.as_ref().map(|source| self.query(source)).unwrap_or_default();
                if let TableObject::TableName(table) = &insert.table {
                    Some(self.put(self.name(table), &insert.columns, shape))
                } else {
                    None
                }
            }
            Statement::Merge(merge) => self.merged(merge),
            _ => None,
        };
        self.levels.push(Level::default());
        // PostgreSQL: OLD and NEW are rows of the table that changes.
        let changed = match statement {
            Statement::Insert(insert) => {
                if let TableObject::TableName(name) = &insert.table {
                    Some(name)
                } else {
                    None
                }
            }
            Statement::Update(update) => stored(&update.table.relation).map(|(name, _)| name),
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                from.first().and_then(|table| stored(&table.relation)).map(|(name, _)| name)
            }
            Statement::Merge(merge) => stored(&merge.table).map(|(name, _)| name),
            _ => None,
        };
        let changed = changed.map(|name| self.name(name));
        let around = std::mem::replace(&mut self.trigger_table, changed);
        let returning: Option<&Vec<SelectItem>> = match statement {
            Statement::Insert(insert) => {
                put.clone().into_iter().for_each(|relation| self.push(relation));
                insert.returning.as_ref()
            }
            Statement::Update(update) => {
                self.joined(&update.table);
                if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
                    from.iter().for_each(|t| self.joined(t));
                }
                update.returning.as_ref()
            }
            Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                from.iter().chain(delete.using.iter().flatten()).for_each(|t| self.joined(t));
                delete.returning.as_ref()
            }
            Statement::Merge(merge) => {
                // As `*` shows them.
                self.factor(&merge.source);
                put.clone().into_iter().for_each(|relation| self.push(relation));
                match &merge.output {
                    Some(OutputClause::Returning { select_items, .. } | OutputClause::Output { select_items, .. }) => Some(select_items),
                    None => None,
                }
            }
            _ => None,
        };
        let mut outputs = Vec::new();
        for item in returning.into_iter().flatten() {
            self.item(item, None, &mut outputs);
        }
        self.trigger_table = around;
        self.levels.pop();
        if let Some(table) = put.and_then(|relation| relation.origin) {
            outputs.retain(|o| !is_rest(o, &table));
        }
        outputs
    }

    /// The rows that an INSERT of `shape` puts into `table`.
    fn put(&self, table: Name, columns: &[ObjectName], mut shape: Shape) -> Relation {
        let known = self.schema.columns(&table);
        let listed: Vec<Ident> = match columns {
            [] => known.into_iter().flatten().map(Ident::new).collect(),
            listed => listed.iter().map(|c| Ident::new(name::last(c))).collect(),
        };
        rename(&mut shape, &listed.iter().collect::<Vec<_>>());
        let row = row_put(&table, flatten(&shape), known, false, 0);
        let names = table.0.iter().map(|p| p.to_lowercase()).collect();
        Relation { names, origin: Some(table), ..Relation::derived(Rc::new(vec![row])) }
    }

    /// The rows of its target that a MERGE leaves: what its branches put there, the rest as it was.
    fn merged(&mut self, statement: &Merge) -> Option<Relation> {
        let (name, alias) = stored(&statement.table)?;
        let table = self.name(name);
        let known = self.schema.columns(&table);
        let names = match alias {
            Some(alias) => vec![alias.name.value.to_lowercase()],
            None => table.0.iter().map(|p| p.to_lowercase()).collect(),
        };
        self.levels.push(Level::default());
        // The statement itself says whether it reads its target.
        self.push(Relation { names: names.clone(), source: Source::Table(table.clone()), origin: Some(table.clone()) });
        self.factor(&statement.source);
        let mut set: Vec<Output> = Vec::new();
        let mut updates = false;
        for clause in &statement.clauses {
            let values: Vec<(String, &Expr)> = match &clause.action {
                MergeAction::Insert(insert) => {
                    let listed = insert.columns.iter().map(name::last);
                    let columns: Vec<String> =
                        if insert.columns.is_empty() { known.cloned().unwrap_or_default() } else { listed.collect() };
                    let MergeInsertKind::Values(values) = &insert.kind else { continue };
                    columns.into_iter().zip(values.rows.first().into_iter().flat_map(|row| row.iter())).collect()
                }
                MergeAction::Update(update) => {
                    updates = true;
                    let MergeUpdateKind::Set(list) = &update.kind else { continue };
                    let column = |target: &AssignmentTarget| match target {
                        AssignmentTarget::ColumnName(column) => Some(name::last(column)),
                        AssignmentTarget::Tuple(_) => None,
                    };
                    list.iter().filter_map(|a| Some((column(&a.target)?, &a.value))).collect()
                }
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => continue,
            };
            for (column, value) in values {
                let more = self.expr(value, Subtype::Identity);
                let own = set.iter_mut().find_map(|output| match output {
                    Output::Column { name, sources, .. } if name.eq_ignore_ascii_case(&column) => Some(sources),
                    _ => None,
                });
                match own {
                    Some(sources) => merge(sources, more),
                    None => set.push(Output::Column { name: column, sources: more, expression: String::new(), span: Span::default() }),
                }
            }
        }
        self.levels.pop();
        let row = row_put(&table, set, known, updates, 0);
        Some(Relation { names, origin: Some(table), ..Relation::derived(Rc::new(vec![row])) })
    }

    /// A query of the rows that the statement at `from..to` gives back: it is the statement itself that is read for its changes.
    fn returned_query(&self, changes: &SetExpr, (from, to): (usize, usize)) -> Option<Vec<Tok>> {
        let body = &self.text.tokens[from..to];
        let word = |i: usize, word: &str| matches!(&body[i].token, Token::Word(w) if w.value.eq_ignore_ascii_case(word));
        let returning = (0..body.len()).rev().find(|i| word(*i, "RETURNING"))?;
        let (table, alias) = match changes {
            SetExpr::Insert(Statement::Insert(insert)) => match &insert.table {
                TableObject::TableName(name) => (name, None),
                _ => return None,
            },
            SetExpr::Update(Statement::Update(update)) => stored(&update.table.relation)?,
            SetExpr::Delete(Statement::Delete(delete)) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
                stored(&from.first()?.relation)?
            }
            SetExpr::Merge(Statement::Merge(merge)) => stored(&merge.table)?,
            _ => return None,
        };
        let like = &body[returning];
        let mut list = vec![make_word("SELECT", like)];
        list.extend_from_slice(&body[returning + 1..]);
        list.push(make_word("FROM", like));
        push_name(&self.name(table), like, &mut list);
        list.extend(alias.map(|a| make_ident(&a.name.value, like)));
        if let SetExpr::Merge(_) = changes {
            let using = (0..returning).find(|i| word(*i, "USING"))?;
            let on = (using..returning).find(|i| word(*i, "ON"))?;
            list.push(made(Token::Comma, like));
            list.extend_from_slice(&body[using + 1..on]);
        }
        Some(list)
    }

    /// The tokens of the statement that is a CTE's body, with the queries among the CTEs before it.
    pub(super) fn nested_statement<'c>(&mut self, cte: &Cte, before: impl Iterator<Item = &'c Cte>) -> Option<Vec<Tok>> {
        let (from, to) = self.text.body(cte)?;
        let like = &self.text.tokens[from];
        let mut list = Vec::new();
        let before: Vec<&Cte> = before.collect();
        self.found.cut |= before.len() > MAX_BEFORE;
        for other in &before[before.len().saturating_sub(MAX_BEFORE)..] {
            let (Some((first, end)), Some(start)) = (self.text.body(other), self.text.start(other)) else { continue };
            let query = match &*other.query.body {
                SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_) => {
                    self.text.tokens[first..end].to_vec()
                }
                changes => match self.returned_query(changes, (first, end)) {
                    Some(query) => query,
                    None => continue,
                },
            };
            list.push(if list.is_empty() { make_word("WITH", like) } else { made(Token::Comma, like) });
            list.extend_from_slice(&self.text.tokens[start..first]);
            list.extend(query);
            list.push(made(Token::RParen, like));
        }
        list.extend_from_slice(&self.text.tokens[from..to]);
        Some(list)
    }
}

fn stored(factor: &TableFactor) -> Option<(&ObjectName, Option<&TableAlias>)> {
    match factor {
        TableFactor::Table { name, alias, .. } => Some((name, alias.as_ref())),
        _ => None,
    }
}

/// A row of `table` after a statement that gives it `set`: the columns that it does not set are the table's own. An UPDATE leaves them as
/// they were.
pub(crate) fn row_put(table: &Name, set: Vec<Output>, known: Option<&Vec<String>>, update: bool, line: u32) -> Vec<Output> {
    let named = |o: &Output| if let Output::Column { name, .. } = o { Some(name.clone()) } else { None };
    let Some(names) = set.iter().map(named).collect::<Option<Vec<String>>>() else { return set };
    if let Some(known) = known {
        let column = |c: &String| {
            let place = names.iter().position(|n| n.eq_ignore_ascii_case(c));
            place.map_or_else(
                || {
                    let sources = vec![column_of(table.clone(), c)];
                    Output::Column { name: c.clone(), sources, expression: String::new(), span: Span::default() }
                },
                |at| set[at].clone(),
            )
        };
        return known.iter().map(column).collect();
    }
    if update {
        return vec![Output::Star(Star { replace: set, ..Star::of(table.clone(), line) })];
    }
    let rest = Output::Star(Star { except: names, ..Star::of(table.clone(), line) });
    set.into_iter().chain([rest]).collect()
}

/// Whether an output is what `*` shows of the columns that an INSERT into `table` did not set: of which there are any nothing is known.
pub(crate) fn is_rest(output: &Output, table: &Name) -> bool {
    matches!(output, Output::Star(star) if star.table == *table && !star.except.is_empty())
}
