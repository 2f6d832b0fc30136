// @ts-check
/** Draws from the prior that a seed repeats. Knows no DOM; node can run it. */

import { samplePrior } from "./latent.js";

/**
 * A source of numbers in [0, 1), the same for the same seed.
 * Source: Ettinger, "mulberry32", 2017, public domain.
 * @param {number} seed a whole number
 * @returns {function(): number}
 */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The i-th draw of a seed, shape (d,). Draws of another size begin with the same numbers. */
export const drawOf = (seed, i, d) => samplePrior(d, makeRandom(1000 * seed + i));
