// @ts-check
/** Loads the models of a comparison, and pairs them by shared items. No DOM except images. */

import { readArrays, row } from "../latent/latent.js";
import { loadModel } from "../model/model.js";
import { serverSource } from "../model/source.js";
import { contextOf } from "../parts/dom.js";

/** @import { ComparedModel, CompareScene, ImageShape } from "../types.js" */
/** @typedef {Awaited<ReturnType<typeof loadCompared>>} LoadedModel */

/**
 * Load each model, and how its codes cover the prior.
 * @param {CompareScene} scene
 */
export const loadAll = (scene) =>
  Promise.all(scene.models.map((facts) => loadCompared(facts, scene)));

/** @param {ComparedModel} facts @param {CompareScene} scene */
async function loadCompared(facts, { imageShape, words }) {
  const source = serverSource(facts);
  const [model, cover] = await Promise.all([
    loadModel({ ...facts, imageShape, packed: true, words }, source),
    source.bytes("comparison").then(readArrays),
  ]);
  const { ratio, centre, samples, sample_ratio } = /** @type {any} */ (cover);
  const { codes, items } = model;
  const plane = model.planeOf("pca");
  const placesOf = (/** @type {any} */ some) =>
    Array.from({ length: some.shape[0] }, (_, i) => plane.toPlane(row(some, i)));
  const xy = placesOf(codes.mu);
  const codeOf = (/** @type {number|null} */ item) => (item === null ? null : items.codeOf(item));
  return {
    ...facts,
    ...model,
    plane,
    ratio,
    centre: centre.values,
    xy,
    samples,
    sampleRatio: sample_ratio.values,
    sampleXy: placesOf(samples),
    /** Code of an item, by its number; null if this model has none of it. */
    codeOf: (/** @type {number} */ number) => codeOf(items.withNumber(number)),
    /** Where an item is on the map, by its number; null if it is not. */
    placeOf: (/** @type {number} */ number) => xy[items.withNumber(number) ?? -1] ?? null,
    /** The class of an item, by its number, or null. */
    classOf: (/** @type {number} */ number) => items.classOf(items.withNumber(number) ?? -1),
    /** Whether the model was trained on an item; without that information, all were held out. */
    hasLearnt: (/** @type {number} */ number) =>
      codes.held_out?.values[items.withNumber(number) ?? -1] === 0,
  };
}

/** The items that all models which share any have, by their numbers, ascending. @param {LoadedModel[]} models */
export function commonItems(models) {
  const [first, ...others] = models.filter((model) => model.shares);
  if (!first) return [];
  const ids = Array.from(first.codes.ids.values).filter((id) => id >= 0);
  const common = ids.filter((id) => others.every((model) => model.codeOf(id)));
  return [...new Set(common)].sort((a, b) => a - b);
}

/**
 * Load the pixels of an item's original.
 * @param {LoadedModel[]} models
 * @param {number} id
 * @param {ImageShape} shape
 * @returns {Promise<Float32Array|null>} c*h*w values in [0, 1], planar; null if it is not at hand
 */
export async function loadOriginal(models, id, [c, h, w]) {
  const model = models.find(({ shares, originals }) => shares && originals);
  const address = model?.source.original(model.items.withNumber(id) ?? -1);
  if (!address) return null;
  const image = new Image(w, h);
  image.src = address;
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
