/**
 * A person's own picture on the stage: what Python placed, a marker on the map, and the way back.
 * Knows the DOM; learns from the stage what a place means. The picture stays on this page.
 */

import { el } from "../parts/dom.js";

const SAME = 1e-4; // how far a coordinate may be off, as codes are rounded when they are shown

/**
 * @param {Object} options
 * @param {Object} options.words the catalogue's part for the stage
 * @param {Object} options.map from `makeMap`
 * @param {function(Float32Array, number): void} options.onBack its code is asked for; with the time
 */
export function makeOwnPicture({ words, map, onBack }) {
  let own = null;
  const back = (props) =>
    el("button", {
      type: "button",
      title: words.ownBackHelp,
      hidden: true,
      onclick: (event) => onBack(own.z, event.timeStamp),
      ...props,
    });
  const pin = back({
    class: "le-pin",
    "data-testid": "own-marker",
    "aria-label": words.ownBack,
  });
  const button = back({ class: "le-button", "data-testid": "own-back", text: words.ownBack });

  const isAt = (z) => own !== null && own.z.every((value, i) => Math.abs(value - z[i]) < SAME);

  return {
    button,
    isAt,
    /** The picture: {id, image, z, error}, image being an address with the picture itself in it. */
    get: () => own,
    /**
     * Take what Python sends.
     * @returns {boolean} whether it is another picture than before, or none any more
     */
    take(next) {
      if (next?.id === own?.id) return false;
      own = next ? { ...next, z: Float32Array.from(next.z) } : null;
      pin.style.backgroundImage = own ? `url("${own.image}")` : "";
      return true;
    },
    /** Put the marker where the picture lies on a plane. */
    place: (plane) => map.pin(pin, own && plane ? plane.toPlane(own.z) : null),
    /** Offer the way back unless this code, the chosen one, is the picture's; its room stays. */
    offer(z) {
      button.hidden = own === null;
      button.style.visibility = isAt(z) ? "hidden" : "";
    },
  };
}
