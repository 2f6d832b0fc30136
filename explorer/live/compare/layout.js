// @ts-check
/** Where everything stands in a comparison: headings, columns, buttons. Knows the DOM only. */

import { el, fill } from "../parts/dom.js";
import { makeScores } from "./scores.js";

/** @import { Parts, Shown } from "./page.js" */
/** @typedef {Object<string, function(Event): void>} Actions what buttons do, by the names of their words */
/** @typedef {ReturnType<typeof makeFrames>} Frames */

/**
 * @param {Shown} shown
 * @param {Parts} parts what is shown, one of each for each model
 * @param {Actions} on
 * @returns {(HTMLElement|string)[]}
 */
export function layOut(shown, parts, on) {
  const { words, scores } = shown.scene;
  const { models, items } = shown.shared;
  const hasItems = items.length > 0;
  const names = models.map(({ title }) => title);
  const frames = makeFrames(words, names, on);
  const { button, columns, section } = frames;
  const elements = (some) => columns(some.map(({ element }) => element));
  const sheets = parts.sheets.map(({ element }, i) =>
    el("div", {}, element, el("p", { class: "le-quiet-text", text: models[i].detail })),
  );
  const liveSays = `${words.liveHelp} ${hasItems ? words.liveItem : words.liveDraw}`;
  return [
    ...headOf(shown, names),
    sameOf(shown, parts, frames),
    section("drawn", { tools: [button("again")], says: parts.drawnSays }, columns(sheets)),
    section(
      "live",
      { tools: [button("back")], says: liveSays },
      columns(parts.lives),
      ...parts.sliders.map(({ element }) => element),
    ),
    hasItems ? walkOf(shown, parts, names, frames) : "",
    section("maps", { says: hasItems ? words.mapsHelp : words.mapsNone }, elements(parts.maps)),
    section("holes", {}, elements(parts.holes)),
    section("scores", {}, makeScores(scores, names, words)),
  ];
}

/**
 * What parts stand in: buttons, one column for each model, and sections with a heading.
 * @param {import("../types.js").Words} words
 * @param {string[]} names of the models
 * @param {Actions} on
 */
function makeFrames(words, names, on) {
  return {
    /** @param {string} id */
    button: (id) =>
      el("button", {
        type: "button",
        class: "le-cmp-button",
        "data-testid": `compare-${id}`,
        title: words[`${id}Help`],
        text: words[id],
        onclick: on[id],
      }),
    /** @param {HTMLElement[]} cells */
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

/** The names of the models, and what each is good at. @param {Shown} shown @param {string[]} names */
function headOf({ scene: { words }, shared: { models } }, names) {
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

/**
 * The items, what each model makes of one, and what can be saved.
 * @param {Shown} shown
 * @param {Parts} parts
 * @param {Frames} frames
 */
function sameOf({ scene: { words }, shared }, parts, { button, columns, section }) {
  const { models, items } = shared;
  const { pictureTimes, tableFormats } = parts;
  const picture = [button("savePicture"), pictureTimes];
  const files = [...picture, button("saveTable"), tableFormats.element];
  const save = el("div", { class: "le-tools le-save" }, ...files);
  if (!items.length) return section("same", { tools: [save], says: words.sameNone });
  const elsewhere = ({ data }) =>
    el("p", { class: "le-quiet-text", text: fill(words.sameNotHere, { data }) });
  const triples = parts.triples.map(({ element }, i) =>
    models[i].shares ? element : elsewhere(models[i]),
  );
  const hasOriginals = models.some(({ shares, originals }) => shares && originals);
  return section(
    "same",
    { tools: [...parts.slots, ...["before", "next", "any"].map(button), save] },
    hasOriginals ? "" : el("p", { text: words.noOriginals }),
    columns(triples),
  );
}

/**
 * The way from one item to the other, a row for each model that shares them.
 * @param {Shown} shown
 * @param {Parts} parts
 * @param {string[]} names
 * @param {Frames} frames
 */
function walkOf({ shared: { models } }, { walks }, names, { section }) {
  const rows = walks.flatMap(({ element }, i) =>
    models[i].shares ? [el("p", { class: "le-walk-name", text: names[i] }), element] : [],
  );
  return section("walk", {}, el("div", { class: "le-walks" }, ...rows));
}
