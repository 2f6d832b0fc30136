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

/**
 * A bar for each dimension: its KL or, for models without one, the variance of mu.
 * @param {Object} words the catalogue's part for runs
 */
export function makeBars(words) {
  const title = el("strong", { text: words.kl.title });
  const sentence = el("span", { class: "le-run-quiet" });
  const scale = el("div", { class: "le-run-scale", "aria-hidden": "true" });
  const area = el("div", {
    class: "le-run-bars le-run-empty",
    "data-wait": words.wait,
    role: "img",
  });
  const ticks = el("div", { class: "le-run-ticks", "aria-hidden": "true" });
  const axis = el("div", { class: "le-run-axis", text: words.coordinate });
  const element = el(
    "section",
    { "data-testid": "run-kl", class: "le-run-panel" },
    el("h2", {}, title, sentence),
    el("div", { class: "le-run-barplot" }, scale, area, ticks, axis),
  );
  /** @type {Float32Array} */
  let shown = new Float32Array();
  let says = words.kl;
  area.addEventListener("pointerover", ({ target }) => {
    const bar = /** @type {HTMLElement} */ (target);
    const i = Array.prototype.indexOf.call(area.children, bar);
    if (i < 0) return;
    bar.title = fill(says.bar, { number: i + 1, value: shown[i].toPrecision(3) });
  });

  function setUp(d) {
    area.replaceChildren(...Array.from({ length: d }, () => el("i")));
    area.classList.toggle("le-run-many", d > 64);
    area.classList.remove("le-run-empty");
    const every = niceAbove(Math.max(1, d / MOST_TICKS));
    const tick = (/** @type {number} */ number) =>
      el("span", { text: String(number), style: `left:${(100 * (number - 0.5)) / d}%` });
    ticks.replaceChildren(
      ...Array.from({ length: Math.floor(d / every) }, (_, k) => tick((k + 1) * every)),
    );
  }

  return {
    element,
    /** @param {Float32Array} kl nats, (d,) @param {Float32Array} variance of mu, (d,) */
    draw(kl, variance) {
      const isAe = kl.every((value) => value === 0);
      shown = isAe ? variance : kl;
      says = isAe ? words.variance : words.kl;
      const d = shown.length;
      if (area.childElementCount !== d) setUp(d);
      const top = niceAbove(Math.max(SILENT * 5, ...shown.filter(Number.isFinite)));
      let silent = 0;
      shown.forEach((value, i) => {
        const isSilent = !(value >= SILENT);
        silent += Number(isSilent);
        const bar = /** @type {HTMLElement} */ (area.children[i]);
        bar.className = isSilent ? "le-run-silent" : "";
        bar.style.height = `${value > 0 ? (100 * value) / top : 0}%`;
      });
      scale.replaceChildren(
        ...[top, top / 2, 0].map((v) => el("span", { text: +v.toPrecision(3) })),
      );
      title.textContent = says.title;
      sentence.textContent = fill(silent ? says.silent : says.none, { count: silent, total: d });
      area.setAttribute("aria-label", `${says.title}: ${sentence.textContent}`);
    },
  };
}
