//! The parts of an expression, one level down, with what each is to the whole.

use super::Name;
use super::Subtype::{self, Aggregation, Conditional, Identity, Sort, Transformation};
use super::dialect::Grammar;
use super::unit::unit_at;
use sqlparser::ast::{
    AccessExpr, Expr, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Ident, JsonPathElem, OrderByExpr, Query,
    Subscript, WindowSpec,
};

/// A part of an expression.
pub(crate) enum Part<'a> {
    Expr(&'a Expr),
    /// A nested query.
    Query(&'a Query),
    /// One of which only is asked whether it has rows.
    Exists(&'a Query),
}

/// Calls `push` for every direct part of `expr`. Identifiers have none: they are the caller's, and so are the window of a
/// function, the name that a chain of accesses begins with, and the body of a lambda, in which its parameters are no columns.
pub(crate) fn parts<'a>(expr: &'a Expr, grammar: Grammar, push: &mut impl FnMut(Part<'a>, Subtype)) {
    let mut all = |list: &mut dyn Iterator<Item = &'a Expr>| list.for_each(|e| push(Part::Expr(e), Transformation));
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::MatchAgainst { .. }
        | Expr::Lambda(_)
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..) => {}
        Expr::CompoundFieldAccess { root, access_chain } => {
            if accessed(expr).is_none() {
                all(&mut std::iter::once(&**root));
            }
            for access in access_chain {
                match access {
                    // A field is not a column; a method's arguments may hold some.
                    AccessExpr::Dot(Expr::Identifier(_)) => {}
                    AccessExpr::Dot(Expr::Function(f)) => arguments(&f.args, |_| Some(Transformation), push),
                    AccessExpr::Dot(e) | AccessExpr::Subscript(Subscript::Index { index: e }) => {
                        push(Part::Expr(e), Transformation);
                    }
                    AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                        [lower_bound, upper_bound, stride].into_iter().flatten().for_each(|e| push(Part::Expr(e), Transformation));
                    }
                }
            }
        }
        Expr::JsonAccess { value, path } => {
            all(&mut std::iter::once(&**value));
            for element in &path.path {
                if let JsonPathElem::Bracket { key } = element {
                    push(Part::Expr(key), Transformation);
                }
            }
        }
        Expr::Nested(e) => push(Part::Expr(e), Identity),
        Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::OuterJoin(e)
        | Expr::Prior(e)
        | Expr::IsJson { expr: e, .. }
        | Expr::IsNormalized { expr: e, .. }
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Cast { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::Ceil { expr: e, .. }
        | Expr::Floor { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::Prefixed { value: e, .. }
        | Expr::Named { expr: e, .. } => push(Part::Expr(e), Transformation),
        Expr::Interval(i) => push(Part::Expr(&i.value), Transformation),
        Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::BinaryOp { left: a, right: b, .. }
        | Expr::AnyOp { left: a, right: b, .. }
        | Expr::AllOp { left: a, right: b, .. }
        | Expr::InUnnest { expr: a, array_expr: b, .. }
        | Expr::AtTimeZone { timestamp: a, time_zone: b }
        | Expr::Position { expr: a, r#in: b }
        | Expr::RLike { expr: a, pattern: b, .. } => all(&mut [&**a, &**b].into_iter()),
        Expr::Between { expr, low, high, .. } => all(&mut [&**expr, &**low, &**high].into_iter()),
        Expr::Like { expr, pattern, escape_char, .. }
        | Expr::ILike { expr, pattern, escape_char, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            all(&mut [&**expr, &**pattern].into_iter().chain(escape_char.as_deref()));
        }
        Expr::InList { expr, list, .. } => all(&mut std::iter::once(&**expr).chain(list)),
        Expr::InSubquery { expr, subquery, .. } => {
            push(Part::Expr(expr), Transformation);
            push(Part::Query(subquery), Transformation);
        }
        Expr::Convert { expr, styles, .. } => all(&mut std::iter::once(&**expr).chain(styles)),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            all(&mut std::iter::once(&**expr).chain(substring_from.as_deref()).chain(substring_for.as_deref()));
        }
        Expr::Trim { expr, trim_what, trim_characters, .. } => {
            all(&mut std::iter::once(&**expr).chain(trim_what.as_deref()).chain(trim_characters.iter().flatten()));
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            all(&mut [&**expr, &**overlay_what, &**overlay_from].into_iter().chain(overlay_for.as_deref()));
        }
        Expr::Function(f) => {
            let name = f.name.0.last().and_then(|p| p.as_ident()).map_or_else(String::new, |i| i.value.to_lowercase());
            let aggregate = is_aggregate(&name);
            let count = if let FunctionArguments::List(list) = &f.args { list.args.len() } else { 1 };
            let unit = if let FunctionArguments::List(list) = &f.args { unit_at(&name, list, grammar) } else { None };
            let role = |at| if aggregate { Aggregation } else { argument_role(&name, at, count) };
            arguments(&f.parameters, |_| Some(Transformation), push);
            arguments(&f.args, |at| (Some(at) != unit).then(|| role(at)), push);
            // The values that `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` looks at are those it is ordered by.
            let ordered = if ORDERED_SETS.contains(&name.as_str()) { Aggregation } else { Sort };
            f.within_group.iter().for_each(|o| push(Part::Expr(&o.expr), ordered));
            f.filter.iter().for_each(|e| push(Part::Expr(e), Conditional));
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            operand.iter().for_each(|e| push(Part::Expr(e), Conditional));
            for when in conditions {
                push(Part::Expr(&when.condition), Conditional);
                push(Part::Expr(&when.result), Transformation);
            }
            else_result.iter().for_each(|e| push(Part::Expr(e), Transformation));
        }
        Expr::Exists { subquery, .. } => push(Part::Exists(subquery), Conditional),
        Expr::Subquery(subquery) => push(Part::Query(subquery), Identity),
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => all(&mut sets.iter().flatten()),
        Expr::Tuple(list) | Expr::Struct { values: list, .. } => all(&mut list.iter()),
        Expr::Array(array) => all(&mut array.elem.iter()),
        Expr::Dictionary(fields) => all(&mut fields.iter().map(|f| &*f.value)),
        Expr::Map(map) => all(&mut map.entries.iter().flat_map(|e| [&*e.key, &*e.value])),
        Expr::MemberOf(m) => all(&mut [&*m.value, &*m.array].into_iter()),
    }
}

/// The arguments that have a role.
fn arguments<'a>(args: &'a FunctionArguments, role: impl Fn(usize) -> Option<Subtype>, push: &mut impl FnMut(Part<'a>, Subtype)) {
    match args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(query) => role(0).into_iter().for_each(|role| push(Part::Query(query), role)),
        FunctionArguments::List(list) => {
            let given = list.args.iter().enumerate().filter_map(|(at, a)| Some((argument(a)?, role(at)?)));
            given.for_each(|(e, role)| push(Part::Expr(e), role));
            for clause in &list.clauses {
                match clause {
                    FunctionArgumentClause::Where(e) => push(Part::Expr(e), Conditional),
                    FunctionArgumentClause::Limit(e) => push(Part::Expr(e), Transformation),
                    FunctionArgumentClause::Having(bound) => push(Part::Expr(&bound.1), Conditional),
                    FunctionArgumentClause::OrderBy(list) => orders(list, Sort, push),
                    _ => {}
                }
            }
        }
    }
}

