// @ts-check
/**
 * The big picture: the decoded picture and a few sliders on the whole screen, for an audience.
 * It borrows these parts of the page, which keep working, and gives them back. Knows the DOM only.
 */

import { el } from "./dom.js";

/**
 * @param {HTMLElement} stage where the dialog is put
 * @param {HTMLButtonElement} button opens and closes it, and says which of the two
 * @param {Object} words the catalogue's part for the stage
 * @param {function(): {picture: HTMLElement, sliders: HTMLElement[], below: HTMLElement[]}} borrow
 *     the parts to show
 * @returns {{toggle: function(): void, destroy: function(): void}}
 */
export function makeBig(stage, button, words, borrow) {
  const picture = el("div", { class: "le-big-picture" });
  const sliders = el("div", { class: "le-big-sliders" });
  const below = el("div", { class: "le-big-below" });
  const element = el(
    "dialog",
    { class: "le-big", "data-testid": "big-picture", "aria-label": words.bigLabel },
    picture,
    sliders,
    below,
  );
  stage.append(element);
  let giveBack = [];

  function lend(part, to) {
    const place = document.createComment("");
    part.replaceWith(place);
    to.append(part);
    giveBack.push(() => place.replaceWith(part));
  }

  function enter() {
    const parts = borrow();
    lend(parts.picture, picture);
    parts.sliders.forEach((slider) => lend(slider, sliders));
    parts.below.forEach((part) => lend(part, below));
    button.textContent = words.bigLeave;
    show();
    // Where full screen is not available, the dialog fills the window instead.
    document.documentElement.requestFullscreen?.().catch(() => {});
  }

  function show() {
    element.showModal();
    sliders.querySelector("input")?.focus();
  }

  function leave() {
    giveBack.forEach((back) => back());
    giveBack = [];
    button.textContent = words.big;
    if (document.fullscreenElement) document.exitFullscreen();
    button.focus();
  }

  function toggle() {
    if (element.open) element.close();
    else enter();
  }

  element.addEventListener("close", () => !element.open && leave());
  const onFullscreen = () => {
    if (!element.open) return;
    // A full-screen element covers everything that was open before.
    element.close();
    if (document.fullscreenElement) show();
  };
  document.addEventListener("fullscreenchange", onFullscreen);
  return {
    toggle,
    destroy() {
      document.removeEventListener("fullscreenchange", onFullscreen);
      if (element.open) element.close();
    },
  };
}
