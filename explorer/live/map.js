/**
 * The map: Plotly draws the items, an overlay on top shows where the current code is.
 * Knows Plotly and pixels; learns from the stage what a place means.
 */

import { el } from "./dom.js";
import {
  planeDot,
  planePixels,
  planePlace,
  spaceDot,
  spacePixels,
  visibleDots,
} from "./places.js";

const STILL = 4; // pixels that a click may slip
const REACH = 9; // pixels within which a pointer is on a dot
const NOWHERE = { cursor: null, picked: null };
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
  const touch = matchMedia("(pointer: coarse)").matches;
  let drawn = null; // of what can be read: {isFlat, dots}; null while nothing or half of it is there
  let asked = 0; // figures asked for
  let turn = Promise.resolve(); // Plotly does one thing at a time
  let marks = NOWHERE;
  let pressed = null;
  let released = null; // where the last click was
  const distance = ({ x, y }, event) => Math.hypot(event.clientX - x, event.clientY - y);

  function place() {
    if (!drawn) return;
    const toPixels = drawn.isFlat ? planePixels : spacePixels;
    for (const [mark, at] of [
      [cursor, marks.cursor],
      [picked, marks.picked],
    ]) {
      const pixels = at && toPixels(plot, at);
      mark.hidden = !pixels;
      if (pixels) mark.style.transform = `translate(${pixels[0]}px,${pixels[1]}px)`;
    }
  }

  /** What lies under the pointer: a place on a flat map, a dot or both; null where neither does. */
  function placeUnder(event) {
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (drawn.isFlat) {
      const xy = planePlace(plot, x, y);
      return xy && { xy, item: planeDot(plot, drawn.dots, xy, REACH), x, y };
    }
    const item = spaceDot(plot, drawn.dots, x, y, REACH);
    return item === null ? null : { xy: null, item, x, y };
  }

  element.addEventListener("pointermove", (event) => {
    if (!drawn || pressed || event.pointerType === "touch") return;
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
    const here = placeUnder(event);
    if (here) onPick(here, event.timeStamp);
  };
  addEventListener("pointerup", release, true);
  addEventListener("pointercancel", forget, true);
  element.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ];
    if ((!steps && event.key !== "Enter") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!drawn) return;
    if (steps) onNudge(...steps, event.timeStamp);
    else if (drawn.isFlat && marks.cursor) {
      const item = planeDot(plot, drawn.dots, marks.cursor, Infinity);
      onPick({ xy: marks.cursor, item }, event.timeStamp);
    }
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
    const is = plot._fullLayout;
    if (!drawn || !width || (is.width === width && is.height === height)) return;
    await Plotly.relayout(plot, { width, height });
    place();
  }

  async function draw({ data, layout }) {
    const isFlat = !data.some((trace) => trace.type === "scatter3d");
    const dragmode = isFlat ? !touch && "pan" : "orbit";
    const hands = { dragmode, hovermode: false, hoveranywhere: false, clickanywhere: false };
    try {
      const config = { ...CONFIG, scrollZoom: !touch };
      await Plotly.react(plot, data, { ...layout, ...hands, ...size() }, config);
    } catch (error) {
      Plotly.purge(plot); // the next figure must not be laid over a half one
      listening = false;
      throw error;
    }
    if (!listening) listen();
    return { isFlat, dots: visibleDots(plot) };
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
        cursor.hidden = picked.hidden = true;
      }
      await inTurn(async () => {
        if (mine !== asked) return;
        const done = await draw(figure);
        if (mine !== asked) return;
        drawn = done;
        element.setAttribute("aria-busy", "false");
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
    /** Width and height of what can be seen, in data units. */
    span() {
      if (!drawn?.isFlat) return [0, 0];
      const { xaxis, yaxis } = plot._fullLayout;
      return [xaxis.range[1] - xaxis.range[0], yaxis.range[1] - yaxis.range[0]];
    },
    /** The items whose dots are shown. */
    items: () => drawn?.dots.items ?? [],
    isFlat: () => drawn?.isFlat ?? true,
    /** Whether fingers, which cannot hover, are what points here. */
    isTouched: () => touch,
    destroy() {
      removeEventListener("pointerup", release, true);
      removeEventListener("pointercancel", forget, true);
      resized.disconnect();
      asked++;
      drawn = null;
      inTurn(() => Plotly.purge(plot));
    },
  };
}
