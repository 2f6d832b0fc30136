// @ts-check
/** The models of a comparison: fetched, and paired by the items they share. No DOM but images. */

import { pcaPlane, readArrays, row } from "../latent/latent.js";
import { fetchBytes } from "../model/loading.js";
import { makeDecoder, readPack } from "../network/decoder.js";
import { contextOf } from "../parts/dom.js";

/** @import { ComparedModel, ImageShape } from "../types.js" */
/** @typedef {Awaited<ReturnType<typeof loadModel>>} LoadedModel */

/**
 * Fetch each model with its decoder, codes and places on its map.
 * @param {ComparedModel[]} models
 */
export const loadModels = (models) => Promise.all(models.map(loadModel));

/** @param {ComparedModel} model */
async function loadModel(model) {
  const [pack, buffer] = await Promise.all([
    fetchBytes(model.urls.pack),
    fetchBytes(model.urls.comparison),
  ]);
  const arrays = /** @type {any} */ (readArrays(buffer));
  const plane = pcaPlane(arrays, 2);
  const placesOf = (codes) =>
    Array.from({ length: codes.shape[0] }, (_, i) => plane.toPlane(row(codes, i)));
  const rows = new Map();
  arrays.ids.values.forEach((id, i) => id >= 0 && rows.set(id, i));
  return {
    ...model,
    decode: makeDecoder(readPack(pack)),
    plane,
    ratio: arrays.ratio,
    centre: arrays.centre.values,
    ids: arrays.ids.values,
    labels: arrays.labels?.values ?? null,
    xy: placesOf(arrays.mu),
    draws: arrays.draws,
    drawRatio: arrays.draw_ratio.values,
    drawXy: placesOf(arrays.draws),
    /** Code of an item, by its row in the set of images; null if this model has none of it. */
    codeOf: (/** @type {number} */ id) => (rows.has(id) ? row(arrays.mu, rows.get(id)) : null),
    placeOf: (/** @type {number} */ id) => rows.get(id),
    /** Whether the model learnt from an item; where nothing says so, all items were held out. */
    hasLearnt: (/** @type {number} */ id) => arrays.held_out?.values[rows.get(id)] === 0,
  };
}

/** The items that all models which share any have, as rows of the set, ascending. @param {LoadedModel[]} models */
export function commonItems(models) {
  const [first, ...others] = models.filter((model) => model.shares);
  if (!first) return [];
  const ids = Array.from(first.ids).filter((id) => id >= 0);
  const common = ids.filter((id) => others.every((model) => model.codeOf(id)));
  return [...new Set(common)].sort((a, b) => a - b);
}

/**
 * The pixels of an item's original.
 * @param {LoadedModel[]} models
 * @param {number} id
 * @param {ImageShape} shape
 * @returns {Promise<Float32Array|null>} c*h*w values in [0, 1], planar; null if it is not at hand
 */
export async function loadOriginal(models, id, [c, h, w]) {
  const model = models.find(({ shares, originals }) => shares && originals);
  if (!model) return null;
  const image = new Image(w, h);
  image.src = `${model.urls.original}/${model.placeOf(id)}.png`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [w, h];
  const context = contextOf(canvas, { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, w, h);
  return Float32Array.from({ length: c * h * w }, (_, i) => {
    const channel = Math.floor(i / (h * w));
    return data[4 * (i % (h * w)) + channel] / 255;
  });
}
