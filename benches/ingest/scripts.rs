//! Scripts as people keep them, made up: definitions with comments, seed rows, reports, procedures; some six edges a kilobyte.

use crate::project::{Dice, File};

/// Tables defined; everything else is about them.
const TABLES: usize = 60;
/// Rows of a file of seed rows, some sixty bytes each.
const ROWS: usize = 300;

const NOUNS: [&str; 10] = ["customer", "order", "invoice", "shipment", "product", "employee", "region", "payment", "vendor", "visit"];
const WORDS: [&str; 8] = ["monthly", "of the", "as the ledger has it", "not yet", "reviewed", "by hand", "see the wiki", "legacy"];

/// `files` files.
pub fn scripts(files: usize) -> Vec<File> {
    (0..files).map(script).collect()
}

fn script(n: usize) -> File {
    let mut dice = Dice(n as u64);
    let mut text = format!("/*\n{}*/\n\n", prose(&mut dice, 6));
    let kind = match n % 10 {
        0 => "seed",
        1..=3 => "schema",
        4..=7 => "reports",
        _ => "jobs",
    };
    for part in 0..if kind == "seed" { 1 } else { 4 } {
        match kind {
            "seed" => seed(&mut text, &mut dice),
            "schema" => define(&mut text, (n * 4 + part) % TABLES, &mut dice),
            "reports" => report(&mut text, n * 4 + part, &mut dice),
            _ => job(&mut text, n * 4 + part, &mut dice),
        }
    }
    File { path: format!("{kind}/{n:04}.sql"), text }
}

fn table(n: usize) -> String {
    format!("app.{}_{n}", NOUNS[n % NOUNS.len()])
}

fn prose(dice: &mut Dice, lines: usize) -> String {
    let mut word = || WORDS[dice.roll(WORDS.len())];
    (0..lines).map(|_| format!("-- {} {} {}, {} {}\n", word(), word(), word(), word(), word())).collect()
}

fn seed(text: &mut String, dice: &mut Dice) {
    for row in 0..ROWS {
        if row % 100 == 0 {
            *text += &format!("INSERT INTO {} (id, name, amount, created_at) VALUES\n", table(dice.roll(TABLES)));
        }
        let end = if row % 100 == 99 { ";" } else { "," };
        let (word, amount, day) = (WORDS[dice.roll(WORDS.len())], dice.roll(100_000), 1 + dice.roll(28));
        *text += &format!("    ({row}, '{word} no. {row}', {amount}.25, '2024-05-{day:02} 08:30:00'){end}\n");
    }
}

fn define(text: &mut String, own: usize, dice: &mut Dice) {
    *text += &prose(dice, 4);
    *text += &format!("CREATE TABLE {} (\n    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,\n", table(own));
    for column in ["name", "amount", "status", "created_at", "parent_id", "region_id"] {
        let word = WORDS[dice.roll(WORDS.len())];
        *text += &format!("    {column:<12} NVARCHAR(200) COLLATE Latin1_General_CI_AS NOT NULL DEFAULT (''), -- {word}\n");
    }
    let other = table(dice.roll(TABLES));
    *text += &format!("    CONSTRAINT fk_{own} FOREIGN KEY (parent_id) REFERENCES {other} (id) ON DELETE CASCADE\n);\nGO\n\n");
    for column in ["name", "amount", "status"] {
        let (schema, name) = ("app", format!("{}_{own}", NOUNS[own % NOUNS.len()]));
        *text += &format!(
            "EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'{}', @level0type = N'SCHEMA', @level0name = N'{schema}',\n    \
             @level1type = N'TABLE', @level1name = N'{name}', @level2type = N'COLUMN', @level2name = N'{column}';\nGO\n",
            WORDS[dice.roll(WORDS.len())]
        );
    }
}

fn report(text: &mut String, n: usize, dice: &mut Dice) {
    let [a, b] = [0; 2].map(|_| table(dice.roll(TABLES)));
    *text += &prose(dice, 5);
    *text += &format!(
        "CREATE VIEW reporting.r_{n} AS\nWITH latest AS (\n    SELECT x.parent_id, MAX(x.created_at) AS created_at, SUM(x.amount) AS amount\n"
    );
    *text += &format!(
        "    FROM {a} x\n    WHERE x.status NOT IN ('void', 'draft', 'test', 'imported')\n    GROUP BY x.parent_id\n)\nSELECT\n    y.id,\n"
    );
    *text += "    y.name AS title,\n    CASE\n        WHEN latest.amount > 100000 THEN 'very large'\n        WHEN latest.amount > 1000 THEN 'large'\n";
    *text += "        WHEN latest.amount IS NULL THEN 'none'\n        ELSE 'small'\n    END AS size,\n    latest.created_at\n";
    *text += &format!("FROM {b} AS y\nLEFT JOIN latest ON latest.parent_id = y.id\nWHERE y.region_id BETWEEN 10 AND 90;\nGO\n\n");
}

fn job(text: &mut String, n: usize, dice: &mut Dice) {
    let [a, b] = [0; 2].map(|_| table(dice.roll(TABLES)));
    *text += &prose(dice, 5);
    *text += &format!(
        "CREATE PROCEDURE app.job_{n} @since DATETIME, @limit INT = 1000 AS\nBEGIN\n    SET NOCOUNT ON;\n    BEGIN TRY\n        BEGIN TRANSACTION;\n"
    );
    *text += &format!(
        "        INSERT INTO {a} (name, amount, status)\n        SELECT TOP (@limit) s.name, s.amount * 1.19, 'imported'\n        FROM {b} s WHERE s.created_at >= @since;\n"
    );
    *text += &format!(
        "        UPDATE {a} SET status = 'done' WHERE created_at < @since AND status = 'imported';\n        COMMIT TRANSACTION;\n    END TRY\n"
    );
    *text +=
        "    BEGIN CATCH\n        IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;\n        DECLARE @message NVARCHAR(4000) = ERROR_MESSAGE();\n";
    *text += &format!("        RAISERROR ('job {n} failed: %s', 16, 1, @message);\n    END CATCH\nEND\nGO\n\n");
}
