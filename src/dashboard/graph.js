// Draws a lineage layout: cards as elements above links as curves, moved together. It knows nothing of the server or the address.

import { fill, h, s } from "./dom.js";
import { words } from "./format.js";
import { minimap } from "./minimap.js";
import { viewport } from "./viewport.js";

/**
 * @typedef {object} Card
 * @property {import("./api.js").Asset} node
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {{ urn: string, label: string, data_type: string | null, primary_key: boolean }[]} rows
 * @property {number} columns
 * @property {number} hidden_upstream
 * @property {number} hidden_downstream
 */

/** @typedef {{ source: string, target: string, type: string, confidence: number, points: [number, number][], back: boolean, edges: string[] }} Link */

/** @typedef {{ root: string, level: string, width: number, height: number, cards: Card[], links: Link[], truncated: boolean }} Layout */

/**
 * @typedef {object} Wishes what the reader asks for
 * @property {(urn: string) => void} select a card or column
 * @property {(urn: string) => void} toggle the columns of a card
 * @property {(urn: string, way: "upstream" | "downstream") => void} grow one hop from a card
 */

/** Scale below which the lines around cards are drawn thicker, so that none is lost between pixels. */
const SMALL = 0.75;
/** Scale below which a name stands alone on its card, in larger letters. */
const MID = 0.62;
/** Scale below which columns and buttons are too small to be of use, and a graph is not shown as a whole at first: it begins with its root. */
const FAR = 0.45;
/** Scale below which nothing can be read. */
const TINY = 0.14;
/** Fonts of a card's lines as in its style, and the pixels that each has. */
const FIT = {
  title: { font: "600 13.5px", room: 174 },
  subtitle: { font: "11px", room: 174 },
  row: { font: "12px", room: 200 },
  type: { font: "11px", room: 92 },
};
/** Scale at which a graph begins that is not shown as a whole. */
const NEAR = 0.7;
/** Letters of a name that is too long for one line when it stands alone. */
const LONG = 14;
/** Free space around the graph when all of it is shown. */
const EDGE = 24;

/**
 * @param {Wishes} wishes
 * @param {number} [near] scale at which it begins when it is not shown as a whole
 */
