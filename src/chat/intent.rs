//! From a question to an intent, by rules in one table.
//!
//! The question comes masked: lower-case words, every name of an asset replaced by `#`, so that a table called `impact` asks for nothing.
//! A phrase of the table is words in order: `a|b` is either word, `stem~` any word that begins so, `*` any number of words (none, too).
//! A phrase matches anywhere in the question. The first rule that matches wins, so the narrow ones stand first.

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Which assets there are, of a kind, a schema, a file.
    Inventory,
    /// How many.
    Count,
    /// The columns of a relation.
    Columns,
    /// The text that defines an asset.
    Definition,
    /// Where an asset is defined.
    DefinedIn,
    /// Columns by name or pattern, and the tables that have them.
    ColumnsMatching,
    /// Columns by type.
    ColumnsByType,
    /// Assets that have to do with a topic: search.
    Topic,
    /// Where data comes from.
    Upstream,
    /// The first sources.
    RootsOf,
    /// Who uses it.
    Downstream,
    /// Both ways.
    Lineage,
    /// What a change breaks.
    Impact,
    /// How data gets from one to another.
    Path,
    /// Whether two are connected.
    Connected,
    /// What two have in common.
    Common,
    /// Why an edge is there.
    Evidence,
    /// Foreign keys and joins.
    Joins,
    /// What a routine reads and writes.
    ReadsWrites,
    /// Which routines use a relation.
    UsedBy,
    /// Who calls, and what is called.
    Calls,
    /// How a column is computed.
    Expression,
    /// What writes a relation.
    Producers,
    /// Relations nobody reads.
    Unused,
    /// Columns nobody reads.
    UnusedColumns,
    /// Relations without a known source.
    Roots,
    /// Circular dependencies.
    Cycles,
    /// Names mentioned and never defined.
    Dangling,
    /// What could not be read.
    Coverage,
    /// The most referenced.
    MostReferenced,
    /// The longest chain.
    Deepest,
    /// One asset, or the project, in short.
    Summary,
    /// When it was last ingested.
    Freshness,
    /// None of these: the best passages and assets.
    Search,
}

impl Intent {
    /// Whether it is about assets named in the question (or before).
    pub fn needs_name(self) -> bool {
        !matches!(
            self,
            Intent::Inventory
                | Intent::Count
                | Intent::ColumnsMatching
                | Intent::ColumnsByType
                | Intent::Topic
                | Intent::Unused
                | Intent::UnusedColumns
                | Intent::Roots
                | Intent::Cycles
                | Intent::Dangling
                | Intent::Coverage
                | Intent::MostReferenced
                | Intent::Deepest
                | Intent::Summary
                | Intent::Freshness
                | Intent::Search
        )
    }
}

struct Rule {
    intent: Intent,
    /// Names the question must hold for the rule to apply: at least, at most. A follow-up ("and upstream?") may hold none.
    names: (usize, usize),
    phrases: &'static [&'static str],
}

const ANY: usize = usize::MAX;

const fn rule(intent: Intent, names: (usize, usize), phrases: &'static [&'static str]) -> Rule {
    Rule { intent, names, phrases }
}

