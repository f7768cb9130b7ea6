// The page's frame: navigation, the view that the address names, the state of the connection.

import { get } from "./api.js";
import * as ask from "./ask.js";
import * as dashboard from "./dashboard.js";
import { byId, h } from "./dom.js";
import * as file from "./file.js";
import * as files from "./files.js";
import * as lineage from "./lineage.js";
import { live, on, start } from "./live.js";
import { follow } from "./router.js";
import * as schemas from "./schemas.js";
import * as search from "./search.js";

/**
 * @typedef {object} View
 * @property {(params: URLSearchParams) => void} [update] the address changed and still names this view
 * @property {() => void} [leave] another view is shown from now on
 */

/** @type {Record<string, { title: string, show: (root: HTMLElement, params: URLSearchParams) => View }>} */
const VIEWS = { dashboard, lineage, ask, files, schemas, file };

/** @type {{ name: string, view: View } | null} */
let shown = null;

follow(({ name, params }) => {
  const known = name in VIEWS ? name : "dashboard";
  if (shown?.name === known && shown.view.update) return shown.view.update(params);
  const first = shown === null;
  shown?.view.leave?.();
  const root = byId("view");
  root.className = known;
  root.replaceChildren();
  document.title = `${VIEWS[known].title} · Headwater`;
  for (const anchor of byId("views").children) {
    const here = anchor.getAttribute("href") === `#/${known}`;
    if (here) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  shown = { name: known, view: VIEWS[known].show(root, params) };
  // Who came by keyboard or screen reader goes on where the new content begins.
  if (!first) {
    scrollTo(0, 0);
    root.focus({ preventScroll: true });
  }
});

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("view").focus();
});

/** Says how the connection is, counting down to the next try. */
function connection() {
  const badge = byId("connection");
  const wait = Math.max(0, Math.ceil((live.retryAt - Date.now()) / 1000));
  const text = live.state === "offline" ? `offline, next try in ${wait} s` : live.state;
  if (badge.dataset.state !== live.state) badge.dataset.state = live.state;
  if (badge.textContent !== text) badge.textContent = text;
  // Read aloud once, not every second.
  badge.setAttribute("aria-live", live.state === "offline" ? "off" : "polite");
}

on("state", connection);
setInterval(() => live.state === "offline" && connection(), 1000);

search.start();
start();
get("health").then(
  ({ version }) => byId("version").replaceChildren(h("span", {}, version)),
  () => {},
);
