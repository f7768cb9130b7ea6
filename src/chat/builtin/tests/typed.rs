//! Questions as they are typed: short, misspelt, the wrong way round, of several things at once, and narrowed by the next one.

use super::hold;

/// A warehouse of three layers, a schema that has a table of its name, and a database of schemas.
const GRID: &str =
    "CREATE TABLE land.meters (meter_id BIGINT PRIMARY KEY, serial VARCHAR(40) NOT NULL UNIQUE, site_id INT, firmware TEXT DEFAULT '1');
CREATE TABLE land.sites (site_id INT PRIMARY KEY, boss_id INT REFERENCES land.sites (site_id), email TEXT, rating quality.mark);
CREATE TABLE land.readings (reading_id BIGINT PRIMARY KEY, meter_id BIGINT NOT NULL REFERENCES land.meters (meter_id), kwh INT);
CREATE TABLE land.tariffs (code TEXT, price NUMERIC(8,5));
CREATE TABLE land.lonely (id INT);
CREATE VIEW clean.meters AS SELECT meter_id, upper(serial) AS serial, site_id FROM land.meters WHERE site_id IS NOT NULL;
CREATE VIEW clean.readings AS SELECT r.meter_id, r.kwh FROM land.readings r JOIN clean.meters m ON m.meter_id = r.meter_id;
CREATE VIEW clean.usage AS SELECT meter_id, sum(kwh) AS kwh FROM clean.readings GROUP BY meter_id;
CREATE TABLE bi.costs (meter_id BIGINT, kwh NUMERIC(12,2), cost NUMERIC(12,2));
CREATE PROCEDURE bi.load_costs AS BEGIN
  TRUNCATE TABLE bi.costs;
  INSERT INTO bi.costs (meter_id, kwh, cost) SELECT u.meter_id, u.kwh, u.kwh * t.price FROM clean.usage u CROSS JOIN land.tariffs t;
END;
CREATE VIEW bi.top AS SELECT meter_id, cost FROM bi.costs;
CREATE VIEW bi.directly AS SELECT code FROM land.tariffs;
CREATE TABLE person.person (id INT, email TEXT);
CREATE TABLE person.address (id INT, street TEXT);
CREATE TABLE POWER.CORE.TRADES (ID INT, PRICE INT);
CREATE TABLE POWER.RAW.TRADES (ID INT);
";

#[test]
fn what_is_shortened_or_misspelt_is_understood() {
    hold(
        GRID,
        &[
            ("whats in the bi schema", &["There is **1 table** in schema `bi`"], &["There is no"]),
            ("wheres bi.top defined", &["is defined in **shop.sql:14**"], &[]),
            ("hey, which tbls do u know", &["There are **10 tables**"], &["apply", "fits"]),
            ("how many tables r there pls", &["**10 tables**"], &["apply"]),
            ("what cols does land.meters have", &["has **4 columns**"], &["search"]),
            ("what feds bi.costs", &["comes from **3 direct sources**"], &["search"]),
            ("whta tabels are there", &["There are **10 tables**"], &["search"]),
            ("show culomns of land.sites", &["has **4 columns**"], &["search"]),
            ("**land.tariffs** downstream please", &["**3 assets** depend directly on `land.tariffs`"], &["search"]),
            ("where do we store e-mail addresses", &["These fit `addresses email`"], &[]),
            ("good morning", &["search"], &["join"]),
        ],
    );
}

#[test]
fn what_a_change_reaches_is_told_of_the_kinds_that_are_asked_for() {
    hold(
        GRID,
        &[
            (
                "what breaks if I drop land.readings? // only views",
                &[
                    "reaches **3 assets** (3 views; 2 of other kinds beside): **1 breaks**, 2 are affected",
                    "`bi.top` (view, shop.sql:14), by `bi.costs`",
                ],
                &["(procedure"],
            ),
            ("which views break if I drop land.readings?", &["(3 views; 2 of other kinds beside)"], &["(procedure"]),
            (
                "what breaks if I drop land.readings, tables only",
                &["reaches **1 asset** (1 table; 4 of other kinds beside): **0 break**"],
                &["(view"],
            ),
            ("what breaks if I drop bi.top? // only views", &["Nothing here uses `bi.top`"], &[]),
            ("which procedures break if I drop clean.meters.serial", &["Nothing here uses"], &[]),
            ("which triggers break if I drop land.readings", &["Nothing of that kind uses", "but 5 of other kinds do"], &[]),
            ("what is the impact of changing the type of a column of land.readings", &["5 assets"], &["beside"]),
            ("what would happen if land.tariffs were late", &["Trouble with `land.tariffs`", "may fail with it"], &["Dropping"]),
            (
                "rename clean.meters.serial to serial_no",
                &["breaks nothing", "To call it `serial_no`, edit **1 place**:\n\n- shop.sql:6"],
                &[],
            ),
            (
                "which views actually use land.readings.kwh, not only its table",
                &["**3 assets** use `land.readings.kwh` itself (2 of other kinds beside)"],
                &["(procedure"],
            ),
        ],
    );
}

