//! SQL text to lineage facts. Pure: no I/O, no clock, no knowledge of projects or of other files.
//!
//! [`analyze`] never fails: it returns what it understood and says, as [`Diagnostic`]s with lines, what it did not. What it
//! returns are *facts as this one file states them*, by name: names are not resolved against other files and `*` is not expanded
//! with other files' columns. That is [`crate::graph::link`]'s work, so that the order in which files arrive never matters and
//! taking a file away takes away exactly what it said.
//!
//! Direction: an [`Edge`] points from the consumer (`from`) to what it consumes (`to`). A view `DERIVES` from the table it reads.

mod column;
mod define;
mod diagnostic;
pub mod dialect;
mod draft;
mod engine;
mod expr;
mod fact;
mod few;
mod flow;
pub mod highlight;
mod home;
mod memo;
mod name;
mod parse;
mod rewrite;
mod routine;
mod salvage;
mod scope;
pub mod script;
mod source;
mod split;
mod statement;
mod token;
mod unit;
mod variable;

pub(crate) use column::{ARGUMENT, place, placed};
pub use column::{ColumnSource, Output, Projection, Star};
pub use diagnostic::{Cause, Diagnostic, Severity};
pub(crate) use expr::is_built_in;
pub use fact::{Asset, Column, Edge, Facts, ForeignKey, Kind, Relation, Span, Statement};
pub use few::{Few, Single};
pub use flow::{Flow, Subtype, Subtypes};
pub(crate) use memo::{Asked, Memo};
pub use name::Name;
pub(crate) use name::{BY, FIRED, HERE, PARAMETERS, ROWS, STATUS, comes_from_others};

/// Reads `text` as SQL in `dialect` (an id or alias of [`dialect::DIALECTS`], or `auto`).
///
/// Never fails, never panics; time is linear in the text, nesting deeper than [`MAX_NESTING`] costs the statement (a diagnostic).
pub fn analyze(text: &str, dialect: &str) -> Facts {
    analyze_with(text, dialect, &scope::Schema::default()).0
}

/// Two columns that a condition holds against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The one.
    pub left: ColumnSource,
    /// The other.
    pub right: ColumnSource,
    /// 1-based line of the text on which the query begins.
    pub line: u32,
}

/// The pairs of columns by which the statements of `text` join relations: those that ON, USING and NATURAL hold against each other, and
/// those that WHERE holds to be equal. Through subqueries and CTEs, as [`analyze`] reads them.
pub fn joins(text: &str, dialect: &str) -> Vec<Join> {
    let schema = scope::Schema::default();
    let mut engine = engine_of(text, dialect, &schema);
    engine.joins = Some(std::cell::RefCell::default());
    read(&mut engine, text);
    engine.joins.take().map(std::cell::RefCell::into_inner).unwrap_or_default()
}

/// The work that [`analyze`] does on `text`, in tokens read, parsed and looked at: what holds it to linear time in tests, which
/// cannot ask a clock.
pub fn steps(text: &str, dialect: &str) -> usize {
    engine_for(text, dialect, &scope::Schema::default()).steps()
}

/// Deepest nesting of one statement that is parsed: measured, 400 takes 40-deep subqueries and 60-deep CASE; stacks are sized for it.
pub const MAX_NESTING: usize = 400;

/// Longest text analysed: offsets are 32 bits wide.
const MAX_TEXT: usize = u32::MAX as usize / 2;

/// [`analyze`] with columns known from elsewhere, and what happened in order.
fn analyze_with(text: &str, dialect: &str, schema: &scope::Schema) -> (Facts, Vec<draft::Event>) {
    engine_for(text, dialect, schema).close()
}

/// An engine that has read `text`.
fn engine_for<'a>(text: &'a str, dialect: &str, schema: &'a scope::Schema) -> engine::Engine<'a> {
    let mut engine = engine_of(text, dialect, schema);
    read(&mut engine, text);
    engine
}

/// An engine that is to read `text`.
fn engine_of<'a>(text: &'a str, dialect: &str, schema: &'a scope::Schema) -> engine::Engine<'a> {
    let (grammar, complaint) = dialect::Grammar::choose(dialect, text);
    let mut engine = engine::Engine::new(text, grammar, schema);
    if let Some(message) = complaint {
        engine.diagnose(1, Severity::Warning, message);
    }
    engine
}

fn read(engine: &mut engine::Engine<'_>, text: &str) {
    let grammar = engine.grammar;
    if text.len() > MAX_TEXT {
        engine.diagnose(1, Severity::Error, format!("The text is longer than {MAX_TEXT} bytes: split it."));
        return;
    }
    let source = source::prepare(text, grammar);
    let parameters = grammar.is(&["clickhouse"]) && text.contains(":Identifier}");
    engine.templates = source::is_template(text) || !source.holes.is_empty() || parameters;
    if let Some((line, count)) = source.rows {
        let message = format!("{count} lines of values are data: the first thousand of each table say all that they say of lineage.");
        engine.diagnose(line, Severity::Info, message);
    }
    let mut windows = token::Windows::new(&source, grammar);
    // What stands at the end says how names at the beginning are read.
    if windows.are_many() && source::may_use_several(&source.text) {
        token::Windows::new(&source, grammar).for_each(|window| engine.look_for_catalogs(&window.tokens));
    }
    let mut cuts = source.cuts.iter().copied().peekable();
    let mut context = draft::Context::default();
    while let Some(token::Window { tokens, broken }) = windows.next() {
        if !windows.are_many() {
            engine.look_for_catalogs(&tokens);
        }
        for (line, message) in &tokens.errors {
            engine.diagnose(*line, Severity::Warning, format!("Not closed or not SQL here: {message}"));
        }
        engine.tokens += tokens.list.len() + tokens.dropped;
        engine.lost += tokens.dropped;
        let end = tokens.list.last().map_or(0, |t| t.start as usize + 1);
        let mut from = 0;
        while from < tokens.list.len() {
            let cut = cuts.peek().copied().unwrap_or(usize::MAX);
            let to = from + tokens.list[from..].partition_point(|t| (t.start as usize) < cut);
            engine.script(&tokens, from, to, &mut context);
            from = to;
            if cut < end {
                cuts.next();
                context = draft::Context::default();
            }
        }
        // What its batch goes on with holds the same.
        context = draft::Context { variables: context.variables, ..draft::Context::default() };
        engine.count(tokens.list.len() + tokens.looked_at());
        if let Some(line) = broken {
            engine.diagnose(
                line,
                Severity::Warning,
                "What begins before this line is too long to be read as one: from here on it is read by itself.",
            );
        }
        if windows.left() > 0 && engine.is_full() {
            engine.tokens += windows.left();
            engine.lost += windows.left();
            return;
        }
    }
}

#[cfg(test)]
mod tests;
