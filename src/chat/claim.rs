//! What a model says, held against the evidence: names, numbers of sources, and what flows from where to where.

use super::{Answer, Question};
use crate::graph::walk::{Direction, Level, Limits, MAX_NODES, walk};
use crate::graph::{Graph, NodeIx};
use crate::lineage::Kind;
use crate::search::tokens::is_stop_word;

/// Longest text between two names that is read as what connects them: a verb, an article, a kind.
const MAX_GAP: usize = 48;
/// Hops within which a claimed connection is looked for: deeper than any answer shows.
const MAX_HOPS: u32 = 64;
/// Longest name that is looked at: what is longer is no name.
const MAX_NAME: usize = 200;
/// Most claims of one answer that are looked at: each is a walk.
const MAX_CLAIMS: usize = 50;
/// Most claims, and most names, that a warning lists.
const MAX_LISTED: usize = 5;

/// What connects two names, and whether data flows from the first to the second. The first that fits counts, so passives come first.
const CONNECTIONS: &[(&str, bool)] = &[
    ("fed by", false),
    ("read by", true),
    ("used by", true),
    ("consumed by", true),
    ("queried by", true),
    ("called by", true),
    ("populated by", false),
    ("written by", false),
    ("written to by", false),
    ("updated by", false),
    ("loaded by", false),
    ("filled by", false),
    ("produced by", false),
    ("populated from", false),
    ("loaded from", false),
    ("filled from", false),
    ("built from", false),
    ("built on", false),
    ("based on", false),
    ("made from", false),
    ("made of", false),
    ("computed from", false),
    ("calculated from", false),
    ("copied from", false),
    ("sourced from", false),
    ("derived from", false),
    ("derives from", false),
    ("comes from", false),
    ("come from", false),
    ("comes out of", false),
    ("out of", false),
    ("reads from", false),
    ("selects from", false),
    ("depends on", false),
    ("depend on", false),
    ("relies on", false),
    ("source of", true),
    ("source for", true),
    ("upstream of", true),
    ("input of", true),
    ("input to", true),
    ("downstream of", false),
    ("consumer of", false),
    ("source is", false),
    ("sources are", false),
    ("flows into", true),
    ("flows to", true),
    ("goes into", true),
    ("goes to", true),
    ("ends up in", true),
    ("lands in", true),
    ("copied to", true),
    ("copied into", true),
    ("contributes to", true),
    ("feeds", true),
    ("feed", true),
    ("populates", true),
    ("loads", true),
    ("fills", true),
    ("updates", true),
    ("writes", true),
    ("inserts into", true),
    ("reads", false),
    ("queries", false),
    ("consumes", false),
    ("uses", false),
    ("calls", false),
    ("→", true),
    ("->", true),
    ("=>", true),
    ("⇒", true),
    ("←", false),
    ("<-", false),
];

/// What the columns of a table of flows are called: whence, and whither.
const GIVERS: &[&str] = &["from", "source", "sources", "upstream", "feeds", "input"];
const TAKERS: &[&str] = &["to", "target", "targets", "downstream", "into", "consumer", "output", "fed"];

/// Words that turn a connection around or leave it open.
const DOUBTS: &[&str] = &["not", "no", "never", "n't", "neither", "nor", "without", "may", "might", "if"];

/// Last parts of dotted words that are no names of tables: Node.js, ASP.NET, example.com.
const ORDINARY_ENDS: &[&str] = &["js", "net", "com", "org"];

/// Warnings of what `text` says and `facts` do not hold: names that stand neither in the evidence nor in the question, numbers of sources
/// that there are not, and connections that no path in the graph bears out.
pub fn unfounded(text: &str, question: &Question, facts: &Answer) -> Vec<String> {
    let mut warnings = Vec::new();
    let text = &plain(text);
    let names = strange_names(text, question, facts);
    if !names.is_empty() {
        let shown: Vec<String> = names.iter().take(MAX_LISTED).map(|n| format!("`{n}`")).collect();
        warnings.push(format!("The answer names what the evidence does not hold: {}. Check before relying on it.", shown.join(", ")));
    }
    if citations(text).any(|n| n == 0 || n > facts.sources.len()) {
        warnings.push(format!("The answer cites sources that do not exist; there are {}.", facts.sources.len()));
    }
    warnings.extend(unfounded_flows(text, facts));
    warnings
}

/// A warning of a text that names something of the evidence, and cites none of it.
pub fn uncited(text: &str, facts: &Answer) -> Option<String> {
    let names = text.lines().any(|line| spans(line).iter().any(|span| span.name.is_some()));
    let uncited = names && !facts.sources.is_empty() && citations(text).next().is_none();
    uncited.then(|| "The answer cites none of its sources: which of them says what is not told.".into())
}

