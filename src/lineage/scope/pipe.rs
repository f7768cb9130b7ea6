//! Pipe syntax: `FROM t |> WHERE … |> AGGREGATE … |> SELECT …`.

use super::relation::{Level, Relation, Source};
use super::{MAX_OUTPUTS, Resolver, Shape};
use crate::lineage::{Output, Span, Subtype};
use sqlparser::ast::{AssignmentTarget, Expr, ExprWithAliasAndOrderBy, PipeOperator, Query, SetExpr, TableFactor};
use std::rc::Rc;

/// Pipe operators of one query that are followed, each of which may copy all columns: people write ten.
const MAX_PIPES: usize = 256;

impl Resolver<'_> {
    /// What the pipe operators of `query` make of its body's outputs.
    pub(super) fn pipes(&mut self, query: &Query, shape: Shape) -> Shape {
        let names = match &*query.body {
            SetExpr::Select(select) => match select.from.first().map(|t| &t.relation) {
                Some(TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. }) => {
                    vec![alias.name.value.to_lowercase()]
                }
                Some(TableFactor::Table { name, .. }) => self.name(name).0.iter().map(|p| p.to_lowercase()).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let relations = vec![Relation { names, ..Relation::derived(Rc::new(shape)) }];
        self.levels.push(Level { relations, ..Level::default() });
        query.pipe_operators.iter().take(MAX_PIPES).for_each(|pipe| self.pipe(pipe));
        self.found.cut |= query.pipe_operators.len() > MAX_PIPES;
        let shape = match self.levels.last().map(|l| l.relations.as_slice()) {
            Some([Relation { source: Source::Derived(shape), .. }]) => (**shape).clone(),
            _ => vec![self.current()],
        };
        self.levels.pop();
        shape
    }

    /// All columns of what has come through the pipe so far.
    fn current(&mut self) -> Vec<Output> {
        let relations = self.levels.last().map(|l| l.relations.clone()).unwrap_or_default();
        let mut outputs: Vec<Output> = relations.iter().flat_map(|r| self.outputs_of(r, &[], Span::default())).collect();
        outputs.truncate(MAX_OUTPUTS);
        outputs
    }

    /// From here on the pipe carries `shape`.
    fn carry(&mut self, shape: Shape) {
        if let Some(level) = self.levels.last_mut() {
            let names = level.relations.first().map(|r| r.names.clone()).unwrap_or_default();
            *level = Level { relations: vec![Relation { names, ..Relation::derived(Rc::new(shape)) }], ..Level::default() };
        }
    }

    fn pipe(&mut self, pipe: &PipeOperator) {
        let mut outputs = Vec::new();
        match pipe {
            PipeOperator::Where { expr } => drop(self.expr(expr, Subtype::Filter)),
            PipeOperator::OrderBy { exprs } => exprs.iter().for_each(|e| drop(self.expr(&e.expr, Subtype::Sort))),
            PipeOperator::Select { exprs } => {
                exprs.iter().for_each(|item| self.item(item, None, &mut outputs));
                self.carry(vec![outputs]);
            }
            PipeOperator::Extend { exprs } => {
                exprs.iter().for_each(|item| self.item(item, None, &mut outputs));
                self.push(Relation::derived(Rc::new(vec![outputs])));
            }
            PipeOperator::Aggregate { full_table_exprs, group_by_expr } => {
                for e in group_by_expr {
                    self.expr(&e.expr.expr, Subtype::GroupBy);
                }
                outputs.extend(group_by_expr.iter().chain(full_table_exprs).map(|e| self.aggregated(e)));
                self.carry(vec![outputs]);
            }
            PipeOperator::Set { assignments } => {
                outputs = self.current();
                for assignment in assignments {
                    let AssignmentTarget::ColumnName(name) = &assignment.target else { continue };
                    let column = super::name::last(name);
                    let sources = self.expr(&assignment.value, Subtype::Identity);
                    let (expression, span) = self.text.expression(&assignment.value, None);
                    let made = Output::Column { name: column.clone(), sources, expression, span };
                    for output in &mut outputs {
                        match output {
                            Output::Column { name, .. } if name.eq_ignore_ascii_case(&column) => *output = made.clone(),
                            Output::Column { .. } => {}
                            Output::Star(star) => star.replace.push(made.clone()),
                        }
                    }
                }
                self.carry(vec![outputs]);
            }
            PipeOperator::Drop { columns } => {
                outputs = self.current();
                without(&mut outputs, &columns.iter().map(|c| c.value.clone()).collect::<Vec<_>>());
                self.carry(vec![outputs]);
            }
            PipeOperator::Rename { mappings } => {
                outputs = self.current();
                for output in &mut outputs {
                    match output {
                        Output::Column { name, .. } => {
                            if let Some(to) = mappings.iter().find(|m| m.ident.value.eq_ignore_ascii_case(name)) {
                                name.clone_from(&to.alias.value);
                            }
                        }
                        Output::Star(star) => {
                            star.rename.extend(mappings.iter().map(|m| (m.ident.value.clone(), m.alias.value.clone())));
                        }
                    }
                }
                self.carry(vec![outputs]);
            }
            PipeOperator::As { alias } => {
                let names = vec![alias.value.to_lowercase()];
                self.levels.iter_mut().next_back().into_iter().flat_map(|l| &mut l.relations).for_each(|r| r.names.clone_from(&names));
            }
            PipeOperator::Union { queries, .. } | PipeOperator::Intersect { queries, .. } | PipeOperator::Except { queries, .. } => {
                let mut shape = vec![self.current()];
                queries.iter().for_each(|query| shape.extend(self.query(query)));
                self.carry(shape);
            }
            PipeOperator::Join(join) => self.join(join),
            PipeOperator::Pivot { aggregate_functions, value_column, value_source, .. } => {
                let by: Vec<_> = value_column.iter().cloned().map(Expr::Identifier).collect();
                self.pivot(0, aggregate_functions, &by, value_source, None);
            }
            PipeOperator::Unpivot { value_column, name_column, unpivot_columns, .. } => {
                let columns: Vec<_> = unpivot_columns.iter().cloned().map(Expr::Identifier).collect();
                self.unpivot(0, &Expr::Identifier(value_column.clone()), name_column, columns.iter(), None);
            }
            PipeOperator::Limit { .. } | PipeOperator::TableSample { .. } | PipeOperator::Call { .. } => {}
        }
    }

    fn aggregated(&mut self, e: &ExprWithAliasAndOrderBy) -> Output {
        let sources = self.expr(&e.expr.expr, Subtype::Identity);
        let (expression, span) = self.text.expression(&e.expr.expr, None);
        let name = e.expr.alias.as_ref().map_or_else(|| expression.clone(), |a| a.value.clone());
        let copy = matches!(e.expr.expr, Expr::Identifier(_));
        Output::Column { name, sources, expression: if copy { String::new() } else { expression }, span }
    }
}

/// Takes columns out, of stars over unknown columns too.
fn without(outputs: &mut Vec<Output>, columns: &[String]) {
    outputs.retain(|o| !matches!(o, Output::Column { name, .. } if columns.iter().any(|c| c.eq_ignore_ascii_case(name))));
    for output in outputs {
        if let Output::Star(star) = output {
            star.except.extend(columns.iter().cloned());
        }
    }
}
