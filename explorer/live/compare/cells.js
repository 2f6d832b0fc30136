// @ts-check
/** Pictures of one model in a comparison. Knows pixels and the DOM, not where codes come from. */

import { contextOf, decimal, el, fill } from "../parts/dom.js";
import { grain, makePicture } from "../samples/image.js";

const MISSING = [47, 98, 214]; // blue and orange, which colour-blind people can distinguish
const TOO_MUCH = [217, 105, 20];
const STRENGTH = 2;

/** A canvas with the difference of two pictures, transparent where they are equal. */
export function makeResidual([c, h, w], props) {
  const canvas = el("canvas", { width: w, height: h, class: grain([c, h, w]), ...props });
  const context = contextOf(canvas);
  const draw = (x, xHat) => {
    const bitmap = context.createImageData(w, h);
    for (let p = 0; p < h * w; p++) {
      let gap = 0;
      for (let i = p; i < c * h * w; i += h * w) gap += (x[i] - xHat[i]) / c;
      bitmap.data.set(gap > 0 ? MISSING : TOO_MUCH, 4 * p);
      bitmap.data[4 * p + 3] = 255 * Math.min(1, STRENGTH * Math.abs(gap));
    }
    context.putImageData(bitmap, 0, 0);
  };
  return Object.assign(canvas, { draw });
}

const captioned = (picture, title, ...text) =>
  el("figure", {}, picture, el("figcaption", { title }, ...text));

/** Original, reconstruction and their difference, of the item that all models share. */
export function makeTriple(model, imageShape, words, position) {
  const idOf = (name) => ({ "data-testid": `compare-${name}-${position}` });
  const original = makePicture(imageShape, idOf("original"));
  const reconstruction = makePicture(imageShape, idOf("reconstruction"));
  const residual = makeResidual(imageShape, idOf("residual"));
  const error = el("div");
  const drawn = model.searched
    ? captioned(reconstruction, words.searchedHelp, words.searched)
    : captioned(reconstruction, "", words.reconstruction);
  const first = captioned(original, "", words.original);
  const wrong = captioned(residual, words.residualHelp, words.residual, error);
  return {
    element: el("div", { class: "le-triple" }, first, drawn, wrong),
    /** The visible pictures: only the reconstruction if there is no original. */
    shown: () => (first.hidden ? [reconstruction] : [original, reconstruction, residual]),
    /** @param {Float32Array|null} x the original; null if it is not at hand */
    draw(x, xHat) {
      reconstruction.draw(xHat);
      first.hidden = wrong.hidden = !x;
      if (!x) return;
      original.draw(x);
      residual.draw(x, xHat);
      const mse = x.reduce((sum, value, i) => sum + (value - xHat[i]) ** 2, 0) / x.length;
      error.textContent = fill(words.error, { value: decimal(mse, 4) });
    },
  };
}

/** Pictures in a grid or a row, to be drawn one by one in the background. */
export function makeSheet(imageShape, count, props) {
  const pictures = Array.from({ length: count }, () => makePicture(imageShape));
  return { element: el("div", props, ...pictures), pictures };
}

/** A background queue that works a few milliseconds at a time; newer work replaces older work of the same name. */
export function makeLater() {
  const waiting = new Map();
  let timer = 0;
  function work() {
    timer = 0;
    const until = performance.now() + 6;
    for (const [name, steps] of waiting) {
      while (steps.length && performance.now() < until) steps.shift()();
      if (!steps.length) waiting.delete(name);
    }
    if (waiting.size) timer = setTimeout(work, 8);
  }
  return {
    /** @param {string} name @param {Array<function(): void>} steps */
    do(name, steps) {
      waiting.set(name, [...steps]);
      timer ||= setTimeout(work, 8);
    },
    stop: () => clearTimeout(timer),
  };
}
