//! What a house keeps rules about: layers, owners, personal data. None of it is declared in SQL, so every answer says what it went by.

use super::finding::{Finding, Row};
use super::{Asked, MAX_LISTED, SEARCH_CONFIDENCE, flow};
use crate::chat::evidence::text_of;
use crate::graph::walk::{Direction, Level, Limits, walk};
use crate::graph::{EdgeIx, Node, NodeIx};
use crate::ingest::memo::Naming;
use crate::lineage::{Kind, Relation};
use crate::search::Chunk;
use crate::search::tokens::words;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// What layers are called, nearest to the source first: a schema of that name, or the first part of a relation's.
const LAYERS: &[(&str, &[&str])] = &[
    ("raw", &["raw", "landing", "land", "source", "sources", "src", "bronze", "ods"]),
    ("staging", &["staging", "stage", "stg", "silver", "intermediate", "int", "cleaned", "clean", "cleansed", "core"]),
    (
        "consumption",
        &[
            "consumption",
            "presentation",
            "reporting",
            "report",
            "reports",
            "rpt",
            "mart",
            "marts",
            "gold",
            "analytics",
            "serving",
            "bi",
            "dim",
            "fct",
        ],
    ),
];
/// Lines at the head of a file in which an owner may be named.
const HEAD_LINES: u32 = 20;
/// What a file that says who owns which files is called, with the endings that text is uploaded under.
const CODEOWNERS: &[&str] = &["CODEOWNERS", "CODEOWNERS.md", "CODEOWNERS.txt"];
/// Parts of names that say a column holds personal data by itself.
const PERSONAL: &[&str] = &[
    "email",
    "mail",
    "phone",
    "mobile",
    "fax",
    "ssn",
    "passport",
    "birth",
    "birthday",
    "birthdate",
    "dob",
    "address",
    "street",
    "postcode",
    "zip",
    "iban",
    "surname",
    "lastname",
    "firstname",
    "fullname",
    "gender",
    "salary",
    "nationality",
];
/// What makes a `name` a person's.
const PERSONS: &[&str] = &["first", "last", "full", "middle", "maiden", "customer", "employee", "patient", "person", "user", "contact"];
/// What a comment calls personal data.
const COMMENTED: &[&str] = &["pii", "gdpr", "personal", "sensitive", "confidential"];

/// "Which consumption-layer tables read raw tables directly?"
pub(super) fn layer_rule(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    let named: Vec<Layer> = layers_named(asked);
    // Without two layers named, the rule is that nothing after staging reads what comes before it.
    let layer = |i: usize, default: usize| named.get(i).cloned().unwrap_or_else(|| Layer::known(default));
    // "What bypasses core and reads land?": the one that is left is what is read.
    let is_read = |layer: &Layer| {
        let query = asked.question.query.to_lowercase();
        let words: Vec<&str> = query.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let read = |word: &str| matches!(word, "read" | "reads" | "reading" | "use" | "uses" | "using" | "query" | "queries" | "from");
        words.windows(2).any(|pair| read(pair[0]) && layer.words.iter().any(|word| word == pair[1]))
    };
    let (reader, source) = if named.len() == 1 && (named[0].words.contains(&"raw".to_owned()) || is_read(&named[0])) {
        (Layer::known(2), named[0].clone())
    } else {
        (layer(0, 2), layer(1, 0))
    };
    let of = |layer: &Layer| -> Vec<NodeIx> {
        let namings = asked.snapshot.namings().iter().filter(|naming| layer.holds(naming));
        namings.flat_map(|naming| &naming.relations).copied().collect()
    };
    let (of_reader, of_source) = (of(&reader), HashSet::<NodeIx>::from_iter(of(&source)));
    let breaks = |e: &EdgeIx| graph.edge(*e).relation == Relation::Derives && of_source.contains(&graph.edge(*e).to);
    let inside = of_reader.iter().filter(|ix| asked.in_scope(**ix));
    let mut edges: Vec<EdgeIx> = inside.flat_map(|ix| graph.outgoing(*ix)).filter(breaks).collect();
    edges.sort_unstable();
    let (readers, sources) = (of_reader.len(), of_source.len());
    finding.warn(format!(
        "Layers are told by names: {} by {}, {} by {}.",
        reader.name,
        reader.words.join("/"),
        source.name,
        source.words.join("/")
    ));
    if readers == 0 || sources == 0 {
        return finding.say(format!(
            "Here {readers} relations are of the {} layer and {sources} of the {} layer by their names: there is no rule to check.",
            reader.name, source.name
        ));
    }
    if edges.is_empty() {
        finding.say(format!("No relation of the {} layer reads one of the {} layer directly.", reader.name, source.name));
    } else {
        let s = if edges.len() == 1 { "1 direct read".to_owned() } else { format!("{} direct reads", edges.len()) };
        finding.say(format!("**{s}** of the {} layer by the {} layer:", source.name, reader.name));
    }
    for &edge in edges.iter().take(MAX_LISTED) {
        let (reader, read) = (graph.edge(edge).from, graph.edge(edge).to);
        finding.put(Row::named(reader).after(format!(" reads {}", finding.name(read))).via(edge));
    }
    finding.more(edges.len(), MAX_LISTED);
    flow::caveats(asked, finding);
    if let Some(&edge) = edges.first() {
        finding.next(format!("What feeds {}?", finding.name(graph.edge(edge).from)));
    }
    finding.next("Which tables have no known source?".into());
}

