// The whole graph small, with what is in sight framed; a click or drag goes there.

import { h } from "./dom.js";

const WIDTH = 180;
const HEIGHT = 110;

/** @param {(x: number, y: number) => void} onpick a point of the graph to bring to the middle */
export function minimap(onpick) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas.minimap", { width: WIDTH * 2, height: HEIGHT * 2, "aria-hidden": "true" }));
  /** @type {{ width: number, height: number, cards: { x: number, y: number, width: number, height: number }[] }} */
  let graph = { width: 1, height: 1, cards: [] };
  const whole = document.createElement("canvas");
  let frameColor = "";
  const scale = () => Math.min(WIDTH / graph.width, HEIGHT / graph.height) * 2;
  /** How far the graph stands from the corner, so that it is in the middle. */
  const corner = () => [(canvas.width - graph.width * scale()) / 2, (canvas.height - graph.height * scale()) / 2];
  const pick = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    const [left, top] = corner();
    onpick(
      ((event.clientX - box.left) * (canvas.width / box.width) - left) / scale(),
      ((event.clientY - box.top) * (canvas.height / box.height) - top) / scale(),
    );
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    canvas.setPointerCapture(event.pointerId);
    pick(event);
  });
  canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && pick(event));

  return {
    canvas,
    /** @param {typeof graph} next */
    show(next) {
      graph = next;
      // Drawn and asked for once: for every frame it would cost more than all the rest.
      const { color, outlineColor } = getComputedStyle(canvas);
      frameColor = outlineColor;
      Object.assign(whole, { width: canvas.width, height: canvas.height });
      const pen = whole.getContext("2d");
      if (!pen) return;
      const [left, top] = corner();
      const k = scale();
      pen.fillStyle = color;
      for (const card of graph.cards)
        pen.fillRect(left + card.x * k, top + card.y * k, Math.max(2, card.width * k), Math.max(2, card.height * k));
    },
    /**
     * @param {import("./viewport.js").Viewport} view
     * @param {number} width of the frame
     * @param {number} height of the frame
     */
    draw(view, width, height) {
      const pen = canvas.getContext("2d");
      if (!pen) return;
      const k = scale();
      const [left, top] = corner();
      pen.clearRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(whole, 0, 0);
      pen.strokeStyle = frameColor;
      pen.lineWidth = 3;
      pen.strokeRect(left - (view.x / view.k) * k, top - (view.y / view.k) * k, (width / view.k) * k, (height / view.k) * k);
    },
  };
}
