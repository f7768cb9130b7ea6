//! What statements put into temporary tables, which are looked through.

use super::Engine;
use crate::lineage::draft::Context;
use crate::lineage::scope::{MAX_SOURCES, Shape, Temp, candidate, declared, is_lent, is_temp, merge, temp_key};
use crate::lineage::variable::{is_computed, known};
use crate::lineage::{ColumnSource, Name, Output, Span, Star, Subtype, place};
use foldhash::HashMap;

impl Engine<'_> {
    pub(crate) fn is_temporary(&self, name: &Name) -> bool {
        is_temp(name) || !self.temps.is_empty() && self.temps.contains_key(&temp_key(name))
    }

    /// A temporary loses every row, where no branch leaves it as it was.
    pub(crate) fn empty(&mut self, name: &Name, context: &Context) {
        if context.certain()
            && let Some(temp) = self.temps.get_mut(&temp_key(name))
        {
            temp.rows.clear();
            temp.reads.clear();
            temp.decided.clear();
        }
    }

    /// What was read of a caller's temporaries is there from now on, also for procedures that are called.
    pub(crate) fn borrow(&mut self, rows: &[(Name, u32)]) {
        let Some(owner) = &self.borrower else { return };
        for (name, _) in rows {
            if let Some(key) = name.passed_by().filter(|key| is_lent(key) && !self.temps.contains_key(*key)) {
                self.temps.insert(key.to_owned(), borrowed(owner, key));
            }
        }
    }

    /// Records what a statement puts into a temporary and the columns that decide on its rows.
    pub(crate) fn fill(
        &mut self,
        name: &Name,
        columns: Option<&[String]>,
        mut shape: Shape,
        mut reads: Vec<(Name, u32)>,
        mut decided: Vec<ColumnSource>,
    ) {
        // It may be read from elsewhere.
        shape.iter_mut().flatten().for_each(|output| self.output_at_home(output));
        reads.iter_mut().for_each(|(read, _)| self.at_home(read));
        self.sources_at_home(&mut decided);
        let key = temp_key(name);
        let borrower = self.borrower.as_ref().filter(|_| is_lent(&key));
        let lent =
            |key: &String| borrower.map_or_else(|| Temp { lent: Some(columns.is_some()), ..Temp::default() }, |owner| borrowed(owner, key));
        let temp = self.temps.entry(key.clone()).or_insert_with_key(lent);
        if temp.reads.first().is_some_and(Name::is_passed) {
            temp.lent.get_or_insert(columns.is_some());
        }
        for read in reads.into_iter().filter_map(|(read, _)| known(&read)) {
            if !temp.reads.contains(&read) && temp.reads.len() < MAX_SOURCES {
                temp.reads.push(read);
            }
        }
        let clean = |sources: &mut Vec<ColumnSource>| {
            sources.retain_mut(|s| {
                s.tables = s.tables.iter().filter_map(known).collect();
                !s.tables.is_empty() && !is_computed(&s.column)
            });
        };
        clean(&mut decided);
        merge(&mut temp.decided, decided);
        let mut filled = Vec::new();
        for mut outputs in shape {
            if let ([Output::Star(star)], false) = (outputs.as_slice(), columns.is_none() && temp.columns.is_empty())
                && star.table.is_rows()
            {
                // Its columns have names here, and are taken by their places.
                outputs = by_place(star, columns.unwrap_or(&temp.columns));
            }
            for output in &mut outputs {
                if let Output::Column { sources, .. } = output {
                    clean(sources);
                }
            }
            outputs.retain(|o| !matches!(o, Output::Star(star) if known(&star.table).is_none()));
            let fixed = !outputs.iter().any(|o| matches!(o, Output::Star(_)));
            let names: Vec<String> = match columns {
                Some(list) => list.to_vec(),
                None if !temp.columns.is_empty() => temp.columns.iter().filter(|c| !temp.generated.contains(c)).cloned().collect(),
                None => Vec::new(),
            };
            if fixed {
                for (output, new) in outputs.iter_mut().zip(&names) {
                    if let Output::Column { name, .. } = output {
                        name.clone_from(new);
                    }
                }
                for output in outputs.iter().filter(|_| !temp.computed.is_empty()) {
                    if let Output::Column { name, sources, .. } = output
                        && let Some(of) = temp.computed.get(&name.to_lowercase()).filter(|_| !sources.is_empty())
                    {
                        filled.push((of.clone(), sources.clone()));
                    }
                }
                if temp.columns.is_empty() {
                    temp.columns = outputs.iter().filter_map(output_name).map(str::to_owned).collect();
                }
                let known = temp.rows.iter_mut().find(|row| !row.iter().any(|o| matches!(o, Output::Star(_))));
                let Some(row) = known else {
                    match temp.rows.iter_mut().find(|_| columns.is_some()) {
                        Some(row) => outputs.into_iter().for_each(|output| change(row, output)),
                        None => temp.rows.push(outputs),
                    }
                    continue;
                };
                for output in outputs {
                    let Output::Column { name, sources, .. } = &output else { continue };
                    let same = row.iter_mut().find(|o| output_name(o).is_some_and(|n| n.eq_ignore_ascii_case(name)));
                    match same {
                        // What took the place of a constant.
                        Some(known @ Output::Column { .. }) if matches!(&*known, Output::Column { sources, .. } if sources.is_empty()) => {
                            known.clone_from(&output);
                        }
                        Some(Output::Column { sources: known, .. }) => merge(known, sources.clone()),
                        _ => row.push(output),
                    }
                }
            } else if temp.rows.len() < MAX_SOURCES && !temp.rows.contains(&outputs) {
                temp.rows.push(outputs);
            }
        }
        let Temp { columns, rows, .. } = temp;
        for row in rows.iter_mut().filter(|row| !row.iter().any(|o| matches!(o, Output::Star(_)))) {
            arrange(row, columns);
        }
        for (computed, sources) in filled {
            self.compute(&key, &computed, &sources);
        }
    }

    /// Columns at the places `computed` of a temporary are made of what a column was just filled with, too.
    fn compute(&mut self, key: &str, computed: &[usize], sources: &[ColumnSource]) {
        if !self.count_copies(computed.len() * sources.len()) {
            return;
        }
        let Some(temp) = self.temps.get_mut(key) else { return };
        let Some(row) = temp.rows.iter_mut().find(|row| !row.iter().any(|o| matches!(o, Output::Star(_)))) else { return };
        for at in computed {
            if let Some(Output::Column { sources: made, .. }) = row.get_mut(*at) {
                merge(made, sources.iter().map(|s| ColumnSource { subtype: Subtype::Transformation.of(s.subtype), ..s.clone() }).collect());
            }
        }
    }
}

