// @ts-check
/**
 * The legend of the map: the sign of each class, and which classes are shown: all, or the chosen
 * ones. Plotly's own legend cannot be reached by keyboard, and isolates a class by a double click,
 * which nobody discovers and touch screens lack.
 * Knows the DOM and the traces of a figure, not codes.
 */

import { el } from "./dom.js";
import { makeSign } from "./signs.js";

/** @typedef {{color: string, symbol?: string}} Sign as a trace's marker has it */

export class Legend {
  element;
  #words;
  #onChange;
  #list;
  #all;
  #hint;
  /** @type {Map<string, Sign>} */
  #signs = new Map();
  /** @type {Set<string>} classes that are shown; while there are none, all are */
  #chosen = new Set();

  /**
   * @param {import("../types.js").Words} words the catalogue's part for the stage
   * @param {function(): void} onChange the choice of classes has changed
   */
  constructor(words, onChange) {
    [this.#words, this.#onChange] = [words, onChange];
    this.#list = el("div", { class: "le-classes", role: "group", "aria-label": words.legendLabel });
    this.#all = el("button", {
      type: "button",
      class: "le-class le-all",
      hidden: true,
      text: words.legendAll,
      onclick: () => {
        this.#change(() => this.#chosen.clear());
        this.#list.querySelector("button")?.focus(); // this button is hidden now
      },
    });
    this.#hint = el("span", { class: "le-legend-hint", text: words.legendHint });
    this.element = el("div", { class: "le-legend", hidden: true }, this.#list, this.#hint);
    const markEnds = () => this.#markEnds();
    this.#list.addEventListener("scroll", markEnds, { passive: true });
    new ResizeObserver(markEnds).observe(this.#list);
  }

  /**
   * Show the classes of a figure; the choice is kept if the classes are the same.
   * @param {import("../types.js").Figure} figure
   */
  read({ data }) {
    const named = data
      .filter((trace) => trace.showlegend)
      .sort((a, b) => (a.legendrank ?? 1000) - (b.legendrank ?? 1000))
      .map((trace) => /** @type {[string, Sign]} */ ([asWritten(trace.name), trace.marker]));
    const isSame = [...this.#signs.keys()].join("\n") === named.map(([name]) => name).join("\n");
    if (!isSame) this.#chosen.clear();
    this.#signs = new Map(named);
    const entries = named.map(([name, sign]) => this.#makeEntry(name, sign));
    this.#list.replaceChildren(...entries, this.#all);
    this.element.hidden = named.length === 0;
    this.#refresh();
  }

  /** Whether a trace is to be left out. @param {{name?: string}} trace */
  hides({ name }) {
    const written = name && asWritten(name);
    const isNamed = written !== undefined && this.#signs.has(written);
    return this.#chosen.size > 0 && isNamed && !this.#chosen.has(written);
  }

  /** The sign of a class as an element, or nothing where the colouring is not by class. */
  sign(/** @type {string|null} */ name) {
    const sign = name !== null && this.#signs.get(name);
    return sign ? makeSign(sign) : "";
  }

  /** Its height in pixels, at the top of the map. */
  height() {
    return this.element.offsetHeight;
  }

  /** @param {function(): void} how */
  #change(how) {
    how();
    if (this.#chosen.size === this.#signs.size) this.#chosen.clear();
    this.#refresh();
    this.#onChange();
  }

  /** @param {string} name @param {Sign} sign */
  #makeEntry(name, sign) {
    const chosen = this.#chosen;
    const button = el(
      "button",
      {
        type: "button",
        class: "le-class",
        title: this.#words.legendHelp,
        onclick: () => this.#change(() => chosen.delete(name) || chosen.add(name)),
      },
      makeSign(sign),
      el("span", { text: name }),
    );
    button.dataset.class = name;
    return button;
  }

  #refresh() {
    const [list, hasChosen] = [this.#list, this.#chosen.size > 0];
    /** @type {NodeListOf<HTMLElement>} */
    const buttons = list.querySelectorAll("[data-class]");
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(this.#chosen.has(button.dataset.class ?? "")));
    const [before, width] = [list.scrollLeft, list.scrollWidth];
    this.#all.hidden = !hasChosen;
    this.#hint.style.visibility = hasChosen ? "hidden" : "";
    list.classList.toggle("le-some", hasChosen);
    // Where the row scrolls, "show all" stands before the classes, and must not push them along.
    if (before > 0) list.scrollLeft = before + list.scrollWidth - width;
    this.#markEnds();
  }

  /** Say on which sides there is more of the row, where it scrolls. */
  #markEnds() {
    const { scrollLeft: left, clientWidth, scrollWidth, classList } = this.#list;
    classList.toggle("le-more-before", left > 1);
    classList.toggle("le-more-after", left + clientWidth < scrollWidth - 1);
  }
}

/** What a name was before `figures` escaped it, as Plotly needs it. */
function asWritten(name) {
  return name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
