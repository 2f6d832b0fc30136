// @ts-check
/** The item that all models share: its original, and what each model makes of it. */

import { makeTriple } from "./cells.js";
import { loadOriginal } from "./data.js";

/** @import { Shown } from "./page.js" */

/** @param {Shown} shown */
export function makeTriples({ scene: { imageShape, words }, shared }) {
  const { models } = shared;
  const triples = models.map((model, i) => makeTriple(model, imageShape, words, i));

  /** Reconstructions at once; original and what is wrong as soon as the original has come. */
  async function show() {
    const id = shared.picked.a;
    if (id === null || !shared.items.length) return;
    /** @param {Float32Array|null} x */
    const showAll = (x) => {
      if (shared.picked.a !== id) return;
      models.forEach((model, i) => {
        if (model.shares) triples[i].draw(x, model.decode(model.codeOf(id)));
      });
    };
    showAll(null);
    showAll(await loadOriginal(models, id, imageShape).catch(() => null));
  }
  shared.subscribe(({ kind }) => kind === "items" && show());
  return triples;
}