#[derive(Clone)]
struct Layer {
    name: String,
    /// Lower-case.
    words: Vec<String>,
}

impl Layer {
    fn known(at: usize) -> Layer {
        let (name, words) = LAYERS[at];
        Layer { name: name.to_owned(), words: words.iter().map(|&w| w.to_owned()).collect() }
    }

    fn holds(&self, naming: &Naming) -> bool {
        let is = |word: &str| self.words.iter().any(|w| word.eq_ignore_ascii_case(w));
        let prefix = naming.first.as_deref().is_some_and(is);
        match naming.schema.as_deref() {
            // A schema that is a layer says it; `staging.raw_orders` is staged.
            Some(schema) if is(schema) => true,
            Some(schema) if LAYERS.iter().any(|(_, words)| words.iter().any(|w| schema.eq_ignore_ascii_case(w))) => false,
            _ => prefix,
        }
    }
}

/// The layers that the question names, in its order: by a word of [`LAYERS`], or a schema of this project.
fn layers_named(asked: &Asked) -> Vec<Layer> {
    let query = asked.question.query.to_lowercase();
    let mut named: Vec<Layer> = Vec::new();
    for word in query.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let schema = asked.snapshot.schemas().get(word) == Some(&true);
        let layer = match LAYERS.iter().position(|(_, words)| words.contains(&word)) {
            _ if schema => Layer { name: word.to_owned(), words: vec![word.to_owned()] },
            Some(at) if word != "report" && word != "reports" || named.is_empty() => Layer::known(at),
            _ => continue,
        };
        if !named.iter().any(|l| l.name == layer.name) {
            named.push(layer);
        }
    }
    // "Do marts skip staging?" is about what lies before it.
    if ["skip", "bypass", " outside ", " without ", " except "].iter().any(|word| query.contains(word)) {
        named.retain(|l| !LAYERS[1].1.contains(&l.name.as_str()));
    }
    // "Are raw tables read by marts?"
    if query.contains(" by ") && named.len() > 1 {
        named.swap(0, 1);
    }
    named
}

/// "Who owns X?"
pub(super) fn owner(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    let whole = graph.relation_of(node).unwrap_or(node);
    finding.cite(node);
    let described = finding.described(node);
    let mut said: Vec<String> = Vec::new();
    for ix in [node, whole] {
        let properties = &graph.node(ix).properties;
        said.extend(properties.get("owner").and_then(|o| o.as_str()).map(|o| format!("`{o}`, by its property `owner`")));
        said.extend(graph.node(ix).comment.as_deref().and_then(tagged).map(|o| format!("`{o}`, by its comment")));
    }
    let mut places: Vec<&str> = Vec::new();
    let files = CODEOWNERS.iter().flat_map(|name| graph.resolve(name)).filter(|ix| graph.kind(*ix) == Kind::File);
    let files: BTreeSet<&str> = files.flat_map(|ix| &graph.node(ix).defined).map(|at| &*at.file_id).collect();
    let codeowners: Vec<&Arc<Chunk>> = files.into_iter().flat_map(|id| asked.snapshot.passages_of(id)).collect();
    for evidence in &graph.node(whole).defined {
        let Some(file) = asked.snapshot.files.get(&*evidence.file_id) else { continue };
        places.push(&file.path);
        said.extend(
            text_of(asked.snapshot, evidence)
                .as_deref()
                .and_then(tagged)
                .map(|o| format!("`{o}`, by its definition at {}:{}", file.path, evidence.line)),
        );
        let head = asked.snapshot.passages_of(&file.id).iter().filter(|c| c.line <= HEAD_LINES);
        said.extend(
            head.filter_map(|c| tagged(&comments(c.text.lines().take(HEAD_LINES as usize))))
                .take(1)
                .map(|o| format!("`{o}`, by the head of {}", file.path)),
        );
        let mut owners = codeowners.iter().filter_map(|c| code_owner(&c.text, &file.path));
        said.extend(owners.next_back().map(|o| format!("`{o}`, by CODEOWNERS of {}", file.path)));
    }
    said.dedup();
    if said.is_empty() {
        finding.say(format!("The owner of {described} is unknown: no comment or file here names one (`owner: …`), nor a CODEOWNERS file."));
        if let Some(path) = places.first() {
            let folder = path.rsplit_once('/').map_or("the top folder".to_owned(), |(folder, _)| format!("folder `{folder}`"));
            finding.say(format!("It is defined in `{path}`, in {folder}."));
        }
    } else {
        finding.say(format!("{described} is owned by:"));
        said.iter().take(MAX_LISTED).for_each(|s| finding.put(Row::text(s)));
    }
    finding.next(format!("Where is {} defined?", finding.name(whole)));
    finding.next(format!("When was {} last ingested?", finding.name(whole)));
}