/// Brings a row into the order of the declared columns; those that nothing was put into hold nothing.
fn arrange(row: &mut Vec<Output>, columns: &[String]) {
    let is = |output: &Output, column: &str| output_name(output).is_some_and(|name| name.eq_ignore_ascii_case(column));
    if row.len() >= columns.len() && row.iter().zip(columns).all(|(output, column)| is(output, column)) {
        return;
    }
    let places: HashMap<String, usize> = columns.iter().enumerate().map(|(at, column)| (column.to_lowercase(), at)).collect();
    let mut arranged = declared(columns);
    let mut others = Vec::new();
    for output in row.drain(..) {
        let place = output_name(&output).and_then(|name| places.get(&name.to_lowercase()).copied());
        match place {
            Some(at) => arranged[at] = output,
            None => others.push(output),
        }
    }
    arranged.append(&mut others);
    *row = arranged;
}

/// A temporary of this key that holds what callers of `owner` put there.
fn borrowed(owner: &Name, key: &str) -> Temp {
    let rows = owner.passed(key);
    Temp { rows: vec![vec![Output::Star(Star::of(rows.clone(), 0))]], reads: vec![rows], ..Temp::default() }
}

/// Columns of a temporary made of stars that are followed when they are set: as many as tables have.
const MAX_CHANGED: usize = 1_024;

/// Brings what a column is set to into a row with stars: it stands in the place of the column, which it may have left as it was.
fn change(row: &mut [Output], output: Output) {
    let Output::Column { name, sources, .. } = &output else { return };
    let own = row.iter_mut().find_map(|o| match o {
        Output::Column { name: own, sources, .. } if own.eq_ignore_ascii_case(name) => Some(sources),
        _ => None,
    });
    if let Some(own) = own {
        return merge(own, sources.clone());
    }
    let tables: Vec<Name> = row.iter().filter_map(|o| if let Output::Star(star) = o { Some(star.table.clone()) } else { None }).collect();
    for star in row.iter_mut().filter_map(|o| if let Output::Star(star) = o { Some(star) } else { None }) {
        let before = star.replace.iter().position(|o| output_name(o).is_some_and(|own| own.eq_ignore_ascii_case(name)));
        match before {
            Some(at) => {
                if let Output::Column { sources: before, .. } = &mut star.replace[at] {
                    merge(before, sources.clone());
                }
            }
            None if star.replace.len() < MAX_CHANGED => {
                let mut all: Vec<ColumnSource> = candidate(&tables, name).into_iter().collect();
                merge(&mut all, sources.clone());
                star.replace.push(with_sources(&output, all));
            }
            None => {}
        }
    }
}

fn with_sources(output: &Output, sources: Vec<ColumnSource>) -> Output {
    match output {
        Output::Column { name, expression, span, .. } => {
            Output::Column { name: name.clone(), sources, expression: expression.clone(), span: *span }
        }
        star => star.clone(),
    }
}

/// What a routine gives back, taken by these columns.
fn by_place(star: &Star, columns: &[String]) -> Vec<Output> {
    let column = |(at, name): (usize, &String)| Output::Column {
        name: name.clone(),
        sources: vec![ColumnSource::of(star.table.clone(), place(at, Some(columns.len())))],
        expression: String::new(),
        span: Span { line: star.line, line_end: star.line, ..Span::default() },
    };
    columns.iter().enumerate().map(column).collect()
}

fn output_name(output: &Output) -> Option<&str> {
    match output {
        Output::Column { name, .. } => Some(name),
        Output::Star(_) => None,
    }
}