const RULES: &[Rule] = &[
    rule(Intent::Deepest, (0, ANY), &["deepest|longest"]),
    rule(
        Intent::MostReferenced,
        (0, 0),
        &[
            "most|heavily|highly * reference~|used|read|important|critical|central|connected|popular|consumed|queried",
            "top * tables|views|assets|objects",
            "biggest|largest * hub~|fan~",
            "critical tables|assets",
        ],
    ),
    rule(Intent::Common, (2, ANY), &["in common", "common|shared|share|shares * #", "# and # * share|common"]),
    rule(Intent::Evidence, (1, ANY), &["why * #", "evidence|proof|prove~ * #", "how do|can you know * #"]),
    rule(
        Intent::Connected,
        (2, ANY),
        &[
            "# * connected|linked|related * #",
            "are|is * # and # connected|linked|related",
            "does|do|can|will # * reach|feed|affect|influence|impact|depend * #",
            "any|a|relation|relationship|connection|link between # and #",
        ],
    ),
    rule(
        Intent::Path,
        (2, ANY),
        &[
            "path~|route~|way|chain|hops|steps * # * #",
            "from # * to|into|until|in # ",
            "between # and #",
            "how * # * get|gets|flow~|reach~|end~|arrive~|move~|travel~|become~|feed~|make~|to * #",
            "how|trace|follow * # * to|into #",
            "# to|into #",
        ],
    ),
    rule(
        Intent::UsedBy,
        (1, 1),
        &[
            "procedures|procedure|procs|proc|sprocs|routines|routine|functions|function|triggers|trigger|jobs|job * \
             write~|insert~|update~|delete~|merge~|modif~|truncate~|touch~|use|uses|using|read|reads|reference~|access~|change|changes * #",
            "who|what * write~|writes|insert~|update~|delete~|modif~|truncate~ * to|into|from #",
            "who|what writes|updates|modifies|truncates #",
            "# * written|updated|modified|inserted|deleted * by",
        ],
    ),
    rule(
        Intent::Producers,
        (1, 1),
        &[
            "procedures|procedure|procs|proc|routines|functions|jobs|job|statement~|script~|process~|etl|pipeline~|code|query|queries * \
             produce~|load~|populate~|fill~|create~|build~|generate~|make~|maintain~|refresh~ * #",
            "who|what produces|loads|populates|fills|generates|refreshes|maintains #",
            "producer~|writer~ of|for #",
            "# * produced|loaded|populated|filled|refreshed|generated * by",
            "how is|are # * loaded|populated|filled|refreshed|produced",
        ],
    ),
    rule(
        Intent::Freshness,
        (0, 1),
        &[
            "when was|were|did|is * #",
            "last|latest|recently|most recent * ingest~|update~|change~|load~|refresh~|process~|upload~|run|modified",
            "how fresh|recent|old|stale|current",
            "freshness|staleness",
            "what changed",
        ],
    ),
    rule(
        Intent::Impact,
        (0, 1),
        &[
            "impact~",
            "break|breaks|broken|breaking",
            "blast radius",
            "consequence~",
            "if|when|before|by|to|of|can|could|safely|would|should * \
             drop~|delete|deleting|deleted|remove~|removing|rename~|renaming|change~|changing|alter~|modify~|modified|retire|deprecate~|disappear~ * #",
            "if|when * # * drop~|deleted|remove~|rename~|change~|altered|modified|disappear~|gone",
            "drop~|delet~|remov~|renam~|chang~|alter~ # * what|which|who|safe|happen~|affect~",
            "affect~ * #",
            "# * affect~",
            "what * happens * #",
        ],
    ),
    rule(
        Intent::Calls,
        (1, ANY),
        &[
            "call|calls|called|caller~|callee~|calling|invoke~|invokes|execute~|executes * #",
            "# * call|calls|called|invoke~|execute~",
            "call tree|graph|chain|hierarchy",
        ],
    ),
    rule(
        Intent::Joins,
        (0, ANY),
        &[
            "foreign key~|keys",
            "fk|fks",
            "join|joins|joined|joining",
            "reference~ keys",
            "tables|table reference|references|referencing #",
            "# keys",
            "keys of|in|on|for|does #",
        ],
    ),
    rule(
        Intent::ReadsWrites,
        (1, 1),
        &[
            "read~ * and|or * write~|writes|written",
            "# write~|touch~|modif~|update~|insert~|delete~|access~|change|changes",
            "reads|writes of|in|by #",
            "input~ * output~",
            "tables|views * read|written|used|updated|accessed|touched|modified * by #",
        ],
    ),
    rule(
        Intent::UnusedColumns,
        (0, 1),
        &[
            "columns|column|fields * never|not|unused|no|nobody * used|read|referenced|consumed|uses|reads|downstream",
            "unused|dead|unread columns|fields",
        ],
    ),
    rule(Intent::Cycles, (0, ANY), &["cycle~|cyclic|circular~|loop|loops"]),
    rule(
        Intent::Dangling,
        (0, 0),
        &[
            "dangling|undefined|unresolved|unknown|external",
            "never|not|without|no|missing * defined|definition|definitions",
            "missing tables|views|objects|assets|names|references",
            "referenced|mentioned|used but",
        ],
    ),
    rule(
        Intent::Coverage,
        (0, ANY),
        &[
            "parse~|parsing|unparse~|unparsed",
            "coverage",
            "understood|understand * not|statements|files",
            "not|couldn't|could * understood|read|analysed|analyzed",
            "lineage * missing|incomplete",
            "missing lineage",
            "statements|files * failed|fail",
            "failed|diagnostic~|errors|warnings|problems * file~|statement~|sql|parse~|ingest~|in|there",
            "failed files|statements",
        ],
    ),
    rule(
        Intent::RootsOf,
        (1, 1),
        &[
            "trace * # * back|to|source~|origin~",
            "trace back",
            "root~|raw|ultimate~|original|first|initial * source~|table~|origin~|data * #",
            "# * root~|raw|ultimate~|original * source~|table~|origin~",
            "back to",
        ],
    ),
    rule(
        Intent::Unused,
        (0, 0),
        &[
            "orphan~|unused|unread|unreferenced|dead|leaf|leaves|sink|sinks",
            "no|without|nobody|nothing|noone * consumer~|reader~|depend~|downstream|reads|uses|user~|references",
            "not|never|isn't|aren't * used|read|referenced|consumed|queried",
        ],
    ),
    rule(
        Intent::Roots,
        (0, 0),
        &[
            "no|without|unknown * source~|upstream|producer~|parent~|origin~|inputs",
            "root|roots",
            "raw|source|landing|entry tables|table|views|data|assets",
            "not|never|nothing * fed|loaded|populated|written|feeds|loads|populates",
        ],
    ),
    rule(
        Intent::Expression,
        (0, 1),
        &[
            "how|what * # * calculated|computed|derived|transformed|determined|aggregated|calculation|computation",
            "how|what * calculat~|comput~|transform~ #",
            "formula~|expression~|calculation~|computation~|transformation~",
            "logic of|for|behind|in #",
            "# formula|expression|calculation|logic",
        ],
    ),
    rule(Intent::Downstream, (0, 1), &["where * # used|referenced|consumed|read", "where * it|that|this used|referenced|consumed|read"]),
    rule(
        Intent::DefinedIn,
        (1, ANY),
        &[
            "where * # * defined|created|declared|located|live|lives|definition|stored|found",
            "where * defined|definition|declaration * #",
            "file~|script~|line * define~|create~|declare~|contain~|hold~ * #",
            "file~|script~ * # * defined|created|declared|in",
            "which|what file|files * is #",
            "where is|are # found|located|stored",
            "where is|are #",
            "location of #",
        ],
    ),
    rule(
        Intent::Definition,
        (0, 1),
        &[
            "definition~ of|for|behind",
            "definition|ddl|body|code|sql|source|implementation|script|statement|query of|for|behind|from|that|which * #",
            "# * definition|ddl|body|source code|implementation|sql",
            "ddl|create statement|source code",
            "define #",
            "how is|are|was # * defined|implemented|created|written|declared",
            "# * look like",
            "show|print|display|give * create * #",
            "definition|ddl|body",
        ],
    ),
    rule(
        Intent::Downstream,
        (0, 1),
        &[
            "downstream",
            "depend~ on|upon * #",
            "depend~ on|upon it|that|this|them",
            "dependent~|dependant~|consumer~|user~|reader~|children|descendant~|successor~ of|for|does|on",
            "# * dependent~|dependant~|consumer~|user~|reader~|children|descendant~",
            "use|uses|using|consume~|read|reads|reading|query|queries|reference~|select~|need~|rely|relies * #",
            "is|are|was # * used|consumed|read|referenced|queried|needed",
            "used|uses|consumes|reads it|this|that",
            "derived|built|made|created|computed|calculated|fed|loaded|populated|based|sourced from|by|on|upon|with|using|out * #",
            "flow~|go|goes|sent|come|comes from|out * # * to|where|into",
            "# * flow|flows|go|goes|feed|feeds|populate~|supply|supplies|end",
            "comes out of #",
            "where * # * go|goes|flow|flows",
        ],
    ),
    rule(
        Intent::Upstream,
        (0, 1),
        &[
            "upstream",
            "where * # * come~|originate~|stem~|from|sourced",
            "where * come~|originate~ from",
            "feed|feeds|feeding|fill|fills|populates|supplies|supply * #",
            "feeds|feed it|this|that",
            "flow~|go|goes|come~ into|to|in * #",
            "source|sources|origin~|parent~|input~|provenance|ancestor~|predecessor~|dependency|dependencies of|for|feed~|does|behind|to",
            "# * source|sources|origin~|parent~|input~|provenance|ancestor~|dependencies|derived|built|made|based|loaded|populated|fed|sourced|get|gets|come~",
            "# * depend~|use|uses|read|reads|consume~|reference~|rely|relies|select~|need|needs",
            "made|built|derived|computed from what|which",
        ],
    ),
    rule(
        Intent::Lineage,
        (0, 1),
        &["lineage", "dependency graph|tree", "connections of|to|for", "trace|follow #", "related to #", "neighbo~"],
    ),
    rule(
        Intent::Count,
        (0, ANY),
        &["how many", "number of", "count of|the|all|tables|views|columns|procedures|functions|files", "total number|count"],
    ),
    rule(
        Intent::ColumnsByType,
        (0, 1),
        &[
            "columns|column|fields * type|typed|datatype|types",
            "columns|column|fields * are|is|of|with * json|jsonb|xml|money|date|datetime|timestamp|boolean|integer|int|text|varchar|decimal|numeric|uuid|blob|float",
            "json|jsonb|xml|money|date|datetime|timestamp|boolean|integer|text|varchar|decimal|numeric|uuid|blob|float columns|fields",
        ],
    ),
    rule(
        Intent::ColumnsMatching,
        (0, ANY),
        &[
            "tables|table|views|relations * contain~|have|has|having|with|include~|holding * column~|field~",
            "tables|table|views|relations * have|has|having|with|contain~ * both * and",
            "columns|column|fields|field * named|called|like|match~|containing|contain|contains|starting|ending",
            "columns * with * name|names",
            "where * is|are * column|field",
        ],
    ),
    rule(
        Intent::Columns,
        (0, 1),
        &[
            "columns|column|fields|attributes|schema|structure|layout|types of|in|does|do|for|has|on|from|is|are * #",
            "columns|fields|attributes * #",
            "# * columns|fields|attributes|structure|layout|schema",
            "what|which|its|list|show|the columns|fields|attributes * it|that|this|have|there|table|view",
            "what is|are in #",
            "columns|fields|attributes of|in|does it|this|that",
        ],
    ),
    rule(
        Intent::Topic,
        (0, ANY),
        &[
            "KINDS * hold~|store~|about|related|relevant|concern~|deal~|regarding|describe~|track~|capture~",
            "KINDS * for|with|contain~ * data|information|info|details|records",
            "where * store~|kept|keep|held|find|data",
        ],
    ),
    rule(Intent::DefinedIn, (1, ANY), &["is|are there KINDS #", "is|are there #", "does|do # exist"]),
    // Triggers are asked of what they fire on.
    rule(Intent::Downstream, (1, ANY), &["trigger|triggers * #"]),
    rule(
        Intent::Inventory,
        (0, ANY),
        &["what|which|list|show|all|every|give|display|enumerate|name|get|see|print|find|any|there|exist~|have * KINDS"],
    ),
    rule(
        Intent::Summary,
        (0, ANY),
        &[
            "summar~|overview|describe|explain|details|info|information",
            "tell * about",
            "what is|are|does #",
            "what's #",
            "who is|are #",
            "what|which * data|database|project|warehouse|pipeline * about|do|does|is|contain~|have",
            "about #",
        ],
    ),
    rule(Intent::Inventory, (0, 0), &["KINDS"]),
];

