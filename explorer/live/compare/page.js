// @ts-check
/**
 * The Compare page: two to four models side by side, with the same image, the same random codes and
 * the same move of a slider. Lists its parts and lays them out.
 */

import { joinStates } from "../code/address.js";
import { makeEcho } from "../code/echo.js";
import { makeMoments } from "../code/moments.js";
import { mountPage } from "../code/mounting.js";
import { el } from "../parts/dom.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { makeLater } from "./cells.js";
import { commonItems, loadModels } from "./data.js";
import { makePictureTimes, makeTableFormats, savePicture, saveTable } from "./files.js";
import { layOut } from "./layout.js";
import { makeLive } from "./live.js";
import { makeHoleView, makeItemMap } from "./maps.js";
import { makeSheets } from "./random.js";
import { makeTriples } from "./same.js";
import { makeSlots } from "./slots.js";
import { Comparison } from "./store.js";
import { makeWalks } from "./walks.js";

/** @import { CompareScene, SharedStart } from "../types.js" */
/** @import { LoadedModel } from "./data.js" */

/**
 * What all parts are given.
 * @typedef {Object} Shown
 * @property {CompareScene} scene
 * @property {Comparison} shared what is shown
 * @property {ReturnType<typeof makeMoments>} frames
 * @property {ReturnType<typeof makeLater>} later
 * @property {function(): import("../types.js").Theme} theme
 */
/** @typedef {ReturnType<typeof makeParts>} Parts */

/**
 * Build the page in `root`.
 * @param {HTMLElement} root an empty element
 * @param {CompareScene} scene what to show
 * @param {function(SharedStart): void} onRest the hand let go; with what the address should say
 */
export function mount(root, scene, onRest) {
  const { words } = scene;
  const page = el("div", { "data-testid": "comparison", class: "le-compare" });
  page.style.setProperty("--le-n", String(scene.models.length));
  return mountPage(root, scene, {
    element: page,
    waiting: el("p", { role: "status", text: words.loading }),
    load: ({ models }) => loadModels(models),
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
  const shared = new Comparison(scene, models, commonItems(models));
  let theme = themeOf(page);
  const shown = { scene, shared, frames: makeMoments(), later: makeLater(), theme: () => theme };
  showInFrames(shown, () => parts); // before what its parts do when they hear of a change
  const parts = makeParts(shown);
  const { holes } = parts;
  page.append(...layOut(shown, parts, actionsOf(shown, parts)));
  showItems(page, shared, parts.maps);
  const paint = () => [...parts.maps, ...holes].forEach(({ plane }) => plane.paint());
  const stopWatching = watchTheme(() => {
    if (themeOf(page) === theme) return;
    theme = themeOf(page);
    paint();
  });
  const state = joinStates("compare", [{ state: spotsOf(holes) }, shared]);
  const place = () => /** @type {SharedStart} */ (state.get());
  const echo = makeEcho(scene.start, isSame);
  const go = (/** @type {SharedStart} */ start) => {
    state.set(start);
    echo.tell(place());
  };
  shared.subscribe(({ kind }) => {
    if (kind !== "rest") return;
    echo.tell(place());
    onRest(place());
  });
  paint();
  go(scene.start);
  return {
    /** Go where the address now points. */
    update({ start }) {
      if (echo.isNews(start)) go(start);
    },
    destroy() {
      shared.destroy();
      shown.later.stop();
      shown.frames.cancel();
      stopWatching();
    },
  };
}

/** @param {Shown} shown */
function makeParts(shown) {
  const { scene, shared, theme } = shown;
  const { sheets, says } = makeSheets(shown);
  const { lives, sliders, show, showSliders } = makeLive(shown);
  /** @type {ReturnType<typeof makeItemMap>[]} */
  const maps = shared.models.map((model, i) =>
    makeItemMap(model, i, {
      scene,
      theme,
      common: shared.common,
      onPick: (id, time) => shared.pick(id, time),
      onHover: (id) => maps.forEach((map) => map.markItem("hint", id)),
      onStep: (by, time) => shared.step(by, time),
    }),
  );
  return {
    triples: makeTriples(shown),
    slots: makeSlots(shown),
    sheets,
    drawnSays: says,
    lives,
    sliders,
    showLive: show,
    showSliders,
    walks: makeWalks(shown),
    maps,
    holes: shared.models.map((model, i) =>
      makeHoleView(model, i, { scene, onSpot: () => shared.rest() }),
    ),
    pictureTimes: makePictureTimes(shared.models.length, scene.words),
    tableFormats: makeTableFormats(scene),
  };
}

/**
 * What buttons do, by the names of their words.
 * @param {Shown} shown
 * @param {Parts} parts
 * @returns {Object<string, function(Event): void>}
 */
function actionsOf(shown, parts) {
  const { shared } = shown;
  return {
    before: (event) => shared.step(-1, event.timeStamp),
    next: (event) => shared.step(1, event.timeStamp),
    any: (event) => shared.pickAny(event.timeStamp),
    again: () => shared.sampleAgain(),
    back: (event) => shared.moveBack(event.timeStamp),
    savePicture: () => savePicture(shown, parts),
    saveTable: () => saveTable(shown, parts),
  };
}

/**
 * Show the codes of the models that moved within one frame.
 * @param {Shown} shown
 * @param {function(): Parts} partsOf
 */
function showInFrames({ shared, frames }, partsOf) {
  /** @type {Set<number>} */
  const stale = new Set();
  const show = () => {
    const { showLive, showSliders, maps } = partsOf();
    for (const position of stale) {
      const z = shared.codeOf(position);
      showLive(position, z);
      maps[position].markCode(z);
    }
    stale.clear();
    showSliders();
  };
  shared.subscribe(({ positions, time }) => {
    if (!positions) return;
    for (const position of positions) stale.add(position);
    frames.request(time ?? performance.now(), show);
  });
}

/**
 * Mark both items on all maps, and on the page for those who look there.
 * @param {HTMLElement} page
 * @param {Comparison} shared
 * @param {Parts["maps"]} maps
 */
function showItems(page, shared, maps) {
  shared.subscribe(({ kind }) => {
    if (kind !== "items" || !shared.items.length) return;
    const { a, b } = shared.picked;
    for (const map of maps) {
      map.markItem("a", a);
      map.markItem("b", b);
    }
    page.dataset.item = String(a);
    page.dataset.item2 = String(b);
  });
}

/**
 * What the address keeps of the holes: the random code looked at in each.
 * @param {Parts["holes"]} holes
 * @returns {Required<import("../types.js").View>["state"]}
 */
const spotsOf = (holes) => ({
  get: () => ({ spots: holes.map(({ spot }) => spot.get()) }),
  set: ({ spots }) => holes.forEach(({ spot }, i) => spot.set(spots[i] ?? null)),
});

/** Whether an address says the same of two places. @param {SharedStart} one @param {SharedStart} other */
function isSame(one, other) {
  return inAddress(one) === inAddress(other);
}

/** @param {SharedStart} place */
function inAddress({ item, item2, seed, z, spots }) {
  const moved = z.map((shift) => (shift?.some((v) => v) ? shift.join() : ""));
  return JSON.stringify([item, item2, seed, moved, spots]);
}
