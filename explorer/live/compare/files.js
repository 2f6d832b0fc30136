// @ts-check
/** Saves a comparison: all of it as one picture, or its scores as a table. */

import { el, fill, save, saveFrom } from "../parts/dom.js";
import { makeFormats } from "../parts/formats.js";

/** @import { Band, CompareGiven } from "./page.js" */

/** Measures of a saved picture, in units. */
export const [COLUMN, GAP, MARGIN] = [300, 20, 28];
/** Pixels per unit to choose from. */
const TIMES = [1, 2, 4];

/** Units across that a picture of so many models has. @param {number} nModels */
export const widthOf = (nModels) => 2 * MARGIN + nModels * (COLUMN + GAP) - GAP;

/**
 * The controls that save a picture of a chosen width, and the scores in a chosen format.
 * @param {CompareGiven} given
 * @param {function(): Band[]} bandsOf what a picture shows, from top to bottom
 * @returns {HTMLElement}
 */
export function makeFiles({ scene, words, shared: { models }, frame }, bandsOf) {
  const name = models.map(({ name }) => name.replace(/[^\p{L}\p{N}-]+/gu, "-")).join("_vs_");
  const times = makeTimes(models.length, words);
  const formats = makeFormats(scene.tables, {
    class: "le-cmp-button",
    "data-testid": "compare-tableFormat",
    "aria-label": words.tableFormat,
    title: words.tableFormat,
  });
  async function savePicture() {
    const { composed } = await import("./export.js");
    const { scores } = scene;
    const options = { models, bands: bandsOf(), scores, times: Number(times.value) };
    composed(options).toBlob((blob) => blob && save(blob, `${name}.png`));
  }
  function saveTable() {
    const { url, suffix } = formats.chosen();
    saveFrom(url, name + suffix);
  }
  return el(
    "div",
    { class: "le-tools le-save" },
    frame.button("savePicture", savePicture),
    times,
    frame.button("saveTable", saveTable),
    formats.element,
  );
}

/** The choice of how wide a saved picture is. @param {number} nModels @param {Object<string, any>} words */
function makeTimes(nModels, words) {
  /** @param {number} times */
  const option = (times) => {
    const count = String(widthOf(nModels) * times);
    return el("option", { value: times, text: fill(words.pixels, { count }) });
  };
  const select = el(
    "select",
    {
      class: "le-cmp-button",
      "data-testid": "compare-pictureSize",
      "aria-label": words.pictureSize,
      title: words.pictureSize,
    },
    ...TIMES.map(option),
  );
  select.value = "2";
  return select;
}
