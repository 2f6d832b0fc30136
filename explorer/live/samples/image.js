// @ts-check
/** What a decoded image looks like: a canvas. Knows pixels and the DOM, not where codes come from. */

import { contextOf, el } from "../parts/dom.js";

/** @import { ImageShape, SampleCanvas } from "../types.js" */

/** How to enlarge: very small images are honest as squares, larger ones look better smooth. */
export const grain = (/** @type {ImageShape} */ [, height]) =>
  height < 20 ? "le-pixelated" : "le-smooth";

/**
 * A canvas whose bitmap is the image at its own resolution.
 * @param {ImageShape} imageShape
 * @param {Object<string, any>} [props] attributes
 * @param {CanvasRenderingContext2DSettings} [settings]
 * @returns {SampleCanvas}
 */
export function makePicture(imageShape, props = {}, settings = {}) {
  const [, height, width] = imageShape;
  const canvas = el("canvas", { width, height, class: grain(imageShape), ...props });
  const context = contextOf(canvas, settings);
  const bitmap = sharedBitmap(context, width, height);
  /** @type {SampleCanvas["draw"]} */
  const draw = (values) => {
    toRGBA(values, imageShape, bitmap.data);
    context.putImageData(bitmap, 0, 0);
  };
  return Object.assign(canvas, { draw });
}

/**
 * One of many pictures. It lies in main memory and is painted with the page around it, where an
 * ordinary canvas is a layer of its own: sixty of those cost more in every frame than the picture
 * that moves. (An image with a data address costs more still whenever it changes.)
 * @param {ImageShape} imageShape
 */
export const makeStill = (imageShape) => makePicture(imageShape, {}, { willReadFrequently: true });

/** One bitmap serves all pictures of a size: it only lives from arithmetic to canvas. */
const bitmaps = new Map();
function sharedBitmap(context, width, height) {
  const size = `${width}x${height}`;
  if (!bitmaps.has(size)) bitmaps.set(size, context.createImageData(width, height));
  return bitmaps.get(size);
}

/**
 * Turn values in [0, 1] into the pixels of a canvas.
 * @param {Float32Array} values c*h*w values, planar
 * @param {number[]} shape [c, h, w], with c = 1 (grey) or 3 (red, green, blue)
 * @param {Uint8ClampedArray} rgba 4*h*w bytes to write: 255 times each value, rounded
 * @returns {Uint8ClampedArray} rgba
 */
export function toRGBA(values, [c, h, w], rgba) {
  const plane = h * w;
  const toGreen = c === 3 ? plane : 0;
  for (let p = 0, at = 0; p < plane; p++, at += 4) {
    rgba[at] = values[p] * 255; // an array of this kind rounds and clamps by itself
    rgba[at + 1] = values[p + toGreen] * 255;
    rgba[at + 2] = values[p + 2 * toGreen] * 255;
    rgba[at + 3] = 255;
  }
  return rgba;
}
