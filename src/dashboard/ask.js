// The question box: asks in one of four modes and shows the answer as it is made.

import { render } from "./markdown.js";
import { byId, headers, problem } from "./page.js";

/** @type {AbortController|null} */
let running = null;
/** @type {string|null} */
let session = null;

export function start() {
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(/** @type {HTMLInputElement} */ (byId("question")).value);
  });
  byId("ask-stop").addEventListener("click", () => running?.abort());
}

/** @param {string} query */
async function ask(query) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  const mode = new FormData(/** @type {HTMLFormElement} */ (byId("ask-form"))).get("mode");
  byId("answer").hidden = false;
  byId("answer-meta").textContent = "thinking…";
  for (const id of ["answer-warnings", "answer-text", "answer-next"]) byId(id).replaceChildren();
  byId("answer-sources").hidden = true;
  byId("ask-stop").hidden = false;
  let text = "";
  try {
    const response = await fetch(new URL(`api/chat/${mode}/stream`, document.baseURI), {
      method: "POST",
      headers: { ...headers(), "Content-Type": "application/json" },
      body: JSON.stringify({ query, ...(session ? { session_id: session } : {}) }),
      signal: mine.signal,
    });
    if (!response.ok || !response.body) throw new Error(await problem(response));
    for await (const frame of frames(response.body)) {
      if (frame.type === "delta") {
        text += frame.content;
        byId("answer-text").replaceChildren(render(text));
      } else if (frame.type === "done") {
        show(frame);
      } else if (frame.type === "error") {
        throw new Error(frame.message);
      }
    }
  } catch (error) {
    const stopped = mine.signal.aborted;
    if (running === mine) byId("answer-meta").textContent = stopped ? "stopped" : `No answer: ${/** @type {Error} */ (error).message}`;
  } finally {
    if (running === mine) {
      running = null;
      byId("ask-stop").hidden = true;
    }
  }
}

/** @param {any} answer */
function show(answer) {
  session = answer.session_id ?? session;
  const who = answer.model === "headwater-builtin" ? "built-in answer, no language model" : answer.model;
  byId("answer-meta").textContent = `${who} · ${Math.round(answer.latency_ms)} ms`;
  byId("answer-text").replaceChildren(render(answer.response));
  byId("answer-warnings").replaceChildren(...answer.warnings.map((/** @type {string} */ w) => item(w)));
  const sources = byId("answer-sources");
  sources.hidden = answer.sources.length === 0;
  /** @type {HTMLElement} */ (sources.querySelector("ol")).replaceChildren(
    ...answer.sources.map((/** @type {any} */ s) => {
      const place = s.file_path ? ` ${s.file_path}${s.line_start ? `:${s.line_start}` : ""}` : "";
      return item(`${s.note}${place}`);
    }),
  );
  byId("answer-next").replaceChildren(
    ...answer.next_actions.map((/** @type {string} */ next) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.className = "chip";
      chip.textContent = next.replaceAll("`", "");
      chip.addEventListener("click", () => {
        /** @type {HTMLInputElement} */ (byId("question")).value = next;
        ask(next);
      });
      return chip;
    }),
  );
}

/** @param {string} text */
function item(text) {
  const li = document.createElement("li");
  li.textContent = text;
  return li;
}

/**
 * Server-sent events out of a response body.
 * @param {ReadableStream<Uint8Array>} body
 */
async function* frames(body) {
  const reader = body.pipeThrough(/** @type {any} */ (new TextDecoderStream())).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split("\n\n");
    rest = /** @type {string} */ (blocks.pop());
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim()).join("\n");
      if (data) yield JSON.parse(data);
    }
  }
}
