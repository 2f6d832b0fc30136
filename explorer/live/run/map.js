// @ts-check
/**
 * The map of a run: the same dots, gliding from snapshot to snapshot over steady axes.
 * Knows positions, not what they mean.
 */

import { el } from "../parts/dom.js";
import { innerSize, itemsOfTraces, legendNames, makePlot } from "../parts/plot.js";

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const ROOM = 1.15; // times the range of the dots
const LOOSE = 0.6; // share of the view that the dots must fill; otherwise it shrinks
const WIDE = 420; // pixels from which a legend has room beside the dots
const SHORT = 12; // letters of the longest name that fits there

/** @typedef {{x: number, y: number, perX: number, perY: number}} Seen middle, and units per pixel */

export class RunMap {
  element;
  #plotly;
  /** @type {any} */
  #Plotly = null;
  #plot = makePlot({ class: "le-run-plot" });
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {number[][]|null} which dots each trace has; null while nothing or half of it is drawn */
  #rows = null;
  #isEven = true; // whether both axes have the same scale
  /** @type {Float32Array|null} where the dots are drawn, or will be, (2n,) */
  #xy = null;
  /** @type {Seen|null} */
  #seen = null;
  #frame = 0;
  #opened = 0; // count of figures
  #resized = new ResizeObserver(() => this.#fit());

  /**
   * @param {Promise<Object>} plotly the library, when it is there
   * @param {Object<string, any>} words the catalogue's part for runs
   */
  constructor(plotly, words) {
    this.#plotly = plotly;
    const props = { class: "le-run-map le-run-empty", "data-testid": "run-map", role: "img" };
    this.element = el(
      "div",
      { ...props, "aria-label": words.mapLabel, "data-wait": words.mapWait },
      this.#plot,
    );
    this.#resized.observe(this.#plot);
  }

