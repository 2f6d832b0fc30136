// @ts-check
/**
 * The Explore page: one latent code, seen as a place on the map, as sliders and as a picture.
 * When one moves, the others follow in the same frame. Lists its views and lays them out.
 */

import { joinStates } from "../code/address.js";
import { makeEcho } from "../code/echo.js";
import { makeMoments } from "../code/moments.js";
import { mountPage } from "../code/mounting.js";
import { CodeStore } from "../code/store.js";
import { loadPlotly } from "../model/loading.js";
import { loadModel } from "../model/model.js";
import { makeBigButton } from "../parts/big-button.js";
import { el } from "../parts/dom.js";
import { makeButtons } from "./buttons.js";
import { makeDecoded } from "./decoded.js";
import { makeHonesty } from "./honesty.js";
import { MapView } from "./map-view.js";
import { makeOutline } from "./outline.js";
import { makeOwnPicture } from "./own-picture.js";
import { makePair } from "./pair.js";
import { makeCodeSliders } from "./sliders.js";
import { makeTitle } from "./title.js";

/** @import { Choice, Given, Model, StageScene, Start, View } from "../types.js" */
/** @typedef {Awaited<ReturnType<typeof load>>} Loaded */
/** @typedef {ReturnType<typeof makeOwnPicture>} Own */

/** How many sliders the big picture borrows: the most informative ones. */
const IN_BIG = 3;

/**
 * Build the page in `root`.
 * @param {HTMLElement} root an empty element
 * @param {StageScene} scene what to show
 * @param {function(Start): void} onRest the hand let go
 */
export function mount(root, scene, onRest) {
  const stage = el("div", { "data-testid": "stage", class: "le-stage", "data-model": scene.model });
  return mountPage(root, scene, {
    element: stage,
    waiting: makeOutline(scene),
    load,
    open: (loaded, latest) => openPage(stage, latest, loaded, onRest),
  });
}

/** Fetch all that the page runs on, at once; tools only where there are some. @param {StageScene} scene */
async function load(scene) {
  const [model, Plotly, tools] = await Promise.all([
    loadModel(scene),
    loadPlotly(scene.urls.plotly),
    scene.tools.length ? import("./tools.js") : null,
  ]);
  return { model, Plotly, makeTools: tools?.makeTools };
}

/**
 * @param {HTMLElement} stage
 * @param {StageScene} scene
 * @param {Loaded} loaded
 * @param {function(Start): void} onRest
 */
function openPage(stage, scene, { model, Plotly, makeTools }, onRest) {
  stage.dataset.engine = model.network?.engine ?? "";
  const code = new CodeStore(choiceOf(scene.start, model, scene.own));
  const ofCode = {
    get: () => ({ ...placeOf(code, model), tools: {} }), // which the view of the tools replaces
    set: (/** @type {any} */ start) => code.arrive(choiceOf(start, model, own.get())),
  };
  const given = makeGiven(stage, scene, model, code);
  const own = makeOwnPicture(given, scene.own);
  /** @type {Omit<View, "element">[]} */
  const list = [];
  const show = showInFrames(given, list); // subscribes before the views do
  const views = makeViews({ ...given, own, Plotly, makeTools }, list);
  layOut(given, own, views);
  show();
  views.tools?.state?.set(scene.start);
  const state = joinStates("explore", [{ state: ofCode }, ...list]);
  const here = () => /** @type {Start} */ (state.get());
  const echo = makeEcho(scene.start, isSame);
  code.subscribe((change) => {
    if (change.kind !== "rest") return;
    for (const view of list) view.rest?.(change);
    echo.tell(here());
    if (change.by === "hand") onRest(here());
  });
  const { ready } = views.map;
  ready.then(() => given.becomeIdle());
  return {
    ready,
    /** Take a new scene from Python: another map, or another place in the address. */
    update(/** @type {StageScene} */ next) {
      const isNew = own.take(next.own);
      const mine = own.get();
      const isNews = echo.isNews(next.start, here());
      if (isNew && mine) code.arrive({ z: mine.z, item: null });
      else if (isNews) state.set(next.start);
      for (const view of list) view.update?.(next);
    },
    destroy() {
      given.becomeIdle(false);
      given.frames.cancel();
      for (const view of list) view.destroy?.();
      code.destroy();
    },
  };
}

/**
 * What all views are given.
 * @param {HTMLElement} stage
 * @param {StageScene} scene
 * @param {Model} model
 * @param {CodeStore} code
 */
