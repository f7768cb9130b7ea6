// The Markdown that answers use (headings, lists, tables, code, emphasis, links to nowhere), into DOM nodes. Text never becomes HTML.

/**
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function render(text) {
  const out = document.createDocumentFragment();
  const lines = text.split("\n");
  let i = 0;
  while (i < lines.length) {
    const line = lines[i];
    if (line.trim() === "") {
      i++;
    } else if (line.startsWith("```")) {
      const body = [];
      for (i++; i < lines.length && !lines[i].startsWith("```"); i++) body.push(lines[i]);
      i++;
      const code = element("code", body.join("\n"));
      const pre = element("pre");
      pre.append(code);
      out.append(pre);
    } else if (/^#{1,6} /.test(line)) {
      const heading = element("h3");
      inline(heading, line.replace(/^#+ /, ""));
      out.append(heading);
      i++;
    } else if (line.startsWith("|") && /^\|[\s:|-]+\|?$/.test(lines[i + 1] ?? "")) {
      const end = lines.findIndex((l, at) => at > i && !l.startsWith("|"));
      const rows = lines.slice(i, end === -1 ? lines.length : end);
      out.append(table(rows));
      i += rows.length;
    } else if (ITEM.test(line)) {
      const items = [];
      while (i < lines.length && ITEM.test(lines[i])) items.push(lines[i++]);
      out.append(list(items));
    } else {
      const paragraph = element("p");
      const body = [];
      while (i < lines.length && lines[i].trim() !== "" && !/^(```|\||#{1,6} )/.test(lines[i]) && !ITEM.test(lines[i]))
        body.push(lines[i++]);
      if (body.length === 0) body.push(lines[i++]);
      inline(paragraph, body.join("\n"));
      out.append(paragraph);
    }
  }
  return out;
}

const ITEM = /^(\s*)(?:[-*]|\d+\.) (.*)$/;

/** @param {string[]} lines */
function list(lines) {
  const root = element(/^\s*\d/.test(lines[0]) ? "ol" : "ul");
  /** @type {{indent: number, list: HTMLElement}[]} */
  const open = [{ indent: 0, list: root }];
  for (const line of lines) {
    const [, space, text] = /** @type {RegExpMatchArray} */ (line.match(ITEM));
    while (open.length > 1 && space.length < open[open.length - 1].indent) open.pop();
    let { indent, list: at } = open[open.length - 1];
    const last = at.lastElementChild;
    if (space.length > indent && last) {
      at = element("ul");
      last.append(at);
      open.push({ indent: space.length, list: at });
    }
    const item = element("li");
    inline(item, text);
    at.append(item);
  }
  return root;
}

/** @param {string[]} rows */
function table(rows) {
  const out = element("table");
  rows.forEach((row, at) => {
    if (at === 1) return;
    const tr = element("tr");
    for (const cell of cells(row)) {
      const td = element(at === 0 ? "th" : "td");
      inline(td, cell);
      tr.append(td);
    }
    out.append(tr);
  });
  return out;
}

/** @param {string} row */
function cells(row) {
  return row
    .replace(/^\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/**
 * @param {HTMLElement} into
 * @param {string} text
 */
function inline(into, text) {
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*|(?<![\w*])\*[^*\s][^*]*\*(?!\w)|(?<!\w)_[^_\s][^_]*_(?!\w))/)) {
    if (/^`.+`$/s.test(part)) into.append(element("code", part.slice(1, -1)));
    else if (/^\*\*.+\*\*$/s.test(part)) into.append(element("strong", part.slice(2, -2)));
    else if (/^([*_]).+\1$/s.test(part)) into.append(element("em", part.slice(1, -1)));
    else if (part) into.append(part);
  }
}

/**
 * @param {string} name
 * @param {string} [text]
 */
function element(name, text) {
  const out = document.createElement(name);
  if (text !== undefined) out.textContent = text;
  return out;
}

/** What can be a place: `file:line`. */
const PLACE = /([^\s()`,;]+:\d+)/;

/**
 * Makes links of the names (in code) and places of a rendered text that lead somewhere.
 * @param {DocumentFragment} text
 * @param {Map<string, string>} leads the address of each
 */
export function linked(text, leads) {
  const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walk.nextNode()) nodes.push(/** @type {Text} */ (walk.currentNode));
  for (const node of nodes) {
    const code = node.parentElement?.closest("code, pre");
    if (code instanceof HTMLPreElement || code?.closest("pre")) continue;
    if (code) code.replaceWith(led(node.data, leads, code.cloneNode(true)));
    else node.replaceWith(...node.data.split(PLACE).map((part) => led(part, leads, part)));
  }
  return text;
}

/**
 * @param {string} text
 * @param {Map<string, string>} leads
 * @param {Node | string} shown
 * @returns {Node | string}
 */
function led(text, leads, shown) {
  const href = leads.get(text);
  if (!href) return shown;
  const anchor = element("a");
  anchor.setAttribute("href", href);
  anchor.append(shown);
  return anchor;
}
