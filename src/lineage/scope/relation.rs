//! A relation in scope, and what it says about a column's name.

use super::{MAX_CANDIDATES, MAX_OUTPUTS, MAX_SOURCES, Schema, Shape};
use crate::lineage::{ColumnSource, Name, Output, Star, Subtype, place};
use foldhash::{HashMap, HashSet};
use sqlparser::ast::Ident;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;

/// What stands in a FROM clause.
#[derive(Clone)]
pub(crate) struct Relation {
    /// The alias, or the parts of the name, lower case.
    pub(crate) names: Vec<String>,
    pub(crate) source: Source,
    /// The stored relation or temporary it is, or selects from.
    pub(crate) origin: Option<Name>,
}

impl Relation {
    pub(crate) fn derived(shape: Rc<Shape>) -> Relation {
        Relation { names: Vec::new(), source: Source::Derived(shape), origin: None }
    }

    pub(crate) fn made(names: Vec<String>, columns: Vec<String>, sources: Vec<ColumnSource>) -> Relation {
        Relation { names, source: Source::Made { columns, sources }, origin: None }
    }
}

#[derive(Clone)]
pub(crate) enum Source {
    Table(Name),
    Derived(Rc<Shape>),
    /// A table function: its columns are made of its arguments. No columns: any.
    Made {
        columns: Vec<String>,
        sources: Vec<ColumnSource>,
    },
    /// What a routine gives back, if the project has one of that name: else its columns are made of its arguments. With the names
    /// that the query gives its columns, if it does.
    Given {
        rows: Name,
        names: Vec<String>,
        arguments: Vec<ColumnSource>,
    },
}

#[derive(Default)]
pub(crate) struct Level {
    pub(crate) relations: Vec<Relation>,
    /// Columns merged by USING or NATURAL joins, lower case.
    pub(crate) merged: HashSet<String>,
    /// Those of them that a right or full join takes from a relation that is not the first, with how many relations to the left have no part
    /// in them.
    pub(crate) coalesced: BTreeMap<String, usize>,
    /// Aliases of select items to the left.
    pub(crate) aliases: HashMap<String, Vec<ColumnSource>>,
    /// Those that only give a column another name.
    pub(crate) renamed: HashMap<String, Vec<ColumnSource>>,
    /// The item being read is a column and no more: what it names is hardly an item to the left.
    pub(crate) plain: bool,
    /// Columns that the windows of the WINDOW clause partition or order by; names in lower case.
    pub(crate) windows: HashMap<String, Vec<ColumnSource>>,
}