/// Words that name kinds of assets, with the kind's wire name; `KINDS` in a phrase stands for any of them.
const KIND_WORDS: &[(&str, &[crate::lineage::Kind])] = {
    use crate::lineage::Kind as K;
    &[
        ("tables", &[K::Table]),
        ("table", &[K::Table]),
        ("tbls", &[K::Table]),
        ("views", &[K::View, K::MaterializedView]),
        ("view", &[K::View, K::MaterializedView]),
        ("matviews", &[K::MaterializedView]),
        ("materialized", &[K::MaterializedView]),
        ("materialised", &[K::MaterializedView]),
        ("relations", &[K::Table, K::View, K::MaterializedView]),
        ("datasets", &[K::Table, K::View, K::MaterializedView]),
        ("models", &[K::Table, K::View, K::MaterializedView]),
        ("procedures", &[K::Procedure]),
        ("procedure", &[K::Procedure]),
        ("procs", &[K::Procedure]),
        ("proc", &[K::Procedure]),
        ("sprocs", &[K::Procedure]),
        ("functions", &[K::Function]),
        ("function", &[K::Function]),
        ("udfs", &[K::Function]),
        ("routines", &[K::Procedure, K::Function, K::Trigger]),
        ("triggers", &[K::Trigger]),
        ("trigger", &[K::Trigger]),
        ("sequences", &[K::Sequence]),
        ("synonyms", &[K::Synonym]),
        ("columns", &[K::Column]),
        ("fields", &[K::Column]),
        ("files", &[K::File]),
        ("file", &[K::File]),
        ("scripts", &[K::File]),
        ("documents", &[K::File]),
        ("externals", &[K::External]),
        ("schemas", &[]),
        ("objects", &[]),
        ("assets", &[]),
        ("entities", &[]),
        ("everything", &[]),
    ]
};

