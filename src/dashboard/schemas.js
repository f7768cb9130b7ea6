// Schemas as a tree down to the columns, and what the graph lacks: unused, going round, missing, not understood.

import { get } from "./api.js";
import { fill, h, quiet } from "./dom.js";
import { count, words } from "./format.js";
import { on } from "./live.js";
import { known, offer } from "./projects.js";
import { go, link } from "./router.js";

export const title = "Schemas";

/** What a schema holds: field of the answer, kind of node. */
const GROUPS = [
  ["tables", "table"],
  ["views", "view"],
  ["procedures", "procedure"],
  ["functions", "function"],
];
/** Names listed of a group: more are not read, and the filter finds them. */
const MOST_NAMES = 300;
/** Lists of the report, what they are called, and what they mean. */
const REPORT = [
  ["orphans", "Orphans", "Nothing is made from them and they are made from nothing."],
  ["cycles", "Cycles", "They are made from themselves, over others."],
  ["dangling", "Dangling", "Mentioned somewhere, defined nowhere."],
  ["notes", "Doubts", "Names that can mean several things, and the like."],
  ["unparsed", "Not understood", "Statements that were not read, or not in full."],
];

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} first
 * @returns {import("./main.js").View}
 */
export function show(root, first) {
  let params = first;
  /** @type {any[]} */
  let schemas = [];
  /** Each has schemas of its own. @type {any[]} */
  let projects = [];
  // The first that has something, when the address names none.
  const project = () => params.get("project") ?? (projects.find((p) => p.repository_count > 0) ?? projects[0])?.id;
  const set = (/** @type {Record<string, string>} */ change, /** @type {{ replace?: boolean }} */ how = {}) =>
    go(link("schemas", { ...Object.fromEntries(params), ...change }), how);
  const tree = h("div.tree", { id: "tree" });
  const note = h("p.soft", { role: "status" });
  const filter = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter schemas by name",
      oninput: quiet(120, () => set({ q: filter.value }, { replace: true })),
    })
  );
  const choice = /** @type {HTMLSelectElement} */ (
    h("select", { "aria-label": "Project", hidden: true, onchange: () => set({ project: choice.value }) })
  );
  const report = h("div", { id: "report" });
  /** The server did not answer. */
  let failed = false;
  fill(
    root,
    h("h1.sr-only", {}, "Schemas"),
    h(
      "div.columns",
      {},
      h(
        "section.card",
        { "aria-labelledby": "tree-title" },
        h("div.bar", {}, h("h2", { id: "tree-title" }, "Schemas"), h("p.controls", {}, choice, filter)),
        note,
        tree,
      ),
      h("section.card", { "aria-labelledby": "report-title" }, h("h2", { id: "report-title" }, "Hygiene"), report),
    ),
  );

  function draw() {
    const wanted = (params.get("q") ?? "").toLowerCase();
    let shown = 0;
    const branches = schemas.map((schema) => {
      const before = shown;
      const whole = schema.name.toLowerCase().includes(wanted);
      const groups = GROUPS.map(([field, kind]) => {
        const names = schema[field].filter((/** @type {string} */ name) => whole || name.toLowerCase().includes(wanted));
        shown += names.length;
        return (
          names.length > 0 &&
          h(
            "details",
            { open: wanted !== "" || kind === "table" || kind === "view" },
            h("summary", {}, `${words(field)} `, h("span.soft", {}, count(names.length))),
            h(
              "ul.plain",
              {},
              names.slice(0, MOST_NAMES).map((/** @type {string} */ name) => leaf(schema.name, name, kind)),
              names.length > MOST_NAMES && h("li.soft", {}, `and ${count(names.length - MOST_NAMES)} more: filter by a part of the name`),
            ),
          )
        );
      });
      return (
        groups.some(Boolean) &&
        h(
          "details",
          { open: wanted !== "" || schemas.length <= 6 },
          h("summary", {}, h("strong", {}, schema.name || "(no schema)"), h("span.soft", {}, count(shown - before))),
          groups,
        )
      );
    });
    fill(tree, branches);
    note.className = "soft";
    note.textContent =
      schemas.length === 0
        ? "Nothing here yet: add files, and their tables and views stand here."
        : shown === 0
          ? `Nothing has “${params.get("q")}” in its name.`
          : "";
  }

  /**
   * @param {string} schema
   * @param {string} name
   * @param {string} kind
   */
  function leaf(schema, name, kind) {
    // In a URN a dot within a part is told from the ones between parts.
    const key = [schema, name].filter(Boolean).map((part) => part.replaceAll(".", "%2e"));
    const open = h("a", { href: link("lineage", { urn: `urn:headwater:${project()}:${kind}:${key.join(".")}` }), title: name }, name);
    if (kind !== "table" && kind !== "view") return h("li", {}, open);
    const columns = h("ul.plain");
    const details = h(
      "details",
      {
        ontoggle: once(async () => {
          const path = `api/v1/database/tables/${encodeURIComponent(schema || "main")}/${encodeURIComponent(name)}`;
          const table = await get(path, { project_id: project() });
          fill(
            columns,
            table.columns.length
              ? table.columns.map((/** @type {any} */ c) =>
                  h(
                    "li",
                    {},
                    h("a", { href: link("lineage", { urn: c.id, panel: c.id }) }, c.name),
                    h(
                      "span.soft",
                      {},
                      ` ${[c.data_type, c.primary_key ? "key" : null, c.nullable === false ? "not null" : null].filter(Boolean).join(", ")}`,
                    ),
                  ),
                )
              : h("li.soft", {}, "No columns are known."),
          );
        }, columns),
      },
      h("summary", {}, h("span.sr-only", {}, `Columns of ${name}`)),
      columns,
    );
    // Over the summary, not in it: what opens its own contents must not hold a link.
    return h("li.leaf", {}, details, open);
  }

  async function load() {
    failed = false;
    let wanted = project();
    try {
      projects = await known();
      wanted = project();
      const found = await get("api/v1/database/schemas", { project_id: wanted });
      if (wanted !== project()) return;
      offer(choice, projects, wanted);
      schemas = found.schemas;
      draw();
      const told = await get("api/v1/lineage/report", { limit: 200, project_id: wanted });
      if (wanted === project()) fill(report, hygiene(told));
    } catch (error) {
      if (wanted !== project()) return;
      failed = true;
      note.className = "bad";
      note.textContent = /** @type {Error} */ (error).message;
    }
  }

  const ended = on("ingestion_complete", load);
  filter.value = params.get("q") ?? "";
  load();
  return {
    update(next) {
      const before = project();
      params = next;
      if (before !== project()) return void load();
      if (document.activeElement !== filter) filter.value = params.get("q") ?? "";
      draw();
    },
    back: () => void (failed && load()),
    leave: ended,
  };
}

