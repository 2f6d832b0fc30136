/**
 * The map: Plotly draws the items, an overlay on top shows where the current code is.
 * Knows Plotly and pixels; learns from the stage what a place means.
 */

import { el } from "./dom.js";

const STILL = 4; // pixels that a click may slip
const REACH = 9; // pixels within which a pointer is on a dot
const CONFIG = { displayModeBar: false, doubleClick: "reset", showTips: false };

/**
 * @param {Object} options
 * @param {Object} options.Plotly the library
 * @param {Object} options.words the catalogue's part for the stage
 * @param {function({xy: number[]|null, item: number|null, x: number, y: number}, number): void}
 *     options.onHover pointer over a place, a dot or both; with the time of the event
 * @param {function(): void} options.onLeave pointer gone
 * @param {function({xy: number[]|null, item: number|null}, number): void} options.onPick
 *     a place or a dot was chosen
 * @param {function(number, number, number): void} options.onNudge arrow key: steps right, steps up
 */
export function makeMap({ Plotly, words, onHover, onLeave, onPick, onNudge }) {
  const plot = el("div", { class: "le-plot" });
  const cursor = el("div", { class: "le-cursor", "aria-hidden": "true" });
  const picked = el("div", { class: "le-picked", "aria-hidden": "true" });
  const element = el(
    "div",
    {
      "data-testid": "map",
      class: "le-map",
      tabindex: 0,
      role: "application",
      "aria-label": words.mapLabel,
    },
    plot,
    picked,
    cursor,
  );
  const touch = matchMedia("(pointer: coarse)").matches;
  let points = { xs: [], ys: [], items: [] };
  let marks = { cursor: null, picked: null };
  let flat = true;
  let drawn = false;
  let gone = false;
  let pressed = null;
  let released = null; // where the last click was
  const distance = ({ x, y }, event) => Math.hypot(event.clientX - x, event.clientY - y);
  let underPointer = null; // in space, the dot Plotly last found

  /** Position in the element for data coordinates, or null where it cannot be seen. */
  const toPixels = (at) =>
    at && drawn ? (flat ? planePixels(plot, at) : scenePixels(plot, at)) : null;

  function place() {
    for (const [mark, at] of [
      [cursor, marks.cursor],
      [picked, marks.picked],
    ]) {
      const pixels = toPixels(at);
      mark.hidden = !pixels;
      if (pixels) mark.style.transform = `translate(${pixels[0]}px,${pixels[1]}px)`;
    }
  }

  function placeUnder(event) {
    const box = plot.getBoundingClientRect();
    const { xaxis, yaxis } = plot._fullLayout;
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const inside =
      x >= xaxis._offset &&
      x <= xaxis._offset + xaxis._length &&
      y >= yaxis._offset &&
      y <= yaxis._offset + yaxis._length;
    if (!inside) return null;
    const xy = [xaxis.p2l(x - xaxis._offset), yaxis.p2l(y - yaxis._offset)];
    return { xy, item: nearestDot(xy), x, y };
  }

  /** The item of the dot nearest to a place, if it is within reach (in pixels). */
  function nearestDot(xy, reach = REACH) {
    const { xaxis, yaxis } = plot._fullLayout;
    const scaleX = xaxis._length / (xaxis.range[1] - xaxis.range[0]);
    const scaleY = yaxis._length / (yaxis.range[1] - yaxis.range[0]);
    let best = reach * reach;
    let item = null;
    for (let i = 0; i < points.items.length; i++) {
      const dx = (points.xs[i] - xy[0]) * scaleX;
      const dy = (points.ys[i] - xy[1]) * scaleY;
      const square = dx * dx + dy * dy;
      if (square < best) [best, item] = [square, points.items[i]];
    }
    return item;
  }

  element.addEventListener("pointermove", (event) => {
    if (!flat || !drawn || pressed || event.pointerType === "touch") return;
    // Browsers repeat a move when what lies under the pointer changes, as Plotly's cover does; what
    // was just picked stays until the hand really moves.
    if (released && distance(released, event) < STILL) return;
    released = null;
    const here = placeUnder(event);
    if (here) onHover(here, event.timeStamp);
    else onLeave();
  });
  element.addEventListener("pointerleave", onLeave);
  // Capture: Plotly stops presses on its drag layer from travelling on.
  element.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button === 0 && event.isPrimary) pressed = { x: event.clientX, y: event.clientY };
    },
    true,
  );
  const forget = () => {
    pressed = null;
  };
  const release = (event) => {
    // Plotly lays a cover over the page while a button is down, so where the event lands says
    // nothing; that the press began here does.
    if (!pressed || !event.isPrimary) return;
    const isClick = distance(pressed, event) < STILL;
    pressed = null;
    if (!isClick || !drawn) return;
    released = { x: event.clientX, y: event.clientY };
    // In space Plotly misses quick clicks, so take the dot it found before the press.
    const here = flat ? placeUnder(event) : underPointer;
    if (here) onPick(here, event.timeStamp);
    underPointer = null;
  };
  addEventListener("pointerup", release, true);
  addEventListener("pointercancel", forget, true);
  element.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
    if ((!steps && event.key !== "Enter") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (steps) onNudge(...steps, event.timeStamp);
    else if (drawn && flat && marks.cursor)
      onPick({ xy: marks.cursor, item: nearestDot(marks.cursor, Infinity) }, event.timeStamp);
  });
  const resized = new ResizeObserver(() =>
    requestAnimationFrame(() => {
      if (drawn) Plotly.Plots.resize(plot);
    }),
  );
  resized.observe(plot);

  return {
    element,
    /** Draw a figure made by `figures.py`; its traces carry the item of each dot as customdata. */
    async show(figure) {
      const dragmode = figure.data.some((t) => t.type === "scatter3d")
        ? "orbit"
        : touch
          ? false
          : "pan";
      const layout = {
        ...figure.layout,
        dragmode,
        hovermode: dragmode === "orbit" ? "closest" : false,
      };
      await Plotly.react(plot, figure.data, layout, { ...CONFIG, scrollZoom: !touch });
      if (gone) return Plotly.purge(plot);
      flat = dragmode !== "orbit";
      drawn = true;
      underPointer = null;
      points = visiblePoints(plot);
      plot.removeAllListeners?.();
      plot.on("plotly_relayout", place);
      plot.on("plotly_relayouting", place);
      plot.on("plotly_afterplot", () => {
        points = visiblePoints(plot);
        place();
      });
      plot.on("plotly_hover", ({ points: [dot] }) => {
        const at = flat || !dot ? null : scenePixels(plot, [dot.x, dot.y, dot.z]);
        if (!at) return;
        underPointer = { xy: null, item: Number(dot.customdata), x: at[0], y: at[1] };
        if (!pressed) onHover(underPointer, performance.now());
      });
      plot.on("plotly_click", ({ points: [dot] }) => {
        if (!flat && dot && !underPointer) onPick({ xy: null, item: Number(dot.customdata) });
      });
      plot.on("plotly_unhover", () => {
        underPointer = null;
        onLeave();
      });
      place();
    },
    /** Show where the current code lies, (2,) or (3,), and where the picked item does. */
    mark(cursorAt, pickedAt, exact) {
      marks = { cursor: cursorAt, picked: pickedAt };
      cursor.classList.toggle("le-approximate", !exact);
      place();
    },
    /** Width and height of what can be seen, in data units. */
    span() {
      if (!drawn || !flat) return [0, 0];
      const { xaxis, yaxis } = plot._fullLayout;
      return [xaxis.range[1] - xaxis.range[0], yaxis.range[1] - yaxis.range[0]];
    },
    isFlat: () => flat,
    /** Whether fingers, which cannot hover, are what points here. */
    isTouched: () => touch,
    destroy() {
      removeEventListener("pointerup", release, true);
      removeEventListener("pointercancel", forget, true);
      resized.disconnect();
      gone = true;
      drawn = false;
      Plotly.purge(plot);
    },
  };
}

