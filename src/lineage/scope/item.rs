//! Select lists: what each item gives, stars and their options.

use super::implied::{give_names, implied};
use super::name::{idents, last};
use super::relation::{Hit, Relation, Source, all_of, column_of, flatten, given, hit, named_by, open_arms, values};
use super::{MAX_OUTPUTS, Resolver, Shape, size};
use crate::lineage::{Flow, Output, Span, Star, Subtype, place};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, ExcludeSelectItem, Expr, Ident, ObjectName, RenameSelectItem, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, Spanned, ValueTableMode, WildcardAdditionalOptions,
};
use std::rc::Rc;

/// Arms of a set operation that a `*` is told apart by; each costs a list of outputs, wherever that goes.
const MAX_ARMS: usize = 32;

impl Resolver<'_> {
    /// The outputs of a select list: one list of them, or one for each arm of a set operation that a `*` stands for.
    pub(super) fn items(&mut self, select: &Select) -> Shape {
        let places = self.text.items(select);
        let mut outputs = Vec::with_capacity(select.projection.len().min(MAX_OUTPUTS));
        if select.flavor == SelectFlavor::FromFirstNoSelect {
            let at = select.from.first().map_or_else(Span::default, |t| self.text.span(t.span()));
            self.wildcard(None, &WildcardAdditionalOptions::default(), at, &mut outputs);
        }
        // BigQuery: the fields of a value are the columns.
        let value = matches!(select.value_table_mode, Some(ValueTableMode::AsValue | ValueTableMode::DistinctAsValue));
        if let (true, [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }]) =
            (value, select.projection.as_slice())
        {
            for field in if let Expr::Struct { values, .. } = value { values } else { std::slice::from_ref(value) } {
                let item = match field {
                    Expr::Named { expr, name } => SelectItem::ExprWithAlias { expr: (**expr).clone(), alias: name.clone() },
                    other => SelectItem::UnnamedExpr(other.clone()),
                };
                self.item(&item, None, &mut outputs);
            }
            return vec![outputs.into_iter().map(all_fields).collect()];
        }
        // Where stars stand: the item, and its outputs.
        let mut stars: Vec<(&SelectItem, usize, usize)> = Vec::new();
        let mut names = Vec::new();
        for (at, item) in select.projection.iter().enumerate() {
            if outputs.len() >= MAX_OUTPUTS {
                self.found.cut = true;
                break;
            }
            if let SelectItem::UnnamedExpr(expr) = item
                && !matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
                && let Some(name) = implied(expr, self.grammar)
            {
                names.push((outputs.len(), name));
            }
            let from = outputs.len();
            self.item(item, places.as_ref().map(|p| p[at]), &mut outputs);
            if matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)) {
                stars.push((item, from, outputs.len()));
            }
        }
        outputs.truncate(MAX_OUTPUTS);
        give_names(&mut outputs, names);
        self.parted(outputs, &stars)
    }

    /// The outputs once for each arm of the set operation that their stars stand for, if the arms have stars of their own: which columns
    /// of these go together is told by their places, which only linking knows.
    fn parted(&mut self, outputs: Vec<Output>, stars: &[(&SelectItem, usize, usize)]) -> Shape {
        let whole = |list: &[Relation]| {
            let arms = |r: &Relation| match &r.source {
                Source::Derived(shape) if open_arms(shape) => Some(shape.clone()),
                _ => None,
            };
            list.iter().enumerate().find_map(|(at, relation)| Some((at, arms(relation)?)))
        };
        let found = self.levels.last().filter(|_| !stars.is_empty()).and_then(|level| whole(&level.relations));
        let Some((at, arms)) = found else { return vec![outputs] };
        let mut shape = Shape::new();
        for arm in arms.iter().take(MAX_ARMS) {
            self.stand_for(at, Rc::new(vec![arm.clone()]));
            let mut list = Vec::new();
            let mut rest = 0;
            for (item, from, to) in stars {
                list.extend_from_slice(&outputs[rest..(*from).min(outputs.len())]);
                self.item(item, None, &mut list);
                rest = (*to).min(outputs.len());
            }
            list.extend_from_slice(&outputs[rest..]);
            list.truncate(MAX_OUTPUTS);
            if !shape.contains(&list) {
                shape.push(list);
            }
        }
        self.stand_for(at, arms);
        shape
    }

    /// The relation at a place of the innermost query gives these rows.
    fn stand_for(&mut self, at: usize, rows: Rc<Shape>) {
        if let Some(relation) = self.levels.last_mut().and_then(|level| level.relations.get_mut(at)) {
            relation.source = Source::Derived(rows);
        }
    }

    /// The outputs of one item, whose tokens are those at `place` when that is known.
    pub(super) fn item(&mut self, item: &SelectItem, place: Option<(usize, usize)>, outputs: &mut Vec<Output>) {
        let column = |this: &mut Self, expr: &Expr, place, name: Option<&Ident>| {
            if let Some(level) = this.levels.last_mut() {
                level.plain = matches!(expr, Expr::Identifier(_));
            }
            let sources = this.expr(expr, Subtype::Identity);
            let (copied, expression, span) = match this.copied(expr) {
                Some((expression, span)) => (true, expression, span.unwrap_or_else(|| this.text.span(expr.span()))),
                None => {
                    let (expression, span) = this.text.expression(expr, place);
                    this.note_record(expr, span);
                    (false, expression, span)
                }
            };
            let name = match (name, expr) {
                (Some(alias), _) => alias.value.clone(),
                (None, Expr::Identifier(i)) => i.value.clone(),
                (None, Expr::CompoundIdentifier(list)) => list.last().map_or_else(String::new, |i| i.value.clone()),
                // (r).field
                (None, Expr::CompoundFieldAccess { access_chain, .. })
                    if let (Some(AccessExpr::Dot(Expr::Identifier(field))), false) =
                        (access_chain.last(), this.grammar.is(&["snowflake"])) =>
                {
                    field.value.clone()
                }
                (None, _) => expression.clone(),
            };
            let lateral = this.grammar.lateral_alias();
            if let Some(level) = this.levels.last_mut() {
                level.plain = false;
                // Names that only rename a column are asked for where items may use those to their left.
                if !copied {
                    level.aliases.insert(name.to_lowercase(), sources.clone());
                } else if lateral {
                    level.renamed.insert(name.to_lowercase(), sources.clone());
                }
            }
            Output::Column { name, sources, expression, span }
        };
        let output = match item {
            // T-SQL: 'name' = expression.
            SelectItem::UnnamedExpr(Expr::BinaryOp { left, op: BinaryOperator::Eq, right })
                if self.grammar.is_tsql()
                    && let Expr::Value(name) = &**left
                    && let Some(name) = name.value.clone().into_string() =>
            {
                let place = place.map(|(from, to)| (from + 2, to));
                column(self, right, place, Some(&Ident::new(name)))
            }
            SelectItem::UnnamedExpr(expr) => column(self, expr, place, None),
            SelectItem::ExprWithAlias { expr, alias } => column(self, expr, place, Some(alias)),
            SelectItem::ExprWithAliases { expr, aliases } => {
                let stacked = self.stacked(expr);
                for (at, alias) in aliases.iter().enumerate() {
                    let mut output = column(self, expr, place, Some(alias));
                    if let (Some(parts), Output::Column { sources, .. }) = (stacked.as_ref().and_then(|s| s.get(at)), &mut output) {
                        sources.clone_from(parts);
                    }
                    outputs.push(output);
                }
                return;
            }
            SelectItem::Wildcard(options) => {
                return self.wildcard(None, options, self.text.span(options.wildcard_token.0.span), outputs);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                return self.wildcard(Some(name), options, self.text.span(name.span()), outputs);
            }
            // `(record).*`
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(Expr::Nested(record)), _)
                if let Expr::Identifier(name) = &**record =>
            {
                let fields = self.fields(std::slice::from_ref(name), self.text.span(name.span));
                return outputs.extend(fields);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                all_fields(column(self, expr, place, Some(&Ident::new("*"))))
            }
        };
        outputs.push(output);
    }

    /// `record.*` where a record or a column of rows has that name.
    pub(super) fn fields(&mut self, name: &[Ident], span: Span) -> Vec<Output> {
        let variable = if let [name] = name { self.variables.get(&name.value.trim_start_matches(':').to_lowercase()) } else { None };
        if let Some(record) = variable.filter(|v| !v.rows.is_empty()) {
            let relation = Relation::derived(Rc::new(record.rows.clone()));
            return self.outputs_of(&relation, &[], span);
        }
        let sources = if self.has_structs() || self.has_rows() { self.column(name) } else { Vec::new() };
        let output = Output::Column { name: "*".into(), sources, expression: String::new(), span };
        if matches!(&output, Output::Column { sources, .. } if sources.is_empty()) { Vec::new() } else { vec![all_fields(output)] }
    }

    /// For the copy of a column: the expression that makes it where it comes from and where that stands, if it is made in this
    /// statement; `None` for anything but a copy.
    fn copied(&self, expr: &Expr) -> Option<(String, Option<Span>)> {
        let (qualifier, column) = match expr {
            Expr::CompoundIdentifier(list) if self.is_field(list) => return None,
            Expr::Identifier(column) => (&[][..], column),
            Expr::CompoundIdentifier(list) => list.split_last().map(|(column, q)| (q, column))?,
            _ => return None,
        };
        let fits = |r: &&Relation| qualifier.is_empty() || named_by(r, values(qualifier));
        let made = |o: &Output| match o {
            Output::Column { name, expression, span, .. } if name.eq_ignore_ascii_case(&column.value) && !expression.is_empty() => {
                Some((expression.clone(), Some(*span)))
            }
            _ => None,
        };
        let found = self.levels.last().into_iter().flat_map(|l| l.relations.iter().filter(fits)).find_map(|r| match &r.source {
            Source::Derived(shape) => shape.first()?.iter().find_map(made),
            _ => None,
        });
        Some(found.unwrap_or_default())
    }

    pub(super) fn wildcard(&mut self, of: Option<&ObjectName>, options: &WildcardAdditionalOptions, span: Span, outputs: &mut Vec<Output>) {
        let mut except: Vec<String> = Vec::new();
        if let Some(e) = &options.opt_except {
            except.extend(std::iter::once(&e.first_element).chain(&e.additional_elements).map(|i| i.value.clone()));
        }
        match &options.opt_exclude {
            Some(ExcludeSelectItem::Single(name)) => except.push(last(name)),
            Some(ExcludeSelectItem::Multiple(names)) => except.extend(names.iter().map(last)),
            None => {}
        }
        let qualifier: Option<Vec<String>> = of.map(|name| idents(name).iter().map(|i| i.to_lowercase()).collect());
        let from = outputs.len();
        let Some(level) = self.levels.pop() else { return };
        let mut merged = level.merged.clone();
        for relation in &level.relations {
            if qualifier.as_ref().is_none_or(|q| named_by(relation, q.iter().map(String::as_str))) {
                let mut without = except.clone();
                if qualifier.is_none() {
                    // A merged column stands once, where its first relation stands.
                    let shown: Vec<String> = level.merged.difference(&merged).cloned().collect();
                    self.copy(shown.len());
                    without.extend(shown);
                }
                let star = self.star(relation, &without, span);
                if qualifier.is_none() {
                    merged.retain(|name| !matches!(hit(self.schema, relation, name), Hit::Sure(_) | Hit::Maybe(_) | Hit::Arms(_)));
                }
                outputs.extend(star);
                if outputs.len() > MAX_OUTPUTS {
                    self.found.cut = true;
                    outputs.truncate(MAX_OUTPUTS);
                    break;
                }
            }
        }
        let named = |r: &Relation| qualifier.as_ref().is_none_or(|q| named_by(r, q.iter().map(String::as_str)));
        if let Some(name) = of.filter(|_| !level.relations.iter().any(named)) {
            self.levels.push(level);
            let name: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
            let fields = self.fields(&name, span);
            return outputs.extend(fields);
        }
        // A column that is not the first relation's stands in the place of its.
        let coalesced: Vec<String> = level.coalesced.keys().filter(|_| qualifier.is_none()).cloned().collect();
        self.levels.push(level);
        for key in coalesced {
            let whole = self.column(&[Ident::new(&key)]);
            for output in &mut outputs[from..] {
                match output {
                    Output::Column { name, sources, .. } if name.eq_ignore_ascii_case(&key) => *sources = whole,
                    Output::Star(star) if !star.leaves_out(&key) => {
                        star.replace.push(Output::Column { name: key, sources: whole, expression: String::new(), span });
                    }
                    _ => continue,
                }
                break;
            }
        }
        // Of columns that are not known nobody can tell which fit.
        if let Some(pattern) = options.opt_ilike.as_ref().map(|i| i.pattern.to_lowercase()) {
            let fits = |o: &Output| !matches!(o, Output::Column { name, .. } if !like(pattern.as_bytes(), name.to_lowercase().as_bytes()));
            let kept: Vec<Output> = outputs.drain(from..).filter(fits).collect();
            outputs.extend(kept);
        }
        for item in options.opt_replace.iter().flat_map(|r| &r.items) {
            let sources = self.expr(&item.expr, Subtype::Identity);
            let (expression, span) = self.text.expression(&item.expr, None);
            let made = Output::Column { name: item.column_name.value.clone(), sources, expression, span };
            for output in &mut outputs[from..] {
                match output {
                    Output::Column { name, .. } if name.eq_ignore_ascii_case(&item.column_name.value) => *output = made.clone(),
                    Output::Column { .. } => {}
                    Output::Star(star) => star.replace.push(made.clone()),
                }
            }
        }
        let renames: Vec<_> = match &options.opt_rename {
            Some(RenameSelectItem::Single(one)) => vec![one],
            Some(RenameSelectItem::Multiple(many)) => many.iter().collect(),
            None => Vec::new(),
        };
        for rename in renames {
            for output in &mut outputs[from..] {
                match output {
                    Output::Column { name, .. } if name.eq_ignore_ascii_case(&rename.ident.value) => name.clone_from(&rename.alias.value),
                    Output::Column { .. } => {}
                    Output::Star(star) => star.rename.push((rename.ident.value.clone(), rename.alias.value.clone())),
                }
            }
        }
    }

    /// All columns of a relation as outputs, as `*` asks for them.
    pub(super) fn star(&mut self, relation: &Relation, except: &[String], span: Span) -> Vec<Output> {
        let outputs = self.outputs_of(relation, except, span);
        for output in &outputs {
            match (output, &relation.source) {
                (Output::Column { sources, .. }, Source::Table(_)) => sources.iter().for_each(|s| self.found.touch(s)),
                (Output::Star(star), _) => self.found.touch(&all_of(star.table.clone())),
                _ => {}
            }
        }
        outputs
    }

    /// All columns of a relation less `except` as outputs.
    pub(super) fn outputs_of(&mut self, relation: &Relation, except: &[String], span: Span) -> Vec<Output> {
        let kept = |name: &str| !except.iter().any(|e| e.eq_ignore_ascii_case(name));
        let count = match &relation.source {
            Source::Table(table) => self.schema.columns(table).map_or(1, Vec::len),
            Source::Derived(shape) => shape.iter().map(|outputs| size(outputs)).sum(),
            Source::Made { columns, sources } => columns.len() * (1 + sources.len()),
            Source::Given { names, arguments, .. } => names.len().max(1) * (1 + arguments.len()),
        };
        if !self.copy(count) {
            self.found.cut = true;
            return Vec::new();
        }
        match &relation.source {
            Source::Table(table) => match self.schema.columns(table) {
                Some(columns) => columns
                    .iter()
                    .filter(|c| kept(c))
                    .map(|column| {
                        let sources = vec![column_of(table.clone(), column)];
                        Output::Column { name: column.clone(), sources, expression: String::new(), span }
                    })
                    .collect(),
                None => vec![Output::Star(Star { except: except.to_vec(), ..Star::of(table.clone(), span.line) })],
            },
            Source::Derived(shape) => flatten(shape)
                .into_iter()
                .filter_map(|output| match output {
                    Output::Column { name, sources, expression, span: made_at } => {
                        let span = if expression.is_empty() { span } else { made_at };
                        kept(&name).then_some(Output::Column { name, sources, expression, span })
                    }
                    Output::Star(mut star) => {
                        // What is left out here goes by the name that it has here.
                        let of =
                            |name: &String| star.rename.iter().find(|(_, new)| new.eq_ignore_ascii_case(name)).map(|(old, _)| old.clone());
                        let less: Vec<String> = except.iter().map(|name| of(name).unwrap_or_else(|| name.clone())).collect();
                        star.except.extend(less);
                        star.line = span.line;
                        Some(Output::Star(star))
                    }
                })
                .collect(),
            Source::Given { rows, names, .. } if names.is_empty() => {
                vec![Output::Star(Star { except: except.to_vec(), ..Star::of(rows.clone(), span.line) })]
            }
            Source::Given { rows, names, arguments } => {
                let column = |(at, name): (usize, &String)| {
                    let sources = given(rows, &place(at, None), arguments);
                    Output::Column { name: name.clone(), sources, expression: String::new(), span }
                };
                names.iter().enumerate().filter(|(_, name)| kept(name)).map(column).collect()
            }
            Source::Made { columns, sources } => columns
                .iter()
                .filter(|c| kept(c))
                .map(|c| Output::Column { name: c.clone(), sources: sources.clone(), expression: String::new(), span })
                .collect(),
        }
    }
}

/// What stands for all fields of a value: of a whole row the columns of its table, of others nobody says which.
pub(super) fn all_fields(value: Output) -> Output {
    match &value {
        Output::Column { sources, span, .. } => {
            let mut direct = sources.iter().filter(|s| s.subtype.flow() == Flow::Direct);
            match (direct.next(), direct.next()) {
                (Some(row), None) if row.is_row() => Output::Star(Star::of(row.tables[0].clone(), span.line)),
                _ => value,
            }
        }
        Output::Star(_) => value,
    }
}

/// Whether `text` is as a pattern of LIKE says.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut at) = (0, 0);
    // The last `%`, and how much of the text it takes.
    let mut any: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(p) {
            Some(b'%') => {
                any = Some((p, at));
                p += 1;
            }
            Some(c) if *c == b'_' || *c == text[at] => (p, at) = (p + 1, at + 1),
            _ => match &mut any {
                Some((percent, taken)) => {
                    *taken += 1;
                    (p, at) = (*percent + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'%')
}
