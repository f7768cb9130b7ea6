// How an empty store greets, and what it offers once the sample is in.

import { address, send } from "./api.js";
import { h } from "./dom.js";
import { go, link } from "./router.js";
import { dropZone, uploads } from "./upload.js";

/**
 * @param {() => void} loaded called when the sample is in
 * @returns {HTMLElement[]}
 */
export function welcome(loaded) {
  const problem = h("p.bad", { role: "status" });
  const button = /** @type {HTMLButtonElement} */ (h("button.primary", { type: "button", onclick: sample }, "Load the sample warehouse"));
  const base = address("").href;
  const server = base === "http://127.0.0.1:8000/" ? "" : ` --server ${base}`;
  const commands = [
    ["Send a folder", `headwater upload${server} models/`],
    ["Ask a question", `headwater ask${server} "what tables are there?"`],
    ["Lineage of a folder, with no server", "headwater lineage --format svg models/ >lineage.svg"],
  ];

  async function sample() {
    button.disabled = true;
    problem.textContent = "";
    try {
      await send("POST", "api/v1/sample");
      loaded();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    } finally {
      button.disabled = false;
    }
  }

  return [
    h("h2", {}, "Where does this number come from? What breaks if I change that?"),
    h(
      "p",
      {},
      "Headwater reads the SQL that makes your data (and the Python, notebooks and dbt files around it) and keeps a map of it: which table and ",
      "column is made from which others, and where that is written. It needs no internet and no language model.",
    ),
    h(
      "div.begin",
      {},
      h(
        "div",
        {},
        h("h3", {}, "Look around first"),
        h("p", {}, "A small shop's warehouse: PostgreSQL, SQL Server and a nightly Python job."),
        button,
        problem,
      ),
      h(
        "div",
        {},
        h("h3", {}, "Bring your own"),
        dropZone((sent) => {
          uploads.send(sent);
          go(link("files"));
        }),
      ),
      h(
        "div",
        {},
        h("h3", {}, "From a terminal"),
        h("dl.commands", {}, commands.map(([what, line]) => [h("dt", {}, what), h("dd", {}, h("code", {}, line))]).flat()),
      ),
    ),
  ];
}

/** What to try first in the sample: where it leads, what is asked, what is seen there. */
const TOUR = [
  [
    link("lineage", { urn: "marts.daily_revenue", direction: "upstream" }),
    "Where does the daily revenue come from?",
    "The graph from the report back to the raw tables; click a card for its SQL.",
  ],
  [
    link("ask", { q: "What breaks if raw.orders is dropped?" }),
    "What breaks if raw.orders is dropped?",
    "Answered from the graph, with file and line.",
  ],
  [link("schemas"), "What is mentioned and defined nowhere?", "All schemas down to their columns, and what is wrong with them."],
];

/**
 * @param {() => void} close
 * @returns {HTMLElement[]}
 */
export function tour(close) {
  return [
    h(
      "div.bar",
      {},
      h("h2", {}, "The sample is in: three things to try"),
      h("button", { type: "button", "aria-label": "Close these suggestions", onclick: close }, "×"),
    ),
    h(
      "div.begin",
      {},
      TOUR.map(([href, what, seen]) => h("div", {}, h("h3", {}, h("a", { href }, what)), h("p.soft", {}, seen))),
    ),
  ];
}