  /**
   * Take a figure made by `figures/`: colours and titles; positions come by `show`.
   * @param {import("../types.js").Figure} figure
   */
  async open({ data, layout }) {
    const mine = ++this.#opened;
    cancelAnimationFrame(this.#frame);
    this.#rows = null; // nothing may be read until the new figure is drawn
    this.#Plotly = await this.#plotly;
    if (mine !== this.#opened) return;
    this.#isEven = Boolean(layout.yaxis.scaleanchor);
    const plot = this.#plot;
    await this.#Plotly.react(plot, data, quietLayout(layout, plot.layout), CONFIG);
    if (mine !== this.#opened) return;
    await this.#Plotly.relayout(plot, { ...this.#sizes(), autosize: true });
    if (mine !== this.#opened) return;
    this.#rows = itemsOfTraces(plot);
    if (this.#xy) this.#draw(this.#xy, this.#seen ? { ...this.#seen } : this.#around(this.#xy));
  }

  /** @param {Float32Array} next positions (n, 2) @param {number} glideMs time to get there */
  show(next, glideMs) {
    this.element.classList.remove("le-run-empty");
    cancelAnimationFrame(this.#frame);
    if (!this.#rows) {
      this.#xy = next; // drawn with the figure
      return;
    }
    const from = this.#xy;
    const glides = from?.length === next.length && glideMs >= 100 && !this.#still.matches;
    if (from && glides) this.#glide(from, next, glideMs);
    else this.#draw(next, this.#around(next));
  }

  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#resized.disconnect();
    this.#opened++;
    this.#rows = this.#xy = null;
    this.#Plotly?.purge(this.#plot);
  }

  /** @param {Float32Array} xy @param {Seen} seen */
  #draw(xy, seen) {
    const { w, h } = innerSize(this.#plot);
    const along = (/** @type {number} */ axis) =>
      this.#rows?.map((mine) => mine.map((dot) => xy[2 * dot + axis]));
    const ranges = seen !== this.#seen && {
      "xaxis.range": range(seen.x, (seen.perX * w) / 2),
      "yaxis.range": range(seen.y, (seen.perY * h) / 2),
    };
    [this.#xy, this.#seen] = [xy, seen];
    this.#Plotly.update(this.#plot, { x: along(0), y: along(1) }, ranges || {});
  }

  /** The view for some dots: the present one while they fit it well. */
  #around(/** @type {Float32Array} */ xy) {
    const { w, h } = innerSize(this.#plot);
    const seen = this.#seen;
    const [left, right] = extent(xy, 0);
    const [low, high] = extent(xy, 1);
    let perX = ((right - left) * ROOM) / w || 1 / w;
    let perY = ((high - low) * ROOM) / h || 1 / h;
    if (this.#isEven) perX = perY = Math.max(perX, perY);
    const fits =
      seen &&
      Math.max(right - seen.x, seen.x - left) * 2 < seen.perX * w &&
      Math.max(high - seen.y, seen.y - low) * 2 < seen.perY * h &&
      Math.max(perX / seen.perX, perY / seen.perY) > LOOSE;
    return fits ? seen : { x: (left + right) / 2, y: (low + high) / 2, perX, perY };
  }

  /** @param {Float32Array} from @param {Float32Array} to @param {number} glideMs */
  #glide(from, to, glideMs) {
    const toSeen = this.#around(to);
    const fromSeen = this.#seen ?? toSeen;
    const began = performance.now();
    let next = 0;
    const step = (/** @type {number} */ now) => {
      const t = Math.max(0, Math.min(1, (now - began) / glideMs));
      if (t < 1) this.#frame = requestAnimationFrame(step);
      if (t < 1 && now < next) return;
      const part = t * t * (3 - 2 * t);
      const start = performance.now();
      this.#draw(
        to.map((goal, i) => from[i] + part * (goal - from[i])),
        between(fromSeen, toSeen, part),
      );
      // Drawing may take a quarter of the time; the rest is for the run.
      next = now + 3 * (performance.now() - start);
    };
    step(began);
  }

  /** Fill the available space. */
  #fit() {
    const xy = this.#xy;
    if (!this.#rows || !xy || !this.#plot.offsetParent) return;
    cancelAnimationFrame(this.#frame);
    this.#Plotly.relayout(this.#plot, { ...this.#sizes(), autosize: true });
    this.#seen = null;
    this.#draw(xy, this.#around(xy));
  }

  #sizes() {
    const { clientWidth, layout } = this.#plot;
    const names = legendNames(this.#plot).map(({ length }) => length);
    const isWide = clientWidth > WIDE && Math.max(0, ...names) <= SHORT;
    const beside = { x: 1.02, y: 1, yanchor: "top", orientation: "v", maxheight: 0.98 };
    const above = { x: 0, y: 1.02, yanchor: "bottom", orientation: "h", maxheight: 48 };
    return {
      margin: { l: 44, r: 8, t: isWide || !names.length ? 10 : 50, b: 36, autoexpand: isWide },
      legend: { ...layout.legend, ...(isWide ? beside : above) },
    };
  }
}

/** A layout without interaction, with the axis ranges of the previous one. */
function quietLayout(layout, before) {
  const axis = { fixedrange: true, autorange: false, scaleanchor: undefined };
  const quiet = { dragmode: false, hovermode: false, hoveranywhere: false, clickanywhere: false };
  const [xaxis, yaxis] = ["xaxis", "yaxis"].map((name) => ({
    ...layout[name],
    ...axis,
    range: before?.[name].range,
  }));
  return { ...layout, ...quiet, xaxis, yaxis };
}

const range = (/** @type {number} */ middle, /** @type {number} */ half) => [
  middle - half,
  middle + half,
];

function extent(xy, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < xy.length; i += 2) {
    if (xy[i] < low) low = xy[i];
    if (xy[i] > high) high = xy[i];
  }
  return low <= high && Number.isFinite(high - low) ? [low, high] : [-1, 1];
}

function between(from, to, part) {
  if (from === to) return to;
  const mix = (name) => from[name] + part * (to[name] - from[name]);
  return { x: mix("x"), y: mix("y"), perX: mix("perX"), perY: mix("perY") };
}
