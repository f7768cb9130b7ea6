//! Statements inside `WITH` that change rows and give some back.

use super::Resolver;
use super::relation::Level;
use crate::lineage::Output;
use crate::lineage::token::{Tok, made, make_word};
use sqlparser::ast::{Cte, FromTable, SelectItem, SetExpr, Statement, TableObject, UpdateTableFromKind};
use sqlparser::tokenizer::Token;

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

    /// The tokens of the statement that is a CTE's body, with the queries among the CTEs before it.
    pub(super) fn nested_statement<'c>(&self, cte: &Cte, before: impl Iterator<Item = &'c Cte>) -> Option<Vec<Tok>> {
        let (from, to) = self.text.body(cte)?;
        let like = &self.text.tokens[from];
        let mut list = Vec::new();
        for other in before {
            if let (SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_), Some((_, end))) =
                (&*other.query.body, self.text.body(other))
                && let Some(start) = self.text.start(other)
            {
                list.push(if list.is_empty() { make_word("WITH", like) } else { made(Token::Comma, like) });
                list.extend_from_slice(&self.text.tokens[start..=end]);
            }
        }
        list.extend_from_slice(&self.text.tokens[from..to]);
        Some(list)
    }
}
