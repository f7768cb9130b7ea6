//! The state of the whole: what nobody uses, what has no source, cycles, undefined names, what could not be read.

use super::condition::Verb;
use super::filter::Filter;
use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, MAX_MEANINGS};
use crate::chat::evidence::counted;
use crate::chat::intent::{is_kind_word, kinds};
use crate::graph::path::Path;
use crate::graph::{EdgeIx, Evidence, Graph, NodeIx};
use crate::ingest::knowledge::FileInfo;
use crate::ingest::memo::Understood;
use crate::lineage::{Cause, Diagnostic, Kind, Relation, Severity};
use foldhash::HashMap;

/// Files named as those least understood: what one would look at first.
const LEAST: usize = 3;

pub(super) fn unused(asked: &Asked, finding: &mut Finding) {
    if asked.kinds == [Kind::Column] {
        return unused_columns(asked, finding);
    }
    if let Some((listed, users)) = unused_by(asked) {
        return unused_by_kinds(asked, finding, &listed, &users);
    }
    let filter = Filter::applied(asked, finding);
    let at = asked.place() + &filter.said();
    if !asked.kinds.is_empty() && asked.kinds.iter().all(|k| k.is_routine()) {
        return uncalled(asked, finding, &filter);
    }
    let report = asked.snapshot.report();
    let mut nodes: Vec<NodeIx> = report.orphans.iter().chain(&report.leaves).copied().filter(|&n| wanted(asked, &filter, n)).collect();
    nodes.sort_by(|&a, &b| asked.graph().node(a).by_name(asked.graph().node(b)));
    if nodes.is_empty() {
        let what = asked.kinds.iter().map(|&k| format!("{}s", crate::chat::evidence::words(k))).collect::<Vec<_>>().join(" and ");
        finding.say(if what.is_empty() {
            format!("Everything {at} has a consumer.")
        } else {
            format!("Of the {what} {at}, none is known to be without a consumer.")
        });
    } else {
        finding.list(format!("**{} no consumer** {at}:", relations_have(nodes.len())), &nodes);
        finding.next(format!("What feeds {}?", finding.name(nodes[0])));
    }
    finding.warn("Consumers outside the files ingested (reports, applications, dynamic SQL) are not known here.".into());
    super::flow::caveats(asked, finding);
}

/// "Not used by any view", "that no view reads": the kinds listed, and those of the users.
fn unused_by(asked: &Asked) -> Option<(Vec<Kind>, Vec<Kind>)> {
    let words: Vec<&str> = asked.reading.masked.split(' ').collect();
    let none = words.windows(2).position(|pair| pair[0] == "no" && is_kind_word(pair[1]) && !kinds(pair[1]).is_empty());
    if let Some(no) = none.filter(|no| words.get(no + 2).is_some_and(|verb| Verb::of(verb) == Some(Verb::Uses))) {
        return Some((kinds(&words[..no].join(" ")), kinds(words[no + 1])));
    }
    let by = words.iter().rposition(|w| *w == "by")?;
    let between = |w: &&&str| matches!(**w, "a" | "an" | "any" | "the" | "some" | "other" | "no");
    let user = words[by + 1..].iter().find(|w| !between(w)).filter(|w| is_kind_word(w))?;
    let users = kinds(user);
    (!users.is_empty()).then(|| (kinds(&words[..by].join(" ")), users))
}

