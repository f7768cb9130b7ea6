// Times as people say them, the exact one on hover; those on the page stay true while it is open.

import { h } from "./dom.js";

/** How often they are said anew: the finest that is said is a minute. */
const EVERY_MS = 20_000;
/** Units of what is said, each with its seconds, and how many of it are said before the next. @type {[string, number, number][]} */
const UNITS = [
  ["min", 60, 60],
  ["h", 3_600, 24],
  ["d", 86_400, 30],
];

/**
 * @param {string} time RFC 3339
 * @returns {HTMLElement}
 */
export function ago(time) {
  return h("time.ago", { datetime: time, title: new Date(time).toLocaleString() }, said(time));
}

/** @param {string} time */
function said(time) {
  const seconds = (Date.now() - Date.parse(time)) / 1_000;
  // Also what another clock puts into the future.
  if (seconds < 60) return "just now";
  const unit = UNITS.find(([, size, most]) => seconds < size * most);
  return unit ? `${Math.floor(seconds / unit[1])} ${unit[0]} ago` : new Date(time).toLocaleDateString();
}

setInterval(() => {
  for (const time of document.querySelectorAll("time.ago")) {
    const now = said(time.getAttribute("datetime") ?? "");
    if (time.textContent !== now) time.textContent = now;
  }
}, EVERY_MS);
