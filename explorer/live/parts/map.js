// @ts-check
/**
 * The map: Plotly draws the items, an overlay on top shows where the current code is.
 * Knows Plotly and pixels; the stage tells it what a place means.
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

/** @import { Figure } from "../types.js" */
/** @import { Dots, Plot } from "./plot.js" */
/** @import { Hands, Spot } from "./pointing.js" */
/** @typedef {ArrayLike<number>|null} Place on the map, (2,) or (3,) */

/**
 * What the map does: what hands mean, and an arrow key by its steps right and up.
 * @typedef {Hands & {onNudge: function(number, number, number): void}} MapHands
 */

export class PlotMap {
  element;
  /** @type {any} the library */
  #Plotly;
  /** @type {MapHands} */
  #on;
  #plot = makePlot({ class: "le-plot" });
  #cursor = el("div", { class: "le-cursor", "aria-hidden": "true", hidden: true });
  #picked = el("div", { class: "le-picked", "aria-hidden": "true", hidden: true });
  /** @type {Map<HTMLElement, Place>} elements that stand at a place, and where */
  #pins = new Map();
  #touch = matchMedia("(pointer: coarse)").matches;
  /** @type {{isFlat: boolean, dots: Dots}|null} what can be read; null while not all of it is there */
  #drawn = null;
  #asked = 0; // count of figures requested
  /** @type {Promise<any>} */
  #turn = Promise.resolve(); // Plotly does one thing at a time
  /** @type {{cursor: Place, picked: Place}} */
  #marks = NOWHERE;
  #whole = {}; // what shows all of the map, as it does at first
  #isListening = false;
  #stopMouse;
  #resized = new ResizeObserver(() => requestAnimationFrame(() => this.#inTurn(() => this.#fit())));