pub(crate) enum Hit<'a> {
    Sure(Cow<'a, [ColumnSource]>),
    Maybe(Cow<'a, [Name]>),
    /// As that, of each arm of a set operation: what the column is made of if the relation has it.
    Arms(Vec<ColumnSource>),
    /// Only when nothing else fits.
    Last(&'a [ColumnSource]),
    /// Of what this routine gives back, if that has it; else of its arguments.
    Given(&'a Name, &'a [ColumnSource]),
    No,
}

/// The first stored relation that something is made of.
pub(crate) fn first_table(shape: &Shape) -> Option<Name> {
    shape.iter().flatten().find_map(|output| match output {
        Output::Star(star) => Some(star.table.clone()),
        Output::Column { sources, .. } => sources.first().and_then(|s| s.tables.first()).cloned(),
    })
}

pub(crate) fn candidate<'a>(tables: impl IntoIterator<Item = &'a Name>, column: &str) -> Option<ColumnSource> {
    let mut tables = tables.into_iter();
    let mut source = ColumnSource::of(tables.next()?.clone(), column);
    for table in tables {
        if source.tables.len() < MAX_CANDIDATES && !source.tables.contains(table) {
            source.tables.push(table.clone());
        }
    }
    Some(source)
}

/// A column whose table is clear.
pub(crate) fn column_of(table: Name, column: &str) -> ColumnSource {
    ColumnSource::of(table, column)
}

/// All columns of a table, when they are not known.
pub(crate) fn all_of(table: Name) -> ColumnSource {
    column_of(table, "*")
}

/// Everything that a row of a relation is made of; what has columns that are not known is taken as a whole, or only named.
pub(crate) fn whole(relation: &Relation, rows: bool) -> Vec<ColumnSource> {
    match &relation.source {
        Source::Table(name) => whole_rows(&vec![vec![Output::Star(Star::of(name.clone(), 0))]], rows),
        Source::Derived(shape) => whole_rows(shape, rows),
        Source::Made { sources, .. } => sources.clone(),
        Source::Given { arguments, .. } => arguments.clone(),
    }
}

/// As [`whole`], of rows.
pub(crate) fn whole_rows(shape: &Shape, rows: bool) -> Vec<ColumnSource> {
    let mut found = Vec::new();
    for output in shape.iter().flatten() {
        match output {
            _ if found.len() >= MAX_SOURCES => break,
            Output::Column { sources, .. } => merge(&mut found, sources.clone()),
            Output::Star(star) if rows => merge(&mut found, vec![ColumnSource::row(star.table.clone(), &star.except)]),
            Output::Star(star) => merge(&mut found, vec![all_of(star.table.clone())]),
        }
    }
    found
}

/// What a column of a routine's rows is made of: that column, or the arguments where it is made of nothing that is known.
pub(crate) fn given(rows: &Name, column: &str, arguments: &[ColumnSource]) -> Vec<ColumnSource> {
    let mut sources = vec![ColumnSource::of(rows.clone(), column)];
    let unless = |s: &ColumnSource| {
        let mut source = s.clone();
        // Functions of functions of functions: what is left out here is taken for sure.
        if source.unless.len() < MAX_UNLESS {
            source.unless.push((rows.clone(), column.to_owned()));
        }
        source
    };
    merge(&mut sources, arguments.iter().map(unless).collect());
    sources
}

/// Table functions within each other's arguments that are told apart.
const MAX_UNLESS: usize = 8;

/// Table functions of one FROM whose arguments a column without a relation may be made of: each may be an argument of the next, so that what
/// they are made of doubles each time.
pub(crate) const MAX_TOLD_APART: usize = 4;

/// What a relation says about a column name.
pub(crate) fn hit<'a>(schema: &Schema, relation: &'a Relation, column: &str) -> Hit<'a> {
    match &relation.source {
        Source::Table(table) => match schema.columns(table) {
            Some(columns) => match columns.iter().find(|c| c.eq_ignore_ascii_case(column)) {
                Some(known) => Hit::Sure(Cow::Owned(vec![column_of(table.clone(), known)])),
                None => Hit::No,
            },
            None => Hit::Maybe(Cow::Borrowed(std::slice::from_ref(table))),
        },
        Source::Derived(shape) => derived(shape, column),
        Source::Made { columns, sources } => {
            if columns.is_empty() {
                Hit::Last(sources)
            } else if columns.iter().any(|c| c.eq_ignore_ascii_case(column)) {
                Hit::Sure(Cow::Borrowed(sources))
            } else {
                Hit::No
            }
        }
        Source::Given { rows, names, arguments } if names.is_empty() => Hit::Given(rows, arguments),
        Source::Given { rows, names, arguments } => match names.iter().position(|n| n.eq_ignore_ascii_case(column)) {
            Some(at) => Hit::Sure(Cow::Owned(given(rows, &place(at, None), arguments))),
            None => Hit::No,
        },
    }
}

