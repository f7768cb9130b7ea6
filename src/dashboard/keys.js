// What the keyboard does, told when `?` is pressed.

import { byId, h, typing } from "./dom.js";

const KEYS = [
  ["/", "Search from anywhere; arrows choose, Enter opens"],
  ["?", "These keys"],
  ["Esc", "Close what is open"],
  ["Tab", "The next card, column or button, in reading order"],
  ["Arrows", "In a graph: move it"],
  ["+ −", "In a graph: nearer, farther"],
  ["0", "In a graph: show all of it"],
];

/** @type {HTMLDialogElement | null} */
let dialog = null;

export function start() {
  byId("keys").addEventListener("click", open);
  addEventListener("keydown", (event) => {
    if (event.key !== "?" || typing(event)) return;
    event.preventDefault();
    open();
  });
}

function open() {
  dialog ??= made();
  if (!document.querySelector("dialog[open]")) dialog.showModal();
}

function made() {
  const made = /** @type {HTMLDialogElement} */ (
    h(
      "dialog.help",
      { "aria-labelledby": "keys-title" },
      h("h2", { id: "keys-title" }, "Keyboard"),
      h("dl.keys", {}, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]).flat()),
      h("form", { method: "dialog" }, h("button", { type: "submit" }, "Close")),
    )
  );
  made.addEventListener("click", (event) => event.target === made && made.close());
  document.body.append(made);
  return made;
}
