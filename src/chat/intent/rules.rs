//! The table of rules, and the words for kinds. To teach a phrasing, add it to its intent's rule; how a phrase reads and which rule wins
//! is said in [`super`].

use super::Intent;
use crate::lineage::Kind as K;

/// One row of the table.
pub(super) struct Rule {
    /// What a question that matches asks for.
    pub(super) intent: Intent,
    /// Names the question must hold for the rule to apply: at least, at most. A follow-up ("and upstream?") may hold none.
    pub(super) names: (usize, usize),
    /// Any of them.
    pub(super) phrases: &'static [&'static str],
}

const ANY: usize = usize::MAX;

const fn rule(intent: Intent, names: (usize, usize), phrases: &'static [&'static str]) -> Rule {
    Rule { intent, names, phrases }
}

/// The table: the first rule that matches wins.
pub(super) const RULES: &[Rule] = &[
    // Lists with a condition: `builtin/filter.rs` applies it.
    rule(
        Intent::Inventory,
        (0, 0),
        &[
            "KINDS * with|have|has|having|without|no|any|lack|lacks|lacking|missing primary|foreign|pk|pks|fk|fks|comment|comments|description|descriptions",
            "KINDS * more|fewer|less|least|most|over|under * columns|fields",
            "most|fewest columns|fields",
            "widest|narrowest|biggest|largest|smallest KINDS",
            "what is|are in schema",
            "what does|do schema contain|contains|hold~|have|include~",
            "contents|content of|in schema",
        ],
    ),
    rule(
        Intent::Inventory,
        (0, ANY),
        &[
            "KINDS * do|does not use|read|reference|query|select|depend|write|call|load|update|mention",
            "KINDS * don't|doesn't use|read|reference|query|select|depend|write|call|load|update|mention",
        ],
    ),
    rule(
        Intent::LayerRule,
        (0, 0),
        &[
            "KINDS|models|reports|layer~|anything|what|which * read~|reads|use|uses|select~|query|queries|access~|reference~|depend~|built|go * directly|straight",
            "directly|straight * read~|from|on|use|uses|query|queries",
            "layer|layers|layering rule|rules|violat~|skip~|broken|breach~",
            "violat~|skip~|bypass~|breach~|break~ * layer~|staging|rule|rules",
            "bypass~|skip~ * staging|layer|layers",
        ],
    ),
    rule(
        Intent::Owner,
        (0, 1),
        &[
            "own|owns|owner|owners|owned|ownership|codeowner|codeowners|steward|stewards",
            "responsible|maintainer|maintainers|accountable|contact for|of|person * #",
            "whose * is|are #",
            "whose is|are|table|view * #",
            "which|what|whose team|person|department",
            "who looks * #",
            "who|whom|team * # belong|belongs",
        ],
    ),
    rule(
        Intent::Sensitive,
        (1, 1),
        &["pii|personal|sensitive|private|confidential|gdpr * #", "# * pii|personal|sensitive|private|confidential|gdpr"],
    ),
    rule(
        Intent::Sensitive,
        (0, 0),
        &[
            "pii|personal|sensitive|confidential|gdpr * schema|database|project|warehouse|here|anywhere",
            "any|where * pii|personal|sensitive",
        ],
    ),
    rule(Intent::Filters, (1, 1), &["filter|filters|filtered|filtering * #", "# * filter|filters|filtered|filtering"]),
    rule(
        Intent::Feature,
        (0, 0),
        &[
            "window functions|function",
            "which|what|list|show|all|any foreign keys",
            "queries|query|statements|statement|sql|views|view|procedures|code|find|which|what|where|list|show|anything|anyone|any|use|uses|using \
             * pivot|pivots|unpivot|merge|cursor|cursors|cte|ctes|qualify|lateral|rollup|cube|union|unions",
            "case when|expression~|statement~",
            "use|uses|using|with|contain~|have|has|of case",
            "pivot|unpivot|merge|cursor|cte|qualify|lateral|recursive queries|query|statements|statement|usage|clauses",
        ],
    ),
    rule(Intent::Deepest, (0, ANY), &["deepest|longest"]),
    rule(
        Intent::MostReferenced,
        (0, 0),
        &[
            "most|heavily|highly * reference~|used|read|important|critical|central|connected|popular|consumed|queried",
            "reference~|used|read|queried|consumed|needed most",
            "busiest|hottest",
            "top * tables|views|assets|objects",
            "biggest|largest * hub~|fan~",
            "critical tables|assets",
        ],
    ),
    rule(
        Intent::Alike,
        (1, 1),
        &[
            "same|identical|equal|similar columns|fields|structure|layout|shape * #",
            "similar|identical to #",
            "alike|resemble|resembles #",
            "look|looks like #",
            "# * similar|duplicate|duplicates|alike",
            "duplicate|duplicates|copy|copies of #",
            "share|shares columns|fields with #",
        ],
    ),
    rule(
        Intent::Common,
        (2, ANY),
        &[
            "in common",
            "common|shared|share|shares * #",
            "# and # * share|common",
            "difference|differences|differ|differs|compare|comparison * # * #",
            "# and # differ|different",
        ],
    ),
    rule(Intent::Impact, (1, 3), &["rename~|renaming * # * to|into|as", "# * rename~ to|into|as"]),
    rule(
        Intent::ColumnUsers,
        (1, 2),
        &[
            "# * not only|just|merely|its|table|whole",
            "# * rather|instead than|of table|its|whole|#",
            "not only|just|merely|whole|table * #",
            "column-level|column-by-column * #",
            "column level * #",
            "really|truly|themselves|specifically|individually|itself * #",
            "# itself",
        ],
    ),
    rule(
        Intent::Evidence,
        (1, ANY),
        &["why * #", "where * stated|written|said|say|says * # * #", "evidence|proof|prove~ * #", "how do|can you know * #"],
    ),
    rule(Intent::Joins, (2, 2), &["join|joins|joined|joining|keys * # * #"]),
    rule(
        Intent::Connected,
        (2, ANY),
        &[
            "# * connected|linked|related * #",
            "are|is * # and # connected|linked|related",
            "does|do|can|will # * reach|feed|affect|influence|impact|depend * #",
            "link|links|connect|connects|relate|relates # and|to|with #",
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
        Intent::CodeFiles,
        (1, 1),
        &[
            "python|py|code|codebase|notebook~|application|app|files|scripts * \
             touch~|use|uses|using|mention~|reference~|access~|call|calls|query|queries|work|works|appear~|talk~ * #",
            "python|notebook|notebooks|application|app|etl * usage|usages|code|files|scripts|jobs|reads|read|reading|that|with|for|around * #",
            "where in * code|codebase|python|repository|repo|scripts|notebooks * #",
            "# * in|from * code|codebase|python|scripts|notebooks|application",
            "code references|usages|that|touching|using * #",
        ],
    ),
    rule(
        Intent::FileLineage,
        (1, 1),
        &[
            "lineage|edges|relations|dependencies|flows|links * # * change|changes|changed|add|adds|added|bring|brings|contribute~|introduce~|state|states|define|defines",
            "lineage|edges|relations|dependencies|flows|links * stated|contributed|added|introduced * by|in|from #",
            "# * change|changes|changed|add|adds|added|bring|brings|contribute~|introduce~|state|states * lineage|graph|edges|relations|dependencies|flows|links",
            "pull request|pr|commit|merge request|patch * #",
            "lineage|edges|relations come~|stem~|originate~ from #",
            "what does|did|would|will # add|contribute|introduce|bring",
            "# contribute|contributes|introduce|introduces",
        ],
    ),
    rule(Intent::Changes, (0, 0), &["what is|was|has changed"]),
    rule(
        Intent::Changes,
        (0, 1),
        &[
            "what|anything changed|new",
            "what is|was|were|got|has new|added|removed",
            "changed|change|changes|new|added|removed|diff|difference|differences|differ|differs|different|delta * run|ingestion|upload|import",
            "run|ingestion|upload|import * changed|change|changes|add|added|removed|brought|bring|different|diff",
            "changes|changed|diff|difference|differences|delta since|between",
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
            "who|what * rows|records|data of|in|for #",
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
            "when was|were|did * last|latest",
            "last|latest|recently|recent * ingest~|update~|change~|load~|refresh~|process~|upload~|run|modified",
            "how fresh|recent|old|stale|current",
            "how up to date",
            "how up-to-date",
            "freshness|staleness",
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
            "what * happen~ * #",
            "if|when * # * stop|stops|stopped|fail|fails|failed|crash~|breaks",
            "rid of #",
            "# safe|safely to",
            "safe to * #",
            "drop|delete|remove #",
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
            "key|keys|fks|tables|table|which|what|that point|points|pointing|refer|refers * #",
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
            "columns|column|fields * nobody|nothing|noone use|uses|read|reads|query|queries|need|needs",
            "columns|fields unused|unread",
            "columns|fields are unused|unread|dead",
            "unused|dead|unread columns|fields",
        ],
    ),
    rule(Intent::Cycles, (0, ANY), &["cycle~|cyclic|circular~|circle|circles|loop|loops"]),
    rule(
        Intent::Dangling,
        (0, 0),
        &[
            "dangling|undefined|unresolved|unknown|external",
            "never|not|without|no|missing * defined|definition|definitions",
            "missing tables|views|objects|assets|names|references",
            "what is|are missing",
            "referenced|mentioned|used but",
        ],
    ),
    rule(
        Intent::Coverage,
        (0, ANY),
        &[
            "parse~|parsing|unparse~|unparsed",
            "not understand~",
            "coverage",
            "understood|understand * not|statements|files",
            "not|couldn't|could * understood|analysed|analyzed",
            "could|couldn't|cannot|can't * read",
            "lineage * missing|incomplete",
            "missing lineage",
            "statements|files|scripts * failed|fail|errors|problems|warnings",
            "failed|diagnostic~|errors|warnings|problems * file~|statement~|sql|parse~|ingest~|in|there",
            "failed files|statements",
            "any|there|what errors|problems|warnings",
        ],
    ),
    rule(
        Intent::RootsOf,
        (1, 1),
        &[
            "trace * # * back|to|source~|origin~",
            "where * # * ultimately|originally|initially",
            "ultimately|originally|initially come~|from|stem~ * #",
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
            "nobody|nothing|noone query|queries|use|uses|read|reads|consume|consumes|need|needs",
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
            "source|sources of|for|in database|project|warehouse|everything",
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
            "file|files|script|scripts * find|see #",
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
            "create table|view|procedure|function|statement statement|script|text|of|for",
            "# * create * statement|script",
            "ddl|create statement|source code",
            "define #",
            "how is|are|was # * defined|implemented|created|written|declared",
            "# * look like",
            "show|print|display|give * create * #",
            "# sql|ddl|definition|code",
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
            "use|uses|using|consume~|consuming|read|reads|reading|query|queries|querying|reference~|select~|need~|rely|relies * #",
            "is|are|was # * used|unused|unread|dead|consumed|read|referenced|queried|needed",
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
        Intent::Upstream,
        (2, ANY),
        &[
            "feed|feeds|feeding|fill|fills|populates|supplies # and|or|#",
            "upstream|sources|origins of|for # and|or|#",
            "where do|does # and|or # come",
        ],
    ),
    rule(
        Intent::Downstream,
        (2, ANY),
        &[
            "depend|depends on|upon # and|or|#",
            "use|uses|using|consumes|read|reads # and|or|#",
            "downstream|consumers|users of|for|from # and|or|#",
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
        Intent::Columns,
        (1, 1),
        &["what|which type|datatype is|are|has|does #", "type|datatype of #", "what type * #", "# type|datatype"],
    ),
    rule(
        Intent::ColumnsByType,
        (0, 1),
        &[
            "columns|column|fields * type|typed|datatype|types",
            "columns|column|fields are|is|of|with dates|timestamps|integers|booleans|strings|numbers",
            "columns|column|fields * are|is|of|with * json|jsonb|xml|money|date|datetime|timestamp|boolean|integer|int|text|varchar|decimal|numeric|uuid|blob|float",
            "bigint|smallint|char|nvarchar|timestamptz|datetime2|real|double|binary columns|fields",
            "json|jsonb|xml|money|date|datetime|timestamp|boolean|integer|text|varchar|decimal|numeric|uuid|blob|float columns|fields",
        ],
    ),
    rule(
        Intent::ColumnsMatching,
        (0, ANY),
        &[
            "tables|table|views|relations * contain~|have|has|having|with|include~|holding * column~|field~",
            "tables|table|views|relations * contain~|have|has|having|with|include~|holding #",
            "tables|views|relations is|are there #",
            "tables|table|views|relations * have|has|having|with|contain~ * both * and",
            "columns|column|fields|field * named|called|like|match~|containing|contain|contains|starting|ending",
            "columns * with * name|names",
            "where * is|are|have|has * column|field",
        ],
    ),
    rule(
        Intent::Columns,
        (0, 1),
        &[
            "columns|column|fields|attributes|schema|structure|layout|types of|in|does|do|for|has|on|from|is|are * #",
            "column|columns list|names of|for|in #",
            "what does|do # contain|contains|hold|include",
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
            "what|which|who hold~|store~|contain~|keep~ data|information|info|details|records",
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
            "summar~|overview|describe|description|explain|details|info|information",
            "tell * about",
            "what is|are|does #",
            "who is|are #",
            "what|which * data|database|project|warehouse|pipeline * about|do|does|is|contain~|have",
            "about #",
            "show|see|open|display|me|at #",
            "what is|are this|that|here",
        ],
    ),
    rule(Intent::Inventory, (0, 0), &["KINDS"]),
];

/// Words that name kinds of assets, with the kind's wire name; `KINDS` in a phrase stands for any of them.
pub(super) const KIND_WORDS: &[(&str, &[K])] = {
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
