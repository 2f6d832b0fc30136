// @ts-check
/**
 * What the address keeps of each page. The parts of a page decide the values by their `state`; Python
 * writes them as text and reads them (`ui/address.py`, which has the same keys). Knows no DOM.
 */

/** @import { View } from "../types.js" */

/** The keys of each page. */
export const KEYS = {
  explore: ["z", "item", "tools"],
  compare: ["item", "item2", "seed", "z", "spots"],
};

/**
 * One state of a page, joined from those of its parts.
 * @param {keyof typeof KEYS} page
 * @param {Pick<View, "state">[]} parts
 * @returns {Required<View>["state"]}
 */
export function joinStates(page, parts) {
  return {
    get() {
      const all = Object.assign({}, ...parts.map(({ state }) => state?.get()));
      return Object.fromEntries(KEYS[page].map((key) => [key, all[key]]));
    },
    set(place) {
      for (const { state } of parts) state?.set(place);
    },
  };
}
