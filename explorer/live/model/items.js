// @ts-check
/** The items of a model, by position and by number, and their names on the screen. */

import { row } from "../latent/latent.js";
import { fill } from "../parts/dom.js";

/** @import { Codes, Items, Source, Words } from "../types.js" */

/**
 * @param {Codes} codes
 * @param {Source} source
 * @param {{classNames: string[], words: Words}} names
 * @returns {Items}
 */
export function makeItems(codes, source, { classNames, words }) {
  const labels = codes.labels?.values ?? null;
  const heldOut = codes.held_out?.values ?? null; // if there are training images among them
  /** @type {(string|null)[]|null} */
  let files = null;
  const numbers = codes.ids.values;
  const items = new Map(Array.from(numbers, (number, item) => [number, item]));
  /** @param {number} item */
  const isDraw = (item) => numbers[item] < 0;
  /** @param {number} item */
  const classOf = (item) => (labels && classNames[labels[item]]) || null;
  return {
    count: codes.mu.shape[0],
    numberOf: (item) => numbers[item],
    withNumber: (number) => items.get(number) ?? null,
    codeOf: (item) => row(codes.mu, item),
    classOf,
    isDraw,
    hasDraws: numbers.some((number) => number < 0),
    hasParts: heldOut !== null,
    async learnFiles() {
      files = await source.names();
    },
    text(item) {
      const number = numbers[item];
      if (isDraw(item)) return fill(words.draw, { number: String(-number) });
      const label = classOf(item);
      const name = fill(label ? words.itemLabel : words.item, { number: String(number), label });
      const part = heldOut && (heldOut[item] ? words.heldOut : words.learntFrom);
      return [name, part, files?.[item]].filter(Boolean).join(" · ");
    },
  };
}
