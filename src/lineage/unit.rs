//! Words that stand where an argument could and are no columns: units of time, forms of text, names of elements.

use super::dialect::Grammar;
use super::expr::argument;
use sqlparser::ast::{Expr, FunctionArgumentList, FunctionArguments, Ident, Value};

/// The place of the unit among the arguments of `function` (lower case); `None` when none of them is one.
pub(crate) fn unit_at(function: &str, list: &FunctionArgumentList, grammar: Grammar) -> Option<usize> {
    // Oracle's XMLELEMENT("a", b) and its like.
    if function == "xmlelement" && grammar.is(&["oracle", "teradata"]) {
        return list.args.first().and_then(argument).filter(|first| matches!(first, Expr::Identifier(_))).map(|_| 0);
    }
    // T-SQL's IDENTITY(type, seed, increment) of SELECT INTO.
    if function == "identity" && grammar.is_tsql() {
        return Some(0);
    }
    let length = |at: usize| list.args.get(at).and_then(argument).and_then(unit_length);
    // Of two the longer word: a column is called `d` sooner than `month`.
    places(function, list.args.len(), grammar).iter().copied().filter(|at| length(*at).is_some()).max_by_key(|at| length(*at))
}

/// Where a unit may stand.
fn places(function: &str, count: usize, grammar: Grammar) -> &'static [usize] {
    // There a unit is a string, so that a word is a column.
    let strings = grammar.is(&["postgres", "duckdb", "presto", "trino", "athena", "sqlite", "oracle"]);
    match function {
        // With fewer arguments the first is a date or the unit is said otherwise.
        "dateadd" | "datediff" | "datediff_big" | "timestampadd" | "timestampdiff" | "timestamp_add" | "timestamp_sub" | "timeadd"
        | "timediff" | "datesub" | "date_bucket"
            if count > 2 =>
        {
            &[0]
        }
        "normalize" | "is_normalized" => &[1],
        "datepart" | "datename" | "datetrunc" if !strings || grammar.is(&["postgres"]) => &[0],
        "date_add" | "date_sub" if count > 2 && !strings => &[0],
        "date_diff" if count > 2 && grammar.is(&["bigquery"]) => &[2],
        "date_diff" if count > 2 && grammar.generic => &[0, 2],
        "date_diff" if count > 2 && !strings => &[0],
        "date_trunc" if grammar.is(&["bigquery"]) => &[1],
        "date_trunc" if grammar.generic => &[0, 1],
        "date_part" | "date_trunc" if !strings => &[0],
        "datetime_diff" | "timestamp_diff" | "time_diff" if !strings => &[2],
        "datetime_trunc" | "timestamp_trunc" | "time_trunc" | "last_day" if !strings => &[1],
        _ => &[],
    }
}

/// The length of the word that an argument is when that is a unit, without quotes or a qualifier, or BigQuery's `WEEK(MONDAY)`. A unit
/// that is said as a string is the longest: then no word is one.
fn unit_length(expr: &Expr) -> Option<usize> {
    let word = |ident: &Ident| ident.quote_style.is_none().then(|| ident.value.to_lowercase());
    match expr {
        Expr::Identifier(i) => word(i).filter(|w| is_unit(w)).map(|w| w.len()),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) if is_unit(&text.to_lowercase()) => Some(usize::MAX),
            _ => None,
        },
        Expr::Function(f) => match (f.name.0.as_slice(), &f.args) {
            ([name], FunctionArguments::List(list)) if name.as_ident().is_some_and(|i| i.value.eq_ignore_ascii_case("week")) => {
                let [only] = list.args.as_slice() else { return None };
                let Some(Expr::Identifier(day)) = argument(only) else { return None };
                word(day).filter(|w| w.ends_with("day")).map(|w| w.len())
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_unit(word: &str) -> bool {
    UNITS.binary_search(&word).is_ok()
}

/// The units of all dialects with their abbreviations, and the forms of Unicode; sorted.
const UNITS: [&str; 144] = [
    "c",
    "cent",
    "cents",
    "centuries",
    "century",
    "d",
    "day",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "dayofmonth",
    "dayofweek",
    "dayofweek_iso",
    "dayofweekiso",
    "dayofyear",
    "days",
    "dd",
    "dec",
    "decade",
    "decades",
    "decs",
    "dow",
    "dow_iso",
    "doy",
    "dw",
    "dw_iso",
    "dy",
    "epoch",
    "epoch_microsecond",
    "epoch_microseconds",
    "epoch_millisecond",
    "epoch_milliseconds",
    "epoch_nanosecond",
    "epoch_nanoseconds",
    "epoch_second",
    "epoch_seconds",
    "frac_second",
    "h",
    "hh",
    "hour",
    "hours",
    "hr",
    "hrs",
    "iso_week",
    "iso_year",
    "isodow",
    "isoweek",
    "isowk",
    "isoww",
    "isoyear",
    "m",
    "mcs",
    "mi",
    "microsecond",
    "microseconds",
    "mil",
    "millennia",
    "millennium",
    "millisecond",
    "milliseconds",
    "mils",
    "min",
    "mins",
    "minute",
    "minutes",
    "mm",
    "mon",
    "mons",
    "month",
    "months",
    "ms",
    "msec",
    "msecs",
    "n",
    "nanosec",
    "nanosecond",
    "nanoseconds",
    "nanosecs",
    "nfc",
    "nfd",
    "nfkc",
    "nfkd",
    "ns",
    "nsec",
    "nsecond",
    "nseconds",
    "q",
    "qq",
    "qtr",
    "qtrs",
    "quarter",
    "quarters",
    "s",
    "sec",
    "second",
    "seconds",
    "secs",
    "sql_tsi_day",
    "sql_tsi_frac_second",
    "sql_tsi_hour",
    "sql_tsi_minute",
    "sql_tsi_month",
    "sql_tsi_quarter",
    "sql_tsi_second",
    "sql_tsi_week",
    "sql_tsi_year",
    "ss",
    "timezone",
    "timezone_hour",
    "timezone_minute",
    "tz",
    "tzh",
    "tzm",
    "tzoffset",
    "us",
    "usec",
    "usecs",
    "w",
    "week",
    "week_iso",
    "weekday",
    "weekday_iso",
    "weekofyear",
    "weekofyear_iso",
    "weekofyeariso",
    "weeks",
    "wk",
    "wkday",
    "wks",
    "woy",
    "ww",
    "wy",
    "y",
    "year",
    "year_iso",
    "yearday",
    "yearofweek",
    "yearofweekiso",
    "years",
    "yr",
    "yrs",
    "yy",
    "yyy",
    "yyyy",
];
