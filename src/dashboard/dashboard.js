// The first view: live numbers with their trends, events as they happen, health, the latest ingestions; or, of an empty store, how to begin.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { GROUPS, logged, read, sentence, target } from "./events.js";
import { count, counted, duration, origin, words } from "./format.js";
import { live, on, refresh } from "./live.js";
import { link } from "./router.js";
import { ago } from "./time.js";
import { trend } from "./trend.js";
import { tour, welcome } from "./welcome.js";

export const title = "Dashboard";

/** Rows shown of the stream: a page of reading. */
const MOST_ROWS = 200;
/** How often health is asked for, beside every change of the connection. */
const HEALTH_EVERY_MS = 20_000;

/** @type {[string, string][]} fields of `stats_update` and what they are called */
const NUMBERS = [
  ["total_nodes", "Nodes"],
  ["total_edges", "Edges"],
  ["databaseTables", "Tables"],
  ["total_files", "Files"],
  ["active_connections", "Watching"],
  ["activeQueries", "Answering"],
];

/** @type {"all" | keyof typeof GROUPS} */
let group = "all";
/** Events that came since the stream was paused; null while it runs. @type {number | null} */
let waiting = null;
/** @type {import("./live.js").Happening[]} what happened before the page was opened, newest first */
let before = [];
/** What to try in the sample was closed. */
let closed = false;
/** How often the log was asked for it: once, and once more for each gap. */
let asked = 0;

/**
 * @param {HTMLElement} root
 * @returns {import("./main.js").View}
 */
export function show(root) {
  const greeting = h("section.card.welcome", { id: "welcome", hidden: true });
  const tiles = h("dl", { id: "numbers", "aria-label": "Live numbers" });
  const list = h("ol", { id: "event-list", "aria-label": "Events, newest first", tabIndex: 0 });
  const controls = h("div.controls");
  const health = h("div", { id: "health" });
  const ingestions = h("ol", { id: "ingestions" });
  // Shown whole, once it is known what there is to show: nothing moves.
  const all = h(
    "div.all",
    { hidden: true },
    h("h1.sr-only", {}, "Dashboard"),
    greeting,
    tiles,
    h(
      "div.columns",
      {},
      h(
        "section.card.stream",
        { "aria-labelledby": "events-title" },
        h("div.bar", {}, h("h2", { id: "events-title" }, "Events"), controls),
        list,
      ),
      h(
        "div.side",
        {},
        h("section.card", { "aria-labelledby": "health-title" }, h("h2", { id: "health-title" }, "Health"), health),
        h("section.card", { "aria-labelledby": "ingestions-title" }, h("h2", { id: "ingestions-title" }, "Latest ingestions"), ingestions),
      ),
    ),
  );
  root.append(all);

  function numbers() {
    const { stats, samples } = live;
    fill(
      tiles,
      NUMBERS.map(([field, name]) =>
        tile(
          field,
          name,
          stats?.[field],
          samples.map((sample) => sample[field]),
        ),
      ),
    );
    if (stats) greet();
  }

  /** The sample was loaded here, of which numbers and log do not tell yet. */
  let loaded = false;
  /** The sample is all that was ever read. */
  let only = false;

  /** Above the rest: how to begin, or what to try in the sample. */
  function greet() {
    const empty = live.stats?.total_files === 0;
    const what = (loaded || (only && !empty)) && !closed ? "tour" : empty ? "welcome" : "";
    greeting.hidden = !what;
    if (greeting.dataset.what === what) return;
    greeting.dataset.what = what;
    const close = () => {
      closed = true;
      greet();
    };
    const begun = () => {
      loaded = true;
      greet();
    };
    fill(greeting, what === "tour" ? tour(close) : what ? welcome(begun) : []);
  }

  function stream() {
    const types = group === "all" ? null : GROUPS[group];
    const skipped = waiting ?? 0;
    const events = [...live.events.slice(skipped), ...before].filter(({ type }) => !types || types.includes(type)).sort(newestFirst);
    const none = asked ? "Nothing yet. Uploads, questions and errors show here as they happen." : "The server has not told yet.";
    fill(list, events.length ? events.slice(0, MOST_ROWS).map(row) : h("li.empty", {}, none));
    fill(
      controls,
      /** @type {("all" | keyof typeof GROUPS)[]} */ (["all", ...Object.keys(GROUPS)]).map((name) =>
        h("button.chip", { type: "button", "aria-pressed": String(group === name), onclick: () => ((group = name), stream()) }, name),
      ),
      h(
        "button.chip",
        { type: "button", id: "pause", "aria-pressed": String(waiting !== null), onclick: pause },
        waiting === null ? "pause" : `resume${waiting ? ` (${waiting} new)` : ""}`,
      ),
    );
  }

  function pause() {
    waiting = waiting === null ? 0 : null;
    stream();
    /** @type {HTMLElement | null} */ (controls.querySelector("#pause"))?.focus();
  }

  async function checked() {
    try {
      const { status, services, problems, uptime_seconds } = await get("health");
      const rows = Object.entries(services).map(([name, state]) =>
        h(
          "li",
          { "data-state": state },
          h("span", {}, words(name === "ollama" ? "language model" : name)),
          h("span.state", {}, words(String(state))),
        ),
      );
      fill(
        health,
        h(
          "p.verdict",
          { "data-state": status },
          status === "healthy" ? "All well" : "Degraded: see below",
          h("span.soft", {}, ` · up ${up(uptime_seconds)}`),
        ),
        problems.map(problem),
        h("ul.states", {}, rows),
      );
    } catch (error) {
      fill(health, h("p.verdict", { "data-state": "unhealthy" }, /** @type {Error} */ (error).message));
    }
  }

  // Something could not be asked for, or may have gone by unseen.
  let missed = false;

  async function ingested() {
    try {
      const { sessions } = await get("api/v1/ingestion/logs", { limit: 8 });
      only = sessions.length > 0 && sessions.every((/** @type {any} */ { source }) => source === "sample");
      loaded = false;
      greet();
      fill(ingestions, sessions.length ? sessions.map(ingestion) : h("li.empty", {}, "None yet."));
    } catch (error) {
      missed = true;
      if (!ingestions.firstChild) fill(ingestions, h("li.bad", {}, /** @type {Error} */ (error).message));
    }
  }

  const gone = () =>
    past().then(stream, () => {
      missed = true;
    });

  const ends = [
    on("stats", numbers),
    on("event", () => {
      if (waiting !== null) waiting++;
      stream();
    }),
    on("connection_ack", () => {
      if (live.gaps.length) gone();
    }),
    on("ingestion_complete", ingested),
    on("state", () => {
      if (live.state === "offline") missed = true;
      if (live.state !== "connecting") checked();
    }),
  ];
  const timer = setInterval(checked, HEALTH_EVERY_MS);
  numbers();
  stream();
  Promise.allSettled([live.stats ?? refresh(), checked(), ingested(), gone()]).then(() => (all.hidden = false));
  return {
    back() {
      if (!missed) return;
      missed = false;
      ingested();
      gone();
      if (!live.stats) refresh().catch(() => {});
    },
    leave() {
      clearInterval(timer);
      for (const end of ends) end();
    },
  };
}

