/**
 * The stage: one latent code, seen as a place on the map, as sliders and as a picture.
 * Whatever moves, the other two follow in the same frame. Knows the DOM and not Streamlit.
 */

import { makeBigButton } from "../parts/big-button.js";
import { makeCard } from "../parts/card.js";
import { fetchJson, loadModel } from "../model/loading.js";
import { el, fill } from "../parts/dom.js";
import { makeItems } from "../model/items.js";
import { coordinatePlane, honesty, pcaPlane, row, samplePrior, tsnePlane } from "../latent/latent.js";
import { makeMap } from "../parts/map.js";
import { makeMeter } from "../parts/meter.js";
import { makeMoments } from "../code/moments.js";
import { rememberedNames } from "../code/names.js";
import { makeOutline } from "./outline.js";
import { makeOwnPicture } from "./own-picture.js";
import { grain, makePicture } from "../samples/image.js";
import { makeProjector } from "../model/projector.js";
import { makeSliders } from "../parts/sliders.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { makeTitle } from "./title.js";
import { makeWander } from "./wander.js";

/** How far an arrow key moves on the map, as a share of what is seen. */
const NUDGE = 0.02;

/** Sliders that go with the big picture: the most informative ones. */
const IN_BIG = 3;

/** Steps that can be undone. */
const MOST_UNDONE = 100;

/**
 * Build the stage in `root`.
 * @param {HTMLElement} root an empty element
 * @param {Object} scene what to show: see `explorer/ui/live_decoder.py`, which writes it
 * @param {function({z: number[], item: number|null}): void} onRest the hand let go
 * @returns {{update: function(Object): void, destroy: function(): void}}
 */
export function mount(root, scene, onRest) {
  const stage = el("div", { "data-testid": "stage", class: "le-stage", "data-model": scene.model });
  const outline = makeOutline(scene);
  stage.append(outline);
  root.replaceChildren(stage);
  let view = null;
  let gone = false;
  let latest = scene;
  loadModel(scene)
    .then(async (model) => {
      if (gone) return;
      view = makeView(stage, latest, model, onRest);
      outline.remove();
      await view.ready;
      stage.dataset.ready = "true";
    })
    .catch((error) => {
      const text = `${scene.words.failed} ${error.message}`;
      stage.replaceChildren(el("div", { class: "le-failed", role: "alert", text }));
      console.error(error);
    });
  return {
    update(next) {
      latest = next;
      view?.update(next);
    },
    destroy() {
      gone = true;
      view?.destroy();
      stage.remove();
    },
  };
}