#[test]
fn whether_one_depends_on_another_is_told_in_its_direction() {
    hold(
        GRID,
        &[
            ("does bi.costs depend on land.readings", &["Yes: data gets from `land.readings`", "in **3 hops**"], &["None gets"]),
            ("does bi.costs.cost depend on land.tariffs.price?", &["Yes: data gets from `land.tariffs.price`"], &["None gets"]),
            ("does bi.top use land.tariffs", &["Yes: data gets from `land.tariffs`"], &["None gets"]),
            ("is bi.top derived from land.tariffs", &["Yes: data gets from `land.tariffs`"], &["None gets"]),
            ("is land.tariffs read by bi.top", &["Yes: data gets from `land.tariffs`"], &["None gets"]),
            ("does land.tariffs depend on bi.top", &["None gets from `bi.top` to `land.tariffs`"], &["Yes"]),
            ("is bi.top connected to land.tariffs", &["Yes: data gets from `land.tariffs`"], &["None gets"]),
            ("is land.lonely connected to anything in bi", &["Nothing here depends on `land.lonely`"], &["columns"]),
            ("does land.readings feed bi.top // how?", &["in **4 hops**", "→ `clean.usage`"], &["looked up"]),
        ],
    );
}

#[test]
fn several_names_are_each_asked_about() {
    hold(
        GRID,
        &[
            (
                "what do land.readings, land.tariffs and land.lonely feed",
                &["directly on `land.readings`", "directly on `land.tariffs`", "Nothing here depends on `land.lonely`"],
                &[],
            ),
            (
                "columns of clean.meters and clean.usage",
                &["`clean.meters` (view, shop.sql:6) has **3 columns**", "`clean.usage` (view, shop.sql:8) has **2 columns**"],
                &["uses"],
            ),
            ("which views use land.meters but not land.readings", &["**1 view**", "- `clean.meters`"], &["- `clean.readings`"]),
            ("which views use both land.readings and clean.meters", &["**1 view**", "- `clean.readings`"], &["apply"]),
            ("which columns are in land.meters but not in clean.meters", &["Columns of `land.meters` only: `firmware`"], &["consumers"]),
            (
                "which columns differ in type between clean.usage and bi.costs",
                &["Columns of both: `kwh`, `meter_id`"],
                &["consumers", "hop"],
            ),
            (
                "which columns do land.readings and bi.costs share",
                &["Columns of both: `kwh`, `meter_id`", "`kwh` (INT, NUMERIC(12, 2))"],
                &["consumers"],
            ),
            ("what is different between land.meters and clean.meters", &["Columns of `land.meters` only: `firmware`"], &["Yes:"]),
            (
                "show me the sql that links land.tariffs to bi.costs",
                &["`bi.costs` **is derived from** `land.tariffs`", "CROSS JOIN land.tariffs t"],
                &[],
            ),
        ],
    );
}

#[test]
fn what_follows_narrows_or_goes_on() {
    hold(
        GRID,
        &[
            (
                "what depends on land.readings // how many of those are views?",
                &["**1 asset** depends directly", "and 2 more further on"],
                &["In project"],
            ),
            ("what depends on land.readings // how many?", &["**1 asset** depends directly"], &["In project"]),
            ("what depends on land.readings // views only", &["**1 asset** depends directly"], &["(procedure"]),
            ("where is bi.top defined // show me the code", &["CREATE VIEW bi.top"], &["looked up"]),
            ("is land.tariffs used // by whom?", &["**3 assets** depend directly on `land.tariffs`"], &["looked up"]),
            ("what feeds bi.costs // its columns // and the types?", &["has **3 columns**"], &["looked up"]),
            ("what tables are there // how many views are there?", &["In project `default`: **5 views**"], &[]),
            ("what depends on land.readings // why bi.top?", &["`land.readings`", "`bi.top`"], &["looked up"]),
        ],
    );
}

