// @ts-check
/**
 * The map: Plotly draws the items, an overlay on top shows where the current code is.
 * Knows Plotly and pixels; learns from the stage what a place means.
 */

import { el } from "./dom.js";
import {
  drawnSize,
  makePlot,
  planeDot,
  planeGrip,
  planePixels,
  planePlace,
  planeSpan,
  spaceDot,
  spaceGrip,
  spacePixels,
  visibleDots,
} from "./plot.js";
import { listenToFingers, listenToKeys, listenToMouse } from "./pointing.js";

const NOWHERE = { cursor: null, picked: null };
const CONFIG = { displayModeBar: false, doubleClick: "reset", showTips: false, scrollZoom: true };

/**
 * @param {Object} options
 * @param {Object} options.Plotly the library
 * @param {Object} options.words the catalogue's part for the stage
 * @param {function({xy: number[]|null, item: number|null, x: number, y: number}, number): void}
 *     options.onHover pointer over a place, a dot or both; with the time of the event
 * @param {function(): void} options.onLeave pointer gone
 * @param {function({xy: number[]|null, item: number|null}, number): void} options.onPick
 *     a place or a dot was chosen
 * @param {function(number): void} options.onTakeBack that was the first half of a double click
 * @param {function(number, number, number): void} options.onNudge arrow key: steps right, steps up
 */
