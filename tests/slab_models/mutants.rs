//! Every way in which the slab could be weaker, each of which a model must catch.

use crate::slab::Slab;
use crate::sync::{Fault, MUTANT, Mutant, OFFERED};
use std::process::Command;

const SLAB: &str = include_str!("../../src/realtime/slab.rs");

/// Mutants that are as good as the original: a fault, a part of the line it is on, and why.
const HARMLESS: [(Fault, &str, &str); 1] = [(
    Fault::HalfCompared,
    "fetch_update(Release, Relaxed, link)",
    "a push links to the index on top; whether that went away and came back meanwhile does not matter to it",
)];

/// Passes every place of the slab once, so that it offers its mutants.
fn tour() {
    loom::model(|| {
        let slab = Slab::new(2);
        let looked_at = slab.insert(1).unwrap();
        let guards: Vec<_> = slab.iter().chain(slab.get(looked_at)).collect();
        assert!(slab.remove(looked_at));
        assert_eq!(guards.iter().map(|guard| **guard).sum::<i32>(), 2);
        drop(guards);
        let alone = slab.insert(2).unwrap();
        assert!(slab.remove(alone));
    });
}

fn code(mutant: &Mutant) -> &'static str {
    SLAB.lines().nth(mutant.line as usize - 1).unwrap_or_default().trim()
}

/// Runs this program again, for one model or for the list of them.
fn again(arguments: &[&str], mutant: Option<&Mutant>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).env("RUST_BACKTRACE", "0");
    if let Some(mutant) = mutant {
        command.env(MUTANT, mutant.to_string());
    }
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn every_mutant_is_caught_by_a_model() {
    if std::env::var_os(MUTANT).is_some() {
        return;
    }
    tour();
    let offered = OFFERED.lock().unwrap().clone();
    let (_, list) = again(&["models::", "--list"], None);
    let models: Vec<&str> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let mut survivors = Vec::new();
    for mutant in &offered {
        let caught = models.iter().find_map(|model| match again(&["--exact", model], Some(mutant)) {
            (true, _) => None,
            (false, output) => {
                let why = output.lines().skip_while(|line| !line.contains("panicked at")).nth(1).unwrap_or("it crashed");
                Some(format!("{}: {why}", model.trim_start_matches("models::")))
            }
        });
        let harmless = HARMLESS.iter().find(|(fault, part, _)| *fault == mutant.fault && code(mutant).contains(part));
        if caught.is_some() == harmless.is_some() {
            survivors.push(mutant.to_string());
        }
        let verdict = caught.or(harmless.map(|(_, _, why)| format!("harmless: {why}"))).unwrap_or("NOT CAUGHT".into());
        println!("{:<22} {}\n{:22} {verdict}", mutant.to_string(), code(mutant), "");
    }
    println!("{} mutants of the slab, {} of them harmless", offered.len(), HARMLESS.len());
    assert!(survivors.is_empty(), "not as expected: {survivors:?}");
}

#[test]
fn every_ordering_and_every_rule_has_a_mutant() {
    if std::env::var_os(MUTANT).is_some() {
        return;
    }
    tour();
    let offered = OFFERED.lock().unwrap();
    let mutants = |faults: &[Fault]| offered.iter().filter(|mutant| faults.contains(&mutant.fault)).count();
    let written = |words: &[&str]| -> usize {
        let code = SLAB.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("use "));
        code.map(|line| words.iter().map(|word| line.matches(word).count()).sum::<usize>()).sum()
    };
    assert_eq!(mutants(&[Fault::Granted]), written(&["rule("]));
    assert_eq!(mutants(&[Fault::Relaxed, Fault::LoadRelaxed]), written(&["Acquire", "Release", "AcqRel", "SeqCst"]));
}
