// @ts-check
/** The random codes of each model, and which of them fall into holes. */

import { row } from "../latent/latent.js";
import { decimal, el, fill } from "../parts/dom.js";
import { watchTheme } from "../parts/theme.js";
import { makePicture } from "../samples/image.js";
import { DotPlane, paintHoles } from "./plane.js";

/** @import { LoadedModel } from "./data.js" */
/** @import { CompareGiven, ComparePart } from "./page.js" */

const REACH = 3; // prior standard deviations, as in latent/holes.py, and so is the next
const HOLE_BELOW = 0.2;
const FEW = 500; // codes; with fewer, even the nearest ones are far

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeHoles(given) {
  const { page, words, shared, frame } = given;
  const holes = shared.models.map((_, i) => new HoleView(given, i));
  let isPainted = false;
  function paint() {
    isPainted = true;
    for (const { plane } of holes) plane.paint();
  }
  return {
    element: frame.section("holes", {}, frame.columns(holes.map(({ element }) => element))),
    show: () => isPainted || paint(),
    state: {
      get: () => ({ spots: holes.map(({ spot }) => spot) }),
      set: ({ spots }) => holes.forEach((view, i) => view.go(spots[i] ?? null)),
    },
    destroy: watchTheme(page, paint),
    band: {
      title: words.holes,
      height: 310,
      cells: holes.map(({ plane }) => () => ({ plane })),
    },
  };
}

/** The random codes of one model. */
class HoleView {
  element;
  plane;
  #model;
  #words;
  #picture;
  #verdict = el("p", { class: "le-verdict" });
  /** @type {number[]} random codes, from the deepest hole on */
  #order;
  #spot;
  /** @type {number|null} */
  #shown = null;
  #onRest;

  /** @param {CompareGiven} given @param {number} position of the model */
  constructor({ scene, words, shared }, position) {
    this.#model = shared.models[position];
    this.#words = words;
    this.#onRest = () => shared.rest();
    const { sampleRatio } = this.#model;
    this.#order = Array.from(sampleRatio.keys()).sort((a, b) => sampleRatio[a] - sampleRatio[b]);
    this.#spot = this.#order[0];
    const id = `compare-spot-${position}`;
    this.#picture = makePicture(scene.imageShape, { "data-testid": id });
    this.plane = this.#makePlane(`compare-holes-${position}`);
    const says = [el("strong", { text: this.#share() }), this.#verdict, this.#rough()];
    const beside = el("div", { class: "le-spot" }, this.#picture, el("div", {}, ...says));
    this.element = el("div", {}, this.plane.element, beside);
    this.#show(this.#spot);
  }

  /** The random code on show, or null for the deepest hole. */
  get spot() {
    return this.#spot === this.#order[0] ? null : this.#spot;
  }

  /** Look at a random code, or with null at the deepest hole. @param {number|null} i */
  go(i) {
    this.#spot = i !== null && i < this.#order.length ? i : this.#order[0];
    this.#show(this.#spot);
  }

  /** @param {string} testId */
  #makePlane(testId) {
    const { title, searched, ratio, centre, sampleXy } = this.#model;
    const order = this.#order;
    return new DotPlane({
      label: fill(this.#words.holesLabel, { name: title }),
      testId,
      xy: sampleXy,
      isPickable: () => true,
      extent: { x: centre[0], y: centre[1], half: REACH },
      paint: (onto) =>
        paintHoles(onto, {
          ratio: searched ? null : ratio,
          reach: REACH,
          centre,
          isBare: (/** @type {number} */ i) => this.#isBare(i),
        }),
      onPick: (i) => this.#choose(i),
      onHover: (i) => this.#show(i ?? this.#spot),
      onStep: (by) => {
        const at = order.indexOf(this.#spot) + by;
        this.#choose(order[(at + order.length) % order.length]);
      },
    });
  }

  /** A decoder that learnt from random codes, and from nothing else, has no holes. @param {number} i */
  #isBare(i) {
    return !this.#model.searched && this.#model.sampleRatio[i] < HOLE_BELOW;
  }

  /** The share of random codes that fall into holes, in words. */
  #share() {
    if (this.#model.searched) return this.#words.noHoles;
    const bare = this.#order.filter((i) => this.#isBare(i));
    const share = (100 * bare.length) / this.#order.length;
    return fill(this.#words.holeShare, { percent: decimal(share, share < 10 ? 1 : 0) });
  }

  /** A warning if the model has too few codes to show holes precisely. */
  #rough() {
    const { searched, items } = this.#model;
    if (searched || items.count >= FEW) return "";
    return el("p", { text: fill(this.#words.fewCodes, { count: items.count }) });
  }

  /** @param {number} i */
  #choose(i) {
    this.#spot = i;
    this.#show(i);
    this.#onRest();
  }

  /** @param {number} i */
  #show(i) {
    if (i === this.#shown) return;
    this.#shown = i;
    const { searched, decode, samples, sampleXy, sampleRatio } = this.#model;
    this.#picture.draw(decode(row(samples, i)));
    this.plane.mark("cursor", sampleXy[i]);
    this.#verdict.classList.toggle("le-bare", this.#isBare(i));
    if (searched) return;
    const [sentence, number] = this.#isBare(i)
      ? [this.#words.inHole, 1 / sampleRatio[i]]
      : [this.#words.noHole, sampleRatio[i]];
    this.#verdict.textContent = fill(sentence, { times: Number(number.toPrecision(2)) });
  }
}