/** The dots that are not hidden by the legend, of all traces together. */
function visiblePoints(plot) {
  const points = { xs: [], ys: [], items: [] };
  for (const { x, y, customdata, visible } of plot._fullData) {
    if (visible !== true || !customdata) continue;
    for (let i = 0; i < customdata.length; i++) {
      points.xs.push(x[i]);
      points.ys.push(y[i]);
      points.items.push(Number(customdata[i]));
    }
  }
  return points;
}

function planePixels(plot, [x, y]) {
  const { xaxis, yaxis } = plot._fullLayout;
  const px = xaxis.l2p(x);
  const py = yaxis.l2p(y);
  const inside = px >= 0 && px <= xaxis._length && py >= 0 && py <= yaxis._length;
  return inside ? [xaxis._offset + px, yaxis._offset + py] : null;
}

/** Follow a point of a 3-D scene through its camera: data, then model, view and projection. */
function scenePixels(plot, at) {
  const scene = plot._fullLayout.scene?._scene;
  const camera = scene?.glplot?.cameraParams;
  if (!camera) return null;
  let v = [...at.map((value, i) => value * scene.dataScale[i]), 1];
  for (const matrix of [camera.model, camera.view, camera.projection]) v = times(matrix, v);
  if (v[3] <= 0) return null;
  const box = scene.container.getBoundingClientRect();
  const home = plot.getBoundingClientRect();
  return [
    box.left - home.left + ((v[0] / v[3] + 1) / 2) * box.width,
    box.top - home.top + ((1 - v[1] / v[3]) / 2) * box.height,
  ];
}

/** A 4x4 matrix stored by columns, times a vector. */
function times(m, v) {
  return [0, 1, 2, 3].map(
    (r) => m[r] * v[0] + m[r + 4] * v[1] + m[r + 8] * v[2] + m[r + 12] * v[3],
  );
}
