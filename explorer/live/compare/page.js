// @ts-check
/**
 * The Compare page: two to four models side by side, with the same image, the same random codes and
 * the same slider movement. Lists its parts.
 */

import { joinStates } from "../code/address.js";
import { makeEcho } from "../code/echo.js";
import { makeMoments } from "../code/moments.js";
import { mountPage } from "../code/mounting.js";
import { el } from "../parts/dom.js";
import { makeLater } from "./cells.js";
import { commonItems, loadAll } from "./data.js";
import { makeFiles } from "./files.js";
import { makeFrame } from "./frame.js";
import { makeHead } from "./head.js";
import { makeHoles } from "./holes.js";
import { makeMaps } from "./maps.js";
import { makeRandom } from "./random.js";
import { makeSame } from "./same.js";
import { makeScores } from "./scores.js";
import { Comparison } from "./store.js";
import { makeTogether } from "./together.js";
import { makeWalks } from "./walks.js";

/** @import { CompareScene, SharedStart, View, Words } from "../types.js" */
/** @import { LoadedModel } from "./data.js" */

/**
 * What all parts are given.
 * @typedef {Object} CompareGiven
 * @property {HTMLElement} page
 * @property {CompareScene} scene
 * @property {Words} words
 * @property {Comparison} shared what is shown
 * @property {Set<number>} moved models whose code changed since the last frame
 * @property {ReturnType<typeof makeMoments>} frames
 * @property {ReturnType<typeof makeLater>} later
 * @property {import("./frame.js").Frame} frame
 */

/**
 * A part of the page: a view that may also appear in a saved picture.
 * @typedef {View & {band?: Band}} ComparePart
 */

/**
 * A row of a saved picture.
 * @typedef {Object} Band
 * @property {string} title
 * @property {number} height
 * @property {(function(): Cell|null)[]} cells one for each model
 */

/** @typedef {{pictures: HTMLCanvasElement[], across: number, width?: number}} Tiles */
/** @typedef {Tiles | {plane: import("./plane.js").DotPlane}} Cell */

/**
 * Build the page in `root`.
 * @param {HTMLElement} root an empty element
 * @param {CompareScene} scene what to show
 * @param {function(SharedStart): void} onRest the hand let go; with what the address should say
 */
export function mount(root, scene, onRest) {
  const page = el("div", { "data-testid": "comparison", class: "le-compare" });
  page.style.setProperty("--le-n", String(scene.models.length));
  return mountPage(root, scene, {
    element: page,
    waiting: el("p", { role: "status", text: scene.words.loading }),
    load: loadAll,
    open: (models, latest) => openPage(page, latest, models, onRest),
  });
}

/**
 * @param {HTMLElement} page
 * @param {CompareScene} scene
 * @param {LoadedModel[]} models
 * @param {function(SharedStart): void} onRest
 */
function openPage(page, scene, models, onRest) {
  const given = makeGiven(page, scene, models);
  const { shared } = given;
  /** @type {ComparePart[]} */
  const list = [];
  showInFrames(given, list); // subscribes before the parts do
  list.push(...makeParts(given, list));
  page.append(...list.map(({ element }) => element));
  const state = joinStates("compare", [...list, shared]);
  const place = () => /** @type {SharedStart} */ (state.get());
  const echo = makeEcho(scene.start, isSame);
  const go = (/** @type {SharedStart} */ start) => {
    state.set(start);
    echo.tell(place());
  };
  shared.subscribe(({ kind }) => {
    if (kind === "items") nameItems(page, shared);
    if (kind !== "rest") return;
    echo.tell(place());
    onRest(place());
  });
  go(scene.start);
  return {
    /** Go where the address now points. */
    update(/** @type {CompareScene} */ { start }) {
      if (echo.isNews(start)) go(start);
    },
    destroy() {
      for (const part of list) part.destroy?.();
      shared.destroy();
      given.later.stop();
      given.frames.cancel();
    },
  };
}

/**
 * @param {HTMLElement} page
 * @param {CompareScene} scene
 * @param {LoadedModel[]} models
 * @returns {CompareGiven}
 */
function makeGiven(page, scene, models) {
  const names = models.map(({ title }) => title);
  return {
    page,
    scene,
    words: scene.words,
    shared: new Comparison(scene, models, commonItems(models)),
    moved: new Set(),
    frames: makeMoments(),
    later: makeLater(),
    frame: makeFrame(scene.words, names),
  };
}

/**
 * @param {CompareGiven} given
 * @param {ComparePart[]} list where they will be once the picture is saved
 * @returns {ComparePart[]} from top to bottom
 */
function makeParts(given, list) {
  const save = makeFiles(given, () => list.flatMap(({ band }) => band ?? []));
  return [
    makeHead(given),
    makeSame(given, save),
    makeRandom(given),
    makeTogether(given),
    ...(given.shared.items.length ? [makeWalks(given)] : []),
    makeMaps(given),
    makeHoles(given),
    makeScores(given),
  ];
}

/**
 * Show the codes of the models that moved in all parts within one frame.
 * @param {CompareGiven} given
 * @param {View[]} parts
 */
function showInFrames({ shared, frames, moved }, parts) {
  const show = () => {
    for (const part of parts) part.show?.();
    moved.clear();
  };
  shared.subscribe(({ positions, time }) => {
    if (!positions) return;
    for (const position of positions) moved.add(position);
    frames.request(time ?? performance.now(), show);
  });
}

/** Write the shown items into the page's data attributes. @param {HTMLElement} page @param {Comparison} shared */
function nameItems(page, { items, picked }) {
  if (!items.length) return;
  page.dataset.item = String(picked.a);
  page.dataset.item2 = String(picked.b);
}

/** Whether an address says the same of two places. @param {SharedStart} one @param {SharedStart} other */
function isSame(one, other) {
  return inAddress(one) === inAddress(other);
}

/** @param {SharedStart} place */
function inAddress({ item, item2, seed, z, spots }) {
  const moved = z.map((shift) => (shift?.some((v) => v) ? shift.join() : ""));
  return JSON.stringify([item, item2, seed, moved, spots]);
}
