// @ts-check
/** Pictures of codes sampled from the prior: of the same codes for all models of one size. */

import { drawOf } from "../latent/draws.js";
import { el, fill } from "../parts/dom.js";
import { makeSheet } from "./cells.js";

/** @import { Shown } from "./page.js" */

const N_SHEET = 12;

/** @param {Shown} shown */
export function makeSheets({ scene: { imageShape, words }, shared, later }) {
  const { models } = shared;
  const says = el("p");
  const sheets = models.map((_, i) =>
    makeSheet(imageShape, N_SHEET, { class: "le-sheet", "data-testid": `compare-sheet-${i}` }),
  );

  function show() {
    const { seed } = shared;
    says.textContent = fill(words.drawnHelp, { seed: String(seed) });
    models.forEach(({ decode, latentDim }, i) => {
      const steps = sheets[i].pictures.map((picture, k) => () => {
        picture.draw(decode(drawOf(seed, k, latentDim)));
      });
      later.do(`sheet ${i}`, steps);
    });
  }
  shared.subscribe(({ kind }) => kind === "seed" && show());
  return { sheets, says };
}
