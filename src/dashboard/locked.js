// Asks for the token that the server wants.

import { token, unlock } from "./api.js";
import { h } from "./dom.js";

export function start() {
  addEventListener("locked", ask);
}

function ask() {
  // Whatever else asks meanwhile is told the same.
  removeEventListener("locked", ask);
  const typed = /** @type {HTMLInputElement} */ (
    h("input", { type: "password", required: true, autocomplete: "current-password", "aria-label": "Token" })
  );
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog.help",
      { id: "locked", "aria-labelledby": "locked-title" },
      h("h2", { id: "locked-title" }, "This server asks for a token"),
      h("p", {}, "Its API_TOKEN: who runs the server knows it. It is kept until this tab is closed."),
      token !== null && h("p.bad", { role: "alert" }, "The one given is not the server's."),
      h(
        "form.row",
        {
          onsubmit: (/** @type {Event} */ event) => {
            event.preventDefault();
            unlock(typed.value.trim());
          },
        },
        typed,
        h("button.primary", { type: "submit" }, "Open"),
      ),
    )
  );
  document.body.append(dialog);
  for (const open of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (open).close();
  dialog.showModal();
}
