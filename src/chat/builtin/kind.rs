//! The kinds of assets that the answer to a question is limited to.

use crate::chat::intent::{Intent, kinds};
use crate::lineage::Kind;

/// Those that the masked question asks for; empty when it asks for any. Of flows some may be left out ("not counting views"). What a change
/// reaches is limited by "which views break" and "only tables", and not by the kind of what is changed.
pub(super) fn wanted(masked: &str, intent: Intent) -> Vec<Kind> {
    let words: Vec<&str> = masked.split(' ').collect();
    let of =
        |keep: &dyn Fn(usize) -> bool| kinds(&(0..words.len()).filter(|&at| keep(at)).map(|at| words[at]).collect::<Vec<_>>().join(" "));
    let mut wanted = match intent {
        Intent::Impact | Intent::ColumnUsers => of(&|at| limits(&words, at)),
        _ => kinds(masked),
    };
    // What is called a job is a routine or a script; of flows alone, since elsewhere "job" is a word like others.
    if matches!(intent, Intent::Upstream | Intent::Downstream) && words.iter().any(|word| matches!(*word, "jobs" | "processes")) {
        wanted.extend(
            [Kind::Procedure, Kind::Function, Kind::Trigger, Kind::File]
                .into_iter()
                .filter(|kind| !wanted.contains(kind))
                .collect::<Vec<_>>(),
        );
    }
    if matches!(intent, Intent::Upstream | Intent::Downstream | Intent::Lineage | Intent::Impact) {
        let left_out = of(&|at| is_left_out(&words, at));
        wanted.retain(|kind| !left_out.contains(kind));
        if wanted.is_empty() && !left_out.is_empty() {
            wanted.extend(Kind::ALL.into_iter().filter(|kind| !left_out.contains(kind)));
        }
    }
    wanted
}

/// Whether a word says of which kind the answer is to be, and not what is dropped or added.
fn limits(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |b| words[b]);
    let led = matches!(before, "which" | "what" | "only" | "just" | "any" | "every" | "each" | "no" | "downstream");
    let is_changed = ["drop", "delet", "remov", "renam", "chang", "alter", "add", "type", "of"].iter().any(|stem| before.starts_with(stem));
    (led || words[at].ends_with('s')) && !is_changed
}

/// "Not counting views", "except procedures": whether the answer is to leave out what a word names.
fn is_left_out(words: &[&str], at: usize) -> bool {
    let between = |w: &&&str| matches!(**w, "counting" | "including" | "any" | "the" | "other" | "than" | "for" | "from");
    let before = words[..at].iter().rev().find(|w| !between(w));
    let refused = before.is_some_and(|w| matches!(*w, "not" | "without" | "except" | "excluding" | "ignoring" | "besides" | "but"));
    refused && words[at].ends_with('s')
}
