// @ts-check
/** The map of the items with the code on it, and what pointing, clicking and keys there do. */

import { makeCard } from "../parts/card.js";
import { el } from "../parts/dom.js";
import { PlotMap } from "../parts/map.js";
import { watchTheme } from "../parts/theme.js";
import { MapFigure } from "./figure.js";

/** @import { CodeChange, Figure, Given, Plane, StageScene, View } from "../types.js" */
/** @typedef {ReturnType<import("./own-picture.js").makeOwnPicture>} Own */
/** @typedef {{xy: number[]|null, item: number|null}} Spot a place, a dot or both */

/** How far an arrow key moves on the map, as a share of the visible range. */
const NUDGE = 0.02;

/** @implements {View} */
export class MapView {
  element;
  /** @type {Promise<void>} the first map is there */
  ready;
  #given;
  #map;
  #card;
  #figure;
  #stopWatching;
  /** @type {Pick<StageScene, "map"|"mapUrl">} */
  #wanted;
  /** @type {{item: number|null, plane: Plane|null, at: ArrayLike<number>|null}} */
  #picked = { item: null, plane: null, at: null };
  /** @type {ArrayLike<number>|null} where on the map the arrow keys have led */
  #nudged = null;

  /** @param {Given & {own: Own, Plotly: Object, note: HTMLElement}} given */
  constructor(given) {
    const { scene, model, code, words, own } = given;
    this.#given = given;
    this.#map = new PlotMap({
      Plotly: given.Plotly,
      words,
      onHover: (spot, time) => this.#hover(spot, time),
      onLeave: () => this.#leave(),
      onPick: (spot, time) => this.#pick(spot, time),
      onTakeBack: (time) => code.takeBack(time),
      onNudge: (right, up, time) => this.#nudge(right, up, time),
    });
    this.#figure = new MapFigure(given, (figure) => this.#showFigure(figure));
    this.#card = makeCard(this.#map.element, model.sample, {
      text: (item) => model.items.text(item),
      sign: (item) => this.#figure.sign(model.items.classOf(item)),
      image: (item) => (model.items.isDraw(item) ? null : model.source.original(item)),
      draw: (picture, item) => model.isLive && picture.draw(model.decode(model.items.codeOf(item))),
    });
    const box = el("div", { class: "le-map-box" }, this.#figure.above, this.#map.element);
    this.element = el(
      "section",
      { class: "le-left", "aria-label": words.mapPart },
      box,
      given.note,
    );
    code.subscribe((change) => this.#heed(change));
    own.onChange(() => this.#pinOwn());
    this.#wanted = scene;
    this.#stopWatching = watchTheme(given.stage, () => this.#open());
    this.ready = this.#open();
  }

  /** @param {StageScene} next maybe with another map */
  update(next) {
    this.#wanted = next;
    this.#open();
  }

  #open() {
    return this.#figure.open(this.#wanted.map, this.#wanted.mapUrl);
  }

  get #plane() {
    return this.#figure.plane;
  }

  /** Mark where the code that is shown lies, and where the item does. */
  show() {
    const plane = this.#plane;
    if (!plane) return;
    const { code, model } = this.#given;
    const { item } = code;
    if (this.#picked.item !== item || this.#picked.plane !== plane) {
      const at = item === null ? null : plane.toPlane(model.items.codeOf(item));
      this.#picked = { item, plane, at };
    }
    this.#map.mark(plane.toPlane(code.z), this.#picked.at, plane.exact);
  }

  destroy() {
    this.#stopWatching();
    this.#figure.destroy();
    this.#map.destroy();
  }

  /** @param {CodeChange} change */
  #heed({ kind, by }) {
    if (kind === "set") this.#nudged = null;
    if (kind === "set" || by === "walk") this.#card.hide();
  }

  /** @param {Spot & {x: number, y: number}} spot @param {number} time */
  #hover({ xy, item, x, y }, time) {
    const { code, model } = this.#given;
    if (code.previewedBy === "walk") return;
    if (item === null) this.#card.hide();
    else this.#card.show(item, x, y);
    if (!xy || !this.#plane || !model.isLive) return;
    code.preview(this.#plane.toCode(xy, code.home.z), { by: "hover", time });
  }

  #leave() {
    this.#card.hide();
    this.#given.code.endHover();
  }

  /** @param {Spot} spot @param {number} time */
  #pick({ xy, item }, time) {
    const { code, model } = this.#given;
    if (item !== null) code.set(model.items.codeOf(item), { item, by: "pick", time });
    else if (xy && this.#plane) code.set(this.#plane.toCode(xy, code.base), { by: "pick", time });
  }

  /** @param {number} right steps @param {number} up steps @param {number} time */
  #nudge(right, up, time) {
    const { code } = this.#given;
    if (!this.#map.isFlat()) return this.#step(right || up, time);
    const plane = /** @type {Plane} */ (this.#plane);
    // From where the last arrow key pointed: an approximate map would pull back to its dots.
    const [x, y] = Array.from(this.#nudged ?? plane.toPlane(code.base));
    const [width, height] = this.#map.span();
    const to = [x + right * width * NUDGE, y + up * height * NUDGE];
    code.set(plane.toCode(to, code.base), { time });
    this.#nudged = to;
  }

  /** Go to the next item that the map shows. @param {number} by @param {number} time */
  #step(by, time) {
    const { code, model } = this.#given;
    const shown = new Set(this.#map.items());
    const n = model.items.count;
    let item = code.item ?? 0;
    do item = (item + by + n) % n;
    while (shown.size > 0 && !shown.has(item));
    code.set(model.items.codeOf(item), { item, time });
  }

  /** @param {Figure} figure */
  async #showFigure(figure) {
    this.#nudged = null;
    if (!(await this.#map.show(figure))) return; // a later one took its place
    this.#given.note.textContent = this.#note();
    this.show();
    this.#pinOwn();
  }

  #pinOwn() {
    const { own } = this.#given;
    const z = own.get()?.z;
    this.#map.pin(own.pin, z && this.#plane ? this.#plane.toPlane(z) : null);
  }

  /** The note below the map: what a place on it means, and how to use it. */
  #note() {
    const { model, words } = this.#given;
    const name = !this.#map.isFlat()
      ? "mapSpace"
      : !model.isLive
        ? "mapOnRelease"
        : this.#plane?.exact
          ? "mapExact"
          : "mapApproximate";
    const what = words[this.#map.isTouched() ? `${name}Touch` : name];
    const before = [
      model.items.hasDraws && words.drawsNote,
      model.items.hasParts && words.partsNote,
    ];
    return [...before, what].filter(Boolean).join(" ");
  }
}