/// The text with its names in one spelling: `"a"."b"`, `[a].[b]` and `a . b` are `a.b`.
fn plain(text: &str) -> String {
    let mut text = text.to_owned();
    for dot in ["\".\"", "].[", "`.`", "**.**", " . "] {
        text = text.replace(dot, ".");
    }
    text
}

fn strange_names<'t>(text: &'t str, question: &Question, facts: &Answer) -> Vec<&'t str> {
    let mut known = format!("{}\n{}\n", question.query, facts.response).to_lowercase();
    for source in &facts.sources {
        for part in [Some(&source.note), source.file_path.as_ref(), source.text.as_ref()].into_iter().flatten() {
            known.push_str(&part.to_lowercase());
            known.push('\n');
        }
    }
    let mut names: Vec<&str> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        // Code defines names of its own, of which only those with a schema are somebody else's.
        let found = spans(line).into_iter().filter_map(|s| s.name).filter(|name| !fenced || name.contains('.'));
        for name in found.filter(|name| !holds(&known, &name.to_lowercase())) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Whether `name` stands in `text` as a whole name, or as the last or first parts of one.
fn holds(text: &str, name: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| is_name_char(c) && c != '.');
    text.match_indices(name).any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + name.len()..].chars().next()))
}

/// The numbers of sources that a text cites: `[1]`, `[1, 2]`, both ends of `[1-3]`, `[^1]`, `【1】`.
fn citations(text: &str) -> impl Iterator<Item = usize> {
    let inside = text.split(['[', '【']).skip(1).filter_map(|rest| Some(rest.split_once([']', '】'])?.0));
    let numbers = |inside: &str| -> Vec<usize> {
        let parts = inside.split([',', ';', '-', '–']).map(|part| part.trim().trim_start_matches('^').parse());
        parts.collect::<Result<_, _>>().unwrap_or_default()
    };
    inside.flat_map(numbers)
}

/// A warning of the connections that `text` states and no path in the graph of `facts` bears out. Names that are not in the graph are
/// another warning's.
fn unfounded_flows(text: &str, facts: &Answer) -> Option<String> {
    let refuted = |(giver, taker): &(&str, &str)| {
        let mut known = facts.graph.iter().filter_map(|part| borne_out(&part.snapshot.graph, giver, taker)).peekable();
        known.peek().is_some() && known.all(|borne_out| !borne_out)
    };
    let mut wrong: Vec<String> = Vec::new();
    for (giver, taker) in claims(text).into_iter().take(MAX_CLAIMS).filter(refuted) {
        let claim = format!("`{giver}` → `{taker}`");
        if !wrong.contains(&claim) {
            wrong.push(claim);
        }
    }
    wrong.truncate(MAX_LISTED);
    let shown = wrong.join(", ");
    (!wrong.is_empty())
        .then(|| format!("The answer says that data flows where the graph has no path: {shown}. Check before relying on it."))
}

/// Whether the graph has a path from `giver` to `taker`; `None` when it does not know one of them. Between columns it is one of columns,
/// where it is known of what the taker is made.
fn borne_out(graph: &Graph, giver: &str, taker: &str) -> Option<bool> {
    let (givers, takers) = (graph.resolve(giver), graph.resolve(taker));
    if givers.is_empty() || takers.is_empty() {
        return None;
    }
    let column = |ix: &NodeIx| graph.kind(*ix) == Kind::Column;
    let limits = Limits { depth: MAX_HOPS, nodes: MAX_NODES };
    let reaches = |from: &[NodeIx], to: &[NodeIx], level: Level| {
        let mut walks = from.iter().map(|ix| walk(graph, *ix, Direction::Downstream, level, limits));
        walks.any(|walk| walk.truncated || walk.nodes.iter().any(|(ix, _)| to.contains(ix)))
    };
    if givers.iter().chain(&takers).all(column) && takers.iter().all(|ix| !graph.sources(*ix).is_empty()) {
        return Some(reaches(&givers, &takers, Level::Column));
    }
    let whole = |list: Vec<NodeIx>| -> Vec<NodeIx> { list.into_iter().map(|ix| graph.relation_of(ix).unwrap_or(ix)).collect() };
    Some(reaches(&whole(givers), &whole(takers), Level::Table))
}

