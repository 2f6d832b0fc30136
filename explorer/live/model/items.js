// @ts-check
/** The items of a bundle, and what each is called: number, class, file, whether it was held out. */

import { row } from "../latent/latent.js";

/** @import { Codes, Items, Source, Words } from "../types.js" */

/**
 * @param {Codes} codes
 * @param {Source} source
 * @param {{classNames: string[], words: Words}} names
 * @returns {Items}
 */
export function makeItems(codes, source, { classNames, words }) {
  const labels = codes.labels?.values ?? null;
  const heldOut = codes.held_out?.values ?? null; // where images that were learnt from are there too
  /** @type {(string|null)[]|null} */
  let files = null;
  /** @param {number} item */
  const isDraw = (item) => codes.drawn?.values[item] === 1;
  /** @param {number} item */
  const classOf = (item) => (labels && classNames[labels[item]]) || null;
  return {
    count: codes.mu.shape[0],
    codeOf: (item) => row(codes.mu, item),
    classOf,
    isDraw,
    hasParts: heldOut !== null,
    async learnFiles() {
      files = await source.names();
    },
    text(item) {
      if (isDraw(item)) return `${words.draw} ${item}`;
      const label = classOf(item);
      const name = label ? `${words.item} ${item}: ${label}` : `${words.item} ${item}`;
      const part = heldOut && (heldOut[item] ? words.heldOut : words.learntFrom);
      return [name, part, files?.[item]].filter(Boolean).join(" · ");
    },
  };
}
