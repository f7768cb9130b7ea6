// An answer in a conversation: its text as it comes, who gave it, what to know of it, what to ask next.

import { h, fill } from "./dom.js";
import { duration } from "./format.js";
import { linked, render } from "./markdown.js";
import { link } from "./router.js";

/** Who answers when no language model does. */
const BUILT_IN = "headwater-builtin";

/**
 * An answer on its way.
 * @param {(query: string) => void} pose asks what is offered to ask next
 * @param {(answer: any) => void} illustrate shows what stands beside an answer
 */
export function message(pose, illustrate) {
  let text = "";
  const meta = h("p.meta", { role: "status" }, "thinking…");
  const body = h("div.markdown");
  const rest = h("div");
  const element = h("article.answer", { "aria-label": "Answer" }, meta, body, rest);
  return {
    element,
    /** @param {string} content */
    more(content) {
      text += content;
      fill(body, render(text));
    },
    /** @param {any} answer */
    done(answer) {
      const badge =
        answer.llm_generated === false || answer.model === BUILT_IN
          ? h("span.badge", {}, "built-in answer")
          : h("span.badge.model", {}, answer.model);
      const notes = /** @type {string[]} */ (answer.notes ?? []);
      const facts = [answer.query_type, answer.latency_ms === undefined ? null : duration(answer.latency_ms), answer.llm_absence];
      fill(meta, badge, h("span.soft", {}, ` ${facts.filter(Boolean).join(" · ")}`));
      fill(body, linked(render(answer.response), leads(answer)));
      fill(
        rest,
        notes.map((note) => h("p.warning", {}, note)),
        h(
          "p.controls",
          {},
          (answer.next_actions ?? []).map((/** @type {string} */ next) =>
            h("button.chip", { type: "button", onclick: () => pose(next.replaceAll("`", "")) }, next.replaceAll("`", "")),
          ),
        ),
      );
      element.addEventListener("click", () => illustrate(answer));
      illustrate(answer);
    },
    /**
     * @param {string} why
     * @param {() => void} again
     */
    failed(why, again) {
      fill(meta, why);
      fill(rest, h("p.controls", {}, h("button", { type: "button", onclick: again }, "Ask again")));
    },
  };
}

/**
 * Where the names and places in an answer lead.
 * @param {any} answer
 * @returns {Map<string, string>}
 */
function leads({ sources = [], graph_data }) {
  const to = new Map();
  for (const { id, metadata, file_path, line_start } of sources) {
    if (metadata?.name && metadata.kind) to.set(metadata.name, link("lineage", { urn: id }));
    if (file_path && line_start && !to.has(`${file_path}:${line_start}`))
      to.set(`${file_path}:${line_start}`, link("file", { source: id }));
  }
  for (const { id, name } of graph_data?.nodes ?? []) to.set(name, link("lineage", { urn: id }));
  return to;
}
