// @ts-check
/** A comparison as one picture. Knows canvases, not models. */

import { contextOf } from "../parts/dom.js";
import { COLUMN, GAP, MARGIN, widthOf } from "./files.js";

/** @import { ScoreRow } from "../types.js" */
/** @import { Band, Cell } from "./page.js" */

const [PAPER, INK, QUIET] = ["#ffffff", "#1d2230", "#5d6370"];
const FONT = '"Source Sans", "Source Sans Pro", sans-serif';

/**
 * @param {Object} of
 * @param {{title: string, kind: string}[]} of.models
 * @param {Band[]} of.bands
 * @param {ScoreRow[]} of.scores
 * @param {number} of.times pixels for each unit, both ways
 * @returns {HTMLCanvasElement}
 */
export function composed({ models, bands, scores, times }) {
  const width = widthOf(models.length);
  const heights = bands.map(({ height }) => height + 46);
  const head = 92;
  const height = head + heights.reduce((sum, h) => sum + h, 0) + 24 * scores.length + 60;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * times, height * times];
  const context = contextOf(canvas);
  context.scale(times, times);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  const left = (i) => MARGIN + i * (COLUMN + GAP);
  models.forEach(({ title, kind }, i) => {
    write(context, title, left(i), 44, { bold: true, size: 22, most: COLUMN });
    write(context, kind, left(i), 70, { color: QUIET, most: COLUMN });
  });
  let top = head;
  bands.forEach(({ title, cells }, b) => {
    write(context, title, MARGIN, top + 20, { bold: true, most: width - 2 * MARGIN });
    cells.forEach((cell, i) => {
      context.save();
      paint(context, cell(), left(i), top + 32);
      context.restore();
    });
    top += heights[b];
  });
  writeScores(context, scores, { top: top + 20, left });
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Cell|null} cell
 * @param {number} x
 * @param {number} y
 */
function paint(context, cell, x, y) {
  if (!cell) return;
  if ("plane" in cell) cell.plane.drawOn(context, x, y, COLUMN);
  else tile(context, cell.pictures, cell.across, x, y, cell.width ?? COLUMN);
}

/** A line for each measure: its name in small print, and a value below each model. */
function writeScores(context, scores, { top, left }) {
  scores.forEach(({ name, cells }, r) => {
    const y = top + 24 * r;
    cells.forEach(({ text, best }, i) => {
      const options = { size: 13, most: COLUMN * 0.48, bold: best };
      write(context, best ? `✓ ${text}` : text, left(i) + COLUMN * 0.52, y, options);
      write(context, name, left(i), y, { color: QUIET, size: 12, most: COLUMN * 0.5 });
    });
  });
}

/** Pictures side by side within a width, `across` of them per row. */
function tile(context, pictures, across, x, y, width) {
  const side = (width - (across - 1) * 4) / across;
  pictures.forEach((picture, i) => {
    context.imageSmoothingEnabled = picture.height >= 20;
    context.imageSmoothingQuality = "high";
    const at = [x + (i % across) * (side + 4), y + Math.floor(i / across) * (side + 4)];
    context.fillStyle = "#f0f1f4";
    context.fillRect(...at, side, side);
    context.drawImage(picture, ...at, side, side);
  });
}

function write(context, text, x, y, { size = 16, bold = false, color = INK, most = Infinity }) {
  context.font = `${bold ? "bold " : ""}${size}px ${FONT}`;
  context.fillStyle = color;
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > most)
    shown = `${shown.replace(/…$/, "").slice(0, -1)}…`;
  context.fillText(shown, x, y);
}
