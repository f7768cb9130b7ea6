//! Objects that are no relations: those without any flow, and those that hold a statement to run.

use crate::lineage::draft::Context;
use crate::lineage::engine::Engine;
use crate::lineage::token::Tokens;
use crate::lineage::{ColumnSource, Kind, Name};
use sqlparser::tokenizer::Token;

/// What is created and altered without assets and flows of its own: access, storage, settings, indexes, types. The first word tells.
const WITHOUT_FLOW: [&str; 137] = [
    "ACCESS",
    "ACCOUNT",
    "AGGREGATE",
    "API",
    "APPLICATION",
    "ASSEMBLY",
    "ASSIGNMENT",
    "ASYMMETRIC",
    "AUDIT",
    "AUTHORIZATION",
    "AVAILABILITY",
    "BIGFILE",
    "BITMAP",
    "BLOOMFILTER",
    "BROKER",
    "BUFFERPOOL",
    "CAPACITY",
    "CAST",
    "CATALOG",
    "CERTIFICATE",
    "CLUSTER",
    "CLUSTERED",
    "COLLATION",
    "COLUMNSTORE",
    "COMPUTE",
    "CONNECTION",
    "CONSTRAINT",
    "CONTEXT",
    "CONTRACT",
    "CONTROLFILE",
    "CONVERSION",
    "CREDENTIAL",
    "CRYPTOGRAPHIC",
    "DATA",
    "DATABASE",
    "DATASHARE",
    "DEFAULT",
    "DIMENSION",
    "DIRECTORY",
    "DISKGROUP",
    "DOMAIN",
    "EDITION",
    "ENDPOINT",
    "EVENT",
    "EXTENSION",
    "FAILOVER",
    "FILE",
    "FLASHBACK",
    "FULLTEXT",
    "FUNCTION",
    "GIT",
    "GROUP",
    "IDENTITY",
    "IMAGE",
    "INDEX",
    "INDEXTYPE",
    "INSTANCE",
    "JAVA",
    "LANGUAGE",
    "LARGE",
    "LIBRARY",
    "LOCATION",
    "LOCKDOWN",
    "LOGFILE",
    "LOGIN",
    "MANAGED",
    "MASTER",
    "MESSAGE",
    "NAMED",
    "NAMESPACE",
    "NETWORK",
    "NONCLUSTERED",
    "NOTIFICATION",
    "OPERATOR",
    "ORGANIZATION",
    "OUTLINE",
    "PARTITION",
    "PERMISSION",
    "PFILE",
    "PLUGGABLE",
    "POLICY",
    "PRIMARY",
    "PROCEDURAL",
    "PROFILE",
    "PROPERTY",
    "PROVIDER",
    "PUBLIC",
    "PUBLICATION",
    "QUEUE",
    "QUOTA",
    "RECIPIENT",
    "REMOTE",
    "REPLICATION",
    "RESERVATION",
    "RESOURCE",
    "ROLE",
    "ROLLBACK",
    "ROUTE",
    "ROUTINE",
    "RULE",
    "SCHEMA",
    "SEARCH",
    "SECRET",
    "SECURITY",
    "SELECTIVE",
    "SERVER",
    "SERVICE",
    "SESSION",
    "SETTINGS",
    "SHARE",
    "SHARED",
    "SMALLFILE",
    "SPATIAL",
    "SPFILE",
    "STAGE",
    "STATISTICS",
    "STOGROUP",
    "STORAGE",
    "SUBSCRIPTION",
    "SYMMETRIC",
    "SYSTEM",
    "TABLESPACE",
    "TAG",
    "TEXT",
    "TRANSFORM",
    "TRUSTED",
    "TYPE",
    "UNDO",
    "UNIQUE",
    "USER",
    "VARIABLE",
    "VIRTUAL",
    "VOLUME",
    "WAREHOUSE",
    "WIDGET",
    "WORKLOAD",
    "XML",
];