/// The intent of a masked question that names `names` assets.
pub fn classify(masked: &str, names: usize) -> Intent {
    let words = plain(masked);
    RULES
        .iter()
        // A follow-up leaves the name out: whatever needs one name takes it from before.
        .find(|r| {
            (names >= r.names.0 || names == 0 && r.names.0 == 1) && names <= r.names.1 && r.phrases.iter().any(|p| matches(p, &words))
        })
        .map_or(Intent::Search, |r| r.intent)
}

/// The kinds that the masked question asks for, in the order named, each once; empty when it names none or all.
pub fn kinds(masked: &str) -> Vec<crate::lineage::Kind> {
    use crate::lineage::Kind;
    let mut kinds: Vec<Kind> = Vec::new();
    let words: Vec<&str> = masked.split_whitespace().collect();
    for (i, word) in words.iter().enumerate() {
        // "materialized views" are one kind, "stored procedures" are procedures.
        let narrowed = word.starts_with("view") && i > 0 && words[i - 1].starts_with("materiali");
        // "What does the function # read?" says what # is, and asks for no function.
        let narrowed = narrowed || !word.ends_with('s') && words.get(i + 1) == Some(&"#");
        if let Some((_, named)) = KIND_WORDS.iter().find(|(w, _)| w == word)
            && !narrowed
        {
            kinds.extend(named.iter().filter(|k| !kinds.contains(k)).copied().collect::<Vec<_>>());
        }
    }
    kinds
}

