// @ts-check
/** Sliders that several models share, one set for each size of code. Knows the DOM, not codes. */

import { el, fill, signed } from "../parts/dom.js";
import { KEYS, listenToSlide } from "../parts/slide.js";

const LIMIT = 4; // prior standard deviations to either side

/**
 * @param {Object} options
 * @param {{latentDim: number, order: number[]}} options.size which sliders, most telling first
 * @param {number} options.unfolded how many stand open
 * @param {string} options.title whose they are; empty where they are everybody's
 * @param {string} options.testId start of the sliders' own
 * @param {Object} options.words the catalogue's part for comparisons
 * @param {function(number, number, number): void} options.onMove coordinate, shift, time
 * @param {function(): void} options.onRest the hand let go
 */
export function makeSharedSliders({ size, unfolded, title, testId, words, onMove, onRest }) {
  const sliders = size.order.map((index) => makeSlider(index));
  const [shown, folded] = [sliders.slice(0, unfolded), sliders.slice(unfolded)];
  const grid = (some) => el("div", { class: "le-shared" }, ...some.map((s) => s.element));
  const element = el("div", {}, title ? el("h4", { text: title }) : "", grid(shown));
  if (folded.length) {
    const summary = el("summary", { text: fill(words.quiet, { count: folded.length }) });
    element.append(el("details", {}, summary, grid(folded)));
  }
  return {
    element,
    /** Move every thumb, and write every number, as the shift says. */
    show: (shift) => sliders.forEach((slider) => slider.show(shift[slider.index])),
  };

  function makeSlider(index) {
    const name = fill(words.coordinate, { number: index + 1 });
    const value = el("span", { class: "le-quiet-text" });
    const input = el("input", {
      type: "range",
      min: -LIMIT,
      max: LIMIT,
      step: 0.01,
      value: 0,
      "data-testid": `${testId}-${index}`,
      "aria-label": name,
      title: words.sliderHelp,
    });
    const jump = (to, time) => {
      onMove(index, Math.max(-LIMIT, Math.min(LIMIT, to)), time);
      onRest();
    };
    listenToSlide(input, (value, time) => onMove(index, value, time), onRest);
    input.addEventListener("dblclick", (event) => jump(0, event.timeStamp));
    input.addEventListener("keydown", (event) => {
      if (!(event.key in KEYS) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      jump(Number(input.value) + KEYS[event.key], event.timeStamp);
    });
    let last = NaN;
    return {
      index,
      element: el("label", {}, el("span", { text: name }), input, value),
      show(shift) {
        if (shift === last) return;
        last = shift;
        input.value = shift;
        value.textContent = signed(shift);
        input.setAttribute("aria-valuetext", signed(shift));
      },
    };
  }
}
