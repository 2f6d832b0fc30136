// @ts-check
/** Rows of pictures of a snapshot, and a bar for each dimension. Knows the DOM. */

import { el, fill } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";
import { niceAbove } from "./series.js";

const SILENT = 0.01; // nats; or for an autoencoder, variance of mu
const MOST_TICKS = 16;

/**
 * Pictures under a caption.
 * @param {string} caption
 * @param {string} id for tests
 */
export function makeGallery(caption, id) {
  const grid = el("div", { class: "le-run-grid" });
  const canvases = [];
  return {
    element: el("figure", { "data-testid": id }, el("figcaption", { text: caption }), grid),
    /** @param {{values: Uint8Array, shape: number[]}} pictures (n, c, h, w) */
    draw({ values: bytes, shape: [n, c, h, w] }) {
      const values = new Float32Array(bytes.length / n);
      while (canvases.length < n) canvases.push(makePicture([c, h, w]));
      if (grid.childElementCount !== n) grid.replaceChildren(...canvases.slice(0, n));
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < values.length; j++) values[j] = bytes[i * values.length + j] / 255;
        canvases[i].draw(values);
      }
    },
  };
}

/** A bar for each dimension: its KL or, for models without one, the variance of mu. */
export class Bars {
  element;
  #words;
  #says;
  #title = el("strong");
  #sentence = el("span", { class: "le-run-quiet" });
  #scale = el("div", { class: "le-run-scale", "aria-hidden": "true" });
  #area;
  #ticks = el("div", { class: "le-run-ticks", "aria-hidden": "true" });
  /** @type {Float32Array} */
  #shown = new Float32Array();

  /** @param {Object<string, any>} words the catalogue's part for runs */
  constructor(words) {
    this.#words = words;
    this.#says = words.kl;
    this.#title.textContent = words.kl.title;
    this.#area = el("div", {
      class: "le-run-bars le-run-empty",
      "data-wait": words.wait,
      role: "img",
    });
    const axis = el("div", { class: "le-run-axis", text: words.coordinate });
    const parts = [this.#scale, this.#area, this.#ticks, axis];
    this.element = el(
      "section",
      { "data-testid": "run-kl", class: "le-run-panel" },
      el("h2", {}, this.#title, this.#sentence),
      el("div", { class: "le-run-barplot" }, ...parts),
    );
    this.#area.addEventListener("pointerover", ({ target }) =>
      this.#nameBar(/** @type {HTMLElement} */ (target)),
    );
  }

  /** @param {Float32Array} kl nats, (d,) @param {Float32Array} variance of mu, (d,) */
  draw(kl, variance) {
    const isAe = kl.every((value) => value === 0);
    this.#shown = isAe ? variance : kl;
    this.#says = isAe ? this.#words.variance : this.#words.kl;
    const total = this.#shown.length;
    if (this.#area.childElementCount !== total) this.#setUp(total);
    const top = niceAbove(Math.max(SILENT * 5, ...this.#shown.filter(Number.isFinite)));
    const count = this.#drawBars(top);
    const marks = [top, top / 2, 0].map((v) => el("span", { text: +v.toPrecision(3) }));
    this.#scale.replaceChildren(...marks);
    const { title, silent, none } = this.#says;
    this.#title.textContent = title;
    this.#sentence.textContent = fill(count ? silent : none, { count, total });
    this.#area.setAttribute("aria-label", `${title}: ${this.#sentence.textContent}`);
  }

  /** Draw the bars; return how many are silent. @param {number} top value at the upper end */
  #drawBars(top) {
    let silent = 0;
    this.#shown.forEach((value, i) => {
      const isSilent = !(value >= SILENT);
      silent += Number(isSilent);
      const bar = /** @type {HTMLElement} */ (this.#area.children[i]);
      bar.className = isSilent ? "le-run-silent" : "";
      bar.style.height = `${value > 0 ? (100 * value) / top : 0}%`;
    });
    return silent;
  }

  /** @param {HTMLElement} bar */
  #nameBar(bar) {
    const i = Array.prototype.indexOf.call(this.#area.children, bar);
    if (i < 0) return;
    const value = this.#shown[i].toPrecision(3);
    bar.title = fill(this.#says.bar, { number: i + 1, value });
  }

  /** Make as many bars as there are dimensions, which count from 1. @param {number} d */
  #setUp(d) {
    this.#area.replaceChildren(...Array.from({ length: d }, () => el("i")));
    this.#area.classList.toggle("le-run-many", d > 64);
    this.#area.classList.remove("le-run-empty");
    const every = niceAbove(Math.max(1, d / MOST_TICKS));
    const numbers = Array.from({ length: Math.floor(d / every) }, (_, k) => (k + 1) * every);
    this.#ticks.replaceChildren(
      ...numbers.map((number) =>
        el("span", { text: String(number), style: `left:${(100 * (number - 0.5)) / d}%` }),
      ),
    );
  }
}
