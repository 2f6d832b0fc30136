// @ts-check
/**
 * Plots by Plotly, and where things are on them: between data, pixels and the dots under a pointer.
 * The one module that reads Plotly's internals. Its functions need a plot that is fully drawn, and
 * flat or 3-D as their names say.
 */

import { el } from "./dom.js";

/**
 * An element that Plotly draws on.
 * @typedef {HTMLDivElement & {_fullLayout?: any, _fullData?: any, layout?: any,
 *     on: function(string, function(): void): void}} Plot
 */
/** @typedef {{xs: number[], ys: number[], zs: number[], items: number[]}} Dots zs only in space */
/** @typedef {{x: number, y: number, span: number}} Pair middle and distance of two fingers, in pixels */

const OVERLAP = 4; // pixels within which dots in space hide each other

/** @param {Object<string, any>} props @returns {Plot} */
export const makePlot = (props) => /** @type {Plot} */ (el("div", props));

/** Width and height that a plot was drawn in. @param {Plot} plot */
export const drawnSize = ({ _fullLayout: { width, height } }) => ({ width, height });

/** Width and height between the axes of a flat plot, in pixels. @param {Plot} plot */
export function innerSize({ _fullLayout }) {
  const { w, h } = _fullLayout._size;
  return { w, h };
}

/** Width and height of what can be seen of a flat plot, in data units. @param {Plot} plot */
export function planeSpan({ _fullLayout: { xaxis, yaxis } }) {
  return [xaxis.range[1] - xaxis.range[0], yaxis.range[1] - yaxis.range[0]];
}

/** The names of the traces that a legend shows. @param {Plot} plot @returns {string[]} */
export const legendNames = ({ _fullData }) =>
  _fullData.filter((trace) => trace.showlegend).map(({ name }) => name);

/** The items of each trace's dots. @param {Plot} plot @returns {number[][]} */
export const itemsOfTraces = ({ _fullData }) =>
  _fullData.map(({ customdata }) => Array.from(customdata, Number));

/**
 * Pixels across of a value on the x axis, or null where it is out of sight or nothing is drawn.
 * @param {Plot} plot
 * @param {number} value
 * @returns {number|null}
 */
export function acrossPixels({ _fullLayout }, value) {
  const axis = _fullLayout?.xaxis;
  const x = axis ? axis.l2p(value) : NaN;
  return x >= 0 && x <= axis._length + 1 ? axis._offset + x : null;
}

/** The dots that the legend has not hidden, of all traces together. @param {Plot} plot */
export function visibleDots(plot) {
  /** @type {Dots} */
  const dots = { xs: [], ys: [], zs: [], items: [] };
  for (const { x, y, z, customdata, visible } of plot._fullData) {
    if (visible !== true || !customdata) continue;
    for (let i = 0; i < customdata.length; i++) {
      dots.xs.push(x[i]);
      dots.ys.push(y[i]);
      if (z) dots.zs.push(z[i]);
      dots.items.push(Number(customdata[i]));
    }
  }
  return dots;
}

/**
 * Pixels of a place on a flat plot, or null where it is out of sight.
 * @param {Plot} plot
 * @param {ArrayLike<number>} place (2,)
 */
export function planePixels(plot, place) {
  const { xaxis, yaxis } = plot._fullLayout;
  const px = xaxis.l2p(place[0]);
  const py = yaxis.l2p(place[1]);
  const inside = px >= 0 && px <= xaxis._length && py >= 0 && py <= yaxis._length;
  return inside ? [xaxis._offset + px, yaxis._offset + py] : null;
}

/**
 * The place at a pixel of a flat plot, or null beside the axes.
 * @param {Plot} plot
 * @param {number} x
 * @param {number} y
 */
export function planePlace(plot, x, y) {
  const { xaxis, yaxis } = plot._fullLayout;
  const px = x - xaxis._offset;
  const py = y - yaxis._offset;
  const inside = px >= 0 && px <= xaxis._length && py >= 0 && py <= yaxis._length;
  return inside ? [xaxis.p2l(px), yaxis.p2l(py)] : null;
}

/**
 * The item of the dot nearest to a place on a flat plot, if it is within reach in pixels.
 * @param {Plot} plot
 * @param {Dots} dots
 * @param {ArrayLike<number>} xy
 * @param {number} reach
 * @returns {number|null}
 */
