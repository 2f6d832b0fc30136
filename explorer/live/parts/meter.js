// @ts-check
/**
 * The honesty meter: says in words how near the data is, and how well the model redraws what is
 * there. Knows the DOM, not distances.
 */

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
  const redrawn = makeRedrawnLine(words);
  const element = el(
    "div",
    { "data-testid": "honesty", class: "le-honesty" },
    el("div", { title: words.honestyHelp }, verdict, " ", detail),
    bar,
    el("div", { class: "le-ends" }, ...words.honestyEnds.map((text) => el("span", { text }))),
    redrawn.element,
  );
  let shown = "";
  return {
    element,
    /** Its text. */
    text: () => `${verdict.textContent}: ${detail.textContent}`,
    /** How well the model redraws what is on show: a line of its own, for `Redrawn`. */
    redrawn,
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
    if (label < 0) return words.near[level]; // most items are samples from the prior, without a class
    return fill(words.nearLabelled, { count, total: rows.length, name: classNames[label] });
  }
}

/** One line on how well the model redraws what is shown; hidden while that is out of date. */
function makeRedrawnLine(words) {
  const verdict = el("strong");
  const detail = el("span", { class: "le-detail" });
  const element = el(
    "div",
    { "data-testid": "redrawn", class: "le-redrawn le-unknown" },
    verdict,
    " ",
    detail,
  );
  return {
    element,
    hide: () => element.classList.add("le-stale"),
    /** @param {{of: 'image'|'own'|'code', percentile: number}|null} found */
    show(found) {
      element.classList.remove("le-stale");
      element.classList.toggle("le-unknown", !found);
      if (!found) return;
      const level = levelOf(found.percentile);
      const { verdicts, less, more, help } = words.redrawn[found.of];
      verdict.textContent = verdicts[level];
      const share = level === "well" ? 100 - found.percentile : found.percentile;
      const percent = Math.min(Math.floor(share), 99); // a sample of the images cannot speak for all
      detail.textContent = fill(level === "well" ? less : more, { percent });
      element.title = help;
      Object.assign(element.dataset, { level, of: found.of });
    },
  };
}

/** "Well" is better than half of the test images, "badly" worse than 95 % of them. */
function levelOf(percentile) {
  if (percentile < 50) return "well";
  return percentile < 95 ? "fairly" : "badly";
}
