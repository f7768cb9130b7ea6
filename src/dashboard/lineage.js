// The lineage view: the graph around an asset, what is open in it and how far it reaches in the address, a panel on what is selected.

import { get } from "./api.js";
import { fill, h, quiet } from "./dom.js";
import { exportMenu } from "./exporting.js";
import { count, counted, words } from "./format.js";
import { graph } from "./graph.js";
import { on } from "./live.js";
import { panel } from "./panel.js";
import { known, offer } from "./projects.js";
import { go, link } from "./router.js";

export const title = "Lineage";

/** Deepest that the server draws. */
const MOST_DEPTH = 30;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} first
 * @returns {import("./main.js").View}
 */
export function show(root, first) {
  let params = first;
  /** What the layout on the screen was asked by. */
  let asked = "";
  /** The card that the last click was on: it stays where it is. @type {string | undefined} */
  let anchor;
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {import("./graph.js").Layout | null} */
  let layout = null;
  /** The server did not answer. */
  let failed = false;
  /** Details were asked for by a click: what they are about stays in sight, and they come into it where they stand below the graph. */
  let clicked = false;

  const list = (/** @type {string} */ name) => (params.get(name) ?? "").split(/ (?=urn:)/).filter(Boolean);
  /** @param {Record<string, any>} changes */
  const set = (changes, how = {}) => go(link("lineage", { ...Object.fromEntries(params), ...changes }), how);
  const drawing = graph({
    select(urn) {
      clicked = true;
      if (params.get("panel") === urn) update(params);
      else set({ panel: urn }, { replace: true });
    },
    toggle(urn) {
      anchor = urn;
      const open = list("open");
      set({ open: (open.includes(urn) ? open.filter((o) => o !== urn) : [...open, urn]).join(" ") });
    },
    grow(urn, way) {
      anchor = urn;
      set({ [way]: [...list(way), urn].join(" ") });
    },
  });
  const heading = h("h1", {}, "Lineage");
  const status = h("p.soft", { role: "status" });
  const depth = h("output", {});
  const direction = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { "aria-label": "Direction", onchange: () => set({ direction: direction.value }) },
      [
        ["both", "Both ways"],
        ["upstream", "Upstream"],
        ["downstream", "Downstream"],
      ].map(([value, text]) => h("option", { value }, text)),
    )
  );
  const level = /** @type {HTMLSelectElement} */ (
    h(
      "select",
      { "aria-label": "Level", onchange: () => set({ level: level.value, open: "", upstream: "", downstream: "" }) },
      [
        ["table", "Tables"],
        ["column", "Columns"],
      ].map(([value, text]) => h("option", { value }, text)),
    )
  );
  const filter = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter the graph by name or type",
      oninput: quiet(150, () => set({ filter: filter.value }, { replace: true })),
    })
  );
  const step = (/** @type {number} */ by) => () => set({ depth: Math.min(MOST_DEPTH, Math.max(1, reach() + by)) });
  const reach = () => Number(params.get("depth") ?? 2) || 2;
  const query = () => ({
    urn: params.get("urn"),
    direction: params.get("direction"),
    depth: reach(),
    level: params.get("level"),
    expanded: params.get("open"),
    upstream: params.get("upstream"),
    downstream: params.get("downstream"),
  });
  const tools = h(
    "div.tools.controls",
    {},
    direction,
    level,
    h(
      "span.stepper",
      { role: "group", "aria-label": "Depth" },
      h("button", { type: "button", "aria-label": "Less deep", onclick: step(-1) }, "−"),
      depth,
      h("button", { type: "button", "aria-label": "Deeper", onclick: step(1) }, "+"),
    ),
    filter,
    h(
      "span.stepper",
      { role: "group", "aria-label": "Zoom" },
      h("button", { type: "button", "aria-label": "Zoom out", title: "Zoom out (-)", onclick: () => drawing.zoom(0.8) }, "−"),
      h("button", { type: "button", id: "fit", title: "Show all (0)", onclick: () => drawing.fit() }, "Fit"),
      h("button", { type: "button", "aria-label": "Zoom in", title: "Zoom in (+)", onclick: () => drawing.zoom(1.25) }, "+"),
    ),
    exportMenu(
      () => query(),
      () => layout?.cards[0]?.node.name ?? "lineage",
    ),
  );
  const aside = h("aside", { id: "panel", hidden: true, "aria-label": "Details" });
  const board = h(
    "div.board",
    { onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && params.get("panel") && close() },
    drawing.element,
    aside,
  );

  /** The details; who was in them goes on in the graph. */
  function close() {
    const inside = aside.contains(document.activeElement);
    set({ panel: "" }, { replace: true });
    if (inside) drawing.focus();
  }

  /** @param {URLSearchParams} next */
  async function update(next) {
    params = next;
    failed = false;
    if (!params.get("urn")) return start();
    if (!board.isConnected) fill(root, h("div.bar", {}, h("div", {}, heading, status), tools), board);
    direction.value = params.get("direction") ?? "both";
    depth.textContent = `depth ${reach()}`;
    if (document.activeElement !== filter) filter.value = params.get("filter") ?? "";
    const question = JSON.stringify(query());
    if (question !== asked) {
      asked = question;
      asking?.abort();
      asking = new AbortController();
      const mine = asking.signal;
      try {
        layout = /** @type {import("./graph.js").Layout} */ (await get("api/v1/lineage/layout", query(), mine));
      } catch (error) {
        if (!mine.aborted) missing(/** @type {Error & { status?: number }} */ (error));
        return;
      }
      const [{ node, rows }] = layout.cards;
      // By its URN, or its name as it may be typed.
      const wanted = params.get("urn")?.toLowerCase();
      const column = rows.find((row) => row.urn === params.get("urn") || `${node.name}.${row.label}`.toLowerCase() === wanted);
      heading.textContent = column ? `${node.name}.${column.label}` : node.name;
      document.title = `${column?.label ?? node.label} · Lineage · Headwater`;
      // Its place is taken before the graph is fitted beside it.
      aside.hidden = !params.get("panel");
      drawing.show(layout, anchor);
      anchor = undefined;
    }
    if (!layout) return;
    level.value = layout.level;
    sift();
    const urn = params.get("panel");
    drawing.select(urn);
    const told = panel(aside, urn, close);
    if (!clicked || !urn) return;
    clicked = false;
    // The graph has less room beside them.
    drawing.seek(urn);
    await told;
    if (aside.offsetTop > drawing.element.offsetTop) aside.scrollIntoView({ block: "start" });
  }

  function sift() {
    if (!layout) return;
    const wanted = (params.get("filter") ?? "").toLowerCase();
    const holds = (/** @type {string} */ text) => text.toLowerCase().includes(wanted);
    const left = drawing.filter(
      (node, rows) => !wanted || holds(node.name) || holds(words(node.type)) || rows.some((row) => holds(row.label)),
    );
    const shown = `${counted(layout.cards.length, "card")}, ${counted(layout.links.length, "link")}${layout.truncated ? ": cut at 500 cards. Less depth, one way or another beginning shows others" : ""}`;
    status.textContent = wanted ? `${left} of ${shown} match` : shown;
  }

  /** @param {Error & { status?: number }} error */
  function missing({ message, status }) {
    asked = "";
    failed = status === undefined;
    const [why, near = ""] = message.split(" Did you mean ");
    const names = [...near.matchAll(/'([^']+)'/g)].map(([, name]) => h("li", {}, h("a", { href: link("lineage", { urn: name }) }, name)));
    fill(
      root,
      h(
        "section.card",
        {},
        h("h1", {}, failed ? "The graph could not be loaded" : "Not in the graph"),
        h("p.bad", { role: "alert" }, why),
        names.length > 0 && h("p", {}, "Is it one of these?"),
        names.length > 0 && h("ul.plain", {}, names),
        h("p", {}, h("a", { href: link("lineage") }, "Choose where to begin")),
      ),
    );
  }

  /** Where to begin, when the address does not say. */
  async function start() {
    asked = "";
    const begin = h("div.begin");
    const project = params.get("project");
    const choice = /** @type {HTMLSelectElement} */ (
      h("select", { "aria-label": "Project", hidden: true, onchange: () => set({ project: choice.value }) })
    );
    fill(
      root,
      h("div.bar", {}, h("h1", {}, "Lineage"), h("p.controls", {}, choice)),
      h("p", {}, "Choose where to begin, or press ", h("kbd", {}, "/"), " to search."),
      begin,
    );
    try {
      const [{ roots, leaves, totals }, projects] = await Promise.all([
        get("api/v1/lineage/report", { limit: 40, project_id: project }),
        known(),
      ]);
      offer(choice, projects, project, "All projects");
      const group = (
        /** @type {string} */ name,
        /** @type {string} */ what,
        /** @type {import("./api.js").Asset[]} */ nodes,
        /** @type {number} */ total,
      ) =>
        h(
          "section.card",
          {},
          h("h2", {}, `${name} (${count(total)})`),
          h("p.soft", {}, what),
          nodes.length
            ? h(
                "ul.plain",
                {},
                nodes.map((node) =>
                  h("li", {}, h("a", { href: link("lineage", { urn: node.urn }) }, node.name), h("span.soft", {}, ` ${words(node.type)}`)),
                ),
                total > nodes.length && h("li.soft", {}, `and ${count(total - nodes.length)} more: search finds them`),
              )
            : h(
                "p.soft",
                {},
                "None yet: load the sample on the ",
                h("a", { href: link("dashboard") }, "dashboard"),
                " or add ",
                h("a", { href: link("files") }, "files"),
                ".",
              ),
        );
      fill(
        begin,
        group("Ends", "Made from others, and nothing is made from them: reports, marts, exports.", leaves, totals.leaves),
        group("Sources", "Others are made from them: where data comes in.", roots, totals.roots),
      );
    } catch (error) {
      failed = true;
      fill(begin, h("p.bad", { role: "alert" }, /** @type {Error} */ (error).message));
    }
  }

  // Another ingestion may have changed what is shown; the place on the screen stays.
  const ended = on("ingestion_complete", () => {
    asked = "";
    anchor = layout?.root;
    update(params);
  });
  update(params);
  return {
    update,
    back: () => void (failed && update(params)),
    leave() {
      ended();
      asking?.abort();
      drawing.leave();
    },
  };
}
