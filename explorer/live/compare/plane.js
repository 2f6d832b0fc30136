// @ts-check
/**
 * Dots on a plane, and marks that move above them: a map of codes, or random codes and their holes.
 * The dots are drawn once; marks are elements on top. Knows the DOM, not what a dot stands for.
 */

import { contextOf, el } from "../parts/dom.js";

const SIDE = 480; // pixels of the bitmap
const REACH = 0.04; // of the side: how near a dot the pointer must be
const RING = 2.448; // standard deviations that hold 95 % of a normal distribution on a plane
const COVERED = [43, 138, 138]; // as the honesty meter's colours in parts/meter.css
const BARE = [179, 71, 143];
const INK = "#1d2230"; // on the white of a saved picture, whatever the theme
const MARKS = { a: "A", b: "B" };

/**
 * What `paint` is given.
 * @typedef {Object} Onto
 * @property {CanvasRenderingContext2D} context
 * @property {number[][]} pixels of the dots
 * @property {number} scale pixels per unit
 * @property {function(ArrayLike<number>): number[]} toPixels
 * @property {string} ink
 * @property {import("../types.js").Theme} [theme] where it is not that of the page
 */

/**
 * @typedef {Object} PlaneOptions
 * @property {string} label for screen readers
 * @property {string} testId
 * @property {ArrayLike<number>[]} xy places of the dots
 * @property {function(number): boolean} isPickable whether a dot can be chosen
 * @property {{x: number, y: number, half: number}} extent middle, and half of the side
 * @property {function(Onto): void} paint draws what lies under the marks
 * @property {function(number, number): void} onPick dot, time of the event
 * @property {function(number|null): void} onHover dot or none
 * @property {function(number, number): void} onStep arrow key: how far on, time of the event
 */

export class DotPlane {
  element;
  #canvas = el("canvas", { width: SIDE, height: SIDE });
  /** @type {Map<string, HTMLElement>} */
  #marks = new Map();
  #of;
  #scale;
  #pixels;

  /** @param {PlaneOptions} options */
  constructor(options) {
    this.#of = options;
    this.#scale = SIDE / (2 * options.extent.half);
    this.#pixels = options.xy.map((at) => this.#toPixels(at));
    this.element = el(
      "div",
      {
        "data-testid": options.testId,
        class: "le-plane",
        tabindex: 0,
        role: "application",
        "aria-label": options.label,
      },
      this.#canvas,
    );
    this.#listen(options);
  }

  paint() {
    const context = contextOf(this.#canvas);
    context.clearRect(0, 0, SIDE, SIDE);
    this.#paint({ context, ink: getComputedStyle(this.element).color });
  }

  /** Put a mark at a place, or with null nowhere. @param {string} name @param {ArrayLike<number>|null} at */
  mark(name, at) {
    let mark = this.#marks.get(name);
    if (!mark) {
      if (!at) return;
      mark = el("div", { class: `le-mark le-mark-${name}`, "aria-hidden": "true" });
      this.#marks.set(name, mark);
      this.element.append(mark);
    }
    mark.hidden = !at;
    if (!at) return;
    const [left, top] = this.#toPixels(at).map((v) => Math.max(1, Math.min(99, (100 * v) / SIDE)));
    mark.style.translate = `${left}% ${top}%`;
  }

  /**
   * Draw it with its marks onto another canvas, such as a picture to be saved.
   * @param {CanvasRenderingContext2D} context
   * @param {number} x
   * @param {number} y
   * @param {number} side
   */
  drawOn(context, x, y, side) {
    context.save();
    context.translate(x, y);
    context.scale(side / SIDE, side / SIDE);
    this.#paint({ context, ink: INK, theme: "light" });
    context.restore();
    for (const [name, mark] of this.#marks) {
      if (mark.hidden || !mark.style.translate) continue;
      const [left, top] = mark.style.translate.split(" ").map(parseFloat);
      drawMark(context, name, x + (left / 100) * side, y + (top / 100) * side);
    }
  }

  /** @param {Pick<Onto, "context"|"ink"|"theme">} onto */
  #paint(onto) {
    const toPixels = (/** @type {ArrayLike<number>} */ at) => this.#toPixels(at);
    this.#of.paint({ ...onto, pixels: this.#pixels, scale: this.#scale, toPixels });
  }

