// @ts-check
/**
 * How well the model redraws what is shown, found while the hand rests and never within a frame.
 *
 * For an image, an item's or one's own, it is the rank of its reconstruction error among those of the
 * test images; for any other code, how much its picture changes when it is redrawn. Knows no DOM.
 */

import { percentile } from "../latent/drift.js";
import { row } from "../latent/latent.js";

/** @import { Codes, StageScene } from "../types.js" */

const CALM = 250; // milliseconds without a move, after which the hand rests
const N_COMPARED = 150; // items, which are enough to tell 95 % from 90 %

/**
 * What is found: how many percent of the test images are redrawn better.
 * @typedef {{of: "image"|"own"|"code", percentile: number}} Found
 */

export class Redrawn {
  #urls;
  #codes;
  #line;
  #errors;
  /** @type {Worker|null} */
  #worker = null;
  #timer = 0;
  /** @type {any} what is shown: a code, and the item or one's own picture behind it */
  #latest = null;
  #isHidden = false;

  /**
   * @param {Pick<StageScene, "urls">} scene
   * @param {Codes} codes
   * @param {{hide: function(): void, show: function(Found|null): void}} line shows what is found, or
   *     null where nothing can be; is hidden meanwhile
   */
  constructor({ urls }, codes, line) {
    [this.#urls, this.#codes, this.#line] = [urls, codes, line];
    this.#errors = errorsOf(codes);
  }

  /**
   * Look at what is shown now.
   * @param {Float32Array} z its code
   * @param {{item?: number|null, own?: {error: number}|null}} [image] that stands behind it
   */
  look(z, { item = null, own = null } = {}) {
    this.#latest = { z, item, own };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), CALM);
    if (this.#isHidden) return;
    this.#isHidden = true;
    this.#line.hide();
    this.#worker?.postMessage({ z: null });
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
  }

  #find() {
    const { z, item, own } = this.#latest;
    const errors = this.#errors;
    if (own) this.#show({ of: "own", percentile: percentile(errors, own.error) });
    else if (item !== null && errors.length && !isDraw(this.#codes, item)) {
      const error = this.#codes.error?.values[item];
      this.#show({ of: "image", percentile: percentile(errors, error) });
    } else if (this.#urls.encoder) {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ z: Array.from(z) });
    } else this.#show(null);
  }

  /** @param {Found|null} found */
  #show(found) {
    this.#isHidden = false;
    this.#line.show(found);
  }

  #start() {
    const worker = new Worker(new URL("./redraw-worker.js", import.meta.url), { type: "module" });
    const { pack, encoder } = this.#urls;
    const absolute = (/** @type {any} */ url) => new URL(url, location.href).href;
    worker.postMessage({
      urls: { pack: absolute(pack), encoder: absolute(encoder) },
      codes: evenly(this.#codes.mu, N_COMPARED),
    });
    worker.addEventListener("error", () => this.#show(null));
    worker.addEventListener("message", ({ data }) => {
      if (data.error) return this.#show(null); // the meter then tells the place alone
      const isLatest = data.z.every((/** @type {number} */ v, /** @type {number} */ i) => {
        return v === this.#latest.z[i];
      });
      if (isLatest) this.#show({ of: "code", percentile: data.percentile });
    });
    return worker;
  }
}

const isDraw = (codes, item) => codes.ids.values[item] < 0;

/** Reconstruction errors of all images that were held out. */
function errorsOf(codes) {
  const heldOut = codes.held_out?.values;
  const counts = (_, item) => (heldOut ? heldOut[item] === 1 : !isDraw(codes, item));
  return Array.from(codes.error?.values ?? []).filter(counts);
}

/** Some rows of an (n, d) array, evenly spread. */
function evenly(array, most) {
  const n = array.shape[0];
  const m = Math.min(n, most);
  return Array.from({ length: m }, (_, i) => row(array, Math.floor((i * n) / m)));
}
