//! SELECT lists with their stars expanded.

use super::{Budget, Columns, Declared, Reader};
use crate::graph::identity::Ident;
use crate::lineage::{ColumnSource, Output, Star};
use std::borrow::Cow;

pub(in crate::graph) enum Item<'a> {
    Made {
        name: &'a str,
        sources: &'a [ColumnSource],
        expression: &'a str,
        lines: (u32, u32),
    },
    /// A declared column that a star stands for, under another name when the star renames it.
    Copied {
        column: (Ident, usize),
        renamed: Option<&'a str>,
        line: u32,
    },
    /// A column of what a routine gives back, by the way in which that comes ([`crate::lineage::Name::returned`]), at a place: of the
    /// results of a number of columns, or of the first result's.
    Given {
        column: (Ident, usize),
        by: &'a str,
        of: Option<usize>,
        renamed: Option<Cow<'a, str>>,
        line: u32,
    },
}

/// A SELECT list with its stars expanded.
pub(in crate::graph) struct Expanded<'a> {
    pub items: Vec<Item<'a>>,
    /// How many items stand before the first star over unknown columns: positions after it are not known.
    pub blind: Option<usize>,
}

impl Columns {
    /// The name under which `item` stands in its list.
    pub(in crate::graph) fn name<'i>(&'i self, item: &'i Item<'_>) -> &'i str {
        match item {
            Item::Made { name, .. } => name,
            Item::Copied { renamed: Some(name), .. } => name,
            Item::Given { renamed: Some(name), .. } => name,
            Item::Given { column: (giver, at), .. } => {
                self.of[*giver as usize].given.as_ref().and_then(|(names, _)| names.get(*at)).map_or("", String::as_str)
            }
            Item::Copied { column: (relation, at), .. } => &self.of[*relation as usize].declared[*at].column.name,
        }
    }

    pub(in crate::graph) fn expand<'a>(&self, reader: Reader<'_>, outputs: &'a [Output], budget: &mut Budget) -> Expanded<'a> {
        let mut items = Vec::with_capacity(outputs.len());
        let mut blind = None;
        for output in outputs {
            match output {
                Output::Column { name, sources, expression, span } => {
                    items.push(Item::Made { name, sources, expression, lines: (span.line, span.line_end) });
                }
                Output::Star(star) => {
                    let relation = reader.relation(&star.table);
                    if star.table.is_rows() {
                        let relation = relation.filter(|_| star.table.returned_by().is_empty());
                        self.expand_given(relation, star, budget, &mut items, &mut blind);
                        continue;
                    }
                    let known = relation.map(|r| (r, &self.of[r as usize])).filter(|(_, k)| !k.declared.is_empty());
                    if known.is_none_or(|(_, k)| !k.complete) {
                        blind.get_or_insert(items.len());
                    }
                    let Some((relation, known)) = known else { continue };
                    if !budget.spend(known.declared.len()) {
                        blind.get_or_insert(items.len());
                        continue;
                    }
                    for (at, Declared { column, .. }) in known.declared.iter().enumerate() {
                        let name = &column.name;
                        if star.leaves_out(name) {
                            continue;
                        }
                        items.push(match star.replaced(name) {
                            Some(Output::Column { name, sources, expression, span }) => {
                                Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                            }
                            _ => {
                                let renamed = star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name));
                                let renamed = renamed.map(|(_, new)| new.as_str());
                                Item::Copied { column: (relation, at), renamed, line: star.line }
                            }
                        });
                    }
                }
            }
        }
        Expanded { items, blind }
    }

    /// What a star over a routine's rows stands for.
    fn expand_given<'a>(
        &self,
        giver: Option<Ident>,
        star: &'a Star,
        budget: &mut Budget,
        items: &mut Vec<Item<'a>>,
        blind: &mut Option<usize>,
    ) {
        let given = giver.and_then(|g| Some((g, self.of[g as usize].given.as_ref()?)));
        let Some((giver, (names, all))) = given.filter(|(_, (names, _))| budget.spend(names.len())) else {
            blind.get_or_insert(items.len());
            return;
        };
        if !all {
            blind.get_or_insert(items.len());
        }
        for (at, name) in names.iter().enumerate().filter(|(_, name)| !star.leaves_out(name)) {
            items.push(match star.replaced(name) {
                Some(Output::Column { name, sources, expression, span }) => {
                    Item::Made { name, sources, expression, lines: (span.line, span.line_end) }
                }
                _ => {
                    let renamed = star.rename.iter().find(|(old, _)| old.eq_ignore_ascii_case(name));
                    let renamed = renamed.map(|(_, new)| Cow::Borrowed(new.as_str()));
                    Item::Given { column: (giver, at), by: "", of: None, renamed, line: star.line }
                }
            });
        }
    }
}
