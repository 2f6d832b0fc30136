// @ts-check
/** The item that all models share: its original, and each model's reconstruction. */

import { el, fill } from "../parts/dom.js";
import { makeTriple } from "./cells.js";
import { loadOriginal } from "./data.js";
import { makeSlots } from "./slots.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

/**
 * @param {CompareGiven} given
 * @param {HTMLElement} save what saves the comparison
 * @returns {ComparePart}
 */
export function makeSame(given, save) {
  const { scene, words, shared, frame } = given;
  const { models, items } = shared;
  if (!items.length)
    return { element: frame.section("same", { tools: [save], says: words.sameNone }) };
  const triples = models.map((model, i) => makeTriple(model, scene.imageShape, words, i));
  const elsewhere = (/** @type {{data: string}} */ { data }) =>
    el("p", { class: "le-quiet-text", text: fill(words.sameNotHere, { data }) });
  const cells = triples.map(({ element }, i) =>
    models[i].shares ? element : elsewhere(models[i]),
  );
  const steps = [
    frame.button("before", (event) => shared.step(-1, event.timeStamp)),
    frame.button("next", (event) => shared.step(1, event.timeStamp)),
    frame.button("any", (event) => shared.pickAny(event.timeStamp)),
  ];
  const hasOriginals = models.some(({ shares, originals }) => shares && originals);
  shared.subscribe(({ kind }) => kind === "items" && drawItem(given, triples));
  return {
    element: frame.section(
      "same",
      { tools: [...makeSlots(given), ...steps, save] },
      hasOriginals ? "" : el("p", { text: words.noOriginals }),
      frame.columns(cells),
    ),
    band: {
      title: words.same,
      height: 106,
      cells: triples.map(
        ({ shown }, i) =>
          () =>
            models[i].shares ? { pictures: shown(), across: 3 } : null,
      ),
    },
  };
}

/**
 * Draw reconstructions at once; original and difference as soon as the original is loaded.
 * @param {CompareGiven} given
 * @param {ReturnType<typeof makeTriple>[]} triples
 */
async function drawItem({ scene, shared }, triples) {
  const { models, picked } = shared;
  const id = picked.a;
  if (id === null) return;
  /** @param {Float32Array|null} x */
  const drawAll = (x) => {
    if (shared.picked.a !== id) return;
    models.forEach((model, i) => {
      const z = model.codeOf(id);
      if (model.shares && z) triples[i].draw(x, model.decode(z));
    });
  };
  drawAll(null);
  drawAll(await loadOriginal(models, id, scene.imageShape).catch(() => null));
}
