/** Canvases that show decoded images. Knows pixels and the DOM, not where codes come from. */

import { toRGBA } from "./decoder.js";
import { el } from "./dom.js";

/** How to enlarge: very small images are honest as squares, larger ones look better smooth. */
export const grain = ([, height]) => (height < 20 ? "le-pixelated" : "le-smooth");

/**
 * A canvas whose bitmap is the image at its own resolution.
 * @param {number[]} imageShape [c, h, w]
 * @returns {HTMLCanvasElement & {draw: function(Float32Array): void}}
 */
export function makePicture(imageShape, props = {}) {
  const [, height, width] = imageShape;
  const canvas = el("canvas", { width, height, class: grain(imageShape), ...props });
  const context = canvas.getContext("2d");
  const bitmap = sharedBitmap(context, width, height);
  canvas.draw = (values) => {
    toRGBA(values, imageShape, bitmap.data);
    context.putImageData(bitmap, 0, 0);
  };
  return canvas;
}

/** One bitmap serves all pictures of a size: it only lives from arithmetic to canvas. */
const bitmaps = new Map();
function sharedBitmap(context, width, height) {
  const size = `${width}x${height}`;
  if (!bitmaps.has(size)) bitmaps.set(size, context.createImageData(width, height));
  return bitmaps.get(size);
}
