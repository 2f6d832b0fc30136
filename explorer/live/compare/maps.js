// @ts-check
/** The two planes of a model: the map of its items, and the holes that random codes fall into. */

import { row } from "../latent/latent.js";
import { decimal, el, fill } from "../parts/dom.js";
import { makePicture } from "../samples/image.js";
import { DotPlane, extentOf, paintHoles, paintMap } from "./plane.js";

const REACH = 3; // prior standard deviations, as in latent/holes.py, and so is the next
const HOLE_BELOW = 0.2;
const FEW = 500; // codes, with which the nearest ones are far

/**
 * @param {Object} model from `compare/data.js`
 * @param {number} position among the models
 * @param {Object} of
 * @param {Object} of.scene words and colours
 * @param {function(): string} of.theme light or dark
 * @param {Set<number>} of.common items that can be picked, in models that share them
 * @param {function(number, number): void} of.onPick item, time of the event
 * @param {function(number|null): void} of.onHover item, or none
 * @param {function(number, number): void} of.onStep how far on, time of the event
 */
export function makeItemMap(model, position, { scene, theme, common, onPick, onHover, onStep }) {
  const { words, colors, plainColor } = scene;
  const { shares, ids, labels, xy, centre, classNames } = model;
  const colorOf = (i, background = theme()) => {
    const ofTheme = colors[background];
    if (ids[i] < 0) return "#8a8f99";
    return labels && classNames.length ? ofTheme[labels[i] % ofTheme.length] : plainColor;
  };
  const plane = new DotPlane({
    label: fill(words.mapLabel, { name: model.title }),
    testId: `compare-map-${position}`,
    xy,
    isPickable: (i) => shares && common.has(ids[i]),
    extent: extentOf(xy, centre),
    paint: (onto) => paintMap(onto, { colorOf: (i) => colorOf(i, onto.theme), centre }),
    onPick: (i, time) => onPick(ids[i], time),
    onHover: (i) => onHover(i === null ? null : ids[i]),
    onStep: (...to) => shares && onStep(...to),
  });
  const hasDraws = ids.some((id) => id < 0);
  return {
    element: el(
      "div",
      {},
      plane.element,
      hasDraws ? el("p", { class: "le-quiet-text", text: words.grey }) : "",
    ),
    plane,
    /** Mark an item, which this model may not have, or with null none. */
    markItem: (name, id) => plane.mark(name, (shares && xy[model.placeOf(id)]) || null),
    markCode: (z) => plane.mark("cursor", model.plane.toPlane(z)),
  };
}

/**
 * The random codes of a model, and which of them no code of an image is near. As `makeItemMap`, with
 * `onSpot` called when another random code is looked at.
 */
export function makeHoleView(model, position, { scene: { words, imageShape }, onSpot }) {
  const { drawRatio, drawXy, centre, ratio } = model;
  const order = Array.from(drawRatio.keys()).sort((a, b) => drawRatio[a] - drawRatio[b]);
  // A decoder that learnt from random codes, and from nothing else, has no holes.
  const cover = model.searched ? null : ratio;
  const isBare = (i) => !model.searched && drawRatio[i] < HOLE_BELOW;
  const share = (100 * order.filter(isBare).length) / order.length;
  const picture = makePicture(imageShape, { "data-testid": `compare-spot-${position}` });
  const verdict = el("p", { class: "le-verdict" });
  let spot = order[0];
  let shown = null;

  function show(i) {
    if (i === shown) return;
    shown = i;
    picture.draw(model.decode(row(model.draws, i)));
    plane.mark("cursor", drawXy[i]);
    verdict.classList.toggle("le-bare", isBare(i));
    if (model.searched) return;
    const [sentence, number] = isBare(i)
      ? [words.inHole, 1 / drawRatio[i]]
      : [words.noHole, drawRatio[i]];
    verdict.textContent = fill(sentence, { times: Number(number.toPrecision(2)) });
  }
  function choose(i) {
    spot = i;
    show(i);
    onSpot();
  }

  const plane = new DotPlane({
    label: fill(words.holesLabel, { name: model.title }),
    testId: `compare-holes-${position}`,
    xy: drawXy,
    isPickable: () => true,
    extent: { x: centre[0], y: centre[1], half: REACH },
    paint: (onto) => paintHoles(onto, { ratio: cover, reach: REACH, centre, isBare }),
    onPick: choose,
    onHover: (i) => show(i ?? spot),
    onStep: (by) => choose(order[(order.indexOf(spot) + by + order.length) % order.length]),
  });
  const percent = decimal(share, share < 10 ? 1 : 0);
  const told = model.searched ? words.noHoles : fill(words.holeShare, { percent });
  const count = model.ids.filter((id) => id >= 0).length;
  const isRough = !model.searched && count < FEW;
  const rough = isRough ? el("p", { text: fill(words.fewCodes, { count }) }) : "";
  const text = el("div", {}, el("strong", { text: told }), verdict, rough);
  show(spot);
  return {
    element: el("div", {}, plane.element, el("div", { class: "le-spot" }, picture, text)),
    plane,
    spot: {
      /** Which random code is looked at, or null for the deepest hole. */
      get: () => (spot === order[0] ? null : spot),
      /** @param {number|null} i */
      set(i) {
        spot = i !== null && i < drawXy.length ? i : order[0];
        show(spot);
      },
    },
  };
}