export function graph(wishes, near = NEAR) {
  const links = s("svg", { class: "links", "aria-hidden": "true" });
  const cards = h("div.cards");
  const stage = h("div.stage", {}, links, cards);
  const frame = h(
    "div.frame",
    {
      tabIndex: 0,
      role: "group",
      "aria-label": "Lineage graph: data flows from left to right. Arrow keys move, plus and minus zoom, 0 shows all.",
    },
    stage,
  );
  const small = minimap((x, y) => port.move({ x: frame.clientWidth / 2 - x * port.view.k, y: frame.clientHeight / 2 - y * port.view.k }));
  const element = h("div.graph", {}, frame, small.canvas);
  const port = viewport(frame, draw);

  /** @type {Layout | null} */
  let layout = null;
  /** @type {Map<string, HTMLElement>} cards and rows by URN */
  const elements = new Map();
  /** Where links lead: by URN of an end, its links. @type {Map<string, { link: Link, path: SVGElement }[]>} */
  const ends = new Map();
  /** By URN of a row, its card's. @type {Map<string, string>} */
  const owner = new Map();

  /**
   * @param {import("./viewport.js").Viewport} view
   * @param {boolean} moving
   */
  function draw(view, moving) {
    stage.classList.toggle("moving", moving);
    frame.classList.toggle("small", view.k < SMALL);
    frame.classList.toggle("mid", view.k < MID);
    frame.classList.toggle("far", view.k < FAR);
    frame.classList.toggle("tiny", view.k < TINY);
    stage.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    if (!layout) return;
    // A map of what is in sight as a whole would only cover it.
    const [right, bottom] = [view.x + layout.width * view.k, view.y + layout.height * view.k];
    const seen = view.x >= 0 && view.y >= 0 && right <= frame.clientWidth && bottom <= frame.clientHeight;
    element.classList.toggle("all-seen", seen);
    if (!seen) small.draw(view, frame.clientWidth, frame.clientHeight);
  }

  /**
   * @param {Layout} next
   * @param {string} [anchor] URN of a card that is to stay where it is on the screen
   */
  function show(next, anchor) {
    const before = anchor ? layout?.cards.find(({ node }) => node.urn === anchor) : undefined;
    const focused = /** @type {HTMLElement | null} */ (element.contains(document.activeElement) ? document.activeElement : null)?.dataset
      .keep;
    layout = next;
    elements.clear();
    ends.clear();
    owner.clear();
    links.setAttribute("viewBox", `0 0 ${next.width} ${next.height}`);
    links.setAttribute("width", String(next.width));
    links.setAttribute("height", String(next.height));
    links.replaceChildren(...next.links.map(drawn));
    // Read from left to right, and so tabbed through.
    fill(cards, [...next.cards].sort((a, b) => a.x - b.x || a.y - b.y).map(card));
    small.show(next);
    const after = anchor ? next.cards.find(({ node }) => node.urn === anchor) : undefined;
    if (before && after)
      port.move({ x: port.view.x + (before.x - after.x) * port.view.k, y: port.view.y + (before.y - after.y) * port.view.k });
    else begin();
    if (focused)
      /** @type {HTMLElement | null} */ (cards.querySelector(`[data-keep="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true });
  }

  /** @param {Link} link */
  function drawn(link) {
    const path = s("path", { d: curve(link.points), class: `link${link.back ? " back" : ""}${link.confidence < 1 ? " unsure" : ""}` });
    for (const end of [link.source, link.target]) ends.set(end, [...(ends.get(end) ?? []), { link, path }]);
    return path;
  }

  /** @param {Card} card */
  function card(card) {
    const { node, rows } = card;
    const within = node.name.slice(0, Math.max(0, node.name.length - node.label.length)).replace(/[./:]$/, "");
    const subtitle = within ? `${words(node.type)} · ${within}` : words(node.type);
    const more = (/** @type {"upstream" | "downstream"} */ way, /** @type {number} */ hidden) =>
      hidden > 0 &&
      h(
        `button.more.${way}`,
        {
          type: "button",
          "data-keep": `${way} ${node.urn}`,
          title: `Show ${hidden} more ${way} of ${node.label}`,
          "aria-label": `Show ${hidden} more ${way} of ${node.label}`,
          onclick: () => wishes.grow(node.urn, way),
        },
        `+${hidden}`,
      );
    const head = h(
      "button.head",
      { type: "button", "data-keep": `head ${node.urn}`, title: node.name, onclick: () => wishes.select(node.urn) },
      h("span.name", {}, broken(shortened(node.label, FIT.title))),
      h("span.soft", {}, shortened(subtitle, FIT.subtitle)),
    );
    const toggle =
      card.columns > 0 &&
      layout?.level === "table" &&
      h(
        "button.toggle",
        {
          type: "button",
          "data-keep": `toggle ${node.urn}`,
          "aria-expanded": String(rows.length > 0),
          title: `${rows.length ? "Hide" : "Show"} ${card.columns} columns`,
          "aria-label": `${rows.length ? "Hide" : "Show"} ${card.columns} columns of ${node.label}`,
          onclick: () => wishes.toggle(node.urn),
        },
        String(card.columns),
      );
    const element = h(
      "article.node",
      { "data-kind": node.type, "data-urn": node.urn, "aria-label": `${subtitle} ${node.label}` },
      head,
      toggle,
      rows.map((row) => {
        const type = shortened(row.data_type ?? "", FIT.type);
        const element = h(
          "button.row",
          {
            type: "button",
            "data-keep": `row ${row.urn}`,
            "data-urn": row.urn,
            title: `${row.label}${row.data_type ? ` ${row.data_type}` : ""}`,
            onclick: () => wishes.select(row.urn),
          },
          h(
            "span",
            {},
            shortened(`${row.primary_key ? "◆ " : ""}${row.label}`, { ...FIT.row, room: FIT.row.room - width(type, FIT.type.font) }),
          ),
          h("span.soft", {}, type),
        );
        elements.set(row.urn, element);
        owner.set(row.urn, node.urn);
        return element;
      }),
      more("upstream", card.hidden_upstream),
      more("downstream", card.hidden_downstream),
    );
    Object.assign(element.style, { left: `${card.x}px`, top: `${card.y}px`, width: `${card.width}px`, height: `${card.height}px` });
    element.classList.toggle("root", node.urn === layout?.root);
    elements.set(node.urn, element);
    return element;
  }

  /** Brings all of the graph in sight. */
  function fit() {
    if (!layout) return;
    const [width, height] = [frame.clientWidth - 2 * EDGE, frame.clientHeight - 2 * EDGE];
    if (width <= 0 || height <= 0) return;
    const k = Math.min(1, width / layout.width, height / layout.height);
    port.move({ k, x: (frame.clientWidth - layout.width * k) / 2, y: (frame.clientHeight - layout.height * k) / 2 });
  }

  /** Shows all of it, or what is about its root when nothing of all could be read: the root stands in the frame as it does in the graph. */
  function begin() {
    fit();
    const root = layout?.cards[0];
    if (!layout || !root || port.view.k >= Math.min(near, FAR)) return;
    const place = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ all, /** @type {number} */ room) =>
      EDGE + (at / Math.max(1, all - size)) * Math.max(0, room - 2 * EDGE - size * near) - at * near;
    port.move({
      k: near,
      x: place(root.x, root.width, layout.width, frame.clientWidth),
      y: place(root.y, root.height, layout.height, frame.clientHeight),
    });
  }

  /**
   * Lights what a card or column is made from, and what is made from it.
   * @param {string | null} urn
   */
  function light(urn) {
    for (const lit of element.querySelectorAll(".lit")) lit.classList.remove("lit");
    frame.classList.toggle("lighted", urn !== null);
    if (urn === null) return;
    const starts = owner.has(urn)
      ? [urn]
      : [urn, ...(layout?.cards.find(({ node }) => node.urn === urn)?.rows ?? []).map((row) => row.urn)];
    for (const [from, to] of /** @type {["source" | "target", "source" | "target"][]} */ ([
      ["source", "target"],
      ["target", "source"],
    ])) {
      const seen = new Set(starts);
      const queue = [...starts];
      for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
        elements.get(at)?.classList.add("lit");
        elements.get(owner.get(at) ?? "")?.classList.add("lit");
        for (const { link, path } of ends.get(at) ?? []) {
          if (link[from] !== at) continue;
          path.classList.add("lit");
          if (seen.has(link[to])) continue;
          seen.add(link[to]);
          queue.push(link[to]);
        }
      }
    }
  }

  const under = (/** @type {EventTarget | null} */ target) =>
    target instanceof Element ? (target.closest("[data-urn]")?.getAttribute("data-urn") ?? null) : null;
  cards.addEventListener("pointerover", (event) => light(under(event.target)));
  cards.addEventListener("pointerleave", () => light(null));
  cards.addEventListener("focusin", (event) => {
    light(under(event.target));
    const card = event.target instanceof Element ? event.target.closest("article") : null;
    if (card instanceof HTMLElement && card.matches(":focus-within") && /** @type {Element} */ (event.target).matches(":focus-visible"))
      seek(card);
  });
  cards.addEventListener("focusout", () => light(null));
  frame.addEventListener("keydown", (event) => {
    if (event.key === "0") fit();
    else if (!port.key(event)) return;
    event.preventDefault();
  });
  // The browser would scroll to what has the focus, and the frame has nothing to scroll.
  frame.addEventListener("scroll", () => frame.scrollTo(0, 0));
  const resized = new ResizeObserver(() => draw(port.view, false));
  resized.observe(frame);

  /**
   * Moves the card into sight, if it is not.
   * @param {HTMLElement} card
   */
  function seek(card) {
    const [box, around] = [card.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (box.left >= around.left && box.right <= around.right && box.top >= around.top && box.bottom <= around.bottom) return;
    port.move({
      x: port.view.x + around.left + around.width / 2 - (box.left + box.width / 2),
      y: port.view.y + around.top + around.height / 2 - (box.top + box.height / 2),
    });
  }

  return {
    element,
    show,
    fit,
    zoom: (/** @type {number} */ factor) => port.zoom(factor),
    focus: () => frame.focus({ preventScroll: true }),
    /** @param {string | null} urn */
    select(urn) {
      for (const old of cards.querySelectorAll(".selected")) old.classList.remove("selected");
      if (urn) elements.get(urn)?.classList.add("selected");
    },
    /**
     * Moves a card or column into sight, if it is not.
     * @param {string} urn
     */
    seek(urn) {
      const found = elements.get(urn);
      if (found) seek(found);
    },
    /**
     * Fades what does not match.
     * @param {(node: import("./api.js").Asset, rows: Card["rows"]) => boolean} matches
     */
    filter(matches) {
      let left = 0;
      for (const card of layout?.cards ?? []) {
        const kept = matches(card.node, card.rows);
        elements.get(card.node.urn)?.classList.toggle("faded", !kept);
        left += Number(kept);
      }
      return left;
    },
    leave() {
      resized.disconnect();
      port.leave();
    },
  };
}

/** @param {[number, number][]} points level at each */
function curve(points) {
  let path = "";
  points.forEach(([x, y], at) => {
    const [px, py] = points[at - 1] ?? [x, y];
    if (at === 0) path = `M${x} ${y}`;
    else if (y === py) path += `H${x}`;
    else {
      // A turn within one card bends out to the right; all others half way.
      const round = Math.abs(x - px) < 44;
      const [out, back] = round ? [22, x < px ? -22 : 0] : [(x - px) / 2, (x - px) / 2];
      path += `C${px + out} ${py} ${x - back} ${y} ${x} ${y}`;
    }
  });
  return path;
}

/**
 * A name that takes two lines where letters are large, with where it may be broken.
 * @param {string} name
 */
function broken(name) {
  return name.length < LONG ? name : name.split(/(?<=[_.-])/).flatMap((part, at) => (at ? [h("wbr"), part] : part));
}

const ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));

/**
 * How wide a text is, in pixels.
 * @param {string} text
 * @param {string} font
 */
function width(text, font) {
  ruler.font = `${font} system-ui, sans-serif`;
  return ruler.measureText(text).width;
}

/**
 * A name without its middle if it is too long: names differ at both ends. Not left to the browser: cutting each text off by itself makes
 * moving hundreds of cards slow.
 * @param {string} name
 * @param {{ font: string, room: number }} line
 */
function shortened(name, { font, room }) {
  let shown = name;
  for (let left = name.length - 1; left > 0 && width(shown, font) > room; left--)
    shown = `${name.slice(0, Math.ceil(left / 2))}…${name.slice(name.length - Math.floor(left / 2))}`;
  return shown;
}