/**
 * What happens the first time something is opened.
 * @param {() => Promise<void>} work
 * @param {HTMLElement} into where its failure is told
 */
function once(work, into) {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    work().catch((error) => {
      begun = false;
      fill(into, h("li.bad", {}, error.message));
    });
  };
}

/** @param {any} report */
function hygiene(report) {
  return REPORT.map(([field, name, what]) => {
    const [items, total] = [report[field], report.totals[field]];
    return h(
      "details",
      { open: total > 0 && total <= 20, class: total ? null : "none" },
      h("summary", {}, `${name} `, h("span.badge", {}, count(total))),
      h("p.soft", {}, what),
      h(
        "ul.plain",
        {},
        items.map((/** @type {any} */ item) => h("li", {}, found(field, item))),
      ),
      total > items.length && h("p.soft", {}, `The first ${count(items.length)} are shown.`),
    );
  });
}

/**
 * @param {string} field
 * @param {any} item
 */
function found(field, item) {
  const asset = (/** @type {any} */ node) => h("a", { href: link("lineage", { urn: node.urn }) }, node.name);
  const place = (/** @type {any} */ p) =>
    p.file_id && h("a", { href: link("file", { id: p.file_id, line: p.line, end: p.line_end }) }, `${p.file_path}:${p.line}`);
  if (field === "orphans") return [asset(item), h("span.soft", {}, ` ${words(item.type)} `), place(item)];
  if (field === "cycles") return item.flatMap((/** @type {any} */ node, /** @type {number} */ at) => [at ? " ← " : null, asset(node)]);
  if (field === "dangling")
    return [
      asset(item.node),
      h("span.soft", {}, " in "),
      item.mentions.slice(0, 3).flatMap((/** @type {any} */ m) => [place(m), " "]),
      item.mentions.length > 3 && h("span.soft", {}, `and ${item.mentions.length - 3} more`),
    ].flat();
  return [place(item), ` ${item.message}`];
}