fn unused_by_kinds(asked: &Asked, finding: &mut Finding, listed: &[Kind], users: &[Kind]) {
    let graph = asked.graph();
    let of_kind = |n: NodeIx| if listed.is_empty() { graph.kind(n).is_relation() } else { listed.contains(&graph.kind(n)) };
    let is_user = |n: NodeIx, user: NodeIx| user != n && users.contains(&graph.kind(user));
    // What a column is used by is a column of it, or states so itself.
    let used = |n: NodeIx| {
        let states = graph.kind(n) == Kind::Column;
        let of = graph.incoming(n).filter(|_| states).map(|e| graph.edge(e)).filter(|e| e.relation != Relation::ColumnOf).map(|e| e.from);
        of.chain(graph.consumers(n).iter().map(|hop| hop.node))
            .any(|by| is_user(n, by) || graph.relation_of(by).is_some_and(|by| graph.relation_of(n) != Some(by) && is_user(n, by)))
    };
    let routines = Kind::ALL.into_iter().filter(|k| k.is_routine()).flat_map(|k| asked.snapshot.of_kind(k));
    let columns = Some(Kind::Column).into_iter().filter(|k| listed.contains(k)).flat_map(|k| asked.snapshot.of_kind(k));
    let all = asked.snapshot.relations().chain(routines.chain(columns).copied());
    let mut nodes: Vec<NodeIx> = all.filter(|&n| of_kind(n) && asked.may_list(n) && !used(n)).collect();
    nodes.sort_by(|&a, &b| graph.node(a).by_name(graph.node(b)));
    let by: Vec<String> = users.iter().map(|&k| crate::chat::evidence::words(k)).collect();
    let (by, at) = (by.join(" or "), asked.place());
    let what: Vec<String> = listed.iter().map(|&k| crate::chat::evidence::words(k) + "s").collect();
    let what = if what.is_empty() { "relations".to_owned() } else { what.join(" and ") };
    match nodes.len() {
        0 => finding.say(format!("Each of the {what} {at} is used by a {by}.")),
        n => finding.list(format!("Of the {what} {at}, **{n}** {} used by no {by}:", if n == 1 { "is" } else { "are" }), &nodes),
    }
    if let Some(&first) = nodes.first() {
        finding.next(format!("What depends on {}?", finding.name(first)));
    }
    finding.warn("Consumers outside the files ingested (reports, applications, dynamic SQL) are not known here.".into());
    super::flow::caveats(asked, finding);
}

/// "Which procedures are never called?"
fn uncalled(asked: &Asked, finding: &mut Finding, filter: &Filter) {
    let graph = asked.graph();
    // A view that is made from what a function gives uses it; a trigger is run by its table.
    let uses = |e: EdgeIx| matches!(graph.edge(e).relation, Relation::Calls | Relation::Reads | Relation::Derives);
    let called = |n: NodeIx| graph.incoming(n).any(|e| graph.edge(e).from != n && uses(e));
    let fires = |n: NodeIx| graph.outgoing(n).any(|e| graph.edge(e).relation == Relation::FiresOn);
    let all = asked.kinds.iter().flat_map(|kind| asked.snapshot.of_kind(*kind)).copied();
    let mut nodes: Vec<NodeIx> = all.filter(|&n| wanted(asked, filter, n) && !called(n) && !fires(n)).collect();
    nodes.sort_by_cached_key(|&n| graph.node(n).name().to_lowercase());
    let at = asked.place() + &filter.said();
    let what = asked.kinds.iter().map(|&k| format!("{}s", crate::chat::evidence::words(k))).collect::<Vec<_>>().join(" and ");
    if nodes.is_empty() {
        finding.say(format!("Of the {what} {at}, none is known to be without a caller."));
    } else {
        let are = if nodes.len() == 1 { "1 routine is" } else { &format!("{} routines are", nodes.len()) };
        finding.list(format!("**{are} called by nothing** {at}:"), &nodes);
        finding.next(format!("What does {} read and write?", finding.name(nodes[0])));
    }
    finding.warn("Callers outside the files ingested (schedulers, applications, dynamic SQL) are not known here.".into());
    super::flow::caveats(asked, finding);
}

