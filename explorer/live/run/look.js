// @ts-check
/** What a snapshot of a run shows: the map and pictures, or pictures alone where nothing is encoded. */

import { readArrays } from "../latent/latent.js";
import { fetchBytes, fetchJson } from "../model/loading.js";
import { el } from "../parts/dom.js";
import { themeOf } from "../parts/theme.js";
import { RunMap } from "./map.js";
import { makeParts } from "./parts.js";
import { makeBars, makeGallery } from "./pictures.js";

/** @import { RunScene } from "../types.js" */

const RETRY_MS = 1_500;

export class SnapshotLook {
  /** Map and pictures. */
  element;
  bars;
  #scene;
  #run;
  #on;
  #map;
  #parts;
  #originals;
  #reconstructions;
  #samples;
  /** @type {any} the snapshot that is shown */
  #shown = null;
  /** @type {Promise<any>|null} */
  #opened = null;
  #again = 0; // timer
  #gone = false;

  /**
   * @param {HTMLElement} run
   * @param {RunScene} scene
   * @param {Promise<Object>} plotly
   * @param {Object} on
   * @param {function(boolean): void} on.lost whether the map could not be fetched
   * @param {function(): void} on.ready all of the snapshot is shown
   */
  constructor(run, scene, plotly, on) {
    const { words, hasEncoder } = scene;
    [this.#run, this.#scene, this.#on] = [run, scene, on];
    this.#map = new RunMap(plotly, words);
    this.#parts = makeParts(words.parts, () => this.#openMap().catch(console.error));
    this.#originals = makeGallery(words.originals, "run-originals");
    this.#reconstructions = makeGallery(words.reconstructions, "run-reconstructions");
    this.#samples = makeGallery(words.samples, "run-samples");
    this.bars = makeBars(words);
    const pictures = [this.#originals, this.#reconstructions, this.#samples];
    const place = el("div", { class: "le-run-place" }, this.#map.element, this.#parts.element);
    this.element = hasEncoder
      ? el(
          "section",
          { class: "le-run-look" },
          place,
          el("div", {}, ...pictures.map(({ element }) => element)),
        )
      : el(
          "section",
          { class: "le-run-alone" },
          this.#samples.element,
          el("p", { text: words.noEncoder }),
        );
  }

  /** @param {Object<string, any>} shot @param {number} glideMs time for the dots to get there */
  show(shot, glideMs) {
    this.#shown = shot;
    this.#samples.draw(shot.samples);
    if (!this.#scene.hasEncoder) return this.#on.ready();
    this.#reconstructions.draw(shot.x_hat);
    this.bars.draw(shot.kl.values, shot.variance.values);
    this.#showOnMap(glideMs);
  }

  /** The theme has changed. */
  repaint() {
    if (this.#opened) this.#openMap().catch(console.error);
  }

  destroy() {
    this.#gone = true;
    clearTimeout(this.#again);
    this.#map.destroy();
  }

  /** Fetch once what all snapshots share; the pictures of a snapshot do not wait for that. */
  #opening() {
    this.#opened ??= Promise.all([this.#openItems(), this.#openMap()]).catch((error) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #openItems() {
    const { x, held_out: heldOut } = readArrays(await fetchBytes(this.#scene.urls.items));
    this.#originals.draw(x);
    this.#parts.offer(heldOut);
  }

  async #openMap() {
    const { map } = this.#scene.urls;
    const url = `${map}?theme=${themeOf(this.#run)}&part=${this.#parts.chosen()}`;
    const figure = await fetchJson(url);
    if (!this.#gone) await this.#map.open(figure);
  }

  /** @param {number} glideMs */
  async #showOnMap(glideMs) {
    clearTimeout(this.#again);
    const isThere = await this.#opening().then(
      () => true,
      () => false,
    );
    if (this.#gone) return;
    this.#on.lost(!isThere);
    if (!isThere) {
      this.#again = setTimeout(() => this.#showOnMap(0), RETRY_MS);
      return;
    }
    this.#map.show(this.#shown.xy.values, glideMs);
    this.#on.ready();
  }
}