/// The same, told by the second word.
const WITHOUT_FLOW_SECOND: [&str; 6] = ["INDEX", "POLICY", "ACCESS", "KEY", "ROLE", "REPOSITORY"];

/// What is read where it is created; altered without a statement, it keeps what flows.
const KNOWN: [&str; 13] =
    ["SEQUENCE", "STREAM", "SYNONYM", "ALIAS", "PIPE", "ALERT", "PROCEDURE", "PROC", "TRIGGER", "PACKAGE", "TASK", "MACRO", "DICTIONARY"];

impl Engine<'_> {
    /// CREATE and ALTER of what stands at `at`: the statement it holds after AS, THEN or DO, in brackets or not.
    pub(crate) fn other_object(&mut self, t: &Tokens, from: usize, at: usize, to: usize, context: &mut Context) {
        // SQLite: its columns are those of the module's arguments, or of nobody.
        if t.seq(at, &["VIRTUAL", "TABLE"]) {
            return self.plain_asset(Kind::Table, t, from, at + 2, to);
        }
        // Behind a kind that is known stands a name, whatever it is.
        let second = if t.any(at, &KNOWN) { at } else { at + 1 };
        if t.is(at, "POLICY") || t.is(second, "POLICY") || t.seq(at, &["ROW", "ACCESS", "POLICY"]) {
            return self.policy(t, at, to, context);
        }
        if t.any(at, &WITHOUT_FLOW) || t.any(second, &WITHOUT_FLOW_SECOND) {
            return;
        }
        let begins = |i: usize| {
            t.any(i, &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "LOAD", "UNLOAD", "TRUNCATE"])
                || t.any(i, &["CALL", "EXEC", "EXECUTE", "BEGIN", "DECLARE", "CREATE", "VALUES"])
        };
        let held =
            t.find(at + 1, to, |i| t.any(i, &["AS", "THEN", "DO"]) && i + 1 < to && (begins(i + 1) || t.open(i + 1) && begins(i + 2)));
        if let Some(held) = held {
            // Snowflake's `CREATE ALERT … IF (EXISTS (…)) THEN …`.
            if let Some(condition) = t.find(at, held, |i| t.is(i, "IF") && t.open(i + 1)) {
                self.condition(t, condition + 1, t.skip(condition + 1, held), context);
            }
            let (start, end) = if t.open(held + 1) { t.inner(held + 1, to) } else { (held + 1, to) };
            self.statement(t, start, end, context);
        } else if !(t.is(from, "ALTER") && t.any(at, &KNOWN)) {
            let kind = [from, at].map(|i| t.word(i).unwrap_or_default().to_uppercase()).join(" ");
            self.rescue(&kind, t, from, to, context, "it is of no kind known here");
        }
    }

    /// Who may see which rows or values: the queries that decide it, PostgreSQL's in brackets and Snowflake's behind an arrow.
    fn policy(&mut self, t: &Tokens, at: usize, to: usize, context: &mut Context) {
        if let Some(arrow) = t.find(at, to, |i| t.at(i, &Token::Arrow)) {
            let mut inside = Context { stands_at: context.stands_at, depth: context.depth, ..Context::default() };
            if let Some(list) = t.find(at, arrow, |i| t.is(i, "AS") && t.open(i + 1)) {
                let (start, end) = t.inner(list + 1, arrow);
                self.parameters(t, start, end, &mut inside);
                // What it is given stands where a column could, as a function's does.
                let given = ColumnSource::argument(&Name::new(["policy"]).rows());
                inside.variables.values_mut().for_each(|parameter| parameter.sources = vec![given.clone()]);
            }
            return self.condition(t, arrow + 1, to, &mut inside);
        }
        let mut from = at;
        while let Some(open) = t.find(from, to, |i| t.any(i, &["USING", "CHECK"]) && t.open(i + 1)) {
            let (start, end) = t.inner(open + 1, to);
            self.condition(t, start, end, context);
            from = t.skip(open + 1, to);
        }
    }
}
