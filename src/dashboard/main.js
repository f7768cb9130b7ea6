// The page's frame: navigation, the view that the address names, the state of the connection.

import * as dashboard from "./dashboard.js";
import { byId, fill, h } from "./dom.js";
import * as keys from "./keys.js";
import { live, on, start } from "./live.js";
import * as locked from "./locked.js";
import { follow } from "./router.js";
import * as search from "./search.js";

/**
 * @typedef {object} View
 * @property {(params: URLSearchParams) => void} [update] the address changed and still names this view
 * @property {() => void} [leave] another view is shown from now on
 * @property {() => void} [back] the connection is there again: what could not be had is asked for once more
 */

/** @typedef {{ title: string, show: (root: HTMLElement, params: URLSearchParams) => View }} Module */

/** The first view comes with the page, the others when they are gone to. @type {Record<string, () => Module | Promise<Module>>} */
const VIEWS = {
  dashboard: () => dashboard,
  lineage: () => import("./lineage.js"),
  ask: () => import("./ask.js"),
  files: () => import("./files.js"),
  schemas: () => import("./schemas.js"),
  file: () => import("./file.js"),
};

// Before the first view asks for anything.
locked.start();

/** @type {{ name: string, view: View } | null} */
let shown = null;
/** Where was gone to last; a view that comes when this is another is not shown. @type {import("./router.js").Place | null} */
let last = null;

follow(async (place) => {
  last = place;
  const known = place.name in VIEWS ? place.name : "dashboard";
  if (shown?.name === known && shown.view.update) return shown.view.update(place.params);
  for (const anchor of byId("views").children) {
    // A file is one of the files.
    const here = anchor.getAttribute("href") === `#/${known === "file" ? "files" : known}`;
    if (here) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  const module = VIEWS[known]();
  // Not awaited when it is there: the first view is shown with the frame.
  show(known, place, module instanceof Promise ? await module.catch(() => unreachable(known)) : module);
});

/**
 * @param {string} name
 * @param {import("./router.js").Place} place
 * @param {Module} module
 */
function show(name, place, { title, show }) {
  if (last !== place) return;
  const first = shown === null;
  shown?.view.leave?.();
  const root = byId("view");
  root.className = name;
  root.replaceChildren();
  document.title = `${title} · Headwater`;
  shown = { name, view: show(root, place.params) };
  // Who came by keyboard or screen reader goes on where the new content begins.
  if (!first) {
    scrollTo(0, 0);
    root.focus({ preventScroll: true });
  }
}

/**
 * In the place of a view that could not be fetched. A browser keeps a module that failed as failed: only a new page asks again.
 * @param {string} name
 * @returns {Module}
 */
function unreachable(name) {
  const again = h("button", { type: "button", onclick: () => location.reload() }, "Try again");
  return {
    title: "Offline",
    show(root) {
      root.append(h("section.card", {}, h("p.bad", { role: "alert" }, `The server did not answer for “${name}”: is it running?`), again));
      return {};
    },
  };
}

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("view").focus();
});

/** Says how the connection is, counting down to the next try. */
function connection() {
  const badge = byId("connection");
  const wait = Math.max(0, Math.ceil((live.retryAt - Date.now()) / 1000));
  // On a phone there is room for less.
  const parts = live.state === "offline" ? ["offline", h("span.wide", {}, ", next try in"), ` ${wait} s`] : [live.state];
  const text = parts.map((part) => (typeof part === "string" ? part : part.textContent)).join("");
  if (badge.dataset.state !== live.state) badge.dataset.state = live.state;
  if (badge.textContent !== text) fill(badge, parts);
  // Read aloud once, not every second.
  badge.setAttribute("aria-live", live.state === "offline" ? "off" : "polite");
}

on("state", connection);
on("state", (state) => state === "live" && shown?.view.back?.());
setInterval(() => live.state === "offline" && connection(), 1000);

search.start();
keys.start();
start();
