// @ts-check
/** The layout that parts of a comparison share: buttons, a column per model, sections with headings. */

import { el } from "../parts/dom.js";

/** @import { Words } from "../types.js" */
/** @typedef {ReturnType<typeof makeFrame>} Frame */

/**
 * @param {Words} words the catalogue's part for comparisons
 * @param {string[]} names of the models
 */
export function makeFrame(words, names) {
  return {
    names,
    /** @param {string} id of its words @param {function(Event): void} onclick */
    button: (id, onclick) =>
      el("button", {
        type: "button",
        class: "le-cmp-button",
        "data-testid": `compare-${id}`,
        title: words[`${id}Help`],
        text: words[id],
        onclick,
      }),
    /** @param {HTMLElement[]} cells one for each model */
    columns: (cells) =>
      el(
        "div",
        { class: "le-row" },
        ...cells.map((cell, i) =>
          el("div", { class: "le-cell" }, el("p", { class: "le-whose", text: names[i] }), cell),
        ),
      ),
    /** @type {function(string, {tools?: HTMLElement[], says?: HTMLElement|string}, ...(Node|string)): HTMLElement} */
    section: (id, { tools = [], says = words[`${id}Help`] }, ...content) =>
      el(
        "section",
        { "data-testid": `compare-${id}` },
        el("div", { class: "le-tools" }, el("h3", { text: words[id] }), ...tools),
        typeof says === "string" ? el("p", { text: says }) : says,
        ...content,
      ),
  };
}
