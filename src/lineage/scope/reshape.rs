//! What makes other columns of a relation: PIVOT, UNPIVOT, MATCH_RECOGNIZE.

use super::relation::{Relation, Source, merge};
use super::{MAX_OUTPUTS, Resolver};
use crate::lineage::{ColumnSource, Output, Span, Subtype};
use sqlparser::ast::{
    Expr, ExprWithAlias, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, MatchRecognizePattern, MatchRecognizeSymbol,
    Measure, OrderByExpr, PivotValueSource, Spanned, SymbolDefinition, TableAlias,
};
use std::rc::Rc;

/// Symbols of one MATCH_RECOGNIZE that are looked at, each of which stands for all relations: people write five.
const MAX_SYMBOLS: usize = 64;

impl Resolver<'_> {
    /// The relations from `before` on, pivoted: every column that is neither aggregated nor pivoted by stays and groups.
    pub(super) fn pivot(
        &mut self,
        before: usize,
        aggregates: &[ExprWithAlias],
        value_column: &[Expr],
        values: &PivotValueSource,
        alias: Option<&TableAlias>,
    ) {
        let mut by = Vec::new();
        value_column.iter().for_each(|e| merge(&mut by, self.expr(e, Subtype::Identity)));
        let chooses = by.iter().map(|s| ColumnSource { subtype: Subtype::Conditional, ..s.clone() });
        let chooses: Vec<ColumnSource> = chooses.collect();
        let mut gone: Vec<String> = by.into_iter().map(|s| s.column).collect();
        let names: Vec<String> = match values {
            PivotValueSource::List(list) => list.iter().map(value_name).collect(),
            PivotValueSource::Subquery(query) => {
                self.query(query);
                Vec::new()
            }
            PivotValueSource::Any(_) => Vec::new(),
        };
        let mut made = Vec::new();
        let mut all = Vec::new();
        for aggregate in aggregates {
            let mut sources = self.expr(&aggregate.expr, Subtype::Identity);
            // What only counts rows uses up no column.
            if !counts_rows(&aggregate.expr) {
                gone.extend(sources.iter().map(|s| s.column.clone()));
            }
            merge(&mut sources, chooses.clone());
            let (expression, span) = self.text.expression(&aggregate.expr, None);
            for value in &names {
                if made.len() >= MAX_OUTPUTS {
                    self.found.cut = true;
                    break;
                }
                let name = match &aggregate.alias {
                    Some(alias) if self.grammar.is(&["bigquery"]) => format!("{}_{value}", alias.value),
                    Some(alias) if aggregates.len() > 1 || self.grammar.is(&["oracle"]) => format!("{value}_{}", alias.value),
                    None if aggregates.len() > 1 => format!("{value}_{expression}"),
                    _ => value.clone(),
                };
                made.push(Output::Column { name, sources: sources.clone(), expression: expression.clone(), span });
            }
            merge(&mut all, sources);
        }
        self.reshaped(before, &gone, made, alias);
        if names.is_empty() {
            // The names of its columns are data.
            let names = alias.iter().map(|a| a.name.value.to_lowercase()).collect();
            self.push(Relation::made(names, Vec::new(), all));
        }
    }

    /// The relations from `before` on with the values of `columns` in rows.
    pub(super) fn unpivot<'e>(
        &mut self,
        before: usize,
        value: &Expr,
        name: &Ident,
        columns: impl Iterator<Item = &'e Expr>,
        alias: Option<&TableAlias>,
    ) {
        // `FOR (a, b) IN ((x1, y1), (x2, y2))`: the first value takes the first of each.
        let values: Vec<String> = parts_of(value).into_iter().map(ToString::to_string).collect();
        let mut sources: Vec<Vec<ColumnSource>> = vec![Vec::new(); values.len()];
        let mut gone = Vec::new();
        for column in columns {
            for (at, part) in parts_of(column).into_iter().enumerate() {
                let found = self.expr(part, Subtype::Identity);
                gone.extend(found.iter().map(|s| s.column.clone()));
                let place = at.min(values.len().saturating_sub(1));
                sources.get_mut(place).into_iter().for_each(|s| merge(s, found.clone()));
            }
        }
        let span = self.text.span(value.span());
        let output = |name: &str, sources| Output::Column { name: unquoted(name), sources, expression: String::new(), span };
        let mut made = vec![output(&name.value, Vec::new())];
        made.extend(values.iter().zip(sources).map(|(name, sources)| output(name, sources)));
        self.reshaped(before, &gone, made, alias);
    }

    /// The rows of the relations from `before` on that match a pattern: measures, and the columns they are partitioned by or all.
    pub(super) fn matched(
        &mut self,
        before: usize,
        (partition_by, order_by): (&[Expr], &[OrderByExpr]),
        (measures, all_rows): (&[Measure], bool),
        (pattern, symbols): (&MatchRecognizePattern, &[SymbolDefinition]),
        alias: Option<&TableAlias>,
    ) {
        let mut made: Vec<Output> = Vec::new();
        for key in partition_by {
            let sources = self.expr(key, Subtype::Identity);
            let name = key.to_string();
            made.extend((!all_rows).then(|| Output::Column { name, sources, expression: String::new(), span: self.text.span(key.span()) }));
            self.expr(key, Subtype::GroupBy);
        }
        order_by.iter().for_each(|o| drop(self.expr(&o.expr, Subtype::Sort)));
        // Within measures and conditions the symbols of the pattern stand for rows of the relation.
        let mut names: Vec<String> = symbols.iter().map(|s| s.symbol.value.to_lowercase()).collect();
        symbols_of(pattern, &mut names);
        names.sort();
        names.dedup();
        self.found.cut |= names.len() > MAX_SYMBOLS;
        names.truncate(MAX_SYMBOLS);
        let Some(level) = self.levels.last_mut() else { return };
        let count = level.relations.len();
        for symbol in names {
            for at in before..count {
                let relation = Relation { names: vec![symbol.clone()], ..level.relations[at].clone() };
                level.relations.push(relation);
            }
        }
        symbols.iter().for_each(|s| drop(self.expr(&s.definition, Subtype::Filter)));
        for measure in measures {
            let sources = self.expr(&measure.expr, Subtype::Identity);
            let (expression, span) = self.text.expression(&measure.expr, None);
            made.push(Output::Column { name: measure.alias.value.clone(), sources, expression, span });
        }
        if let Some(level) = self.levels.last_mut() {
            level.relations.truncate(count);
        }
        if all_rows {
            self.reshaped(before, &[], made, alias);
        } else {
            let name = self.take_from(before).into_iter().next().map(|r| r.names).unwrap_or_default();
            self.aliased(Relation { names: name, ..Relation::derived(Rc::new(vec![made])) }, alias);
        }
    }

    /// The relations from `before` on become one: their columns less `gone`, and those made.
    fn reshaped(&mut self, before: usize, gone: &[String], made: Vec<Output>, alias: Option<&TableAlias>) {
        let relations = self.take_from(before);
        let Some(first) = relations.first() else { return };
        let (names, origin) = (first.names.clone(), first.origin.clone());
        let mut outputs = Vec::new();
        for relation in &relations {
            outputs.extend(self.outputs_of(relation, gone, Span::default()));
        }
        outputs.extend(made);
        self.aliased(Relation { names, source: Source::Derived(Rc::new(vec![outputs])), origin }, alias);
        for relation in relations {
            if matches!(&relation.source, Source::Made { columns, .. } if columns.is_empty()) {
                self.aliased(relation, alias);
            }
        }
    }

    fn take_from(&mut self, before: usize) -> Vec<Relation> {
        self.levels.last_mut().map(|l| l.relations.split_off(before.min(l.relations.len()))).unwrap_or_default()
    }
}

