// @ts-check
/** A comparison to carry away: all of it as one picture, or its scores as a table. */

import { el, fill, save, saveFrom } from "../parts/dom.js";
import { makeFormats } from "../parts/formats.js";
import { composed, TIMES, tile, widthOf } from "./export.js";
import { N_WALK } from "./walks.js";

/** @import { Shown } from "./page.js" */
/** @typedef {import("./page.js").Parts} Parts */

/** The choice of how wide a saved picture is. @param {number} nModels @param {Object} words */
export function makePictureTimes(nModels, words) {
  /** @param {number} times */
  const option = (times) => {
    const count = widthOf(nModels) * times;
    return el("option", { value: times, text: fill(words.pixels, { count: String(count) }) });
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

/** @param {Shown} shown @param {Parts} parts */
export function savePicture({ scene, shared }, parts) {
  const { models, items } = shared;
  const bands = bandsOf(scene.words, models, parts);
  const shown = bands.filter(({ needsItems }) => !needsItems || items.length);
  const times = Number(parts.pictureTimes.value);
  composed({ models, bands: shown, scores: scene.scores, times }).toBlob(
    (blob) => blob && save(blob, `${fileName(models)}.png`),
  );
}

/** The choice of a format for the scores. @param {import("../types.js").CompareScene} scene */
export const makeTableFormats = ({ tables, words }) =>
  makeFormats(tables, {
    class: "le-cmp-button",
    "data-testid": "compare-tableFormat",
    "aria-label": words.tableFormat,
    title: words.tableFormat,
  });

/** @param {Shown} shown @param {Parts} parts */
export function saveTable({ shared }, { tableFormats }) {
  const { url, suffix } = tableFormats.chosen();
  saveFrom(url, fileName(shared.models) + suffix);
}

/** @param {{name: string}[]} models */
const fileName = (models) =>
  models.map(({ name }) => name.replace(/[^\p{L}\p{N}-]+/gu, "-")).join("_vs_");

/**
 * What a picture of the comparison consists of, from top to bottom; each cell paints itself.
 * @param {import("../types.js").Words} words
 * @param {{shares: boolean}[]} models
 * @param {Parts} parts
 */
function bandsOf(words, models, { triples, sheets, lives, walks, maps, holes }) {
  const band = (title, height, parts, paint) => ({
    title,
    height,
    cells: parts.map(
      (part) =>
        (...at) =>
          paint(part, ...at),
    ),
    needsItems: false,
  });
  /** A band of an item: empty where a model has none. */
  const ofItems = (title, height, parts, paint) => ({
    ...band(title, height, parts, paint),
    cells: parts.map(
      (part, i) =>
        (...at) =>
          models[i].shares && paint(part, ...at),
    ),
    needsItems: true,
  });
  const paintTriple = ({ pictures }, context, x, y, width) => {
    const { original, reconstruction, residual } = pictures;
    const all = original.parentElement.hidden
      ? [reconstruction]
      : [original, reconstruction, residual];
    tile(context, all, 3, x, y, width);
  };
  const tiles =
    (across) =>
    ({ pictures }, ...[context, x, y, width]) =>
      tile(context, pictures, across, x, y, width);
  const paintLive = (picture, context, x, y) => tile(context, [picture], 1, x, y, 140);
  const paintPlane = ({ plane }, ...at) => plane.drawOn(...at);
  return [
    ofItems(words.same, 106, triples, paintTriple),
    band(fill(words.drawn, {}), 106, sheets, tiles(6)),
    band(words.live, 150, lives, paintLive),
    ofItems(words.walk, 40, walks, tiles(N_WALK)),
    band(words.maps, 310, maps, paintPlane),
    band(words.holes, 310, holes, paintPlane),
  ];
}
