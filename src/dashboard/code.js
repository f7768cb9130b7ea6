// A file's lines with their numbers, SQL in colours, some of them marked, with what was not understood below its line.

import { get } from "./api.js";
import { h } from "./dom.js";

/**
 * @typedef {object} Shown
 * @property {string} id the file's
 * @property {number} from first line
 * @property {number} limit how many
 * @property {[number, number]} [mark] first and last line to mark
 * @property {{ line: number, message: string, severity: string }[]} [diagnostics]
 */

/**
 * @param {Shown} shown
 * @returns {Promise<{ element: HTMLElement, path: string, total: number, last: number }>} `last`: the last line that is there
 */
export async function code({ id, from, limit, mark, diagnostics = [] }) {
  const { lines, file_path, total } = await get(`api/v1/files/${encodeURIComponent(id)}/lines`, { from, limit });
  const notes = Map.groupBy(diagnostics, ({ line }) => line);
  const rows = lines.map((/** @type {[string | null, string][]} */ parts, /** @type {number} */ at) => {
    const number = from + at;
    const marked = mark !== undefined && number >= mark[0] && number <= mark[1];
    const text = parts.map(([what, text]) => (what ? h(`span.t-${what}`, {}, text) : text));
    const said = (notes.get(number) ?? []).map(({ message, severity }) => h(`span.note.${severity}`, {}, `${severity}: ${message}`));
    return h(marked ? "li.marked" : "li", { value: number, id: `line-${number}` }, h("code", {}, text.length ? text : "\n"), said);
  });
  const element = h(
    "ol.code",
    { start: from, tabIndex: 0, "aria-label": `Lines ${from} to ${from + rows.length - 1} of ${file_path}` },
    rows,
  );
  return { element, path: file_path, total, last: from + rows.length - 1 };
}
