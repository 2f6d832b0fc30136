// @ts-check
/** Where everything stands in a comparison: headings, columns, buttons. Knows the DOM only. */

import { el, fill } from "../parts/dom.js";
import { makeScores } from "./scores.js";

/** @import { Parts, Shown } from "./page.js" */

/**
 * @param {Shown} shown
 * @param {Parts} parts what is shown, one of each for each model
 * @param {Object<string, function(Event): void>} on what buttons do, by the names of their words
 * @returns {(HTMLElement|string)[]}
 */
export function layOut({ scene: { words, scores }, shared }, parts, on) {
  const { models } = shared;
  const hasItems = shared.items.length > 0;
  const names = models.map(({ title }) => title);
  const button = (id) =>
    el("button", {
      type: "button",
      class: "le-cmp-button",
      "data-testid": `compare-${id}`,
      title: words[`${id}Help`],
      text: words[id],
      onclick: on[id],
    });
  const columns = (cells) =>
    el(
      "div",
      { class: "le-row" },
      ...cells.map((cell, i) =>
        el("div", { class: "le-cell" }, el("p", { class: "le-whose", text: names[i] }), cell),
      ),
    );
  const elements = (some) => columns(some.map(({ element }) => element));
  /** @type {function(string, {tools?: HTMLElement[], says?: HTMLElement|string}, ...(Node|string)): HTMLElement} */
  const section = (id, { tools = [], says = words[`${id}Help`] }, ...content) =>
    el(
      "section",
      { "data-testid": `compare-${id}` },
      el("div", { class: "le-tools" }, el("h3", { text: words[id] }), ...tools),
      typeof says === "string" ? el("p", { text: says }) : says,
      ...content,
    );
  const elsewhere = ({ data }) =>
    el("p", { class: "le-quiet-text", text: fill(words.sameNotHere, { data }) });
  const ofItem = ({ element }, i) => (models[i].shares ? element : elsewhere(models[i]));
  const lacksOriginals = hasItems && !models.some(({ shares, originals }) => shares && originals);
  function head() {
    const about = (what, text) =>
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
    return [
      el("div", { class: "le-row le-names" }, ...titles),
      el("div", { class: "le-row le-facts" }, ...facts),
    ];
  }

  function same() {
    const files = [button("savePicture"), parts.pictureTimes, button("saveTable")];
    const save = el("div", { class: "le-tools le-save" }, ...files);
    if (!hasItems) return section("same", { tools: [save], says: words.sameNone });
    const steps = ["before", "next", "any"].map(button);
    return section(
      "same",
      { tools: [...parts.slots, ...steps, save] },
      lacksOriginals ? el("p", { text: words.noOriginals }) : "",
      columns(parts.triples.map(ofItem)),
    );
  }

  function walk() {
    const rows = parts.walks.flatMap(({ element }, i) =>
      models[i].shares ? [el("p", { class: "le-walk-name", text: names[i] }), element] : [],
    );
    return section("walk", {}, el("div", { class: "le-walks" }, ...rows));
  }

  const sheets = parts.sheets.map(({ element }, i) =>
    el("div", {}, element, el("p", { class: "le-quiet-text", text: models[i].detail })),
  );
  return [
    ...head(),
    same(),
    section("drawn", { tools: [button("again")], says: parts.drawnSays }, columns(sheets)),
    section(
      "live",
      {
        tools: [button("back")],
        says: `${words.liveHelp} ${hasItems ? words.liveItem : words.liveDraw}`,
      },
      columns(parts.lives),
      ...parts.sliders.map(({ element }) => element),
    ),
    hasItems ? walk() : "",
    section("maps", { says: hasItems ? words.mapsHelp : words.mapsNone }, elements(parts.maps)),
    section("holes", {}, elements(parts.holes)),
    section("scores", {}, makeScores(scores, names, words)),
  ];
}
