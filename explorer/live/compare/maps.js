// @ts-check
/** The map of each model's items; an item picked in one is marked in all. */

import { el, fill } from "../parts/dom.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { DotPlane, extentOf, paintMap } from "./plane.js";

/** @import { CompareGiven, ComparePart } from "./page.js" */

const NO_ITEM = "#8a8f99"; // samples from the prior

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeMaps(given) {
  const { page, words, shared, frame, moved } = given;
  /** @type {ReturnType<typeof makeItemMap>[]} */
  const maps = shared.models.map((_, i) =>
    makeItemMap(given, i, (id) => maps.forEach((map) => map.markItem("hint", id))),
  );
  let isPainted = false;
  function paint() {
    isPainted = true;
    for (const { plane } of maps) plane.paint();
  }
  shared.subscribe(({ kind }) => {
    if (kind !== "items" || !shared.items.length) return;
    for (const map of maps) {
      map.markItem("a", shared.picked.a);
      map.markItem("b", shared.picked.b);
    }
  });
  return {
    element: frame.section(
      "maps",
      { says: shared.items.length ? words.mapsHelp : words.mapsNone },
      frame.columns(maps.map(({ element }) => element)),
    ),
    show() {
      if (!isPainted) paint();
      for (const position of moved) maps[position].markCode(shared.codeOf(position));
    },
    destroy: watchTheme(page, paint),
    band: {
      title: words.maps,
      height: 310,
      cells: maps.map(({ plane }) => () => ({ plane })),
    },
  };
}

/**
 * @param {CompareGiven} given
 * @param {number} position of the model
 * @param {function(number|null): void} onHover the pointer is on an item, by its number, or on none
 */
function makeItemMap({ page, scene, words, shared }, position, onHover) {
  const model = shared.models[position];
  const { shares, items, codes, xy, centre, classNames } = model;
  const labels = codes.labels?.values;
  const colorsOf = (/** @type {import("../types.js").Theme} */ theme) => {
    const ofTheme = scene.colors[theme];
    return (/** @type {number} */ i) => {
      if (items.isDraw(i)) return NO_ITEM;
      return labels && classNames.length ? ofTheme[labels[i] % ofTheme.length] : scene.plainColor;
    };
  };
  const plane = new DotPlane({
    label: fill(words.mapLabel, { name: model.title }),
    testId: `compare-map-${position}`,
    xy,
    isPickable: (i) => shares && shared.common.has(items.numberOf(i)),
    extent: extentOf(xy, centre),
    paint: (onto) => paintMap(onto, { colorOf: colorsOf(onto.theme ?? themeOf(page)), centre }),
    onPick: (i, time) => shared.pick(items.numberOf(i), time),
    onHover: (i) => onHover(i === null ? null : items.numberOf(i)),
    onStep: (by, time) => shares && shared.step(by, time),
  });
  const grey = items.hasDraws ? el("p", { class: "le-quiet-text", text: words.grey }) : "";
  return {
    element: el("div", {}, plane.element, grey),
    plane,
    /** Mark an item, which this model may not have, or with null none. @param {string} name @param {number|null} id */
    markItem: (name, id) => plane.mark(name, shares && id !== null ? model.placeOf(id) : null),
    /** @param {Float32Array} z */
    markCode: (z) => plane.mark("cursor", model.plane.toPlane(z)),
  };
}
