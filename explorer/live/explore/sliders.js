// @ts-check
/** The sliders of the code: moving one changes the code; people can rename them. */

import { rememberedNames } from "../code/names.js";
import { makeSliders } from "../parts/sliders.js";

/** @import { Given, View } from "../types.js" */

/** @param {Given} given @returns {View} */
export function makeCodeSliders({ scene, model, code, words, idle }) {
  const names = rememberedNames(scene.key);
  const given = new Map(scene.coordinates.map(({ index, name }) => [index, name]));
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
    hasFilm: model.isLive,
    onMove: move,
    onStep(index, change, time) {
      const from = code.base[index];
      // A code beyond the end of a slider may stay there, but not move farther out.
      const limit = Math.max(sliders.limits.get(index) ?? 0, Math.abs(from));
      move(index, Math.max(-limit, Math.min(limit, from + change)), time);
    },
    onRest: () => code.rest(),
    onName(index, name) {
      names.set(index, name);
      return name || (given.get(index) ?? "");
    },
  });
  /** @type {Awaited<ReturnType<typeof startFilm>>|null} */
  let film = null;
  let gone = false;
  idle(async () => {
    if (!model.network) return;
    const started = await startFilm(sliders.sliders, model.pack, model.network);
    if (gone) return started.stop();
    film = started;
    film.show(code.z);
  });
  return {
    element: sliders.element,
    show() {
      sliders.show(code.z);
      film?.show(code.z);
    },
    destroy() {
      gone = true;
      film?.stop();
    },
  };
}

/**
 * Load the filmstrips and the worker that decodes them, once the page is usable.
 * @param {import("../parts/film.js").Slider[]} sliders
 * @param {ArrayBuffer|null} pack
 * @param {import("../network/network.js").Network} network made of it
 */
async function startFilm(sliders, pack, network) {
  const [{ Film }, { makeProjector }] = await Promise.all([
    import("../parts/film.js"),
    import("../model/projector.js"),
  ]);
  const projector = makeProjector(pack, network);
  const film = new Film(sliders, projector);
  return {
    show: (/** @type {Float32Array} */ z) => film.show(z),
    stop() {
      film.stop();
      projector.stop();
    },
  };
}