pub(super) fn unused_columns(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let filter = Filter::applied(asked, finding);
    let named = asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied();
    let scope: Vec<NodeIx> = named.filter(|&n| graph.kind(n) != Kind::File).collect();
    let of = |n: NodeIx| scope.is_empty() || scope.contains(&n) || graph.relation_of(n).is_some_and(|relation| scope.contains(&relation));
    let within = |n: &NodeIx| of(*n) && asked.may_list(*n) && filter.keeps(graph, *n);
    let nodes: Vec<NodeIx> = asked.snapshot.unread_columns().iter().copied().filter(within).collect();
    let at = if asked.place() == "here" { String::new() } else { format!(" {}", asked.place()) } + &filter.said();
    // What nothing reads at all is not in the list.
    let unread = |n: &NodeIx| graph.kind(*n) != Kind::Column && graph.consumers(*n).is_empty();
    let (unread, read): (Vec<NodeIx>, Vec<NodeIx>) = scope.iter().copied().partition(unread);
    let names = |list: &[NodeIx], finding: &Finding| list.iter().map(|&n| finding.name(n)).collect::<Vec<_>>().join(" and ");
    if !unread.is_empty() {
        finding.say(format!("Nothing here reads {}: none of its columns has a reader.", names(&unread, finding)));
    }
    if nodes.is_empty() && (!read.is_empty() || scope.is_empty()) {
        let columns = scope.iter().all(|&n| graph.kind(n) == Kind::Column);
        finding.say(match (scope.is_empty(), columns) {
            (true, _) => format!("Every column{at} of a relation that is read has a reader."),
            (_, true) => format!("{} has a reader.", names(&read, finding)),
            _ => format!("Every column{at} of {} has a reader.", names(&read, finding)),
        });
    } else if !nodes.is_empty() {
        let of = if scope.is_empty() { "relations that are read".to_owned() } else { names(&read, finding) };
        let (are, themselves) = if nodes.len() == 1 { ("is", "itself") } else { ("are", "themselves") };
        finding.list(format!("**{}**{at} of {of} {are} {themselves} never used downstream:", counted(nodes.len(), Kind::Column)), &nodes);
    }
    super::flow::caveats(asked, finding);
}

pub(super) fn roots(asked: &Asked, finding: &mut Finding) {
    let filter = Filter::applied(asked, finding);
    let at = asked.place() + &filter.said();
    let nodes: Vec<NodeIx> = asked.snapshot.report().roots.iter().copied().filter(|&n| wanted(asked, &filter, n)).collect();
    if nodes.is_empty() {
        // "Tables" means views as well.
        let what = match &asked.kinds[..] {
            [Kind::Column] => return finding.say("What has no source is told of relations here, not of columns."),
            [] => "relation".to_owned(),
            kinds if kinds.contains(&Kind::Table) => "relation".to_owned(),
            kinds => kinds.iter().map(|kind| kind.as_str().replace('_', " ")).collect::<Vec<_>>().join(" or "),
        };
        return finding.say(format!("No {what} {at} feeds others without being fed itself."));
    }
    let feed =
        if nodes.len() == 1 { "1 relation feeds others and has" } else { &format!("{} relations feed others and have", nodes.len()) };
    finding.list(format!("**{feed} no source** {at}:"), &nodes);
    finding.next(format!("What depends on {}?", finding.name(nodes[0])));
    super::flow::caveats(asked, finding);
}

