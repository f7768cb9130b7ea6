//! Joins: which relations stand side by side, and what is held against what.

use super::name::last;
use super::relation::{Hit, Relation, Seen, Source, candidate, hit};
use super::{MAX_CANDIDATES, Resolver, line_of};
use crate::lineage::{Flow, Output, Subtype};
use foldhash::HashSet;
use sqlparser::ast::{BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, Spanned, TableFactor, TableWithJoins};

/// Pairs of columns told of one statement: joins of hundreds of relations, which databases do not allow.
const MAX_PAIRS: usize = 10_000;

impl Resolver<'_> {
    pub(crate) fn joined(&mut self, table: &TableWithJoins) {
        self.factor(&table.relation);
        for join in &table.joins {
            self.join(join);
        }
    }

    pub(crate) fn join(&mut self, join: &Join) {
        let before = self.levels.last().map_or(0, |l| l.relations.len());
        if let JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin = join.join_operator {
            return self.array_join(&join.relation);
        }
        match (&join.join_operator, &join.relation) {
            (JoinOperator::CrossApply | JoinOperator::OuterApply, TableFactor::Derived { subquery, alias, .. }) => {
                self.subquery(subquery, alias.as_ref(), true);
            }
            (operator, TableFactor::Table { name, alias, args: None, .. }) if has_condition(operator) && self.is_neighbour(name) => {
                let relation = self.named(self.name(name), line_of(name.span().start.line));
                self.aliased(relation, alias.as_ref());
            }
            _ => self.factor(&join.relation),
        }
        let constraint = match &join.join_operator {
            JoinOperator::Join(c)
            | JoinOperator::Inner(c)
            | JoinOperator::Left(c)
            | JoinOperator::LeftOuter(c)
            | JoinOperator::Right(c)
            | JoinOperator::RightOuter(c)
            | JoinOperator::FullOuter(c)
            | JoinOperator::CrossJoin(c)
            | JoinOperator::Semi(c)
            | JoinOperator::LeftSemi(c)
            | JoinOperator::RightSemi(c)
            | JoinOperator::Anti(c)
            | JoinOperator::LeftAnti(c)
            | JoinOperator::RightAnti(c)
            | JoinOperator::StraightJoin(c) => c,
            JoinOperator::AsOf { match_condition, constraint } => {
                self.expr(match_condition, Subtype::Join);
                self.compared(match_condition, true);
                constraint
            }
            _ => return,
        };
        if let (JoinConstraint::Using(columns), Some(level)) = (constraint, self.levels.last_mut()) {
            for column in columns.iter().map(|c| last(c).to_lowercase()) {
                match join.join_operator {
                    JoinOperator::FullOuter(_) => drop(level.coalesced.entry(column).or_default()),
                    JoinOperator::Right(_) | JoinOperator::RightOuter(_) => drop(level.coalesced.insert(column, before)),
                    _ => {}
                }
            }
        }
        match constraint {
            JoinConstraint::On(expr) => {
                self.expr(expr, Subtype::Join);
                self.compared(expr, true);
            }
            JoinConstraint::Using(columns) => columns.iter().for_each(|c| self.merge_column(&last(c))),
            JoinConstraint::Natural => {
                for column in self.common_columns(before) {
                    self.merge_column(&column);
                }
            }
            JoinConstraint::None => {}
        }
        // What only decides whether a row stays is not seen behind it, but for ClickHouse, where a row that fits is there.
        let decides = matches!(
            join.join_operator,
            JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::Anti(_) | JoinOperator::LeftAnti(_)
        );
        if let (true, Some(level)) = (decides && !self.grammar.is(&["clickhouse"]), self.levels.last_mut()) {
            level.relations.truncate(before);
        }
    }

    /// Whether `s.b` stands beside `s.s`: a table of that schema, not the elements of a column `b`.
    fn is_neighbour(&self, name: &ObjectName) -> bool {
        let parts = name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.to_lowercase()).collect::<Vec<_>>();
        let [schema, _] = parts.as_slice() else { return false };
        let same = |r: &Relation| r.names.len() > 1 && r.names[r.names.len() - 2..].iter().all(|part| part == schema);
        self.levels.last().is_some_and(|level| level.relations.iter().any(same))
    }

    /// ClickHouse: the elements of an array, under its own name or another.
    fn array_join(&mut self, array: &TableFactor) {
        let (name, alias) = match array {
            TableFactor::Table { name, alias, .. } => (name, alias),
            TableFactor::Derived { subquery, alias, .. } => return self.subquery(subquery, alias.as_ref(), true),
            other => return self.factor(other),
        };
        let idents: Vec<Ident> = name.0.iter().filter_map(|p| p.as_ident().cloned()).collect();
        let mut sources = self.column(&idents);
        sources.iter_mut().for_each(|s| s.subtype = Subtype::Transformation.of(s.subtype));
        let column = alias.as_ref().map_or_else(|| last(name), |a| a.name.value.clone());
        // Before the table's own column of that name.
        self.insert(0, Relation::made(Vec::new(), vec![column], sources));
    }

    /// Columns that the relations before and from `split` are both known to have.
    pub(crate) fn common_columns(&self, split: usize) -> Vec<String> {
        let Some(level) = self.levels.last() else { return Vec::new() };
        let (left, right) = level.relations.split_at(split.min(level.relations.len()));
        let known = |list: &[Relation]| -> HashSet<String> {
            let mut names = HashSet::default();
            for relation in list {
                match &relation.source {
                    Source::Table(t) => names.extend(self.schema.columns(t).into_iter().flatten().map(|c| c.to_lowercase())),
                    Source::Derived(shape) => names.extend(shape.first().into_iter().flatten().filter_map(|o| match o {
                        Output::Column { name, .. } => Some(name.to_lowercase()),
                        Output::Star(_) => None,
                    })),
                    Source::Made { columns, .. } | Source::Given { names: columns, .. } => {
                        names.extend(columns.iter().map(|c| c.to_lowercase()));
                    }
                }
            }
            names
        };
        let right = known(right);
        let mut common: Vec<String> = known(left).into_iter().filter(|c| right.contains(c)).collect();
        common.sort();
        common
    }

    pub(crate) fn merge_column(&mut self, column: &str) {
        let Some(level) = self.levels.last() else { return };
        let mut sources = Vec::new();
        let mut seen = Seen::default();
        for relation in level.relations.iter().filter(|_| self.follows()) {
            let found = match hit(self.schema, relation, column) {
                Hit::Sure(found) => found.into_owned(),
                Hit::Maybe(tables) => tables.iter().filter_map(|t| candidate([t], column)).collect(),
                Hit::Arms(found) => found,
                _ => continue,
            };
            for source in found {
                if sources.len() < MAX_CANDIDATES && seen.lacks(&sources, &source, source.subtype) {
                    sources.push(source);
                }
            }
        }
        self.copy(sources.len());
        for source in &sources {
            self.found.touch(source);
            self.found.decides(source, Subtype::Join);
        }
        for (at, left) in sources.iter().enumerate().filter(|_| self.tells_joins) {
            self.found.joins.extend(sources[at + 1..].iter().map(|right| (left.clone(), right.clone())));
        }
        if let Some(level) = self.levels.last_mut() {
            level.merged.insert(column.to_lowercase());
        }
    }

    /// Notes the pairs of columns that `condition` holds against each other, where that is asked for: as equals, or in any order. What AND
    /// and OR tie are conditions, each.
    pub(super) fn compared(&mut self, condition: &Expr, in_any_order: bool) {
        let mut open = if self.tells_joins { vec![condition] } else { Vec::new() };
        while let Some(next) = open.pop() {
            match next {
                Expr::Nested(inner) => open.push(inner),
                Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => open.extend([&**right, &**left]),
                Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::Spaceship, right }
                | Expr::IsNotDistinctFrom(left, right) => {
                    self.pair(left, right);
                }
                Expr::BinaryOp {
                    left,
                    op: BinaryOperator::Lt | BinaryOperator::LtEq | BinaryOperator::Gt | BinaryOperator::GtEq,
                    right,
                } if in_any_order => {
                    self.pair(left, right);
                }
                Expr::Between { expr, low, high, .. } if in_any_order => {
                    self.pair(expr, low);
                    self.pair(expr, high);
                }
                _ => {}
            }
        }
    }

    fn pair(&mut self, left: &Expr, right: &Expr) {
        let [left, right] = [left, right].map(|side| {
            let mut sources = self.expr(side, Subtype::Identity);
            sources.retain(|s| s.subtype.flow() == Flow::Direct && !s.is_argument() && !s.is_passed());
            sources
        });
        for one in &left {
            for other in right.iter().take(MAX_PAIRS.saturating_sub(self.found.joins.len())) {
                self.found.joins.push((one.clone(), other.clone()));
            }
        }
    }
}

/// Whether a join says which rows belong together.
fn has_condition(operator: &JoinOperator) -> bool {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)
    | JoinOperator::Right(constraint)
    | JoinOperator::RightOuter(constraint)
    | JoinOperator::FullOuter(constraint)) = operator
    else {
        return false;
    };
    matches!(constraint, JoinConstraint::On(_) | JoinConstraint::Using(_))
}