/// Those of the lines that are comments, of SQL or of Python: what a `COMMENT ON` says is of its own object.
fn comments<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    const BLOCKS: &[(&str, &str)] = &[("/*", "*/"), ("\"\"\"", "\"\"\""), ("'''", "'''")];
    let mut until: Option<&str> = None;
    let is_comment = |line: &&str| {
        let line = line.trim_start();
        let opened = BLOCKS.iter().find(|(begin, _)| until.is_none() && line.starts_with(begin));
        let comment = until.is_some() || opened.is_some() || ["--", "#", "//"].iter().any(|mark| line.starts_with(mark));
        let (end, rest) = opened.map_or((until, line), |(begin, end)| (Some(*end), &line[begin.len()..]));
        until = end.filter(|end| !rest.contains(end));
        comment
    };
    lines.filter(is_comment).collect::<Vec<_>>().join("\n")
}

/// What follows `owner:` (or `owner =`, `@owner`) on its line.
fn tagged(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        // Lower case of ASCII only: places in it are places in the line.
        let at = line.to_ascii_lowercase().find("owner")?;
        let rest = line.get(at + "owner".len()..)?;
        let tag = line[..at].ends_with('@') && rest.starts_with(' ');
        let value = if tag { Some(rest) } else { rest.trim_start().strip_prefix([':', '=']) }?;
        let value = value.trim().trim_matches(|c: char| "'\"`;*/".contains(c)).trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// Whom the last line of a CODEOWNERS text that fits `path` names.
fn code_owner(text: &str, path: &str) -> Option<String> {
    let fits = |pattern: &str| {
        let folder = pattern.trim_start_matches('/');
        match pattern.strip_prefix("*.") {
            Some(extension) => path.rsplit_once('.').is_some_and(|(_, e)| e == extension),
            None if pattern == "*" => true,
            None if folder.ends_with('/') => path.starts_with(folder) || !pattern.starts_with('/') && path.contains(&format!("/{folder}")),
            None => {
                path == folder
                    || path.starts_with(&format!("{folder}/"))
                    || !pattern.contains('/') && path.rsplit('/').next() == Some(folder)
            }
        }
    };
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let mut rules = lines.filter_map(|l| l.split_once(char::is_whitespace));
    rules.rfind(|(pattern, _)| fits(pattern)).map(|(_, owners)| owners.trim().to_owned())
}

/// "Which PII columns flow into X?"
pub(super) fn sensitive(asked: &Asked, finding: &mut Finding, node: NodeIx) {
    let graph = asked.graph();
    finding.cite(node);
    let described = finding.described(node);
    finding.trust_at_most(SEARCH_CONFIDENCE);
    finding.warn("No tag says which columns are personal: these are told by their names and comments.".into());
    let targets = if graph.kind(node) == Kind::Column { vec![node] } else { graph.columns(node) };
    let limits = Limits { depth: super::DEEP_HOPS, nodes: flow::MAX_WALK };
    let mut flows: BTreeMap<NodeIx, Vec<NodeIx>> = BTreeMap::new();
    for &target in &targets {
        for (source, hops) in walk(graph, target, Direction::Upstream, Level::Column, limits).nodes {
            if hops > 0 && is_personal(graph.node(source)) {
                flows.entry(source).or_default().push(target);
            }
        }
    }
    let own: Vec<NodeIx> = targets.iter().copied().filter(|&t| is_personal(graph.node(t))).collect();
    if flows.is_empty() {
        finding.say(format!("No column that looks personal flows into {described}."));
    } else {
        let n = if flows.len() == 1 {
            "1 column that looks personal flows".to_owned()
        } else {
            format!("{} columns that look personal flow", flows.len())
        };
        finding.say(format!("**{n}** into {described}:"));
    }
    for (&source, targets) in flows.iter().take(MAX_LISTED) {
        let paths: Vec<_> =
            targets.iter().filter_map(|&t| crate::graph::path::shortest_paths(graph, source, t, 1).0.into_iter().next()).collect();
        let ways: Vec<String> =
            paths.iter().map(|p| p.nodes[1..].iter().map(|&n| finding.name(n)).collect::<Vec<_>>().join(" → ")).collect();
        finding.put(Row::of(source).after(format!(" → {}", ways.join("; → "))));
        paths.iter().flat_map(|p| &p.edges).for_each(|&e| finding.cite_edge(e));
    }
    finding.more(flows.len(), MAX_LISTED);
    if !own.is_empty() {
        finding.list("Of its own columns these look personal:", &own);
    }
    flow::caveats(asked, finding);
    if let Some((&source, _)) = flows.iter().next() {
        finding.next(format!("What depends on {}?", finding.name(source)));
    }
    finding.next(format!("What depends on {}?", finding.name(node)));
}

/// "Is there personal data in marts?": the columns of the schema, or of everything, that look personal.
pub(super) fn personal(asked: &Asked, finding: &mut Finding) {
    let graph = asked.graph();
    finding.trust_at_most(SEARCH_CONFIDENCE);
    finding.warn("No tag says which columns are personal: these are told by their names and comments.".into());
    let personal = asked.snapshot.personal(|n| is_personal(graph.node(n)));
    // "Which tables" means views as well, "which views" no tables.
    let of: Vec<Kind> = asked.kinds.iter().copied().filter(|k| k.is_relation()).collect();
    let of_kind = |n: NodeIx| {
        of.is_empty() || of.contains(&Kind::Table) || graph.relation_of(n).is_some_and(|relation| of.contains(&graph.kind(relation)))
    };
    let found: Vec<NodeIx> = personal.iter().copied().filter(|&n| asked.in_schema(n) && asked.in_scope(n) && of_kind(n)).collect();
    let place = match &asked.reading.schema {
        Some(schema) if asked.reading.outside => format!("outside schema `{schema}`"),
        Some(schema) => format!("in schema `{schema}`"),
        None => "here".to_owned(),
    };
    match found.len() {
        0 => return finding.say(format!("No column {place} looks personal.")),
        1 => finding.list(format!("**1 column** {place} looks personal:"), &found),
        n => finding.list(format!("**{n} columns** {place} look personal:"), &found),
    }
    finding.next(format!("What depends on {}?", finding.name(found[0])));
}

fn is_personal(node: &Node) -> bool {
    let parts = words(node.label());
    let has = |list: &[&str]| parts.iter().any(|p| list.contains(&p.as_str()));
    // "Customer e-mail address"; an address alone may be one of a server.
    let says = |word: &str| COMMENTED.contains(&word) || PERSONAL.contains(&word) && word != "address";
    let commented = node.kind == Kind::Column && node.comment.as_ref().is_some_and(|c| words(c).iter().any(|w| says(w)));
    has(PERSONAL) || has(&["name", "names"]) && has(PERSONS) || commented
}

#[cfg(test)]
mod tests {
    use super::{code_owner, tagged};

    #[test]
    fn an_owner_is_what_a_tag_says() {
        for (text, owner) in [
            ("-- Owner: team-orders", Some("team-orders")),
            ("/* @owner finance */", Some("finance")),
            ("owner = 'data'", Some("data")),
            ("the owner of the shop", None),
            ("owner:", None),
            ("-- \u{130}\u{130}\u{130}\u{130}\u{130}owner\u{e9}\u{e9}", None),
        ] {
            assert_eq!(tagged(text).as_deref(), owner, "{text}");
        }
    }

    #[test]
    fn the_last_line_of_codeowners_that_fits_counts() {
        let text = "# who\n* @all\n*.py @jobs\n/marts/ @finance @bi\nraw.sql @shop\n";
        for (path, owner) in [("a/b.sql", "@all"), ("etl/x.py", "@jobs"), ("marts/x.sql", "@finance @bi"), ("deep/raw.sql", "@shop")] {
            assert_eq!(code_owner(text, path).as_deref(), Some(owner), "{path}");
        }
    }
}