/// (giver, taker) of each connection that is stated between two names: in a line, in the rows of a table of flows, by an arrow before a
/// name that stands below another.
fn claims(text: &str) -> Vec<(&str, &str)> {
    let mut claims = Vec::new();
    // Where a table under way has givers and takers; names by how far they are indented.
    let mut table: Option<(usize, usize)> = None;
    let mut above: Vec<(usize, &str)> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with('|') {
            let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            let headed = |words: &[&str]| cells.iter().position(|cell| words.contains(&cell.trim_matches('*').to_lowercase().as_str()));
            match table {
                None => table = headed(GIVERS).zip(headed(TAKERS)),
                Some((from, to)) => {
                    let name = |at: usize| spans(cells.get(at)?).into_iter().find_map(|span| span.name);
                    claims.extend(name(from).zip(name(to)));
                }
            }
            continue;
        }
        table = None;
        let body = line.trim_start_matches(|c: char| c.is_whitespace() || "-*+>│├└─|".contains(c) && !line.trim_start().starts_with("->"));
        let indent = line.len() - body.len();
        above.retain(|(of_it, _)| *of_it < indent);
        let first = spans(body).into_iter().find_map(|span| Some((span.start, span.name?)));
        if let Some((start, name)) = first {
            let arrow = CONNECTIONS.iter().find(|(sign, _)| *sign == body[..start].trim() && !sign.contains(char::is_alphabetic));
            if let (Some((_, forth)), Some((_, other))) = (arrow, above.last()) {
                claims.push(if *forth { (*other, name) } else { (name, *other) });
            }
            above.push((indent, name));
        }
        in_line(line, &mut claims);
    }
    claims
}

/// Adds what one line states between two names.
fn in_line<'a>(line: &'a str, claims: &mut Vec<(&'a str, &'a str)>) {
    let mut said: Option<(&str, bool)> = None;
    for pair in spans(line).windows(2) {
        let gap = &line[pair[0].end..pair[1].start];
        let (Some(name), Some(next)) = (pair[0].name, pair[1].name) else {
            said = None;
            continue;
        };
        if gap.len() > MAX_GAP || gap.contains(['.', ';', ':', '?']) {
            said = None;
            continue;
        }
        let gap = gap.to_lowercase();
        let words = || gap.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
        if !words().all(|word| word == "and") {
            let doubtful = words().any(|word| DOUBTS.iter().any(|doubt| word == *doubt || (*doubt == "n't" && word.ends_with(doubt))));
            let connection = CONNECTIONS.iter().find(|(words, _)| says(&gap, words)).filter(|_| !doubtful);
            said = connection.map(|(_, forth)| (name, *forth));
        }
        // "a feeds b and c": both.
        if let Some((subject, forth)) = said {
            claims.push(if forth { (subject, next) } else { (next, subject) });
        }
    }
}

/// Whether `words` stand in `text` as whole words: what spreads reads nothing.
fn says(text: &str, words: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let spelt = letter(words.chars().next_back());
    let alone = |at: usize| !letter(text[..at].chars().next_back()) && !letter(text[at + words.len()..].chars().next());
    text.match_indices(words).any(|(at, _)| !spelt || alone(at))
}

/// A part of a line that is a name, or code that is none; from its first byte to the one after its last, backticks included.
struct Span<'a> {
    start: usize,
    end: usize,
    name: Option<&'a str>,
}

/// What a line has in backticks, and bare words that look like names.
fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut at = 0;
    let mut parts = line.split('`').peekable();
    while let Some(part) = parts.next() {
        bare_names(part, at, &mut spans);
        at += part.len() + 1;
        // A lone backtick quotes nothing.
        let Some(code) = parts.next() else { break };
        if parts.peek().is_none() {
            bare_names(code, at, &mut spans);
            break;
        }
        let is_name = (1..MAX_NAME).contains(&code.len()) && code.chars().all(is_name_char);
        spans.push(Span { start: at - 1, end: at + code.len() + 1, name: is_name.then_some(code) });
        at += code.len() + 1;
    }
    spans
}

/// Adds the bare words of `text` that look like names, which begins at byte `at` of its line.
fn bare_names<'a>(text: &'a str, at: usize, spans: &mut Vec<Span<'a>>) {
    let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    // Addresses are full of dots and underscores.
    for word in text.split_whitespace().filter(|word| !word.contains("://") && !word.contains('@')) {
        for name in word.split(|c: char| !is_name_char(c)).map(|t| t.trim_matches(['.', '_'])).filter(|t| looks_like_name(t)) {
            let start = at + place(name);
            spans.push(Span { start, end: start + name.len(), name: Some(name) });
        }
    }
}

