// Search from anywhere: `/` opens it, what is found opens in the lineage view, files open as files.

import { get } from "./api.js";
import { byId, fill, h, quiet, typing } from "./dom.js";
import { words } from "./format.js";
import { go, link } from "./router.js";

/** @type {{ href: string, element: HTMLElement }[]} */
let hits = [];
let chosen = -1;
/** @type {AbortController | null} */
let asking = null;

const dialog = () => /** @type {HTMLDialogElement} */ (byId("search"));
const text = () => /** @type {HTMLInputElement} */ (byId("search-text"));

export function start() {
  document.body.append(made());
  byId("find").addEventListener("click", open);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || typing(event)) return;
    event.preventDefault();
    open();
  });
  text().addEventListener("input", quiet(120, find));
  text().addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step && hits.length) {
      event.preventDefault();
      choose((chosen + step + hits.length) % hits.length);
    } else if (event.key === "Escape") {
      // A browser would only empty the field.
      event.preventDefault();
      dialog().close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const hit = hits[Math.max(chosen, 0)];
      if (hit) visit(hit.href);
    }
  });
  // A click beside it closes it.
  dialog().addEventListener("click", (event) => event.target === dialog() && dialog().close());
}

function made() {
  const text = h("input", {
    id: "search-text",
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "search-hits",
    "aria-autocomplete": "list",
    "aria-label": "Search tables, views, columns, procedures and files",
    placeholder: "Tables, columns, procedures, files…",
  });
  const hits = h("ul", { id: "search-hits", role: "listbox", "aria-label": "Found" });
  return h("dialog", { id: "search", "aria-label": "Search" }, text, hits, h("p", { id: "search-note", role: "status" }));
}

function open() {
  if (document.querySelector("dialog[open]")) return;
  dialog().showModal();
  text().select();
  if (!text().value) note("A name, a part of one, or a question in plain words");
}

/** @param {string} href */
function visit(href) {
  dialog().close();
  go(href);
}

/** @param {string} words */
function note(words) {
  byId("search-note").textContent = words;
}

/** @param {number} at */
function choose(at) {
  hits[chosen]?.element.setAttribute("aria-selected", "false");
  chosen = at;
  const hit = hits[at];
  hit?.element.setAttribute("aria-selected", "true");
  hit?.element.scrollIntoView({ block: "nearest" });
  if (hit) text().setAttribute("aria-activedescendant", hit.element.id);
  else text().removeAttribute("aria-activedescendant");
}

async function find() {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  const q = text().value.trim();
  if (!q) return show([]);
  try {
    const { nodes } = await get("api/v1/lineage/search", { q, limit: 30 }, mine.signal);
    show(nodes);
    note(nodes.length ? "" : `Nothing is called “${q}”`);
  } catch (error) {
    if (!mine.signal.aborted) note(/** @type {Error} */ (error).message);
  }
}

/** @param {import("./api.js").Asset[]} nodes */
function show(nodes) {
  const several = new Set(nodes.map((node) => node.project_id)).size > 1;
  hits = nodes.map((node, at) => {
    const href = node.type === "file" && node.file_id ? link("file", { id: node.file_id }) : link("lineage", { urn: node.urn });
    const place = [several ? node.project_id : "", node.file_path ? `${node.file_path}:${node.line}` : ""].filter(Boolean).join(" · ");
    const element = h(
      "li",
      { id: `hit-${at}`, role: "option", "aria-selected": "false", onclick: () => visit(href) },
      h("span.kind", { "data-kind": node.type }, words(node.type)),
      h("span.name", {}, node.name),
      h("span.soft", {}, place),
    );
    return { href, element };
  });
  fill(
    byId("search-hits"),
    hits.map((hit) => hit.element),
  );
  text().setAttribute("aria-expanded", String(hits.length > 0));
  chosen = -1;
  choose(hits.length ? 0 : -1);
}
