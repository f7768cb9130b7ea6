// Questions: four modes, answers as they are made with the files they rest on, their graph beside them, and earlier conversations.

import { message } from "./answer.js";
import { address, answer, get, send } from "./api.js";
import { fill, h } from "./dom.js";
import { graph } from "./graph.js";
import { known, offer } from "./projects.js";
import { go, link } from "./router.js";
import { frames } from "./sse.js";
import { suggest, suggestions } from "./suggest.js";
import { ago } from "./time.js";

export const title = "Ask";

const MODES = {
  graph: "from the graph: names, paths, impact",
  semantic: "from passages of files",
  deep: "from both, several hops",
  text: "the language model alone",
};
/** Scale at which the graph of an answer begins when all of it would be too small: names can still be read. */
const NEAR = 0.43;
/** Cards of an answer's graph: more is a picture, not an illustration. */
const MOST_CARDS = 14;

/**
 * @param {HTMLElement} root
 * @param {URLSearchParams} first
 * @returns {import("./main.js").View}
 */
export function show(root, first) {
  /** @type {AbortController | null} */
  let running = null;
  /** Whether it is still the beginning that waits for what to suggest. */
  let waiting = false;
  /** The conversation on the screen. @type {string | null} */
  let session = null;
  /** The question that the address asked last. @type {string | null} */
  let posed = null;
  let params = first;
  /** The server did not answer when a conversation, or the list of them, was asked for. */
  let failed = false;
  const talk = h("div.talk", { role: "log", "aria-label": "Conversation", tabIndex: 0 });
  const box = /** @type {HTMLTextAreaElement} */ (
    h("textarea", {
      id: "question",
      rows: 1,
      maxLength: 4000,
      required: true,
      placeholder: "What do you want to know?",
      "aria-label": "Your question",
      onkeydown: entered,
      oninput: grow,
    })
  );
  const ask = h("button.primary", { type: "submit" }, "Ask");
  const stop = h("button", { type: "button", hidden: true, onclick: () => running?.abort() }, "Stop");
  const means = h("span.soft", { id: "means" });
  const explain = () => fill(means, MODES[/** @type {keyof typeof MODES} */ (chosen())]);
  const modes = h(
    "fieldset.modes",
    { onchange: explain },
    h("legend.sr-only", {}, "Mode"),
    Object.entries(MODES).map(([mode, what]) =>
      h(
        "label",
        { title: what },
        h("input", { type: "radio", name: "mode", value: mode, checked: mode === (first.get("mode") ?? "graph") }),
        h("span", {}, mode),
      ),
    ),
    means,
  );
  // Of which project the next question is.
  const choice = /** @type {HTMLSelectElement} */ (
    h("select", {
      "aria-label": "Project",
      hidden: true,
      onchange: () => go(link("ask", { ...Object.fromEntries(params), project: choice.value }), { replace: true }),
    })
  );
  const form = /** @type {HTMLFormElement} */ (
    h("form.question", { onsubmit: submitted }, h("div.bar", {}, modes, choice), h("div.row", {}, box, ask, stop))
  );
  const main = h("section.card.main", { "aria-label": "Question and answer" }, talk, form);
  const history = h("ul.plain", { id: "sessions" });
  const beside = h("aside.beside", { "aria-label": "Sources and graph of the answer" });
  const drawing = graph(
    {
      select: (urn) => go(link("lineage", { urn, panel: urn })),
      toggle: (urn) => go(link("lineage", { urn, open: urn })),
      grow: (urn) => go(link("lineage", { urn })),
    },
    NEAR,
  );
  fill(
    root,
    h("h1.sr-only", {}, "Ask"),
    h(
      "details.history.card",
      { open: matchMedia("(min-width: 64.01rem)").matches },
      h("summary", {}, "Conversations"),
      h("button", { type: "button", onclick: begin }, "New conversation"),
      history,
    ),
    main,
    beside,
  );

  function chosen() {
    return String(new FormData(form).get("mode"));
  }

  /** @param {KeyboardEvent} event */
  function entered(event) {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    form.requestSubmit();
  }

  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 160)}px`;
  }

  /** @param {Event} event */
  function submitted(event) {
    event.preventDefault();
    const query = box.value.trim();
    if (query) pose(query);
  }

  /** @param {string} query */
  async function pose(query) {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const mode = chosen();
    ready();
    if (!session) fill(talk);
    box.value = "";
    grow();
    stop.hidden = false;
    const told = message(pose, illustrate);
    talk.append(asked(query), told.element);
    told.element.scrollIntoView({ block: "nearest" });
    try {
      const response = await answer(address(`api/chat/${mode}/stream`), {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          query,
          ...(session ? { session_id: session } : {}),
          ...(params.get("project") ? { context: { project_id: params.get("project") } } : {}),
        }),
        signal: mine.signal,
      });
      for await (const frame of frames(/** @type {ReadableStream<Uint8Array>} */ (response.body))) {
        if (frame.type === "delta") told.more(frame.content);
        else if (frame.type === "error") throw new Error(frame.message);
        else if (frame.type === "done") {
          told.done(frame);
          session = frame.session_id ?? session;
          posed = query;
          go(link("ask", { session, mode, project: params.get("project") }), { replace: true });
          sessions();
        }
      }
    } catch (error) {
      const why = error instanceof TypeError ? "the connection broke off" : /** @type {Error} */ (error).message;
      told.failed(mine.signal.aborted ? "Stopped." : `No answer: ${why}`, () => pose(query));
    } finally {
      if (running === mine) {
        running = null;
        stop.hidden = true;
      }
    }
  }

  /** @param {any} answer */
  function illustrate(answer) {
    const sources = answer.sources ?? [];
    const list = h(
      "ol.sources",
      {},
      sources.map((/** @type {any} */ source) => {
        const place = source.file_path ? `${source.file_path}${source.line_start ? `:${source.line_start}` : ""}` : null;
        return h(
          "li",
          {},
          place ? h("a", { href: link("file", { source: source.id }) }, place) : h("span", {}, source.id.split(":").at(-1)),
          h("span.soft", {}, source.note),
        );
      }),
    );
    const whole = h("a", {}, "Open in Lineage");
    const picture = h(
      "section.card.picture",
      { hidden: true },
      h("div.bar", {}, h("h2", {}, "Graph of the answer"), whole),
      drawing.element,
    );
    fill(
      beside,
      picture,
      h(
        "section.card",
        {},
        h("h2", {}, `Sources (${sources.length})`),
        sources.length ? list : h("p.soft", {}, "None: nothing in the files stands for this answer."),
      ),
    );
    // Of an answer of before only the sources were kept: the assets among them.
    const cited = sources.map((/** @type {any} */ { id, metadata }) => ({ id, type: metadata?.kind }));
    const nodes = (answer.graph_data?.nodes ?? cited)
      .filter((/** @type {any} */ { type }) => type && type !== "column")
      .map((/** @type {any} */ { id }) => id);
    if (!nodes.length) return;
    // What the answer is about comes first among its sources.
    const about = sources.find((/** @type {any} */ source) => nodes.includes(source.id))?.id ?? nodes[0];
    whole.setAttribute("href", link("lineage", { urn: about }));
    // Then those that it rests on, in the order in which it tells of them.
    const told = sources.map((/** @type {any} */ source) => source.id).filter((/** @type {string} */ id) => nodes.includes(id));
    const among = [...new Set([about, ...told, ...nodes])].slice(0, MOST_CARDS).join(" ");
    get("api/v1/lineage/layout", { urn: about, among, level: "table" }).then(
      (layout) => {
        picture.hidden = false;
        for (const card of layout.cards) card.hidden_upstream = card.hidden_downstream = 0;
        drawing.show(layout);
      },
      () => {},
    );
  }

  async function sessions() {
    // Of the chosen project; of all when none is.
    const of = params.get("project");
    const had = await get("api/chat/sessions", { limit: 50, project_id: of }).catch(({ status }) => void (failed ||= status === undefined));
    if (!had || of !== params.get("project")) return;
    const list = had.sessions;
    fill(
      history,
      list.length
        ? list.map((/** @type {any} */ s) =>
            h(
              "li",
              {},
              h(
                "a",
                { href: link("ask", { session: s.id, project: params.get("project") }), "aria-current": s.id === session ? "true" : null },
                s.title,
              ),
              h("span.soft", {}, ago(s.updated_at)),
              h("button.link", { type: "button", "aria-label": `Forget “${s.title}”`, title: "Forget", onclick: () => forget(s.id) }, "×"),
            ),
          )
        : h("li.soft", {}, "None yet."),
    );
  }

  /** @param {string} id */
  async function forget(id) {
    await send("DELETE", `api/chat/session/${encodeURIComponent(id)}`);
    if (id === session) begin();
    else sessions();
  }

  function begin() {
    running?.abort();
    session = posed = null;
    go(link("ask", { project: params.get("project") }), { replace: true });
    fill(beside);
    sessions();
    // Shown whole, once it is known what to suggest: nothing moves.
    waiting = true;
    main.classList.add("waiting");
    suggestions(params.get("project")).then((chips) => {
      if (!waiting) return;
      fill(talk, suggest(chips, pose));
      ready();
      // Not on a phone, where it would bring up the keyboard.
      if (matchMedia("(pointer: fine)").matches) box.focus({ preventScroll: true });
    });
  }

  function ready() {
    waiting = false;
    main.classList.remove("waiting");
  }

  /** @param {string} id */
  async function open(id) {
    try {
      const { messages } = await get(`api/chat/sessions/${encodeURIComponent(id)}`);
      session = id;
      ready();
      fill(talk);
      for (const { role, content, data } of messages) {
        if (role === "user") talk.append(asked(content));
        else {
          const told = message(pose, illustrate);
          talk.append(told.element);
          told.done({ ...data, response: content });
        }
      }
      talk.lastElementChild?.scrollIntoView({ block: "nearest" });
      sessions();
    } catch (error) {
      const { message, status } = /** @type {Error & { status?: number }} */ (error);
      failed ||= status === undefined;
      ready();
      fill(talk, h("p.bad", { role: "alert" }, message));
    }
  }

  /** @param {URLSearchParams} next */
  function update(next) {
    // Another project is for the next question and for the conversations listed: what is on the screen stays.
    const other = next.get("project") !== params.get("project");
    const only = other && ["session", "q", "mode"].every((name) => next.get(name) === params.get(name));
    params = next;
    choice.value = params.get("project") ?? "";
    if (only) return void sessions();
    const [wanted, query] = [params.get("session"), params.get("q")];
    const mode = form.querySelector(`input[value="${CSS.escape(params.get("mode") ?? "")}"]`);
    if (mode instanceof HTMLInputElement) mode.checked = true;
    explain();
    if (query && query !== posed) {
      posed = query;
      session = null;
      sessions();
      pose(query);
    } else if (wanted && wanted !== session) open(wanted);
    else if (!wanted && !query) begin();
  }

  update(first);
  known().then(
    (projects) => offer(choice, projects, params.get("project"), "All projects"),
    () => {},
  );
  return {
    update,
    back() {
      if (!failed) return;
      failed = false;
      const wanted = params.get("session");
      if (wanted && wanted !== session) open(wanted);
      else sessions();
    },
    leave() {
      running?.abort();
      drawing.leave();
    },
  };
}

/** @param {string} query */
const asked = (query) => h("p.asked", {}, query);
