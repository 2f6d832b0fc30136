/**
 * The legend of the map: which sign stands for which class, and which classes are shown. Plotly's
 * own cannot be reached by keyboard and does not say what a click does.
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
      change(() => hidden.clear());
      list.querySelector("button").focus(); // this one is gone now
    },
  });
  const hint = el("span", { class: "le-legend-hint", text: words.legendHint });
  const element = el("div", { class: "le-legend", hidden: true }, list);
  /** @type {Map<string, {color: string, symbol?: string}>} */
  let signs = new Map();
  let hidden = new Set();

  function change(how) {
    how();
    refresh();
    onChange();
  }

  const toggle = (name) => (hidden.has(name) ? hidden.delete(name) : hidden.add(name));

  /** Show one class by itself; if it is, show all again. */
  function alone(name) {
    const others = [...signs.keys()].filter((other) => other !== name);
    const isAlone = !hidden.has(name) && others.every((other) => hidden.has(other));
    hidden = new Set(isAlone ? [] : others);
  }

  function makeEntry(name, sign) {
    const button = el(
      "button",
      {
        type: "button",
        class: "le-class",
        title: words.legendHelp,
        // The second click of a double click takes back the first: it isolates what was toggled.
        onclick: ({ detail, shiftKey }) =>
          change(() => {
            if (detail === 2) toggle(name);
            if (detail === 2 || shiftKey) alone(name);
            else if (detail < 2) toggle(name);
          }),
      },
      makeSign(sign),
      el("span", { text: name }),
    );
    button.dataset.class = name;
    return button;
  }

  function refresh() {
    for (const button of list.querySelectorAll("[data-class]"))
      button.setAttribute("aria-pressed", String(!hidden.has(button.dataset.class)));
    all.hidden = hidden.size === 0;
    hint.hidden = hidden.size > 0;
  }

  return {
    element,
    /** Show the classes of a figure; those hidden stay hidden while the classes are the same. */
    read({ data }) {
      const named = data
        .filter((trace) => trace.showlegend)
        .sort((a, b) => (a.legendrank ?? 1000) - (b.legendrank ?? 1000))
        .map((trace) => [asWritten(trace.name), trace.marker]);
      const isSame = [...signs.keys()].join("\n") === named.map(([name]) => name).join("\n");
      if (!isSame) hidden = new Set();
      signs = new Map(named);
      list.replaceChildren(...named.map(([name, sign]) => makeEntry(name, sign)), all, hint);
      element.hidden = named.length === 0;
      refresh();
    },
    /** Whether a trace is to be left out. */
    hides: ({ name }) => Boolean(name) && hidden.has(asWritten(name)),
    /** The sign of a class as an element, or nothing where colours say something else. */
    sign: (name) => (signs.has(name) ? makeSign(signs.get(name)) : ""),
    /** Pixels it takes at the top of the map. */
    height: () => element.offsetHeight,
  };
}

/** What a name was before `figures` escaped it, as Plotly needs it. */
function asWritten(name) {
  return name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