pub(super) fn cycles(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let at = match asked.place().as_str() {
        "here" => String::new(),
        at => format!(" {at}"),
    };
    let of_keys = asked.reading.masked.split(' ').any(|w| matches!(w, "foreign" | "fk" | "fks" | "key" | "keys"));
    let (mut cycles, what) = if of_keys {
        (graph.circles(Relation::References), "circular foreign keys")
    } else {
        (asked.snapshot.report().cycles.clone(), "circular dependencies")
    };
    cycles.retain(|cycle| cycle.iter().any(|&n| asked.may_list(n)));
    Filter::applied(asked, finding);
    if cycles.is_empty() {
        return finding.say(format!("No: there are no {what}{at}."));
    }
    finding.say(format!("Yes, **{}**:", if cycles.len() == 1 { "1 cycle".to_owned() } else { format!("{} cycles", cycles.len()) }));
    for cycle in cycles.iter().take(MAX_LISTED) {
        let mut names: Vec<String> = cycle.iter().map(|&n| finding.name(n)).collect();
        names.extend(names.first().cloned());
        finding.put(Row::text(names.join(" → ")));
        cycle.iter().for_each(|&n| finding.cite(n));
        for &node in cycle {
            graph.outgoing(node).filter(|&e| cycle.contains(&graph.edge(e).to)).for_each(|e| finding.cite_edge(e));
        }
    }
    finding.more(cycles.len(), MAX_LISTED);
}

pub(super) fn dangling(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let filter = Filter::applied(asked, finding);
    let mentioned_in = |n: NodeIx| asked.files.is_empty() || asked.files.iter().any(|file| mentions(graph, *file, n));
    let wanted = |n: &NodeIx| asked.in_schema(*n) && mentioned_in(*n) && filter.keeps(graph, *n);
    let nodes: Vec<NodeIx> = asked.snapshot.report().dangling.iter().copied().filter(wanted).collect();
    let at = match asked.place().as_str() {
        "here" => String::new(),
        at => format!(" {at}"),
    } + &filter.said();
    if nodes.is_empty() {
        return finding.say(format!("Every name{at} that is mentioned is defined here."));
    }
    finding.count(&nodes);
    finding.say(format!("**{}**{at}: something mentions them, and nothing here defines them:", counted(nodes.len(), Kind::External)));
    for &node in nodes.iter().take(MAX_LISTED) {
        let stated = graph.incoming(node).chain(graph.outgoing(node)).filter(|&e| !graph.edge(e).evidence.is_empty());
        // What reads or writes it says more than a text that mentions it.
        let by = stated.min_by_key(|&e| graph.edge(e).relation == Relation::Mentions);
        let via = by.map_or_else(String::new, |e| {
            let edge = graph.edge(e);
            let other = if edge.from == node { edge.to } else { edge.from };
            format!(" — {} {}", finding.name(other), finding.stated(e))
        });
        let row = Row::named(node).after(via);
        finding.put(match by {
            Some(edge) => row.by(edge),
            None => row,
        });
    }
    finding.more(nodes.len(), MAX_LISTED);
    finding.next(format!("What depends on {}?", finding.name(nodes[0])));
}

/// Whether a statement of `file` states something of `node`.
fn mentions(graph: &Graph, file: NodeIx, node: NodeIx) -> bool {
    let of_file = |at: &Evidence| graph.node(file).defined.iter().any(|d| d.file_id == at.file_id);
    graph.incoming(node).chain(graph.outgoing(node)).any(|e| graph.edge(e).evidence.iter().any(of_file))
}

