// @ts-check
/** The choice of images on the map of a run: training images, held-out images, or both. */

import { el } from "../parts/dom.js";

const PARTS = ["both", "learnt", "held"];

/**
 * @param {Object} words the catalogue's part for this choice
 * @param {function(): void} onChange another part is chosen
 */
export function makeParts(words, onChange) {
  const select = el(
    "select",
    { "data-testid": "run-part", "aria-label": words.label, title: words.help, onchange: onChange },
    ...PARTS.map((part) => el("option", { value: part, text: words[part] })),
  );
  const element = el("div", { class: "le-run-parts", hidden: true }, select);
  return {
    element,
    chosen: () => select.value,
    /** Show the choice if there are images of both parts: `heldOut` has a 0 and a 1. */
    offer(heldOut) {
      element.hidden = !heldOut?.values.includes(0) || !heldOut.values.includes(1);
    },
  };
}
