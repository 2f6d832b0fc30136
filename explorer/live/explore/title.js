// @ts-check
/** The line at the top of the stage: the model, and what to look for. */

import { el } from "../parts/dom.js";

/**
 * @param {Object} title
 * @param {string} title.text what the model is called in plain words
 * @param {string} title.name its name in addresses and on the command line
 * @param {string[]} title.facts its kind, and the size of its code
 * @param {string} title.lookFor what is worth trying, or an empty string
 */
export function makeTitle({ text, name, facts, lookFor }) {
  return el(
    "header",
    { class: "le-title" },
    el("h1", { text, title: name }),
    el("span", { class: "le-facts", text: facts.join(" · ") }),
    lookFor ? el("p", { class: "le-look-for", text: lookFor }) : "",
  );
}
