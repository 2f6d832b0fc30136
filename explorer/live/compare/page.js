/**
 * Two to four models side by side: the same image, the same draws, the same move of a slider.
 * Ties the parts together. Knows the DOM and not Streamlit.
 */

import { makeLater, makeSheet, makeTriple } from "./cells.js";
import { commonItems, loadModels, loadOriginal } from "./data.js";
import { drawOf } from "../latent/draws.js";
import { composed, tile, TIMES, widthOf } from "./export.js";
import { makeHoleView, makeItemMap } from "./maps.js";
import { makePage } from "./layout.js";
import { makeSharedSliders } from "./sliders.js";
import { el, fill, save } from "../parts/dom.js";
import { slerp } from "../latent/latent.js";
import { makeMoments } from "../code/moments.js";
import { makePicture } from "../samples/image.js";
import { themeOf, watchTheme } from "../parts/theme.js";

const N_SHEET = 12;
const N_WALK = 9;
const REST_MS = 120;

/**
 * Build the comparison in `root`.
 * @param {HTMLElement} root an empty element
 * @param {Object} scene what to show: see `explorer/ui/compare_view.py`, which writes it
 * @param {function(Object): void} onRest the hand let go; with what the address should say
 * @returns {{update: function(Object): void, destroy: function(): void}}
 */
export function mount(root, scene, onRest) {
  const { words } = scene;
  const page = el("div", { "data-testid": "comparison", class: "le-compare" });
  page.style.setProperty("--le-n", scene.models.length);
  const waiting = el("p", { role: "status", text: words.loading });
  page.append(waiting);
  root.replaceChildren(page);
  let view = null;
  let latest = scene;
  let gone = false;
  loadModels(scene.models)
    .then((models) => {
      if (gone) return;
      waiting.remove();
      view = makeView(page, latest, models, onRest);
      page.dataset.ready = "true";
    })
    .catch((error) => {
      waiting.textContent = `${words.failed} ${error.message}`;
      page.replaceChildren(waiting);
      console.error(error);
    });
  return {
    update(next) {
      latest = next;
      view?.follow(next.start);
    },
    destroy() {
      gone = true;
      view?.destroy();
      page.remove();
    },
  };
}

