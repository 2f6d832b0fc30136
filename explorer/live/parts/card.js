// @ts-check
/** The card beside the pointer: the item of the dot under it. Knows the DOM, not codes. */

import { grain, makePicture } from "../samples/image.js";
import { el } from "./dom.js";

const AWAY = 14; // pixels from the pointer

/**
 * @param {HTMLElement} home the map, which the card stays within
 * @param {import("../types.js").ImageShape} imageShape
 * @param {Object} of
 * @param {function(number): string} of.text what an item is called
 * @param {function(number): Node|string} of.sign the sign of its class, if the map shows one
 * @param {function(number): ?string} of.image address of an item's original image, if it has one
 * @param {function(import("../types.js").SampleCanvas, number): void} of.draw draws an item otherwise
 */
export function makeCard(home, imageShape, { text, sign, image, draw }) {
  const original = el("img", { class: grain(imageShape), alt: "" });
  const picture = makePicture(imageShape);
  const caption = el("span");
  const element = el("div", { class: "le-card", hidden: true }, original, picture, caption);
  home.append(element);
  let shown = null;
  return {
    /** Show an item beside a place in the map, towards the middle. */
    show(item, x, y) {
      if (item !== shown) {
        shown = item;
        const address = image(item);
        original.hidden = !address;
        picture.hidden = Boolean(address);
        if (address) original.src = address;
        else draw(picture, item);
      }
      caption.replaceChildren(sign(item), text(item)); // file names may have been loaded since
      const left = x > home.clientWidth / 2 ? [x - AWAY, -100] : [x + AWAY, 0];
      const top = y > home.clientHeight / 2 ? [y - AWAY, -100] : [y + AWAY, 0];
      element.style.transform = `translate(${left[0]}px,${top[0]}px) translate(${left[1]}%,${top[1]}%)`;
      element.hidden = false;
    },
    hide() {
      element.hidden = true;
    },
  };
}
