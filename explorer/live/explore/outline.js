// @ts-check
/** A placeholder of the stage's layout, shown until the model is loaded, so that nothing jumps. */

import { el } from "../parts/dom.js";
import { makeTitle } from "./title.js";

const ROWS = 6; // sliders

/**
 * @param {Object} scene see `explorer/ui/live_decoder.py`
 * @returns {HTMLElement}
 */
export function makeOutline({ title, words }) {
  const blank = (kind) => el("div", { class: `le-blank ${kind}` });
  const line = () =>
    el("div", { class: "le-slider" }, blank("le-blank-name"), blank("le-blank-bar"));
  return el(
    "div",
    { class: "le-outline" },
    makeTitle(title),
    el(
      "div",
      { class: "le-left" },
      el("div", { class: "le-blank le-blank-map", role: "status", text: words.loading }),
    ),
    el(
      "div",
      { class: "le-right", "aria-hidden": "true" },
      el(
        "div",
        { class: "le-top" },
        el("div", { class: "le-main" }, blank("le-blank-picture")),
        el("div", { class: "le-side" }, blank("le-blank-pair"), blank("le-blank-text")),
      ),
      blank("le-blank-buttons"),
      el("div", { class: "le-sliders" }, ...Array.from({ length: ROWS }, line)),
    ),
  );
}