function makeView(page, scene, models, onRest) {
  const { words, imageShape, sizes } = scene;
  const moments = makeMoments();
  const later = makeLater();
  const all = commonItems(models);
  const common = new Set(all);
  const hasLearnt = (id) => models.some((model) => model.shares && model.hasLearnt(id));
  const items = all.filter((id) => !hasLearnt(id)); // what one steps through; others are picked
  const sharer = models.find((model) => model.shares);
  const shifts = sizes.map(({ latentDim }) => new Float32Array(latentDim));
  const sizeOf = (position) => sizes.findIndex((size) => size.models.includes(position));
  let picked = { a: null, b: null }; // items, as rows of the set of images
  let slot = "a"; // which of them a pick changes
  let seed = 0;
  let theme = themeOf(page);
  let restTimer = 0;
  let received = scene.start;
  let reported = null;

  // ---- parts -------------------------------------------------------------------------------
  const triples = models.map((model, i) => makeTriple(model, imageShape, words, i));
  const sheets = models.map((_, i) =>
    makeSheet(imageShape, N_SHEET, { class: "le-sheet", "data-testid": `compare-sheet-${i}` }),
  );
  const lives = models.map(({ title }, i) =>
    makePicture(imageShape, {
      "data-testid": `compare-live-${i}`,
      role: "img",
      "aria-label": fill(words.decoded, { name: title }),
    }),
  );
  const walks = models.map((_, i) =>
    makeSheet(imageShape, N_WALK, { class: "le-walk", "data-testid": `compare-walk-${i}` }),
  );
  const sliders = sizes.map((size, s) =>
    makeSharedSliders({
      size,
      unfolded: sizes.length > 1 ? 4 : 8,
      title: sizes.length > 1 ? sizeTitle(size) : "",
      testId: `compare-slider-${s}`,
      words,
      onMove(index, value, time) {
        shifts[s][index] = value;
        show(size.models, time);
      },
      onRest: rest,
    }),
  );
  const maps = models.map((model, i) =>
    makeItemMap(model, i, {
      scene,
      theme: () => theme,
      common,
      onPick: pick,
      onHover: (id) => maps.forEach((map) => map.markItem("hint", id)),
      onStep: step,
    }),
  );
  const holes = models.map((model, i) => makeHoleView(model, i, { scene, onSpot: rest }));
  const slots = Object.fromEntries(["a", "b"].map((name) => [name, makeSlot(name)]));
  const drawnSays = el("p");
  const pictureTimes = makeSizes();
  page.append(
    ...makePage({
      scene,
      models,
      hasItems: items.length > 0,
      parts: { triples, sheets, lives, walks, sliders, maps, holes, slots, drawnSays, pictureTimes },
      on: {
        before: (event) => step(-1, event.timeStamp),
        next: (event) => step(1, event.timeStamp),
        any: (event) => pick(items[Math.floor(Math.random() * items.length)], event.timeStamp),
        again: () => drawAgain(seed + 1),
        back: (event) => moveBack(event.timeStamp),
        savePicture,
        saveTable,
      },
    }),
  );

  /** What models have a code of one size, in words. */
  function sizeTitle({ latentDim, models: positions }) {
    const names = positions.map((i) => models[i].title).join(", ");
    return fill(words.sizes, { count: latentDim, names });
  }

  /** One of the two pictures that picks change. */
  function makeSlot(name) {
    const picture = makePicture(imageShape);
    const label = el("span", { "aria-live": "polite" });
    const letter = el("b", { text: name === "a" ? words.first : words.second });
    const title = name === "a" ? words.firstHelp : words.secondHelp;
    const element = el(
      "button",
      {
        type: "button",
        class: "le-cmp-button le-slot-button",
        "data-testid": `compare-slot-${name}`,
        title,
        onclick: () => choose(name),
      },
      letter,
      picture,
      label,
    );
    const choose = (active) => {
      slot = active;
      for (const [other, { element }] of Object.entries(slots))
        element.setAttribute("aria-pressed", String(other === slot));
    };
    return { element, picture, label, choose };
  }

  // ---- the loop ----------------------------------------------------------------------------
  /** The code a model shows: that of picture A or of the first draw, and what sliders added. */
  function codeOf(position) {
    const model = models[position];
    const start = model.shares && picked.a !== null ? model.codeOf(picked.a) : null;
    const shift = shifts[sizeOf(position)];
    return Float32Array.from(start ?? drawOf(seed, 0, model.latentDim), (v, i) => v + shift[i]);
  }

  const stale = new Set();
  /** Draw what some models show now, within this frame. */
  function show(positions, time) {
    positions.forEach((i) => stale.add(i));
    moments.request(time ?? performance.now(), () => {
      for (const i of stale) {
        const z = codeOf(i);
        lives[i].draw(moments.decode(() => models[i].decode(z)));
        maps[i].markCode(z);
      }
      stale.clear();
      sliders.forEach((set, s) => set.show(shifts[s]));
    });
  }

  const everyone = models.map((_, i) => i);

  function moveBack(time) {
    shifts.forEach((shift) => shift.fill(0));
    show(everyone, time);
    rest();
  }

  /** The hand rests: tell whoever listens, once. */
  function rest() {
    clearTimeout(restTimer);
    restTimer = setTimeout(() => {
      reported = current();
      onRest(reported);
    }, REST_MS);
  }

  /** What is to be found again by a link. */
  const current = () => ({
    item: picked.a,
    item2: picked.b,
    seed,
    shifts: shifts.map((shift) => Array.from(shift, (v) => Number(v.toFixed(2)))),
    spots: holes.map((hole) => hole.spot()),
  });

  // ---- items -------------------------------------------------------------------------------
  function pick(id, time) {
    picked = { ...picked, [slot]: id };
    showItems(time);
    rest();
  }

  /** The item before or after. */
  function step(by, time) {
    if (!items.length) return;
    const at = items.indexOf(picked[slot]);
    pick(items[(at + by + items.length) % items.length], time);
  }

  function itemText(id) {
    const label = sharer.labels && sharer.classNames[sharer.labels[sharer.placeOf(id)]];
    const name = fill(label ? words.itemLabel : words.item, { id, label });
    return hasLearnt(id) ? `${name} · ${words.learntFrom}` : name;
  }

  function showItems(time) {
    if (!items.length) return show(everyone, time);
    const { a, b } = picked;
    show(everyone, time);
    for (const [name, id] of [
      ["a", a],
      ["b", b],
    ]) {
      slots[name].label.textContent = itemText(id);
      slots[name].picture.draw(sharer.decode(sharer.codeOf(id)));
      maps.forEach((map) => map.markItem(name, id));
    }
    page.dataset.item = a;
    page.dataset.item2 = b;
    showTriples(a);
    models.forEach((model, i) => {
      if (!model.shares) return;
      const ends = [model.codeOf(a), model.codeOf(b)];
      const steps = walks[i].pictures.map((picture, k) => () => {
        picture.draw(model.decode(slerp(...ends, k / (N_WALK - 1))));
      });
      later.do(`walk ${i}`, steps);
    });
  }

  /** Reconstructions at once; original and what is wrong as soon as the original has come. */
  async function showTriples(id) {
    const drawAll = (x) => {
      if (picked.a !== id) return;
      models.forEach((model, i) => {
        if (model.shares) triples[i].draw(x, model.decode(model.codeOf(id)));
      });
    };
    drawAll(null);
    drawAll(await loadOriginal(models, id, imageShape).catch(() => null));
  }

  function drawAgain(next, resting = true) {
    seed = next;
    drawnSays.textContent = fill(words.drawnHelp, { seed });
    models.forEach(({ decode, latentDim }, i) => {
      const steps = sheets[i].pictures.map((picture, k) => () => {
        picture.draw(decode(drawOf(seed, k, latentDim)));
      });
      later.do(`sheet ${i}`, steps);
    });
    show(everyone);
    if (resting) rest();
  }

  // ---- the address -------------------------------------------------------------------------
  /** Go where the address says. */
  function go(start) {
    const first = common.has(scene.firstItem) ? scene.firstItem : (items[0] ?? null);
    const known = (id) => (common.has(id) ? id : null);
    const a = known(start.item) ?? first;
    picked = { a, b: known(start.item2) ?? unlike(a) };
    shifts.forEach((shift, s) => shift.set(start.shifts[s] ?? new Float32Array(shift.length)));
    holes.forEach((hole, i) => hole.setSpot(start.spots[i] ?? null));
    drawAgain(start.seed, false);
    showItems();
    reported = current();
  }

  /** An item of another class, if there is one, so that there is a way to go. */
  function unlike(id) {
    if (id === null) return null;
    const labelOf = (other) => sharer.labels?.[sharer.placeOf(other)];
    const at = items.indexOf(id);
    const rest = [...items.slice(at + 1), ...items.slice(0, at)];
    return rest.find((other) => labelOf(other) !== labelOf(id)) ?? rest[0] ?? id;
  }

  // ---- files -------------------------------------------------------------------------------
  const fileName = () =>
    models.map(({ name }) => name.replace(/[^\p{L}\p{N}-]+/gu, "-")).join("_vs_");

  /** The choice of how wide a saved picture is. */
  function makeSizes() {
    const option = (times) => {
      const count = widthOf(models.length) * times;
      return el("option", { value: times, text: fill(words.pixels, { count }) });
    };
    const select = el(
      "select",
      {
        class: "le-cmp-button",
        "data-testid": "compare-pictureSize",
        "aria-label": words.pictureSize,
        title: words.pictureSize,
      },
      ...TIMES.map(option),
    );
    select.value = "2";
    return select;
  }

  function savePicture() {
    const own = (parts, draw) => parts.map((part, i) => (...at) => draw(part, i, ...at));
    const shared = (parts, draw) =>
      own(parts, (part, i, ...at) => models[i].shares && draw(part, ...at));
    const bands = [
      {
        title: words.same,
        height: 106,
        cells: shared(triples, ({ pictures }, context, x, y, width) => {
          const { original, reconstruction, residual } = pictures;
          const all = original.parentElement.hidden
            ? [reconstruction]
            : [original, reconstruction, residual];
          tile(context, all, 3, x, y, width);
        }),
        needsItems: true,
      },
      {
        title: fill(words.drawn, {}),
        height: 106,
        cells: own(sheets, (sheet, _, context, x, y, width) =>
          tile(context, sheet.pictures, 6, x, y, width),
        ),
      },
      {
        title: words.live,
        height: 150,
        cells: own(lives, (picture, _, context, x, y) => tile(context, [picture], 1, x, y, 140)),
      },
      {
        title: words.walk,
        height: 40,
        cells: shared(walks, ({ pictures }, context, x, y, width) =>
          tile(context, pictures, N_WALK, x, y, width),
        ),
        needsItems: true,
      },
      {
        title: words.maps,
        height: 310,
        cells: own(maps, (map, _, ...at) => map.plane.drawOn(...at)),
      },
      {
        title: words.holes,
        height: 310,
        cells: own(holes, (hole, _, ...at) => hole.plane.drawOn(...at)),
      },
    ].filter(({ needsItems }) => !needsItems || items.length);
    const times = Number(pictureTimes.value);
    composed({ models, bands, scores: scene.scores, times }).toBlob((blob) =>
      save(blob, `${fileName()}.png`),
    );
  }

  function saveTable() {
    save(new Blob([scene.csv], { type: "text/csv;charset=utf-8" }), `${fileName()}.csv`);
  }

  const paint = () => [...maps, ...holes].forEach(({ plane }) => plane.paint());
  const stopWatching = watchTheme(() => {
    if (themeOf(page) === theme) return;
    theme = themeOf(page);
    paint();
  });

  slots.a.choose("a");
  paint();
  go(scene.start);

  return {
    /** Go where the address now points, unless that is where we are or where we just came from. */
    follow(start) {
      const isSame = [received, reported].some((view) => told(view) === told(start));
      received = start;
      if (!isSame) go(start);
    },
    destroy() {
      clearTimeout(restTimer);
      later.stop();
      moments.cancel();
      stopWatching();
    },
  };
}

/** What an address says of a view, so that two can be compared. */
function told({ item, item2, seed, shifts, spots }) {
  const moved = shifts.map((shift) => (shift?.some((v) => v) ? shift.join() : ""));
  return JSON.stringify([item, item2, seed, moved, spots]);
}
