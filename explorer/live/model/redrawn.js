// @ts-check
/**
 * How well the model redraws what is on show, found while the hand rests and never within a frame.
 *
 * Of an image, an item's or one's own, it is its reconstruction error among those of the test images;
 * of any other code, how much its picture changes when it is redrawn. Knows no DOM.
 */

import { percentile } from "../latent/drift.js";
import { row } from "../latent/latent.js";

const CALM = 250; // milliseconds without a move, after which the hand rests
const N_COMPARED = 150; // items, which are enough to tell 95 % from 90 %

/**
 * @param {Object} scene see `explorer/ui/live_decoder.py`
 * @param {Object} codes arrays of the bundle
 * @param {{hide: function(): void, show: function(Object|null): void}} line takes what is found,
 *   {of: 'image'|'own'|'code', percentile}, or null where nothing can be; is hidden meanwhile
 */
export function makeRedrawn({ urls }, codes, line) {
  const errors = errorsOf(codes);
  let worker = null;
  let timer = 0;
  let latest = null; // what is on show
  let hidden = false;

  /** Look at what is on show now: a code, and the image that stands behind it if one does. */
  function look(z, { item = null, own = null } = {}) {
    latest = { z, item, own };
    clearTimeout(timer);
    timer = setTimeout(find, CALM);
    if (hidden) return;
    hidden = true;
    line.hide();
    worker?.postMessage({ z: null });
  }

  function find() {
    const { z, item, own } = latest;
    if (own) answer("own", percentile(errors, own.error));
    else if (item !== null && errors.length && !isDraw(codes, item))
      answer("image", percentile(errors, codes.error.values[item]));
    else if (urls.encoder) ask(z);
    else show(null);
  }

  const answer = (of, share) => show({ of, percentile: share });

  function show(found) {
    hidden = false;
    line.show(found);
  }

  function ask(z) {
    worker ??= start();
    worker.postMessage({ z: Array.from(z) });
  }

  function start() {
    const thread = new Worker(new URL("./redraw-worker.js", import.meta.url), { type: "module" });
    const { pack, encoder } = urls;
    const absolute = (url) => new URL(url, location.href).href;
    thread.postMessage({
      urls: { pack: absolute(pack), encoder: absolute(encoder) },
      codes: evenly(codes.mu, N_COMPARED),
    });
    thread.addEventListener("error", () => show(null));
    thread.addEventListener("message", ({ data }) => {
      if (data.error)
        show(null); // the place alone is told then
      else if (data.z.every((value, i) => value === latest.z[i])) answer("code", data.percentile);
    });
    return thread;
  }

  return {
    look,
    destroy() {
      clearTimeout(timer);
      worker?.terminate();
    },
  };
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
