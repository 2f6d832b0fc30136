// @ts-check
/** The honesty meter of the shown code, and its text for screen readers when the hand rests. */

import { honesty } from "../latent/latent.js";
import { el } from "../parts/dom.js";
import { makeMeter } from "../parts/meter.js";

/** @import { Given, View } from "../types.js" */
/** @typedef {ReturnType<import("./own-picture.js").makeOwnPicture>} Own */

/** @param {Given & {own: Own}} given @returns {View & {aloud: HTMLElement}} */
export function makeHonesty({ scene, model, code, words, idle, own }) {
  const meter = makeMeter(words, model.codes.labels?.values ?? null, scene.classNames);
  const aloud = el("div", { class: "le-aloud", "aria-live": "polite" });
  let gone = false;
  /** @type {{look: function(Float32Array, Object=): void, destroy: function(): void}|null} */
  let redrawn = null; // how well the model redraws what is shown; loaded when idle

  function look() {
    const image = code.previewedBy
      ? {}
      : { item: code.item, own: own.isAt(code.z) ? own.get() : null };
    redrawn?.look(code.z, image);
  }
  idle(async () => {
    const { Redrawn } = await import("../model/redrawn.js");
    if (gone) return;
    redrawn = new Redrawn(scene, model.codes, meter.redrawn);
    look();
  });

  return {
    element: meter.element,
    aloud,
    show() {
      meter.show(honesty(model.codes, code.z, code.previewedBy ? null : code.item));
      look();
    },
    rest({ by }) {
      if (by === "hand") aloud.textContent = meter.text();
    },
    destroy() {
      gone = true;
      redrawn?.destroy();
    },
  };
}
