// Files: bringing them in, what came of each, and all that are there, by project and repository.

import { address, answer, send } from "./api.js";
import { fill, h, quiet } from "./dom.js";
import { bytes, count, counted, percent, words } from "./format.js";
import { on } from "./live.js";
import { projects } from "./projects.js";
import { go, link } from "./router.js";
import { ago } from "./time.js";
import { dropZone, uploads } from "./upload.js";

export const title = "Files";

/** Files listed at a time. */
const PAGE = 100;
/** Files whose results are listed: of more, only those with remarks. */
const MOST_RESULTS = 300;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} first
 * @returns {import("./main.js").View}
 */
export function show(root, first) {
  let params = first;
  let listed = 0;
  const bar = /** @type {HTMLProgressElement} */ (h("progress", { max: 100, value: 0, hidden: true, "aria-label": "Upload progress" }));
  const status = h("p", { id: "upload-status", role: "status" });
  const results = h("div", { id: "upload-results" });
  const body = h("tbody");
  const total = h("span.soft", { role: "status" });
  const more = h("button", { type: "button", hidden: true, onclick: () => list(listed) }, "Show more");
  const problem = h("p.bad", { role: "alert" });
  const filter = /** @type {HTMLInputElement} */ (
    h("input", {
      type: "search",
      placeholder: "Name or text",
      "aria-label": "Filter files by name or text",
      oninput: quiet(250, () => go(link("files", { ...Object.fromEntries(params), q: filter.value }), { replace: true })),
    })
  );
  const where = h("div", { id: "where" });
  const into = h("p.soft");
  fill(
    root,
    h("h1.sr-only", {}, "Files"),
    h(
      "div.columns",
      {},
      h(
        "section.card",
        { "aria-labelledby": "add-title" },
        h("h2", { id: "add-title" }, "Add files"),
        into,
        dropZone(uploads.send),
        bar,
        status,
        results,
      ),
      h("section.card", { "aria-labelledby": "where-title" }, h("h2", { id: "where-title" }, "Projects and repositories"), where),
    ),
    h(
      "section.card",
      { "aria-labelledby": "files-title" },
      h("div.bar", {}, h("h2", { id: "files-title" }, "Files ", total), h("p.controls", {}, filter)),
      problem,
      h(
        "div.scroll",
        { tabIndex: 0, role: "region", "aria-label": "Files" },
        h(
          "table.files",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["File", "Kind", "Statements", "Understood", "Size", "Read", ""].map((name) =>
                h("th", { scope: "col" }, name || h("span.sr-only", {}, "Actions")),
              ),
            ),
          ),
          body,
        ),
      ),
      more,
    ),
  );

  function progress() {
    bar.hidden = !uploads.running;
    bar.value = uploads.percentage;
    if (status.textContent !== uploads.status) status.textContent = uploads.status;
    status.className = uploads.failed ? "bad" : "";
    if (uploads.running) fill(results);
    else if (uploads.report && !results.firstChild) fill(results, outcome(uploads.report));
  }

  /** @param {number} offset */
  async function list(offset) {
    const q = params.get("q");
    const query = { project_id: params.get("project"), repository_id: params.get("repository"), limit: PAGE, offset, q };
    try {
      const response = await answer(address(q ? "api/v1/files/search" : "api/v1/files", query), {});
      const rows = (await response.json()).map(row);
      const all = Number(response.headers.get("x-total-count"));
      if (offset === 0)
        fill(
          body,
          rows.length ? rows : h("tr", {}, h("td.empty", { colSpan: 7 }, q ? `No file has “${q}” in its name or text.` : "No files yet.")),
        );
      else body.append(...rows);
      listed = offset + rows.length;
      more.hidden = listed >= all;
      total.textContent = listed >= all ? count(all) : `${count(listed)} of ${count(all)}`;
      problem.textContent = "";
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {any} file */
  function row(file) {
    const again = /** @type {HTMLInputElement} */ (
      h("input", {
        type: "file",
        class: "sr-only",
        tabIndex: -1,
        "aria-hidden": "true",
        onchange: () => {
          const [chosen] = again.files ?? [];
          if (!chosen) return;
          const before = uploads.into;
          uploads.into = { project_id: file.project_id, repository_id: file.repository_id };
          uploads.send([{ file: chosen, path: file.relative_path }]);
          uploads.into = before;
        },
      })
    );
    const meter =
      file.statements > 0
        ? h(
            "span.share",
            { title: `${counted(file.statements_failed, "statement")} not understood` },
            h("meter", { min: 0, max: 1, low: 0.8, high: 0.95, optimum: 1, value: file.coverage, "aria-label": "Understood" }),
            percent(file.coverage),
          )
        : "–";
    return h(
      "tr",
      { "data-status": file.status },
      h(
        "th",
        { scope: "row" },
        h("a", { href: link("file", { id: file.id }) }, file.relative_path),
        file.error && h("span.note.error", {}, file.error),
      ),
      h("td", {}, file.dialect ?? file.file_type),
      h("td.number", {}, count(file.statements)),
      h("td", {}, meter),
      h("td.number", {}, bytes(file.file_size_bytes)),
      h("td", {}, ago(file.processed_at ?? file.created_at)),
      h(
        "td.actions",
        {},
        again,
        h(
          "button.link",
          { type: "button", "aria-label": `Replace ${file.relative_path}`, title: "Upload a new version", onclick: () => again.click() },
          "replace",
        ),
        h("button.link", { type: "button", "aria-label": `Delete ${file.relative_path}`, onclick: () => remove(file) }, "delete"),
      ),
    );
  }

  /** @param {any} file */
  async function remove(file) {
    if (!confirm(`Delete ${file.relative_path} and all it said?`)) return;
    try {
      await send("DELETE", `api/v1/files/${encodeURIComponent(file.id)}`);
      changed();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    }
  }

  async function places() {
    const chosen = { project: params.get("project"), repository: params.get("repository") };
    uploads.into = chosen.repository
      ? { project_id: chosen.project ?? "default", repository_id: chosen.repository }
      : chosen.project
        ? { project_id: chosen.project }
        : {};
    const name = await projects(where, chosen, changed).catch((error) => void fill(where, h("p.bad", {}, error.message)));
    into.textContent = name ? `They go to ${name}.` : "";
  }

  function changed() {
    list(0);
    places();
  }

  /** @param {URLSearchParams} next */
  function update(next) {
    const there = ["project", "repository"].every((name) => next.get(name) === params.get(name));
    params = next;
    if (document.activeElement !== filter) filter.value = params.get("q") ?? "";
    list(0);
    // What is typed into the filter changes nothing there.
    if (!there || !where.firstChild) places();
  }

  const ended = on("ingestion_complete", changed);
  uploads.listeners.add(progress);
  progress();
  update(first);
  return {
    update,
    back: () => void (problem.textContent && changed()),
    leave() {
      ended();
      uploads.listeners.delete(progress);
    },
  };
}

/** @param {any} report what came of each file of an upload */
function outcome(report) {
  const remarks = (/** @type {any} */ file) => file.diagnostics.filter((/** @type {any} */ d) => d.severity !== "info");
  const all = report.results.length <= MOST_RESULTS;
  const files = all ? report.results : report.results.filter((/** @type {any} */ f) => f.status === "error" || remarks(f).length);
  return h(
    "ul.plain",
    {},
    files.slice(0, MOST_RESULTS).map((/** @type {any} */ file) => {
      const what =
        file.error ??
        (file.status === "skipped_duplicate"
          ? "unchanged"
          : `${words(file.status)}: ${counted(file.statements, "statement")}${file.statements_failed ? `, ${file.statements_failed} not understood` : ""}`);
      return h(
        "li",
        { class: file.status === "error" ? "bad" : null },
        file.file_id ? h("a", { href: link("file", { id: file.file_id }) }, file.relative_path) : file.relative_path,
        h("span.soft", {}, ` ${what}`),
        remarks(file)
          .slice(0, 5)
          .map((/** @type {any} */ d) =>
            h(
              `p.note.${d.severity}`,
              {},
              h("a", { href: link("file", { id: file.file_id, line: d.line }) }, `line ${d.line}`),
              ` ${d.message}`,
            ),
          ),
        remarks(file).length > 5 && h("p.soft", {}, `and ${remarks(file).length - 5} more in the file`),
      );
    }),
  );
}
