// @ts-check
/** The two items of a comparison, as buttons: picking an item changes the pressed one. */

import { el, fill } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";

/** @import { CompareGiven } from "./page.js" */
/** @import { Comparison, Slot } from "./store.js" */

/** @param {CompareGiven} given @returns {HTMLElement[]} */
export function makeSlots({ scene: { imageShape }, words, shared }) {
  const slots = /** @type {Slot[]} */ (["a", "b"]).map((name) => {
    const picture = makePicture(imageShape);
    const label = el("span", { "aria-live": "polite" });
    const element = el(
      "button",
      {
        type: "button",
        class: "le-cmp-button le-slot-button",
        "data-testid": `compare-slot-${name}`,
        title: name === "a" ? words.firstHelp : words.secondHelp,
        onclick: () => press(name),
      },
      el("b", { text: name === "a" ? words.first : words.second }),
      picture,
      label,
    );
    return { name, element, picture, label };
  });

  /** @param {Slot} pressed */
  function press(pressed) {
    shared.slot = pressed;
    for (const { name, element } of slots)
      element.setAttribute("aria-pressed", String(name === pressed));
  }

  function show() {
    const { sharer, picked } = shared;
    for (const { name, picture, label } of slots) {
      const id = picked[name];
      if (!sharer || id === null) continue;
      label.textContent = nameOf(shared, id, words);
      picture.draw(sharer.decode(/** @type {Float32Array} */ (sharer.codeOf(id))));
    }
  }

  press("a");
  shared.subscribe(({ kind }) => kind === "items" && shared.items.length && show());
  return slots.map(({ element }) => element);
}

/** @param {Comparison} shared @param {number} id @param {import("../types.js").Words} words */
function nameOf(shared, id, words) {
  const label = shared.classOf(id);
  const name = fill(label ? words.itemLabel : words.item, { number: String(id), label });
  return shared.hasLearnt(id) ? `${name} · ${words.learntFrom}` : name;
}
