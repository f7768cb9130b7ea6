// One file: what is known of it, and its text with the lines marked that the address names (`line`, `end`) or that a source of an answer
// stands for (`source`).

import { answer, address, get } from "./api.js";
import { code } from "./code.js";
import { fill, h } from "./dom.js";
import { bytes, counted, origin, percent } from "./format.js";
import { go, link } from "./router.js";
import { ago } from "./time.js";

export const title = "File";

/** Lines shown at a time. */
const PAGE = 2_000;
/** Lines shown above the marked ones when a file is too long to show whole. */
const ABOVE = 200;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} params
 */
export function show(root, params) {
  let failed = false;
  update(params);
  return { update, back: () => void (failed && update(params)) };

  /** @param {URLSearchParams} next */
  async function update(next) {
    params = next;
    failed = false;
    try {
      const { id, mark } = await meant(params);
      const file = await get(`api/v1/files/${encodeURIComponent(id)}`);
      const from = mark[0] > PAGE ? mark[0] - ABOVE : 1;
      const { element, total, last } = await code({ id, from, limit: PAGE, mark, diagnostics: file.diagnostics });
      const body = h("div", {}, element);
      fill(
        root,
        head(file),
        diagnostics(file),
        from > 1 && h("p.soft", {}, `Lines before ${from} are left out.`),
        h("section.card.text", { "aria-label": "Text" }, body, more(id, file, last, total, body)),
      );
      element.querySelector(".marked")?.scrollIntoView({ block: "center" });
    } catch (error) {
      const { message, status } = /** @type {Error & { status?: number }} */ (error);
      failed = status === undefined;
      fill(
        root,
        h(
          "section.card",
          {},
          h("h1", {}, failed ? "The file could not be loaded" : "No such file"),
          h("p.bad", { role: "alert" }, message),
          h("p", {}, h("a", { href: link("files") }, "All files")),
        ),
      );
    }
  }
}

/**
 * The file and the lines that an address means.
 * @param {URLSearchParams} params
 * @returns {Promise<{ id: string, mark: [number, number] }>}
 */
async function meant(params) {
  const source = params.get("source");
  if (source) {
    const { evidence } = await get(`api/v1/lineage/evidence/${encodeURIComponent(source)}`);
    if (evidence.length === 0) throw new Error("Nothing in a file stands for this: it was made by hand, or is only mentioned.");
    return { id: evidence[0].file_id, mark: [evidence[0].line_start, evidence[0].line_end] };
  }
  const line = Number(params.get("line") ?? 0);
  return { id: params.get("id") ?? "", mark: [line, Number(params.get("end") ?? line)] };
}

/** @param {any} file */
function head(file) {
  const facts = [
    file.dialect ?? file.file_type,
    bytes(file.file_size_bytes),
    file.statements ? `${counted(file.statements, "statement")}, ${percent(file.coverage)} understood` : null,
    origin(file.source),
  ];
  const read = file.processed_at ? [" · read ", ago(file.processed_at)] : [];
  return h(
    "div.bar",
    {},
    h("div", {}, h("h1", {}, file.relative_path), h("p.soft", {}, facts.filter(Boolean).join(" · "), ...read)),
    h(
      "p.controls",
      {},
      h("a.button", { href: link("lineage", { urn: `urn:headwater:${file.project_id}:file:${file.relative_path}` }) }, "Lineage"),
      h("button", { type: "button", onclick: () => save(file) }, "Download"),
      h("button", { type: "button", onclick: () => history.back() }, "Back"),
    ),
  );
}

/** @param {any} file */
function diagnostics(file) {
  if (!file.diagnostics.length) return null;
  return h(
    "details.card",
    {},
    h("summary", {}, `${counted(file.diagnostics.length, "remark")} on this file`),
    h(
      "ul.plain",
      {},
      file.diagnostics.map((/** @type {any} */ d) =>
        h(
          "li",
          { class: d.severity },
          h("button.link", { type: "button", onclick: () => go(link("file", { id: file.id, line: d.line })) }, `line ${d.line}`),
          ` ${d.message}`,
        ),
      ),
    ),
  );
}

/**
 * @param {string} id
 * @param {any} file
 * @param {number} last
 * @param {number} total
 * @param {HTMLElement} body
 */
function more(id, file, last, total, body) {
  if (last >= total) return null;
  const button = h("button", { type: "button" }, `Show more (${total - last} lines left)`);
  button.addEventListener("click", async () => {
    const next = await code({ id, from: last + 1, limit: PAGE, diagnostics: file.diagnostics });
    body.append(next.element);
    const rest = more(id, file, next.last, total, body);
    if (rest) button.replaceWith(rest);
    else button.remove();
  });
  return button;
}

/** @param {any} file */
async function save(file) {
  const response = await answer(address(`api/v1/files/${encodeURIComponent(file.id)}/content`), {});
  download(await response.blob(), file.filename);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const anchor = /** @type {HTMLAnchorElement} */ (h("a", { href: URL.createObjectURL(blob), download: name }));
  anchor.click();
  // Only a browser that is asked for leave keeps it longer.
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
