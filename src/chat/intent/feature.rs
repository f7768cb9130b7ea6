//! Features of SQL that can be asked for: the one list of their words, for the rules, for what is no name, and for what looks for them.

/// A feature of SQL.
pub(in crate::chat) struct Feature {
    /// The words of a question that mean it.
    pub asked: &'static [&'static str],
    /// Whether such a word asks for it wherever it stands; the others mean other things as well, and a rule says beside what they count.
    pub alone: bool,
    /// What to call it.
    pub name: &'static str,
    /// The words and parentheses that show it in a text; `#` is a name, with a list in parentheses or without.
    pub shown: &'static [&'static str],
}

/// What `FEATURES` stands for in a phrase: a word that asks for a feature by itself.
pub(super) fn is_asked(word: &str) -> bool {
    FEATURES.iter().any(|f| f.alone && f.asked.contains(&word))
}

/// Whether a word means a feature that is called by a name such as assets have: `row_number`.
pub(in crate::chat) fn is_function(word: &str) -> bool {
    word.contains('_') && FEATURES.iter().any(|f| f.asked.contains(&word))
}

/// The features; a question may ask for several.
pub(in crate::chat) const FEATURES: &[Feature] = &[
    Feature { asked: &["window"], alone: false, name: "window functions", shown: &["OVER"] },
    Feature { asked: &["pivot", "pivots"], alone: true, name: "PIVOT", shown: &["PIVOT ("] },
    Feature { asked: &["unpivot"], alone: true, name: "UNPIVOT", shown: &["UNPIVOT ("] },
    Feature { asked: &["case"], alone: false, name: "CASE", shown: &["CASE"] },
    Feature { asked: &["merge"], alone: true, name: "MERGE", shown: &["MERGE"] },
    Feature { asked: &["recursive"], alone: false, name: "recursive queries", shown: &["WITH RECURSIVE", "CONNECT BY"] },
    // Not: `WITH (NOLOCK)`, `WITH CHECK`.
    Feature {
        asked: &["cte", "ctes"],
        alone: true,
        name: "common table expressions",
        shown: &["WITH # AS (", "WITH # AS MATERIALIZED (", "WITH # AS NOT MATERIALIZED (", "WITH RECURSIVE # AS ("],
    },
    Feature { asked: &["join", "joins"], alone: false, name: "joins", shown: &["JOIN"] },
    Feature { asked: &["delete", "deletes", "deleting"], alone: false, name: "DELETE", shown: &["DELETE FROM", "DELETE"] },
    Feature { asked: &["intersect"], alone: true, name: "INTERSECT", shown: &["INTERSECT"] },
    Feature { asked: &["union", "unions"], alone: true, name: "UNION", shown: &["UNION"] },
    Feature { asked: &["cursor", "cursors"], alone: true, name: "cursors", shown: &["CURSOR"] },
    Feature { asked: &["qualify"], alone: true, name: "QUALIFY", shown: &["QUALIFY"] },
    Feature { asked: &["lateral"], alone: true, name: "LATERAL", shown: &["LATERAL", "CROSS APPLY", "OUTER APPLY"] },
    Feature { asked: &["rollup"], alone: true, name: "ROLLUP", shown: &["ROLLUP"] },
    Feature { asked: &["foreign"], alone: false, name: "foreign keys", shown: &["REFERENCES", "FOREIGN KEY"] },
    Feature { asked: &["cube"], alone: true, name: "CUBE", shown: &["CUBE ("] },
    Feature { asked: &["truncate", "truncates", "truncated"], alone: true, name: "TRUNCATE", shown: &["TRUNCATE"] },
    Feature {
        asked: &["aggregate", "aggregates", "aggregation"],
        alone: true,
        name: "aggregates",
        shown: &["GROUP BY", "SUM (", "COUNT (", "AVG (", "MIN (", "MAX (", "STRING_AGG (", "ARRAY_AGG (", "LISTAGG ("],
    },
    Feature { asked: &["check"], alone: false, name: "CHECK", shown: &["CHECK ("] },
    Feature { asked: &["group"], alone: false, name: "GROUP BY", shown: &["GROUP BY"] },
    Feature { asked: &["distinct"], alone: true, name: "DISTINCT", shown: &["DISTINCT"] },
    Feature { asked: &["try", "catch"], alone: false, name: "TRY … CATCH", shown: &["BEGIN TRY"] },
    Feature { asked: &["apply"], alone: false, name: "APPLY", shown: &["CROSS APPLY", "OUTER APPLY"] },
    Feature { asked: &["row_number"], alone: true, name: "ROW_NUMBER", shown: &["ROW_NUMBER ("] },
    Feature { asked: &["rank"], alone: true, name: "RANK", shown: &["RANK ("] },
    Feature { asked: &["dense_rank"], alone: true, name: "DENSE_RANK", shown: &["DENSE_RANK ("] },
    Feature { asked: &["string_agg"], alone: true, name: "STRING_AGG", shown: &["STRING_AGG ("] },
    Feature { asked: &["array_agg"], alone: true, name: "ARRAY_AGG", shown: &["ARRAY_AGG ("] },
    Feature { asked: &["group_concat"], alone: true, name: "GROUP_CONCAT", shown: &["GROUP_CONCAT ("] },
    Feature { asked: &["listagg"], alone: true, name: "LISTAGG", shown: &["LISTAGG ("] },
];