/// Whether `word` means a kind of asset.
pub fn is_kind_word(word: &str) -> bool {
    KIND_WORDS.iter().any(|(w, _)| *w == word)
}

/// Whether `word` stands in a phrase of the table as itself: such a word alone names no asset.
pub fn is_question_word(word: &str) -> bool {
    is_kind_word(word) || RULES.iter().flat_map(|r| r.phrases).flat_map(|p| p.split([' ', '|'])).any(|w| w == word)
}

/// The words without articles, and without the kind that merely introduces a name ("the view #").
fn plain(masked: &str) -> Vec<&str> {
    const ARTICLES: &[&str] = &["the", "a", "an", "my", "our", "please", "exactly", "actually"];
    const INTRODUCING: &[&str] =
        &["table", "view", "column", "field", "procedure", "proc", "function", "trigger", "file", "script", "called", "named"];
    let words: Vec<&str> = masked.split_whitespace().filter(|w| !ARTICLES.contains(w)).collect();
    let introduces = |i: usize| INTRODUCING.contains(&words[i]) && words.get(i + 1) == Some(&"#");
    (0..words.len()).filter(|&i| !introduces(i)).map(|i| words[i]).collect()
}

/// The parts between the `*` stand in order, each as early as it can: what a later place would allow, an earlier one does, too.
fn matches(phrase: &str, words: &[&str]) -> bool {
    let mut rest = words;
    phrase.split('*').all(|part| {
        let part: Vec<&str> = part.split_whitespace().collect();
        let fits = |at: &usize| rest[*at..].len() >= part.len() && part.iter().zip(&rest[*at..]).all(|(e, w)| is_word(e, w));
        let found = (0..=rest.len()).find(fits);
        rest = found.map_or(rest, |at| &rest[at + part.len()..]);
        found.is_some()
    })
}

