// @ts-check
/** One picture per model that follows the sliders, which models of the same latent size share. */

import { fill } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";
import { makeSharedSliders } from "./sliders.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeTogether(given) {
  const { scene, words, shared, frames, frame, moved } = given;
  const { models, items } = shared;
  const pictures = models.map(({ title }, i) =>
    makePicture(scene.imageShape, {
      "data-testid": `compare-live-${i}`,
      role: "img",
      "aria-label": fill(words.decoded, { name: title }),
    }),
  );
  const sliders = makeSliders(given);
  const back = frame.button("back", (event) => shared.moveBack(event.timeStamp));
  const help = scene.sizes.length > 1 ? words.liveHelpSizes : words.liveHelp;
  const says = `${help} ${items.length ? words.liveItem : words.liveDraw}`;
  return {
    element: frame.section(
      "live",
      { tools: [back], says },
      frame.columns(pictures),
      ...sliders.map(({ element }) => element),
    ),
    show() {
      for (const position of moved) {
        const z = shared.codeOf(position);
        pictures[position].draw(frames.decode(() => models[position].decode(z)));
      }
      sliders.forEach((set, s) => set.show(shared.shifts[s]));
    },
    band: {
      title: words.live,
      height: 150,
      cells: pictures.map((picture) => () => ({ pictures: [picture], across: 1, width: 140 })),
    },
  };
}

/** Sliders for each size of code. @param {CompareGiven} given */
function makeSliders({ scene: { sizes }, words, shared }) {
  const areMany = sizes.length > 1;
  /** What models have a code of one size, in words. @param {typeof sizes[0]} size */
  const titleOf = ({ latentDim, models: positions }) => {
    const names = positions.map((i) => shared.models[i].title).join(", ");
    return fill(words.sizes, { count: latentDim, names });
  };
  return sizes.map((size, s) =>
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
}
