// @ts-check
/** The path from item A to item B, in each model that has both. */

import { slerp } from "../latent/latent.js";
import { el } from "../parts/dom.js";
import { makeSheet } from "./cells.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

const N_WALK = 9;

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeWalks({ scene, words, shared, later, frame }) {
  const { models } = shared;
  const walks = models.map((_, i) =>
    makeSheet(scene.imageShape, N_WALK, { class: "le-walk", "data-testid": `compare-walk-${i}` }),
  );

  function draw() {
    const { a, b } = shared.picked;
    models.forEach((model, i) => {
      if (!model.shares || a === null || b === null) return;
      const [from, to] = [model.codeOf(a), model.codeOf(b)];
      if (!from || !to) return;
      const steps = walks[i].pictures.map((picture, k) => () => {
        picture.draw(model.decode(slerp(from, to, k / (N_WALK - 1))));
      });
      later.do(`walk ${i}`, steps);
    });
  }
  shared.subscribe(({ kind }) => kind === "items" && draw());
  const rows = walks.flatMap(({ element }, i) =>
    models[i].shares ? [el("p", { class: "le-walk-name", text: frame.names[i] }), element] : [],
  );
  return {
    element: frame.section("walk", {}, el("div", { class: "le-walks" }, ...rows)),
    band: {
      title: words.walk,
      height: 40,
      cells: walks.map(
        ({ pictures }, i) =>
          () =>
            models[i].shares ? { pictures, across: N_WALK } : null,
      ),
    },
  };
}
