// @ts-check
/**
 * The image behind the code beside its reconstruction: the item's that was chosen last, or else the
 * visitor's own, which stays while the code moves.
 */

import { el, fill } from "../parts/dom.js";
import { grain, makePicture } from "../samples/image.js";

/** @import { Given, View } from "../types.js" */
/** @typedef {ReturnType<import("./own-picture.js").makeOwnPicture>} Own */

/** @param {Given & {own: Own}} given @returns {View & {itemName: HTMLElement}} */
export function makePair({ scene, model, code, words, stage, idle, paint, own }) {
  const { items, source } = model;
  const original = makeOriginal(model.sample, words, scene.originals);
  const reconstruction = makePicture(model.sample, {
    "data-testid": "reconstruction",
    role: "img",
    "aria-label": words.reconstruction,
  });
  const itemName = el("span", { class: "le-item-name" });

  function showImage() {
    const { item } = code;
    const mine = item === null ? own.get() : null;
    const hasImage = item !== null && !items.isDraw(item);
    const z = hasImage ? items.codeOf(item) : mine?.z;
    if (z) paint(reconstruction, z);
    stage.classList.toggle("le-has-item", Boolean(z));
    stage.classList.toggle("le-has-draw", item !== null && !hasImage);
    original.show(mine?.image ?? (hasImage ? source.original(item) : null), mine !== null);
  }

  /** Name the item, and say whether it is the code that is shown. */
  function nameItem() {
    const { item } = code;
    const isElsewhere = item !== null && code.previewedBy !== null;
    stage.classList.toggle("le-elsewhere", isElsewhere);
    const text = item === null ? "" : items.text(item);
    const name = isElsewhere ? fill(words.itemBefore, { item: text }) : text;
    if (itemName.textContent !== name) itemName.textContent = name;
  }

  code.subscribe(({ isNewItem }) => isNewItem && showImage());
  own.onChange(showImage);
  idle(() => items.learnFiles().then(nameItem));
  showImage();
  const caption = el("figcaption", {
    text: words.reconstruction,
    title: words.reconstructionHelp,
  });
  return {
    element: el(
      "div",
      { class: "le-pair" },
      original.element,
      el("figure", {}, el("div", { class: "le-slot" }, reconstruction), caption),
    ),
    itemName,
    show: nameItem,
  };
}

/**
 * The original, or why there is none.
 * @param {import("../types.js").ImageShape} shape
 * @param {import("../types.js").Words} words
 * @param {boolean} hasOriginals whether items have any
 */
function makeOriginal(shape, words, hasOriginals) {
  const image = el("img", {
    "data-testid": "original",
    class: grain(shape),
    alt: words.original,
    hidden: true,
    // The folder may have changed since the model was trained, so that there is no such image.
    onerror: () => {
      none.textContent = words.noOriginals;
      setShown(false);
    },
  });
  const none = el("p", {
    class: "le-none",
    text: hasOriginals ? words.nothingPicked : words.noOriginals,
  });
  const caption = el("figcaption");
  /** @type {string|null} */
  let asked = null; // address of the image that was asked for last

  /** @param {boolean} isShown */
  function setShown(isShown) {
    image.hidden = !isShown;
    none.hidden = isShown;
  }
  return {
    element: el("figure", {}, el("div", { class: "le-slot" }, image, none), caption),
    /** @param {string|null} address @param {boolean} isOwn whether it is the visitor's own */
    show(address, isOwn) {
      setShown(address !== null);
      if (address !== null && address !== asked) {
        image.removeAttribute("src"); // the previous image must not appear under the new name
        image.setAttribute("src", (asked = address));
      }
      const name = isOwn ? words.ownPicture : words.original;
      image.setAttribute("alt", name);
      caption.textContent = name;
      caption.title = isOwn ? words.ownPictureHelp : words.originalHelp;
    },
  };
}
