// Files in: drag and drop or the picker, progress of the bytes, then of the reading, results with their diagnostics.

import { byId, headers, problem } from "./page.js";

/** @type {string|null} */
let connectionId = null;

/** @param {string} id the socket's id, so that this upload's progress comes unthrottled */
export function connectedAs(id) {
  connectionId = id;
}

export function start() {
  const drop = byId("drop");
  const pick = /** @type {HTMLInputElement} */ (byId("pick"));
  pick.addEventListener("change", () => {
    send([...(pick.files ?? [])].map((file) => ({ file, path: file.name })));
    pick.value = "";
  });
  // Anywhere on the page will do; without this the browser would leave it to show the file.
  addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", () => drop.classList.remove("over"));
  addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    send((await Promise.all(entries.map((entry) => walk(entry)))).flat());
  });
  byId("load-sample").addEventListener("click", sample);
}

/** @param {any} progress data of an `ingestion_progress` */
export function progressed(progress) {
  if (byId("upload-progress").hidden) return;
  /** @type {HTMLProgressElement} */ (byId("upload-progress")).value = progress.percentage;
  byId("upload-status").textContent = `reading ${progress.current_file} (${progress.files_processed} of ${progress.total_files})`;
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<{file: File, path: string}[]>}
 */
async function walk(entry) {
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

/** @param {{file: File, path: string}[]} files */
function send(files) {
  if (files.length === 0) return;
  const form = new FormData();
  for (const { file, path } of files) form.append("files", file, path);
  const bar = /** @type {HTMLProgressElement} */ (byId("upload-progress"));
  bar.hidden = false;
  bar.value = 0;
  byId("upload-results").replaceChildren();
  byId("upload-status").textContent = `sending ${files.length} file${files.length === 1 ? "" : "s"}`;
  // XMLHttpRequest, because fetch does not tell how much of a body was sent.
  const request = new XMLHttpRequest();
  request.open("POST", new URL("api/v1/files/upload", document.baseURI));
  for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
  if (connectionId) request.setRequestHeader("X-Connection-ID", connectionId);
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  };
  request.onerror = () => finish("The server did not answer: is it running?", true);
  request.onload = async () => {
    if (request.status !== 200) finish(await problem(new Response(request.responseText, { status: request.status })), true);
    else report(JSON.parse(request.responseText));
  };
  request.send(form);
}

async function sample() {
  const button = /** @type {HTMLButtonElement} */ (byId("load-sample"));
  button.disabled = true;
  byId("upload-progress").hidden = false;
  try {
    const response = await fetch(new URL("api/v1/sample", document.baseURI), { method: "POST", headers: headers() });
    if (response.ok) report(await response.json());
    else finish(await problem(response), true);
  } catch {
    finish("The server did not answer: is it running?", true);
  } finally {
    button.disabled = false;
  }
}

/** @param {any} result the answer of an upload */
function report(result) {
  const parts = [`${result.files_processed} read`];
  if (result.files_skipped_duplicate) parts.push(`${result.files_skipped_duplicate} unchanged`);
  if (result.files_failed) parts.push(`${result.files_failed} failed`);
  finish(`${parts.join(", ")}: ${result.total_nodes_created} new nodes, ${result.total_edges_created} new edges`, result.files_failed > 0);
  byId("upload-results").replaceChildren(
    ...result.results.map((/** @type {any} */ file) => {
      const li = document.createElement("li");
      li.textContent = `${file.relative_path}: ${file.error ?? `${file.status.replace("_", " ")}, ${file.statements} statements`}`;
      if (file.status === "error") li.className = "bad";
      for (const { line, message, severity } of file.diagnostics.filter((/** @type {any} */ d) => d.severity !== "info").slice(0, 5)) {
        const note = document.createElement("div");
        note.className = severity === "error" ? "bad" : "soft";
        note.textContent = `line ${line}: ${message}`;
        li.append(note);
      }
      return li;
    }),
  );
}

/**
 * @param {string} text
 * @param {boolean} bad
 */
function finish(text, bad) {
  byId("upload-progress").hidden = true;
  const status = byId("upload-status");
  status.textContent = text;
  status.className = bad ? "bad" : "";
}