pub(super) fn coverage(asked: &Asked, finding: &mut Finding) {
    let dynamic = asked.reading.masked.split(' ').any(|w| w == "dynamic" || w == "runtime");
    // Of an asset it is what defines it that is asked about.
    let assets: Vec<NodeIx> =
        asked.reading.mentions.iter().flat_map(|m| &m.nodes).copied().filter(|&n| asked.graph().kind(n) != Kind::File).collect();
    let mut places: HashMap<&str, Vec<&Evidence>> = HashMap::default();
    for at in assets.iter().flat_map(|&n| &asked.graph().node(n).defined) {
        places.entry(&at.file_id).or_default().push(at);
    }
    let places_in = |file: &FileInfo| places.get(&*file.id).map_or(&[][..], Vec::as_slice);
    let names = asked.names();
    let named_file =
        |f: &FileInfo| names(f) || !asked.files.is_empty() && asked.snapshot.file_node(&f.id).is_some_and(|n| asked.files.contains(&n));
    let named = |f: &FileInfo| if assets.is_empty() { named_file(f) } else { places.contains_key(&*f.id) };
    let in_repository = |f: &FileInfo| asked.question.repository_id.as_ref().is_none_or(|id| f.repository_id == *id);
    let mut files: Vec<&FileInfo> = asked.snapshot.files_by_path().iter().map(|file| &**file).filter(|f| in_repository(f)).collect();
    let few = files.iter().any(|f| named(f));
    if few || !assets.is_empty() {
        files.retain(|f| named(f));
    }
    let counts = |file: &FileInfo, d: &Diagnostic| {
        let overlaps = |at: &Evidence| d.line <= at.line_end && at.line <= d.line_end.unwrap_or(d.line);
        (if dynamic { d.cause == Cause::Dynamic } else { d.severity >= Severity::Warning })
            && (assets.is_empty() || places_in(file).iter().any(|at| overlaps(at)))
    };
    let found: Vec<(&FileInfo, &Diagnostic)> =
        files.iter().flat_map(|f| f.diagnostics.iter().filter(|d| counts(f, d)).map(|d| (*f, d))).collect();
    let what = assets.iter().take(MAX_MEANINGS).map(|&n| finding.described(n)).collect::<Vec<_>>().join(" and ");
    assets.iter().take(MAX_MEANINGS).for_each(|&n| finding.cite(n));
    if files.is_empty() && !assets.is_empty() {
        finding.say(format!("No statement that was read defines {what}: what it is made of is not known here."));
    } else if dynamic {
        let which = if assets.is_empty() { of_files(&files) } else { format!("what defines {what}") };
        finding.say(match found.len() {
            0 => format!("No: no code in {which} builds SQL at run time (dynamic SQL) that was not followed."),
            1 => format!("Yes: **1 place** in {which} builds SQL at run time (dynamic SQL) that was not followed:"),
            n => format!("Yes: **{n} places** in {which} build SQL at run time (dynamic SQL) that was not followed:"),
        });
    } else if !assets.is_empty() {
        finding.say(match found.len() {
            0 => format!("All that defines {what} was understood."),
            1 => format!("In what defines {what}, **1 place** was not understood:"),
            n => format!("In what defines {what}, **{n} places** were not understood:"),
        });
    } else {
        finding.say(understood(&files));
    }
    if few && assets.is_empty() && !dynamic {
        for file in files.iter().take(MAX_LISTED) {
            let dialect = crate::lineage::dialect::find(&file.dialect).map_or("no SQL file", |d| d.display_name);
            let text = format!("{}: {dialect}, {:.1} % of its tokens are in statements understood", file.path, 100.0 * file.coverage);
            finding.put(Row::text(text));
        }
    }
    for (file, diagnostic) in found.iter().take(MAX_LISTED) {
        finding.put(Row::text(format!("{}:{} {}", file.path, diagnostic.line, diagnostic.message.replace('\n', " "))));
    }
    finding.more(found.len(), MAX_LISTED);
    for file in &files {
        let troubled = !dynamic && file.statements_failed > 0 || file.diagnostics.iter().any(|d| counts(file, d));
        if (troubled || few)
            && let Some(node) = asked.snapshot.file_node(&file.id)
        {
            finding.cite(node);
        }
    }
    if !assets.is_empty() && !files.is_empty() {
        finding.say(understood(&files));
    }
    if dynamic {
        return finding.next("What could not be parsed?".into());
    }
    if found.is_empty() && assets.is_empty() {
        finding.say(if few { "Nothing in it was left not understood." } else { "No file has anything that was not understood." });
    } else if !few {
        let mut least: Vec<&FileInfo> = files.iter().copied().filter(|f| f.coverage < 1.0).collect();
        least.sort_by(|a, b| a.coverage.total_cmp(&b.coverage).then_with(|| a.path.cmp(&b.path)));
        let shown = least.iter().take(LEAST).map(|f| format!("{} ({:.1} %)", f.path, 100.0 * f.coverage)).collect::<Vec<_>>();
        if !shown.is_empty() {
            finding.say(format!("Least of their tokens are in statements understood: {}.", shown.join(", ")));
        }
    }
    finding.next("What is referenced but never defined?".into());
}