/// The name before the first subscript or method of a chain: `t.a[1].b` and `a.b.c()` begin with columns.
pub(crate) fn accessed(expr: &Expr) -> Option<Vec<Ident>> {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else { return None };
    let mut name = match &**root {
        Expr::Identifier(i) => vec![i.clone()],
        Expr::CompoundIdentifier(list) => list.clone(),
        _ => return None,
    };
    name.extend(access_chain.iter().map_while(|access| match access {
        AccessExpr::Dot(Expr::Identifier(i)) => Some(i.clone()),
        _ => None,
    }));
    Some(name)
}

/// The expression of one argument, when it has one.
pub(crate) fn argument(arg: &FunctionArg) -> Option<&Expr> {
    let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = arg;
    match arg {
        FunctionArgExpr::Expr(e) => Some(e),
        _ => None,
    }
}

fn orders<'a>(list: &'a [OrderByExpr], role: Subtype, push: &mut impl FnMut(Part<'a>, Subtype)) {
    list.iter().for_each(|o| push(Part::Expr(&o.expr), role));
}

/// The expressions of a window.
pub(crate) fn window<'a>(spec: &'a WindowSpec, push: &mut impl FnMut(Part<'a>, Subtype)) {
    spec.partition_by.iter().for_each(|e| push(Part::Expr(e), Subtype::Window));
    orders(&spec.order_by, Subtype::Window, push);
}

/// What the argument at `at` of `count` is to a function that is no aggregate.
fn argument_role(function: &str, at: usize, count: usize) -> Subtype {
    match function {
        "if" | "iif" | "iff" | "nvl2" if at == 0 => Conditional,
        // decode(value, search, result, search, result, default)
        "decode" if at == 0 || at % 2 == 1 && at + 1 < count => Conditional,
        _ => Transformation,
    }
}

