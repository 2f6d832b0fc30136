// @ts-check
/** One picture per model that follows the sliders, which all models with a code of one size share. */

import { fill } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";
import { makeSharedSliders } from "./sliders.js";

/** @import { Shown } from "./page.js" */

/** @param {Shown} shown */
export function makeLive({ scene: { imageShape, sizes, words }, shared, frames }) {
  const { models } = shared;
  const lives = models.map(({ title }, i) =>
    makePicture(imageShape, {
      "data-testid": `compare-live-${i}`,
      role: "img",
      "aria-label": fill(words.decoded, { name: title }),
    }),
  );
  const areMany = sizes.length > 1;
  /** What models have a code of one size, in words. @param {typeof sizes[0]} size */
  const titleOf = ({ latentDim, models: positions }) => {
    const names = positions.map((i) => models[i].title).join(", ");
    return fill(words.sizes, { count: latentDim, names });
  };
  const sliders = sizes.map((size, s) =>
    makeSharedSliders({
      size,
      unfolded: areMany ? 4 : 8,
      title: areMany ? titleOf(size) : "",
      testId: `compare-slider-${s}`,
      words,
      onMove: (index, value, time) => shared.move(s, index, value, time),
      onRest: () => shared.rest(),
    }),
  );
  return {
    lives,
    sliders,
    /** Show the code of one model. @param {number} position @param {Float32Array} z */
    show(position, z) {
      lives[position].draw(frames.decode(() => models[position].decode(z)));
    },
    /** Put all thumbs where they were moved to. */
    showSliders: () => sliders.forEach((set, s) => set.show(shared.shifts[s])),
  };
}
