// Pan and zoom: wheel, pinch, drag and keys move what `onmove` draws.

/** @typedef {{ x: number, y: number, k: number }} Viewport where the origin of the drawing stands, and the scale */

const LEAST = 0.03;
const MOST = 3;
/** Pixels that an arrow key moves. */
const STEP = 80;
/** Pixels that a pointer may move in a click. */
const SLACK = 4;

/**
 * @param {HTMLElement} frame what receives the gestures
 * @param {(view: Viewport, moving: boolean) => void} onmove
 */
export function viewport(frame, onmove) {
  const view = { x: 0, y: 0, k: 1 };
  /** @type {Map<number, { x: number, y: number }>} */
  const pointers = new Map();
  let dragged = 0;
  let settle = 0;

  /** @param {Partial<Viewport>} to */
  function move(to) {
    Object.assign(view, to);
    onmove(view, true);
    // Drawn anew, sharp, when it stands still.
    clearTimeout(settle);
    settle = setTimeout(() => onmove(view, false), 160);
  }

  /**
   * Zooms by `factor` with the frame's point `x`, `y` standing still; its middle by default.
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  function zoom(factor, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
    const k = Math.min(MOST, Math.max(LEAST, view.k * factor));
    move({ k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k });
  }

  /** @param {{ clientX: number, clientY: number }} event */
  function within({ clientX, clientY }) {
    const box = frame.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  }

  frame.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { x, y } = within(event);
      const scale = event.deltaMode === 1 ? 16 : 1;
      if (event.shiftKey) move({ x: view.x - (event.deltaX || event.deltaY) * scale, y: view.y });
      // A pinch on a touchpad comes as a wheel with Ctrl, in finer steps.
      else zoom(Math.exp(-event.deltaY * scale * (event.ctrlKey ? 0.01 : 0.0015)), x, y);
    },
    { passive: false },
  );
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) dragged = 0;
    pointers.set(event.pointerId, within(event));
  });
  addEventListener("pointermove", moved);
  addEventListener("pointerup", ended);
  addEventListener("pointercancel", ended);

  /** @param {PointerEvent} event */
  function moved(event) {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = within(event);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    dragged += Math.abs(dx) + Math.abs(dy);
    if (dragged < SLACK) return;
    frame.classList.add("dragging");
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (!other) return move({ x: view.x + dx, y: view.y + dy });
    const spread = (/** @type {{ x: number, y: number }} */ p) => Math.hypot(p.x - other.x, p.y - other.y) || 1;
    zoom(spread(now) / spread(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  /** @param {PointerEvent} event */
  function ended(event) {
    pointers.delete(event.pointerId);
    if (pointers.size === 0) frame.classList.remove("dragging");
  }

  // The end of a drag is no click on what lies under it.
  frame.addEventListener("click", (event) => dragged >= SLACK && (event.stopPropagation(), event.preventDefault()), true);

  return {
    view,
    move,
    zoom,
    /** @param {KeyboardEvent} event whether it was one of these keys */
    key(event) {
      const steps = /** @type {Record<string, [number, number]>} */ ({
        ArrowLeft: [STEP, 0],
        ArrowRight: [-STEP, 0],
        ArrowUp: [0, STEP],
        ArrowDown: [0, -STEP],
      });
      const step = steps[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      if (step) move({ x: view.x + step[0], y: view.y + step[1] });
      else if (event.key === "+" || event.key === "=") zoom(1.25);
      else if (event.key === "-") zoom(0.8);
      else return false;
      return true;
    },
    leave() {
      clearTimeout(settle);
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", ended);
      removeEventListener("pointercancel", ended);
    },
  };
}
