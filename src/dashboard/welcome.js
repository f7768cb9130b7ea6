// How an empty store greets.

import { address, send } from "./api.js";
import { h } from "./dom.js";
import { go, link } from "./router.js";
import { dropZone, uploads } from "./upload.js";

/** @returns {HTMLElement[]} */
export function welcome() {
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