  /** @param {ArrayLike<number>} at */
  #toPixels(at) {
    const { extent } = this.#of;
    return [
      SIDE / 2 + (at[0] - extent.x) * this.#scale,
      SIDE / 2 - (at[1] - extent.y) * this.#scale,
    ];
  }

  /** The dot under the pointer, or null. @param {MouseEvent} event @returns {number|null} */
  #dotUnder(event) {
    const box = this.#canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    const y = ((event.clientY - box.top) / box.height) * SIDE;
    let best = (REACH * SIDE) ** 2;
    let dot = null;
    this.#pixels.forEach(([px, py], i) => {
      const square = (px - x) ** 2 + (py - y) ** 2;
      if (square < best && this.#of.isPickable(i)) [best, dot] = [square, i];
    });
    return dot;
  }

  /** @param {PlaneOptions} on */
  #listen({ onHover, onPick, onStep }) {
    const { element } = this;
    element.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const dot = this.#dotUnder(event);
      element.classList.toggle("le-on-dot", dot !== null);
      onHover(dot);
    });
    element.addEventListener("pointerleave", () => onHover(null));
    element.addEventListener("click", (event) => {
      const dot = this.#dotUnder(event);
      if (dot !== null) onPick(dot, event.timeStamp);
    });
    element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      onStep(by, event.timeStamp);
    });
  }
}

function drawMark(context, name, x, y) {
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = INK;
  if (MARKS[name]) {
    context.font = "bold 14px sans-serif";
    context.lineWidth = 4;
    context.strokeStyle = "#ffffff";
    context.strokeText(MARKS[name], x - 5, y + 5);
    context.fillText(MARKS[name], x - 5, y + 5);
  } else {
    context.beginPath();
    context.arc(x, y, 11, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** The square that holds most dots and the ring. */
export function extentOf(xy, centre) {
  const spans = [0, 1].map((axis) => {
    const sorted = Float64Array.from(xy, (at) => at[axis]).sort();
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
    return [Math.min(at(0.002), centre[axis] - RING), Math.max(at(0.998), centre[axis] + RING)];
  });
  const [x, y] = spans.map(([low, high]) => (low + high) / 2);
  return { x, y, half: 1.06 * Math.max(...spans.map(([low, high]) => (high - low) / 2)) };
}

/** Dots in their colours, and the ring that holds 95 % of random codes. */
export function paintMap({ context, pixels, scale, toPixels, ink }, { colorOf, centre }) {
  context.globalAlpha = pixels.length > 1000 ? 0.75 : 0.9;
  const radius = pixels.length > 1000 ? 2.6 : 5;
  pixels.forEach(([x, y], i) => {
    context.fillStyle = colorOf(i);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
  ring(context, toPixels(centre), RING * scale, ink);
}

/**
 * Random codes, with crosses in holes, and below them in colour how densely codes cover the prior: `ratio`,
 * (n, n), where it is known.
 */
export function paintHoles(onto, { ratio, reach, centre, isBare }) {
  const { context, pixels, scale, toPixels, ink } = onto;
  if (ratio) paintCover(onto, { ratio, reach, centre });
  pixels.forEach(([px, py], i) => {
    context.strokeStyle = context.fillStyle = ink;
    context.beginPath();
    if (isBare(i)) {
      cross(context, px, py);
    } else {
      context.globalAlpha = 0.45;
      context.arc(px, py, 2.4, 0, 2 * Math.PI);
      context.fill();
      context.globalAlpha = 1;
    }
  });
  ring(context, toPixels(centre), RING * scale, ink);
}

/** Teal where codes are as dense as the prior, purple at a tenth of that; faint far out. */
function paintCover({ context, scale, toPixels }, { ratio, reach, centre }) {
  const n = ratio.shape[0];
  const bitmap = new ImageData(n, n);
  const middle = (n - 1) / 2;
  ratio.values.forEach((value, i) => {
    const [up, across] = [Math.floor(i / n), i % n];
    const radius = (Math.hypot(up - middle, across - middle) * reach) / middle;
    const share = Math.max(0, Math.min(1, 1 + Math.log10(value)));
    const at = 4 * ((n - 1 - up) * n + across);
    for (let k = 0; k < 3; k++) bitmap.data[at + k] = BARE[k] + share * (COVERED[k] - BARE[k]);
    bitmap.data[at + 3] = 215 * Math.exp(-(radius ** 2) / 5);
  });
  const small = new OffscreenCanvas(n, n);
  small.getContext("2d")?.putImageData(bitmap, 0, 0);
  const [x, y] = toPixels(centre);
  const side = 2 * reach * scale * (n / (n - 1));
  context.drawImage(small, x - side / 2, y - side / 2, side, side);
}

function cross(context, x, y) {
  context.lineWidth = 3;
  for (const turn of [-1, 1]) {
    context.moveTo(x - 5, y - turn * 5);
    context.lineTo(x + 5, y + turn * 5);
  }
  context.stroke();
}

function ring(context, [x, y], radius, ink) {
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.setLineDash([7, 6]);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
}
