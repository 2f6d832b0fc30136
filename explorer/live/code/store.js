// @ts-check
/**
 * The one latent code of a page: the one that is chosen, the one that is shown, and the way back.
 * A preview shows a code without choosing it, as a hover over the map or a walk does.
 * Knows no DOM; node can run it.
 */

/** @import { Choice, CodeChange } from "../types.js" */

const MOST_UNDONE = 100;
const REST_MS = 120; // without a move, after which the hand rests
const DIGITS = 1e5; // what is shown is rounded to five decimals

export class CodeStore {
  /** @type {Float32Array} what is shown, (d,), in prior standard deviations */
  z;
  /** @type {Choice} what is chosen: where a preview returns to */
  home;
  /** @type {"hover"|"walk"|null} what shows a code that is not chosen */
  previewedBy = null;
  /** @type {Choice} what was chosen before the last pick on the map */
  #beforePick;
  /** @type {Choice[]} the newest last */
  #past;
  /** @type {Choice[]} what was undone, the nearest last */
  #future = [];
  #timer = 0;
  /** @type {Set<function(CodeChange): void>} */
  #listeners = new Set();

  /** @param {Choice} start */
  constructor(start) {
    this.home = this.#beforePick = start;
    this.z = rounded(start.z);
    this.#past = [start];
  }

  /** The item whose code is chosen, or null. */
  get item() {
    return this.home.item;
  }

  get canUndo() {
    return this.#past.length > 1;
  }

  /** The code that a hand moves on from: what a walk shows, otherwise what is chosen. */
  get base() {
    return this.previewedBy === "walk" ? this.z : this.home.z;
  }

  /**
   * Listen to changes, until what is returned is called.
   * @param {function(CodeChange): void} listener
   * @returns {function(): void}
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Choose a code.
   * @param {ArrayLike<number>} z (d,)
   * @param {Object} [how]
   * @param {number|null} [how.item] the item whose code it is
   * @param {string} [how.by] what chose it; what is chosen by "pick" can be taken back
   * @param {number} [how.time] when that happened
   * @param {boolean} [how.rests] whether the hand lets go with that
   */
  set(z, { item = null, by = "", time = performance.now(), rests = true } = {}) {
    clearTimeout(this.#timer);
    if (by === "pick") this.#beforePick = this.home;
    const isNewItem = item !== this.home.item;
    this.home = { z: Float32Array.from(z), item };
    this.previewedBy = null;
    this.z = rounded(z);
    this.#tell({ kind: "set", by, time, isNewItem });
    if (rests) this.rest();
  }

  /**
   * Show a code without choosing it.
   * @param {ArrayLike<number>} z (d,)
   * @param {{by: "hover"|"walk", time?: number}} how
   */
  preview(z, { by, time = performance.now() }) {
    this.previewedBy = by;
    this.z = rounded(z);
    this.#tell({ kind: "preview", by, time });
  }

  /** Show what is chosen again, if a hover shows something else. */
  endHover() {
    if (this.previewedBy !== "hover") return;
    this.previewedBy = null;
    this.z = rounded(this.home.z);
    this.#tell({ kind: "preview", by: "home", time: performance.now() });
  }

  /** The hand lets go: soon after, unless it moves on, what is chosen is kept for undo. */
  rest() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.keep();
      this.#tell({ kind: "rest", by: "hand" });
    }, REST_MS);
  }

  /** Go where the address says, at once. @param {Choice} choice */
  arrive({ z, item }) {
    this.set(z, { item, by: "address", rests: false });
    this.keep();
    this.#tell({ kind: "rest", by: "address" });
  }

  /** Keep what is chosen for undo. */
  keep() {
    clearTimeout(this.#timer);
    if (!isSame(this.#past.at(-1), this.home)) {
      this.#past.push(this.home);
      this.#future = [];
    }
    if (this.#past.length > MOST_UNDONE) this.#past.shift();
    this.#tell({ kind: "history" });
  }

  undo() {
    this.keep();
    if (!this.canUndo) return;
    this.#future.push(/** @type {Choice} */ (this.#past.pop()));
    this.#return(/** @type {Choice} */ (this.#past.at(-1)));
  }

  redo() {
    this.keep();
    const next = this.#future.pop();
    if (!next) return;
    this.#past.push(next);
    this.#return(next);
  }

  /** Go back to what was chosen before the last pick, which does not count. @param {number} time */
  takeBack(time) {
    if (this.canUndo && isSame(this.#past.at(-1), this.home)) this.#past.pop();
    const { z, item } = this.#beforePick;
    this.set(z, { item, time });
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** @param {Choice} choice */
  #return({ z, item }) {
    this.set(z, { item, by: "undo" });
  }

  /** @param {CodeChange} change */
  #tell(change) {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** @param {ArrayLike<number>} z */
const rounded = (z) => Float32Array.from(z, (value) => Math.round(value * DIGITS) / DIGITS);

/** @param {Choice|undefined} one @param {Choice} other */
const isSame = (one, other) =>
  one?.item === other.item && one.z.every((value, i) => value === other.z[i]);