/**
 * @param {string} field
 * @param {string} name
 * @param {number | undefined} value
 * @param {number[]} values
 */
function tile(field, name, value, values) {
  const moved = values.length > 1 ? values[values.length - 1] - values[0] : 0;
  const change = moved === 0 ? "" : `${moved > 0 ? "+" : "−"}${count(Math.abs(moved))} since you opened this page`;
  return h(
    "div",
    { title: change },
    h("dt", {}, name),
    h("dd", { "data-stat": field }, value === undefined ? "–" : count(value)),
    h("dd.line", {}, trend(values)),
  );
}

/** @param {import("./live.js").Happening} event */
function row(event) {
  const href = target(event);
  const text = sentence(event);
  return h(
    "li",
    { class: event.type === "error" ? "bad" : null },
    ago(event.timestamp),
    href ? h("a", { href }, text) : h("span", {}, text),
  );
}

/** @param {any} problem of a service: what is wrong, since when, what puts it right */
const problem = ({ reason, since, remedy }) => h("p.bad", { role: "alert" }, `${reason}, since `, ago(since), `. ${remedy}.`);

/** @param {any} session */
function ingestion(session) {
  const names = session.filenames;
  const what = session.total_files === 1 ? names[0] : counted(session.total_files, "file");
  const how = session.status === "completed" ? "read" : words(session.status);
  const took = session.completed_at ? ` in ${duration(Date.parse(session.completed_at) - Date.parse(session.started_at))}` : "";
  return h(
    "li",
    { title: names.slice(0, 20).join("\n") },
    h("a", { href: link("files", { project: session.project_id, repository: session.repository_id }) }, what),
    h("span.soft", {}, ` ${origin(session.source)}, ${how}${took}, `, ago(session.started_at)),
  );
}

/** @param {number} seconds */
function up(seconds) {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
  ].find(([, size]) => seconds >= Number(size)) ?? ["s", 1];
  return `${Math.floor(seconds / Number(units[1]))} ${units[0]}`;
}

/** @param {import("./live.js").Happening} a @param {import("./live.js").Happening} b */
const newestFirst = (a, b) => (a.timestamp < b.timestamp ? 1 : a.timestamp > b.timestamp ? -1 : 0);

/** What happened before the socket told of it, and in its gaps; plain reads, this page's own among them, are no news. */
async function past() {
  const wanted = live.gaps.length + 1;
  if (asked === wanted) return;
  const [{ events }, { sessions }] = await Promise.all([
    get("api/v1/metrics/events", { limit: 500 }),
    get("api/v1/ingestion/logs", { limit: 50 }),
  ]);
  before = [...events.flatMap(logged), ...sessions.flatMap(read)].filter(
    ({ timestamp: at }) => live.since === null || at < live.since || live.gaps.some(({ from, to }) => from < at && at < to),
  );
  asked = wanted;
}
