// @ts-check
/** The large picture of the code that is shown. */

import { el } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";

/** @import { Given, View } from "../types.js" */

/** @param {Given} given @returns {View & {picture: HTMLElement}} */
export function makeDecoded({ model, code, words, frames, paint }) {
  const picture = makePicture(model.sample, {
    "data-testid": "decoded",
    role: "img",
    "aria-label": words.decoded,
  });
  const paintSlowly = () => !model.isLive && paint(picture, code.home.z);
  paintSlowly();
  return {
    element: el("figure", { class: "le-main" }, picture),
    picture,
    show() {
      if (model.isLive) picture.draw(frames.decode(() => model.decode(code.z)));
    },
    rest: paintSlowly,
  };
}
