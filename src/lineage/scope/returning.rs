//! Statements inside `WITH` that change rows and give some back.

use super::Resolver;
use super::relation::Level;
use crate::lineage::Output;
use crate::lineage::token::{Tok, made, make_ident, make_word};
use sqlparser::ast::{
    Cte, FromTable, ObjectName, SelectItem, SetExpr, Statement, TableAlias, TableFactor, TableObject, UpdateTableFromKind,
};
use sqlparser::tokenizer::Token;

/// CTEs before a changing one that it may read, the nearest: they are read again with each, so that a statement of thousands would take hours.
/// People write a dozen.
const MAX_BEFORE: usize = 32;

impl Resolver<'_> {
    /// What `RETURNING` of a statement gives.
    pub(super) fn returned(&mut self, statement: &Statement) -> Vec<Output> {
        self.levels.push(Level::default());
        let returning: Option<&Vec<SelectItem>> = match statement {
            Statement::Insert(insert) => {
                if let TableObject::TableName(name) = &insert.table {
                    let relation = self.named(self.name(name), 0);
                    self.push(relation);
                }
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
            _ => None,
        };
        let mut outputs = Vec::new();
        for item in returning.into_iter().flatten() {
            self.item(item, None, &mut outputs);
        }
        self.levels.pop();
        outputs
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
            _ => return None,
        };
        let like = &body[returning];
        let mut list = vec![make_word("SELECT", like)];
        list.extend_from_slice(&body[returning + 1..]);
        list.push(make_word("FROM", like));
        for (n, part) in self.name(table).0.iter().enumerate() {
            list.extend((n > 0).then(|| made(Token::Period, like)));
            list.push(make_ident(part, like));
        }
        list.extend(alias.map(|a| make_ident(&a.name.value, like)));
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