export function makeMap({ Plotly, words, onHover, onLeave, onPick, onTakeBack, onNudge }) {
  const plot = makePlot({ class: "le-plot" });
  const cursor = el("div", { class: "le-cursor", "aria-hidden": "true", hidden: true });
  const picked = el("div", { class: "le-picked", "aria-hidden": "true", hidden: true });
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
  const pins = new Map(); // elements that stand at a place, and where
  const touch = matchMedia("(pointer: coarse)").matches;
  let drawn = null; // of what can be read: {isFlat, dots}; null while nothing or half of it is there
  let asked = 0; // figures asked for
  let turn = Promise.resolve(); // Plotly does one thing at a time
  let marks = NOWHERE;
  let whole = {}; // what shows all of the map, as it does at first

  function place() {
    if (!drawn) return;
    const toPixels = drawn.isFlat ? planePixels : spacePixels;
    for (const [mark, at] of [[cursor, marks.cursor], [picked, marks.picked], ...pins]) {
      const pixels = at && toPixels(plot, at);
      mark.hidden = !pixels;
      if (pixels) mark.style.transform = `translate(${pixels[0]}px,${pixels[1]}px)`;
    }
  }

  /** What is within reach: a place on a flat map, a dot or both; null where neither is. */
  function under(event, reach) {
    if (!drawn) return null;
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (drawn.isFlat) {
      const xy = planePlace(plot, x, y);
      return xy && { xy, item: planeDot(plot, drawn.dots, xy, reach), x, y };
    }
    const item = spaceDot(plot, drawn.dots, x, y, reach);
    return item === null ? null : { xy: null, item, x, y };
  }

  const isFlat = () => drawn?.isFlat ?? true;

  /** Take hold of the map as it lies; what is returned moves it as two fingers went. */
  function grip() {
    if (!drawn) return () => {};
    const hold = drawn.isFlat ? planeGrip(plot) : spaceGrip(plot);
    let next = null;
    return (from, to) => {
      const isAsked = next !== null;
      next = hold(from, to);
      if (isAsked) return;
      requestAnimationFrame(() => {
        const change = next;
        next = null;
        relayout(change);
      });
    };
  }

  const relayout = (change) => inTurn(() => drawn && Plotly.relayout(plot, change));

  const on = { onHover, onLeave, onPick, onTakeBack };
  const stopMouse = listenToMouse(element, { under, ...on });
  const showWhole = () => relayout(whole);
  listenToFingers(element, { area: plot, under, isFlat, grip, showWhole, ...on });
  listenToKeys(element, {
    onStep: (right, up, time) => drawn && onNudge(right, up, time),
    onEnter(time) {
      if (!drawn?.isFlat || !marks.cursor) return;
      const item = planeDot(plot, drawn.dots, marks.cursor, Infinity);
      onPick({ xy: marks.cursor, item }, time);
    },
  });

  const size = () => ({ width: plot.clientWidth, height: plot.clientHeight });
  const resized = new ResizeObserver(() => requestAnimationFrame(() => inTurn(fit)));
  resized.observe(plot);

  /** Do something with Plotly once it has done what it was asked before. */
  function inTurn(work) {
    turn = turn.catch(() => {}).then(work);
    return turn;
  }

  /** Fill the room there is. */
  async function fit() {
    const { width, height } = size();
    if (!drawn || !width) return;
    const is = drawnSize(plot);
    if (is.width === width && is.height === height) return;
    await Plotly.relayout(plot, { width, height });
    place();
  }

  async function draw({ data, layout }) {
    const inSpace = data.some((trace) => trace.type === "scatter3d");
    const dragmode = inSpace ? "orbit" : "pan";
    const hands = { dragmode, hovermode: false, hoveranywhere: false, clickanywhere: false };
    try {
      await Plotly.react(plot, data, { ...layout, ...hands, ...size() }, CONFIG);
    } catch (error) {
      Plotly.purge(plot); // the next figure must not be laid over a half one
      listening = false;
      throw error;
    }
    if (!listening) listen();
    whole = inSpace ? { "scene.camera": layout.scene.camera } : wholePlane(layout);
    return { isFlat: !inSpace, dots: visibleDots(plot) };
  }

  let listening = false;
  function listen() {
    listening = true;
    plot.on("plotly_relayout", place);
    plot.on("plotly_relayouting", place);
    plot.on("plotly_afterplot", () => {
      if (!drawn) return; // it is heard while the next figure is drawn, too
      drawn.dots = visibleDots(plot);
      place();
    });
  }

  return {
    element,
    /**
     * Draw a figure made by `figures.py`; its traces carry the item of each dot as customdata.
     * @returns {Promise<boolean>} whether it is on show; false where a later one took its place
     */
    async show(figure) {
      const mine = ++asked;
      drawn = null; // from here on nothing may be read until the figure is there
      element.setAttribute("aria-busy", "true");
      if (figure.layout.uirevision !== plot.layout?.uirevision) {
        marks = NOWHERE; // they are places on the map before
        for (const mark of [cursor, picked, ...pins.keys()]) mark.hidden = true;
        for (const pin of pins.keys()) pins.set(pin, null);
      }
      await inTurn(async () => {
        if (mine !== asked) return;
        try {
          const done = await draw(figure);
          if (mine !== asked) return;
          drawn = done;
        } finally {
          if (mine === asked) element.setAttribute("aria-busy", "false");
        }
        place();
        await fit();
      });
      return mine === asked;
    },
    /** Show where the current code lies, (2,) or (3,), and where the picked item does. */
    mark(cursorAt, pickedAt, exact) {
      marks = { cursor: cursorAt, picked: pickedAt };
      cursor.classList.toggle("le-approximate", !exact);
      place();
    },
    /** Let an element of the class `le-pin` stand at a place, (2,) or (3,); null hides it. */
    pin(node, at) {
      if (!pins.has(node)) element.append(node);
      pins.set(node, at);
      node.hidden = !at;
      place();
    },
    /** Width and height of what can be seen, in data units. */
    span: () => (drawn?.isFlat ? planeSpan(plot) : [0, 0]),
    /** The items whose dots are shown. */
    items: () => drawn?.dots.items ?? [],
    isFlat,
    /** Whether fingers, which cannot hover, are what points here. */
    isTouched: () => touch,
    destroy() {
      stopMouse();
      resized.disconnect();
      asked++;
      drawn = null;
      inTurn(() => Plotly.purge(plot));
    },
  };
}

/** The axes as a figure has them, or as its dots make them. */
function wholePlane(layout) {
  const change = {};
  for (const axis of ["xaxis", "yaxis"]) {
    const range = layout[axis]?.range;
    if (range) change[`${axis}.range`] = [...range];
    else change[`${axis}.autorange`] = true;
  }
  return change;
}
