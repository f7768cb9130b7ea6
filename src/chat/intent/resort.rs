//! What is asked of a name where no rule matches: by any one word that says so, wherever it stands. It takes nothing from a rule, so that its
//! words can be wide; what says the direction or the danger stands first.

use super::Intent;

/// Phrases, by what they ask of the one name of a question, or of its two.
pub(super) const LAST_RESORT: &[(Intent, usize, &[&str])] = &[
    // What compares sizes, and pasted SQL.
    (Intent::Search, 2, &["bigger|larger|smaller|unused|than", "select|insert|merge|delete * from|into|using * #"]),
    (Intent::Together, 2, &["# * but|and NOT * #", "# * without * #"]),
    (Intent::Evidence, 2, &["line|lines|statement|sql * # * #", "show|see|point * where * # * #"]),
    (Intent::Path, 2, &["via|through|route|way|steps|hops * # * #"]),
    (Intent::Connected, 2, &["relation|relationship|link|connection|related|connected|linked"]),
    // "How is A …, B" asks for more than yes or no.
    (Intent::Search, 2, &["how|why|what|which|where|when|who|columns|tables|views * # * #"]),
    (Intent::Connected, 2, &["is|are|was|does|do|did|can|could|has|have|will|would * # * #"]),
    // Where it does not is no place.
    (Intent::Search, 1, &["where * # * not|never occur~|exist~|appear~|used|read"]),
    (Intent::RootsOf, 1, &["back from|to", "beginning|root~|ultimate~"]),
    (Intent::Upstream, 1, &["where * from", "from where|what|which", "before #", "prerequisite~"]),
    (Intent::UsedBy, 1, &["who|what changes|changed #"]),
    (Intent::Impact, 1, &["failed|fails|fail|crashed * stale|outdated|old", "stale|outdated|old * failed|fails|fail|crashed"]),
    (
        Intent::Impact,
        1,
        &[
            "break~|drop~|deleted|remov~|renam~|retir~|risk~|danger~|decommission~|disappear~|gone|hit|impact~|vanish~",
            "alter~|chang~ #",
            "lost|lose|missing without",
        ],
    ),
    (Intent::Owner, 1, &["own~|whose|responsible|steward~|contact|team|person|accountable"]),
    (Intent::Sensitive, 1, &["pii|personal|sensitive|gdpr"]),
    (Intent::Freshness, 1, &["recent~|fresh~|stale|outdated|age|lately"]),
    (Intent::Coverage, 1, &["error~|warning~|pars~|unpars~"]),
    (Intent::Joins, 1, &["join~|key|keys|fk|fks"]),
    (Intent::Calls, 1, &["call|calls|called|caller~|callee~|invok~|execut~"]),
    (Intent::Expression, 1, &["formula~|calculat~|comput~|logic|expression~"]),
    (Intent::UsedBy, 1, &["job|jobs|procedure|procedures|proc|procs|routine|routines"]),
    (Intent::UsedBy, 1, &["delete|deletes|deleting|truncat~|merg~|updat~|overwrit~"]),
    (Intent::Definition, 1, &["ddl|sql|definition|code|query|body|statement|text"]),
    (Intent::DefinedIn, 1, &["file|files|script|scripts|line|locat~|declar~|defin~|where"]),
    (Intent::DefinedIn, 1, &["is|are # * undefined|unknown|unresolved|dangling", "# is|are * undefined|unknown|unresolved|dangling"]),
    (Intent::Columns, 1, &["column|columns|field|fields|attribute~|structure|layout"]),
    (Intent::Dangling, 1, &["undefined|unknown|unresolved|dangling"]),
    (Intent::Upstream, 1, &["hop~|step~|level~ up|back|above"]),
    (Intent::Lineage, 1, &["hop~|step~|level~", "lineage|edges|flows|relations|connections"]),
    (Intent::Upstream, 1, &["source|sources|input|inputs|feed~|parent~|upstream|ancestor~|origin~"]),
    (Intent::Downstream, 1, &["reader~|consum~|user~|usage~|used|uses|use|read~|downstream|dependent~|affect~|notice~"]),
    (Intent::UsedBy, 1, &["chang~|touch~|modif~"]),
    (Intent::Summary, 1, &["purpose|meaning|introduc~|overview|describ~|about"]),
    (Intent::Producers, 1, &["load~|fill~|writ~|insert~|populat~|produc~|refresh~|creat~"]),
];
