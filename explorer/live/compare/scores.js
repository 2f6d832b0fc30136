// @ts-check
/** The table of scores, with better values marked. Knows the DOM, not what a score means. */

import { el } from "../parts/dom.js";

/** @import { ScoreRow, Words } from "../types.js" */
/** @import { CompareGiven, ComparePart } from "./page.js" */

/** @param {CompareGiven} given @returns {ComparePart} */
export function makeScores({ scene, words, frame }) {
  return { element: frame.section("scores", {}, makeTable(scene.scores, frame.names, words)) };
}

/**
 * @param {ScoreRow[]} rows
 * @param {string[]} names of the models
 * @param {Words} words
 */
function makeTable(rows, names, words) {
  if (!rows.length) return el("p", { class: "le-quiet-text", text: words.noScores });
  const head = [words.measure, ...names].map((text) => el("th", { scope: "col", text }));
  const body = rows.map(({ name, says, remark, isWarning, cells }) =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        el("strong", { text: name }),
        el("span", { class: "le-quiet-text", text: says }),
        el("span", { class: `le-quiet-text ${isWarning ? "le-caution" : ""}`, text: remark }),
      ),
      ...cells.map(({ text, best }, i) => {
        const shown = best ? `✓ ${text}` : text;
        return el("td", { class: best && "le-best", "data-name": names[i], text: shown });
      }),
    ),
  );
  return el(
    "div",
    { class: "le-table", tabindex: 0, role: "region", "aria-label": words.scores },
    el(
      "table",
      { "data-testid": "compare-scores" },
      el("thead", {}, el("tr", {}, ...head)),
      el("tbody", {}, ...body),
    ),
  );
}
