// @ts-check
/** One chart of a run: lines over steps, with marks at the shown step and at the best step. */

import { el } from "../parts/dom.js";
import { acrossPixels, makePlot } from "../parts/plot.js";
import { themeOf } from "../parts/theme.js";

/** @import { Words } from "../types.js" */

const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false };
const INK = {
  light: { text: "#4a4f5a", line: "#e3e5e9" },
  dark: { text: "#b6bac4", line: "#2b2f38" },
}; // as in figures/look.py

/**
 * How a chart looks.
 * @typedef {Object} Style
 * @property {string} label for screen readers
 * @property {string} unit
 * @property {string} hover Plotly's `hovermode`
 * @property {"linear"|"log"} [type] of the values' axis
 */

export class Chart {
  element;
  #plotly;
  #words;
  #style;
  #plot = makePlot({ class: "le-run-plot" });
  #mark = el("i", { class: "le-run-mark", hidden: true });
  #best = el("i", { class: "le-run-mark le-run-best", hidden: true });
  /** @type {number|null} */
  #step = null;
  /** @type {number|null} */
  #bestStep = null;
  #isDrawn = false;
  #resized = new ResizeObserver(() => this.#fit());

  /**
   * @param {Promise<any>} plotly the library, when it is there
   * @param {Words} words the catalogue's part for runs
   * @param {Style} style
   */
  constructor(plotly, words, style) {
    [this.#plotly, this.#words, this.#style] = [plotly, words, style];
    this.element = el(
      "div",
      {
        class: "le-run-chart le-run-empty",
        role: "img",
        "aria-label": style.label,
        "data-wait": words.wait,
      },
      this.#plot,
      this.#best,
      this.#mark,
    );
    this.#resized.observe(this.#plot);
  }

  /** @param {Object[]} traces @param {number[]|null} range of the values */
  async draw(traces, range) {
    const Plotly = await this.#plotly;
    this.#isDrawn = true;
    this.element.classList.remove("le-run-empty");
    const lines = traces.map((trace) => ({ type: "scatter", ...trace }));
    await Plotly.react(this.#plot, lines, this.#layout(range), CONFIG);
    this.#place();
  }

  /** Stand at a step, or nowhere. @param {number|null} step */
  mark(step) {
    this.#step = step;
    this.#place();
  }

  /** Mark the best step, or none. @param {number|null} step */
  markBest(step) {
    this.#bestStep = step;
    this.#place();
  }

  destroy() {
    this.#isDrawn = false;
    this.#resized.disconnect();
    this.#plotly.then((Plotly) => Plotly.purge(this.#plot));
  }

  /** @param {number[]|null} range */
  #layout(range) {
    const { unit, hover, type = "linear" } = this.#style;
    const { text, line } = INK[themeOf(this.element)];
    const axis = { gridcolor: line, zeroline: false, fixedrange: true, ticklabelstandoff: 3 };
    const titled = (/** @type {string} */ title) => ({
      ...axis,
      title: { text: title, standoff: 4, font: { size: 12 } },
    });
    const isLog = type === "log";
    return {
      template: {},
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(this.element).fontFamily, color: text },
      margin: { l: 50, r: 8, t: 8, b: 34 },
      showlegend: false,
      hovermode: hover,
      dragmode: false,
      xaxis: {
        ...titled(this.#words.step),
        nticks: 5,
        rangemode: "tozero",
        tickfont: { size: 12 },
      },
      yaxis: {
        ...titled(unit),
        type,
        nticks: 5,
        tickfont: { size: isLog ? 10 : 12 }, // powers are drawn larger than that
        exponentformat: isLog ? "power" : "SI", // −15k has room where −1.5×10⁴ has not
        ...(isLog && { dtick: range && range[1] - range[0] > 8 ? 2 : 1 }),
        ...(range ? { range } : { autorange: true }),
      },
    };
  }

  async #fit() {
    if (!this.#isDrawn || !this.#plot.offsetParent) return;
    await (await this.#plotly).Plots.resize(this.#plot);
    this.#place();
  }

  #place() {
    for (const [line, step] of /** @type {const} */ ([
      [this.#mark, this.#step],
      [this.#best, this.#bestStep],
    ])) {
      const x = step === null ? null : acrossPixels(this.#plot, step);
      line.hidden = x === null;
      if (x !== null) line.style.transform = `translateX(${x}px)`;
    }
  }
}
