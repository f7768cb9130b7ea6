//! Where unqualified names are at home: what `USE`, search paths and their like say.

use super::draft::{Context, Draft};
use super::engine::Engine;
use super::token::Tokens;
use super::{ColumnSource, Name, Output};
use sqlparser::tokenizer::Token;

/// Databases of SQL Server itself: scripts pass through them to make others.
const SYSTEM: [&str; 4] = ["master", "model", "msdb", "tempdb"];

/// Schemas of a search path that are looked through; people write two or three.
const MAX_PATH: usize = 16;

/// The schema, or schemas, and the database that the next statements are in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Home {
    /// The database; empty when the text names none.
    catalog: String,
    /// Schemas that unqualified names are looked for in, the one in which things are made first; empty when the text names none.
    schemas: Vec<String>,
}

impl Engine<'_> {
    /// Looks for the databases that the text changes between, of which `t` may be a part.
    pub(crate) fn look_for_catalogs(&mut self, t: &Tokens) {
        for at in (0..t.list.len()).filter(|at| t.is(*at, "USE") && (*at == 0 || !t.open(at - 1))) {
            let catalog = self.used(t, at, t.list.len()).unwrap_or_default().catalog.to_lowercase();
            if !catalog.is_empty() && !SYSTEM.contains(&catalog.as_str()) {
                self.catalogs.insert(catalog);
            }
        }
    }

    /// Whether the text changes databases. Where it stays in one, its names do without.
    fn changes_catalog(&self) -> bool {
        self.catalogs.len() > 1
    }

    /// Goes where the statement at `at` says, if it is one that says so.
    pub(crate) fn go_home(&mut self, t: &Tokens, at: usize, end: usize, context: &Context) {
        // Within a text or a routine it holds until its end.
        if context.depth > 0 || context.body {
            return;
        }
        let word = t.word(at).map(str::to_uppercase).unwrap_or_default();
        let home = match word.as_str() {
            "USE" => self.used(t, at, end),
            "DATABASE" if self.grammar.is(&["teradata"]) => t.word(at + 1).map(|s| Home { schemas: vec![s.to_owned()], ..Home::default() }),
            "RESET" if t.is(at + 1, "SEARCH_PATH") => Some(Home::default()),
            "SET" => self.search_path(t, at, end),
            "ALTER" if t.seq(at + 1, &["SESSION", "SET", "CURRENT_SCHEMA"]) => {
                t.word(at + 5).map(|s| Home { schemas: vec![s.to_owned()], ..Home::default() })
            }
            _ => None,
        };
        if let Some(home) = home {
            self.home = home;
        }
    }

    /// Where `USE …` at `at` leads.
    fn used(&self, t: &Tokens, at: usize, end: usize) -> Option<Home> {
        let kind = ["CATALOG", "DATABASE", "SCHEMA", "NAMESPACE"].into_iter().find(|kind| t.is(at + 1, kind));
        let first = at + 1 + usize::from(kind.is_some());
        if t.any(first, &["ROLE", "WAREHOUSE", "SECONDARY"]) && self.grammar.is(&["snowflake"]) {
            return None;
        }
        let (name, after) = self.name_at(t, first).filter(|(_, after)| *after <= end)?;
        // `USE INDEX (i)`, `USE HINT ('…')`.
        if t.open(after) {
            return None;
        }
        let within = |schema: &String| vec![schema.clone()];
        Some(match (&*name.0, kind) {
            ([catalog], Some("CATALOG")) => Home { catalog: catalog.clone(), schemas: Vec::new() },
            ([catalog], Some("DATABASE") | None) if self.grammar.is_tsql() || self.grammar.is(&["snowflake"]) => {
                Home { catalog: catalog.clone(), schemas: Vec::new() }
            }
            ([schema], _) => Home { schemas: within(schema), ..self.home.clone() },
            ([.., catalog, schema], _) => Home { catalog: catalog.clone(), schemas: within(schema) },
            _ => return None,
        })
    }

    /// What a `SET` at `at` says of schemas.
    pub(crate) fn search_path(&self, t: &Tokens, at: usize, end: usize) -> Option<Home> {
        let name = at + 1 + usize::from(t.any(at + 1, &["SESSION", "LOCAL"]));
        // PostgreSQL's and DuckDB's; `SET SCHEMA 'x'` is the standard's.
        let path = t.is(name, "SEARCH_PATH");
        if !path && (!t.is(name, "SCHEMA") || self.grammar.is_tsql()) {
            return None;
        }
        let first = name + 1 + usize::from(t.at(name + 1, &Token::Eq) || t.is(name + 1, "TO"));
        let mut schemas: Vec<String> = Vec::new();
        let mut i = first;
        while i < end {
            match (t.string(i), t.word(i)) {
                // DuckDB gives the whole list as one string.
                (Some(list), _) => schemas.extend(list.split(',').map(|s| s.trim().trim_matches('"').to_owned())),
                (None, Some(word)) => schemas.push(word.to_owned()),
                _ => break,
            }
            if !t.at(i + 1, &Token::Comma) {
                break;
            }
            i += 2;
        }
        let said = |s: &String| !s.is_empty() && s != "$user" && !s.to_lowercase().starts_with("pg_") && !s.eq_ignore_ascii_case("DEFAULT");
        schemas.retain(said);
        schemas.truncate(MAX_PATH);
        Some(Home { schemas, ..self.home.clone() })
    }

    /// The name with the schema, and the database where the text changes it, that it has by where it stands.
    pub(crate) fn at_home(&self, name: &mut Name) {
        if self.home == Home::default() || !is_relative(name) || self.is_temporary(name) {
            return;
        }
        if let [last] = &*name.0 {
            let schema = match self.home.schemas.as_slice() {
                [] if self.changes_catalog() => self.grammar.dialect.default_schema,
                [] => "",
                [only] => only,
                // Only what is known to be there can tell; linking knows more.
                several => several.iter().find(|s| self.defines(&Name::new([s.as_str(), last.as_str()]))).map_or("", String::as_str),
            };
            if schema.is_empty() {
                return;
            }
            *name = Name::new([schema, last.as_str()]);
        }
        if let ([schema, last], false) = (&*name.0, !self.changes_catalog() || self.home.catalog.is_empty()) {
            *name = Name::new([self.home.catalog.as_str(), schema.as_str(), last.as_str()]);
        }
    }

    /// The name of something that is made: in the first schema of a path.
    pub(crate) fn made_at_home(&self, name: &mut Name) {
        self.at_home(name);
        if let ([last], [first, _, ..]) = (&*name.0, self.home.schemas.as_slice())
            && is_relative(name)
            && !self.is_temporary(name)
        {
            *name = Name::new([first.as_str(), last.as_str()]);
        }
    }

    /// Every relation of a draft. Routines that are called keep their names: most are the engine's own, and linking finds the others.
    pub(crate) fn all_at_home(&self, draft: &mut Draft) {
        if self.home == Home::default() {
            return;
        }
        draft.reads.iter_mut().chain(&mut draft.writes).for_each(|(name, _)| self.at_home(name));
        self.sources_at_home(&mut draft.columns_read);
        for projection in &mut draft.projections {
            self.at_home(&mut projection.target);
            self.sources_at_home(&mut projection.indirect);
            projection.branches.iter_mut().flatten().for_each(|output| self.output_at_home(output));
        }
    }

    pub(crate) fn sources_at_home(&self, list: &mut [ColumnSource]) {
        for source in list {
            source.tables.iter_mut().chain(&mut *source.outer).for_each(|name| self.at_home(name));
        }
    }

    pub(crate) fn output_at_home(&self, output: &mut Output) {
        match output {
            Output::Column { sources, .. } => self.sources_at_home(sources),
            Output::Star(star) => {
                self.at_home(&mut star.table);
                star.replace.iter_mut().for_each(|output| self.output_at_home(output));
            }
        }
    }
}

/// Whether a name is looked for in the schemas of where it stands.
fn is_relative(name: &Name) -> bool {
    name.0.len() < 3 && !name.is_rows() && !name.last().starts_with("path:")
}
