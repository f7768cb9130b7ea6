//! Where a statement ends that no `;` ends.

use super::words::{OBJECTS, STARTERS};
use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::statement::starts_query;
use crate::lineage::token::Tokens;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

impl Engine<'_> {
    /// The first place after `at` where a new statement begins without a `;`.
    pub(crate) fn soft_end(&self, t: &Tokens, at: usize, end: usize) -> usize {
        let mut kind = t.word(at).map(str::to_uppercase).unwrap_or_default();
        let mut body = kind == "SELECT" || t.open(at);
        let mut sets = 0;
        if kind == "UPDATE" && t.is(at + 1, "STATISTICS") {
            // It sets nothing: a SET begins what follows.
            "STATISTICS".clone_into(&mut kind);
        }
        let mut cases = 0usize;
        let mut i = t.skip(at, end);
        if matches!(kind.as_str(), "GRANT" | "DENY" | "REVOKE") {
            // Permissions are named like statements.
            i = t.find(i, end, |i| t.any(i, &["TO", "FROM"])).unwrap_or(end);
        }
        while i < end {
            if let Some(word) = t.word(i) {
                // T-SQL has colons only after labels.
                if self.grammar.is_tsql() && t.at(i + 1, &Token::Colon) {
                    return i;
                }
                let word = telling(word);
                match word {
                    "CASE" => cases += 1,
                    "END" if cases > 0 => {
                        cases -= 1;
                        i += 1;
                        continue;
                    }
                    "VALUES" if kind == "INSERT" => body = true,
                    // The query of what is created begins with its CTEs.
                    "WITH" if t.is(i - 1, "AS") && matches!(kind.as_str(), "CREATE" | "ALTER") => word.clone_into(&mut kind),
                    // So does that of a cursor.
                    "WITH" if t.is(i - 1, "FOR") && matches!(kind.as_str(), "DECLARE" | "SET" | "OPEN") => word.clone_into(&mut kind),
                    // The statement that a list of CTEs belongs to.
                    "INSERT" | "UPDATE" | "DELETE" | "MERGE" if kind == "WITH" && !body => {
                        word.clone_into(&mut kind);
                        i += 1;
                        continue;
                    }
                    _ => {}
                }
                if cases == 0 && STARTERS.contains(&word) && self.boundary(t, i, word, &kind, &mut body, &mut sets) {
                    return i;
                }
            }
            // A query in brackets on a line of its own.
            if self.grammar.is_tsql() && t.open(i) && t.line(i) > t.line(i - 1) && starts_query(t, i) && ends_operand(t, i - 1) {
                if body || !matches!(kind.as_str(), "INSERT" | "WITH" | "CREATE" | "ALTER") {
                    return i;
                }
                body = true;
            }
            body |= kind == "INSERT" && t.open(i) && starts_query(t, i) && !t.any(i - 1, &["INTO", "AS"]);
            i = t.skip(i, end);
        }
        end
    }

    fn boundary(&self, t: &Tokens, i: usize, word: &str, kind: &str, body: &mut bool, sets: &mut usize) -> bool {
        let before = &t.list[i - 1].token;
        let glued = matches!(
            before,
            Token::Comma
                | Token::Period
                | Token::Eq
                | Token::Plus
                | Token::Minus
                | Token::LParen
                | Token::Lt
                | Token::Gt
                | Token::Neq
                | Token::Mul
        );
        // After `*` a select list is complete; after the others an operand is due.
        if glued && !(*before == Token::Mul && word != "END") || t.at(i + 1, &Token::Period) || t.at(i + 1, &Token::Eq) {
            return false;
        }
        let prev = t.word(i - 1).map(str::to_uppercase).unwrap_or_default();
        let prev = prev.as_str();
        // What CREATE and ALTER say is complete without a query, unless AS has announced one; MySQL leaves AS out, in text of an
        // unknown dialect within a line.
        let listed = kind == "CREATE" && self.grammar.generic && t.line(i) == t.line(i - 1);
        let opens_body = |body: &mut bool| {
            let waiting = !*body && (listed || matches!(kind, "INSERT" | "WITH" | "REPLACE" | "CACHE" | "FROM" | "EXPLAIN"));
            *body = true;
            waiting
        };
        match word {
            "SELECT" => {
                let joined = matches!(
                    prev,
                    "UNION" | "ALL" | "EXCEPT" | "INTERSECT" | "MINUS" | "DISTINCT" | "AS" | "FOR" | "EXPLAIN" | "THEN" | "DO"
                );
                // `ALTER TABLE t CHECK CONSTRAINT ALL` joins no queries.
                let of_alter = prev == "ALL" && t.any(i - 2, &["CONSTRAINT", "TRIGGER"]);
                !opens_body(body) && (!joined || of_alter)
            }
            "INSERT" | "UPDATE" | "DELETE" => {
                let clause = match prev {
                    // Of a trigger, of a duplicate.
                    "AFTER" | "BEFORE" | "INSTEAD" => matches!(kind, "CREATE" | "ALTER"),
                    "KEY" => t.any(i - 2, &["DUPLICATE", "NO"]),
                    _ => matches!(prev, "THEN" | "FOR" | "OF" | "OR" | "ON" | "DO" | "AS" | "GRANT" | "BULK"),
                };
                // `SET NOCOUNT ON` is complete, `CREATE TRIGGER … ON` and `FOREIGN KEY … ON` are not.
                // Teradata: `SET QUERY_BAND = 'a' UPDATE FOR SESSION`.
                let session = word == "UPDATE" && kind == "SET" && t.is(i + 1, "FOR");
                if clause && !(kind == "SET" && prev == "ON") || session || word == "UPDATE" && (t.open(i + 1) || t.is(i + 1, "POPULATION"))
                {
                    return false;
                }
                kind != "FROM"
            }
            "MERGE" => !t.any(i + 1, &["JOIN", "RANGE"]),
            "WITH" => {
                let cte = t.is(i + 1, "XMLNAMESPACES") || {
                    let after = t.skip(i + 2, t.list.len());
                    let after = if t.open(i + 2) { after } else { i + 2 };
                    t.is(after, "AS") && t.open(after + 1) && !t.open(i + 1)
                };
                cte && !matches!(prev, "AS" | "FOR") && (kind != "INSERT" || *body)
            }
            "SET" => {
                if t.any(i + 1, &["NULL", "DEFAULT"])
                    || t.open(i + 1)
                    || prev == "UPDATE"
                    || !self.grammar.is_tsql() && matches!(prev, "CHARACTER" | "CHAR")
                {
                    return false;
                }
                *sets += 1;
                // No option that is altered is set so.
                let script = self.grammar.is_tsql() && (t.word(i + 1).is_some_and(|w| w.starts_with('@')) || t.any(i + 1, &OF_SESSION));
                !(kind == "ALTER" && !script || kind == "UPDATE" && *sets == 1 || kind == "MERGE")
            }
            "IF" => {
                // DROP TABLE IF EXISTS t, and not what follows a table of that name: IF EXISTS (SELECT …).
                let exists = t.is(i + 1, "EXISTS") && !t.open(i + 2) || t.seq(i + 1, &["NOT", "EXISTS"]) && !t.open(i + 3);
                let object = OBJECTS.contains(&prev)
                    || matches!(prev, "COLUMN" | "CONSTRAINT" | "EXTENSION" | "ADD" | "POLICY" | "CREDENTIAL" | "SOURCE");
                let clause = exists && object || prev == "AS";
                let function = self.grammar.generic && t.open(i + 1);
                !clause && !function
            }
            "CREATE" => prev != "GRANT" && prev != "AS",
            "ALTER" if prev == "OR" => false,
            "ALTER" | "DROP" => kind != "ALTER" || t.any(i + 1, &OBJECTS[..19]),
            "TRUNCATE" => prev != "GRANT" && !t.open(i + 1),
            "EXEC" | "EXECUTE" => {
                !(matches!(prev, "WITH" | "GRANT" | "AS")
                    || t.is(i + 1, "AS") && (!self.grammar.is_tsql() || matches!(kind, "CREATE" | "ALTER"))
                    || kind == "INSERT" && opens_body(body)
                    || kind == "CREATE" && !self.grammar.is_tsql())
            }
            "FETCH" => !matches!(prev, "ROWS" | "ROW"),
            "OPEN" | "CLOSE" | "USE" | "CALL" | "SAVE" | "BULK" | "BREAK" => {
                !matches!(prev, "AS") && (self.grammar.is_tsql() || word == "USE")
            }
            "RETURN" | "BEGIN" | "END" | "ELSE" => prev != "AS" || kind != "SELECT",
            "COMMIT" | "ROLLBACK" => prev != "ON" && prev != "WITH",
            "BACKUP" | "RESTORE" => {
                self.grammar.is_tsql()
                    && t.any(i + 1, &["DATABASE", "LOG", "CERTIFICATE", "MASTER", "SERVICE", "FILELISTONLY", "HEADERONLY", "VERIFYONLY"])
            }
            "KILL" => {
                self.grammar.is_tsql()
                    && (t.word(i + 1).is_some() || matches!(t.list.get(i + 1).map(|x| &x.token), Some(Token::Number(..))))
            }
            "REVERT" => self.grammar.is_tsql() && prev != "AS",
            "COPY" => self.grammar.is_tsql() && t.is(i + 1, "INTO"),
            "ENABLE" | "DISABLE" => self.grammar.is_tsql() && kind != "ALTER" && t.is(i + 1, "TRIGGER"),
            "CHECKPOINT" | "RECONFIGURE" | "SHUTDOWN" | "SETUSER" => {
                self.grammar.is_tsql() && t.line(i) > t.line(i - 1) && !matches!(prev, "AS" | "FROM" | "JOIN" | "INTO")
            }
            "SEND" => self.grammar.is_tsql() && t.seq(i + 1, &["ON", "CONVERSATION"]),
            "RECEIVE" => self.grammar.is_tsql() && t.line(i) > t.line(i - 1) && t.any(i + 1, &["TOP", "CONVERSATION_HANDLE"]),
            "MOVE" => self.grammar.is_tsql() && t.is(i + 1, "CONVERSATION"),
            "ADD" => self.grammar.is_tsql() && matches!(kind, "SELECT" | "INSERT" | "UPDATE" | "DELETE") && t.is(i + 1, "SIGNATURE"),
            "RENAME" => self.grammar.is_tsql() && t.is(i + 1, "OBJECT"),
            "CONTINUE" => prev != "DECLARE",
            _ => prev != "AS",
        }
    }
}