/// `schema.table` or `snake_case`, of words of several letters. Not a sentence that begins without a space after the one before.
fn looks_like_name(text: &str) -> bool {
    let is_word = |part: &str| part.len() > 1 && part.contains(char::is_alphabetic);
    let mut parts = text.split('.');
    let last = parts.next_back().unwrap_or("");
    if text.contains('.') {
        let ordinary = last.to_lowercase();
        return is_word(last) && parts.all(is_word) && !ORDINARY_ENDS.contains(&&*ordinary) && !is_stop_word(&ordinary);
    }
    text.contains('_') && text.len() < MAX_NAME && is_word(text) && text.split('_').any(|part| part.len() > 1)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '#')
}

#[cfg(test)]
mod tests {
    use super::{claims, unfounded};
    use crate::chat::{Answer, Mode, Question, Source};

    fn question(query: &str) -> Question {
        Question {
            mode: Mode::Deep,
            query: query.into(),
            project_id: None,
            repository_id: None,
            history: Vec::new(),
            top_k: None,
            model: None,
            client: String::new(),
            stream: false,
        }
    }

    #[test]
    fn names_and_numbers_out_of_thin_air_are_warned_of_and_ordinary_words_are_not() {
        let text = "SELECT o.order_id, o.amount FROM sales.orders AS o";
        let source = Source {
            r#type: "chunk".into(),
            id: "urn:headwater:p:chunk:f:0".into(),
            note: "view mart.daily, defined in 2 places".into(),
            file_path: Some("etl/03_mart.sql".into()),
            line_start: Some(3),
            line_end: Some(4),
            score: None,
            text: Some(text.into()),
            metadata: serde_json::Map::new(),
        };
        let facts = Answer { response: "`sales.orders` feeds `mart.daily`".into(), sources: vec![source], ..Answer::empty() };
        for (text, strange) in [
            ("`Sales.Orders` feeds mart.daily [1].", &[][..]),
            ("sales.orders has the column order_id.", &[]),
            ("It is in etl/03_mart.sql, line 3.", &[]),
            ("See 03_mart.sql [1].", &[]),
            ("SALES.ORDERS.order_id is copied.", &["SALES.ORDERS.order_id"]),
            ("mart.daily_revenue is what you asked for.", &[]),
            ("That is 3.5 times e.g. more, i.e. a lot.", &[]),
            ("Version 2.10.1 of v1.2 came out at 8.30 a.m. on 1.5.2024.", &[]),
            ("Use Node.js, ASP.NET or see example.com and www.example.org.", &[]),
            ("Docs: https://example.io/a_b/c_d.html or mail first_last@mail.example.io.", &[]),
            ("An up-to-date, read-only, well-known answer.", &[]),
            ("This is _really_ important, __init__ or not.", &[]),
            ("It ends here.The rest goes on.", &[]),
            ("and/or, either/or, 24/7, c/o.", &[]),
            ("Costs of $5.00 or 1_000 are no names.", &[]),
            ("The answer... is unknown.", &[]),
            ("The orders feed the daily mart.", &[]),
            ("Orders, customers and products: three tables.", &[]),
            ("`SUM(amount)` is computed, `a + b` too.", &[]),
            ("```sql\nWITH paid_orders AS (SELECT 1) SELECT 1 FROM sales.orders\n```", &[]),
            ("```sql\nSELECT 1 FROM sales.refunds\n```", &["sales.refunds"]),
            ("`sales.customers` feeds mart.daily [1].", &["sales.customers"]),
            ("sales.customers feeds mart.daily [1].", &["sales.customers"]),
            ("It reads hr.people.", &["hr.people"]),
            ("It reads **hr.people**, (hr.teams) and \"hr.roles\"!", &["hr.people", "hr.teams", "hr.roles"]),
            ("The column customer_id is the key.", &["customer_id"]),
            ("The column `customer` is the key.", &["customer"]),
            ("fct_orders is built from it.", &["fct_orders"]),
            ("Written by etl/04_loads.sql.", &["04_loads.sql"]),
            ("`sales.order` is short of a letter.", &["sales.order"]),
            ("`ales.orders` as well.", &["ales.orders"]),
            ("`les.ord` is only part of one.", &["les.ord"]),
            ("Its [1] evidence stands in `03_mart.sql`.", &[]),
            ("hr.people and hr.people again.", &["hr.people"]),
            ("schéma.größe is one too.", &["schéma.größe"]),
            ("`` is nothing, and a lone ` neither; nor `", &[]),
            ("What about mart.daily?", &[]),
            ("the x_ and _y of it", &[]),
            ("a_b is too short to be told from a formula", &[]),
            ("", &[]),
        ] {
            let found = super::strange_names(text, &question("what about mart.daily_revenue?"), &facts);
            assert_eq!(found, strange, "{text}");
        }
        let warnings = |text: &str| unfounded(text, &question("what?"), &facts).len();
        for (text, said) in [
            ("\"hr\".\"people\" has it [1].", "`hr.people`"),
            ("[hr].[people] has it [1].", "`hr.people`"),
            ("`hr . people` has it [1].", "`hr.people`"),
            ("All of it [1, 99].", "there are 1"),
            ("All of it [1-99].", "there are 1"),
            ("All of it [^99].", "there are 1"),
            ("All of it 【99】.", "there are 1"),
        ] {
            let said_so = unfounded(text, &question("what?"), &facts);
            assert!(said_so.len() == 1 && said_so[0].contains(said), "{text}: {said_so:?}");
        }
        let uncited = |text: &str| super::uncited(text, &facts).is_some();
        assert_eq!(
            [uncited("sales.orders feeds it."), uncited("sales.orders feeds it [1]."), uncited("I do not know.")],
            [true, false, false]
        );
        assert_eq!([warnings("It reads hr.people [7]."), warnings("All of it [1]."), warnings("Some [0].")], [2, 0, 1]);
    }

