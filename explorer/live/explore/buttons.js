// @ts-check
/** The buttons below the picture: sample another code, reset, walk, undo. */

import { samplePrior } from "../latent/latent.js";
import { el } from "../parts/dom.js";

/** @import { Given, View } from "../types.js" */

/** @param {Given} given @returns {View} */
export function makeButtons({ model: { latentDim, isLive }, code, words }) {
  /** @param {string} id @param {function(Event): void} onclick */
  const button = (id, onclick) =>
    el("button", {
      type: "button",
      class: `le-button le-${id}`,
      "data-testid": id,
      title: words[`${id}Help`],
      text: words[id],
      onclick,
    });
  /** @type {ReturnType<import("./wander.js").makeWander>|null} fetched for the first walk */
  let wander = null;
  let isWalking = false;
  const animate = button("animate", async () => {
    if (isWalking) return code.set(code.z);
    setWalking(true);
    code.keep();
    const { makeWander } = await import("./wander.js");
    wander ??= makeWander(latentDim, (z, time) => code.preview(z, { by: "walk", time }));
    if (isWalking) wander.start(code.home.z);
  });
  animate.disabled = !isLive;
  const undo = button("undo", () => code.undo());
  undo.disabled = true;
  const sample = button("sample", ({ timeStamp: time }) =>
    code.set(samplePrior(latentDim), { time }),
  );
  const reset = button("reset", ({ timeStamp: time }) =>
    code.set(new Float32Array(latentDim), { time }),
  );

  /** @param {boolean} walks */
  function setWalking(walks) {
    if (!walks) wander?.stop();
    if (walks === isWalking) return;
    isWalking = walks;
    animate.textContent = walks ? words.pause : words.animate;
    animate.setAttribute("aria-pressed", String(walks));
  }
  code.subscribe(({ kind }) => {
    if (kind === "set") setWalking(false);
    undo.disabled = !code.canUndo;
  });
  const forgetKeys = listenToUndo(code);
  return {
    element: el("div", { class: "le-buttons" }, sample, reset, animate, undo),
    destroy() {
      setWalking(false);
      forgetKeys();
    },
  };
}

/**
 * Ctrl+Z and Ctrl+Shift+Z, except where text is typed.
 * @param {Given["code"]} code
 * @returns {function(): void} stops listening
 */
function listenToUndo(code) {
  /** @param {KeyboardEvent} event */
  const onKey = (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input:not([type=range]), textarea")) return;
    event.preventDefault();
    if (event.shiftKey) code.redo();
    else code.undo();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}
