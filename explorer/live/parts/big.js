// @ts-check
/**
 * The big picture: the decoded picture and a few sliders on the whole screen, for an audience.
 * It borrows these parts of the page, which keep working, and gives them back. Knows the DOM only.
 */

import { el } from "./dom.js";

/** @typedef {{picture: HTMLElement, sliders: HTMLElement[], below: HTMLElement[]}} Borrowed */

export class BigPicture {
  #element;
  #picture = el("div", { class: "le-big-picture" });
  #sliders = el("div", { class: "le-big-sliders" });
  #below = el("div", { class: "le-big-below" });
  #button;
  #words;
  #borrow;
  /** @type {(function(): void)[]} what puts each part back */
  #giveBack = [];

  /**
   * @param {HTMLElement} stage where the dialog is put
   * @param {HTMLButtonElement} button opens and closes it, and says which of the two
   * @param {Object<string, any>} words the catalogue's part for the stage
   * @param {function(): Borrowed} borrow the parts to show
   */
  constructor(stage, button, words, borrow) {
    [this.#button, this.#words, this.#borrow] = [button, words, borrow];
    this.#element = el(
      "dialog",
      { class: "le-big", "data-testid": "big-picture", "aria-label": words.bigLabel },
      this.#picture,
      this.#sliders,
      this.#below,
    );
    stage.append(this.#element);
    this.#element.addEventListener("close", () => !this.#element.open && this.#leave());
    document.addEventListener("fullscreenchange", this.#onFullscreen);
  }

  toggle() {
    if (this.#element.open) this.#element.close();
    else this.#enter();
  }

  destroy() {
    document.removeEventListener("fullscreenchange", this.#onFullscreen);
    if (this.#element.open) this.#element.close();
  }

  #enter() {
    const { picture, sliders, below } = this.#borrow();
    this.#lend(picture, this.#picture);
    for (const slider of sliders) this.#lend(slider, this.#sliders);
    for (const part of below) this.#lend(part, this.#below);
    this.#button.textContent = this.#words.bigLeave;
    this.#show();
    // Where full screen is not available, the dialog fills the window instead.
    document.documentElement.requestFullscreen?.().catch(() => {});
  }

  #show() {
    this.#element.showModal();
    this.#sliders.querySelector("input")?.focus();
  }

  #leave() {
    for (const back of this.#giveBack.splice(0)) back();
    this.#button.textContent = this.#words.big;
    if (document.fullscreenElement) document.exitFullscreen();
    this.#button.focus();
  }

  #onFullscreen = () => {
    if (!this.#element.open) return;
    // A full-screen element covers everything that was open before.
    this.#element.close();
    if (document.fullscreenElement) this.#show();
  };

  /** @param {HTMLElement} part @param {HTMLElement} to */
  #lend(part, to) {
    const place = document.createComment("");
    part.replaceWith(place);
    to.append(part);
    this.#giveBack.push(() => place.replaceWith(part));
  }
}