  /** @param {{Plotly: Object, words: Object<string, any>} & MapHands} options */
  constructor({ Plotly, words, ...on }) {
    [this.#Plotly, this.#on] = [Plotly, on];
    this.element = el(
      "div",
      {
        "data-testid": "map",
        class: "le-map",
        tabindex: 0,
        role: "application",
        "aria-label": words.mapLabel,
      },
      this.#plot,
      this.#picked,
      this.#cursor,
    );
    this.#stopMouse = this.#listenToHands();
    this.#resized.observe(this.#plot);
  }

  /**
   * Draw a figure made by `figures/`; its traces carry the item of each dot as customdata.
   * @param {Figure} figure
   * @returns {Promise<boolean>} whether it is on show; false where a later one took its place
   */
  async show(figure) {
    const mine = ++this.#asked;
    this.#drawn = null; // nothing may be read until the new figure is drawn
    this.element.setAttribute("aria-busy", "true");
    if (figure.layout.uirevision !== this.#plot.layout?.uirevision) this.#forgetMarks();
    await this.#inTurn(async () => {
      if (mine !== this.#asked) return;
      try {
        const done = await this.#draw(figure);
        if (mine !== this.#asked) return;
        this.#drawn = done;
      } finally {
        if (mine === this.#asked) this.element.setAttribute("aria-busy", "false");
      }
      this.#place();
      await this.#fit();
    });
    return mine === this.#asked;
  }

  /**
   * Show where the current code lies, and where the picked item does.
   * @param {Place} cursor
   * @param {Place} picked
   * @param {boolean} exact whether the first is
   */
  mark(cursor, picked, exact) {
    this.#marks = { cursor, picked };
    this.#cursor.classList.toggle("le-approximate", !exact);
    this.#place();
  }

  /** Put an element of the class `le-pin` at a place; null hides it. */
  pin(/** @type {HTMLElement} */ node, /** @type {Place} */ at) {
    if (!this.#pins.has(node)) this.element.append(node);
    this.#pins.set(node, at);
    node.hidden = !at;
    this.#place();
  }

  /** Width and height of the visible range, in data units. */
  span() {
    return this.#drawn?.isFlat ? planeSpan(this.#plot) : [0, 0];
  }

  /** The items whose dots are shown. @returns {number[]} */
  items() {
    return this.#drawn?.dots.items ?? [];
  }

  isFlat() {
    return this.#drawn?.isFlat ?? true;
  }

  /** Whether the pointer is a finger, which cannot hover. */
  isTouched() {
    return this.#touch;
  }

  destroy() {
    this.#stopMouse();
    this.#resized.disconnect();
    this.#asked++;
    this.#drawn = null;
    this.#inTurn(() => this.#Plotly.purge(this.#plot));
  }

  #listenToHands() {
    const { element } = this;
    const { onHover, onLeave, onPick, onTakeBack, onNudge } = this.#on;
    const on = { onHover, onLeave, onPick, onTakeBack };
    /** @type {import("./pointing.js").Under} */
    const under = (event, reach) => this.#under(event, reach);
    listenToFingers(element, {
      area: this.#plot,
      under,
      isFlat: () => this.isFlat(),
      grip: () => this.#grip(),
      showWhole: () => this.#relayout(this.#whole),
      ...on,
    });
    listenToKeys(element, {
      onStep: (right, up, time) => this.#drawn && onNudge(right, up, time),
      onEnter: (time) => this.#pickAtCursor(time),
    });
    return listenToMouse(element, { under, ...on });
  }

  /** @param {number} time */
  #pickAtCursor(time) {
    const { cursor } = this.#marks;
    if (!this.#drawn?.isFlat || !cursor) return;
    const item = planeDot(this.#plot, this.#drawn.dots, cursor, Infinity);
    this.#on.onPick({ xy: Array.from(cursor), item, x: 0, y: 0 }, time);
  }

  #place() {
    if (!this.#drawn) return;
    const toPixels = this.#drawn.isFlat ? planePixels : spacePixels;
    /** @type {[HTMLElement, Place][]} */
    const marks = [
      [this.#cursor, this.#marks.cursor],
      [this.#picked, this.#marks.picked],
      ...this.#pins,
    ];
    for (const [mark, at] of marks) {
      const pixels = at && toPixels(this.#plot, at);
      mark.hidden = !pixels;
      if (pixels) mark.style.transform = `translate(${pixels[0]}px,${pixels[1]}px)`;
    }
  }

  /** Hide all marks, whose places belong to the previous map. */
  #forgetMarks() {
    this.#marks = NOWHERE;
    for (const mark of [this.#cursor, this.#picked, ...this.#pins.keys()]) mark.hidden = true;
    for (const pin of this.#pins.keys()) this.#pins.set(pin, null);
  }

  /**
   * The spot within reach: a place on a flat map, a dot or both; null if there is neither.
   * @param {MouseEvent} event
   * @param {number} reach in pixels
   * @returns {Spot|null}
   */
  #under(event, reach) {
    if (!this.#drawn) return null;
    const { isFlat, dots } = this.#drawn;
    const box = this.#plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (isFlat) {
      const xy = planePlace(this.#plot, x, y);
      return xy && { xy, item: planeDot(this.#plot, dots, xy, reach), x, y };
    }
    const item = spaceDot(this.#plot, dots, x, y, reach);
    return item === null ? null : { xy: null, item, x, y };
  }

  /** Grab the map as it is; the returned function moves it with two fingers. */
  #grip() {
    if (!this.#drawn) return () => {};
    const hold = this.#drawn.isFlat ? planeGrip(this.#plot) : spaceGrip(this.#plot);
    /** @type {Object|null} */
    let next = null;
    return (
      /** @type {import("./plot.js").Pair} */ from,
      /** @type {import("./plot.js").Pair} */ to,
    ) => {
      const isAsked = next !== null;
      next = hold(from, to);
      if (isAsked) return;
      requestAnimationFrame(() => {
        const change = next;
        next = null;
        this.#relayout(change);
      });
    };
  }

  /** @param {Object|null} change */
  #relayout(change) {
    return this.#inTurn(() => this.#drawn && this.#Plotly.relayout(this.#plot, change));
  }

  /** Do something with Plotly once it has done what it was asked before. @param {function(): any} work */
  #inTurn(work) {
    this.#turn = this.#turn.catch(() => {}).then(work);
    return this.#turn;
  }

  #size() {
    return { width: this.#plot.clientWidth, height: this.#plot.clientHeight };
  }

  /** Fill the available space. */
  async #fit() {
    const { width, height } = this.#size();
    if (!this.#drawn || !width) return;
    const is = drawnSize(this.#plot);
    if (is.width === width && is.height === height) return;
    await this.#Plotly.relayout(this.#plot, { width, height });
    this.#place();
  }

  /** @param {Figure} figure */
  async #draw({ data, layout }) {
    const inSpace = data.some((trace) => trace.type === "scatter3d");
    const dragmode = inSpace ? "orbit" : "pan";
    const hands = { dragmode, hovermode: false, hoveranywhere: false, clickanywhere: false };
    const plot = this.#plot;
    try {
      await this.#Plotly.react(plot, data, { ...layout, ...hands, ...this.#size() }, CONFIG);
    } catch (error) {
      this.#Plotly.purge(plot); // so that the next figure does not start from half of this one
      this.#isListening = false;
      throw error;
    }
    if (!this.#isListening) this.#listenToPlot();
    this.#whole = inSpace ? { "scene.camera": layout.scene.camera } : wholePlane(layout);
    return { isFlat: !inSpace, dots: visibleDots(plot) };
  }

  #listenToPlot() {
    this.#isListening = true;
    const place = () => this.#place();
    this.#plot.on("plotly_relayout", place);
    this.#plot.on("plotly_relayouting", place);
    this.#plot.on("plotly_afterplot", () => {
      if (!this.#drawn) return; // the event also comes while the next figure is drawn
      this.#drawn.dots = visibleDots(this.#plot);
      place();
    });
  }
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
