// @ts-check
/**
 * What a comparison shows: two items, the seed of the random pictures, and how far the sliders have
 * moved each size of code. Knows no DOM; node can run it.
 */

import { drawOf } from "../latent/draws.js";

/** @import { CompareScene, SharedStart, View } from "../types.js" */
/** @typedef {import("./data.js").LoadedModel} LoadedModel */
/** @typedef {"a"|"b"} Slot */

/**
 * A change: other items or another seed chosen, a slider moved, or the hand let go.
 * @typedef {Object} Change
 * @property {"items"|"seed"|"shift"|"rest"} kind
 * @property {number[]} [positions] models whose code changed
 * @property {number} [time] when it happened
 */

const REST_MS = 120; // without a move until the hand counts as resting

export class Comparison {
  /** @type {LoadedModel[]} */
  models;
  /** @type {Set<number>} items that all models which share any have, by their numbers */
  common;
  /** @type {number[]} those that one steps through: no model learned from them */
  items;
  /** @type {Record<Slot, number|null>} */
  picked = { a: null, b: null };
  /** @type {Slot} which of them a pick changes */
  slot = "a";
  seed = 0;
  /** @type {Float32Array[]} for each size of code, (d,) */
  shifts;
  #sizes;
  #firstItem;
  #everyone;
  #timer = 0;
  /** @type {Set<function(Change): void>} */
  #listeners = new Set();

  /** @param {CompareScene} scene @param {LoadedModel[]} models @param {number[]} common */
  constructor({ sizes, firstItem }, models, common) {
    this.models = models;
    this.common = new Set(common);
    this.items = common.filter((id) => !this.hasLearnt(id));
    this.shifts = sizes.map(({ latentDim }) => new Float32Array(latentDim));
    this.#sizes = sizes;
    this.#firstItem = firstItem;
    this.#everyone = models.map((_, i) => i);
  }

  /** A model that shares items with others, if one does. */
  get sharer() {
    return this.models.find((model) => model.shares);
  }

  /** The class of an item, or null. @param {number} id */
  classOf(id) {
    return this.sharer?.classOf(id) ?? null;
  }

  /** Whether any model learned from an item. @param {number} id */
  hasLearnt(id) {
    return this.models.some((model) => model.shares && model.hasLearnt(id));
  }

  /**
   * The code that a model shows: that of item A, or else the first random one, plus the shift.
   * @param {number} position of the model
   */
  codeOf(position) {
    const model = this.models[position];
    const { a } = this.picked;
    const start = model.shares && a !== null ? model.codeOf(a) : null;
    const shift = this.shifts[this.#sizes.findIndex((size) => size.models.includes(position))];
    return Float32Array.from(
      start ?? drawOf(this.seed, 0, model.latentDim),
      (v, i) => v + shift[i],
    );
  }

  /** @param {function(Change): void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
  }

  /** Choose an item for the slot. @param {number} id @param {number} time */
  pick(id, time) {
    this.picked = { ...this.picked, [this.slot]: id };
    this.#tell({ kind: "items", positions: this.#everyone, time });
    this.rest();
  }

  /** Choose the item before or after. @param {number} by @param {number} time */
  step(by, time) {
    const { items } = this;
    if (!items.length) return;
    const at = items.indexOf(/** @type {number} */ (this.picked[this.slot]));
    this.pick(items[(at + by + items.length) % items.length], time);
  }

  /** Choose some item. @param {number} time */
  pickAny(time) {
    this.pick(this.items[Math.floor(Math.random() * this.items.length)], time);
  }

  /** Sample other random pictures. */
  sampleAgain() {
    this.seed += 1;
    this.#tell({ kind: "seed", positions: this.#everyone });
    this.rest();
  }

  /**
   * Move the codes of one size along one dimension.
   * @param {number} size which size, by position
   * @param {number} index the dimension
   * @param {number} value how far from where they were
   * @param {number} time
   */
  move(size, index, value, time) {
    this.shifts[size][index] = value;
    this.#tell({ kind: "shift", positions: this.#sizes[size].models, time });
  }

  /** Move all codes back. @param {number} time */
  moveBack(time) {
    for (const shift of this.shifts) shift.fill(0);
    this.#tell({ kind: "shift", positions: this.#everyone, time });
    this.rest();
  }

  /** The hand lets go; listeners are told shortly after, unless it moves on. */
  rest() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell({ kind: "rest" }), REST_MS);
  }

  /** What the address keeps of it. @type {Required<View>["state"]} */
  state = {
    get: () => ({
      item: this.picked.a,
      item2: this.picked.b,
      seed: this.seed,
      z: this.shifts.map((shift) => Array.from(shift, (v) => Number(v.toFixed(2)))),
    }),
    set: (place) => this.#go(/** @type {SharedStart} */ (place)),
  };

  destroy() {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  /** @param {SharedStart} start */
  #go({ item, item2, seed, z }) {
    const known = (/** @type {number|null} */ id) =>
      id !== null && this.common.has(id) ? id : null;
    const a = known(item) ?? known(this.#firstItem) ?? this.items[0] ?? null;
    this.picked = { a, b: known(item2) ?? this.#unlike(a) };
    this.shifts.forEach((shift, s) => shift.set(z[s] ?? new Float32Array(shift.length)));
    this.seed = seed;
    this.#tell({ kind: "seed", positions: this.#everyone });
    this.#tell({ kind: "items", positions: this.#everyone });
  }

  /** An item of another class, if there is one, so that the path leads somewhere. */
  #unlike(/** @type {number|null} */ id) {
    if (id === null) return null;
    const at = this.items.indexOf(id);
    const others = [...this.items.slice(at + 1), ...this.items.slice(0, Math.max(0, at))];
    const own = this.classOf(id);
    return others.find((other) => this.classOf(other) !== own) ?? others[0] ?? id;
  }

  /** @param {Change} change */
  #tell(change) {
    for (const listener of this.#listeners) listener(change);
  }
}