    #[test]
    fn between_columns_there_must_be_a_path_of_columns() {
        let graph = crate::graph::fixture::graph("table raw.orders(status, total)\n view mart.daily = total:raw.orders.total");
        for (giver, taker, borne_out) in [
            ("raw.orders.total", "mart.daily.total", Some(true)),
            ("raw.orders.status", "mart.daily.total", Some(false)),
            ("mart.daily.total", "raw.orders.total", Some(false)),
            ("mart.daily", "raw.orders", Some(false)),
            ("raw.orders.total", "mart.weekly", None),
        ] {
            assert_eq!(super::borne_out(&graph, giver, taker), borne_out, "{giver} → {taker}");
        }
    }

    #[test]
    fn connections_are_read_from_plain_sentences_and_only_from_those() {
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("`a` feeds `b`.", &[("a", "b")]),
            ("The view `a` is fed by the table `b`, `c`, and `d` [1].", &[("b", "a"), ("c", "a"), ("d", "a")]),
            ("- `a` → `b` → `c`", &[("a", "b"), ("b", "c")]),
            ("`a` is read by `b`; `c` reads `d`.", &[("a", "b"), ("d", "c")]),
            ("`a` does not feed `b`, and `c` doesn't depend on `d`; `e` may be fed by `f`.", &[]),
            ("`a` and `b` have the column `c`. `d` is a table: `e` feeds on it.", &[]),
            ("`a` feeds `b` where `SUM(x)`", &[("a", "b")]),
            ("`a` feeds", &[]),
            (
                "raw.orders feeds mart.daily, and mart.daily is derived from raw.items.",
                &[("raw.orders", "mart.daily"), ("raw.orders", "mart.daily"), ("raw.items", "mart.daily")],
            ),
            ("stg_orders → `fct_orders` -> **dim_dates**", &[("stg_orders", "fct_orders"), ("fct_orders", "dim_dates")]),
            ("raw.orders does not feed mart.daily. raw.items might feed it", &[]),
            ("`a` spreads `b`, and `c` newsfeeds `d`; `e` proofreads `f`, `g` re-reads `h`.", &[]),
            ("`a` **feeds** `b`; `c` (reads) `d`", &[("a", "b"), ("d", "c")]),
            ("`a`→`b`", &[("a", "b")]),
            ("Orders feeds the mart", &[]),
            ("`a` is the source of `b`; `c` goes into `d`; `e` is upstream of `f`", &[("a", "b"), ("c", "d"), ("e", "f")]),
            ("`a` is downstream of `b`; `c` is written by `d`; `e` pulls its rows out of `f`", &[("b", "a"), ("d", "c"), ("f", "e")]),
            ("`a` => `b`", &[("a", "b")]),
            (
                "| From | To |\n|---|---|\n| `a` | the table `b` |\n| raw.orders | `e` |\n\n| `f` | `g` |",
                &[("a", "b"), ("raw.orders", "e")],
            ),
            ("| name | rows |\n|---|---|\n| `a` | `b` |", &[]),
            (
                "raw.orders\n  ← marts.fct_orders\n    ← `b`\n  → `c`",
                &[("marts.fct_orders", "raw.orders"), ("b", "marts.fct_orders"), ("raw.orders", "c")],
            ),
            ("- `a`\n  - `b`\n- -> `c`", &[]),
            ("a lone ` and nothing", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(claims(text), *expected, "{text}");
        }
    }
}
