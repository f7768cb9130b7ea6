// The page: live numbers, the question box, files, the latest events.

import * as ask from "./ask.js";
import { byId, headers } from "./page.js";
import { connect } from "./socket.js";
import * as upload from "./upload.js";

const MOST_EVENTS = 100;

/** @param {any} stats data of a `stats_update` */
function numbers(stats) {
  for (const cell of document.querySelectorAll("[data-stat]")) {
    const value = stats[/** @type {HTMLElement} */ (cell).dataset.stat ?? ""];
    cell.textContent = typeof value === "number" ? value.toLocaleString() : "–";
  }
  for (const cell of document.querySelectorAll("[data-trend]")) {
    const trend = stats.trends[/** @type {HTMLElement} */ (cell).dataset.trend ?? ""];
    cell.textContent = trend && trend.value !== 0 ? `${trend.isPositive ? "▲" : "▼"} ${Math.abs(trend.value).toLocaleString()} % in 24 h` : "";
    /** @type {HTMLElement} */ (cell).dataset.positive = String(trend?.isPositive);
  }
  byId("welcome").hidden = stats.total_files > 0;
}

/** One line for people of an event; empty for those that are not worth one. */
const SENTENCES = {
  ingestion_started: (/** @type {any} */ d) => `Reading ${d.total_files} file${d.total_files === 1 ? "" : "s"} (${d.source})`,
  ingestion_complete: (/** @type {any} */ d) =>
    `Read ${d.files_processed} file${d.files_processed === 1 ? "" : "s"}${d.files_failed ? `, ${d.files_failed} failed` : ""} in ${Math.round(d.duration_ms)} ms`,
  query_complete: (/** @type {any} */ d) => `Answered ${d.query === null ? "a question" : `“${d.query}”`} (${d.query_type}, ${d.model}, ${Math.round(d.latency)} ms)`,
  error: (/** @type {any} */ d) => `${d.status ?? ""} ${d.endpoint ?? ""}: ${d.message}`,
  server_restarting: () => "The server is restarting",
};

/**
 * @param {string} type
 * @param {any} data
 * @param {string} timestamp
 */
function happened(type, data, timestamp) {
  if (type === "ingestion_progress") return;
  const sentence = /** @type {Record<string, (d: any) => string>} */ (SENTENCES)[type];
  const row = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = timestamp;
  time.textContent = new Date(timestamp).toLocaleTimeString();
  row.append(time, sentence ? sentence(data) : type);
  if (type === "error") row.className = "bad";
  const list = byId("event-list");
  list.prepend(row);
  while (list.children.length > MOST_EVENTS) list.lastElementChild?.remove();
}

async function history() {
  const response = await fetch(new URL("api/v1/activity/recent?limit=100", document.baseURI), { headers: headers() });
  if (!response.ok) return;
  const list = byId("event-list");
  for (const { type, message, timestamp } of await response.json()) {
    // Plain reads, this page's own among them, are no news.
    if (type === "request") continue;
    const row = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = timestamp;
    time.textContent = new Date(timestamp).toLocaleTimeString();
    row.append(time, message);
    list.append(row);
  }
}

async function version() {
  const response = await fetch(new URL("health", document.baseURI));
  if (response.ok) byId("version").textContent = (await response.json()).version;
}

connect({
  onState(state, detail) {
    const badge = byId("connection");
    badge.dataset.state = state;
    badge.textContent = detail;
  },
  onMessage(type, data, timestamp) {
    if (type === "connection_ack") upload.connectedAs(data.connection_id);
    else if (type === "stats_update") numbers(data);
    else {
      if (type === "ingestion_progress") upload.progressed(data);
      happened(type, data, timestamp);
    }
  },
});
ask.start();
upload.start();
history();
version();
