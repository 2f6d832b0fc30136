// @ts-check
/** An endless walk through the prior: from one sampled code to the next along great arcs. */

import { samplePrior, slerp } from "../latent/latent.js";

const LEG_MS = 1800;

/**
 * @param {number} d latent dimensions
 * @param {function(Float32Array, number): void} onStep next code, time of the frame
 */
export function makeWander(d, onStep) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let frame = 0;
  let timer = 0;
  /** @type {Float32Array} */
  let from;
  /** @type {Float32Array} */
  let to;
  let began = 0;

  function walk() {
    const now = performance.now();
    let t = (now - began) / LEG_MS;
    if (t >= 1) [from, to, began, t] = [to, samplePrior(d), now, 0];
    onStep(slerp(from, to, t * t * (3 - 2 * t)), now);
    frame = requestAnimationFrame(walk);
  }

  /** For reduced motion: one picture now and one per leg, nothing in between. */
  function leap() {
    onStep(samplePrior(d), performance.now());
    timer = setTimeout(leap, LEG_MS);
  }

  return {
    /** @param {Float32Array} z */
    start(z) {
      [from, to, began] = [z, samplePrior(d), performance.now()];
      if (still.matches) leap();
      else walk();
    },
    stop() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    },
  };
}
