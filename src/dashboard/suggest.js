// What can be asked, before anything was.

import { get } from "./api.js";
import { h } from "./dom.js";
import { link } from "./router.js";

/** What can be asked of any store. */
const BEGIN = ["What tables are in the database?", "Which names are mentioned and defined nowhere?"];

/**
 * Questions to begin with, about what there is; null when there is nothing.
 * @param {string | null} project
 * @returns {Promise<string[] | null>}
 */
export async function suggestions(project) {
  const report = await get("api/v1/lineage/report", { limit: 20, project_id: project }).catch(() => null);
  if (!report) return BEGIN;
  const { leaves, roots, totals } = report;
  if (totals.leaves + totals.roots + totals.orphans === 0) return null;
  // A plain name reads best.
  const first = (/** @type {import("./api.js").Asset[]} */ nodes) =>
    nodes.find(({ name, type }) => /^[\w.]+$/.test(name) && /table|view/.test(type))?.name;
  const [leaf, root] = [first(leaves), first(roots)];
  return [...BEGIN, ...(leaf ? [`What feeds ${leaf}?`] : []), ...(root ? [`What breaks if ${root} is dropped?`] : [])];
}

/**
 * How a conversation begins.
 * @param {string[] | null} chips null: there is nothing to ask about
 * @param {(query: string) => void} pose
 */
export function suggest(chips, pose) {
  const what = chips
    ? ["Answers come from the graph and the files, with the lines they rest on."]
    : [
        "There is nothing to ask about yet: load the sample on the ",
        h("a", { href: link("dashboard") }, "dashboard"),
        " or add ",
        h("a", { href: link("files") }, "files"),
        ".",
      ];
  return h(
    "div.suggest",
    {},
    h("h2", {}, "Ask about your data"),
    h("p.soft", {}, what),
    h(
      "p.controls",
      {},
      (chips ?? []).map((q) => h("button.chip", { type: "button", onclick: () => pose(q) }, q)),
    ),
  );
}
