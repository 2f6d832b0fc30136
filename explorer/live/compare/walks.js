// @ts-check
/** The way from item A to item B, through each model that shares them. */

import { slerp } from "../latent/latent.js";
import { makeSheet } from "./cells.js";

/** @import { Shown } from "./page.js" */

export const N_WALK = 9;

/** @param {Shown} shown */
export function makeWalks({ scene: { imageShape }, shared, later }) {
  const { models } = shared;
  const walks = models.map((_, i) =>
    makeSheet(imageShape, N_WALK, { class: "le-walk", "data-testid": `compare-walk-${i}` }),
  );

  function show() {
    const { a, b } = shared.picked;
    models.forEach((model, i) => {
      if (!model.shares || a === null || b === null) return;
      const [from, to] = [model.codeOf(a), model.codeOf(b)];
      const steps = walks[i].pictures.map((picture, k) => () => {
        picture.draw(model.decode(slerp(from, to, k / (N_WALK - 1))));
      });
      later.do(`walk ${i}`, steps);
    });
  }
  shared.subscribe(({ kind }) => kind === "items" && shared.items.length && show());
  return walks;
}
