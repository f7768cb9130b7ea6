// What is known of one asset: its definition with the lines that make it, columns, neighbours, impact, remarks, who defined it and when.

import { get } from "./api.js";
import { code } from "./code.js";
import { fill, h } from "./dom.js";
import { count, counted, origin, words } from "./format.js";
import { link } from "./router.js";
import { ago } from "./time.js";

/** Most lines of a definition shown here; the file has the rest. */
const MOST_LINES = 120;
/** Lines shown around a definition. */
const AROUND = 2;
/** Assets listed of each kind of impact. */
const MOST_LISTED = 60;

/** What the panel shows now, by the element it is in. @type {WeakMap<HTMLElement, string>} */
const shown = new WeakMap();

/**
 * @param {HTMLElement} aside
 * @param {string | null} urn null: it is closed
 * @param {() => void} close
 */
export async function panel(aside, urn, close) {
  aside.hidden = !urn;
  if (!urn || shown.get(aside) === urn) return void (urn || shown.delete(aside));
  shown.set(aside, urn);
  const stale = () => shown.get(aside) !== urn;
  const path = encodeURIComponent(urn);
  try {
    const { nodes } = await get(`api/v1/lineage/node/${path}`, { depth: 1 });
    if (stale()) return;
    const node = /** @type {import("./api.js").Asset} */ (nodes.find((/** @type {any} */ n) => n.urn === urn) ?? nodes[0]);
    const parts = ["definition", "fields", "impact"].map((name) => h(`section.${name}`, {}, h("p.soft", {}, "…")));
    fill(
      aside,
      h("div.bar", {}, h("h2", {}, node.name), h("button", { type: "button", "aria-label": "Close details", onclick: close }, "×")),
      facts(node),
      h(
        "p.controls",
        {},
        h("a.button", { href: link("lineage", { urn }) }, "Centre here"),
        h("a.button", { href: link("ask", { q: `What is ${node.name} and what feeds it?`, project: node.project_id }) }, "Ask about it"),
      ),
      parts,
    );
    const [definition, fields, impact] = parts;
    const rest = [
      defined(definition, node),
      node.type === "column" ? made(fields, node.urn) : columned(fields, node.urn),
      reached(impact, path),
    ];
    await Promise.all(rest.map((part, at) => part.catch((error) => fill(parts[at], h("p.bad", {}, error.message)))));
  } catch (error) {
    if (!stale()) fill(aside, h("p.bad", { role: "alert" }, /** @type {Error} */ (error).message));
  }
}

/** @param {import("./api.js").Asset} node */
function facts(node) {
  const { data_type, nullable, primary_key, comment, signature, dialect } = node.metadata;
  const said = [
    words(node.type),
    dialect,
    signature,
    data_type,
    primary_key ? "primary key" : null,
    nullable === false ? "not null" : null,
  ];
  return h("p", {}, said.filter(Boolean).join(" · "), comment ? h("span.comment", {}, comment) : null);
}

/**
 * @param {HTMLElement} section
 * @param {import("./api.js").Asset} node
 */
async function defined(section, node) {
  if (!node.file_id || node.line === null)
    return fill(section, h("h3", {}, "Definition"), h("p.soft", {}, "Nothing here defines it: it is only mentioned, or was made by hand."));
  const end = node.metadata.line_end ?? node.line;
  const [file, repository] = await Promise.all([get(`api/v1/files/${encodeURIComponent(node.file_id)}`), name(node)]);
  const within = file.diagnostics.filter((/** @type {any} */ d) => d.line >= /** @type {number} */ (node.line) && d.line <= end);
  const from = Math.max(1, node.line - AROUND);
  const sql = await code({
    id: node.file_id,
    from,
    limit: Math.min(MOST_LINES, end - from + 1 + AROUND),
    mark: [node.line, end],
    diagnostics: within,
  });
  const others = (node.metadata.definitions ?? []).slice(1);
  fill(
    section,
    h("h3", {}, "Definition"),
    h(
      "p",
      {},
      h("a", { href: link("file", { id: node.file_id, line: node.line, end }) }, `${node.file_path}:${node.line}`),
      h("span.soft", {}, ` · ${repository ?? origin(file.source)}, read `, ago(file.processed_at)),
    ),
    sql.element,
    end - from > MOST_LINES && h("p.soft", {}, `${end - from - MOST_LINES} more lines in the file.`),
    others.length > 0 &&
      h(
        "p",
        {},
        "Also defined in ",
        others
          .map((/** @type {any} */ o) => [
            h("a", { href: link("file", { id: o.file_id, line: o.line, end: o.line_end }) }, `${o.file_path}:${o.line}`),
            " ",
          ])
          .flat(),
      ),
    h("p.soft", {}, within.length ? `${counted(within.length, "remark")} on these lines` : "No remarks: all of it was understood."),
  );
}

