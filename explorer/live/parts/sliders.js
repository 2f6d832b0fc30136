// @ts-check
/**
 * One slider for each latent dimension, with a filmstrip of where it leads, which `film.js` draws.
 * Knows the DOM; knows nothing of decoding, maps or Python.
 */

import { makeStill } from "../samples/image.js";
import { el, fill, signed } from "./dom.js";
import { KEYS, listenToSlide } from "./slide.js";

/** Positions of the filmstrip's pictures, as shares of a slider's range; the same on all sliders. */
const STRIP = [-2 / 3, -1 / 3, 0, 1 / 3, 2 / 3];
const STEP = 0.01;

/**
 * @param {Object} options
 * @param {{index: number, name: string, limit: number, active: boolean}[]} options.coordinates
 *     most informative first; inactive ones are folded away
 * @param {number[]} options.imageShape [c, h, w]
 * @param {Object} options.words the catalogue's part for the stage
 * @param {function(number, number, number): void} options.onMove (index, value, time of the event)
 * @param {function(number, number, number): void} options.onStep (index, change, time of the event)
 * @param {function(): void} options.onRest the hand let go
 * @param {function(number, string): string} options.onName a dimension was given a name, or none;
 *     returns what it is called now
 * @param {boolean} options.hasFilm whether a `Film` will draw the strips, which are dimmed until then
 */
export function makeSliders({ coordinates, imageShape, words, hasFilm, ...on }) {
  const sliders = coordinates.map((coordinate) =>
    makeSlider({ ...coordinate, imageShape, words, hasFilm, ...on }),
  );
  const rows = (active) => sliders.filter((s) => s.active === active).map((s) => s.element);
  const quiet = rows(false);
  const element = el("div", { class: "le-sliders" }, ...rows(true));
  if (quiet.length) {
    const summary = el("summary", { text: fill(words.quiet, { count: quiet.length }) });
    element.append(el("details", { class: "le-quiet" }, summary, ...quiet));
  }
  return {
    element,
    sliders,
    /** Move every thumb, and write every number, as z says. */
    show: (z) => sliders.forEach((slider) => slider.show(z[slider.index])),
    /** How far each slider reaches, by its dimension. */
    limits: new Map(sliders.map(({ index, limit }) => [index, limit])),
  };
}

/** @param {Object<string, any>} options those of `makeSliders`, and of one coordinate */
function makeSlider({ index, name, limit, active, imageShape, words, onMove, onRest, ...on }) {
  const plain = fill(words.coordinate, { number: index + 1 });
  const value = el("span", { "data-testid": `slider-value-${index}`, class: "le-value" });
  const input = el("input", {
    type: "range",
    min: -limit,
    max: limit,
    step: STEP,
    value: 0,
    "data-testid": `slider-${index}`,
    title: words.sliderHelp,
  });
  /** @param {number} to @param {number} time */
  const jump = (to, time) => {
    onMove(index, to, time);
    onRest();
  };
  const { strip, frames } = makeStrip(limit, imageShape, jump);
  const label = makeName(name, { plain, words, input, onName: (text) => on.onName(index, text) });
  const track = el("div", { class: "le-track" }, el("div", { class: "le-film" }, strip), input);
  const head = el("div", { class: "le-head" }, label, value);
  const element = el(
    "div",
    { class: on.hasFilm ? "le-slider le-stale" : "le-slider" },
    head,
    track,
  );
  listenToSlide(input, (value, time) => onMove(index, value, time), onRest);
  input.addEventListener("dblclick", (event) => jump(0, event.timeStamp));
  input.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    on.onStep(index, KEYS[event.key], event.timeStamp);
    onRest();
  });
  let shown = NaN;
  return {
    element,
    index,
    active,
    limit,
    frames,
    /** @param {number} v */
    show(v) {
      if (v === shown) return;
      shown = v;
      input.value = String(v);
      value.textContent = signed(v);
      input.setAttribute("aria-valuetext", signed(v));
      // A code may lie beyond the end of the slider; mark that.
      element.classList.toggle("le-beyond", Math.abs(v) > limit);
    },
  };
}

/**
 * The filmstrip along a slider: each picture is a button that goes there.
 * @param {number} limit
 * @param {import("../types.js").ImageShape} imageShape
 * @param {function(number, number): void} jump to a value, at a time
 */
function makeStrip(limit, imageShape, jump) {
  const frames = STRIP.map((share) => {
    const at = Math.round((share * limit) / STEP) * STEP;
    const picture = makeStill(imageShape);
    const frame = el(
      "button",
      {
        type: "button",
        class: "le-frame",
        tabindex: -1,
        style: `left:${50 * (1 + share)}%`,
        onclick: (event) => jump(at, event.timeStamp),
      },
      picture,
    );
    return { at, picture, frame };
  });
  // For screen readers, the slider itself says all of this.
  const buttons = frames.map(({ frame }) => frame);
  return { strip: el("div", { class: "le-strip", "aria-hidden": "true" }, ...buttons), frames };
}

/**
 * The name of a slider, also for screen readers; a click on it lets people change it.
 * @param {string} name empty where it has none of its own
 * @param {{plain: string, words: Object<string, any>, input: HTMLElement,
 *     onName: function(string): string}} options
 */
function makeName(name, { plain, words, input, onName }) {
  const label = el("button", { type: "button", class: "le-name", title: words.renameHelp });
  const say = () => {
    label.textContent = name || plain;
    input.setAttribute("aria-label", name || plain);
  };
  label.addEventListener("click", () =>
    editName(label, name, words.rename, (text) => {
      name = onName(text);
      say();
    }),
  );
  say();
  return label;
}

/** Swap a name for a text field until Enter, Escape or a click elsewhere. */
function editName(label, current, hint, done) {
  const field = el("input", {
    type: "text",
    class: "le-rename",
    value: current,
    maxlength: 24,
    placeholder: hint,
    "aria-label": hint,
  });
  let open = true;
  const close = (keep) => {
    if (!open) return;
    open = false;
    const text = field.value.trim();
    field.replaceWith(label);
    if (keep && text !== current) done(text);
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault(); // or Enter would also press the label, which gets the focus
    close(event.key === "Enter");
    label.focus();
  });
  field.addEventListener("blur", () => close(true));
  label.replaceWith(field);
  field.select();
}