function makeView(stage, scene, model, onRest) {
  const { words, latentDim, imageShape, urls } = scene;
  const { decoder, codes, Plotly } = model;
  const labels = codes.labels?.values ?? null;
  const items = makeItems(scene, codes);
  const { isDraw } = items;
  const moments = makeMoments();
  let plane = null;
  let z = new Float32Array(latentDim); // what is shown
  let home = { z, item: null }; // what is chosen: where a hover returns to
  let beforePick = home; // what was chosen before the last pick on the map
  let hovering = false;
  let gone = false;
  let nudged = null; // where on the map the arrow keys have led
  let restTimer = 0;
  const history = [];
  let received = scene.start;
  let reported = null;

  // ---- parts -------------------------------------------------------------------------------
  const decoded = makePicture(imageShape, {
    "data-testid": "decoded",
    role: "img",
    "aria-label": words.decoded,
  });
  const reconstruction = makePicture(imageShape, {
    "data-testid": "reconstruction",
    role: "img",
    "aria-label": words.reconstruction,
  });
  const original = el("img", {
    "data-testid": "original",
    class: grain(imageShape),
    alt: words.original,
    hidden: true,
    // The folder that a model was trained from may have changed since: then there is no such image.
    onerror: () => {
      noOriginal.textContent = words.noOriginals;
      showOriginal(false);
    },
  });
  const noOriginal = el("p", {
    class: "le-none",
    text: scene.originals ? words.nothingPicked : words.noOriginals,
  });
  const originalName = el("figcaption");
  const itemName = el("span", { class: "le-item-name" });
  const meter = makeMeter(words, labels, scene.classNames);
  let redrawn = null; // comes when there is time
  const names = rememberedNames(scene.key);
  const aloud = el("div", { class: "le-aloud", "aria-live": "polite" });
  const given = new Map(scene.coordinates.map(({ index, name }) => [index, name]));
  const projector = decoder.live ? makeProjector(decoder.pack, decoder.decode) : null;
  const sliders = makeSliders({
    coordinates: scene.coordinates.map((c) => ({ ...c, name: names.get(c.index) || c.name })),
    imageShape,
    words,
    projector,
    onMove(index, value, time) {
      const next = Float32Array.from(base());
      next[index] = value;
      choose(next, null, time, false);
    },
    onStep(index, change, time) {
      const next = Float32Array.from(base());
      // A code that lies beyond the slider may stay there, but not go farther.
      const limit = Math.max(sliders.limits.get(index), Math.abs(next[index]));
      next[index] = Math.max(-limit, Math.min(limit, next[index] + change));
      choose(next, null, time, false);
    },
    onRest: rest,
    onName(index, name) {
      names.set(index, name);
      return name || given.get(index);
    },
  });
  const map = makeMap({
    Plotly,
    words,
    onHover: hover,
    onLeave: leave,
    onPick({ xy, item }, time) {
      beforePick = home;
      if (item !== null) choose(row(codes.mu, item), item, time);
      else if (plane) choose(plane.toCode(xy, base()), null, time);
    },
    onTakeBack(time) {
      if (history.length > 1 && isHome(history.at(-1))) history.pop();
      choose(beforePick.z, beforePick.item, time);
    },
    onNudge(right, up, time) {
      if (!map.isFlat()) return step(right || up, time);
      // From where the last arrow key pointed: an approximate map would pull back to its dots.
      const at = nudged ?? plane.toPlane(base());
      const [width, height] = map.span();
      const to = [at[0] + right * width * NUDGE, at[1] + up * height * NUDGE];
      choose(plane.toCode(to, base()), null, time);
      nudged = to;
    },
  });
  const own = makeOwnPicture({ words, map, onBack: (code, time) => choose(code, null, time) });
  own.take(scene.own);
  const card = makeCard(map.element, imageShape, {
    text: (item) => items.text(item),
    sign: (item) => legend?.sign(classOf(item)) ?? "",
    image: (item) => (scene.originals && !isDraw(item) ? `${urls.original}/${item}.png` : null),
    draw: (picture, item) => decoder.live && picture.draw(decoder.decode(row(codes.mu, item))),
  });
  let legend = null; // fetched when a map has classes
  const aboveMap = el("div");
  const note = el("p", { class: "le-note" });
  const wander = makeWander(latentDim, show, () => buttons.animating(false));
  const buttons = makeButtons();
  const big = makeBigButton(stage, words, () => ({
    picture: decoded,
    sliders: [...sliders.element.querySelectorAll(".le-slider")].slice(0, IN_BIG),
    below: [meter.element, buttons.element],
  }));
  buttons.element.append(big.element);
  stage.append(
    makeTitle(scene.title),
    el(
      "section",
      { class: "le-left", "aria-label": words.mapPart },
      el("div", { class: "le-map-box" }, aboveMap, map.element),
      note,
    ),
    el(
      "section",
      { class: "le-right", "aria-label": words.picturePart },
      el(
        "div",
        { class: "le-top" },
        el("figure", { class: "le-main" }, decoded),
        el(
          "div",
          { class: "le-side" },
          el(
            "div",
            { class: "le-pair" },
            el(
              "figure",
              {},
              el("div", { class: "le-slot" }, original, noOriginal),
              originalName,
            ),
            el(
              "figure",
              {},
              el("div", { class: "le-slot" }, reconstruction),
              el("figcaption", { text: words.reconstruction, title: words.reconstructionHelp }),
            ),
          ),
          itemName,
          own.button,
          meter.element,
        ),
      ),
      buttons.element,
      decoder.live ? "" : el("p", { class: "le-note", text: words.decodedOnRelease }),
      sliders.element,
      aloud,
    ),
  );
  stage.classList.toggle("le-remote", !decoder.live);
  stage.classList.toggle("le-parts", items.hasParts);

  // ---- the loop ----------------------------------------------------------------------------
  /** Show a code in all three views within this frame. */
  function show(next, time) {
    z = Float32Array.from(next, (v) => Math.round(v * 1e5) / 1e5);
    moments.request(time ?? performance.now(), () => {
      if (decoder.live) decoded.draw(moments.decode(() => decoder.decode(z)));
      sliders.show(z);
      markMap();
      const item = atHome() ? home.item : null;
      meter.show(honesty(codes, z, item));
      lookAtIt();
      markItem();
      stage.dataset.z = JSON.stringify(Array.from(z, (v) => Number(v.toFixed(5))));
    });
  }

  /** Find out how well the model redraws what is shown. */
  function lookAtIt() {
    const image = atHome() ? { item: home.item, own: own.isAt(z) ? own.get() : null } : {};
    redrawn?.look(z, image);
  }

  /** What the first drag does without. */
  async function fetchRest() {
    const { makeRedrawn } = await import("../model/redrawn.js");
    if (gone) return;
    redrawn = makeRedrawn(scene, codes, meter.redrawn);
    lookAtIt();
    items.learnFiles().then(markItem);
  }

  /** Whether what is shown is what is chosen, and not a hover or a walk. */
  const atHome = () => !hovering && !wander.going();

  /** Say of which item original and reconstruction are, and whether it is on show. */
  function markItem() {
    const { item } = home;
    const isElsewhere = item !== null && !atHome();
    stage.classList.toggle("le-elsewhere", isElsewhere);
    const text = item === null ? "" : items.text(item);
    const told = isElsewhere ? fill(words.itemBefore, { item: text }) : text;
    if (itemName.textContent !== told) itemName.textContent = told;
  }

  /** The code that a hand moves on from: what a walk shows, otherwise what is chosen. */
  const base = () => (wander.going() ? z : home.z);

  let picked = { item: null, plane: null, at: null };
  function markMap() {
    if (!plane) return;
    const { item } = home;
    if (picked.item !== item || picked.plane !== plane)
      picked = { item, plane, at: item === null ? null : plane.toPlane(row(codes.mu, item)) };
    map.mark(plane.toPlane(z), picked.at, plane.exact);
  }

  /** Make a code the chosen one. */
  function choose(next, item, time, resting = true) {
    clearTimeout(restTimer);
    wander.stop();
    hovering = false;
    nudged = null;
    card.hide();
    const sameItem = item === home.item;
    home = { z: Float32Array.from(next), item };
    show(home.z, time);
    if (!sameItem) showItem();
    own.offer(home.z);
    if (resting) rest();
  }

  const isHome = (view) =>
    view?.item === home.item && view.z.every((value, i) => value === home.z[i]);

  /** Let Python decode, and draw what comes unless something newer overtook it. */
  function drawLater(code, picture) {
    decoder.decodeLater(code, picture).then(
      (values) => values && picture.draw(values),
      (error) => {
        note.textContent = `${words.notDecoded} ${error.message}`;
      },
    );
  }

  /** The hand rests: tell whoever listens, once, and redraw what is slow. */
  function rest() {
    clearTimeout(restTimer);
    restTimer = setTimeout(() => {
      remember();
      aloud.textContent = meter.text();
      if (!decoder.live) drawLater(home.z, decoded);
      reported = { z: Array.from(home.z, (v) => Number(v.toFixed(5))), item: home.item };
      onRest(reported);
    }, 120);
  }

  /** Keep what is chosen for undo. */
  function remember() {
    if (!isHome(history.at(-1))) history.push(home);
    if (history.length > MOST_UNDONE) history.shift();
    buttons.canUndo(history.length > 1);
  }

  function undo() {
    remember();
    if (history.length < 2) return;
    history.pop();
    const { z: before, item } = history.at(-1);
    choose(before, item);
    buttons.canUndo(history.length > 1);
  }

  /** Go where the address now points, unless that is where we are or where we just came from. */
  function follow(start) {
    const known = [received, reported, home].some((view) => isSame(view, start));
    received = start;
    if (!known) arrive(viewOf(start));
  }

  /** Go where Python says; it need not be told. */
  function arrive({ z: code, item = null }) {
    choose(code, item, performance.now(), false);
    remember();
    reported = home;
    if (!decoder.live) drawLater(home.z, decoded);
  }

  /** The code and item of a start that Python sends: an item, or a code. */
  function viewOf({ z: code, item }) {
    if (item !== null) return { z: Float32Array.from(row(codes.mu, item)), item };
    const placed = own.get();
    if (placed && isSame({ z: placed.z, item }, { z: code, item })) return { z: placed.z, item };
    return { z: Float32Array.from(code ?? new Float32Array(latentDim)), item: null };
  }

  /** Whether two views are the same to the three decimals an address holds. */
  function isSame(one, other) {
    if (!one || one.item !== other.item) return false;
    if (one.item !== null) return true;
    return other.z !== null && one.z?.every((v, i) => Math.abs(v - other.z[i]) < 1e-3);
  }

  /** After wandering, what is shown becomes what is chosen. */
  function settle() {
    choose(z, null);
  }

  function hover({ xy, item, x, y }, time) {
    if (wander.going()) return;
    if (item === null) card.hide();
    else card.show(item, x, y);
    if (!xy || !plane || !decoder.live) return;
    hovering = true;
    show(plane.toCode(xy, home.z), time);
  }

  function leave() {
    card.hide();
    if (!hovering) return;
    hovering = false;
    show(home.z);
  }

  /** Go to the next item that the map shows. */
  function step(by, time) {
    const shown = new Set(map.items());
    const n = codes.mu.shape[0];
    let item = home.item ?? 0;
    do item = (item + by + n) % n;
    while (shown.size > 0 && !shown.has(item));
    choose(row(codes.mu, item), item, time);
  }

  let pictured = null; // address of the original that was asked for last
  /** Show the image behind the code: the item's, or else one's own, which stays while one moves. */
  function showItem() {
    const { item } = home;
    const isPicked = item !== null;
    const has = isPicked && !isDraw(item);
    const mine = isPicked ? null : own.get();
    const code = has ? row(codes.mu, item) : mine?.z;
    if (code && decoder.live) reconstruction.draw(decoder.decode(code));
    if (code && !decoder.live) drawLater(code, reconstruction);
    stage.classList.toggle("le-has-item", Boolean(code));
    stage.classList.toggle("le-has-draw", isPicked && !has);
    const address = mine?.image ?? (has && scene.originals ? `${urls.original}/${item}.png` : null);
    showOriginal(address !== null);
    if (address !== null && address !== pictured) {
      original.removeAttribute("src"); // the last one must not stand under this one's name
      original.src = pictured = address;
    }
    original.alt = originalName.textContent = mine ? words.ownPicture : words.original;
    originalName.title = mine ? words.ownPictureHelp : words.originalHelp;
  }

  /** Another picture of one's own was placed, or it is gone. */
  function showOwn() {
    showItem();
    own.place(plane);
    own.offer(home.z);
  }

  function showOriginal(there) {
    original.hidden = !there;
    noOriginal.hidden = there;
  }

  const classOf = (item) => labels && scene.classNames[labels[item]];

  // ---- small parts -------------------------------------------------------------------------
  function makeButtons() {
    const button = (id, action) =>
      el("button", {
        type: "button",
        class: `le-button le-${id}`,
        "data-testid": id,
        title: words[`${id}Help`],
        text: words[id],
        onclick: action,
      });
    const animate = button("animate", () => {
      if (wander.going()) return settle();
      clearTimeout(restTimer);
      remember();
      hovering = false;
      card.hide();
      buttons.animating(true);
      wander.start(home.z);
    });
    const back = button("undo", undo);
    back.disabled = true;
    animate.disabled = !decoder.live;
    const sample = button("sample", (event) =>
      choose(samplePrior(latentDim), null, event.timeStamp),
    );
    const reset = button("reset", (event) =>
      choose(new Float32Array(latentDim), null, event.timeStamp),
    );
    return {
      element: el("div", { class: "le-buttons" }, sample, reset, animate, back),
      canUndo: (can) => {
        back.disabled = !can;
      },
      animating(on) {
        animate.textContent = on ? words.pause : words.animate;
        animate.setAttribute("aria-pressed", String(on));
      },
    };
  }

  // ---- the map's figure --------------------------------------------------------------------
  let mapShown = "";
  let figure = null;
  let headroom = 0; // kept, so that another colouring does not move the dots
  async function setMap() {
    const { map: method, mapUrl } = scene;
    const url = `${mapUrl}&theme=${themeOf(stage)}`;
    if (url === mapShown) return;
    mapShown = url;
    try {
      const fetched = await fetchJson(url);
      if (url !== mapShown) return;
      await readLegend(fetched);
      if (url !== mapShown) return;
      figure = fetched;
      plane = planeOf(method, codes);
      nudged = null;
      await drawMap();
    } catch (error) {
      if (url !== mapShown) return;
      mapShown = "";
      mapFailed(error);
    }
  }

  function mapFailed(error) {
    note.textContent = `${words.mapFailed} ${error.message}`;
    console.error(error);
  }

  async function readLegend(figure) {
    if (figure.layout.showlegend && !legend) {
      const { makeLegend } = await import("../parts/legend.js");
      legend ??= makeLegend(words, () => drawMap().catch(mapFailed));
      aboveMap.replaceChildren(legend.element);
    }
    legend?.read(figure);
  }

  /** Draw the figure with the classes that the legend shows, unless a later one takes its place. */
  async function drawMap() {
    const { data, layout } = figure;
    headroom = Math.max(headroom, layout.margin.t, legend?.height() ?? 0);
    const isThere = await map.show({
      data: data.map((trace) => ({ ...trace, visible: !legend?.hides(trace) })),
      layout: { ...layout, showlegend: false, margin: { ...layout.margin, t: headroom } },
    });
    if (!isThere) return;
    note.textContent = mapNote();
    markMap();
    own.place(plane);
  }

  /** What a place on this map is, and what one can do there. */
  function mapNote() {
    const note = () => {
      if (!map.isFlat()) return "mapSpace";
      if (!decoder.live) return "mapOnRelease";
      return plane.exact ? "mapExact" : "mapApproximate";
    };
    const told = words[map.isTouched() ? `${note()}Touch` : note()];
    const before = [codes.drawn && words.drawsNote, items.hasParts && words.partsNote];
    return [...before, told].filter(Boolean).join(" ");
  }

  const onUndoKey = (event) => {
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndo || event.target.closest("input:not([type=range]), textarea")) return;
    event.preventDefault();
    undo();
  };
  document.addEventListener("keydown", onUndoKey);
  const stopWatching = watchTheme(setMap);

  // ---- first picture -----------------------------------------------------------------------
  home = viewOf(scene.start);
  history.push(home);
  show(home.z);
  showItem();
  own.offer(home.z);
  if (!decoder.live) drawLater(home.z, decoded);

  const ready = setMap();
  ready.then(fetchRest);

  return {
    ready,
    /** Take what Python sends anew: another map, or another place in the address. */
    update(next) {
      scene = { ...scene, map: next.map, mapUrl: next.mapUrl };
      const isNew = own.take(next.own);
      if (isNew && own.get()) arrive(own.get());
      else follow(next.start);
      if (isNew) showOwn();
      setMap();
    },
    destroy() {
      gone = true;
      mapShown = null;
      clearTimeout(restTimer);
      wander.stop();
      moments.cancel();
      redrawn?.destroy();
      sliders.stop();
      projector?.stop();
      stopWatching();
      map.destroy();
      big.destroy();
      document.removeEventListener("keydown", onUndoKey);
    },
  };
}

function planeOf(method, codes) {
  if (method === "tsne") return tsnePlane(codes);
  if (method.startsWith("z")) return coordinatePlane(...method.slice(1).split("-").map(Number));
  return pcaPlane(codes, method === "pca3" ? 3 : 2);
}
