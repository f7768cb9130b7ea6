//! A warehouse of any number of SQL files, made up: schema-qualified tables, views over them, procedures that load them.
//!
//! References are skewed as they are in a warehouse: a few dimensions stand in hundreds of files, most tables in two or three.

/// One file of the project.
pub struct File {
    /// Relative path, unique.
    pub path: String,
    /// T-SQL, about 1.5 KB: some fifty edges.
    pub text: String,
}

/// Of ten files, so many define tables and so many views; the rest define procedures.
const TABLES: usize = 3;
const VIEWS: usize = 4;

/// A generator of whole numbers, the same on every machine (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// Below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as usize % sides
    }

    /// Below `sides`, small numbers far more often: the cube of a uniform share.
    pub fn skewed(&mut self, sides: usize) -> usize {
        let share = self.roll(1 << 20) as f64 / f64::from(1 << 20);
        ((share.powi(3) * sides as f64) as usize).min(sides - 1)
    }
}

const SCHEMAS: [&str; 8] = ["sales", "finance", "hr", "stock", "web", "crm", "ops", "dim"];
const COLUMNS: [&str; 12] =
    ["id", "code", "name", "amount", "quantity", "status", "region", "currency", "owner_id", "parent_id", "created_at", "updated_at"];

fn schema(n: usize) -> &'static str {
    SCHEMAS[n % SCHEMAS.len()]
}

fn table(n: usize) -> String {
    format!("{}.t{n}", schema(n))
}

/// `files` files; `edition` changes what a file says in one expression and one name, as an edit does.
pub fn project(files: usize) -> Vec<File> {
    (0..files).map(|n| file(n, files, 0)).collect()
}

/// File `n` of a project of `files`, in one of its editions: each names one more thing and computes one expression anew.
pub fn file(n: usize, files: usize, edition: usize) -> File {
    let mut dice = Dice(n as u64);
    let tables = (files * TABLES / 10).max(1);
    let mut text = format!("-- unit {n}, edition {edition}\n");
    let (place, row) = (n % 10, n / 10);
    let folder = if place < TABLES {
        define(&mut text, row * TABLES + place, tables, edition, &mut dice);
        "tables"
    } else if place < TABLES + VIEWS {
        view(&mut text, n, tables, edition, &mut dice);
        "views"
    } else {
        procedure(&mut text, n, tables, edition, &mut dice);
        "procedures"
    };
    File { path: format!("{folder}/{}/{n:05}.sql", schema(n)), text }
}

fn define(text: &mut String, own: usize, tables: usize, edition: usize, dice: &mut Dice) {
    *text += &format!("CREATE TABLE {} (\n", table(own));
    for column in COLUMNS {
        *text += &format!("    {column} DECIMAL(18, 4) NOT NULL,\n");
    }
    for extra in 0..10 {
        *text += &format!("    measure_{extra} INT NULL,\n");
    }
    for key in 0..2 {
        let other = table(dice.skewed(tables));
        *text += &format!("    CONSTRAINT fk_{own}_{key} FOREIGN KEY (owner_id) REFERENCES {other} (id),\n");
    }
    *text += &format!("    note_{edition} VARCHAR(40) NULL\n);\nGO\n");
}

fn view(text: &mut String, n: usize, tables: usize, edition: usize, dice: &mut Dice) {
    let [a, b, c] = [0; 3].map(|_| table(dice.skewed(tables)));
    *text += &format!("CREATE VIEW report.v{n} AS\nSELECT a.id, a.code, a.name AS label, b.amount * {edition}.5 AS amount,\n");
    for extra in 0..6 {
        *text += &format!("    a.measure_{extra} + b.measure_{} AS m{extra},\n", 9 - extra);
    }
    *text += &format!("    c.region, c.status, COALESCE(c.name, b.name) AS owner\nFROM {a} a\nJOIN {b} b ON b.id = a.parent_id\n");
    *text += &format!("LEFT JOIN {c} c ON c.id = a.owner_id\nWHERE a.status = 'open' AND b.updated_at > '2020-01-01';\nGO\n");
    // One view in eight passes everything on.
    if n.is_multiple_of(8) {
        *text += &format!("CREATE VIEW report.all_{n} AS SELECT * FROM {a};\nGO\n");
    }
}

fn procedure(text: &mut String, n: usize, tables: usize, edition: usize, dice: &mut Dice) {
    let [a, b, target] = [0; 3].map(|_| table(dice.skewed(tables)));
    *text += &format!("CREATE PROCEDURE etl.load_{n} @batch INT AS\nBEGIN\n    INSERT INTO {target} (id, code, name, amount, quantity)\n");
    *text += &format!(
        "    SELECT a.id, a.code, a.name, SUM(b.amount), SUM(b.quantity * {edition}.25)\n    FROM {a} a JOIN {b} b ON b.parent_id = a.id\n"
    );
    *text += "    WHERE a.status = 'open'\n    GROUP BY a.id, a.code, a.name;\n";
    *text += &format!(
        "    UPDATE t SET t.status = s.status, t.region = s.region FROM {target} t JOIN staging.s{n}_{edition} s ON s.id = t.id;\n"
    );
    *text += &format!("    DELETE FROM {target} WHERE updated_at < '2020-01-01';\n    EXEC etl.log_batch @batch;\nEND\nGO\n");
}