#[test]
fn a_schema_is_known_as_one_wherever_it_stands() {
    hold(
        GRID,
        &[
            ("which tables are in person", &["There are **2 tables** in schema `person`"], &[]),
            ("PII in person", &["in schema `person` look personal", "- `person.address.street`"], &["looked up"]),
            ("unused tables in person", &["in schema `person`"], &["land.lonely"]),
            (
                "trace bi.top back to land",
                &["goes back to **3 relations** in schema `land`", "`land.readings` → `clean.readings`"],
                &["is a schema"],
            ),
            ("which clean views feed bi.costs", &["in schema `clean`", "- `clean.usage`"], &["- `land."]),
            ("list clean", &["Schema `clean` of project `default` holds 3 views"], &["search"]),
            ("give me an overview of the clean layer", &["Schema `clean` of project `default` holds 3 views"], &[]),
            ("which schemas does bi depend on", &["- `clean` → `bi`: 1 direct flow", "- `land` → `bi`: 2 direct flows"], &["assets"]),
            ("tables in POWER.CORE", &["There is **1 table** in schema `POWER.CORE`", "- `POWER.CORE.TRADES`"], &["RAW"]),
            ("tables in database power", &["There are **2 tables** in schema `power`"], &["land"]),
            ("which columns in clean are not in land", &["- `clean.usage.kwh`"], &["are no columns", "clean.meters"]),
            ("how many tables per schema", &["There are **6 schemas**", "- `land`: 5 tables"], &["apply"]),
        ],
    );
}

#[test]
fn conditions_are_those_that_are_said() {
    hold(
        GRID,
        &[
            ("which columns of land.readings can't be null", &["has **2 columns** that are not null"], &["`kwh`"]),
            ("list primary keys", &["There are **3 columns** in project `default` of a primary key"], &["looked up"]),
            ("tables with no incoming foreign keys", &["without foreign keys to them", "- `land.readings`"], &["- `land.meters`"]),
            ("which tables refer to land.meters", &["**1 table has** a foreign key to `land.meters`"], &["declares"]),
            ("does land.sites reference itself", &["(boss_id) → `land.sites`"], &["feeds"]),
            ("how many tables contain meter_id", &["**7 relations have** a column `meter_id`"], &["apply"]),
            ("does land.sites have a column named region", &["`land.sites` has no column `region`"], &["No table"]),
            ("does land.sites have an email", &["`land.sites.email` is a column of `land.sites`"], &["search"]),
            ("which columns nobody reads in land.meters", &["- `land.meters.firmware`"], &["feeds"]),
            ("which columns of land.meters are dead", &["- `land.meters.firmware`"], &["primary"]),
            ("views with a group by", &["**1 line**", "in `clean.usage`"], &["search", "apply"]),
            ("views without a group by", &["**4 views** without GROUP BY"], &["- `clean.usage`"]),
            ("which procedures use a window function", &["No procedure here uses window functions"], &["No statement"]),
            ("which tables does load_costs truncate", &["`bi.costs`"], &["apply"]),
            ("what does shop.sql define", &["It **defines**"], &["**read**"]),
            ("unique columns", &["There is **1 column** in project `default` that is unique by itself"], &["that are"]),
            ("give me 2 tables", &["There are **10 tables** in project `default`; the first 2:"], &["apply", "land.sites"]),
            ("which columns are of type mark", &["- `land.sites.rating`"], &[]),
            ("which columns have the same name but a different type", &["`kwh`: INT", "NUMERIC"], &["declared with type"]),
            ("which columns make up bi.costs, and of what type", &["has **3 columns**"], &["declared with type"]),
            ("what uses land.tariffs 2024?", &["**3 assets**", "further on"], &["hop:"]),
            ("what depends on land.readings within two hops", &["\n2 hops:\n"], &["3 hops"]),
            ("everything about land.lonely", &["`land.lonely` (table, shop.sql:5). It has 1 column."], &["search"]),
            ("what kind of object is bi.load_costs", &["`bi.load_costs` (procedure"], &["search"]),
            ("which views skip the clean layer", &["`bi.directly` reads `land.tariffs`"], &["No relation"]),
            ("is the lineage of bi.costs complete", &["was understood"], &["comes from"]),
            ("which statements were skipped", &["**18 of 18 statements**"], &["search"]),
        ],
    );
}

#[test]
fn a_function_of_sql_that_is_defined_here_is_a_name() {
    hold(
        "CREATE TABLE shop.t (a TEXT);\nCREATE FUNCTION shop.group_concat(x TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$ BEGIN RETURN x; END $$;\n\
         CREATE VIEW shop.v AS SELECT shop.group_concat(a) AS b FROM shop.t;\n",
        &[("what uses group_concat", &["directly on `shop.group_concat`", "- `shop.v`"], &["No statement"])],
    );
}

