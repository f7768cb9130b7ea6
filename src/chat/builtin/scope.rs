//! Of which projects and repositories a question is, and the answers when there are none such.

use super::asked::Asked;
use super::{Answer, MAX_LISTED, Means, Question};
use crate::ingest::{HOW_TO_BEGIN, Knowledge, Snapshot};
use crate::store::projects::{self, Repository};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where the names of a question are, when each is known to another project: no lineage goes from one to another.
pub(super) fn apart(asked: &[Asked]) -> Option<String> {
    let names = || asked.iter().flat_map(|one| one.reading.mentions.iter().map(move |m| (m, &one.snapshot.project)));
    let known = |name: &String| names().any(|(mention, _)| mention.text.eq_ignore_ascii_case(name));
    let unknown = || asked.iter().flat_map(|one| &one.reading.unknown);
    (asked.len() > 1 && unknown().next().is_some() && unknown().all(known)).then(|| {
        let places: BTreeSet<String> = names().map(|(mention, project)| format!("`{}` is in project `{project}`", mention.text)).collect();
        let places: Vec<String> = places.into_iter().collect();
        format!("{}. No lineage goes from one project to another.", places.join(", "))
    })
}

/// "… in project P": which of these it is, and the question without it.
pub(super) fn named_project(known: &[Arc<Snapshot>], query: &str) -> Option<(String, String)> {
    let words: Vec<&str> = query.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| "?!,;:.\"'`()".contains(c)).to_owned();
    let at = words.iter().position(|w| w.eq_ignore_ascii_case("project"))?;
    let name = bare(words.get(at + 1)?);
    let project = known.iter().map(|s| &s.project).find(|p| p.eq_ignore_ascii_case(&name))?;
    let lead = words[..at].iter().rev().take_while(|w| matches!(w.to_lowercase().as_str(), "in" | "of" | "from" | "the")).count();
    let rest = words[..at - lead].iter().chain(&words[at + 2..]).copied().collect::<Vec<_>>().join(" ");
    (!rest.is_empty()).then(|| (project.clone(), rest))
}

/// The answer to a question about a project that is not here.
pub(super) fn no_project(knowledge: &Knowledge, id: &str) -> Answer {
    let there = knowledge.all();
    let names: Vec<String> = there.iter().take(MAX_LISTED).map(|s| format!("`{}`", s.project)).collect();
    let more = if there.len() > names.len() { format!(" and {} more", there.len() - names.len()) } else { String::new() };
    Answer {
        response: format!("There is no project `{id}` here: the projects are {}{more}.", names.join(", ")),
        next_actions: vec!["What tables are in the database?".into()],
        ..Answer::empty()
    }
}

/// The answer to a question about a repository that no project it is asked of has; `None` as well when they have none at all.
pub(super) fn no_repository(knowledge: &Knowledge, means: Means<'_>, question: &Question) -> Option<Answer> {
    let (id, store) = (question.repository_id.as_ref()?, means.store?);
    let projects = knowledge.select(question.project_id.as_deref());
    let of = |s: &Arc<Snapshot>| match store.read_blocking(|conn| projects::repositories(conn, &s.project)) {
        Ok(list) => list,
        Err(e) => {
            log::warn!("the repositories of project '{}' cannot be read: {e}", s.project);
            Vec::new()
        }
    };
    let there: Vec<Repository> = projects.iter().flat_map(of).collect();
    if there.is_empty() || there.iter().any(|r| r.id == *id) {
        return None;
    }
    let names: Vec<String> = there.iter().take(MAX_LISTED).map(|r| format!("`{}` ({})", r.id, r.name)).collect();
    let more = if there.len() > names.len() { format!(" and {} more", there.len() - names.len()) } else { String::new() };
    let place = question.project_id.as_ref().map_or_else(|| "here".to_owned(), |id| format!("in project `{id}`"));
    Some(Answer { response: format!("There is no repository `{id}` {place}: there are {}{more}.", names.join(", ")), ..Answer::empty() })
}

/// The answer where nothing was ingested.
pub(super) fn nothing(question: &Question) -> Answer {
    let place = question.project_id.as_ref().map_or_else(|| "any project".to_owned(), |id| format!("project `{id}`"));
    Answer {
        response: format!("Nothing has been ingested in {place} yet, so there is nothing to answer from. {HOW_TO_BEGIN}"),
        next_actions: vec!["What tables are in the database?".into()],
        ..Answer::empty()
    }
}
