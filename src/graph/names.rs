//! Names as numbers: each spelling, and each folded name, is stored once and compared by its number.

use crate::lineage::{BY, Name, ROWS};
use foldhash::HashMap;
use std::sync::Arc;

/// Parts of a folded name are joined by this, since a quoted part may hold a dot.
pub(super) const SEPARATOR: char = '\u{1f}';

/// A name as some file writes it.
pub(super) type Spelling = u32;

/// A folded name: the same parts, whatever case and quoting.
pub(super) type Form = u32;

/// Every name that the files of a project write or wrote.
#[derive(Debug, Default)]
pub(super) struct Names {
    spellings: Vec<(Arc<Name>, Option<Form>)>,
    spelling_of: HashMap<Arc<Name>, Spelling>,
    forms: Vec<(Arc<str>, Form)>,
    form_of: HashMap<Arc<str>, Form>,
}

impl Names {
    /// The number of a spelling.
    pub(super) fn spell(&mut self, name: &Name) -> Spelling {
        if let Some(known) = self.spelling_of.get(name) {
            return *known;
        }
        let text = fold(name);
        let form = if text.is_empty() { None } else { Some(self.fold(&text)) };
        let (shared, next) = (Arc::new(name.clone()), self.spellings.len() as Spelling);
        self.spelling_of.insert(shared.clone(), next);
        self.spellings.push((shared, form));
        next
    }

    /// The number of a folded name.
    pub(super) fn fold(&mut self, text: &str) -> Form {
        if let Some(known) = self.form_of.get(text) {
            return *known;
        }
        let end = last(text);
        let last = (end != text).then(|| self.fold(end));
        let (shared, next) = (Arc::from(text), self.forms.len() as Form);
        self.form_of.insert(Arc::clone(&shared), next);
        self.forms.push((shared, last.unwrap_or(next)));
        next
    }

    /// The name that a spelling spells.
    pub(super) fn name(&self, spelling: Spelling) -> &Name {
        &self.spellings[spelling as usize].0
    }

    /// A spelling folded; `None` when it has no parts.
    pub(super) fn form(&self, spelling: Spelling) -> Option<Form> {
        self.spellings[spelling as usize].1
    }

    /// [`Names::form`] of a name that some file writes.
    pub(super) fn form_of(&self, name: &Name) -> Option<Form> {
        self.form(*self.spelling_of.get(name)?)
    }

    /// The number of a folded name that some file writes.
    pub(super) fn known(&self, text: &str) -> Option<Form> {
        self.form_of.get(text).copied()
    }

    pub(super) fn text(&self, form: Form) -> &str {
        &self.forms[form as usize].0
    }

    /// The last part, as a name of its own.
    pub(super) fn last(&self, form: Form) -> Form {
        self.forms[form as usize].1
    }

    /// How many spellings and folded names are stored.
    pub(super) fn count(&self) -> usize {
        self.spellings.len() + self.forms.len()
    }
}

/// Folded and joined by [`SEPARATOR`]; parts left empty (`db..t`) are left out.
fn fold(name: &Name) -> String {
    let mut form = String::new();
    for part in name.0.iter().filter(|p| !p.is_empty()) {
        if !form.is_empty() {
            form.push(SEPARATOR);
        }
        form.push_str(&part.to_lowercase());
    }
    // What a routine gives back is found by the routine's name.
    if let Some(routine) = form.strip_suffix(ROWS) {
        let end = routine.rfind(BY).unwrap_or(routine.len());
        form.truncate(end);
    }
    form
}

fn last(form: &str) -> &str {
    form.rsplit(SEPARATOR).next().unwrap_or(form)
}

/// Whether `long` is `short` with more parts in front.
pub(super) fn is_suffix(short: &str, long: &str) -> bool {
    long.strip_suffix(short).is_some_and(|front| front.ends_with(SEPARATOR))
}

/// Names with more parts are matched by their last ones only; no dialect has more than four.
const MAX_PARTS: usize = 8;

/// The proper endings of a folded name, longest first.
pub(super) fn suffixes(form: &str) -> impl Iterator<Item = &str> {
    let mut ends: Vec<usize> = form.rmatch_indices(SEPARATOR).take(MAX_PARTS).map(|(at, _)| at + SEPARATOR.len_utf8()).collect();
    ends.reverse();
    ends.into_iter().map(|at| &form[at..])
}