#[test]
fn what_is_left_out_is_left_out() {
    hold(
        GRID,
        &[
            ("who uses land.readings, not counting views", &["- 3 hops: `bi.load_costs`", "`bi.costs` (table"], &["(view"]),
            ("what depends on land.readings except procedures", &["`bi.costs` (table"], &["(procedure"]),
            (
                "which tables in land are not used in clean",
                &["**3 tables** in schema `land` that are not used in schema `clean`", "- `land.tariffs`"],
                &["land.meters"],
            ),
            (
                "which tables in land are read by bi",
                &["**1 table** in schema `land` that is used in schema `bi`", "- `land.tariffs`"],
                &["land.meters"],
            ),
            ("which bi views read land", &["**1 view** in schema `bi` that directly reads schema `land`", "- `bi.directly`"], &["bi.top"]),
            (
                "which views read from tables in land",
                &["that directly read tables in schema `land`", "- `clean.meters`", "- `bi.directly`"],
                &["clean.usage"],
            ),
            (
                "which tables have neither a primary key nor a comment",
                &["without a primary key and without a comment", "- `land.tariffs`"],
                &["land.sites"],
            ),
            ("which views use at least two tables", &["**1 view**", "- `clean.readings`"], &["apply", "clean.usage"]),
            ("which views join more than one table", &["**1 view**", "- `clean.readings`"], &["apply"]),
            ("columns in land without a type", &["Every column in schema `land` is declared with a type"], &["`without`"]),
            (
                "what are the defaults in land",
                &["There is **1 column** in schema `land` with a default", "- `land.meters.firmware`"],
                &["looked up"],
            ),
        ],
    );
}

#[test]
fn what_is_asked_of_all_columns_or_of_the_first_is_answered() {
    hold(
        GRID,
        &[
            ("column level lineage of bi.costs", &["made of:", "- `cost` ← `clean.usage.kwh`, `land.tariffs.price`"], &["depend directly"]),
            ("list the columns of every table in land", &["There are **14 columns** in schema `land`"], &["clear"]),
            ("show all views with their columns", &["- `bi.top` (view, shop.sql:14): `meter_id`, `cost`"], &["search"]),
            ("which columns are called kwh", &["**4 relations have** a column `kwh`"], &["ambiguous"]),
            ("which views expose kwh", &["**2 relations have** a column `kwh`", "- `clean.usage`"], &["land."]),
            ("most used column", &["- `clean.usage.kwh` (column, shop.sql:8): 3"], &["(table"]),
            ("top 2 columns by usage", &["by the number of columns, relations"], &["There is no"]),
            ("which view has the most sources", &["- `clean.readings` (view, shop.sql:7): 2"], &["apply"]),
            ("which views contain personal data", &["No column here looks personal"], &["land.sites"]),
            ("which file is land.tariffs used in", &["Files use or mention `land.tariffs`"], &["is defined in"]),
            ("land.meters vs clean.meters", &["share **", "Columns of `land.meters` only: `firmware`"], &["search"]),
            ("are land.meters and clean.meters the same?", &["share **"], &["search"]),
        ],
    );
}

#[test]
fn what_one_does_to_another_is_told() {
    hold(
        "CREATE TABLE t (a INT, valid INT);\nCREATE VIEW v AS SELECT a FROM t;\nGO\nCREATE PROCEDURE dbo.inner_one AS BEGIN\n  UPDATE t SET valid = 0;\nEND;\nGO\n\
         CREATE PROCEDURE dbo.outer_one AS BEGIN\n  EXEC dbo.inner_one;\nEND;\nGO\n",
        &[
            ("does dbo.outer_one write to t", &["does not itself, but it calls what does:\n\n- `dbo.inner_one`"], &["No: "]),
            ("does dbo.inner_one write to t", &["Yes: data gets from `dbo.inner_one`"], &["search"]),
            (
                "does dbo.outer_one call dbo.inner_one",
                &["Yes: `dbo.outer_one` (procedure, shop.sql:8) calls `dbo.inner_one` (procedure, shop.sql:4)."],
                &["data gets"],
            ),
            ("is dbo.inner_one called by dbo.outer_one", &["Yes: `dbo.outer_one`"], &["data gets"]),
            ("does dbo.inner_one call dbo.outer_one", &["Not that way round: `dbo.outer_one`"], &["Yes"]),
            ("what happens to v if t disappears", &["Yes: data gets from `t`"], &["search"]),
            (
                "how does t.valid get its value",
                &["No column here feeds `t.valid`", "is written, without other columns, by:\n\n- `dbo.inner_one`"],
                &["source itself"],
            ),
            ("which views would fail without t", &["reaches **1 asset** (1 view; 2 of other kinds beside)"], &["apply"]),
            ("what's wrong with shop.sql", &["statements** in shop.sql were understood"], &["search"]),
        ],
    );
}
