/** Elements that show decoded images. Knows pixels and the DOM, not where codes come from. */

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

/**
 * An image that is drawn now and then. It is part of the page around it, where a canvas is a layer
 * of its own: sixty of them cost more in every frame than the picture that moves.
 * @param {number[]} imageShape [c, h, w]
 * @returns {HTMLImageElement & {draw: function(Float32Array): void}}
 */
export function makeStill(imageShape, props = {}) {
  const image = el("img", { alt: "", draggable: "false", class: grain(imageShape), ...props });
  image.draw = (values) => {
    const easel = sharedEasel(imageShape);
    easel.draw(values);
    image.src = easel.toDataURL();
  };
  return image;
}

/** One canvas serves all stills of a size. */
const easels = new Map();
function sharedEasel(imageShape) {
  const size = imageShape.join("x");
  if (!easels.has(size)) easels.set(size, makePicture(imageShape));
  return easels.get(size);
}

/** One bitmap serves all pictures of a size: it only lives from arithmetic to canvas. */
const bitmaps = new Map();
function sharedBitmap(context, width, height) {
  const size = `${width}x${height}`;
  if (!bitmaps.has(size)) bitmaps.set(size, context.createImageData(width, height));
  return bitmaps.get(size);
}