export function planeDot(plot, dots, xy, reach) {
  const { xaxis, yaxis } = plot._fullLayout;
  const scaleX = xaxis._length / (xaxis.range[1] - xaxis.range[0]);
  const scaleY = yaxis._length / (yaxis.range[1] - yaxis.range[0]);
  let best = reach * reach;
  let item = null;
  for (let i = 0; i < dots.items.length; i++) {
    const dx = (dots.xs[i] - xy[0]) * scaleX;
    const dy = (dots.ys[i] - xy[1]) * scaleY;
    const square = dx * dx + dy * dy;
    if (square < best) [best, item] = [square, dots.items[i]];
  }
  return item;
}

/**
 * Grab a flat plot as it is.
 * @param {Plot} plot
 * @returns {function(Pair, Pair): Object} from two fingers, before and now, to the ranges that keep
 *     under them what lay there
 */
export function planeGrip(plot) {
  const { xaxis, yaxis } = plot._fullLayout;
  const [across, up] = [xaxis, yaxis].map(({ _offset: start, _length: length, range }) => ({
    start,
    length,
    low: range[0],
    high: range[1],
    perPixel: (range[1] - range[0]) / length,
  }));
  return (from, to) => {
    const zoom = from.span / to.span;
    const [perX, perY] = [across.perPixel * zoom, up.perPixel * zoom];
    const x = across.low + (from.x - across.start) * across.perPixel;
    const y = up.high - (from.y - up.start) * up.perPixel;
    const left = x - (to.x - across.start) * perX;
    const top = y + (to.y - up.start) * perY;
    return {
      "xaxis.range": [left, left + perX * across.length],
      "yaxis.range": [top - perY * up.length, top],
    };
  };
}

/**
 * Grab a 3-D plot as it is: spreading two fingers zooms in.
 * @param {Plot} plot
 * @returns {function(Pair, Pair): Object}
 */
export function spaceGrip(plot) {
  const { eye } = plot._fullLayout.scene._scene.getCamera();
  return (from, to) => {
    const zoom = from.span / to.span;
    return { "scene.camera.eye": { x: eye.x * zoom, y: eye.y * zoom, z: eye.z * zoom } };
  };
}

/**
 * Pixels of a place in space, or null behind the camera.
 * @param {Plot} plot
 * @param {ArrayLike<number>} at (3,)
 */
export function spacePixels(plot, at) {
  const toPixels = lens(plot);
  const seen = toPixels?.(at[0], at[1], at[2]);
  return seen ? [seen.x, seen.y] : null;
}

/**
 * The item of the dot in space at a pixel: the foremost of those it touches, or the nearest.
 * @param {Plot} plot
 * @param {Dots} dots
 * @param {number} x
 * @param {number} y
 * @param {number} reach
 * @returns {number|null}
 */
export function spaceDot(plot, dots, x, y, reach) {
  const toPixels = lens(plot);
  if (!toPixels) return null;
  let best = reach * reach;
  let foremost = Infinity;
  let item = null;
  for (let i = 0; i < dots.items.length; i++) {
    const seen = toPixels(dots.xs[i], dots.ys[i], dots.zs[i]);
    if (!seen) continue;
    const square = (seen.x - x) ** 2 + (seen.y - y) ** 2;
    const touches = square < OVERLAP * OVERLAP;
    if (touches ? seen.depth >= foremost : square >= best) continue;
    if (touches) [foremost, best] = [seen.depth, 0];
    else best = square;
    item = dots.items[i];
  }
  return item;
}

/**
 * How the camera of a 3-D scene sees: data, then model, view and projection, then pixels.
 * @param {Plot} plot
 * @returns {?function(number, number, number): ?{x: number, y: number, depth: number}}
 */
function lens(plot) {
  const scene = plot._fullLayout.scene?._scene;
  const camera = scene?.glplot?.cameraParams;
  if (!camera) return null;
  const box = scene.container.getBoundingClientRect();
  const home = plot.getBoundingClientRect();
  const matrix = [camera.projection, camera.view, camera.model].reduce(product);
  const [sx, sy, sz] = scene.dataScale;
  return (x, y, z) => {
    const [px, py, , depth] = times(matrix, [x * sx, y * sy, z * sz, 1]);
    if (depth <= 0) return null;
    return {
      x: box.left - home.left + ((px / depth + 1) / 2) * box.width,
      y: box.top - home.top + ((1 - py / depth) / 2) * box.height,
      depth,
    };
  };
}

/** A 4x4 matrix stored by columns, times a vector. */
function times(m, v) {
  return [0, 1, 2, 3].map(
    (r) => m[r] * v[0] + m[r + 4] * v[1] + m[r + 8] * v[2] + m[r + 12] * v[3],
  );
}

/** Two such matrices multiplied. */
function product(a, b) {
  return [0, 4, 8, 12].flatMap((column) => times(a, b.slice(column, column + 4)));
}
