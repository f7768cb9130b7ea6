//! The assignments of SET, and their values as a select list.

use super::{ident, starts_query};
use crate::lineage::token::{Tok, Tokens, made, make_ident, make_word};
use sqlparser::tokenizer::Token;

/// `SET column = expression`: the name of the column with what stands before it, and the expression's tokens.
pub(super) struct Assignment {
    /// What stands before the column's name, with a dot: the target's name, or records that it is a field of.
    pub(super) before: Vec<String>,
    pub(super) column: String,
    value: (usize, usize),
    /// The value begins with the column itself: `c += e`.
    pub(super) changes: bool,
    /// The name of the relation that the column is then read from.
    pub(super) of: Option<String>,
    /// A part of the value and what of it is kept: of the select list of a subquery that gives a row, the item that is this column's.
    item: Option<((usize, usize), (usize, usize))>,
}

impl Assignment {
    pub(super) fn qualifier(&self) -> Option<&String> {
        self.before.last()
    }
}

/// The assignments in `from..to`.
pub(super) fn assignments(t: &Tokens, from: usize, to: usize) -> Vec<Assignment> {
    let mut list = Vec::new();
    for (start, end) in t.commas(from, to) {
        let Some(sign) = t.find(start, end, |i| t.at(i, &Token::Eq) || t.at(i, &Token::Assignment)) else {
            // T-SQL: `column.modify('…')` and `column.write(…)`.
            let method = t.find(start, end, |i| t.open(i)).filter(|open| *open > start + 2 && t.any(open - 1, &["MODIFY", "WRITE"]));
            if let Some((column, before)) = method.and_then(|open| ident(t, open - 3).map(|column| (column, idents(t, start, open - 3)))) {
                list.push(Assignment { before, column, value: (start, end), changes: true, of: None, item: None });
            }
            continue;
        };
        if t.open(start) {
            // (a, b) = (x, y), (a, b) = ROW (x, y) or (a, b) = (SELECT …): each column is made of the whole when it cannot be split.
            let sign = sign + usize::from(t.is(sign + 1, "ROW") && t.open(sign + 2));
            let (first, last) = t.inner(start, end);
            let columns: Vec<String> = t.commas(first, last).into_iter().filter_map(|(_, to)| ident(t, to.checked_sub(1)?)).collect();
            let values = if t.open(sign + 1) && !starts_query(t, sign + 1) {
                let (first, last) = t.inner(sign + 1, end);
                t.commas(first, last)
            } else {
                Vec::new()
            };
            let items = row_items(t, sign + 1, end);
            for (n, column) in columns.into_iter().enumerate() {
                let value = values.get(n).copied().unwrap_or((sign + 1, end));
                let item = items.as_ref().and_then(|(all, items)| Some((*all, *items.get(n)?)));
                list.push(Assignment { before: Vec::new(), column, value, changes: false, of: None, item });
            }
            continue;
        }
        // `c += e` has an operator before the sign, `@v = c = e` a second sign.
        // `c[1] = e` sets a part of the column.
        let element = (start..sign).find(|i| t.at(*i, &Token::LBracket));
        let mut last = element.unwrap_or(sign).saturating_sub(1).max(start);
        while last > start && ident(t, last).is_none() {
            last -= 1;
        }
        let (mut column, mut value) = (ident(t, last).unwrap_or_default(), sign + 1);
        if column.starts_with('@') && t.at(sign + 2, &Token::Eq) {
            column = ident(t, sign + 1).unwrap_or_default();
            value = sign + 3;
        }
        let before = if value == sign + 1 { idents(t, start, last) } else { Vec::new() };
        let compound = (last + 1 < sign && value == sign + 1 && element.is_none()).then_some(((start, value), (start, sign)));
        let (value, item) = match compound {
            // `c += e` is `c + e`: all but the sign.
            Some((cut, kept)) => ((start, end), Some((cut, kept))),
            None => ((value, end), None),
        };
        list.push(Assignment { before, column, value, changes: compound.is_some(), of: None, item });
    }
    list
}

/// The names in `from..to`.
fn idents(t: &Tokens, from: usize, to: usize) -> Vec<String> {
    (from..to).filter_map(|i| ident(t, i)).collect()
}

/// The select list of the subquery at `at`, and its items.
#[allow(clippy::type_complexity)]
fn row_items(t: &Tokens, at: usize, end: usize) -> Option<((usize, usize), Vec<(usize, usize)>)> {
    if !t.open(at) {
        return None;
    }
    let (start, end) = t.inner(at, end);
    if !t.is(start, "SELECT") {
        return None;
    }
    let from = start + 1 + usize::from(t.any(start + 1, &["DISTINCT", "ALL"]));
    let to = t.find(from, end, |i| t.is(i, "FROM") && !t.is(i - 1, "DISTINCT")).unwrap_or(end);
    Some(((from, to), t.commas(from, to)))
}

/// The tokens of an assignment's value.
pub(super) fn value(t: &Tokens, a: &Assignment) -> Vec<Tok> {
    let (from, to) = a.value;
    match a.item {
        _ if from >= to || t.is(from, "DEFAULT") => {
            t.list.get(from).or(t.list.last()).map(|like| make_word("NULL", like)).into_iter().collect()
        }
        Some((all, item)) => [&t.list[from..all.0], &t.list[item.0..item.1], &t.list[all.1..to]].concat(),
        None => t.list[from..to].to_vec(),
    }
}

/// Appends `expression AS column, …`.
pub(super) fn push_values(t: &Tokens, assignments: &[Assignment], list: &mut Vec<Tok>) {
    for (n, a) in assignments.iter().enumerate() {
        let from = a.value.0;
        let Some(like) = t.list.get(from.min(t.list.len().saturating_sub(1))) else { continue };
        if n > 0 {
            list.push(made(Token::Comma, like));
        }
        list.extend(a.of.iter().flat_map(|own| [make_ident(own, like), made(Token::Period, like)]));
        list.extend(value(t, a));
        list.push(make_word("AS", like));
        list.push(make_ident(&a.column, like));
    }
    if assignments.is_empty()
        && let Some(like) = t.list.first()
    {
        list.push(made(Token::Number("1".into(), false), like));
    }
}
