/** The honesty meter: says in words how near the data is. Knows the DOM, not distances. */

import { el, fill } from "./dom.js";

/**
 * @param {Object} words the catalogue's part for the stage
 * @param {Int32Array|null} labels class of each item
 * @param {string[]} classNames
 */
export function makeMeter(words, labels, classNames) {
  const verdict = el("strong");
  const detail = el("span", { class: "le-detail" });
  const needle = el("i", { class: "le-needle" });
  const bar = el("div", { class: "le-bar", "aria-hidden": "true" }, needle);
  const element = el(
    "div",
    {
      "data-testid": "honesty",
      class: "le-honesty",
      title: words.honestyHelp,
    },
    el("div", {}, verdict, " ", detail),
    bar,
  );
  let shown = "";
  return {
    element,
    /** What it says now, in words. */
    text: () => `${verdict.textContent}: ${detail.textContent}`,
    /** @param {{percentile: number, level: string, near: {rows: Int32Array}}} honesty */
    show({ percentile, level, near }) {
      needle.style.left = `${percentile}%`;
      const text = describe(level, near.rows);
      if (shown === level + text) return;
      shown = level + text;
      element.dataset.level = level;
      verdict.textContent = words.honesty[level];
      detail.textContent = text;
    },
  };

  function describe(level, rows) {
    if (level === "empty" || !labels || !classNames.length || !rows.length)
      return words.near[level];
    const counts = new Map();
    rows.forEach((r) => counts.set(labels[r], (counts.get(labels[r]) ?? 0) + 1));
    const [[label, count]] = [...counts].sort((a, b) => b[1] - a[1]);
    if (label < 0) return words.near[level]; // most are draws from the prior, of no class
    return fill(words.nearLabelled, { count, total: rows.length, name: classNames[label] });
  }
}
