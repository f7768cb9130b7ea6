// Making elements.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element: `h("button.primary", { type: "button", onclick: save }, "Save")`. Keys that begin with `on` are listeners; `null`, `false` and
 * `undefined` leave an attribute or a child out.
 * @param {string} what tag, then classes
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...kept(children));
  return element;
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * Replaces what is in `element`.
 * @param {Element} element
 * @param {...(Child | Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...kept(children));
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function kept(children) {
  const list = /** @type {Child[]} */ (children.flat());
  return list.filter((c) => c !== null && c !== undefined && c !== false).map((c) => (c instanceof Node ? c : String(c)));
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Whether a key is not for the page: it is typed into something, or held with others.
 * @param {KeyboardEvent} event
 */
export function typing(event) {
  const into = event.target instanceof Element && event.target.matches("input, textarea, select, [contenteditable]");
  return into || event.ctrlKey || event.metaKey || event.altKey;
}

/**
 * Calls `work` once things have been quiet for `ms`.
 * @template {any[]} A
 * @param {number} ms
 * @param {(...args: A) => void} work
 */
export function quiet(ms, work) {
  let timer = 0;
  return (/** @type {A} */ ...args) => {
    clearTimeout(timer);
    timer = setTimeout(work, ms, ...args);
  };
}
