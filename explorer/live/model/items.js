/** What an item is called: its number, its class, whether it was held out, its file. No DOM. */

import { fetchJson } from "./loading.js";

/**
 * @param {Object} scene see `explorer/ui/live_decoder.py`
 * @param {Object} codes arrays of the bundle
 */
export function makeItems({ words, classNames, originals, urls }, codes) {
  const labels = codes.labels?.values ?? null;
  const heldOut = codes.held_out?.values ?? null; // where images that were learnt from are there too
  let files = null;
  return {
    /** Whether an item is a draw from the prior, which no image stands behind. */
    isDraw: (item) => codes.drawn?.values[item] === 1,
    /** Whether there are both images that were learnt from and images that were held out. */
    hasParts: heldOut !== null,
    /** Ask for the names of the files, which only images that lie on this machine have. */
    async learnFiles() {
      if (originals) files = await fetchJson(urls.names).catch(() => null);
    },
    text(item) {
      if (this.isDraw(item)) return `${words.draw} ${item}`;
      const label = labels && classNames[labels[item]];
      const name = label ? `${words.item} ${item}: ${label}` : `${words.item} ${item}`;
      const part = heldOut && (heldOut[item] ? words.heldOut : words.learntFrom);
      return [name, part, files?.[item]].filter(Boolean).join(" · ");
    },
  };
}
