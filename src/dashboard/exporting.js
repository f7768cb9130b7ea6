// The graph as a file: SVG, PNG, Mermaid or DOT, as the server draws it.

import { address, answer } from "./api.js";
import { h } from "./dom.js";
import { download } from "./file.js";

/** Longest side of a PNG: what browsers' canvases take. */
const MOST_PIXELS = 8_192;

/**
 * @param {() => Record<string, any>} query of the layout
 * @param {() => string} name of the file, without extension
 */
export function exportMenu(query, name) {
  const problem = h("span.bad", { role: "alert" });
  const menu = /** @type {HTMLDetailsElement} */ (
    h(
      "details.menu",
      {},
      h("summary", {}, "Export"),
      h(
        "div",
        {},
        [
          ["svg", "SVG"],
          ["png", "PNG"],
          ["mmd", "Mermaid"],
          ["dot", "DOT"],
        ].map(([kind, text]) => h("button", { type: "button", "data-export": kind, onclick: () => save(kind) }, text)),
        problem,
      ),
    )
  );

  /** @param {string} kind */
  async function save(kind) {
    problem.textContent = "";
    try {
      const format = kind === "png" ? "svg" : kind === "mmd" ? "mermaid" : kind;
      const response = await answer(address("api/v1/lineage/layout", { ...query(), format }), {});
      const blob = kind === "png" ? await png(await response.text()) : await response.blob();
      download(blob, `${name().replaceAll(/[^\w.-]+/g, "_")}.${kind}`);
      menu.open = false;
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    }
  }

  menu.addEventListener("keydown", (event) => event.key === "Escape" && (menu.open = false));
  menu.addEventListener(
    "focusout",
    (event) => menu.contains(/** @type {Node | null} */ (event.relatedTarget)) || event.relatedTarget === null || (menu.open = false),
  );
  return menu;
}

/**
 * @param {string} svg
 * @returns {Promise<Blob>}
 */
async function png(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(2, MOST_PIXELS / Math.max(image.width, image.height));
  const canvas = /** @type {HTMLCanvasElement} */ (
    h("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) })
  );
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((ok, no) =>
    canvas.toBlob((blob) => (blob ? ok(blob) : no(new Error("This browser makes no picture so large"))), "image/png"),
  );
}