/// Whether an aggregate is `count(*)`.
fn counts_rows(aggregate: &Expr) -> bool {
    let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = aggregate else { return false };
    list.args.iter().all(|a| matches!(a, FunctionArg::Unnamed(FunctionArgExpr::Wildcard)))
}

/// The name that a value of PIVOT's list gives its column.
fn value_name(value: &ExprWithAlias) -> String {
    match (&value.alias, &value.expr) {
        (Some(alias), _) => alias.value.clone(),
        (None, Expr::Identifier(i)) => i.value.clone(),
        (None, e) => e.to_string().trim_matches('\'').to_owned(),
    }
}

fn unquoted(name: &str) -> String {
    name.trim_matches(['"', '[', ']', '`']).to_owned()
}

/// The members of a tuple; the expression itself when it is none.
fn parts_of(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Tuple(list) => list.iter().collect(),
        Expr::Nested(inner) => vec![inner],
        other => vec![other],
    }
}

fn symbols_of(pattern: &MatchRecognizePattern, names: &mut Vec<String>) {
    use MatchRecognizePattern as P;
    match pattern {
        P::Symbol(s) | P::Exclude(s) => names.extend(match s {
            MatchRecognizeSymbol::Named(name) => Some(name.value.to_lowercase()),
            _ => None,
        }),
        P::Permute(list) => names.extend(list.iter().filter_map(|s| match s {
            MatchRecognizeSymbol::Named(name) => Some(name.value.to_lowercase()),
            _ => None,
        })),
        P::Concat(list) | P::Alternation(list) => list.iter().for_each(|p| symbols_of(p, names)),
        P::Group(inner) | P::Repetition(inner, _) => symbols_of(inner, names),
    }
}