/// A column of a derived relation: found by name in the first arm, by position in the others.
pub(crate) fn derived<'a>(shape: &'a Shape, column: &str) -> Hit<'a> {
    let Some(first) = shape.first() else { return Hit::No };
    let is_star = |o: &Output| matches!(o, Output::Star(_));
    // Snowflake's `$2` is the second, as far as no `*` hides which that is.
    let number = column.strip_prefix('$').and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
    let named = |outputs: &[Output]| {
        let by_name = outputs.iter().position(|o| matches!(o, Output::Column { name, .. } if name.eq_ignore_ascii_case(column)));
        by_name.or(number.filter(|n| *n < outputs.len() && !outputs[..=*n].iter().any(is_star)))
    };
    let stars = |outputs: &'a [Output]| {
        outputs.iter().filter_map(|o| match o {
            Output::Star(star) if !star.leaves_out(column) => Some(&star.table),
            _ => None,
        })
    };
    for star in shape.iter().flatten() {
        if let Output::Star(star) = star
            && let Some(sources) = changed(star, column)
        {
            return Hit::Sure(Cow::Owned(sources));
        }
    }
    match named(first) {
        Some(position) => {
            if let ([_], Output::Column { sources, .. }) = (shape.as_slice(), &first[position]) {
                return Hit::Sure(Cow::Borrowed(sources));
            }
            let mut sources = Vec::new();
            let fixed = !first[..position].iter().any(is_star);
            for (arm, outputs) in shape.iter().enumerate() {
                let at = if arm == 0 || fixed && !outputs.iter().take(position + 1).any(is_star) { Some(position) } else { named(outputs) };
                match at.and_then(|at| outputs.get(at)) {
                    Some(Output::Column { sources: found, .. }) => merge(&mut sources, found.clone()),
                    _ => merge(&mut sources, candidate(stars(outputs), column).into_iter().collect()),
                }
            }
            Hit::Sure(Cow::Owned(sources))
        }
        None => match shape.as_slice() {
            [only] => {
                let tables: Vec<Name> = stars(only).cloned().collect();
                if tables.is_empty() { Hit::No } else { Hit::Maybe(Cow::Owned(tables)) }
            }
            arms if arms.iter().flatten().any(is_star) => {
                // Where a `*` hides the places, names tell which columns go together.
                let mut sources = Vec::new();
                for outputs in arms.iter().take(MAX_CANDIDATES) {
                    match named(outputs).map(|at| &outputs[at]) {
                        Some(Output::Column { sources: found, .. }) => merge(&mut sources, found.clone()),
                        _ => merge(&mut sources, candidate(stars(outputs), column).into_iter().collect()),
                    }
                }
                if sources.is_empty() { Hit::No } else { Hit::Arms(sources) }
            }
            _ => Hit::No,
        },
    }
}

/// What a column is made of that a star renames or replaces.
fn changed(star: &Star, column: &str) -> Option<Vec<ColumnSource>> {
    if let Some((old, _)) = star.rename.iter().find(|(_, new)| new.eq_ignore_ascii_case(column)) {
        return Some(vec![column_of(star.table.clone(), old)]);
    }
    match star.replaced(column)? {
        Output::Column { sources, .. } => Some(sources.clone()),
        Output::Star(_) => None,
    }
}

/// Whether arms differ and a `*` hides which of their columns go together.
pub(crate) fn open_arms(shape: &Shape) -> bool {
    shape.iter().any(|arm| *arm != shape[0]) && shape.iter().flatten().any(|o| matches!(o, Output::Star(_)))
}

/// One list of outputs for several arms: merged by position as far as no `*` hides the positions, by name after that.
pub(crate) fn flatten(shape: &Shape) -> Vec<Output> {
    let Some((first, rest)) = shape.split_first() else { return Vec::new() };
    let mut outputs = first.clone();
    let fixed = !shape.iter().flatten().any(|o| matches!(o, Output::Star(_)));
    for arm in rest {
        for (at, output) in arm.iter().enumerate() {
            let place = match output {
                Output::Column { .. } if fixed => Some(at),
                Output::Column { name, .. } => {
                    outputs.iter().position(|o| matches!(o, Output::Column { name: n, .. } if n.eq_ignore_ascii_case(name)))
                }
                Output::Star(_) => outputs.iter().position(|o| o == output),
            };
            match (place.filter(|p| *p < outputs.len()), output) {
                (Some(place), Output::Column { sources: more, .. }) => {
                    if let Output::Column { sources, .. } = &mut outputs[place] {
                        merge(sources, more.clone());
                    }
                }
                // What another arm calls its columns is no column of the whole.
                (None, _) if fixed && outputs.len() < MAX_OUTPUTS => outputs.push(output.clone()),
                _ => {}
            }
        }
    }
    outputs
}

