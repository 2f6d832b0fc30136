// @ts-check
/** The names of the models, and what each is good at. */

import { el, fill } from "../parts/dom.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeHead({ words, shared: { models }, frame: { names } }) {
  const about = (/** @type {string} */ what, /** @type {string} */ text) =>
    el("p", {}, el("span", { class: "le-quiet-text", text: `${what}: ` }), text);
  const titles = names.map((text) => el("h2", { class: "le-cell", text }));
  const facts = models.map(({ kind, gain, cost, covered, latentDim }, i) =>
    el(
      "div",
      { class: "le-cell" },
      el("p", { class: "le-whose", text: names[i] }),
      el("span", { class: "le-kind", text: kind }),
      el("span", { class: "le-quiet-text", text: fill(words.numbers, { count: latentDim }) }),
      about(words.gain, gain),
      about(words.cost, cost),
      covered && about(words.random, covered),
    ),
  );
  return {
    element: el(
      "header",
      { class: "le-head-rows" },
      el("div", { class: "le-row le-names" }, ...titles),
      el("div", { class: "le-row le-facts" }, ...facts),
    ),
  };
}