function makeGiven(stage, scene, model, code) {
  const note = el("p", { class: "le-note" });
  /** @type {function(string, Error): void} */
  const fail = (what, error) => {
    note.textContent = `${what} ${error.message}`;
    console.error(error);
  };
  /** @type {(function(): any)[]} */
  const later = [];
  return {
    stage,
    scene,
    words: scene.words,
    model,
    code,
    note,
    fail,
    frames: makeMoments(),
    /** @type {Given["paint"]} */
    paint(picture, z) {
      if (model.isLive) return picture.draw(model.decode(z));
      model.decodeLater(z, picture).then(
        (values) => values && picture.draw(values),
        (error) => fail(scene.words.notDecoded, error),
      );
    },
    /** @type {Given["idle"]} */
    idle: (work) => void later.push(work),
    /** The page is usable: run the work that could wait, unless the page is gone. */
    becomeIdle(isThere = true) {
      const works = later.splice(0);
      if (isThere) for (const work of works) work();
    },
  };
}

/**
 * @param {Given & {own: Own, note: HTMLElement} & Pick<Loaded, "Plotly"|"makeTools">} given
 * @param {Omit<View, "element">[]} list takes the views, in the order in which a frame draws them
 */
function makeViews(given, list) {
  const parts = {
    decoded: makeDecoded(given),
    sliders: makeCodeSliders(given),
    map: new MapView(given),
    honesty: makeHonesty(given),
    pair: makePair(given),
    buttons: makeButtons(given),
  };
  const { decoded, sliders, honesty, buttons } = parts;
  const big = makeBigButton(given.stage, given.words, () => ({
    picture: decoded.picture,
    sliders: [...sliders.element.querySelectorAll(".le-slider")].slice(0, IN_BIG),
    below: [honesty.element, buttons.element],
  }));
  const tools = given.makeTools?.(given, given.scene.tools);
  buttons.element.append(big.element, ...(tools?.buttons ?? []));
  list.push(...Object.values(parts), big, ...(tools ? [tools] : []));
  return { ...parts, tools };
}

/**
 * @param {Given} given
 * @param {Own} own
 * @param {ReturnType<typeof makeViews>} views
 */
function layOut({ stage, scene, model, words }, own, views) {
  const { decoded, sliders, map, honesty, pair, buttons, tools } = views;
  const side = el(
    "div",
    { class: "le-side" },
    pair.element,
    pair.itemName,
    own.button,
    honesty.element,
  );
  stage.append(
    makeTitle(scene.title),
    map.element,
    el(
      "section",
      { class: "le-right", "aria-label": words.picturePart },
      el("div", { class: "le-top" }, decoded.element, side),
      buttons.element,
      ...(tools?.panels ?? []),
      model.isLive ? "" : el("p", { class: "le-note", text: words.decodedOnRelease }),
      sliders.element,
      honesty.aloud,
    ),
  );
  stage.classList.toggle("le-remote", !model.isLive);
  stage.classList.toggle("le-parts", model.items.hasParts);
}

/**
 * Show every code that is chosen or previewed in all views within one frame.
 * @param {Given} given
 * @param {Pick<View, "show">[]} views
 * @returns {function(): void} does so now
 */
function showInFrames({ stage, code, frames }, views) {
  const show = (time = performance.now()) =>
    frames.request(time, () => {
      for (const view of views) view.show?.();
      stage.dataset.z = JSON.stringify(rounded(code.z));
    });
  code.subscribe(({ kind, time }) => {
    if (kind === "set" || kind === "preview") show(time);
  });
  return show;
}

/**
 * Where the code is, as the address says it.
 * @param {CodeStore} code
 * @param {Model} model
 * @returns {{z: number[], item: number|null}}
 */
function placeOf({ home, item }, { items }) {
  return { z: rounded(home.z), item: item === null ? null : items.numberOf(item) };
}

/** @param {Float32Array} z */
const rounded = (z) => Array.from(z, (v) => Number(v.toFixed(5)));

/**
 * The code and item of a start that Python sends: an item, or a code.
 * @param {Start} start
 * @param {Model} model
 * @param {{z: ArrayLike<number>}|null} own
 * @returns {Choice}
 */
function choiceOf({ z, item: number }, { items, latentDim }, own) {
  const item = number === null ? null : items.withNumber(number);
  if (item !== null) return { z: Float32Array.from(items.codeOf(item)), item };
  const exact = own && isNear(own.z, z) ? own.z : z; // the address rounds
  return { z: Float32Array.from(exact ?? new Float32Array(latentDim)), item: null };
}

/**
 * Whether an address says the same of two places.
 * @param {Start} one
 * @param {Start} other
 */
function isSame(one, other) {
  const isOfTools = JSON.stringify(one.tools) === JSON.stringify(other.tools);
  return isOfTools && one.item === other.item && (one.item !== null || isNear(one.z, other.z));
}

/**
 * Whether two codes are the same to the three decimals that an address holds.
 * @param {ArrayLike<number>|null} one
 * @param {ArrayLike<number>|null} other
 */
function isNear(one, other) {
  return !!one && !!other && Array.from(one).every((v, i) => Math.abs(v - other[i]) < 1e-3);
}
