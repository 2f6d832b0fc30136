// @ts-check
/** Pictures of codes sampled from the prior; models of the same latent size get the same codes. */

import { drawOf } from "../latent/draws.js";
import { el, fill } from "../parts/dom.js";
import { makeSheet } from "./cells.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

const N_SHEET = 12;

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeRandom({ scene, words, shared, later, frame }) {
  const { models } = shared;
  const says = el("p");
  const sheets = models.map((_, i) =>
    makeSheet(scene.imageShape, N_SHEET, {
      class: "le-sheet",
      "data-testid": `compare-sheet-${i}`,
    }),
  );
  const cells = sheets.map(({ element }, i) =>
    el("div", {}, element, el("p", { class: "le-quiet-text", text: models[i].detail })),
  );

  function draw() {
    const { seed } = shared;
    says.textContent = fill(words.drawnHelp, { seed: String(seed) });
    models.forEach(({ decode, latentDim }, i) => {
      const steps = sheets[i].pictures.map((picture, k) => () => {
        picture.draw(decode(drawOf(seed, k, latentDim)));
      });
      later.do(`sheet ${i}`, steps);
    });
  }
  shared.subscribe(({ kind }) => kind === "seed" && draw());
  const again = frame.button("again", () => shared.sampleAgain());
  return {
    element: frame.section("drawn", { tools: [again], says }, frame.columns(cells)),
    band: {
      title: words.drawn,
      height: 106,
      cells: sheets.map(({ pictures }) => () => ({ pictures, across: 6 })),
    },
  };
}
