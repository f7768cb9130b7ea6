// Numbers and times for people.

/** @param {number} n */
export const count = (n) => n.toLocaleString();

/**
 * @param {number} n
 * @param {string} what
 */
export const counted = (n, what) => `${count(n)} ${what}${n === 1 ? "" : "s"}`;

/** @param {number} n */
export function bytes(n) {
  const units = ["B", "KB", "MB", "GB"];
  let at = 0;
  while (n >= 1000 && at < units.length - 1) {
    n /= 1000;
    at++;
  }
  return `${at === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[at]}`;
}

/**
 * A share as percent, rounded down: what is not all is never shown as 100.
 * @param {number} share
 */
export const percent = (share) => `${Math.floor(share * 1000) / 10} %`;

/** @param {number} ms */
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** @param {string} type of an asset, e.g. `materialized_view`; or another word of the server */
export const words = (type) => (type === "external" ? "not defined here" : type.replaceAll("_", " "));

/** How files come, by the `source` of the server. @type {Record<string, string>} */
const ORIGINS = { upload: "uploaded", manual: "sent as text", ingest: "ingested", sample: "the sample" };

/** @param {string} source */
export const origin = (source) => ORIGINS[source] ?? words(source);