/// Which sources a list has, found by hash once the list is long; keys are not copied.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// By hash: the newest place with it. The hasher is seeded, so that no text can be made whose columns all meet in one place.
    newest: HashMap<u64, usize>,
    /// By place: the one before it with its hash.
    before: Vec<Option<usize>>,
}

/// A list up to this long is searched from end to end.
const SEARCHED: usize = 16;

impl Seen {
    /// Whether `list`, which only ever grows, has no source of the same relations and column in this role.
    pub(crate) fn lacks(&mut self, list: &[ColumnSource], source: &ColumnSource, role: Subtype) -> bool {
        let same = |s: &ColumnSource| s.subtype == role && s.meets(source);
        if list.len() <= SEARCHED {
            return !list.iter().any(same);
        }
        while let Some(next) = list.get(self.before.len()) {
            let place = self.before.len();
            self.before.push(self.newest.insert(self.hash(next), place));
        }
        let mut places = std::iter::successors(self.newest.get(&self.hash(source)).copied(), |at| self.before[*at]);
        !places.any(|at| same(&list[at]))
    }

    fn hash(&self, source: &ColumnSource) -> u64 {
        let mut hasher = self.newest.hasher().build_hasher();
        source.tables.hash(&mut hasher);
        source.unless.hash(&mut hasher);
        for part in source.column.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            word.make_ascii_lowercase();
            hasher.write_u64(u64::from_ne_bytes(word));
        }
        hasher.finish()
    }
}

/// Adds `more` to `sources`, each once.
pub(crate) fn merge(sources: &mut Vec<ColumnSource>, more: Vec<ColumnSource>) {
    let (mut seen, hashed) = (Seen::default(), more.len() > SEARCHED);
    for source in more {
        if sources.len() >= MAX_SOURCES {
            return;
        }
        let new = if hashed {
            seen.lacks(sources, &source, source.subtype)
        } else {
            !sources.iter().any(|s| s.subtype == source.subtype && s.meets(&source))
        };
        if new {
            sources.push(source);
        }
    }
}

/// Gives the outputs of every arm the names of a column list.
pub(crate) fn rename(shape: &mut Shape, columns: &[&Ident]) {
    for outputs in shape {
        let star = |o: &Output| matches!(o, Output::Star(_));
        // From a `*` on nobody can tell which column is which: each may be any of those that stand there.
        if let Some(at) = outputs.iter().position(star).filter(|_| !columns.is_empty()) {
            let rest = outputs.split_off(at);
            let span = rest.iter().find_map(|o| if let Output::Column { span, .. } = o { Some(*span) } else { None }).unwrap_or_default();
            let sources = whole_rows(&vec![rest], false);
            let made = |_| Output::Column { name: String::new(), sources: sources.clone(), expression: String::new(), span };
            outputs.extend(columns.iter().skip(at).map(made));
        }
        for (output, column) in outputs.iter_mut().zip(columns) {
            if let Output::Column { name, .. } = output {
                name.clone_from(&column.value);
            }
        }
    }
}

/// Whether a qualifier, as written, names the relation.
pub(crate) fn named_by<'q>(relation: &Relation, qualifier: impl IntoIterator<Item = &'q str, IntoIter: ExactSizeIterator>) -> bool {
    // Names are in lower case, and hardly ever need the full folding.
    let same = |(name, part): (&String, &str)| if part.is_ascii() { name.eq_ignore_ascii_case(part) } else { *name == part.to_lowercase() };
    let qualifier = qualifier.into_iter();
    let from = relation.names.len().checked_sub(qualifier.len()).filter(|_| qualifier.len() > 0);
    from.is_some_and(|from| relation.names[from..].iter().zip(qualifier).all(same))
}

/// The texts of the parts of a name.
pub(crate) fn values(name: &[Ident]) -> impl ExactSizeIterator<Item = &str> {
    name.iter().map(|part| part.value.as_str())
}
