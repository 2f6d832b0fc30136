// @ts-check
/**
 * A visitor's own picture: its code, found by Python, its marker on the map, and the button back to
 * it. The picture itself never leaves this page.
 */

import { el } from "../parts/dom.js";

/** @import { CodeStore, OwnPicture, Words } from "../types.js" */
/** @typedef {Omit<OwnPicture, "z"> & {z: Float32Array}} Own */

const SAME = 1e-4; // tolerance per dimension, since shown codes are rounded

/**
 * @param {Object} given
 * @param {Words} given.words the catalogue's part for the stage
 * @param {CodeStore} given.code
 * @param {OwnPicture|null} first
 */
export function makeOwnPicture({ words, code }, first) {
  /** @type {Own|null} */
  let own = null;
  /** @type {Set<function(): void>} */
  const listeners = new Set();
  /** @param {Object<string, any>} props */
  const back = (props) =>
    el("button", {
      type: "button",
      title: words.ownBackHelp,
      hidden: true,
      onclick: (/** @type {Event} */ { timeStamp: time }) => own && code.set(own.z, { time }),
      ...props,
    });
  const pin = back({ class: "le-pin", "data-testid": "own-marker", "aria-label": words.ownBack });
  const button = back({ class: "le-button", "data-testid": "own-back", text: words.ownBack });

  /** @param {ArrayLike<number>} z */
  const isAt = (z) => own?.z.every((value, i) => Math.abs(value - z[i]) < SAME) ?? false;

  /** Show the button back unless the chosen code is the picture's; its space is kept. */
  function offer() {
    button.hidden = own === null;
    button.style.visibility = isAt(code.home.z) ? "hidden" : "";
  }

  /**
   * Take the picture that Python sends.
   * @param {OwnPicture|null} next
   * @returns {boolean} whether it is another picture than before, or none any more
   */
  function take(next) {
    if (next?.id === own?.id) return false;
    own = next ? { ...next, z: Float32Array.from(next.z) } : null;
    pin.style.backgroundImage = own ? `url("${own.image}")` : "";
    offer();
    for (const listener of listeners) listener();
    return true;
  }

  code.subscribe(({ kind }) => kind === "set" && offer());
  take(first);
  return {
    button,
    pin,
    isAt,
    take,
    get: () => own,
    /** @param {function(): void} listener another picture is there, or none any more */
    onChange: (listener) => listeners.add(listener),
  };
}
