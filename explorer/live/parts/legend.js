// @ts-check
/**
 * The legend of the map: which sign stands for which class, and which classes are shown: all, or
 * those that were chosen. Plotly's own cannot be reached by keyboard, and shows a class alone by a
 * double click, which nobody finds and fingers cannot do.
 * Knows the DOM and the traces of a figure, not codes.
 */

import { el } from "./dom.js";
import { makeSign } from "./signs.js";

/**
 * @param {Object} words the catalogue's part for the stage
 * @param {function(): void} onChange other classes are to be shown now
 */
export function makeLegend(words, onChange) {
  const list = el("div", { class: "le-classes", role: "group", "aria-label": words.legendLabel });
  const all = el("button", {
    type: "button",
    class: "le-class le-all",
    hidden: true,
    text: words.legendAll,
    onclick: () => {
      change(() => chosen.clear());
      list.querySelector("button")?.focus(); // this one is gone now
    },
  });
  const hint = el("span", { class: "le-legend-hint", text: words.legendHint });
  const element = el("div", { class: "le-legend", hidden: true }, list, hint);
  /** Say on which sides there is more of the row, where it scrolls. */
  const markEnds = () => {
    const left = list.scrollLeft;
    list.classList.toggle("le-more-before", left > 1);
    list.classList.toggle("le-more-after", left + list.clientWidth < list.scrollWidth - 1);
  };
  list.addEventListener("scroll", markEnds, { passive: true });
  new ResizeObserver(markEnds).observe(list);
  /** @type {Map<string, {color: string, symbol?: string}>} */
  let signs = new Map();
  const chosen = new Set(); // classes that are shown; while there are none, all are

  function change(how) {
    how();
    if (chosen.size === signs.size) chosen.clear();
    refresh();
    onChange();
  }

  function makeEntry(name, sign) {
    const button = el(
      "button",
      {
        type: "button",
        class: "le-class",
        title: words.legendHelp,
        onclick: () => change(() => chosen.delete(name) || chosen.add(name)),
      },
      makeSign(sign),
      el("span", { text: name }),
    );
    button.dataset.class = name;
    return button;
  }

  function refresh() {
    /** @type {NodeListOf<HTMLElement>} */
    const buttons = list.querySelectorAll("[data-class]");
    for (const button of buttons)
      button.setAttribute("aria-pressed", String(chosen.has(button.dataset.class)));
    const [before, width] = [list.scrollLeft, list.scrollWidth];
    all.hidden = chosen.size === 0;
    hint.style.visibility = chosen.size > 0 ? "hidden" : "";
    list.classList.toggle("le-some", chosen.size > 0);
    // Where the row scrolls, "show all" stands before the classes, and must not push them along.
    if (before > 0) list.scrollLeft = before + list.scrollWidth - width;
    markEnds();
  }

  return {
    element,
    /** Show the classes of a figure; those chosen stay so while the classes are the same. */
    read({ data }) {
      const named = data
        .filter((trace) => trace.showlegend)
        .sort((a, b) => (a.legendrank ?? 1000) - (b.legendrank ?? 1000))
        .map((trace) => [asWritten(trace.name), trace.marker]);
      const isSame = [...signs.keys()].join("\n") === named.map(([name]) => name).join("\n");
      if (!isSame) chosen.clear();
      signs = new Map(named);
      list.replaceChildren(...named.map(([name, sign]) => makeEntry(name, sign)), all);
      element.hidden = named.length === 0;
      refresh();
    },
    /** Whether a trace is to be left out. @param {{name?: string}} trace */
    hides({ name }) {
      const written = name && asWritten(name);
      return chosen.size > 0 && signs.has(written) && !chosen.has(written);
    },
    /** The sign of a class as an element, or nothing where colours say something else. */
    sign(/** @type {string|null} */ name) {
      const sign = name !== null && signs.get(name);
      return sign ? makeSign(sign) : "";
    },
    /** Pixels it takes at the top of the map. */
    height: () => element.offsetHeight,
  };
}

/** What a name was before `figures` escaped it, as Plotly needs it. */
function asWritten(name) {
  return name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
