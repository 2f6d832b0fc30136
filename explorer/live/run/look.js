// @ts-check
/** A snapshot of a run: the map and pictures, or only pictures if there is no encoder. */

import { readArrays } from "../latent/latent.js";
import { fetchBytes, fetchJson } from "../model/loading.js";
import { el } from "../parts/dom.js";
import { themeOf, watchTheme } from "../parts/theme.js";
import { RunMap } from "./map.js";
import { makeParts } from "./parts.js";
import { Bars, makeGallery } from "./pictures.js";

/** @import { View } from "../types.js" */
/** @import { RunGiven } from "./page.js" */

const RETRY_MS = 1_500;

/** @implements {View} */
export class SnapshotLook {
  /** Map and pictures. */
  element;
  bars;
  #given;
  #stopWatching;
  #map;
  #parts;
  #originals;
  #reconstructions;
  #samples;
  /** @type {Promise<any>|null} */
  #opened = null;
  #again = 0; // timer
  #gone = false;

  /** @param {RunGiven} given */
  constructor(given) {
    const { page, words, plotly } = given;
    this.#given = given;
    this.#map = new RunMap(plotly, words);
    this.#parts = makeParts(words.parts, () => this.#repaint());
    this.#originals = makeGallery(words.originals, "run-originals");
    this.#reconstructions = makeGallery(words.reconstructions, "run-reconstructions");
    this.#samples = makeGallery(words.samples, "run-samples");
    this.bars = new Bars(words);
    this.element = this.#layOut();
    this.#stopWatching = watchTheme(page, () => this.#opened && this.#repaint());
  }

  #layOut() {
    const { words, scene } = this.#given;
    const pictures = [this.#originals, this.#reconstructions, this.#samples];
    const place = el("div", { class: "le-run-place" }, this.#map.element, this.#parts.element);
    const elements = pictures.map(({ element }) => element);
    const alone = [this.#samples.element, el("p", { text: words.noEncoder })];
    return scene.hasEncoder
      ? el("section", { class: "le-run-look" }, place, el("div", {}, ...elements))
      : el("section", { class: "le-run-alone" }, ...alone);
  }

  show() {
    const { scene, run } = this.#given;
    const { shot, glideMs } = run;
    if (!shot) return;
    this.#samples.draw(shot.samples);
    if (!scene.hasEncoder) return this.#becomeReady();
    this.#reconstructions.draw(shot.x_hat);
    this.bars.draw(shot.kl.values, shot.variance.values);
    this.#showOnMap(glideMs);
  }

  /** The whole snapshot is shown. */
  #becomeReady() {
    this.#given.page.dataset.ready = "true";
  }

  /** Fetch the map once more: in another theme, or of another part of the images. */
  #repaint() {
    this.#openMap().catch(console.error);
  }

  destroy() {
    this.#gone = true;
    this.#stopWatching();
    clearTimeout(this.#again);
    this.#map.destroy();
  }

  /** Fetch what all snapshots share, once; pictures do not wait for it. */
  #opening() {
    this.#opened ??= Promise.all([this.#openItems(), this.#openMap()]).catch((error) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #openItems() {
    const { x, held_out: heldOut } = readArrays(await fetchBytes(this.#given.scene.urls.items));
    this.#originals.draw(x);
    this.#parts.offer(heldOut);
  }

  async #openMap() {
    const { page, scene } = this.#given;
    const url = `${scene.urls.map}?theme=${themeOf(page)}&part=${this.#parts.chosen()}`;
    const figure = await fetchJson(url);
    if (!this.#gone) await this.#map.open(figure);
  }

  /** @param {number} glideMs time for the dots to get there */
  async #showOnMap(glideMs) {
    clearTimeout(this.#again);
    const isThere = await this.#opening().then(
      () => true,
      () => false,
    );
    if (this.#gone) return;
    const { run } = this.#given;
    run.lose("map", !isThere);
    if (!isThere) {
      this.#again = setTimeout(() => this.#showOnMap(0), RETRY_MS);
      return;
    }
    this.#map.show(run.shot?.xy.values, glideMs);
    this.#becomeReady();
  }
}
