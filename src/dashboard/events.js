// Events as sentences, and where each leads.

import { counted, duration } from "./format.js";
import { link } from "./router.js";

/** @typedef {import("./live.js").Happening} Happening */

/** What the filter of the stream offers, and which types each holds. */
export const GROUPS = { ingestions: ["ingestion_started", "ingestion_complete"], questions: ["query_complete"], errors: ["error"] };

/** @type {Record<string, (data: any) => string>} */
const SENTENCES = {
  ingestion_started: (d) => `Reading ${counted(d.total_files, "file")} (${d.source})`,
  ingestion_complete: (d) =>
    d.files_processed + d.files_failed === 0
      ? "Nothing new in what came"
      : `Read ${counted(d.files_processed, "file")}${d.files_failed ? `, ${d.files_failed} failed` : ""} in ${duration(d.duration_ms)}` +
        (d.total_nodes === undefined ? "" : `: ${counted(d.total_nodes, "node")}, ${counted(d.total_edges, "edge")}`),
  query_complete: (d) =>
    `Answered ${d.query ? `“${d.query}”` : "a question"} (${d.query_type}, ${d.model === "headwater-builtin" ? "built in" : d.model}, ${duration(d.latency)})`,
  error: (d) => `${d.status ?? ""} ${d.endpoint ?? ""}: ${d.message}`.trim(),
  server_restarting: () => "The server is stopping or restarting",
};

/** @param {Happening} event */
export const sentence = ({ type, data }) => SENTENCES[type]?.(data) ?? type;

/**
 * Where an event can be looked into; null when nowhere.
 * @param {Happening} event
 */
export function target({ type, data }) {
  if (type === "ingestion_complete") return link("files", { project: data.project_id, repository: data.repository_id });
  if (type === "query_complete" && data.session_id) return link("ask", { session: data.session_id, mode: data.query_type });
  if (type === "query_complete" && data.query) return link("ask", { q: data.query, mode: data.query_type });
  return null;
}

/**
 * @param {string} type
 * @param {any} data
 * @param {string} timestamp
 * @returns {Happening[]}
 */
const as = (type, data, timestamp) => [{ type, data, timestamp }];

/**
 * An entry of the activity log as the event it was told as; none of what is no news, nor of an ingestion: see {@link read}.
 * @param {any} entry
 */
export function logged({ type, timestamp, metadata, latency_ms, status_code, method, endpoint, event_type }) {
  if (type === "query" && event_type.startsWith("chat_")) return as("query_complete", { ...metadata, latency: latency_ms }, timestamp);
  // 499: who asked went away.
  if (type === "error" && status_code !== 404 && status_code !== 499)
    return as("error", { status: status_code, endpoint: `${method} ${endpoint}`, message: "failed" }, timestamp);
  return [];
}

/**
 * An entry of the ingestion log as the event that told of its end; none when it has not ended.
 * @param {any} session
 */
export function read(session) {
  const { started_at, completed_at } = session;
  if (!completed_at) return [];
  return as("ingestion_complete", { ...session, duration_ms: Date.parse(completed_at) - Date.parse(started_at) }, completed_at);
}
