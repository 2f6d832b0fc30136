// @ts-check
/** The sliders of the code: what a hand on one does to it, and the names that people gave them. */

import { rememberedNames } from "../code/names.js";
import { makeProjector } from "../model/projector.js";
import { makeSliders } from "../parts/sliders.js";

/** @import { Given, View } from "../types.js" */

/** @param {Given} given @returns {View} */
export function makeCodeSliders({ scene, model, code, words }) {
  const names = rememberedNames(scene.key);
  const given = new Map(scene.coordinates.map(({ index, name }) => [index, name]));
  const projector = model.pack && makeProjector(model.pack, model.decode);
  /** @param {number} index @param {number} value @param {number} time */
  const move = (index, value, time) => {
    const next = Float32Array.from(code.base);
    next[index] = value;
    code.set(next, { time, rests: false });
  };
  const sliders = makeSliders({
    coordinates: scene.coordinates.map((c) => ({ ...c, name: names.get(c.index) || c.name })),
    imageShape: model.sample,
    words,
    projector,
    onMove: move,
    onStep(index, change, time) {
      const from = code.base[index];
      // A code that lies beyond the slider may stay there, but not go farther.
      const limit = Math.max(sliders.limits.get(index) ?? 0, Math.abs(from));
      move(index, Math.max(-limit, Math.min(limit, from + change)), time);
    },
    onRest: () => code.rest(),
    onName(index, name) {
      names.set(index, name);
      return name || (given.get(index) ?? "");
    },
  });
  return {
    element: sliders.element,
    show: () => sliders.show(code.z),
    destroy() {
      sliders.stop();
      projector?.stop();
    },
  };
}