fn is_word(element: &str, word: &str) -> bool {
    element.split('|').any(|e| match e.strip_suffix('~') {
        Some(stem) => word.starts_with(stem),
        None => e == word || e == "KINDS" && is_kind_word(word),
    })
}

#[cfg(test)]
mod tests {
    use super::{Intent, classify, kinds};
    use crate::lineage::Kind;

    #[test]
    fn every_phrasing_finds_its_intent() {
        let cases: &[(Intent, &[&str])] = &[
            (
                Intent::Inventory,
                &[
                    "what tables are in the database",
                    "list all views",
                    "show me the stored procedures",
                    "which functions exist",
                    "tables",
                    "give me a list of tables in schema sales",
                    "are there any triggers",
                    "what materialized views do we have",
                    "all tables please",
                    "what files were uploaded",
                    "show tables",
                    "what objects are there",
                    "what tables does the database have",
                ],
            ),
            (
                Intent::Definition,
                &[
                    "what is the definition of #",
                    "show the ddl of #",
                    "show me the code of procedure #",
                    "how is view # defined",
                    "give me the source code for #",
                    "# ddl",
                    "show the create statement for #",
                    "what does the sql behind # look like",
                ],
            ),
            (
                Intent::Columns,
                &[
                    "what columns does table # have",
                    "which columns are in #",
                    "list the columns of #",
                    "# columns",
                    "fields of #",
                    "show me the structure of #",
                    "what is the schema of #",
                    "what columns does it have",
                ],
            ),
            (
                Intent::Upstream,
                &[
                    "what feeds #",
                    "where does # come from",
                    "where does the data in # come from",
                    "what are the sources of #",
                    "upstream of #",
                    "what is upstream of #",
                    "what does # depend on",
                    "which tables does view # read from",
                    "what is # built from",
                    "and upstream",
                    "show the upstream lineage of #",
                    "what flows into #",
                    "where does it come from",
                    "which tables feed #",
                ],
            ),
            (
                Intent::Downstream,
                &[
                    "what depends on #",
                    "who uses #",
                    "which views read #",
                    "what is downstream of #",
                    "downstream of #",
                    "which reports use #",
                    "consumers of #",
                    "where is # used",
                    "what is derived from #",
                    "what does # feed",
                    "and what depends on it",
                    "which tables are built from #",
                    "where does # go",
                    "what views depend on table #",
                ],
            ),
            (
                Intent::Impact,
                &[
                    "what breaks if i drop #",
                    "what is the impact of changing #",
                    "impact of renaming column #",
                    "can i safely delete #",
                    "what happens if # is removed",
                    "what would be affected if i change #",
                    "if i rename # what breaks",
                    "what would break",
                    "impact analysis for #",
                    "what is affected by #",
                ],
            ),
            (
                Intent::Path,
                &[
                    "how does data get from # to #",
                    "path from # to #",
                    "show the path between # and #",
                    "what is the shortest route from # to #",
                    "how does # flow into #",
                    "how is # reached from # through to #",
                    "lineage from # to #",
                    "how do rows of # end up in #",
                ],
            ),
            (Intent::Connected, &["is # connected to #", "are # and # related", "does # feed #", "is there a link between # and #"]),
            (Intent::Common, &["what do # and # have in common", "which sources do # and # share"]),
            (
                Intent::DefinedIn,
                &[
                    "where is # defined",
                    "which file defines #",
                    "is there a table called #",
                    "does # exist",
                    "in which file is # created",
                    "where is #",
                ],
            ),
            (
                Intent::ColumnsMatching,
                &[
                    "which tables contain column email",
                    "which tables have a column named #",
                    "find columns like email",
                    "which tables have both # and #",
                    "columns named created",
                ],
            ),
            (Intent::ColumnsByType, &["which columns have type json", "list columns of type timestamp", "which columns are money"]),
            (
                Intent::Joins,
                &[
                    "which tables does # join with",
                    "what foreign keys does # have",
                    "which tables have a foreign key to #",
                    "on which keys is # joined",
                ],
            ),
            (
                Intent::ReadsWrites,
                &["what does procedure # read and write", "what does # write", "which tables does # update", "what does # modify"],
            ),
            (
                Intent::UsedBy,
                &["which procedures use table #", "which procedures write to #", "what procedures update #", "who writes to #"],
            ),
            (Intent::Calls, &["who calls #", "what does # call", "callers of #", "show the call tree of #"]),
            (Intent::Producers, &["which job produces #", "which procedure loads #", "what populates #", "how is # loaded"]),
            (
                Intent::Expression,
                &[
                    "how is column # calculated",
                    "how is # computed",
                    "what is the formula for #",
                    "which transformation makes #",
                    "show the expression of #",
                ],
            ),
            (Intent::RootsOf, &["trace # back to raw sources", "what are the root sources of #", "what are the original sources of #"]),
            (Intent::Unused, &["which tables have no consumers", "unused tables", "which tables are never used", "orphans"]),
            (Intent::UnusedColumns, &["which columns are never used downstream", "unused columns"]),
            (Intent::Roots, &["which tables have no known source", "which are the root tables", "raw tables"]),
            (Intent::Cycles, &["are there circular dependencies", "any cycles"]),
            (Intent::Dangling, &["what is referenced but never defined", "dangling references", "missing tables"]),
            (
                Intent::Coverage,
                &[
                    "what could not be parsed",
                    "which statements failed",
                    "parse errors in files",
                    "which lineage may be missing",
                    "coverage",
                ],
            ),
            (
                Intent::MostReferenced,
                &["what is the most referenced table", "which tables are most used", "most critical table", "top 5 tables"],
            ),
            (Intent::Deepest, &["which table has the deepest lineage", "what is the longest chain"]),
            (
                Intent::Summary,
                &["summarise the pipeline for #", "describe #", "what is #", "tell me about #", "what is this database about", "explain #"],
            ),
            (Intent::Freshness, &["when was # last ingested", "when was # last changed", "how fresh is #", "what changed in the last run"]),
            (Intent::Count, &["how many tables are there", "how many columns does # have", "number of views"]),
            (Intent::Evidence, &["why do you say # feeds #", "why does # depend on #", "show me the evidence for # and #"]),
            (Intent::Lineage, &["show the lineage of #", "lineage for #"]),
            (Intent::Topic, &["which tables hold customer data", "tables about payments", "where is customer data stored"]),
            (Intent::Search, &["hello", "what about discounts on returned goods", "thanks", ""]),
        ];
        let mut wrong = Vec::new();
        for (intent, questions) in cases {
            for question in *questions {
                let found = classify(question, question.matches('#').count());
                if found != *intent {
                    wrong.push(format!("{question}: {found:?}, not {intent:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn triggers_are_asked_of_the_table_that_fires_them() {
        for question in ["what triggers fire on #", "what triggers are there on #", "list the triggers of #"] {
            assert_eq!(classify(question, 1), Intent::Downstream, "{question}");
        }
    }

    #[test]
    fn kinds_are_named_in_many_ways() {
        assert_eq!(kinds("list tables and views"), [Kind::Table, Kind::View, Kind::MaterializedView]);
        assert_eq!(kinds("materialized views"), [Kind::MaterializedView]);
        assert_eq!(kinds("stored procedures"), [Kind::Procedure]);
        assert_eq!(kinds("all objects"), []);
        assert_eq!(kinds("what does the function # read"), []);
    }
}
