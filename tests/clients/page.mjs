// The page in Chromium, as people use it: `page.mjs BINARY` checks one claim after the other; `page.mjs BINARY FOLDER` makes the pictures
// of the documentation in FOLDER instead.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, eventually, start } from "./start.mjs";

const [binary, pictures] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = [
  "dashboard",
  "lineage",
  "lineage?urn=marts.daily_revenue&panel=urn:headwater:default:view:marts.daily_revenue",
  "ask",
  "files",
  "schemas",
];
/** All of it, packed: what a slow line takes in a second. */
const MOST_BYTES = 150 * 1024;

const started = await start(binary);
const { base, call, complaints } = started;
const page = await started.open({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
const at = (hash) => `${base}/#/${hash}`;
const node = (name) => page.locator(`article[aria-label$=" ${name}"]`);

/** Loads of which the median is told, after a first one. */
const ROUNDS = 8;

/** In a page: when its first view is shown, which gives the page's middle its name. */
function watchReady() {
  new MutationObserver((_, watch) => {
    if (!document.getElementById("view")?.className) return;
    window.ready = performance.now();
    watch.disconnect();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["class"] });
}

/** Goes to a view of an open page and waits until it is there and nothing is asked for any more. */
async function see(view, where = page) {
  await where.goto(at(view));
  await where.locator("#connection[data-state=live]").waitFor();
  await where.locator(`#view.${view.split("?")[0]}`).waitFor();
  await where.waitForLoadState("networkidle");
}

async function accessible(where, what) {
  // Evaluated, not added as a script: the page's policy takes none from elsewhere, and is right.
  await where.evaluate(AXE);
  const { violations } = await where.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes
        .map((n) => `${n.html.slice(0, 160)} ${n.any.map((a) => a.message).join("; ")}`)
        .slice(0, 3)
        .join(" | ")}`,
  );
  assert.deepEqual(told, [], what);
}

async function saved(kind) {
  await page.locator(".menu summary").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(`[data-export=${kind}]`).click()]);
  return readFileSync(await download.path());
}

const claims = {
  async "an empty store greets, moves nothing about, and loads the sample"() {
    await page.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) =>
        window.shifts.push(
          ...list
            .getEntries()
            .filter((e) => !e.hadRecentInput)
            .map((e) => e.value),
        ),
      ).observe({ type: "layout-shift", buffered: true });
    });
    await see("ask");
    await page.getByText("There is nothing to ask about yet").waitFor();
    await see("dashboard");
    await page.locator("#welcome code").nth(2).waitFor();
    await accessible(page, "greeting");
    const moved = await page.evaluate(() => window.shifts.reduce((a, b) => a + b, 0));
    assert.ok(moved < 0.1, `shifted by ${moved}`);
    await page.getByRole("button", { name: "Load the sample warehouse" }).click();
    const ingested = { hasText: /Read \d+ files in .*: \d+ nodes, \d+ edges/ };
    await page.locator("#event-list li", ingested).waitFor();
    await page.locator("#ingestions li", { hasText: /the sample, read in/ }).waitFor();
    const { total_nodes } = JSON.parse(await call("/api/v1/stats"));
    await page.locator("[data-stat=total_nodes]", { hasText: total_nodes.toLocaleString("en-US") }).waitFor();
    // What to try first leads there, is offered until it is closed, and holds.
    for (const [view, there] of [
      ["lineage", "article.node.root"],
      ["ask", "article.answer li"],
      ["schemas", "#report summary"],
    ]) {
      await page.locator(`#welcome a[href^="#/${view}"]`).click();
      await page.locator(there).first().waitFor();
      await page.goBack();
    }
    await page.locator("#welcome a").first().waitFor();
    await accessible(page, "tour");
    await page.getByRole("button", { name: "Close these suggestions" }).click();
    await page.locator("#welcome").waitFor({ state: "hidden" });
    // Who comes later is told of it too.
    const other = await started.open();
    await see("dashboard", other);
    await other.locator("#event-list li", ingested).waitFor();
    await other.getByRole("heading", { name: "The sample is in: three things to try" }).waitFor();
    const time = other.locator("#event-list time").first();
    assert.equal(await time.textContent(), "just now");
    assert.ok(Math.abs(Date.parse(await time.getAttribute("title")) - Date.now()) < 120_000);
    await other.close();
  },

  async "the frame is painted in one font and its bold"() {
    const other = await started.browser.newPage();
    // Without the application: the frame as it is painted first.
    await other.route("**/assets/main.js", (route) => route.abort());
    await other.goto(base);
    const fonts = await other.evaluate(() => {
      const holds = (element) => [...element.childNodes].some(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
      return [...document.body.querySelectorAll("*")]
        .filter((element) => element.checkVisibility() && holds(element))
        .map((element) => getComputedStyle(element))
        .map(({ fontFamily, fontSize, fontWeight }) => `${fontFamily} ${fontSize} ${fontWeight}`);
    });
    assert.equal(new Set(fonts).size, 2, [...new Set(fonts)].join(" | "));
    await other.close();
  },

  async "no part of the frame moves when the style of the views comes"() {
    for (const width of [1440, 360]) {
      const [alone, styled] = await Promise.all(
        ["{main.js,style.css}", "main.js"].map(async (missing) => {
          const other = await started.browser.newPage({ viewport: { width, height: 740 } });
          await other.route(`**/assets/${missing}`, (route) => route.abort());
          const failed = other.waitForEvent("requestfailed", (request) => request.url().endsWith("/main.js"));
          await other.goto(base);
          // It is asked for when the style is there, or cannot be had.
          await failed;
          const boxes = await other
            .locator("body *")
            .evaluateAll((all) => all.map((one) => `${one.outerHTML.slice(0, 60)} ${JSON.stringify(one.getBoundingClientRect())}`));
          await other.close();
          return boxes;
        }),
      );
      assert.deepEqual(styled, alone, `${width} pixels wide`);
    }
  },

  async "files are uploaded with progress, their results and remarks shown, and deleted again"() {
    await see("files");
    await page.evaluate(() => {
      window.said = [];
      new MutationObserver((changes) =>
        window.said.push(...changes.flatMap(({ addedNodes }) => [...addedNodes].map((node) => node.textContent))),
      ).observe(document.getElementById("upload-status"), { childList: true });
    });
    const files = Array.from({ length: 300 }, (_, n) => ({
      name: `made_${n}.sql`,
      mimeType: "text/plain",
      buffer: Buffer.from(`CREATE VIEW made.v${n} AS SELECT id FROM made.base;\n${n === 7 ? "SELEC nonsense FROM ((;\n" : ""}`),
    }));
    await page.locator("input[type=file]").first().setInputFiles(files);
    await page.locator("#upload-status", { hasText: /^300 read: / }).waitFor();
    const said = await page.evaluate(() => window.said);
    assert.ok(
      said.some((text) => text.startsWith("Sending 300 files")) && said.some((text) => /^Reading .*\(\d+ of 300\)/.test(text)),
      said.join(" | "),
    );
    await page.locator("#upload-results .note a").first().click();
    await page.locator(".code li.marked").waitFor();
    await page.goBack();
    await page.locator("#where li").first().waitFor();
    await page.locator("table.files tbody tr a").first().waitFor();
    const asked = [];
    const listen = (request) => request.url().includes("/api/") && asked.push(new URL(request.url()).pathname);
    page.on("request", listen);
    await page.getByLabel("Filter files by name or text").fill("made_3.sql");
    await eventually(async () => (await page.locator("table.files tbody tr").count()) === 1);
    page.off("request", listen);
    assert.deepEqual(asked, ["/api/v1/files/search"]);
    page.once("dialog", (dialog) => dialog.accept());
    await page.getByRole("button", { name: "Delete made_3.sql" }).click();
    await page.getByText("No file has “made_3.sql” in its name or text.").waitFor();
  },

  async "a dropped folder is sent with what is below it, and what fails is shown at its line"() {
    const folder = mkdtempSync(join(tmpdir(), "headwater-drop-"));
    for (const [path, text] of [
      ["shop/good.sql", "CREATE VIEW drop.good AS SELECT id FROM drop.base;\n"],
      ["shop/deep/half.sql", "CREATE TABLE drop.base (id int);\n\nSELEC nonsense FROM ((;\n"],
      ["shop/program.exe", "no"],
      ["shop/.hidden/secret.sql", "CREATE TABLE drop.secret (id int);\n"],
    ]) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    await see("files");
    const { x, y, width, height } = await page.locator(".drop").boundingBox();
    const devtools = await page.context().newCDPSession(page);
    for (const type of ["dragEnter", "dragOver", "drop"])
      await devtools.send("Input.dispatchDragEvent", {
        type,
        x: x + width / 2,
        y: y + height / 2,
        data: { items: [], files: [join(folder, "shop")], dragOperationsMask: 1 },
      });
    const results = page.locator("#upload-results");
    await page.locator("#upload-status.bad", { hasText: "2 read, 1 failed" }).waitFor();
    await results.locator("li.bad", { hasText: "shop/program.exe" }).waitFor();
    assert.equal(await results.getByText("secret").count(), 0);
    await results.locator("li", { hasText: "shop/deep/half.sql" }).getByRole("link", { name: "line 3" }).click();
    await page.locator(".code li.marked", { hasText: "SELEC nonsense" }).waitFor();
    rmSync(folder, { recursive: true });
  },

  async "an event arrives while one looks, waits while paused, and is sifted"() {
    await see("dashboard");
    await call("/api/v1/ingest/sql", { sql_content: "CREATE TABLE late (id int)", dialect: "postgres", source_file: "late.sql" });
    const rows = page.locator("#event-list li");
    await rows.first().filter({ hasText: "Read 1 file" }).waitFor();
    await page.getByRole("button", { name: "pause" }).click();
    await call("/api/chat/graph", { query: "who are you" });
    await page.getByRole("button", { name: "resume (1 new)" }).waitFor();
    assert.equal(await rows.filter({ hasText: "who are you" }).count(), 0);
    await page.getByRole("button", { name: /resume/ }).click();
    await rows.filter({ hasText: "who are you" }).waitFor();
    await page.getByRole("button", { name: "ingestions" }).click();
    assert.equal(await rows.filter({ hasText: "who are you" }).count(), 0);
    await page.getByRole("button", { name: "all", exact: true }).click();
  },

  async "lineage is found, opened, grown, lighted and told of"() {
    await page.keyboard.press("/");
    await page.locator("#search-text").fill("daily_revenue");
    await page.locator("#search-hits li", { hasText: "marts.daily_revenue" }).first().waitFor();
    await page.keyboard.press("Enter");
    await node("daily_revenue").waitFor();
    const cards = await page.locator("article.node").count();
    await page
      .getByRole("button", { name: /^Show \d+ more upstream/ })
      .first()
      .click();
    await eventually(async () => (await page.locator("article.node").count()) > cards);
    await page.getByRole("button", { name: /columns of daily_revenue/ }).click();
    await page.getByRole("button", { name: /columns of fct_orders/ }).click();
    await node("fct_orders").locator(".row").first().waitFor();
    await node("daily_revenue").locator(".row", { hasText: "revenue_eur" }).hover();
    await page.locator(".link.lit").first().waitFor({ state: "attached" });
    assert.ok((await node("fct_orders").locator(".row.lit").count()) > 0);
    await node("daily_revenue").locator(".head").click();
    const panel = page.locator("#panel");
    await panel.locator(".code .marked .t-keyword").first().waitFor();
    await panel.getByRole("link", { name: /03_marts\.sql:\d+/ }).waitFor();
    await panel.getByText("If it is dropped or renamed").waitFor();
    // The panel took room, and not from the card that it is about.
    const [card, frame] = [await node("daily_revenue").boundingBox(), await page.locator(".frame").boundingBox()];
    assert.ok(card.x >= frame.x && card.x + card.width <= frame.x + frame.width, JSON.stringify({ card, frame }));
    // The address holds all of it.
    const shown = await page.locator("article.node").count();
    await page.reload();
    await panel.locator(".code .marked").first().waitFor();
    await node("fct_orders").locator(".row").first().waitFor({ state: "attached" });
    assert.equal(await page.locator("article.node").count(), shown);
  },

  async "lineage is exported as it is seen"() {
    assert.match((await saved("svg")).toString(), /^<svg .*fct_orders/s);
    assert.deepEqual((await saved("png")).subarray(1, 4).toString(), "PNG");
    assert.match((await saved("mmd")).toString(), /^flowchart LR\n.*marts\.fct_orders/s);
    assert.match((await saved("dot")).toString(), /"marts\.fct_orders" -> "marts\.daily_revenue"/);
  },

  async "no name runs past its card, on the page or in a picture"() {
    const names = [
      "customer_lifetime_value_by_month",
      "AverageCustomerRevenueMM",
      "TransactionHistory",
      "WWWWWWWWWWWWWWWWWWWWWWWWWWW",
      "日本語の表日本語の表日本語の表",
    ];
    await call("/api/v1/ingest/sql", {
      sql_content: names.map((name) => `CREATE VIEW names."${name}" AS SELECT id AS "${name}" FROM names.source;`).join("\n"),
      dialect: "postgres",
      source_file: "names.sql",
    });
    const open = names.map((name) => `urn:headwater:default:view:names.${encodeURIComponent(name)}`).join(" ");
    const other = await started.open();
    await see(`lineage?urn=names.source&open=${encodeURIComponent(open)}`, other);
    await eventually(async () => (await other.locator("article.node").count()) === names.length + 1);
    const past = await other.locator(".node .head, .node .row").evaluateAll((lines) =>
      lines
        .flatMap((line) => {
          const right = line.getBoundingClientRect().right;
          return [...line.children].filter((text) => text.getBoundingClientRect().right > right || text.scrollWidth > text.clientWidth + 1);
        })
        .map((text) => text.textContent),
    );
    assert.deepEqual(past, []);
    assert.ok((await other.locator(`.node .head[title$="${names[0]}"]`).textContent()).includes("…"));
    // Nor, where it stands alone in large letters, below it.
    await eventually(async () => {
      await other.getByRole("button", { name: "Zoom out" }).click();
      return (await other.locator(".frame.mid").count()) === 1;
    });
    const below = await other
      .locator(".node .head .name")
      .evaluateAll((names) => names.filter((name) => name.offsetHeight > name.parentElement.offsetHeight).map((name) => name.textContent));
    assert.deepEqual(below, []);
    const { pathname, search } = new URL(`${base}/api/v1/lineage/layout?urn=names.source&format=svg`);
    await other.goto(base + pathname + search);
    const wide = await other.evaluate(() =>
      [...document.querySelectorAll("g > text")]
        .filter((text) => text.getBBox().x + text.getComputedTextLength() > 232)
        .map((text) => text.textContent),
    );
    assert.deepEqual(wide, []);
    await other.close();
  },

  async "a name that is not there leads to those like it, and a view that failed comes when the server does"() {
    const other = await started.browser.newPage();
    await other.addInitScript(() => {
      const Native = WebSocket;
      window.WebSocket = class extends Native {
        constructor(url) {
          super(url);
          window.newestSocket = this;
        }
      };
    });
    await see(`lineage?urn=${encodeURIComponent("zzzz: GET /qqqq")}`, other);
    assert.equal(await other.getByRole("alert").textContent(), "Node 'zzzz: GET /qqqq' not found");
    await see("lineage?urn=marts.daily_revenu", other);
    await other.getByRole("heading", { name: "Not in the graph" }).waitFor();
    await other.getByRole("link", { name: "marts.daily_revenue", exact: true }).click();
    const drawn = other.locator('article[aria-label$=" daily_revenue"]');
    await drawn.waitFor();
    const { session_id } = JSON.parse(await call("/api/chat/graph", { query: "Who reads raw.orders?" }));
    for (const [view, asked, problem, there] of [
      [`ask?session=${session_id}`, "**/chat/sessions/*", "The server did not answer", other.locator("article.answer")],
      ["lineage?urn=marts.daily_revenue&depth=3", "**/lineage/layout*", "The graph could not be loaded", drawn],
      ["schemas", "**/database/schemas*", "The server did not answer", other.locator("#tree details").first()],
    ]) {
      await other.route(asked, (route) => route.abort());
      await other.goto(at(view));
      await other.getByText(problem).first().waitFor();
      await other.unroute(asked);
      await other.evaluate(() => window.newestSocket.close());
      await there.waitFor();
    }
    await other.close();
  },

  async "what is degraded is told with its reason, since when, and what to do"() {
    const other = await started.open();
    const asked = await (await fetch(`${base}/health`)).json();
    const since = new Date(Date.now() - 3 * 60_000).toISOString();
    const problems = [{ service: "database", since, reason: "the disk is full", remedy: "Make room below STORAGE_PATH" }];
    const body = { ...asked, status: "degraded", services: { ...asked.services, database: "unavailable" }, problems };
    await other.route(/\/health$/, (route) => route.fulfill({ json: body }));
    await see("dashboard", other);
    const told = other.locator("#health").getByRole("alert");
    assert.equal(await told.textContent(), "the disk is full, since 3 min ago. Make room below STORAGE_PATH.");
    await other.close();
  },

  async "the header is as high and its parts stand where they stood in every view, on a tablet too"() {
    for (const width of [768, 1024]) {
      const other = await started.open({ viewport: { width, height: 900 } });
      const places = new Set();
      for (const view of ["dashboard", "lineage", "ask", "files", "schemas"]) {
        await see(view, other);
        places.add(
          JSON.stringify(
            await other.locator("header, #views a, #find").evaluateAll((all) => all.map((one) => one.getBoundingClientRect())),
          ),
        );
      }
      assert.equal(places.size, 1, [...places].join("\n"));
      await other.close();
    }
  },

  async "names can be read where a graph begins"() {
    const [many, few] = [
      "lineage?urn=marts.daily_revenue&panel=urn:headwater:default:view:marts.daily_revenue",
      "ask?q=Where+does+marts.daily_revenue+come+from%3F",
    ];
    const other = await started.open({ viewport: { width: 1280, height: 800 } });
    for (const view of [many, few]) {
      await see(view, other);
      const root = other.locator("article.node.root .name");
      await root.waitFor();
      const height = await root.evaluate(
        (name) => parseFloat(getComputedStyle(name).fontSize) * new DOMMatrix(name.closest(".stage").style.transform).a,
      );
      assert.ok(height >= 8, `${view}: ${height} pixels`);
      const cut = await other
        .locator(".node .head .name")
        .evaluateAll((names) =>
          names
            .filter((name) => name.getBoundingClientRect().height > name.closest("article").getBoundingClientRect().height)
            .map((name) => name.textContent),
        );
      assert.deepEqual(cut, [], view);
    }
    await other.close();
  },

  async "a file leads to the graph of what it defines"() {
    const [file] = JSON.parse(await call("/api/v1/files/search?q=03_marts.sql"));
    const other = await started.open();
    await see(`file?id=${file.id}`, other);
    assert.equal(await other.locator("#views a[aria-current]").textContent(), "Files");
    await other.getByRole("link", { name: "Lineage", exact: true }).last().click();
    await other.locator('article[aria-label$=" daily_revenue"]').waitFor();
    await other.locator("h1", { hasText: "postgres/03_marts.sql" }).waitFor();
    await other.close();
  },

  async "a name with a dot in it is one name, and leads to what it names"() {
    await call("/api/v1/projects", { name: "Dots", id: "dots" });
    const sql =
      'CREATE TABLE s."a.b" (id int, "c.d" int); CREATE VIEW s."v.w" AS SELECT "c.d" AS "x.y" FROM s."a.b"; CREATE TABLE a.b (other int);';
    await call("/api/v1/ingest/sql", { sql_content: sql, dialect: "postgres", source_file: "dots.sql", project_id: "dots" });
    const other = await started.open();
    await see("schemas?project=dots", other);
    await other.locator("#tree summary", { hasText: "Columns of a.b" }).click();
    await other.locator("#tree").getByRole("link", { name: "c.d" }).waitFor();
    await other.locator("#tree").getByRole("link", { name: "v.w" }).click();
    await other.getByRole("button", { name: "Show 1 columns of v.w" }).click();
    await other.locator(".row", { hasText: "x.y" }).click();
    await other.locator("#panel h2", { hasText: "s.v.w.x.y" }).waitFor();
    await other.locator("#panel").getByRole("link", { name: "s.a.b.c.d" }).click();
    await other.locator("h1", { hasText: "s.a.b.c.d" }).waitFor();
    await other.locator('article[aria-label="table · s a.b"]').waitFor();
    await other.close();
    await fetch(`${base}/api/v1/projects/dots?delete_data=true`, { method: "DELETE" });
  },

  async "an address that was typed in another case shows the same details"() {
    const other = await started.open();
    await see("lineage?urn=Marts.Daily_Revenue&panel=urn:headwater:default:view:Marts.Daily_Revenue", other);
    await other.locator("#panel").getByRole("link", { name: "revenue_eur" }).waitFor();
    await other.close();
  },

  async "of thousands of tables some are listed, and a part of a name finds the others at once"() {
    await call("/api/v1/projects", { name: "Many", id: "many" });
    const sql = Array.from({ length: 3_000 }, (_, n) => `CREATE TABLE big.t${n} (id int);`).join("\n");
    await call("/api/v1/ingest/sql", { sql_content: sql, dialect: "postgres", source_file: "many.sql", project_id: "many" });
    const other = await started.open();
    await see("schemas?project=many", other);
    await other.locator("#tree li", { hasText: "and 2,700 more" }).waitFor();
    await other.getByLabel("Filter schemas by name").fill("t2999");
    await other.locator("#tree").getByRole("link", { name: "t2999" }).waitFor();
    assert.equal(await other.locator("#tree .leaf").count(), 1);
    await other.close();
    await fetch(`${base}/api/v1/projects/many?delete_data=true`, { method: "DELETE" });
  },

  async "what may be missing is told once, and what an answer names leads there"() {
    const sql = "CREATE VIEW dbo.broken AS SELECT a FROM dbo.t;\nGO\nSELEC nonsense FROM ((;\n";
    await call("/api/v1/projects", { name: "Broken", id: "broken" });
    await call("/api/v1/ingest/sql", { sql_content: sql, dialect: "tsql", source_file: "broken.sql", project_id: "broken" });
    const other = await started.open();
    await see("ask?q=What+feeds+dbo.broken%3F&project=broken", other);
    const answer = other.locator("article.answer");
    await answer.getByText("OLLAMA_HOST is off").waitFor();
    const text = await answer.innerText();
    for (const once of ["1 of 2 statements was not understood", "OLLAMA_HOST is off"]) assert.equal(text.split(once).length, 2, text);
    await answer.locator(".markdown").getByRole("link", { name: "broken.sql:1" }).first().click();
    await other.locator(".code li.marked").first().waitFor();
    await other.goBack();
    await answer.locator(".markdown").getByRole("link", { name: "dbo.t", exact: true }).click();
    await other.locator('article[aria-label$=" t"].root').waitFor();
    await other.close();
    await fetch(`${base}/api/v1/projects/broken?delete_data=true`, { method: "DELETE" });
  },

  async "of several projects the schemas of one are shown, and lead to its own"() {
    await call("/api/v1/projects", { name: "Beside", id: "beside" });
    const sent = {
      sql_content: "CREATE TABLE raw.orders (beside_only int);",
      dialect: "postgres",
      source_file: "beside.sql",
      project_id: "beside",
    };
    await call("/api/v1/ingest/sql", sent);
    const other = await started.open();
    await see("schemas", other);
    await other.locator("#tree strong", { hasText: "marts" }).waitFor();
    await other.getByLabel("Project").selectOption("Beside");
    await other.locator("#tree strong", { hasText: "marts" }).waitFor({ state: "detached" });
    assert.match(other.url(), /project=beside/);
    await other.locator("#tree summary", { hasText: "Columns of orders" }).click();
    await other.locator("#tree").getByText("beside_only").waitFor();
    await other.locator("#tree").getByRole("link", { name: "orders" }).click();
    await other.locator("article.node").first().waitFor();
    assert.match(decodeURIComponent(other.url()), /urn:headwater:beside:table:raw.orders/);
    await see("ask", other);
    await other.getByLabel("Project").selectOption("Beside");
    await other.locator("#question").fill("What columns does raw.orders have?");
    await other.keyboard.press("Enter");
    const answer = other.locator("article.answer");
    await answer.locator("code", { hasText: "beside_only" }).waitFor();
    assert.equal(await answer.getByText("order_id").count(), 0);
    // Its conversations are those of the project; the others are there with all.
    const sessions = other.locator("#sessions li a");
    await eventually(async () => (await sessions.count()) === 1);
    await other.getByLabel("Project").selectOption("All projects");
    await eventually(async () => (await sessions.count()) > 1);
    await see("lineage", other);
    const ends = () => other.locator(".begin a").allTextContents();
    assert.ok((await ends()).some((name) => name.startsWith("made.")));
    await other.getByLabel("Project").selectOption("Beside");
    await eventually(async () => !(await ends()).some((name) => name.startsWith("made.")));
    await other.close();
    await fetch(`${base}/api/v1/projects/beside?delete_data=true`, { method: "DELETE" });
  },

  async "what the dashboard was not told at first it asks for when it is connected, and once"() {
    const other = await started.browser.newPage();
    let connect;
    const held = new Promise((ok) => (connect = ok));
    await other.routeWebSocket(/\/ws\/dashboard/, async (socket) => {
      await held;
      socket.connectToServer();
    });
    const logs = /\/ingestion\/logs|\/metrics\/events/;
    await other.route(logs, (route) => route.abort());
    await other.goto(at("dashboard"));
    await other.locator("#ingestions .bad", { hasText: "The server did not answer" }).waitFor();
    await other.getByText("The server has not told yet.").waitFor();
    await other.unroute(logs);
    const asked = [];
    other.on("request", (request) => logs.test(request.url()) && asked.push(new URL(request.url()).search));
    connect();
    await other.locator("#ingestions a").first().waitFor();
    await other
      .locator("#event-list li", { hasText: /Read \d+ file/ })
      .first()
      .waitFor();
    await other.waitForLoadState("networkidle");
    assert.deepEqual(asked.sort(), ["?limit=50", "?limit=500", "?limit=8"]);
    await other.close();
  },

  async "where a token is wanted the page asks for it, and keeps it for the tab and in no address"() {
    const closed = await start(binary, { API_TOKEN: "sesame-street" });
    try {
      // Not one of the pages whose console is to be silent: a browser tells there of each 401.
      const other = await closed.browser.newPage();
      await other.goto(`${closed.base}/#/lineage`);
      const dialog = other.getByRole("dialog", { name: "This server asks for a token" });
      await dialog.waitFor();
      await accessible(other, "token");
      await other.keyboard.type("open");
      await other.keyboard.press("Enter");
      await dialog.getByText("The one given is not the server's.").waitFor();
      await other.keyboard.type("sesame-street");
      await other.keyboard.press("Enter");
      await other.locator("#connection[data-state=live]").waitFor();
      await other.getByRole("heading", { name: "Ends (0)" }).waitFor();
      assert.equal(other.url(), `${closed.base}/#/lineage`);
      await other.reload();
      await other.locator("#connection[data-state=live]").waitFor();
      assert.equal(await dialog.count(), 0);
    } finally {
      await closed.end();
    }
  },

  async "with the server gone every view says so, and on a phone the badge stays on its line"() {
    const gone = await start(binary);
    try {
      await gone.call("/api/v1/sample", {});
      const phone = await gone.open({ viewport: { width: 360, height: 740 } });
      const show = (view) => phone.evaluate((view) => (location.hash = `#/${view}`), view);
      await phone.goto(`${gone.base}/#/lineage`);
      await phone.locator(".begin a").first().waitFor();
      await show("ask");
      await phone.locator(".suggest").waitFor();
      await show("dashboard");
      await phone.locator("#connection[data-state=live]").waitFor();
      const height = () => phone.locator("header").evaluate((header) => header.getBoundingClientRect().height);
      const live = await height();
      await gone.halt();
      const badge = phone.locator("#connection[data-state=offline]");
      await badge.waitFor();
      assert.match(await badge.innerText(), /^offline \d+ s$/);
      assert.equal(await height(), live);
      await phone.locator(".verdict", { hasText: "The server did not answer: is it running?" }).waitFor();
      const alert = (text) => phone.getByRole("alert").filter({ hasText: text }).first().waitFor();
      await show("lineage?urn=marts.daily_revenue");
      await phone.getByRole("heading", { name: "The graph could not be loaded" }).waitFor();
      await show("files");
      await alert("The server did not answer for “files”: is it running?");
      await phone.getByRole("button", { name: "Try again" }).waitFor();
      await show("ask");
      await phone.locator("#question").fill("What feeds marts.daily_revenue?");
      await phone.keyboard.press("Enter");
      await phone.locator(".answer .meta", { hasText: "No answer: The server did not answer: is it running?" }).waitFor();
      await phone.getByRole("button", { name: "Ask again" }).waitFor();
    } finally {
      await gone.end();
    }
  },

  async "on a phone remarks are read without scrolling, and Fit shows all"() {
    const phone = await started.open({ viewport: { width: 360, height: 740 } });
    await see("lineage?urn=marts.daily_revenue", phone);
    await phone.locator("article.node").first().waitFor();
    const cards = () =>
      phone.locator("article.node").evaluateAll((cards) => {
        const frame = document.querySelector(".frame").getBoundingClientRect();
        const boxes = cards.map((card) => card.getBoundingClientRect());
        const within = boxes.filter(
          ({ left, right, top, bottom }) => left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom,
        );
        return { all: boxes.length, within: within.length, height: Math.min(...boxes.map(({ height }) => height)) };
      });
    const first = await cards();
    assert.ok(first.height > 25, `cards begin ${first.height} pixels high`);
    await phone.locator("#fit").click();
    const fitted = await cards();
    assert.equal(fitted.within, fitted.all);
    await phone.locator("article.node .head").first().click();
    // Details stand below the graph, and come into sight.
    const details = phone.locator("#panel h2");
    await eventually(async () => (await details.count()) && (await details.boundingBox()).y < 740);
    const [file] = JSON.parse(await call("/api/v1/files/search?q=half.sql"));
    await see(`file?id=${file.id}&line=3`, phone);
    const { left, right } = await phone
      .locator(".code .note")
      .first()
      .evaluate((note) => note.getBoundingClientRect().toJSON());
    assert.ok(left >= 0 && right <= 360, `from ${left} to ${right}`);
    await phone.close();
  },

  async "two fingers zoom about the point between them"() {
    const phone = await started.open({ viewport: { width: 360, height: 740 }, hasTouch: true });
    await see("lineage?urn=marts.daily_revenue", phone);
    await phone.locator("article.node").first().waitFor();
    const view = () =>
      phone.locator(".stage").evaluate((stage) => {
        const { a, e, f } = new DOMMatrix(stage.style.transform);
        return { k: a, x: e, y: f };
      });
    const { x, y, width, height } = await phone.locator(".frame").boundingBox();
    const [cx, cy] = [x + width / 2, y + height / 2];
    const devtools = await phone.context().newCDPSession(phone);
    const touch = (type, apart) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: apart === undefined ? [] : [-apart, apart].map((by, id) => ({ x: cx + by, y: cy, id })),
      });
    const before = await view();
    await touch("touchStart", 40);
    for (let apart = 45; apart <= 80; apart += 5) await touch("touchMove", apart);
    await touch("touchEnd");
    const after = await view();
    assert.ok(Math.abs(after.k / before.k - 2) < 0.05, `${before.k} became ${after.k}`);
    // What was under the middle is still there.
    for (const [axis, middle] of [
      ["x", width / 2],
      ["y", height / 2],
    ])
      assert.ok(Math.abs((middle - before[axis]) / before.k - (middle - after[axis]) / after.k) < 8, axis);
    await phone.close();
  },

  async "a question is answered as built in, with its graph, and a source opens at its line"() {
    await see("ask");
    // What is suggested is about what there is.
    await page.getByRole("button", { name: /^What breaks if \w+\.\w+ is dropped\?$/ }).waitFor();
    assert.equal(await page.locator(".suggest .chip").count(), 4);
    await page.locator("#question").fill("What feeds marts.daily_revenue?");
    await page.keyboard.press("Enter");
    await page.getByText("built-in answer").waitFor();
    await page.locator(".picture article.node").first().waitFor();
    await page.locator(".answer .chip").first().waitFor();
    await page.locator("#sessions li a").first().waitFor();
    await page.locator(".sources a").first().click();
    await page.locator(".code li.marked").first().waitFor();
    await page.goBack();
    await page.getByText("built-in answer").waitFor();
    await page.locator(".picture article.node.root", { hasText: "daily_revenue" }).waitFor();
    // The page was opened elsewhere: what the socket told meanwhile is not told again out of the log.
    await see("dashboard");
    const told = page.locator("#event-list li", { hasText: "What feeds marts.daily_revenue?" });
    await told.first().waitFor();
    assert.equal(await told.count(), 1);
    // It leads to the conversation, which is not held again.
    const conversations = async () => JSON.parse(await call("/api/chat/sessions")).total;
    const before = await conversations();
    await told.getByRole("link").click();
    await page.locator("article.answer").first().waitFor();
    await page.locator("#sessions a[aria-current]").waitFor();
    assert.equal(await conversations(), before);
    await page.goBack();
    await page.goBack();
  },

  async "everything can be done with the keyboard"() {
    await page.goto("about:blank");
    await see("dashboard");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "view");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await accessible(page, "keyboard help");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    await page.keyboard.type("nothing like it");
    await page.keyboard.press("Escape");
    await page.locator("#search").waitFor({ state: "hidden" });
    await page.keyboard.press("/");
    await page.keyboard.type("fct_orders");
    await page.locator("#search-hits li[aria-selected=true]", { hasText: "fct_orders" }).waitFor();
    await page.keyboard.press("Enter");
    await node("fct_orders").waitFor();
    const transform = () => page.locator(".stage").evaluate((stage) => stage.style.transform);
    await page.locator(".frame").focus();
    for (const key of ["+", "ArrowLeft", "-", "ArrowDown"]) {
      const before = await transform();
      await page.keyboard.press(key);
      assert.notEqual(await transform(), before, key);
    }
    await page.keyboard.press("0");
    const cards = await page.locator("article.node").count();
    await page
      .getByRole("button", { name: /^Show \d+ more/ })
      .first()
      .focus();
    await page.keyboard.press("Enter");
    await eventually(async () => (await page.locator("article.node").count()) > cards);
    await page.locator(".menu summary").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    assert.match(download.suggestedFilename(), /fct_orders\.\w+$/);
    await node("fct_orders").locator(".toggle").focus();
    await page.keyboard.press("Enter");
    await node("fct_orders").locator(".row").first().waitFor();
    assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /^Hide \d+ columns of fct_orders/);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#panel h2", { hasText: "marts.fct_orders." }).waitFor();
    await page.locator("#panel").getByRole("button", { name: "Close details" }).focus();
    await page.keyboard.press("Escape");
    await page.locator("#panel").waitFor({ state: "hidden" });
    assert.ok(await page.evaluate(() => document.activeElement.matches(".frame")));
  },

  async "every view is accessible and fits, in light and dark, wide and on a phone"() {
    for (const [colorScheme, width, height] of [
      ["light", 1440, 900],
      ["dark", 1440, 900],
      ["light", 360, 740],
      ["dark", 360, 740],
    ]) {
      const other = await started.open({ colorScheme, viewport: { width, height } });
      for (const view of VIEWS) {
        await see(view, other);
        const over = await other.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${view} is ${over} pixels wider than ${width}`);
        await accessible(other, `${view} ${colorScheme} ${width}`);
      }
      const ground = await other.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(/^rgb\((\d+)/.exec(ground)[1] < 60, colorScheme === "dark", ground);
      await other.close();
    }
  },

  async "all of it is small, from here, and bound by a policy without exceptions"() {
    const other = await started.open();
    const asked = [];
    other.on("request", (request) => asked.push(request.url()));
    for (const view of VIEWS) await see(view, other);
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(base) && !url.startsWith("data:")),
      [],
    );
    const packed = await other.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.includes("/assets/"))
        .concat(performance.getEntriesByType("navigation"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    );
    assert.ok(packed > 0 && packed <= MOST_BYTES, `${packed} bytes`);
    console.log(`         ${packed} bytes packed`);
    // Beside them a page with one word, from the same server in the same browser: what neither can be faster than.
    const painted = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
    const times = { first: [], ready: [], least: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const page = await started.open();
      await page.addInitScript(watchReady);
      await see("dashboard", page);
      await page.waitForFunction(painted);
      times.first.push(await page.evaluate(painted));
      times.ready.push(await page.evaluate(() => window.ready));
      await page.close();
      const bare = await started.open();
      await bare.goto(`${base}/health/ready`);
      await bare.waitForFunction(painted);
      times.least.push(await bare.evaluate(painted));
      await bare.close();
    }
    const said = ([cold, ...warm]) => `${Math.round(cold)} ms, then ${Math.round(warm.sort((a, b) => a - b)[warm.length >> 1])} ms`;
    console.log(`         first paint after ${said(times.first)}; interactive after ${said(times.ready)}`);
    console.log(`         a page with one word: first paint after ${said(times.least)}`);
    assert.ok(times.ready.every(Number.isFinite));
    const policy = (await fetch(base)).headers.get("content-security-policy");
    assert.ok(policy.includes("default-src 'self'") && !/unsafe|\*/.test(policy), policy);
    await other.close();
  },

  async "five hundred cards are drawn and moved"() {
    const views = Array.from(
      { length: 499 },
      (_, n) => `CREATE VIEW wide.v${n} AS SELECT id FROM ${n < 12 ? "wide.start" : `wide.v${Math.floor(n / 3) - 4}`};`,
    );
    await call("/api/v1/ingest/sql", {
      sql_content: ["CREATE TABLE wide.start (id int);", ...views].join("\n"),
      dialect: "postgres",
      source_file: "wide.sql",
    });
    await see("lineage?urn=wide.start&direction=downstream&depth=30");
    await eventually(async () => (await page.locator("article.node").count()) === 500);
    await page.locator("#fit").click();
    const frames = await page.evaluate(async () => {
      const frame = document.querySelector(".frame");
      const { left, top, width, height } = frame.getBoundingClientRect();
      const [clientX, clientY] = [left + width / 2, top + height / 2];
      frame.dispatchEvent(new PointerEvent("pointerdown", { pointerId: 1, button: 0, clientX, clientY }));
      const begun = performance.now();
      let frames = 0;
      while (performance.now() - begun < 2_000) {
        await new Promise(requestAnimationFrame);
        frames++;
        if (frames % 40 < 20)
          frame.dispatchEvent(new WheelEvent("wheel", { deltaY: frames % 20 < 10 ? -40 : 40, clientX, clientY, cancelable: true }));
        else
          dispatchEvent(
            new PointerEvent("pointermove", { pointerId: 1, clientX: clientX + (frames % 40) * 12, clientY: clientY + (frames % 40) * 4 }),
          );
      }
      dispatchEvent(new PointerEvent("pointerup", { pointerId: 1 }));
      return frames / ((performance.now() - begun) / 1_000);
    });
    console.log(`         moved at ${frames.toFixed(1)} frames a second`);
    assert.ok(frames > 0);
  },

  async "nothing was complained of in its console"() {
    assert.deepEqual(complaints, []);
  },
};

/** Takes a picture, as WebP: a quarter of a PNG. */
async function picture(name) {
  const png = (await page.screenshot()).toString("base64");
  const webp = await page.evaluate(async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.6).split(",")[1];
  }, png);
  writeFileSync(join(pictures, `${name}.webp`), Buffer.from(webp, "base64"));
}

/** The pictures of the documentation. */
const draw = {
  async "the pictures are made"() {
    await call("/api/v1/sample", {});
    await page.setViewportSize({ width: 1180, height: 740 });
    const urn = "urn:headwater:default:view:marts.daily_revenue";
    const open = `${urn} urn:headwater:default:table:marts.fct_orders`;
    await see(`lineage?urn=marts.daily_revenue&direction=upstream&depth=2&open=${encodeURIComponent(open)}`);
    await node("daily_revenue").locator(".row", { hasText: "revenue_eur" }).hover();
    await picture("lineage");
    await see("ask?q=What+feeds+marts.daily_revenue%3F");
    await page.locator(".picture article.node").first().waitFor();
    await picture("ask");
    await see("dashboard");
    await page.locator("#event-list li").nth(1).waitFor();
    await picture("dashboard");
    await see("schemas");
    await picture("schemas");
  },
};

await check(started, pictures ? draw : claims);