/// Whether a function of this name, in lower case, makes one value of several.
pub(crate) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.binary_search(&name).is_ok()
}

/// Whether it is the name of a function that the engines have, so that no file is asked for it: most calls are of these.
pub(crate) fn is_built_in(name: &Name) -> bool {
    let last = name.last();
    let lower = || last.to_ascii_lowercase();
    name.0.len() == 1 && (BUILT_IN.binary_search(&last).is_ok() || BUILT_IN.binary_search(&lower().as_str()).is_ok())
}

/// Functions of values that most engines have, sorted.
const BUILT_IN: [&str; 175] = [
    "abs",
    "add_months",
    "age",
    "all",
    "any",
    "array",
    "array_length",
    "array_size",
    "ascii",
    "btrim",
    "cardinality",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "charindex",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "convert",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "currval",
    "date",
    "date_add",
    "date_diff",
    "date_format",
    "date_part",
    "date_sub",
    "date_trunc",
    "dateadd",
    "datediff",
    "datepart",
    "datetime",
    "day",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "decode",
    "dense_rank",
    "element_at",
    "exists",
    "exp",
    "explode",
    "extract",
    "first_value",
    "floor",
    "format",
    "from_unixtime",
    "gen_random_uuid",
    "generate_series",
    "get_json_object",
    "getdate",
    "greatest",
    "hash",
    "hour",
    "if",
    "iff",
    "ifnull",
    "iif",
    "in",
    "initcap",
    "instr",
    "isnull",
    "json_array",
    "json_build_object",
    "json_extract",
    "json_object",
    "json_query",
    "json_value",
    "jsonb_build_object",
    "julianday",
    "lag",
    "last_day",
    "last_value",
    "lastval",
    "lead",
    "least",
    "left",
    "len",
    "length",
    "ln",
    "localtimestamp",
    "log",
    "log10",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "make_date",
    "map",
    "md5",
    "minute",
    "mod",
    "month",
    "months_between",
    "named_struct",
    "newid",
    "nextval",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "nvl",
    "nvl2",
    "object_construct",
    "offset",
    "ordinal",
    "parse_json",
    "percent_rank",
    "position",
    "pow",
    "power",
    "quarter",
    "rand",
    "random",
    "rank",
    "regexp_extract",
    "regexp_like",
    "regexp_match",
    "regexp_matches",
    "regexp_replace",
    "regexp_substr",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row",
    "row_number",
    "rpad",
    "rtrim",
    "safe_offset",
    "safe_ordinal",
    "second",
    "sequence",
    "setval",
    "sha1",
    "sha2",
    "sign",
    "size",
    "some",
    "split",
    "split_part",
    "sqrt",
    "strftime",
    "strpos",
    "struct",
    "substr",
    "substring",
    "sysdate",
    "time",
    "timestamp",
    "to_char",
    "to_date",
    "to_json",
    "to_number",
    "to_timestamp",
    "translate",
    "trim",
    "trunc",
    "truncate",
    "try_cast",
    "try_convert",
    "unix_timestamp",
    "unnest",
    "upper",
    "uuid",
    "values",
    "week",
    "year",
    "zeroifnull",
];

/// Functions that make one value of those of several rows, sorted.
const AGGREGATES: [&str; 77] = [
    "any_value",
    "approx_count_distinct",
    "approx_distinct",
    "approx_percentile",
    "approx_quantiles",
    "approx_top_count",
    "argmax",
    "argmin",
    "array_agg",
    "arrayagg",
    "avg",
    "avgif",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bitand_agg",
    "bitor_agg",
    "bool_and",
    "bool_or",
    "checksum_agg",
    "collect",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "count_big",
    "count_distinct",
    "count_if",
    "countif",
    "covar_pop",
    "covar_samp",
    "every",
    "group_concat",
    "grouparray",
    "grouping",
    "groupuniqarray",
    "hll",
    "json_agg",
    "json_arrayagg",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_object_agg",
    "kurtosis",
    "list",
    "listagg",
    "logical_and",
    "logical_or",
    "max",
    "max_by",
    "maxif",
    "mean",
    "median",
    "min",
    "min_by",
    "minif",
    "mode",
    "object_agg",
    "percentile",
    "percentile_approx",
    "quantile",
    "skewness",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "stdev",
    "string_agg",
    "sum",
    "sumif",
    "uniq",
    "uniqexact",
    "var",
    "var_pop",
    "var_samp",
    "variance",
    "wm_concat",
    "xmlagg",
];

/// Aggregates of the values that they order by.
const ORDERED_SETS: [&str; 4] = ["percentile_cont", "percentile_disc", "mode", "approx_percentile_disc"];