/// What T-SQL's SET sets for a session and ALTER for nothing; of what both set (`ANSI_NULLS`) it is taken for ALTER's.
const OF_SESSION: [&str; 12] = [
    "NOCOUNT",
    "XACT_ABORT",
    "IDENTITY_INSERT",
    "ROWCOUNT",
    "DATEFIRST",
    "DATEFORMAT",
    "LANGUAGE",
    "LOCK_TIMEOUT",
    "DEADLOCK_PRIORITY",
    "STATISTICS",
    "TRANSACTION",
    "FMTONLY",
];

/// Words beside [`STARTERS`] that say something of where a statement ends.
const OTHERS: [&str; 2] = ["CASE", "VALUES"];

/// For each letter the lengths, as bits, of the telling words that begin with it: nearly every word of a text is told by that to be none.
const LENGTHS: [u32; 26] = {
    let mut lengths = [0; 26];
    let mut at = 0;
    while at < STARTERS.len() + OTHERS.len() {
        let word = if at < STARTERS.len() { STARTERS[at] } else { OTHERS[at - STARTERS.len()] };
        lengths[(word.as_bytes()[0] - b'A') as usize] |= 1 << word.len();
        at += 1;
    }
    lengths
};

/// `word` in upper case when it says something of where a statement ends; else empty.
fn telling(word: &str) -> &'static str {
    let letter = word.bytes().next().map_or(usize::MAX, |b| usize::from(b.to_ascii_uppercase().wrapping_sub(b'A')));
    if word.len() >= 32 || LENGTHS.get(letter).is_none_or(|lengths| lengths >> word.len() & 1 == 0) {
        return "";
    }
    STARTERS.into_iter().chain(OTHERS).find(|w| w.eq_ignore_ascii_case(word)).unwrap_or_default()
}

/// Where the statement at `at` ends: before the END of the block around it, where that follows without a `;`.
pub(super) fn before_end(t: &Tokens, at: usize, end: usize, context: &Context) -> usize {
    if !context.body || !t.is(end - 1, "END") && !t.is(end.saturating_sub(2), "END") {
        return end;
    }
    let mut cases = 0usize;
    let closing = (at + 1..end).find(|i| {
        let is_end = t.is(*i, "END") && !t.is(i - 1, "AS");
        let closes = is_end && cases == 0;
        cases = if t.is(*i, "CASE") { cases + 1 } else { cases - usize::from(is_end && !closes) };
        closes
    });
    closing.unwrap_or(end)
}

/// Whether an expression or a clause may end with the token at `at`.
fn ends_operand(t: &Tokens, at: usize) -> bool {
    match &t.list[at].token {
        Token::Word(w) => w.quote_style.is_some() || w.keyword == Keyword::NoKeyword,
        Token::Number(..) | Token::RParen => true,
        _ => t.string(at).is_some(),
    }
}
