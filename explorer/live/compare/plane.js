// @ts-check
/**
 * Dots on a plane, and marks that move over them: a map of codes, or random codes and their holes.
 * Drawn once; marks are elements on top. Knows the DOM, not what a dot stands for.
 */

import { contextOf, el } from "../parts/dom.js";

const SIDE = 480; // pixels of the bitmap
const REACH = 0.04; // of the side, within which a pointer is on a dot
const RING = 2.448; // standard deviations that hold 95 % of a normal distribution on a plane
const COVERED = [43, 138, 138]; // as the honesty meter's colours in explore/page.css
const BARE = [179, 71, 143];
const INK = "#1d2230"; // on the white of a saved picture, whatever the theme
const MARKS = { a: "A", b: "B" };

/**
 * @param {Object} options
 * @param {string} options.label what it is, for those who do not see it
 * @param {string} options.testId
 * @param {number[][]} options.xy places of the dots
 * @param {function(number): boolean} options.isPickable whether a dot can be chosen
 * @param {{x: number, y: number, half: number}} options.extent middle, and half of the side
 * @param {function(Object): void} options.paint draws what lies under the marks
 * @param {function(number, number): void} options.onPick dot, time of the event
 * @param {function(number|null): void} options.onHover dot or none
 * @param {function(number, number): void} options.onStep arrow key: how far on, time of the event
 */
export function makePlane({ label, testId, xy, isPickable, extent, paint, ...on }) {
  const canvas = el("canvas", { width: SIDE, height: SIDE });
  const marks = new Map();
  const element = el(
    "div",
    {
      "data-testid": testId,
      class: "le-plane",
      tabindex: 0,
      role: "application",
      "aria-label": label,
    },
    canvas,
  );
  const scale = SIDE / (2 * extent.half);
  const toPixels = (/** @type {number[]} */ [x, y]) => [
    SIDE / 2 + (x - extent.x) * scale,
    SIDE / 2 - (y - extent.y) * scale,
  ];
  const pixels = xy.map(toPixels);

  /** The dot under the pointer, or null. */
  function dotUnder(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * SIDE;
    const y = ((event.clientY - box.top) / box.height) * SIDE;
    let best = (REACH * SIDE) ** 2;
    let dot = null;
    pixels.forEach(([px, py], i) => {
      const square = (px - x) ** 2 + (py - y) ** 2;
      if (square < best && isPickable(i)) [best, dot] = [square, i];
    });
    return dot;
  }

  element.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const dot = dotUnder(event);
    element.classList.toggle("le-on-dot", dot !== null);
    on.onHover(dot);
  });
  element.addEventListener("pointerleave", () => on.onHover(null));
  element.addEventListener("click", (event) => {
    const dot = dotUnder(event);
    if (dot !== null) on.onPick(dot, event.timeStamp);
  });
  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    on.onStep(by, event.timeStamp);
  });

  return {
    element,
    canvas,
    paint() {
      const context = contextOf(canvas);
      context.clearRect(0, 0, SIDE, SIDE);
      paint({ context, pixels, scale, toPixels, ink: getComputedStyle(element).color });
    },
    /** Put a mark at a place, or with null nowhere. */
    mark(name, at) {
      if (!marks.has(name)) {
        if (!at) return;
        const mark = el("div", { class: `le-mark le-mark-${name}`, "aria-hidden": "true" });
        marks.set(name, mark);
        element.append(mark);
      }
      const mark = marks.get(name);
      mark.hidden = !at;
      if (!at) return;
      const [left, top] = toPixels(at).map((v) => Math.max(1, Math.min(99, (100 * v) / SIDE)));
      mark.style.translate = `${left}% ${top}%`;
    },
    /** Draw it with its marks elsewhere, such as on a picture to be saved. */
    drawOn(context, x, y, side) {
      context.save();
      context.translate(x, y);
      context.scale(side / SIDE, side / SIDE);
      paint({ context, pixels, scale, toPixels, ink: INK, theme: "light" });
      context.restore();
      for (const [name, mark] of marks) {
        if (mark.hidden || !mark.style.translate) continue;
        const [left, top] = mark.style.translate.split(" ").map(parseFloat);
        drawMark(context, name, x + (left / 100) * side, y + (top / 100) * side);
      }
    },
  };
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
