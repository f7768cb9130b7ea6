// A small line of how a number moved.

import { s } from "./dom.js";

const WIDTH = 120;
const HEIGHT = 28;

/** @param {number[]} values oldest first */
export function trend(values) {
  const svg = s("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  if (values.length > 1) {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const x = (/** @type {number} */ at) => (at / (values.length - 1)) * WIDTH;
    const y = (/** @type {number} */ v) => (most === least ? HEIGHT / 2 : HEIGHT - 3 - ((v - least) / (most - least)) * (HEIGHT - 6));
    const points = values.map((v, at) => `${x(at).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
    svg.append(s("polyline", { points, "vector-effect": "non-scaling-stroke" }));
  }
  return svg;
}