/// The one file by its path, several by their number.
fn of_files(files: &[&FileInfo]) -> String {
    if let [one] = files { one.path.clone() } else { counted(files.len(), Kind::File) }
}

/// How many of the statements of files were understood.
fn understood(files: &[&FileInfo]) -> String {
    let all = Understood::of(files.iter().copied());
    let Understood { statements, failed, .. } = all;
    let read = statements - failed.min(statements);
    let share = if statements == 0 { 100.0 } else { 100.0 * read as f64 / statements as f64 };
    // Not all is never 100 %.
    let share = if failed > 0 { share.min(99.9) } else { share };
    let of_tokens = if all.tokens == 0 {
        String::new()
    } else {
        let share = if all.share() < 1.0 { (100.0 * all.share()).min(99.9) } else { 100.0 };
        format!(" Of the tokens of SQL, {share:.1} % are in statements that were understood without salvage.")
    };
    format!("**{read} of {statements} statements** in {} were understood ({share:.1} %).{of_tokens}", of_files(files))
}

/// "Which table has the deepest lineage?": the longest of all ways back, each relation once.
pub(super) fn deepest(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let filter = Filter::applied(asked, finding);
    let longest = asked.snapshot.longest_ways();
    let length = |n: NodeIx| longest.get(&n).map_or(0, |(length, _)| *length);
    let candidates = asked.snapshot.relations().filter(|n| wanted(asked, &filter, *n));
    let at = asked.place() + &filter.said();
    let Some(node) = candidates.min_by_key(|&n| (std::cmp::Reverse(length(n)), n)).filter(|&n| length(n) > 0) else {
        return finding.say(format!("Nothing {at} is made from anything else."));
    };
    let hop_before = |n: &NodeIx| longest.get(n).and_then(|(_, edge)| *edge);
    let edges: Vec<EdgeIx> = std::iter::successors(hop_before(&node), |&e| hop_before(&graph.edge(e).to)).collect();
    let mut way: Vec<NodeIx> = std::iter::once(node).chain(edges.iter().map(|&e| graph.edge(e).to)).collect();
    way.reverse();
    let at = if at == "here" { String::new() } else { format!(" {at}") };
    finding.say(format!(
        "The longest lineage{at} is that of {}: **{} hop{}** back to {}.",
        finding.described(node),
        edges.len(),
        if edges.len() == 1 { "" } else { "s" },
        finding.described(way[0])
    ));
    finding.cite(node);
    finding.cite(way[0]);
    finding.say(way.iter().map(|&n| finding.name(n)).collect::<Vec<_>>().join(" → "));
    edges.iter().for_each(|&e| finding.cite_edge(e));
    finding.paths.push(Path { nodes: way, edges: edges.into_iter().rev().collect() });
    if !asked.snapshot.report().cycles.is_empty() {
        finding.warn("There are circular dependencies: a way back does not go round in them.".into());
    }
    finding.next(format!("What feeds {}?", finding.name(node)));
}

pub(super) fn wanted(asked: &Asked, filter: &Filter, node: NodeIx) -> bool {
    let kind = asked.graph().node(node).kind;
    // "Which tables are unused?" means views as well; each is listed with its kind.
    let fits = asked.kinds.iter().all(|k| *k == Kind::File)
        || asked.kinds.contains(&kind)
        || asked.kinds.contains(&Kind::Table) && kind.is_relation();
    fits && asked.may_list(node) && filter.keeps(asked.graph(), node)
}

fn relations_have(n: usize) -> String {
    if n == 1 { "1 relation has".into() } else { format!("{n} relations have") }
}
