// Files in: dropped or picked, files and folders; the progress of the bytes and then of the reading; what came of each.

import { address, headers, problem } from "./api.js";
import { h } from "./dom.js";
import { counted } from "./format.js";
import { live, on } from "./live.js";

/** @typedef {{ file: File, path: string }} Picked */

/**
 * The state of the last upload; `onchange` is called at every step of it.
 */
export const uploads = {
  running: false,
  /** 0 to 100 */
  percentage: 0,
  /** What is being done, or came of it. */
  status: "",
  failed: false,
  /** @type {any | null} the server's report */
  report: null,
  /** Where it goes. @type {{ project_id?: string, repository_id?: string, repository_name?: string }} */
  into: {},
  /** @type {Set<() => void>} */
  listeners: new Set(),

  /** @param {Picked[]} files */
  send(files) {
    if (files.length === 0 || uploads.running) return;
    const form = new FormData();
    for (const [name, value] of Object.entries(uploads.into)) if (value) form.append(name, value);
    for (const { file, path } of files) form.append("files", file, path);
    const what = counted(files.length, "file");
    change({ running: true, percentage: 0, status: `Sending ${what}`, failed: false, report: null });
    // XMLHttpRequest, because fetch does not tell how much of a body was sent.
    const request = new XMLHttpRequest();
    request.open("POST", address("api/v1/files/upload"));
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    // So that this upload's progress comes for each file.
    if (live.connectionId) request.setRequestHeader("X-Connection-ID", live.connectionId);
    request.upload.onprogress = ({ loaded, total }) =>
      change({ percentage: (100 * loaded) / total, status: `Sending ${what}: ${Math.floor((100 * loaded) / total)} %` });
    request.upload.onload = () => change({ percentage: 0, status: `Reading ${what}` });
    const ended = on("ingestion_progress", ({ current_file, files_processed, total_files, percentage }) =>
      change({ percentage, status: `Reading ${current_file} (${files_processed} of ${total_files})` }),
    );
    const failed = (/** @type {string} */ status) => change({ running: false, failed: true, status });
    request.onerror = () => failed("The server did not answer: is it running?");
    request.onload = async () => {
      if (request.status !== 200) return failed(await problem(new Response(request.responseText, { status: request.status })));
      const report = JSON.parse(request.responseText);
      change({ running: false, failed: report.files_failed > 0, status: summary(report), report });
    };
    request.onloadend = () => ended();
    request.send(form);
  },
};

/** @param {Partial<typeof uploads>} step */
function change(step) {
  Object.assign(uploads, step);
  for (const listener of uploads.listeners) listener();
}

/** @param {any} report */
function summary(report) {
  const parts = [`${report.files_processed} read`];
  if (report.files_skipped_duplicate) parts.push(`${report.files_skipped_duplicate} unchanged`);
  if (report.files_failed) parts.push(`${report.files_failed} failed`);
  return `${parts.join(", ")}: ${counted(report.total_nodes_created, "new node")}, ${counted(report.total_edges_created, "new edge")}`;
}

/**
 * A place to drop files and folders on, or to choose them.
 * @param {(files: Picked[]) => void} take
 */
export function dropZone(take) {
  const pick = (/** @type {boolean} */ folder) => {
    const input = /** @type {HTMLInputElement} */ (
      h("input", { type: "file", multiple: true, webkitdirectory: folder, class: "sr-only", tabIndex: -1, "aria-hidden": "true" })
    );
    input.addEventListener("change", () => {
      take([...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
      input.value = "";
    });
    return input;
  };
  const [files, folder] = [pick(false), pick(true)];
  const zone = h(
    "div.drop",
    {},
    h("p", {}, "Drop files or folders here"),
    h(
      "p.controls",
      {},
      h("button", { type: "button", onclick: () => files.click() }, "Choose files"),
      h("button", { type: "button", onclick: () => folder.click() }, "Choose a folder"),
    ),
    h("p.soft", {}, "SQL, Python, notebooks, dbt, CSV, JSON, Markdown"),
    files,
    folder,
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    take((await Promise.all(entries.map(walk))).flat());
  });
  return zone;
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<Picked[]>}
 */
async function walk(entry) {
  // As the command line: what is hidden is passed over.
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((ok, no) => /** @type {FileSystemFileEntry} */ (entry).file(ok, no));
    return [{ file, path: entry.fullPath.replace(/^\//, "") }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const out = [];
  // A reader hands out a folder in batches; an empty one is the end.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((ok, no) => reader.readEntries(ok, no));
    if (batch.length === 0) return out;
    for (const child of batch) out.push(...(await walk(child)));
  }
}

// Dropped beside a drop zone, a file must not take the page's place.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