/** @param {import("./api.js").Asset} node in which repository it is, if that is still there */
async function name(node) {
  const { repositories } = await get(`api/v1/projects/${encodeURIComponent(node.project_id)}`);
  const found = repositories.find((/** @type {any} */ r) => r.id === node.repository_id);
  return found ? `in ${found.name}` : null;
}

/**
 * @param {HTMLElement} section
 * @param {string} urn
 */
async function columned(section, urn) {
  const { cards } = await get("api/v1/lineage/layout", { urn, depth: 1, level: "table", expanded: urn });
  const { rows, columns } = cards[0];
  if (!columns) return fill(section);
  fill(
    section,
    h("h3", {}, `Columns (${count(columns)})`),
    h(
      "ul.plain",
      {},
      rows.map((/** @type {any} */ row) =>
        h(
          "li",
          {},
          h("a", { href: link("lineage", { urn: row.urn, panel: row.urn }) }, row.label),
          h("span.soft", {}, ` ${row.data_type ?? ""}${row.primary_key ? " key" : ""}`),
        ),
      ),
    ),
  );
}

/**
 * How a column is made: its edges one hop upstream, with their expressions.
 * @param {HTMLElement} section
 * @param {string} urn
 */
async function made(section, urn) {
  const { nodes, edges } = await get(`api/v1/lineage/node/${encodeURIComponent(urn)}`, {
    depth: 1,
    direction: "upstream",
    level: "column",
  });
  const names = new Map(nodes.map((/** @type {any} */ n) => [n.urn, n.name]));
  const own = edges.filter((/** @type {any} */ e) => e.source === urn);
  if (!own.length) return fill(section);
  fill(
    section,
    h("h3", {}, "Made from"),
    h(
      "ul.plain",
      {},
      own.map((/** @type {any} */ e) =>
        h(
          "li",
          {},
          h("a", { href: link("lineage", { urn: e.target, panel: e.target }) }, names.get(e.target) ?? e.target),
          h("span.soft", {}, ` ${(e.metadata.subtypes ?? [e.metadata.flow]).map(how).join(", ")}`),
          e.transformation && h("code", {}, e.transformation),
        ),
      ),
    ),
  );
}

/** @param {string} subtype how a column takes part in another */
const how = (subtype) => (subtype === "IDENTITY" ? "as it is" : words(subtype.toLowerCase()));

/**
 * @param {HTMLElement} section
 * @param {string} path
 */
async function reached(section, path) {
  const { total, breaking, affected, truncated } = await get(`api/v1/lineage/impact/${path}`);
  const list = (/** @type {string} */ name, /** @type {import("./api.js").Asset[]} */ nodes, /** @type {string} */ what) =>
    nodes.length > 0 &&
    h(
      "details",
      { open: nodes.length <= 12 },
      h("summary", {}, h(`strong.${name}`, {}, `${count(nodes.length)} ${what}`)),
      h(
        "ul.plain",
        {},
        nodes
          .slice(0, MOST_LISTED)
          .map((node) =>
            h(
              "li",
              {},
              h("a", { href: link("lineage", { urn: node.urn }) }, node.name),
              h("span.soft", {}, ` ${words(node.type)}${node.file_path ? ` · ${node.file_path}:${node.line}` : ""}`),
            ),
          ),
      ),
      nodes.length > MOST_LISTED && h("p.soft", {}, `and ${count(nodes.length - MOST_LISTED)} more`),
    );
  fill(
    section,
    h("h3", {}, "If it is dropped or renamed"),
    total === 0 ? h("p.soft", {}, "Nothing here depends on it.") : null,
    list("breaking", breaking, breaking.length === 1 ? "breaks: it names this" : "break: they name this"),
    list("affected", affected, `${affected.length === 1 ? "depends" : "depend"} on ${breaking.length ? "those, or on " : ""}its rows`),
    truncated && h("p.soft", {}, "There is more: a limit cut the list."),
  );
}
